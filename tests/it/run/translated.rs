//! Into other languages: what is heard, what is there, subtitle files alone; both languages in one file; what fails.

use super::support::*;
use crate::support::llm::misdeed::Misdeed;
use crate::support::llm::said::MODEL;
use crate::support::llm::{Script, Server, tongue};
use crate::support::srt;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// What is said in a subtitle file of these tests.
const SAID: [&str; 4] = [
    "Where is the captain of this ship?",
    "I thought that you would never come back to us,",
    "because the mountains are far away.",
    "Listen, somebody stands behind the window!",
];

/// The file: two cues of one sentence, a tag, a cue of music.
fn subrip() -> String {
    format!(
        "1\n00:00:01,000 --> 00:00:03,500\n{}\n\n2\n00:00:04,000 --> 00:00:06,500\n<i>{}</i>\n\n\
         3\n00:00:06,600 --> 00:00:09,000\n{}\n\n4\n00:00:15,000 --> 00:00:16,000\n♪ ♪\n\n\
         5\n00:00:20,000 --> 00:00:23,000\n{}\n\n",
        SAID[0], SAID[1], SAID[2], SAID[3]
    )
}

/// Translators at these addresses, in this order.
fn settings(house: &House, urls: &[String], more: &str) -> std::path::PathBuf {
    let one = |(nth, url): (usize, &String)| {
        format!(
            "[[translator]]\nname = \"server-{nth}\"\nkind = \"openai\"\nurl = \"{url}/v1\"\nmodel = \"{MODEL}\"\n"
        )
    };
    let all: String = urls.iter().enumerate().map(one).collect();
    let path = house.aside("kinora.toml");
    std::fs::write(&path, format!("{more}\n{all}")).unwrap();
    path
}

fn translate(house: &House, settings: &Path, flags: &str, file: &Path) -> Ran {
    let mut command: Command = house.command(&format!("--to ru --json {flags}"), &[file]);
    finish(command.env("KINORA_CONFIG", settings))
}

fn said(house: &House, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(house.film(name)).unwrap();
    srt::read(&text).iter().map(|it| it.lines.join(" ")).collect()
}

#[test]
fn a_subtitle_file_alone_is_translated_and_all_but_its_text_stays() {
    let house = House::new();
    let server = Server::start(Script::good());
    let settings = settings(&house, &[server.url()], "");
    let file = house.write("Film.en.srt", subrip().as_bytes());
    let ran = translate(&house, &settings, "", &file);
    assert_eq!((ran.code, ran.statuses()), (Some(GOOD), vec!["done".to_owned()]), "{ran:?}");
    let text = std::fs::read_to_string(house.film("Film.rus.srt")).unwrap();
    let frame = |text: &str| -> Vec<String> {
        let kept = |it: &&str| it.contains("-->") || it.parse::<u8>().is_ok() || it.contains('♪');
        text.lines().filter(kept).map(str::to_owned).collect()
    };
    assert_eq!(frame(&text), frame(&subrip()), "numbers, times and music");
    assert!(text.contains("<i>") && text.contains("</i>"), "{text}");
    let lines = said(&house, "Film.rus.srt");
    assert_eq!(lines[0], tongue::translate(SAID[0]));
    assert_eq!(lines[4], tongue::translate(SAID[3]));
    let sentence = format!("{} {}", lines[1], lines[2]).replace("<i>", "").replace("</i>", "");
    assert_eq!(sentence, tongue::translate(&format!("{} {}", SAID[1], SAID[2])));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), subrip(), "the source is as it was");
}

#[test]
fn both_languages_stand_in_one_file_in_the_order_that_is_wanted() {
    let house = House::new();
    let server = Server::start(Script::good());
    let file = house.write("Film.en.srt", subrip().as_bytes());
    let first = settings(&house, &[server.url()], "");
    let ran = translate(&house, &first, "--bilingual", &file);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let name = "Film.Russian+English.rus.srt";
    let both = format!("{} {}", tongue::translate(SAID[0]), SAID[0]);
    assert_eq!(said(&house, name)[0], both);

    let other = "[output]\nbilingual = true\nbilingual_order = \"original_first\"";
    let second = settings(&house, &[server.url()], other);
    let ran = translate(&house, &second, "--force", &file);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let both = format!("{} {}", SAID[0], tongue::translate(SAID[0]));
    assert_eq!(said(&house, name)[0], both);
}

#[test]
fn styles_and_positions_of_ass_stay_and_a_second_style_is_for_the_second_language() {
    let house = House::new();
    let server = Server::start(Script::good());
    let settings = settings(&house, &[server.url()], "");
    let head = "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, \
                SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, \
                Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n\
                Style: Talk,Georgia,44,&H00FFFFFF,&H000000FF,&H00000000,&H64000000,0,0,0,0,100,100,0,0,1,2,1,2,20,20,20,1\n\n\
                [Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";
    let dialogue =
        |text: &str| format!("Dialogue: 0,0:00:01.00,0:00:04.00,Talk,Ann,0,0,0,,{text}\n");
    let source = format!("{head}{}", dialogue(&format!("{{\\pos(100,200)}}{}", SAID[0])));
    let file = house.write("Film.en.ass", source.as_bytes());
    let ran = translate(&house, &settings, "--format ass --bilingual", &file);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let alone = std::fs::read_to_string(house.film("Film.rus.ass")).unwrap();
    let expected = dialogue(&format!("{{\\pos(100,200)}}{}", tongue::translate(SAID[0])));
    let folded = |text: &str| text.replace("\\N", " ");
    assert_eq!(folded(&alone), folded(&format!("{head}{expected}")), "all else is byte for byte");
    let both = std::fs::read_to_string(house.film("Film.Russian+English.rus.ass")).unwrap();
    assert_eq!(both.matches("Style: ").count(), 2, "{both}");
    assert!(both.contains("{\\pos(100,200)}") && folded(&both).contains(SAID[0]), "{both}");
}

