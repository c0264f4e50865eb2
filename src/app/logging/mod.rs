//! The daemon's log: to standard error or the system's journal, to a file a day under `logs/`, and its last lines to
//! memory.

mod journal;
mod lease;
mod lines;
mod ring;
mod sieve;
#[cfg(test)]
mod tests;

pub(super) use ring::Ring;

use super::config::LogFormat;
use crate::base::clock;
use crate::domain::fault::Fault;
use lease::Leases;
use lines::Lines;
use ring::ToRing;
use sieve::Sieve;
use std::path::Path;
use std::sync::Arc;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

/// Lines that wait for the disk; more are dropped and counted, so that a slow disk never holds up the work.
const LINES_WAITING_MAX: usize = 4096;
/// The name of the whole program, before those of its parts.
const OURS: &str = env!("CARGO_CRATE_NAME");
/// What is logged where nobody says anything.
pub(in crate::app) const DEFAULT_FILTER: &str = "info";

/// A log that runs; what waits is written out when it is dropped.
pub(super) struct Log {
    _guard: WorkerGuard,
    /// Its last lines.
    pub(super) ring: Arc<Ring>,
    /// What is logged.
    pub(super) filter: Filter,
}

/// What is logged, to be changed while it runs.
#[derive(Clone)]
pub(super) struct Filter(reload::Handle<Sieve, Registry>);

impl Filter {
    /// From now on this is logged.
    pub(super) fn set(&self, filter: &str) {
        // It fails only where the log has ended.
        let set = EnvFilter::try_new(filter).map(|it| self.0.reload(Sieve(it)));
        if let Ok(Ok(())) = set {
            tracing::info!("what is logged from now on: {filter}");
        }
    }
}

/// Whether this says what is logged: `debug`, `kinora=trace`, ...
pub(in crate::app) fn is_filter(text: &str) -> bool {
    // The reader would take any word for the name of a part of the program.
    let known = |it: &str| it.contains('=') || it.parse::<LevelFilter>().is_ok();
    text.split(',').all(|it| known(it.trim())) && EnvFilter::try_new(text).is_ok()
}

/// Starts to log what `filter` says, in this form.
///
/// # Errors
/// Where the folder cannot be made.
pub(super) fn start(
    data_dir: &Path,
    days_max: usize,
    filter: &str,
    form: LogFormat,
) -> Result<Log, Fault> {
    let folder = data_dir.join("logs");
    std::fs::create_dir_all(&folder).map_err(|err| unwritable(&folder, &err.to_string()))?;
    let daily = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("kinora")
        .filename_suffix("log")
        .max_log_files(days_max)
        .build(&folder)
        .map_err(|err| unwritable(&folder, &err.to_string()))?;
    let builder = NonBlockingBuilder::default().lossy(true).thread_name("log");
    let ring = Arc::new(Ring::new(clock::now_unix_ms()));
    let (file, _guard) = builder.buffered_lines_limit(LINES_WAITING_MAX).finish(daily);
    let (filter, handle) = reload::Layer::new(Sieve(EnvFilter::new(filter)));
    let (journal, without) = match journal::find() {
        Ok(journal) => (journal, None),
        Err(why) => (None, Some(why)),
    };
    let stderr = journal.is_none().then(|| {
        let layer = fmt::layer().with_writer(std::io::stderr).with_ansi(false);
        layer.event_format(Lines::new(form))
    });
    let started = tracing_subscriber::registry()
        .with(filter)
        .with(Leases)
        .with(ToRing(Arc::clone(&ring)))
        .with(fmt::layer().with_writer(file).with_ansi(false).event_format(Lines::new(form)))
        .with(stderr)
        .with(journal)
        .try_init();
    started.map_err(|err| Fault::bug(format!("logging cannot be started ({err})")))?;
    if let Some(why) = without {
        tracing::warn!("the journal does not listen ({why}); the log goes to standard error");
    }
    Ok(Log { _guard, ring, filter: Filter(handle) })
}

/// Whether a part of Kinora says something, and no library.
fn is_ours(target: &str) -> bool {
    target.strip_prefix(OURS).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn unwritable(folder: &Path, why: &str) -> Fault {
    let shown = crate::base::text::show_path(folder);
    Fault::operator(
        format!("the folder for logs, {shown}, cannot be written ({why})"),
        "give this user the right to, or set data_dir to a folder it may write",
    )
}
