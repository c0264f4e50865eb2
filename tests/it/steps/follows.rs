//! A film that was finished is renamed: its subtitle goes along, and nothing is listened to again.

use super::ALL;
use super::workshop::{Workshop, order};
use kinora::base::cancel::Cancel;
use kinora::domain::change::Counter;
use kinora::domain::execution::Step;
use kinora::domain::library::{FileId, Placed};
use kinora::pipeline::subtitle::follow::follow;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

fn id(film: &Path) -> FileId {
    FileId::of(&fs::metadata(film).unwrap())
}

#[test]
fn a_finished_film_is_renamed() {
    let mut shop = Workshop::new();
    let film = shop.film("film.mkv", "-t 5 -c:a flac");
    assert_eq!(shop.make(&film, &order()).steps, ALL);
    let placed = |name: &str| Placed {
        video: shop.at(&format!("{name}.mkv")),
        outputs: vec![shop.at(&format!("{name}.eng.srt"))],
    };
    let (placed, moved) = (placed("film"), placed("new name"));
    assert_eq!(shop.store.placed(&id(&film)), Ok(Some(placed)));
    let (said, heard) = (shop.read("film.eng.srt"), shop.store.total(Counter::WindowsHeard));

    let renamed = shop.at("new name.mkv");
    fs::rename(&film, &renamed).unwrap();
    let brought = follow(&renamed, &id(&renamed), &*shop.store, &*shop.store).unwrap();
    assert_eq!(brought, moved.outputs);
    assert_eq!(shop.read("new name.eng.srt"), said);
    assert!(!shop.at("film.eng.srt").exists());
    // Whoever wishes it by its new name gets what is there.
    let made = shop.make(&renamed, &order());
    assert!(!made.steps.contains(&Step::Listen), "{:?}", made.steps);
    assert_eq!(shop.store.total(Counter::WindowsHeard), heard);
    assert_eq!(shop.read("new name.eng.srt"), said);
    assert_eq!(shop.store.placed(&id(&renamed)), Ok(Some(moved)));
}

/// Subtitles of another cut are not those of this one: a file that changed meanwhile is not known by them.
#[test]
fn a_film_that_changed_while_it_was_worked_on_is_not_followed() {
    let mut shop = Workshop::new();
    let film = shop.film("film.wav", "-t 4 -c:a pcm_s16le");
    let execution = shop.wish(&film, &order(), false);
    while let Some(task) = shop.next(execution) {
        if task.step == Step::Publish {
            let file = File::options().write(true).open(&film).unwrap();
            file.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
        }
        let done = shop.work(&task, &Cancel::default()).unwrap();
        shop.succeed(execution, done);
    }
    assert!(shop.at("film.eng.srt").exists());
    assert_eq!(shop.store.placed(&id(&film)), Ok(None));
}
