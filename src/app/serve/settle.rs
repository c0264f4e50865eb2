//! When a file is whole: it did not change for a while, and nobody has it open for writing (P-4). Pure: the time and
//! what is seen of a file come in, so that its tests need not wait.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Files watched until they are whole; more wait for the next look through everything.
const SETTLING_MAX: usize = 4096;
/// How soon a file is looked at again, at the soonest.
const RECHECK_MIN: Duration = Duration::from_secs(1);

/// What tells whether a file changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Size in bytes.
    pub(super) size: u64,
    /// Time of the last change, nanoseconds since the Unix epoch.
    pub(super) mtime_ns: i128,
}

/// The time, on two clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// Since Kinora started: never jumps.
    pub(super) up: Duration,
    /// Since the Unix epoch: file times are on such a clock, though perhaps on another machine's.
    pub(super) unix: Duration,
}

/// How a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// It is whole.
    Yes,
    /// It changes, or did lately; it is looked at again by itself.
    NotYet,
    /// The same, but so many are watched that this one is not.
    NotYetAndForgotten,
}

/// Files that changed lately.
#[derive(Debug)]
pub(super) struct Settling {
    stable: Duration,
    files: BTreeMap<PathBuf, Observed>,
}

/// Since when a file is as it is.
#[derive(Clone, Copy, Debug)]
struct Observed {
    stamp: Stamp,
    since: Duration,
    /// When it is looked at again.
    due: Duration,
}

impl Settling {
    /// A file that did not change for `stable` is whole.
    pub(super) fn new(stable: Duration) -> Settling {
        Settling { stable, files: BTreeMap::new() }
    }

    /// From now on it is so many seconds.
    pub(super) fn set(&mut self, stable: Duration) {
        self.stable = stable;
    }

    /// A file was looked at. `written` tells that somebody has it open for writing, where that can be known. A file
    /// that changed long ago is whole at first sight; one that changed lately, or in the future by the clock of another
    /// machine, is when it was seen unchanged for long enough.
    pub(super) fn look(
        &mut self,
        path: &Path,
        stamp: Stamp,
        written: Option<bool>,
        now: Now,
    ) -> Settled {
        let same = self.files.get(path).filter(|it| it.stamp == stamp).map(|it| it.since);
        let since = same.unwrap_or(now.up);
        let quiet = match same {
            Some(since) => self.stable <= now.up.saturating_sub(since),
            None if self.files.contains_key(path) => self.stable.is_zero(),
            None => self.is_old(stamp, now.unix),
        };
        if quiet && written != Some(true) {
            self.files.remove(path);
            return Settled::Yes;
        }
        if SETTLING_MAX <= self.files.len() && !self.files.contains_key(path) {
            return Settled::NotYetAndForgotten;
        }
        let whole = since.saturating_add(self.stable);
        // Unchanged but open for long enough: whoever has it open is asked after again and again.
        let due = if quiet { now.up.saturating_add(self.stable) } else { whole };
        let due = due.max(now.up.saturating_add(RECHECK_MIN));
        self.files.insert(path.to_owned(), Observed { stamp, since, due });
        Settled::NotYet
    }

    /// Changed so long ago that nobody needs to wait.
    fn is_old(&self, stamp: Stamp, unix: Duration) -> bool {
        let now_ns = i128::try_from(unix.as_nanos()).unwrap_or(i128::MAX);
        let stable_ns = i128::try_from(self.stable.as_nanos()).unwrap_or(i128::MAX);
        self.stable.is_zero() || stable_ns <= now_ns.saturating_sub(stamp.mtime_ns)
    }

