//! Folders that another program sees elsewhere, as the sections of that program name them.

use super::raw_service::absolute;
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::jellyfin::paths::{PathMap, is_absolute};
use serde::Deserialize;
use std::path::PathBuf;

/// More folders than anybody has.
const PATHS_MAX: usize = 100;

/// A folder, as we see it and as the other program does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPair {
    here: PathBuf,
    there: String,
}

/// The map of a section, which is named by its key.
pub(super) fn path_map(key: &str, raw: Vec<RawPair>) -> Result<PathMap, Fault> {
    if PATHS_MAX < raw.len() {
        let what = format!("{} folders in {key} are too many", raw.len());
        return Err(Fault::operator(what, format!("name at most {PATHS_MAX}")));
    }
    let mut map = PathMap::default();
    for RawPair { here, there } in raw {
        let here = absolute(&format!("{key}: here"), here)?;
        if !is_absolute(&there) {
            let what = format!("{key}: there `{}` is no whole path", text::clip(&there, 200));
            let remedy = r"write it as it is shown there, such as `/media/films`, `D:\Films` or `\\nas\films`";
            return Err(Fault::operator(what, remedy));
        }
        map.pairs.push((here, there));
    }
    Ok(map)
}
