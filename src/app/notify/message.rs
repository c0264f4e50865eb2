//! What one message says: everything of a while, in groups, so that a bad night is one message and not five hundred.

use crate::app::config::Notable;
use crate::base::text::{self, counted};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Bytes of a message's text: ntfy makes a file of what has more than 4096.
pub(super) const TEXT_BYTES_MAX: usize = 3800;
/// Names of files, and sentences, that are told of one kind; the others are counted.
const TOLD_MAX: usize = 3;
/// Characters of one name, and of one sentence.
const NAME_CHARS_MAX: usize = 120;
const SENTENCE_CHARS_MAX: usize = 400;
/// Priorities of ntfy.
const URGENT: u8 = 5;
const HIGH: u8 = 4;
const NORMAL: u8 = 3;
const LOW: u8 = 2;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct News {
    /// Milliseconds since the Unix epoch.
    pub(in crate::app) at_unix_ms: u64,
    pub(in crate::app) kind: Notable,
    /// The file it is about, as people see it.
    pub(in crate::app) path: Option<String>,
    pub(in crate::app) text: String,
    pub(in crate::app) job: Option<u64>,
    /// It is over: good news.
    pub(in crate::app) over: bool,
}

/// What happened of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::app) struct Group {
    /// How often.
    pub(in crate::app) count: u64,
    /// The first ones, each with its number.
    pub(in crate::app) first: Vec<(u64, News)>,
}

/// How a queue ran empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::app) struct Batch {
    /// Files that ended well.
    pub(in crate::app) finished: u64,
    /// Of these, with lines that need a look.
    pub(in crate::app) review: u64,
    /// Files that wait for a person, or were given up.
    pub(in crate::app) waiting: u64,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct Message {
    /// One line.
    pub(in crate::app) title: String,
    /// Lines.
    pub(in crate::app) text: String,
    /// Of ntfy: 1 (least) to 5 (urgent).
    pub(in crate::app) priority: u8,
    /// The first of what happened, in order.
    pub(in crate::app) events: Vec<(u64, News)>,
    /// What happened beside these.
    pub(in crate::app) more: u64,
    /// When it was written, milliseconds since the Unix epoch.
    at_unix_ms: u64,
    kinds: Vec<Notable>,
    batch: Option<Batch>,
}

impl Message {
    /// Of all this; there is something.
    pub(in crate::app) fn of(
        groups: &BTreeMap<Notable, Group>,
        batch: Option<Batch>,
        now_unix_ms: u64,
    ) -> Message {
        let mut kinds: Vec<Notable> = groups.keys().copied().collect();
        kinds.extend(batch.map(|_| Notable::Finished));
        // The most urgent first; of equals in the order an owner writes them in.
        kinds.sort_by_key(|it| (std::cmp::Reverse(priority(*it, groups.get(it))), *it));
        let mut text = String::new();
        for kind in &kinds {
            let (lines, head) = match groups.get(kind) {
                Some(group) => (lines_of(*kind, group), head(*kind, group)),
                None => (String::new(), ended(batch.unwrap_or_default())),
            };
            let short = format!("{}.\n", capital(&head));
            let fits = |it: &str| text.len() + it.len() <= TEXT_BYTES_MAX;
            let lines = if lines.is_empty() || !fits(&lines) { short } else { lines };
            if fits(&lines) {
                text.push_str(&lines);
            }
        }
        let heads = kinds.iter().map(|it| match (groups.get(it), batch) {
            (Some(group), _) => head(*it, group),
            (None, batch) => ended(batch.unwrap_or_default()),
        });
        let heads: Vec<String> = heads.collect();
        let and_more = if heads.len() > 1 { ", and more" } else { "" };
        let title = format!("Kinora: {}{and_more}", heads.first().cloned().unwrap_or_default());
        let mut events: Vec<(u64, News)> =
            groups.values().flat_map(|it| it.first.iter().cloned()).collect();
        events.sort_by_key(|it| it.0);
        let all: u64 = groups.values().map(|it| it.count).sum();
        Message {
            title,
            text: text.trim_end().to_owned(),
            priority: kinds.first().map_or(NORMAL, |it| priority(*it, groups.get(it))),
            more: all.saturating_sub(events.len() as u64),
            events,
            at_unix_ms: now_unix_ms,
            kinds,
            batch,
        }
    }

    /// One that says that messages arrive.
    pub(in crate::app) fn test(name: &str, now_unix_ms: u64) -> Message {
        Message {
            title: "Kinora: a test".to_owned(),
            text: format!("Messages for {name} arrive. This one was sent by hand."),
            priority: NORMAL,
            events: Vec::new(),
            more: 0,
            at_unix_ms: now_unix_ms,
            kinds: Vec::new(),
            batch: None,
        }
    }

    /// One with something in every field, to try templates on.
    pub(super) fn sample() -> Message {
        let news = News {
            at_unix_ms: 0,
            kind: Notable::Parked,
            path: Some("/films/A film.mkv".to_owned()),
            text: "`select` failed: it is no video; look at it".to_owned(),
            job: Some(1),
            over: false,
        };
        let group = Group { count: 1, first: vec![(1, news)] };
        Message::of(&BTreeMap::from([(Notable::Parked, group)]), None, 0)
    }

    /// Files that ended well, where it tells of them.
    #[cfg(test)]
    pub(super) fn finished(&self) -> u64 {
        self.batch.map_or(0, |it| it.finished)
    }

