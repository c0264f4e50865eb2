//! What is done, with a notice: files that are cut off or damaged, and names of all kinds.

use super::support::*;
use crate::support::srt;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

#[test]
fn of_a_truncated_film_what_is_readable_is_subtitled() {
    let house = House::new();
    let mut paths = Vec::new();
    for (name, args) in [("cut.mkv", "-c:a ac3"), ("short.mp4", "-c:a aac -movflags +faststart")] {
        let path = house.make(name, args);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
        paths.push(path);
    }
    let ran = house.run("--from en --json", &paths);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    for (item, stem) in ["cut", "short"].into_iter().enumerate() {
        assert!(ran.notices(item).contains("cut off at 00:00:0"), "{}", ran.notices(item));
        let said = folded(&house.subtitle(stem));
        assert!(said.contains("my fellow americans"), "{stem}: {said}");
        assert!(!said.contains("for your country"), "{stem}: {said}");
    }
}

#[test]
fn damage_in_the_middle_is_passed_over_and_told() {
    let house = House::new();
    // Where packets lie is told in an MP4's index; Matroska tells it in between, and loses the rest of a cluster.
    let rows = [("packets.mp4", "-c:a aac -movflags +faststart"), ("cluster.mka", "-c:a flac")];
    let paths = rows.map(|(name, args)| {
        let path = house.make(name, args);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() * 45 / 100..bytes.len() * 50 / 100;
        let length = middle.len();
        bytes[middle].copy_from_slice(&noise(length));
        std::fs::write(&path, bytes).unwrap();
        path
    });
    let ran = house.run("--from en --json", &paths);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    for (item, stem) in ["packets", "cluster"].into_iter().enumerate() {
        assert!(ran.notices(item).contains("damaged"), "{stem}: {}", ran.notices(item));
        let said = folded(&house.subtitle(stem));
        assert!(said.contains("my fellow americans") && said.ends_with("country"), "{said}");
        let end = srt::read(&house.subtitle(stem)).pop().unwrap().span.end;
        assert!((10_000..11_001).contains(&end), "{stem}: on the film's clock: {end}");
    }
}

#[test]
fn names_of_any_bytes_are_written_and_shown_on_one_line() {
    let house = House::new();
    let made = house.speech("plain.wav");
    let long = [b"x".repeat(251), b".wav".to_vec()].concat();
    let names: [&[u8]; 6] = [
        b"two\nlines\x1b[31m.wav",
        b"\xFF\xFE.wav",
        b"-x.wav",
        "千と千尋 \u{202e}.wav".as_bytes(),
        b"a.b.c.wav",
        &long,
    ];
    for name in names {
        std::fs::copy(&made, house.film(OsStr::from_bytes(name))).unwrap();
    }
    std::fs::remove_file(made).unwrap();
    let ran = house.run("--from en --json", &[house.films()]);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    assert_eq!(ran.lines().len(), 2 * names.len() + 1, "{}", ran.out);
    for name in &names[..5] {
        let stem = name.strip_suffix(b".wav").unwrap();
        let subtitle = [stem, b".eng.srt"].concat();
        assert!(house.film(OsStr::from_bytes(&subtitle)).exists(), "{subtitle:?}");
    }
    let shortened = [b"x".repeat(247), b".eng.srt".to_vec()].concat();
    assert!(house.film(OsStr::from_bytes(&shortened)).exists());
    let told = ran.ended().into_iter().find(|it| it["path"].to_string().contains("xxxx")).unwrap();
    assert!(told["notices"].to_string().contains("shortened"), "{told}");
    let bytes = ran.ended().iter().filter(|it| it["path_bytes"].is_string()).count();
    assert_eq!(bytes, 1, "the one that is no UTF-8 comes with its bytes");

    let again = house.run("--from en", &[house.films()]);
    assert_eq!(again.code, Some(GOOD), "{again:?}");
    let odd = again.out.chars().find(|it| it.is_control() && *it != '\n');
    assert_eq!(odd, None, "{:?}", again.out);
    assert!(!again.out.contains('\u{202e}'), "nothing turns the line around");
    let (lines, table) = again.out.split_once("\n\n").expect("lines, then a table");
    assert_eq!(lines.lines().count(), names.len(), "{lines}");
    // A heading, a line for each file, a blank one and the sum.
    assert_eq!(table.lines().count(), names.len() + 3, "{table}");
}
