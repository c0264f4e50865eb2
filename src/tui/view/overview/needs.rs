//! What needs a person: in full sentences, with what to do, the worst first.

use crate::api::daemon::{JobStatus, LaneView, StatusView};
use crate::base::text::counted;
use crate::tui::look::Look;
use ratatui::style::Style;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// A person must act.
    Bad,
    /// Something does not go on, maybe as it is meant.
    Stands,
    /// Good to know.
    Told,
    /// All is well.
    Well,
}

/// A sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// How much it matters.
    pub(super) weight: Weight,
    /// The sentence.
    pub(super) text: String,
}

impl Weight {
    /// How it is written.
    pub(super) fn style(self, look: Look) -> Style {
        match self {
            Weight::Bad => look.bad(),
            Weight::Stands => look.warning(),
            Weight::Told => look.dim(),
            Weight::Well => look.good(),
        }
    }

    /// What stands before it.
    pub(super) fn sign(self, look: Look) -> &'static str {
        match self {
            Weight::Bad => "!",
            Weight::Stands => look.sign("▪", "*"),
            Weight::Told => look.sign("·", "."),
            Weight::Well => look.sign("✓", "+"),
        }
    }
}

/// How many jobs stand so.
pub(super) fn count(status: &StatusView, wanted: JobStatus) -> u64 {
    status.jobs.iter().find(|it| it.0 == wanted).map_or(0, |it| it.1)
}

/// Nothing is there yet, and nobody told where to look.
pub(super) fn is_new(status: &StatusView) -> bool {
    status.libraries == Some(0) && status.jobs.iter().all(|it| it.1 == 0)
}

/// All that is to be told, the worst first; that all is well only where that is heard now.
pub(super) fn needs(status: &StatusView, now: bool) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut need = |weight, text: String| needs.push(Need { weight, text });
    for trouble in &status.troubles {
        need(Weight::Bad, sentence(trouble));
    }
    status.lanes.iter().filter_map(quarantined).for_each(|it| need(Weight::Bad, it));
    let parked = count(status, JobStatus::Parked);
    if parked > 0 {
        let files = counted(parked, "file waits for you", "files wait for you");
        let them = if parked == 1 { "it" } else { "them all" };
        need(Weight::Bad, format!("{files}: page 5 shows why; r tries {them} again."));
    }
    if status.draining {
        let text = "Kinora is ending: what runs may come to its end, nothing new begins.";
        need(Weight::Stands, text.to_owned());
    }
    if status.paused {
        need(Weight::Stands, "Everything is paused. P lets it go on.".to_owned());
    }
    for lane in status.lanes.iter().filter(|it| it.paused) {
        let text = format!(
            "Lane {} is paused. Put the cursor on it and press p to let it go on.",
            lane.name
        );
        need(Weight::Stands, text);
    }
    for service in status.services.iter().filter(|it| !it.up) {
        let text = format!(
            "{} does not answer. What needs it waits, and it is tried again by itself; look whether it runs.",
            service.name
        );
        need(Weight::Stands, text);
    }
    for (lane, why) in status.lanes.iter().filter_map(|it| Some((&it.name, it.held.as_ref()?))) {
        need(Weight::Told, format!("Lane {lane} gives way: {why}."));
    }
    for lane in status.lanes.iter().filter(|it| it.out_of_hours) {
        need(Weight::Told, format!("Lane {} rests until its hours begin.", lane.name));
    }
    if !status.libraries_out_of_hours.is_empty() {
        let names = status.libraries_out_of_hours.join(", ");
        need(Weight::Told, format!("Out of hours, so their files wait: {names}."));
    }
    if needs.iter().all(|it| it.weight > Weight::Stands) {
        let (weight, text) = match now {
            true => (Weight::Well, format!("All is well{}.", goes(status))),
            false => {
                (Weight::Told, format!("When it was heard last, all was well{}.", goes(status)))
            }
        };
        needs.insert(0, Need { weight, text });
    }
    needs
}

fn quarantined(lane: &LaneView) -> Option<String> {
    let why = lane.quarantined.as_ref()?;
    Some(format!(
        "Lane {} is not used any more: {why}. When it is mended, put the cursor on it and press p.",
        lane.name
    ))
}

fn goes(status: &StatusView) -> String {
    let (running, queued) = (count(status, JobStatus::Running), count(status, JobStatus::Queued));
    match (running, queued) {
        _ if is_new(status) => "; there is nothing to look through yet".to_owned(),
        (0, 0) => "; nothing is to be done".to_owned(),
        (0, _) => format!("; {}", counted(queued, "file waits", "files wait")),
        _ => format!("; {} under way", counted(running, "file", "files")),
    }
}

/// With a capital letter and a full stop; a name in front stays as it is.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    first + letters.as_str() + end
}
