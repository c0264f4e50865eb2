//! Which audio a track is: the same in every container, and never mistaken.

use super::Studio;
use kinora::base::cancel::Cancel;
use kinora::domain::media::AudioPrint;
use std::path::{Path, PathBuf};

const SPEECH: &str = concat!("-i ", env!("CARGO_MANIFEST_DIR"), "/assets/jfk.wav");

/// What is read of the first audio track without decoding; it must be what decoding tells.
fn print(studio: &mut Studio, path: &Path) -> AudioPrint {
    let cancel = Cancel::default();
    let track = studio.probe(path).unwrap().audio[0].index;
    let (head, print) = (
        studio.engine.head(path, track, &cancel).unwrap().unwrap(),
        studio.engine.print(path, track, &cancel, &mut || ()).unwrap().unwrap(),
    );
    assert_eq!(print.head, head);
    assert_eq!(studio.decode(path, track).unwrap().1.print, Some(print), "{}", path.display());
    print
}

fn copied(studio: &Studio, of: &Path, name: &str, args: &str) -> PathBuf {
    let of = of.display();
    studio
        .make(name, &format!("{} -c:a copy -strict -2", args.replace("FROM", &format!("-i {of}"))))
}

#[test]
fn the_same_audio_in_another_container_is_recognised() {
    let mut studio = Studio::new();
    for (codec, args, others) in [
        ("aac", "-c:a aac -ar 44100 -ac 2", &["mp4", "m4a", "mov"][..]),
        ("flac", "-c:a flac", &["mp4", "mka"]),
        ("opus", "-c:a libopus -ar 48000", &["mp4", "webm"]),
        ("ac3", "-c:a ac3 -ar 48000", &["mp4", "ts"]),
        ("pcm", "-c:a pcm_s16le", &["mov", "wav"]),
    ] {
        let first = studio.make(&format!("{codec}.mkv"), &format!("{SPEECH} {args}"));
        let expected = print(&mut studio, &first);
        for ending in others {
            let other = copied(&studio, &first, &format!("{codec}.{ending}"), "FROM");
            let got = print(&mut studio, &other);
            assert_eq!(got.whole, expected.whole, "{codec} in {ending}");
            assert_eq!(got.head.digest, expected.head.digest, "{codec} in {ending}");
            let moved = got.head.first.0 - expected.head.first.0;
            assert!(moved.abs() < 30, "{codec} in {ending} begins {moved} ms later");
        }
        let late =
            "-itsoffset 1.5 FROM -f lavfi -i color=s=32x32:d=13 -map 0:a -map 1:v -c:v mpeg4";
        let late = copied(&studio, &first, &format!("{codec}-late.mkv"), late);
        let got = print(&mut studio, &late);
        assert_eq!(got.whole, expected.whole, "{codec} late");
        let moved = got.head.first.0 - expected.head.first.0;
        assert!((1495..=1505).contains(&moved), "{codec} begins {moved} ms later");
    }
}

#[test]
fn other_audio_is_never_mistaken() {
    let mut studio = Studio::new();
    let plain = studio.make("plain.mkv", &format!("{SPEECH} -c:a flac"));
    let expected = print(&mut studio, &plain);
    for (name, args) in [
        ("shorter.mkv", format!("{SPEECH} -t 10 -c:a flac")),
        ("longer.mkv", format!("{SPEECH} -af apad=pad_dur=1 -c:a flac")),
        ("louder.mkv", format!("{SPEECH} -af volume=1.1 -c:a flac")),
        ("again.mkv", format!("-stream_loop 1 {SPEECH} -c:a flac")),
        ("other.mkv", "-f lavfi -i sine=d=11:r=16000 -c:a flac".to_owned()),
    ] {
        let other = studio.make(name, &args);
        assert_ne!(print(&mut studio, &other).whole, expected.whole, "{name}");
    }
    // The same packets, played otherwise: raw audio at another speed, and with a gap.
    let slow = studio.make("slow.wav", &format!("{SPEECH} -c:a pcm_s16le"));
    let fast = studio.make("fast.wav", &format!("-f s16le -ar 32000 -ac 1 {SPEECH} -c:a copy"));
    assert_ne!(print(&mut studio, &slow).whole, print(&mut studio, &fast).whole);
    let gap = "FROM -bsf:a setts=ts=if(gt(PTS\\,5000)\\,PTS+2000\\,PTS)";
    let gap = copied(&studio, &plain, "gap.mkv", gap);
    let with_gap = print(&mut studio, &gap);
    assert_ne!(with_gap.whole, expected.whole, "a gap");
    assert_eq!(with_gap.head.digest, expected.head.digest);
}

#[test]
fn what_cannot_be_read_has_no_print() {
    let mut studio = Studio::new();
    let cancel = Cancel::default();
    let video = studio.make("v.mkv", "-f lavfi -i sine=d=1 -c:a flac");
    assert!(studio.engine.head(&video, 7, &cancel).unwrap_err().what.contains("no audio track"));
    assert!(studio.engine.print(&studio.path("gone"), 0, &cancel, &mut || ()).is_err());
    cancel.set();
    let fault = studio.engine.print(&video, 0, &cancel, &mut || ()).unwrap_err();
    assert_eq!(fault.what, "interrupted");
    assert!(studio.engine.pid().is_none(), "no child is left behind");
}
