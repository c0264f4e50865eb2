//! What can be asked. Each method is one short read transaction: a long one would pin pages.

use super::Store;
use super::changes::{file_key, id_key};
use super::codec::{self, Row, Unreadable};
use super::commit::row;
use super::place::Broken;
use super::rows::{
    AudioRow, ControlRow, Entry, EntryRow, ExecutionRow, FinishedRow, JobRow, LibraryRow,
    PendingRow, PlacedRow, PublishedRow, RowStatus, SeenRow, SpeechRow, StepRecord, StoredFinished,
    TranscriptRow, WindowRow,
};
use super::tables::{
    ACTIVITY, AUDIO_DIGESTS, AUDIO_FILES, BY_STATUS, CONTROLS, COUNTS, EVENTS, EXECUTIONS,
    FINISHED, JOB_EXECUTIONS, JOB_KEYS, JOBS, LIBRARIES, PENDING, PLACED, PUBLISHED, RECORDS, Rows,
    SEEN, SPEECH, SUMMARIES, TOTALS, TRANSCRIPTS, WINDOWS,
};
use super::write::Control;
use crate::domain::change::{
    Activity, AudioDigest, AudioFile, Counter, SpeechKey, Transcribed, TranscriptKey,
};
use crate::domain::execution::{Event, Execution, Step};
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, Fingerprint, JobId, JobKey};
use crate::domain::library::{FileId, Mount, Placed, Seen};
use crate::domain::order::Summary;
use crate::domain::time::Span;
use crate::domain::transcript::RawHeard;
use redb::{Key, ReadTransaction, ReadableTable};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Which executions are listed, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// Only these.
    pub status: Option<RowStatus>,
    /// Only those asked for before this one: the last of the page before.
    pub before: Option<ExecutionId>,
    /// At most so many.
    pub limit: usize,
}

impl Store {
    /// An execution as it stands.
    ///
    /// # Errors
    /// Where the store cannot be read; so for all that follow.
    pub fn execution(&self, id: ExecutionId) -> Result<Option<ExecutionRow>, Fault> {
        self.get(EXECUTIONS, id.0)
    }

