//! Whether Jellyfin is there: reached, of a version that is known, with a key that may do what is needed, and whether
//! it sees our libraries.

use super::{good, unwell};
use crate::api::doctor::{Check, Health};
use crate::app::config::{Config, JellyfinSetting, Library, check_names};
use crate::app::intake;
use crate::base::cancel::Cancel;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crate::domain::jellyfin::Folder;
use crate::domain::jellyfin::label::Ver;
use crate::domain::jellyfin::paths::{Listed, PathMap, file_name, propose};
use crate::domain::order::Deliver;
use crate::engines::jellyfin::{ItemsQuery, Jellyfin};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

const NAME: &str = "Jellyfin";
/// A person waits.
const PATIENCE_MAX: Duration = Duration::from_secs(10);
/// Files of a library of ours, and items of theirs, that are compared.
const FILES_MAX: usize = 500;
const ITEMS_MAX: usize = 5000;
/// It refuses every upload.
const NO_UPLOADS: &str = "10.11.7";

/// One check each; none where no Jellyfin is configured.
pub fn checks(config: &Config) -> Vec<Check> {
    checks_unless(config, &Cancel::default())
}

/// As [`checks`], given up once `cancel` is set.
pub(in crate::app) fn checks_unless(config: &Config, cancel: &Cancel) -> Vec<Check> {
    let Some(setting) = &config.jellyfin else { return Vec::new() };
    let client = setting.settings().and_then(|mut it| {
        (it.limits.silence_max, it.limits.patience_max) = (PATIENCE_MAX, PATIENCE_MAX);
        Jellyfin::new(it)
    });
    let client = match client {
        Ok(client) => client,
        // The service does not start with this.
        Err(fault) => return vec![unwell(NAME, Health::Bad, fault)],
    };
    let version = match client.version(cancel) {
        Ok(version) => version,
        // Subtitles are made all the same.
        Err(fault) => return vec![unwell(NAME, Health::Warning, fault)],
    };
    let mut checks = vec![judge_version(&version, setting.deliver)];
    // An older server than `output.jellyfin` promises would show other labels.
    let names = Ver::of(&version).map(|it| check_names(config, it));
    checks.extend(
        names.and_then(Result::err).map(|it| unwell("Jellyfin's labels", Health::Warning, it)),
    );
    match client.folders(cancel) {
        Ok(folders) => {
            let found =
                format!("its key is an administrator's, and {} libraries are told", folders.len());
            checks.push(good("Jellyfin's key", found));
            checks.extend(judge_uploads(&folders, setting.deliver));
            checks.extend(libraries(config, setting, &client, &folders, cancel));
        }
        Err(fault) => checks.push(unwell("Jellyfin's key", Health::Bad, fault)),
    }
    checks
}

fn judge_version(version: &str, deliver: Deliver) -> Check {
    let mut numbers = version.split(['.', '-']).map(|it| it.parse::<u32>().unwrap_or(0));
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let warn =
        |what: String, remedy: &str| unwell(NAME, Health::Warning, Fault::operator(what, remedy));
    match (major, minor) {
        (0..10, _) | (10, 0..9) => unwell(
            NAME,
            Health::Bad,
            Fault::operator(
                format!("it is version {version}, which is too old"),
                "update it to 10.9 or later",
            ),
        ),
        _ if version == NO_UPLOADS && deliver == Deliver::Upload => warn(
            format!("version {version} refuses every subtitle that is uploaded"),
            "update Jellyfin, or set jellyfin.deliver to \"sidecar\"",
        ),
        (10 | 12, _) => good(NAME, format!("version {version} answers")),
        (_, _) => warn(
            format!("version {version} answers, which Kinora does not know"),
            "look whether it shows subtitles rightly; `kinora jobs show` tells where it does not",
        ),
    }
}

/// Uploads go where a library keeps them, which may be out of sight.
fn judge_uploads(folders: &[Folder], deliver: Deliver) -> Option<Check> {
    let hidden: Vec<&str> =
        folders.iter().filter(|it| !it.saves_beside).map(|it| it.name.as_str()).collect();
    if deliver != Deliver::Upload || hidden.is_empty() {
        return None;
    }
    let what =
        format!("uploaded subtitles of {} stand among Jellyfin's own data", hidden.join(", "));
    let remedy = "tick \"Save subtitles into media folders\" in that library of Jellyfin, if this is not meant";
    Some(unwell("uploads", Health::Warning, Fault::operator(what, remedy)))
}

