//! Jobs by what items of Jellyfin's lack, asked of a running daemon and of the command line.

use super::support::*;
use crate::support::jellyfin::{JellyfinStub, VERSIONS};
use serde_json::{Value, json};

/// Only the look at the start, which finds nothing yet.
fn quiet(stub: &JellyfinStub, house: &House) -> Vec<(&'static str, String)> {
    let paths = format!("[{{ here = '{}', there = '/media/films' }}]", house.films().display());
    vec![
        ("KINORA__SERVE__WATCH", "false".to_owned()),
        ("KINORA__SERVE__SCAN_INTERVAL", "0s".to_owned()),
        ("JELLYFIN_BASE_URL", stub.url()),
        ("JELLYFIN_API_KEY", stub.key().to_owned()),
        ("KINORA__JELLYFIN__PATHS", paths),
    ]
}

fn lacking(daemon: &Daemon, request: &Value) -> (u16, Value) {
    let (status, body) = daemon.ask("POST", "/api/v1/jobs/lacking", &request.to_string());
    (status, serde_json::from_str(&body).unwrap_or_else(|err| panic!("{err}: {body}")))
}

#[test]
fn what_lacks_a_language_is_wished_for_once_and_only_where_it_can_be_made() {
    for version in VERSIONS {
        let house = House::new();
        let stub = JellyfinStub::of(version);
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::write(elsewhere.path().join("d.mkv"), b"x").unwrap();
        let setup = Setup { env: &quiet(&stub, &house), ..Setup::default() };
        let daemon = house.serve(&setup);
        wait_for("the first look", || (!daemon.scans().is_empty()).then_some(()));
        let [a, b, c] = ["a.mkv", "b.mkv", "c.mkv"].map(|it| house.write(it, b"no film"));
        house.write("c.zh.forced.srt", b"1\n00:00:01,000 --> 00:00:02,000\nx\n");
        stub.library("Films", &house.films(), "/media/films");
        stub.library("Elsewhere", elsewhere.path(), "/media/elsewhere");
        stub.inside(&a, &["eng"], &[]);
        stub.inside(&b, &["jpn"], &["chi"]);
        stub.inside(&c, &["eng", "jpn"], &[]);

        let asked = |request: Value| {
            let (status, view) = lacking(&daemon, &request);
            assert_eq!(status, 200, "{version}: {view}");
            let count = |name: &str| view[name].as_u64().unwrap();
            let counts = ["items", "lacking", "wished", "elsewhere", "untranslatable"].map(count);
            (counts, view["files"].as_array().unwrap().clone())
        };
        let files = vec![json!(b), json!(c)];
        let all = asked(json!({ "language": "ja", "dry_run": true }));
        assert_eq!(all, ([4, 4, 2, 1, 1], files.clone()), "{version}");
        assert_eq!(daemon.jobs().len(), 0, "nothing is wished");
        // `chi` is Chinese, and what is forced is not enough.
        let chinese = asked(json!({ "language": "zh", "library": "films", "dry_run": true }));
        assert_eq!(chinese.0, [3, 2, 0, 0, 2], "{version}");
        let english = asked(json!({ "language": "zh", "audio_language": "en" }));
        assert_eq!(english.0, [4, 3, 0, 1, 2], "{version}");

        let wished = asked(json!({ "language": "ja", "library": "Films" }));
        assert_eq!(wished, ([3, 3, 2, 0, 1], files), "{version}");
        asked(json!({ "language": "ja" }));
        assert_eq!(daemon.jobs().len(), 2, "{version}");
        drop(daemon);
    }
}

#[test]
fn what_cannot_be_asked_is_told_and_the_command_line_asks_too() {
    let house = House::new();
    let stub = JellyfinStub::of("10.11.11");
    let film = house.write("film.mkv", b"no film");
    stub.library("Films", &house.films(), "/media/films");
    stub.inside(&film, &["eng"], &[]);
    let daemon = house.serve(&Setup { env: &quiet(&stub, &house), ..Setup::default() });
    for (request, status, says) in [
        (json!({ "language": "nonsense" }), 422, "nonsense"),
        (json!({ "language": "en", "library": "Flims" }), 422, "did you mean `Films`?"),
        (json!({ "library": "Films" }), 400, "language"),
        (json!({ "language": "en", "path": "/" }), 400, "path"),
    ] {
        let (told, problem) = lacking(&daemon, &request);
        assert_eq!(told, status, "{problem}");
        assert!(problem.to_string().contains(says), "{problem}");
    }
    let done = finish(&mut kinora(&house, "jobs add --lacking en --library Films --dry-run"));
    assert_eq!(done.code, Some(GOOD), "{done:?}");
    let told = format!(
        "{}\n1 video looked at: 1 without subtitles in en, 1 would be worked on\n",
        film.display()
    );
    assert_eq!(done.out, told);
    drop(daemon);

    let daemon = house.serve(&Setup::default());
    let (status, problem) = lacking(&daemon, &json!({ "language": "en" }));
    assert_eq!(status, 409, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("no Jellyfin is configured"));
}
