//! Paths as sections name them, and folders that another program sees elsewhere.

use super::shapes;
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::jellyfin::paths::{PathMap, is_absolute};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Component, PathBuf};

/// More folders than anybody has.
const PATHS_MAX: usize = 100;

/// A folder, as we see it and as the other program does.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPair {
    /// The folder as Kinora sees it.
    #[schemars(schema_with = "shapes::absolute")]
    here: PathBuf,
    /// The same folder as the other program sees it, such as `/data` or `D:\Films`.
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

/// A path that begins with `/` and does not go back up.
pub(super) fn absolute(what: &str, path: PathBuf) -> Result<PathBuf, Fault> {
    let shown = text::show_path(&path);
    if !path.is_absolute() {
        return Err(Fault::operator(
            format!("{what} `{shown}` is no absolute path"),
            "start it with /",
        ));
    }
    if path.components().any(|it| it == Component::ParentDir) {
        return Err(Fault::operator(
            format!("{what} `{shown}` has `..` in it"),
            "write it without",
        ));
    }
    Ok(path)
}

/// The same for a file with a secret: what stands there may be the secret itself, and is not repeated.
pub(super) fn file_of_secret(what: &str, path: PathBuf) -> Result<PathBuf, Fault> {
    absolute(what, path).map_err(|_| {
        let told = format!("{what} is no absolute path without `..`");
        Fault::operator(
            told,
            "name the file that holds the secret, beginning with /, not the secret",
        )
    })
}
