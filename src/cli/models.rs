//! `kinora models`: which there are, fetching, checking and removing them.

use super::args::ModelsCommand;
use super::table::{Column, lay_out};
use super::{Exit, json, out, run};
use crate::api::models::{ModelState, ModelView};
use crate::api::run::Fault;
use crate::app;
use crate::app::config::Config;
use crate::app::models::Asked;
use crate::base::cancel::Cancel;
use crate::base::text::{bytes, show_path};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Does what is asked about models.
pub(crate) fn models(config: &Config, command: ModelsCommand) -> Result<Exit, Fault> {
    match command {
        ModelsCommand::List { json } => {
            let mut views = app::models::list(config)?;
            views.extend(app::models::list_ollama(config));
            out::say(&if json { lines(&views) } else { table(&views, out::columns_max()) })?;
            Ok(Exit::Good)
        }
        ModelsCommand::Pull { name, from, sha256 } => {
            let (from, sha256) = (from.as_deref(), sha256.as_deref());
            pull(config, Asked { name: &name, from, sha256 })
        }
        ModelsCommand::Remove { name, yes } => remove(config, &name, yes),
        ModelsCommand::Verify { name } => verify(config, name.as_deref()),
    }
}

fn pull(config: &Config, asked: Asked<'_>) -> Result<Exit, Fault> {
    let cancel = Cancel::default();
    run::listen_for_signals(&cancel)?;
    let bar = bar();
    let pulled = app::models::pull(config, asked, &cancel, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    match pulled {
        Ok(view) => {
            let path = view.path.as_deref().map_or("in Ollama".to_owned(), show_path);
            out::say(&format!("{} is here: {path}\n", view.name))?;
            Ok(Exit::Good)
        }
        Err(fault) => interrupted_or(fault, &cancel),
    }
}

fn remove(config: &Config, name: &str, yes: bool) -> Result<Exit, Fault> {
    let removal = app::models::removal(config, name)?;
    let mut told = String::new();
    for path in &removal.files {
        let begin = if yes { "removed" } else { "would remove" };
        told.push_str(&format!("{begin} {}\n", show_path(path)));
    }
    if let Some(warning) = &removal.warning {
        out::complain(&format!("{name}: {warning}"));
    }
    if yes {
        app::models::remove(&removal)?;
        told.push_str(&format!("{} are free again\n", bytes(removal.bytes)));
    } else {
        told.push_str(&format!("{} would be free; --yes removes it\n", bytes(removal.bytes)));
    }
    out::say(&told)?;
    Ok(Exit::Good)
}

fn verify(config: &Config, name: Option<&str>) -> Result<Exit, Fault> {
    let cancel = Cancel::default();
    run::listen_for_signals(&cancel)?;
    let bar = bar();
    let verified = app::models::verify(config, name, &cancel, &mut |_, done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let views = match verified {
        Ok(views) => views,
        Err(fault) => return interrupted_or(fault, &cancel),
    };
    out::say(&table(&views, out::columns_max()))?;
    for view in &views {
        if let Some(problem) = &view.problem {
            out::complain(&format!("{}: {problem}", view.name));
        }
    }
    let damaged = views.iter().any(|it| it.state == ModelState::Damaged);
    Ok(if damaged { Exit::Failed } else { Exit::Good })
}

/// An error after the owner asked to stop is the stop.
fn interrupted_or(fault: Fault, cancel: &Cancel) -> Result<Exit, Fault> {
    if !cancel.is_set() {
        return Err(fault);
    }
    out::complain("kinora: interrupted; the same command goes on where it stopped");
    Ok(Exit::Interrupted)
}

/// A bar in bytes on a terminal, and nothing elsewhere.
fn bar() -> ProgressBar {
    const TEMPLATE: &str =
        "{wide_bar} {binary_bytes} of {binary_total_bytes}  {binary_bytes_per_sec}  ETA {eta}";
    let bar = ProgressBar::no_length();
    bar.set_draw_target(if out::can_draw() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    });
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style.progress_chars("━━─"));
    }
    bar
}

fn lines(views: &[ModelView]) -> String {
    views.iter().map(json::line).collect()
}

fn table(views: &[ModelView], columns_max: Option<usize>) -> String {
    const COLUMNS: [Column; 8] = [
        Column::text("model", 0, 14),
        Column::word("kind", 3),
        Column::word("state", 1),
        Column::number("size", 2),
        Column::number("memory", 4),
        Column::text("languages", 5, 12),
        Column::word("licence", 7),
        Column::text("where", 6, 16),
    ];
    let rows = views.iter().map(|view| {
        vec![
            view.name.clone(),
            view.kind.clone(),
            state(view.state).to_owned(),
            bytes(view.bytes),
            bytes(view.memory_mib.saturating_mul(1024 * 1024)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_a_table_that_fits() {
        let here = ModelView {
            name: "base-q8_0".into(),
            kind: "whisper".into(),
            bytes: 81_768_585,
            languages: "99 languages".into(),
            licence: "MIT".into(),
            state: ModelState::Present,
            path: Some("/usr/share/kinora/models/ggml-base-q8_0.bin".into()),
            memory_mib: 250,
            shipped: true,
            problem: None,
        };
        let missing = ModelView {
            name: "large-v3".into(),
            bytes: 3_095_033_483,
            state: ModelState::Missing,
            path: None,
            memory_mib: 4_096,
            shipped: false,
            ..here.clone()
        };
        insta::assert_snapshot!(table(&[here, missing], Some(80)), @r"
        model      kind     state        size     memory  languages     where
        base-q8_0  whisper  here     78.0 MiB  250.0 MiB  99 languages  /usr/sha…8_0.bin
        large-v3   whisper  missing   2.9 GiB    4.0 GiB  99 languages
        ");
    }
}
