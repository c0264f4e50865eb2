//! What the store must keep, and what it says when it cannot.

use super::*;
use crate::domain::change::{AudioDigest, AudioFile, Change, Made, Phrase, PhraseKey, SpeechKey};
use crate::domain::execution::Step;
use crate::domain::job::{ExecutionId, Fingerprint};
use crate::domain::lang::Lang;
use crate::domain::library::{FileId, Placed, Seen, SeenText};
use crate::domain::media::Probe;
use crate::domain::terms::{Scope, Term, TermId, TermOrigin, TermState};
use crate::domain::time::{Ms, Span};
use crate::domain::transcript::{RawHeard, RawSegment, Token};
use crate::domain::translate::line::{How, Rendered};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

const NOW_UNIX_MS: u64 = 1_800_000_000_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn heard(text: &str) -> RawHeard {
    let token =
        |it: &str| Token { bytes: it.as_bytes().to_vec(), p: 0.5, t0_cs: 1, t1_cs: 2, dtw_cs: -1 };
    let tokens = text.split(' ').map(token).collect();
    let segment = RawSegment { start_cs: 0, end_cs: 100, no_speech_p: 0.1, tokens };
    RawHeard { segments: vec![segment], language: "en".to_owned() }
}

fn row(seed: u8) -> PublishedRow {
    PublishedRow {
        content_blake3: [seed; 32],
        video: odd_path().into_os_string(),
        at_unix_ms: 7,
        partial: false,
    }
}

fn finished() -> FinishedRow {
    FinishedRow { outputs: vec![odd_path()], language: Some("zh-Hans".to_owned()), at_unix_ms: 9 }
}

fn put_finished(store: &Store, key: Fingerprint) {
    let FinishedRow { outputs, language, at_unix_ms } = finished();
    done(store, Write::Change { change: Change::Finished { key, outputs, language }, at_unix_ms });
}

fn put_window(store: &Store, key: [u8; 32], heard: RawHeard, at_unix_ms: u64) {
    done(store, Write::Window { key, heard, at_unix_ms, of: None });
}

fn put_published(store: &Store, path: &Path, row: PublishedRow) {
    let (temp, output) = (PathBuf::from("/films/.kinora-0.tmp"), path.as_os_str().to_owned());
    let row = PendingRow { output, published: row };
    done(store, Write::PendingBegun { temp: temp.clone(), row });
    done(store, Write::PendingDone { temp });
}

fn done(store: &Store, write: Write) {
    assert_eq!(store.commit(&[write]), Ok(vec![Ok(Wrote::Nothing)]));
}

fn odd_path() -> PathBuf {
    PathBuf::from(OsStr::from_bytes(b"/films/a\xff\nb.srt"))
}

fn file(inode: u8) -> FileId {
    FileId { device: 1, inode: inode.into(), size: 3, mtime_ns: -4 }
}

/// A track and its audio.
fn audio_of(number: u8) -> (AudioFile, AudioDigest) {
    let FileId { device, inode, size, mtime_ns } = file(number);
    (AudioFile { device, inode, size, mtime_ns, track: 1 }, AudioDigest([number; 32]))
}

fn seen() -> Seen {
    let probe = Probe {
        container: "matroska,webm".to_owned(),
        duration: None,
        start: Ms(0),
        audio: Vec::new(),
        subtitles: Vec::new(),
        has_video: true,
    };
    Seen { probe, texts: vec![SeenText { index: 2, found: Err("it is damaged".to_owned()) }] }
}

fn made() -> Made {
    let lang = |it| Lang::parse(it).unwrap();
    let lines = vec![("Seven.".to_owned(), "七".to_owned())];
    Made { from: lang("en"), to: lang("zh"), work: "se7en (1995)".to_owned(), lines }
}

fn rendered(text: &str) -> Vec<Rendered> {
    vec![Rendered { text: text.to_owned(), how: How::Translated, raw: None }]
}

fn put_batch(store: &Store, key: [u8; 32], text: &str, at_unix_ms: u64) {
    done(store, Write::Batch { key, rendered: rendered(text), at_unix_ms, of: None });
}

