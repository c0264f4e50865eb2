//! Last step where there is a Jellyfin: it is told of the files, and how it labels them is read back.
//!
//! The files are there already, so nobody waits for a person here: where Jellyfin is away the step waits for it, and
//! where it refuses, the work ends well and says so.

mod talk;
mod upload;

use super::{Asked, outputs, publish, record};
use crate::base::cancel::Cancel;
use crate::domain::change::{ActivityKind, Change, StepDone};
use crate::domain::execution::{Next, Step};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::order::{Deliver, Summary};
use crate::engines::jellyfin::Jellyfin;
use publish::Ledger;
use std::path::{Path, PathBuf};
use std::time::Duration;
use talk::Talk;

/// Jellyfin's name among the services outside.
pub const SERVICE: &str = "jellyfin";
/// After so many failures it is not told any more; those of a service that is left alone for a while do not count.
const FAILURES_MAX: u8 = 10;

/// How long it is looked for what Jellyfin shows.
#[derive(Clone, Debug)]
pub struct AnnounceLimits {
    /// Looks.
    pub looks: u8,
    /// Wait before the second one, the first is at once; doubled for each one after it.
    pub wait_first: Duration,
    /// Longest wait.
    pub wait_max: Duration,
}

impl Default for AnnounceLimits {
    fn default() -> AnnounceLimits {
        let (wait_first, wait_max) = (Duration::from_secs(1), Duration::from_secs(10));
        AnnounceLimits { looks: 6, wait_first, wait_max }
    }
}

/// What telling works with.
#[derive(Clone, Copy)]
pub struct AnnounceCx<'a> {
    /// Who is told; `None` where the configuration has none any more.
    pub jellyfin: Option<&'a Jellyfin>,
    /// The book of what Kinora wrote.
    pub ledger: &'a dyn Ledger,
    /// How long it is looked.
    pub limits: &'a AnnounceLimits,
    /// How often this step failed before.
    pub failed: u8,
    /// Set when the work shall end.
    pub cancel: &'a Cancel,
}

/// Why the step did not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It failed.
    Fault(Fault),
    /// Jellyfin does not do its part; counts on its circuit breaker.
    Away(Fault),
}

/// Takes the step.
///
/// # Errors
/// Where Jellyfin is away, or does not know the video that something is to be uploaded for.
pub fn run(asked: &Asked<'_>, cx: &AnnounceCx<'_>) -> Result<StepDone, Stop> {
    let mut report = Report::of(asked.summary);
    match tell(asked, cx, &mut report) {
        Ok(()) => {}
        Err(Trouble::Asking(fault) | Trouble::Unknown(fault))
            if cx.cancel.is_set() || fault.kind == FaultKind::Bug =>
        {
            return Err(Stop::Fault(fault));
        }
        Err(Trouble::Asking(fault))
            if fault.kind == FaultKind::Transient && cx.failed < FAILURES_MAX =>
        {
            return Err(Stop::Away(fault));
        }
        Err(Trouble::Unknown(fault)) if cx.failed < FAILURES_MAX => return Err(Stop::Fault(fault)),
        Err(Trouble::Asking(fault) | Trouble::Unknown(fault)) => {
            report.not_told(&fault.to_string())
        }
    }
    // What could not be written is told by `publish`, where that waits.
    let heading = record::headed(asked).ok().flatten().map(|it| it.2);
    let next = match heading.and_then(|it| it.unmet) {
        Some(_) => Next::Step(Step::Publish),
        None => Next::End(publish::ending(&report.summary)),
    };
    let Report { notes, summary, changes } = report;
    Ok(StepDone { next, body: Vec::new(), notes, summary, changes })
}

/// Tells Jellyfin, and reads back what it makes of it.
fn tell(asked: &Asked<'_>, cx: &AnnounceCx<'_>, report: &mut Report) -> Result<(), Trouble> {
    let Some(jellyfin) = cx.jellyfin else {
        let remedy = "write [jellyfin], or nothing to do where it is gone";
        return Err(Fault::operator("no Jellyfin is in the configuration", remedy).into());
    };
    let written = asked.summary.written.iter();
    let files: Vec<&Path> =
        written.filter(|it| outputs::is_subtitle(it)).map(PathBuf::as_path).collect();
    let Some(video) = outputs::video_of(asked.path).filter(|_| !files.is_empty()) else {
        report.note("Jellyfin has nothing to be told of: no video is beside the subtitle");
        return Ok(());
    };
    let uploads = asked.order.deliver == Some(Deliver::Upload);
    let Some(item) = jellyfin.item_of(&video, cx.cancel)? else {
        let news = if uploads { vec![video.as_path()] } else { files };
        jellyfin.updated(&news, cx.cancel)?;
        if uploads {
            return Err(Trouble::Unknown(unknown()));
        }
        report.notice("Jellyfin does not know the video yet, and was told to look for it");
        return Ok(());
    };
    let talk = Talk::new(jellyfin, cx, &item)?;
    let told = match uploads {
        true => upload::all(&talk, asked, &video, &files, report)?,
        false => talk.beside(&item, &files, report)?,
    };
    talk.read_back(&told, report)
}

/// The video is not in any library of Jellyfin's, or not yet.
fn unknown() -> Fault {
    Fault::transient(
        "Jellyfin does not know the video, so nothing can be uploaded for it",
        "look whether one of its libraries has the folder, and whether jellyfin.paths is right",
    )
}

/// Why Jellyfin was not told.
#[derive(Debug)]
enum Trouble {
    /// It did not answer, or refused.
    Asking(Fault),
    /// It does not know the video.
    Unknown(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        Trouble::Asking(fault)
    }
}

/// What came of it.
struct Report {
    notes: Vec<String>,
    summary: Summary,
    changes: Vec<Change>,
}

impl Report {
    fn of(summary: &Summary) -> Report {
        Report { notes: Vec::new(), summary: summary.clone(), changes: Vec::new() }
    }

    /// For the run record.
    fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// For whoever asks what came of the file.
    fn notice(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.notes.push(text.clone());
        self.summary.notices.push(text);
    }

    /// For everybody.
    fn tell(&mut self, kind: ActivityKind, text: String) {
        self.notice(text.clone());
        self.changes.push(Change::Tell { kind, text });
    }

    fn not_told(&mut self, why: &str) {
        self.tell(ActivityKind::NotTold, format!("Jellyfin was not told of the files: {why}"));
    }
}
