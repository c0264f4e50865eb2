//! Which names Jellyfin would label otherwise than they are meant: asked before they are used.

use super::super::lang::Lang;
use super::super::name::{
    OutputKind, Parts, Style, bilingual_name, bilingual_parts, labelled_as, output_name, parts,
};
use super::label::{self, Label, Ver};
use std::ffi::OsStr;

/// A name that would be labelled wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The oldest version that would.
    pub version: Ver,
    /// Such a name, of a video called `Film`.
    pub name: String,
    /// What this version shows of it, a few words.
    pub shows: String,
}

/// The stem of the video that names are tried with.
const STEM: &str = "Film";

/// Holds the names of a style in one language against the rules of a version: the plain ones of these kinds, and the
/// one with `other` beside it.
///
/// # Errors
/// Where another language would be shown, none though the version has a code for it, a flag that nobody asked for, or
/// not the title that is meant.
pub fn check(
    version: Ver,
    style: Style<'_>,
    lang: &Lang,
    kinds: &[OutputKind],
    other: Option<&Lang>,
    extension: &str,
) -> Result<(), Wrong> {
    let video = OsStr::new("Film.mkv");
    let plain = kinds
        .iter()
        .map(|kind| (output_name(style, video, lang, *kind, extension), parts(style, lang, *kind)));
    let both = other.map(|other| {
        let name = bilingual_name(style, video, lang, other, extension);
        (name, bilingual_parts(style, lang, other))
    });
    for (name, meant) in plain.chain(both) {
        let name = name.name.to_string_lossy().into_owned();
        let told = label::label(version, STEM, &name).unwrap_or_default();
        if !is_right(version, &told, &meant, lang) {
            return Err(Wrong { version, name, shows: label::shows(version, &told) });
        }
    }
    Ok(())
}

