//! `kinora serve`, `status`, `scan` and `check`: the service, from the outside.

use super::{Exit, json, out, render_jobs, render_status};
use crate::api::backup::BackupsView;
use crate::api::check::Mend;
use crate::api::daemon::ScanRequest;
use crate::api::run::Fault;
use crate::app::config::Config;
use crate::app::{self, client};
use std::path::PathBuf;

/// Serves until it is told to end.
pub(crate) fn serve(config: &Config) -> Result<Exit, Fault> {
    app::serve(config)?;
    Ok(Exit::Good)
}

/// Shows how it goes.
pub(crate) fn status(config: &Config, json: bool) -> Result<Exit, Fault> {
    let client = client(config)?;
    let view = client.status()?;
    out::say(&match json {
        true => json::line(&view),
        false => render_status::status(&view, out::columns_max()),
    })?;
    // An older service knows none.
    if let Some(newest) = client.backups().ok().filter(|_| !json).as_ref().and_then(newest) {
        out::say(&format!("last backup: {newest}\n"))?;
    }
    Ok(Exit::Good)
}

/// When the newest backup that can be used was made.
fn newest(view: &BackupsView) -> Option<&str> {
    view.backups.iter().find(|it| it.problem.is_none()).map(|it| it.made.as_str())
}

/// Has libraries looked through; with `accept_disks` their disks are the right ones as they are.
pub(crate) fn scan(
    config: &Config,
    path: Option<PathBuf>,
    accept_disks: bool,
) -> Result<Exit, Fault> {
    // The daemon stands in another folder than whoever typed this.
    let path = path.map(|it| {
        std::path::absolute(&it).map_err(|err| {
            Fault::operator(format!("the path is unusable ({err})"), "name a file or folder")
        })
    });
    let request = ScanRequest { path: path.transpose()?, accept_disks };
    let view = client(config)?.scan(&request)?;
    if view.roots.is_empty() {
        let what = "there is no library yet to look through";
        return Err(Fault::operator(what, "add a [[library]] to kinora.toml and restart Kinora"));
    }
    for root in view.roots {
        out::say(&format!("{} is looked through\n", render_jobs::plain(&root)))?;
    }
    Ok(Exit::Good)
}

/// Checks the store, and repairs it where that is asked for.
pub(crate) fn check(config: &Config, repair: bool, json: bool) -> Result<Exit, Fault> {
    let view = app::check(config, repair)?;
    out::say(&if json { json::line(&view) } else { render_status::check(&view, repair) })?;
    let is_left = view.problems.iter().any(|it| it.mend != Mend::Done);
    Ok(if is_left { Exit::Failed } else { Exit::Good })
}