/// Whether each library of ours is seen, and known by its files.
fn libraries(
    config: &Config,
    setting: &JellyfinSetting,
    client: &Jellyfin,
    folders: &[Folder],
    cancel: &Cancel,
) -> Vec<Check> {
    let locations: Vec<String> = folders.iter().flat_map(|it| it.locations.clone()).collect();
    let theirs = match paths(client, cancel) {
        Ok(theirs) => theirs,
        Err(fault) => return vec![unwell("Jellyfin's items", Health::Warning, fault)],
    };
    config.libraries.iter().map(|it| library(it, &setting.paths, &locations, &theirs)).collect()
}

fn library(
    library: &Library,
    map: &PathMap,
    locations: &[String],
    theirs: &BTreeSet<String>,
) -> Check {
    let name = format!("library {}", library.name);
    let files: Vec<PathBuf> =
        intake::files(&library.path).map(|it| it.path).take(FILES_MAX).collect();
    let shown = show_path(&library.path);
    if map.is_seen(&library.path, locations) {
        let known = files.iter().filter_map(|it| map.there(it)).any(|it| theirs.contains(&it));
        if known || files.is_empty() || theirs.is_empty() || ITEMS_MAX <= theirs.len() {
            let there = map.there(&library.path).unwrap_or_default();
            return good(&name, format!("Jellyfin sees {shown} as {there}"));
        }
        let what = format!("Jellyfin sees {shown}, and knows none of its files");
        let remedy = "let Jellyfin scan its libraries; where it stays so, correct jellyfin.paths";
        return unwell(&name, Health::Warning, Fault::operator(what, remedy));
    }
    let what = format!("Jellyfin does not see {shown}: none of its libraries lies there");
    let remedy = match proposal(library, &files, locations, theirs) {
        Some((here, there)) => {
            format!(
                "write into [jellyfin]: paths = [{{ here = {}, there = {} }}]",
                quoted(&here),
                quoted(&there)
            )
        }
        None => {
            "name the folder and where Jellyfin has it in jellyfin.paths, or add it to Jellyfin"
                .to_owned()
        }
    };
    unwell(&name, Health::Warning, Fault::operator(what, remedy))
}

fn proposal(
    library: &Library,
    files: &[PathBuf],
    locations: &[String],
    theirs: &BTreeSet<String>,
) -> Option<(String, String)> {
    let name = |it: &PathBuf| it.file_name()?.to_str().map(str::to_owned);
    let names = files.iter().filter_map(name).collect();
    let ours = Listed { path: library.path.to_str()?.to_owned(), names };
    let listed = |location: &String| {
        // Not by components: what Jellyfin says of its items begins with what it says of its folders.
        let inside = theirs.iter().filter(|it| it.starts_with(location.as_str()));
        let names = inside.filter_map(|it| file_name(it)).map(str::to_owned);
        Listed { path: location.clone(), names: names.collect() }
    };
    let theirs: Vec<Listed> = locations.iter().map(listed).collect();
    let (_, there) = propose(std::slice::from_ref(&ours), &theirs).pop()?;
    Some((ours.path, there))
}

/// As TOML writes it: backslashes as they are, unless there is a quotation mark in it.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("{text:?}") } else { format!("'{text}'") }
}

/// Where it sees its items.
fn paths(client: &Jellyfin, cancel: &Cancel) -> Result<BTreeSet<String>, Fault> {
    let mut paths = BTreeSet::new();
    client.items(&ItemsQuery::default(), cancel, |item| {
        paths.extend(item.path);
        if paths.len() < ITEMS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_are_known_are_good() {
        use Deliver::{Sidecar, Upload};
        for (version, deliver, health) in [
            ("10.8.13", Sidecar, Health::Bad),
            ("4.9.0", Sidecar, Health::Bad),
            ("nonsense", Sidecar, Health::Bad),
            ("10.9.0", Sidecar, Health::Good),
            ("10.11.7", Sidecar, Health::Good),
            ("10.11.7", Upload, Health::Warning),
            ("10.11.8", Upload, Health::Good),
            ("12.0.0", Upload, Health::Good),
            ("12.0-rc5", Sidecar, Health::Good),
            ("13.0.0", Sidecar, Health::Warning),
        ] {
            assert_eq!(judge_version(version, deliver).health, health, "{version}");
        }
    }

    #[test]
    fn paths_are_quoted_as_toml_reads_them() {
        for path in [r"D:\Films", "/media/Ben's films", r#"/a"b"#] {
            let table: toml::Table = format!("x = {}", quoted(path)).parse().expect("TOML");
            assert_eq!(table["x"].as_str(), Some(path));
        }
    }
}
