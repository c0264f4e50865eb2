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

/// The spoken language as it is written: Chinese gets the script that was asked for, that its track tells, or simplified.
pub fn written(spoken: &Lang, told: Option<&Lang>) -> Lang {
    if let Some(told) = told.filter(|it| it.same_language(spoken)) {
        if told.script().is_some() || told.region().is_some() {
            return told.clone();
        }
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

    fn told(spoken: &str, mixed: bool, to: &[&str]) -> (Vec<(String, bool)>, Vec<String>) {
        let to: Vec<Lang> = to.iter().map(|it| lang(it)).collect();
        let (targets, unreachable) = targets(&lang(spoken), mixed, &to);
        let targets = targets.iter().map(|it| (it.lang.to_string(), it.translate)).collect();
        (targets, unreachable.iter().map(Lang::to_string).collect())
    }

    #[test]
    fn the_spoken_language_is_written_and_english_is_translated() {
        let table: [(&str, bool, &[&str], &[(&str, bool)], &[&str]); 6] = [
            ("fr", false, &[], &[("fr", false)], &[]),
            ("fr", false, &["fr", "en"], &[("fr", false), ("en", true)], &[]),
            ("en", false, &["en"], &[("en", false)], &[]),
            ("en", true, &["en"], &[("en", true)], &[]),
            ("zh-Hans", false, &["zh-Hant"], &[("zh-Hant", false)], &[]),
            ("fr", false, &["de", "en"], &[("en", true)], &["de"]),
        ];
        for (spoken, mixed, to, want, want_not) in table {
            let want: Vec<_> = want.iter().map(|it| (it.0.to_owned(), it.1)).collect();
            assert_eq!(
                told(spoken, mixed, to),
                (want, want_not.iter().map(|it| (*it).to_owned()).collect())
            );
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
