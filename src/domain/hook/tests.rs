//! What each program sends, and what is made of it.

use super::*;
use proptest::prelude::*;
use std::path::PathBuf;

const ID: &str = "9250ab3d1101d01705c353b78cbb572e";

fn id() -> ItemId {
    ItemId::parse(ID).unwrap()
}

fn item() -> Thing {
    Thing::Item(id())
}

fn file(path: &str) -> Thing {
    Thing::Path(path.to_owned())
}

fn hints(source: Source, message: &str) -> Vec<Hint> {
    let hook = read(source, message.as_bytes()).unwrap_or_else(|err| panic!("{message}: {err}"));
    assert!(
        hook.told.starts_with(&format!("{source}: ")) || hook.hints == [Hint::Test],
        "{hook:?}"
    );
    hook.hints
}

fn arrived(path: &str) -> Hint {
    Hint::Arrived { what: file(path), original: None }
}

fn nothing_of(hints: &[Hint]) -> bool {
    matches!(hints, [Hint::Nothing(_)])
}

/// A sample of the collection; `None`, with a word, where that is not here.
fn sample(name: &str) -> Option<Vec<u8>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/webhooks");
    let bytes = std::fs::read(root.join(name)).ok();
    if bytes.is_none() {
        println!("skipped: ../shared/data/webhooks/{name} is not here");
    }
    bytes
}

