//! Models for the owner: which there are, fetching and checking them.

use super::config::Config;
use crate::api::models::ModelView;
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use std::path::Path;

/// All models Kinora knows, and whether they are here.
///
/// # Errors
/// Where the model folders cannot be read.
pub fn list(_config: &Config) -> Result<Vec<ModelView>, Fault> {
    Ok(Vec::new())
}

/// Fetches a model, or takes it from a file; `progress` is told bytes done and bytes in all.
///
/// # Errors
/// Where the name is unknown, nothing can be fetched, or the digest differs.
pub fn pull(
    _config: &Config,
    name: &str,
    _from: Option<&Path>,
    _cancel: &Cancel,
    _progress: &mut dyn FnMut(u64, u64),
) -> Result<ModelView, Fault> {
    Err(Fault::operator(format!("there is no model called {name}"), "see `kinora models list`"))
}

/// Reads models through and compares their digests; all that are here where no name is given.
///
/// # Errors
/// Where the name is unknown.
pub fn verify(_config: &Config, name: Option<&str>) -> Result<Vec<ModelView>, Fault> {
    match name {
        None => Ok(Vec::new()),
        Some(name) => Err(Fault::operator(
            format!("there is no model called {name}"),
            "see `kinora models list`",
        )),
    }
}
