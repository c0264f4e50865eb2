//! Subtitles against the speech in real audio: shifted, stretched and cut ones are mended; and `kinora sync`, whole.

use crate::house::{FAILED, GOOD, House, Ran, finish};
use crate::listen::{Notebook, launcher};
use crate::support::clips::{self, LANGS, SAMPLES_PER_S};
use crate::support::film::{Film, Layout, Said, film};
use crate::support::srt;
use kinora::base::cancel::Cancel;
use kinora::domain::speech::SpeechParams;
use kinora::domain::sync::{self, Alignment};
use kinora::domain::time::{Ms, Span};
use kinora::engines::media::MediaEngine;
use kinora::engines::wire::LoadParams;
use kinora::pipeline::subtitle::ears::Ears;
use kinora::pipeline::subtitle::{Cx, speech};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const SEED: u64 = 2;
/// Length of the film where nobody asks for more, seconds.
const FILM_S: usize = 600;
/// What is promised: so many percent of the starts so near.
const IN_PLACE_PERCENT_MIN: f64 = 95.0;
const NEAR_MS: i64 = 100;
/// A cue of a subtitle made by hand: about so long, and cut at a pause of at least this.
const CUE_MS: i64 = 5_000;
const CUE_PAUSE_MS: i64 = 150;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Where the voice detector hears speech in a film, by the engines.
fn heard(path: &Path) -> Vec<Span> {
    let mut media = MediaEngine::start(&launcher()).unwrap();
    // A model that is not there: nothing may want it.
    let load = LoadParams {
        model: Some(here("models/no-such-model.bin")),
        vad: here("models/ggml-silero-v6.bin"),
        states: 1,
        threads_per_state: 1,
        gpu: None,
    };
    let mut ears = Ears::new(launcher(), load);
    let (notebook, cancel) = (Notebook::default(), Cancel::default());
    let mut looked = Ms(0);
    let mut progress = |received: Ms, now: Ms| {
        assert!(looked <= now && now <= received, "progress goes forward");
        looked = now;
    };
    let mut cx = Cx {
        media: &mut media,
        ears: &mut ears,
        memory: &notebook,
        cancel: &cancel,
        progress: &mut progress,
    };
    let track = cx.media.probe(path).unwrap().audio[0].index;
    let (spans, report) = speech::find_all(&mut cx, path, track, &SpeechParams::default()).unwrap();
    assert_eq!(looked, Ms::of_sample(report.samples), "all of it was looked through");
    assert!(spans.windows(2).all(|it| it[0].end < it[1].start), "in order, apart");
    spans
}

/// A correct subtitle of a film: each sentence from its first sound on, long ones cut at pauses.
fn cues(film: &Film) -> Vec<Span> {
    let mut cues: Vec<Span> = Vec::new();
    for said in &film.said {
        let mut open: Option<Span> = None;
        for sound in film.speech.iter().filter(|it| said.span.contains(&it.start)) {
            let sound = Span::new(sound.start as i64, sound.end as i64);
            match &mut open {
                Some(cue)
                    if sound.end.0 - cue.start.0 <= CUE_MS
                        || sound.start.0 - cue.end.0 < CUE_PAUSE_MS =>
                {
                    cue.end = sound.end;
                }
                Some(_) | None => cues.extend(open.replace(sound)),
            }
        }
        cues.extend(open);
    }
    cues
}

/// What is done to a subtitle.
struct Harm {
    name: &'static str,
    /// Frame rate it is brought to by that of the film.
    rate: f64,
    shift: i64,
    /// Added to the second half.
    pause: i64,
}

fn harms() -> Vec<Harm> {
    let pal = 25.0 / (24_000.0 / 1001.0);
    let row = |name, rate, shift, pause| Harm { name, rate, shift, pause };
    vec![
        row("as it is", 1.0, 0, 0),
        row("20 s early", 1.0, -20_000, 0),
        row("4.9 s early", 1.0, -4_900, 0),
        row("1 s early", 1.0, -1_000, 0),
        row("3 s late", 1.0, 3_000, 0),
        row("20 s late", 1.0, 20_000, 0),
        row("as for 25 frames", 1.0 / pal, 0, 0),
        row("as for 23.976", pal, 0, 0),
        row("as for 24 of 23.976", 1.001, 0, 0),
        row("break of 30 s", 1.0, 0, 30_000),
        row("25 frames, 8 s late", 1.0 / pal, 8_000, 0),
        row("25 frames, 20 s early", 1.0 / pal, -20_000, 0),
        row("25 frames and break", 1.0 / pal, 0, 30_000),
        row("3 s early and break", 1.0, -3_000, 30_000),
    ]
}

