//! Who is told of what: which activities are worth a message, what goes into one, and how it is sent.

mod gather;
mod message;
mod template;
mod test;

pub(super) use gather::{Cursor, Draft, Gather};
pub(super) use message::Message;
pub(super) use template::check as check_template;
pub use test::test;

use super::config::{Notable, NotifyKind, NotifySetting};
use crate::domain::change::{Activity, ActivityKind};
use crate::domain::fault::Fault;
use crate::engines::notify::{self, Letter, Trouble};

/// What every sentence about a disk says that has room again; the others of its kind are bad news.
pub(super) const ROOM_AGAIN: &str = "has room again";
/// How sentences about a check of subtitles begin where all is well: of many, of one, of none.
const ALL_WELL: [&str; 3] = ["all ", "the one subtitle is as ", "no subtitle was "];

/// What kind of news an activity is; `None` for what nobody is told.
pub(super) fn notable(activity: &Activity) -> Option<Notable> {
    match activity.kind {
        ActivityKind::Parked => Some(Notable::Parked),
        ActivityKind::AsrFailedFatal => Some(Notable::Fatal),
        ActivityKind::DiskLow => Some(Notable::DiskLow),
        ActivityKind::BackupFailed => Some(Notable::Backup),
        ActivityKind::OutputsChecked => {
            let well = ALL_WELL.iter().any(|it| activity.text.starts_with(it));
            (!well).then_some(Notable::Check)
        }
        // A step's failure has an execution; without one it is a service that is left alone.
        ActivityKind::Failed => activity.execution.is_none().then_some(Notable::Trouble),
        ActivityKind::GpuQuarantined
        | ActivityKind::PutBack
        | ActivityKind::WrongLabel
        | ActivityKind::NotTold => Some(Notable::Trouble),
        // These are counted, and told when all is done.
        ActivityKind::Finished | ActivityKind::TranslateFailed => None,
        ActivityKind::Started
        | ActivityKind::Stopped
        | ActivityKind::Scanned
        | ActivityKind::Slow
        | ActivityKind::Commanded
        | ActivityKind::Watched
        | ActivityKind::Unheeded
        | ActivityKind::BackedUp
        | ActivityKind::Reloaded
        | ActivityKind::NotNotified => None,
    }
}

/// Sends a message to somebody. Takes a minute at most.
///
/// # Errors
/// Why it did not arrive; nothing secret is in it.
pub(super) fn send(setting: &NotifySetting, message: &Message) -> Result<(), Trouble> {
    let read = || -> Result<_, Fault> {
        let letter = match &setting.kind {
            NotifyKind::Ntfy => Letter::Ntfy {
                title: message.title.clone(),
                text: message.text.clone(),
                priority: message.priority,
                tags: message.tags(),
            },
            NotifyKind::Webhook { template: None } => {
                Letter::Post { content_type: template::JSON, body: message.json().to_string() }
            }
            NotifyKind::Webhook { template: Some(text) } => template::render(text, message)?,
        };
        Ok((setting.address.read()?, setting.key.read()?, letter))
    };
    let (address, key, letter) = read().map_err(Trouble::Refused)?;
    notify::send(&address, &key, &letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::job::ExecutionId;

    /// What is told by kind alone stands in the match; these depend on more.
    #[test]
    fn news_that_are_good_are_told_to_nobody() {
        let of = |kind, execution, text: &str| {
            let text = text.to_owned();
            notable(&Activity { at_unix_ms: 0, kind, execution, path: None, text })
        };
        let checked = |text| of(ActivityKind::OutputsChecked, None, text);
        for well in [
            "all 5,120 subtitles are as they were written",
            "the one subtitle is as it was written",
            "no subtitle was written yet",
        ] {
            assert_eq!(checked(well), None, "{well}");
        }
        for bad in [
            "of 12 subtitles 2 are gone: `kinora check --outputs` shows them",
            "subtitles could not be held against the disks: no",
        ] {
            assert_eq!(checked(bad), Some(Notable::Check), "{bad}");
        }
        let failed = |execution| of(ActivityKind::Failed, execution, "x");
        assert_eq!(failed(None), Some(Notable::Trouble), "a service");
        assert_eq!(failed(Some(ExecutionId(1))), None, "a step, which is tried again");
    }
}
