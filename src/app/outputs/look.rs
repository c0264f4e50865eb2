//! Looks at what is on the disks: every row is held against its file. A page of rows at a time, so that 100,000 of them
//! need no more memory than a few; the store is not read meanwhile.
//!
//! A file is read to its end: neither its time nor its size was written down with it, and times can be kept by whoever
//! edits. A subtitle is some 50 KB, so that is what a look costs that says "as they were written" and means it.

use super::plan::{Act, Draft, Fact, Plan, There, Where};
use crate::api::outputs::OutputsProgress;
use crate::app::serve::roots;
use crate::base::cancel::Cancel;
use crate::base::disk;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crate::domain::library::Mount;
use crate::store::{PublishedRow, Store};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows read at once.
const PAGE_ROWS: usize = 500;
/// Largest subtitle that can be ours; larger files are not read.
const SUBTITLE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A temporary file that was begun so lately may be written still.
const TEMP_AGE_MS_MIN: u64 = 60 * 60 * 1000;

/// What is looked at, and how much may be gone.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Libraries: name, and folder as configured.
    pub(crate) libraries: Vec<(String, PathBuf)>,
    /// Where files are kept that were sent.
    pub(crate) sent: PathBuf,
    /// See [`Check`](crate::app::config::Check).
    pub(crate) gone_percent_max: u8,
    /// More is gone, and that is meant.
    pub(crate) accept_gone: bool,
}

/// How far a look is; read by whoever asks.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    done: AtomicU64,
    of: AtomicU64,
}

impl Progress {
    pub(crate) fn view(&self) -> OutputsProgress {
        let of = |it: &AtomicU64| it.load(Ordering::Relaxed);
        OutputsProgress { done: of(&self.done), of: of(&self.of) }
    }

    fn begin(&self, of: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.of.store(of, Ordering::Relaxed);
    }
}

/// Libraries with their folders as links lead to them: rows name files so.
struct Places<'a> {
    scope: &'a Scope,
    roots: Vec<Vec<PathBuf>>,
    sent: PathBuf,
}

impl Places<'_> {
    fn of<'a>(scope: &'a Scope) -> Places<'a> {
        let both = |path: &Path| {
            let plain = fs::canonicalize(path).ok();
            plain.into_iter().chain([path.to_owned()]).collect::<Vec<_>>()
        };
        let roots = scope.libraries.iter().map(|it| both(&it.1)).collect();
        let sent = fs::canonicalize(&scope.sent).unwrap_or_else(|_| scope.sent.clone());
        Places { scope, roots, sent }
    }

    /// Where a path lies; the longest root wins.
    fn place(&self, path: &Path) -> Where {
        let length = |roots: &[PathBuf]| {
            let below = roots.iter().filter(|it| path.starts_with(it));
            below.map(|it| it.as_os_str().len()).max()
        };
        let libraries =
            self.roots.iter().enumerate().filter_map(|(it, roots)| Some((length(roots)?, it)));
        match libraries.max() {
            Some((_, number)) => Where::Library(number),
            None if path.starts_with(&self.sent) => Where::Sent,
            None => Where::Elsewhere,
        }
    }

    /// Why a library is not to be trusted, each.
    fn refused(&self, store: &Store) -> Result<Vec<Option<String>>, Fault> {
        let judge = |(name, path): &(String, PathBuf)| -> Result<Option<String>, Fault> {
            let before: Option<Mount> = store.library_seen(name)?;
            Ok(roots::trusted(name, path, before.as_ref()).err().map(|it| it.to_string()))
        };
        self.scope.libraries.iter().map(judge).collect()
    }
}

