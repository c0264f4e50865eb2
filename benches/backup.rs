//! A backup of a large store while writers run, against copying its file; its memory; putting it back.

use crate::store::{completed, started, wish};
use crate::support::order::order;
use kinora::app::backup::{self, To, Which};
use kinora::app::config::{Config, defaults};
use kinora::base::cancel::Cancel;
use kinora::domain::transcript::{RawHeard, RawSegment, Token};
use kinora::store::{Store, StoreFile, Write};
use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// An execution that is done is 10 rows: its job, its log, its record, its summary, and what is derived.
const ROWS_PER_EXECUTION: u64 = 10;
/// Of a thousand rows so many belong to executions; the others are windows.
const OF_EXECUTIONS: u64 = 900;
const ROWS: u64 = 100_000;
const ROWS_SOAK: u64 = 1_000_000;
const BATCH: u64 = 10_000;
const WRITERS: u64 = 2;
const RUNS: usize = 3;
/// Nobody waits for a backup, and yet it should not take much longer than a plain copy.
const RATIO_MAX: f64 = 4.0;
/// What making one adds to resident memory, however large the store is.
const MEMORY_MIB_MAX: f64 = 64.0;

pub(crate) fn run() -> bool {
    let rows = if std::env::var_os("KINORA_SOAK").is_some() { ROWS_SOAK } else { ROWS };
    // Not where temporary files are: those may be in memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on a disk");
    let (data, backups) = (folder.path().join("data"), folder.path().join("backups"));
    for made in [&data, &backups] {
        std::fs::create_dir(made).expect("a folder");
    }
    fill(&data, rows);
    let path = data.join(StoreFile::Daemon.name());
    let bytes = std::fs::metadata(&path).expect("a file").len();
    let copied_s = median((0..RUNS).map(|_| copied(&path, &folder.path().join("copy"))));
    println!("backup: {rows} rows, {} MiB; copied in {copied_s:.2} s", bytes >> 20);
    let store = Store::open(&data, StoreFile::Daemon).expect("a store");
    let config = configured(&data, &backups);
    let idle_s = median((0..RUNS).map(|at| made(&store, &config, &backups, at)));
    println!(
        "backup: made in {idle_s:.2} s where nobody writes, {:.2} of a copy",
        idle_s / copied_s
    );
    let (busy_s, memory_mib) = while_writers_run(&store, &config, &backups);
    let packed = std::fs::metadata(backups.join("latest")).expect("a backup").len();
    let ratio = busy_s / copied_s;
    println!(
        "backup: made in {busy_s:.2} s while {WRITERS} write, {ratio:.2} of a copy; {} MiB, {memory_mib:.0} MiB of \
         memory",
        packed >> 20
    );
    drop(store);
    let mut good = crate::held(&format!("at most {RATIO_MAX} times a copy"), ratio <= RATIO_MAX);
    let what = format!("at most {MEMORY_MIB_MAX} MiB of memory");
    good &= crate::held(&what, memory_mib <= MEMORY_MIB_MAX);
    good & came_back(folder.path(), &backups.join("latest"))
}

fn configured(data: &Path, backups: &Path) -> Config {
    let env = [("HOME", OsString::from("/nowhere")), ("STATE_DIRECTORY", data.into())];
    let mut config = defaults(env.map(|(name, value)| (name.into(), value))).expect("defaults");
    config.backup.folder = backups.to_owned();
    config
}

fn window(number: u64) -> Write {
    let key = *blake3::hash(&number.to_le_bytes()).as_bytes();
    let token = |at: u8| {
        let bytes = key.get(usize::from(at) % 32..).unwrap_or_default().to_vec();
        let start = i64::from(at) * 20;
        Token { bytes, p: 0.9, t0_cs: start, t1_cs: start + 20, dtw_cs: start }
    };
    let tokens = (0..40).map(token).collect();
    let segment = RawSegment { start_cs: 0, end_cs: 1500, no_speech_p: 0.1, tokens };
    let heard = RawHeard { segments: vec![segment], language: "en".to_owned() };
    Write::Window { key, heard, at_unix_ms: number, of: None }
}

