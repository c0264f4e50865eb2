//! Languages: what is spoken is found out or told, translated to English, written in the script that was asked for.

use super::support::*;
use std::path::Path;

/// French prompts of the Debian package asterisk-core-sounds-fr-g722.
const FRENCH: &str = "/usr/share/asterisk/sounds/fr_CA_f_June";

/// Some sentences of French in one film; `None` without the package.
fn french(house: &House) -> Option<std::path::PathBuf> {
    let clips = ["conf-adminmenu", "cannot-complete-as-dialed", "all-circuits-busy-now"];
    let paths: Vec<_> = clips.iter().map(|it| format!("{FRENCH}/{it}.g722")).collect();
    if !paths.iter().all(|it| Path::new(it).exists()) {
        println!("skipped: no French prompts");
        return None;
    }
    let inputs: Vec<_> = paths.iter().map(|it| format!("-f g722 -i {it}")).collect();
    let args = "-filter_complex concat=n=3:v=0:a=1,atrim=end=14 -c:a flac";
    Some(house.make_of(&inputs.join(" "), "film.mka", args))
}

#[test]
fn french_is_found_out_written_and_translated_to_english() {
    let house = House::new();
    let Some(film) = french(&house) else { return };
    let ran = house.run("--to fr,en --json", &[film]);
    assert_eq!((ran.code, ran.statuses()), (Some(GOOD), vec!["done".to_owned()]), "{ran:?}");
    assert_eq!(ran.ended()[0]["language"], "fr");
    let spoken = std::fs::read_to_string(house.film("film.fra.srt")).unwrap();
    let english = house.subtitle("film");
    let words = |text: &str, these: &[&str]| {
        let text = folded(text);
        text.split(' ').filter(|it| these.contains(it)).count()
    };
    let (french_words, english_words) = (
        ["le", "la", "de", "pour", "appuyez", "sur", "votre"],
        ["the", "to", "press", "your", "is"],
    );
    assert!(words(&spoken, &french_words) >= 2, "{spoken}");
    assert!(words(&english, &english_words) >= 2, "{english}");
    assert!(words(&english, &french_words) <= 1, "{english}");
}

#[test]
fn a_film_in_two_languages_is_heard_in_both() {
    let house = House::new();
    let Some(french) = french(&house) else { return };
    let english = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/jfk.wav");
    let inputs = format!("-i {} -i {english}", french.display());
    let args = "-filter_complex [0:a]apad=pad_dur=4[fr];[fr][1:a]concat=n=2:v=0:a=1 -c:a flac";
    let film = house.make_of(&inputs, "both.mka", args);
    let ran = house.run("--format srt --json", &[film]);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let written = ran.ended()[0]["written"][0]["path"].as_str().unwrap().to_owned();
    let text = folded(&std::fs::read_to_string(written).unwrap());
    for word in ["appuyez", "americans", "country"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn chinese_is_written_in_the_script_asked_for() {
    // Told that Chinese is spoken, Whisper writes Chinese, whatever it hears.
    let house = House::new();
    let film = house.speech("film.mka");
    let ran = house.run("--from zh --to zh-Hant,zh-Hans --json", &[film]);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let read = |name: &str| std::fs::read_to_string(house.film(name)).unwrap();
    let (traditional, simplified) = (read("film.繁體中文.zho.srt"), read("film.简体中文.zho.srt"));
    assert!(traditional.contains('國') || traditional.contains('們'), "{traditional}");
    for only in ['国', '们', '许', '这', '说'] {
        assert!(!traditional.contains(only), "{only}: {traditional}");
    }
    for only in ['國', '們', '許', '這', '說'] {
        assert!(!simplified.contains(only), "{only}: {simplified}");
    }
}

#[test]
fn the_spoken_language_is_found_out() {
    let house = House::new();
    let film = house.speech("film.mka");
    let ran = house.run("--json", &[film]);
    assert_eq!(ran.ended()[0]["language"], "en", "{ran:?}");
    assert!(house.film("film.eng.srt").exists());
}

#[test]
fn a_language_whisper_does_not_know_is_refused() {
    let house = House::new();
    let film = house.speech("film.mka");
    let before = house.listing();
    let ran = house.run("--from tlh", &[film]);
    assert!(matches!(ran.code, Some(FAILED | USAGE)), "{ran:?}");
    assert!(ran.err.contains("Klingon") || ran.err.contains("tlh"), "{}", ran.err);
    assert_eq!(house.listing(), before);
}
