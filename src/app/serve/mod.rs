//! `kinora serve`: the appliance, unattended; started and ended in an order that loses nothing.
//!
//! Start: signals, store (one daemon a data directory), log, scratch and temporary files swept, weights, lanes (what
//! ran when Kinora died is put back), HTTP, ready, first scan. End: no new steps, running ones have a deadline, HTTP,
//! store.

mod backup;
mod catalog;
mod daemon;
mod engines;
mod devices;
mod explain;
mod execution;
mod eyes;
mod found;
mod gone;
mod herald;
mod hooks;
mod housekeeping;
mod lacking;
mod libraries;
mod logs;
mod live;
mod lanes;
mod models;
mod notify;
mod outputs;
mod pace;
mod records;
mod reload;
mod room;
pub(in crate::app) mod roots;
mod rows;
mod scan;
mod sentences;
mod settle;
mod signals;
mod steps;
mod stirred;
mod systemd;
mod timing;
mod trigger;
mod uploads;
mod viewers;
mod views;
mod watch;

use super::config::{Config, Library, Serve};
use super::intake::Places;
use super::logging::{self, Ring};
use super::work::{self, Mode, Weights, Wishes};
use crate::api::client::ADDRESS_FILE;
use crate::api::events::EventLog;
use crate::base::cancel::Cancel;
use crate::base::clock::{self, Stopwatch};
use crate::base::disk;
use crate::base::text::show_path;
use crate::domain::change::ActivityKind;
use crate::domain::fault::Fault;
use crate::engines::whisper::cpu_supported;
use crate::http::{self, limits::Limits};
use crate::pipeline::subtitle::publish;
use crate::runtime::{Notice, Runtime};
use crate::store::{Store, StoreFile};
use daemon::Daemon;
use devices::Devices;
use eyes::Eyes;
use herald::{Herald, Mailbox, Teller};
use live::Live;
use notify::Notifier;
use pace::Pacer;
use roots::Root;
use scan::{Look, Scanner};
use signals::{Inbox, Told};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use viewers::{Watcher, Watching};

/// How long requests may take to end, once the daemon is ending.
const HTTP_END: Duration = Duration::from_secs(2);

/// What those who are told of something know, in the data directory.
const NOTIFY_FILE: &str = "notify.json";

/// Bytes of a form beside the file in it.
const FORM_BYTES_MAX: u64 = 1024 * 1024;

/// Serves until it is told to end.
///
/// # Errors
/// Where it cannot begin: another Kinora serves the same data directory, the store is damaged, weights are missing, the
/// address is in use; or where the store fails at the end.
pub fn serve(config: &Config) -> Result<(), Fault> {
    let mut inbox = Inbox::open()?;
    let started = Stopwatch::start();
    let store = Arc::new(Store::open(&config.data_dir, StoreFile::Daemon)?);
    let Serve { logs_days, log_format, log: filter, .. } = &config.serve;
    let log = logging::start(&config.data_dir, (*logs_days).into(), filter, *log_format)?;
    tracing::info!(
        "Kinora {} begins; its data is in {}",
        env!("CARGO_PKG_VERSION"),
        show_path(&config.data_dir)
    );
    if let Some(copy) = store.kept_copy() {
        tracing::info!(
            "the store was brought up to date; as it was it is kept as {}",
            show_path(copy)
        );
    }
    cpu_supported()?;
    housekeeping::sweep_scratch(&config.data_dir.join("work"))?;
    publish::sweep(&*store)?;
    let weights = Weights::find(config, Mode::Daemon, &Cancel::default())?;
    let events = Arc::new(EventLog::new(clock::now_unix_ms()));
    let runs = config.data_dir.join("runs");
    let live = Arc::new(Live::new(config.clone(), log.filter.clone()));
    let pacer = Arc::new(Pacer::default());
    let (mailbox, herald) = Herald::start(
        Arc::clone(&store),
        Arc::clone(&events),
        runs.clone(),
        Arc::clone(&live),
        Arc::clone(&pacer),
    )?;
    let log_lines = Arc::clone(&log.ring);
    let begun =
        Begun { store, events: Arc::clone(&events), mailbox, pacer, started, log: log_lines };
    let daemon = furnish(&live, &weights, begun)?;
    let keeper = housekeeping::start(runs, &daemon)?;
    let checker = outputs::start(&daemon)?;
    let server = listen(config, &daemon, events)?;
    let backups = backup::start(&daemon)?;
    let watchdog = watch(&daemon)?;
    let watcher = Watcher::start(Arc::clone(&daemon.watching), config.jellyfin.as_ref())?;
    let notifier = Notifier::start(config.data_dir.join(NOTIFY_FILE), &daemon)?;
    let room = room::start(&daemon)?;

    daemon.teller.tell(ActivityKind::Started, begins(config));
    daemon.scanner.ask(Look::All);
    daemon.ready.store(true, Ordering::SeqCst);
    systemd::ready("serving");
    until_told(&mut inbox, &daemon);

    systemd::stopping();
    daemon.backups.end();
    drop(watcher);
    let drain = live.config().serve.drain;
    tracing::info!("ending; running steps have {} s", drain.as_secs());
    daemon.runtime.drain(drain);
    daemon.teller.tell(ActivityKind::Stopped, "Kinora ended in order".to_owned());
    server.stop(HTTP_END);
    drop((keeper, checker, backups, watchdog, room));
    notifier.end();
    // The last notices are told, the last records written, before the log ends.
    drop(daemon);
    let _ = herald.join();
    tracing::info!("ended");
    Ok(())
}

