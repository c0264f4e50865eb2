//! Making again what can be derived, in one transaction.

use super::Store;
use super::check::{Mend, Problem, each_log};
use super::codec::{self, Row, Unreadable};
use super::commit::{Tables, drop_bodies, row};
use super::place::Broken;
use super::rows::{
    Age, AudioRow, BatchRow, EndpointRow, ExecutionRow, JobRow, LibraryRow, MadeRow, PhraseRow,
    PlacedRow, RowStatus, SeenRow, SpeechRow, StoredFinished, TranscriptRow, WindowRow,
};
use super::tables::Bytes;
use crate::domain::change::{Activity, Counter};
use crate::domain::fault::Fault;
use crate::domain::job::ExecutionId;
use redb::{Key, ReadableTable, ReadableTableMetadata, Table};

impl Store {
    /// Verifies the checksum of every page, makes again what can be derived, and says what it did and could not do.
    ///
    /// # Errors
    /// Where the file is damaged beyond that, or cannot be read or written.
    pub fn repair(&mut self) -> Result<Vec<Problem>, Fault> {
        let mut told = Vec::new();
        let pages = self.db.alone()?.check_integrity();
        if !pages.map_err(|it| self.place.fault(it))? {
            let what = "the file's list of free pages was wrong".to_owned();
            told.push(Problem { what, mend: Mend::Done });
        }
        let before = self.check()?;
        if before.iter().any(|it| it.mend == Mend::Possible) {
            self.write(derive_again)?;
        }
        let after = self.check()?;
        for problem in before {
            if !after.contains(&problem) {
                told.push(Problem { mend: Mend::Done, ..problem });
            }
        }
        // What is still there could not be derived, whatever it looked like before.
        told.extend(after.into_iter().map(|it| Problem { mend: Mend::Impossible, ..it }));
        Ok(told)
    }
}

pub(super) fn derive_again(tables: &mut Tables) -> Result<(), Broken> {
    tables.touched += 1;
    forget::<_, WindowRow>(&mut tables.windows)?;
    forget::<_, StoredFinished>(&mut tables.finished)?;
    forget::<_, TranscriptRow>(&mut tables.transcripts)?;
    forget::<_, AudioRow>(&mut tables.audio_files)?;
    forget::<_, Activity>(&mut tables.activity)?;
    forget::<_, SeenRow>(&mut tables.seen)?;
    forget::<_, SpeechRow>(&mut tables.speech)?;
    forget::<_, PlacedRow>(&mut tables.placed)?;
    forget::<_, LibraryRow>(&mut tables.libraries)?;
    forget::<_, BatchRow>(&mut tables.batches)?;
    forget::<_, PhraseRow>(&mut tables.phrases)?;
    forget::<_, MadeRow>(&mut tables.made)?;
    forget::<_, EndpointRow>(&mut tables.endpoints)?;
    states(tables)?;
    jobs(tables)?;
    left_by_steps(tables)?;
    audio(tables)
}

/// Rows that are none, of a table whose rows can be made again.
fn forget<K: Key, R: Row>(table: &mut Table<'_, K, Bytes>) -> Result<(), Broken> {
    Ok(table.retain(|_, bytes| codec::decode::<R>(bytes).err() != Some(Unreadable::Damaged))?)
}

/// The state cache from the logs, its indexes and counts from the cache, the least totals.
fn states(tables: &mut Tables) -> Result<(), Broken> {
    let mut rows: Vec<(u64, ExecutionRow)> = Vec::new();
    let executions = &mut tables.executions;
    let mut least = each_log(&tables.events, |id, folded| {
        let cached: Option<ExecutionRow> = row(executions.get(id)?).unwrap_or(None);
        let row = match (folded, cached) {
            // The log lost its end: what it came to is better known by the cache.
            (Ok(folded), Some(cached)) if folded.entries < cached.entries => cached,
            (Ok(folded), _) => folded,
            (Err(_), Some(cached)) => cached,
            (Err(_), None) => return Ok(()),
        };
        rows.push((id, row));
        Ok(())
    })?;
    // Those without a log stay as they are.
    let mut alone = Vec::new();
    for found in tables.executions.iter()? {
        let (id, bytes) = found?;
        let id = id.value();
        if rows.binary_search_by_key(&id, |it| it.0).is_err()
            && let Ok(row) = codec::decode(bytes.value())
        {
            alone.push((id, row));
        }
    }
    rows.extend(alone);
    tables.executions.retain(|_, _| false)?;
    tables.job_executions.retain(|_, _| false)?;
    tables.by_status.retain(|_, _| false)?;
    tables.counts.retain(|_, _| false)?;
    for (id, row) in rows {
        tables.job_executions.insert((row.job.0, id), ())?;
        tables.put_execution(ExecutionId(id), None, &row)?;
        if RowStatus::of(&row.execution.state).is_ended() {
            drop_bodies(tables, ExecutionId(id))?;
        }
    }
    least.insert(Counter::WindowsHeard, tables.windows.len()?);
    for (counter, least) in least {
        let total = tables.totals.get(counter.name())?.map_or(0, |it| it.value());
        tables.totals.insert(counter.name(), total.max(least))?;
    }
    Ok(())
}

/// Keys from the jobs, the latest execution from the index.
fn jobs(tables: &mut Tables) -> Result<(), Broken> {
    tables.job_keys.retain(|_, _| false)?;
    let mut late = Vec::new();
    for found in tables.jobs.iter()? {
        let (job, bytes) = found?;
        let job = job.value();
        let Ok(job_row) = codec::decode::<JobRow>(bytes.value()) else { continue };
        tables.job_keys.insert(&job_row.key.0, job)?;
        let all = (job, u64::MIN)..=(job, u64::MAX);
        let last = tables.job_executions.range(all)?.next_back().transpose()?;
        let last = last.map(|it| ExecutionId(it.0.value().1));
        if let Some(latest) = last.filter(|it| *it != job_row.latest) {
            late.push((job, JobRow { latest, ..job_row }));
        }
    }
    for (job, job_row) in late {
        tables.jobs.insert(job, codec::encode(&job_row)?.as_slice())?;
    }
    Ok(())
}

/// Records and summaries of executions that never were.
fn left_by_steps(tables: &mut Tables) -> Result<(), Broken> {
    let mut orphans = Vec::new();
    for found in tables.records.iter()? {
        let key = found?.0.value();
        if tables.executions.get(key.0)?.is_none() {
            orphans.push(key);
        }
    }
    for key in orphans {
        tables.records.remove(key)?;
    }
    let mut orphans = Vec::new();
    for found in tables.summaries.iter()? {
        let id = found?.0.value();
        if tables.executions.get(id)?.is_none() {
            orphans.push(id);
        }
    }
    for id in orphans {
        tables.summaries.remove(id)?;
    }
    Ok(())
}

fn audio(tables: &mut Tables) -> Result<(), Broken> {
    tables.transcript_ages.retain(|_, ()| false)?;
    for found in tables.transcripts.iter()? {
        let (key, bytes) = found?;
        if let Ok(Age { at_unix_ms }) = codec::decode(bytes.value()) {
            tables.transcript_ages.insert((at_unix_ms, key.value()), ())?;
        }
    }
    tables.audio_digests.retain(|_, _| false)?;
    for found in tables.audio_files.iter()? {
        let Ok(AudioRow { audio, .. }) = codec::decode(found?.1.value()) else { continue };
        let files = tables.audio_digests.get(&audio.0)?.map_or(0, |it| it.value());
        tables.audio_digests.insert(&audio.0, files + 1)?;
    }
    Ok(())
}
