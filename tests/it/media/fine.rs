//! Fine input: containers, codecs, rates, layouts, tags, odd names, downmix.

use super::{SECOND, Studio, reference, rms, tone};
use std::os::unix::ffi::OsStrExt;

const TONE: &str = "-f lavfi -i sine=440:d=2.3:r=48000";
const VIDEO: &str = "-f lavfi -i testsrc=d=2.3:s=64x64:r=25";

/// (name, what is encoded, samples by which the video's clock may differ from the bare audio)
const TABLE: [(&str, &str, usize); 33] = [
    ("a.wav", "-ar 8000 -ac 1", 0),
    ("b.wav", "-ar 11025 -ac 2 -c:a pcm_u8", 0),
    ("c.wav", "-ar 44100 -ac 2 -c:a pcm_s24le", 0),
    ("d.wav", "-ar 192000 -ac 8 -c:a pcm_f32le", 0),
    ("e.wav", "-ar 22050 -c:a adpcm_ms", 0),
    ("a.w64", "-ar 96000", 0),
    ("a.aiff", "-ar 44100", 0),
    ("a.au", "-c:a pcm_mulaw -ar 8000", 0),
    ("a.flac", "-ar 96000 -ac 6", 0),
    ("a.wv", "-ac 2", 0),
    ("a.caf", "-c:a alac", 0),
    ("a.mp3", "-ac 2 -ar 44100", 0),
    ("b.mp3", "-ac 1 -ar 22050 -q:a 6", 0),
    ("a.aac", "-ac 2", 0),
    ("a.m4a", "-c:a aac -ar 44100", 0),
    ("a.ac3", "-ac 6", 0),
    ("a.ogg", "-c:a libvorbis -ac 2", 0),
    ("a.opus", "-c:a libopus", 0),
    ("a.mka", "-c:a eac3 -ac 6", 0),
    ("b.mka", "-c:a dca -strict -2 -ac 6", 0),
    ("c.mka", "-c:a truehd -strict -2 -ac 2", 0),
    ("d.mka", "-c:a pcm_s16le -ac 8", 0),
    ("a.webm", "-c:a libopus -c:v libvpx", 0),
    ("a.mkv", "-c:a aac -c:v mpeg4", 400),
    ("b.mkv", "-c:a ac3 -ac 6 -c:v mpeg4", 400),
    ("a.mp4", "-c:a aac -c:v mpeg4", 400),
    ("a.mov", "-c:a pcm_s16le -c:v mpeg4", 0),
    ("a.avi", "-c:a libmp3lame -c:v mpeg4", 800),
    ("a.ts", "-c:a mp2 -c:v mpeg2video", 800),
    ("b.ts", "-c:a aac -c:v mpeg2video", 800),
    ("a.mpg", "-c:a mp2 -c:v mpeg2video", 800),
    ("a.flv", "-c:a aac -c:v flv -ar 44100", 800),
    ("a.wmv", "-c:a wmav2 -c:v wmv2", 1600),
];

#[test]
fn any_container_codec_rate_and_layout() {
    let mut studio = Studio::new();
    for (name, codec, clock) in TABLE {
        let video = codec.contains("-c:v");
        let input = if video { format!("{TONE} {VIDEO}") } else { TONE.to_owned() };
        let path = studio.make(name, &format!("{input} {codec}"));
        let probe = studio.probe(&path).unwrap_or_else(|err| panic!("{name}: {err}"));
        assert_eq!(probe.has_video, video, "{name}");
        let track = &probe.audio[0];
        assert!(
            track.decodable && track.channels > 0 && track.sample_rate_hz > 0,
            "{name}: {track:?}"
        );
        let (heard, report) = studio.decode(&path, track.index).unwrap();
        let expected = reference(&path, track.index).len();
        let off = heard.len().abs_diff(expected);
        assert!(
            off <= 32 + clock,
            "{name}: {} samples, ffmpeg {expected}, {report:?}",
            heard.len()
        );
        assert!(!report.truncated && report.bad_packets == 0, "{name}: {report:?}");
        assert!(report.print.is_some(), "{name}");
        let middle = &heard[SECOND / 2..SECOND * 3 / 2];
        assert!(tone(middle, 440.0) > 8.0 * tone(middle, 700.0).max(0.001), "{name}");
    }
}

