//! The addresses of webhooks, over the wire: who may send them, and what of a request is the message.

use super::support::{Answer, House, SECRET, TOKEN};
use kinora::api::hooks::Source;
use kinora::http::limits::{Limits, WEBHOOK_BODY_BYTES_MAX};
use std::io::Write;
use std::num::NonZeroU32;

const HERE: &str = "Host: localhost\r\n";
/// Through a proxy: whoever asks is not this machine.
const AWAY: &str = "Host: localhost\r\nX-Forwarded-For: 10.0.0.9\r\n";

fn heard(house: &House) -> Vec<(Source, String)> {
    std::mem::take(&mut *house.desk.heard.lock().unwrap())
}

#[test]
fn every_address_takes_its_messages_as_they_are() {
    let house = House::open();
    for source in Source::ALL {
        let word = source.word();
        for method in ["POST", "PUT"] {
            let plain = format!("{HERE}Content-Type: text/plain; charset=utf-8\r\n");
            let answer = house.ask_with(&format!("{method} /webhook/{word}"), &plain, "{broken\n");
            assert_eq!(answer.status, 202, "{answer:?}");
            assert_eq!(answer.json()["jobs"], serde_json::json!([3]));
            assert_eq!(heard(&house), [(source, "{broken\n".to_owned())]);
        }
        let test = house.ask(&format!("POST /webhook/{word}"), r#"{"eventType":"Test"}"#);
        assert_eq!(test.status, 200, "{test:?}");
        let how = house.ask(&format!("GET /webhook/{word}"), "");
        assert_eq!(how.status, 200);
        assert!(how.body.contains(&format!("http://localhost/webhook/{word}")), "{how:?}");
        assert!(how.body.contains("X-Kinora-Secret") && !how.body.contains(SECRET), "{how:?}");
        heard(&house);
    }
    for source in [Source::Jellyfin, Source::Emby, Source::Plex, Source::Tautulli] {
        let alias = format!("/{}", source.word());
        assert_eq!(house.ask(&format!("POST {alias}"), "{}").status, 202);
        assert_eq!(heard(&house), [(source, "{}".to_owned())]);
        assert_eq!(house.ask(&format!("GET {alias}"), "").status, 200);
    }
    assert_eq!(house.ask("POST /webhook/lidarr", "{}").status, 404);
    assert_eq!(house.ask("GET /webhook/lidarr", "").status, 404);
    assert_eq!(house.ask("DELETE /webhook/sonarr", "").status, 405);
    assert_eq!(heard(&house), []);
}

#[test]
fn forms_have_their_message_in_a_field() {
    let house = House::open();
    let form = |field: &str, message: &str| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"thumb\"; filename=\"t.jpg\"\r\n\r\n\u{1}\u{2}\r\n\
             --b\r\nContent-Disposition: form-data; name=\"{field}\"\r\nContent-Type: application/json\r\n\r\n\
             {message}\r\n--b--\r\n"
        )
    };
    let headers = format!("{HERE}Content-Type: multipart/form-data; boundary=b\r\n");
    for (address, source, field) in
        [("/plex", Source::Plex, "payload"), ("/webhook/emby", Source::Emby, "data")]
    {
        let answer =
            house.ask_with(&format!("POST {address}"), &headers, &form(field, "{\"a\":1}"));
        assert_eq!(answer.status, 202, "{answer:?}");
        assert_eq!(heard(&house), [(source, "{\"a\":1}".to_owned())]);
        let without = house.ask_with(&format!("POST {address}"), &headers, &form("other", "{}"));
        assert_eq!(without.status, 400, "{without:?}");
        let broken = house.ask_with(&format!("POST {address}"), &headers, "--b\r\nno form");
        assert_eq!(broken.status, 400, "{broken:?}");
    }
    let unbounded = format!("{HERE}Content-Type: multipart/form-data\r\n");
    assert_eq!(house.ask_with("POST /plex", &unbounded, "x").status, 400);
    assert_eq!(heard(&house), []);
}

#[test]
fn the_secret_is_taken_in_each_place_and_a_wrong_one_in_none() {
    let house = House::open();
    let basic = "Authorization: Basic c29uYXJyOmhvb2stc2VjcmV0LTU2Nzg=\r\n";
    for (address, headers, status) in [
        ("/webhook/sonarr", format!("X-Kinora-Secret: {SECRET}\r\n"), 202),
        ("/webhook/sonarr", format!("Authorization: Bearer {SECRET}\r\n"), 202),
        ("/webhook/sonarr", basic.to_owned(), 202),
        ("/webhook/sonarr/hook-secret-5678", String::new(), 202),
        ("/plex", format!("X-Kinora-Secret: {SECRET}\r\n"), 202),
        ("/webhook/sonarr", format!("Authorization: Bearer {TOKEN}\r\n"), 202),
        ("/webhook/sonarr", String::new(), 401),
        ("/webhook/sonarr", "X-Kinora-Secret: wrong\r\n".to_owned(), 401),
        ("/webhook/sonarr", "Authorization: Basic %%%\r\n".to_owned(), 401),
        ("/webhook/sonarr/wrong", String::new(), 401),
        ("/webhook/sonarr?secret=hook-secret-5678", String::new(), 401),
        ("/api/v1/jobs", format!("X-Kinora-Secret: {SECRET}\r\n"), 401),
        ("/api/v1/jobs", format!("Authorization: Bearer {SECRET}\r\n"), 401),
    ] {
        let headers = format!("{AWAY}{headers}");
        let answer = house.ask_with(&format!("POST {address}"), &headers, "{}");
        assert_eq!(answer.status, status, "{address} {headers}");
        assert_eq!(heard(&house).len(), usize::from(status == 202), "{address} {headers}");
        assert!(!answer.head.contains(SECRET) && !answer.body.contains(SECRET), "{answer:?}");
    }
    // A wrong one counts from this machine too.
    let wrong = format!("{HERE}X-Kinora-Secret: wrong\r\n");
    assert_eq!(house.ask_with("POST /webhook/sonarr", &wrong, "{}").status, 401);
    assert_eq!(heard(&house), []);
}

#[test]
fn a_message_may_be_larger_than_a_question_and_not_larger_than_that() {
    let house = House::open();
    let large = "x".repeat(WEBHOOK_BODY_BYTES_MAX);
    assert_eq!(house.ask("POST /webhook/sonarr", &large).status, 202);
    let mut announced = house.connect();
    let length = WEBHOOK_BODY_BYTES_MAX + 1;
    let head = format!("POST /webhook/sonarr HTTP/1.1\r\n{HERE}Content-Length: {length}\r\n\r\n");
    announced.write_all(head.as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut announced).status, 413);
}

#[test]
fn whoever_asks_too_often_is_told_when_to_come_back() {
    let limits = Limits { rate_per_minute: NonZeroU32::new(5), ..Limits::default() };
    let house = House::with(limits);
    let known = format!("{AWAY}X-Kinora-Secret: {SECRET}\r\n");
    for _ in 0..5 {
        assert_eq!(house.ask_with("POST /webhook/sonarr", &known, "{}").status, 202);
        assert_eq!(house.ask_with("POST /webhook/sonarr", AWAY, "{}").status, 401);
    }
    for headers in [known.as_str(), AWAY] {
        let answer = house.ask_with("POST /webhook/sonarr", headers, "{}");
        assert_eq!(answer.status, 429, "{answer:?}");
        let after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=13).contains(&after), "{after}");
    }
    // This machine is not counted.
    for _ in 0..50 {
        assert_eq!(house.ask("POST /webhook/sonarr", "{}").status, 202);
    }
}
