//! The client: who it says it is, how it finds items, what it makes of a bad day of the server.

use super::stub::{Films, THERE};
use crate::support::jellyfin::{JellyfinStub, Misdeed, Options, Plays, VERSIONS};
use kinora::base::cancel::Cancel;
use kinora::domain::fault::{Fault, FaultKind};
use kinora::domain::jellyfin::{Item, Play};
use kinora::domain::time::Ms;
use kinora::engines::jellyfin::{ItemsQuery, Jellyfin};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

#[test]
fn it_finds_libraries_items_and_players_in_each_version() {
    let cancel = Cancel::default();
    for version in VERSIONS {
        let films = Films::of(version);
        let client = films.client();
        assert_eq!(client.version(&cancel).unwrap(), version);
        let folders = client.folders(&cancel).unwrap();
        assert_eq!(
            (folders[0].name.as_str(), &folders[0].locations[..]),
            ("Films", &[THERE.to_owned()][..])
        );
        let item = films.item(&client, "Up (2009)/Up.mkv");
        assert_eq!(item.path.as_deref(), Some("/media/films/Up (2009)/Up.mkv"));
        assert_eq!(
            films.stub.item_id(&films.path("Up (2009)/Up.mkv")).as_deref(),
            Some(item.id.as_str())
        );
        assert_eq!(client.item(&item.id, &cancel).unwrap(), Some(item.clone()));

        assert_eq!(client.sessions(&cancel).unwrap(), []);
        films.stub.plays("tv", &films.path("Alien.mkv"), &Plays::transcoded(61_500, "nvenc"));
        films.stub.plays("phone", &films.path("Up (2009)/Up.mkv"), &Plays::directly(0));
        let playing = client.sessions(&cancel).unwrap();
        assert_eq!(
            (playing[0].position, playing[0].play),
            (Ms(61_500), Play::Transcode { on_gpu: true })
        );
        assert_eq!((&playing[1].item, playing[1].play), (&item.id, Play::Direct));
    }
}

