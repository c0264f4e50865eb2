//! Requests that nobody means well with: the right status, and nothing is read or written for them.

use super::support::{Answer, House, PATIENCE, TOKEN};
use kinora::http::limits::Limits;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Nobody asked the service for anything.
fn untouched(house: &House) -> bool {
    let desk = &house.desk;
    desk.wishes.lock().unwrap().is_empty()
        && desk.acts.lock().unwrap().is_empty()
        && desk.scans.lock().unwrap().is_empty()
        && desk.explained.lock().unwrap().is_empty()
        && desk.judged.lock().unwrap().is_empty()
        && desk.pulled.lock().unwrap().is_empty()
        && desk.heard.lock().unwrap().is_empty()
}

/// Sends these bytes; the status of the first answer, 0 where the connection just ends.
fn status_of(house: &House, bytes: &[u8]) -> u16 {
    let mut stream = house.connect();
    // A server that has heard enough may be gone before all is sent.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(read) = stream.read(&mut piece) {
        answer.extend_from_slice(&piece[..read]);
        if read == 0 || answer.windows(4).any(|it| it == b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8_lossy(&answer).into_owned();
    assert!(!head.to_lowercase().contains("access-control"), "{head}");
    head.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0)
}

fn with_body(request: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{request} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

const JSON: &str = "Content-Type: application/json\r\n";

#[test]
fn hostile_heads() {
    let house = House::open();
    let host = "Host: localhost\r\n";
    let long = "x".repeat(20_000);
    let many: String = (0..200).map(|it| format!("X-{it}: y\r\n")).collect();
    for (what, head, expected) in [
        (
            "a huge header",
            format!("POST /api/v1/pause HTTP/1.1\r\n{host}X: {long}\r\n\r\n"),
            &[431][..],
        ),
        ("many headers", format!("POST /api/v1/pause HTTP/1.1\r\n{host}{many}\r\n"), &[431]),
        ("a huge target", format!("POST /{long} HTTP/1.1\r\n{host}\r\n"), &[414, 431]),
        (
            "a huge query",
            format!("GET /api/v1/explain?path={long} HTTP/1.1\r\n{host}\r\n"),
            &[414, 431],
        ),
        ("no version", format!("POST /api/v1/pause\r\n{host}\r\n"), &[400]),
        ("another version", format!("POST /api/v1/pause HTTP/3.7\r\n{host}\r\n"), &[400, 505, 0]),
        ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[400, 505, 0]),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}".to_owned() + "\r\n\r\n", &[400]),
        (
            "a space in a header's name",
            format!("POST /api/v1/pause HTTP/1.1\r\n{host}A b: c\r\n\r\n"),
            &[400],
        ),
        (
            "a folded header",
            format!("POST /api/v1/pause HTTP/1.1\r\n{host}A: b\r\n c\r\n\r\n"),
            &[400],
        ),
        (
            "a NUL in a header",
            format!("POST /api/v1/pause HTTP/1.1\r\n{host}A: b\0c\r\n\r\n"),
            &[400],
        ),
        (
            "a NUL in the target",
            format!("GET /api/v1/explain?path=/films/\0 HTTP/1.1\r\n{host}\r\n"),
            &[400],
        ),
        ("no host", "POST /api/v1/pause HTTP/1.1\r\nContent-Length: 0\r\n\r\n".to_owned(), &[403]),
        (
            "two hosts",
            format!("POST /api/v1/pause HTTP/1.1\r\n{host}Host: evil.example\r\n\r\n"),
            &[403],
        ),
        (
            "another host",
            "POST /api/v1/pause HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(),
            &[403],
        ),
        (
            "another host in the target",
            format!("POST http://evil.example/api/v1/pause HTTP/1.1\r\n{host}\r\n"),
            &[403],
        ),
        (
            "a page of others",
            format!("POST /api/v1/pause HTTP/1.1\r\n{host}Origin: http://evil.example\r\n\r\n"),
            &[403],
        ),
        (
            "a wrong token",
            format!("POST /api/v1/pause HTTP/1.1\r\n{host}Authorization: Bearer x\r\n\r\n"),
            &[401],
        ),
        (
            "two tokens",
            format!(
                "POST /api/v1/pause HTTP/1.1\r\n{host}Authorization: Bearer {TOKEN}\r\nAuthorization: Bearer x\r\n\r\n"
            ),
            &[401],
        ),
        (
            "the token in the query",
            format!(
                "POST /api/v1/pause?token={TOKEN} HTTP/1.1\r\n{host}X-Real-IP: 1.2.3.4\r\n\r\n"
            ),
            &[401],
        ),
        (
            "the token in a cookie",
            format!("POST /api/v1/pause HTTP/1.1\r\n{host}Via: x\r\nCookie: token={TOKEN}\r\n\r\n"),
            &[401],
        ),
        (
            "a proxy's request",
            format!("CONNECT evil.example:443 HTTP/1.1\r\n{host}\r\n"),
            &[400, 403, 404, 405],
        ),
        ("TRACE", format!("TRACE /api/v1/pause HTTP/1.1\r\n{host}\r\n"), &[405]),
        ("a made up method", format!("SMASH /api/v1/pause HTTP/1.1\r\n{host}\r\n"), &[405]),
        (
            "GET of what changes something",
            format!("GET /api/v1/pause HTTP/1.1\r\n{host}\r\n"),
            &[405],
        ),
        ("an upper-case path", format!("POST /API/V1/PAUSE HTTP/1.1\r\n{host}\r\n"), &[404]),
        ("dots in the path", format!("POST /api/v1/x/../pause HTTP/1.1\r\n{host}\r\n"), &[404]),
        (
            "packed dots in the path",
            format!("POST /api/v1/%2e%2e/v1/pause HTTP/1.1\r\n{host}\r\n"),
            &[404],
        ),
        ("slashes in the path", format!("POST //api/v1/pause HTTP/1.1\r\n{host}\r\n"), &[404]),
        (
            "a query that is no UTF-8",
            format!("GET /api/v1/explain?path=%ff%fe HTTP/1.1\r\n{host}\r\n"),
            &[400],
        ),
        (
            "an odd percent sign",
            format!("GET /api/v1/explain?path=%zz&x=1 HTTP/1.1\r\n{host}\r\n"),
            &[400],
        ),
        (
            "an unknown word in the query",
            format!("GET /api/v1/explain?path=/a&file=/b HTTP/1.1\r\n{host}\r\n"),
            &[400],
        ),
        (
            "no number",
            format!("POST /api/v1/jobs/1%2f..%2f2/cancel HTTP/1.1\r\n{host}\r\n"),
            &[404],
        ),
        (
            "a number too large",
            format!("POST /api/v1/jobs/99999999999999999999/cancel HTTP/1.1\r\n{host}\r\n"),
            &[404],
        ),
    ] {
        let status = status_of(&house, head.as_bytes());
        assert!(expected.contains(&status), "{what}: {status}");
        assert!(untouched(&house), "{what}");
    }
    let raw = [b"GET /api/v1/explain?path=\xff HTTP/1.1\r\n".as_slice(), host.as_bytes(), b"\r\n"]
        .concat();
    assert_eq!(status_of(&house, &raw), 400, "a target that is no UTF-8");
    assert!(untouched(&house));
}

