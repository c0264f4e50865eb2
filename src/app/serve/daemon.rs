//! What watchers may ask of a running daemon, answered.

use super::devices::Devices;
use super::engines::Bench;
use super::herald::{Teller, run_of};
use super::hooks::Questions;
use super::libraries::Census;
use super::live::Live;
use super::models::Pulls;
use super::outputs;
use super::pace::Pacer;
use super::room::Room;
use super::roots::{Root, root_of};
use super::scan::{Look, Scanner};
use super::uploads::Desk;
use super::viewers::Watching;
use super::views;
use crate::api::daemon::{
    Act, ActivityView, JobDetail, JobStatus, JobView, JobsPage, JobsQuery, LaneView, MemoryView,
    MoveTo, Refusal, ScanRequest, ScanView, Service, StatusView, Target, WishRequest,
};
use crate::api::glossary::{GlossaryAct, GlossaryQuery, TermChange, TermView};
use crate::api::models::{ModelsView, PullRequest, PullView};
use crate::api::run::Explanation;
use crate::app::config::Config;
use crate::app::logging::Ring;
use crate::app::{self, glossary};
use crate::base::clock::{self, Stopwatch};
use crate::base::text::show_path;
use crate::domain::change::Counter;
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, JobId};
use crate::domain::lane::LaneName;
use crate::engines::jellyfin::Jellyfin;
use crate::engines::watch;
use crate::pipeline::subtitle::wish::wish_for;
use crate::runtime;
use crate::runtime::subtitle::SubtitleHire;
use crate::runtime::{Command, CommandRefused, Progress, Runtime, RuntimeView, Slates};
use crate::store::{ExecutionRow, ListQuery, RowStatus, Store};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Jobs on a page where it is not said, and at most.
const PAGE_DEFAULT: usize = 50;
const PAGE_MAX: usize = 500;
/// Activities at most.
const ACTIVITY_MAX: usize = 1000;

/// The daemon, as its HTTP server sees it.
pub(super) struct Daemon {
    pub(super) store: Arc<Store>,
    pub(super) runtime: Arc<Runtime>,
    pub(super) scanner: Scanner,
    pub(super) roots: Vec<Root>,
    pub(super) started: Stopwatch,
    pub(super) ready: AtomicBool,
    /// The settings of its start.
    pub(super) config: Arc<Config>,
    /// Those in force.
    pub(super) live: Arc<Live>,
    pub(super) pulls: Pulls,
    /// Who is hired for lanes, and what they have.
    pub(super) hire: Arc<SubtitleHire>,
    /// Where engines are tested.
    pub(super) bench: Bench,
    /// Held while settings are changed.
    pub(super) settings: Mutex<()>,
    pub(super) uploads: Desk,
    /// The Jellyfin of the house, where one is configured.
    pub(super) jellyfin: Option<Arc<Jellyfin>>,
    /// What is done about viewers.
    pub(super) watching: Arc<Watching>,
    pub(super) teller: Teller,
    pub(super) questions: Questions,
    /// How many files libraries have.
    pub(super) census: Census,
    /// The last lines of the log.
    pub(super) log: Arc<Ring>,
    /// What is heard and translated at the moment.
    pub(super) slates: Arc<Slates>,
    /// How fast it goes.
    pub(super) pacer: Arc<Pacer>,
    /// What lanes compute on.
    pub(super) devices: Devices,
    /// Whether there is room on the disks.
    pub(super) room: Arc<Room>,
    /// Where backups stand.
    pub(super) backups: super::backup::Desk,
    /// What is known of subtitles that were written.
    pub(super) outputs: outputs::Desk,
}

impl Daemon {
    /// A job, as this execution of it stands.
    pub(super) fn view_of(
        &self,
        execution: ExecutionId,
        row: &ExecutionRow,
        now: &RuntimeView,
    ) -> Result<JobView, Refusal> {
        let job = self.store.job(row.job).map_err(Refusal::Failed)?;
        let job = job.ok_or_else(|| Refusal::Failed(Fault::bug("an execution without a job")))?;
        let progress = progress_of(now, execution);
        Ok(views::job(row.job, &job, execution, row, progress, clock::now_unix_ms()))
    }

    /// The latest execution of a job.
    pub(super) fn latest(&self, id: u64) -> Result<(ExecutionId, ExecutionRow), Refusal> {
        let job = self.store.job(JobId(id)).map_err(Refusal::Failed)?.ok_or_else(|| no_job(id))?;
        let row = self.store.execution(job.latest).map_err(Refusal::Failed)?;
        row.map(|row| (job.latest, row)).ok_or_else(|| no_job(id))
    }

