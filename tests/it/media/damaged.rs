//! Damaged input: what is readable is given, and the report says what was not.

use super::{SECOND, Studio, rms};

const FILM: &str = "-f lavfi -i testsrc=d=40:s=160x120:r=25 -f lavfi -i sine=440:d=40";

#[test]
fn what_is_readable_of_a_truncated_file_is_given() {
    let mut studio = Studio::new();
    for (name, args) in [
        ("t.mkv", format!("{FILM} -c:v mpeg4 -c:a ac3")),
        ("t.mka", "-f lavfi -i sine=440:d=40 -c:a flac".to_owned()),
        ("t.mp4", format!("{FILM} -c:v mpeg4 -c:a aac -movflags +faststart")),
        ("t.avi", format!("{FILM} -c:v mpeg4 -c:a libmp3lame")),
        ("t.wav", "-f lavfi -i sine=440:d=40".to_owned()),
        ("t.flac", "-f lavfi -i sine=440:d=40".to_owned()),
    ] {
        let path = studio.make(name, &args);
        let (whole, report) = studio.hear(&path);
        assert!(!report.truncated && whole.len().abs_diff(40 * SECOND) < 1600, "{name}: {report:?}");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
        let (heard, report) = studio.hear(&path);
        assert!(report.truncated, "{name}: {report:?}");
        let seconds = heard.len() / SECOND;
        assert!((14..34).contains(&seconds), "{name}: {seconds} s");
        assert!(rms(&heard, 8000, heard.len() - 8000) > 0.05, "{name}");
    }
}

#[test]
fn audio_shorter_than_the_video_is_not_truncated() {
    let mut studio = Studio::new();
    let short = "-f lavfi -i testsrc=d=40:s=160x120:r=25 -f lavfi -i sine=440:d=12";
    for (name, codecs) in [
        ("s.mkv", "-c:v mpeg4 -c:a ac3"),
        ("s.mp4", "-c:v mpeg4 -c:a aac"),
        ("s.ts", "-c:v mpeg2video -c:a mp2"),
        ("s.avi", "-c:v mpeg4 -c:a libmp3lame"),
    ] {
        let path = studio.make(name, &format!("{short} {codecs}"));
        let (heard, report) = studio.hear(&path);
        assert!(!report.truncated, "{name}: {report:?}");
        assert!(heard.len().abs_diff(12 * SECOND) < 1600, "{name}: {}", heard.len());
    }
}

#[test]
fn corrupt_packets_keep_the_clock() {
    let mut studio = Studio::new();
    for (name, args, seed) in [
        ("c.mkv", format!("{FILM} -c:v mpeg4 -c:a ac3"), 7u64),
        ("d.mkv", format!("{FILM} -c:v mpeg4 -c:a flac"), 8),
        ("c.mp4", format!("{FILM} -c:v mpeg4 -c:a aac -movflags +faststart"), 9),
        ("c.ts", format!("{FILM} -c:v mpeg2video -c:a mp2"), 10),
    ] {
        let path = studio.make(name, &args);
        let mut bytes = std::fs::read(&path).unwrap();
        let mut state = seed;
        let (head, length) = (40_000, bytes.len());
        for _ in 0..300 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes[head + (state >> 20) as usize % (length - head)] = (state >> 8) as u8;
        }
        std::fs::write(&path, bytes).unwrap();
        let (heard, report) = studio.hear(&path);
        assert!(heard.len().abs_diff(40 * SECOND) < SECOND, "{name}: {} {report:?}", heard.len());
    }
}
