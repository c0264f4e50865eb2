//! The contract with a running daemon: what its clients ask, what they see. The HTTP server offers it, the client calls
//! it; both speak JSON of these types.

use super::backup::Backups;
use super::catalog::Catalog;
use super::device::DeviceView;
use super::engines::Engines;
use super::execution::CloseUp;
pub use super::execution::{JobDetail, JobEventView};
use super::glossary::{GlossaryAct, GlossaryQuery, TermChange, TermView};
use super::hooks::Hooks;
use super::lacking::Lacking;
use super::libraries::Libraries;
use super::logs::Logs;
use super::models::{ModelsView, PullRequest, PullView};
use super::outputs::Outputs;
use super::pace::Pace;
use super::rows::Rows;
use super::run::Explanation;
use super::uploads::Uploads;
use crate::domain::fault::Fault;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use utoipa::{IntoParams, ToSchema};

/// What the HTTP server needs of whoever works; each call answers at once, after one durable write, or after
/// a look into one file.
pub trait Service:
    Hooks
    + Uploads
    + Catalog
    + Lacking
    + Libraries
    + Logs
    + Rows
    + CloseUp
    + Engines
    + Pace
    + Backups
    + Outputs
    + Send
    + Sync
{
    /// A page of jobs, newest first.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn jobs(&self, query: &JobsQuery) -> Result<JobsPage, Refusal>;
    /// One job with its history.
    ///
    /// # Errors
    /// Where there is none, or the store cannot be read.
    fn job(&self, id: u64) -> Result<JobDetail, Refusal>;
    /// The log of a job's latest execution, as text for people.
    ///
    /// # Errors
    /// Where there is none, or the store cannot be read.
    fn job_log(&self, id: u64) -> Result<String, Refusal>;
    /// Wishes for a file; the same wish twice is one.
    ///
    /// # Errors
    /// Where the path is in no library, is no file, or the store cannot be written.
    fn wish(&self, wish: &WishRequest) -> Result<JobView, Refusal>;
    /// Does something with a job, a lane or everything.
    ///
    /// # Errors
    /// Where there is no such thing, or its state does not allow it.
    fn act(&self, target: &Target, act: &Act) -> Result<(), Refusal>;
    /// Looks through a path of a library, or all of them, soon.
    ///
    /// # Errors
    /// Where the path is in no library.
    fn scan(&self, request: &ScanRequest) -> Result<ScanView, Refusal>;
    /// What would be done with a file, and why; changes nothing.
    ///
    /// # Errors
    /// Where the path is in no library or is not there, or the store cannot be read.
    fn explain(&self, path: &Path) -> Result<Explanation, Refusal>;
    /// Terms, the oldest first.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn glossary(&self, query: &GlossaryQuery) -> Result<Vec<TermView>, Refusal>;
    /// Does something with terms; answers those that changed.
    ///
    /// # Errors
    /// Where there is no such term, one makes no sense, there would be too many, or the store cannot be written.
    fn change_glossary(&self, act: &GlossaryAct) -> Result<Vec<TermChange>, Refusal>;
    /// The lanes and what their workers do.
    fn workers(&self) -> Vec<LaneView>;
    /// What happened lately, newest first.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn activity(&self, limit: usize) -> Result<Vec<ActivityView>, Refusal>;
    /// How it goes, on one page.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn status(&self) -> Result<StatusView, Refusal>;
    /// The models there are, and what is fetched.
    ///
    /// # Errors
    /// Where they cannot be looked at.
    fn models(&self) -> Result<ModelsView, Refusal>;
    /// Begins to fetch a model, or tells how it goes where it is fetched already.
    ///
    /// # Errors
    /// Where that can be no name, or too many are fetched at once.
    fn pull_model(&self, request: &PullRequest) -> Result<PullView, Refusal>;
    /// Is it alive: the deciding loop turned lately.
    fn is_alive(&self) -> bool;
    /// Is it ready: the store is open, the lanes run, the first scan has begun, it is not ending.
    fn is_ready(&self) -> bool;
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such thing.
    NotFound(Fault),
    /// Its state does not allow it.
    Conflict(Fault),
    /// What was asked makes no sense.
    Invalid(Fault),
    /// It should work and does not.
    Failed(Fault),
}