#[test]
fn hostile_bodies() {
    let house = House::with(Limits { body_timeout: Duration::from_secs(1), ..Limits::default() });
    let deep = "[".repeat(10_000);
    let deep_path = format!("{{\"path\":{}", "{\"a\":".repeat(10_000));
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3];
    let post = "POST /api/v1/jobs";
    for (what, request, expected) in [
        ("deep lists", with_body(post, JSON, deep.as_bytes()), &[400][..]),
        ("deep objects", with_body(post, JSON, deep_path.as_bytes()), &[400]),
        ("no UTF-8", with_body(post, JSON, b"{\"path\":\"/films/\xff\"}"), &[400]),
        ("half of a surrogate", with_body(post, JSON, br#"{"path":"/films/\ud800"}"#), &[400]),
        (
            "a key twice",
            with_body(post, JSON, br#"{"path":"/films/a","path":"/etc/passwd"}"#),
            &[400],
        ),
        ("an unknown key", with_body(post, JSON, br#"{"path":"/films/a","__proto__":{}}"#), &[400]),
        (
            "no JSON",
            with_body(post, "Content-Type: text/plain\r\n", b"{\"path\":\"/films/a\"}"),
            &[415],
        ),
        ("packed", with_body(post, &format!("{JSON}Content-Encoding: gzip\r\n"), &gzip), &[415]),
        (
            "packed twice",
            with_body(post, &format!("{JSON}Content-Encoding: identity, gzip\r\n"), &gzip),
            &[415],
        ),
        (
            "packed, said apart",
            with_body(
                post,
                &format!("{JSON}Content-Encoding: identity\r\nContent-Encoding: br\r\n"),
                &gzip,
            ),
            &[415],
        ),
        (
            "a packed webhook",
            with_body("POST /webhook/sonarr", "Content-Encoding: gzip\r\n", &gzip),
            &[415],
        ),
        (
            "a number too large",
            with_body(post, JSON, br#"{"path":"/films/a","priority":1000}"#),
            &[400],
        ),
    ] {
        let status = status_of(&house, &request);
        assert!(expected.contains(&status), "{what}: {status}");
        assert!(untouched(&house), "{what}");
    }
    let head =
        "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let wish = r#"{"path":"/films/a"}"#;
    for (what, rest, expected) in [
        (
            "two lengths",
            format!("Content-Length: 19\r\nContent-Length: 5\r\n\r\n{wish}"),
            &[400][..],
        ),
        ("two lengths in one", format!("Content-Length: 19, 5\r\n\r\n{wish}"), &[400]),
        ("a negative length", format!("Content-Length: -1\r\n\r\n{wish}"), &[400]),
        ("a length with a sign", format!("Content-Length: +19\r\n\r\n{wish}"), &[400]),
        (
            "a length beyond counting",
            format!("Content-Length: 99999999999999999999999\r\n\r\n{wish}"),
            &[400],
        ),
        ("an unknown transfer", format!("Transfer-Encoding: gzip\r\n\r\n{wish}"), &[400]),
        ("chunks not last", format!("Transfer-Encoding: chunked, gzip\r\n\r\n{wish}"), &[400]),
        (
            "no chunk",
            format!("Transfer-Encoding: chunked\r\n\r\nzz\r\n{wish}\r\n0\r\n\r\n"),
            &[400],
        ),
        (
            "a chunk beyond counting",
            format!("Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{wish}"),
            &[400],
        ),
        (
            "a chunk's long end",
            format!("Transfer-Encoding: chunked\r\n\r\n13;{}\r\n", "x".repeat(100_000)),
            &[400],
        ),
        ("a body that does not come", "Content-Length: 19\r\n\r\n{".to_owned(), &[408]),
    ] {
        let status = status_of(&house, format!("{head}{rest}").as_bytes());
        assert!(expected.contains(&status), "{what}: {status}");
        assert!(untouched(&house), "{what}");
    }
}

/// All that comes back on a connection that ends.
fn whole_answer(mut stream: TcpStream, bytes: &[u8]) -> String {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // A reset is an end as well.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn no_second_request_hides_in_a_body() {
    let house = House::open();
    let hidden = "POST /api/v1/pause HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    // The length says that the hidden request is body, the chunks say that it is not.
    for lengths in [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", 5 + hidden.len()),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n", 5 + hidden.len()),
    ] {
        let outer = "POST /api/v1/scan HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 1.2.3.4\r\n";
        let bytes = format!("{outer}{lengths}\r\n0\r\n\r\n{hidden}");
        let answer = whole_answer(house.connect(), bytes.as_bytes());
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(untouched(&house), "{answer}");
    }
    let old = format!(
        "POST /api/v1/scan HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
    );
    assert!(whole_answer(house.connect(), old.as_bytes()).starts_with("HTTP/1.1 400"));
    assert!(untouched(&house));
}

#[test]
fn what_is_in_headers_comes_back_in_none() {
    let house = House::open();
    let headers = "Host: localhost\r\nX-A: <script>\r\nAuthorization: Bearer s3cr3t-guess\r\n";
    let answer: Answer = house.ask_with("GET /api/v1/jobs", headers, "");
    assert_eq!(answer.status, 401);
    assert!(!answer.body.contains("s3cr3t") && !answer.body.contains("script"), "{answer:?}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let preflight =
        "Host: localhost\r\nOrigin: http://localhost\r\nAccess-Control-Request-Method: POST\r\n";
    let answer = house.ask_with("OPTIONS /api/v1/jobs", preflight, "");
    assert!(!answer.head.contains("access-control"), "{answer:?}");
}
