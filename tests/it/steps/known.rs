//! Audio that was listened to is known again, and other audio is not.

use super::workshop::{Made, Workshop, order, srt_words};
use super::{ALL, lang};
use crate::support::srt::{self, SrtCue};
use kinora::domain::change::Counter;
use kinora::domain::execution::{Ending, State, Step};
use kinora::domain::order::Order;
use kinora::domain::subtitle::Format;

/// Nothing was found out or listened to.
const REUSED: [Step; 3] = [Step::Select, Step::Cue, Step::Publish];

fn windows(shop: &Workshop) -> u64 {
    shop.store.total(Counter::WindowsHeard).unwrap()
}

fn cues(shop: &Workshop, name: &str) -> Vec<SrtCue> {
    srt::read(&shop.read(name))
}

/// The same texts, so many milliseconds later, give or take what containers round.
#[track_caller]
fn assert_moved(cues: &[SrtCue], expected: &[SrtCue], by_ms: i64) {
    assert_eq!(cues.len(), expected.len());
    for (cue, expected) in cues.iter().zip(expected) {
        assert_eq!(cue.lines, expected.lines);
        for (at, was) in [(cue.span.start, expected.span.start), (cue.span.end, expected.span.end)]
        {
            let moved = at as i64 - was as i64;
            assert!((moved - by_ms).abs() <= 30, "moved by {moved} ms, not {by_ms}");
        }
    }
}

#[test]
fn a_renamed_file_and_another_wish_are_not_listened_to_again() {
    let mut shop = Workshop::new();
    let film = shop.film("film.mkv", "-c:a aac");
    assert_eq!(shop.make(&film, &order()).steps, ALL);
    let (heard, first) = (windows(&shop), cues(&shop, "film.eng.srt"));

    std::fs::create_dir(shop.at("moved")).unwrap();
    let renamed = shop.at("moved/renamed.mkv");
    std::fs::rename(&film, &renamed).unwrap();
    let made = shop.make(&renamed, &order());
    assert_eq!(
        (made.steps, made.state),
        (REUSED.to_vec(), State::Done { ending: Ending::Written })
    );
    assert_eq!(cues(&shop, "moved/renamed.eng.srt"), first);

    let mut limits = order().cue;
    limits.chars_per_line = 24;
    for wanted in [
        Order { to: vec![lang("en-GB")], ..order() },
        Order { formats: vec![Format::Vtt, Format::Ass], ..order() },
        Order { cue: limits, ..order() },
    ] {
        assert_eq!(shop.make(&renamed, &wanted).steps, REUSED, "{wanted:?}");
    }
    assert_eq!(windows(&shop), heard, "no window is heard again");

    let mut listen = order().listen;
    listen.prompt = "Kennedy".to_owned();
    let made = shop.make(&renamed, &Order { listen, ..order() });
    assert_eq!(made.steps, ALL, "another way to listen listens");
    assert!(heard < windows(&shop));
}