#[test]
fn tracks_are_described() {
    let mut studio = Studio::new();
    let srt = studio.path("s.srt");
    std::fs::write(&srt, "1\n00:00:00,000 --> 00:00:01,000\nhello\n").unwrap();
    let args = format!(
        "{TONE} {VIDEO} -i {} -map 1 -map 0 -map 0 -map 2 -c:v mpeg4 -c:a aac -ac:a:1 6 -c:s srt \
         -metadata:s:a:0 language=ger -metadata:s:a:0 title=Kommentar -disposition:a:0 comment \
         -metadata:s:a:1 language=jpn -disposition:a:1 default+original -metadata:s:s:0 language=eng \
         -disposition:s:0 forced",
        srt.display()
    );
    let path = studio.make("t.mkv", &args);
    let probe = studio.probe(&path).unwrap();
    assert!(probe.container.contains("matroska") && probe.has_video);
    assert!((2200..2500).contains(&probe.duration.unwrap().0), "{:?}", probe.duration);
    let [first, second] = &probe.audio[..] else { panic!("{probe:?}") };
    assert_eq!((first.index, first.language.as_deref()), (1, Some("ger")));
    assert_eq!(first.title.as_deref(), Some("Kommentar"));
    assert!(first.disposition.comment && !first.disposition.default);
    assert_eq!((second.language.as_deref(), second.channels), (Some("jpn"), 6));
    assert_eq!((second.layout.as_str(), second.codec.as_str()), ("5.1", "aac"));
    assert!(second.disposition.default && second.disposition.original && second.program.is_none());
    let [subtitle] = &probe.subtitles[..] else { panic!("{probe:?}") };
    assert!(subtitle.text && subtitle.disposition.forced);
    assert_eq!(subtitle.language.as_deref(), Some("eng"));

    let path = studio.make("t.mp4", &format!("{TONE} {VIDEO} -c:v mpeg4 -c:a aac"));
    let probe = studio.probe(&path).unwrap();
    assert_eq!((&probe.audio[0].language, &probe.audio[0].title), (&None, &None));
}

#[test]
fn cover_art_is_no_video() {
    let mut studio = Studio::new();
    let cover = studio.make("c.png", "-f lavfi -i color=red:s=32x32 -frames:v 1");
    for name in ["c.mp3", "c.m4a", "c.flac"] {
        let args = format!(
            "{TONE} -i {} -map 0 -map 1 -c:v copy -disposition:v:0 attached_pic",
            cover.display()
        );
        let path = studio.make(name, &args);
        let probe = studio.probe(&path).unwrap();
        assert!(!probe.has_video, "{name}");
        let (heard, _) = studio.hear(&path);
        assert!(heard.len().abs_diff(SECOND * 23 / 10) < 800, "{name}: {}", heard.len());
    }
}

#[test]
fn names_of_any_bytes() {
    let mut studio = Studio::new();
    let made = studio.make("plain.wav", TONE);
    let long = [b"x".repeat(251), b".wav".to_vec()].concat();
    let names: [&[u8]; 7] = [
        b"\xFF\xFE.wav",
        b"two\nlines.wav",
        b"concat:a|b.wav",
        b"http:__x.wav",
        b"-i.wav",
        "%d 字幕 \u{202e}.wav".as_bytes(),
        &long,
    ];
    for name in names {
        let path = studio.path(std::ffi::OsStr::from_bytes(name));
        std::fs::copy(&made, &path).unwrap();
        let (heard, _) = studio.hear(&path);
        assert_eq!(heard.len(), SECOND * 23 / 10, "{path:?}");
    }
}

