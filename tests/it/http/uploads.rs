//! What is sent: forms well and badly made, in the shapes of the tools that know these addresses; clients that go away.

use super::sendings::{FILE_BYTES_MAX, JOB};
use super::support::{Answer, House, TOKEN};
use crate::house::wait_for;
use crate::support::forms::{BOUNDARY, form};
use crate::support::official;
use kinora::api::uploads::{Heard, HeardSegment, HeardWord, UploadRefused, UploadTask};
use kinora::domain::fault::Fault;
use kinora::domain::lang::Lang;
use kinora::http::limits::Limits;
use serde_json::json;
use std::io::Write;
use std::time::Duration;

/// Raw sound as Bazarr sends it: one part, no type, the part's name for a file name.
const RAW: &[u8] = b"\x01\x02\x03\x04\x05";

fn heard() -> Heard {
    let word =
        |text: &str, start| HeardWord { start, end: start + 0.5, text: text.to_owned(), p: 0.9 };
    Heard {
        language: Lang::parse("en").ok(),
        duration_s: 4.5,
        segments: vec![HeardSegment {
            start: 0.5,
            end: 2.0,
            text: "Ask not".to_owned(),
            words: vec![word("Ask", 0.5), word("not", 1.5)],
        }],
        srt: "1\n00:00:00,500 --> 00:00:02,000\nAsk not\n\n".to_owned(),
        vtt: "WEBVTT\n\n00:00.500 --> 00:02.000\nAsk not\n".to_owned(),
    }
}

fn open() -> House {
    let house = House::open();
    *house.desk.sendings.heard.lock().unwrap() = heard();
    house
}

/// Posts bytes as a form.
fn post(house: &House, path: &str, headers: &str, body: &[u8]) -> Answer {
    let mut stream = house.connect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // Who is refused early may be cut off while it still sends.
    let _ = stream.write_all(body);
    Answer::read(&mut stream)
}

fn told(fault: &str) -> Fault {
    Fault::operator(fault, "do something")
}

#[test]
fn bazarrs_requests_come_to_the_disk_as_wav_and_back_as_subtitles() {
    let house = open();
    let path =
        "/asr?task=translate&language=fr&output=srt&encode=false&video_file=%2Ffilms%2Fa.mkv";
    let answer = post(&house, path, "", &form(&[("audio_file", Some("audio_file"), RAW)]));
    assert_eq!((answer.status, &answer.body), (200, &heard().srt), "{}", answer.head);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.header("asr-engine"), Some("kinora"));
    let disposition = "attachment; filename=\"audio%5ffile.srt\"";
    assert_eq!(answer.header("content-disposition"), Some(disposition), "{}", answer.head);
    let asked = house.desk.sendings.asked.lock().unwrap().pop().unwrap();
    assert_eq!(asked.0.task, UploadTask::Translate);
    assert_eq!(asked.0.from.as_ref().map(|it| it.tag()), Some("fr"));
    assert_eq!(
        (&asked.0.name[..], &asked.1[..4], &asked.1[44..]),
        ("audio.wav", &b"RIFF"[..], &RAW[..4])
    );
    assert_eq!(house.desk.sendings.files(), 0, "nothing lies about");

    let path =
        "/detect-language?encode=false&video_file=x&detect_lang_length=30&detect_lang_offset=0";
    let answer = post(&house, path, "", &form(&[("audio_file", Some("audio_file"), RAW)]));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({"detected_language": "english", "language_code": "en"}));
    let asked = house.desk.sendings.asked.lock().unwrap().pop().unwrap();
    assert_eq!(asked.0.task, UploadTask::Language);
    assert!(house.ask("GET /status", "").json()["version"].is_string(), "its test button");
}

#[test]
fn the_outputs_of_whisper_asr_webservice() {
    let house = open();
    let film = form(&[("audio_file", Some("Film.MKV"), b"\x1a\x45\xdf\xa3")]);
    for (query, wanted) in [
        ("", "Ask not\n"),
        ("?output=txt", "Ask not\n"),
        ("?output=srt&encode=true", heard().srt.as_str()),
        ("?output=vtt", heard().vtt.as_str()),
        ("?output=tsv", "start\tend\ttext\n500\t2000\tAsk not\n"),
    ] {
        assert_eq!(post(&house, &format!("/asr{query}"), "", &film).body, wanted, "{query}");
    }
    let asked = house.desk.sendings.asked.lock().unwrap().pop().unwrap();
    assert_eq!((&asked.0.name[..], &asked.1[..]), ("Film.MKV", &b"\x1a\x45\xdf\xa3"[..]));
    assert_eq!((asked.0.task, asked.0.from), (UploadTask::Transcribe, None));
    let words =
        "/asr?output=json&word_timestamps=true&initial_prompt=Heat&vad_filter=true&diarize=false";
    let json = post(&house, words, "", &film).json();
    assert_eq!((&json["language"], &json["text"]), (&json!("en"), &json!("Ask not")));
    assert_eq!(json["segments"][0]["words"][1]["word"], "not");
    assert_eq!(house.desk.sendings.asked.lock().unwrap().pop().unwrap().0.prompt, "Heat");
    let json = post(&house, "/asr?output=json", "", &film).json();
    assert_eq!(json["segments"][0].get("words"), None);
}