#[test]
fn a_walk_takes_page_after_page_and_stops_when_told() {
    let names: Vec<String> = (0..23).map(|it| format!("{it:02}.mkv")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for version in VERSIONS {
        let films = Films::at(Options::of(version), &names);
        let other = tempfile::tempdir().unwrap();
        std::fs::write(other.path().join("Show S01E01.mkv"), b"x").unwrap();
        films.stub.library("Shows", other.path(), "/media/shows");
        let mut settings = films.stub.settings(&[]);
        settings.limits.page_items = 5;
        let client = Jellyfin::new(settings).unwrap();
        let folder = |name: &str| {
            let folders = client.folders(&Cancel::default()).unwrap();
            folders.into_iter().find(|it| it.name == name).unwrap().id
        };
        for (folder, count, pages) in
            [(None, 24, 5), (folder("Films"), 23, 5), (folder("Shows"), 1, 1)]
        {
            let before = films.stub.asked().len();
            let found = walked(&client, &ItemsQuery { folder, streams: true }, usize::MAX);
            assert_eq!((found.len(), films.stub.asked().len() - before), (count, pages));
            assert!(found.iter().all(|it| !it.streams.is_empty()));
        }
        let before = films.stub.asked().len();
        assert_eq!(walked(&client, &ItemsQuery::default(), 6).len(), 6);
        assert_eq!(films.stub.asked().len() - before, 2);
    }
}

fn walked(client: &Jellyfin, query: &ItemsQuery, count: usize) -> Vec<Item> {
    let mut found = Vec::new();
    let walk = client.items(query, &Cancel::default(), |item| {
        found.push(item);
        if found.len() == count { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    walk.unwrap();
    found
}

#[test]
fn where_a_file_is_is_remembered_and_walks_for_what_is_missing_are_rare() {
    let cancel = Cancel::default();
    let films = Films::of("10.11.11");
    let mut settings = films.stub.settings(&[(films.dir.path(), THERE)]);
    settings.limits.refill_min = Duration::from_secs(3600);
    let client = Jellyfin::new(settings).unwrap();
    let walks = || films.stub.asked().iter().filter(|it| it.contains("recursive")).count();
    films.item(&client, "Alien.mkv");
    films.item(&client, "Up (2009)/Up.mkv");
    assert_eq!(walks(), 1, "one walk finds all");
    for name in ["missing.mkv", "another.mkv"] {
        assert_eq!(client.item_of(&films.path(name), &cancel).unwrap(), None);
    }
    assert_eq!(walks(), 1, "no walk again within the hour");
    // One that is gone is not told from memory.
    std::fs::remove_file(films.path("Alien.mkv")).unwrap();
    films.stub.scan();
    assert_eq!(client.item_of(&films.path("Alien.mkv"), &cancel).unwrap(), None);

    // With no such pause it is walked, and found.
    let client = films.client();
    assert_eq!(client.item_of(&films.path("New.mkv"), &cancel).unwrap(), None);
    std::fs::write(films.path("New.mkv"), b"x").unwrap();
    films.stub.scan();
    films.item(&client, "New.mkv");
}

#[test]
fn windows_sees_our_files_where_windows_has_them() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("Ä b")).unwrap();
    let path = dir.path().join("Ä b/Film.mkv");
    std::fs::write(&path, b"x").unwrap();
    for there in [r"D:\Films", r"\\nas\Films"] {
        let stub = JellyfinStub::of("10.11.11");
        stub.library("Films", dir.path(), there);
        let client = stub.client(&[(dir.path(), &there.to_lowercase())]);
        let item = client.item_of(&path, &Cancel::default()).unwrap().expect("found");
        assert_eq!(item.path, Some(format!(r"{there}\Ä b\Film.mkv")));
    }
}

#[test]
fn a_base_path_is_kept_and_a_forgotten_one_is_told() {
    let options = Options { base: "/jellyfin".to_owned(), ..Options::of("12.0.0") };
    let films = Films::at(options, &["Alien.mkv"]);
    films.item(&films.client(), "Alien.mkv");
    let mut settings = films.stub.settings(&[]);
    settings.url = settings.url.replace("/jellyfin", "");
    let fault = Jellyfin::new(settings).unwrap().version(&Cancel::default()).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Operator);
    assert!(fault.to_string().contains("base path"), "{fault}");
}

#[test]
fn one_who_is_not_let_in_is_told_what_to_set_and_old_ways_are_not_needed() {
    let cancel = Cancel::default();
    for version in VERSIONS {
        let options = Options { legacy: Some(false), ..Options::of(version) };
        let films = Films::at(options, &["Alien.mkv"]);
        films.item(&films.client(), "Alien.mkv");

        let mut settings = films.stub.settings(&[]);
        settings.key = kinora::engines::llm::Secret(Some("another".to_owned()));
        let client = Jellyfin::new(settings).unwrap();
        let fault = client.sessions(&cancel).unwrap_err();
        assert!(is_operators(&fault, "refuses the key (401)"), "{fault}");
        assert!(
            fault.remedy.contains("jellyfin.key_file") && !fault.to_string().contains("another")
        );

        let films = Films::at(Options { admin: false, ..Options::of(version) }, &["Alien.mkv"]);
        let client = films.client();
        let item = films.item(&client, "Alien.mkv");
        for fault in [
            client.folders(&cancel).unwrap_err(),
            client.refresh(&item.id, false, &cancel).unwrap_err(),
        ] {
            assert!(is_operators(&fault, "(403)"), "{fault}");
        }
    }
}

fn is_operators(fault: &Fault, says: &str) -> bool {
    fault.kind == FaultKind::Operator && fault.what.contains(says)
}

#[test]
fn a_server_that_starts_is_waited_for_and_not_for_ever() {
    let cancel = Cancel::default();
    for retry_after in ["0", "", "Sun, 06 Nov 1994 08:49:38 GMT"] {
        let options = Options {
            starting: if retry_after.is_empty() { 0 } else { 3 },
            retry_after: retry_after.to_owned(),
            ..Options::of("10.11.11")
        };
        let films = Films::at(options, &["Alien.mkv"]);
        films.item(&films.client(), "Alien.mkv");
    }
    // It would take longer than anybody waits, or somebody interrupts.
    let options =
        Options { starting: 9, retry_after: "3600".to_owned(), ..Options::of("10.11.11") };
    let films = Films::at(options, &[]);
    let fault = films.client().version(&cancel).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Transient);
    assert!(fault.what.contains("is starting"), "{fault}");
    let mut settings = films.stub.settings(&[]);
    settings.limits.patience_max = Duration::from_secs(600);
    let client = Jellyfin::new(settings).unwrap();
    let cancelled = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.version(&cancel));
        assert!(films.stub.until(|asked| asked.len() == 2));
        cancel.set();
        waiting.join().unwrap()
    });
    assert!(cancelled.unwrap_err().what.contains("interrupted"));
}

