//! What stands in each section, line by line.

use super::standing::{due, left, pace};
use super::{Execution, Section};
use crate::api::daemon::{JobDetail, JobEventView, JobStatus};
use crate::api::execution::{HeardLine, StepStatus, StepView};
use crate::api::run::Fault;
use crate::tui::parts::bar::bar;
use crate::tui::parts::cells::{Cut, cell, number};
use crate::tui::parts::when::{length, time_of_day, unix_ms};
use crate::tui::parts::wrap::{hanging, wrap};
use crate::tui::view::Scene;
use jiff::Timestamp;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// From so many columns on the translation stands beside the original.
const BESIDE_COLUMNS: usize = 60;
/// Columns of a time in the film, and of one of the day.
const TIME_COLUMNS: usize = 8;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Columns of a step, and of how often it was tried.
const STEP_COLUMNS: usize = 35;
const TRIES_COLUMNS: usize = 9;
/// Columns of the bar of a step, at most.
const BAR_COLUMNS_MAX: usize = 24;
/// Columns of what stands behind the bar: ` 43 %  1:06:53 left`.
const BEHIND_BAR_COLUMNS: usize = 19;
/// Events that are shown; of more the latest. Decisions; of more the first.
const EVENTS_MAX: usize = 1000;
const DECISIONS_MAX: usize = 500;

type Lines = Vec<Line<'static>>;

/// The lines of a section in so many columns.
pub(super) fn lines(
    page: &Execution,
    section: Section,
    detail: &JobDetail,
    columns: usize,
    scene: &Scene<'_>,
) -> Lines {
    match section {
        Section::Steps => steps(page, detail, columns, scene),
        Section::Decisions => decisions(detail, columns, scene),
        Section::Heard => heard(page, detail, columns, scene),
        Section::Log => log(page, detail, columns, scene),
        Section::Files => files(detail, columns, scene),
    }
}

fn styled(lines: Vec<String>, style: Style) -> impl Iterator<Item = Line<'static>> {
    lines.into_iter().map(move |it| Line::styled(it, style))
}

/// A sentence where there is nothing else.
fn nothing(text: &str, columns: usize, scene: &Scene<'_>) -> Lines {
    styled(wrap(text, columns), scene.look.dim()).collect()
}

fn steps(page: &Execution, detail: &JobDetail, columns: usize, scene: &Scene<'_>) -> Lines {
    let steps = detail.steps.iter().flat_map(|it| step(page, detail, it, columns, scene));
    let troubles = troubles(detail, columns, scene);
    // What needs a person goes first: a small screen shows little else.
    let first = matches!(detail.job.status, JobStatus::Parked | JobStatus::Waiting);
    match (troubles.is_empty(), first) {
        (true, _) => steps.collect(),
        (false, true) => troubles.into_iter().chain([Line::default()]).chain(steps).collect(),
        (false, false) => steps.chain([Line::default()]).chain(troubles).collect(),
    }
}

/// One step: sign, name, lane, when it began, how long it took, how often; and how far it is, beneath where it is
/// narrow.
fn step(
    page: &Execution,
    detail: &JobDetail,
    step: &StepView,
    columns: usize,
    scene: &Scene<'_>,
) -> Lines {
    let look = scene.look;
    let (sign, style) = match step.status {
        StepStatus::Done => (look.sign("✓", "+"), look.good()),
        StepStatus::Running => (look.sign("▸", ">"), look.accent()),
        StepStatus::Next => (look.sign("·", "."), look.dim()),
        StepStatus::Failed => (look.sign("✗", "x"), look.bad()),
        StepStatus::Stopped => (look.sign("◦", "o"), look.dim()),
    };
    let name = Span::styled(format!("{sign} {}", cell(&step.name, 10, Cut::End)), style);
    let words = match step.status {
        StepStatus::Next => "waits for its turn",
        StepStatus::Stopped => "stopped",
        StepStatus::Done | StepStatus::Running | StepStatus::Failed => "",
    };
    if step.tries == 0 {
        return vec![Line::from(vec![name, Span::styled(words, look.dim())])];
    }
    let running = step.status == StepStatus::Running && page.earlier.is_none();
    let pace = running.then(|| pace(page, &detail.job, step.took_ms, scene));
    let began = step.began.as_deref().and_then(unix_ms);
    let began = began.map_or(String::new(), |it| time_of_day(it, scene.zone));
    let took = pace.as_ref().map_or(step.took_ms, |it| it.took_ms);
    let mut spans = vec![
        name,
        Span::styled(cell(step.lane.as_deref().unwrap_or(""), 7, Cut::End), look.dim()),
        Span::styled(cell(&began, TIME_COLUMNS, Cut::End), look.dim()),
        Span::styled(number(&length(took), 8), look.text()),
    ];
    if step.tries > 1 {
        let tries = format!("  {} tries", step.tries);
        spans.push(Span::styled(cell(&tries, TRIES_COLUMNS, Cut::End), look.warning()));
    }
    let Some(pace) = pace else {
        spans.push(Span::styled(format!("  {words}"), look.dim()));
        return vec![Line::from(spans)];
    };
    let beside = STEP_COLUMNS + TRIES_COLUMNS + BAR_COLUMNS_MAX <= columns;
    let head = if beside { STEP_COLUMNS + TRIES_COLUMNS } else { 0 };
    let room = columns.saturating_sub(head + BEHIND_BAR_COLUMNS + 2).min(BAR_COLUMNS_MAX);
    let behind = match (pace.share, pace.left_ms) {
        (Some(share), Some(ms)) => format!(" {:3.0} %  {}", share * 100.0, left(ms)),
        (Some(share), None) => format!(" {:3.0} %", share * 100.0),
        (None, _) => String::new(),
    };
    let coming = [
        Span::raw("  "),
        Span::styled(bar(pace.share, room, look), look.accent()),
        Span::styled(behind, look.accent()),
    ];
    if beside {
        spans.extend(coming);
        return vec![Line::from(spans)];
    }
    vec![Line::from(spans), Line::from(coming.to_vec())]
}