/// How far the starts are off, sorted; cues that the harm put before the film are gone, as in real files.
fn errors(cues: &[Span], harm: &Harm, speech: &[Span]) -> (Vec<i64>, Option<Alignment>) {
    let half = cues[cues.len() / 2].start;
    let place = |it: Ms, of: &Span| {
        let late = if half <= of.start { harm.pause } else { 0 };
        ((it.0 + late) as f64 * harm.rate).round() as i64 + harm.shift
    };
    let harmed = cues.iter().map(|it| (*it, Span::new(place(it.start, it), place(it.end, it))));
    let harmed: Vec<(Span, Span)> = harmed.filter(|it| Ms(0) <= it.1.start).collect();
    let given: Vec<Span> = harmed.iter().map(|it| it.1).collect();
    let found = sync::align(&given, speech);
    let mended = |it: &Span| found.as_ref().map_or(*it, |found| found.apply(*it));
    let error = |it: &(Span, Span)| (mended(&it.1).start - it.0.start).0.abs();
    let mut errors: Vec<i64> = harmed.iter().map(error).collect();
    errors.sort();
    (errors, found)
}

#[test]
fn harmed_subtitles_of_real_speech_are_mended() {
    let soak = std::env::var_os("KINORA_SOAK").is_some();
    let langs = if soak { LANGS.len() } else { 1 };
    for (lang, _, _) in &LANGS[..langs] {
        let (Some(clips), Some(music)) = (clips::clips(lang), clips::music()) else {
            println!("skipped: needs asterisk-core-sounds-*-g722 and asterisk-moh-opsound-wav");
            return;
        };
        let length_s = if soak { usize::MAX / 1000 } else { FILM_S };
        let layout = Layout { lang, seed: SEED, length_s, pauses_per_long: 7 };
        let film = film(&layout, &clips, &music);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mkv");
        film.write(&path, &["-c:a", "flac"]);
        let (speech, cues) = (heard(&path), cues(&film));
        println!(
            "{lang}: {} s, {} cues, {:?}",
            film.length_ms() / 1000,
            cues.len(),
            sync::fit(&cues, &speech)
        );
        for harm in harms() {
            let (errors, found) = errors(&cues, &harm, &speech);
            let near = errors.iter().filter(|it| **it <= NEAR_MS).count();
            let share = 100.0 * near as f64 / errors.len() as f64;
            let (median, p95) = (errors[errors.len() / 2], errors[errors.len() * 95 / 100]);
            let told = found.as_ref().map_or("nothing".to_owned(), Alignment::told);
            println!(
                "  {:22} {share:5.1} % within {NEAR_MS} ms, median {median} ms, p95 {p95} ms: {told}",
                harm.name
            );
            assert!(IN_PLACE_PERCENT_MIN <= share, "{lang}, {}: {found:?}", harm.name);
        }
        assert_eq!(sync::align(&cues, &speech), None, "{lang}: what fits is left");
        // Another film's speech is not believed.
        let turned: Vec<Span> = speech
            .iter()
            .rev()
            .map(|it| Span::new(3_600_000 - it.end.0, 3_600_000 - it.start.0))
            .collect();
        assert_eq!(sync::align(&cues, &turned), None, "{lang}: the film backwards");
    }
}

/// Where phrases of the sample lie, milliseconds.
const PHRASES: [Range<u64>; 4] = [290..2_210, 3_300..4_350, 5_380..7_650, 8_160..10_590];

/// A film of the sample's phrases in an order and with pauses of its own.
fn sample_film() -> Film {
    let sample = clips::decode(&here("assets/jfk.wav"), &[]);
    let mut film = Film {
        lang: "en",
        samples: Vec::new(),
        said: Vec::new(),
        words: Vec::new(),
        speech: Vec::new(),
    };
    let mut chance = 12_345_u64;
    let mut next = |below: u64| {
        chance =
            chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % below
    };
    let at = |ms: u64| ms as usize * SAMPLES_PER_S / 1000;
    for clip in 0..48 {
        let pause = 700 + 10 * next(450);
        film.samples.extend(std::iter::repeat_n(0.0, at(pause)));
        let phrase = PHRASES[next(PHRASES.len() as u64) as usize].clone();
        let start = film.length_ms();
        film.samples.extend_from_slice(&sample[at(phrase.start)..at(phrase.end)]);
        let span = start..film.length_ms();
        film.speech.push(span.clone());
        film.said.push(Said { clip, span });
    }
    film
}

