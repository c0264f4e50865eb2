//! Engines that die: of one file, at once, or at every window; and a processor too old.

use super::support::*;
use std::process::Stdio;

#[test]
fn a_file_that_crashes_the_decoder_is_refused_and_the_next_goes_on() {
    let house = House::new();
    // Long enough that it is still worked on when the crash comes.
    let (bad, good) = (house.make("bad.mkv", "-af apad=whole_dur=600"), house.speech("good.mkv"));
    let engine = house.talkative_engine();
    let mut command = house.command("--from en --json", &[bad, good]);
    let mut child = command
        .env("KINORA_ENGINE_PROGRAM", engine)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = wait_for("a question about the file", || {
        let asks = |talk: &[u8]| talk.windows(7).any(|it| it == b"bad.mkv");
        if let Some(status) = child.try_wait().unwrap() {
            panic!("kinora ended: {status}");
        }
        house.asked("media").into_iter().find(|it| asks(&it.1)).map(|it| it.0)
    });
    signal(-i64::from(pid), "ABRT");
    let ended = child.wait_with_output().unwrap();
    let ran = Ran {
        code: ended.status.code(),
        out: String::from_utf8(ended.stdout).unwrap(),
        err: String::from_utf8(ended.stderr).unwrap(),
    };
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    assert!(ran.complaint("bad.mkv").contains("crashed on this file"), "{}", ran.err);
    assert_eq!(ran.statuses(), ["failed", "done"]);
    assert!(!house.film("bad.eng.srt").exists());
}

#[test]
fn an_engine_that_ends_at_once_is_told_without_an_endless_loop() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let before = house.listing();
    for (script, word) in [
        ("[ \"$2\" = whisper ] && exit 3\nexec \"$KINORA\" \"$@\"", "whisper"),
        ("[ \"$2\" = whisper ] && kill -9 $$\nexec \"$KINORA\" \"$@\"", "whisper"),
        ("exit 3", "media"),
    ] {
        let engine = house.engine(script);
        let mut command = house.command("--from en", &[&film]);
        let ran = finish(command.env("KINORA_ENGINE_PROGRAM", engine));
        assert_eq!(ran.code, Some(FAILED), "{ran:?}");
        let said = format!("the {word} engine keeps ending");
        assert!(ran.err.contains(&said) && ran.err.contains("kinora doctor"), "{}", ran.err);
        assert_eq!(house.listing(), before);
    }
    let ran = finish(house.command("", &[&film]).env("KINORA_ENGINE_PROGRAM", "/no/such/program"));
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    assert!(ran.err.contains("engine did not start"), "{}", ran.err);
}

#[test]
fn an_engine_that_dies_of_every_window_is_told_without_an_endless_loop() {
    let house = House::new();
    let film = house.make("film.mkv", "-af apad=pad_dur=3");
    let before = house.listing();
    let engine = house.talkative_engine();
    let mut child = house
        .command("--from en", &[&film])
        .env("KINORA_ENGINE_PROGRAM", engine)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut killed = Vec::new();
    let status = wait_for("an end", || {
        for (pid, talk) in house.asked("whisper") {
            if hears(&talk) > 0 && !killed.contains(&pid) {
                signal(-i64::from(pid), "KILL");
                killed.push(pid);
            }
        }
        child.try_wait().unwrap()
    });
    let err = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
    assert_eq!(status.code(), Some(FAILED), "{err}");
    assert!(killed.len() <= 5, "{} engines", killed.len());
    assert!(err.contains("film.mkv") && err.contains("engine"), "{err}");
    assert_eq!(house.listing(), before);
}

#[test]
fn an_engine_that_dies_once_is_started_again() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let mark = house.aside("died");
    let script = format!(
        "[ \"$2\" = whisper ] && [ ! -e {0} ] && : > {0} && exit 3\nexec \"$KINORA\" \"$@\"",
        mark.display()
    );
    let engine = house.engine(&script);
    let ran =
        finish(house.command("--from en --json", &[&film]).env("KINORA_ENGINE_PROGRAM", engine));
    assert_eq!((ran.code, ran.statuses()), (Some(GOOD), vec!["done".to_owned()]), "{ran:?}");
}

#[test]
fn an_engine_that_crashes_in_a_window_costs_the_film_nothing() {
    let house = House::new();
    let film = house.make("film.mkv", "-af apad=pad_dur=3");
    let ran = house.run("--from en", &[&film]);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let undisturbed = house.subtitle("film");
    let engine = house.talkative_engine();
    let mut child = house
        .command("--from en --force", &[&film])
        .env("KINORA_ENGINE_PROGRAM", engine)
        .env("KINORA__DATA_DIR", house.aside("other data"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let crashed = wait_for("a window asked for", || {
        assert!(child.try_wait().unwrap().is_none(), "it ended before");
        house.asked("whisper").into_iter().find(|(_, talk)| hears(talk) > 0).map(|it| it.0)
    });
    signal(-i64::from(crashed), "ABRT");
    let status = wait_for("an end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(GOOD));
    assert_eq!(house.subtitle("film"), undisturbed);
    assert!(house.asked("whisper").keys().any(|it| *it != crashed), "another one went on");
}

#[test]
fn a_processor_without_avx2_is_told_at_start() {
    if !there_is("qemu-x86_64") {
        return;
    }
    let house = House::new();
    let film = house.speech("film.mkv");
    let before = house.listing();
    let mut command = house.dressed("qemu-x86_64");
    command.args(["-cpu", "Westmere", env!("CARGO_BIN_EXE_kinora"), "run"]).arg(film);
    let ran = finish(&mut command);
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    assert!(ran.err.contains("AVX2") && ran.err.contains("packaging/try.sh"), "{}", ran.err);
    assert!(ran.err.contains("x86_64-baseline"), "{}", ran.err);
    assert_eq!(house.listing(), before);
    // Whoever only asks what he has is told, too.
    for (processor, told) in [("Westmere", true), ("Haswell", false)] {
        let mut command = house.dressed("qemu-x86_64");
        command.args(["-cpu", processor, env!("CARGO_BIN_EXE_kinora"), "--version"]);
        let ran = finish(&mut command);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.out.contains("build x86_64-avx2"), "{}", ran.out);
        assert_eq!(ran.err.contains("x86_64-baseline"), told, "{processor}: {}", ran.err);
    }
}
