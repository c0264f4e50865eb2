//! The text of subtitle tracks: what went into a file comes out of it, on the clock of its audio.

use super::{SECOND, Studio, ffmpeg, onset};
use kinora::base::cancel::Cancel;
use kinora::domain::fault::Fault;
use kinora::domain::media::TextTrack;
use kinora::domain::subtitle::{Document, Format};
use kinora::engines::child::Launcher;
use kinora::engines::media::MediaEngine;
use kinora::engines::wire::{self, Frame, FromMedia, Hello, PROTOCOL_VERSION};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Audio without a video: 30 s, silent for the first two seconds.
const SOUND: &str = "-f lavfi -i aevalsrc=gt(t\\,2)*sin(2764*t)/2:d=30:s=48000";
const FILM: &str = "-f lavfi -i testsrc=d=30:s=160x120:r=25 -f lavfi -i sine=440:d=30";

type Shown = (i64, i64, Vec<String>);

/// What a subtitle file shows.
fn shown(bytes: &[u8], format: Format) -> Vec<Shown> {
    let document = Document::parse(bytes, Some(format)).unwrap();
    assert_eq!(document.format(), format);
    document.cues().into_iter().map(|it| (it.span.start.0, it.span.end.0, it.lines)).collect()
}

fn of(track: &TextTrack) -> Vec<Shown> {
    assert!(str::from_utf8(&track.bytes).is_ok(), "UTF-8");
    shown(&track.bytes, track.format)
}

fn texts(studio: &mut Studio, path: &Path, tracks: &[u32]) -> Result<Vec<TextTrack>, Fault> {
    studio.engine.texts(path, tracks, &Cancel::default(), &mut || ())
}

