//! What came of an upload, read from its files.

use crate::api::daemon::Refusal;
use crate::api::uploads::{Heard, HeardSegment};
use crate::domain::execution::Ending;
use crate::domain::fault::Fault;
use crate::domain::order::Summary;
use serde::Deserialize;
use std::io;
use std::path::Path;

/// As `transcript_json` writes it.
#[derive(Deserialize)]
struct Transcript {
    utterances: Vec<HeardSegment>,
}

/// Reads what was heard.
///
/// # Errors
/// Where it is not there any more.
pub(super) fn read(out: &Path, ending: Ending, summary: &Summary) -> Result<Heard, Refusal> {
    let duration_s = summary.audio.0 as f64 / 1000.0;
    if ending == Ending::NoSpeech {
        let vtt = "WEBVTT\n".to_owned();
        return Ok(Heard { duration_s, vtt, ..Heard::default() });
    }
    let there = |ending| only(out, ending)?.ok_or_else(gone);
    let transcript: Transcript = serde_json::from_str(&there(".json")?).map_err(|err| {
        Refusal::Failed(Fault::bug(format!("a transcript cannot be read again ({err})")))
    })?;
    Ok(Heard {
        language: summary.language.clone(),
        duration_s,
        segments: transcript.utterances,
        srt: there(".srt")?,
        vtt: there(".vtt")?,
    })
}

/// The text of the file with this ending, where there is one.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn only(out: &Path, ending: &str) -> Result<Option<String>, Refusal> {
    let files = super::shelf::files_of(out).map_err(|err| unreadable(&err))?;
    let file = files.into_iter().find(|it| it.0.ends_with(ending));
    let text = file.map(|it| std::fs::read_to_string(out.join(it.0)));
    text.transpose().map_err(|err| unreadable(&err))
}

pub(super) fn unreadable(err: &io::Error) -> Refusal {
    let what = format!("what came of it cannot be read ({err})");
    Refusal::Failed(Fault::operator(what, "check the folder uploads in data_dir, and its disk"))
}

fn gone() -> Refusal {
    let what = "what came of it is not there any more";
    Refusal::Failed(Fault::transient(what, "send it again"))
}
