//! Webhooks over loopback, each with a film of its own, whose job is durable before the answer: how many a second, and
//! how long one takes; beside it the same server answering tests, for which it writes nothing.

use crate::idle::{daemon, get};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Connections that ask at the same time.
const CALLERS: [usize; 3] = [1, 16, 64];
const PER_CALLER: usize = 150;
const PER_FOLDER: usize = 50;
const TESTS_PER_CALLER: usize = 1000;
/// Where 64 ask at once, durable answers keep this share of those without a write.
const RATIO_MIN: f64 = 0.1;
const P99_MS_MAX: f64 = 250.0;
/// Nothing takes longer, on a slow disk either.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a round showed.
struct Figures {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// Rounds of more and more callers.
pub(crate) fn run() -> bool {
    let house = tempfile::tempdir().expect("room on the disk");
    let films = house.path().join("films");
    fs::create_dir_all(&films).expect("room on the disk");
    let (mut child, addr) = daemon(house.path(), "watch = false\n");
    let start = Instant::now();
    while !get(&addr, "/api/v1/activity").contains("\"scanned\"") {
        assert!(start.elapsed() < PATIENCE, "the first scan takes too long");
    }
    let mut good = true;
    for callers in CALLERS {
        let messages = messages(&films, callers);
        let durable = round(&addr, &messages);
        let tests = vec![vec![r#"{"eventType":"Test"}"#.to_owned(); TESTS_PER_CALLER]; callers];
        let plain = round(&addr, &tests);
        let ratio = durable.rate / plain.rate;
        for (what, it) in [("durable", &durable), ("tests", &plain)] {
            println!(
                "webhooks: {callers} callers, {what}: {:.0} a second, p50 {:.2} ms, p99 {:.2} ms",
                it.rate, it.p50_ms, it.p99_ms
            );
        }
        println!("webhooks: {callers} callers, durable over tests: {ratio:.2}");
        if callers == CALLERS[CALLERS.len() - 1] {
            good &= crate::held(&format!("at least {RATIO_MIN} of tests"), RATIO_MIN <= ratio);
            let slowest = durable.p99_ms;
            good &= crate::held(&format!("p99 at most {P99_MS_MAX} ms"), slowest <= P99_MS_MAX);
        }
    }
    let wished: usize = CALLERS.iter().map(|it| it * PER_CALLER).sum();
    let queued = get(&addr, "/status").contains(&format!("[\"queued\",{wished}]"));
    good &= crate::held("each has its job", queued);
    let _ = child.kill();
    let _ = child.wait();
    good
}

/// A message for each of so many new films, in parts for each caller.
fn messages(films: &Path, callers: usize) -> Vec<Vec<String>> {
    let film = |number: usize| -> PathBuf {
        let folder = films.join(format!("{callers} at once/{}", number / PER_FOLDER));
        fs::create_dir_all(&folder).expect("room on the disk");
        let path = folder.join(format!("{number}.mkv"));
        fs::write(&path, b"x").expect("room on the disk");
        path
    };
    let message = |number: usize| {
        let path = film(number).display().to_string();
        format!(
            r#"{{"eventType":"Download","movie":{{"title":"A"}},"movieFile":{{"path":"{path}"}}}}"#
        )
    };
    let of = |caller: usize| (0..PER_CALLER).map(move |it| caller * PER_CALLER + it);
    (0..callers).map(|it| of(it).map(message).collect()).collect()
}

/// Each caller sends its messages, one after the other, on one connection.
fn round(addr: &str, messages: &[Vec<String>]) -> Figures {
    let start = Instant::now();
    let mut took: Vec<Duration> = std::thread::scope(|scope| {
        let callers: Vec<_> =
            messages.iter().map(|own| scope.spawn(move || call(addr, own))).collect();
        callers.into_iter().flat_map(|it| it.join().expect("a caller")).collect()
    });
    let rate = took.len() as f64 / start.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |share: f64| {
        let place = ((took.len() - 1) as f64 * share) as usize;
        took[place].as_secs_f64() * 1000.0
    };
    Figures { rate, p50_ms: at(0.5), p99_ms: at(0.99) }
}

fn call(addr: &str, messages: &[String]) -> Vec<Duration> {
    let mut stream = TcpStream::connect(addr).expect("it listens");
    stream.set_nodelay(true).expect("a socket");
    let mut answers = BufReader::new(stream.try_clone().expect("a socket"));
    let mut took = Vec::with_capacity(messages.len());
    for message in messages {
        let request = format!(
            "POST /webhook/radarr HTTP/1.1\r\nHost: {addr}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{message}",
            message.len()
        );
        let start = Instant::now();
        stream.write_all(request.as_bytes()).expect("it takes a request");
        let status = answer(&mut answers);
        took.push(start.elapsed());
        assert!(status.contains(" 20"), "{status}");
    }
    took
}

/// Reads an answer to its end; its first line.
fn answer(from: &mut BufReader<TcpStream>) -> String {
    let (mut first, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        assert!(from.read_line(&mut line).expect("it answers") > 0, "it hung up: {first}");
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().expect("a length");
        }
        if first.is_empty() {
            first = line;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).expect("it answers");
    first
}