fn phrase(store: &Store, key: u8, text: &str, by_hand: bool) {
    let phrase = Phrase { text: text.to_owned(), by_hand };
    let change = Change::Phrases(vec![(PhraseKey([key; 32]), phrase)]);
    done(store, Write::Change { change, at_unix_ms: NOW_UNIX_MS });
}

fn placed(name: &str) -> Placed {
    let at = |ending| PathBuf::from(format!("{name}.{ending}"));
    Placed { video: at("mkv"), outputs: vec![at("srt")] }
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
        let store = Store::open(&folder.path().join("new/data"), StoreFile::Run).unwrap();
        assert!(!store.is_private());
        assert_eq!(store.window(&[1; 32]).unwrap(), None);
        assert_eq!(store.finished(&Fingerprint([1; 32])).unwrap(), None);
        assert_eq!(store.published(&path).unwrap(), None);
        put_window(&store, [1; 32], heard("and so my"), NOW_UNIX_MS);
        put_finished(&store, Fingerprint([2; 32]));
        put_published(&store, &path, row(1));
        put_published(&store, &path, row(2));
    }
    let store = Store::open(&folder.path().join("new/data"), StoreFile::Run).unwrap();
    assert_eq!(store.window(&[1; 32]).unwrap(), Some(heard("and so my")));
    assert_eq!(store.window(&[2; 32]).unwrap(), None);
    assert_eq!(store.finished(&Fingerprint([2; 32])).unwrap(), Some(finished()));
    assert_eq!(store.published(&path).unwrap(), Some(row(2)));
}

#[test]
fn a_temporary_name_ends_as_ours_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreFile::Run).unwrap();
    let pending = PendingRow { output: odd_path().into_os_string(), published: row(3) };
    let (one, two) = (Path::new("/films/.kinora-1.tmp"), Path::new("/films/.kinora-2.tmp"));
    done(&store, Write::PendingBegun { temp: one.to_owned(), row: pending.clone() });
    done(&store, Write::PendingBegun { temp: two.to_owned(), row: pending.clone() });
    drop(store);
    let store = Store::open(folder.path(), StoreFile::Run).unwrap();
    assert_eq!(
        store.pending().unwrap(),
        [(one.to_owned(), pending.clone()), (two.to_owned(), pending)]
    );
    done(&store, Write::PendingGone { temp: one.to_owned() });
    assert_eq!(store.published(&odd_path()).unwrap(), None);
    done(&store, Write::PendingDone { temp: two.to_owned() });
    done(&store, Write::PendingDone { temp: two.to_owned() });
    assert_eq!(store.published(&odd_path()).unwrap(), Some(row(3)));
    assert_eq!(store.pending().unwrap(), []);
}

#[test]
fn a_second_process_gets_a_private_store_that_is_taken_over_later() {
    let folder = tempfile::tempdir().unwrap();
    let first = Store::open(folder.path(), StoreFile::Run).unwrap();
    put_window(&first, [1; 32], heard("one"), NOW_UNIX_MS);
    let second = Store::open(folder.path(), StoreFile::Run).unwrap();
    let third = Store::open(folder.path(), StoreFile::Run).unwrap();
    assert!(second.is_private() && third.is_private());
    assert_eq!(second.window(&[1; 32]).unwrap(), None);
    put_window(&second, [2; 32], heard("two"), NOW_UNIX_MS);
    put_published(&second, &odd_path(), row(2));
    let change = Change::Placed { file: file(1), placed: placed("a") };
    done(&second, Write::Change { change, at_unix_ms: NOW_UNIX_MS });
    put_batch(&second, [3; 32], "drei", NOW_UNIX_MS);
    for (key, by_first, by_second) in [(1, true, false), (2, false, true)] {
        phrase(&first, key, "first", by_first);
        phrase(&second, key, "second", by_second);
    }
    drop((first, second));
    // The third still runs: its store stays.
    let store = Store::open(folder.path(), StoreFile::Run).unwrap();
    assert!(!store.is_private());
    assert_eq!(store.window(&[1; 32]).unwrap(), Some(heard("one")));
    assert_eq!(store.window(&[2; 32]).unwrap(), Some(heard("two")));
    assert_eq!(store.published(&odd_path()).unwrap(), Some(row(2)));
    assert_eq!(store.placed(&file(1)).unwrap(), Some(placed("a")));
    assert_eq!(store.batch(&[3; 32]).unwrap(), Some(rendered("drei")));
    let said = |key| store.phrase(&PhraseKey([key; 32])).unwrap().unwrap().text;
    assert_eq!([said(1), said(2)], ["first", "second"], "what a hand wrote stays");
    assert_eq!(private_files(folder.path()).len(), 1);
    drop((store, third));
    Store::open(folder.path(), StoreFile::Run).unwrap();
    assert!(private_files(folder.path()).is_empty());
}

