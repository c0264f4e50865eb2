//! Is all of it true? Every log is folded, and all that is derived is derived again and compared.

use super::Store;
use super::codec::{self, Row, Unreadable};
use super::commit::{counted, row};
use super::place::Broken;
use super::rows::{
    Age, AudioRow, BatchRow, ControlRow, EndpointRow, Entry, EntryRow, ExecutionRow, JobRow,
    LibraryRow, MadeRow, PendingRow, PhraseRow, PlacedRow, PublishedRow, RowStatus, SeenRow,
    SpeechRow, StepRecord, StoredFinished, TermRow, TranscriptRow, WindowRow,
};
use super::tables::{
    ACTIVITY, AUDIO_DIGESTS, AUDIO_FILES, BATCHES, BY_STATUS, Bytes, CONTROLS, COUNTS, ENDPOINTS,
    EVENTS, EXECUTIONS, FINISHED, JOB_EXECUTIONS, JOB_KEYS, JOBS, LIBRARIES, MADE, PENDING,
    PHRASES, PLACED, PUBLISHED, RECORDS, Rows, SEEN, SPEECH, SUMMARIES, TERMS, TOTALS,
    TRANSCRIPT_AGES, TRANSCRIPTS, WINDOWS,
};
use crate::domain::change::{Activity, Counter};
use crate::domain::fault::Fault;
use crate::domain::order::Summary;
use redb::{
    Key, ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata, TableHandle,
};
use std::collections::BTreeMap;
use std::fmt;

/// Problems that are told at most; how many more there are is told too.
const PROBLEMS_MAX: usize = 100;

/// Something in the store that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What, a lower-case sentence without a full stop.
    pub what: String,
    /// What can be done.
    pub mend: Mend,
}

/// What can be done about a [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mend {
    /// It can be derived from the rest: [`Store::repair`] does it.
    Possible,
    /// It was.
    Done,
    /// It cannot be derived.
    Impossible,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let then = match self.mend {
            Mend::Possible => "`kinora check --repair` mends it",
            Mend::Done => "mended",
            Mend::Impossible => "it cannot be derived from the rest, so restore a backup",
        };
        write!(f, "{}; {then}", self.what)
    }
}

/// Problems, up to a limit.
#[derive(Default)]
struct Found {
    problems: Vec<Problem>,
    more: usize,
}

impl Found {
    fn tell(&mut self, mend: Mend, what: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem { what, mend });
        } else {
            self.more += 1;
        }
    }

    fn possible(&mut self, what: String) {
        self.tell(Mend::Possible, what);
    }

    fn impossible(&mut self, what: String) {
        self.tell(Mend::Impossible, what);
    }

    fn unless(&mut self, good: bool, what: impl FnOnce() -> String) {
        if !good {
            self.possible(what());
        }
    }
}

impl Store {
    /// Folds every log, derives every index, count and key again, compares, and reads every row. It takes a while, and
    /// sees the store as it is when it begins. Pages are looked at by [`Store::inspect`] and [`Store::repair`].
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn check(&self) -> Result<Vec<Problem>, Fault> {
        self.read(|within| {
            let mut found = Found::default();
            logs(within, &mut found)?;
            jobs(within, &mut found)?;
            left_by_steps(within, &mut found)?;
            audio(within, &mut found)?;
            all_rows(within, &mut found)?;
            let Found { mut problems, more } = found;
            if more > 0 {
                let what = format!("there are {more} more problems like these");
                problems.push(Problem { what, mend: Mend::Possible });
            }
            Ok(problems)
        })
    }
}