/// What went wrong and is not over, with what to do in full.
fn troubles(detail: &JobDetail, columns: usize, scene: &Scene<'_>) -> Lines {
    let look = scene.look;
    let job = &detail.job;
    let unsolved = |it: &&StepView| match it.status {
        StepStatus::Next | StepStatus::Failed | StepStatus::Running => true,
        StepStatus::Done | StepStatus::Stopped => false,
    };
    let step = detail.steps.iter().rev().find(unsolved);
    let fault: Option<&Fault> = job.fault.as_ref().or(step.and_then(|it| it.fault.as_ref()));
    let Some(fault) = fault else { return Vec::new() };
    let name = step.map(|it| it.name.as_str()).or(job.step.as_deref()).unwrap_or("it");
    let mut lines = Lines::new();
    let mark = format!("{} ", look.sign("✗", "x"));
    let again = step.is_some_and(|it| it.status == StepStatus::Running);
    let (failed, style) =
        if again { ("failed before", look.warning()) } else { ("failed", look.bad()) };
    let what = format!("{name} {failed}: {}", fault.what);
    lines.extend(styled(hanging(&mark, &what, columns), style));
    let mark = format!("{} ", look.sign("→", ">"));
    lines.extend(styled(hanging(&mark, &fault.remedy, columns), look.text()));
    let then = match job.status {
        JobStatus::Parked => "r tries it again when that is mended; x gives it up".to_owned(),
        JobStatus::Waiting => format!("it {}; r tries it now", due(job, scene)),
        JobStatus::Queued
        | JobStatus::Running
        | JobStatus::Paused
        | JobStatus::Done
        | JobStatus::Cancelled => return lines,
    };
    lines.extend(styled(hanging("  ", &then, columns), look.dim()));
    lines
}

fn decisions(detail: &JobDetail, columns: usize, scene: &Scene<'_>) -> Lines {
    let look = scene.look;
    let mut lines = Lines::new();
    let mark = format!("{} ", look.sign("•", "-"));
    let mut of: Option<&str> = None;
    for decision in detail.decisions.iter().take(DECISIONS_MAX) {
        if of != Some(decision.step.as_str()) {
            lines.push(Line::styled(cell(&decision.step, columns, Cut::End), look.heading()));
        }
        of = Some(&decision.step);
        lines.extend(styled(hanging(&mark, &decision.text, columns), look.text()));
    }
    let more = detail.decisions.len().saturating_sub(DECISIONS_MAX);
    if more > 0 {
        let text = format!("and {more} more: `kinora jobs log {}` tells all", detail.job.id);
        lines.extend(styled(wrap(&text, columns), look.dim()));
    }
    if !detail.notices.is_empty() {
        lines.push(Line::styled("good to know", look.heading()));
        for notice in &detail.notices {
            lines.extend(styled(hanging(&mark, notice, columns), look.warning()));
        }
    }
    if lines.is_empty() {
        let text = "Nothing is decided yet. Which track is chosen, which language is spoken, which subtitle counts: \
                    each step says it here with its reasons, when it is done.";
        return nothing(text, columns, scene);
    }
    lines
}

