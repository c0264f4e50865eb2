//! Terms: how names and words are to be translated, or that they are not; where each holds and who says so (P-19, J-3).

mod align;
mod exchange;
mod find;
mod fold;
mod learn;
mod mend;

pub use align::align;
pub use exchange::{Defaults, Exchange, IMPORT_BYTES_MAX, Import, RefusedRow, read, write};
pub use find::{Finder, for_prompt, occurring};
pub use learn::{Learnt, learnt, phrase_key};
pub use mend::apply_after;

use super::lang::Lang;
use super::order::os_paths;
use super::work::Work;
use crate::base::text::show_path;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// Terms a glossary holds at most; one is some 100 bytes, and all are looked at before a file is translated.
pub const TERMS_MAX: usize = 20_000;
/// Longest source and longest target of a term, characters.
pub const TERM_CHARS_MAX: usize = 200;
/// Longest note of a term, characters.
pub const NOTE_CHARS_MAX: usize = 500;

/// A term's number in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TermId(pub u64);

/// How something is to be translated.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Term {
    /// As it stands in the source.
    pub source: String,
    /// As it is to stand in the translation; `None` where it is kept as it is (do not translate).
    pub target: Option<String>,
    /// The language of the source; `None` for any.
    pub from: Option<Lang>,
    /// The language of the translation; `None` for any.
    pub to: Option<Lang>,
    /// Where it holds.
    pub scope: Scope,
    /// Who says so.
    pub origin: TermOrigin,
    /// Whether it counts.
    pub state: TermState,
    /// For people: "a river", "Mr Holmes's landlady"; empty for none.
    pub note: String,
}

/// What a term is about: two of the same cannot both hold.
pub type About = (String, Option<Lang>, Option<Lang>, Scope);

impl Term {
    /// The same on one line each, without odd spaces; an empty target is none.
    ///
    /// # Errors
    /// A sentence where it is no term: nothing is left, or it is too long.
    pub fn tidy(self) -> Result<Term, String> {
        let source = one_line(&self.source);
        let target = self.target.map(|it| one_line(&it)).filter(|it| !it.is_empty());
        let note = one_line(&self.note);
        if source.is_empty() {
            return Err("it has no source".to_owned());
        }
        for (what, text, chars_max) in [
            ("source", source.as_str(), TERM_CHARS_MAX),
            ("target", target.as_deref().unwrap_or_default(), TERM_CHARS_MAX),
            ("note", note.as_str(), NOTE_CHARS_MAX),
        ] {
            if text.chars().count() > chars_max {
                return Err(format!("its {what} is longer than {chars_max} characters"));
            }
        }
        if let (Some(from), Some(to)) = (&self.from, &self.to)
            && from == to
        {
            return Err(format!("it is from {from} into {to}"));
        }
        Ok(Term { source, target, note, ..self })
    }

    /// Whether it is for these languages: of one language, and in one script where both say which.
    pub fn is_for(&self, from: &Lang, to: &Lang) -> bool {
        fits(self.from.as_ref(), from) && fits(self.to.as_ref(), to)
    }

    /// Its source, languages and scope.
    pub fn about(&self) -> About {
        (self.source.clone(), self.from.clone(), self.to.clone(), self.scope.clone())
    }
}

fn fits(wanted: Option<&Lang>, is: &Lang) -> bool {
    wanted.is_none_or(|it| {
        let one_script = it.script().zip(is.script()).is_none_or(|(it, is)| it == is);
        it.same_language(is) && one_script
    })
}

/// Control characters and runs of spaces become one space each.
fn one_line(text: &str) -> String {
    let spaced = text.split(|it: char| it.is_whitespace() || it.is_control());
    spaced.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Where a term holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// In all that is translated.
    Everywhere,
    /// In a library, by its name.
    Library(String),
    /// In a series or a film, by its [`Work::key`](super::work::Work::key).
    Work(String),
    /// In one file.
    File(#[serde(with = "os_paths")] PathBuf),
}

impl Scope {
    /// All that a file of a work is in: of its library, where it is in one; of its work also by the title alone, since
    /// an owner need not know the year.
    pub fn all_of(library: Option<&str>, work: &Work, file: &Path) -> Vec<Scope> {
        let title = work.title.to_lowercase();
        let mut scopes = vec![Scope::File(file.to_owned()), Scope::Work(work.key())];
        if title != work.key() {
            scopes.push(Scope::Work(title));
        }
        scopes.extend(library.map(|it| Scope::Library(it.to_owned())));
        scopes.push(Scope::Everywhere);
        scopes
    }

    /// 0 for a file, rising with what it covers.
    fn width(&self) -> u8 {
        match self {
            Scope::File(_) => 0,
            Scope::Work(_) => 1,
            Scope::Library(_) => 2,
            Scope::Everywhere => 3,
        }
    }

    /// Reads what [`Scope`]'s `Display` writes.
    ///
    /// # Errors
    /// A sentence where it is none.
    pub fn parse(text: &str) -> Result<Scope, String> {
        let text = text.trim();
        let (word, rest) = text.split_once(':').unwrap_or((text, ""));
        let rest = rest.trim();
        let named = |what: &str| match rest.is_empty() {
            true => Err(format!("`{text}` does not name its {what}")),
            false => Ok(rest.to_owned()),
        };
        match word.trim().to_lowercase().as_str() {
            "everywhere" | "all" | "global" if rest.is_empty() => Ok(Scope::Everywhere),
            "library" => named("library").map(Scope::Library),
            "work" => named("film or series").map(|it| Scope::Work(it.to_lowercase())),
            "file" => named("file").map(|it| Scope::File(PathBuf::from(it))),
            _ => Err(format!(
                "`{text}` is no scope; write everywhere, library:NAME, work:TITLE or file:PATH"
            )),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Everywhere => f.write_str("everywhere"),
            Scope::Library(name) => write!(f, "library:{name}"),
            Scope::Work(key) => write!(f, "work:{key}"),
            Scope::File(path) => match path.to_str() {
                Some(path) => write!(f, "file:{path}"),
                None => write!(f, "file:{}", show_path(path)),
            },
        }
    }
}

/// Who says so; the first goes first (P-19).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TermOrigin {
    /// The owner.
    Hand,
    /// What the owner corrected in a finished file.
    Learnt,
    /// A model that read the work.
    Inferred,
    /// TMDb, Bangumi, an NFO file.
    Metadata,
}

