//! What keeps an appliance alive unattended, checked: `[backup]`, `[check]` and `[[notify]]`.

use super::translate::Key;
use crate::domain::daily::DailyTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// `[backup]`: copies of all that Kinora remembers, one file each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// When one is made, every day; `None` for only when asked.
    pub at: Option<DailyTime>,
    /// Where they lie.
    pub folder: PathBuf,
    /// Where each one is copied to, best on another disk.
    pub second_folder: Option<PathBuf>,
    /// They are kept for so many days, in both folders.
    pub keep_days: u16,
}

/// `[check]`: whether subtitles that were written are still there as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// When that is looked at, every day; `None` for only when asked.
    pub at: Option<DailyTime>,
    /// Where more than so many of a hundred are gone, something else is wrong, such as a disk, and nothing is done.
    pub gone_percent_max: u8,
}

/// `[[notify]]`: somebody who is told what happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifySetting {
    /// Unique among those who are told.
    pub name: String,
    /// In which way.
    pub kind: NotifyKind,
    /// Where: whoever knows it can write there, or read along, so it is kept as a key is.
    pub address: Key,
    /// Sent as a bearer token.
    pub key: Key,
    /// Of what; never empty, each once.
    pub on: Vec<Notable>,
    /// What happens within so long goes into one message.
    pub gather: Duration,
}

/// How somebody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotifyKind {
    /// By ntfy, at the address of a topic.
    Ntfy,
    /// By a POST to an address.
    Webhook {
        /// What is sent, a MiniJinja template; `None` for JSON with all that is known.
        template: Option<String>,
    },
}

/// Kinds of things that are told.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Notable {
    /// A file waits for a person.
    Parked,
    /// A file was given up: listening failed too often.
    Fatal,
    /// The disk is nearly full.
    DiskLow,
    /// All that waited is done.
    Finished,
    /// A backup could not be made.
    Backup,
    /// Subtitles that were written are gone or were changed.
    Check,
    /// A GPU is not used any more, a lane stands still, a server does not answer.
    Trouble,
}

impl Notable {
    /// All of them.
    pub const ALL: [Notable; 7] = [
        Notable::Parked,
        Notable::Fatal,
        Notable::DiskLow,
        Notable::Finished,
        Notable::Backup,
        Notable::Check,
        Notable::Trouble,
    ];
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// An object a line, for programs.
    Json,
}
