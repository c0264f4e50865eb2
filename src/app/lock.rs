//! Locks of other tools (P-5): a file beside a video says that somebody works on it. One that was left by a process
//! that died is ignored after a while.

use super::intake::Listing;
use crate::base::clock;
use crate::base::text::show_path;
use crate::domain::library::FileId;
use crate::domain::order::ExistingRules;
use crate::domain::rules::{self, Decision, Facts, Policy};
use crate::domain::time::Ms;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

/// A lock that is honoured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// Name of the lock file.
    pub(super) name: OsString,
    /// For how long it is honoured yet.
    pub(super) left: Duration,
}

/// The lock of a video among what a look showed. `now` is since the Unix epoch.
pub(super) fn of(
    listing: &Listing,
    video: &OsStr,
    expiry: Duration,
    now: Duration,
) -> Option<Held> {
    let locks = names(video);
    let held = listing.beside.iter().filter(|it| locks.contains(&it.name));
    let held = held.filter_map(|it| honoured(&it.name, it.id.mtime_ns, expiry, now));
    held.max_by_key(|it| it.left)
}

/// The lock of a video, looked for now.
pub(super) fn now_on(path: &Path, expiry: Duration) -> Option<Held> {
    let now = Duration::from_millis(clock::now_unix_ms());
    let held = names(path.file_name()?).into_iter().filter_map(|name| {
        let about = std::fs::symlink_metadata(path.with_file_name(&name)).ok()?;
        honoured(&name, FileId::of(&about).mtime_ns, expiry, now)
    });
    held.max_by_key(|it| it.left)
}

/// The verdict over a video that another tool holds, with its reason.
pub(super) fn verdict(held: &Held) -> Decision {
    let left = Ms(i64::try_from(held.left.as_millis()).unwrap_or(i64::MAX));
    let lock = Some((show_path(Path::new(&held.name)), left));
    // Whatever is wanted.
    let policy = Policy {
        to: &[],
        existing: ExistingRules::default(),
        force: false,
        elsewhere: false,
        hears_english: false,
        translates: false,
    };
    rules::decide(&Facts { lock, ..Facts::default() }, &policy)
}

/// A lock has the video's name, or its stem, and `.lock` after it.
fn names(video: &OsStr) -> [OsString; 2] {
    let stem = Path::new(video).file_stem().unwrap_or(video);
    [video, stem].map(|it| {
        let mut name = it.to_owned();
        name.push(".lock");
        name
    })
}

/// A lock that is younger than `expiry`. A time in the future, by the clock of another machine, is now.
fn honoured(name: &OsStr, mtime_ns: i128, expiry: Duration, now: Duration) -> Option<Held> {
    let changed = u64::try_from(mtime_ns).map_or(Duration::ZERO, Duration::from_nanos);
    let left = expiry.checked_sub(now.saturating_sub(changed)).filter(|it| !it.is_zero())?;
    Some(Held { name: name.to_owned(), left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::intake::Found;

    const NOW: Duration = Duration::from_secs(1_800_000_000);
    const EXPIRY: Duration = Duration::from_secs(7200);

    /// The lock by which `film.mkv` is held where this file lies beside it, so many seconds old.
    fn held(name: &str, age_s: i64) -> Option<u64> {
        let mtime_ns = (i128::from(NOW.as_secs()) - i128::from(age_s)) * 1_000_000_000;
        let id = FileId { device: 1, inode: 1, size: 0, mtime_ns };
        let beside = vec![Found { name: name.into(), id }];
        let listing = Listing { beside, ..Listing::default() };
        let held = of(&listing, OsStr::new("film.mkv"), EXPIRY, NOW)?;
        assert_eq!(held.name, name);
        Some(held.left.as_secs())
    }

    #[test]
    fn a_lock_counts_until_it_is_old() {
        for (name, age_s, left_s) in [
            ("film.mkv.lock", 0, Some(7200)),
            ("film.lock", 7199, Some(1)),
            ("film.lock", 7200, None),
            ("film.lock", 999_999, None),
            ("film.lock", -86_400, Some(7200)),
            ("film2.lock", 0, None),
            ("film.mkv.nfo", 0, None),
            ("other.mkv.lock", 0, None),
        ] {
            assert_eq!(held(name, age_s), left_s, "{name}, {age_s} s old");
        }
    }
}
