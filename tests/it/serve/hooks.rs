//! Webhooks through a real daemon: what each program sends becomes the right job, or the right sentence.

use super::support::*;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What senders of webhooks must know.
const SECRET: &str = "a-secret-of-webhooks";

/// Nothing but webhooks tells of files; nothing is worked on.
pub(super) fn quiet(house: &House, config: &str) -> Daemon {
    let secret_file = house.aside("webhook-secret");
    std::fs::write(&secret_file, SECRET).unwrap();
    let env = [
        ("KINORA__SERVE__WATCH", "false".to_owned()),
        ("KINORA__HTTP__WEBHOOK_SECRET_FILE", secret_file.display().to_string()),
    ];
    let daemon = house.serve(&Setup { config, env: &env, ..Setup::default() });
    wait_for("the first scan", || (!daemon.scans().is_empty()).then_some(()));
    assert_eq!(daemon.ask("POST", "/api/v1/pause", "").0, 204);
    daemon
}

/// A webhook; status and answer.
fn told(daemon: &Daemon, address: &str, message: &Value) -> (u16, Value) {
    let plain = "Content-Type: text/plain; charset=utf-8\r\n";
    let (status, body) =
        daemon.ask_with(&format!("POST {address}"), plain, message.to_string().as_bytes());
    (status, serde_json::from_str(&body).unwrap_or_else(|err| panic!("{err}: {body}")))
}

fn form(field: &str, message: &str) -> (&'static str, Vec<u8>) {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{message}\r\n--b--\r\n"
    );
    ("Content-Type: multipart/form-data; boundary=b\r\n", body.into_bytes())
}

fn imported(path: &Path) -> Value {
    json!({
        "eventType": "Download",
        "series": { "title": "A", "path": path.parent(), "originalLanguage": { "id": 8, "name": "Japanese" } },
        "episodeFile": { "path": path },
    })
}

