//! Whether the service runs, is of this version, and has its address to itself.

use super::{good, unwell};
use crate::api::doctor::{Check, Health};
use crate::app::client;
use crate::app::config::Config;
use crate::domain::fault::Fault;
use crate::engines::child::Launcher;
use crate::engines::doorbell;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

const NAME: &str = "service";
/// How the kernel's table of connections calls a socket that listens.
const LISTENING: &str = "0A";

/// Who is at the address of the service.
#[derive(Debug, PartialEq, Eq)]
enum Door {
    /// A Kinora that tells its version.
    Answers(String),
    /// A Kinora that does not answer us, and why.
    Silent(Fault),
    /// Nobody, and the address can be had.
    Free,
    /// Somebody else, by name where that can be told.
    Taken(Option<String>),
    /// The system does not give it to us, and says so.
    Refused(ErrorKind, String),
}

pub(super) fn service(config: &Config, _: &Launcher) -> Vec<Check> {
    let listen = config.http.listen;
    // Who accepts and says nothing shall not be waited for long.
    let ip = if listen.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { listen.ip() };
    let address = format!("http://{}/health/live", SocketAddr::new(ip, listen.port()));
    let answers = listen.port() == 0 || doorbell::answers(&address);
    let door = match client(config) {
        Ok(client) if answers && client.is_there() => match client.status() {
            Ok(status) => Door::Answers(status.version),
            Err(fault) => Door::Silent(fault),
        },
        Ok(_) | Err(_) => knock(listen),
    };
    vec![judge(listen, &door)]
}

fn knock(listen: SocketAddr) -> Door {
    match TcpListener::bind(listen) {
        Ok(_) => Door::Free,
        Err(err) if err.kind() == ErrorKind::AddrInUse => Door::Taken(who_listens(listen.port())),
        Err(err) => Door::Refused(err.kind(), err.to_string()),
    }
}

fn judge(listen: SocketAddr, door: &Door) -> Check {
    let ours = env!("CARGO_PKG_VERSION");
    let bad = |what: String, remedy: &str| {
        unwell(NAME, Health::Bad, Fault::operator(what, remedy.to_owned()))
    };
    match door {
        Door::Answers(version) if version == ours => {
            good(NAME, format!("it answers at {listen}, version {version}"))
        }
        Door::Answers(version) => {
            let what = format!("it runs as version {version}, and this program is version {ours}");
            let remedy = "restart it: `systemctl restart kinora`, or the container";
            unwell(NAME, Health::Warning, Fault::operator(what, remedy))
        }
        Door::Silent(fault) => unwell(NAME, Health::Warning, fault.clone()),
        Door::Free => good(
            NAME,
            format!("it does not run; {listen} is free for it (`kinora serve` starts it)"),
        ),
        Door::Taken(who) => {
            let who = who.as_deref().unwrap_or("another program");
            let remedy = "end that program, or give Kinora another port in http.listen, such as 127.0.0.1:8711";
            bad(format!("{who} listens at {listen} already, so Kinora cannot"), remedy)
        }
        Door::Refused(ErrorKind::PermissionDenied, _) => bad(
            format!("this user may not listen at {listen}"),
            "take a port of 1024 or more in http.listen",
        ),
        Door::Refused(ErrorKind::AddrNotAvailable, _) => bad(
            format!("{} is no address of this machine", listen.ip()),
            "correct http.listen: 0.0.0.0 is all of its addresses, 127.0.0.1 only itself",
        ),
        Door::Refused(_, why) => {
            bad(format!("nobody can listen at {listen} ({why})"), "correct http.listen")
        }
    }
}

/// The name of the program that listens at a port, as far as this user may see.
fn who_listens(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let sockets =
        tables.iter().find_map(|it| socket_of(&std::fs::read_to_string(it).ok()?, port))?;
    let socket = format!("socket:[{sockets}]");
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut named = processes.filter(|it| it.file_name().to_string_lossy().parse::<u32>().is_ok());
    let holder = named.find(|process| {
        let open = std::fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten();
        let mut leads = open.filter_map(|it| std::fs::read_link(it.path()).ok());
        leads.any(|it| it.as_os_str() == socket.as_str())
    })?;
    let name = std::fs::read_to_string(holder.path().join("comm")).ok()?;
    Some(format!("{} (process {})", name.trim(), holder.file_name().to_string_lossy()))
}

/// The inode of the socket that listens at a port, by a table as proc(5) has it.
fn socket_of(table: &str, port: u16) -> Option<u64> {
    let port = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (words.get(1)?, words.get(3)?, words.get(9)?);
        let is_it = local.ends_with(&port) && *state == LISTENING;
        is_it.then(|| inode.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_who_may_be_at_the_door_is_judged() {
        let listen = "127.0.0.1:8710".parse().unwrap();
        let silent = Fault::operator("it wants a token", "give it");
        for (door, health, said) in [
            (Door::Answers(env!("CARGO_PKG_VERSION").to_owned()), Health::Good, "it answers"),
            (Door::Answers("0.0.1".to_owned()), Health::Warning, "restart it"),
            (Door::Silent(silent), Health::Warning, "it wants a token"),
            (Door::Free, Health::Good, "is free for it"),
            (
                Door::Taken(Some("nginx (process 7)".to_owned())),
                Health::Bad,
                "nginx (process 7) listens",
            ),
            (Door::Taken(None), Health::Bad, "another program listens"),
            (
                Door::Refused(ErrorKind::PermissionDenied, String::new()),
                Health::Bad,
                "1024 or more",
            ),
            (
                Door::Refused(ErrorKind::AddrNotAvailable, String::new()),
                Health::Bad,
                "no address of this",
            ),
            (Door::Refused(ErrorKind::Other, "odd".to_owned()), Health::Bad, "(odd)"),
        ] {
            let told = judge(listen, &door);
            assert_eq!(told.health, health, "{told:?}");
            let all = format!("{} {}", told.found, told.remedy.unwrap_or_default());
            assert!(all.contains(said), "{all}");
        }
    }

    #[test]
    fn who_listens_is_found_by_its_port() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let who = who_listens(port).expect("ourselves");
        assert!(who.contains(&format!("(process {})", std::process::id())), "{who}");
        let Door::Taken(Some(_)) = knock(listener.local_addr().unwrap()) else { panic!("taken") };
        assert_eq!(socket_of("head\nnonsense\n  0: 0100007F:1F90 0:0 01 0 0 0 0 0 7", 8080), None);
    }
}