#[test]
fn what_is_heard_is_translated() {
    let house = House::new();
    let server = Server::start(Script::good());
    let settings = settings(&house, &[server.url()], "");
    let film = house.speech("film.mkv");
    let ran = translate(&house, &settings, "--from en", &film);
    assert_eq!((ran.code, ran.statuses()), (Some(GOOD), vec!["done".to_owned()]), "{ran:?}");
    let text = said(&house, "film.rus.srt").join(" ");
    let fellow = tongue::translate("fellow Americans");
    assert!(text.to_lowercase().contains(&fellow.to_lowercase()), "{text}");
    assert!(!house.film("film.eng.srt").exists(), "nobody asked for it");
    assert!(server.tally().requests > 0);
}

#[test]
fn lines_that_fail_keep_their_source_are_told_and_are_asked_again_the_next_time() {
    let house = House::new();
    let lost = Server::start(Script::new(|_| Some(Misdeed::AnotherScript)));
    let first = settings(&house, &[lost.url()], "[output]\nnaming = \"factory\"");
    let file = house.write("Film.en.srt", subrip().as_bytes());
    let ran = translate(&house, &first, "", &file);
    assert_eq!((ran.code, ran.statuses()), (Some(FAILED), vec!["review".to_owned()]), "{ran:?}");
    assert!(ran.notices(0).contains("3 lines could not be translated"), "{}", ran.notices(0));
    assert_eq!(said(&house, "Film.llm.ru.srt")[0], SAID[0], "the source text");
    let log = std::fs::read_to_string(house.film("Film.translate_failed.ru.log")).unwrap();
    assert!(SAID.iter().all(|it| log.contains(it)), "{log}");

    let better = Server::start(Script::good());
    let second = settings(&house, &[better.url()], "[output]\nnaming = \"factory\"");
    let ran = translate(&house, &second, "", &file);
    assert_eq!((ran.code, ran.statuses()), (Some(GOOD), vec!["done".to_owned()]), "{ran:?}");
    assert_eq!(said(&house, "Film.llm.ru.srt")[0], tongue::translate(SAID[0]));
}

#[test]
fn a_translator_that_is_away_gives_way_to_the_next() {
    let house = House::new();
    let server = Server::start(Script::good());
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let urls = [format!("http://{nobody}"), server.url()];
    let file = house.write("Film.en.srt", subrip().as_bytes());
    let ran = translate(&house, &settings(&house, &urls, ""), "", &file);
    assert_eq!((ran.code, ran.statuses()), (Some(GOOD), vec!["done".to_owned()]), "{ran:?}");
    assert_eq!(said(&house, "Film.rus.srt")[0], tongue::translate(SAID[0]));

    let ran = translate(&house, &settings(&house, &urls[..1], ""), "--force", &file);
    assert_eq!((ran.code, ran.statuses()), (Some(FAILED), vec!["failed".to_owned()]), "{ran:?}");
    assert!(ran.complaint("Film.en.srt").contains("server-0"), "{ran:?}");
    assert_eq!(said(&house, "Film.rus.srt")[0], tongue::translate(SAID[0]), "what was there stays");
}

#[test]
fn without_a_translator_it_says_what_to_do() {
    let house = House::new();
    let file = house.write("Film.en.srt", subrip().as_bytes());
    let ran = house.run("--to ru --no-translate --json", &[&file]);
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    let said = ran.complaint("Film.en.srt");
    assert!(said.contains("nobody translates") && said.contains("kinora.toml"), "{said}");
    let ran = house.run("--json", &[&file]);
    assert!(ran.complaint("Film.en.srt").contains("--to"), "{ran:?}");
}

#[test]
fn what_an_owner_corrected_is_used_where_the_same_lines_stand() {
    let house = House::new();
    let server = Server::start(Script::good());
    let settings = settings(&house, &[server.url()], "");
    let film = house.speech("Film.mkv");
    let flags = "--from en";
    assert_eq!(translate(&house, &settings, flags, &film).code, Some(GOOD));
    let text = std::fs::read_to_string(house.film("Film.rus.srt")).unwrap();
    let theirs = text.lines().find(|it| it.chars().any(char::is_alphabetic)).unwrap();
    std::fs::write(house.film("Film.rus.srt"), text.replacen(theirs, "Так говорил он,", 1))
        .unwrap();
    // Kinora looks at the file again and learns; the copy is another file with the same sound.
    translate(&house, &settings, &format!("{flags} --format srt,vtt"), &film);
    let copy = house.film("Copy.mkv");
    std::fs::copy(&film, &copy).unwrap();
    let before = server.tally().requests;
    let ran = translate(&house, &settings, flags, &copy);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let text = said(&house, "Copy.rus.srt").join(" ");
    assert!(text.contains("Так говорил он,"), "{text}");
    assert_eq!(server.tally().requests, before, "all of it is remembered");
}
