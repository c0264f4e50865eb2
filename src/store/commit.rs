//! The transaction: wishes and events, and all that is derived from them.

use super::codec::{self, Row, Unreadable};
use super::place::{Broken, Place};
use super::rows::{Entry, EntryRow, ExecutionRow, JobRow, RowStatus, StepRecord};
use super::tables::{self as all, Bytes, Digest, FileKey, IdKey};
use super::write::{Refused, Wished, Write, Wrote};
use super::{changes, outputs, phrases, terms};
use crate::domain::change::{Counter, StepDone};
use crate::domain::execution::{Event, Execution, Illegal, State, Step, Tries};
use crate::domain::job::{ExecutionId, JobId, Latest, OnWish, Rank, Wish, on_wish};
use redb::{AccessGuard, ReadableTable, Table, WriteTransaction};

/// The first step of a subtitle.
const FIRST_STEP: Step = Step::Select;

/// All tables, open for writing.
pub(super) struct Tables<'t> {
    pub(super) meta: Table<'t, &'static str, u64>,
    pub(super) windows: Table<'t, Bytes, Bytes>,
    pub(super) finished: Table<'t, Bytes, Bytes>,
    pub(super) published: Table<'t, Bytes, Bytes>,
    pub(super) pending: Table<'t, Bytes, Bytes>,
    pub(super) jobs: Table<'t, u64, Bytes>,
    pub(super) events: Table<'t, (u64, u32), Bytes>,
    pub(super) records: Table<'t, (u64, u8), Bytes>,
    pub(super) summaries: Table<'t, u64, Bytes>,
    pub(super) totals: Table<'t, &'static str, u64>,
    pub(super) activity: Table<'t, u64, Bytes>,
    pub(super) controls: Table<'t, &'static str, Bytes>,
    pub(super) transcripts: Table<'t, Digest, Bytes>,
    pub(super) audio_files: Table<'t, FileKey, Bytes>,
    pub(super) seen: Table<'t, IdKey, Bytes>,
    pub(super) speech: Table<'t, [u8; 32], Bytes>,
    pub(super) placed: Table<'t, IdKey, Bytes>,
    pub(super) libraries: Table<'t, &'static str, Bytes>,
    pub(super) terms: Table<'t, u64, Bytes>,
    pub(super) batches: Table<'t, [u8; 32], Bytes>,
    pub(super) phrases: Table<'t, [u8; 32], Bytes>,
    pub(super) made: Table<'t, Bytes, Bytes>,
    pub(super) endpoints: Table<'t, &'static str, Bytes>,
    pub(super) job_keys: Table<'t, Digest, u64>,
    pub(super) executions: Table<'t, u64, Bytes>,
    pub(super) job_executions: Table<'t, (u64, u64), ()>,
    pub(super) by_status: Table<'t, (u8, u64), ()>,
    pub(super) counts: Table<'t, u8, u64>,
    pub(super) transcript_ages: Table<'t, (u64, Digest), ()>,
    pub(super) audio_digests: Table<'t, Digest, u64>,
    /// Writes that changed something: raised before the first change of each.
    pub(super) touched: u64,
}

/// A write is done, or refused and nothing of it done.
pub(super) type Answer = Result<Result<Wrote, Refused>, Broken>;

