//! Subtitles that are there: what is decided of them and why, for files as people have them; and what comes of it.

use crate::house::{GOOD, House, Ran};
use kinora::domain::subtitle::{Document, Format};
use std::path::Path;

/// The sample is eleven seconds long, and four phrases are said in it, from and to these milliseconds. A text has two
/// lines for each, in turns.
const SAMPLE_MS: u64 = 11_000;
const PHRASES_MS: [(u64, u64); 4] = [(320, 2200), (3300, 4400), (5400, 7700), (8200, 10_500)];
/// How often the film says them: a text of some length tells its language.
const TIMES: u64 = 4;

/// What is said, line by line.
type Text = [&'static str; 8];

const ENGLISH: Text = [
    "And so, my fellow Americans,",
    "you should never ask yourselves",
    "what your country can do for you,",
    "ask what you can do for your country.",
    "My fellow citizens of the world,",
    "do not wonder about it any longer,",
    "what America will do for you,",
    "but what together we can do for freedom.",
];
const FRENCH: Text = [
    "Et ainsi, mes chers compatriotes,",
    "ne vous demandez surtout jamais",
    "ce que votre pays peut faire pour vous,",
    "demandez ce que vous pouvez faire pour lui.",
    "Mes chers concitoyens du monde entier,",
    "ne vous demandez plus jamais cela,",
    "ce que l'Amérique fera pour vous tous,",
    "mais ce que nous pouvons faire pour la liberté.",
];
const SIMPLIFIED: Text = [
    "所以，我的美国同胞们，",
    "不要问你们自己，",
    "你们的国家能为你们做些什么，",
    "而要问你们能为国家做些什么。",
    "全世界的公民们，",
    "不要再为这件事发愁，",
    "美国将为你们做些什么，",
    "而要问我们一起能为自由做些什么。",
];
const TRADITIONAL: Text = [
    "所以，我的美國同胞們，",
    "不要問你們自己，",
    "你們的國家能為你們做些什麼，",
    "而要問你們能為國家做些什麼。",
    "全世界的公民們，",
    "不要再為這件事發愁，",
    "美國將為你們做些什麼，",
    "而要問我們一起能為自由做些什麼。",
];

/// A house with a film of the sample, said several times over.
fn house() -> House {
    let house = House::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/jfk.wav");
    let list = house.aside("list.txt");
    let line = format!("file '{}'\n", sample.display());
    std::fs::write(&list, line.repeat(TIMES as usize)).unwrap();
    let inputs = format!("-f concat -safe 0 -i {}", list.display());
    house.make_of(&inputs, "../speech.wav", "-ac 1 -ar 16000");
    house
}

/// A subtitle of the film, late by some milliseconds.
fn srt(lines: Text, late_ms: u64) -> String {
    let time = |ms: u64| {
        let (s, ms) = (ms / 1000, ms % 1000);
        format!("00:{:02}:{:02},{ms:03}", s / 60, s % 60)
    };
    let cue = |nth: u64, (from, to): (u64, u64), line: &str| {
        let at = nth * SAMPLE_MS + late_ms;
        format!("{} --> {}\n{line}\n\n", time(at + from), time(at + to))
    };
    let mut text = String::new();
    for (number, (nth, phrase)) in
        (0..TIMES).flat_map(|nth| (0..4).map(move |phrase| (nth, phrase))).enumerate()
    {
        text.push_str(&format!("{}\n{}", number + 1, {
            let line = lines[(nth % 2) as usize * 4 + phrase];
            cue(nth, PHRASES_MS[phrase], line)
        }));
    }
    text
}

/// The smallest stream of pictures that FFmpeg takes for Blu-ray subtitles: a screen that is empty.
fn pgs() -> Vec<u8> {
    let segment = |at: u32, kind: u8, body: &[u8]| {
        let mut bytes = b"PG".to_vec();
        bytes.extend((at * 90).to_be_bytes());
        bytes.extend(0u32.to_be_bytes());
        bytes.push(kind);
        bytes.extend((body.len() as u16).to_be_bytes());
        bytes.extend(body);
        bytes
    };
    let screen = [0x07, 0x80, 0x04, 0x38, 0x10, 0, 1, 0x80, 0, 0, 0];
    let window = [1, 0, 0, 0, 0, 0, 0, 0, 16, 0, 16];
    [1000, 3000]
        .iter()
        .flat_map(|at| {
            [segment(*at, 0x16, &screen), segment(*at, 0x17, &window), segment(*at, 0x80, &[])]
        })
        .flatten()
        .collect()
}

impl House {
    /// A film of the speech with these subtitle files as tracks inside, made with these flags of `ffmpeg`.
    fn with_tracks(&self, name: &str, tracks: &[(&str, &[u8])], flags: &str) {
        let mut inputs = format!("-i {}", self.aside("speech.wav").display());
        let mut maps = "-map 0:a".to_owned();
        for (number, (track, bytes)) in tracks.iter().enumerate() {
            let file = self.aside(&format!("{number}-{track}"));
            std::fs::write(&file, bytes).unwrap();
            inputs.push_str(&format!(" -i {}", file.display()));
            maps.push_str(&format!(" -map {}:s", number + 1));
        }
        self.make_of(&inputs, name, &format!("{maps} {flags}"));
    }

    /// What would be done and why, a tree of sentences, without this machine's folders.
    fn explained(&self, flags: &str, name: &str) -> String {
        let args = [&["explain", "--json"], &flags.split(' ').collect::<Vec<_>>()[..]].concat();
        let mut command = self.dressed(env!("CARGO_BIN_EXE_kinora"));
        command.args(args.into_iter().filter(|it| !it.is_empty())).arg(self.film(name));
        let ran = crate::house::finish(&mut command);
        assert_eq!(ran.code, Some(GOOD), "{}", ran.err);
        let told = &ran.lines()[0];
        let mut text =
            format!("{name} {flags}\n{}: {}\n", word(&told["verdict"]), word(&told["decision"]));
        tree(&told["reasons"], 1, &mut text);
        text.replace(&format!("{}/", self.films().display()), "")
    }
}

fn word(value: &serde_json::Value) -> &str {
    value.as_str().unwrap()
}

fn tree(reasons: &serde_json::Value, depth: usize, into: &mut String) {
    for reason in reasons.as_array().into_iter().flatten() {
        into.push_str(&format!("{}{}\n", "  ".repeat(depth), word(&reason["text"])));
        tree(&reason["because"], depth + 1, into);
    }
}

fn utf16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xFF, 0xFE].into_iter().chain(units).collect()
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GBK.encode(text).0.into_owned()
}

