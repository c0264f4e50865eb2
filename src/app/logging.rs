//! The daemon's log: to standard error, and to a file a day under `logs/`.

use crate::domain::fault::Fault;
use std::path::Path;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

/// Lines that wait for the disk; more are dropped and counted, so that a slow disk never holds up the work.
const LINES_WAITING_MAX: usize = 4096;
/// What is logged where `KINORA_LOG` says nothing.
const DEFAULT_FILTER: &str = "info";

/// Starts logging; the guard writes out what waits when it is dropped. `KINORA_LOG` chooses what is logged
/// (`debug`, `kinora=trace`, ...).
///
/// # Errors
/// Where the folder cannot be made.
pub(super) fn start(data_dir: &Path, days_max: usize) -> Result<WorkerGuard, Fault> {
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
    let (file, guard) = builder.buffered_lines_limit(LINES_WAITING_MAX).finish(daily);
    let filter =
        EnvFilter::try_from_env("KINORA_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let started = tracing_subscriber::registry()
        .with(filter)
        .with(fmt::layer().with_writer(file).with_ansi(false).with_target(false))
        .with(fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_target(false))
        .try_init();
    started.map_err(|err| Fault::bug(format!("logging cannot be started ({err})")))?;
    Ok(guard)
}

fn unwritable(folder: &Path, why: &str) -> Fault {
    let shown = crate::base::text::show_path(folder);
    Fault::operator(
        format!("the folder for logs, {shown}, cannot be written ({why})"),
        "give this user the right to, or set data_dir to a folder it may write",
    )
}