impl<'t> Tables<'t> {
    pub(super) fn open(within: &'t WriteTransaction) -> Result<Tables<'t>, Broken> {
        Ok(Tables {
            meta: within.open_table(all::META)?,
            windows: within.open_table(all::WINDOWS)?,
            finished: within.open_table(all::FINISHED)?,
            published: within.open_table(all::PUBLISHED)?,
            pending: within.open_table(all::PENDING)?,
            jobs: within.open_table(all::JOBS)?,
            events: within.open_table(all::EVENTS)?,
            records: within.open_table(all::RECORDS)?,
            summaries: within.open_table(all::SUMMARIES)?,
            totals: within.open_table(all::TOTALS)?,
            activity: within.open_table(all::ACTIVITY)?,
            controls: within.open_table(all::CONTROLS)?,
            transcripts: within.open_table(all::TRANSCRIPTS)?,
            audio_files: within.open_table(all::AUDIO_FILES)?,
            seen: within.open_table(all::SEEN)?,
            speech: within.open_table(all::SPEECH)?,
            placed: within.open_table(all::PLACED)?,
            libraries: within.open_table(all::LIBRARIES)?,
            terms: within.open_table(all::TERMS)?,
            batches: within.open_table(all::BATCHES)?,
            phrases: within.open_table(all::PHRASES)?,
            made: within.open_table(all::MADE)?,
            endpoints: within.open_table(all::ENDPOINTS)?,
            job_keys: within.open_table(all::JOB_KEYS)?,
            executions: within.open_table(all::EXECUTIONS)?,
            job_executions: within.open_table(all::JOB_EXECUTIONS)?,
            by_status: within.open_table(all::BY_STATUS)?,
            counts: within.open_table(all::COUNTS)?,
            transcript_ages: within.open_table(all::TRANSCRIPT_AGES)?,
            audio_digests: within.open_table(all::AUDIO_DIGESTS)?,
            touched: 0,
        })
    }

    pub(super) fn count(&mut self, counter: Counter, by: u64) -> Result<(), Broken> {
        let total = self.totals.get(counter.name())?.map_or(0, |it| it.value());
        self.totals.insert(counter.name(), total.saturating_add(by))?;
        Ok(())
    }

    pub(super) fn execution(&self, id: ExecutionId) -> Result<Option<ExecutionRow>, Broken> {
        row(self.executions.get(id.0)?)
    }

    /// The execution whose step left something.
    pub(super) fn whose(
        &self,
        of: Option<ExecutionId>,
    ) -> Result<Option<(ExecutionId, ExecutionRow)>, Broken> {
        match of {
            Some(id) => Ok(self.execution(id)?.map(|it| (id, it))),
            None => Ok(None),
        }
    }

    /// The state cache, and the index and counts that hang on it.
    pub(super) fn put_execution(
        &mut self,
        id: ExecutionId,
        before: Option<RowStatus>,
        row: &ExecutionRow,
    ) -> Result<(), Broken> {
        let after = RowStatus::of(&row.execution.state);
        if before != Some(after) {
            if let Some(before) = before {
                self.by_status.remove((before.key(), id.0))?;
                let left = self.counts.get(before.key())?.map_or(0, |it| it.value());
                self.counts.insert(before.key(), left.saturating_sub(1))?;
            }
            self.by_status.insert((after.key(), id.0), ())?;
            let count = self.counts.get(after.key())?.map_or(0, |it| it.value());
            self.counts.insert(after.key(), count + 1)?;
        }
        self.executions.insert(id.0, codec::encode(row)?.as_slice())?;
        Ok(())
    }
}

/// A row from what a table gave.
pub(super) fn row<R: Row>(guard: Option<AccessGuard<'_, Bytes>>) -> Result<Option<R>, Broken> {
    guard.map(|it| codec::decode(it.value())).transpose().map_err(Broken::Row)
}

/// One write of a batch. A row that cannot be read costs this write alone, as long as nothing of it was written.
pub(super) fn one(tables: &mut Tables, place: &Place, write: &Write) -> Answer {
    let before = tables.touched;
    let answer = match write {
        Write::Wish { wish, at_unix_ms } => wished(tables, wish, *at_unix_ms),
        Write::Event { execution, event, at_unix_ms, done } => {
            happened(tables, *execution, event, *at_unix_ms, done.as_deref())
        }
        Write::Window { key, heard, at_unix_ms, of } => {
            changes::window(tables, key, heard, *at_unix_ms, *of)
        }
        Write::Batch { key, rendered, at_unix_ms, of } => {
            phrases::batch(tables, key, rendered, *at_unix_ms, *of)
        }
        Write::Change { change, at_unix_ms } => changes::alone(tables, change, *at_unix_ms),
        Write::Tell(activity) => changes::tell(tables, activity),
        Write::Control { control, on, why, at_unix_ms } => {
            changes::control(tables, control, on.then_some(why), *at_unix_ms)
        }
        Write::PendingBegun { temp, row } => changes::pending_begun(tables, temp, row),
        Write::PendingDone { temp } => changes::pending_ended(tables, temp, true),
        Write::PendingGone { temp } => changes::pending_ended(tables, temp, false),
        Write::Followed { file, placed, gone, at_unix_ms } => {
            changes::followed(tables, file, placed, gone, *at_unix_ms)
        }
        Write::LibrarySeen { name, mount, at_unix_ms } => {
            changes::library_seen(tables, name, mount, *at_unix_ms)
        }
        Write::Terms { writes, at_unix_ms } => terms::by_person(tables, writes, *at_unix_ms),
        Write::TermsReplaced { terms, at_unix_ms } => terms::replaced(tables, terms, *at_unix_ms),
        Write::FileRow(change) => outputs::changed(tables, place, change),
        Write::Rung { translator, of, rung, at_unix_ms } => {
            phrases::rung(tables, translator, of, rung, *at_unix_ms)
        }
    };
    match answer {
        Err(Broken::Row(why)) if tables.touched == before => {
            Ok(Err(Refused::Unreadable(place.fault(why))))
        }
        answer => answer,
    }
}

fn wished(tables: &mut Tables, wish: &Wish, at_unix_ms: u64) -> Answer {
    let known = tables.job_keys.get(&wish.key.0)?.map(|it| it.value());
    let Some(job) = known.map(JobId) else {
        tables.touched += 1;
        let job = JobId(1 + tables.jobs.last()?.map_or(0, |it| it.0.value()));
        tables.job_keys.insert(&wish.key.0, job.0)?;
        return submit(tables, job, wish, at_unix_ms, Wished::New);
    };
    // A key without its job, or a job without its execution, is damage.
    let job_row: JobRow = row(tables.jobs.get(job.0)?)?.ok_or(Unreadable::Damaged)?;
    let latest = job_row.latest;
    let latest_row = tables.execution(latest)?.ok_or(Unreadable::Damaged)?;
    let stands = match RowStatus::of(&latest_row.execution.state) {
        RowStatus::Ready | RowStatus::Running | RowStatus::Paused => Latest::Active,
        RowStatus::Parked => Latest::Parked,
        RowStatus::Done => Latest::Done,
        RowStatus::Cancelled => Latest::Cancelled,
    };
    let told = |what| Ok(Ok(Wrote::Wished { job, execution: latest, what }));
    match on_wish(stands, job_row.fingerprint == wish.fingerprint, wish.again) {
        OnWish::Leave => told(Wished::Left),
        OnWish::Execute => {
            tables.touched += 1;
            submit(tables, job, wish, at_unix_ms, Wished::New)
        }
        OnWish::Retry => {
            let event = Event::Retried { at_unix_ms };
            match append(tables, latest, &latest_row, &event, at_unix_ms)? {
                Ok(_) => told(Wished::Retried),
                Err(illegal) => Ok(Err(illegal.into())),
            }
        }
        OnWish::Supersede => {
            let reason = "the file, or what is wanted of it, changed".to_owned();
            let event = Event::Cancelled { reason };
            match append(tables, latest, &latest_row, &event, at_unix_ms)? {
                Ok(_) => {
                    let what = Wished::Superseded { cancelled: latest };
                    submit(tables, job, wish, at_unix_ms, what)
                }
                Err(illegal) => Ok(Err(illegal.into())),
            }
        }
    }
}

/// A new execution of a job.
fn submit(tables: &mut Tables, job: JobId, wish: &Wish, at_unix_ms: u64, what: Wished) -> Answer {
    let Wish { key, fingerprint, spec, priority, again: _ } = wish;
    let number = 1 + tables.executions.last()?.map_or(0, |it| it.0.value());
    let id = ExecutionId(number);
    let rank = Rank { priority: *priority, place: i64::try_from(number).unwrap_or(i64::MAX) };
    let job_row = JobRow {
        key: *key,
        fingerprint: *fingerprint,
        spec: spec.clone(),
        priority: *priority,
        latest: id,
        wished_unix_ms: at_unix_ms,
    };
    tables.jobs.insert(job.0, codec::encode(&job_row)?.as_slice())?;
    let entry = EntryRow { at_unix_ms, entry: Entry::Submitted { job, rank, first: FIRST_STEP } };
    tables.events.insert((id.0, 0), codec::encode(&entry)?.as_slice())?;
    tables.job_executions.insert((job.0, id.0), ())?;
    tables.put_execution(id, None, &ExecutionRow::submitted(job, rank, FIRST_STEP, at_unix_ms))?;
    Ok(Ok(Wrote::Wished { job, execution: id, what }))
}

impl ExecutionRow {
    /// As it begins.
    pub(super) fn submitted(job: JobId, rank: Rank, first: Step, at_unix_ms: u64) -> ExecutionRow {
        ExecutionRow {
            job,
            execution: Execution::submitted(rank, first, at_unix_ms),
            submitted_unix_ms: at_unix_ms,
            changed_unix_ms: at_unix_ms,
            entries: 1,
        }
    }

