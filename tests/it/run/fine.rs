//! Files that are just done: rates, layouts, containers, late starts, programs, cover art.

use super::support::*;
use crate::support::srt;
use std::path::PathBuf;

/// (name, how the speech is encoded)
const ROWS: [(&str, &str); 14] = [
    ("8k.wav", "-ar 8000 -c:a pcm_mulaw"),
    ("22k.flac", "-ar 22050"),
    ("96k.mka", "-ar 96000 -c:a flac"),
    ("192k.wav", "-ar 192000 -c:a pcm_f32le"),
    ("stereo.mp3", "-ac 2 -ar 44100"),
    ("left.wav", "-af pan=stereo|c0=c0"),
    ("surround.mkv", "-af pan=5.1|FC=c0 -ar 48000 -c:a ac3"),
    ("wide.mka", "-af pan=7.1|FC=c0 -ar 48000 -c:a flac"),
    ("opus.ogg", "-c:a libopus -ar 48000"),
    ("vorbis.ogg", "-c:a libvorbis"),
    ("apple.m4a", "-c:a aac"),
    ("broadcast.ts", "-c:a mp2 -ar 48000 -b:a 192k"),
    ("windows.wmv", "-c:a wmav2 -ar 44100"),
    ("without-a-known-ending.data", "-f matroska -c:a aac"),
];

/// The words, and not much else.
#[track_caller]
fn assert_heard(name: &str, text: &str) {
    let said = folded(text);
    assert!(said.contains("my fellow american"), "{name}: {said}");
    assert!(said.split(' ').count() <= 10, "{name}: {said}");
}

#[test]
fn rates_layouts_and_containers() {
    let house = House::new();
    let paths: Vec<PathBuf> =
        ROWS.iter().map(|(name, codec)| house.make(name, &format!("-t 4.5 {codec}"))).collect();
    let ran = house.run("--from en --json", &paths);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    for (row, ended) in ROWS.iter().zip(ran.ended()) {
        assert_eq!((&ended["status"], &ended["notices"]), (&"done".into(), &serde_json::json!([])));
        let stem = row.0.rsplit_once('.').unwrap().0;
        if stem != "opus" && stem != "vorbis" {
            assert_heard(row.0, &house.subtitle(stem));
        } else {
            assert!(house.subtitle(stem).contains("fellow"), "{stem}");
        }
    }
}

#[test]
fn audio_that_starts_late_keeps_the_videos_clock() {
    let house = House::new();
    let sample = format!("{}/assets/jfk.wav", env!("CARGO_MANIFEST_DIR"));
    let video = "-f lavfi -i testsrc=d=8:s=64x64:r=25";
    let args = "-map 0:v -map 1:a -c:v mpeg4 -t 7";
    let rows = [
        ("plain.mkv", "", "-c:a aac", 0),
        ("late.mkv", "-itsoffset 2.5", "-c:a aac", 2500),
        ("late.mp4", "-itsoffset 2.5", "-c:a aac", 2500),
        ("late.ts", "-itsoffset 2.5", "-c:a mp2", 2500),
    ];
    let mut paths = Vec::new();
    for (name, late, codec, _) in rows {
        let name = name.replace("late.", &format!("late-{}.", name.rsplit('.').next().unwrap()));
        let cut = "-af atrim=end=4.5";
        let inputs = format!("{video} {late} -i {sample}").replace("  ", " ");
        paths.push(house.make_of(&inputs, name, &format!("{args} {cut} {codec}")));
    }
    let ran = house.run("--from en --json", &paths);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let first = |path: &PathBuf| {
        let text = house.subtitle(path.file_stem().unwrap().to_str().unwrap());
        assert_heard(&path.display().to_string(), &text);
        srt::read(&text)[0].span.start
    };
    let plain = first(&paths[0]);
    for (path, row) in paths.iter().zip(rows) {
        let off = (first(path) - plain).abs_diff(row.3);
        assert!(off <= 100, "{}: {off} ms", path.display());
    }
}

#[test]
fn several_programs_and_cover_art() {
    let house = House::new();
    let sample = format!("{}/assets/jfk.wav", env!("CARGO_MANIFEST_DIR"));
    let inputs = format!(
        "-f lavfi -i testsrc=d=5:s=64x64:r=25 -t 4.5 -i {sample} -f lavfi -i sine=d=5:frequency=300"
    );
    let programs = "-map 0:v -map 1:a -map 0:v -map 2:a -c:v mpeg2video -c:a mp2 -ar 48000 \
                    -program title=one:st=0:st=1 -program title=two:st=2:st=3";
    let broadcast = house.make_of(&inputs, "programs.ts", programs);
    let cover = house.make_of("-f lavfi -i color=red:s=32x32", "cover.png", "-frames:v 1");
    let inputs = format!("-t 4.5 -i {sample} -i {}", cover.display());
    let args = "-map 0 -map 1 -c:v copy -disposition:v:0 attached_pic";
    let song = house.make_of(&inputs, "cover.mp3", args);
    let book = house.make_of(&inputs, "book.m4a", args);
    let ran = house.run("--from en --json", &[broadcast, song, book]);
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    for stem in ["programs", "cover", "book"] {
        assert_heard(stem, &house.subtitle(stem));
    }
}

#[test]
fn a_folder_is_walked_and_each_film_once() {
    let house = House::new();
    let film = house.speech("film.mkv");
    std::fs::create_dir_all(house.film("season/1")).unwrap();
    std::fs::copy(&film, house.film("season/1/part.mkv")).unwrap();
    house.write("notes.txt", b"x");
    let ran = house.run("--from en --json", &[house.films(), film]);
    assert_eq!(ran.statuses(), ["done", "done"], "{ran:?}");
    assert!(house.film("season/1/part.eng.srt").exists() && house.film("film.eng.srt").exists());
    let mut inside = house.command("--from en --json --format vtt", &["film.mkv"]);
    let ran = finish(inside.current_dir(house.films()));
    assert_eq!(ran.ended()[0]["written"][0]["path"], "film.eng.vtt", "named as it was asked for");
}