    /// It is not there any more, or not wanted.
    pub(super) fn forget(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// When the next one is to be looked at, since Kinora started.
    pub(super) fn due(&self) -> Option<Duration> {
        self.files.values().map(|it| it.due).min()
    }

    /// Those that are to be looked at again now.
    pub(super) fn take_due(&mut self, up: Duration) -> Vec<PathBuf> {
        let due = self.files.iter_mut().filter(|it| it.1.due <= up);
        let later = up.saturating_add(self.stable.max(RECHECK_MIN));
        due.map(|(path, it)| {
            it.due = later;
            path.clone()
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STABLE_S: u64 = 30;
    const EPOCH_S: u64 = 1_800_000_000;

    fn now(up_s: u64) -> Now {
        Now { up: Duration::from_secs(up_s), unix: Duration::from_secs(EPOCH_S + up_s) }
    }

    /// A file whose time is so many seconds after the start.
    fn stamp(size: u64, mtime_s: i64) -> Stamp {
        let mtime_ns = (i128::from(EPOCH_S) + i128::from(mtime_s)) * 1_000_000_000;
        Stamp { size, mtime_ns }
    }

    fn settling() -> Settling {
        Settling::new(Duration::from_secs(STABLE_S))
    }

    /// How it stands each time it is looked at: when, size, time, open for writing.
    fn story(looks: &[(u64, u64, i64, Option<bool>)]) -> Vec<bool> {
        let mut files = settling();
        let path = Path::new("/films/film.mkv");
        let look = |&(up_s, size, mtime_s, written): &(u64, u64, i64, Option<bool>)| {
            files.look(path, stamp(size, mtime_s), written, now(up_s)) == Settled::Yes
        };
        looks.iter().map(look).collect()
    }

    #[test]
    fn a_file_is_whole_when_it_was_quiet_and_nobody_writes() {
        let no = Some(false);
        for (what, looks, expected) in [
            ("changed long ago", vec![(0, 1, -31, no)], vec![true]),
            ("long ago, and nobody can tell who has it open", vec![(0, 1, -31, None)], vec![true]),
            ("long ago, but open", vec![(0, 1, -999, Some(true))], vec![false]),
            (
                "open until it is closed",
                vec![(0, 1, -999, Some(true)), (30, 1, -999, Some(true)), (60, 1, -999, no)],
                vec![false, false, true],
            ),
            (
                "changed lately: observed as long as a file that changes",
                vec![(0, 1, -10, no), (29, 1, -10, no), (30, 1, -10, no)],
                vec![false, false, true],
            ),
            (
                "it grows",
                vec![(0, 1, 0, no), (30, 2, 30, no), (59, 2, 30, no), (60, 2, 30, no)],
                vec![false, false, false, true],
            ),
            (
                "it grows with a time of long ago, as some copy",
                vec![(0, 1, -10, no), (30, 2, -999, no), (60, 2, -999, no)],
                vec![false, false, true],
            ),
            (
                "a clock that is ahead by a day",
                vec![(0, 1, 86_400, no), (29, 1, 86_400, None), (30, 1, 86_400, None)],
                vec![false, false, true],
            ),
        ] {
            assert_eq!(story(&looks), expected, "{what}");
        }
    }

    #[test]
    fn without_a_wait_only_an_open_file_waits() {
        let mut files = Settling::new(Duration::ZERO);
        let path = Path::new("/films/film.mkv");
        assert_eq!(files.look(path, stamp(1, 0), None, now(0)), Settled::Yes);
        assert_eq!(files.look(path, stamp(1, 999), None, now(0)), Settled::Yes);
        assert_eq!(files.look(path, stamp(1, 0), Some(true), now(0)), Settled::NotYet);
        assert_eq!(files.look(path, stamp(2, 0), Some(false), now(0)), Settled::Yes);
    }

    #[test]
    fn each_file_is_looked_at_when_it_is_due_and_not_before() {
        let mut files = settling();
        let (one, two) = (Path::new("/films/1.mkv"), Path::new("/films/2.mkv"));
        files.look(one, stamp(1, 0), None, now(0));
        files.look(two, stamp(1, 10), None, now(10));
        assert_eq!(files.due(), Some(Duration::from_secs(30)));
        assert_eq!(files.take_due(now(29).up), Vec::<PathBuf>::new());
        assert_eq!(files.take_due(now(30).up), [one]);
        assert_eq!(files.take_due(now(30).up), Vec::<PathBuf>::new(), "not twice");
        assert_eq!(files.look(one, stamp(1, 0), None, now(30)), Settled::Yes);
        assert_eq!(files.due(), Some(Duration::from_secs(40)));
        files.forget(two);
        assert_eq!(files.due(), None);
    }

    #[test]
    fn only_so_many_are_watched() {
        let mut files = settling();
        for number in 0..SETTLING_MAX {
            let path = PathBuf::from(format!("/films/{number}.mkv"));
            assert_eq!(files.look(&path, stamp(1, 0), None, now(0)), Settled::NotYet);
        }
        let last = Path::new("/films/last.mkv");
        assert_eq!(files.look(last, stamp(1, 0), None, now(0)), Settled::NotYetAndForgotten);
        let first = Path::new("/films/0.mkv");
        assert_eq!(files.look(first, stamp(2, 0), None, now(1)), Settled::NotYet);
    }
}
