//! `kinora check --outputs`: are subtitles that were written still there as they were? Asked of the daemon where it
//! runs, else looked up in its store. A look makes a plan and changes nothing; the plan that was shown is what is
//! carried out, and what was done can be taken back.

pub(crate) mod act;
pub(crate) mod look;
pub(crate) mod plan;

use super::client;
use super::config::Config;
use crate::api::client::Client;
use crate::api::daemon::Refusal;
use crate::api::outputs::{
    OutputsApplyRequest, OutputsCheckRequest, OutputsDone, OutputsPlan, OutputsProgress,
    OutputsUndoRequest,
};
use crate::base::cancel::Cancel;
use crate::base::clock;
use crate::base::disk;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crate::store::{Store, StoreFile};
use look::{Progress, Scope};
use plan::Plan;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The last plan, in the data directory.
const PLAN_FILE: &str = "outputs.json";
/// Files that were sent, in the data directory.
const SENT: &str = "uploads";
/// How often the daemon is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(250);

/// What a configuration says is looked at.
pub(crate) fn scope(config: &Config, accept_gone: bool) -> Scope {
    Scope {
        libraries: config.libraries.iter().map(|it| (it.name.clone(), it.path.clone())).collect(),
        sent: config.data_dir.join(SENT),
        gone_percent_max: config.check.gone_percent_max,
        accept_gone,
    }
}

fn plan_file(data_dir: &Path) -> PathBuf {
    data_dir.join(PLAN_FILE)
}