#[test]
fn old_windows_and_batches_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreFile::Run).unwrap();
    put_window(&store, [1; 32], heard("kept"), NOW_UNIX_MS);
    let now = NOW_UNIX_MS;
    let old = now - (WINDOW_AGE_DAYS_MAX + 1) * DAY_MS;
    put_window(&store, [2; 32], heard("old"), old);
    put_batch(&store, [1; 32], "kept", NOW_UNIX_MS);
    put_batch(&store, [2; 32], "old", old);
    assert_eq!(store.prune(now), Ok(2));
    assert_eq!(store.window(&[2; 32]).unwrap(), None);
    assert_eq!(store.batch(&[2; 32]).unwrap(), None);
    assert_eq!(store.batch(&[1; 32]).unwrap(), Some(rendered("kept")));
    assert_eq!(store.window(&[1; 32]).unwrap(), Some(heard("kept")));
    assert_eq!(store.prune(now), Ok(0));
    assert_eq!(store.prune(now + (WINDOW_AGE_DAYS_MAX + 1) * DAY_MS), Ok(2));
}

#[test]
fn of_too_many_files_the_oldest_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreFile::Run).unwrap();
    let change = |change, at_unix_ms| done(&store, Write::Change { change, at_unix_ms });
    // The later the number, the older the row.
    for number in 0..30u8 {
        let at = NOW_UNIX_MS - u64::from(number);
        let (file, key) = (file(number), SpeechKey([number; 32]));
        let (of_track, audio) = audio_of(number);
        change(Change::AudioKnown { file: of_track, audio }, at);
        change(Change::Seen { file, seen: Box::new(seen()) }, at);
        change(Change::Spoke { key, speech: vec![Span::new(0, i64::from(number))] }, at);
        change(Change::Placed { file, placed: placed("a") }, at);
        // Every tenth phrase is by hand.
        let phrase = Phrase { text: "七".to_owned(), by_hand: number % 10 == 9 };
        change(Change::Phrases(vec![(PhraseKey([number; 32]), phrase)]), at);
        let output = PathBuf::from(format!("{number}.srt"));
        change(Change::Made { output, made: Box::new(made()) }, at);
    }
    let most = prune::RowsMax { audio: 30, seen: 20, speech: 29, placed: 0, phrases: 30, made: 20 };
    assert_eq!(store.prune_to(NOW_UNIX_MS, most), Ok(12 + 3 + 30 + 12));
    let kept = |is_kept: &dyn Fn(u8) -> bool| (0..30).filter(|it| is_kept(*it)).count();
    assert_eq!(kept(&|it| store.seen(&file(it)).unwrap() == Some(seen())), 18);
    assert_eq!(kept(&|it| store.speech(&SpeechKey([it; 32])).unwrap().is_some()), 27);
    assert_eq!(kept(&|it| store.placed(&file(it)).unwrap().is_some()), 0);
    assert!(store.seen(&file(17)).unwrap().is_some() && store.seen(&file(18)).unwrap().is_none());
    assert_eq!(store.prune_to(NOW_UNIX_MS, most), Ok(0), "the next time is far off");
    assert_eq!(store.prune(NOW_UNIX_MS), Ok(0));
    assert_eq!(kept(&|it| store.made(Path::new(&format!("{it}.srt"))).unwrap().is_some()), 18);
    let most = prune::RowsMax { audio: 29, ..most };
    assert_eq!(store.prune_to(NOW_UNIX_MS, most), Ok(3));
    let most = prune::RowsMax { phrases: 10, ..most };
    assert_eq!(store.prune_to(NOW_UNIX_MS, most), Ok(21), "the oldest of those no hand wrote");
    let left: Vec<u8> =
        (0..30).filter(|it| store.phrase(&PhraseKey([*it; 32])).unwrap().is_some()).collect();
    assert_eq!(left, [0, 1, 2, 3, 4, 5, 9, 19, 29]);
    let known = |number| store.knows_audio(&audio_of(number).1).unwrap();
    assert!(known(26) && !known(27));
    assert_eq!(store.check(), Ok(Vec::new()));
}

