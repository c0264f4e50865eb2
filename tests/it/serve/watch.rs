//! What comes, changes and goes is noticed by itself, as it happens.

use super::support::*;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Nobody asks for a look in these tests, and none is due by the clock: what is noticed was told by the system.
const STABLE: Duration = Duration::from_millis(1500);

/// A daemon with nothing in its library, which waits so long for files to be whole.
fn watching(house: &House, stable: &str) -> Daemon {
    let env = [("KINORA__SERVE__STABLE", stable.to_owned())];
    let daemon = house.serve(&Setup { env: &env, ..Setup::default() });
    wait_for("the first scan", || (!daemon.scans().is_empty()).then_some(()));
    daemon
}

/// A film that lies outside of the library, on the same disk.
fn film_aside(house: &House, name: &str) -> PathBuf {
    let film = house.speech(name);
    let aside = house.aside(name);
    fs::rename(film, &aside).unwrap();
    aside
}

fn command(house: &House, line: &str) {
    let ran = finish(&mut kinora(house, line));
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
}

/// How often the job was executed.
fn executions(daemon: &Daemon, job: u64) -> usize {
    daemon.json(&format!("/api/v1/jobs/{job}"))["earlier"].as_array().unwrap().len() + 1
}

#[test]
fn a_film_that_is_copied_in_slowly_is_one_job_when_it_is_whole() {
    let house = House::new();
    let bytes = fs::read(film_aside(&house, "film.mkv")).unwrap();
    let daemon = watching(&house, "1500ms");
    let begun = Instant::now();
    let mut copy = fs::File::create(house.film("film.mkv")).unwrap();
    // In small pieces, for longer than an unchanged file waits; asked in between, it is never taken.
    for piece in bytes.chunks(bytes.len() / 20) {
        copy.write_all(piece).unwrap();
        let part = Instant::now();
        wait_for("some time", || (STABLE / 10 < part.elapsed()).then_some(()));
    }
    assert!(STABLE < begun.elapsed());
    let told = daemon.scan();
    assert!(told.contains("1 still being written"), "{told}");
    assert!(daemon.jobs().is_empty());
    drop(copy);
    daemon.wait_for_jobs(1, "done");
    assert_eq!(executions(&daemon, 1), 1);
    assert!(house.subtitle("film").contains("fellow Americans"));
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn a_film_that_is_moved_or_linked_in_is_one_job() {
    let house = House::new();
    let (moved, linked) = (film_aside(&house, "moved.mkv"), film_aside(&house, "linked.mkv"));
    let daemon = watching(&house, "0s");
    fs::rename(moved, house.film("moved.mkv")).unwrap();
    daemon.wait_for_jobs(1, "done");
    // A link tells nothing but that it is there: nobody wrote into it.
    fs::hard_link(linked, house.film("linked.mkv")).unwrap();
    daemon.wait_for_jobs(2, "done");
    assert_eq!((executions(&daemon, 1), executions(&daemon, 2)), (1, 1));
    assert_eq!(daemon.scans().len(), 1, "nobody looked through everything: {:?}", daemon.scans());
}

#[test]
fn a_film_that_is_written_twice_is_one_job_of_what_it_is_in_the_end() {
    let house = House::new();
    let film = fs::read(film_aside(&house, "film.mkv")).unwrap();
    let daemon = watching(&house, "1500ms");
    house.write("film.mkv", &noise(50_000));
    house.write("film.mkv", &film);
    daemon.wait_for_jobs(1, "done");
    assert_eq!((daemon.jobs().len(), executions(&daemon, 1)), (1, 1));
    assert!(house.subtitle("film").contains("fellow Americans"));
}

#[test]
fn a_job_whose_file_goes_is_cancelled_and_executed_when_it_is_back() {
    let house = House::new();
    let film = house.speech("film.mkv");
    house.speech("other.mkv");
    let daemon = watching(&house, "0s");
    daemon.wait_for_jobs(2, "done");
    command(&house, "jobs pause --all");
    fs::create_dir(house.film("new")).unwrap();
    let (queued, away) = (house.film("new/queued.mkv"), house.aside("away.mkv"));
    fs::copy(&film, &queued).unwrap();
    daemon.wait_for_jobs(1, "queued");
    fs::rename(&queued, &away).unwrap();
    daemon.wait_for_jobs(1, "cancelled");
    let log = daemon.get("/api/v1/jobs/3/log").1;
    assert!(log.contains("cancelled: the file is gone"), "{log}");

    // The same file, back again: what was cancelled by itself is wished by itself.
    fs::rename(&away, &queued).unwrap();
    daemon.wait_for_jobs(1, "queued");
    assert_eq!(executions(&daemon, 3), 2);
    // With its folder; and what a person cancels stays cancelled.
    fs::rename(house.film("new"), house.aside("new")).unwrap();
    daemon.wait_for_jobs(2, "cancelled");
    fs::rename(house.aside("new"), house.film("new")).unwrap();
    daemon.wait_for_jobs(1, "queued");
    command(&house, "jobs cancel 3");
    fs::rename(&queued, &away).unwrap();
    fs::rename(&away, &queued).unwrap();
    daemon.scan();
    daemon.wait_for_jobs(3, "cancelled");
    assert_eq!(executions(&daemon, 3), 3);
}

#[test]
fn a_better_release_of_the_same_name_is_executed_in_the_place_of_the_first() {
    let house = House::new();
    let better = film_aside(&house, "better.mkv");
    house.write("film.mkv", &noise(50_000));
    let daemon = watching(&house, "0s");
    // The noise may have been looked into already; from now on nothing is.
    command(&house, "jobs pause --all");
    wait_for("the first one's fate", || {
        let status = daemon.jobs()[0]["status"].clone();
        ["queued", "parked"].iter().any(|it| status == *it).then_some(())
    });
    fs::rename(better, house.film("film.mkv")).unwrap();
    wait_for("the better one", || (executions(&daemon, 1) == 2).then_some(()));
    command(&house, "jobs resume --all");
    wait_for("its subtitle", || (daemon.jobs()[0]["status"] == "done").then_some(()));
    assert_eq!(executions(&daemon, 1), 2);
    assert!(house.subtitle("film").contains("fellow Americans"));
}

#[test]
fn subtitles_follow_a_film_that_is_renamed_within_a_second() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let daemon = watching(&house, "0s");
    daemon.wait_for_jobs(1, "done");
    let (text, heard) = (house.subtitle("film"), daemon.metric("kinora_windows_heard_total"));
    fs::write(
        house.film("film.eng.srt"),
        format!("{text}\n2\n00:00:08,000 --> 00:00:09,000\nMine.\n"),
    )
    .unwrap();
    let text = house.subtitle("film");

    let renamed = Instant::now();
    fs::rename(film, house.film("renamed.mkv")).unwrap();
    wait_for("its subtitle", || house.film("renamed.eng.srt").exists().then_some(()));
    let took = renamed.elapsed();
    println!("the subtitle followed in {} ms", took.as_millis());
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(house.subtitle("renamed"), text, "with what somebody wrote into it");
    assert!(!house.film("film.eng.srt").exists());
    daemon.wait_for_jobs(2, "done");
    assert_eq!(daemon.metric("kinora_windows_heard_total"), heard, "nothing is heard again");

    // Back again, and with its folder.
    fs::create_dir(house.film("Film (2001)")).unwrap();
    fs::rename(house.film("renamed.mkv"), house.film("Film (2001)/film.mkv")).unwrap();
    let followed = house.film("Film (2001)/film.eng.srt");
    wait_for("its subtitle", || followed.exists().then_some(()));
    daemon.wait_for_jobs(3, "done");
    assert_eq!(fs::read_to_string(followed).unwrap(), text);
    assert_eq!(daemon.metric("kinora_windows_heard_total"), heard);
}

