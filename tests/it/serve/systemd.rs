//! Under systemd: told when it is ready, alive and ending.

use super::support::*;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

#[test]
fn systemd_hears_ready_alive_and_stopping() {
    let house = House::new();
    let path = house.aside("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let env =
        [("NOTIFY_SOCKET", path.display().to_string()), ("WATCHDOG_USEC", "200000".to_owned())];
    let daemon = house.serve(&Setup { env: &env, ..Setup::default() });
    let mut told = String::new();
    let mut hear = |what: &str| {
        let mut bytes = [0; 512];
        while !told.contains(what) {
            let length = socket.recv(&mut bytes).unwrap_or_else(|err| panic!("{what}: {err}"));
            told.push_str(&String::from_utf8_lossy(&bytes[..length]));
            told.push('\n');
        }
    };
    hear("READY=1");
    hear("WATCHDOG=1");
    assert_eq!(daemon.get("/ready").0, 200);
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    hear("STOPPING=1");
}