/// What was there before the lanes.
struct Begun {
    store: Arc<Store>,
    events: Arc<EventLog>,
    mailbox: Mailbox,
    pacer: Arc<Pacer>,
    started: Stopwatch,
    log: Arc<Ring>,
}

/// All that serves, put together: lanes run from here on, and what ran when Kinora died is put back.
fn furnish(live: &Arc<Live>, weights: &Weights, begun: Begun) -> Result<Arc<Daemon>, Fault> {
    let Begun { store, events, mailbox, pacer, started, log } = begun;
    let config = live.config();
    let (setup, hire) = work::kitchen(&config, weights, Mode::Daemon)?;
    let (jellyfin, viewers) = (hire.jellyfin.clone(), Arc::clone(&hire.viewers));
    let slates = Arc::clone(&hire.slates);
    let bench = engines::bench(&config, &hire);
    let sink = mailbox.clone();
    let sink = Arc::new(move |notice: &Notice| sink.leave(notice));
    let runtime =
        Arc::new(Runtime::start(Arc::clone(&store), setup, Arc::clone(&hire) as _, sink)?);
    let teller = Teller { writer: runtime.writer(), mailbox };
    let roots = config.libraries.iter().map(|it| root(&config, it, weights));
    let roots = roots.collect::<Result<Vec<_>, _>>()?;
    let (store_of_eyes, runtime_of_eyes) = (Arc::clone(&store), Arc::clone(&runtime));
    let eyes =
        Eyes::new(roots.clone(), Arc::clone(live), store_of_eyes, runtime_of_eyes, teller.clone());
    let scanner = Scanner::start(eyes)?;
    let ready = AtomicBool::new(false);
    let devices = Devices::start(&config, &hire, &runtime.view())?;
    let uploads = uploads::Desk::open(&config, weights)?;
    let pulls = models::Pulls::new(models::fetcher(Arc::clone(&config)), events);
    let outputs = outputs::Desk::open(&config.data_dir);
    let watching = Arc::new(Watching {
        store: Arc::clone(&store),
        runtime: Arc::clone(&runtime),
        viewers,
        jellyfin: jellyfin.clone(),
        roots: roots.clone(),
        live: Arc::clone(live),
        teller: teller.clone(),
        ending: Cancel::default(),
    });
    Ok(Arc::new(Daemon {
        store,
        runtime,
        scanner,
        roots,
        started,
        ready,
        config,
        live: Arc::clone(live),
        pulls,
        hire,
        bench,
        settings: Mutex::default(),
        uploads,
        jellyfin,
        watching,
        teller,
        pacer,
        devices,
        backups: backup::Desk::default(),
        questions: hooks::Questions::default(),
        census: libraries::Census::default(),
        log,
        slates,
        room: Arc::default(),
        outputs,
    }))
}