/// Folds log after log: `each` gets the execution's number and what its log makes of it, or why it makes nothing.
/// Answers how often each counter went up.
pub(super) fn each_log(
    events: &impl ReadableTable<(u64, u32), Bytes>,
    mut each: impl FnMut(u64, Result<ExecutionRow, String>) -> Result<(), Broken>,
) -> Result<BTreeMap<Counter, u64>, Broken> {
    let mut totals = BTreeMap::new();
    let mut current: Option<(u64, Result<ExecutionRow, String>)> = None;
    for found in events.iter()? {
        let (key, bytes) = found?;
        let (id, number) = key.value();
        let entry = codec::decode::<EntryRow>(bytes.value());
        if let Ok(EntryRow { entry: Entry::Happened(event), .. }) = &entry
            && let Some(counter) = counted(event)
        {
            *totals.entry(counter).or_default() += 1;
        }
        let before = match current.take() {
            Some((same, before)) if same == id => Some(before),
            Some((other, folded)) => {
                each(other, folded)?;
                None
            }
            None => None,
        };
        current = Some((id, fold(before, number, entry)));
    }
    if let Some((id, folded)) = current {
        each(id, folded)?;
    }
    Ok(totals)
}

fn fold(
    before: Option<Result<ExecutionRow, String>>,
    number: u32,
    entry: Result<EntryRow, Unreadable>,
) -> Result<ExecutionRow, String> {
    let EntryRow { at_unix_ms, entry } =
        entry.map_err(|it| format!("its entry {number} is {it}"))?;
    match (before, entry) {
        (Some(Err(why)), _) => Err(why),
        (None, Entry::Submitted { job, rank, first }) if number == 0 => {
            Ok(ExecutionRow::submitted(job, rank, first, at_unix_ms))
        }
        (None, _) => Err("its beginning is missing".to_owned()),
        (Some(Ok(before)), _) if before.entries != number => {
            Err(format!("its entry {} is missing", before.entries))
        }
        (Some(Ok(_)), Entry::Submitted { .. }) => Err(format!("it begins again at {number}")),
        (Some(Ok(before)), Entry::Happened(event)) => match before.execution.apply(&event) {
            Ok(after) => Ok(before.followed_by(after, at_unix_ms)),
            Err(illegal) => Err(format!("its entry {number} is impossible: {illegal}")),
        },
    }
}

/// What hangs on executions.
struct Derived {
    by_status: ReadOnlyTable<(u8, u64), ()>,
    job_executions: ReadOnlyTable<(u64, u64), ()>,
    jobs: ReadOnlyTable<u64, Bytes>,
    executions: u64,
    counts: BTreeMap<RowStatus, u64>,
}

impl Derived {
    fn look(&mut self, id: u64, row: &ExecutionRow, found: &mut Found) -> Result<(), Broken> {
        self.executions += 1;
        if self.jobs.get(row.job.0)?.is_none() {
            found.impossible(format!("job {} of execution {id} is missing", row.job.0));
        }
        let status = RowStatus::of(&row.execution.state);
        *self.counts.entry(status).or_default() += 1;
        let indexed = self.by_status.get((status.key(), id))?.is_some();
        found.unless(indexed, || format!("execution {id} is not listed as {status:?}"));
        let indexed = self.job_executions.get((row.job.0, id))?.is_some();
        found.unless(indexed, || format!("execution {id} is not listed with its job"));
        Ok(())
    }
}

/// Logs against the state cache, its indexes and counts, and the totals.
fn logs(within: &ReadTransaction, found: &mut Found) -> Result<(), Broken> {
    let (executions, events) = (within.open_table(EXECUTIONS)?, within.open_table(EVENTS)?);
    let mut derived = Derived {
        by_status: within.open_table(BY_STATUS)?,
        job_executions: within.open_table(JOB_EXECUTIONS)?,
        jobs: within.open_table(JOBS)?,
        executions: 0,
        counts: BTreeMap::new(),
    };
    let totals = each_log(&events, |id, folded| {
        let cached = row::<ExecutionRow>(executions.get(id)?).unwrap_or(None);
        let row = match (folded, cached) {
            (Ok(folded), Some(cached)) if folded.entries < cached.entries => {
                let (is, was) = (folded.entries, cached.entries);
                found.impossible(format!("the log of execution {id} has {is} of {was} entries"));
                cached
            }
            (Ok(folded), cached) => {
                let same = cached.is_some_and(|it| it == folded);
                found.unless(same, || format!("execution {id} is not what its log tells"));
                folded
            }
            (Err(why), cached) => {
                found.impossible(format!("the log of execution {id} makes no sense: {why}"));
                let Some(cached) = cached else { return Ok(()) };
                cached
            }
        };
        derived.look(id, &row, found)
    })?;
    for row in executions.iter()? {
        let (id, bytes) = row?;
        let id = id.value();
        if events.range((id, u32::MIN)..=(id, u32::MAX))?.next().is_none() {
            found.impossible(format!("execution {id} has no log"));
            if let Ok(row) = codec::decode(bytes.value()) {
                derived.look(id, &row, found)?;
            }
        }
    }
    for (name, rows) in [
        (BY_STATUS.name(), derived.by_status.len()?),
        (JOB_EXECUTIONS.name(), derived.job_executions.len()?),
    ] {
        let many = derived.executions;
        found.unless(rows <= many, || format!("`{name}` has {rows} rows for {many} executions"));
    }
    let table = within.open_table(COUNTS)?;
    for status in RowStatus::ALL {
        let is = derived.counts.get(&status).copied().unwrap_or(0);
        let told = table.get(status.key())?.map_or(0, |it| it.value());
        found.unless(is == told, || format!("{told} executions are counted {status:?}, not {is}"));
    }
    least_totals(within, found, totals)
}