fn fill(data: &Path, rows: u64) {
    let start = Instant::now();
    let store = Store::open(data, StoreFile::Daemon).expect("a store");
    let order = order("ggml-base-q8_0 of this size and digest");
    let executions = rows * OF_EXECUTIONS / 1000 / ROWS_PER_EXECUTION;
    for first in (1..=executions).step_by(BATCH as usize) {
        let films = first..(first + BATCH).min(executions + 1);
        let wishes = films.clone().map(|it| Write::Wish { wish: wish(it, &order), at_unix_ms: it });
        let done = films.flat_map(|it| [started(it), completed(it)]);
        let writes: Vec<Write> = wishes.chain(done).collect();
        assert!(store.commit(&writes).expect("durable").iter().all(Result::is_ok));
    }
    let windows = rows - executions * ROWS_PER_EXECUTION;
    for first in (0..windows).step_by(BATCH as usize) {
        let writes: Vec<Write> = (first..(first + BATCH).min(windows)).map(window).collect();
        store.commit(&writes).expect("durable");
    }
    println!("backup: the store was made in {:.0} s", start.elapsed().as_secs_f64());
}

/// What `cp` and a sync of the copy take.
fn copied(from: &Path, to: &Path) -> f64 {
    let _ = std::fs::remove_file(to);
    let start = Instant::now();
    std::fs::copy(from, to).expect("room on the disk");
    File::open(to).expect("the copy").sync_all().expect("on the disk");
    start.elapsed().as_secs_f64()
}

fn made(store: &Store, config: &Config, backups: &Path, at: usize) -> f64 {
    let to = backups.join(format!("backup {at}"));
    let _ = std::fs::remove_file(&to);
    let start = Instant::now();
    let to = To::Path(to);
    backup::make(store, config, &to, 1, &Cancel::default(), &mut |_, _| ()).expect("a backup");
    start.elapsed().as_secs_f64()
}

/// Seconds, and how much resident memory grew at most, MiB.
fn while_writers_run(store: &Store, config: &Config, backups: &Path) -> (f64, f64) {
    let (ended, written) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for writer in 1..=WRITERS {
            let (ended, written) = (&ended, &written);
            scope.spawn(move || {
                for number in 0.. {
                    if ended.load(Ordering::SeqCst) {
                        break;
                    }
                    store.commit(&[window(writer << 40 | number)]).expect("durable");
                    written.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let mut times = Vec::new();
        let mut memory_mib: f64 = 0.0;
        for at in 0..RUNS {
            // Peaks count from here.
            std::fs::write("/proc/self/clear_refs", "5").expect("the peak is reset");
            let before_mib = of_status("VmRSS:");
            times.push(made(store, config, backups, at));
            memory_mib = memory_mib.max(of_status("VmHWM:") - before_mib);
        }
        ended.store(true, Ordering::SeqCst);
        let last = backups.join(format!("backup {}", RUNS - 1));
        std::fs::rename(last, backups.join("latest")).expect("a backup");
        println!("backup: {} transactions meanwhile", written.load(Ordering::SeqCst));
        (median(times), memory_mib)
    })
}

fn of_status(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|it| it.strip_prefix(name)).expect("it has this line");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kib / 1024.0
}

fn came_back(folder: &Path, latest: &Path) -> bool {
    let config = configured(&folder.join("other"), folder);
    let which = Which::File(latest.to_owned());
    let start = Instant::now();
    let plan = backup::plan(&config, &which, false).expect("a plan");
    let done = plan.apply(&config, &Cancel::default(), &mut |_, _| ()).expect("it is restored");
    println!("backup: restored and looked through in {:.1} s", start.elapsed().as_secs_f64());
    crate::held("what came back is whole", done.problems.is_empty())
}

fn median(times: impl IntoIterator<Item = f64>) -> f64 {
    let mut times: Vec<f64> = times.into_iter().collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
