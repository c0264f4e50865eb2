//! Lanes with their devices, and below each what its workers do; a list with a cursor.

use crate::api::daemon::{LaneView, StatusView, WorkerView};
use crate::api::device::DeviceView;
use crate::tui::known::Known;
use crate::tui::look::Look;
use crate::tui::parts::bar::bar;
use crate::tui::parts::cells::{Cut, cell, number};
use crate::tui::parts::when::left;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Below this width only what matters most stands in a row.
const NARROW: usize = 60;
/// From this width on bars are long.
const WIDE: usize = 100;
const LANE: usize = 7;
const STEP: usize = 10;
const SHARE: usize = 6;
const LEFT: usize = 8;
const SPEED: usize = 7;
const BUSY: usize = 5;
const MEMORY: usize = 14;

/// What stands in a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Row<'a> {
    /// A lane.
    Lane(&'a LaneView),
    /// A worker with a job, and its lane.
    Worker(&'a LaneView, &'a WorkerView),
}

/// Which row it is, also when others come or go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    lane: String,
    job: Option<u64>,
}

impl<'a> Row<'a> {
    /// Its lane.
    pub(super) fn lane(self) -> &'a LaneView {
        match self {
            Row::Lane(lane) | Row::Worker(lane, _) => lane,
        }
    }

    /// The worker of it; of a lane, the first that works.
    pub(super) fn worker(self) -> Option<&'a WorkerView> {
        match self {
            Row::Lane(lane) => lane.workers.iter().find(|it| it.job.is_some()),
            Row::Worker(_, worker) => Some(worker),
        }
    }

    /// What tells it from others.
    pub(super) fn spot(self) -> Spot {
        let job = match self {
            Row::Lane(_) => None,
            Row::Worker(_, worker) => worker.job,
        };
        Spot { lane: self.lane().name.clone(), job }
    }
}

/// All rows; where there is little room, only lanes that work or should.
pub(super) fn rows(status: &StatusView, brief: bool) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for lane in &status.lanes {
        let busy = || lane.workers.iter().filter(|it| it.job.is_some());
        let odd = lane.quarantined.is_some() || lane.paused || lane.held.is_some();
        if brief && !odd && busy().next().is_none() {
            continue;
        }
        rows.push(Row::Lane(lane));
        rows.extend(busy().map(|it| Row::Worker(lane, it)));
    }
    rows
}

/// Where the cursor stands now: where it stood, or on its lane.
pub(super) fn find(rows: &[Row<'_>], spot: &Spot) -> Option<usize> {
    let at = |wanted: &Spot| rows.iter().position(|it| it.spot() == *wanted);
    at(spot).or_else(|| at(&Spot { job: None, ..spot.clone() }))
}

/// The heading over them.
pub(super) fn heading(
    seen: &std::ops::Range<usize>,
    all: usize,
    columns: usize,
    look: Look,
) -> Line<'static> {
    let title = match seen.len() < all {
        true => format!("Lanes, rows {} to {} of {all}", seen.start + 1, seen.end),
        false => "Lanes".to_owned(),
    };
    if columns < NARROW {
        return Line::styled(cell(&title, columns, Cut::End), look.heading());
    }
    let right = number("busy", BUSY) + &number("memory", MEMORY) + &number("speed", SPEED);
    let room = columns - BUSY - MEMORY - SPEED;
    Line::from(vec![
        Span::styled(cell(&title, room, Cut::End), look.heading()),
        Span::styled(right, look.dim()),
    ])
}

/// A row, exactly so wide.
pub(super) fn line(row: Row<'_>, columns: usize, known: &Known, look: Look) -> Line<'static> {
    match row {
        Row::Lane(lane) => lane_line(lane, columns, look),
        Row::Worker(_, worker) => worker_line(worker, columns, known, look),
    }
}

fn lane_line(lane: &LaneView, columns: usize, look: Look) -> Line<'static> {
    let device = lane.device.as_ref();
    let busy = device.and_then(|it| it.load_percent).map(|it| format!("{it} %"));
    let busy = number(&busy.unwrap_or_default(), BUSY);
    let speed = number(&lane_speed(lane).map(factor).unwrap_or_default(), SPEED);
    let memory = match columns < NARROW {
        true => String::new(),
        false => number(&device.and_then(memory).unwrap_or_default(), MEMORY),
    };
    let room = columns.saturating_sub(LANE + 1 + busy.len() + memory.len() + speed.len());
    let mut spans = vec![Span::styled(cell(&lane.name, LANE, Cut::End) + " ", look.accent())];
    spans.extend(about(lane, room, look));
    spans.push(Span::styled(busy + &memory, look.dim()));
    spans.push(Span::raw(speed));
    Line::from(spans)
}

