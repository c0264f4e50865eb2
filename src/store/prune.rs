//! Forgetting what is old, or too much. Jobs and their history are not forgotten.

use super::Store;
use super::changes::forget_audio;
use super::codec;
use super::commit::Tables;
use super::place::Broken;
use super::rows::{Age, AudioRow};
use super::tables::{AUDIO_FILES, PLACED, Rows, SEEN, SPEECH, WINDOWS};
use crate::domain::fault::Fault;
use redb::{Key, ReadTransaction, ReadableTable, ReadableTableMetadata, Value};

/// How long a window is remembered after it was listened to, days.
pub const WINDOW_AGE_DAYS_MAX: u64 = 30;
/// How many windows are remembered at most, about 400 hours of speech; the oldest are forgotten first.
pub const WINDOW_ROWS_MAX: usize = 50_000;
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

/// Most rows of each table about files. What is in them stays true as long as its file is as it was, so only their
/// number is limited, and looking whether it is too large costs nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowsMax {
    pub(super) audio: u64,
    pub(super) seen: u64,
    pub(super) speech: u64,
    pub(super) placed: u64,
}

const ROWS_MAX: RowsMax = RowsMax {
    audio: AUDIO_ROWS_MAX,
    seen: SEEN_ROWS_MAX,
    speech: SPEECH_ROWS_MAX,
    placed: PLACED_ROWS_MAX,
};

impl Store {
    /// Forgets windows and transcripts that are old, and the oldest of what is more than its limit; says how many rows.
    ///
    /// # Errors
    /// Where the store cannot be read or written.
    pub fn prune(&self, now_unix_ms: u64) -> Result<usize, Fault> {
        self.prune_to(now_unix_ms, ROWS_MAX)
    }

    /// [`Store::prune`] with other limits.
    pub(super) fn prune_to(&self, now_unix_ms: u64, most: RowsMax) -> Result<usize, Fault> {
        let oldest = now_unix_ms.saturating_sub(WINDOW_AGE_DAYS_MAX * DAY_MS);
        let windows = self.read(|it| old_windows(it, oldest))?;
        let files = self.read(|it| oldest_of(it, AUDIO_FILES, most.audio))?;
        let seen = self.read(|it| oldest_of(it, SEEN, most.seen))?;
        let speech = self.read(|it| oldest_of(it, SPEECH, most.speech))?;
        let placed = self.read(|it| oldest_of(it, PLACED, most.placed))?;
        self.write(|tables| {
            let mut gone = 0;
            for key in windows {
                gone += usize::from(tables.windows.remove(key.as_slice())?.is_some());
            }
            for key in files {
                let row = tables.audio_files.remove(key)?.map(|it| codec::decode(it.value()));
                gone += usize::from(row.is_some());
                if let Some(Ok(AudioRow { audio, .. })) = row {
                    forget_audio(tables, &audio.0)?;
                }
            }
            for key in seen {
                gone += usize::from(tables.seen.remove(key)?.is_some());
            }
            for key in speech {
                gone += usize::from(tables.speech.remove(key)?.is_some());
            }
            for key in placed {
                gone += usize::from(tables.placed.remove(key)?.is_some());
            }
            let oldest = now_unix_ms.saturating_sub(TRANSCRIPT_AGE_DAYS_MAX * DAY_MS);
            gone += old_transcripts(tables, oldest)?;
            while tables.activity.len()? > ACTIVITY_ROWS_MAX {
                tables.activity.pop_first()?;
                gone += 1;
            }
            tables.touched += gone as u64;
            Ok(gone)
        })
    }
}

fn old_windows(read: &ReadTransaction, oldest_unix_ms: u64) -> Result<Vec<Vec<u8>>, Broken> {
    let mut rows: Vec<(u64, Vec<u8>)> = Vec::new();
    for row in read.open_table(WINDOWS)?.iter()? {
        let (key, bytes) = row?;
        // A row that cannot be read is as good as old.
        let at = codec::decode::<Age>(bytes.value()).map_or(0, |it| it.at_unix_ms);
        rows.push((at, key.value().to_vec()));
    }
    rows.sort_unstable();
    let aged = rows.partition_point(|it| it.0 < oldest_unix_ms);
    let gone = aged.max(rows.len().saturating_sub(WINDOW_ROWS_MAX));
    rows.truncate(gone);
    Ok(rows.into_iter().map(|it| it.1).collect())
}

/// The oldest rows of a table that has too many: a tenth more than that, so that the next time is far off.
fn oldest_of<K, T>(read: &ReadTransaction, table: Rows<K>, rows_max: u64) -> Result<Vec<T>, Broken>
where
    K: Key + for<'a> Value<SelfType<'a> = T> + 'static,
    T: Ord,
{
    let table = read.open_table(table)?;
    let many = table.len()?;
    if many <= rows_max {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for row in table.iter()? {
        let (key, bytes) = row?;
        // A row that cannot be read is as good as old.
        let at = codec::decode::<Age>(bytes.value()).map_or(0, |it| it.at_unix_ms);
        rows.push((at, key.value()));
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
