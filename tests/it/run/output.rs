//! What is there already: others' files stay, ours are replaced while nobody edited them, nothing is done twice.

use super::support::*;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

#[test]
fn a_subtitle_of_somebody_else_stays_and_the_film_is_not_listened_to() {
    let house = House::new();
    let film = house.speech("film.mkv");
    house.write("film.eng.srt", b"theirs");
    let none = house.engine("[ \"$2\" = whisper ] && exit 3\nexec \"$KINORA\" \"$@\"");
    let mut command = house.command("--from en --json", &[&film]);
    let ran = finish(command.env("KINORA_ENGINE_PROGRAM", none));
    assert_eq!((ran.code, ran.statuses()), (Some(GOOD), vec!["skipped".to_owned()]), "{ran:?}");
    let said = ran.notices(0);
    assert!(said.contains("film.eng.srt") && said.contains("did not write"), "{said}");
    assert!(said.contains("--force"), "{said}");
    assert_eq!(house.subtitle("film"), "theirs");

    let ran = house.run("--from en --json --force", &[&film]);
    assert_eq!((ran.code, ran.statuses()), (Some(GOOD), vec!["done".to_owned()]), "{ran:?}");
    assert!(ran.notices(0).contains("was replaced, as --force asks"), "{}", ran.notices(0));
    assert!(house.subtitle("film").contains("fellow"));
}

#[test]
fn ours_is_kept_up_to_date_until_somebody_edits_it() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let engine = house.talkative_engine();
    let run = |flags: &str| {
        let mut command = house.command(&format!("--from en --json {flags}"), &[&film]);
        let ran = finish(command.env("KINORA_ENGINE_PROGRAM", &engine));
        assert_eq!(ran.code, Some(GOOD), "{ran:?}");
        (ran.statuses().remove(0), house.windows_asked(), ran.notices(0))
    };
    assert_eq!(run("").0, "done");
    let first = house.subtitle("film");
    let (status, windows, notices) = run("");
    assert_eq!((status.as_str(), windows), ("skipped", 0), "nothing changed");
    assert!(notices.contains("film.eng.srt"), "{notices}");

    let (status, windows, _) = run("--format srt,vtt");
    assert_eq!((status.as_str(), windows), ("done", 0), "another format needs no listening");
    assert!(house.film("film.eng.vtt").exists());
    assert_eq!(house.subtitle("film"), first);

    let (status, windows, _) = run("--prompt Kennedy");
    assert!(status == "done" && windows > 0, "another prompt does");

    std::fs::remove_file(house.film("film.eng.srt")).unwrap();
    assert_eq!(run("").0, "done", "what was removed is made again");
    assert_eq!(house.subtitle("film"), first);

    std::fs::write(house.film("film.eng.srt"), "edited").unwrap();
    let (status, windows, notices) = run("--prompt Berlin");
    assert_eq!((status.as_str(), windows), ("skipped", 0), "{notices}");
    assert!(notices.contains("edited since Kinora wrote it"), "{notices}");
    assert_eq!(house.subtitle("film"), "edited");
    let (status, windows, _) = run("--force");
    assert!(status == "done" && windows > 0, "--force listens again");
    assert_eq!(house.subtitle("film"), first);
}

#[test]
fn films_of_one_name_do_not_take_each_others_subtitle() {
    let house = House::new();
    let first = house.speech("film.mkv");
    let second = house.make("film.mp4", "-ss 4.5 -c:a aac");
    let ran = house.run("--from en --json", &[&first, &second]);
    assert_eq!((ran.code, ran.statuses()), (Some(GOOD), vec!["done".into(), "skipped".into()]));
    assert!(ran.notices(1).contains("another film of this name"), "{}", ran.notices(1));
    assert!(ran.notices(1).contains("film.mkv"), "it names the other: {}", ran.notices(1));
    assert!(house.subtitle("film").contains("fellow"));
    // A film that was converted takes the place of the one that is gone.
    std::fs::remove_file(first).unwrap();
    let ran = house.run("--from en --json", &[&second]);
    assert_eq!((ran.code, ran.statuses()), (Some(GOOD), vec!["done".to_owned()]), "{ran:?}");
    assert!(house.subtitle("film").contains("country"), "{}", house.subtitle("film"));
}

#[test]
fn owner_group_and_mode_are_the_videos_and_nothing_else_is_left() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let before = std::fs::metadata(&film).unwrap();
    let root = before.uid() == 0;
    if root {
        chown(&film, Some(1234), Some(2345)).unwrap();
    } else {
        println!("in part skipped: only root may give files away");
    }
    std::fs::set_permissions(&film, PermissionsExt::from_mode(0o764)).unwrap();
    let bytes = std::fs::read(&film).unwrap();
    let ran = house.run("--from en --format srt,vtt,ass", &[&film]);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let video = std::fs::metadata(&film).unwrap();
    for ending in ["srt", "vtt", "ass"] {
        let it = std::fs::metadata(house.film(format!("film.eng.{ending}"))).unwrap();
        assert_eq!(it.mode() & 0o777, 0o664, "{ending}");
        assert_eq!((it.uid(), it.gid()), (video.uid(), video.gid()), "{ending}");
    }
    assert_eq!(house.listing().len(), 4, "{:?}", house.listing().keys());
    assert_eq!(std::fs::read(&film).unwrap(), bytes, "the video is as it was");
}

#[test]
fn another_folder_and_the_transcript() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let out = house.aside("out");
    let flags = |out: &std::path::Path| format!("--from en --json --output {}", out.display());
    // A path that is missing as a whole is a disk that is not mounted; a folder that is missing is made.
    let ran = house.run(&flags(&out.join("deeper")), &[&film]);
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    assert!(ran.complaint("film.mkv").contains("folder"), "{}", ran.err);
    assert!(!out.exists());
    let flags = flags(&out);
    let mut command = house.command(&flags, &[&film]);
    let ran = finish(command.env("KINORA__OUTPUT__JSON", "true"));
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let names: Vec<_> = listing(&out).into_keys().collect();
    assert_eq!(names, ["film.eng.json", "film.eng.srt"]);
    assert_eq!(house.listing().len(), 1, "nothing beside the film");
    let transcript = std::fs::read(out.join("film.eng.json")).unwrap();
    let _: serde_json::Value = serde_json::from_slice(&transcript).unwrap();
}