    /// ntfy's pictures.
    pub(in crate::app) fn tags(&self) -> Vec<&'static str> {
        self.kinds.first().map(|it| tag(*it)).into_iter().collect()
    }

    /// Everything, for another program.
    pub(super) fn json(&self) -> Value {
        let events = self.events.iter().map(|(_, it)| {
            let News { at_unix_ms, kind, path, text, job, over } = it;
            json!({"at": utc(*at_unix_ms), "kind": kind, "path": path, "text": text, "job": job, "over": over})
        });
        let batch = self
            .batch
            .map(|it| json!({"finished": it.finished, "review": it.review, "waiting": it.waiting}));
        json!({
            "title": self.title,
            "text": self.text,
            "priority": self.priority,
            "at": utc(self.at_unix_ms),
            "kinds": self.kinds,
            "events": events.collect::<Vec<Value>>(),
            "more": self.more,
            "batch": batch,
            "version": env!("CARGO_PKG_VERSION"),
        })
    }
}

fn utc(at_unix_ms: u64) -> String {
    let seconds = i64::try_from(at_unix_ms / 1000).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |it| it.to_string())
}

/// How urgent a kind is; what is over is not.
fn priority(kind: Notable, group: Option<&Group>) -> u8 {
    if group.is_some_and(|it| it.first.last().is_some_and(|it| it.1.over)) {
        return LOW;
    }
    match kind {
        Notable::DiskLow | Notable::Fatal => URGENT,
        Notable::Backup | Notable::Check | Notable::Trouble => HIGH,
        Notable::Parked => NORMAL,
        Notable::Finished => LOW,
    }
}

/// Whether it should not wait for others.
pub(super) fn is_urgent(kind: Notable) -> bool {
    priority(kind, None) == URGENT
}

fn tag(kind: Notable) -> &'static str {
    match kind {
        Notable::Fatal => "rotating_light",
        Notable::DiskLow | Notable::Backup | Notable::Check | Notable::Trouble => "warning",
        Notable::Parked => "hand",
        Notable::Finished => "white_check_mark",
    }
}

/// A group in some words.
fn head(kind: Notable, group: &Group) -> String {
    let count = group.count;
    match kind {
        Notable::Parked => counted(count, "file waits for you", "files wait for you"),
        Notable::Fatal => counted(count, "file was given up", "files were given up"),
        Notable::DiskLow if group.first.last().is_some_and(|it| it.1.over) => {
            "there is room on the disk again".to_owned()
        }
        Notable::DiskLow => "the disk is nearly full".to_owned(),
        Notable::Finished => counted(count, "file finished", "files finished"),
        Notable::Backup => "no backup could be made".to_owned(),
        Notable::Check => "written subtitles are not as they were".to_owned(),
        Notable::Trouble => counted(count, "thing needs a look", "things need a look"),
    }
}

/// How a queue ran empty, in some words.
fn ended(batch: Batch) -> String {
    let mut told = counted(batch.finished, "file finished", "files finished");
    if batch.review > 0 {
        let _ = write!(told, " ({} with lines that need a look)", batch.review);
    }
    if batch.waiting > 0 {
        let _ = write!(
            told,
            ", {} need{} you",
            batch.waiting,
            if batch.waiting == 1 { "s" } else { "" }
        );
    }
    told
}

/// A group in some lines, each with its end.
fn lines_of(kind: Notable, group: &Group) -> String {
    let mut lines = String::new();
    let named: Vec<&str> = group.first.iter().filter_map(|it| it.1.path.as_deref()).collect();
    let sentence_of = |it: &News| sentence(text::clip(&it.text, SENTENCE_CHARS_MAX));
    // Writing into a text never fails.
    if named.is_empty() {
        for (_, news) in group.first.iter().take(TOLD_MAX) {
            let _ = writeln!(lines, "{}.", sentence(capital(&sentence_of(news))));
        }
        let left = group.count.saturating_sub(TOLD_MAX as u64);
        if left > 0 {
            let _ = writeln!(lines, "And {left} more of this kind.");
        }
        return lines;
    }
    let shown: Vec<String> =
        named.iter().take(TOLD_MAX).map(|it| text::clip(name(it), NAME_CHARS_MAX)).collect();
    let left = group.count.saturating_sub(shown.len() as u64);
    let (last, before) = match shown.split_last() {
        Some((last, before)) if left == 0 => (last.clone(), before),
        _ => (format!("{left} more"), shown.as_slice()),
    };
    let all = if before.is_empty() { last } else { format!("{} and {last}", before.join(", ")) };
    let _ = writeln!(lines, "{}: {all}.", capital(&head(kind, group)));
    if let Some((_, news)) = group.first.first() {
        let which = if group.count > 1 { "The first: " } else { "" };
        let told = sentence_of(news);
        let told = if which.is_empty() { capital(&told) } else { told };
        let _ = writeln!(lines, "{which}{told}.");
    }
    lines
}

/// Without what ends it.
fn sentence(text: String) -> String {
    text.trim_end_matches(['.', ' ', '\n']).to_owned()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |it| it.to_uppercase().chain(letters).collect())
}

/// The name of a file without its folders.
fn name(path: &str) -> &str {
    path.rsplit('/').next().filter(|it| !it.is_empty()).unwrap_or(path)
}
