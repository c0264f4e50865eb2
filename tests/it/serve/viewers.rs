//! A house with a Jellyfin: what somebody watches is made first, and a lane gives way while a picture is computed.

use super::support::*;
use crate::support::clips::{clips, music};
use crate::support::film::{Layout, film};
use crate::support::jellyfin::{JellyfinStub, Plays};
use crate::support::srt;
use serde_json::Value;

/// Where the viewer is, milliseconds.
const PLACE: i64 = 60_000;

fn lane(daemon: &Daemon, name: &str) -> Value {
    let lanes = daemon.json("/api/v1/workers");
    let found = lanes.as_array().unwrap().iter().find(|it| it["name"] == name);
    found.unwrap_or_else(|| panic!("{lanes}")).clone()
}

/// When the cues of a film's subtitle begin, milliseconds; none while there is no file.
fn starts(house: &House) -> Vec<u64> {
    let text = std::fs::read_to_string(house.film("watched.eng.srt")).unwrap_or_default();
    srt::read(&text).into_iter().map(|it| it.span.start).collect()
}

#[test]
fn what_is_watched_goes_first_and_a_transcode_makes_the_lane_give_way() {
    let (Some(clips), Some(music)) = (clips("en"), music()) else {
        println!("skipped: the recordings of asterisk-core-sounds and its music are not here");
        return;
    };
    let house = House::new();
    let watched = house.film("watched.mkv");
    let layout = Layout { lang: "en", seed: 5, length_s: 85, pauses_per_long: 9 };
    film(&layout, &clips, &music).write(&watched, &["-c:a", "flac"]);
    // Another one is first in the queue, and takes long.
    let sample = format!("{}/assets/jfk.wav", env!("CARGO_MANIFEST_DIR"));
    house.make_of(&format!("-stream_loop 40 -i {sample}"), "other.mka", "-c:a flac");
    let stub = JellyfinStub::of("10.11.11");
    stub.library("Films", &house.films(), "/media/films");
    let config = format!(
        "[jellyfin]\nurl = \"{}\"\nkey = \"{}\"\npoll_interval = \"1s\"\n\
         [[jellyfin.paths]]\nhere = \"{}\"\nthere = \"/media/films\"\n",
        stub.url(),
        stub.key(),
        house.films().display()
    );
    let daemon = house.serve(&Setup { config: &config, ..Setup::default() });
    let job = |name: &str| {
        let jobs = daemon.jobs();
        jobs.into_iter().find(|it| it["path"].as_str().is_some_and(|it| it.ends_with(name)))
    };
    let listens = |name: &str| {
        job(name).is_some_and(|it| it["step"] == "listen" && it["status"] == "running")
    };
    wait_for("listening to the other film", || listens("other.mka").then_some(()));

    stub.plays("tv", &watched, &Plays::directly(PLACE));
    wait_for("listening to what is watched", || listens("watched.mkv").then_some(()));
    assert_eq!(job("other.mka").unwrap()["status"], "queued", "it makes room");
    let cues = wait_for("something to read", || Some(starts(&house)).filter(|it| !it.is_empty()));
    assert!(cues.iter().all(|it| PLACE as u64 - 40_000 < *it), "from the viewer on: {cues:?}");
    let id = stub.item_id(&watched).unwrap();
    let refresh = |asked: &[String]| {
        let at = |it: &&String| it.starts_with("POST /Items/") && it.contains("/Refresh?");
        asked.iter().filter(at).any(|it| it.replace('-', "").contains(&id))
    };
    assert!(stub.until(refresh), "{:?}", stub.asked());

    // The player cannot show it as it is any more.
    stub.plays("tv", &watched, &Plays::transcoded(PLACE + 5_000, "none"));
    let why = "somebody watches watched (transcode)";
    wait_for("the lane gives way", || (lane(&daemon, "cpu")["held"] == why).then_some(()));
    wait_for("an idle worker", || {
        lane(&daemon, "cpu")["workers"][0]["job"].is_null().then_some(())
    });
    let status = finish(&mut kinora(&house, "status"));
    assert!(status.out.contains(&format!("cpu gives way: {why}")), "{status:?}");
    assert!(!starts(&house).is_empty(), "what was shown stays");

    stub.nobody_plays();
    wait_for("the lane goes on", || lane(&daemon, "cpu")["held"].is_null().then_some(()));
    wait_for("the end", || job("watched.mkv").filter(|it| it["status"] == "done"));
    let cues = starts(&house);
    assert!(cues.iter().any(|it| *it < 20_000), "the rest was filled in: {cues:?}");
    let told = daemon.json("/api/v1/activity");
    let told = told.as_array().unwrap().iter().filter(|it| it["name"] == "watched");
    let told: Vec<&str> = told.map(|it| it["text"].as_str().unwrap()).collect();
    assert!(told.iter().any(|it| it.contains("it goes first, from 00:01:00.000 on")), "{told:?}");
    assert!(told.contains(&"lane cpu goes on: it gave way to a player"), "{told:?}");
    assert_eq!(daemon.end().0, Some(0));
}
