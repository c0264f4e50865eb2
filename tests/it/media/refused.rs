//! Refused input, each for its own reason.

use super::{Studio, ffmpeg};
use kinora::domain::fault::FaultKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Bytes without meaning, the same in each run.
fn noise(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..count).map(|_| next()).collect()
}

fn refused(studio: &mut Studio, path: &Path, part: &str) {
    let fault = studio.probe(path).expect_err(part);
    assert!(fault.what.contains(part), "expected '{part}', got '{fault}'");
    assert_eq!(fault.kind, FaultKind::Operator, "{fault}");
    assert!(!fault.remedy.is_empty());
    let name = path.file_name().unwrap().to_string_lossy();
    assert!(!fault.to_string().contains(&*name), "the reporter names the file: {fault}");
    assert!(studio.decode(path, 0).is_err(), "a decode is refused, too: {part}");
}

#[test]
fn each_reason_is_told_apart() {
    let mut studio = Studio::new();
    let write = |name: &str, bytes: &[u8]| {
        let path = studio.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let mut rows = vec![
        (write("empty.mkv", b""), "empty"),
        (write("text.mkv", "Once upon a time.\n".repeat(900).as_bytes()), "not a media file"),
        (write("html.mp4", b"<!DOCTYPE html><html><body>404</body></html>\n"), "not a media file"),
        (write("srt.mkv", b"1\n00:00:00,000 --> 00:00:01,000\nhello\n"), "not a media file"),
        (write("one.mkv", b"x"), "not a media file"),
        (write("zero.mkv", &[0; 70_000]), "not a media file"),
        (write("list.mkv", b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n/etc/passwd\n"), "not a media file"),
        (write("join.mkv", b"ffconcat version 1.0\nfile plain.wav\n"), "not a media file"),
        (write("head.mkv", &[b"\x1A\x45\xDF\xA3".as_slice(), &noise(3, 9000)].concat()), "damaged"),
        (studio.path("gone.mkv"), "not there"),
        (studio.dir.path().to_owned(), "folder"),
    ];
    let silent = studio.make("mute.mp4", "-f lavfi -i testsrc=d=1:s=64x64 -c:v mpeg4");
    rows.push((silent, "no audio track"));
    for (path, part) in rows {
        refused(&mut studio, &path, part);
    }
}

#[test]
fn noise_is_no_media_file() {
    let mut studio = Studio::new();
    for seed in 1..40 {
        let path = studio.path("noise.mkv");
        std::fs::write(&path, noise(seed << 32 | 0x9E37_79B9, 200_000)).unwrap();
        let refused = match studio.probe(&path) {
            Err(fault) => fault,
            Ok(probe) => studio.decode(&path, probe.audio[0].index).expect_err("noise is no speech"),
        };
        assert_eq!(refused.kind, FaultKind::Operator, "seed {seed}: {refused}");
    }
}

#[test]
fn pipes_do_not_hang() {
    let mut studio = Studio::new();
    let path = studio.path("pipe.mkv");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    refused(&mut studio, &path, "not a regular file");
    refused(&mut studio, Path::new("/dev/zero"), "not a regular file");
}

#[test]
fn without_permission() {
    let mut studio = Studio::new();
    let path = studio.make("p.wav", "-f lavfi -i sine=d=1");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&path).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    refused(&mut studio, &path, "may not be read");
}

#[test]
fn an_mp4_without_its_index_is_incomplete() {
    let mut studio = Studio::new();
    let path = studio.make("whole.mp4", "-f lavfi -i sine=d=20 -c:a aac");
    let bytes = std::fs::read(&path).unwrap();
    let cut = studio.path("cut.mp4");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    refused(&mut studio, &cut, "index is missing");
}

#[test]
fn a_codec_without_decoder_and_a_track_that_is_none() {
    let mut studio = Studio::new();
    let path = studio.path("u.mkv");
    ffmpeg("-f lavfi -i sine=d=1 -f lavfi -i testsrc=d=1:s=64x64 -map 0 -map 1 -c:a ac3 -c:v mpeg4", &path);
    let fault = studio.decode(&path, 1).unwrap_err();
    assert!(fault.what.contains("no audio track"), "{fault}");
    let fault = studio.decode(&path, 9).unwrap_err();
    assert!(fault.what.contains("no audio track"), "{fault}");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(5).position(|it| it == b"A_AC3").unwrap();
    bytes[at..at + 5].copy_from_slice(b"A_XY9");
    let path = studio.path("x.mkv");
    std::fs::write(&path, bytes).unwrap();
    let probe = studio.probe(&path).unwrap();
    assert_eq!((probe.audio[0].codec.as_str(), probe.audio[0].decodable), ("unknown", false));
    let fault = studio.decode(&path, probe.audio[0].index).unwrap_err();
    assert!(fault.what.contains("no decoder"), "{fault}");
}
