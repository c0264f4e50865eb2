//! What can be written, and what is answered.

use super::outputs::RowChange;
use super::rows::PendingRow;
use crate::domain::change::{Activity, Change, StepDone};
use crate::domain::execution::{Event, Execution, Illegal};
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, JobId, Wish};
use crate::domain::lane::LaneName;
use crate::domain::library::{FileId, Mount, Placed};
use crate::domain::terms::{Term, TermId, TermState};
use crate::domain::transcript::RawHeard;
use crate::domain::translate::line::Rendered;
use std::path::PathBuf;

/// One fact to be made durable: all of it or nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Somebody wishes something; see [`on_wish`](crate::domain::job::on_wish).
    Wish {
        /// What.
        wish: Wish,
        /// When, milliseconds since the Unix epoch.
        at_unix_ms: u64,
    },
    /// Something happened to an execution. Steps that succeeded and failed are counted with it; when it ends, the
    /// bodies of its records are dropped.
    Event {
        /// To whom.
        execution: ExecutionId,
        /// What.
        event: Event,
        /// When, milliseconds since the Unix epoch.
        at_unix_ms: u64,
        /// What the step leaves; only with [`Event::Succeeded`], and `next` is the same.
        done: Option<Box<StepDone>>,
    },
    /// A window was listened to: its row, and [`WindowsHeard`](crate::domain::change::Counter::WindowsHeard) by one.
    Window {
        /// Digest of recipe and samples.
        key: [u8; 32],
        /// What was heard.
        heard: RawHeard,
        /// When, milliseconds since the Unix epoch.
        at_unix_ms: u64,
        /// Whose step it was: where it is running, and was tried before, it got on ([`Event::GotOn`]).
        of: Option<ExecutionId>,
    },
    /// A batch was translated: its row, and as many
    /// [`LinesTranslated`](crate::domain::change::Counter::LinesTranslated) as a model gave.
    Batch {
        /// Digest of recipe, translators and request.
        key: [u8; 32],
        /// What each line became.
        rendered: Vec<Rendered>,
        /// When, milliseconds since the Unix epoch.
        at_unix_ms: u64,
        /// Whose step it was, as of [`Write::Window`].
        of: Option<ExecutionId>,
    },
    /// A change outside of a step.
    Change {
        /// What.
        change: Change,
        /// When, milliseconds since the Unix epoch.
        at_unix_ms: u64,
    },
    /// Something an operator should be able to see later.
    Tell(Activity),
    /// A switch that survives a restart.
    Control {
        /// Which.
        control: Control,
        /// On, or off again.
        on: bool,
        /// Why, a sentence.
        why: String,
        /// When, milliseconds since the Unix epoch.
        at_unix_ms: u64,
    },
    /// A temporary file will be made.
    PendingBegun {
        /// Its path.
        temp: PathBuf,
        /// What it will become.
        row: PendingRow,
    },
    /// The temporary file got its name for good: from now on the subtitle is known as ours.
    PendingDone {
        /// The path it had.
        temp: PathBuf,
    },
    /// The temporary file is gone.
    PendingGone {
        /// The path it had.
        temp: PathBuf,
    },
    /// A file lies elsewhere than before, and its subtitles do.
    Followed {
        /// The file.
        file: FileId,
        /// Where it lies now, and they do.
        placed: Placed,
        /// Where none of ours lies any more.
        gone: Vec<PathBuf>,
        /// When, milliseconds since the Unix epoch.
        at_unix_ms: u64,
    },
    /// A library was looked through.
    LibrarySeen {
        /// Its name.
        name: String,
        /// The file system its folder lies on.
        mount: Mount,
        /// When, milliseconds since the Unix epoch.
        at_unix_ms: u64,
    },
    /// A person changes terms: all of this, or nothing where one of it is refused.
    Terms {
        /// In this order.
        writes: Vec<TermWrite>,
        /// When, milliseconds since the Unix epoch.
        at_unix_ms: u64,
    },
    /// Only these terms hold from now on, as another store has them. What was proposed here, and is not known there,
    /// stays.
    TermsReplaced {
        /// All of them.
        terms: Vec<Term>,
        /// When, milliseconds since the Unix epoch.
        at_unix_ms: u64,
    },
    /// A row about a file on a disk is forgotten, or put back; refused where it is not as it was.
    FileRow(RowChange),
    /// How the shape of answers is asked of a translator's server was found out.
    Rung {
        /// The translator's name.
        translator: String,
        /// The server and the model it was found out with.
        of: String,
        /// The word for it.
        rung: String,
        /// When, milliseconds since the Unix epoch.
        at_unix_ms: u64,
    },
}

