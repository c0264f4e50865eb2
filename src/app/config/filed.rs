//! `FILE__NAME=/run/secrets/x`: the value of a variable stands in a file, as secrets of containers do. What is in such
//! a file is never repeated.

use super::{Env, layers};
use crate::base::text;
use crate::domain::fault::Fault;
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// What begins the name of such a variable.
pub(super) const PREFIX: &str = "FILE__";
/// A value is no longer than this.
const VALUE_BYTES_MAX: u64 = 64 * 1024;

/// Adds what stands in files, under the names that it stands for.
///
/// # Errors
/// Where a file of one of our variables cannot be read, or the variable is there beside it.
pub(super) fn read(mut env: Env) -> Result<Env, Fault> {
    let named: Vec<(String, OsString)> = env
        .iter()
        .filter_map(|(name, path)| Some((name.strip_prefix(PREFIX)?.to_owned(), path.clone())))
        .collect();
    for (name, path) in named {
        let is_ours = layers::is_ours(&name);
        if env.contains_key(&name) {
            if is_ours {
                let what = format!("{name} and {PREFIX}{name} are both set");
                return Err(Fault::operator(what, "take one of the two away"));
            }
            continue;
        }
        match value(Path::new(&path)) {
            Ok(value) => drop(env.insert(name, value)),
            Err(why) if is_ours => {
                let shown = text::show_path(Path::new(&path));
                let what = format!("{PREFIX}{name}: the file {shown} cannot be used ({why})");
                return Err(Fault::operator(what, "name a file that Kinora may read"));
            }
            // It may be meant for another program.
            Err(_) => {}
        }
    }
    Ok(env)
}

/// What is in it, without the line's end.
fn value(path: &Path) -> Result<OsString, String> {
    let file = std::fs::File::open(path).map_err(|err| err.to_string())?;
    let mut bytes = Vec::new();
    let read = file.take(VALUE_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|err| err.to_string())?;
    if VALUE_BYTES_MAX < bytes.len() as u64 {
        return Err(format!("it is longer than {VALUE_BYTES_MAX} bytes"));
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(OsString::from_vec(bytes))
}