/// The last plan, where there is one that can be read.
pub(crate) fn last_plan(data_dir: &Path) -> Option<Plan> {
    let bytes = std::fs::read(plan_file(data_dir)).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Remembers a plan as the last one.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn remember(data_dir: &Path, plan: &Plan) -> Result<(), Fault> {
    let bytes = serde_json::to_vec(plan)
        .map_err(|it| Fault::bug(format!("a plan cannot be written down: {it}")))?;
    let file = plan_file(data_dir);
    disk::write_atomic(&file, &bytes).map_err(|err| {
        let what = format!("{} cannot be written ({err})", show_path(&file));
        Fault::operator(what, "make room there, or give this user the right to write")
    })
}

/// The last plan, where it is the one that was looked at.
///
/// # Errors
/// Where there is none, or it is another one, or it was carried out.
pub(crate) fn reviewed(last: Option<Plan>, id: &str) -> Result<Plan, Refusal> {
    let conflict = |what: &str| {
        let remedy = "look at it first with `kinora check --outputs`";
        Err(Refusal::Conflict(Fault::operator(what, remedy)))
    };
    match last {
        None => conflict("there is no plan yet"),
        Some(plan) if plan.applied => conflict("the last plan was carried out already"),
        Some(plan) if plan.id() != id => conflict("the last plan is another one than that"),
        Some(plan) => Ok(plan),
    }
}

/// Who knows what was written.
#[derive(Debug)]
pub enum Outputs {
    /// The daemon that runs.
    Daemon(Client),
    /// Its store, while it does not run.
    Store(Box<(Store, Config)>),
}

impl Outputs {
    /// The daemon, where it has its store open, else the store.
    ///
    /// # Errors
    /// Where there is no store yet, it is damaged, or no daemon answers that has it.
    pub fn open(config: &Config) -> Result<Outputs, Fault> {
        let path = config.data_dir.join(StoreFile::Daemon.name());
        if !path.exists() {
            let what = format!("there is no store {} yet", show_path(&path));
            return Err(Fault::operator(what, "`kinora serve` makes it at its first start"));
        }
        let fault = match Store::open(&config.data_dir, StoreFile::Daemon) {
            Ok(store) => return Ok(Outputs::Store(Box::new((store, config.clone())))),
            Err(fault) => fault,
        };
        let daemon = client(config).ok().filter(Client::is_there);
        daemon.map(Outputs::Daemon).ok_or(fault)
    }

    /// Looks at everything; tells how far it is, again and again.
    ///
    /// # Errors
    /// Where the store cannot be read, the daemon does not answer, or somebody asked to stop.
    pub fn check(
        &self,
        accept_gone: bool,
        cancel: &Cancel,
        tell: &dyn Fn(OutputsProgress),
    ) -> Result<OutputsPlan, Fault> {
        match self {
            Outputs::Daemon(client) => watched(client, accept_gone, cancel, tell),
            Outputs::Store(held) => {
                let (store, config) = &**held;
                let progress = Progress::default();
                let now = clock::now_unix_ms();
                let plan = look::look(store, &scope(config, accept_gone), now, &progress, cancel)?;
                tell(progress.view());
                act::sweep(&config.data_dir, config.backup.keep_days, now);
                remember(&config.data_dir, &plan)?;
                Ok(plan.view())
            }
        }
    }

    /// The last plan, where there is one.
    ///
    /// # Errors
    /// Where the daemon does not answer.
    pub fn last(&self) -> Result<Option<OutputsPlan>, Fault> {
        match self {
            Outputs::Daemon(client) => Ok(client.outputs()?.plan),
            Outputs::Store(held) => Ok(last_plan(&held.1.data_dir).map(|it| it.view())),
        }
    }

    /// Carries the last plan out, where it has this id.
    ///
    /// # Errors
    /// Where it is another one, things changed since, or it cannot be written down what is done.
    pub fn apply(&self, id: &str) -> Result<OutputsDone, Fault> {
        match self {
            Outputs::Daemon(client) => {
                client.apply_outputs(&OutputsApplyRequest { plan: id.to_owned() })
            }
            Outputs::Store(held) => {
                let (store, config) = &**held;
                let data_dir = &config.data_dir;
                let mut plan = reviewed(last_plan(data_dir), id).map_err(fault_of)?;
                let (now, scope) = (clock::now_unix_ms(), scope(config, true));
                let commit = |writes: Vec<_>| store.commit(&writes);
                let done = act::apply(store, &commit, &scope, data_dir, &plan, now);
                let done = done.map_err(fault_of)?;
                plan.applied = true;
                remember(data_dir, &plan)?;
                Ok(done)
            }
        }
    }

    /// Takes back what was done: this file of the folder `undo`, or the newest.
    ///
    /// # Errors
    /// Where there is none, it cannot be read, or the store fails.
    pub fn undo(&self, file: Option<&str>) -> Result<OutputsDone, Fault> {
        match self {
            Outputs::Daemon(client) => {
                client.undo_outputs(&OutputsUndoRequest { file: file.map(str::to_owned) })
            }
            Outputs::Store(held) => {
                let (store, config) = &**held;
                let commit = |writes: Vec<_>| store.commit(&writes);
                act::undo(&commit, &config.data_dir, file).map_err(fault_of)
            }
        }
    }
}

/// Has the daemon look, and waits for it.
fn watched(
    client: &Client,
    accept_gone: bool,
    cancel: &Cancel,
    tell: &dyn Fn(OutputsProgress),
) -> Result<OutputsPlan, Fault> {
    let mut view = client.check_outputs(&OutputsCheckRequest { accept_gone })?;
    while let Some(progress) = view.running {
        tell(progress);
        if !cancel.wait(ASK_EVERY) {
            let what = "the daemon goes on with the check";
            return Err(Fault::transient(what, "`kinora check --outputs` shows what it finds"));
        }
        view = client.outputs()?;
    }
    if let Some(failed) = view.failed {
        return Err(Fault::transient(failed, "ask again"));
    }
    view.plan.ok_or_else(|| Fault::bug("a check ended without a plan"))
}

pub(crate) fn fault_of(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::NotFound(fault)
        | Refusal::Conflict(fault)
        | Refusal::Invalid(fault)
        | Refusal::Failed(fault) => fault,
    }
}