/// What a person does to terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermWrite {
    /// Says one. It takes the place of those with the same source, languages and scope.
    Put(Term),
    /// Accepts or refuses one. An accepted one takes the place of other accepted ones as [`TermWrite::Put`] does.
    State(TermId, TermState),
    /// Forgets one.
    Remove(TermId),
}

/// What became of a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermDone {
    /// Which.
    pub id: TermId,
    /// As it was; `None` for a new one.
    pub before: Option<Term>,
    /// As it is; `None` where it is forgotten.
    pub after: Option<Term>,
}

/// A durable switch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// A person paused everything.
    PausedAll,
    /// A person paused a lane.
    PausedLane(LaneName),
    /// A lane is not used any more until a person resumes it.
    Quarantined(LaneName),
}

impl Control {
    /// Its name in the store: never rename.
    pub(super) fn name(&self) -> String {
        match self {
            Control::PausedAll => "paused".to_owned(),
            Control::PausedLane(lane) => format!("paused {lane}"),
            Control::Quarantined(lane) => format!("quarantined {lane}"),
        }
    }

    /// The switch of this name.
    pub(super) fn parse(name: &str) -> Option<Control> {
        if name == "paused" {
            return Some(Control::PausedAll);
        }
        let (word, lane) = name.split_once(' ')?;
        let lane = LaneName::parse(lane)?;
        match word {
            "paused" => Some(Control::PausedLane(lane)),
            "quarantined" => Some(Control::Quarantined(lane)),
            _ => None,
        }
    }
}

/// What a write came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrote {
    /// A wish.
    Wished {
        /// The job.
        job: JobId,
        /// Its latest execution, the new one where there is a new one.
        execution: ExecutionId,
        /// What became of the wish.
        what: Wished,
    },
    /// An event: the execution as it stands now.
    Event(Execution),
    /// Terms: those that changed.
    Terms(Vec<TermDone>),
    /// All else.
    Nothing,
}

/// What became of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wished {
    /// A new execution.
    New,
    /// A new execution in the place of an active one.
    Superseded {
        /// The one that was cancelled; a worker may have it.
        cancelled: ExecutionId,
    },
    /// The parked execution goes on.
    Retried,
    /// Nothing was to be done.
    Left,
}

/// Why one write of a batch was not done; the others stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The state does not allow the event.
    #[error(transparent)]
    Illegal(#[from] Box<Illegal>),
    /// There is no such execution.
    #[error("there is no execution {}", .0.0)]
    NoSuchExecution(ExecutionId),
    /// What the step leaves does not fit to the event.
    #[error("what a step of execution {} leaves does not fit to its event", .0.0)]
    Contradiction(ExecutionId),
    /// There is no such term.
    #[error("there is no term {}", .0.0)]
    NoSuchTerm(TermId),
    /// There would be more terms than a glossary holds.
    #[error("a glossary has at most {} terms", crate::domain::terms::TERMS_MAX)]
    TooManyTerms,
    /// A row is not as it was when the change was decided.
    #[error("it changed meanwhile")]
    ChangedMeanwhile,
    /// A row that it hangs on is damaged, or of a newer Kinora.
    #[error(transparent)]
    Unreadable(Fault),
}