    /// As it stands after an event.
    pub(super) fn followed_by(&self, execution: Execution, at_unix_ms: u64) -> ExecutionRow {
        ExecutionRow {
            job: self.job,
            execution,
            submitted_unix_ms: self.submitted_unix_ms,
            changed_unix_ms: at_unix_ms,
            entries: self.entries + 1,
        }
    }
}

fn happened(
    tables: &mut Tables,
    id: ExecutionId,
    event: &Event,
    at_unix_ms: u64,
    done: Option<&StepDone>,
) -> Answer {
    let Some(before) = tables.execution(id)? else {
        return Ok(Err(Refused::NoSuchExecution(id)));
    };
    let fits = match (event, done) {
        (_, None) => true,
        (Event::Succeeded { next }, Some(done)) => *next == done.next,
        (_, Some(_)) => false,
    };
    if !fits {
        return Ok(Err(Refused::Contradiction(id)));
    }
    // The record is written before the event, which may end the execution and so drop its body.
    let after = match before.execution.apply(event) {
        Ok(after) => after,
        Err(illegal) => return Ok(Err(illegal.into())),
    };
    if let (Some(done), State::Running { step, .. }) = (done, &before.execution.state) {
        tables.touched += 1;
        leave(tables, id, *step, done, at_unix_ms)?;
    }
    match append(tables, id, &before, event, at_unix_ms)? {
        Ok(()) => Ok(Ok(Wrote::Event(after))),
        Err(illegal) => Ok(Err(illegal.into())),
    }
}

/// Appends to the log, if the state allows it, and brings along all that is derived from it.
pub(super) fn append(
    tables: &mut Tables,
    id: ExecutionId,
    before: &ExecutionRow,
    event: &Event,
    at_unix_ms: u64,
) -> Result<Result<(), Box<Illegal>>, Broken> {
    let after = match before.execution.apply(event) {
        Ok(after) => before.followed_by(after, at_unix_ms),
        Err(illegal) => return Ok(Err(illegal)),
    };
    tables.touched += 1;
    let entry = EntryRow { at_unix_ms, entry: Entry::Happened(event.clone()) };
    tables.events.insert((id.0, before.entries), codec::encode(&entry)?.as_slice())?;
    tables.put_execution(id, Some(RowStatus::of(&before.execution.state)), &after)?;
    if let Some(counter) = counted(event) {
        tables.count(counter, 1)?;
    }
    if RowStatus::of(&after.execution.state).is_ended() {
        drop_bodies(tables, id)?;
    }
    Ok(Ok(()))
}

/// A step left a checkpoint: where it was tried before, its execution got on. Another one got a row less in its log.
pub(super) fn got_on(
    tables: &mut Tables,
    of: Option<(ExecutionId, ExecutionRow)>,
    at_unix_ms: u64,
) -> Result<(), Broken> {
    if let Some((id, row)) = of
        && let State::Running { tries, .. } = row.execution.state
        && tries != Tries::default()
    {
        // A running execution takes it, whatever it is.
        let _ = append(tables, id, &row, &Event::GotOn, at_unix_ms)?;
    }
    Ok(())
}

/// The total that goes up with an event.
pub(super) fn counted(event: &Event) -> Option<Counter> {
    match event {
        Event::Succeeded { .. } => Some(Counter::StepsSucceeded),
        Event::Failed { .. } => Some(Counter::StepsFailed),
        Event::Started { .. }
        | Event::GotOn
        | Event::Interrupted { .. }
        | Event::PutBack { .. }
        | Event::Paused
        | Event::Resumed
        | Event::Cancelled { .. }
        | Event::Retried { .. }
        | Event::Moved { .. } => None,
    }
}

fn leave(
    tables: &mut Tables,
    id: ExecutionId,
    step: Step,
    done: &StepDone,
    at_unix_ms: u64,
) -> Result<(), Broken> {
    let StepDone { next: _, body, notes, summary, changes } = done;
    let record = StepRecord { at_unix_ms, notes: notes.clone(), body: body.clone() };
    tables.records.insert((id.0, step as u8), codec::encode(&record)?.as_slice())?;
    tables.summaries.insert(id.0, codec::encode(summary)?.as_slice())?;
    changes.iter().try_for_each(|it| changes::apply(tables, it, at_unix_ms))
}

/// Nobody reads them any more; notes stay for whoever asks what was decided.
pub(super) fn drop_bodies(tables: &mut Tables, id: ExecutionId) -> Result<(), Broken> {
    let mut records = Vec::new();
    for found in tables.records.range((id.0, u8::MIN)..=(id.0, u8::MAX))? {
        let (key, bytes) = found?;
        records.push((key.value(), codec::decode::<StepRecord>(bytes.value())));
    }
    for (key, record) in records {
        // One that cannot be read is left for `check` to tell.
        let Ok(mut record) = record else { continue };
        if !record.body.is_empty() {
            record.body = Vec::new();
            tables.records.insert(key, codec::encode(&record)?.as_slice())?;
        }
    }
    Ok(())
}