fn big5(text: &str) -> Vec<u8> {
    encoding_rs::BIG5.encode(text).0.into_owned()
}

/// Files as people have them.
fn fill(house: &House) {
    let (english, french) = (srt(ENGLISH, 0), srt(FRENCH, 0));
    let (en, fr) = (("en.srt", english.as_bytes()), ("fr.srt", french.as_bytes()));
    house.with_tracks(
        "Wrong tags.mkv",
        &[fr, en],
        "-c:a flac -c:s srt -metadata:s:a:0 language=eng -metadata:s:s:0 language=eng \
         -metadata:s:s:1 language=fre",
    );
    house.with_tracks(
        "Untagged.mp4",
        &[en, fr],
        "-c:a aac -c:s mov_text -metadata:s:a:0 language=eng -metadata:s:s:1 language=fre",
    );
    house.with_tracks(
        "Formats.mkv",
        &[en, fr],
        "-c:a flac -c:s:0 ass -c:s:1 webvtt -metadata:s:s:0 language=eng -metadata:s:s:1 language=fre",
    );
    house.with_tracks(
        "Forced only.mkv",
        &[en],
        "-c:a flac -c:s srt -metadata:s:s:0 language=eng -disposition:s:0 forced",
    );
    house.with_tracks(
        "Signs.mkv",
        &[en],
        "-c:a flac -c:s srt -metadata:s:s:0 language=eng -metadata:s:s:0 title=Signs&Songs",
    );
    house.with_tracks(
        "Pictures only.mkv",
        &[("pictures.sup", &pgs())],
        "-c:a flac -c:s copy -metadata:s:s:0 language=eng",
    );
    let speech = house.aside("speech.wav");
    let two = format!("-i {0} -i {0}", speech.display());
    house.make_of(
        &two,
        "Commentary first.mkv",
        "-map 0:a -map 1:a -c:a flac -metadata:s:a:0 language=eng -metadata:s:a:0 title=Commentary \
         -metadata:s:a:1 language=eng -disposition:a:0 default -disposition:a:1 0",
    );
    let late = srt(ENGLISH, 4900);
    std::fs::write(house.aside("late.srt"), &late).unwrap();
    house.make_of(
        &format!(
            "-f lavfi -i color=s=32x32:r=5:d=49 -itsoffset 4.9 -i {} -i {}",
            speech.display(),
            house.aside("late.srt").display()
        ),
        "Starts late.mkv",
        "-map 0:v -map 1:a -map 2:s -c:v mpeg4 -c:a flac -c:s srt -metadata:s:s:0 language=eng",
    );
    for (film, sidecar, bytes) in [
        ("GBK", "zh.srt", gbk(&srt(SIMPLIFIED, 0))),
        ("Big5 that lies", "chs.srt", big5(&srt(TRADITIONAL, 0))),
        ("UTF-16", "简体中文.zho.srt", utf16(&srt(SIMPLIFIED, 0))),
        ("Beside it", "en.srt", english.clone().into_bytes()),
        ("Late by two seconds", "en.srt", srt(ENGLISH, 2000).into_bytes()),
        ("Of another film", "en.srt", srt(ENGLISH, 600_000).into_bytes()),
        ("Garbage", "en.srt", crate::house::noise(3000)),
    ] {
        house.with_tracks(&format!("{film}.mkv"), &[], "-c:a flac -metadata:s:a:0 language=eng");
        house.write(format!("{film}.{sidecar}"), &bytes);
    }
}

