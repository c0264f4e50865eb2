//! JSON for scripts: one object a line. Paths are text; one that is no UTF-8 also comes as the hex of its bytes.

use crate::api::run::{ExplainVerdict, Explanation, Fault, ItemReport, Lang, Reason, Status};
use crate::api::sync::{Fit, SyncReport, SyncStatus};
use crate::cli::render::Totals;
use serde::Serialize;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// One line of `kinora run --json`. New fields may be added; the ones here keep their meaning.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    Started {
        item: usize,
        #[serde(flatten)]
        path: PathText,
    },
    Ended {
        item: usize,
        #[serde(flatten)]
        path: PathText,
        status: Status,
        notices: &'a [String],
        fault: Option<&'a Fault>,
        written: Vec<PathText>,
        language: Option<&'a Lang>,
        cues: usize,
        audio_ms: u64,
        speech_ms: u64,
        elapsed_ms: u64,
    },
    Summary {
        items: usize,
        done: usize,
        skipped: usize,
        no_speech: usize,
        failed: usize,
        interrupted: usize,
        audio_ms: u64,
        elapsed_ms: u128,
        exit_code: u8,
    },
}

/// A path for a script.
#[derive(Serialize)]
struct PathText {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
}

impl PathText {
    fn of(path: &Path) -> PathText {
        let bytes = path.as_os_str().as_bytes();
        let hex = || bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        PathText {
            path: path.to_string_lossy().into_owned(),
            path_bytes: path.to_str().is_none().then(hex),
        }
    }
}

/// A file was begun.
pub(crate) fn started(item: usize, path: &Path) -> String {
    line(&Line::Started { item, path: PathText::of(path) })
}

/// A file ended.
pub(crate) fn ended(item: usize, report: &ItemReport) -> String {
    let ItemReport {
        path,
        status,
        notices,
        fault,
        written,
        language,
        cues,
        audio_ms,
        speech_ms,
        elapsed_ms,
    } = report;
    line(&Line::Ended {
        item,
        path: PathText::of(path),
        status: *status,
        notices,
        fault: fault.as_ref(),
        written: written.iter().map(|it| PathText::of(it)).collect(),
        language: language.as_ref(),
        cues: *cues,
        audio_ms: *audio_ms,
        speech_ms: *speech_ms,
        elapsed_ms: *elapsed_ms,
    })
}

/// The run ended.
pub(crate) fn summary(reports: &[ItemReport], elapsed: Duration, exit_code: u8) -> String {
    let totals = Totals::of(reports);
    line(&Line::Summary {
        items: reports.len(),
        done: totals.done,
        skipped: totals.skipped,
        no_speech: totals.no_speech,
        failed: totals.failed,
        interrupted: totals.interrupted,
        audio_ms: totals.audio_ms,
        elapsed_ms: elapsed.as_millis(),
        exit_code,
    })
}

/// What would be done with a file.
pub(crate) fn explanation(explanation: &Explanation) -> String {
    #[derive(Serialize)]
    struct Explained<'a> {
        #[serde(flatten)]
        path: PathText,
        verdict: ExplainVerdict,
        decision: &'a str,
        reasons: &'a [Reason],
    }
    let Explanation { path, verdict, decision, reasons } = explanation;
    line(&Explained { path: PathText::of(path), verdict: *verdict, decision, reasons })
}

/// What came of a subtitle file that was held against its video.
pub(crate) fn synced(report: &SyncReport) -> String {
    #[derive(Serialize)]
    struct Synced<'a> {
        #[serde(flatten)]
        path: PathText,
        video: Option<PathText>,
        status: SyncStatus,
        fit: Option<Fit>,
        change: Option<&'a str>,
        then: Option<Fit>,
        backup: Option<PathText>,
        notices: &'a [String],
        fault: Option<&'a Fault>,
    }
    let SyncReport { path, video, status, fit, change, then, backup, notices, fault } = report;
    line(&Synced {
        path: PathText::of(path),
        video: video.as_deref().map(PathText::of),
        status: *status,
        fit: *fit,
        change: change.as_deref(),
        then: *then,
        backup: backup.as_deref().map(PathText::of),
        notices,
        fault: fault.as_ref(),
    })
}

/// Any view as one line.
pub(crate) fn line<T: Serialize>(value: &T) -> String {
    // Views hold text, numbers and lists only; none of these can fail.
    let text = serde_json::to_string(value);
    text.unwrap_or_else(|err| format!("{{\"error\":{:?}}}", err.to_string())) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render::tests::{failed, film};
    use std::ffi::OsStr;

    /// The object, spread out for reading; the line itself must be one.
    fn spread(line: &str) -> String {
        assert_eq!(line.trim_end().lines().count(), 1, "{line}");
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    }

    #[test]
    fn a_run_is_one_object_a_line() {
        let line = started(0, Path::new("a\nb.mkv"));
        assert_eq!(line, "{\"event\":\"started\",\"item\":0,\"path\":\"a\\nb.mkv\"}\n");
        insta::assert_snapshot!(spread(&ended(0, &film())), @r#"
        {
          "event": "ended",
          "item": 0,
          "path": "/films/Spirited Away.mkv",
          "status": "done",
          "notices": [
            "2 packets are damaged"
          ],
          "fault": null,
          "written": [
            {
              "path": "/films/Spirited Away.jpn.srt"
            }
          ],
          "language": "ja",
          "cues": 812,
          "audio_ms": 7470000,
          "speech_ms": 3600000,
          "elapsed_ms": 498000
        }
        "#);
        let reports = [film(), failed()];
        insta::assert_snapshot!(spread(&summary(&reports, Duration::from_secs(500), 1)), @r#"
        {
          "event": "summary",
          "items": 2,
          "done": 1,
          "skipped": 0,
          "no_speech": 0,
          "failed": 1,
          "interrupted": 0,
          "audio_ms": 7470000,
          "elapsed_ms": 500000,
          "exit_code": 1
        }
        "#);
    }

    #[test]
    fn an_explanation_is_a_tree() {
        let reasons = vec![Reason::of("English: is there", vec![Reason::leaf("track 3 counts")])];
        let path = Path::new(OsStr::from_bytes(b"a\xff.mkv")).to_owned();
        let verdict = ExplainVerdict::LeaveOut;
        let told = Explanation { path, verdict, decision: "nothing".into(), reasons };
        insta::assert_snapshot!(spread(&explanation(&told)), @r#"
        {
          "path": "a�.mkv",
          "path_bytes": "61ff2e6d6b76",
          "verdict": "leave_out",
          "decision": "nothing",
          "reasons": [
            {
              "text": "English: is there",
              "because": [
                {
                  "text": "track 3 counts"
                }
              ]
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_path_that_is_no_utf8_comes_with_its_bytes() {
        let path = Path::new(OsStr::from_bytes(b"a\xff.mkv"));
        insta::assert_snapshot!(spread(&started(3, path)), @r#"
        {
          "event": "started",
          "item": 3,
          "path": "a�.mkv",
          "path_bytes": "61ff2e6d6b76"
        }
        "#);
    }
}
