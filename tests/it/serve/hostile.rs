//! Requests for what lies outside of libraries: nothing of it is read, nothing written, nothing told.

use super::hooks::quiet;
use super::support::*;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What must not be told.
const TREASURE: &str = "1\n00:00:01,000 --> 00:00:02,000\nthe treasure is under the tree\n";

#[test]
fn no_path_outside_of_the_libraries_is_read_or_written() {
    let house = House::new();
    let outside = house.aside("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("treasure.srt"), TREASURE).unwrap();
    std::fs::write(outside.join("treasure.mkv"), TREASURE).unwrap();
    let daemon = quiet(&house, "");
    house.write("film.mkv", b"no film at all");
    std::os::unix::fs::symlink(outside.join("treasure.mkv"), house.film("link.mkv")).unwrap();
    std::os::unix::fs::symlink(&outside, house.film("folder")).unwrap();
    let before = (listing(&outside), house.listing());
    let films = house.films();
    let packed = |path: &str| path.replace('%', "%25").replace('/', "%2F").replace(' ', "%20");
    for (what, path) in [
        ("another folder", outside.join("treasure.mkv")),
        ("up and out", films.join("../outside/treasure.mkv")),
        ("up, out and in by name", films.join("x/../../outside/treasure.mkv")),
        ("a link that leads out", films.join("link.mkv")),
        ("a folder that leads out", films.join("folder/treasure.mkv")),
        ("a folder that leads out, itself", films.join("folder")),
        ("the system", PathBuf::from("/etc/passwd")),
        ("a process", PathBuf::from("/proc/self/environ")),
        ("no whole path", PathBuf::from("../outside/treasure.mkv")),
        ("home", PathBuf::from("~/treasure.mkv")),
        ("a protocol", PathBuf::from("http://127.0.0.1/treasure.mkv")),
        ("FFmpeg's own", PathBuf::from("concat:/etc/passwd|/etc/hosts")),
        ("a NUL", films.join("film.mkv\0.srt")),
        ("all", PathBuf::from("/")),
        ("nothing", PathBuf::new()),
    ] {
        let text = path.to_str().unwrap();
        let nul = packed(text).replace('\0', "%00");
        let asked = [
            daemon.get(&format!("/api/v1/explain?path={nul}")),
            daemon.ask("POST", "/api/v1/jobs", &json!({ "path": text }).to_string()),
            daemon.ask("POST", "/api/v1/scan", &json!({ "path": text }).to_string()),
        ];
        for (status, body) in asked {
            assert!((400..500).contains(&status), "{what}: {status} {body}");
            assert!(!body.contains("treasure is"), "{what}: {body}");
        }
        let hook = json!({ "eventType": "Download", "movie": {}, "movieFile": { "path": text } });
        let (status, body) = daemon.ask("POST", "/webhook/radarr", &hook.to_string());
        // One that names nothing lets libraries be looked through.
        assert_eq!(status, if text.is_empty() { 202 } else { 200 }, "{what}: {body}");
    }
    // It is looked through last, and finds what is in the library.
    wait_for("the film's job", || (!daemon.jobs().is_empty()).then_some(()));
    assert_eq!((listing(&outside), house.listing()), before);
    let treasure = std::fs::read_to_string(outside.join("treasure.srt")).unwrap();
    assert_eq!(treasure, TREASURE);
    assert!(daemon.jobs().iter().all(|it| !it["path"].to_string().contains("outside")));
    let nobody: Vec<Value> = Vec::new();
    assert_eq!(daemon.json("/api/v1/models")["pulls"], json!(nobody));
    assert_eq!(daemon.end().0, Some(0));
}
