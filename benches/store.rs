//! The store: durable submits a second, claims and completions a second, a page of and opening a million executions.

use crate::support::order::order;
use kinora::api::rows::ROWS_MAX;
use kinora::domain::change::StepDone;
use kinora::domain::execution::{Ending, Event, Next};
use kinora::domain::job::{ExecutionId, Fingerprint, JobKey, Spec, Wish};
use kinora::domain::order::{Order, Summary};
use kinora::runtime::writer::Writer;
use kinora::store::{ListQuery, RowStatus, Store, StoreFile, Write};
use redb::StorageBackend;
use redb::backends::FileBackend;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// As long as a real identity of weights.
const MODEL: &str = "ggml-base-q8_0 of this size and digest";
const CALLERS: u64 = 16;
const RATE_FOR: Duration = Duration::from_secs(3);
const HARD_DISK_SYNC: Duration = Duration::from_millis(10);
const RATIO_HARD_DISK_MIN: f64 = 12.0;
const RATIO_MIN: f64 = 3.0;
const EXECUTIONS: u64 = 1_000_000;
/// The newest ones wait, all others are done.
const READY: u64 = 1_000;
const BATCH: u64 = 20_000;
const PAGE_ROWS: usize = 50;
const PAGE_MS_MAX: f64 = 20.0;
const OPEN_MS_MAX: f64 = 500.0;
/// A page of rows for a screen of them.
const ROWS_MS_MAX: f64 = 300.0;

/// A file whose syncs take longer.
#[derive(Debug)]
struct Slow {
    file: FileBackend,
    sync: Duration,
}

impl StorageBackend for Slow {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        std::thread::sleep(self.sync);
        self.file.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write(offset, data)
    }
    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}

pub(crate) fn run() -> bool {
    // Not where temporary files are: those may be in memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on a disk");
    let mut good = submits(folder.path(), "hard disk", HARD_DISK_SYNC, RATIO_HARD_DISK_MIN);
    good &= submits(folder.path(), "this disk", Duration::ZERO, RATIO_MIN);
    claims(folder.path());
    good & million(folder.path())
}

pub(crate) fn wish(film: u64, order: &Order) -> Wish {
    let path = PathBuf::from(format!("/media/films/A film with a name ({film})/film {film}.mkv"));
    Wish {
        key: JobKey(*blake3::hash(&film.to_le_bytes()).as_bytes()),
        fingerprint: Fingerprint([7; 32]),
        spec: Spec::Subtitle { path, order: Box::new(order.clone()) },
        priority: 0,
        again: false,
    }
}

fn slow(path: &Path, sync: Duration) -> Arc<Store> {
    let _ = std::fs::remove_file(path);
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(path);
    let file = FileBackend::new(file.expect("a file")).expect("nobody else has it");
    Arc::new(Store::on(Slow { file, sync }).expect("a store"))
}

/// Every submit is durable before its caller goes on.
fn submits(folder: &Path, disk: &str, sync: Duration, ratio_min: f64) -> bool {
    let rate = |callers: u64| {
        let store = slow(&folder.join("submits.redb"), sync);
        let writer = Writer::start(store).expect("a thread");
        let start = Instant::now();
        let submitted: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..callers)
                .map(|caller| {
                    let writer = writer.clone();
                    scope.spawn(move || {
                        let (order, mut many) = (order(MODEL), 0);
                        while start.elapsed() < RATE_FOR {
                            let wish = wish(caller << 32 | many, &order);
                            writer.write(Write::Wish { wish, at_unix_ms: 1 }).expect("durable");
                            many += 1;
                        }
                        many
                    })
                })
                .collect();
            threads.into_iter().map(|it| it.join().expect("no panic")).sum()
        });
        submitted as f64 / start.elapsed().as_secs_f64()
    };
    let (one, all) = (rate(1), rate(CALLERS));
    let ratio = all / one;
    println!(
        "store: {disk}: submits a second: one caller {one:.0}, {CALLERS} {all:.0}, ratio {ratio:.1}"
    );
    crate::held(
        &format!("{CALLERS} callers at least {ratio_min} times one, {disk}"),
        ratio_min <= ratio,
    )
}

pub(crate) fn started(execution: u64) -> Write {
    let event = Event::Started { lane: "cpu".to_owned() };
    Write::Event { execution: ExecutionId(execution), event, at_unix_ms: 2, done: None }
}

pub(crate) fn completed(execution: u64) -> Write {
    let next = Next::End(Ending::Written);
    let summary = Summary { cues: 900, ..Summary::default() };
    let notes = vec!["track 1 is the only one".to_owned()];
    let done = StepDone { next, body: vec![7; 500], notes, summary, changes: Vec::new() };
    let event = Event::Succeeded { next };
    let execution = ExecutionId(execution);
    Write::Event { execution, event, at_unix_ms: 3, done: Some(Box::new(done)) }
}

