//! Nobody speaks: that is an answer, said, remembered, and no file.

use super::support::*;

/// Recorded music of the Debian package asterisk-moh-opsound-wav.
const MUSIC: &str = "/usr/share/asterisk/moh";

#[test]
fn silence_and_music_get_no_file_and_are_remembered() {
    let house = House::new();
    let mut films = vec![
        house.make_of("-f lavfi -i anullsrc=r=48000:d=20", "silence.mka", "-c:a flac"),
        house.make_of("-f lavfi -i anoisesrc=d=20:a=0.05", "noise.flac", "-ac 1"),
        house.make_of("-f lavfi -i anullsrc=r=48000:d=0.05", "blink.wav", "-ac 1"),
    ];
    let music = std::fs::read_dir(MUSIC).into_iter().flatten().flatten();
    for (number, piece) in music.enumerate() {
        let inputs = format!("-t 20 -i {}", piece.path().display());
        films.push(house.make_of(&inputs, format!("music-{number}.mp3"), "-q:a 2"));
    }
    let before = house.listing();
    let ran = house.run("--json", &films);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    for (item, ended) in ran.ended().iter().enumerate() {
        assert_eq!(ended["status"], "no_speech", "{ended}");
        assert!(ran.notices(item).contains("nobody speaks"), "{ended}");
    }
    assert_eq!(house.listing(), before, "no file is written");

    let none = house.engine("[ \"$2\" = whisper ] && exit 3\nexec \"$KINORA\" \"$@\"");
    let again = house.command("--json", &films).env("KINORA_ENGINE_PROGRAM", none).output();
    let again = again.unwrap();
    assert_eq!(again.status.code(), Some(GOOD), "nothing is listened to again: {again:?}");

    let engine = house.talkative_engine();
    let forced =
        finish(house.command("--json --force", &films[..1]).env("KINORA_ENGINE_PROGRAM", engine));
    assert_eq!(forced.statuses(), ["no_speech"]);
    assert!(!house.asked("whisper").is_empty(), "--force listens again");
}