/// A total is at least what can still be counted.
fn least_totals(
    within: &ReadTransaction,
    found: &mut Found,
    mut least: BTreeMap<Counter, u64>,
) -> Result<(), Broken> {
    least.insert(Counter::WindowsHeard, within.open_table(WINDOWS)?.len()?);
    let totals = within.open_table(TOTALS)?;
    for (counter, least) in least {
        let (name, total) =
            (counter.name(), totals.get(counter.name())?.map_or(0, |it| it.value()));
        found.unless(least <= total, || format!("{name} is {total}, but there are {least}"));
    }
    Ok(())
}

/// Jobs against their keys and their latest executions.
fn jobs(within: &ReadTransaction, found: &mut Found) -> Result<(), Broken> {
    let keys = within.open_table(JOB_KEYS)?;
    let executions = within.open_table(JOB_EXECUTIONS)?;
    let jobs = within.open_table(JOBS)?;
    for row in jobs.iter()? {
        let (job, bytes) = row?;
        let job = job.value();
        let Ok(JobRow { key, latest, .. }) = codec::decode(bytes.value()) else {
            found.impossible(format!("job {job} cannot be read"));
            continue;
        };
        let known = keys.get(&key.0)?.is_some_and(|it| it.value() == job);
        found.unless(known, || format!("job {job} is not found by its key"));
        match executions.range((job, u64::MIN)..=(job, u64::MAX))?.next_back().transpose()? {
            Some((key, _)) if key.value().1 == latest.0 => {}
            Some(_) => found.possible(format!("job {job} points at an older execution")),
            None => found.impossible(format!("job {job} has no execution")),
        }
    }
    let (many, rows) = (jobs.len()?, keys.len()?);
    found.unless(rows <= many, || format!("there are {rows} keys for {many} jobs"));
    Ok(())
}

/// Records and summaries against executions.
fn left_by_steps(within: &ReadTransaction, found: &mut Found) -> Result<(), Broken> {
    let executions = within.open_table(EXECUTIONS)?;
    for record in within.open_table(RECORDS)?.iter()? {
        let (key, bytes) = record?;
        let (id, step) = key.value();
        let record = codec::decode::<StepRecord>(bytes.value());
        let row: Result<Option<ExecutionRow>, Broken> = row(executions.get(id)?);
        match (record, row) {
            (Err(why), _) => found.impossible(format!("record {step} of execution {id} is {why}")),
            (Ok(_), Ok(None)) => {
                found.possible(format!("record {step} belongs to no execution ({id})"));
            }
            (Ok(record), Ok(Some(row))) => {
                let ended = RowStatus::of(&row.execution.state).is_ended();
                let kept = ended && !record.body.is_empty();
                found.unless(!kept, || format!("execution {id} ended and kept record {step}"));
            }
            // That execution was told already.
            (Ok(_), Err(_)) => {}
        }
    }
    for summary in within.open_table(SUMMARIES)?.iter()? {
        let (id, bytes) = summary?;
        let id = id.value();
        if let Err(why) = codec::decode::<Summary>(bytes.value()) {
            found.impossible(format!("the summary of execution {id} is {why}"));
        }
        let known = executions.get(id)?.is_some();
        found.unless(known, || format!("a summary belongs to no execution ({id})"));
    }
    Ok(())
}

