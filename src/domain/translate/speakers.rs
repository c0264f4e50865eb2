//! Who speaks: cues that hold a dialogue, one dash a speaker.

use super::super::cue::seam::{is_closing, is_stop};

/// The dash a text begins with where that means a speaker: `- Yes`, `–Oui`, but not `--and` or `-5`.
fn speaker_dash(text: &str) -> Option<char> {
    let dash = text.chars().next().filter(|it| matches!(it, '-' | '‐' | '–' | '—' | '―' | '－'))?;
    let rest = &text[dash.len_utf8()..];
    let said = rest.trim_start();
    let next = said.chars().next()?;
    let speaks = match next.is_numeric() {
        true => said.len() < rest.len(),
        false => !matches!(next, '-' | '‐' | '–' | '—' | '―' | '－' | '>'),
    };
    speaks.then_some(dash)
}

/// True where a sentence ends with the text, whatever quotes or brackets close after it.
pub(super) fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(is_closing).ends_with(is_stop)
}

/// What each speaker says, dashes left: one part where only one speaks. The parts cover the text but for spaces.
pub(super) fn speakers(text: &str) -> Vec<&str> {
    let text = text.trim();
    let first = speaker_dash(text);
    let dashes = text.char_indices().filter(|(at, _)| text[..*at].ends_with(char::is_whitespace));
    let dashes = dashes.filter_map(|(at, _)| Some((at, speaker_dash(&text[at..])?)));
    let mut marks: Vec<usize> = match first {
        Some(first) => dashes.filter(|it| it.1 == first).map(|it| it.0).collect(),
        None => dashes.filter(|it| !goes_on(&text[it.0..])).map(|it| it.0).collect(),
    };
    // `- I think - no - yes`: dashes inside of a sentence are no speakers, unless there is exactly one.
    if first.is_none() || marks.len() > 1 {
        marks.retain(|at| ends_sentence(&text[..*at]));
    }
    let starts = std::iter::once(0).chain(marks.iter().copied());
    let ends = marks.iter().copied().chain(std::iter::once(text.len()));
    starts.zip(ends).map(|(from, to)| text[from..to].trim()).collect()
}

/// A dash before a small letter: the sentence goes on after an aside.
fn goes_on(text: &str) -> bool {
    text.chars().find(|it| it.is_alphanumeric()).is_some_and(char::is_lowercase)
}

/// True where a text is no part of a longer sentence because somebody's turn begins in it.
pub(super) fn is_dialogue(text: &str) -> bool {
    speaker_dash(text.trim()).is_some() || speakers(text).len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_speaker_is_told_apart() {
        let rows: [(&str, &[&str]); 14] = [
            ("Hello.", &["Hello."]),
            ("- Yes. - No.", &["- Yes.", "- No."]),
            ("-Yes -No", &["-Yes", "-No"]),
            ("– Oui ! – Non !", &["– Oui !", "– Non !"]),
            ("- I said - no, wait - yes. - Oh?", &["- I said - no, wait - yes.", "- Oh?"]),
            ("Hei. -Hei.", &["Hei.", "-Hei."]),
            ("He left. - I know.", &["He left.", "- I know."]),
            ("Да. — сказал он", &["Да. — сказал он"]),
            ("— Да. — Нет.", &["— Да.", "— Нет."]),
            ("It is -5 outside - cold", &["It is -5 outside - cold"]),
            ("- 你好。 - 再见。", &["- 你好。", "- 再见。"]),
            ("- Kom. - Ja. - Nej.", &["- Kom.", "- Ja.", "- Nej."]),
            ("- \"Why?\" - \"Because.\"", &["- \"Why?\"", "- \"Because.\""]),
            ("", &[""]),
        ];
        for (text, wanted) in rows {
            assert_eq!(speakers(text), wanted);
        }
    }

    #[test]
    fn a_dash_that_opens_nothing_is_no_speaker() {
        for (text, wanted) in [
            ("- Yes", true),
            ("--and so", false),
            ("-5 degrees", false),
            ("- 5 of us", true),
            ("-", false),
            ("--> x", false),
        ] {
            assert_eq!(is_dialogue(text), wanted, "{text}");
        }
    }
}
