//! The archive for whoever helps: it holds what helps, and nothing that must not leave the house.

use super::*;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Secrets, each in another place.
const CANARIES: [&str; 10] = [
    "canary-jellyfin-key",
    "canary-translator-key",
    "canary-tmdb-key",
    "canary-notify-key",
    "canary-topic",
    "canary-token",
    "canary-webhook",
    "canary-environment",
    "canary-password",
    "canary-unknown",
];

fn house_of_canaries() -> (House, String) {
    let house = House::new();
    let data = house.aside("data");
    for folder in ["logs", "runs"] {
        std::fs::create_dir_all(data.join(folder)).unwrap();
    }
    std::fs::write(data.join("token"), "canary-token\n").unwrap();
    std::fs::write(house.aside("webhook"), "canary-webhook\n").unwrap();
    let film = house.film("Spirited Away (2001).mkv").display().to_string();
    let log = format!(
        "GET http://nas/x?api_key=canary-unknown&y=1\nAuthorization: Bearer canary-unknown2\n\
         canary-jellyfin-key canary-translator-key canary-tmdb-key canary-notify-key canary-topic\n\
         canary%2Dtoken canary-webhook canary-environment http://ben:canary-password@nas/\n\
         /home/ben/x {film}: the disk is full\nSpirited Away (2001).mkv again\n"
    );
    std::fs::write(data.join("logs/kinora.2026-01-01.log"), &log).unwrap();
    let fault = serde_json::json!({ "what": log, "remedy": "canary-topic" });
    let run = serde_json::json!({ "path": film, "faults": [fault] });
    std::fs::write(data.join("runs/00000001-00000001.json"), run.to_string()).unwrap();
    std::fs::write(data.join("runs/00000001-00000001.log"), &log).unwrap();
    let good = serde_json::json!({ "path": film, "faults": [] });
    std::fs::write(data.join("runs/00000002-00000002.json"), good.to_string()).unwrap();
    let config = format!(
        "{ANY_PORT}webhook_secret_file = '{}'\n{}\
         [jellyfin]\nurl = 'http://127.0.0.1:9'\nkey = 'canary-jellyfin-key'\n\
         [metadata]\ntmdb_key = 'canary-tmdb-key'\n\
         [[translator]]\nname = 'cloud'\nkind = 'openai'\nurl = 'http://127.0.0.1:9/v1'\nmodel = 'x'\n\
         key = 'canary-translator-key'\n\
         [[notify]]\nname = 'phone'\nkind = 'ntfy'\naddress = 'http://127.0.0.1:9/canary-topic'\n\
         key = 'canary-notify-key'\n",
        house.aside("webhook").display(),
        library(&house)
    );
    (house, config)
}

fn bundle(house: &House, config: &str, flags: &[&str], file: &Path) -> Ran {
    let toml = house.aside("kinora.toml");
    std::fs::write(&toml, config).unwrap();
    let mut command = house.dressed(env!("CARGO_BIN_EXE_kinora"));
    command
        .env("SOME_API_KEY", "canary-environment")
        .env("NAS_URL", "http://ben:canary-password@nas/");
    command.arg("--config").arg(toml).args(["doctor", "--bundle"]).arg(file).args(flags);
    finish(&mut command)
}

/// Names and contents.
fn unpacked(file: &Path) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(File::open(file).unwrap()).unwrap();
    let count = zip.len();
    let mut read = |at| {
        let mut entry = zip.by_index(at).unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (entry.name().unwrap().into_owned(), text)
    };
    (0..count).map(&mut read).collect()
}

#[test]
fn no_secret_is_in_the_archive_wherever_it_stood() {
    let (house, config) = house_of_canaries();
    let file = house.aside("support.zip");
    let ran = bundle(&house, &config, &[], &file);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    assert!(ran.out.contains("doctor.json") && ran.out.contains("KiB"), "the plan: {}", ran.out);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let bytes = std::fs::read(&file).unwrap();
    for (name, text) in unpacked(&file) {
        for canary in CANARIES {
            assert!(!text.contains(canary), "{canary} is in {name}: {text}");
        }
        assert!(!text.contains("/home/ben"), "{name}");
    }
    let all = String::from_utf8_lossy(&bytes);
    let left = all.find("canary-").map(|at| all[at..].chars().take(60).collect::<String>());
    assert_eq!(left, None, "nor anywhere else in it");
    let names: Vec<String> = unpacked(&file).into_iter().map(|it| it.0).collect();
    for name in ["config.toml", "machine.json", "runs/00000001-00000001.log"] {
        assert!(names.iter().any(|it| it == name), "{name}: {names:?}");
    }
    assert!(!names.iter().any(|it| it.contains("00000002")), "what went well does not help");
    assert!(all.contains("Spirited Away"), "films are named unless that is not wanted");

    let again = bundle(&house, &config, &[], &file);
    assert_eq!(again.code, Some(FAILED), "{again:?}");
    assert!(again.err.contains("is there already"), "{}", again.err);
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "never overwritten");
}

#[test]
fn films_are_not_named_where_that_is_not_wanted() {
    let (house, config) = house_of_canaries();
    let file = house.aside("support.zip");
    let ran = bundle(&house, &config, &["--anonymous"], &file);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let pieces = unpacked(&file);
    for (name, text) in &pieces {
        assert!(!text.contains("Spirited"), "{name}: {text}");
    }
    let log = &pieces.iter().find(|it| it.0.starts_with("logs/")).unwrap().1;
    let films: Vec<&str> =
        log.split(['/', ' ', '\n', ':']).filter(|it| it.starts_with("film-")).collect();
    assert_eq!(films.len(), 2, "{log}");
    assert!(films[0] == films[1] && films[0].ends_with(".mkv"), "{films:?}");
}
