//! Lines that are sent to be translated, as a subtitle file with made-up times, and back. A file goes through the same
//! steps as any other, so what is translated of it stays when Kinora ends meanwhile.

use crate::api::daemon::Refusal;
use crate::api::uploads::LinesAsked;
use crate::domain::cue::Cue;
use crate::domain::fault::Fault;
use crate::domain::subtitle::{self, Document, Format};
use crate::domain::time::{Ms, Span};
use std::collections::BTreeMap;

/// From one line to the next: short enough that a sentence may go on, too short for the end of a scene.
const LINE_MS: i64 = 3000;
/// How long a line is shown.
const SHOWN_MS: i64 = 2400;
/// After so many lines a scene ends: scenes are translated side by side.
const SCENE_LINES: usize = 120;
/// Lines at once; a film has some 2000.
pub(super) const LINES_MAX: usize = 20_000;
/// Bytes of a line.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// When a line is shown.
fn span(place: usize, scene_gap: Ms) -> Span {
    let at = place as i64 * LINE_MS + (place / SCENE_LINES) as i64 * (scene_gap.0 + LINE_MS);
    Span::new(at, at + SHOWN_MS)
}

/// The lines as SubRip; those without text are left out.
///
/// # Errors
/// Where there are too many or they are too long.
pub(super) fn written(asked: &LinesAsked, scene_gap: Ms) -> Result<String, Refusal> {
    let too_much = |what: String| Refusal::Invalid(Fault::operator(what, "send less at once"));
    if LINES_MAX < asked.lines.len() {
        return Err(too_much(format!("there are more than {LINES_MAX} lines")));
    }
    if asked.lines.iter().any(|it| LINE_BYTES_MAX < it.len()) {
        return Err(too_much(format!("a line is longer than {LINE_BYTES_MAX} bytes")));
    }
    let cue = |(place, text): (usize, &String)| {
        let lines = text.lines().map(str::trim).filter(|it| !it.is_empty());
        Cue {
            span: span(place, scene_gap),
            lines: lines.map(str::to_owned).collect(),
            confidence: 1.0,
        }
    };
    let cues: Vec<Cue> = asked.lines.iter().enumerate().map(cue).collect();
    if cues.iter().all(|it| it.lines.is_empty()) {
        let what = "there is no text in any of the lines";
        return Err(Refusal::Invalid(Fault::operator(what, "send lines to translate")));
    }
    Ok(subtitle::write(&cues, Format::Srt, &asked.from))
}

/// The lines of the file that came of it, each in its place; what is not in it stays as it was.
///
/// # Errors
/// Where it is no subtitle file.
pub(super) fn read(asked: &LinesAsked, scene_gap: Ms, srt: &str) -> Result<Vec<String>, Refusal> {
    let document = match srt.is_empty() {
        true => None,
        false => Some(Document::parse(srt.as_bytes(), Some(Format::Srt)).map_err(Refusal::Failed)?),
    };
    let cues = document.map(|it| it.cues()).unwrap_or_default();
    let said = cues.into_iter().map(|it| (it.span.start, it.lines.join("\n")));
    let mut said: BTreeMap<_, _> = said.filter(|it| !it.1.is_empty()).collect();
    let line = |(place, text): (usize, &String)| {
        said.remove(&span(place, scene_gap).start).unwrap_or_else(|| text.clone())
    };
    Ok(asked.lines.iter().enumerate().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lang::Lang;
    use proptest::prelude::*;

    fn asked(lines: Vec<String>) -> LinesAsked {
        let [from, to] = ["en", "fr"].map(|it| Lang::parse(it).unwrap());
        LinesAsked { title: String::new(), from, to, lines }
    }

    const GAP: Ms = Ms(30_000);

    proptest! {
        #[test]
        fn every_line_keeps_its_place(
            lines in prop::collection::vec("[a-zA-Z0-9 .?!<>{}\n-]{0,40}", 1..300),
        ) {
            let asked = asked(lines);
            let Ok(srt) = written(&asked, GAP) else { return Ok(()) };
            let back = read(&asked, GAP, &srt).unwrap();
            prop_assert_eq!(back.len(), asked.lines.len());
            let letters = |it: &String| -> String { it.chars().filter(|it| it.is_alphanumeric()).collect() };
            for (line, back) in asked.lines.iter().zip(&back) {
                prop_assert_eq!(letters(line), letters(back));
            }
        }
    }

    #[test]
    fn what_cannot_be_translated_stays_and_too_much_is_refused() {
        let three = asked(["One.", "", "Three\nfour."].map(str::to_owned).to_vec());
        assert_eq!(read(&three, GAP, "").unwrap(), three.lines);
        let srt = written(&three, GAP).unwrap();
        assert!(!srt.contains("00:00:03"), "nothing to translate in the second: {srt}");
        let back = read(&three, GAP, &srt.replace("One.", "Un.")).unwrap();
        assert_eq!(back, ["Un.", "", "Three\nfour."]);
        assert!(matches!(written(&asked(vec![]), GAP), Err(Refusal::Invalid(_))));
        assert!(matches!(written(&asked(vec!["…".repeat(9999)]), GAP), Err(Refusal::Invalid(_))));
        assert!(matches!(
            written(&asked(vec!["a".into(); LINES_MAX + 1]), GAP),
            Err(Refusal::Invalid(_))
        ));
    }
}
