//! A subtitle file as it was found: its cues can be read and their text replaced; all else stays as it is.

use super::super::cue::Cue;
use super::super::fault::Fault;
use super::super::lang::Lang;
use super::super::time::Span;
use super::encoding::{self, Detected};
use super::markup::{self, Dialect};
use super::styles::{self, Second};
use super::text::clean_lines;
use super::{Format, ass, bilingual, srt, timing, vtt};
use std::collections::BTreeMap;
use std::ops::Range;

/// Largest subtitle file that is read. A film's is below one MiB; typeset ASS with its fonts inside reaches some tens.
pub const SUBTITLE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most cues of one file. Typeset ASS has some ten thousand.
pub const CUES_MAX: usize = 300_000;

/// A parsed subtitle file. What is not the text of a cue (numbers, times, settings, styles, comments, odd spacing, line
/// ends, what no one understands) is kept as it was.
#[derive(Clone, Debug)]
pub struct Document {
    format: Format,
    original: Vec<u8>,
    detected: Detected,
    text: String,
    entries: Vec<Entry>,
    /// Second styles by the name of the first, once they are needed.
    seconds: Option<BTreeMap<String, Second>>,
}

/// A cue in the text of its file.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    times: Times,
    /// Its times as they are to be, and the two time codes that say so.
    moved: Option<(Span, [String; 2])>,
    /// Bytes of the text that hold what is shown.
    body: Range<usize>,
    /// True where nothing is shown, and a text needs a line of its own after `body`.
    new_line: bool,
    /// Bytes of the name of its style, where the format has styles.
    style: Option<Range<usize>>,
    replacement: Option<String>,
    /// The replacement names the second style of `style`.
    two: bool,
}

/// When a cue shows, and the bytes of the text that say so: start and end.
#[derive(Clone, Debug)]
pub(super) struct Times {
    pub(super) span: Span,
    pub(super) at: [Range<usize>; 2],
}

impl Entry {
    pub(super) fn new(times: Times, body: Range<usize>, new_line: bool) -> Entry {
        Entry { times, moved: None, body, new_line, style: None, replacement: None, two: false }
    }

    pub(super) fn in_style(self, style: Range<usize>) -> Entry {
        Entry { style: Some(style), ..self }
    }

    fn span(&self) -> Span {
        self.moved.as_ref().map_or(self.times.span, |it| it.0)
    }
}

impl Document {
    /// Reads a subtitle file of any encoding. Its first line decides the format where it is unmistakable, then `hint`
    /// (what the file's name says), then what can be found in it. With a hint a file without cues is no error.
    ///
    /// # Errors
    /// Over [`SUBTITLE_BYTES_MAX`] or [`CUES_MAX`], or without `hint` where no format fits.
    pub fn parse(bytes: &[u8], hint: Option<Format>) -> Result<Document, Fault> {
        Document::parse_in(bytes, hint, None)
    }

    /// As [`Document::parse`]; `lang` is the language the text is likely in, which settles an encoding that the bytes
    /// alone do not tell.
    ///
    /// # Errors
    /// As [`Document::parse`].
    pub fn parse_in(
        bytes: &[u8],
        hint: Option<Format>,
        lang: Option<&Lang>,
    ) -> Result<Document, Fault> {
        if bytes.len() > SUBTITLE_BYTES_MAX {
            return Err(too_much("is larger than 64 MiB"));
        }
        let detected = encoding::detect(bytes, lang);
        let text = encoding::decode(bytes, detected);
        let (format, entries) = match signature(&text).or(hint) {
            Some(format) => (format, entries(&text, format)),
            None => guess(&text)?,
        };
        if entries.len() > CUES_MAX {
            return Err(too_much("has more than 300000 cues"));
        }
        let original = bytes.to_vec();
        Ok(Document { format, original, detected, text, entries, seconds: None })
    }

