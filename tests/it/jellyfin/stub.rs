//! The server that tests ask keeps Jellyfin's rules: asked through the client, looked at through its files.

use crate::support::jellyfin::{JellyfinStub, Options, VERSIONS};
use kinora::base::cancel::Cancel;
use kinora::domain::fault::FaultKind;
use kinora::domain::jellyfin::{Item, ItemId, StreamKind};
use kinora::engines::jellyfin::{Jellyfin, Upload};
use std::path::{Path, PathBuf};

/// A folder with films, as this server sees it: `/media/films`.
pub(crate) struct Films {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) stub: JellyfinStub,
}

pub(crate) const THERE: &str = "/media/films";

impl Films {
    pub(crate) fn at(options: Options, names: &[&str]) -> Films {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"a film").unwrap();
        }
        let stub = JellyfinStub::start(options);
        stub.library("Films", dir.path(), THERE);
        Films { dir, stub }
    }

    pub(crate) fn of(version: &str) -> Films {
        Films::at(Options::of(version), &["Alien.mkv", "Up (2009)/Up.mkv"])
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn client(&self) -> Jellyfin {
        self.stub.client(&[(self.dir.path(), THERE)])
    }

    pub(crate) fn item(&self, client: &Jellyfin, name: &str) -> Item {
        let item = client.item_of(&self.path(name), &Cancel::default()).unwrap();
        item.unwrap_or_else(|| panic!("Jellyfin does not know {name}"))
    }

    /// Files in the folder of a video, by name.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> =
            files.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Language, title and number of the external subtitles.
fn external(item: &Item) -> Vec<(Option<&str>, Option<&str>, i32)> {
    let streams =
        item.streams.iter().filter(|it| it.kind == StreamKind::Subtitle && it.is_external);
    streams.map(|it| (it.language.as_deref(), it.title.as_deref(), it.index)).collect()
}

fn upload(bytes: &[u8]) -> Upload<'_> {
    Upload { language: "zho", format: "srt", is_forced: false, is_hearing_impaired: false, bytes }
}

#[test]
fn a_file_is_seen_after_a_refresh_that_is_one_and_its_change_is_not() {
    let cancel = Cancel::default();
    for version in VERSIONS {
        let films = Films::of(version);
        let client = films.client();
        let id = films.item(&client, "Alien.mkv").id;
        std::fs::write(films.path("Alien.zho.srt"), b"1").unwrap();
        assert_eq!(external(&films.item(&client, "Alien.mkv")), [], "{version}: nobody told it");

        client.refresh(&id, false, &cancel).unwrap();
        let seen = films.item(&client, "Alien.mkv");
        let code = if version == "10.10.7" { "chi" } else { "zho" };
        let [(language, title, first)] = external(&seen)[..] else { panic!("{seen:?}") };
        assert_eq!((language, title), (Some(code), None), "{version}");

        // The same name with another content is no news, and shifts nothing; all anew shifts numbers.
        std::fs::write(films.path("Alien.zho.srt"), b"2").unwrap();
        client.refresh(&id, false, &cancel).unwrap();
        assert_eq!(external(&films.item(&client, "Alien.mkv"))[0].2, first);
        client.refresh(&id, true, &cancel).unwrap();
        assert_ne!(external(&films.item(&client, "Alien.mkv"))[0].2, first);
    }
}

#[test]
fn an_upload_is_never_written_over_another_and_shown_at_once() {
    let cancel = Cancel::default();
    for version in VERSIONS {
        let films = Films::of(version);
        let client = films.client();
        let id = films.item(&client, "Up (2009)/Up.mkv").id;
        client.upload(&id, &upload(b"one"), &cancel).unwrap();
        client.upload(&id, &upload(b"two"), &cancel).unwrap();
        let names = ["Up.mkv", "Up.zho.0.srt", "Up.zho.srt"];
        assert_eq!(films.names("Up (2009)"), names, "{version}");
        assert_eq!(std::fs::read(films.path("Up (2009)/Up.zho.srt")).unwrap(), b"one");
        let item = films.item(&client, "Up (2009)/Up.mkv");
        let found = external(&item);
        assert_eq!(found.len(), 2);
        assert!(found.iter().any(|it| it.1 == Some("0")), "{found:?}");

        // Deleted by its number of now; one that is gone is as good.
        let (.., index) = found.iter().find(|it| it.1 == Some("0")).unwrap();
        client.delete_subtitle(&id, *index, &cancel).unwrap();
        assert_eq!(films.names("Up (2009)"), ["Up.mkv", "Up.zho.srt"]);
        let unknown = ItemId::parse("ffffffffffffffffffffffffffffffff").unwrap();
        client.delete_subtitle(&unknown, 7, &cancel).unwrap();
        // A number of long ago hits nothing, or what is no file: it is refused, and nothing is deleted.
        assert!(client.delete_subtitle(&id, 0, &cancel).is_err());
        assert!(client.delete_subtitle(&id, 99, &cancel).is_err());
        assert_eq!(films.names("Up (2009)"), ["Up.mkv", "Up.zho.srt"]);
    }
}

#[test]
fn version_10_11_7_refuses_all_uploads_and_others_take_them() {
    let cancel = Cancel::default();
    for (version, takes) in
        [("10.11.6", true), ("10.11.7", false), ("10.11.8", true), ("12.0.0", true)]
    {
        let films = Films::of(version);
        let client = films.client();
        let id = films.item(&client, "Alien.mkv").id;
        let uploaded = client.upload(&id, &upload(b"x"), &cancel);
        assert_eq!(uploaded.is_ok(), takes, "{version}");
        if let Err(fault) = uploaded {
            assert_eq!(fault.kind, FaultKind::Operator);
            assert!(fault.what.contains("400: Invalid subtitle format"), "{fault}");
        }
    }
}

#[test]
fn uploads_that_are_not_to_stand_beside_the_video_stand_among_its_own_data() {
    for version in VERSIONS {
        let options = Options { saves_beside: false, ..Options::of(version) };
        let films = Films::at(options, &["Alien.mkv"]);
        let client = films.client();
        let item = films.item(&client, "Alien.mkv");
        client.upload(&item.id, &upload(b"x"), &Cancel::default()).unwrap();
        assert_eq!(films.names(""), ["Alien.mkv"]);
        let path = external_path(&films.item(&client, "Alien.mkv"));
        assert!(Path::new(&path).starts_with(films.stub.metadata()), "{path}");
        assert!(!client.folders(&Cancel::default()).unwrap()[0].saves_beside);
    }
}

fn external_path(item: &Item) -> String {
    item.streams.iter().find(|it| it.is_external).unwrap().path.clone().unwrap()
}

#[test]
fn what_it_is_told_of_it_looks_at_a_minute_later() {
    let cancel = Cancel::default();
    for version in VERSIONS {
        let films = Films::of(version);
        let client = films.client();
        let (new, old) = (films.path("New.mkv"), films.path("Alien.en.srt"));
        std::fs::write(&new, b"x").unwrap();
        std::fs::write(&old, b"x").unwrap();
        client.updated(&[&new, &old], &cancel).unwrap();
        assert_eq!(client.item_of(&new, &cancel).unwrap(), None);
        films.stub.minute_passes();
        assert_eq!(films.item(&client, "New.mkv").name, "New");
        assert_eq!(external(&films.item(&client, "Alien.mkv")).len(), 1);
        let told = films.stub.bodies("/Updated");
        assert_eq!(told[0]["Updates"][0]["Path"], format!("{THERE}/New.mkv"));
    }
}