#[test]
fn whatever_fails_bazarr_gets_nothing_that_it_could_keep_as_a_subtitle() {
    let house = open();
    let good = form(&[("audio_file", Some("audio_file"), RAW)]);
    let other = form(&[("audio", Some("audio_file"), RAW)]);
    for (path, body) in [
        ("/asr?output=doc", &good[..]),
        ("/asr?task=sing", &good),
        ("/asr?language=klingonese", &good),
        ("/asr", &other),
        ("/asr", &good[..good.len() - 9]),
        ("/asr", b"no form at all"),
        ("/asr", b""),
    ] {
        let answer = post(&house, path, "", body);
        assert_eq!((answer.status, &answer.body[..]), (200, ""), "{path}: {}", answer.head);
    }
    let refusals = [
        UploadRefused::TooLarge(told("too large")),
        UploadRefused::NoRoom(told("no room")),
        UploadRefused::Unavailable(told("busy")),
    ];
    for refusal in refusals {
        *house.desk.sendings.refused.lock().unwrap() = Some(refusal);
        let answer = post(&house, "/asr", "", &good);
        assert_eq!((answer.status, &answer.body[..]), (200, ""));
        let answer = post(&house, "/detect-language", "", &good);
        assert_eq!((answer.status, answer.json()["language_code"].as_str()), (200, Some("und")));
    }
    *house.desk.sendings.refused.lock().unwrap() = None;
    *house.desk.sendings.fault.lock().unwrap() = Some(told("it is no sound"));
    let answer = post(&house, "/asr", "", &good);
    assert_eq!((answer.status, &answer.body[..]), (200, ""));
    assert_eq!(*house.desk.sendings.let_go.lock().unwrap(), [JOB], "it waits for nobody");
    let answer = post(&house, "/asr", "X-Forwarded-For: 10.0.0.1\r\n", &good);
    assert_eq!((answer.status, &answer.body[..]), (401, ""), "{}", answer.head);
    assert_eq!(house.desk.sendings.files(), 0, "nothing lies about");
}

#[test]
fn openais_formats_are_as_its_document_says() {
    let house = open();
    let ask = |path: &str, fields: &[(&str, &str)]| {
        let file = ("file", Some("a.mp3"), &b"ID3"[..]);
        let fields = fields.iter().map(|(name, value)| (*name, None, value.as_bytes()));
        // What is asked may stand behind the file.
        let parts: Vec<_> = std::iter::once(file).chain(fields).collect();
        post(&house, path, &format!("Authorization: Bearer {TOKEN}\r\n"), &form(&parts))
    };
    let transcribe = "/v1/audio/transcriptions";
    let brief = ask(transcribe, &[("model", "whisper-1"), ("language", "en"), ("prompt", "Heat")]);
    assert_eq!(brief.json()["text"], "Ask not");
    official::check("CreateTranscriptionResponseJson", &brief.json());
    let (asked, _) = house.desk.sendings.asked.lock().unwrap().pop().unwrap();
    assert_eq!((&asked.name[..], &asked.prompt[..]), ("a.mp3", "Heat"));
    for (format, wanted) in
        [("text", "Ask not\n".to_owned()), ("srt", heard().srt), ("vtt", heard().vtt)]
    {
        let answer = ask(transcribe, &[("response_format", format)]);
        assert_eq!((answer.status, answer.body), (200, wanted), "{format}");
    }
    let granularity = "timestamp_granularities[]";
    let verbose = [("response_format", "verbose_json"), ("temperature", "0.2")];
    let plain = ask(transcribe, &verbose).json();
    official::check("CreateTranscriptionResponseVerboseJson", &plain);
    assert_eq!((&plain["language"], &plain["duration"]), (&json!("english"), &json!(4.5)));
    assert!(plain["segments"][0]["end"] == 2.0 && plain.get("words").is_none(), "{plain}");
    let both = [verbose[0], (granularity, "word"), (granularity, "segment")];
    let both = ask(transcribe, &both).json();
    official::check("CreateTranscriptionResponseVerboseJson", &both);
    assert_eq!(both["words"][1], json!({"word": "not", "start": 1.5, "end": 2.0}));
    assert!(both["segments"].is_array());
    assert_eq!(ask(transcribe, &[verbose[0], (granularity, "word")]).json().get("segments"), None);

    let english = ask("/v1/audio/translations", &[verbose[0]]).json();
    assert_eq!((&english["task"], &english["language"]), (&json!("translate"), &json!("english")));
    let (asked, _) = house.desk.sendings.asked.lock().unwrap().pop().unwrap();
    assert_eq!(asked.task, UploadTask::Translate);
    let models = house.ask("GET /v1/models", "").json();
    official::check("ListModelsResponse", &models);
    assert_eq!(models["data"][0]["id"], "whisper-1");
}

