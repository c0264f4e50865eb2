//! What happened last.

use crate::api::daemon::ActivityView;
use crate::base::width::clip_middle;
use crate::tui::look::Look;
use crate::tui::parts::cells::{Cut, cell};
use crate::tui::parts::when::{ago, time_of_day, unix_ms};
use crate::tui::view::Scene;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

const TIME: usize = 10;
const DAY_MS: u64 = 86_400_000;

/// A line each, newest first, exactly so wide.
pub(super) fn lines<'a>(
    happened: impl Iterator<Item = &'a ActivityView>,
    columns: usize,
    scene: &Scene<'_>,
) -> Vec<Line<'static>> {
    happened.map(|it| line(it, columns, scene)).collect()
}

fn line(happened: &ActivityView, columns: usize, scene: &Scene<'_>) -> Line<'static> {
    let time = unix_ms(&happened.at).map(|at| match scene.now_unix_ms < at + DAY_MS {
        true => time_of_day(at, scene.zone),
        false => format!("{} ago", ago(at, scene.now_unix_ms)),
    });
    let room = columns.saturating_sub(TIME);
    let name = happened.path.as_deref().map(|it| it.rsplit('/').next().unwrap_or(it));
    let text = match name {
        Some(name) => format!("{}: {}", clip_middle(name, room / 2), happened.text),
        None => happened.text.clone(),
    };
    Line::from(vec![
        Span::styled(cell(&time.unwrap_or_default(), TIME, Cut::End), scene.look.dim()),
        Span::styled(cell(&text, room, Cut::End), style(&happened.name, scene.look)),
    ])
}

/// By what kind of thing it is; kinds that are not known are ordinary.
fn style(name: &str, look: Look) -> Style {
    match name {
        "parked" | "asr_failed_fatal" | "gpu_quarantined" => look.bad(),
        "failed" | "slow" | "put_back" | "translate_failed" | "wrong_label" | "not_told"
        | "unheeded" | "backup_failed" | "disk_low" | "not_notified" => look.warning(),
        "finished" => look.good(),
        _ => look.text(),
    }
}
