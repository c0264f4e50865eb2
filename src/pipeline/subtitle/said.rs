//! Translated cues as files: alone, or with what they were translated from; in the format of their source with all its
//! styles, or in another one.

use super::record::TranslatedTarget;
use super::translate::Written;
use crate::domain::change::Made;
use crate::domain::cue::{Cue, CueLimits};
use crate::domain::fault::Fault;
use crate::domain::order::Bilingual;
use crate::domain::script;
use crate::domain::subtitle::{self, Document, Double, Format};
use crate::domain::translate::{cut, spread};
use crate::domain::work::Work;

/// Translated cues, as they are to be read.
pub(super) struct Said<'a> {
    of: &'a TranslatedTarget,
    /// Lines of each cue; `None` where it stays as it is.
    lines: Vec<Option<Vec<String>>>,
}

impl<'a> Said<'a> {
    /// In the script that was asked for, and in lines.
    pub(super) fn of(of: &'a TranslatedTarget, limits: &CueLimits) -> Said<'a> {
        let lang = &of.target.lang;
        let lines = |text: &String| spread::wrap(&script::to_script(text, lang), lang, limits);
        let lines = of.texts.iter().map(|it| it.as_ref().map(lines)).collect();
        Said { of, lines }
    }

    /// A file with the translation.
    ///
    /// # Errors
    /// Where the source cannot be read again.
    pub(super) fn alone(&self, format: Format) -> Result<Vec<u8>, Fault> {
        if let Some(mut document) = self.document(format)? {
            for (index, lines) in self.lines.iter().enumerate() {
                if let Some(lines) = lines {
                    document.set_text(index, &lines.join("\n"));
                }
            }
            return Ok(document.to_utf8());
        }
        let cues = self.of.cues.iter().zip(&self.lines).map(|(cue, lines)| match lines {
            Some(lines) => Cue { lines: lines.clone(), ..cue.clone() },
            None => cue.clone(),
        });
        Ok(subtitle::write(&shown(cues), format, &self.of.target.lang).into_bytes())
    }

    /// A file with both languages.
    ///
    /// # Errors
    /// Where the source cannot be read again.
    pub(super) fn with_source(&self, format: Format, order: Bilingual) -> Result<Vec<u8>, Fault> {
        let both = self.of.cues.iter().zip(&self.lines);
        if let Some(mut document) = self.document(format)? {
            for (index, (cue, lines)) in both.enumerate() {
                if let Some(lines) = lines {
                    let [first, second] = in_order([lines.join("\n"), cue.lines.join("\n")], order);
                    document.set_two(index, &first, &second);
                }
            }
            return Ok(document.to_utf8());
        }
        let double = |(cue, lines): (&Cue, &Option<Vec<String>>)| {
            let said = lines.as_ref().unwrap_or(&cue.lines).clone();
            let [first, second] = in_order([said, cue.lines.clone()], order);
            Double { span: cue.span, first, second }
        };
        let mut doubles: Vec<Double> = both.map(double).collect();
        doubles.sort_by_key(|it| it.span);
        let langs = in_order([&self.of.target.lang, &self.of.from], order);
        Ok(subtitle::write_bilingual(&doubles, format, langs).into_bytes())
    }

    /// The source's file, where it is of this format.
    fn document(&self, format: Format) -> Result<Option<Document>, Fault> {
        match &self.of.document {
            Some(Written { format: is, bytes }) if *is == format => {
                Document::parse(bytes, Some(format)).map(Some)
            }
            Some(_) | None => Ok(None),
        }
    }

    /// What each cue says, so that an owner's corrections can be learnt from.
    pub(super) fn made(&self, work: &Work) -> Made {
        let TranslatedTarget { target, from, cues, .. } = self.of;
        let line = |(cue, lines): (&Cue, &Option<Vec<String>>)| {
            let said = Cue { lines: lines.as_ref().unwrap_or(&cue.lines).clone(), ..cue.clone() };
            (cut::source(cue, from).text, cut::source(&said, &target.lang).text)
        };
        Made {
            from: from.clone(),
            to: target.lang.clone(),
            work: work.key(),
            lines: cues.iter().zip(&self.lines).map(line).collect(),
        }
    }
}

/// Translation and original, as they are read.
fn in_order<T>([translation, original]: [T; 2], order: Bilingual) -> [T; 2] {
    match order {
        Bilingual::TranslationFirst => [translation, original],
        Bilingual::OriginalFirst => [original, translation],
    }
}

/// Cues with something to read, in time order.
fn shown(cues: impl Iterator<Item = Cue>) -> Vec<Cue> {
    let mut cues: Vec<Cue> = cues.filter(|it| !it.lines.is_empty()).collect();
    cues.sort_by_key(|it| it.span);
    cues
}
