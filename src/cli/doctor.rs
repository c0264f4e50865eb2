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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::doctor::Check;

    #[test]
    fn what_is_wrong_comes_with_what_to_do() {
        let check = |name: &str, health, found: &str, remedy: Option<&str>| Check {
            name: name.into(),
            health,
            found: found.into(),
            remedy: remedy.map(str::to_owned),
        };
        let view = DoctorView {
            checks: vec![
                check("processor", Health::Good, "4 cores with AVX2", None),
                check("memory", Health::Warning, "900 MiB are free", Some("close something")),
                check("model", Health::Bad, "`large` is missing", Some("kinora models pull large")),
            ],
        };
        insta::assert_snapshot!(text(&view), @r"
        good  processor  4 cores with AVX2
        hint  memory     900 MiB are free
                         -> close something
        BAD   model      `large` is missing
                         -> kinora models pull large
        ");
    }
}
