//! How libraries are drawn: a line for each, and what is known of the chosen one.

use super::{Library, acts};
use crate::api::libraries::LibraryView;
use crate::api::run::Lang;
use crate::base::text::counted;
use crate::tui::look::Look;
use crate::tui::parts::bar::bar;
use crate::tui::parts::cells::{Cut, cell, number};
use crate::tui::parts::when::{ago, hour, thousands};
use crate::tui::view::Scene;
use ratatui::text::{Line, Span};

/// Columns from which on a library's line says when it is through.
const COLUMNS_FOR_THROUGH: usize = 110;

/// Behind the name of a library that is outside of its hours.
const ASLEEP: &str = " zZ";

/// A line of libraries: one, or all together.
pub(super) struct Row {
    name: String,
    files: u64,
    waiting: u64,
    failed: u64,
    coverage: Vec<Coverage>,
    through: Option<u64>,
    away: Option<String>,
    closed: Option<String>,
}

struct Coverage {
    language: Option<Lang>,
    have: u64,
    of: u64,
}

impl Row {
    pub(super) fn one(it: &LibraryView) -> Row {
        let coverage = it.wanted.iter().map(|wanted| Coverage {
            language: wanted.language.clone(),
            have: wanted.files,
            of: it.files,
        });
        Row {
            name: it.name.clone(),
            files: it.files,
            waiting: it.waiting + it.running,
            failed: it.failed,
            coverage: coverage.collect(),
            through: it.through_unix_ms,
            away: it.away.clone(),
            closed: it.out_of_hours.as_ref().map(|why| format!("{} is {why}", it.name)),
        }
    }

    pub(super) fn all(libraries: &[LibraryView]) -> Row {
        let rows: Vec<Row> = libraries.iter().map(Row::one).collect();
        let sum = |of: fn(&Row) -> u64| rows.iter().map(of).sum();
        let mut coverage: Vec<Coverage> = Vec::new();
        for it in rows.iter().flat_map(|it| &it.coverage) {
            match coverage.iter_mut().find(|known| known.language == it.language) {
                Some(known) => {
                    known.have += it.have;
                    known.of += it.of;
                }
                None => {
                    let language = it.language.clone();
                    coverage.push(Coverage { language, have: it.have, of: it.of });
                }
            }
        }
        // All are through when the last is, where that is known of each that waits.
        let known = rows.iter().all(|it| it.waiting == 0 || it.through.is_some());
        Row {
            name: "All libraries".to_owned(),
            files: sum(|it| it.files),
            waiting: sum(|it| it.waiting),
            failed: sum(|it| it.failed),
            coverage,
            through: rows.iter().filter_map(|it| it.through).max().filter(|_| known),
            away: None,
            closed: None,
        }
    }
}

/// Columns of a library's line: its name, each number, and each language with its bar.
struct Columns {
    name: usize,
    number: usize,
    language: usize,
    bar: usize,
    languages: usize,
    through: usize,
}

impl Columns {
    fn of(columns: usize) -> Columns {
        let through = if COLUMNS_FOR_THROUGH <= columns { 16 } else { 0 };
        let (name, number) = if columns < COLUMNS_FOR_THROUGH { (16, 6) } else { (24, 9) };
        let (language, bar) = if columns < COLUMNS_FOR_THROUGH { (8, 5) } else { (8, 12) };
        let used = 2 + name + 3 * (number + 1) + through;
        let languages = columns.saturating_sub(used) / (language + bar + 7);
        Columns { name, number, language, bar, languages, through }
    }
}

