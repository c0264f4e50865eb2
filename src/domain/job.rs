//! Jobs: wishes with a key, so that wishing twice is wishing once.

use crate::domain::order::Order;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A job's number, in the order of first wishes; from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobId(pub u64);

/// An execution's number, in the order they were asked for; from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExecutionId(pub u64);

/// What makes two wishes the same wish: a digest of what is worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobKey(pub [u8; 32]);

/// What makes two executions of a job give the same: a digest of the file as it is on disk, all that is wished of it
/// and the versions of what does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint(pub [u8; 32]);

/// What is to be done; one variant a product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Spec {
    /// Subtitles for one file.
    Subtitle {
        /// The file.
        #[serde(with = "crate::domain::order::os_paths")]
        path: PathBuf,
        /// What is wanted of it.
        order: Box<Order>,
    },
}

impl Spec {
    /// The file it is about.
    pub fn path(&self) -> &std::path::Path {
        match self {
            Spec::Subtitle { path, .. } => path,
        }
    }

    /// The library it belongs to, by name.
    pub fn library(&self) -> Option<&str> {
        match self {
            Spec::Subtitle { order, .. } => order.library.as_deref(),
        }
    }
}

/// The priority of what a viewer waits for: nothing goes before it, and running work of a lower one makes room.
pub const WATCHED: i8 = i8::MAX;

/// Which goes first: higher `priority`, then lower `place`, then the older one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank {
    /// 0 is normal.
    pub priority: i8,
    /// Its place among its likes; the number of the execution unless somebody moved it.
    pub place: i64,
}

impl Rank {
    /// Sorts the first to go first.
    pub fn sort_key(self) -> (i16, i64) {
        (-i16::from(self.priority), self.place)
    }
}

/// A wish, as it is brought to the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// What it is about.
    pub key: JobKey,
    /// What it would give.
    pub fingerprint: Fingerprint,
    /// What is to be done.
    pub spec: Spec,
    /// 0 is normal.
    pub priority: i8,
    /// A person asks, or somebody who means it: what is done, parked or cancelled is executed again.
    pub again: bool,
}

/// How the latest execution of a job stands, as far as a wish cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latest {
    /// Waiting, running or paused.
    Active,
    /// It waits for a person.
    Parked,
    /// Ended well.
    Done,
    /// Cancelled.
    Cancelled,
}

/// What becomes of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnWish {
    /// A new execution.
    Execute,
    /// The active execution is cancelled, and a new one takes its place: file or wishes changed.
    Supersede,
    /// The parked execution goes on.
    Retry,
    /// Nothing: it is wished, done, or was given up already.
    Leave,
}

/// Decides what becomes of a wish for a job whose latest execution stands like this, with the same fingerprint or not.
pub fn on_wish(latest: Latest, same: bool, again: bool) -> OnWish {
    match (latest, same, again) {
        (Latest::Active, true, _) => OnWish::Leave,
        // What waits for a person gives way too: else it would wait for ever, and for nothing.
        (Latest::Active | Latest::Parked, false, _) => OnWish::Supersede,
        (Latest::Parked, true, true) => OnWish::Retry,
        (Latest::Parked | Latest::Done | Latest::Cancelled, true, false) => OnWish::Leave,
        (Latest::Done | Latest::Cancelled, true, true) => OnWish::Execute,
        (Latest::Done | Latest::Cancelled, false, _) => OnWish::Execute,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishing_twice_is_wishing_once() {
        use Latest::{Active, Cancelled, Done, Parked};
        use OnWish::{Execute, Leave, Retry, Supersede};
        for (latest, same, again, expected) in [
            (Active, true, false, Leave),
            (Active, true, true, Leave),
            (Active, false, false, Supersede),
            (Active, false, true, Supersede),
            (Parked, true, false, Leave),
            (Parked, true, true, Retry),
            (Parked, false, false, Supersede),
            (Parked, false, true, Supersede),
            (Done, true, false, Leave),
            (Done, true, true, Execute),
            (Done, false, false, Execute),
            (Done, false, true, Execute),
            (Cancelled, true, false, Leave),
            (Cancelled, true, true, Execute),
            (Cancelled, false, false, Execute),
            (Cancelled, false, true, Execute),
        ] {
            assert_eq!(on_wish(latest, same, again), expected, "{latest:?} {same} {again}");
        }
    }
}