#[test]
fn jellyfin_with_all_properties() {
    let added = format!(
        r#"{{"NotificationType":"ItemAdded","Name":"A \\\"B\\\"","ItemId":"{ID}","ItemType":"Movie","Tagline":null}}"#
    );
    let hook = read(Source::Jellyfin, added.as_bytes()).unwrap();
    assert_eq!(hook.hints, [Hint::Arrived { what: item(), original: None }]);
    assert_eq!(hook.told, "Jellyfin: `A \"B\"` was added");
    for (kind, expected) in [
        ("Episode", Hint::Arrived { what: item(), original: None }),
        ("Season", Hint::Look(Some(item()))),
        ("Series", Hint::Look(Some(item()))),
    ] {
        let message =
            format!(r#"{{"ItemId":"{ID}","ItemType":"{kind}","NotificationType":"ItemAdded"}}"#);
        assert_eq!(hints(Source::Jellyfin, &message), [expected], "{kind}");
    }
    for (message, expected) in [
        (r#"{"NotificationType":"ItemDeleted","ItemId":"@"}"#, Hint::Gone(vec![item()])),
        (r#"{"NotificationType":"PlaybackStop","ItemId":"@"}"#, Hint::Stopped(item())),
        (r#"{"NotificationType":"Test"}"#, Hint::Test),
        (r#"{"ItemId":"@"}"#, Hint::Look(Some(item()))),
    ] {
        assert_eq!(hints(Source::Jellyfin, &message.replace('@', ID)), [expected], "{message}");
    }
    for message in [
        r#"{"NotificationType":"ItemAdded"}"#,
        r#"{"NotificationType":"ItemAdded","ItemId":"00000000000000000000000000000000"}"#,
        r#"{"NotificationType":"ItemAdded","ItemId":"9250ab3d1101d01705c353b78cbb572e","ItemType":"Audio"}"#,
        r#"{"NotificationType":"AuthenticationFailure","Username":"root"}"#,
        r#"{"text":"Heat (1995) has been added to NAS"}"#,
    ] {
        assert!(nothing_of(&hints(Source::Jellyfin, message)), "{message}");
    }
}

#[test]
fn jellyfin_tells_how_it_is_played() {
    let message = format!(
        r#"{{"NotificationType":"PlaybackStart","ItemId":"{ID}","ItemType":"Episode","PlaybackPositionTicks":600000000,
        "PlayMethod":"Transcode","Subtitle_0_Language":"eng","Subtitle_1_Codec":"subrip","Subtitle_3_Language":"fre"}}"#
    );
    let [Hint::Playing(playing)] = &hints(Source::Jellyfin, &message)[..] else { panic!() };
    assert_eq!(playing.position, Ms(60_000));
    assert_eq!(playing.subtitles, ["eng", "und"]);
    assert_eq!(playing.play, Some(Play::Transcode { on_gpu: true }));
    let message = format!(
        "{{\"event\":\"PlaybackStart\",\"item_id\":\"{ID}\",\"PlaybackPosition\":\"01:02:03\",\"overview\":\"a\nb\"}}"
    );
    let [Hint::Playing(playing)] = &hints(Source::Jellyfin, &message)[..] else { panic!() };
    assert_eq!((playing.position, playing.play), (Ms(3_723_000), None));
}

#[test]
fn jellyfin_with_a_template_that_makes_no_json() {
    let dashed = "9250ab3d-1101-d017-05c3-53b78cbb572e";
    for message in [
        format!(
            "\u{FEFF}{{\n\"event\": \"ItemAdded\",\n\"itemId\": \"{dashed}\",\n\"o\": \"One.\nTwo \\\"q\\\".\"\n}}"
        ),
        format!(
            "{{\"o\":\"an \"odd\" quote\",\"ItemId\" : \"{ID}\",\"NotificationType\":\"ItemAdded\"}}"
        ),
        format!("{{ItemType: Movie, \"NotificationType\": ItemAdded, \"ITEM_ID\":{ID}, }}"),
    ] {
        let expected = Hint::Arrived { what: item(), original: None };
        assert_eq!(hints(Source::Jellyfin, &message), [expected], "{message}");
    }
    let picture = format!(
        "{{\"embeds\":[{{\"url\":\"http://nas/Items/{ID}/Images/Primary\",\"d\":\"a\nb\"}}]}}"
    );
    assert_eq!(hints(Source::Jellyfin, &picture), [Hint::Look(Some(item()))]);
    for odd in ["", " \n", "\u{FEFF}", "hello", "{\"a\":\"b\nc\"}", "[1]"] {
        assert!(read(Source::Jellyfin, odd.as_bytes()).is_err(), "{odd:?}");
    }
}

#[test]
fn sonarr_and_radarr() {
    let japanese = Lang::parse("ja").unwrap();
    for (source, message, expected) in [
        (
            Source::Sonarr,
            r#"{"eventType":"Download","isUpgrade":true,
                "series":{"path":"/tv/A","originalLanguage":{"id":8,"name":"Japanese"}},
            "episodeFile":{"relativePath":"S1/a.mkv","path":"/tv/A/S1/a.mkv"},
                "deletedFiles":[{"relativePath":"S1/old.mkv"}]}"#,
            vec![
                Hint::Arrived { what: file("/tv/A/S1/a.mkv"), original: Some(japanese.clone()) },
                Hint::Gone(vec![file("/tv/A/S1/old.mkv")]),
            ],
        ),
        (
            Source::Sonarr,
            r#"{"eventType":"Download","fileCount":2,"series":{"path":"/tv/A/"},
                "episodeFiles":[{"path":"/tv/A/1.mkv"},{"relativePath":"2.mkv"}]}"#,
            vec![arrived("/tv/A/1.mkv"), arrived("/tv/A/2.mkv")],
        ),
        (
            Source::Radarr,
            r#"{"movie":{"folderPath":"D:\\Films\\A","originalLanguage":{"name":"Unknown"}},
                "movieFile":{"relativePath":"a.mkv"},"eventType":"Download"}"#,
            vec![arrived("D:\\Films\\A\\a.mkv")],
        ),
        (
            Source::Radarr,
            r#"{"eventType":"Download","movie":{"folderPath":"/films/A","filePath":"/films/A/a.mkv"}}"#,
            vec![arrived("/films/A/a.mkv")],
        ),
        (
            Source::Radarr,
            r#"{"eventType":"Download","movie":{"folderPath":"/films/A"}}"#,
            vec![Hint::Look(Some(file("/films/A")))],
        ),
        (
            Source::Radarr,
            r#"{"eventType":"Rename","movie":{"folderPath":"/f/A"},
                "renamedMovieFiles":[{"previousRelativePath":"a.mkv","path":"/f/A/b.mkv"}]}"#,
            vec![Hint::Renamed { from: vec!["/f/A/a.mkv".into()], to: vec!["/f/A/b.mkv".into()] }],
        ),
        (
            Source::Sonarr,
            r#"{"eventType":"SeriesDelete","series":{"path":"/tv/A"},"deletedFiles":false}"#,
            vec![Hint::Gone(vec![file("/tv/A")])],
        ),
        (
            Source::Sonarr,
            r#"{"eventType":"Test","series":{"path":"C:\\testpath"}}"#,
            vec![Hint::Test],
        ),
    ] {
        assert_eq!(hints(source, message), expected, "{message}");
    }
}

