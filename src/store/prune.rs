//! Forgetting what is old, or too much. Jobs and their history are not forgotten.

use super::changes::forget_audio;
use super::codec;
use super::commit::Tables;
use super::place::Broken;
use super::rows::{Age, AudioRow};
use super::tables::{
    AUDIO_FILES, BATCHES, Bytes, MADE, PHRASES, PLACED, Rows, SEEN, SPEECH, WINDOWS,
};
use super::{Store, phrases};
use crate::domain::fault::Fault;
use redb::{
    Key, ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata, Table, Value,
};

/// How long a window is remembered after it was listened to, days.
pub const WINDOW_AGE_DAYS_MAX: u64 = 30;
/// How many windows are remembered at most, about 400 hours of speech; the oldest are forgotten first.
pub const WINDOW_ROWS_MAX: usize = 50_000;
/// How long a batch is remembered after it was translated, days.
pub const BATCH_AGE_DAYS_MAX: u64 = 30;
/// How many batches are remembered at most, about 300 films; the oldest are forgotten first. One is some 3 KB.
pub const BATCH_ROWS_MAX: usize = 20_000;
/// How many lines that were translated are remembered at most, each some 200 bytes. Those by hand are never forgotten.
pub const PHRASE_ROWS_MAX: u64 = 300_000;
/// How many subtitles are remembered with their lines, at most; one of a film is some 100 KB.
pub const MADE_ROWS_MAX: u64 = 5_000;
/// How long a transcript is remembered after it was made, days.
pub const TRANSCRIPT_AGE_DAYS_MAX: u64 = 365;
/// How many transcripts are remembered at most; one of a film is some 300 KB.
pub const TRANSCRIPT_ROWS_MAX: u64 = 5_000;
/// How many entries of the activity are kept.
pub const ACTIVITY_ROWS_MAX: u64 = 10_000;
/// How many files are known by their audio at most.
pub const AUDIO_ROWS_MAX: u64 = 500_000;
/// How many files are remembered as they were seen, at most: twice a library of 100,000 films, each some 300 bytes, or
/// 1 KB with ten tracks.
pub const SEEN_ROWS_MAX: u64 = 200_000;
/// How many audio tracks are remembered with where somebody speaks, at most; one of a film is some 15 KB.
pub const SPEECH_ROWS_MAX: u64 = 10_000;
/// How many files are remembered with where their subtitles lie, at most; each some 200 bytes.
pub const PLACED_ROWS_MAX: u64 = 500_000;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Most rows of each table whose rows do not age: what is in them stays true as long as its file is as it was, or for
/// ever. So only their number is limited, and looking whether it is too large costs nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowsMax {
    pub(super) audio: u64,
    pub(super) seen: u64,
    pub(super) speech: u64,
    pub(super) placed: u64,
    pub(super) phrases: u64,
    pub(super) made: u64,
}

const ROWS_MAX: RowsMax = RowsMax {
    audio: AUDIO_ROWS_MAX,
    seen: SEEN_ROWS_MAX,
    speech: SPEECH_ROWS_MAX,
    placed: PLACED_ROWS_MAX,
    phrases: PHRASE_ROWS_MAX,
    made: MADE_ROWS_MAX,
};

impl Store {
    /// Forgets windows, batches and transcripts that are old, and the oldest of what is more than its limit; says how
    /// many rows.
    ///
    /// # Errors
    /// Where the store cannot be read or written.
    pub fn prune(&self, now_unix_ms: u64) -> Result<usize, Fault> {
        self.prune_to(now_unix_ms, ROWS_MAX)
    }