    /// The library of a path as it is typed, and the path made plain.
    pub(super) fn placed(&self, path: &Path) -> Result<(&Root, std::path::PathBuf), Refusal> {
        let missing = |err: std::io::Error| {
            let what = format!("{} is not there ({err})", show_path(path));
            Refusal::Invalid(Fault::operator(what, "check the path as Kinora sees it"))
        };
        // Without `..` and links that lead out of the library.
        let plain = std::fs::canonicalize(path).map_err(missing)?;
        let root = root_of(&self.roots, path)
            .filter(|root| std::fs::canonicalize(&root.path).is_ok_and(|it| plain.starts_with(it)));
        let root = root.ok_or_else(|| {
            let what = format!("{} is in no library", show_path(path));
            Refusal::Invalid(Fault::operator(
                what,
                "name a path below a [[library]] of kinora.toml",
            ))
        })?;
        Ok((root, path.to_owned()))
    }
}

impl Service for Daemon {
    fn jobs(&self, query: &JobsQuery) -> Result<JobsPage, Refusal> {
        let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
        let now = self.runtime.view();
        let mut jobs: Vec<JobView> = Vec::new();
        let mut before = query.before.map(ExecutionId);
        // `queued` and `waiting` share an index, so a page may take several reads.
        loop {
            let status = query.status.map(row_status);
            let rows =
                self.store.list(&ListQuery { status, before, limit }).map_err(Refusal::Failed)?;
            let last = rows.last().map(|it| it.0);
            let full = rows.len() == limit;
            for (execution, row) in rows {
                let view = self.view_of(execution, &row, &now)?;
                let wanted = query.status.is_none_or(|it| it == view.status);
                if wanted && jobs.len() < limit {
                    jobs.push(view);
                    before = Some(execution);
                }
            }
            if jobs.len() == limit || !full {
                let next = if full { before.map(|it| it.0) } else { None };
                return Ok(JobsPage { jobs, next });
            }
            before = last;
        }
    }

    fn job(&self, id: u64) -> Result<JobDetail, Refusal> {
        let (execution, row) = self.latest(id)?;
        self.detail(JobId(id), execution, &row)
    }

    fn job_log(&self, id: u64) -> Result<String, Refusal> {
        let (execution, _) = self.latest(id)?;
        let run = run_of(&self.store, JobId(id), execution).map_err(Refusal::Failed)?;
        run.map(|it| it.log()).ok_or_else(|| no_job(id))
    }

    fn wish(&self, request: &WishRequest) -> Result<JobView, Refusal> {
        let (root, path) = self.placed(&request.path)?;
        let mut wish = wish_for(&path, &root.order).map_err(Refusal::Invalid)?;
        wish.priority = request.priority;
        wish.again = request.again;
        let (job, ..) = self.runtime.wish(wish).map_err(Refusal::Failed)?;
        let (execution, row) = self.latest(job.0)?;
        self.view_of(execution, &row, &self.runtime.view())
    }

    fn act(&self, target: &Target, act: &Act) -> Result<(), Refusal> {
        self.runtime.command(command(target, act)?).map_err(refusal)
    }

    fn scan(&self, request: &ScanRequest) -> Result<ScanView, Refusal> {
        let path = request.path.as_deref().map(|it| self.placed(it)).transpose()?;
        let roots = match &path {
            Some((root, _)) if request.accept_disks => vec![show_path(&root.path)],
            Some((_, path)) => vec![show_path(path)],
            None => self.roots.iter().map(|it| show_path(&it.path)).collect(),
        };
        self.scanner.ask(match path.map(|it| it.1) {
            path if request.accept_disks => Look::Accept(path),
            Some(path) => Look::Path(path),
            None => Look::All,
        });
        Ok(ScanView { roots })
    }

    fn explain(&self, path: &Path) -> Result<Explanation, Refusal> {
        self.explained(path)
    }

    fn glossary(&self, query: &GlossaryQuery) -> Result<Vec<TermView>, Refusal> {
        glossary::list(&self.store, query).map_err(Refusal::Failed)
    }

    fn change_glossary(&self, act: &GlossaryAct) -> Result<Vec<TermChange>, Refusal> {
        let writer = self.runtime.writer();
        glossary::act(&self.store, act, |write| writer.write_all(vec![write]))
    }

    fn workers(&self) -> Vec<LaneView> {
        self.lanes_of(&self.runtime.view())
    }

    fn activity(&self, limit: usize) -> Result<Vec<ActivityView>, Refusal> {
        let rows = self.store.activity(limit.min(ACTIVITY_MAX)).map_err(Refusal::Failed)?;
        let job_of = |execution: ExecutionId| {
            self.store.execution(execution).ok().flatten().map(|it| it.job)
        };
        Ok(rows.iter().map(|it| views::activity(it, it.execution.and_then(job_of))).collect())
    }

