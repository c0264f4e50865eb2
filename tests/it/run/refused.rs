//! What is refused: exit 1, nothing written, a line that names file, what and remedy; the other files go on.

use super::support::*;

#[test]
fn bad_files_are_refused_one_by_one_and_a_good_one_among_them_is_done() {
    let house = House::new();
    let mut rows = vec![
        (house.write("empty.mkv", b""), "the file is empty"),
        (house.write("text.mkv", "Once upon a time.\n".repeat(900).as_bytes()), "not a media file"),
        (house.write("noise.mkv", &noise(200_000)), "not a media file"),
        (house.film("vanished.mkv"), "not there"),
    ];
    let mute = house.make_of("-f lavfi -i testsrc=d=1:s=64x64", "mute.mp4", "-c:v mpeg4");
    rows.push((mute, "no audio track"));
    let good = house.speech("good.mkv");
    let unknown = house.make("unknown.mka", "-t 2 -c:a ac3");
    let mut bytes = std::fs::read(&unknown).unwrap();
    let at = bytes.windows(5).position(|it| it == b"A_AC3").unwrap();
    bytes[at..at + 5].copy_from_slice(b"A_XY9");
    std::fs::write(&unknown, bytes).unwrap();
    rows.push((unknown, "no decoder"));
    let headless = house.make("headless.mp4", "-t 9 -c:a aac");
    let bytes = std::fs::read(&headless).unwrap();
    std::fs::write(&headless, &bytes[..bytes.len() / 2]).unwrap();
    rows.push((headless, "index is missing"));
    rows.push((house.write("subtitle.srt", b"1\n00:00:00,000 --> 00:00:01,000\nx\n"), "subtitle"));

    let before = house.listing();
    let mut paths: Vec<_> = rows.iter().map(|it| it.0.clone()).collect();
    paths.insert(3, good);
    let ran = house.run("--from en", &paths);
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    for (path, what) in rows {
        let name = path.file_name().unwrap().to_str().unwrap();
        let said = ran.complaint(name);
        assert!(said.contains(what), "{name}: {said}");
        let (_, remedy) = said.split_once("; ").expect("what to do");
        assert!(remedy.len() > 10, "{name}: {said}");
        assert!(!said.contains("tried again"), "{name}: nobody tries: {said}");
    }
    let mut after = house.listing();
    assert!(
        after.remove(std::ffi::OsStr::new("good.eng.srt")).is_some(),
        "the good one is done: {ran:?}"
    );
    assert_eq!(after, before, "nothing else is written");
}

#[test]
fn a_folder_without_films_is_no_failure() {
    let house = House::new();
    house.write("notes.txt", b"x");
    let ran = house.run("", &[house.films()]);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    assert!(ran.err.contains("no video") || ran.out.contains("no video"), "it is said: {ran:?}");
}

#[test]
fn models_that_are_missing_truncated_or_something_else_are_told_apart() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let base = std::fs::read(models.join("ggml-base-q8_0.bin")).unwrap();
    let truncated = house.aside("ggml-base-q8_0.bin");
    std::fs::write(&truncated, &base[..base.len() / 2]).unwrap();
    let own = house.aside("my-own.bin");
    std::fs::write(&own, &base[..base.len() / 2]).unwrap();
    let text = house.aside("text.bin");
    std::fs::write(&text, b"Once upon a time.\n".repeat(9)).unwrap();
    let vad = models.join("ggml-silero-v6.bin");
    let show = |it: &std::path::Path| it.to_str().unwrap().to_owned();
    let before = house.listing();
    for (model, parts) in [
        ("large-v9".to_owned(), ["large-v9", "kinora models"]),
        (show(&house.aside("gone.bin")), ["gone.bin", "no model file"]),
        (show(&truncated), ["ggml-base-q8_0.bin", "truncated"]),
        (show(&own), ["my-own.bin", "truncated"]),
        (show(&text), ["text.bin", "no model"]),
        (show(&vad), ["silero", "speech"]),
        (show(&film), ["film.mkv", "no model"]),
    ] {
        let ran = house.run(&format!("--from en --model {model}"), &[&film]);
        assert_eq!(ran.code, Some(FAILED), "{model}: {ran:?}");
        for part in parts {
            assert!(ran.err.contains(part), "{model} should say {part}: {}", ran.err);
        }
        assert!(ran.err.contains("; "), "{model}: a remedy: {}", ran.err);
        assert_eq!(house.listing(), before, "{model}");
    }
}

#[test]
fn a_language_that_cannot_be_written_is_told() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let before = house.listing();
    let ran = house.run("--from en --to de", &[&film]);
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    let said = ran.complaint("film.mkv");
    assert!(
        said.contains("nobody translates it to German") && said.contains("kinora.toml"),
        "{said}"
    );
    assert_eq!(house.listing(), before);
}