/// The text of all subtitle tracks that the probe calls text.
fn all(studio: &mut Studio, path: &Path) -> Vec<TextTrack> {
    let probe = studio.probe(path).unwrap();
    let tracks: Vec<u32> = probe.subtitles.iter().filter(|it| it.text).map(|it| it.index).collect();
    texts(studio, path, &tracks).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

fn script() -> Vec<Shown> {
    let cue = |start, end, text: &str| (start, end, text.lines().map(str::to_owned).collect());
    vec![
        cue(1000, 2500, "Hello there\nsecond line"),
        cue(2500, 4040, "-Bye, you & me.\n-\u{60a8}\u{597d}\u{ff01}"),
        cue(9120, 9880, "1984"),
        cue(12_000, 16_500, "\u{1f3ac} \u{646}\u{639}\u{645}"),
        cue(27_000, 29_000, "The end"),
    ]
}

fn srt_of(cues: &[Shown]) -> String {
    let time = |ms: i64| format!("00:00:{:02},{:03}", ms / 1000, ms % 1000);
    let block = |(nth, cue): (usize, &Shown)| {
        format!("{}\n{} --> {}\n{}\n\n", nth + 1, time(cue.0), time(cue.1), cue.2.join("\n"))
    };
    cues.iter().enumerate().map(block).collect()
}

/// The script as a file of each format.
fn source(studio: &Studio, format: Format) -> PathBuf {
    let srt = studio.path("script.srt");
    fs::write(&srt, srt_of(&script())).unwrap();
    let path = studio.path("script").with_extension(format.extension());
    if format != Format::Srt {
        ffmpeg(&format!("-i {}", srt.display()), &path);
    }
    path
}

#[test]
fn what_went_in_comes_out() {
    let mut studio = Studio::new();
    for (name, from, codecs, format) in [
        ("srt.mkv", Format::Srt, "-c:s srt -c:a flac", Format::Srt),
        ("text.mkv", Format::Srt, "-c:s text -c:a flac", Format::Srt),
        ("ass.mkv", Format::Ass, "-c:s copy -c:a flac", Format::Ass),
        ("ssa.mkv", Format::Srt, "-c:s ssa -c:a flac", Format::Ass),
        ("vtt.mkv", Format::Vtt, "-c:s copy -c:a flac", Format::Vtt),
        ("vtt.webm", Format::Vtt, "-c:s copy -c:a libopus", Format::Vtt),
        ("tx3g.mp4", Format::Srt, "-c:s mov_text -c:a aac", Format::Srt),
        ("text.mov", Format::Srt, "-c:s mov_text -c:a aac", Format::Srt),
        ("fast.mp4", Format::Vtt, "-c:s mov_text -c:a aac -movflags +faststart", Format::Srt),
        (
            "fragments.mp4",
            Format::Srt,
            "-c:s mov_text -c:a aac -movflags +frag_keyframe",
            Format::Srt,
        ),
    ] {
        let script_file = source(&studio, from).display().to_string();
        let path = studio.make(name, &format!("{SOUND} -i {script_file} -map 0 -map 1 {codecs}"));
        let found = all(&mut studio, &path);
        let [track] = &found[..] else { panic!("{name}: {found:?}") };
        assert_eq!((track.index, track.format), (1, format), "{name}");
        let mut cues = of(track);
        if name.ends_with("webm") || name.starts_with("fragments") {
            // Without an edit list all of the file is as late as what the encoder puts before the sound is long.
            let late = cues[0].0 - script()[0].0;
            assert!((0..25).contains(&late), "{name}: {late} ms late");
            cues.iter_mut().for_each(|it| (it.0, it.1) = (it.0 - late, it.1 - late));
        }
        assert_eq!(cues, script(), "{name}: {}", String::from_utf8_lossy(&track.bytes));
    }
}

#[test]
fn styles_and_settings_stay() {
    let mut studio = Studio::new();
    let made = |name: &str, text: &str| {
        fs::write(studio.path(name), text).unwrap();
        let args =
            format!("{SOUND} -i {} -map 0 -map 1 -c:a flac -c:s copy", studio.path(name).display());
        studio.make(&format!("{name}.mkv"), &args)
    };
    let ass = made(
        "a.ass",
        "[Script Info]\nTitle: T\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Sign,Arial,20\n\n\
        [Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
        Dialogue: 3,0:00:05.00,0:00:06.00,Sign,,0,0,0,,{\\pos(1,2)}STOP\n\
        Dialogue: 0,0:00:01.00,0:00:02.00,Sign,Anna,0,0,7,,one, two\n",
    );
    let vtt = made(
        "b.vtt",
        "WEBVTT\n\n00:01.000 --> 00:02.000 align:start line:0\nup\n\n00:03.000 --> 00:04.000\ndown\n",
    );
    let srt = made("c.srt", "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>up</i>\n");
    let mut text = |path: &Path| String::from_utf8(all(&mut studio, path).remove(0).bytes).unwrap();
    let ass = text(&ass);
    assert!(ass.contains("Style: Sign,Arial,20\n"), "{ass}");
    assert!(
        ass.ends_with(
            "Effect, Text\n\
            Dialogue: 3,0:00:05.00,0:00:06.00,Sign,,0,0,0,,{\\pos(1,2)}STOP\n\
            Dialogue: 0,0:00:01.00,0:00:02.00,Sign,Anna,0,0,7,,one, two\n"
        ),
        "the order of the lines is the file's: {ass}"
    );
    let vtt = text(&vtt);
    assert!(vtt.contains("00:00:01.000 --> 00:00:02.000 align:start line:0\nup\n"), "{vtt}");
    assert!(vtt.contains("00:00:03.000 --> 00:00:04.000\ndown\n"), "{vtt}");
    assert!(text(&srt).contains("\n{\\an8}<i>up</i>\n"));
}

/// A PGS file with one empty picture.
fn pgs() -> Vec<u8> {
    let segment = |kind: u8, payload: &[u8]| {
        let head = [b"PG".as_slice(), &90_000u32.to_be_bytes(), &[0; 4], &[kind]].concat();
        [head, (payload.len() as u16).to_be_bytes().to_vec(), payload.to_vec()].concat()
    };
    let composition = [7, 128, 4, 56, 16, 0, 0, 0x80, 0, 0, 0];
    let one = [segment(0x16, &composition), segment(0x80, &[])].concat();
    one.repeat(8)
}

#[test]
fn several_tracks_are_read_at_once() {
    let mut studio = Studio::new();
    let (srt, ass, vtt) = (
        source(&studio, Format::Srt).display().to_string(),
        source(&studio, Format::Ass).display().to_string(),
        source(&studio, Format::Vtt).display().to_string(),
    );
    fs::write(studio.path("p.sup"), pgs()).unwrap();
    let sup = studio.path("p.sup").display().to_string();
    let args = format!(
        "{FILM} -i {srt} -i {ass} -f sup -i {sup} -i {vtt} -map 0 -map 1 -map 2 -map 3 -map 4 -map 5 -c:v mpeg4 \
        -c:a flac -c:s copy -metadata:s:s:0 language=ger -metadata:s:s:1 title=Signs -disposition:s:1 forced \
        -disposition:s:3 hearing_impaired"
    );
    let path = studio.make("many.mkv", &args);
    let probe = studio.probe(&path).unwrap();
    let seen: Vec<(u32, &str, bool)> =
        probe.subtitles.iter().map(|it| (it.index, it.codec.as_str(), it.text)).collect();
    let expected = [
        (2, "subrip", true),
        (3, "ass", true),
        (4, "hdmv_pgs_subtitle", false),
        (5, "webvtt", true),
    ];
    assert_eq!(seen, expected);
    let [first, second, _, last] = &probe.subtitles[..] else { panic!("{probe:?}") };
    assert_eq!((first.language.as_deref(), first.title.as_deref()), (Some("ger"), None));
    assert_eq!((second.title.as_deref(), second.disposition.forced), (Some("Signs"), true));
    assert!(last.disposition.hearing_impaired && !last.disposition.forced);

    let found = texts(&mut studio, &path, &[5, 3, 4, 99, 0, 1, 3, 2]).unwrap();
    let indices: Vec<u32> = found.iter().map(|it| it.index).collect();
    assert_eq!(indices, [5, 3, 2], "as they were named, once, and only text");
    for track in &found {
        assert_eq!(of(track), script(), "{}", track.index);
    }
    assert_eq!(texts(&mut studio, &path, &[3]).unwrap(), found[1..2], "alone as together");
    assert_eq!(texts(&mut studio, &path, &[]).unwrap(), []);
    assert_eq!(texts(&mut studio, &path, &[0, 1, 4, u32::MAX]).unwrap(), []);
}

#[test]
fn mp4_tracks_have_their_names() {
    let mut studio = Studio::new();
    let srt = source(&studio, Format::Srt).display().to_string();
    let args = format!(
        "{SOUND} -i {srt} -i {srt} -map 0 -map 1 -map 2 -c:a aac -c:s mov_text -metadata:s:s:0 language=jpn \
        -metadata:s:s:0 handler_name=Forced -disposition:s:1 forced"
    );
    let path = studio.make("named.mp4", &args);
    let probe = studio.probe(&path).unwrap();
    let [first, second] = &probe.subtitles[..] else { panic!("{probe:?}") };
    assert_eq!((first.codec.as_str(), first.text), ("mov_text", true));
    assert_eq!((first.language.as_deref(), first.title.as_deref()), (Some("jpn"), Some("Forced")));
    assert_eq!((&second.language, &second.title), (&None, &None), "`SubtitleHandler` is no title");
    assert!(second.disposition.forced);
    assert_eq!(probe.audio[0].title, None, "`SoundHandler` is no title");
    let found = all(&mut studio, &path);
    assert_eq!(found.iter().map(of).collect::<Vec<_>>(), [script(), script()]);
}

#[test]
fn text_is_on_the_clock_of_the_audio() {
    let mut studio = Studio::new();
    // The sound begins when this cue does.
    fs::write(studio.path("s.srt"), "1\n00:00:02,000 --> 00:00:03,500\nnow\n").unwrap();
    let srt = studio.path("s.srt").display().to_string();
    let video = "-f lavfi -i testsrc=d=30:s=160x120:r=25";
    for (name, before, codecs) in [
        ("a.mkv", String::new(), "-c:a flac -c:v mpeg4 -c:s srt -output_ts_offset 4.9"),
        ("b.mkv", String::new(), "-c:a aac -c:v mpeg4 -c:s ass -output_ts_offset 4.9"),
        ("c.mp4", String::new(), "-c:a aac -c:v mpeg4 -c:s mov_text -output_ts_offset 4.9"),
        ("d.mkv", String::new(), "-c:a ac3 -c:v mpeg4 -c:s srt -output_ts_offset -4.9"),
        ("e.mkv", String::new(), "-c:a libopus -c:s srt"),
        ("f.mp4", String::new(), "-c:a aac -c:v mpeg4 -c:s mov_text"),
        ("g.webm", String::new(), "-c:a libopus -c:s webvtt -output_ts_offset 4.9"),
    ] {
        let video = if codecs.contains("-c:v") { video } else { "" };
        let args = format!("{before}{video} {SOUND} -i {srt} {codecs}");
        let args = args.split_whitespace().collect::<Vec<_>>().join(" ");
        let path = studio.make(name, &args);
        let start = studio.probe(&path).unwrap().start.0;
        let found = all(&mut studio, &path);
        let cues = of(&found[0]);
        let [(from, to, lines)] = &cues[..] else { panic!("{name}: {cues:?}") };
        assert_eq!((lines.join("|").as_str(), to - from), ("now", 1500), "{name}");
        let heard = (onset(&studio.hear(&path).0) * 1000 / SECOND) as i64;
        assert!(
            (from - heard).abs() < 50,
            "{name}: shown at {from}, heard at {heard}, start {start}"
        );
        assert!((from - 2000).abs() < 50, "{name}: shown at {from}, start {start}");
    }
    let offset = studio.path("a.mkv");
    assert!(studio.probe(&offset).unwrap().start.0.abs_diff(4900) < 50, "the offset is there");
}

#[test]
fn a_track_without_a_cue_is_an_empty_file() {
    let mut studio = Studio::new();
    for (name, format, codec) in [
        ("n.mkv", Format::Srt, "srt"),
        ("o.mkv", Format::Ass, "ass"),
        ("p.mkv", Format::Vtt, "webvtt"),
        ("q.mp4", Format::Srt, "mov_text"),
    ] {
        let srt = source(&studio, Format::Srt).display().to_string();
        let path =
            studio.make(name, &format!("{SOUND} -i {srt} -map 0 -map 1 -t 0.5 -c:s {codec}"));
        let found = all(&mut studio, &path);
        let [track] = &found[..] else { panic!("{name}: {found:?}") };
        assert_eq!((track.format, of(track)), (format, Vec::new()), "{name}");
    }
}

#[test]
fn of_a_cut_file_comes_what_is_there() {
    let mut studio = Studio::new();
    for (name, codecs) in [
        ("c.mkv", "-c:a flac -c:v mpeg4 -c:s srt"),
        ("d.mkv", "-c:a flac -c:v mpeg4 -c:s ass"),
        ("c.mp4", "-c:a aac -c:v mpeg4 -c:s mov_text -movflags +faststart"),
    ] {
        let srt = source(&studio, Format::Srt).display().to_string();
        let path = studio.make(name, &format!("{FILM} -i {srt} -map 0 -map 1 -map 2 {codecs}"));
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
        let found = all(&mut studio, &path);
        let [track] = &found[..] else { panic!("{name}: {found:?}") };
        let cues = of(track);
        assert!((3..5).contains(&cues.len()), "{name}: {cues:?}");
        assert_eq!(cues, script()[..cues.len()], "{name}");
    }
}

/// What the child has read so far, in bytes.
fn read_by(studio: &Studio) -> u64 {
    let pid = studio.engine.pid().unwrap();
    let io = fs::read_to_string(format!("/proc/{pid}/io")).unwrap();
    io.lines().find_map(|it| it.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

#[test]
fn what_is_not_wanted_of_an_mp4_is_not_read() {
    let mut studio = Studio::new();
    let srt = source(&studio, Format::Srt).display().to_string();
    let sound = "-f lavfi -i sine=440:d=30:r=96000";
    let args = format!("{sound} -i {srt} -map 0 -map 1 -ac 8 -c:a pcm_s24le -c:s mov_text");
    let path = studio.make("large.mov", &args);
    let size = fs::metadata(&path).unwrap().len();
    assert!(size > 60_000_000, "{size}");
    let before = read_by(&studio);
    let found = texts(&mut studio, &path, &[1]).unwrap();
    let read = read_by(&studio) - before;
    assert_eq!(of(&found[0]), script());
    assert!(read < size / 8, "{read} bytes of {size}");
}

#[test]
fn another_encoding_becomes_utf8() {
    let mut studio = Studio::new();
    let line = "\u{4f60}\u{597d}\u{ff0c}\u{4eca}\u{5929}\u{5929}\u{6c14}\u{5f88}\u{597d}\u{3002}";
    let (gbk, _, _) = encoding_rs::GBK.encode(line);
    let cue = |nth: u8| {
        let head = format!("{nth}\n00:00:0{nth},000 --> 00:00:0{nth},900\n");
        [head.as_bytes(), &gbk, b"\n\n"].concat()
    };
    fs::write(studio.path("g.srt"), (1..=8).flat_map(cue).collect::<Vec<u8>>()).unwrap();
    let srt = studio.path("g.srt").display().to_string();
    let path = studio.make("g.mkv", &format!("{SOUND} -i {srt} -map 0 -map 1 -c:a flac -c:s copy"));
    let found = all(&mut studio, &path);
    let cues = of(&found[0]);
    assert_eq!(cues.len(), 8);
    assert!(cues.iter().all(|it| it.2 == [line]), "{cues:?}");
}

#[test]
fn what_cannot_be_read_is_refused() {
    let mut studio = Studio::new();
    let cancel = Cancel::default();
    fs::write(studio.path("noise.mkv"), [7u8; 5000]).unwrap();
    let (noise, gone) = (studio.path("noise.mkv"), studio.path("gone.mkv"));
    assert!(texts(&mut studio, &noise, &[0]).is_err());
    assert!(texts(&mut studio, &gone, &[0]).is_err());
    cancel.set();
    let fault = studio.engine.texts(&gone, &[0], &cancel, &mut || ()).unwrap_err();
    assert_eq!(fault.what, "interrupted");
    assert!(studio.engine.pid().is_none(), "no child is left behind");
}

/// An engine whose child gives these answers to its first request, whatever it is.
fn engine_that_says(dir: &Path, answers: &[Frame<FromMedia>]) -> MediaEngine {
    let (mut hello, mut said) = (Vec::new(), Vec::new());
    wire::write_message(&mut hello, &Hello { version: PROTOCOL_VERSION }).unwrap();
    for answer in answers {
        match answer {
            Frame::Message(message) => wire::write_message(&mut said, message).unwrap(),
            Frame::Pcm(samples) => wire::write_pcm(&mut said, samples).unwrap(),
        }
    }
    fs::write(dir.join("hello"), hello).unwrap();
    fs::write(dir.join("said"), said).unwrap();
    let folder = dir.display();
    let program = dir.join("child");
    let script = format!(
        "#!/bin/sh\ncat {folder}/hello\nhead -c 5 > /dev/null\ncat {folder}/said\ncat > /dev/null\n"
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    MediaEngine::start(&Launcher::new(program)).unwrap()
}

#[test]
fn signs_of_life_are_passed_on() {
    let dir = tempfile::tempdir().unwrap();
    let track = TextTrack { index: 3, format: Format::Srt, bytes: b"1\n".to_vec() };
    let life = || Frame::Pcm(Vec::new());
    let answers = [life(), life(), Frame::Message(FromMedia::Texts(vec![track.clone()]))];
    let mut engine = engine_that_says(dir.path(), &answers);
    let mut signs = 0;
    let found = engine.texts(Path::new("f"), &[3], &Cancel::default(), &mut || signs += 1).unwrap();
    assert_eq!((found, signs), (vec![track], 2));
    for wrong in [Frame::Message(FromMedia::Begins(None)), Frame::Pcm(vec![0.5])] {
        let mut engine = engine_that_says(dir.path(), &[wrong]);
        let fault = engine.texts(Path::new("f"), &[3], &Cancel::default(), &mut || ()).unwrap_err();
        assert!(fault.what.contains("another question"), "{fault}");
        assert!(engine.pid().is_none(), "it is not asked again");
    }
}

#[test]
fn damage_never_ends_the_engine() {
    let mut studio = Studio::new();
    for (name, codecs) in [
        ("x.mkv", "-c:a flac -c:s srt"),
        ("y.mkv", "-c:a flac -c:s ass"),
        ("z.mp4", "-c:a aac -c:s mov_text -movflags +faststart"),
    ] {
        let srt = source(&studio, Format::Srt).display().to_string();
        let path = studio.make(name, &format!("{SOUND} -i {srt} -map 0 -map 1 {codecs}"));
        let bytes = fs::read(&path).unwrap();
        let mut seed = 11u64;
        for _ in 0..24 {
            let mut damaged = bytes.clone();
            for _ in 0..60 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (seed >> 33) as usize % damaged.len();
                damaged[at] = (seed >> 25) as u8;
            }
            fs::write(&path, &damaged).unwrap();
            // Whatever comes must be a subtitle file; a file that cannot be opened is refused in words.
            match texts(&mut studio, &path, &[0, 1, 2]) {
                Ok(found) => found.iter().for_each(|it| drop(of(it))),
                Err(fault) => assert!(!fault.what.contains("engine"), "{name}: {fault}"),
            }
        }
    }
}