#[test]
fn openais_clients_are_told_in_their_shape_what_is_wrong() {
    let house = open();
    let file = ("file", Some("a.mp3"), &b"ID3"[..]);
    let ask = |headers: &str, parts: &[(&str, Option<&str>, &[u8])]| {
        post(&house, "/v1/audio/transcriptions", headers, &form(parts))
    };
    let check = |answer: Answer, status: u16, kind: &str, param: Option<&str>| {
        let json = answer.json();
        official::check("ErrorResponse", &json);
        let error = &json["error"];
        let told = (answer.status, error["type"].as_str(), error["param"].as_str());
        assert_eq!(told, (status, Some(kind), param), "{json}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    };
    let bad = "invalid_request_error";
    let format = ("response_format", None, &b"diarized_json"[..]);
    check(ask("", &[file, format]), 400, bad, Some("response_format"));
    check(ask("", &[file, ("language", None, b"klingonese")]), 400, bad, Some("language"));
    let granularity = "timestamp_granularities[]";
    check(ask("", &[file, (granularity, None, b"letter")]), 400, bad, Some(granularity));
    check(ask("", &[("model", None, b"whisper-1")]), 400, bad, Some("file"));
    check(ask("Authorization: Bearer sk-1\r\n", &[file]), 401, bad, None);
    let plain = house.ask("POST /v1/audio/transcriptions", "{}");
    check(plain, 415, bad, None);
    *house.desk.sendings.fault.lock().unwrap() = Some(told("it is no sound"));
    check(ask("", &[file]), 422, bad, None);
    *house.desk.sendings.fault.lock().unwrap() = Some(Fault::transient("it died", "again"));
    check(ask("", &[file]), 500, "server_error", None);
    *house.desk.sendings.refused.lock().unwrap() = Some(UploadRefused::NoRoom(told("no room")));
    check(ask("", &[file]), 507, "server_error", None);
}

#[test]
fn lingarrs_positions_come_back_once_each() {
    let house = open();
    let lines = json!([{"position": 3, "line": "Hi."}, {"position": 0, "line": ""}, {"position": 9, "line": "a\nb"}]);
    let asked = json!({
        "arrMediaId": 1, "title": "Heat", "sourceLanguage": "en", "targetLanguage": "pb",
        "mediaType": "Movie", "lines": lines,
    });
    let answer = house.ask("POST /api/translate/content", &asked.to_string());
    let wanted = json!([
        {"position": 3, "line": "HI."}, {"position": 0, "line": ""}, {"position": 9, "line": "A\nB"},
    ]);
    assert_eq!((answer.status, answer.json()), (200, wanted));
    for (body, status) in
        [("{", 400), ("{}", 400), (&asked.to_string().replace("pb", "??")[..], 422)]
    {
        assert_eq!(house.ask("POST /api/translate/content", body).status, status, "{body}");
    }
    let nobody = UploadRefused::Unavailable(told("nobody translates here"));
    *house.desk.sendings.refused.lock().unwrap() = Some(nobody);
    assert_eq!(house.ask("POST /api/translate/content", &asked.to_string()).status, 503);
    let key = |key: &str| {
        let headers = format!(
            "Host: nas\r\nX-Forwarded-For: 10.0.0.9\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\n"
        );
        house.ask_with("POST /api/translate/content", &headers, &asked.to_string()).status
    };
    assert_eq!((key(TOKEN), key("guess")), (503, 401));
}

#[test]
fn what_is_sent_to_kinora_is_a_job_and_its_files_can_be_fetched() {
    let house = open();
    let body = form(&[("to", None, b"fr, zh-Hans"), ("file", Some("Heat.mkv"), b"x")]);
    let answer = post(&house, "/api/v1/upload?from=en", "", &body);
    assert_eq!((answer.status, &answer.json()["id"]), (202, &json!(JOB)));
    let (asked, _) = house.desk.sendings.asked.lock().unwrap().pop().unwrap();
    let to: Vec<Lang> = ["fr", "zh-Hans"].map(|it| Lang::parse(it).unwrap()).to_vec();
    assert_eq!((asked.task, asked.from), (UploadTask::Subtitles(to), Lang::parse("en").ok()));
    for body in
        [form(&[("to", None, b"fr")]), form(&[("to", None, b"??"), ("file", Some("a"), b"x")])]
    {
        let answer = post(&house, "/api/v1/upload", "", &body);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (422, Some("application/problem+json"))
        );
    }
    let files = house.ask(&format!("GET /api/v1/jobs/{JOB}/files"), "");
    assert_eq!(files.json(), json!([{"name": "Heat.eng.srt", "bytes": 5}]));
    for (name, status) in [("..%2Fsecret", 404), ("..%2f..%2fetc%2fpasswd", 404), ("x", 404)] {
        let answer = house.ask(&format!("GET /api/v1/jobs/{JOB}/files/{name}"), "");
        assert_eq!(answer.status, status, "{name}");
    }
}

#[test]
fn a_client_that_hangs_up_half_way_leaves_nothing() {
    let house = open();
    let body = form(&[("audio_file", Some("audio_file"), &vec![7; 3_000_000])]);
    for path in
        ["/asr?encode=false", "/detect-language", "/v1/audio/translations", "/api/v1/upload"]
    {
        let part = if path.contains("v1") { "file\"" } else { "audio_file\"" };
        let body = String::from_utf8_lossy(&body).replacen("audio_file\"", part, 1);
        let mut stream = house.connect();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body.as_bytes()[..2_000_000]).unwrap();
        wait_for("the first half on disk", || (house.desk.sendings.files() == 1).then_some(()));
        drop(stream);
        wait_for("an empty disk", || (house.desk.sendings.files() == 0).then_some(()));
    }
    assert_eq!(house.desk.sendings.asked.lock().unwrap().len(), 0, "and no job");
}