    /// [`Store::prune`] with other limits.
    pub(super) fn prune_to(&self, now_unix_ms: u64, most: RowsMax) -> Result<usize, Fault> {
        let days = |days: u64| now_unix_ms.saturating_sub(days * DAY_MS);
        let (windows, batches, made) = self.read(|it| {
            let windows = aged(&it.open_table(WINDOWS)?, |key| key.to_vec())?;
            let batches = aged(&it.open_table(BATCHES)?, |key| key)?;
            let made = it.open_table(MADE)?;
            let made = oldest(&made, most.made, |key| key.to_vec(), |_| true)?;
            let windows = too_old(windows, days(WINDOW_AGE_DAYS_MAX), WINDOW_ROWS_MAX);
            Ok((windows, too_old(batches, days(BATCH_AGE_DAYS_MAX), BATCH_ROWS_MAX), made))
        })?;
        let files = self.read(|it| oldest_of(it, AUDIO_FILES, most.audio))?;
        let seen = self.read(|it| oldest_of(it, SEEN, most.seen))?;
        let speech = self.read(|it| oldest_of(it, SPEECH, most.speech))?;
        let placed = self.read(|it| oldest_of(it, PLACED, most.placed))?;
        let phrases = self.read(|it| {
            oldest(&it.open_table(PHRASES)?, most.phrases, |key| key, |it| !phrases::is_by_hand(it))
        })?;
        self.write(|tables| {
            let mut gone = forget(&mut tables.windows, windows.iter().map(|it| it.as_slice()))?;
            gone += forget(&mut tables.made, made.iter().map(|it| it.as_slice()))?;
            gone += forget(&mut tables.batches, batches)?;
            gone += forget(&mut tables.phrases, phrases)?;
            gone += forget(&mut tables.seen, seen)?;
            gone += forget(&mut tables.speech, speech)?;
            gone += forget(&mut tables.placed, placed)?;
            for key in files {
                let row = tables.audio_files.remove(key)?.map(|it| codec::decode(it.value()));
                gone += usize::from(row.is_some());
                if let Some(Ok(AudioRow { audio, .. })) = row {
                    forget_audio(tables, &audio.0)?;
                }
            }
            gone += old_transcripts(tables, days(TRANSCRIPT_AGE_DAYS_MAX))?;
            while tables.activity.len()? > ACTIVITY_ROWS_MAX {
                tables.activity.pop_first()?;
                gone += 1;
            }
            tables.touched += gone as u64;
            Ok(gone)
        })
    }
}

/// Removes these rows; says how many there were.
fn forget<'k, K: Key + 'static>(
    table: &mut Table<'_, K, Bytes>,
    keys: impl IntoIterator<Item = K::SelfType<'k>>,
) -> Result<usize, Broken> {
    let mut gone = 0;
    for key in keys {
        gone += usize::from(table.remove(key)?.is_some());
    }
    Ok(gone)
}

/// Every row's time and key, the oldest first.
fn aged<K: Key + 'static, T: Ord>(
    table: &ReadOnlyTable<K, Bytes>,
    own: impl Fn(K::SelfType<'_>) -> T,
) -> Result<Vec<(u64, T)>, Broken> {
    let mut rows = Vec::new();
    for row in table.iter()? {
        let (key, bytes) = row?;
        rows.push((age(bytes.value()), own(key.value())));
    }
    rows.sort_unstable();
    Ok(rows)
}

/// A row that cannot be read is as good as old.
fn age(bytes: &[u8]) -> u64 {
    codec::decode::<Age>(bytes).map_or(0, |it| it.at_unix_ms)
}

/// Of rows in the order of their age those from before, and those that are too many.
fn too_old<T>(mut rows: Vec<(u64, T)>, oldest_unix_ms: u64, rows_max: usize) -> Vec<T> {
    let aged = rows.partition_point(|it| it.0 < oldest_unix_ms);
    rows.truncate(aged.max(rows.len().saturating_sub(rows_max)));
    rows.into_iter().map(|it| it.1).collect()
}

fn oldest_of<K, T>(read: &ReadTransaction, table: Rows<K>, rows_max: u64) -> Result<Vec<T>, Broken>
where
    K: Key + for<'a> Value<SelfType<'a> = T> + 'static,
    T: Ord,
{
    oldest(&read.open_table(table)?, rows_max, |key| key, |_| true)
}

/// The oldest rows of a table that has too many, of those that may go: a tenth more than that, so that the next time is
/// far off.
fn oldest<K: Key + 'static, T: Ord>(
    table: &ReadOnlyTable<K, Bytes>,
    rows_max: u64,
    own: impl Fn(K::SelfType<'_>) -> T,
    may_go: impl Fn(&[u8]) -> bool,
) -> Result<Vec<T>, Broken> {
    let many = table.len()?;
    if many <= rows_max {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for row in table.iter()? {
        let (key, bytes) = row?;
        if may_go(bytes.value()) {
            rows.push((age(bytes.value()), own(key.value())));
        }
    }
    rows.sort_unstable();
    let gone = many - rows_max + rows_max / 10;
    rows.truncate(usize::try_from(gone).unwrap_or(usize::MAX));
    Ok(rows.into_iter().map(|it| it.1).collect())
}

fn old_transcripts(tables: &mut Tables, oldest_unix_ms: u64) -> Result<usize, Broken> {
    let mut gone = 0;
    loop {
        let too_many = tables.transcript_ages.len()? > TRANSCRIPT_ROWS_MAX;
        let first = tables.transcript_ages.first()?.map(|it| {
            let (at, key) = it.0.value();
            (at, *key)
        });
        match first {
            Some((at, key)) if too_many || at < oldest_unix_ms => {
                tables.transcript_ages.remove((at, &key))?;
                tables.transcripts.remove(&key)?;
                gone += 1;
            }
            Some(_) | None => return Ok(gone),
        }
    }
}
