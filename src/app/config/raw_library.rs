//! The shape of `[[library]]`: every key, and what stands for one that is not there; and how libraries fit together.

use super::raw::{From, filled};
use super::raw_paths::absolute;
use super::raw_service::Hours;
use super::shapes;
use super::{Config, Library, names, once, raw_translate};
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::name::Naming;
use crate::domain::order::{Bilingual, ExistingRules, SubtitleMode};
use crate::domain::schedule::Schedule;
use crate::domain::subtitle::Format;
use globset::{GlobBuilder, GlobSet};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::path::{Path, PathBuf};

/// More libraries than anybody has.
const LIBRARIES_MAX: usize = 100;
/// More patterns than anybody writes by hand.
const GLOBS_MAX: usize = 100;

/// `[[library]]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLibrary {
    /// What you call it; no two share a name.
    #[serde(deserialize_with = "filled")]
    #[schemars(length(min = 1))]
    name: String,
    /// Its folder; none lies inside of another.
    #[schemars(schema_with = "shapes::absolute")]
    path: PathBuf,
    /// Languages wanted here.
    #[serde(default)]
    #[schemars(schema_with = "shapes::langs")]
    to: Option<Vec<Lang>>,
    /// The spoken language here; `auto` finds it out.
    #[serde(default)]
    #[schemars(schema_with = "shapes::lang")]
    from: Option<From>,
    /// Only these paths below the folder, as patterns such as `*.mkv` or `Series/**`. Empty for all.
    #[serde(default, deserialize_with = "globs")]
    #[schemars(schema_with = "shapes::globs")]
    include: Vec<String>,
    /// Not these paths, even where they are included.
    #[serde(default, deserialize_with = "globs")]
    #[schemars(schema_with = "shapes::globs")]
    exclude: Vec<String>,
    /// Name of the speech model here, or its path.
    #[serde(default, deserialize_with = "some_filled")]
    #[schemars(schema_with = "shapes::model")]
    model: Option<String>,
    /// Formats that are written here, at least one.
    #[schemars(length(min = 1))]
    formats: Option<Vec<Format>>,
    /// How files are named here.
    naming: Option<Naming>,
    /// A word in the name of every file here. Empty for none.
    #[serde(default, deserialize_with = "some_label")]
    #[schemars(schema_with = "shapes::label")]
    label: Option<Option<String>>,
    /// What subtitles that are there already count for here.
    subtitle_mode: Option<SubtitleMode>,
    /// Makes a subtitle here although there is one in a wanted language.
    ignore_existing_subtitles: Option<bool>,
    /// Makes subtitles here anew where settings that they hang on were changed.
    remake_on_change: Option<bool>,
    /// Audio tracks in these languages are preferred here, the first most.
    #[serde(default)]
    #[schemars(schema_with = "shapes::langs")]
    prefer_langs: Option<Vec<Lang>>,
    /// When its files may be worked on, in local time, such as `["01:00-07:00", "sat-sun 00:00-24:00"]`. Empty for
    /// always.
    #[serde(default)]
    #[schemars(schema_with = "shapes::hours")]
    schedule: Option<Hours>,
    /// `false` translates nothing here.
    translate: Option<bool>,
    /// Who translates here, by name, tried in this order.
    #[schemars(length(min = 1))]
    translators: Option<Vec<String>>,
    /// Writes a file with both languages here too.
    bilingual: Option<bool>,
    /// Servers outside of your network may be asked about what is in its files.
    cloud: Option<bool>,
}

/// Libraries, each right in itself and beside the others; what one does not say is as `all` has it. Files with both
/// languages have them in this `order`.
pub(super) fn libraries(
    raw: Vec<RawLibrary>,
    all: &Config,
    order: Bilingual,
) -> Result<Vec<Library>, Fault> {
    if raw.len() > LIBRARIES_MAX {
        let what = format!("{} libraries are too many", raw.len());
        return Err(Fault::operator(what, format!("name at most {LIBRARIES_MAX} folders")));
    }
    let mut libraries: Vec<Library> = Vec::new();
    for library in raw {
        let library = library.checked(all, order)?;
        let shown = text::show_path(Path::new(&library.name));
        for other in &libraries {
            if other.name.to_lowercase() == library.name.to_lowercase() {
                let what = format!("there are two libraries with the name `{shown}`");
                return Err(Fault::operator(what, "give one of them another name"));
            }
            if library.path.starts_with(&other.path) || other.path.starts_with(&library.path) {
                let other = text::show_path(Path::new(&other.name));
                let what = format!("the folders of libraries `{other}` and `{shown}` overlap");
                let remedy = "keep the outer one alone, or name folders beside each other";
                return Err(Fault::operator(what, remedy));
            }
        }
        libraries.push(library);
    }
    Ok(libraries)
}

