//! `kinora run` and `kinora explain`: what is asked, what happens meanwhile, what came of it.

pub use crate::domain::fault::{Fault, FaultKind};
pub use crate::domain::lang::{Lang, NoLanguage};
pub use crate::domain::order::{Bilingual, SubtitleMode};
pub use crate::domain::reason::{Reason, lines};
use crate::domain::rules::{Verdict, Way};
pub use crate::domain::subtitle::Format;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// What the owner asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRequest {
    /// Videos, audio files and folders (walked), in this order.
    pub paths: Vec<PathBuf>,
    /// Languages wanted; empty for the spoken one.
    pub to: Vec<Lang>,
    /// The spoken language; `None` to find it out.
    pub from: Option<Lang>,
    /// Audio track by FFmpeg's stream index; `None` to choose.
    pub track: Option<u32>,
    /// Formats to write, at least one.
    pub formats: Vec<Format>,
    /// Folder for the subtitles; `None` for beside each video.
    pub output: Option<PathBuf>,
    /// Computes everything again and replaces what is there.
    pub force: bool,
    /// Names and words to expect, for the recogniser; empty for none.
    pub prompt: String,
    /// Who translates, by name, tried in this order; empty for nobody.
    pub translators: Vec<String>,
    /// A file with both languages, beside that of the translation.
    pub bilingual: Option<Bilingual>,
}

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Looking what the file holds.
    Probe,
    /// Finding out the language.
    Detect,
    /// Holding subtitles that are there against the speech.
    Weigh,
    /// Listening.
    Listen,
    /// Translating.
    Translate,
    /// Cutting cues.
    Cue,
    /// Writing files.
    Publish,
}

/// What happens while a run goes on, in order; `item` counts from 0 in the order of work.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEvent {
    /// The folders were walked.
    Planned {
        /// Files to work on.
        items: usize,
    },
    /// Work on a file begins.
    Started {
        /// Which.
        item: usize,
        /// Its path.
        path: PathBuf,
    },
    /// A file comes along; may be dropped, never reordered.
    Progress {
        /// Which.
        item: usize,
        /// What is done.
        stage: Stage,
        /// Audio decoded so far.
        decoded: Duration,
        /// Audio listened to so far (silence counts as listened).
        heard: Duration,
        /// The file's length, where known.
        total: Option<Duration>,
    },
    /// Work on a file ended.
    Ended {
        /// Which.
        item: usize,
        /// What came of it.
        report: ItemReport,
    },
}

/// How a file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Subtitles were written.
    Done,
    /// Nothing to do: what is wanted is there.
    Skipped,
    /// Nobody speaks; no file was written, and it is remembered.
    NoSpeech,
    /// Subtitles were written, but lines that could not be translated keep their source text.
    Review,
    /// It did not work; `fault` says why.
    Failed,
    /// The owner interrupted it.
    Interrupted,
}

/// What came of one file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemReport {
    /// The file.
    pub path: PathBuf,
    /// How it ended.
    pub status: Status,
    /// Why, where it was skipped or failed, or what to know: one sentence each.
    pub notices: Vec<String>,
    /// What went wrong.
    pub fault: Option<Fault>,
    /// Subtitle files written.
    pub written: Vec<PathBuf>,
    /// Spoken language, BCP 47.
    pub language: Option<Lang>,
    /// Number of cues of the first file written.
    pub cues: usize,
    /// Length of the audio, milliseconds.
    pub audio_ms: u64,
    /// How much of it is speech, milliseconds.
    pub speech_ms: u64,
    /// Time the work took, milliseconds.
    pub elapsed_ms: u64,
}

/// What would be done with a file, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExplainVerdict {
    /// Nothing: it was done before, or what is wanted is there.
    Skip,
    /// Nothing yet: it is locked, still written, or was tried a moment ago.
    Wait,
    /// It is listened to; where something must be found out before more can be said, that is where the work begins.
    Listen,
    /// A subtitle that is there is written anew; nobody listens.
    Adopt,
    /// A subtitle that is there is translated; nobody listens.
    Translate,
    /// It is none of the files that get subtitles.
    LeaveOut,
    /// What is wanted cannot be had.
    Fail,
}