/// A claim is durable before the step runs, its completion before anybody is told.
fn claims(folder: &Path) {
    let store = slow(&folder.join("claims.redb"), Duration::ZERO);
    let wishes: Vec<Write> = (1..=BATCH)
        .map(|it| Write::Wish { wish: wish(it, &order(MODEL)), at_unix_ms: 1 })
        .collect();
    store.commit(&wishes).expect("durable");
    let (start, mut done) = (Instant::now(), 0);
    while start.elapsed() < RATE_FOR && done < BATCH {
        done += 1;
        store.commit(&[started(done)]).expect("durable");
        store.commit(&[completed(done)]).expect("durable");
    }
    let rate = done as f64 / start.elapsed().as_secs_f64();
    println!("store: claims and completions a second, one after the other: {rate:.0}");
}

fn million(folder: &Path) -> bool {
    let start = Instant::now();
    let store = Store::open(folder, StoreFile::Daemon).expect("a store");
    let order = order(MODEL);
    for first in (1..=EXECUTIONS).step_by(BATCH as usize) {
        let films = first..(first + BATCH).min(EXECUTIONS + 1);
        let wishes = films.clone().map(|it| Write::Wish { wish: wish(it, &order), at_unix_ms: it });
        let done = films.filter(|it| *it + READY <= EXECUTIONS);
        let done = done.flat_map(|it| [started(it), completed(it)]);
        let writes: Vec<Write> = wishes.chain(done).collect();
        let answers = store.commit(&writes).expect("durable");
        assert!(answers.iter().all(Result::is_ok));
    }
    let path = folder.join(StoreFile::Daemon.name());
    let killed = folder.join("killed");
    std::fs::create_dir(&killed).expect("a folder");
    // What a killed process leaves: the file as it is while it is open.
    std::fs::copy(&path, killed.join(StoreFile::Daemon.name())).expect("room on the disk");
    drop(store);
    let mib = std::fs::metadata(&path).map_or(0, |it| it.len()) / 1024 / 1024;
    let built_s = start.elapsed().as_secs_f64();
    println!("store: {EXECUTIONS} executions made in {built_s:.0} s, {mib} MiB");

    let mut opens: Vec<(f64, f64)> = (0..5)
        .map(|_| {
            let opening = Instant::now();
            let store = Store::open(folder, StoreFile::Daemon).expect("it opens");
            let open_ms = opening.elapsed().as_secs_f64() * 1e3;
            drop(store);
            (open_ms, opening.elapsed().as_secs_f64() * 1e3 - open_ms)
        })
        .collect();
    opens.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (open_ms, close_ms) = opens[opens.len() / 2];
    let after_kill = Instant::now();
    let repaired = Store::open(&killed, StoreFile::Daemon).expect("it opens");
    let after_kill_ms = after_kill.elapsed().as_secs_f64() * 1e3;
    drop(repaired);
    println!(
        "store: opened in {open_ms:.1} ms, closed in {close_ms:.0} ms, opened after a kill in {after_kill_ms:.0} ms"
    );
    let mut good =
        crate::held(&format!("opened in at most {OPEN_MS_MAX} ms"), open_ms <= OPEN_MS_MAX);
    let store = Store::open(folder, StoreFile::Daemon).expect("it opens");
    for status in [None, Some(RowStatus::Ready), Some(RowStatus::Done)] {
        let query = ListQuery { status, before: None, limit: PAGE_ROWS };
        let first = Instant::now();
        assert_eq!(store.list(&query).expect("a page").len(), PAGE_ROWS);
        let first_ms = first.elapsed().as_secs_f64() * 1e3;
        let again_ms = median_ms(|| drop(store.list(&query).expect("a page")));
        println!("store: first page of {status:?}: {first_ms:.2} ms, then {again_ms:.2} ms");
        good &= crate::held(&format!("page in at most {PAGE_MS_MAX} ms"), first_ms <= PAGE_MS_MAX);
    }
    let (large, mut rows) = (Instant::now(), 0);
    store.list_with_jobs(None, ROWS_MAX, |_, _, _| rows += 1).expect("a page");
    let large_ms = large.elapsed().as_secs_f64() * 1e3;
    println!("store: {rows} executions with their jobs in {large_ms:.0} ms");
    good &= crate::held(&format!("those in at most {ROWS_MS_MAX} ms"), large_ms <= ROWS_MS_MAX);
    let active = Instant::now();
    assert_eq!(store.active().expect("a list").len() as u64, READY);
    println!("store: {READY} active ones in {:.1} ms", active.elapsed().as_secs_f64() * 1e3);
    good
}

fn median_ms(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..5)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
