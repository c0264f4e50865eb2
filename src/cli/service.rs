//! `kinora serve`, `status`, `scan` and `check`: the service, from the outside.

use super::{Exit, json, out, render_jobs, render_status};
use crate::api::check::Mend;
use crate::api::client::{ADDRESS_FILE, Client};
use crate::api::daemon::ScanRequest;
use crate::api::run::Fault;
use crate::app;
use crate::app::config::Config;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The daemon of this configuration.
pub(super) fn client(config: &Config) -> Result<Client, Fault> {
    let listen = address(config.http.listen, &config.data_dir)?;
    Client::find(&config.data_dir, listen, Some(&config.http.token_file))
}

/// Where it listens: as configured, or what it wrote down.
fn address(configured: SocketAddr, data_dir: &Path) -> Result<SocketAddr, Fault> {
    if configured.port() != 0 {
        return Ok(configured);
    }
    let written = std::fs::read_to_string(data_dir.join(ADDRESS_FILE)).ok();
    written.and_then(|it| it.trim().parse().ok()).ok_or_else(|| {
        let what = "no Kinora serves here (it would take any free port, and none is written down)";
        Fault::operator(what, "start it with `kinora serve`")
    })
}

/// Serves until it is told to end.
pub(crate) fn serve(config: &Config) -> Result<Exit, Fault> {
    app::serve(config)?;
    Ok(Exit::Good)
}

/// Shows how it goes.
pub(crate) fn status(config: &Config, json: bool) -> Result<Exit, Fault> {
    let view = client(config)?.status()?;
    out::say(&match json {
        true => json::line(&view),
        false => render_status::status(&view, out::columns_max()),
    })?;
    Ok(Exit::Good)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_on_any_free_port_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let (fixed, any) = ("10.0.0.5:80".parse().unwrap(), "127.0.0.1:0".parse().unwrap());
        assert_eq!(address(fixed, folder.path()), Ok(fixed));
        let told = address(any, folder.path()).expect_err("nobody there").to_string();
        assert!(told.contains("start it with `kinora serve`"), "{told}");
        std::fs::write(folder.path().join(ADDRESS_FILE), "127.0.0.1:41234\n").expect("written");
        assert_eq!(address(any, folder.path()), Ok("127.0.0.1:41234".parse().unwrap()));
    }
}