fn is_right(version: Ver, told: &Label, meant: &Parts, lang: &Lang) -> bool {
    let flagged = told.is_default || told.is_forced || told.is_hearing_impaired;
    let (title, language) = (told.title.as_deref(), told.language.as_deref());
    let as_meant = title == meant.title.as_deref();
    !flagged
        && match (language, meant.code.as_deref()) {
            (Some(shown), Some(_)) => as_meant && label::matches(shown, &labelled_as(lang)),
            (Some(_), None) => false,
            (None, None) => as_meant,
            // No name could tell this version the language; the code is read as the end of the title.
            (None, Some(code)) => {
                let words: Vec<&str> = meant.title.as_deref().into_iter().chain([code]).collect();
                !label::knows(version, lang) && title == Some(words.join(".").as_str())
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::name::Naming;
    use proptest::prelude::*;

    const KINDS: [OutputKind; 2] = [OutputKind::Spoken, OutputKind::Translated];

    fn lang(text: &str) -> Lang {
        Lang::parse(text).unwrap()
    }

    /// Every language that Whisper hears, and others with scripts and regions.
    fn languages() -> Vec<Lang> {
        let heard = "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur \
            hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo \
            so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue";
        let more = "zh-Hans zh-Hant zh-CN zh-TW zh-HK zh-Hant-HK zh-Hans-TW zh-SG zh-MO yue-Hant yue-Hans sr-Latn \
            sr-Cyrl pt-BR pt-PT es-419 es-MX en-GB en-US fr-CA nb fil ceb gsw nds wuu kk-Latn uz-Cyrl az-Arab \
            pa-Arab mn-Mong ms-Arab de-1996";
        heard.split_whitespace().chain(more.split_whitespace()).map(lang).collect()
    }

    fn check_all(version: Ver, style: Style<'_>, lang: &Lang) -> Result<(), Wrong> {
        let others = ["en", "ja", "zh-Hans", "hi"].map(|it| Lang::parse(it).unwrap());
        others.iter().try_for_each(|it| check(version, style, lang, &KINDS, Some(it), "srt"))
    }

    #[test]
    fn every_name_kinora_gives_by_itself_is_labelled_right() {
        for lang in languages() {
            for label in [None, Some("AI"), Some("Kinora 3")] {
                for version in Ver::ALL {
                    let style = Style { naming: Naming::Jellyfin, label };
                    assert_eq!(check_all(version, style, &lang), Ok(()), "{lang}");
                }
                for version in [Ver::V10_11, Ver::V12] {
                    let style = Style { naming: Naming::Tag, label };
                    assert_eq!(check_all(version, style, &lang), Ok(()), "{lang}");
                }
            }
        }
    }

    #[test]
    fn what_would_be_labelled_wrongly_is_told() {
        let (jellyfin, factory, tag) = (Naming::Jellyfin, Naming::Factory, Naming::Tag);
        let table = [
            (jellyfin, Some("hi"), "de", [false, false, false]),
            // With a title before it, it is no word of its own.
            (jellyfin, Some("hi"), "zh-Hans", [true, true, true]),
            (jellyfin, Some("SDH"), "en", [false, false, false]),
            (jellyfin, Some("forced parts"), "zh-Hans", [false, false, false]),
            (jellyfin, Some("my default"), "en", [false, false, false]),
            (jellyfin, Some("Foreigners"), "en", [false, false, false]),
            (jellyfin, Some("en"), "hi", [false, false, false]),
            (jellyfin, Some("en"), "zh", [true, true, true]),
            (jellyfin, Some("Day"), "zh", [true, true, true]),
            (factory, None, "zh-Hans", [true, true, true]),
            (factory, None, "zh-Hant", [false, true, true]),
            (factory, None, "yue", [true, true, true]),
            (factory, None, "en-GB", [false, false, false]),
            (factory, Some("AI"), "ja", [true, true, true]),
            (factory, Some("Day"), "ja", [true, true, false]),
            (factory, Some("mt"), "ja", [false, false, false]),
            (tag, None, "zh", [true, true, true]),
            (tag, None, "zh-Hans", [false, true, true]),
            (tag, None, "zh-TW", [true, true, true]),
            (tag, None, "es-419", [false, true, true]),
            (tag, None, "haw", [true, true, true]),
            (tag, Some("mt"), "hi", [false, false, false]),
            (tag, Some("a.b"), "de", [true, true, true]),
        ];
        for (naming, label, tag, right) in table {
            let style = Style { naming, label };
            let told = Ver::ALL.map(|it| check(it, style, &lang(tag), &KINDS, None, "srt").is_ok());
            assert_eq!(told, right, "{naming:?} {label:?} {tag}");
        }
        let told = check(Ver::V10_10, Naming::Tag.into(), &lang("zh-Hans"), &KINDS, None, "ass");
        let wrong = Wrong {
            version: Ver::V10_10,
            name: "Film.zh-Hans.ass".to_owned(),
            shows: "no language, titled `zh-Hans`".to_owned(),
        };
        assert_eq!(told, Err(wrong));
    }

    proptest! {
        /// Whatever the word: a name that passes shows the language and the title, and no flag.
        #[test]
        fn what_passes_is_labelled_as_it_is_meant(
            word in "(default|forced|hi|cc|mt|de|[a-zA-Z]{1,3}|\\PC)( ?[a-z]{0,3})",
            naming in 0usize..3, pick in 0usize..100, version in 0usize..3,
        ) {
            let (version, all) = (Ver::ALL[version], languages());
            let lang = &all[pick % all.len()];
            let naming = [Naming::Jellyfin, Naming::Factory, Naming::Tag][naming];
            let style = Style { naming, label: Some(&word) };
            if check(version, style, lang, &KINDS, None, "srt").is_ok() {
                let name = output_name(style, OsStr::new("Film.mkv"), lang, OutputKind::Translated, "srt").name;
                let told = label::label(version, "Film", name.to_str().unwrap()).unwrap();
                let flags = (told.is_default, told.is_forced, told.is_hearing_impaired);
                prop_assert_eq!(flags, (false, false, false));
                prop_assert!(told.title.is_some_and(|it| it.contains(&word)));
                let named = lang.primary() == "yue" || told.language.is_none_or(|it| label::matches(&it, lang));
                prop_assert!(named || lang.primary() == "wuu");
            }
        }
    }
}