#[test]
fn each_decision_has_its_reasons() {
    let house = house();
    fill(&house);
    let told: Vec<String> = [
        ("--to en", "Wrong tags.mkv"),
        ("--to fr", "Wrong tags.mkv"),
        ("--to en", "Untagged.mp4"),
        ("--to en,fr", "Formats.mkv"),
        ("", "Formats.mkv"),
        ("--to en", "Forced only.mkv"),
        ("--to en", "Signs.mkv"),
        ("--to en", "Pictures only.mkv"),
        ("--to en", "Commentary first.mkv"),
        ("--to en", "Starts late.mkv"),
        ("--to zh-Hans", "GBK.mkv"),
        ("--to zh-Hans", "Big5 that lies.mkv"),
        ("--to zh-Hant", "Big5 that lies.mkv"),
        ("--to zh-Hans", "UTF-16.mkv"),
        ("--to zh-Hans --subtitle-mode ignore", "UTF-16.mkv"),
        ("--to en", "Beside it.mkv"),
        ("--to en --ignore-existing", "Beside it.mkv"),
        ("--to en --subtitle-mode ignore", "Beside it.mkv"),
        ("--to en --force", "Beside it.mkv"),
        ("--to en", "Garbage.mkv"),
    ]
    .into_iter()
    .map(|(flags, name)| house.explained(flags, name))
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// The status and the notices of a run of one file.
fn came_of(ran: &Ran) -> (String, String) {
    (ran.statuses().join(" "), ran.notices(0))
}

#[test]
fn what_fits_is_left_and_what_can_be_mended_is_written_anew() {
    let house = house();
    fill(&house);
    let run = |flags: &str, name: &str| house.run(&format!("--json {flags}"), &[house.film(name)]);
    let english = srt(ENGLISH, 0);

    // Good ones: inside with a lying tag, inside of a file whose sound starts late, beside it.
    for name in ["Wrong tags.mkv", "Starts late.mkv", "Beside it.mkv", "Untagged.mp4"] {
        let (status, notices) = came_of(&run("--to en", name));
        assert_eq!(status, "skipped", "{name}: {notices}");
        assert!(notices.contains("English is there"), "{name}: {notices}");
    }
    // In another encoding: a copy in UTF-8, word by word.
    for name in ["GBK", "UTF-16"] {
        let (status, notices) = came_of(&run("--to zh-Hans --format srt", &format!("{name}.mkv")));
        let ours = house.film(format!("{name}.简体中文.zho.srt"));
        if name == "UTF-16" {
            // It has the very name that ours would have, and is the owner's.
            assert_eq!(status, "skipped", "{notices}");
            assert_eq!(std::fs::read(&ours).unwrap(), utf16(&srt(SIMPLIFIED, 0)));
            continue;
        }
        assert_eq!(status, "done", "{name}: {notices}");
        assert_eq!(std::fs::read_to_string(&ours).unwrap(), srt(SIMPLIFIED, 0), "{name}");
    }
    // Two seconds late: its own words at the right times; the owner's file stays as it is.
    let (status, notices) = came_of(&run("--to en", "Late by two seconds.mkv"));
    assert_eq!(status, "done", "{notices}");
    assert!(notices.contains("times were corrected"), "{notices}");
    let mended = house.subtitle("Late by two seconds");
    let (mended, right) = (cues(&mended), cues(&english));
    assert_eq!(mended.len(), right.len());
    for ((at, text), (right_at, right_text)) in mended.iter().zip(&right) {
        assert_eq!(text, right_text);
        assert!((at - right_at).abs() <= 100, "{text} at {at} instead of {right_at}");
    }
    let kept = std::fs::read_to_string(house.film("Late by two seconds.en.srt")).unwrap();
    assert_eq!(kept, srt(ENGLISH, 2000));
    // Of another film: nothing of it is used, the film is listened to.
    let (status, notices) = came_of(&run("--to en", "Of another film.mkv"));
    assert_eq!(status, "done", "{notices}");
    assert!(house.subtitle("Of another film").contains("fellow Americans"));
}

fn cues(text: &str) -> Vec<(i64, String)> {
    let document = Document::parse(text.as_bytes(), Some(Format::Srt)).unwrap();
    document.cues().into_iter().map(|it| (it.span.start.0, it.lines.join(" "))).collect()
}