#[test]
fn a_folder_that_is_moved_in_is_looked_at_and_watched() {
    let house = House::new();
    for name in ["one.mkv", "two.mkv"] {
        film_aside(&house, name);
    }
    let below = house.aside("new/season 1");
    fs::create_dir_all(&below).unwrap();
    fs::rename(house.aside("one.mkv"), below.join("one.mkv")).unwrap();
    let daemon = watching(&house, "0s");
    fs::rename(house.aside("new"), house.film("new")).unwrap();
    daemon.wait_for_jobs(1, "done");
    fs::rename(house.aside("two.mkv"), house.film("new/season 1/two.mkv")).unwrap();
    daemon.wait_for_jobs(2, "done");
    assert_eq!(daemon.scans().len(), 1, "{:?}", daemon.scans());
}

#[test]
fn a_trigger_file_asks_for_a_look_where_nobody_watches() {
    let house = House::new();
    let film = film_aside(&house, "film.mkv");
    let env = [("KINORA__SERVE__WATCH", "false".to_owned())];
    let daemon = house.serve(&Setup { env: &env, ..Setup::default() });
    wait_for("the first scan", || (!daemon.scans().is_empty()).then_some(()));
    fs::rename(film, house.film("film.mkv")).unwrap();
    let trigger = house.write(".scan_now", b"");
    daemon.wait_for_jobs(1, "done");
    assert!(!trigger.exists(), "it was heeded");
    let asked = daemon.scans().into_iter().find(|it| it.contains("as its trigger file asks"));
    assert!(asked.is_some_and(|it| it.contains("1 new or changed")), "{:?}", daemon.scans());
}

