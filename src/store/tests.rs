//! What the store must keep, and what it says when it cannot.

use super::*;
use crate::domain::transcript::{RawSegment, Token};
use std::fs;
use std::io::Write;

const NOW_UNIX_MS: u64 = 1_800_000_000_000;

fn heard(text: &str) -> RawHeard {
    let token =
        |it: &str| Token { bytes: it.as_bytes().to_vec(), p: 0.5, t0_cs: 1, t1_cs: 2, dtw_cs: -1 };
    let tokens = text.split(' ').map(token).collect();
    let segment = RawSegment { start_cs: 0, end_cs: 100, no_speech_p: 0.1, tokens };
    RawHeard { segments: vec![segment], language: "en".to_owned() }
}

fn row(seed: u8) -> PublishedRow {
    PublishedRow { content_blake3: [seed; 32], video: odd_path().into_os_string(), at_unix_ms: 7 }
}

fn finished() -> FinishedRow {
    FinishedRow { outputs: vec![odd_path()], language: Some("zh-Hans".to_owned()), at_unix_ms: 9 }
}

fn odd_path() -> PathBuf {
    PathBuf::from(std::ffi::OsStr::from_bytes(b"/films/a\xff\nb.srt"))
}

fn private_files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    paths.filter(|it| it.file_name().unwrap().as_bytes().starts_with(b"run.private-")).collect()
}

#[test]
fn what_was_stored_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = odd_path();
    {
        let store = Store::open(&folder.path().join("new/data")).unwrap();
        assert!(!store.is_private());
        assert_eq!(store.window(&[1; 32]).unwrap(), None);
        assert_eq!(store.finished(&[1; 32]).unwrap(), None);
        assert_eq!(store.published(&path).unwrap(), None);
        store.put_window(&[1; 32], &heard("and so my"), NOW_UNIX_MS).unwrap();
        store.put_finished(&[2; 32], &finished()).unwrap();
        store.put_published(&path, &row(1)).unwrap();
        store.put_published(&path, &row(2)).unwrap();
    }
    let store = Store::open(&folder.path().join("new/data")).unwrap();
    assert_eq!(store.window(&[1; 32]).unwrap(), Some(heard("and so my")));
    assert_eq!(store.window(&[2; 32]).unwrap(), None);
    assert_eq!(store.finished(&[2; 32]).unwrap(), Some(finished()));
    assert_eq!(store.published(&path).unwrap(), Some(row(2)));
}

#[test]
fn a_temporary_name_ends_as_ours_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let pending = PendingRow { output: odd_path().into_os_string(), published: row(3) };
    let (one, two) = (Path::new("/films/.kinora-1.tmp"), Path::new("/films/.kinora-2.tmp"));
    store.begin_pending(one, &pending).unwrap();
    store.begin_pending(two, &pending).unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(
        store.pending().unwrap(),
        [(one.to_owned(), pending.clone()), (two.to_owned(), pending)]
    );
    store.forget_pending(one).unwrap();
    assert_eq!(store.published(&odd_path()).unwrap(), None);
    store.finish_pending(two).unwrap();
    store.finish_pending(two).unwrap();
    assert_eq!(store.published(&odd_path()).unwrap(), Some(row(3)));
    assert_eq!(store.pending().unwrap(), []);
}

#[test]
fn a_second_process_gets_a_private_store_that_is_taken_over_later() {
    let folder = tempfile::tempdir().unwrap();
    let first = Store::open(folder.path()).unwrap();
    first.put_window(&[1; 32], &heard("one"), NOW_UNIX_MS).unwrap();
    let second = Store::open(folder.path()).unwrap();
    let third = Store::open(folder.path()).unwrap();
    assert!(second.is_private() && third.is_private());
    assert_eq!(second.window(&[1; 32]).unwrap(), None);
    second.put_window(&[2; 32], &heard("two"), NOW_UNIX_MS).unwrap();
    second.put_published(&odd_path(), &row(2)).unwrap();
    drop((first, second));
    // The third still runs: its store stays.
    let store = Store::open(folder.path()).unwrap();
    assert!(!store.is_private());
    assert_eq!(store.window(&[1; 32]).unwrap(), Some(heard("one")));
    assert_eq!(store.window(&[2; 32]).unwrap(), Some(heard("two")));
    assert_eq!(store.published(&odd_path()).unwrap(), Some(row(2)));
    assert_eq!(private_files(folder.path()).len(), 1);
    drop((store, third));
    Store::open(folder.path()).unwrap();
    assert!(private_files(folder.path()).is_empty());
}

#[test]
fn old_windows_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.put_window(&[1; 32], &heard("kept"), NOW_UNIX_MS).unwrap();
    let now = NOW_UNIX_MS;
    let old = now - WINDOW_AGE_DAYS_MAX * DAY_MS - 1;
    store.put(WINDOWS, &[2; 32], &WindowRow { at_unix_ms: old, heard: heard("old") }).unwrap();
    assert_eq!(store.prune(now), Ok(1));
    assert_eq!(store.window(&[2; 32]).unwrap(), None);
    assert_eq!(store.window(&[1; 32]).unwrap(), Some(heard("kept")));
    assert_eq!(store.prune(now), Ok(0));
    assert_eq!(store.prune(now + (WINDOW_AGE_DAYS_MAX + 1) * DAY_MS), Ok(1));
}

#[test]
fn files_that_are_no_store_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.redb");
    for garbage in [&b"not a database, but long enough to have a header".repeat(1000)[..], b"short"]
    {
        fs::write(&path, garbage).unwrap();
        let fault = Store::open(folder.path()).unwrap_err();
        assert!(fault.what.contains("run.redb") && fault.what.contains("damaged"), "{fault}");
        assert!(fault.remedy.contains("delete it"), "{fault}");
        assert_eq!(fs::read(&path).unwrap(), garbage, "the file is left as it is");
    }
    fs::write(&path, b"").unwrap();
    assert!(Store::open(folder.path()).is_ok());
}

#[test]
fn a_store_cut_short_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.redb");
    let store = Store::open(folder.path()).unwrap();
    for key in 0..50 {
        store.put_window(&[key; 32], &heard(&"word ".repeat(100)), NOW_UNIX_MS).unwrap();
    }
    drop(store);
    let whole = fs::metadata(&path).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(whole / 2).unwrap();
    let fault = Store::open(folder.path()).unwrap_err();
    assert!(fault.what.contains("damaged"), "{fault}");
}

#[test]
fn a_newer_kinora_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let transaction = store.db.begin_write().unwrap();
    transaction.open_table(FINISHED).unwrap().insert(&[1u8; 32][..], &[9u8, 0][..]).unwrap();
    transaction
        .open_table(tables::META)
        .unwrap()
        .insert("schema", tables::SCHEMA_VERSION + 1)
        .unwrap();
    transaction.commit().unwrap();
    let fault = store.finished(&[1; 32]).unwrap_err();
    assert!(fault.what.contains("another version of Kinora (format 9)"), "{fault}");
    drop(store);
    let fault = Store::open(folder.path()).unwrap_err();
    assert!(fault.what.contains("another version of Kinora (format 2)"), "{fault}");
}

#[test]
fn a_folder_that_cannot_be_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::File::create(&path).unwrap().write_all(b"x").unwrap();
    assert!(Store::open(&path.join("data")).unwrap_err().what.contains("cannot be"));
}