    /// A job.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn job(&self, id: JobId) -> Result<Option<JobRow>, Fault> {
        self.get(JOBS, id.0)
    }

    /// The job that is about this.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn job_by_key(&self, key: &JobKey) -> Result<Option<JobId>, Fault> {
        self.read(|within| {
            Ok(within.open_table(JOB_KEYS)?.get(&key.0)?.map(|it| JobId(it.value())))
        })
    }

    /// All executions of a job, oldest first.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn executions_of(&self, job: JobId) -> Result<Vec<ExecutionId>, Fault> {
        self.read(|within| {
            let table = within.open_table(JOB_EXECUTIONS)?;
            let keys = table.range((job.0, u64::MIN)..=(job.0, u64::MAX))?;
            keys.map(|it| Ok(ExecutionId(it?.0.value().1))).collect()
        })
    }

    /// What happened to an execution, oldest first: when, in milliseconds since the Unix epoch, and what.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn events(&self, id: ExecutionId) -> Result<Vec<(u64, Event)>, Fault> {
        self.read(|within| {
            let table = within.open_table(EVENTS)?;
            let mut events = Vec::new();
            for found in table.range((id.0, u32::MIN)..=(id.0, u32::MAX))? {
                let row: EntryRow = codec::decode(found?.1.value())?;
                match row.entry {
                    Entry::Submitted { .. } => {}
                    Entry::Happened(event) => events.push((row.at_unix_ms, event)),
                }
            }
            Ok(events)
        })
    }

    /// What a step left for the steps after it; `None` where it left nothing, or the execution has ended.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn record(&self, id: ExecutionId, step: Step) -> Result<Option<Vec<u8>>, Fault> {
        let row: Option<StepRecord> = self.get(RECORDS, (id.0, step as u8))?;
        Ok(row.map(|it| it.body).filter(|it| !it.is_empty()))
    }

    /// What every step left that succeeded so far.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn records(&self, id: ExecutionId) -> Result<BTreeMap<Step, StepRecord>, Fault> {
        self.read(|within| {
            let table = within.open_table(RECORDS)?;
            let mut records = BTreeMap::new();
            for found in table.range((id.0, u8::MIN)..=(id.0, u8::MAX))? {
                let (key, bytes) = found?;
                let number = key.value().1;
                let step = Step::ALL.into_iter().find(|it| *it as u8 == number);
                let step = step.ok_or(Unreadable::Damaged)?;
                records.insert(step, codec::decode(bytes.value())?);
            }
            Ok(records)
        })
    }

    /// What came of the file so far.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn summary(&self, id: ExecutionId) -> Result<Option<Summary>, Fault> {
        self.get(SUMMARIES, id.0)
    }

    /// Executions that are ready, running or paused; others are not looked at.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn active(&self) -> Result<Vec<(ExecutionId, JobId, Execution)>, Fault> {
        self.read(|within| {
            let (index, rows) = (within.open_table(BY_STATUS)?, within.open_table(EXECUTIONS)?);
            let mut active = Vec::new();
            for status in RowStatus::ALL.into_iter().filter(|it| it.is_active()) {
                for found in index.range((status.key(), u64::MIN)..=(status.key(), u64::MAX))? {
                    let id = found?.0.value().1;
                    let row: ExecutionRow = row(rows.get(id)?)?.ok_or(Unreadable::Damaged)?;
                    active.push((ExecutionId(id), row.job, row.execution));
                }
            }
            active.sort_unstable_by_key(|it| it.0);
            Ok(active)
        })
    }

    /// A page of executions, newest first.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn list(&self, query: &ListQuery) -> Result<Vec<(ExecutionId, ExecutionRow)>, Fault> {
        let before = query.before.map_or(u64::MAX, |it| it.0);
        self.read(|within| {
            let rows = within.open_table(EXECUTIONS)?;
            let Some(status) = query.status.map(RowStatus::key) else {
                let page = rows.range(..before)?.rev().take(query.limit);
                return page
                    .map(|found| {
                        let (id, bytes) = found?;
                        Ok((ExecutionId(id.value()), codec::decode(bytes.value())?))
                    })
                    .collect();
            };
            let index = within.open_table(BY_STATUS)?;
            let page = index.range((status, u64::MIN)..(status, before))?.rev().take(query.limit);
            page.map(|found| {
                let id = found?.0.value().1;
                Ok((ExecutionId(id), row(rows.get(id)?)?.ok_or(Unreadable::Damaged)?))
            })
            .collect()
        })
    }

    /// A page of executions with their jobs, newest first, in one look.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn list_with_jobs(
        &self,
        before: Option<ExecutionId>,
        limit: usize,
        mut each: impl FnMut(ExecutionId, ExecutionRow, JobRow),
    ) -> Result<(), Fault> {
        let before = before.map_or(u64::MAX, |it| it.0);
        self.read(|within| {
            let (rows, jobs) = (within.open_table(EXECUTIONS)?, within.open_table(JOBS)?);
            for found in rows.range(..before)?.rev().take(limit) {
                let (id, bytes) = found?;
                let stands: ExecutionRow = codec::decode(bytes.value())?;
                let job = row(jobs.get(stands.job.0)?)?.ok_or(Unreadable::Damaged)?;
                each(ExecutionId(id.value()), stands, job);
            }
            Ok(())
        })
    }

    /// How many executions there are of each status; every status once.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn counts(&self) -> Result<BTreeMap<RowStatus, u64>, Fault> {
        self.read(|within| {
            let table = within.open_table(COUNTS)?;
            let count = |it: RowStatus| Ok((it, table.get(it.key())?.map_or(0, |it| it.value())));
            RowStatus::ALL.into_iter().map(count).collect()
        })
    }

    /// A total that stays for ever.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn total(&self, counter: Counter) -> Result<u64, Fault> {
        self.read(|within| {
            Ok(within.open_table(TOTALS)?.get(counter.name())?.map_or(0, |it| it.value()))
        })
    }

    /// What happened lately, newest first, at most so many.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn activity(&self, limit: usize) -> Result<Vec<Activity>, Fault> {
        self.read(|within| {
            let table = within.open_table(ACTIVITY)?;
            let newest = table.iter()?.rev().take(limit);
            newest.map(|it| Ok(codec::decode(it?.1.value())?)).collect()
        })
    }

    /// What happened after the activity of this number, oldest first, each with its number; at most so many.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn activity_after(&self, number: u64, limit: usize) -> Result<Vec<(u64, Activity)>, Fault> {
        self.read(|within| {
            let table = within.open_table(ACTIVITY)?;
            let mut rows = Vec::new();
            for found in table.range(number.saturating_add(1)..)?.take(limit) {
                let (number, bytes) = found?;
                rows.push((number.value(), codec::decode(bytes.value())?));
            }
            Ok(rows)
        })
    }

    /// The number of the newest activity, 0 where there is none; the next one's is greater.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn activity_newest(&self) -> Result<u64, Fault> {
        self.read(|within| Ok(within.open_table(ACTIVITY)?.last()?.map_or(0, |it| it.0.value())))
    }

    /// Switches that are on. One that this Kinora does not know is left out.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn controls(&self) -> Result<BTreeMap<Control, ControlRow>, Fault> {
        self.read(|within| {
            let mut controls = BTreeMap::new();
            for found in within.open_table(CONTROLS)?.iter()? {
                let (name, bytes) = found?;
                if let Some(control) = Control::parse(name.value()) {
                    controls.insert(control, codec::decode(bytes.value())?);
                }
            }
            Ok(controls)
        })
    }

    /// What was heard in a window, by the digest of its recipe and samples.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn window(&self, key: &[u8; 32]) -> Result<Option<RawHeard>, Fault> {
        Ok(self.get::<_, WindowRow>(WINDOWS, key.as_slice())?.map(|it| it.heard))
    }

    /// What came of a file, by the digest of the file and of what was wished.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn finished(&self, key: &Fingerprint) -> Result<Option<FinishedRow>, Fault> {
        let row: Option<StoredFinished> = self.get(FINISHED, key.0.as_slice())?;
        Ok(row.map(|it| FinishedRow {
            outputs: it.outputs.into_iter().map(PathBuf::from).collect(),
            language: it.language,
            at_unix_ms: it.at_unix_ms,
        }))
    }

    /// What is known of a subtitle at this path, where Kinora wrote it.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn published(&self, path: &Path) -> Result<Option<PublishedRow>, Fault> {
        self.get(PUBLISHED, path.as_os_str().as_bytes())
    }

    /// Temporary files whose end was not recorded: left by a crash, unless this process is writing them.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn pending(&self) -> Result<Vec<(PathBuf, PendingRow)>, Fault> {
        self.read(|within| {
            let table = within.open_table(PENDING)?;
            let rows = table.iter()?.map(|found| {
                let (key, bytes) = found?;
                let path = PathBuf::from(OsStr::from_bytes(key.value()));
                Ok((path, codec::decode(bytes.value())?))
            });
            rows.collect()
        })
    }

    /// What listening to this audio gave, with this recipe.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn transcript(&self, key: &TranscriptKey) -> Result<Option<Transcribed>, Fault> {
        Ok(self.get::<_, TranscriptRow>(TRANSCRIPTS, &key.0)?.map(|it| it.transcribed))
    }

    /// The audio of a file's track, where it was decoded before.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn audio_of(&self, file: &AudioFile) -> Result<Option<AudioDigest>, Fault> {
        Ok(self.get::<_, AudioRow>(AUDIO_FILES, file_key(file))?.map(|it| it.audio))
    }

    /// Whether some file had this audio.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn knows_audio(&self, audio: &AudioDigest) -> Result<bool, Fault> {
        self.read(|within| Ok(within.open_table(AUDIO_DIGESTS)?.get(&audio.0)?.is_some()))
    }

    /// What a look into a file showed, where it is that one still.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn seen(&self, file: &FileId) -> Result<Option<Seen>, Fault> {
        Ok(self.get::<_, SeenRow>(SEEN, id_key(file))?.map(|it| it.seen))
    }

    /// Where somebody speaks in an audio track.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn speech(&self, key: &SpeechKey) -> Result<Option<Vec<Span>>, Fault> {
        Ok(self.get::<_, SpeechRow>(SPEECH, key.0)?.map(|it| it.speech))
    }

    /// Where a file lay, and its subtitles did, when they were written or brought along.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn placed(&self, file: &FileId) -> Result<Option<Placed>, Fault> {
        Ok(self.get::<_, PlacedRow>(PLACED, id_key(file))?.map(|it| it.placed))
    }

    /// The file system a library's folder lay on when it was looked through last.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn library_seen(&self, name: &str) -> Result<Option<Mount>, Fault> {
        Ok(self.get::<_, LibraryRow>(LIBRARIES, name)?.map(|it| it.mount))
    }

    pub(super) fn get<'k, K: Key + 'static, R: Row>(
        &self,
        table: Rows<K>,
        key: impl Borrow<K::SelfType<'k>>,
    ) -> Result<Option<R>, Fault> {
        self.read(|within: &ReadTransaction| -> Result<Option<R>, Broken> {
            row(within.open_table(table)?.get(key)?)
        })
    }
}