/// Waits for signals, and does what they say, until one says that it is to end.
fn until_told(inbox: &mut Inbox, daemon: &Daemon) {
    while let Some(told) = inbox.next() {
        match told {
            Told::Reload => {
                systemd::reloading();
                daemon.reload();
                systemd::ready("serving");
                daemon.scanner.ask(Look::All);
            }
            Told::Scan => daemon.scanner.ask(Look::All),
            Told::End => break,
        }
    }
}

/// A library with what is wanted of its files.
fn root(config: &Config, library: &Library, weights: &Weights) -> Result<Root, Fault> {
    let order = work::order(config, &Wishes::of_library(library), weights)?;
    let places = Places::new(&library.path, &library.include, &library.exclude)?;
    Ok(Root { name: library.name.clone(), path: library.path.clone(), order, places })
}

fn begins(config: &Config) -> String {
    match config.libraries.len() {
        0 => "there is no [[library]] in kinora.toml yet: nothing is looked through".to_owned(),
        1 => "1 library is looked through".to_owned(),
        count => format!("{count} libraries are looked through"),
    }
}

/// Opens the door for clients, and tells them where it is.
fn listen(
    config: &Config,
    daemon: &Arc<Daemon>,
    events: Arc<EventLog>,
) -> Result<http::Server, Fault> {
    let found = http::token::load_or_make(&config.http.token_file)?;
    if let Some(notice) = &found.notice {
        tracing::warn!("{notice}");
    }
    let secret_file = config.http.webhook_secret_file.as_deref();
    let secret = secret_file.map(http::token::load_or_make).transpose()?;
    if let Some(notice) = secret.as_ref().and_then(|it| it.notice.as_ref()) {
        tracing::warn!("{notice}");
    }
    let config_http = &config.http;
    // What stands around a file in a form is no part of it.
    let upload_bytes_max = config_http.upload_bytes_max.saturating_add(FORM_BYTES_MAX);
    let settings = http::HttpSettings {
        token: found.token,
        webhook_secret: secret.map(|it| it.token),
        hosts: config_http.hosts.clone(),
        trusted_networks: config_http.trusted_networks.clone(),
        limits: Limits {
            rate_per_minute: config_http.rate_per_minute,
            upload_bytes_max,
            ..Limits::default()
        },
    };
    let server = http::start(config.http.listen, Arc::clone(daemon) as _, events, settings)?;
    let addr = server.addr();
    match tell_address(&config.data_dir, &addr.to_string()) {
        // Who wants to know it finds it in the configuration too: a full disk shall not keep it from serving.
        Err(fault) if config_http.listen.port() != 0 => tracing::warn!("{fault}"),
        told => told?,
    }
    tracing::info!("listening on http://{addr}");
    Ok(server)
}

fn tell_address(data_dir: &Path, addr: &str) -> Result<(), Fault> {
    disk::write_atomic(&data_dir.join(ADDRESS_FILE), addr.as_bytes()).map_err(|err| {
        Fault::operator(
            format!("{} cannot be written ({err})", show_path(&data_dir.join(ADDRESS_FILE))),
            disk::remedy(&err),
        )
    })
}

/// Tells systemd's watchdog that the deciding loop turns; ends when the handle is dropped.
fn watch(daemon: &Arc<Daemon>) -> Result<Option<crossbeam::channel::Sender<()>>, Fault> {
    let Some(every) = systemd::watchdog_every() else { return Ok(None) };
    let (handle, closed) = crossbeam::channel::bounded::<()>(0);
    let runtime = Arc::clone(&daemon.runtime);
    std::thread::Builder::new()
        .name("watchdog".to_owned())
        .spawn(move || {
            while let Err(crossbeam::channel::RecvTimeoutError::Timeout) =
                closed.recv_timeout(every)
            {
                if runtime.is_alive() {
                    systemd::alive();
                }
            }
        })
        .map_err(|err| Fault::bug(format!("a thread cannot be started ({err})")))?;
    Ok(Some(handle))
}
