//! Figures for Prometheus, computed when they are asked for.

use crate::api::daemon::{LaneView, StatusView};
use crate::api::run::Fault;
use axum::http::Method;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// The media type of the text.
pub(super) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the parts into which times of answers are sorted, seconds: from what comes out of memory to a film
/// that somebody waits for.
const ANSWER_SECONDS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 300.0, 3600.0];
/// The total that is told in seconds, as Prometheus wants times.
const AUDIO_MS: &str = "audio_ms";

type Labels = Vec<(&'static str, String)>;
type Times = Family<Labels, Histogram, fn() -> Histogram>;

/// What the server itself has to tell.
#[derive(Debug)]
pub(super) struct Requests {
    answered: Family<Labels, Counter>,
    took: Times,
}

impl Default for Requests {
    fn default() -> Requests {
        let took: fn() -> Histogram = || Histogram::new(ANSWER_SECONDS);
        Requests { answered: Family::default(), took: Times::new_with_constructor(took) }
    }
}

/// How the server and its service stand at the moment.
#[derive(Debug)]
pub(super) struct Standing {
    /// As the service tells it.
    pub(super) status: StatusView,
    /// The deciding loop turned lately.
    pub(super) alive: bool,
    /// It takes work.
    pub(super) ready: bool,
    /// Open connections.
    pub(super) connections: usize,
    /// Watchers of events.
    pub(super) watchers: usize,
}

impl Requests {
    /// Counts an answer, and how long it took until it began. `route` is a pattern of ours, so that nobody can make up
    /// labels.
    pub(super) fn count(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE];
        let method = known.iter().find(|it| *it == method).map_or("other", Method::as_str);
        let route = ("route", route.to_owned());
        let labels =
            vec![("method", method.to_owned()), route.clone(), ("status", status.to_string())];
        self.answered.get_or_create(&labels).inc();
        self.took.get_or_create(&vec![route]).observe(took.as_secs_f64());
    }

    /// All figures as OpenMetrics text.
    pub(super) fn text(&self, standing: &Standing) -> Result<String, Fault> {
        let mut registry = Registry::with_prefix("kinora");
        let version = vec![("version", standing.status.version.clone())];
        registry.register("build", "Which Kinora this is", Info::new(version));
        daemon(&mut registry, standing);
        totals(&mut registry, &standing.status);
        lanes(&mut registry, &standing.status.lanes);
        speeds(&mut registry, &standing.status.lanes);
        services(&mut registry, &standing.status);
        let help = "Answers by method, route and status";
        registry.register("http_requests", help, self.answered.clone());
        let (name, help) = ("http_request_duration", "Time until an answer began, by route");
        registry.register_with_unit(name, help, Unit::Seconds, self.took.clone());
        let mut text = String::new();
        let failed = |err| Fault::bug(format!("the figures cannot be written down ({err})"));
        encode(&mut text, &registry).map_err(failed)?;
        Ok(text)
    }
}

fn daemon(registry: &mut Registry, standing: &Standing) {
    let status = &standing.status;
    let uptime = ConstGauge::new(status.uptime_ms as f64 / 1000.0);
    registry.register_with_unit("uptime", "For how long it runs", Unit::Seconds, uptime);
    for (name, help, is) in [
        ("alive", "1 where the deciding loop turned lately", standing.alive),
        ("ready", "1 where it takes work", standing.ready),
        ("paused", "1 where a person paused everything", status.paused),
        ("draining", "1 where it is ending", status.draining),
        ("scanning", "1 while libraries are looked through", status.scanning),
    ] {
        registry.register(name, help, ConstGauge::new(i64::from(is)));
    }
    for (name, help, count) in [
        ("warnings", "Things a person should look at", status.warnings.len()),
        ("http_connections", "Open connections", standing.connections),
        ("http_watchers", "Watchers of events", standing.watchers),
    ] {
        registry.register(name, help, ConstGauge::new(whole(count)));
    }
    let jobs = Family::<Labels, Gauge>::default();
    for (status, count) in &status.jobs {
        let labels = vec![("status", status.word().to_owned())];
        jobs.get_or_create(&labels).set(i64::try_from(*count).unwrap_or(i64::MAX));
    }
    registry.register("jobs", "Jobs by status", jobs);
}

/// Totals that stay for ever, a counter each.
fn totals(registry: &mut Registry, status: &StatusView) {
    for (name, count) in &status.totals {
        if name == AUDIO_MS {
            let seconds = ConstCounter::new(*count as f64 / 1000.0);
            let help = "Audio worked through since the first start";
            registry.register_with_unit("audio", help, Unit::Seconds, seconds);
            continue;
        }
        let help = format!("Total of {} since the first start", name.replace('_', " "));
        registry.register(name, help, ConstCounter::new(*count));
    }
}

/// Services outside, and memory.
fn services(registry: &mut Registry, status: &StatusView) {
    let up = Family::<Labels, Gauge>::default();
    for service in &status.services {
        up.get_or_create(&vec![("service", service.name.clone())]).set(i64::from(service.up));
    }
    let help = "1 where a service outside is used, 0 where it failed and is left alone for a while";
    registry.register("service_up", help, up);
    let memory = Family::<Labels, Gauge>::default();
    for (process, bytes) in
        [("daemon", status.memory.daemon_bytes), ("children", status.memory.children_bytes)]
    {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        memory.get_or_create(&vec![("process", process.to_owned())]).set(bytes);
    }
    let help = "Memory that Kinora and its children take";
    registry.register_with_unit("process_resident_memory", help, Unit::Bytes, memory);
}

/// How much faster than playing each lane listens, where it does.
fn speeds(registry: &mut Registry, lanes: &[LaneView]) {
    let speeds = Family::<Labels, Gauge<f64, AtomicU64>>::default();
    for lane in lanes {
        let listening: Vec<f32> = lane.workers.iter().filter_map(|it| it.speed).collect();
        if !listening.is_empty() {
            let speed = listening.into_iter().map(f64::from).sum();
            speeds.get_or_create(&vec![("lane", lane.name.clone())]).set(speed);
        }
    }
    let help = "Seconds of audio a lane hears a second, all its workers together, while it listens";
    registry.register_with_unit("lane_speed", help, Unit::Ratios, speeds);
}

fn lanes(registry: &mut Registry, lanes: &[LaneView]) {
    type Figure = fn(&LaneView) -> usize;
    let figures: [(&str, &str, Figure); 6] = [
        ("lane_workers", "Workers of a lane", |it| it.workers.len()),
        ("lane_workers_busy", "Workers of a lane that work", |it| {
            it.workers.iter().filter(|worker| worker.job.is_some()).count()
        }),
        ("lane_steps_waiting", "Steps that wait for a lane", |it| it.waiting),
        ("lane_paused", "1 where a person paused it", |it| it.paused.into()),
        ("lane_outside_schedule", "1 outside of its hours", |it| it.out_of_hours.into()),
        ("lane_quarantined", "1 where it is not used any more", |it| {
            it.quarantined.is_some().into()
        }),
    ];
    for (name, help, figure) in figures {
        let family = Family::<Labels, Gauge>::default();
        for lane in lanes {
            family.get_or_create(&vec![("lane", lane.name.clone())]).set(whole(figure(lane)));
        }
        registry.register(name, help, family);
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