/// Whether a term counts.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TermState {
    /// It does.
    Accepted,
    /// It waits for the owner's word.
    Proposed,
    /// The owner does not want it: it is not proposed again.
    Refused,
}

impl TermOrigin {
    /// Its word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            TermOrigin::Hand => "hand",
            TermOrigin::Learnt => "learnt",
            TermOrigin::Inferred => "inferred",
            TermOrigin::Metadata => "metadata",
        }
    }
}

impl TermState {
    /// All of them.
    pub const ALL: [TermState; 3] = [TermState::Accepted, TermState::Proposed, TermState::Refused];

    /// Its word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            TermState::Accepted => "accepted",
            TermState::Proposed => "proposed",
            TermState::Refused => "refused",
        }
    }

    /// The state of this word.
    pub fn parse(word: &str) -> Option<TermState> {
        TermState::ALL.into_iter().find(|it| it.word() == word.trim().to_lowercase())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An accepted term by hand that holds everywhere; an empty target is none.
    pub(crate) fn term(source: &str, target: &str) -> Term {
        Term {
            source: source.to_owned(),
            target: Some(target.to_owned()).filter(|it| !it.is_empty()),
            from: None,
            to: None,
            scope: Scope::Everywhere,
            origin: TermOrigin::Hand,
            state: TermState::Accepted,
            note: String::new(),
        }
    }

    pub(crate) fn lang(tag: &str) -> Lang {
        Lang::parse(tag).unwrap()
    }

    #[test]
    fn scopes_are_read_as_they_are_written() {
        for scope in [
            Scope::Everywhere,
            Scope::Library("Filme: alt".to_owned()),
            Scope::Work("sherlock (2010)".to_owned()),
            Scope::File("/films/a: b.mkv".into()),
        ] {
            assert_eq!(Scope::parse(&scope.to_string()), Ok(scope));
        }
        assert_eq!(Scope::parse(" Work: Sherlock"), Ok(Scope::Work("sherlock".to_owned())));
        for none in ["", "library", "file:", "series:x", "everywhere:x"] {
            assert!(Scope::parse(none).is_err(), "{none}");
        }
    }

    #[test]
    fn a_file_is_in_all_its_scopes() {
        let work = |title: &str, year| Work { title: title.to_owned(), year, ..Work::default() };
        let all = |work: &Work| {
            let scopes = Scope::all_of(Some("Films"), work, Path::new("/f/a.mkv"));
            scopes.iter().map(Scope::to_string).collect::<Vec<_>>().join(" | ")
        };
        let wanted =
            "file:/f/a.mkv | work:sherlock (2010) | work:sherlock | library:Films | everywhere";
        assert_eq!(all(&work("Sherlock", Some(2010))), wanted);
        let wanted = "file:/f/a.mkv | work:heat | library:Films | everywhere";
        assert_eq!(all(&work("Heat", None)), wanted);
    }

    #[test]
    fn a_term_is_tidied_or_refused() {
        let tidy = |source: &str, target: &str| term(source, target).tidy();
        assert_eq!(tidy(" Baker\n Street ", " 贝克\u{a0}街"), Ok(term("Baker Street", "贝克 街")));
        assert_eq!(tidy("iPhone", " \t"), Ok(term("iPhone", "")));
        assert!(tidy(" \u{0} ", "x").unwrap_err().contains("no source"));
        assert!(tidy("a", &"x".repeat(TERM_CHARS_MAX + 1)).unwrap_err().contains("target"));
        let same = Term { from: Some(lang("en")), to: Some(lang("en")), ..term("a", "b") };
        assert_eq!(same.tidy(), Err("it is from en into en".to_owned()));
    }

    #[test]
    fn a_term_is_for_its_languages() {
        let table = [
            (None, None, true),
            (Some("en"), Some("zh"), true),
            (Some("en-GB"), Some("zh-Hans"), true),
            (None, Some("zh-Hant"), false),
            (Some("de"), None, false),
        ];
        for (from, to, is_for) in table {
            let it = Term { from: from.map(lang), to: to.map(lang), ..term("a", "b") };
            assert_eq!(it.is_for(&lang("en"), &lang("zh-Hans")), is_for, "{from:?} {to:?}");
        }
    }
}
