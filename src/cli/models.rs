//! `kinora models`: which there are, fetching and checking them.

use super::args::ModelsCommand;
use super::table::{Column, lay_out};
use super::{Exit, json, out, run};
use crate::api::models::{ModelState, ModelView};
use crate::api::run::Fault;
use crate::app;
use crate::app::config::Config;
use crate::base::cancel::Cancel;
use crate::base::text::{bytes, show_path};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::Path;

/// Does what is asked about models.
pub(crate) fn models(config: &Config, command: ModelsCommand) -> Result<Exit, Fault> {
    match command {
        ModelsCommand::List { json } => {
            let views = app::models::list(config)?;
            out::say(&if json { lines(&views) } else { table(&views, out::columns_max()) })?;
            Ok(Exit::Good)
        }
        ModelsCommand::Pull { name, from } => pull(config, &name, from.as_deref()),
        ModelsCommand::Verify { name } => {
            let views = app::models::verify(config, name.as_deref())?;
            out::say(&table(&views, out::columns_max()))?;
            let sound = views.iter().all(|it| it.state == ModelState::Verified);
            Ok(if sound { Exit::Good } else { Exit::Failed })
        }
    }
}

fn pull(config: &Config, name: &str, from: Option<&Path>) -> Result<Exit, Fault> {
    let cancel = Cancel::default();
    run::listen_for_signals(&cancel)?;
    let bar = ProgressBar::no_length();
    bar.set_draw_target(if out::can_draw() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    });
    let style =
        "{wide_bar} {binary_bytes} of {binary_total_bytes}  {binary_bytes_per_sec}  ETA {eta}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style.progress_chars("━━─"));
    }
    let pulled = app::models::pull(config, name, from, &cancel, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    match pulled {
        Ok(view) => {
            let path = view.path.as_deref().map_or(String::new(), show_path);
            out::say(&format!("{} is here: {path}\n", view.name))?;
            Ok(Exit::Good)
        }
        Err(_) if cancel.is_set() => {
            out::complain("kinora: interrupted; the same command goes on where it stopped");
            Ok(Exit::Interrupted)
        }
        Err(fault) => Err(fault),
    }
}

fn lines(views: &[ModelView]) -> String {
    views.iter().map(json::line).collect()
}

fn table(views: &[ModelView], columns_max: Option<usize>) -> String {
    const COLUMNS: [Column; 7] = [
        Column::text("model", 0, 14),
        Column::word("kind", 3),
        Column::word("state", 1),
        Column::number("size", 2),
        Column::text("languages", 5, 12),
        Column::word("licence", 6),
        Column::text("where", 4, 16),
    ];
    let rows = views.iter().map(|view| {
        vec![
            view.name.clone(),
            view.kind.clone(),
            state(view.state).to_owned(),
            bytes(view.bytes),
            view.languages.clone(),
            view.licence.clone(),
            view.path.as_deref().map_or(String::new(), show_path),
        ]
    });
    lay_out(&COLUMNS, &rows.collect::<Vec<_>>(), columns_max)
}

fn state(state: ModelState) -> &'static str {
    match state {
        ModelState::Missing => "missing",
        ModelState::Present => "here",
        ModelState::Verified => "verified",
        ModelState::Damaged => "damaged",
    }
}
