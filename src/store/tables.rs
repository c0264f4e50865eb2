//! Every table on one screen; `rows` has what is in them.

use redb::TableDefinition;

/// Raised when a table changes in a way an older Kinora cannot live with; `migrate` has a file for each one before.
pub(super) const SCHEMA_VERSION: u64 = 6;

/// A table of rows, which the codec writes.
pub(super) type Rows<K> = TableDefinition<'static, K, &'static [u8]>;
/// A table of numbers.
pub(super) type Numbers<K> = TableDefinition<'static, K, u64>;
/// A table whose keys say all.
pub(super) type Index<K> = TableDefinition<'static, K, ()>;
/// A key of bytes.
pub(super) type Bytes = &'static [u8];
/// A digest.
pub(super) type Digest = &'static [u8; 32];
/// An `AudioFile`: device, inode, size, time, track.
pub(super) type FileKey = (u64, u64, u64, i128, u32);
/// A `FileId`: device, inode, size, time.
pub(super) type IdKey = (u64, u64, u64, i128);

/// `schema`: [`SCHEMA_VERSION`] of the file.
pub(super) const META: Numbers<&str> = TableDefinition::new("meta");

// What was heard, finished and written. These four are as old as the store, and what a private store gives back.
/// Digest of recipe and samples -> `WindowRow`.
pub(super) const WINDOWS: Rows<Bytes> = TableDefinition::new("windows");
/// Digest of a file and of what was wished -> `StoredFinished`.
pub(super) const FINISHED: Rows<Bytes> = TableDefinition::new("finished");
/// Path of a subtitle -> `PublishedRow`.
pub(super) const PUBLISHED: Rows<Bytes> = TableDefinition::new("published");
/// Path of a temporary file -> `PendingRow`.
pub(super) const PENDING: Rows<Bytes> = TableDefinition::new("pending");

// Jobs and what happened to them: facts.
/// Job -> `JobRow`.
pub(super) const JOBS: Rows<u64> = TableDefinition::new("jobs");
/// Execution, number of the entry from 0 -> `EntryRow`. Entry 0 is the submission.
pub(super) const EVENTS: Rows<(u64, u32)> = TableDefinition::new("events");
/// Execution, step -> `RecordRow`.
pub(super) const RECORDS: Rows<(u64, u8)> = TableDefinition::new("records");
/// Execution -> `Summary`.
pub(super) const SUMMARIES: Rows<u64> = TableDefinition::new("summaries");
/// Name of a counter -> total.
pub(super) const TOTALS: Numbers<&str> = TableDefinition::new("totals");
/// Number, from 1 -> `Activity`.
pub(super) const ACTIVITY: Rows<u64> = TableDefinition::new("activity");
/// Name of a switch -> `ControlRow`; absent where it is off.
pub(super) const CONTROLS: Rows<&str> = TableDefinition::new("controls");
/// Audio and recipe -> `TranscriptRow`.
pub(super) const TRANSCRIPTS: Rows<Digest> = TableDefinition::new("transcripts");
/// File and track -> `AudioRow`.
pub(super) const AUDIO_FILES: Rows<FileKey> = TableDefinition::new("audio_files");
/// File -> `SeenRow`.
pub(super) const SEEN: Rows<IdKey> = TableDefinition::new("seen");
/// File, track and how speech is found -> `SpeechRow`.
pub(super) const SPEECH: Rows<[u8; 32]> = TableDefinition::new("speech");
/// File -> `PlacedRow`.
pub(super) const PLACED: Rows<IdKey> = TableDefinition::new("placed");
/// Name of a library -> `LibraryRow`.
pub(super) const LIBRARIES: Rows<&str> = TableDefinition::new("libraries");

// For translating: what people and models said of words, and what was translated before.
/// Term -> `TermRow`.
pub(super) const TERMS: Rows<u64> = TableDefinition::new("terms");
/// Digest of recipe, translators and request -> `BatchRow`.
pub(super) const BATCHES: Rows<[u8; 32]> = TableDefinition::new("batches");
/// Digest of a line, its neighbours and its languages -> `PhraseRow`.
pub(super) const PHRASES: Rows<[u8; 32]> = TableDefinition::new("phrases");
/// Path of a subtitle -> `MadeRow`.
pub(super) const MADE: Rows<Bytes> = TableDefinition::new("made");
/// Name of a translator -> `EndpointRow`.
pub(super) const ENDPOINTS: Rows<&str> = TableDefinition::new("endpoints");

// Derived from the facts, in the transaction that changes these; `check` compares, `repair` makes them again.
/// Digest of what a job is about -> job.
pub(super) const JOB_KEYS: Numbers<Digest> = TableDefinition::new("job_keys");
/// Execution -> `ExecutionRow`: the fold of its events.
pub(super) const EXECUTIONS: Rows<u64> = TableDefinition::new("executions");
/// Job, execution.
pub(super) const JOB_EXECUTIONS: Index<(u64, u64)> = TableDefinition::new("job_executions");
/// Status, execution.
pub(super) const BY_STATUS: Index<(u8, u64)> = TableDefinition::new("by_status");
/// Status -> how many executions.
pub(super) const COUNTS: Numbers<u8> = TableDefinition::new("counts");
/// When it was heard, audio and recipe.
pub(super) const TRANSCRIPT_AGES: Index<(u64, Digest)> = TableDefinition::new("transcript_ages");
/// Audio -> how many files have it.
pub(super) const AUDIO_DIGESTS: Numbers<Digest> = TableDefinition::new("audio_digests");
