//! Counts, the last hour, totals, services, Kinora itself: in lines with a word before each, or one below the other
//! where there is room.

use super::needs::count;
use crate::api::daemon::{JobStatus, StatusView};
use crate::api::pace::{MINUTES_MAX, PaceMinute};
use crate::base::text::{bytes, counted};
use crate::tui::look::Look;
use crate::tui::parts::bar::{chart, highest};
use crate::tui::parts::cells::{Cut, cell, number};
use crate::tui::parts::when::left;
use ratatui::text::{Line, Span};

/// Columns of the words before lines.
const WORD: usize = 9;
/// Columns of counts, of which there are millions at most.
const COUNT: usize = 9;
/// Columns of what is said of the small chart.
const HOUR_WORDS: usize = 48;
const HOUR_WORDS_BRIEF: usize = 16;
/// A chart that is smaller tells little.
const CHART_COLUMNS_MIN: usize = 12;
/// Rows of the large chart.
const CHART_ROWS: usize = 4;
const MINUTE_MS: f64 = 60_000.0;

/// Columns of charts: as many minutes in each.
const CHART_COLUMNS: [usize; 6] = [60, 30, 20, 15, 12, 10];

/// A line each.
pub(super) fn lines(
    status: &StatusView,
    hour: Option<&[PaceMinute]>,
    columns: usize,
    look: Look,
) -> Vec<Line<'static>> {
    let lasting = [JobStatus::Done, JobStatus::Cancelled];
    let of = |wanted: &dyn Fn(JobStatus) -> bool| -> Vec<Span<'static>> {
        let all = status.jobs.iter().filter(|it| it.1 > 0 && wanted(it.0));
        all.map(|(it, count)| Span::styled(format!("{count} {}", it.word()), look.status(*it)))
            .collect()
    };
    let mut queue = of(&|it| !lasting.contains(&it));
    if queue.is_empty() {
        queue.push(Span::styled("nothing waits", look.dim()));
    }
    let mut so_far = of(&|it| lasting.contains(&it));
    so_far.extend(totals(status).into_iter().map(Span::raw));
    let mut outside: Vec<Span<'static>> = services(status, look);
    outside.extend(itself(status).map(|it| Span::styled(it, look.dim())));
    let mut lines = vec![line("Queue", queue, columns, look), hour_line(hour, columns, look)];
    if !so_far.is_empty() {
        lines.push(line("So far", so_far, columns, look));
    }
    lines.push(line("Services", outside, columns, look));
    lines
}

/// A word and what belongs to it, as much as there is room for.
fn line(word: &str, spans: Vec<Span<'static>>, columns: usize, look: Look) -> Line<'static> {
    let mut line = Line::styled("", look.text());
    line.push_span(Span::styled(cell(word, WORD, Cut::End), look.heading()));
    let gap = look.sign(" · ", ", ");
    for (at, span) in spans.into_iter().enumerate() {
        let gap = Span::styled(if at > 0 { gap } else { "" }, look.dim());
        if columns < line.width() + gap.width() + span.width() {
            break;
        }
        line.push_span(gap);
        line.push_span(span);
    }
    line
}

fn hour_line(hour: Option<&[PaceMinute]>, columns: usize, look: Look) -> Line<'static> {
    let Some(minutes) = hour else {
        return line("Hour", vec![Span::styled("asking", look.dim())], columns, look);
    };
    let (heard, files) = (heard(minutes), files(minutes));
    if heard.iter().chain(&files).all(|it| *it == 0) {
        let text = "nothing was listened to in the last 60 minutes";
        return line("Hour", vec![Span::styled(text, look.dim())], columns, look);
    }
    let brief = columns < WORD + HOUR_WORDS + CHART_COLUMNS_MIN;
    let words = if brief { HOUR_WORDS_BRIEF } else { HOUR_WORDS };
    let length = chart_columns(columns.saturating_sub(WORD + words));
    let top = highest(&heard, length);
    let drawn = chart(&heard, top, (length, 1), look).concat();
    let up_to = format!("  up to {}", minutes_of(top));
    let text = match brief {
        true => up_to,
        false => {
            let files = counted(files.iter().sum::<u64>(), "file", "files");
            format!("{up_to} a minute; {}, {files}", of_audio(heard.iter().sum()))
        }
    };
    Line::from(vec![
        Span::styled(cell("Hour", WORD, Cut::End), look.heading()),
        Span::styled(drawn, look.accent()),
        Span::styled(text, look.dim()),
    ])
}

/// One below the other, with charts.
pub(super) fn column(
    status: &StatusView,
    hour: Option<&[PaceMinute]>,
    columns: usize,
    look: Look,
) -> Vec<Line<'static>> {
    let heading = |it: &'static str| Line::styled(it, look.heading());
    let mut lines = vec![heading("Queue")];
    for it in JobStatus::ALL {
        let count = count(status, it);
        let style = if count == 0 { look.dim() } else { look.status(it) };
        let text =
            format!("{} {} {}", number(&count.to_string(), COUNT), look.status_sign(it), it.word());
        lines.push(Line::styled(text, style));
    }
    lines.extend([Line::default(), heading("The last hour")]);
    lines.extend(hour_charts(hour, columns, look));
    let totals = totals(status);
    if !totals.is_empty() {
        lines.extend([Line::default(), heading("So far")]);
        lines.extend(totals.into_iter().map(|it| Line::raw(format!("  {it}"))));
    }
    lines.extend([Line::default(), heading("Services")]);
    lines
        .extend(services(status, look).into_iter().map(|it| Line::from(vec![Span::raw("  "), it])));
    lines.extend([Line::default(), heading("Kinora itself")]);
    lines.extend(itself(status).map(|it| Line::raw(format!("  {it}"))));
    lines
}

