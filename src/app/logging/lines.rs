//! How a line of the log looks: for people, or an object a line for programs.

use super::lease::{self, Lease};
use crate::app::config::LogFormat;
use crate::base::clock;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{DefaultFields, Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, time};
use tracing_subscriber::registry::LookupSpan;

/// Lines in one of the forms.
pub(super) enum Lines {
    Text(Format<Full, time::SystemTime>),
    Json,
}

impl Lines {
    pub(super) fn new(form: LogFormat) -> Lines {
        match form {
            LogFormat::Text => Lines::Text(Format::default().with_ansi(false).with_target(false)),
            LogFormat::Json => Lines::Json,
        }
    }
}

impl<S> FormatEvent<S, DefaultFields> for Lines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn format_event(
        &self,
        around: &FmtContext<'_, S, DefaultFields>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        match self {
            Lines::Text(text) => text.format_event(around, to, event),
            Lines::Json => {
                let line = line(event, lease::of(around.event_scope()));
                writeln!(to, "{}", serde_json::to_string(&line).map_err(|_| fmt::Error)?)
            }
        }
    }
}

/// A line as an object.
#[derive(Debug, Serialize)]
struct Line {
    /// In UTC, RFC 3339.
    time: String,
    level: &'static str,
    target: String,
    thread: String,
    #[serde(flatten)]
    lease: Option<Lease>,
    message: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    fields: Map<String, Value>,
}

fn line(event: &Event<'_>, lease: Option<Lease>) -> Line {
    let about = event.metadata();
    let mut said = Said::default();
    event.record(&mut said);
    // What comes from libraries that log in another way brings its target along.
    let target = said.target.unwrap_or_else(|| about.target().to_owned());
    Line {
        time: now(),
        level: about.level().as_str(),
        target,
        thread: std::thread::current().name().unwrap_or_default().to_owned(),
        lease,
        message: said.message,
        fields: said.fields,
    }
}

fn now() -> String {
    let ms = i64::try_from(clock::now_unix_ms()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |it| format!("{it:.3}"))
}

#[derive(Default)]
struct Said {
    message: String,
    target: Option<String>,
    fields: Map<String, Value>,
}

impl Said {
    fn keep(&mut self, name: &str, value: Value) {
        self.fields.insert(name.to_owned(), value);
    }

    fn keep_text(&mut self, name: &str, text: String) {
        match name {
            "message" => self.message = text,
            "log.target" => self.target = Some(text),
            // Where in a library's own text it was written says nothing to an owner.
            "log.module_path" | "log.file" | "log.line" => {}
            name => self.keep(name, Value::String(text)),
        }
    }
}

impl Visit for Said {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() != "log.line" {
            self.keep(field.name(), value.into());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field.name(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep_text(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep_text(field.name(), format!("{value:?}"));
    }
}
