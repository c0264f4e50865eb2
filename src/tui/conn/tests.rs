//! The connection against a daemon of a few lines, that does what a real one does only on its worst days.

use super::*;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard};

/// Nothing in these tests takes longer, on a slow machine either.
const PATIENCE: Duration = Duration::from_secs(60);
/// A new stream begins here, and one that was lost ends in a reset.
const GREETING: &str = "retry: 10\nid: 1-1\n\n";
const ACTIVITY: &str = "id: 1-2\nevent: activity\ndata: {\"kind\":\"activity\",\"activity\":{\"at\":\"\",\
                        \"name\":\"finished\",\"job\":null,\"path\":null,\"text\":\"one\"}}\n\n";
const RESET: &str = "id: 2-1\nevent: reset\ndata: {\"kind\":\"reset\"}\n\n";

/// What it does, and what it saw.
#[derive(Default)]
struct Doings {
    /// It is not here: it takes no questions and breaks off what it said.
    gone: bool,
    /// It takes questions and never answers.
    frozen: bool,
    /// It pushes nothing.
    full: bool,
    /// Streams break off after what is said on them.
    short: bool,
    /// Said on a stream behind the greeting; an endless line, where it is one.
    said: &'static str,
    endless: bool,
    /// How often each address was asked, with the position that was named.
    asked: BTreeMap<String, usize>,
    streams: Vec<TcpStream>,
}

struct Double {
    addr: SocketAddr,
    doings: Arc<Mutex<Doings>>,
}

impl Double {
    fn open() -> Double {
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = door.local_addr().unwrap();
        let doings = Arc::new(Mutex::new(Doings::default()));
        let shared = Arc::clone(&doings);
        thread("double", move || {
            for stream in door.incoming().flatten() {
                let shared = Arc::clone(&shared);
                let _ = thread("double answers", move || answer(stream, &shared).unwrap_or(()));
            }
        })
        .unwrap();
        Double { addr, doings }
    }

    fn conn(&self) -> Conn {
        let client = Client::new(&format!("http://{}", self.addr), None).unwrap();
        Conn::start(Arc::new(client), true).unwrap()
    }

    fn doings(&self) -> MutexGuard<'_, Doings> {
        self.doings.lock().unwrap()
    }

    /// Breaks all streams off.
    fn cut(&self) {
        for stream in self.doings().streams.drain(..) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }

    fn asked(&self, what: &str) -> usize {
        self.doings().asked.get(what).copied().unwrap_or(0)
    }
}

/// Answers one connection, until it ends.
fn answer(mut stream: TcpStream, shared: &Mutex<Doings>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    loop {
        let (mut head, mut line) = (String::new(), String::new());
        while line != "\r\n" {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            head.push_str(&line);
        }
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let after = head.lines().find_map(|it| it.strip_prefix("last-event-id: "));
        let asked = format!("{path} {}", after.unwrap_or_default());
        let mut doings = shared.lock().unwrap();
        *doings.asked.entry(asked.trim().to_owned()).or_default() += 1;
        if doings.gone {
            return Ok(());
        }
        if doings.frozen {
            drop(doings);
            while lines.read_line(&mut line)? > 0 {}
            return Ok(());
        }
        if path != "/api/v1/events" {
            let status = serde_json::to_string(&StatusView::default())?;
            let length = status.len();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{status}")?;
        } else if doings.full {
            let problem = "{\"type\":\"about:blank\",\"title\":\"Full\",\"status\":503,\
                           \"detail\":\"too many watch\",\"fault\":\"transient\",\"remedy\":\"close some\"}";
            let length = problem.len();
            write!(stream, "HTTP/1.1 503 Full\r\nContent-Length: {length}\r\n\r\n{problem}")?;
        } else {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n{GREETING}")?;
            stream.write_all(doings.said.as_bytes())?;
            let (endless, short) = (doings.endless, doings.short);
            doings.streams.push(stream.try_clone()?);
            drop(doings);
            if endless {
                // Until the other side has enough of it.
                std::io::copy(&mut std::io::repeat(b'x'), &mut stream)?;
            }
            if short {
                return stream.shutdown(std::net::Shutdown::Both);
            }
        }
    }
}

/// What is told until this is, in words.
fn told_until(conn: &Conn, wanted: &str) -> Vec<&'static str> {
    let mut told = Vec::new();
    let start = Stopwatch::start();
    while start.elapsed() < PATIENCE {
        let Ok((_, it)) = conn.told.recv_timeout(PATIENCE) else { break };
        let word = match it {
            Told::Status(_) => "status",
            Told::Away(_) => "away",
            Told::Refused(_) => "refused",
            Told::Pushed(PushedEvent::Reset) => "reset",
            Told::Pushed(_) => "pushed",
            Told::Deaf(Some(_)) => "deaf",
            Told::Deaf(None) => "hears",
            Told::Answer(..) => "answer",
        };
        told.push(word);
        if word == wanted {
            return told;
        }
    }
    panic!("{wanted} was not told: {told:?}");
}