pub(super) fn heading(page: &Library, scene: &Scene<'_>, columns: usize) -> Line<'static> {
    let it = Columns::of(columns);
    let mut text = format!(
        " {} {} {} {}",
        cell("Library", it.name, Cut::End),
        number("Files", it.number + 1),
        number("Wait", it.number),
        number("Failed", it.number)
    );
    let counted = match page.libraries.counted_unix_ms {
        _ if page.libraries.counting => "counting".to_owned(),
        Some(at) => format!("counted {} ago", ago(at, scene.now_unix_ms)),
        None => "not counted yet".to_owned(),
    };
    let used = text.chars().count();
    let through = if it.through > 0 { "  Through" } else { "" };
    text.push_str(&cell(through, it.through, Cut::End));
    text.push_str(&cell(
        "  Have subtitles in",
        columns.saturating_sub(used + it.through),
        Cut::End,
    ));
    let kept = text.chars().take(columns.saturating_sub(counted.len())).collect::<String>();
    Line::styled(kept + &counted, scene.look.dim())
}

pub(super) fn library(row: &Row, chosen: bool, scene: &Scene<'_>, columns: usize) -> Line<'static> {
    let (it, look) = (Columns::of(columns), scene.look);
    let name = match &row.closed {
        Some(_) => cell(&row.name, it.name - ASLEEP.len(), Cut::End).trim_end().to_owned() + ASLEEP,
        None => row.name.clone(),
    };
    let name = cell(&name, it.name, Cut::End);
    let name_style = match (chosen, &row.away, &row.closed) {
        (true, ..) => look.selected(),
        (false, Some(_), _) => look.bad(),
        (false, None, Some(_)) => look.warning(),
        (false, None, None) => look.text(),
    };
    let failed = if row.failed > 0 { look.bad() } else { look.dim() };
    let mut spans = vec![
        Span::raw(if chosen { look.sign("▸", ">") } else { " " }),
        Span::styled(name, name_style),
        Span::raw(format!(" {}", number(&thousands(row.files), it.number + 1))),
        Span::raw(format!(" {}", number(&thousands(row.waiting), it.number))),
        Span::styled(format!(" {}", number(&thousands(row.failed), it.number)), failed),
    ];
    let used = 2 + it.name + 3 * (it.number + 1);
    if let Some(why) = &row.away {
        let room = columns.saturating_sub(used + 2);
        spans.push(Span::styled(format!("  {}", cell(&short_of(why), room, Cut::End)), look.bad()));
        return Line::from(spans);
    }
    if it.through > 0 {
        let through = row.through.map(|at| through(at, scene)).unwrap_or_default();
        spans.push(Span::raw(cell(&format!("  {through}"), it.through, Cut::End)));
    }
    for coverage in row.coverage.iter().take(it.languages) {
        let share = if coverage.of == 0 { 0.0 } else { coverage.have as f32 / coverage.of as f32 };
        let style = if coverage.of > 0 && coverage.have == coverage.of {
            look.good()
        } else {
            look.accent()
        };
        let language = of_language(coverage.language.as_ref());
        spans.push(Span::raw(format!("  {}", cell(&language, it.language, Cut::End))));
        spans.push(Span::styled(bar(Some(share), it.bar, look), style));
        spans.push(Span::raw(number(&format!("{}%", (share * 100.0).floor()), 5)));
    }
    Line::from(spans)
}

/// The chosen library where there is no room for more than a line or two.
pub(super) fn brief(row: &Row, look: Look) -> Vec<Line<'static>> {
    let mut parts = vec![counted(row.files, "file", "files")];
    parts.extend(row.coverage.iter().map(|it| {
        let percent = (it.have * 100).checked_div(it.of).unwrap_or(0);
        format!("{} {percent}%", of_language(it.language.as_ref()))
    }));
    parts.push(format!("{} wait", thousands(row.waiting)));
    parts.extend((row.failed > 0).then(|| format!("{} failed", thousands(row.failed))));
    let mut lines = vec![Line::styled(format!("{}: {}", row.name, parts.join(" · ")), look.text())];
    let stuck = row.away.as_ref().map(|it| (it, look.bad()));
    let stuck = stuck.or(row.closed.as_ref().map(|it| (it, look.warning())));
    lines.extend(stuck.map(|(why, style)| Line::styled(short_of(why), style)));
    lines
}

/// What is away or closed in a few words: without the library's name, which stands before it.
fn short_of(why: &str) -> String {
    match why.strip_prefix("library ").and_then(|it| it.split_once(": ")) {
        Some((_, rest)) => rest.to_owned(),
        None => why.to_owned(),
    }
}

fn of_language(language: Option<&Lang>) -> String {
    language.map_or_else(|| "spoken".to_owned(), ToString::to_string)
}

/// What is known of the chosen library: its files by what became of them, what is next, when it is through.
pub(super) fn about(
    page: &Library,
    row: &Row,
    columns: u16,
    scene: &Scene<'_>,
) -> Vec<Line<'static>> {
    let (look, columns) = (scene.look, usize::from(columns));
    let all = &page.libraries.libraries;
    let of: Vec<&LibraryView> = page.library().map_or_else(|| all.iter().collect(), |it| vec![it]);
    let sum = |what: fn(&LibraryView) -> u64| of.iter().map(|it| what(it)).sum::<u64>();
    let counts = [
        (sum(|it| it.done), "done"),
        (sum(|it| it.skipped), "had what is wanted"),
        (sum(|it| it.running), "running"),
        (sum(|it| it.waiting), "wait"),
        (sum(|it| it.failed), "failed"),
        (sum(|it| it.cancelled), "cancelled"),
        (sum(|it| it.unwished), "new"),
    ];
    let counts = counts.iter().filter(|it| it.0 > 0);
    let counts: Vec<String> =
        counts.map(|(count, word)| format!("{} {word}", thousands(*count))).collect();
    let files = counted(row.files, "file", "files");
    let counts = if counts.is_empty() { files } else { counts.join(" · ") };
    let mut lines = vec![Line::styled(format!(" {counts}"), look.text())];
    let have = row.coverage.iter().map(|it| {
        let language = of_language(it.language.as_ref());
        format!("{language} {} of {}", thousands(it.have), thousands(it.of))
    });
    let have = have.collect::<Vec<_>>().join(" · ");
    if !have.is_empty() {
        lines.push(Line::from(vec![Span::styled(" have: ", look.dim()), Span::raw(have)]));
    }
    let stuck = of.iter().find_map(|it| it.away.as_ref().map(|why| (why, look.bad())));
    let asleep =
        of.iter().find_map(|it| Some(format!("{} is {}", it.name, it.out_of_hours.as_ref()?)));
    let closed = asleep.as_ref().map(|why| (why, look.warning()));
    let next: Vec<String> =
        of.iter().flat_map(|it| &it.next).take(3).map(|it| acts::name_of(&it.path)).collect();
    if !next.is_empty() {
        lines.push(Line::from(vec![
            Span::styled(" next: ", look.dim()),
            Span::raw(cell(&next.join(" · "), columns.saturating_sub(8), Cut::End)),
        ]));
    }
    match (stuck.or(closed), row.through) {
        (Some((why, style)), _) => lines.push(Line::styled(format!(" {why}"), style)),
        (None, Some(at)) => {
            let text = format!(" through {}, at the pace of the last hours", through(at, scene));
            lines.push(Line::styled(text, look.dim()));
        }
        (None, None) if row.waiting > 0 => {
            let text = " too few files ended lately to say when it is through".to_owned();
            lines.push(Line::styled(text, look.dim()));
        }
        (None, None) => lines.push(Line::styled(" nothing waits", look.dim())),
    }
    lines
}

/// When it is through, in the operator's words: `in 3 h`, `Tue 16:40`.
fn through(at_unix_ms: u64, scene: &Scene<'_>) -> String {
    let left = at_unix_ms.saturating_sub(scene.now_unix_ms);
    if left < 60_000 {
        return "in a moment".to_owned();
    }
    let span = ago(scene.now_unix_ms, at_unix_ms);
    format!("in {span} ({})", hour(at_unix_ms, scene.now_unix_ms, scene.zone))
}
