//! Whoever asks how it goes learns soon, and in a sentence, what stands in the place of an answer.

use super::support::{House, TOKEN};
use kinora::api::client::{Client, Pulse};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_millis(500);

/// Takes one request and says these bytes; then again and again the same byte, where one is named.
fn stranger(said: &'static str, drip: Option<(u8, Duration)>) -> SocketAddr {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = door.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = door.accept().unwrap();
        let mut asked = [0; 4096];
        assert!(stream.read(&mut asked).unwrap() > 0);
        stream.write_all(said.as_bytes()).unwrap();
        while let Some((byte, pause)) = drip {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            std::thread::park_timeout(pause);
        }
        // What is closed before all was read is reset, and what was said is lost.
        let _ = stream.shutdown(std::net::Shutdown::Write);
        while stream.read(&mut asked).is_ok_and(|it| it > 0) {}
    });
    addr
}

fn pulse(addr: SocketAddr, token: Option<&str>) -> Pulse {
    let client = Client::new(&format!("http://{addr}"), token.map(str::to_owned)).unwrap();
    client.pulse(PATIENCE)
}

#[test]
fn what_is_no_kinora_is_told_in_a_sentence_with_what_to_do() {
    for (said, wanted) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnot JSON!", "is no Kinora"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"version\":1}", "is no Kinora"),
        ("HTTP/1.1 404 No\r\nContent-Length: 12\r\n\r\n<html></html", "is no Kinora"),
        (
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<html></html>",
            "does not reach it (502)",
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://login.example\r\nContent-Length: 0\r\n\r\n",
            "sends on to another address (302)",
        ),
        ("220 ftp.example FTP server ready\r\n", "broke off"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"version\"", "broke off"),
    ] {
        let Pulse::Away(fault) = pulse(stranger(said, None), None) else { panic!("{said}") };
        assert!(fault.what.contains(wanted), "{said:?}: {fault}");
        assert!(!fault.remedy.is_empty(), "{said:?}: {fault}");
    }
}

#[test]
fn an_answer_that_never_ends_takes_no_longer_than_any_other() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n";
    for pause in [Duration::from_millis(20), Duration::ZERO] {
        let addr = stranger(head, Some((b' ', pause)));
        let start = Instant::now();
        assert!(matches!(pulse(addr, None), Pulse::Away(_)));
        assert!(start.elapsed() < PATIENCE * 4, "{:?}", start.elapsed());
    }
}

#[test]
fn one_who_may_not_ask_is_told_by_whom_and_why() {
    let house = House::open();
    assert!(matches!(pulse(house.addr, None), Pulse::Here(_)));
    assert!(matches!(pulse(house.addr, Some(TOKEN)), Pulse::Here(_)));
    let Pulse::Refused(fault) = pulse(house.addr, Some("wrong")) else { panic!("let in") };
    assert_eq!(fault.what, "the token is wrong");
    assert!(!fault.remedy.is_empty());
}

#[test]
fn a_name_that_nobody_has_and_a_door_without_a_lock_are_told_apart() {
    let nobody = Client::new("http://nobody.invalid:8710", None).unwrap();
    let Pulse::Away(fault) = nobody.pulse(Duration::from_secs(20)) else { panic!() };
    assert!(fault.what.contains("is not known here"), "{fault}");
    let addr = stranger("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", None);
    let locked = Client::new(&format!("https://{addr}"), None).unwrap();
    let Pulse::Away(fault) = locked.pulse(PATIENCE) else { panic!() };
    assert!(fault.what.starts_with("no secure connection"), "{fault}");
}
