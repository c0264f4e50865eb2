//! What is logged: levels as the owner set them, by module. Spans of leases always count, so that a line that is let
//! through has its job whatever else is left out.

use super::lease::is_lease;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::{EnvFilter, Layer};

/// The filter.
pub(super) struct Sieve(pub(super) EnvFilter);

impl<S: Subscriber> Layer<S> for Sieve {
    fn register_callsite(&self, about: &'static Metadata<'static>) -> Interest {
        let of_filter = Layer::<S>::register_callsite(&self.0, about);
        if is_lease(about) { Interest::always() } else { of_filter }
    }

    fn enabled(&self, about: &Metadata<'_>, around: Context<'_, S>) -> bool {
        is_lease(about) || Layer::<S>::enabled(&self.0, about, around)
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Layer::<S>::max_level_hint(&self.0)
    }

    fn on_new_span(&self, about: &Attributes<'_>, id: &Id, around: Context<'_, S>) {
        self.0.on_new_span(about, id, around);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, around: Context<'_, S>) {
        Layer::<S>::on_record(&self.0, id, values, around);
    }

    fn on_enter(&self, id: &Id, around: Context<'_, S>) {
        Layer::<S>::on_enter(&self.0, id, around);
    }

    fn on_exit(&self, id: &Id, around: Context<'_, S>) {
        Layer::<S>::on_exit(&self.0, id, around);
    }

    fn on_close(&self, id: Id, around: Context<'_, S>) {
        Layer::<S>::on_close(&self.0, id, around);
    }
}
