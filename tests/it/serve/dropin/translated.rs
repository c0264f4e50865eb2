//! Lingarr's lines through a language model server.

use super::support::*;
use crate::support::llm::said::MODEL;
use crate::support::llm::{Script, Server, tongue};
use serde_json::{Value, json};
use std::io::Write;
use std::net::TcpStream;

fn ask(daemon: &Daemon, lines: &[(i64, String)]) -> (u16, Value) {
    let lines: Vec<Value> =
        lines.iter().map(|(position, line)| json!({"position": position, "line": line})).collect();
    let asked = json!({
        "arrMediaId": 12, "title": "The Lighthouse", "sourceLanguage": "en", "targetLanguage": "ru",
        "mediaType": "Movie", "lines": lines,
    });
    let asked = asked.to_string();
    let mut stream = TcpStream::connect(daemon.addr).unwrap();
    stream.set_read_timeout(Some(HEARD_WITHIN)).unwrap();
    let head = format!(
        "POST /api/translate/content HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{asked}",
        asked.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let told = told(stream);
    (told.status, told.json())
}

#[test]
fn every_position_comes_back_once_and_translated_and_again_without_asking() {
    let house = House::new();
    let server = Server::start(Script::good());
    let config = format!(
        "[[translator]]\nname = \"scripted\"\nkind = \"openai\"\nurl = \"{}/v1\"\nmodel = \"{MODEL}\"\n",
        server.url()
    );
    let daemon = house.serve(&Setup { config: &config, ..Setup::default() });
    let texts = tongue::lines(150, 7);
    let mut lines: Vec<(i64, String)> =
        texts.iter().enumerate().map(|it| (it.0 as i64 * 3 - 9, it.1.clone())).collect();
    lines.insert(5, (1, String::new()));
    lines.insert(77, (2, "♪ ♪".to_owned()));
    let (status, told) = ask(&daemon, &lines);
    assert_eq!(status, 200, "{told}");
    let told = told.as_array().unwrap().clone();
    let positions: Vec<i64> = told.iter().map(|it| it["position"].as_i64().unwrap()).collect();
    assert_eq!(positions, lines.iter().map(|it| it.0).collect::<Vec<_>>());
    for (line, told) in lines.iter().zip(&told) {
        let said = told["line"].as_str().unwrap().replace('\n', " ");
        let right =
            if texts.contains(&line.1) { tongue::translate(&line.1) } else { line.1.clone() };
        assert_eq!(said, right, "{}", line.0);
    }
    let jobs = daemon.jobs();
    assert_eq!((jobs.len(), &jobs[0]["path"]), (1, &"upload The Lighthouse.srt".into()));
    let log = daemon.get("/api/v1/jobs/1/log").1;
    assert!(log.contains(" translate "), "{log}");

    // One line that is alone, and the same once more while nobody is there to be asked.
    let one = [(40, texts[3].clone())];
    let (status, alone) = ask(&daemon, &one);
    assert_eq!((status, &alone[0]["position"]), (200, &json!(40)), "{alone}");
    drop(server);
    assert_eq!(ask(&daemon, &lines), (200, Value::Array(told)));
    assert_eq!(daemon.jobs().len(), 2);
}

#[test]
fn where_nobody_translates_it_says_so() {
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    let (status, told) = ask(&daemon, &[(0, "Where is he?".to_owned())]);
    assert_eq!(status, 503, "{told}");
    assert!(told["detail"].as_str().is_some_and(|it| it.contains("nobody translates")), "{told}");
    assert_eq!(daemon.jobs().len(), 0);
}

#[test]
fn a_subtitle_that_is_sent_is_translated_and_can_be_fetched() {
    let house = House::new();
    let server = Server::start(Script::good());
    let config = format!(
        "[[translator]]\nname = \"scripted\"\nkind = \"openai\"\nurl = \"{}/v1\"\nmodel = \"{MODEL}\"\n",
        server.url()
    );
    let daemon = house.serve(&Setup { config: &config, ..Setup::default() });
    let said = "Where is the captain of this ship?";
    let subtitle = format!("1\n00:00:01,000 --> 00:00:03,500\n{said}\n\n");
    let sent = form(&[("file", Some("../Film.en.srt"), subtitle.as_bytes()), ("to", None, b"ru")]);
    let taken = post(&daemon, "/api/v1/upload?from=en", &sent);
    assert_eq!(taken.status, 202, "{taken:?}");
    daemon.wait_for_jobs(1, "done");
    let files = daemon.json("/api/v1/jobs/1/files");
    let name = files[0]["name"].as_str().unwrap_or_else(|| panic!("{files}"));
    assert_eq!(name, "Film.rus.srt");
    let (status, text) = daemon.get(&format!("/api/v1/jobs/1/files/{name}"));
    assert!(status == 200 && text.contains(&tongue::translate(said)), "{text}");
    let nowhere = post(&daemon, "/api/v1/upload", &form(&[("file", Some("Film.srt"), b"x")]));
    assert_eq!(nowhere.status, 422, "{nowhere:?}");
}