fn activity(daemon: &Daemon, name: &str) -> Vec<String> {
    let all = daemon.json("/api/v1/activity");
    let of = all.as_array().unwrap().iter().filter(|it| it["name"] == name);
    of.map(|it| it["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_programs_bring_becomes_a_job_before_they_are_answered() {
    let house = House::new();
    std::fs::create_dir_all(house.film("Show/Season 1")).unwrap();
    let daemon = quiet(&house, "");
    let film = |name: &str| house.write(name, b"no film at all");
    let mut expected: Vec<PathBuf> = Vec::new();
    for (nth, (address, path, message)) in [
        ("/webhook/sonarr", film("Show/Season 1/1.mkv"), imported(&house.film("Show/Season 1/1.mkv"))),
        ("/webhook/radarr", film("radarr.mkv"), json!({
            "movieFile": { "relativePath": "radarr.mkv" }, "movie": { "folderPath": house.films() }, "eventType": "Download",
        })),
        ("/webhook/emby", film("emby.mkv"), json!({
            "Event": "library.new", "Item": { "Path": house.film("emby.mkv"), "Type": "Movie" },
        })),
        ("/tautulli", film("tautulli.mkv"), json!({ "event": "added", "file": house.film("tautulli.mkv") })),
        ("/webhook/sonarr", film("upgrade.mkv"), json!({
            "eventType": "Download", "isUpgrade": true, "series": { "path": house.films() },
            "episodeFile": { "relativePath": "Show/../upgrade.mkv" }, "deletedFiles": [{ "relativePath": "old.mkv" }],
        })),
    ].into_iter().enumerate() {
        let job = nth as u64 + 1;
        let (status, answer) = told(&daemon, address, &message);
        assert_eq!((status, &answer["jobs"]), (202, &json!([job])), "{address}: {answer}");
        assert_eq!(daemon.json(&format!("/api/v1/jobs/{job}"))["job"]["priority"], 1, "{answer}");
        expected.push(path);
        // The same again is the same job, whoever tells it.
        let (status, answer) = told(&daemon, address, &message);
        assert_eq!((status, &answer["jobs"]), (202, &json!([job])), "{address}: {answer}");
    }
    let paths: Vec<Value> = daemon.jobs().iter().rev().map(|it| it["path"].clone()).collect();
    assert_eq!(paths, expected.iter().map(|it| json!(it)).collect::<Vec<_>>());
    // Looking through the library finds the same wishes: the film's first language is no part of them.
    let before = daemon.jobs();
    let said = daemon.scan();
    assert_eq!(daemon.jobs(), before, "{said}");
    let form = form("data", r#"{"Event":"system.notificationtest"}"#);
    assert_eq!(daemon.ask_with("POST /emby", form.0, &form.1).0, 200);
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn what_names_no_file_lets_libraries_be_looked_through() {
    let house = House::new();
    let daemon = quiet(&house, "");
    let id = "9250ab3d1101d01705c353b78cbb572e";
    let mut count = 0;
    for (address, message) in [
        (
            "/webhook/jellyfin",
            json!({ "NotificationType": "ItemAdded", "ItemId": id, "ItemType": "Movie" }),
        ),
        (
            "/jellyfin",
            json!({ "NotificationType": "ItemAdded", "ItemId": id, "ItemType": "Season" }),
        ),
        ("/webhook/sonarr", json!({ "eventType": "Rename", "series": { "path": house.films() } })),
    ] {
        count += 1;
        house.write(format!("{count}.mkv"), b"no film at all");
        let (status, answer) = told(&daemon, address, &message);
        assert_eq!((status, &answer["jobs"]), (202, &json!([])), "{address}: {answer}");
        wait_for("the job", || (daemon.jobs().len() == count).then_some(()));
    }
    house.write("plex.mkv", b"no film at all");
    let (headers, body) = form("payload", r#"{"event":"library.new","Metadata":{"type":"movie"}}"#);
    assert_eq!(daemon.ask_with("POST /plex", headers, &body).0, 202);
    wait_for("the job", || (daemon.jobs().len() == count + 1).then_some(()));
    // What was deleted is cancelled.
    std::fs::remove_file(house.film("plex.mkv")).unwrap();
    let gone =
        json!({ "eventType": "MovieFileDelete", "movieFile": { "path": house.film("plex.mkv") } });
    assert_eq!(told(&daemon, "/webhook/radarr", &gone).0, 202);
    wait_for("the end of the job", || (daemon.jobs()[0]["status"] == "cancelled").then_some(()));
}

#[test]
fn what_is_none_of_our_business_is_told_and_never_asked_again() {
    let house = House::new();
    let outside = house.aside("outside.mkv");
    std::fs::write(&outside, "secret").unwrap();
    let daemon = quiet(&house, "");
    std::os::unix::fs::symlink(&outside, house.film("link.mkv")).unwrap();
    std::os::unix::fs::symlink(house.aside(""), house.film("folder")).unwrap();
    house.write(".hidden.mkv", b"x");
    let films = house.films();
    for (what, path) in [
        ("another folder", outside.clone()),
        ("up and out", films.join("../").join(outside.file_name().unwrap())),
        ("a link that leads out", house.film("link.mkv")),
        ("a folder that leads out", house.film("folder/outside.mkv")),
        ("no whole path", PathBuf::from("film.mkv")),
        ("the system", PathBuf::from("/etc/passwd")),
        ("what is hidden", house.film(".hidden.mkv")),
        ("a device", PathBuf::from("/dev/zero")),
        ("a NUL", PathBuf::from("/films/a\0b.mkv")),
        ("a long name", films.join("x".repeat(5000))),
    ] {
        let told_before = activity(&daemon, "unheeded").len();
        for message in [
            imported(&path),
            json!({ "eventType": "EpisodeFileDelete", "episodeFile": { "path": &path } }),
        ] {
            let (status, answer) = told(&daemon, "/webhook/sonarr", &message);
            assert!(answer["jobs"] == json!([]), "{what}: {answer}");
            assert!(!answer["done"].as_array().unwrap().is_empty(), "{what}: {answer}");
            assert!(status == 200 || what == "what is hidden", "{what}: {answer}");
        }
        assert!(told_before < activity(&daemon, "unheeded").len(), "{what}");
    }
    for (source, message) in [
        ("sonarr", json!({ "eventType": "Test", "series": { "path": "C:\\testpath" } })),
        ("radarr", json!({ "eventType": "Grab" })),
        ("jellyfin", json!({ "NotificationType": "AuthenticationFailure" })),
    ] {
        let (status, answer) = told(&daemon, &format!("/webhook/{source}"), &message);
        assert_eq!(
            (status, &answer["jobs"], &answer["taken"]),
            (200, &json!([]), &json!(false)),
            "{answer}"
        );
    }
    let (status, problem) = daemon.ask("POST", "/webhook/sonarr", "This is an invalid JSON file");
    assert!(status == 422 && problem.contains("GET /webhook/sonarr"), "{problem}");
    let deep = "{\"a\":".repeat(10_000);
    assert_eq!(daemon.ask("POST", "/webhook/sonarr", &deep).0, 422);
    assert_eq!(daemon.jobs(), Vec::<Value>::new());
    assert!(!daemon.said().contains(SECRET));
}

#[test]
fn a_wrong_secret_does_nothing() {
    let house = House::new();
    let film = house.write("film.mkv", b"no film at all");
    std::fs::rename(&film, house.aside("film.mkv")).unwrap();
    let daemon = quiet(&house, "");
    std::fs::rename(house.aside("film.mkv"), &film).unwrap();
    let message = imported(&film).to_string();
    let away = "X-Forwarded-For: 10.0.0.9\r\n";
    for (address, headers) in [
        ("/webhook/sonarr", String::new()),
        ("/webhook/sonarr", "X-Kinora-Secret: a-secret-of-webhook\r\n".to_owned()),
        ("/webhook/sonarr/a-secret-of-webhooks2", String::new()),
        ("/webhook/sonarr", "Authorization: Basic YTpi\r\n".to_owned()),
    ] {
        let request = format!("POST {address}");
        let headers = format!("{away}{headers}");
        assert_eq!(daemon.ask_with(&request, &headers, message.as_bytes()).0, 401, "{headers}");
    }
    assert_eq!(daemon.jobs(), Vec::<Value>::new());
    let right = format!("POST /webhook/sonarr/{SECRET}");
    assert_eq!(daemon.ask_with(&right, away, message.as_bytes()).0, 202);
    assert_eq!(daemon.jobs().len(), 1);
    assert!(!daemon.said().contains(SECRET), "{}", daemon.said());
}

#[test]
fn a_hundred_at_once_are_one_job() {
    let house = House::new();
    let daemon = quiet(&house, "");
    let message = imported(&house.write("film.mkv", b"no film at all"));
    std::thread::scope(|scope| {
        let tell = || told(&daemon, "/webhook/sonarr", &message);
        let all: Vec<_> = (0..100).map(|_| scope.spawn(tell)).collect();
        for each in all {
            let (status, answer) = each.join().unwrap();
            assert_eq!((status, &answer["jobs"]), (202, &json!([1])), "{answer}");
        }
    });
    let job = daemon.json("/api/v1/jobs/1");
    assert_eq!((daemon.jobs().len(), &job["earlier"]), (1, &json!([])), "{job}");
    // Killed right after its answer, it is there.
    let second = imported(&house.write("second.mkv", b"no film at all"));
    assert_eq!(told(&daemon, "/webhook/sonarr", &second).0, 202);
    daemon.kill();
    let daemon = house.serve(&Setup::default());
    assert_eq!(daemon.jobs().len(), 2);
}

#[test]
fn paths_of_another_namespace_are_understood() {
    let house = House::new();
    let map = format!(
        "[webhooks]\npaths = [{{ here = \"{}\", there = '\\\\nas\\tv' }}, {{ here = \"{}\", there = \"/tv\" }}]\n",
        house.films().display(),
        house.films().display()
    );
    let daemon = quiet(&house, &map);
    house.write("a.mkv", b"no film at all");
    for there in ["/tv/a.mkv", "\\\\nas\\tv\\a.mkv"] {
        let message =
            json!({ "eventType": "Download", "movie": {}, "movieFile": { "path": there } });
        let (status, answer) = told(&daemon, "/webhook/radarr", &message);
        assert_eq!((status, &answer["jobs"]), (202, &json!([1])), "{there}: {answer}");
    }
}

#[test]
fn what_somebody_plays_goes_first() {
    let house = House::new();
    let daemon = quiet(&house, "");
    for name in ["one.mkv", "two.mkv"] {
        let path = house.write(name, b"no film at all");
        assert_eq!(told(&daemon, "/webhook/sonarr", &imported(&path)).0, 202);
    }
    let playing = json!({
        "Event": "playback.start", "Item": { "Path": house.film("two.mkv"), "Type": "Movie" },
        "PlaybackInfo": { "PositionTicks": 600_000_000 },
    });
    let (status, answer) = told(&daemon, "/emby", &playing);
    assert_eq!((status, &answer["jobs"]), (202, &json!([2])), "{answer}");
    let moved = daemon.json("/api/v1/jobs/2")["events"].to_string();
    assert!(moved.to_lowercase().contains("moved"), "{moved}");
}

#[test]
fn every_sample_is_answered_rightly() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/webhooks");
    if !root.exists() {
        println!("skipped: ../shared/data/webhooks is not here");
        return;
    }
    let house = House::new();
    let daemon = quiet(&house, "");
    for (source, name, status) in [
        ("radarr", "autoscan-MIT/radarr_interstellar.json", 200),
        ("radarr", "autoscan-MIT/radarr_movie_delete.json", 200),
        ("radarr", "autoscan-MIT/radarr_movie_file_delete.json", 200),
        ("radarr", "autoscan-MIT/radarr_rename.json", 200),
        ("radarr", "autoscan-MIT/radarr_test.json", 200),
        ("radarr", "autoscan-MIT/radarr_invalid.json", 422),
        ("sonarr", "autoscan-MIT/sonarr_westworld.json", 200),
        ("sonarr", "autoscan-MIT/sonarr_rename.json", 200),
        ("sonarr", "autoscan-MIT/sonarr_episode_delete.json", 200),
        ("sonarr", "autoscan-MIT/sonarr_series_delete.json", 200),
        ("sonarr", "autoscan-MIT/sonarr_test.json", 200),
        ("sonarr", "autoscan-MIT/sonarr_invalid.json", 422),
        ("emby", "constructed/emby_library.new.json", 200),
        ("jellyfin", "constructed/jellyfin_ItemAdded_sendall_movie.json", 202),
        ("jellyfin", "constructed/jellyfin_ItemAdded_template_broken_newline.txt", 202),
    ] {
        let bytes = std::fs::read(root.join(name)).unwrap();
        let request = format!("POST /webhook/{source}");
        let (is, answer) = daemon.ask_with(&request, "Content-Type: text/plain\r\n", &bytes);
        assert_eq!(is, status, "{name}: {answer}");
        // Their folders are none of this house; the sentence says which one is meant.
        let names_a_path = ["/TV/", "/Movies/", "/media/"].iter().any(|it| answer.contains(it));
        assert!(names_a_path || status != 200 || name.contains("_test"), "{name}: {answer}");
    }
    let raw =
        std::fs::read_to_string(root.join("constructed/plex_library.new.multipart.http")).unwrap();
    let body = raw.split_once("\r\n\r\n").or_else(|| raw.split_once("\n\n")).unwrap().1;
    let body = body.replace("\r\n", "\n").replace('\n', "\r\n");
    let headers =
        "Content-Type: multipart/form-data; boundary=----------------------------plexboundary\r\n";
    assert_eq!(daemon.ask_with("POST /webhook/plex", headers, body.as_bytes()).0, 202);
    assert_eq!(daemon.jobs(), Vec::<Value>::new());
}
