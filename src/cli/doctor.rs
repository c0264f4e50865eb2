//! `kinora doctor`: is this machine ready?

use super::{Exit, json, out};
use crate::api::doctor::{Check, Health};
use crate::api::run::Fault;
use crate::app;
use crate::app::config::Config;
use crate::base::width::pad;

/// Columns for the names of checks, as wide as the longest.
const NAME_COLUMNS: usize = "voice activity model".len();

/// Checks the machine and says what to do about what is wrong.
pub(crate) fn doctor(config: &Config, json: bool) -> Result<Exit, Fault> {
    let mut said = Ok(());
    let view = app::doctor::check(config, &mut |check| {
        // Each as it ends: listening to the sample takes a while.
        if !json && said.is_ok() {
            said = out::say(&text(check));
        }
    })?;
    said?;
    if json {
        out::say(&json::line(&view))?;
    }
    let bad = view.checks.iter().any(|it| it.health == Health::Bad);
    Ok(if bad { Exit::Failed } else { Exit::Good })
}

fn text(check: &Check) -> String {
    let health = match check.health {
        Health::Good => "good",
        Health::Warning => "hint",
        Health::Bad => "BAD ",
    };
    let name = pad(&check.name, NAME_COLUMNS, false);
    let mut text = format!("{health}  {name}  {}\n", check.found);
    if let Some(remedy) = &check.remedy {
        text.push_str(&format!("      {}  -> {remedy}\n", " ".repeat(NAME_COLUMNS)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_comes_with_what_to_do() {
        let check = |name: &str, health, found: &str, remedy: Option<&str>| Check {
            name: name.into(),
            health,
            found: found.into(),
            remedy: remedy.map(str::to_owned),
        };
        let text: String = [
            check("processor", Health::Good, "4 cores with AVX2", None),
            check("memory", Health::Warning, "900 MiB are free", Some("close something")),
            check("model", Health::Bad, "`large` is missing", Some("kinora models pull large")),
        ]
        .iter()
        .map(text)
        .collect();
        insta::assert_snapshot!(text, @r"
        good  processor             4 cores with AVX2
        hint  memory                900 MiB are free
                                    -> close something
        BAD   model                 `large` is missing
                                    -> kinora models pull large
        ");
    }
}
