//! What looking through 100,000 files costs that did not change, held against a bare parallel walk that calls `stat`.

use kinora::app::intake::{Listing, Places, SeenFiles, walk_library};
use kinora::base::cancel::Cancel;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Instant;

const FOLDERS: usize = 2_000;
const FILES: usize = 100_000;
/// Folders of a series.
const SEASONS: usize = 8;
/// Of each folder's 50 files so many are videos; each has a subtitle and an NFO file, the rest are pictures.
const VIDEOS_PER_FOLDER: usize = 12;
const RUNS: usize = 7;
const THREADS: usize = kinora::app::intake::WALK_THREADS;
const RATIO_MAX: f64 = 1.5;
const RESIDENT_GROWTH_MIB_MAX: f64 = 60.0;

pub(crate) fn run() -> bool {
    // Both run. The second is the most that is to be known of so many files.
    let mixed = library("films with what belongs to them", VIDEOS_PER_FOLDER);
    library("videos only", FILES / FOLDERS) & mixed
}

fn library(what: &str, videos_per_folder: usize) -> bool {
    // Not where temporary files are: those may be in memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on a disk");
    plant(folder.path(), videos_per_folder);
    let places = Places::all_of(folder.path());
    // The peak from here on.
    fs::write("/proc/self/clear_refs", "5").expect("a Linux");
    let before = resident_mib("VmRSS:");
    let seen = SeenFiles::default();
    let videos = FOLDERS * videos_per_folder;
    let first = Instant::now();
    assert_eq!(scan(&places, &seen), (videos, videos), "all are new");
    let first_ms = first.elapsed().as_secs_f64() * 1e3;

    let (mut bare_ms, mut scan_ms) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let start = Instant::now();
        assert_eq!(bare(folder.path()), FILES + FOLDERS + FOLDERS / SEASONS);
        bare_ms.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        assert_eq!(scan(&places, &seen), (videos, 0), "nothing changed");
        scan_ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let growth = resident_mib("VmHWM:") - before;
    let (bare_ms, scan_ms) = (median(bare_ms), median(scan_ms));
    let ratio = scan_ms / bare_ms;
    println!("scan: {what}: {FILES} files in {FOLDERS} folders, {THREADS} threads");
    println!(
        "scan: first {first_ms:.0} ms, unchanged {scan_ms:.0} ms, bare {bare_ms:.0} ms: {ratio:.2} of it"
    );
    println!("scan: {} videos known, at most {growth:.1} MiB more resident", seen.len());
    let quick = crate::held(&format!("at most {RATIO_MAX} times a bare walk"), ratio <= RATIO_MAX);
    let small = format!("grows by at most {RESIDENT_GROWTH_MIB_MAX} MiB");
    crate::held(&small, growth <= RESIDENT_GROWTH_MIB_MAX) && quick
}

/// A library as it is: videos with what media servers put beside them. Files are sparse, since nobody opens them.
fn plant(root: &Path, videos: usize) {
    for folder in 0..FOLDERS {
        let folder = root.join(format!("Series {}/Season {}", folder / SEASONS, folder % SEASONS));
        fs::create_dir_all(&folder).expect("room on the disk");
        let write = |name: String, bytes: u64| {
            let file = fs::File::create(folder.join(name)).expect("room on the disk");
            file.set_len(bytes).expect("a sparse file");
        };
        let mut left = FILES / FOLDERS;
        for episode in 1..=videos {
            let stem = format!("The Series of the Season (2019) - S01E{episode:02} - WEBDL-1080p");
            write(format!("{stem}.mkv"), 1 << 30);
            left -= 1;
            if videos < FILES / FOLDERS {
                write(format!("{stem}.eng.srt"), 40_000);
                write(format!("{stem}.nfo"), 2_000);
                left -= 2;
            }
        }
        for picture in 0..left {
            write(format!("S01E{picture:02}-thumb.jpg"), 30_000);
        }
    }
}

/// One scan through all, as a library is scanned: how many videos there are, and how many are new or changed.
fn scan(places: &Places, seen: &SeenFiles) -> (usize, usize) {
    let changed = AtomicUsize::new(0);
    let each = |listing: Listing| {
        for (found, digest) in seen.changed_in(&listing) {
            changed.fetch_add(1, Ordering::Relaxed);
            seen.set(&listing.folder.join(&found.name), digest);
        }
    };
    seen.begin_scan();
    let totals = walk_library(places, THREADS, &Cancel::default(), &each);
    assert_eq!((totals.troubles, seen.end_scan()), (0, 0));
    (totals.videos, changed.into_inner())
}

/// A walk of nothing but `readdir` and `stat`, with as many threads; how many entries there are below the root's own.
fn bare(root: &Path) -> usize {
    let (entries, more) = (AtomicUsize::new(0), Condvar::new());
    let heap: Mutex<(Vec<PathBuf>, usize)> = Mutex::new((vec![root.to_owned()], 0));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut held = heap.lock().expect("no panic");
                loop {
                    let Some(folder) = held.0.pop() else {
                        if held.1 == 0 {
                            return;
                        }
                        held = more.wait(held).expect("no panic");
                        continue;
                    };
                    held.1 += 1;
                    drop(held);
                    let mut below = Vec::new();
                    for entry in fs::read_dir(&folder).expect("a folder").flatten() {
                        let about = entry.metadata().expect("a file");
                        entries.fetch_add(usize::from(about.mtime() != 0), Ordering::Relaxed);
                        if about.is_dir() {
                            below.push(entry.path());
                        }
                    }
                    held = heap.lock().expect("no panic");
                    held.0.extend(below);
                    held.1 -= 1;
                    more.notify_all();
                }
            });
        }
    });
    entries.into_inner()
}

fn resident_mib(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("a Linux");
    let line = status.lines().find_map(|it| it.strip_prefix(field)).unwrap_or("");
    let kib = line.split_whitespace().next().and_then(|it| it.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
