//! Figures for Prometheus, computed when they are asked for.

use crate::api::daemon::{LaneView, StatusView};
use crate::api::run::Fault;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

/// The media type of the text.
pub(super) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;

/// What the server itself has to tell.
#[derive(Debug, Default)]
pub(super) struct Requests {
    answered: Family<Labels, Counter>,
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
    /// Counts an answer. `route` is a pattern of ours, so that nobody can make up labels.
    pub(super) fn count(&self, route: &str, status: u16) {
        let labels = vec![("route", route.to_owned()), ("status", status.to_string())];
        self.answered.get_or_create(&labels).inc();
    }

    /// All figures as OpenMetrics text.
    pub(super) fn text(&self, standing: &Standing) -> Result<String, Fault> {
        let mut registry = Registry::with_prefix("kinora");
        let version = vec![("version", standing.status.version.clone())];
        registry.register("build", "Which Kinora this is", Info::new(version));
        daemon(&mut registry, standing);
        totals(&mut registry, &standing.status);
        lanes(&mut registry, &standing.status.lanes);
        let help = "Answers by route and status";
        registry.register("http_requests", help, self.answered.clone());
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
        let help = format!("Total of {} since the first start", name.replace('_', " "));
        registry.register(name, help, ConstCounter::new(*count));
    }
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
        ("lane_out_of_hours", "1 outside of its hours", |it| it.out_of_hours.into()),
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