#[test]
fn subtitles_of_a_file_add_up_until_it_lies_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreFile::Run).unwrap();
    let place = |placed| {
        done(
            &store,
            Write::Change { change: Change::Placed { file: file(1), placed }, at_unix_ms: 1 },
        );
    };
    let names = || {
        let outputs = store.placed(&file(1)).unwrap().unwrap().outputs;
        outputs.iter().map(|it| it.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    place(placed("a"));
    place(Placed { outputs: vec!["a.de.srt".into(), "a.srt".into()], ..placed("a") });
    place(placed("a"));
    assert_eq!(names(), ["a.srt", "a.de.srt"]);
    place(placed("b"));
    assert_eq!(names(), ["b.srt"]);
    put_published(&store, Path::new("b.srt"), row(1));
    let change = Change::Made { output: "b.srt".into(), made: Box::new(made()) };
    done(&store, Write::Change { change, at_unix_ms: 1 });
    let gone = vec![PathBuf::from("b.srt"), PathBuf::from("never.srt")];
    let file = file(1);
    done(&store, Write::Followed { file, placed: placed("c"), gone, at_unix_ms: 2 });
    assert_eq!(names(), ["c.srt"]);
    assert_eq!(store.published(Path::new("b.srt")).unwrap(), None);
    assert_eq!(store.made(Path::new("b.srt")).unwrap(), None);
    assert_eq!(store.made(Path::new("c.srt")).unwrap(), Some(made()));
}

#[test]
fn the_number_of_a_term_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreFile::Run).unwrap();
    let term = |source: &str| Term {
        source: source.to_owned(),
        target: None,
        from: None,
        to: None,
        scope: Scope::Everywhere,
        origin: TermOrigin::Hand,
        state: TermState::Accepted,
        note: String::new(),
    };
    let write = |write| {
        let writes = vec![write];
        let wrote = store.commit(&[Write::Terms { writes, at_unix_ms: 1 }]).unwrap().remove(0);
        wrote.map(|it| match it {
            Wrote::Terms(done) => done.iter().map(|it| it.id.0).collect::<Vec<_>>(),
            other @ (Wrote::Wished { .. } | Wrote::Event(_) | Wrote::Nothing) => {
                panic!("{other:?}")
            }
        })
    };
    assert_eq!(write(TermWrite::Put(term("a"))), Ok(vec![1]));
    assert_eq!(write(TermWrite::Put(term("b"))), Ok(vec![2]));
    assert_eq!(write(TermWrite::Put(term("b"))), Ok(vec![]), "it was so already");
    assert_eq!(write(TermWrite::Remove(TermId(2))), Ok(vec![2]));
    assert_eq!(write(TermWrite::Put(term("c"))), Ok(vec![3]));
    assert_eq!(write(TermWrite::Remove(TermId(2))), Err(Refused::NoSuchTerm(TermId(2))));
    let many = (0..crate::domain::terms::TERMS_MAX).map(|it| TermWrite::Put(term(&it.to_string())));
    let many = Write::Terms { writes: many.collect(), at_unix_ms: 1 };
    assert_eq!(store.commit(&[many]), Ok(vec![Err(Refused::TooManyTerms)]));
    assert_eq!(store.terms().unwrap().len(), 2, "all or nothing");
}

