//! Clients that are slow, greedy or gone: they lose their connection, and others do not notice.

use super::support::{Answer, House, PATIENCE};
use kinora::http::limits::{BODY_BYTES_MAX, HEAD_BYTES_MAX, Limits};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const HURRY: Duration = Duration::from_millis(300);

fn hurried() -> House {
    House::with(Limits {
        head_timeout: HURRY,
        body_timeout: HURRY,
        stall_timeout: HURRY,
        ..Limits::default()
    })
}

/// Reads to the end, which must come.
fn ends(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => (),
        Err(err) if err.kind() == ErrorKind::ConnectionReset => (),
        Err(err) => panic!("the server holds on: {err}"),
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_head_that_drips_is_cut_off() {
    let house = hurried();
    let mut slow = house.connect();
    slow.write_all(b"GET /status HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    let mut dripping = house.connect();
    dripping.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let began = Instant::now();
    let mut buffer = [0; 64];
    // A byte now and then does not win time.
    loop {
        assert!(began.elapsed() < PATIENCE, "the server holds on");
        let dripped = dripping.write_all(b"G");
        match (dripped, dripping.read(&mut buffer)) {
            (Ok(()), Err(err)) if err.kind() == ErrorKind::WouldBlock => {
                assert_eq!(house.ask("GET /health", "").status, 200);
            }
            _ => break,
        }
    }
    assert_eq!(ends(&mut slow), "");
    let mut silent = house.connect();
    assert_eq!(ends(&mut silent), "");
}

#[test]
fn a_body_that_never_comes_is_told_and_cut_off() {
    let house = hurried();
    let mut slow = house.connect();
    let head = "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n\
                Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{";
    slow.write_all(head.as_bytes()).unwrap();
    assert_eq!(house.ask("GET /status", "").status, 200);
    let answer = Answer::read(&mut slow);
    assert_eq!(answer.status, 408);
    assert_eq!(answer.json()["detail"], "the rest of the request did not come in time");
    assert!(house.desk.wishes.lock().unwrap().is_empty());
}

#[test]
fn what_is_too_large_is_refused() {
    let house = House::open();
    let padding = "x".repeat(HEAD_BYTES_MAX);
    let long = house.ask_with("GET /status", &format!("Host: localhost\r\nX: {padding}\r\n"), "");
    assert_eq!(long.status, 431);
    let many = "X: y\r\n".repeat(200);
    assert_eq!(house.ask_with("GET /status", &many, "").status, 431);
    let mut address = house.connect();
    let request = format!("GET /{padding} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    address.write_all(request.as_bytes()).unwrap();
    assert!(matches!(Answer::read(&mut address).status, 414 | 431));
    let mut chunked = house.connect();
    let head =
        "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    chunked.write_all(head.as_bytes()).unwrap();
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    for _ in 0..=BODY_BYTES_MAX / 0x1000 {
        chunked.write_all(chunk.as_bytes()).unwrap();
    }
    assert_eq!(Answer::read(&mut chunked).status, 413);
    // It says so before anything is sent.
    let mut announced = house.connect();
    let head = "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n";
    announced.write_all(head.as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut announced).status, 413);
}

#[test]
fn a_thousand_idle_connections_give_way() {
    let house = House::with(Limits { connections_max: 64, ..Limits::default() });
    let mut idle = VecDeque::new();
    for number in 0..1000 {
        let mut stream = house.connect();
        if number % 2 == 0 {
            stream.write_all(b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n").unwrap();
        }
        idle.push_back(stream);
        if number % 100 == 99 {
            assert_eq!(house.ask("GET /status", "").status, 200);
        }
        if idle.len() > 500 {
            idle.pop_front();
        }
    }
    let answer = house.ask("GET /health/extended", "");
    let open = answer.json()["connections"].as_u64().unwrap();
    assert!((2..=64).contains(&open), "{open}");
    let mut first = idle.pop_front().unwrap();
    assert_eq!(ends(&mut first), "");
}

#[test]
fn who_takes_nothing_of_an_answer_is_cut_off() {
    let house = hurried();
    // More than the system takes for the client.
    *house.desk.log.lock().unwrap() = Some("x".repeat(64 * 1024 * 1024));
    let mut greedy = house.connect();
    greedy.write_all(b"GET /api/v1/jobs/1/log HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let began = Instant::now();
    let open = || house.ask("GET /health/extended", "").json()["connections"].as_u64();
    // This question is the only connection left.
    while open() != Some(1) {
        assert!(began.elapsed() < PATIENCE, "the server holds on");
    }
    let cut = ends(&mut greedy);
    assert!(cut.starts_with("HTTP/1.1 200") && cut.len() < 64 * 1024 * 1024, "{}", cut.len());
}

#[test]
fn a_thousand_slow_clients_keep_nobody_out() {
    let house = House::open();
    let away = "Host: localhost\r\nX-Kinora-Secret: hook-secret-5678\r\n";
    let halves = [
        "GET /hea".to_owned(),
        "POST /webhook/sonarr HTTP/1.1\r\nHost: localh".to_owned(),
        format!(
            "POST /webhook/sonarr HTTP/1.1\r\n{away}Content-Length: 1000\r\n\r\n{{\"eventType\":"
        ),
        format!("POST /asr HTTP/1.1\r\n{away}Content-Length: 100000000\r\n\r\nsome sound"),
        format!("POST /api/v1/jobs HTTP/1.1\r\n{away}Transfer-Encoding: chunked\r\n\r\n5\r\nab"),
    ];
    let mut slow: VecDeque<TcpStream> = VecDeque::new();
    for number in 0..1000 {
        let mut stream = house.connect();
        // Whom the server sent away already does not matter.
        let _ = stream.write_all(halves[number % halves.len()].as_bytes());
        slow.push_back(stream);
        for dripping in slow.iter_mut().rev().take(5) {
            let _ = dripping.write_all(b"x");
        }
        if number % 50 == 49 {
            let began = Instant::now();
            assert_eq!(house.ask("GET /health", "").status, 200, "after {number}");
            assert_eq!(house.ask("POST /webhook/sonarr", "{}").status, 202, "after {number}");
            assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        }
        if slow.len() > 500 {
            slow.pop_front();
        }
    }
    let heard = house.desk.heard.lock().unwrap().len();
    assert_eq!(heard, 20, "only what came whole");
    assert!(house.desk.wishes.lock().unwrap().is_empty());
}
