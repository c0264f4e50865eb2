//! What was heard is told to whoever reads along, each window once, however many passes there are.

use super::super::onlooker::{Onlooker, Said, SaidLine};
use crate::domain::lang::Lang;
use crate::domain::time::Span;
use crate::domain::transcript::{Transcript, Utterance};
use std::collections::BTreeSet;

/// Tells what is new in transcripts.
pub(super) struct Aloud<'a> {
    onlooker: &'a dyn Onlooker,
    /// Utterances of this pass that were looked at, for each task.
    noted: Vec<usize>,
    /// Windows that were told, with their task.
    told: BTreeSet<(usize, u32)>,
}

impl<'a> Aloud<'a> {
    /// To whom, and of how many tasks.
    pub(super) fn new(onlooker: &'a dyn Onlooker, tasks: usize) -> Aloud<'a> {
        Aloud { onlooker, noted: vec![0; tasks], told: BTreeSet::new() }
    }

    /// Another pass begins.
    pub(super) fn begin(&mut self) {
        self.noted.fill(0);
    }

    /// Tells what is new of this pass' transcripts, one a task.
    pub(super) fn note<'t>(&mut self, transcripts: impl Iterator<Item = &'t Transcript>) {
        for (task, (transcript, noted)) in transcripts.zip(&mut self.noted).enumerate() {
            let fresh = transcript.utterances.get(*noted..).unwrap_or_default();
            *noted = transcript.utterances.len();
            for window in fresh.chunk_by(|one, other| one.window == other.window) {
                // A window that comes by again is the same.
                if window.first().is_some_and(|it| self.told.insert((task, it.window))) {
                    window.iter().for_each(|it| tell(self.onlooker, it, transcript.translated));
                }
            }
        }
    }
}

fn tell(onlooker: &dyn Onlooker, utterance: &Utterance, translated: bool) {
    let (Some(first), Some(last)) = (utterance.words.first(), utterance.words.last()) else {
        return;
    };
    let mut text = String::new();
    for word in &utterance.words {
        if word.space_before && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&word.text);
    }
    let spoken = Lang::from_whisper(&utterance.language);
    // Whisper translates into English only.
    let language = match (translated, &spoken) {
        (true, _) => "en",
        (false, Some(lang)) => lang.tag(),
        (false, None) => &utterance.language,
    };
    let said = Some(Said { language, text: &text });
    let span = Span { start: first.span.start, end: last.span.end };
    let (original, translation) = if translated { (None, said) } else { (said, None) };
    onlooker.told(&SaidLine { span, original, translation });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::transcript::Word;
    use std::cell::RefCell;

    #[derive(Default)]
    struct Notes(RefCell<Vec<String>>);

    impl Onlooker for Notes {
        fn told(&self, line: &SaidLine<'_>) {
            let shown = |said: Option<Said<'_>>| {
                said.map_or_else(|| "-".to_owned(), |it| format!("{}:{}", it.language, it.text))
            };
            let (original, translation) = (shown(line.original), shown(line.translation));
            self.0.borrow_mut().push(format!("{} {original} {translation}", line.span.start.0));
        }
    }

    fn utterance(window: u32, language: &str, words: &[&str]) -> Utterance {
        let start = i64::from(window) * 1000;
        let word = |(place, text): (usize, &&str)| Word {
            span: Span::new(start + place as i64 * 100, start + place as i64 * 100 + 90),
            text: (*text).to_owned(),
            space_before: text.is_ascii(),
            p: 1.0,
        };
        let words = words.iter().enumerate().map(word).collect();
        Utterance { words, language: language.to_owned(), window }
    }

    #[test]
    fn each_window_is_told_once_with_its_language_and_what_it_means() {
        let notes = Notes::default();
        let mut aloud = Aloud::new(&notes, 2);
        let mut spoken = Transcript::default();
        let mut english = Transcript { translated: true, ..Transcript::default() };
        aloud.begin();
        // The viewer is at window 4.
        spoken.utterances.push(utterance(4, "ja", &["は", "い"]));
        aloud.note([&spoken, &english].into_iter());
        english.utterances.push(utterance(4, "ja", &["Yes,", "Sir."]));
        aloud.note([&spoken, &english].into_iter());
        aloud.note([&spoken, &english].into_iter());
        assert_eq!(notes.0.take(), ["4000 ja:はい -", "4000 - en:Yes, Sir."]);
        // The second pass comes by it again.
        aloud.begin();
        let again = [utterance(0, "en", &["Who?"]), utterance(0, "en", &["Me."])];
        spoken.utterances = again.into_iter().chain(spoken.utterances).collect();
        aloud.note([&spoken, &english].into_iter());
        assert_eq!(notes.0.take(), ["0 en:Who? -", "0 en:Me. -"]);
    }
}