    /// The format it was read as.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Name of the encoding it was in.
    pub fn encoding(&self) -> &'static str {
        self.detected.encoding.name()
    }

    /// The file: the very bytes that were read where nothing changed, else UTF-8 with what is new in its place, the old
    /// line ends, and a BOM only where the file was UTF-8 with one. Bytes that meant nothing in the old encoding are
    /// U+FFFD then.
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.edits().is_empty() {
            return self.original.clone();
        }
        let keep_bom = self.detected.encoding == encoding_rs::UTF_8;
        let bom = if keep_bom { self.detected.bom_bytes } else { 0 };
        [&self.original[..bom], self.edited().as_bytes()].concat()
    }

    /// The file as UTF-8 without a BOM, with what is new in its place; in this form also where nothing changed.
    pub fn to_utf8(&self) -> Vec<u8> {
        self.edited().trim_start_matches('\u{FEFF}').as_bytes().to_vec()
    }

    /// The text with what is new in its place.
    fn edited(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut done = 0;
        for (at, new) in self.edits() {
            out.push_str(&self.text[done..at.start]);
            out.push_str(new);
            done = at.end;
        }
        out.push_str(&self.text[done..]);
        out
    }

    /// What is new and where it goes, in the order of the text.
    fn edits(&self) -> Vec<(Range<usize>, &str)> {
        let mut edits = Vec::new();
        for entry in &self.entries {
            let codes = entry.moved.iter().flat_map(|(_, codes)| entry.times.at.iter().zip(codes));
            edits.extend(codes.map(|(at, code)| (at.clone(), code.as_str())));
            edits.extend(entry.replacement.as_deref().map(|it| (entry.body.clone(), it)));
        }
        let two = self.entries.iter().filter(|it| it.two).filter_map(|it| self.second(it));
        let lines: BTreeMap<usize, &str> = two.map(|it| (it.at, it.line.as_str())).collect();
        edits.extend(lines.into_iter().map(|(at, line)| (at..at, line)));
        edits.sort_by_key(|(at, _)| at.start);
        edits
    }

    /// All cues in the file's order, which may not be that of time: tags stripped, lines clean, none where only a
    /// drawing or nothing is shown. Their places are the indices of [`Document::set_text`].
    pub fn cues(&self) -> Vec<Cue> {
        let cue = |it: &Entry| {
            let body = it.replacement.as_deref().unwrap_or(&self.text[it.body.clone()]);
            Cue { span: it.span(), lines: self.lines(body), confidence: 1.0 }
        };
        self.entries.iter().map(cue).collect()
    }

    /// Replaces what a viewer reads of one cue by plain text, lines apart by LF. Times, settings, leading override tags
    /// (`{\an8}`), tags around all of the old text (`<i>`) and drawings before or after it stay. So does what in its
    /// middle holds for the whole line (`{\pos(..)}`); other tags in its middle go, with the words they stood at. The
    /// text of the file itself brings back its bytes; an index past the end changes nothing.
    pub fn set_text(&mut self, index: usize, text: &str) {
        self.replace(index, [clean_lines(text), Vec::new()]);
    }

    /// As [`Document::set_text`] with two texts, which show at once in this order: as lines of one cue, in ASS the
    /// second in a style of its own, made after that of the cue. Where one is empty or both are equal, one is shown.
    pub fn set_two(&mut self, index: usize, first: &str, second: &str) {
        let texts = [clean_lines(first), clean_lines(second)];
        if self.format == Format::Ass && self.seconds.is_none() {
            self.seconds = Some(styles::seconds(&self.text));
        }
        self.replace(index, bilingual::shown(texts));
    }

    fn replace(&mut self, index: usize, texts: [Vec<String>; 2]) {
        let Some(entry) = self.entries.get(index) else { return };
        let original = &self.text[entry.body.clone()];
        let same = self.lines(original) == texts.concat();
        let replacement = (!same).then(|| self.framed(entry, original, &texts));
        let two = replacement.is_some() && !texts[1].is_empty();
        let entry = &mut self.entries[index];
        (entry.replacement, entry.two) = (replacement, two);
    }

    /// The second style of a cue, where there is one.
    fn second(&self, entry: &Entry) -> Option<&Second> {
        styles::of(self.seconds.as_ref()?, &self.text[entry.style.clone()?])
    }

    /// Moves a cue: its two time codes are written anew in the shape they had (hours or none, digits, point or comma);
    /// its number, settings, style and text stay, as do times inside of its text. Times before zero become zero, and
    /// those of ASS, which counts centiseconds, are rounded to the nearest; [`Document::cues`] then has what the file
    /// says. The span of the file itself brings back its bytes; an index past the end changes nothing.
    pub fn set_span(&mut self, index: usize, span: Span) {
        let Some(entry) = self.entries.get(index) else { return };
        let (separator, digits) = match self.format {
            Format::Srt => (',', 3),
            Format::Vtt => ('.', 3),
            Format::Ass => ('.', 2),
        };
        let code = |at: &Range<usize>, time| {
            let old = &self.text[at.clone()];
            let same = timing::time(old) == Some(time);
            if same { old.to_owned() } else { timing::shaped(time, old, separator, digits) }
        };
        let moved = (span != entry.times.span).then(|| {
            let [start, end] = &entry.times.at;
            let codes = [code(start, span.start), code(end, span.end)];
            let says = |code: &String, time| timing::time(code).unwrap_or(time);
            (Span::new(says(&codes[0], span.start).0, says(&codes[1], span.end).0), codes)
        });
        self.entries[index].moved = moved;
    }

    fn lines(&self, body: &str) -> Vec<String> {
        let plain = match self.format {
            Format::Srt => srt::plain(body),
            Format::Vtt => vtt::plain(body),
            Format::Ass => ass::plain(body),
        };
        clean_lines(&plain)
    }

    /// The new body of a cue: texts in the format's words, inside the tags of the old body that stay.
    fn framed(&self, entry: &Entry, original: &str, texts: &[Vec<String>; 2]) -> String {
        if texts[0].is_empty() {
            return String::new();
        }
        let end = timing::line_end(&self.text);
        let blocks = |escape: fn(&str) -> String| {
            let lines: Vec<String> = texts.iter().flatten().map(|it| escape(it)).collect();
            lines.join(end)
        };
        let (frame, text) = match self.format {
            Format::Srt => (markup::frame(original, Dialect::Srt), blocks(srt::escape)),
            Format::Vtt => (markup::frame(original, Dialect::Vtt), blocks(vtt::escape)),
            Format::Ass => {
                let style = self.second(entry).map(|it| it.name.as_str());
                let [first, second] = texts.each_ref().map(|it| ass::text(it));
                (ass::frame(original), ass::two(&first, &second, style))
            }
        };
        let before = if entry.new_line { end } else { "" };
        format!("{before}{}{text}{}", frame.before, frame.after)
    }
}

fn too_much(what: &str) -> Fault {
    Fault::operator(format!("the subtitle file {what}"), "check that it is a subtitle file")
}

fn entries(text: &str, format: Format) -> Vec<Entry> {
    match format {
        Format::Srt => srt::entries(text),
        Format::Vtt => vtt::entries(text),
        Format::Ass => ass::entries(text),
    }
}

/// The format that the first line with anything in it names.
fn signature(text: &str) -> Option<Format> {
    let first = text.trim_start();
    if first.starts_with(vtt::SIGNATURE) {
        Some(Format::Vtt)
    } else {
        ass::is_signature(first).then_some(Format::Ass)
    }
}

fn guess(text: &str) -> Result<(Format, Vec<Entry>), Fault> {
    let mut found = [Format::Srt, Format::Ass].into_iter().map(|it| (it, entries(text, it)));
    found.find(|(_, entries)| !entries.is_empty()).ok_or_else(|| {
        Fault::operator(
            "the file holds no subtitles Kinora can read",
            "use a SubRip, WebVTT or ASS file, with its extension .srt, .vtt or .ass",
        )
    })
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
#[cfg(test)]
#[path = "replaced_tests.rs"]
mod replaced_tests;
