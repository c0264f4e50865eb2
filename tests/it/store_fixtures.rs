//! Stores of every format that was ever released open for ever, are whole, and keep their rows.
//!
//! `store-v1.redb` is a `run.redb` of Kinora 0.1, after one film. Later ones are a `kinora.redb` after the story of
//! `store_story` as it was then; the first Kinora of a format writes its fixture, once, with
//! `KINORA_MAKE_FIXTURE=tests/fixtures/store-vN.redb cargo test --test it fixture`.

use crate::store_story::{page, play, story, wish};
use kinora::domain::change::Counter;
use kinora::domain::job::{Fingerprint, JobId};
use kinora::store::{Store, StoreFile};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The fixture, as a store of this kind, in a folder of its own.
fn opened(version: u8, file: StoreFile) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let copy = fixture_copy(version, folder.path());
    std::fs::rename(copy, folder.path().join(file.name())).unwrap();
    let store = Store::open(folder.path(), file).unwrap();
    (folder, store)
}

/// A fixture, in this folder.
pub(crate) fn fixture_copy(version: u8, folder: &Path) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let copy = folder.join("fixture.redb");
    std::fs::copy(fixtures.join(format!("store-v{version}.redb")), &copy).unwrap();
    copy
}

#[test]
fn a_fixture_is_written_when_it_is_asked_for() {
    let Some(path) = std::env::var_os("KINORA_MAKE_FIXTURE").map(PathBuf::from) else { return };
    assert!(!path.exists(), "a fixture that was released never changes");
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreFile::Daemon).unwrap();
    assert_eq!(play(&store, &story(), 0), (story().len(), true));
    drop(store);
    std::fs::copy(folder.path().join(StoreFile::Daemon.name()), path).unwrap();
}

#[test]
fn format_1_keeps_windows_finished_and_published_files() {
    let (folder, mut store) = opened(1, StoreFile::Run);
    assert_eq!(store.check(), Ok(Vec::new()));
    assert_eq!(store.repair(), Ok(Vec::new()));
    assert_eq!(store.total(Counter::WindowsHeard), Ok(1));
    let keys = |table| -> Vec<Vec<u8>> {
        let definition = TableDefinition::<&[u8], &[u8]>::new(table);
        let old = Database::open(fixture_copy(1, folder.path())).unwrap();
        let rows = old.begin_read().unwrap().open_table(definition).unwrap();
        rows.iter().unwrap().map(|it| it.unwrap().0.value().to_vec()).collect()
    };
    for (table, many) in [("windows", 1), ("finished", 1), ("published", 1), ("pending", 0)] {
        assert_eq!(keys(table).len(), many, "{table}");
    }
    let heard = store.window(&keys("windows")[0].clone().try_into().unwrap()).unwrap().unwrap();
    assert_eq!(heard.language, "en");
    let tokens = heard.segments.iter().flat_map(|it| &it.tokens).flat_map(|it| &it.bytes).copied();
    let text = String::from_utf8(tokens.collect()).unwrap();
    assert!(text.contains("what your country can do for you"), "{text}");
    let finished = keys("finished")[0].clone().try_into().map(Fingerprint).unwrap();
    let finished = store.finished(&finished).unwrap().unwrap();
    let published = PathBuf::from(OsString::from_vec(keys("published")[0].clone()));
    assert_eq!(finished.outputs, std::slice::from_ref(&published));
    assert!(store.published(&published).unwrap().is_some());
    assert_eq!(store.pending(), Ok(Vec::new()));
    drop(store);
    let again = Store::open(folder.path(), StoreFile::Run).unwrap();
    assert_eq!(again.total(Counter::WindowsHeard), Ok(1), "it is brought up to date once");
}

#[test]
fn format_2_keeps_all() {
    let (folder, mut store) = opened(2, StoreFile::Daemon);
    assert_eq!(store.check(), Ok(Vec::new()));
    insta::assert_snapshot!(page(&store));
    assert_eq!(store.repair(), Ok(Vec::new()));
    drop(store);
    let store = Store::open(folder.path(), StoreFile::Daemon).unwrap();
    // Its life goes on: a job of then is told as one of today.
    assert_eq!(store.job(JobId(1)).unwrap().unwrap().spec, wish(1).spec);
    assert_eq!(play(&store, &story(), story().len() - 1), (story().len(), true));
    assert_eq!(store.check(), Ok(Vec::new()));
}

#[test]
fn format_3_keeps_all() {
    let (_folder, mut store) = opened(3, StoreFile::Daemon);
    assert_eq!(store.check(), Ok(Vec::new()));
    insta::assert_snapshot!(page(&store));
    assert_eq!(store.repair(), Ok(Vec::new()));
    assert_eq!(play(&store, &story(), story().len() - 1), (story().len(), true));
    assert_eq!(store.check(), Ok(Vec::new()));
}

#[test]
fn format_4_keeps_all() {
    let (_folder, mut store) = opened(4, StoreFile::Daemon);
    assert_eq!(store.check(), Ok(Vec::new()));
    insta::assert_snapshot!(page(&store));
    assert_eq!(store.repair(), Ok(Vec::new()));
    assert_eq!(play(&store, &story(), story().len() - 1), (story().len(), true));
    assert_eq!(store.check(), Ok(Vec::new()));
}

#[test]
fn format_5_keeps_all() {
    let (_folder, mut store) = opened(5, StoreFile::Daemon);
    assert_eq!(store.check(), Ok(Vec::new()));
    insta::assert_snapshot!(page(&store));
    assert_eq!(store.repair(), Ok(Vec::new()));
    assert_eq!(play(&store, &story(), story().len() - 1), (story().len(), true));
    assert_eq!(store.check(), Ok(Vec::new()));
}

#[test]
fn format_6_keeps_all() {
    let (_folder, mut store) = opened(6, StoreFile::Daemon);
    assert_eq!(store.check(), Ok(Vec::new()));
    insta::assert_snapshot!(page(&store));
    assert_eq!(store.repair(), Ok(Vec::new()));
    assert_eq!(play(&store, &story(), story().len() - 1), (story().len(), true));
    assert_eq!(store.check(), Ok(Vec::new()));
}

/// Until a later format has a fixture of its own: nothing of what was asked for is left out today.
#[test]
fn the_newest_fixture_is_what_the_story_makes_today() {
    let (_folder, fixture) = opened(6, StoreFile::Daemon);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreFile::Daemon).unwrap();
    assert_eq!(play(&store, &story(), 0), (story().len(), true));
    assert_eq!(page(&store), page(&fixture));
}