#[test]
fn the_same_audio_in_another_container_is_not_listened_to_again() {
    for (codec, args) in
        [("aac", "-c:a aac -ar 44100"), ("flac", "-c:a flac"), ("opus", "-c:a libopus -ar 48000")]
    {
        let mut shop = Workshop::new();
        let film = shop.film("film.mkv", args);
        assert_eq!(shop.make(&film, &order()).steps, ALL, "{codec}");
        let (heard, first) = (windows(&shop), cues(&shop, "film.eng.srt"));

        let remuxed =
            shop.ffmpeg(&format!("-i {} -c copy -strict -2", film.display()), "other.mp4");
        let made = shop.make(&remuxed, &order());
        assert_eq!(made.steps, REUSED, "{codec}");
        assert!(made.summary.notices.is_empty(), "{:?}", made.summary.notices);
        assert_moved(&cues(&shop, "other.eng.srt"), &first, 0);

        // With a picture, and the sound a second and a half behind it.
        let late = format!(
            "-itsoffset 1.5 -i {} -f lavfi -i color=s=32x32:d=8 -map 0:a -map 1:v -c:a copy -c:v mpeg4",
            film.display()
        );
        let late = shop.ffmpeg(&late, "late.mkv");
        let made = shop.make(&late, &order());
        assert_eq!(made.steps, REUSED, "{codec}");
        let reused = cues(&shop, "late.eng.srt");
        assert_moved(&reused, &first, 1500);
        assert_eq!(windows(&shop), heard, "{codec}: no window is heard again");

        // That is where listening puts them, too.
        let forced = shop.make(&late, &Order { force: true, ..order() });
        assert_eq!(forced.steps, ALL);
        let listened = cues(&shop, "late.eng.srt");
        // Windows may be cut otherwise there, and cues with them: only the ends are compared.
        let ends = |cues: &[SrtCue]| (cues[0].span.start, cues[cues.len() - 1].span.end);
        let ((start, end), (expected_start, expected_end)) = (ends(&reused), ends(&listened));
        assert!(start.abs_diff(expected_start) <= 250, "{codec}: {start}, not {expected_start}");
        assert!(end.abs_diff(expected_end) <= 500, "{codec}: {end}, not {expected_end}");
        // And back: the one that begins early, from the one that begins late.
        std::fs::remove_file(shop.at("film.eng.srt")).unwrap();
        let made = shop.make_again(&film, &order());
        assert_eq!(made.steps, REUSED);
        assert_moved(&cues(&shop, "film.eng.srt"), &listened, -1500);
    }
}

#[test]
fn other_audio_is_listened_to() {
    let mut shop = Workshop::new();
    let film = shop.film("film.mkv", "-c:a flac");
    let told = Order { from: Some(lang("en")), ..order() };
    let listened = [Step::Select, Step::Listen, Step::Cue, Step::Publish];
    assert_eq!(shop.make(&film, &told).steps, listened);
    let first = shop.read("film.eng.srt");
    for (name, args) in [
        // It begins the same, for longer than a head.
        ("shorter.mkv", "-t 10 -c:a flac"),
        ("louder.mkv", "-af volume=1.1 -c:a flac"),
    ] {
        let other = shop.film(name, args);
        let made: Made = shop.make(&other, &told);
        assert_eq!(made.steps, listened, "{name}");
    }
    assert_ne!(srt_words(&shop.read("shorter.eng.srt")), "", "it was heard");
    assert_eq!(shop.read("film.eng.srt"), first);
    // What is told about the language is another wish for listening.
    assert_eq!(shop.make(&film, &order()).steps, ALL);
    let translated = Order { to: vec![lang("en")], from: Some(lang("fr")), ..order() };
    assert_eq!(shop.make(&film, &translated).steps, listened);
    // As spoken and in English are two: what is missing is listened to, once.
    let both = Order { to: vec![lang("fr"), lang("en")], ..translated.clone() };
    let made = shop.make(&film, &both);
    assert_eq!((made.steps, made.summary.written.len()), (listened.to_vec(), 2));
    let heard = windows(&shop);
    for order in [both, translated] {
        let as_vtt = Order { formats: vec![Format::Vtt], ..order };
        assert_eq!(shop.make(&film, &as_vtt).steps, REUSED);
    }
    assert_eq!(windows(&shop), heard);
}

#[test]
fn silence_is_remembered_with_the_audio() {
    let mut shop = Workshop::new();
    let film = shop.ffmpeg("-f lavfi -i anullsrc=r=48000:d=5 -c:a flac", "silence.mkv");
    let made = shop.make(&film, &order());
    let silent = State::Done { ending: Ending::NoSpeech };
    assert_eq!((made.steps, made.state), (ALL[..3].to_vec(), silent.clone()));
    assert!(made.summary.notices[0].contains("nobody speaks"));
    let copy = shop.ffmpeg(&format!("-i {} -c copy", film.display()), "copy.mka");
    let made = shop.make(&copy, &order());
    assert_eq!((made.steps, made.state), (vec![Step::Select], silent));
    assert!(made.summary.notices[0].contains("nobody speaks"));
}
