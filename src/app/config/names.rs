//! Names of files that Jellyfin would label wrongly are refused before anything is written (PROTOCOLS.md 1.4).

use super::{Config, Library};
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::jellyfin::check::{Wrong, check};
use crate::domain::jellyfin::label::Ver;
use crate::domain::lang::Lang;
use crate::domain::name::{Naming, OutputKind, Style};
use crate::domain::subtitle::Format;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::path::Path;

/// Longest word of the owner's in a name, in characters.
pub(super) const LABEL_CHARS_MAX: usize = 40;
/// What a name cannot hold on the file systems of a house, and the dot, where Jellyfin splits names.
pub(super) const LABEL_NEVER: &str = "./\\:*?\"<>|";

/// Names that are given.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Names<'a> {
    /// How files are named.
    pub(in crate::app) style: Style<'a>,
    /// Languages wanted; empty for the spoken one.
    pub(in crate::app) to: &'a [Lang],
    /// The spoken language, where it is told.
    pub(in crate::app) from: Option<&'a Lang>,
    /// Formats written.
    pub(in crate::app) formats: &'a [Format],
    /// Files with two languages too.
    pub(in crate::app) bilingual: bool,
}

impl<'a> Names<'a> {
    fn of_all(config: &'a Config) -> Names<'a> {
        let (output, label) = (&config.output, config.output.label.as_deref());
        Names {
            style: Style { naming: output.naming, label },
            to: &config.to,
            from: config.listen.from.as_ref(),
            formats: &output.formats,
            bilingual: config.bilingual.is_some(),
        }
    }

    fn of_library(library: &'a Library) -> Names<'a> {
        Names {
            style: Style { naming: library.naming, label: library.label.as_deref() },
            to: &library.to,
            from: library.from.as_ref(),
            formats: &library.formats,
            bilingual: library.bilingual.is_some(),
        }
    }

    /// The first name that is wrong in one of these versions.
    fn wrong_in(&self, versions: &[Ver]) -> Option<Wrong> {
        let heard;
        let (langs, kinds): (&[Lang], &[OutputKind]) = match (self.to, self.from) {
            ([], Some(from)) => (std::slice::from_ref(from), &[OutputKind::Spoken]),
            ([], None) => {
                heard = Lang::all_heard();
                (&heard, &[OutputKind::Spoken])
            }
            (to, _) => (to, &[OutputKind::Spoken, OutputKind::Translated]),
        };
        let english = Lang::from_whisper("en");
        let other = self.from.or(english.as_ref()).filter(|_| self.bilingual);
        let other = other.filter(|_| !self.to.is_empty());
        let each = |version: Ver, lang: &Lang| {
            let mut endings = self.formats.iter().map(|it| it.extension());
            endings.find_map(|it| check(version, self.style, lang, kinds, other, it).err())
        };
        versions.iter().find_map(|version| langs.iter().find_map(|lang| each(*version, lang)))
    }

    /// Refuses names that a version from `oldest` on would label wrongly.
    ///
    /// # Errors
    /// With the first of them: what is shown, by which version, and what to do. `whose` they are begins the sentence.
    pub(in crate::app) fn check(&self, whose: &str, oldest: Ver) -> Result<(), Fault> {
        let from = |oldest: Ver| Ver::ALL.into_iter().filter(move |it| oldest <= *it);
        let versions: Vec<Ver> = from(oldest).collect();
        let Some(wrong) = self.wrong_in(&versions) else { return Ok(()) };
        let plain = Names { style: self.style.naming.into(), ..*self };
        let newer = versions.iter().skip(1).find(|it| {
            let versions: Vec<Ver> = from(**it).collect();
            self.wrong_in(&versions).is_none()
        });
        let naming = (self.style.naming != Naming::Jellyfin).then_some("naming = \"jellyfin\"");
        let remedy = if self.style.label.is_some() && plain.wrong_in(&versions).is_none() {
            "choose another label: not `cc`, `hi` or `sdh`, no code of a language, and without `default`, `forced` \
             and `foreign`"
                .to_owned()
        } else if let Some(newer) = newer {
            let version = format!("output.jellyfin = \"{newer}\" where no server is older");
            [Some(version.as_str()), naming].into_iter().flatten().fold(String::new(), |all, it| {
                if all.is_empty() { format!("write {it}") } else { format!("{all}, or {it}") }
            })
        } else {
            format!("write {}", naming.unwrap_or("another language"))
        };
        let Wrong { version, name, shows } = wrong;
        Err(Fault::operator(
            format!("{whose} names files so that Jellyfin {version} shows `{name}` as {shows}"),
            remedy,
        ))
    }
}

/// Refuses a configuration whose names a Jellyfin from `oldest` on would label wrongly: those of `[output]`, and of
/// each library.
///
/// # Errors
/// With the first of them.
pub(in crate::app) fn check_names(config: &Config, oldest: Ver) -> Result<(), Fault> {
    Names::of_all(config).check("output", oldest)?;
    for library in &config.libraries {
        let shown = text::show_path(Path::new(&library.name));
        Names::of_library(library).check(&format!("library `{shown}`"), oldest)?;
    }
    Ok(())
}

/// A word for names; an empty one is none.
pub(super) fn label<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    let odd = |it: char| it.is_control() || LABEL_NEVER.contains(it);
    if text.chars().count() > LABEL_CHARS_MAX {
        let told = format!("it is too long; write at most {LABEL_CHARS_MAX} characters");
        return Err(D::Error::custom(told));
    }
    if text.trim() != text || text.contains(odd) {
        let told = format!(
            "`{text}` cannot stand in names; write a plain word without a dot such as `AI`"
        );
        return Err(D::Error::custom(told));
    }
    Ok(Some(text).filter(|it| !it.is_empty()))
}

/// A version of Jellyfin.
pub(super) fn version<'de, D: Deserializer<'de>>(from: D) -> Result<Ver, D::Error> {
    let text = String::deserialize(from)?;
    Ver::of(&text).ok_or_else(|| {
        let known = Ver::ALL.map(Ver::word).join(", ");
        D::Error::custom(format!("`{text}` is no version of Jellyfin; write one of {known}"))
    })
}
