//! The last lines of Kinora's own log, in memory, for whoever looks in over HTTP.

use super::{is_ours, lease};
use crate::api::logs::{LOG_ROWS, LogLevel, LogLine, LogsPage, LogsQuery};
use crate::base::clock;
use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Lines that are kept.
const LINES_MAX: usize = 10_000;
/// Bytes of texts and names in them.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of one text; the rest is cut.
const TEXT_BYTES_MAX: usize = 4096;
/// What a line takes beside its text.
const LINE_BYTES: usize = size_of::<LogLine>() + 2 * size_of::<usize>();
/// Numbers between two starts that are a millisecond apart, so that they grow from one start to the next.
const NUMBERS_PER_MS: u64 = 1000;

/// The last lines.
#[derive(Debug)]
pub(in crate::app) struct Ring {
    /// The number of the first line there was.
    first: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// With numbers one after the other.
    lines: VecDeque<Arc<LogLine>>,
    bytes: usize,
    /// The number of the next line.
    next: u64,
}

impl Ring {
    /// An empty one that begins at this time, milliseconds since the Unix epoch.
    pub(in crate::app) fn new(now_unix_ms: u64) -> Ring {
        let first = now_unix_ms.saturating_mul(NUMBERS_PER_MS);
        Ring { first, kept: Mutex::new(Kept { next: first, ..Kept::default() }) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a line; its number is given here.
    fn keep(&self, mut line: LogLine) {
        let mut kept = self.kept();
        line.number = kept.next;
        kept.next += 1;
        kept.bytes += bytes_of(&line);
        kept.lines.push_back(Arc::new(line));
        while LINES_MAX < kept.lines.len() || BYTES_MAX < kept.bytes {
            let Some(oldest) = kept.lines.pop_front() else { break };
            kept.bytes -= bytes_of(&oldest);
        }
    }

    /// The lines that are asked for.
    pub(in crate::app) fn page(&self, query: &LogsQuery) -> LogsPage {
        let LogsQuery { after, before, level, job, q, limit } = query;
        let (candidates, oldest, next) = {
            let kept = self.kept();
            // One that was told by a Kinora whose clock was ahead says nothing here.
            let after = after.map(|it| if it < kept.next { it } else { 0 });
            let oldest = kept.lines.front().map_or(kept.next, |it| it.number);
            let place = |number: u64| {
                let place = usize::try_from(number.saturating_sub(oldest)).unwrap_or(usize::MAX);
                place.min(kept.lines.len())
            };
            let from = place(after.map_or(0, |it| it.saturating_add(1)));
            let to = place(before.unwrap_or(kept.next)).max(from);
            // Looked at when the lock is free again: those who write a line must not wait for it.
            let candidates: Vec<Arc<LogLine>> = kept.lines.range(from..to).cloned().collect();
            (candidates, oldest, kept.next)
        };
        let q = q.as_ref().map(|it| it.to_lowercase());
        let wanted = |it: &&Arc<LogLine>| {
            level.is_none_or(|level| it.level <= level)
                && job.is_none_or(|job| it.job == Some(job))
                && q.as_ref().is_none_or(|q| it.text.to_lowercase().contains(q))
        };
        let limit = limit.unwrap_or(LOG_ROWS);
        let mut lines: Vec<LogLine> = Vec::new();
        let (mut more, last) = (false, next.saturating_sub(1));
        let mut found = |line: &Arc<LogLine>| {
            more = lines.len() == limit;
            if !more {
                lines.push(line.as_ref().clone());
            }
            more
        };
        match after {
            Some(after) => {
                let _ = candidates.iter().filter(wanted).any(&mut found);
                let told = if more { lines.last().map(|it| it.number) } else { None };
                let lost = oldest.saturating_sub(after.saturating_add(1).max(self.first));
                let lost = if *after < next { lost } else { oldest.saturating_sub(self.first) };
                LogsPage { next: told.unwrap_or(last), lines, more, lost }
            }
            None => {
                let _ = candidates.iter().rev().filter(wanted).any(&mut found);
                lines.reverse();
                LogsPage { lines, next: last, more, lost: 0 }
            }
        }
    }
}

fn bytes_of(line: &LogLine) -> usize {
    LINE_BYTES + line.target.len() + line.thread.len() + line.text.len()
}

/// Passes on what Kinora says to the ring.
pub(super) struct ToRing(pub(super) Arc<Ring>);

impl<S> Layer<S> for ToRing
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_event(&self, event: &Event<'_>, around: Context<'_, S>) {
        let about = event.metadata();
        // Libraries we use write down what they like, other programs' secrets too.
        if !is_ours(about.target()) {
            return;
        }
        let mut said = Said::default();
        event.record(&mut said);
        self.0.keep(LogLine {
            number: 0,
            at_unix_ms: clock::now_unix_ms(),
            level: level(*about.level()),
            target: about.target().to_owned(),
            thread: std::thread::current().name().unwrap_or_default().to_owned(),
            job: said.job.or_else(|| lease::of(around.event_scope(event)).map(|it| it.job)),
            text: said.text(),
        });
    }
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

/// What an event says: its message, then its fields, as the log's file has them.
#[derive(Default)]
struct Said {
    message: String,
    fields: String,
    job: Option<u64>,
}

impl Said {
    fn text(self) -> String {
        let mut text = self.message;
        text.push_str(if text.is_empty() { self.fields.trim_start() } else { &self.fields });
        if TEXT_BYTES_MAX < text.len() {
            let whole = (0..=TEXT_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at));
            text.truncate(whole.unwrap_or(0));
            text.push('…');
        }
        text.shrink_to_fit();
        text
    }
}

impl Visit for Said {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "job" {
            self.job = Some(value);
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        match u64::try_from(value) {
            Ok(value) => self.record_u64(field, value),
            Err(_) => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing into a text never fails.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt;

    fn line(level: LogLevel, job: Option<u64>, text: &str) -> LogLine {
        let (target, thread) = ("kinora::app".to_owned(), "herald".to_owned());
        LogLine { number: 0, at_unix_ms: 7, level, target, thread, job, text: text.to_owned() }
    }

    fn of(count: u64) -> Ring {
        let ring = Ring::new(1);
        for number in 0..count {
            let bad = number % 10 == 3;
            let level = if bad { LogLevel::Warn } else { LogLevel::Info };
            ring.keep(line(level, Some(number % 4), &format!("Line {number}")));
        }
        ring
    }

    fn numbers(page: &LogsPage) -> Vec<u64> {
        page.lines.iter().map(|it| it.number - 1000).collect()
    }

    #[test]
    fn the_newest_come_first_and_then_only_what_is_newer() {
        let ring = of(30);
        let asked = |query: LogsQuery| ring.page(&query);
        let limit = Some(4);
        let page = asked(LogsQuery { limit, ..LogsQuery::default() });
        assert_eq!((numbers(&page), page.next, page.more), (vec![26, 27, 28, 29], 1029, true));
        let none = asked(LogsQuery { after: Some(page.next), ..LogsQuery::default() });
        assert_eq!((numbers(&none), none.next, none.more, none.lost), (vec![], 1029, false, 0));
        ring.keep(line(LogLevel::Info, None, "new"));
        let page = asked(LogsQuery { after: Some(1029), ..LogsQuery::default() });
        assert_eq!((numbers(&page), page.next), (vec![30], 1030));
        // Those before, the newest of them; those after, the oldest of them, until there are no more.
        let page = asked(LogsQuery { before: Some(1026), limit, ..LogsQuery::default() });
        assert_eq!((numbers(&page), page.more), (vec![22, 23, 24, 25], true));
        let (mut after, mut all) = (0, Vec::new());
        loop {
            let page = asked(LogsQuery { after: Some(after), limit, ..LogsQuery::default() });
            all.extend(numbers(&page));
            after = page.next;
            if !page.more {
                break;
            }
        }
        assert_eq!(all, (0..=30).collect::<Vec<_>>());
    }

    #[test]
    fn lines_are_chosen_by_level_job_and_text() {
        let ring = of(30);
        for (query, expected) in [
            (LogsQuery { level: Some(LogLevel::Warn), ..LogsQuery::default() }, vec![3, 13, 23]),
            (LogsQuery { level: Some(LogLevel::Error), ..LogsQuery::default() }, vec![]),
            (
                LogsQuery { job: Some(3), q: Some("lINE 2".into()), ..LogsQuery::default() },
                vec![23, 27],
            ),
            (LogsQuery { job: Some(3), after: Some(1019), ..LogsQuery::default() }, vec![23, 27]),
            (
                LogsQuery { after: Some(1004), before: Some(1007), ..LogsQuery::default() },
                vec![5, 6],
            ),
            (LogsQuery { after: Some(1007), before: Some(1004), ..LogsQuery::default() }, vec![]),
        ] {
            let page = ring.page(&query);
            assert_eq!(numbers(&page), expected, "{query:?}");
            assert_eq!((page.next, page.more), (1029, false), "{query:?}");
        }
    }

    #[test]
    fn only_so_much_is_kept_and_what_is_lost_is_told() {
        let count = LINES_MAX as u64 + 50;
        let ring = of(count);
        let kept = ring.kept().lines.len();
        assert_eq!(kept, LINES_MAX);
        let after = |after: u64| {
            ring.page(&LogsQuery { after: Some(after), limit: Some(1), ..LogsQuery::default() })
        };
        // From another start, from this one, from what is kept; and one from a clock that was ahead.
        for (number, lost, first) in [
            (5, 50, 50),
            (999, 50, 50),
            (1019, 30, 50),
            (1049, 0, 50),
            (1060, 0, 61),
            (u64::MAX, 50, 50),
        ] {
            let page = after(number);
            assert_eq!((page.lost, numbers(&page)), (lost, vec![first]), "after {number}");
        }
        let long = "x".repeat(TEXT_BYTES_MAX);
        for _ in 0..2 * BYTES_MAX / TEXT_BYTES_MAX {
            ring.keep(line(LogLevel::Info, None, &long));
        }
        let kept = ring.kept();
        assert!(kept.bytes <= BYTES_MAX && BYTES_MAX / 2 < kept.bytes, "{}", kept.bytes);
        assert_eq!(kept.bytes, kept.lines.iter().map(|it| bytes_of(it)).sum::<usize>());
    }

    #[test]
    fn what_kinora_says_is_kept_and_nothing_that_others_say() {
        let ring = Arc::new(Ring::new(1));
        let subscriber = tracing_subscriber::registry().with(ToRing(Arc::clone(&ring)));
        tracing::subscriber::with_default(subscriber, || {
            let (error, none) = ("no space", None::<u64>);
            tracing::warn!(job = 7, %error, "the record of \u{4e71} cannot be written");
            tracing::info!(job = none, "begins");
            tracing::debug!(reason = "it was asked");
            tracing::info!(target: "hyper::client", token = "sesame", "a request");
            tracing::info!(target: "kinorax", "a stranger");
            tracing::error!("{}", "\u{e9}".repeat(TEXT_BYTES_MAX));
        });
        let page = ring.page(&LogsQuery::default());
        let told: Vec<(LogLevel, Option<u64>, &str)> =
            page.lines.iter().map(|it| (it.level, it.job, it.text.as_str())).collect();
        assert_eq!(
            told[..3],
            [
                (
                    LogLevel::Warn,
                    Some(7),
                    "the record of \u{4e71} cannot be written error=no space"
                ),
                (LogLevel::Info, None, "begins"),
                (LogLevel::Debug, None, "reason=\"it was asked\""),
            ]
        );
        assert_eq!(told.len(), 4);
        assert!(told[3].2.len() <= TEXT_BYTES_MAX + 3 && told[3].2.ends_with("\u{e9}…"));
        assert!(page.lines.iter().all(|it| it.target.starts_with("kinora::app::logging")));
    }
}