fn hour_charts(hour: Option<&[PaceMinute]>, columns: usize, look: Look) -> Vec<Line<'static>> {
    let Some(minutes) = hour else { return vec![Line::styled("  asking", look.dim())] };
    let (heard, files) = (heard(minutes), files(minutes));
    let length = chart_columns(columns);
    let mut lines = Vec::new();
    let top = highest(&heard, length);
    if top == 0 {
        lines.push(Line::styled("  nothing was listened to in the last 60 minutes", look.dim()));
    } else {
        let rows = chart(&heard, top, (length, CHART_ROWS), look);
        lines.extend(rows.into_iter().map(|it| Line::styled(it, look.accent())));
        lines.push(Line::styled(ends(length), look.dim()));
        let text = format!(
            "  at most {} of audio a minute; {} in all",
            minutes_of(top),
            of_audio(heard.iter().sum())
        );
        lines.push(Line::styled(text, look.dim()));
    }
    let (top, all) = (files.iter().max().copied().unwrap_or(0), files.iter().sum::<u64>());
    if top == 0 {
        lines.push(Line::styled("  no file was finished in the last 60 minutes", look.dim()));
    } else {
        let top_column = highest(&files, length);
        lines.extend(
            chart(&files, top_column, (length, 1), look)
                .into_iter()
                .map(|it| Line::styled(it, look.good())),
        );
        let text = format!(
            "  at most {} a minute; {} finished in all",
            counted(top, "file", "files"),
            counted(all, "file", "files")
        );
        lines.push(Line::styled(text, look.dim()));
    }
    lines
}

/// What the ends of a chart are.
fn ends(columns: usize) -> String {
    let (from, to) = ("60 min ago", "now");
    from.to_owned() + &number(to, columns.saturating_sub(from.len()))
}

fn chart_columns(room: usize) -> usize {
    CHART_COLUMNS.into_iter().find(|it| *it <= room).unwrap_or(room)
}

fn heard(minutes: &[PaceMinute]) -> Vec<u64> {
    whole(minutes, |it| it.heard_ms)
}

fn files(minutes: &[PaceMinute]) -> Vec<u64> {
    whole(minutes, |it| u64::from(it.files))
}

/// All sixty: those that nobody told of were nothing.
fn whole(minutes: &[PaceMinute], value: impl Fn(&PaceMinute) -> u64) -> Vec<u64> {
    let mut values = vec![0; MINUTES_MAX];
    let newest = minutes.last().map_or(0, |it| it.minute);
    for it in minutes {
        let ago = usize::try_from(newest - it.minute).unwrap_or(usize::MAX);
        if let Some(at) = (MINUTES_MAX - 1).checked_sub(ago) {
            values[at] = value(it);
        }
    }
    values
}

/// `11.3 min`.
fn minutes_of(ms: u64) -> String {
    let minutes = ms as f64 / MINUTE_MS;
    if minutes < 9.95 { format!("{minutes:.1} min") } else { format!("{minutes:.0} min") }
}

/// `6 h 52 heard`.
fn of_audio(ms: u64) -> String {
    format!("{} heard", left(ms))
}

/// Totals that stay for ever, in words; nothing of those that are nothing.
fn totals(status: &StatusView) -> Vec<String> {
    let of = |name: &str| status.totals.iter().find(|it| it.0 == name).map_or(0, |it| it.1);
    let (files, audio, lines) = (of("files_written"), of("audio_ms"), of("lines_translated"));
    let hours = audio / 3_600_000;
    let mut totals = Vec::new();
    totals.extend((files > 0).then(|| counted(files, "subtitle written", "subtitles written")));
    totals.extend((hours > 0).then(|| format!("{hours} h heard")));
    totals.extend((lines > 0).then(|| counted(lines, "line translated", "lines translated")));
    totals
}

fn services(status: &StatusView, look: Look) -> Vec<Span<'static>> {
    let service = |name: &str, up: bool| match up {
        true => Span::styled(format!("{name} {}", look.sign("✓", "ok")), look.good()),
        false => Span::styled(format!("{name} away"), look.bad()),
    };
    status.services.iter().map(|it| service(&it.name, it.up)).collect()
}

/// What Kinora takes, and for how long it runs.
fn itself(status: &StatusView) -> [String; 2] {
    let (daemon, children) = (status.memory.daemon_bytes, status.memory.children_bytes);
    let memory = format!("Kinora takes {}, its engines {}", bytes(daemon), bytes(children));
    [memory, format!("up {}", left(status.uptime_ms))]
}