#[test]
fn the_stream_is_open_before_anybody_is_told_that_the_daemon_is_here() {
    let double = Double::open();
    double.doings().said = ACTIVITY;
    let conn = double.conn();
    let told = told_until(&conn, "status");
    assert!(!told.contains(&"reset") && told.contains(&"hears"), "{told:?}");
    assert_eq!(double.asked("/api/v1/events"), 1);
    if !told.contains(&"pushed") {
        told_until(&conn, "pushed");
    }
    assert_eq!(double.asked("/api/v1/events 1-2"), 0);
}

#[test]
fn a_stream_that_breaks_off_goes_on_where_it_stopped() {
    let double = Double::open();
    double.doings().said = ACTIVITY;
    let conn = double.conn();
    told_until(&conn, "pushed");
    double.doings().said = RESET;
    double.cut();
    let told = told_until(&conn, "reset");
    assert!(!told.contains(&"away") && !told.contains(&"deaf"), "{told:?}");
    assert_eq!(double.asked("/api/v1/events 1-2"), 1, "{:?}", double.doings().asked);
    assert_eq!(told.iter().filter(|it| **it == "reset").count(), 1);
}

#[test]
fn after_it_was_away_nothing_is_asked_of_the_time_between() {
    let double = Double::open();
    let conn = double.conn();
    told_until(&conn, "status");
    double.doings().gone = true;
    double.cut();
    let gone = Stopwatch::start();
    told_until(&conn, "away");
    // A stream that breaks off is a reason to look at once.
    assert!(gone.elapsed() < Duration::from_secs(2), "{:?}", gone.elapsed());
    double.doings().gone = false;
    let told = told_until(&conn, "status");
    assert!(!told.contains(&"reset"), "whoever sees it come back reads anew: {told:?}");
    assert_eq!(double.asked("/api/v1/events"), 2);
}

#[test]
fn one_that_is_frozen_is_away_and_what_waits_for_it_holds_up_nobody() {
    let double = Double::open();
    let mut conn = double.conn();
    told_until(&conn, "status");
    double.doings().frozen = true;
    for id in 0..ASKERS as u64 {
        conn.ask(id, Ask::Scan(crate::api::daemon::ScanRequest::default())).unwrap();
    }
    let start = Stopwatch::start();
    while double.asked("/api/v1/scan") < ASKERS {
        assert!(start.elapsed() < PATIENCE, "{:?}", double.doings().asked);
        std::thread::park_timeout(Duration::from_millis(5));
    }
    told_until(&conn, "away");
    double.doings().frozen = false;
    told_until(&conn, "status");
    conn.renew().unwrap();
    conn.ask(99, Ask::Scan(crate::api::daemon::ScanRequest::default())).unwrap();
    loop {
        let (_, told) = conn.told.recv_timeout(PATIENCE).unwrap();
        if let Told::Answer(id, _) = told {
            assert_eq!(id, 99, "the new one waits for none of the old ones");
            break;
        }
    }
}

#[test]
fn who_may_not_watch_is_told_so_and_tries_again() {
    let double = Double::open();
    double.doings().full = true;
    let conn = double.conn();
    let told = told_until(&conn, "deaf");
    assert!(told.contains(&"status"), "how it goes is told all the same: {told:?}");
    double.doings().full = false;
    let told = told_until(&conn, "reset");
    assert!(told.contains(&"hears"), "{told:?}");
}

#[test]
fn lines_without_end_and_streams_that_last_no_moment_do_no_harm() {
    for endless in [true, false] {
        let double = Double::open();
        double.doings().endless = endless;
        double.doings().short = true;
        let conn = double.conn();
        told_until(&conn, "status");
        let watch = Stopwatch::start();
        let mut told = 0;
        while told < 4 {
            told_until(&conn, "status");
            told += 1;
        }
        // Each pause is longer than the one before.
        let streams: usize =
            ["/api/v1/events", "/api/v1/events 1-1"].map(|it| double.asked(it)).iter().sum();
        assert!(streams <= 8, "{streams} in {:?}", watch.elapsed());
    }
}

#[test]
fn its_threads_end_with_it() {
    let double = Double::open();
    let conn = double.conn();
    told_until(&conn, "status");
    let names = || -> usize {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        let name = |it: std::fs::DirEntry| std::fs::read_to_string(it.path().join("comm"));
        tasks.filter_map(|it| name(it).ok()).filter(|it| it.starts_with("tui ")).count()
    };
    assert!(names() > 0);
    drop(conn);
    // Other tests have such threads too; each of theirs ends as well.
    let start = Stopwatch::start();
    while names() > 0 {
        assert!(start.elapsed() < PATIENCE, "{} threads are left", names());
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