#[test]
fn the_centre_stays_loud() {
    let mut studio = Studio::new();
    // One tone a channel, all of the same level: FL FR FC LFE BL BR.
    let tones = [300, 500, 700, 90, 1100, 1300];
    let expression: Vec<String> = tones.iter().map(|hz| format!("0.9*sin(2*PI*{hz}*t)")).collect();
    let source = |layout: &str, channels: &[String]| {
        format!("-f lavfi -i aevalsrc={}:c={layout}:d=2:s=48000", channels.join("|"))
    };
    for codec in ["-c:a pcm_s16le", "-c:a flac", "-c:a ac3 -b:a 640k"] {
        let path = studio.make("5.1.mka", &format!("{} {codec}", source("5.1", &expression)));
        let (heard, _) = studio.hear(&path);
        assert!(heard.iter().all(|it| it.abs() <= 1.01), "{codec}: nothing clips");
        let level = |hz: u32| tone(&heard[4000..28_000], hz as f32);
        let centre = level(700);
        assert!(centre > 0.35, "{codec}: centre {centre}");
        for hz in [300, 500] {
            let ratio = centre / level(hz);
            assert!((2.5..3.2).contains(&ratio), "{codec}: centre over front {ratio}");
        }
        for hz in [1100, 1300] {
            let ratio = centre / level(hz);
            assert!((5.0..6.5).contains(&ratio), "{codec}: centre over surround {ratio}");
        }
        assert!(level(90) < 0.01, "{codec}: no effects channel");
    }
    let stereo = studio.make("2.wav", &source("stereo", &expression[..2]));
    let (heard, _) = studio.hear(&stereo);
    for hz in [300.0, 500.0] {
        assert!((tone(&heard[4000..28_000], hz) - 0.45).abs() < 0.01, "the plain average");
    }
    let mono = studio.make("1.wav", &source("mono", &expression[..1]));
    let (heard, _) = studio.hear(&mono);
    assert!((tone(&heard[4000..28_000], 300.0) - 0.9).abs() < 0.01, "as it is");
}

#[test]
fn rate_and_layout_change_in_the_middle() {
    let mut studio = Studio::new();
    let first = studio.make("1.aac", "-f lavfi -i sine=440:d=2 -c:a aac -ar 44100 -ac 2");
    let second = studio.make("2.aac", "-f lavfi -i sine=440:d=2 -c:a aac -ar 22050 -ac 1");
    let joined = [std::fs::read(first).unwrap(), std::fs::read(second).unwrap()].concat();
    let path = studio.path("j.aac");
    std::fs::write(&path, joined).unwrap();
    let (heard, report) = studio.hear(&path);
    assert!(heard.len().abs_diff(4 * SECOND) < 3200, "{} {report:?}", heard.len());
    for at in [SECOND / 2, 5 * SECOND / 2] {
        let part = &heard[at..at + SECOND];
        assert!(tone(part, 440.0) > 0.05 && rms(part, 0, part.len()) > 0.05, "at {at}");
    }
}

#[test]
fn the_digest_is_the_audios_alone() {
    let mut studio = Studio::new();
    let first = studio.make("1.mka", &format!("{TONE} -c:a flac"));
    let copy = format!("-i {} {VIDEO} -map 0:a -map 1:v -c:a copy -c:v mpeg4", first.display());
    let second = studio.make("2.mkv", &copy);
    let other = studio.make("3.mka", "-f lavfi -i sine=441:d=2.3:r=48000 -c:a flac");
    let digest = |studio: &mut Studio, path| studio.hear(path).1.print.unwrap();
    let expected = digest(&mut studio, &first);
    assert_eq!(digest(&mut studio, &second), expected);
    assert_ne!(digest(&mut studio, &other), expected);
    let (_, report) = studio.part(&first, 0, None, Some(500)).unwrap();
    assert!(report.print.is_none() && report.samples == 8000);
}
