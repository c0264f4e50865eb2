//! `kinora check`: looks whether all is true that the daemon remembers, and mends what can be mended.

use super::config::Config;
use crate::api::check::{CheckProblem, CheckView, Mend};
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crate::store::{self, Store, StoreFile};

/// Checks the daemon's store, every page of it, and repairs what can be derived where that is asked for.
///
/// # Errors
/// Where a daemon has the store open, or a page of it is damaged.
pub fn check(config: &Config, repair: bool) -> Result<CheckView, Fault> {
    let path = config.data_dir.join(StoreFile::Daemon.name());
    if !path.exists() {
        let what = format!("there is no store {} yet", show_path(&path));
        return Err(Fault::operator(what, "`kinora serve` makes it at its first start"));
    }
    let mut store = Store::inspect(&config.data_dir, StoreFile::Daemon)?;
    let problems = if repair { store.repair()? } else { store.check()? };
    let problem = |it: store::Problem| CheckProblem { what: it.what, mend: mend(it.mend) };
    Ok(CheckView { store: show_path(&path), problems: problems.into_iter().map(problem).collect() })
}

fn mend(mend: store::Mend) -> Mend {
    match mend {
        store::Mend::Possible => Mend::Possible,
        store::Mend::Done => Mend::Done,
        store::Mend::Impossible => Mend::Impossible,
    }
}
