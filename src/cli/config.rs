//! `kinora config`: what Kinora is set to, and whether the file is right.

use super::args_service::ConfigCommand;
use super::{Exit, out};
use crate::api::run::Fault;
use crate::app::config::{self, Config};
use crate::base::text::show_path;

/// Does it, with the configuration that was read.
pub(crate) fn config(config: &Config, asked: &ConfigCommand) -> Result<Exit, Fault> {
    match asked {
        ConfigCommand::Show { json: true } => out::say(&format!("{:#}\n", config.show()))?,
        ConfigCommand::Show { json: false } => {
            let traced = config::trace(config.source.as_deref(), std::env::vars_os())?;
            out::say(&traced.show_toml()?)?;
        }
        ConfigCommand::Check => out::say(&checked(config))?,
        ConfigCommand::Default => return default(),
    }
    Ok(Exit::Good)
}

/// What holds where nobody says anything.
pub(crate) fn default() -> Result<Exit, Fault> {
    out::say(&config::defaults(std::env::vars_os())?.show_toml()?)?;
    Ok(Exit::Good)
}

/// It was read, so it is right; what is wrong is told before it comes to this.
fn checked(config: &Config) -> String {
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
