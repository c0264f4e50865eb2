//! Of which step of which execution something is said: the span around what a lane's worker does, remembered for every
//! line inside it.

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

/// The name of the span; the runtime opens it.
const SPAN: &str = "lease";

/// What the span says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Lease {
    /// The job's number.
    pub(super) job: u64,
    execution: u64,
    step: String,
    lane: String,
    /// 1 for the first try.
    attempt: u64,
}

/// Whether this is the span of a lease.
pub(super) fn is_lease(about: &Metadata<'_>) -> bool {
    about.is_span() && about.name() == SPAN && super::is_ours(about.target())
}

/// The lease of a line, where it was said within one.
pub(super) fn of<S>(scope: Option<Scope<'_, S>>) -> Option<Lease>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    scope?.find_map(|it| it.extensions().get::<Lease>().cloned())
}

/// Remembers what spans of leases say.
pub(super) struct Leases;

impl<S> Layer<S> for Leases
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, about: &Attributes<'_>, id: &Id, all: Context<'_, S>) {
        if is_lease(about.metadata())
            && let Some(span) = all.span(id)
        {
            let mut lease = Lease::default();
            about.record(&mut lease);
            span.extensions_mut().insert(lease);
        }
    }
}

impl Visit for Lease {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "job" => self.job = value,
            "execution" => self.execution = value,
            "attempt" => self.attempt = value,
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "step" => self.step = format!("{value:?}"),
            "lane" => self.lane = format!("{value:?}"),
            _ => {}
        }
    }
}