#[test]
fn another_version_after_a_restart_is_noticed() {
    let films = Films::of("10.11.11");
    let client = films.client();
    let cancel = Cancel::default();
    let asked = || films.stub.asked().iter().filter(|it| it.contains("Public")).count();
    client.version(&cancel).unwrap();
    client.version(&cancel).unwrap();
    assert_eq!(asked(), 1);
    films.stub.misbehaves(Misdeed::Fails(502), 1);
    client.sessions(&cancel).unwrap_err();
    client.version(&cancel).unwrap();
    assert_eq!(asked(), 2);
}

#[test]
fn each_bad_day_of_the_server_ends_in_a_sentence_and_passes() {
    let cancel = Cancel::default();
    let away = JellyfinStub::of("10.11.11");
    use FaultKind::{Operator, Transient};
    for (misdeed, kind, says) in [
        (Misdeed::Hangs, Transient, "did not answer in time"),
        (Misdeed::Garbage, Transient, "nobody can understand"),
        (Misdeed::ShortLength, Transient, "nobody can understand"),
        (Misdeed::WebPage, Operator, "web page"),
        (Misdeed::Huge, Transient, "does not stop answering"),
        (Misdeed::Trickles, Transient, "takes too long"),
        (Misdeed::ClosesHalfWay, Transient, "broke off"),
        (Misdeed::LongLength, Transient, "broke off"),
        (Misdeed::Fails(500), Transient, "failed (500)"),
        (Misdeed::Fails(502), Transient, "failed (502)"),
        (Misdeed::Fails(418), Operator, "(418: Error processing request.)"),
        (Misdeed::Redirects(away.url()), Operator, "sends requests elsewhere (302)"),
        (Misdeed::Redirects("/web/".to_owned()), Operator, "sends requests elsewhere (302)"),
    ] {
        let films = Films::of("10.11.11");
        let mut settings = films.stub.settings(&[(films.dir.path(), THERE)]);
        settings.limits.answer_bytes_max = 1024 * 1024;
        if matches!(misdeed, Misdeed::Hangs) {
            settings.limits.silence_max = Duration::from_millis(500);
        } else if matches!(misdeed, Misdeed::Trickles) {
            settings.limits.answer_max = Duration::from_millis(500);
        }
        let client = Jellyfin::new(settings).unwrap();
        films.stub.misbehaves(misdeed.clone(), 1);
        let fault = client.item_of(&films.path("Alien.mkv"), &cancel).expect_err(says);
        assert!(fault.what.contains(says), "{misdeed:?}: {fault}");
        assert_eq!(fault.kind, kind, "{misdeed:?}: {fault}");
        assert!(!fault.to_string().contains("s3cr3t"), "{fault}");
        // The next day is a better one.
        films.item(&films.client(), "Alien.mkv");
    }
    assert_eq!(away.asked(), Vec::<String>::new(), "nothing goes to another host");
}

#[test]
fn nobody_there_is_told_without_the_address() {
    let stub = JellyfinStub::of("10.11.11");
    let settings = stub.settings(&[]);
    let port = settings.url.rsplit_once(':').unwrap().1.to_owned();
    drop(stub);
    let fault = Jellyfin::new(settings).unwrap().sessions(&Cancel::default()).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Transient);
    assert!(fault.what.contains("cannot be reached") && !fault.what.contains(&port), "{fault}");
}

#[test]
fn what_is_no_jellyfin_is_not_taken_for_one() {
    let films = Films::of("10.11.11");
    let client = films.client();
    films.stub.misbehaves(Misdeed::Emby, 1);
    let fault = client.version(&Cancel::default()).unwrap_err();
    assert!(is_operators(&fault, "is no Jellyfin"), "{fault}");
}

#[test]
fn requests_keep_their_pace() {
    let films = Films::of("10.11.11");
    let mut settings = films.stub.settings(&[]);
    settings.limits.requests_per_second = std::num::NonZeroU32::new(4).unwrap();
    let client = Jellyfin::new(settings).unwrap();
    let watch = kinora::base::clock::Stopwatch::start();
    for _ in 0..6 {
        client.sessions(&Cancel::default()).unwrap();
    }
    assert!(watch.elapsed() >= Duration::from_millis(450), "{:?}", watch.elapsed());
}

#[test]
fn a_path_that_cannot_be_written_down_there_is_no_item() {
    use std::os::unix::ffi::OsStrExt;
    let films = Films::of("10.11.11");
    let odd = Path::new(std::ffi::OsStr::from_bytes(b"/films/\xff.mkv"));
    assert_eq!(films.client().item_of(odd, &Cancel::default()).unwrap(), None);
}