    fn status(&self) -> Result<StatusView, Refusal> {
        let view = self.runtime.view();
        let counts = self.store.counts().map_err(Refusal::Failed)?;
        let of = |status: RowStatus| counts.get(&status).copied().unwrap_or(0);
        let not_due = u64::try_from(view.not_due).unwrap_or(u64::MAX);
        let mut troubles = self.scanner.warnings();
        troubles.extend(view.store_fault.as_ref().map(Fault::to_string));
        troubles.extend(self.room.troubles());
        troubles.extend(self.backups.warning(&self.live.config()));
        let mut warnings = troubles.clone();
        warnings.extend(self.outputs.warning());
        warnings.extend(views::warnings(&view, of(RowStatus::Parked)));
        let count = |status: JobStatus| match status {
            JobStatus::Queued => of(RowStatus::Ready).saturating_sub(not_due),
            JobStatus::Waiting => not_due,
            JobStatus::Running
            | JobStatus::Paused
            | JobStatus::Parked
            | JobStatus::Done
            | JobStatus::Cancelled => of(row_status(status)),
        };
        let total = |it: Counter| {
            Ok((it.name().to_owned(), self.store.total(it).map_err(Refusal::Failed)?))
        };
        Ok(StatusView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            paused: view.paused,
            draining: view.draining,
            jobs: JobStatus::ALL.into_iter().map(|it| (it, count(it))).collect(),
            totals: Counter::ALL.into_iter().map(total).collect::<Result<_, Refusal>>()?,
            lanes: self.lanes_of(&view),
            libraries_out_of_hours: view.libraries_out_of_hours.clone(),
            services: views::services(&self.config, &view.services_away),
            memory: memory(),
            scanning: self.scanner.is_busy(),
            warnings,
            troubles,
            libraries: Some(self.roots.len()),
        })
    }

    fn models(&self) -> Result<ModelsView, Refusal> {
        let models = app::models::list(&self.config).map_err(Refusal::Failed)?;
        Ok(ModelsView { models, pulls: self.pulls.views() })
    }

    fn pull_model(&self, request: &PullRequest) -> Result<PullView, Refusal> {
        self.pulls.begin(&request.name)
    }

    fn is_alive(&self) -> bool {
        self.runtime.is_alive()
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::SeqCst) && !self.runtime.view().draining
    }
}

fn memory() -> MemoryView {
    let (daemon_bytes, children_bytes) = watch::resident();
    MemoryView { daemon_bytes, children_bytes }
}

fn progress_of(view: &RuntimeView, execution: ExecutionId) -> Option<Progress> {
    let mut leases = view.lanes.iter().flat_map(|it| &it.leases);
    leases.find(|it| it.execution == execution)?.progress
}

fn row_status(status: JobStatus) -> RowStatus {
    match status {
        JobStatus::Queued | JobStatus::Waiting => RowStatus::Ready,
        JobStatus::Running => RowStatus::Running,
        JobStatus::Paused => RowStatus::Paused,
        JobStatus::Parked => RowStatus::Parked,
        JobStatus::Done => RowStatus::Done,
        JobStatus::Cancelled => RowStatus::Cancelled,
    }
}

pub(super) fn refusal(refused: CommandRefused) -> Refusal {
    match refused {
        CommandRefused::NoSuchJob(job) => no_job(job.0),
        CommandRefused::NoSuchLane(lane) => no_lane(&lane.to_string()),
        CommandRefused::Conflict(fault) => Refusal::Conflict(fault),
        CommandRefused::Failed(fault) => Refusal::Failed(fault),
    }
}

pub(super) fn command(target: &Target, act: &Act) -> Result<Command, Refusal> {
    let lane = |name: &str| LaneName::parse(name).ok_or_else(|| no_lane(name));
    Ok(match (target, act) {
        (Target::Job(id), Act::Pause) => Command::Pause(JobId(*id)),
        (Target::Job(id), Act::Resume) => Command::Resume(JobId(*id)),
        (Target::Job(id), Act::Cancel) => {
            Command::Cancel(JobId(*id), "a person does not want it any more".to_owned())
        }
        (Target::Job(id), Act::Retry) => Command::Retry(JobId(*id)),
        (Target::Job(id), Act::Move { to }) => Command::Move(JobId(*id), move_to(*to)),
        (Target::Lane(name), Act::Pause) => Command::PauseLane(lane(name)?),
        (Target::Lane(name), Act::Resume) => Command::ResumeLane(lane(name)?),
        (Target::All, Act::Pause) => Command::PauseAll,
        (Target::All, Act::Resume) => Command::ResumeAll,
        (Target::All, Act::Retry) => Command::RetryAllParked,
        (Target::Lane(_), Act::Cancel | Act::Retry | Act::Move { .. })
        | (Target::All, Act::Cancel | Act::Move { .. }) => {
            return Err(Refusal::Invalid(Fault::operator(
                "that can be done with single jobs only",
                "name jobs by their numbers",
            )));
        }
    })
}

fn move_to(to: MoveTo) -> runtime::MoveTo {
    match to {
        MoveTo::Top => runtime::MoveTo::Top,
        MoveTo::Bottom => runtime::MoveTo::Bottom,
        MoveTo::Up => runtime::MoveTo::Up,
        MoveTo::Down => runtime::MoveTo::Down,
        MoveTo::Priority(priority) => runtime::MoveTo::Priority(priority),
    }
}

pub(super) fn no_job(id: u64) -> Refusal {
    Refusal::NotFound(Fault::operator(format!("there is no job {id}"), "see `kinora jobs list`"))
}

fn no_lane(name: &str) -> Refusal {
    Refusal::NotFound(Fault::operator(format!("there is no lane `{name}`"), "see `kinora status`"))
}