#[test]
fn a_client_that_sends_nothing_more_is_cut_off() {
    let limits = Limits { chunk_timeout: Duration::from_millis(200), ..Limits::default() };
    let house = House::with(limits);
    let mut stream = house.connect();
    let head = format!(
        "POST /v1/audio/translations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n--{BOUNDARY}\r\n\
         Content-Disposition: form-data; name=\"file\"\r\n\r\nabc"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let answer = Answer::read(&mut stream);
    assert_eq!(answer.status, 408, "{answer:?}");
    wait_for("an empty disk", || (house.desk.sendings.files() == 0).then_some(()));
}

#[test]
fn what_never_becomes_a_file_is_not_gathered() {
    let house = open();
    let endless = vec![b'x'; 6_000_000];
    let long = [("x", None, &endless[..100_000])];
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; x=");
    let open_head = [head.as_bytes(), &endless].concat();
    let many: Vec<(&str, Option<&str>, &[u8])> = vec![("x", None, b"1"); 100];
    let large = form(&[("file", Some("x.wav"), &vec![0; FILE_BYTES_MAX as usize + 1])]);
    for (what, body) in [
        ("no part", &endless),
        ("a head without end", &open_head),
        ("a large text", &form(&long)),
        ("many parts", &form(&many)),
        ("a large file", &large),
    ] {
        let answer = post(&house, "/v1/audio/transcriptions", "", body);
        assert_eq!(answer.status, 413, "{what}: {answer:?}");
        official::check("ErrorResponse", &answer.json());
    }
    assert_eq!(house.desk.sendings.files(), 0, "nothing lies about");
}

#[test]
fn when_many_send_at_once_the_next_one_is_told_to_wait() {
    let house = open();
    let head = format!(
        "POST /api/v1/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n--{BOUNDARY}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nx"
    );
    let mut sending = Vec::new();
    for count in 1..=16 {
        let mut stream = house.connect();
        stream.write_all(head.as_bytes()).unwrap();
        sending.push(stream);
        wait_for("its file", || (house.desk.sendings.files() == count).then_some(()));
    }
    let body = form(&[("file", Some("a.wav"), b"x")]);
    assert_eq!(post(&house, "/api/v1/upload", "", &body).status, 503);
    assert_eq!(house.ask("GET /status", "").status, 200, "others do not notice");
    sending.pop();
    wait_for("room", || (post(&house, "/api/v1/upload", "", &body).status == 202).then_some(()));
}