/// How it stands, where that is odd; then what it computes on and with what.
fn about(lane: &LaneView, room: usize, look: Look) -> Vec<Span<'static>> {
    let (word, style) = state(lane, look);
    let names = [lane.device.as_ref().map(|it| it.name.as_str()), lane.model.as_deref()];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    let names = names.join(", ");
    if word.is_empty() {
        return vec![Span::styled(cell(&names, room, Cut::End), look.text())];
    }
    let gap = if names.is_empty() { "" } else { look.sign(" · ", ", ") };
    let word = format!("{word}{gap}");
    let width = word.chars().count().min(room);
    let (word, room) = (cell(&word, width, Cut::End), room - width);
    vec![Span::styled(word, style), Span::styled(cell(&names, room, Cut::End), look.dim())]
}

/// How a lane stands in a word or two; nothing where it works.
fn state(lane: &LaneView, look: Look) -> (&'static str, Style) {
    if lane.quarantined.is_some() {
        ("not used", look.bad())
    } else if lane.paused {
        ("paused", look.warning())
    } else if lane.held.is_some() {
        ("gives way", look.warning())
    } else if lane.out_of_hours {
        ("out of hours", look.dim())
    } else if lane.workers.iter().all(|it| it.job.is_none()) {
        ("idle", look.dim())
    } else {
        ("", look.text())
    }
}

fn worker_line(worker: &WorkerView, columns: usize, known: &Known, look: Look) -> Line<'static> {
    let share = progress(worker, known);
    let percent = share.map(|it| format!("{:.0} %", (it * 100.0).floor()));
    let percent = number(&percent.unwrap_or_default(), SHARE);
    let left = number(&worker.left_ms.map(left).unwrap_or_default(), LEFT);
    let path = worker.path.as_deref().unwrap_or("a file that is not known");
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut spans = vec![Span::raw("  ")];
    if columns < NARROW {
        let room = columns.saturating_sub(2 + percent.len() + left.len());
        spans.push(Span::raw(cell(name, room, Cut::Middle)));
        spans.push(Span::raw(percent + &left));
        return Line::from(spans);
    }
    let step = step_word(worker.step.as_deref().unwrap_or_default());
    let length = if columns < WIDE { 10 } else { 20 };
    let fixed = 2 + 1 + STEP + 1 + length + SHARE + LEFT + SPEED;
    let name = cell(name, columns.saturating_sub(fixed), Cut::Middle);
    let speed = number(&worker.speed.map(factor).unwrap_or_default(), SPEED);
    spans.push(Span::raw(name + " "));
    spans.push(Span::styled(cell(step, STEP, Cut::End) + " ", look.dim()));
    spans.push(Span::styled(bar(share, length, look), look.accent()));
    spans.push(Span::raw(percent));
    spans.push(Span::raw(left));
    spans.push(Span::styled(speed, look.dim()));
    Line::from(spans)
}

/// How far a worker is: what was pushed last or told with the status, whichever is further; it never flickers back.
fn progress(worker: &WorkerView, known: &Known) -> Option<f32> {
    let pushed = worker.job.and_then(|it| known.progress.get(&it)).copied().flatten();
    match (worker.progress, pushed) {
        (Some(told), Some(pushed)) => Some(told.max(pushed)),
        (told, pushed) => told.or(pushed),
    }
}

/// What a step does, as its owner would say it.
fn step_word(step: &str) -> &str {
    match step {
        "select" => "inspects",
        "detect" => "language?",
        "weigh" => "compares",
        "listen" => "listens",
        "translate" => "translates",
        "cue" => "cuts cues",
        "publish" => "writes",
        "announce" => "announces",
        other => other,
    }
}

/// How much faster than playing all of a lane listens.
fn lane_speed(lane: &LaneView) -> Option<f32> {
    let speeds = lane.workers.iter().filter_map(|it| it.speed);
    speeds.reduce(|sum, it| sum + it)
}

fn factor(speed: f32) -> String {
    if speed < 99.95 { format!("{speed:.1}x") } else { format!("{speed:.0}x") }
}

/// `3.0/8.0 GiB`, or all of it where nobody tells what is in use.
fn memory(device: &DeviceView) -> Option<String> {
    let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
    let short = |it: f64| if it < 99.95 { format!("{it:.1}") } else { format!("{it:.0}") };
    let all = gib(device.memory_bytes?);
    Some(match device.memory_used_bytes {
        Some(used) => format!("{}/{} GiB", short(gib(used)), short(all)),
        None => format!("{} GiB", short(all)),
    })
}
