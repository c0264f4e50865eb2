//! First step: what the file holds, which track is listened to, and which languages can be written.

use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::media::{AudioTrack, Probe};
use crate::domain::track::{self, Choice, TrackWish};

/// A language to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// In which language and script.
    pub lang: Lang,
    /// By Whisper's own translation to English, not as spoken.
    pub translate: bool,
}

/// The chosen track with the reasons for each.
///
/// # Errors
/// Where there is no audio track, or none that can be listened to.
pub fn select(probe: &Probe, wish: &TrackWish) -> Result<(AudioTrack, Choice), Fault> {
    if probe.audio.is_empty() {
        return Err(Fault::operator(
            "there is no audio track in it",
            "nothing can be heard; take a copy that has sound",
        ));
    }
    let choice = track::choose(&probe.audio, wish);
    let chosen = choice.chosen.and_then(|index| probe.audio.iter().find(|it| it.index == index));
    match chosen {
        Some(track) => Ok((track.clone(), choice)),
        None => Err(nothing_to_choose(probe, &choice)),
    }
}

fn nothing_to_choose(probe: &Probe, choice: &Choice) -> Fault {
    let undecodable: Vec<&str> =
        probe.audio.iter().filter(|it| !it.decodable).map(|it| it.codec.as_str()).collect();
    if undecodable.len() == probe.audio.len() {
        return Fault::operator(
            format!("this FFmpeg has no decoder for its audio ({})", undecodable.join(", ")),
            "convert the audio track, or install an FFmpeg that knows this codec",
        );
    }
    let reasons =
        choice.considered.iter().map(|it| format!("track {}: {}", it.index, it.reasons.join(", ")));
    Fault::operator(
        format!(
            "none of its audio tracks is the one asked for ({})",
            reasons.collect::<Vec<_>>().join("; ")
        ),
        "name another track or language; `kinora explain` lists them",
    )
}

/// What can be written of speech in `spoken`, and which wishes cannot be met yet.
pub fn targets(spoken: &Lang, mixed: bool, to: &[Lang]) -> (Vec<Target>, Vec<Lang>) {
    if to.is_empty() {
        return (vec![Target { lang: spoken.clone(), translate: false }], Vec::new());
    }
    let mut targets = Vec::new();
    let mut unreachable = Vec::new();
    for lang in to {
        let english = lang.primary() == "en";
        if english && mixed {
            targets.push(Target { lang: lang.clone(), translate: true });
        } else if lang.same_language(spoken) {
            targets.push(Target { lang: lang.clone(), translate: false });
        } else if english {
            targets.push(Target { lang: lang.clone(), translate: true });
        } else {
            unreachable.push(lang.clone());
        }
    }
    (targets, unreachable)
}

/// The spoken language as it is written: Chinese gets the script asked for, that of its track, or the simplified one.
pub fn written(spoken: &Lang, told: Option<&Lang>) -> Lang {
    let told = told.filter(|it| it.same_language(spoken));
    if let Some(told) = told.filter(|it| it.script().is_some() || it.region().is_some()) {
        return told.clone();
    }
    if spoken.primary() == "zh" && spoken.script().is_none() {
        return Lang::parse("zh-Hans").unwrap_or_else(|_| spoken.clone());
    }
    spoken.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lang(tag: &str) -> Lang {
        Lang::parse(tag).unwrap()
    }

    /// What is written, `*` behind translations, and what cannot be.
    fn told(spoken: &str, mixed: bool, to: &str) -> (String, String) {
        let to: Vec<Lang> = to.split_whitespace().map(lang).collect();
        let (targets, unreachable) = targets(&lang(spoken), mixed, &to);
        let mark = |it: &Target| format!("{}{}", it.lang, if it.translate { "*" } else { "" });
        let targets: Vec<_> = targets.iter().map(mark).collect();
        let unreachable: Vec<_> = unreachable.iter().map(Lang::to_string).collect();
        (targets.join(" "), unreachable.join(" "))
    }

    #[test]
    fn the_spoken_language_is_written_and_english_is_translated() {
        for (spoken, mixed, to, written, unreachable) in [
            ("fr", false, "", "fr", ""),
            ("fr", false, "fr en", "fr en*", ""),
            ("en", false, "en", "en", ""),
            ("en", true, "en", "en*", ""),
            ("zh-Hans", false, "zh-Hant", "zh-Hant", ""),
            ("fr", false, "de en", "en*", "de"),
        ] {
            let wanted = (written.to_owned(), unreachable.to_owned());
            assert_eq!(told(spoken, mixed, to), wanted, "{spoken} to {to}");
        }
    }

    #[test]
    fn chinese_always_has_a_script() {
        assert_eq!(written(&lang("zh"), None), lang("zh-Hans"));
        assert_eq!(written(&lang("zh"), Some(&lang("zh-TW"))), lang("zh-TW"));
        assert_eq!(written(&lang("zh"), Some(&lang("en-GB"))), lang("zh-Hans"));
        assert_eq!(written(&lang("fr"), Some(&lang("fr"))), lang("fr"));
    }
}
