//! The configuration: defaults, file, environment.

use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::subtitle::Format;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The configuration, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where Kinora keeps what it remembers.
    pub data_dir: PathBuf,
    /// Languages wanted; empty for the spoken one.
    pub to: Vec<Lang>,
    /// How to listen.
    pub listen: Listen,
    /// What to write.
    pub output: Output,
}

/// `[listen]`.
#[derive(Clone, Debug)]
pub struct Listen {
    /// Name of the model.
    pub model: String,
    /// The spoken language; `None` to find it out.
    pub from: Option<Lang>,
}

/// `[output]`.
#[derive(Clone, Debug)]
pub struct Output {
    /// Formats, at least one.
    pub formats: Vec<Format>,
}

/// What the command line asks for; beats environment and file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// See [`Config::data_dir`]; may be relative.
    pub data_dir: Option<PathBuf>,
    /// See [`Listen::model`].
    pub model: Option<String>,
    /// See [`Config::to`].
    pub to: Option<Vec<Lang>>,
    /// See [`Listen::from`]; `Some(None)` finds it out.
    pub from: Option<Option<Lang>>,
    /// See [`Output::formats`].
    pub formats: Option<Vec<Format>>,
}

/// Reads the configuration.
///
/// # Errors
/// Where `file` cannot be read or holds what is no configuration.
pub fn load(
    file: Option<&Path>,
    _env: impl IntoIterator<Item = (OsString, OsString)>,
    overrides: Overrides,
) -> Result<Config, Fault> {
    if let Some(file) = file
        && let Err(err) = std::fs::metadata(file)
    {
        let shown = crate::base::text::show_path(file);
        return Err(Fault::operator(
            format!("the configuration file {shown} cannot be read ({err})"),
            "check the name after --config",
        ));
    }
    Ok(Config {
        data_dir: PathBuf::from("/var/lib/kinora"),
        to: overrides.to.unwrap_or_default(),
        listen: Listen {
            model: overrides.model.unwrap_or_else(|| "base-q8_0".to_owned()),
            from: overrides.from.flatten(),
        },
        output: Output { formats: overrides.formats.unwrap_or_else(|| vec![Format::Srt]) },
    })
}