/// Transcripts against their ages, audio of files against the list of audio.
fn audio(within: &ReadTransaction, found: &mut Found) -> Result<(), Broken> {
    let (rows, ages) = (within.open_table(TRANSCRIPTS)?, within.open_table(TRANSCRIPT_AGES)?);
    for row in rows.iter()? {
        let (key, bytes) = row?;
        if let Ok(Age { at_unix_ms }) = codec::decode(bytes.value()) {
            let listed = ages.get((at_unix_ms, key.value()))?.is_some();
            found.unless(listed, || "a transcript is not listed by its age".to_owned());
        }
    }
    let (many, listed) = (rows.len()?, ages.len()?);
    found.unless(listed <= many, || format!("{listed} ages are listed for {many} transcripts"));
    let mut digests: BTreeMap<[u8; 32], u64> = BTreeMap::new();
    for row in within.open_table(AUDIO_FILES)?.iter()? {
        if let Ok(AudioRow { audio, .. }) = codec::decode(row?.1.value()) {
            *digests.entry(audio.0).or_default() += 1;
        }
    }
    let mut told: BTreeMap<[u8; 32], u64> = BTreeMap::new();
    for row in within.open_table(AUDIO_DIGESTS)?.iter()? {
        let (audio, files) = row?;
        told.insert(*audio.value(), files.value());
    }
    found.unless(digests == told, || "the list of known audio is wrong".to_owned());
    Ok(())
}

/// Rows that nothing else looked at.
fn all_rows(within: &ReadTransaction, found: &mut Found) -> Result<(), Broken> {
    rows::<_, WindowRow>(within, WINDOWS, Mend::Possible, found)?;
    rows::<_, StoredFinished>(within, FINISHED, Mend::Possible, found)?;
    rows::<_, TranscriptRow>(within, TRANSCRIPTS, Mend::Possible, found)?;
    rows::<_, AudioRow>(within, AUDIO_FILES, Mend::Possible, found)?;
    rows::<_, Activity>(within, ACTIVITY, Mend::Possible, found)?;
    rows::<_, SeenRow>(within, SEEN, Mend::Possible, found)?;
    rows::<_, SpeechRow>(within, SPEECH, Mend::Possible, found)?;
    rows::<_, PlacedRow>(within, PLACED, Mend::Possible, found)?;
    rows::<_, LibraryRow>(within, LIBRARIES, Mend::Possible, found)?;
    rows::<_, BatchRow>(within, BATCHES, Mend::Possible, found)?;
    rows::<_, PhraseRow>(within, PHRASES, Mend::Possible, found)?;
    rows::<_, MadeRow>(within, MADE, Mend::Possible, found)?;
    rows::<_, EndpointRow>(within, ENDPOINTS, Mend::Possible, found)?;
    rows::<_, TermRow>(within, TERMS, Mend::Impossible, found)?;
    rows::<_, PublishedRow>(within, PUBLISHED, Mend::Impossible, found)?;
    rows::<_, PendingRow>(within, PENDING, Mend::Impossible, found)?;
    rows::<_, ControlRow>(within, CONTROLS, Mend::Impossible, found)
}

/// `damaged` is what can be done about a row that is none: where it can be made again, it is forgotten.
fn rows<K: Key + 'static, R: Row>(
    within: &ReadTransaction,
    table: Rows<K>,
    damaged: Mend,
    found: &mut Found,
) -> Result<(), Broken> {
    let name = table.name();
    for row in within.open_table(table)?.iter()? {
        match codec::decode::<R>(row?.1.value()) {
            Ok(_) => {}
            Err(Unreadable::Damaged) => {
                found.tell(damaged, format!("a row of `{name}` is damaged"));
            }
            Err(Unreadable::OtherVersion(version)) => {
                let what = format!("a row of `{name}` is of another format ({version})");
                found.impossible(what);
            }
        }
    }
    Ok(())
}