#[test]
fn what_sonarr_and_radarr_tell_besides_is_nothing() {
    for event in [
        "Grab",
        "SeriesAdd",
        "MovieAdded",
        "Health",
        "HealthRestored",
        "ApplicationUpdate",
        "ManualInteractionRequired",
        "Later",
    ] {
        let message = format!(
            r#"{{"eventType":"{event}","series":{{"path":"/tv/A"}},"episodeFile":{{"path":"/tv/A/a.mkv"}}}}"#
        );
        assert!(nothing_of(&hints(Source::Sonarr, &message)), "{event}");
    }
    assert!(read(Source::Sonarr, b"This is an invalid JSON file").is_err());
    assert!(nothing_of(&hints(Source::Sonarr, "{}")));
}

#[test]
fn emby_plex_and_tautulli() {
    for (source, message, expected) in [
        (
            Source::Emby,
            r#"{"Event":"library.new","Item":{"Path":"/m/a.mkv","Type":"Movie"}}"#,
            arrived("/m/a.mkv"),
        ),
        (
            Source::Emby,
            r#"{"Event":"library.new","Item":{"Path":"/m/A","Type":"Series"}}"#,
            Hint::Look(Some(file("/m/A"))),
        ),
        (Source::Emby, r#"{"Event":"library.new","Item":{"Type":"Movie"}}"#, Hint::Look(None)),
        (
            Source::Emby,
            r#"{"Event":"library.deleted","Item":{"Path":"/m/a.mkv"}}"#,
            Hint::Gone(vec![file("/m/a.mkv")]),
        ),
        (Source::Emby, r#"{"Event":"system.notificationtest"}"#, Hint::Test),
        (
            Source::Plex,
            r#"{"event":"library.new","Metadata":{"type":"episode","ratingKey":"1"}}"#,
            Hint::Look(None),
        ),
        (Source::Tautulli, r#"{"event":"added","file":"/m/a.mkv"}"#, arrived("/m/a.mkv")),
        (Source::Tautulli, r#"{"event":"test"}"#, Hint::Test),
    ] {
        assert_eq!(hints(source, message), [expected], "{message}");
    }
    let message = r#"{"Event":"playback.start","Item":{"Path":"/m/a.mkv",
        "MediaStreams":[{"Type":"Subtitle","Language":"eng"},
        {"Type":"Audio","Language":"jpn"}]},"PlaybackInfo":{"PositionTicks":10000000},
        "Session":{"PlayState":{"PlayMethod":"DirectPlay"}}}"#;
    let playing = Playing {
        what: file("/m/a.mkv"),
        position: Ms(1000),
        subtitles: vec!["eng".to_owned()],
        play: Some(Play::Direct),
    };
    assert_eq!(hints(Source::Emby, message), [Hint::Playing(playing)]);
    for (source, message) in [
        (Source::Emby, r#"{"Event":"user.authenticated"}"#),
        (Source::Emby, r#"{"Event":"library.new","Item":{"Path":"/m/a.flac","Type":"Audio"}}"#),
        (Source::Plex, r#"{"event":"media.pause","Metadata":{"type":"movie"}}"#),
        (Source::Plex, r#"{"event":"library.new","Metadata":{"type":"track"}}"#),
        (Source::Tautulli, r#"{"event":"added","file":""}"#),
    ] {
        assert!(nothing_of(&hints(source, message)), "{message}");
    }
}

/// Each sample is read as this.
fn samples_are(samples: &[(Source, &str, Hint)]) {
    for (source, name, expected) in samples {
        let Some(bytes) = sample(name) else { continue };
        assert_eq!(read(*source, &bytes).map(|it| it.hints), Ok(vec![expected.clone()]), "{name}");
    }
}

#[test]
fn every_sample_of_sonarr_and_radarr() {
    use Source::{Radarr, Sonarr};
    let gone = |path| Hint::Gone(vec![file(path)]);
    let interstellar = "/Movies/Interstellar (2014)/Interstellar.2014.UHD.BluRay.2160p.REMUX.mkv";
    let renamed = "/TV/Westworld [imdb:tt0475784]/Season";
    let from = ["1/Westworld.S01E01", "1/Westworld.S01E02", "2/Westworld.S01E02"];
    let to = ["1/Westworld.S01E01", "1/Westworld.S01E02", "2/Westworld.S02E01"];
    let renamed = Hint::Renamed {
        from: from.map(|it| format!("/TV/Westworld/Season {it}.mkv")).into(),
        to: to.map(|it| format!("{renamed} {it}.mkv")).into(),
    };
    let tenet = gone("/Movies/Tenet (2020)/Tenet.2020.mkv");
    let episode = gone("/TV/Westworld/Season 2/Westworld.S02E01.mkv");
    let westworld = arrived("/TV/Westworld/Season 1/Westworld.S01E01.mkv");
    let deadpool = Hint::Look(Some(file("/Movies/Deadpool (2016)")));
    let wonder = gone("/Movies/Wonder Woman 1984 (2020)");
    samples_are(&[
        (Radarr, "autoscan-MIT/radarr_interstellar.json", arrived(interstellar)),
        (Radarr, "autoscan-MIT/radarr_movie_delete.json", wonder),
        (Radarr, "autoscan-MIT/radarr_movie_file_delete.json", tenet),
        (Radarr, "autoscan-MIT/radarr_rename.json", deadpool),
        (Radarr, "autoscan-MIT/radarr_test.json", Hint::Test),
        (Sonarr, "autoscan-MIT/sonarr_test.json", Hint::Test),
        (Sonarr, "autoscan-MIT/sonarr_westworld.json", westworld),
        (Sonarr, "autoscan-MIT/sonarr_episode_delete.json", episode),
        (Sonarr, "autoscan-MIT/sonarr_series_delete.json", gone("/TV/Westworld")),
        (Sonarr, "autoscan-MIT/sonarr_rename.json", renamed),
    ]);
    for (source, name) in
        [(Radarr, "autoscan-MIT/radarr_invalid.json"), (Sonarr, "autoscan-MIT/sonarr_invalid.json")]
    {
        let Some(bytes) = sample(name) else { continue };
        assert!(read(source, &bytes).is_err(), "{name}");
    }
}

#[test]
fn every_sample_of_media_servers() {
    let film = "/media/movies/Movie (2024)/Movie (2024).mkv";
    let added = Hint::Arrived { what: item(), original: None };
    let broken = "constructed/jellyfin_ItemAdded_template_broken_newline.txt";
    samples_are(&[
        (Source::Emby, "constructed/emby_library.new.json", arrived(film)),
        (Source::Jellyfin, "constructed/jellyfin_ItemAdded_sendall_movie.json", added.clone()),
        (Source::Jellyfin, broken, added),
    ]);
    // The field of a form, as the server takes it out.
    if let Some(form) = sample("constructed/plex_library.new.multipart.http") {
        let text = String::from_utf8(form).unwrap();
        let json = &text[text.find('{').unwrap()..=text.rfind('}').unwrap()];
        assert_eq!(hints(Source::Plex, json), [Hint::Look(None)]);
    }
}

/// A template as the plugin would fill it, all branches of it: worse than what it sends.
fn filled(template: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, behind)) = after.split_once("}}") else { break };
        let name = name.trim_matches(['{', '}', '~']);
        out.push_str(match name {
            "ItemId" => ID,
            "ServerUrl" => "http://nas:8096",
            "Overview" => "One.\nTwo \\\"quoted\\\".",
            "NotificationType" => "ItemAdded",
            it if it.starts_with(['#', '/', '!']) || it == "else" => "",
            _ => "1",
        });
        rest = behind.strip_prefix('}').unwrap_or(behind);
    }
    out + rest
}

#[test]
fn every_template_of_the_plugin_is_read_as_far_as_it_goes() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data/webhooks/jellyfin-plugin-templates");
    let Ok(folder) = std::fs::read_dir(&root) else {
        println!("skipped: the plugin's templates are not here");
        return;
    };
    let mut with_item = 0;
    for entry in folder {
        let path = entry.unwrap().path();
        let message = filled(&std::fs::read_to_string(&path).unwrap());
        let read = read(Source::Jellyfin, message.as_bytes());
        let Ok(Hook { hints, .. }) = read else {
            assert!(!message.contains(ID), "{}: {message}", path.display());
            continue;
        };
        let expected =
            [vec![Hint::Arrived { what: item(), original: None }], vec![Hint::Look(Some(item()))]];
        assert_eq!(
            expected.contains(&hints),
            message.contains(ID),
            "{}: {hints:?}",
            path.display()
        );
        with_item += usize::from(message.contains(ID));
    }
    assert!(with_item > 15, "{with_item}");
}

#[test]
fn a_message_about_thousands_of_files_is_believed_as_far_as_it_goes() {
    let files: Vec<String> = (0..2000).map(|it| format!(r#"{{"path":"/tv/{it}.mkv"}}"#)).collect();
    let message = format!(r#"{{"eventType":"Download","episodeFiles":[{}]}}"#, files.join(","));
    let hints = hints(Source::Sonarr, &message);
    assert_eq!((hints.len(), hints.last()), (FILES_MAX + 1, Some(&Hint::Look(None))));
}

#[test]
fn deep_json_is_no_message() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let nested = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    for source in Source::ALL {
        assert!(read(source, deep.as_bytes()).is_err(), "{source}");
        assert!(read(source, nested.as_bytes()).is_err(), "{source}");
    }
}

#[test]
fn what_strangers_write_stays_on_one_line() {
    let message = r#"{"eventType":"Download","series":{"title":"a\nb\u001b[2J","path":"/t"},
        "episodeFile":{"path":"/t/a"}}"#;
    let hook = read(Source::Sonarr, message.as_bytes()).unwrap();
    assert!(!hook.told.contains(['\n', '\u{1b}']), "{}", hook.told);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for source in Source::ALL {
            let _ = read(source, &bytes);
        }
    }

    #[test]
    fn an_item_is_found_in_whatever_is_around_it(
        before in "[^\"]{0,40}(\"[^\"]{0,9}\"[^\"]{0,9}){0,4}",
        after in "[\\PC\n\"]{0,60}",
    ) {
        let message = format!("{before}\n\"itemId\" : \"{ID}\"{after}");
        let hook = read(Source::Jellyfin, message.as_bytes());
        let told = format!("{hook:?}");
        prop_assert!(told.contains(ID) || told.contains("nothing to Kinora"), "{told}");
    }
}
