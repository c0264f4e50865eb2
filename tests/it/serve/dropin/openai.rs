//! OpenAI's transcriptions and translations of real speech.

use super::support::*;
use crate::support::official;

#[test]
fn words_and_segments_of_real_speech_are_as_openais_document_says() {
    let house = House::new();
    let film = house.speech("film.mkv");
    std::fs::rename(&film, house.aside("film.mkv")).unwrap();
    let film = std::fs::read(house.aside("film.mkv")).unwrap();
    let daemon = house.serve(&Setup::default());
    let ask = |path: &str, format: &str| {
        let body = form(&[
            ("file", Some("film.mkv"), &film),
            ("model", None, b"whisper-1"),
            ("response_format", None, format.as_bytes()),
            ("timestamp_granularities[]", None, b"word"),
            ("timestamp_granularities[]", None, b"segment"),
        ]);
        post(&daemon, path, &body)
    };
    let told = ask("/v1/audio/transcriptions", "verbose_json").json();
    official::check("CreateTranscriptionResponseVerboseJson", &told);
    assert_eq!(told["language"], "english", "{told}");
    assert!(told["text"].as_str().is_some_and(|it| it.contains("my fellow Americans")), "{told}");
    let duration = told["duration"].as_f64().unwrap();
    assert!((4.3..4.7).contains(&duration), "{duration}");
    let words = told["words"].as_array().unwrap();
    let time = |it: &serde_json::Value, key: &str| it[key].as_f64().unwrap();
    assert!(words.windows(2).all(|it| time(&it[0], "start") <= time(&it[1], "start")), "{told}");
    assert!(words.iter().all(|it| time(it, "start") <= time(it, "end")), "{told}");
    assert!(6 <= words.len(), "{told}");

    let english = ask("/v1/audio/translations", "json").json();
    official::check("CreateTranscriptionResponseJson", &english);
    assert!(english["text"].as_str().is_some_and(|it| it.contains("Americans")), "{english}");
    let jobs = daemon.jobs();
    assert_eq!((jobs.len(), &jobs[0]["path"]), (2, &"upload audio.mkv".into()), "{jobs:?}");
    official::check("ListModelsResponse", &daemon.json("/v1/models"));

    let noise = form(&[("file", Some("film.mkv"), b"no film at all")]);
    let refused = post(&daemon, "/v1/audio/transcriptions", &noise);
    assert_eq!(refused.status, 422, "{refused:?}");
    official::check("ErrorResponse", &refused.json());
}
