//! Which of the subtitles that are there count for a wanted language (P-7), and how they are called.

use crate::base::text::{clip, counted, show_path};
use crate::domain::existing::{Existing, Origin};
use crate::domain::lang::Lang;
use crate::domain::reason::Reason;
use std::path::Path;

/// Characters of a track's title that are told.
const TITLE_CHARS_MAX: usize = 40;

/// What one is for a wanted language.
pub(super) enum Standing {
    /// It is in that language, as wanted.
    Counts,
    /// It is in that language, and still does not count: why.
    Falls(String),
    /// It is in another language, or no subtitle with words at all.
    Apart,
}

/// What there is, and what each is.
pub(super) fn inventory(existing: &[Existing]) -> Reason {
    if existing.is_empty() {
        return Reason::leaf("no subtitles are there");
    }
    let each = existing.iter().map(|it| {
        let what = useless(it).map(|why| format!("{why}: does not count"));
        Reason::leaf(format!("{}: {}", label(it), what.unwrap_or_else(|| evidence(it))))
    });
    let told = counted(existing.len(), "subtitle is there", "subtitles are there");
    Reason::of(told, each.collect())
}

/// Why one counts for no language.
pub(super) fn useless(it: &Existing) -> Option<String> {
    if !it.text {
        return Some("pictures, no text".to_owned());
    }
    if it.forced {
        return Some("forced only".to_owned());
    }
    if let Some(trouble) = &it.trouble {
        return Some(trouble.clone());
    }
    it.lang().is_none().then(|| "nothing tells its language".to_owned())
}

/// What one is for `wanted`. Language and script must be as wanted; a script that is wanted must be known. A region
/// counts where no script is wanted and both name one: Brazilian Portuguese is not European Portuguese, either is
/// Portuguese.
pub(super) fn standing(it: &Existing, wanted: &Lang) -> Standing {
    if useless(it).is_some() {
        return Standing::Apart;
    }
    let Some(is) = Written::of(it).filter(|is| is.lang.same_language(wanted)) else {
        return Standing::Apart;
    };
    let asked = wanted.name_en();
    if is.is_other_form_of(wanted) {
        return Standing::Falls(format!("{}, not {asked}", evidence(it)));
    }
    match (wanted.script(), is.script) {
        (Some(_), None) => {
            Standing::Falls(format!("{}, and nothing tells its script", evidence(it)))
        }
        (Some(script), Some(other)) if script != other => {
            Standing::Falls(format!("{}, not {asked}", evidence(it)))
        }
        (Some(_), Some(_)) => Standing::Counts,
        (None, _) => match (wanted.region(), is.region) {
            (Some(region), Some(other)) if region != other => {
                Standing::Falls(format!("{}, not {asked}", evidence(it)))
            }
            (Some(_) | None, Some(_) | None) => Standing::Counts,
        },
    }
}

/// What one is written in, as its text and its tag tell together.
struct Written<'a> {
    lang: &'a Lang,
    script: Option<&'a str>,
    region: Option<&'a str>,
}

impl<'a> Written<'a> {
    /// The language as [`Existing::lang`] has it. What that leaves open is taken from the tag, or from what the text
    /// seems to be, where they name the same language; a tag with another script is not believed about the region.
    fn of(it: &'a Existing) -> Option<Written<'a>> {
        let lang = it.lang()?;
        let text = it.examined.as_ref().and_then(|it| it.lang.as_ref()).map(|it| &it.lang);
        let told = [Some(lang), it.tag.as_ref(), text].into_iter().flatten();
        let told: Vec<&Lang> = told.filter(|it| it.same_language(lang)).collect();
        let script = told.iter().find_map(|it| it.script());
        let agrees = |it: &&&Lang| it.script().is_none() || it.script() == script;
        let region = told.iter().filter(agrees).find_map(|it| it.region());
        Some(Written { lang, script, region })
    }

    /// Bokmål and Nynorsk are heard as one language and written as two; `no` is either.
    fn is_other_form_of(&self, wanted: &Lang) -> bool {
        matches!((wanted.primary(), self.lang.primary()), ("nb", "nn") | ("nn", "nb"))
    }
}

/// How one is called.
pub(super) fn label(it: &Existing) -> String {
    match &it.origin {
        Origin::Embedded(index) => {
            let title = it.title.as_deref().map(|it| format!(" `{}`", clip(it, TITLE_CHARS_MAX)));
            let lang = it.tag.as_ref().map_or("no language".to_owned(), Lang::name_en);
            format!("track {index}{} ({lang}, {})", title.unwrap_or_default(), it.codec)
        }
        Origin::External(path) => name(path),
        Origin::Ours(path) => format!("{} (made by Kinora)", name(path)),
    }
}

fn name(path: &Path) -> String {
    show_path(path.file_name().map_or(path, Path::new))
}

/// What tells the language of one.
pub(super) fn evidence(it: &Existing) -> String {
    let from = match it.origin {
        Origin::Embedded(_) => "tag",
        Origin::External(_) | Origin::Ours(_) => "name",
    };
    let text = it.examined.as_ref().and_then(|it| it.lang.as_ref());
    let sure = text.filter(|it| it.sure).map(|it| it.lang.name_en());
    let tag = it.tag.as_ref();
    match (sure, tag) {
        (Some(text), Some(tag)) if it.lie().is_some() => {
            format!("its {from} says {}, but its text is {text}", tag.name_en())
        }
        (Some(text), Some(tag)) if tag.name_en() != text && is_detailed(tag) => {
            format!("its text is {text}, its {from} says {}", tag.name_en())
        }
        (Some(text), Some(_) | None) => format!("its text is {text}"),
        (None, Some(tag)) => format!("its {from} says {}", tag.name_en()),
        (None, None) => match text {
            Some(text) => format!("its text seems to be {}", text.lang.name_en()),
            None => "nothing tells its language".to_owned(),
        },
    }
}

fn is_detailed(tag: &Lang) -> bool {
    tag.script().is_some() || tag.region().is_some()
}
