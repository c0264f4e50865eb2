//! Where the daemon of a configuration is asked.

use super::config::Config;
use crate::api::client::{ADDRESS_FILE, Client};
use crate::domain::fault::Fault;
use std::net::SocketAddr;
use std::path::Path;

/// The daemon of this configuration, whether it runs or not.
///
/// # Errors
/// Where it would take any free port, and none is written down.
pub fn client(config: &Config) -> Result<Client, Fault> {
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