fn log(page: &Execution, detail: &JobDetail, columns: usize, scene: &Scene<'_>) -> Lines {
    let skipped = detail.events.len().saturating_sub(EVENTS_MAX);
    let mut events: Vec<&JobEventView> = detail.events.iter().skip(skipped).collect();
    let since = detail.job.submitted.as_str();
    if page.earlier.is_none() {
        events.extend(page.told.iter().filter(|it| since <= it.at.as_str()));
        // Both are in order; RFC 3339 in UTC is in the order of its letters.
        events.sort_by(|one, other| one.at.cmp(&other.at));
    }
    if events.is_empty() {
        let text = "Nothing happened yet: it waits for its turn. What happens is told here.";
        return nothing(text, columns, scene);
    }
    let at = |it: &JobEventView| unix_ms(&it.at).unwrap_or(0);
    let long = events.iter().any(|it| at(it) + DAY_MS <= scene.now_unix_ms);
    let told = |it: &&JobEventView| {
        let head = format!("{}  ", stamp(at(it), long, scene));
        let failed = it.text.starts_with("failed");
        let style = if failed { scene.look.bad() } else { scene.look.text() };
        let lines = hanging(&head, &it.text, columns).into_iter().enumerate();
        let time = scene.look.dim();
        let line = move |(place, line): (usize, String)| match line.strip_prefix(&head) {
            Some(rest) if place == 0 => Line::from(vec![
                Span::styled(head.clone(), time),
                Span::styled(rest.to_owned(), style),
            ]),
            Some(_) | None => Line::styled(line, style),
        };
        lines.map(line).collect::<Lines>()
    };
    events.iter().flat_map(told).collect()
}

/// The time of day, with the date where some are of another day.
fn stamp(at_unix_ms: u64, long: bool, scene: &Scene<'_>) -> String {
    let at = Timestamp::from_millisecond(i64::try_from(at_unix_ms).unwrap_or(i64::MAX));
    match at {
        Ok(at) if long => at.to_zoned(scene.zone.clone()).strftime("%b %d %H:%M").to_string(),
        Ok(_) | Err(_) => time_of_day(at_unix_ms, scene.zone),
    }
}

fn files(detail: &JobDetail, columns: usize, scene: &Scene<'_>) -> Lines {
    if detail.written.is_empty() {
        let text = match detail.job.status {
            JobStatus::Done => "It wrote no file; the decisions say why.",
            JobStatus::Queued
            | JobStatus::Running
            | JobStatus::Waiting
            | JobStatus::Paused
            | JobStatus::Parked
            | JobStatus::Cancelled => "It wrote no file so far.",
        };
        return nothing(text, columns, scene);
    }
    let room = columns.saturating_sub(4);
    let file = |(place, path): (usize, &String)| {
        Line::from(vec![
            Span::styled(number(&(place + 1).to_string(), 2), scene.look.dim()),
            Span::raw("  "),
            Span::styled(cell(path, room, Cut::Middle), scene.look.good()),
        ])
    };
    detail.written.iter().enumerate().map(file).collect()
}

/// The lines heard, each with its translation beside it, or beneath where there is little room.
pub(super) fn heard(
    page: &Execution,
    detail: &JobDetail,
    columns: usize,
    scene: &Scene<'_>,
) -> Lines {
    if page.heard.lines.is_empty() {
        let text = match (page.is_hearing(), page.earlier, detail.job.status) {
            (true, None, _) => "It is listening; the first lines show here soon.",
            (_, None, JobStatus::Done | JobStatus::Cancelled | JobStatus::Parked) => {
                "Lines are shown here while it listens or translates. v opens the finished subtitle."
            }
            (_, None, _) => "Lines are shown here while it listens or translates.",
            (_, Some(_), _) => "Only the latest execution tells what it hears.",
        };
        return nothing(text, columns, scene);
    }
    let beside =
        BESIDE_COLUMNS <= columns && page.heard.lines.iter().any(|it| it.translation.is_some());
    page.heard.lines.iter().flat_map(|it| said(it, beside, columns, scene)).collect()
}

fn said(line: &HeardLine, beside: bool, columns: usize, scene: &Scene<'_>) -> Lines {
    let look = scene.look;
    let time = format!("{}  ", number(&length(line.start_ms), TIME_COLUMNS - 1));
    let blank = " ".repeat(TIME_COLUMNS + 1);
    let room = columns.saturating_sub(TIME_COLUMNS + 1);
    let original = line.text.as_deref().unwrap_or("");
    let meant = line.translation.as_deref().unwrap_or("");
    if !beside {
        let shown = [(original, look.text()), (meant, look.accent())];
        let lines = shown.into_iter().filter(|it| !it.0.is_empty());
        let lines = lines.flat_map(|(text, style)| {
            wrap(text, room).into_iter().map(move |it| Span::styled(it, style))
        });
        let head = |place: usize| if place == 0 { time.clone() } else { blank.clone() };
        return lines
            .enumerate()
            .map(|(place, it)| Line::from(vec![Span::styled(head(place), look.dim()), it]))
            .collect();
    }
    let half = room.saturating_sub(2) / 2;
    let (left, right) = (wrap(original, half), wrap(meant, half));
    let row = |place: usize| {
        let text =
            |side: &[String]| cell(side.get(place).map_or("", String::as_str), half, Cut::End);
        Line::from(vec![
            Span::styled(if place == 0 { time.clone() } else { blank.clone() }, look.dim()),
            Span::styled(text(&left), look.text()),
            Span::raw("  "),
            Span::styled(text(&right), look.accent()),
        ])
    };
    (0..left.len().max(right.len())).map(row).collect()
}
