//! `kinora doctor`: is this machine ready?

use super::{Exit, json, out};
use crate::api::bundle::{BundlePiece, BundleView};
use crate::api::doctor::{Check, DoctorView, Health};
use crate::api::run::Fault;
use crate::app;
use crate::app::bundle::Bundle;
use crate::app::config::Config;
use crate::base::text::counted;
use crate::base::width::pad;
use std::path::{Path, PathBuf};

/// Columns for the names of checks, as wide as the longest.
const NAME_COLUMNS: usize = "voice activity model".len();

/// How the doctor is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Print JSON for scripts
    #[arg(long)]
    json: bool,
    /// Write an archive for whoever is to help you, without keys, tokens and names of users
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "kinora-support.zip")]
    bundle: Option<PathBuf>,
    /// In the archive, name no films
    #[arg(long, requires = "bundle")]
    anonymous: bool,
}

/// Checks the machine and says what to do about what is wrong.
pub(crate) fn doctor(config: &Config, asked: &DoctorArgs) -> Result<Exit, Fault> {
    let mut said = Ok(());
    let view = app::doctor::check(config, &mut |check| {
        // Each as it ends: listening to the sample takes a while.
        if !asked.json && said.is_ok() {
            said = out::say(&text(check));
        }
    })?;
    said?;
    if let Some(file) = &asked.bundle {
        return bundle(config, &view, file, asked);
    }
    if asked.json {
        out::say(&json::line(&view))?;
    }
    let bad = view.checks.iter().any(|it| it.health == Health::Bad);
    Ok(if bad { Exit::Failed } else { Exit::Good })
}

/// Shows what goes into the archive, asks where somebody is there to answer, and writes it.
fn bundle(
    config: &Config,
    view: &DoctorView,
    file: &Path,
    asked: &DoctorArgs,
) -> Result<Exit, Fault> {
    let bundle = Bundle::gather(config, view, file, std::env::vars_os(), asked.anonymous)?;
    let view = bundle.view();
    if !asked.json {
        out::say(&plan(&view))?;
        if out::is_asked_by_a_person() && !out::confirmed("Write it? [y/N] ")? {
            out::say("nothing was written\n")?;
            return Ok(Exit::Good);
        }
    }
    bundle.write()?;
    match asked.json {
        true => out::say(&json::line(&view))?,
        false => {
            out::say(&format!("{} is written; look through it before you send it\n", view.file))?
        }
    }
    Ok(Exit::Good)
}

fn plan(view: &BundleView) -> String {
    let widest = view.pieces.iter().map(|it| it.name.len()).max().unwrap_or(0);
    let mut text = format!("\n{} will hold:\n", view.file);
    for BundlePiece { name, about, bytes } in &view.pieces {
        text.push_str(&format!(
            "  {}  {:>6} KiB  {about}\n",
            pad(name, widest, false),
            bytes.div_ceil(1024)
        ));
    }
    let hidden = counted(view.replaced, "secret or name was", "secrets and names were");
    text.push_str(&format!("{hidden} replaced in it\n"));
    text
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
