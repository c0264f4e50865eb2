//! `kinora config`: what Kinora is set to, whether the file is right, and what can stand in it.

use super::args_service::ConfigCommand;
use super::{Exit, out};
use crate::api::catalog::SettingsView;
use crate::api::run::Fault;
use crate::app;
use crate::app::config::{self, Config, Traced};
use crate::base::text::show_path;
use std::collections::BTreeMap;
use std::path::Path;

/// Does it, with the configuration of this file, or of the usual ones.
pub(crate) fn config(file: Option<&Path>, asked: &ConfigCommand) -> Result<Exit, Fault> {
    match asked {
        ConfigCommand::Show { json } => return show(file, *json),
        ConfigCommand::Check => return check(file),
        // These read no file, so they work where that is wrong.
        ConfigCommand::Default => out::say(&config::template()?)?,
        ConfigCommand::Schema => out::say(&format!("{:#}\n", config::schema()?))?,
    }
    Ok(Exit::Good)
}

/// Every value with where it comes from, and what a running Kinora works with where that is something else.
fn show(file: Option<&Path>, json: bool) -> Result<Exit, Fault> {
    let traced = match config::trace(file, std::env::vars_os()) {
        Ok(traced) => traced,
        Err(fault) => return wrong(&[fault]),
    };
    let running = running(&traced.config);
    match json {
        true => {
            let view = view(&traced, &running);
            let told = serde_json::to_string_pretty(&view)
                .map_err(|err| Fault::bug(format!("the settings cannot be shown ({err})")))?;
            out::say(&format!("{told}\n"))?;
        }
        false => out::say(&traced.show_toml(&running)?)?,
    }
    Ok(Exit::Good)
}

/// As the service tells it over HTTP.
fn view(traced: &Traced, running: &BTreeMap<String, String>) -> SettingsView {
    let mut keys = traced.keys(&traced.config);
    for key in &mut keys {
        key.in_force = running.get(&key.key).cloned();
    }
    let restart_needed = keys.iter().any(|it| it.in_force.is_some());
    SettingsView { settings: traced.config.show(), restart_needed, keys }
}

/// What a service on this machine works with where the configuration says something else by now, by key; nothing where
/// none runs.
fn running(config: &Config) -> BTreeMap<String, String> {
    let view = app::client(config).and_then(|it| it.settings()).ok();
    // Another one may have this address.
    let data_dir = config.data_dir.to_string_lossy();
    let ours = view.filter(|it| it.settings["data_dir"] == *data_dir);
    let keys = ours.map(|it| it.keys).unwrap_or_default();
    keys.into_iter().filter_map(|it| Some((it.key, it.in_force?))).collect()
}

fn check(file: Option<&Path>) -> Result<Exit, Fault> {
    match config::verdict(file, std::env::vars_os()) {
        Ok(config) => {
            out::say(&right(&config))?;
            Ok(Exit::Good)
        }
        Err(faults) => wrong(&faults),
    }
}

fn wrong(faults: &[Fault]) -> Result<Exit, Fault> {
    faults.iter().for_each(|it| out::complain(&format!("kinora: {it}")));
    Ok(Exit::Usage)
}

fn right(config: &Config) -> String {
    let file = match &config.source {
        Some(path) => format!("{} is right", show_path(path)),
        None => "there is no configuration file: everything is as it is by itself".to_owned(),
    };
    let settings = config.data_dir.join(config::SETTINGS_FILE);
    let over = match settings.exists() {
        true => format!("; settings that were changed lie over it: {}", show_path(&settings)),
        false => String::new(),
    };
    format!("{file}{over}\n")
}