/// Where a job stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// It waits for its turn.
    Queued,
    /// A worker has it.
    Running,
    /// It failed and waits to be tried again.
    Waiting,
    /// A person put it aside.
    Paused,
    /// It waits for a person.
    Parked,
    /// It ended well.
    Done,
    /// Nobody wants it any more.
    Cancelled,
}

impl JobStatus {
    /// All of them.
    pub const ALL: [JobStatus; 7] = [
        JobStatus::Queued,
        JobStatus::Running,
        JobStatus::Waiting,
        JobStatus::Paused,
        JobStatus::Parked,
        JobStatus::Done,
        JobStatus::Cancelled,
    ];

    /// Its word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            JobStatus::Queued => "queued",
            JobStatus::Running => "running",
            JobStatus::Waiting => "waiting",
            JobStatus::Paused => "paused",
            JobStatus::Parked => "parked",
            JobStatus::Done => "done",
            JobStatus::Cancelled => "cancelled",
        }
    }
}

/// Stage of the work as its watchers know it (requirement J-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkStage {
    /// Looking at the file.
    Pull,
    /// Recognising speech.
    Asr,
    /// Translating.
    Mt,
    /// Cutting cues.
    Post,
    /// Writing files.
    Writeback,
}

/// Which jobs are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobsQuery {
    /// Only these.
    pub status: Option<JobStatus>,
    /// Only executions before this one: `next` of the page before.
    pub before: Option<u64>,
    /// At most so many; 50 where it is not said, 500 at most.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<usize>,
}

/// A page of jobs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobsPage {
    /// The jobs, newest first.
    pub jobs: Vec<JobView>,
    /// What to give as `before` for the next page; `None` on the last one.
    pub next: Option<u64>,
}

/// A job, as its latest execution stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobView {
    /// Its number.
    pub id: u64,
    /// The number of this execution.
    pub execution: u64,
    /// The file; bytes that are no UTF-8 are shown as `\xNN`.
    pub path: String,
    /// Where it stands.
    pub status: JobStatus,
    /// At which step; `None` when it ended.
    pub step: Option<String>,
    /// The same, as watchers know it.
    pub stage: Option<WorkStage>,
    /// How far the step is, from 0 to 1, where that is known.
    pub progress: Option<f32>,
    /// How often the step failed or was cut short before.
    pub tries: u8,
    /// When it is tried again, RFC 3339 in UTC.
    pub due: Option<String>,
    /// How it ended: `written`, `skipped`, `no_speech`.
    pub ending: Option<String>,
    /// What it waits for, where it is parked: `asr_fatal`, `needs_person`, `tries_used_up`, `crashes`, `bug`.
    pub parked: Option<String>,
    /// What went wrong last, and what to do.
    pub fault: Option<Fault>,
    /// 0 is normal; higher goes first.
    pub priority: i8,
    /// Its place in the queue: of the same priority the lowest goes first.
    #[serde(default)]
    pub place: i64,
    /// When it was wished, RFC 3339 in UTC.
    pub submitted: String,
    /// When it last changed, RFC 3339 in UTC.
    pub changed: String,
    /// How often it changed: of two tellings of the same execution the one with more is newer.
    #[serde(default)]
    pub changes: u32,
}

/// A wish for a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WishRequest {
    /// The file, inside of a library.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// 0 is normal; higher goes first.
    #[serde(default)]
    #[schema(minimum = -128, maximum = 127)]
    pub priority: i8,
    /// Also where it was done, parked or cancelled before.
    #[serde(default)]
    pub again: bool,
}

/// What something is done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A job, by number.
    Job(u64),
    /// A lane, by name: `gpu0`, `cpu`, `ffmpeg`, `net`, `disk`.
    Lane(String),
    /// Everything.
    All,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Stops it until it is resumed; a running step is put back and loses nothing that was heard. Jobs, lanes, all.
    Pause,
    /// Lets it go on. Jobs, lanes, all; a lane that was quarantined is tried again.
    Resume,
    /// Nobody wants it any more; a running step stops within two seconds. Jobs.
    Cancel,
    /// Tries what is parked, waiting, cancelled or done again. Jobs; for all: everything that is parked.
    Retry,
    /// Changes its place in the queue. Jobs.
    Move {
        /// Where to.
        to: MoveTo,
    },
}

/// Where a job is moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MoveTo {
    /// Before all of its priority.
    Top,
    /// Behind all of its priority.
    Bottom,
    /// One place sooner among those of its priority that wait.
    Up,
    /// One place later.
    Down,
    /// To this priority; 0 is normal, higher goes first.
    Priority(i8),
}