#[test]
fn each_step_finds_what_each_step_left() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreFile::Run).unwrap();
    let id = ExecutionId(1);
    let records: Vec<_> = Step::ALL.into_iter().map(|it| (it, vec![it as u8 + 1])).collect();
    store
        .write(|tables| {
            tables.touched += 1;
            for (step, body) in &records {
                let row = StepRecord { at_unix_ms: 1, notes: Vec::new(), body: body.clone() };
                tables.records.insert((id.0, *step as u8), codec::encode(&row)?.as_slice())?;
            }
            Ok(())
        })
        .unwrap();
    let found = store.records(id).unwrap();
    assert_eq!(found.len(), records.len());
    for (step, body) in records {
        assert_eq!(found[&step].body, body, "{}", step.name());
        assert_eq!(store.record(id, step).unwrap(), Some(body));
    }
}

#[test]
fn files_that_are_no_store_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.redb");
    for garbage in [&b"not a database, but long enough to have a header".repeat(1000)[..], b"short"]
    {
        fs::write(&path, garbage).unwrap();
        let fault = Store::open(folder.path(), StoreFile::Run).unwrap_err();
        assert!(fault.what.contains("run.redb") && fault.what.contains("damaged"), "{fault}");
        assert!(fault.remedy.contains("delete it"), "{fault}");
        assert_eq!(fs::read(&path).unwrap(), garbage, "the file is left as it is");
    }
    fs::write(&path, b"").unwrap();
    assert!(Store::open(folder.path(), StoreFile::Run).is_ok());
}

#[test]
fn a_store_cut_short_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.redb");
    let store = Store::open(folder.path(), StoreFile::Run).unwrap();
    for key in 0..50 {
        put_window(&store, [key; 32], heard(&"word ".repeat(100)), NOW_UNIX_MS);
    }
    drop(store);
    let whole = fs::metadata(&path).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(whole / 2).unwrap();
    let fault = Store::open(folder.path(), StoreFile::Run).unwrap_err();
    assert!(fault.what.contains("damaged"), "{fault}");
}

#[test]
fn a_newer_kinora_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), StoreFile::Run).unwrap();
    let transaction = store.db.alone().unwrap().begin_write().unwrap();
    transaction
        .open_table(tables::FINISHED)
        .unwrap()
        .insert(&[1u8; 32][..], &[9u8, 0][..])
        .unwrap();
    transaction
        .open_table(tables::META)
        .unwrap()
        .insert("schema", tables::SCHEMA_VERSION + 1)
        .unwrap();
    transaction.commit().unwrap();
    let fault = store.finished(&Fingerprint([1; 32])).unwrap_err();
    assert!(fault.what.contains("another version of Kinora (format 9)"), "{fault}");
    drop(store);
    let fault = Store::open(folder.path(), StoreFile::Run).unwrap_err();
    assert!(fault.what.contains("another version of Kinora (format 7)"), "{fault}");
}

#[test]
fn the_way_back_from_a_newer_kinora_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), StoreFile::Daemon).unwrap();
    let transaction = store.db.alone().unwrap().begin_write().unwrap();
    let newer = tables::SCHEMA_VERSION + 1;
    transaction.open_table(tables::META).unwrap().insert("schema", newer).unwrap();
    transaction.commit().unwrap();
    drop(store);
    let fault = Store::open(folder.path(), StoreFile::Daemon).unwrap_err();
    assert!(fault.remedy.contains("restore the backup"), "{fault}");
    fs::write(folder.path().join("kinora.redb.before-format-7"), "").unwrap();
    let fault = Store::open(folder.path(), StoreFile::Daemon).unwrap_err();
    let (copy, name) = ("give the copy", "kinora.redb.before-format-7 the name");
    assert!(fault.remedy.contains(copy) && fault.remedy.contains(name), "{fault}");
}

#[test]
fn a_folder_that_cannot_be_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, b"x").unwrap();
    assert!(
        Store::open(&path.join("data"), StoreFile::Run).unwrap_err().what.contains("cannot be")
    );
}
