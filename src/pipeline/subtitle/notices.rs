//! Sentences about what an owner should know of a file that was worked on.

use crate::base::text::{clip, counted};
use crate::domain::lang::Lang;
use crate::domain::media::DecodeReport;
use crate::domain::order::FailedLine;
use crate::domain::time::Ms;
use crate::domain::transcript::{GivenUpKind, Transcript};

/// Gaps in the audio shorter than this in all are usual.
const GAP_TOLD_FROM: Ms = Ms(10_000);
/// Stretches named one by one; the rest is counted.
const STRETCHES_NAMED_MAX: usize = 3;
/// Characters of a line that are shown with it.
const LINE_CHARS_SHOWN: usize = 40;

/// What decoding showed.
pub(super) fn of_decoding(report: &DecodeReport) -> Vec<String> {
    let mut notices = Vec::new();
    if report.truncated {
        let end = Ms::of_sample(report.samples);
        notices.push(format!(
            "the file is cut off at {end}; subtitles reach to there: copy it again to get the rest"
        ));
    }
    if report.bad_packets > 0 {
        let pieces = match report.bad_packets {
            1 => "a damaged piece of its audio was left out".to_owned(),
            count => format!("{count} damaged pieces of its audio were left out"),
        };
        notices.push(format!("{pieces}; check the file or the disk"));
    }
    if GAP_TOLD_FROM <= Ms::of_sample(report.inserted_samples) {
        let gap = Ms::of_sample(report.inserted_samples);
        notices.push(format!("its audio starts late or has gaps of {gap} in all; they are silent"));
    }
    notices
}

/// What listening gave up.
pub(super) fn of_listening(transcript: &Transcript) -> Vec<String> {
    let told = |kind: GivenUpKind, what: &str| {
        let spans: Vec<String> = transcript
            .given_up
            .iter()
            .filter(|it| it.kind == kind)
            .map(|it| format!("{} ({})", it.span.start, it.reason))
            .collect();
        let named = spans.iter().take(STRETCHES_NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
        match spans.len() {
            0 => None,
            count if count <= STRETCHES_NAMED_MAX => Some(format!("{what} at {named}")),
            count => Some(format!("{what} at {named} and {} more", count - STRETCHES_NAMED_MAX)),
        }
    };
    let made_up = told(GivenUpKind::MadeUp, "text that was most likely made up was left out");
    let not_heard = told(GivenUpKind::NotHeard, "a stretch could not be listened to");
    made_up.into_iter().chain(not_heard).collect()
}

/// Lines that could not be translated, the first of them named.
pub(super) fn of_failed(to: &Lang, failed: &[FailedLine]) -> Option<String> {
    if failed.is_empty() {
        return None;
    }
    let named = |it: &FailedLine| {
        format!("{} \"{}\" ({})", it.at, clip(&it.text, LINE_CHARS_SHOWN), it.why)
    };
    let named: Vec<String> = failed.iter().take(STRETCHES_NAMED_MAX).map(named).collect();
    let more = failed.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!(
        "{}: {} could not be translated and kept the source text: {}{more}; run it again or retry it to ask again",
        to.name_en(),
        counted(failed.len(), "line", "lines"),
        named.join(", "),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;
    use crate::domain::transcript::GivenUp;

    #[test]
    fn a_clean_file_needs_no_words() {
        assert!(of_decoding(&DecodeReport::default()).is_empty());
        assert!(of_listening(&Transcript::default()).is_empty());
    }

    #[test]
    fn many_stretches_are_counted() {
        let given_up = |start: i64| GivenUp {
            span: Span::new(start, start + 1000),
            kind: GivenUpKind::MadeUp,
            reason: "the same words over and over".into(),
        };
        let given_up = (0..5).map(|it| given_up(it * 60_000)).collect();
        let notices = of_listening(&Transcript { given_up, ..Transcript::default() });
        assert_eq!(notices.len(), 1);
        assert!(notices[0].ends_with("and 2 more"), "{}", notices[0]);
    }
}