#[test]
fn a_film_that_another_program_holds_waits_for_it() {
    let house = House::new();
    house.speech("film.mkv");
    let lock = house.write("film.mkv.lock", b"");
    let daemon = watching(&house, "0s");
    let told = daemon.scan();
    assert!(told.contains("1 held by other programs, such as "), "{told}");
    assert!(told.contains("film.mkv by film.mkv.lock for 1:59:"), "{told}");
    assert!(daemon.jobs().is_empty());
    fs::remove_file(lock).unwrap();
    daemon.wait_for_jobs(1, "done");
}

#[test]
fn a_subtitle_that_goes_is_written_again_from_what_was_heard() {
    let house = House::new();
    house.speech("film.mkv");
    let daemon = watching(&house, "0s");
    daemon.wait_for_jobs(1, "done");
    let heard = daemon.metric("kinora_windows_heard_total");
    // Ours came, and changes nothing.
    daemon.scan();
    assert_eq!(executions(&daemon, 1), 1);
    fs::remove_file(house.film("film.eng.srt")).unwrap();
    daemon.scan();
    wait_for("the subtitle", || house.film("film.eng.srt").exists().then_some(()));
    assert_eq!(daemon.metric("kinora_windows_heard_total"), heard);
}

/// The system's limit of events that wait, as it was, when the test is over.
struct Restored(PathBuf, String);

impl Drop for Restored {
    fn drop(&mut self) {
        let _ = fs::write(&self.0, &self.1);
    }
}

#[test]
fn when_events_are_lost_everything_is_looked_at() {
    let limit = Path::new("/proc/sys/fs/inotify/max_queued_events");
    if !is_root() {
        return;
    }
    let house = House::new();
    let film = film_aside(&house, "film.mkv");
    let before = fs::read_to_string(limit).unwrap();
    if fs::write(limit, "4").is_err() {
        println!("skipped: the limit of events cannot be set here");
        return;
    }
    let restored = Restored(limit.to_owned(), before);
    // The limit is taken over by whoever begins to watch now.
    let daemon = watching(&house, "0s");
    drop(restored);
    let missed = || daemon.scans().iter().any(|it| it.contains("some of it was missed"));
    wait_for("an overflow", || {
        for number in 0..500 {
            fs::create_dir_all(house.film(format!("{number}"))).unwrap();
        }
        for number in 0..500 {
            fs::remove_dir(house.film(format!("{number}"))).unwrap();
        }
        missed().then_some(())
    });
    fs::create_dir(house.film("new")).unwrap();
    fs::rename(film, house.film("new/film.mkv")).unwrap();
    daemon.wait_for_jobs(1, "done");
}