impl RawLibrary {
    fn checked(self, all: &Config, order: Bilingual) -> Result<Library, Fault> {
        let shown = text::show_path(Path::new(&self.name));
        let path = absolute(&format!("path of library `{shown}`:"), self.path)?;
        let formats = self.formats.map(once);
        if formats.as_ref().is_some_and(Vec::is_empty) {
            let what = format!("formats of library `{shown}` is empty");
            return Err(Fault::operator(what, "name srt, vtt or ass, or leave it out"));
        }
        let existing = &all.existing;
        let own = self.translators.as_ref().is_some_and(|it| !it.is_empty());
        let cloud = self.cloud.unwrap_or(true);
        let (translators, left_out) =
            kept_home(chain(&shown, self.translate, self.translators, all)?, cloud, all);
        if own && translators.is_empty() {
            let what = format!(
                "library `{shown}` says cloud = false, and all translators it names are outside of the home network"
            );
            let remedy = "name one at home, or `local`, or write translate = false";
            return Err(Fault::operator(what, remedy));
        }
        Ok(Library {
            name: self.name,
            path,
            to: self.to.unwrap_or_else(|| all.to.clone()),
            from: self.from.map_or_else(|| all.listen.from.clone(), |it| it.0),
            include: self.include,
            exclude: self.exclude,
            model: self.model.unwrap_or_else(|| all.listen.model.clone()),
            formats: formats.unwrap_or_else(|| all.output.formats.clone()),
            naming: self.naming.unwrap_or(all.output.naming),
            label: self.label.unwrap_or_else(|| all.output.label.clone()),
            existing: ExistingRules {
                mode: self.subtitle_mode.unwrap_or(existing.mode),
                work_anyway: self.ignore_existing_subtitles.unwrap_or(existing.work_anyway),
                good_percent: existing.good_percent,
                keep_ours: self.remake_on_change.map_or(existing.keep_ours, |it| !it),
            },
            prefer_langs: self.prefer_langs.unwrap_or_else(|| all.listen.prefer_langs.clone()),
            schedule: self.schedule.map_or_else(Schedule::always, |it| it.0),
            translators,
            cloud,
            left_out,
            bilingual: match self.bilingual {
                Some(is) => is.then_some(order),
                None => all.bilingual,
            },
        })
    }
}

/// Who translates in a library.
fn chain(
    shown: &str,
    translate: Option<bool>,
    translators: Option<Vec<String>>,
    all: &Config,
) -> Result<Vec<String>, Fault> {
    match (translate, translators) {
        (Some(false), None) => Ok(Vec::new()),
        (Some(false), Some(_)) => {
            let what = format!("library `{shown}` names translators and says translate = false");
            Err(Fault::operator(what, "take one of the two out"))
        }
        (_, Some(names)) if names.is_empty() => {
            let what = format!("translators of library `{shown}` is empty");
            Err(Fault::operator(what, "name one, leave it out, or write translate = false"))
        }
        (_, Some(names)) => {
            raw_translate::chain(&names, &all.translators, &format!("library `{shown}`"))
        }
        (_, None) => Ok(all.translate.chain.clone()),
    }
}

/// A label; an empty one takes that of all libraries away.
fn some_label<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    names::label(from).map(Some)
}

/// Those of a chain that may be asked, and those that may not, since they are outside of the owner's network.
fn kept_home(chain: Vec<String>, cloud: bool, all: &Config) -> (Vec<String>, Vec<String>) {
    let is_home = |name: &String| all.translators.iter().any(|it| it.name == *name && it.at_home());
    chain.into_iter().partition(|it| cloud || is_home(it))
}

fn some_filled<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    filled(from).map(Some)
}

/// Patterns for paths below a library's folder, each read as it will be when paths are held against it.
fn globs<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let globs = Vec::<String>::deserialize(from)?;
    if globs.len() > GLOBS_MAX {
        let told = format!("{} patterns are too many; write at most {GLOBS_MAX}", globs.len());
        return Err(D::Error::custom(told));
    }
    globs.iter().try_for_each(|it| check_glob(it)).map_err(D::Error::custom)?;
    Ok(globs)
}

fn check_glob(glob: &str) -> Result<(), String> {
    if glob.is_empty() {
        return Err("a pattern is empty; write one like `*.mkv`, or leave it out".to_owned());
    }
    if glob.starts_with('/') {
        let told = "begins with `/`; write it as seen from the library's folder, like `Extras/**`";
        return Err(format!("`{glob}` {told}"));
    }
    let built = GlobBuilder::new(glob).literal_separator(true).build();
    // Compiled too: one that is too large fails only there.
    built.and_then(|it| GlobSet::new([it])).map(drop).map_err(|err| {
        let why = err.kind().to_string().replace("; ", ", ");
        format!("`{glob}` is no pattern ({why}); write one like `*.mkv` or `**/Extras/**`")
    })
}
