//! `kinora doctor`: is this machine ready?

use super::table::pad;
use super::{Exit, json, out};
use crate::api::doctor::{DoctorView, Health};
use crate::api::run::Fault;
use crate::app;
use crate::app::config::Config;
use unicode_width::UnicodeWidthStr;

/// Checks the machine and says what to do about what is wrong.
pub(crate) fn doctor(config: &Config, json: bool) -> Result<Exit, Fault> {
    let view = app::doctor::check(config);
    out::say(&if json { json::line(&view) } else { text(&view) })?;
    let bad = view.checks.iter().any(|it| it.health == Health::Bad);
    Ok(if bad { Exit::Failed } else { Exit::Good })
}

fn text(view: &DoctorView) -> String {
    let width = view.checks.iter().map(|it| it.name.width()).max().unwrap_or(0);
    let mut text = String::new();
    for check in &view.checks {
        let health = match check.health {
            Health::Good => "good",
            Health::Warning => "hint",
            Health::Bad => "BAD ",
        };
        text.push_str(&format!("{health}  {}  {}\n", pad(&check.name, width, false), check.found));
        if let Some(remedy) = &check.remedy {
            text.push_str(&format!("      {}  -> {remedy}\n", " ".repeat(width)));
        }
    }
    text
}