/// What is to be looked through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScanRequest {
    /// A file or folder of a library; all libraries where it is not said.
    #[schema(value_type = Option<String>)]
    pub path: Option<PathBuf>,
    /// The libraries' disks are the right ones as they are now, whatever was there before.
    pub accept_disks: bool,
}

/// What is being looked through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScanView {
    /// The folders.
    pub roots: Vec<String>,
}

/// A lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LaneView {
    /// Its name.
    pub name: String,
    /// A person paused it.
    pub paused: bool,
    /// Outside of its hours.
    pub out_of_hours: bool,
    /// Why it is not used any more, where it is quarantined.
    pub quarantined: Option<String>,
    /// For whom it gives way, where somebody watches.
    #[serde(default)]
    pub held: Option<String>,
    /// What it computes on, where it computes.
    #[serde(default)]
    pub device: Option<DeviceView>,
    /// What listens there; on `net`, who translates.
    #[serde(default)]
    pub model: Option<String>,
    /// Steps that wait for it.
    pub waiting: usize,
    /// Its workers.
    pub workers: Vec<WorkerView>,
}

/// A worker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkerView {
    /// The job it works on; `None` where it is idle.
    pub job: Option<u64>,
    /// The file.
    pub path: Option<String>,
    /// The step.
    pub step: Option<String>,
    /// How far it is, from 0 to 1, where that is known.
    pub progress: Option<f32>,
    /// For how long, milliseconds.
    pub for_ms: u64,
    /// How much faster than playing it listens lately, where it does.
    pub speed: Option<f32>,
    /// How long the step will take from now on, milliseconds; `None` until that can be told.
    #[serde(default)]
    pub left_ms: Option<u64>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityView {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What kind: `asr_failed_fatal`, `finished`, ...
    pub name: String,
    /// The job it is about.
    pub job: Option<u64>,
    /// The file it is about.
    pub path: Option<String>,
    /// A sentence.
    pub text: String,
}

/// How it goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatusView {
    /// Kinora's version.
    pub version: String,
    /// For how long it runs, milliseconds.
    pub uptime_ms: u64,
    /// A person paused everything.
    pub paused: bool,
    /// It is ending: running steps may end, no new ones begin.
    pub draining: bool,
    /// Jobs by status, every status once.
    pub jobs: Vec<(JobStatus, u64)>,
    /// Totals that stay for ever, by name.
    pub totals: Vec<(String, u64)>,
    /// The lanes.
    pub lanes: Vec<LaneView>,
    /// Libraries outside of their hours, by name: their files wait.
    pub libraries_out_of_hours: Vec<String>,
    /// Services outside that work needs, and whether they are used.
    #[serde(default)]
    pub services: Vec<ServiceView>,
    /// Memory that is taken.
    #[serde(default)]
    pub memory: MemoryView,
    /// A scan goes on.
    pub scanning: bool,
    /// What a person should look at, a sentence each.
    pub warnings: Vec<String>,
    /// Of these, what nothing else here tells: not of quarantined lanes, services away and parked jobs.
    #[serde(default)]
    pub troubles: Vec<String>,
    /// How many libraries are looked through; `None` where it is not told.
    #[serde(default)]
    pub libraries: Option<usize>,
}

/// A service outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceView {
    /// Its name in the configuration.
    pub name: String,
    /// It is used; not where it failed several times in a row and is left alone for a while.
    pub up: bool,
}

/// Memory that is taken, bytes; 0 where the system does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemoryView {
    /// By Kinora itself.
    pub daemon_bytes: u64,
    /// By its children, which listen, decode and translate, all together.
    pub children_bytes: u64,
}

/// What is pushed to watchers, as the `data` of a server-sent event whose `event` is the tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PushedEvent {
    /// A job changed.
    Job {
        /// As it stands now.
        job: Box<JobView>,
    },
    /// A running step came along; may be left out, never reordered.
    Progress {
        /// The job.
        job: u64,
        /// What is done.
        stage: WorkStage,
        /// From 0 to 1, where that is known.
        progress: Option<f32>,
    },
    /// Something happened.
    Activity {
        /// What.
        activity: ActivityView,
    },
    /// Fetching a model came along or ended; all but the end may be left out.
    Model(PullView),
    /// Some events are lost for this watcher: it should read everything again.
    Reset,
}
