//! Forgetting old backups.

use super::list::{Listed, looked_at};
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use std::fs;
use std::path::Path;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Removes the backups of a folder that are older than so many days; says how many.
///
/// # Errors
/// Where the folder cannot be read, or one cannot be removed.
pub(super) fn prune(folder: &Path, keep_days: u16, now_unix_ms: u64) -> Result<usize, Fault> {
    let all = looked_at(folder)?;
    let mut gone = 0;
    for old in old(&all, keep_days, now_unix_ms) {
        fs::remove_file(&old.path).map_err(|err| {
            let what = format!("the old backup {} cannot be removed ({err})", show_path(&old.path));
            Fault::operator(what, "let the user Kinora runs as write there")
        })?;
        gone += 1;
    }
    Ok(gone)
}

/// Those that may go, of all, the newest first: old by their name and by their manifest, and not the newest that can be
/// used. One that is damaged stays for its owner to look at: who knows whether it is one of ours.
fn old(all: &[Listed], keep_days: u16, now_unix_ms: u64) -> impl Iterator<Item = &Listed> {
    let limit = now_unix_ms.saturating_sub(u64::from(keep_days) * DAY_MS);
    let usable = all.iter().filter(|it| it.view.problem.is_none());
    usable.skip(1).filter(move |it| {
        it.named_unix_ms < limit && it.made_unix_ms.is_some_and(|made| made < limit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::backup::BackupView;

    const NOW: u64 = 1000 * DAY_MS;

    /// A backup of so many days ago, by its name and its manifest.
    fn of(named: u64, made: Option<u64>) -> Listed {
        let problem = made.is_none().then(|| "it is damaged".to_owned());
        let ago = |days: u64| NOW - days * DAY_MS;
        Listed {
            path: format!("/backups/{named}").into(),
            named_unix_ms: ago(named),
            made_unix_ms: made.map(ago),
            view: BackupView { problem, ..BackupView::default() },
        }
    }

    fn gone(all: &[Listed], keep_days: u16) -> Vec<String> {
        old(all, keep_days, NOW).map(|it| it.path.display().to_string()).collect()
    }

    #[test]
    fn only_what_is_old_goes_and_never_the_newest_that_can_be_used() {
        let days = |days: &[u64]| days.iter().map(|it| of(*it, Some(*it))).collect::<Vec<_>>();
        assert_eq!(gone(&days(&[1, 29, 30, 31, 32]), 30), ["/backups/31", "/backups/32"]);
        assert_eq!(gone(&days(&[400]), 30), [""; 0], "the only one");
        assert_eq!(gone(&days(&[400, 401]), 30), ["/backups/401"]);
        // A newer one that is damaged does not count, and stays.
        let all = [of(1, None), of(40, Some(40)), of(41, Some(41)), of(42, None)];
        assert_eq!(gone(&all, 30), ["/backups/41"]);
        // Somebody renamed a young one, or the clock was wrong.
        let all = [of(1, Some(1)), of(50, Some(2)), of(3, Some(50))];
        assert_eq!(gone(&all, 30), [""; 0]);
    }
}
