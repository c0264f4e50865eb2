//! Files that somebody made up: no name in one becomes a path, no length becomes memory.

use super::{Scene, create, tree};
use kinora::app::backup::{self, Which};
use kinora::base::cancel::Cancel;
use serde_json::{Value, json};
use std::fs;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// What zeros come to in a bomb, bytes.
const BOMB_BYTES: usize = 256 * 1024 * 1024;

/// A file with these parts and the seal it needs.
fn sealed(manifest: &[u8], parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Zstd);
    for (name, bytes) in parts.iter().chain([&("manifest.json", manifest)]) {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.set_raw_comment([&b"blake3:"[..], &[b'0'; 64]].concat().into()).unwrap();
    let mut bytes = zip.finish().unwrap().into_inner();
    let digits = bytes.len() - 64;
    let seal = blake3::hash(&bytes[..digits]).to_hex();
    bytes[digits..].copy_from_slice(seal.as_bytes());
    bytes
}

/// A manifest that says of these parts what is true.
fn manifest(parts: &[(&str, &[u8])], rows: u64) -> Value {
    let part = |(name, bytes): &(&str, &[u8])| {
        let blake3 = blake3::hash(bytes).to_hex().to_string();
        json!({ "name": name, "bytes": bytes.len(), "blake3": blake3, "rows": rows })
    };
    json!({
        "format": 1, "kinora": "0.1.0", "schema": 5, "made": "2026-01-01T00:00:00Z",
        "made_unix_ms": 1_767_225_600_000_u64, "host": "nas", "data_dir": "/../..",
        "configuration": "/etc/passwd", "rows": rows, "bytes": 1,
        "holds": { "jobs": 0, "transcripts": 0, "terms": 0, "lines": 0, "subtitles": 0 },
        "parts": parts.iter().map(part).collect::<Vec<_>>(),
        "models": [{ "name": "../x", "bytes": 1, "sha256": "00" }],
    })
}

/// Frames without rows.
fn no_rows() -> Vec<u8> {
    [&b"kinrows\x01"[..], &u32::MAX.to_le_bytes(), &0_u64.to_le_bytes()].concat()
}

#[test]
fn nothing_in_a_file_is_believed() {
    let scene = Scene::new();
    let config = scene.config("two");
    fs::create_dir(scene.at("two")).unwrap();
    let path = scene.at("made-up");
    let zeros = vec![0; BOMB_BYTES];
    let none = no_rows();
    let bomb = [("tables/jobs", &zeros[..])];
    let lies = [("tables/jobs", &none[..])];
    let mut short = manifest(&bomb, 1);
    short["parts"][0]["bytes"] = json!(100);
    let mut more = manifest(&lies, 7);
    more["parts"][0]["rows"] = json!(7);
    let mut newer = manifest(&lies, 0);
    newer["schema"] = json!(1_000);
    let mut format = manifest(&lies, 0);
    format["format"] = json!(2);
    let up = [("tables/../../../up", &none[..])];
    let long = [b"{\"format\": 1, \"x\": \"".to_vec(), vec![b' '; 64 * 1024 * 1024]].concat();
    for (what, file, told) in [
        ("a table that is a path", sealed(&text(&manifest(&up, 0)), &up), "does not know"),
        ("a bomb that says so", sealed(&text(&manifest(&bomb, 1)), &bomb), "cannot be read"),
        ("a bomb that says it is small", sealed(&text(&short), &bomb), "longer or shorter"),
        ("rows that are not there", sealed(&text(&more), &lies), "has 0 rows"),
        ("a store of tomorrow", sealed(&text(&newer), &lies), "newer Kinora"),
        ("a backup of tomorrow", sealed(&text(&format), &lies), "newer Kinora"),
        ("a manifest without an end", sealed(&long, &[]), "cannot be read"),
        ("a part that is missing", sealed(&text(&manifest(&lies, 0)), &[]), "cannot be read"),
        ("no zip", b"x".repeat(500), "does not end as a backup does"),
        ("nothing", Vec::new(), "does not end as a backup does"),
    ] {
        fs::write(&path, file).unwrap();
        let which = Which::File(path.clone());
        let plan = backup::plan(&config, &which, false);
        let done = plan.and_then(|it| it.apply(&config, &Cancel::default(), &mut |_, _| ()));
        let fault = done.err().unwrap_or_else(|| panic!("{what} was taken")).to_string();
        assert!(fault.contains(told), "{what}: {fault}");
        assert_eq!(tree(&scene.at("two")).len(), 0, "{what} left something");
        let verified = backup::verify(&config, &which, false, &Cancel::default(), &mut |_, _| ());
        assert!(verified.is_err(), "{what} is called good");
    }
}

fn text(manifest: &Value) -> Vec<u8> {
    manifest.to_string().into_bytes()
}

/// Names beside those that are known are no paths, whatever they are; nothing is written under them.
#[test]
fn parts_by_other_names_are_left_in_the_file() {
    let scene = Scene::new();
    scene.told("one");
    create(&scene.config("one")).unwrap();
    let none = no_rows();
    let parts = [
        ("../../evil", &b"evil"[..]),
        ("/etc/kinora-evil", b"evil"),
        ("settings.toml", b"to = [\"en\"]\n"),
        ("tables/jobs", &none),
    ];
    let path = scene.at("made-up");
    fs::write(&path, sealed(&text(&manifest(&parts, 0)), &parts)).unwrap();
    let before: Vec<_> = tree(scene.dir.path()).into_keys().collect();
    super::restore(&scene.config("two"), &Which::File(path), false).unwrap();
    let mut after: Vec<_> = tree(scene.dir.path()).into_keys().collect();
    after.retain(|it| !before.contains(it));
    assert_eq!(after, ["two/kinora.redb", "two/settings.toml"].map(|it| scene.at(it)));
    assert!(!std::path::Path::new("/etc/kinora-evil").exists());
}
