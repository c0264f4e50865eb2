//! Everything that is wrong with the configuration, not the first mistake alone: for whoever corrects it.

use super::{Config, Env, Overrides, layers, mistakes};
use super::{SETTINGS_FILE, SYSTEM_FILE, build, data_dir, env_of, find_file, is_root, read_layers};
use crate::base::text;
use crate::domain::fault::Fault;
use std::ffi::OsString;
use std::path::Path;

/// Reads the configuration as [`load`](super::load) does without flags, and tells all that is wrong in file, changed
/// settings and environment; what does not fit together is told where each of them is right in itself.
///
/// # Errors
/// With every mistake, in the order of places and lines.
pub fn verdict(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Config, Vec<Fault>> {
    let env = env_of(env).map_err(one)?;
    let file = find_file(file, &env, Path::new(SYSTEM_FILE)).map_err(one)?;
    let mut faults = Vec::new();
    if let Some(file) = &file {
        faults.extend(of_file(file));
    }
    let variables = layers::of_variables(&env);
    faults.extend(variables.into_iter().filter_map(Result::err));
    if faults.is_empty() {
        // Nobody knows where they lie where that is not right.
        faults.extend(settings(file.as_deref(), &env));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let flags = Overrides::default();
    let layers = read_layers(file.as_deref(), &env, &flags).map_err(one)?;
    build(&layers, &env, flags).map_err(one)
}

fn one(fault: Fault) -> Vec<Fault> {
    vec![fault]
}

fn of_file(path: &Path) -> Vec<Fault> {
    match layers::content(path) {
        Ok(content) => mistakes::in_text(&text::show_path(path), &content),
        Err(fault) => vec![fault],
    }
}

fn settings(file: Option<&Path>, env: &Env) -> Vec<Fault> {
    let seen = file.map(layers::read_file).transpose().ok().flatten();
    let mut seen = seen.map(|it| it.table).unwrap_or_default();
    let layers = layers::of_variables(env).into_iter().filter_map(Result::ok);
    layers.for_each(|it| layers::lay_over(&mut seen, it.table));
    let named = layers::typed(seen).ok().and_then(|it| it.data_dir);
    let Ok(folder) = data_dir(None, named, env, is_root()) else { return Vec::new() };
    let path = folder.join(SETTINGS_FILE);
    if path.exists() { of_file(&path) } else { Vec::new() }
}