impl ExplainVerdict {
    /// All of them.
    pub const ALL: [ExplainVerdict; 7] = [
        ExplainVerdict::Skip,
        ExplainVerdict::Wait,
        ExplainVerdict::Listen,
        ExplainVerdict::Adopt,
        ExplainVerdict::Translate,
        ExplainVerdict::LeaveOut,
        ExplainVerdict::Fail,
    ];

    /// What the rules say, in one word: of a plan, its dearest way.
    pub fn of(verdict: &Verdict) -> ExplainVerdict {
        match verdict {
            Verdict::Done => ExplainVerdict::Skip,
            Verdict::Locked => ExplainVerdict::Wait,
            Verdict::NeedsLanguage | Verdict::NeedsWeighing(_) => ExplainVerdict::Listen,
            Verdict::Plan(plans) => {
                let words: Vec<ExplainVerdict> = plans.iter().map(|it| of_way(&it.way)).collect();
                let dearest = [
                    ExplainVerdict::Listen,
                    ExplainVerdict::Translate,
                    ExplainVerdict::Adopt,
                    ExplainVerdict::Fail,
                ];
                let found = dearest.into_iter().find(|it| words.contains(it));
                found.unwrap_or(ExplainVerdict::Skip)
            }
        }
    }

    /// Its word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            ExplainVerdict::Skip => "skip",
            ExplainVerdict::Wait => "wait",
            ExplainVerdict::Listen => "listen",
            ExplainVerdict::Adopt => "adopt",
            ExplainVerdict::Translate => "translate",
            ExplainVerdict::LeaveOut => "leave_out",
            ExplainVerdict::Fail => "fail",
        }
    }
}

fn of_way(way: &Way) -> ExplainVerdict {
    match way {
        Way::There(_) => ExplainVerdict::Skip,
        Way::Adopt(_) => ExplainVerdict::Adopt,
        Way::Listen | Way::ListenInEnglish | Way::TranslateHeard => ExplainVerdict::Listen,
        Way::TranslateExisting(_) => ExplainVerdict::Translate,
        Way::No(_) => ExplainVerdict::Fail,
    }
}

/// What would be done with a file, and why; a tree of sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Explanation {
    /// The file.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// What would be done, in one word.
    pub verdict: ExplainVerdict,
    /// What would be done.
    pub decision: String,
    /// Why.
    pub reasons: Vec<Reason>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rules::TargetPlan;

    #[test]
    fn a_word_is_the_same_in_json() {
        for verdict in ExplainVerdict::ALL {
            let json = serde_json::to_value(verdict).unwrap();
            assert_eq!(json, verdict.word());
            assert_eq!(serde_json::from_value::<ExplainVerdict>(json).unwrap(), verdict);
        }
    }

    #[test]
    fn a_plan_is_called_after_its_dearest_way() {
        let no = || Way::No("it cannot be".to_owned());
        for (ways, word) in [
            (vec![], ExplainVerdict::Skip),
            (vec![Way::There(0)], ExplainVerdict::Skip),
            (vec![Way::There(0), Way::Adopt(1)], ExplainVerdict::Adopt),
            (vec![Way::Adopt(1), Way::TranslateExisting(0)], ExplainVerdict::Translate),
            (vec![Way::TranslateExisting(0), Way::TranslateHeard], ExplainVerdict::Listen),
            (vec![no(), Way::ListenInEnglish], ExplainVerdict::Listen),
            (vec![no(), Way::There(0)], ExplainVerdict::Fail),
            (vec![no(), Way::Adopt(0)], ExplainVerdict::Adopt),
        ] {
            let plan =
                |way: &Way| TargetPlan { lang: Lang::parse("en").unwrap(), way: way.clone() };
            let plans = ways.iter().map(plan).collect();
            assert_eq!(ExplainVerdict::of(&Verdict::Plan(plans)), word, "{ways:?}");
        }
        let asking = [Verdict::NeedsLanguage, Verdict::NeedsWeighing(vec![0])];
        assert!(asking.iter().all(|it| ExplainVerdict::of(it) == ExplainVerdict::Listen));
        assert_eq!(ExplainVerdict::of(&Verdict::Locked), ExplainVerdict::Wait);
        assert_eq!(ExplainVerdict::of(&Verdict::Done), ExplainVerdict::Skip);
    }
}