/// Looks at everything.
///
/// # Errors
/// Where the store cannot be read, or somebody asked to stop.
pub(crate) fn look(
    store: &Store,
    scope: &Scope,
    now_unix_ms: u64,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Plan, Fault> {
    progress.begin(store.published_count()?);
    let places = Places::of(scope);
    let before = places.refused(store)?;
    let trusted = |place: Where| match place {
        Where::Library(number) => before.get(number).is_some_and(Option::is_none),
        Where::Sent => true,
        Where::Elsewhere => false,
    };
    let mut draft = Draft::new(scope.libraries.iter().map(|it| it.0.clone()));
    outputs(store, &places, &trusted, progress, cancel, &mut draft)?;
    temps(store, &places, &trusted, now_unix_ms, &mut draft)?;
    placed(store, &places, &trusted, cancel, &mut draft)?;
    // A disk that went meanwhile shows now.
    let after = places.refused(store)?;
    let refused = before.into_iter().zip(after).map(|(before, after)| before.or(after)).collect();
    Ok(draft.plan(refused, scope.gone_percent_max, scope.accept_gone, now_unix_ms))
}

fn outputs(
    store: &Store,
    places: &Places<'_>,
    trusted: &dyn Fn(Where) -> bool,
    progress: &Progress,
    cancel: &Cancel,
    draft: &mut Draft,
) -> Result<(), Fault> {
    let mut after: Option<PathBuf> = None;
    loop {
        let page = store.published_page(after.as_deref(), PAGE_ROWS)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        for (path, row) in page {
            if cancel.is_set() {
                return Err(stopped());
            }
            progress.done.fetch_add(1, Ordering::Relaxed);
            let place = places.place(&path);
            // What is away is not asked for: nobody wakes a disk, or waits for a share, for nothing.
            if !trusted(place) {
                let unknown = There::Unreadable("its library is away".to_owned());
                if place == Where::Elsewhere {
                    draft.saw(place, Fact::Output { path, there: unknown, video_there: true });
                } else {
                    draft.away(place);
                }
                continue;
            }
            let there = stands(store, &path, row.clone());
            let video_there = !is_gone(Path::new(&row.video));
            draft.saw(place, Fact::Output { path, there, video_there });
        }
    }
}

/// How a subtitle stands. One that is just written anew is looked at again, as it is now.
fn stands(store: &Store, path: &Path, row: PublishedRow) -> There {
    let there = on_disk(path, &row);
    if there == There::Same {
        return there;
    }
    match store.published(path) {
        Ok(Some(now)) if now != row => on_disk(path, &now),
        Ok(_) | Err(_) => there,
    }
}

/// How the file stands that a row tells of.
fn on_disk(path: &Path, row: &PublishedRow) -> There {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if says_gone(&error) => return There::Gone,
        Err(error) => return There::Unreadable(error.to_string()),
    };
    if !meta.is_file() || meta.len() > SUBTITLE_BYTES_MAX {
        return There::Changed;
    }
    match digest(path) {
        Ok(digest) if digest == row.content_blake3 => There::Same,
        Ok(_) => There::Changed,
        Err(error) if says_gone(&error) => There::Gone,
        Err(error) => There::Unreadable(error.to_string()),
    }
}

fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(path)?.take(SUBTITLE_BYTES_MAX + 1), &mut hasher)?;
    Ok(*hasher.finalize().as_bytes())
}

fn says_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// There is nothing of this name, for sure.
pub(super) fn is_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|it| says_gone(&it))
}

fn temps(
    store: &Store,
    places: &Places<'_>,
    trusted: &dyn Fn(Where) -> bool,
    now_unix_ms: u64,
    draft: &mut Draft,
) -> Result<(), Fault> {
    for (path, row) in store.pending()? {
        let place = places.place(&path);
        let young = now_unix_ms.saturating_sub(row.published.at_unix_ms) < TEMP_AGE_MS_MIN;
        let ours = path.file_name().is_some_and(disk::is_temp_name);
        if young || !ours || !trusted(place) {
            continue;
        }
        let output = PathBuf::from(row.output);
        // It got its name in the last moment: the next start writes that down.
        if on_disk(&output, &row.published) == There::Same {
            continue;
        }
        let there = !is_gone(&path);
        draft.saw(place, Fact::Temp { path, output, there });
    }
    Ok(())
}

fn placed(
    store: &Store,
    places: &Places<'_>,
    trusted: &dyn Fn(Where) -> bool,
    cancel: &Cancel,
    draft: &mut Draft,
) -> Result<(), Fault> {
    let mut after = None;
    loop {
        let page = store.placed_page(after.as_ref(), PAGE_ROWS)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(*last);
        for (file, placed) in page {
            if cancel.is_set() {
                return Err(stopped());
            }
            let place = places.place(&placed.video);
            let others = placed.outputs.iter().all(|it| trusted(places.place(it)));
            // A file that was moved is found again by this, and its subtitles come along: only where none is left
            // there is nothing to find.
            if trusted(place)
                && others
                && is_gone(&placed.video)
                && placed.outputs.iter().all(|it| is_gone(it))
            {
                draft.saw(place, Fact::Placed { file, video: placed.video });
            }
        }
    }
}

fn stopped() -> Fault {
    Fault::transient(
        "the check of the subtitles was stopped",
        "it begins anew when it is asked for",
    )
}

/// Whether all that a plan would do is still right: the rows are there, and the files are as they were.
///
/// # Errors
/// Where the store cannot be read.
pub(super) fn still_holds(
    store: &Store,
    scope: &Scope,
    plan: &Plan,
) -> Result<Result<(), String>, Fault> {
    let places = Places::of(scope);
    let refused = places.refused(store)?;
    for act in &plan.acts {
        if let Where::Library(number) = places.place(act.path())
            && let Some(why) = refused.get(number).and_then(Option::as_ref)
        {
            return Ok(Err(why.clone()));
        }
        let (known, same) = match act {
            Act::Forget { output, .. } => (store.published(output)?.is_some(), is_gone(output)),
            Act::PutAside { temp, there, .. } => (true, is_gone(temp) != *there),
            Act::ForgetPlace { file, video } => (store.placed(file)?.is_some(), is_gone(video)),
        };
        if !known || !same {
            return Ok(Err(show_path(act.path())));
        }
    }
    Ok(Ok(()))
}