/// SubRip with things that must stay: odd numbers, tags, and a letter in the encoding of old Windows.
fn subrip(film: &Film, late_ms: i64) -> Vec<u8> {
    let code = |ms: u64| {
        let ms = ms as i64 + late_ms;
        format!(
            "{:02}:{:02}:{:02},{:03}",
            ms / 3_600_000,
            ms / 60_000 % 60,
            ms / 1000 % 60,
            ms % 1000
        )
    };
    let mut bytes = Vec::new();
    for (number, said) in film.said.iter().enumerate() {
        let (start, end) = (code(said.span.start), code(said.span.end));
        let block =
            format!("{}\r\n{start} --> {end}\r\n<i>Que dit-il {number}, l'", 2 * number + 1);
        bytes.extend(block.into_bytes());
        bytes.extend(b"\xe9l\xe8ve fran\xe7ais ?</i>\r\n\r\n");
    }
    bytes
}

fn kinora_sync(house: &House, flags: &str, paths: &[&Path]) -> Ran {
    let mut command = house.dressed(env!("CARGO_BIN_EXE_kinora"));
    finish(command.arg("sync").args(flags.split(' ').filter(|it| !it.is_empty())).args(paths))
}

#[test]
fn the_command_shows_then_mends_and_keeps_what_was() {
    let house = House::new();
    let film = sample_film();
    film.write(&house.film("film.mkv"), &["-c:a", "flac"]);
    let late = subrip(&film, 2_500);
    let (path, right) =
        (house.write("film.fr.srt", &late), house.write("film.de.srt", &subrip(&film, 0)));
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();

    // A plan changes nothing.
    let ran = kinora_sync(&house, "", &[&path, &right]);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    assert!(
        ran.out.contains("2.5 s earlier") && ran.out.contains("--apply does it"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("it fits; nothing to do"), "{}", ran.out);
    assert_eq!(std::fs::read(&path).unwrap(), late);
    assert!(!house.aside("data/backups").exists());

    let ran = kinora_sync(&house, "--apply --json", &[&path, &right]);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let lines = ran.lines();
    assert_eq!([&lines[0]["status"], &lines[1]["status"]], ["mended", "fits"], "{lines:?}");
    let backup = lines[0]["backup"]["path"].as_str().unwrap();
    assert!(backup.ends_with("-film.fr.srt"), "{backup}");
    assert_eq!(std::fs::read(backup).unwrap(), late, "the file as it was is kept");
    assert_eq!(std::fs::read(&right).unwrap(), subrip(&film, 0), "what fits is not touched");

    let mended = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
    let was: String = late.iter().map(|it| char::from(*it)).collect();
    assert_eq!(mended.lines().count(), was.lines().count());
    for (now, was) in mended.lines().zip(was.lines()) {
        assert!(now == was || was.contains(" --> "), "only times change: {was} became {now}");
    }
    assert_eq!(mended.matches("\r\n").count(), was.matches("\r\n").count());
    let starts = srt::read(&mended).into_iter().zip(&film.said);
    let off: Vec<u64> =
        starts.map(|(cue, said)| cue.span.start.abs_diff(said.span.start)).collect();
    assert!(off.iter().all(|it| *it <= NEAR_MS as u64), "{off:?}");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o640);
    let names: Vec<_> = house.listing().into_keys().collect();
    assert_eq!(names, ["film.de.srt", "film.fr.srt", "film.mkv"], "nothing else is left");

    let ran = kinora_sync(&house, "--apply", &[&path]);
    assert!(ran.out.contains("it fits; nothing to do"), "{ran:?}");
}

#[test]
fn what_cannot_be_judged_is_left_and_told() {
    let house = House::new();
    house.speech("short.mkv");
    house.write("broken.mkv", b"no film at all");
    let cue = b"1\n00:00:01,000 --> 00:00:03,000\nAnd so\n\n";
    let rows = [
        ("alone.srt", &cue[..], FAILED, "no video beside it"),
        ("short.srt", &cue[..], GOOD, "too few cues"),
        ("short.en.srt", &b"nothing to see"[..], FAILED, "no cue with text"),
        ("short.ass", &[0, 159, 146, 150][..], FAILED, "no cue with text"),
        ("broken.srt", &cue[..], FAILED, "the video cannot be used"),
    ];
    for (name, bytes, code, told) in rows {
        let path = house.write(name, bytes);
        let ran = kinora_sync(&house, "--apply", &[&path]);
        assert_eq!(ran.code, Some(code), "{name}: {ran:?}");
        assert!(ran.out.contains(told), "{name}: {ran:?}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{name}");
    }
    let ran = kinora_sync(&house, "", &[&house.film("none.srt")]);
    assert_eq!(
        (ran.code, ran.out.contains("there is no such file")),
        (Some(FAILED), true),
        "{ran:?}"
    );
    assert!(!house.aside("data/backups").exists());
}
