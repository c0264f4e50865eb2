//! Looking through a backup: is it as it was written, and would it come back?

use super::list::Which;
use super::manifest::{Part, TABLES};
use super::package::Package;
use crate::api::backup::VerifyView;
use crate::app::config::Config;
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::domain::fault::Fault;
use crate::store::{Rebuild, Rebuilt};
use std::io::{self, Read};
use std::path::Path;

/// Where something may be tried, in the data folder.
const SCRATCH: &str = "work";

/// Looks through a backup. Unless it is to be quick, it is restored into a folder of its own, and looked through there.
///
/// # Errors
/// Where it is damaged or of a newer Kinora, or there is no room to try it.
pub fn verify(
    config: &Config,
    which: &Which,
    quick: bool,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyView, Fault> {
    let watch = Stopwatch::start();
    let mut package = Package::open(&which.find(config)?)?;
    package.check_seal()?;
    let mut problems = Vec::new();
    if quick {
        for part in package.manifest.parts.clone() {
            // It is read to its end in any case.
            package.part(&part, |_| Ok(()))?;
        }
    } else {
        let folder = scratch(config)?;
        let rebuilt = rebuild(&mut package, folder.path(), cancel, progress)?;
        problems = rebuilt.problems().iter().map(|it| it.what.clone()).collect();
    }
    let took_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(VerifyView { backup: package.view(), restored: !quick, problems, took_ms })
}

/// A folder that is gone afterwards: on the disk of the data, where there is one, since others may be small.
fn scratch(config: &Config) -> Result<tempfile::TempDir, Fault> {
    let ours = tempfile::tempdir_in(config.data_dir.join(SCRATCH));
    ours.or_else(|_| tempfile::tempdir()).map_err(|err| {
        let what = format!("there is no folder where the backup could be tried ({err})");
        Fault::operator(what, "make room, or look at its digests only, with --quick")
    })
}

/// Builds the store of a backup in a folder, and looks through it.
///
/// # Errors
/// Where the backup is damaged, or the folder cannot take it.
pub(super) fn rebuild(
    package: &mut Package,
    folder: &Path,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Rebuilt, Fault> {
    let mut rebuild = Rebuild::begin(folder, package.manifest.schema)?;
    let (total, mut done) = (package.manifest.rows, 0);
    for part in package.manifest.parts.clone() {
        let Part { name, rows, .. } = &part;
        let Some(table) = name.strip_prefix(TABLES) else { continue };
        progress(done, total);
        let filled = package
            .part(&part, |bytes| rebuild.table(table, &mut Interruptible { from: bytes, cancel }));
        interrupted(cancel)?;
        let filled = filled?;
        if *rows != Some(filled) {
            return Err(Fault::operator(
                format!("the table `{table}` of the backup has {filled} rows, not what it says"),
                "use another backup; `kinora backup list` shows them",
            ));
        }
        done += filled;
    }
    progress(done, total);
    rebuild.finish()
}

fn interrupted(cancel: &Cancel) -> Result<(), Fault> {
    let what = "it was interrupted; nothing that was there was touched";
    if cancel.is_set() { Err(Fault::transient(what, "begin again")) } else { Ok(()) }
}

/// Ends where its owner does not want to wait any longer.
struct Interruptible<'a> {
    from: &'a mut dyn Read,
    cancel: &'a Cancel,
}

impl Read for Interruptible<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_set() {
            Err(io::Error::other("interrupted"))
        } else {
            self.from.read(into)
        }
    }
}
