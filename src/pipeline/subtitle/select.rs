//! First step: what the file holds, which track is listened to, and which languages can be written.

use super::heading::{self, Heading};
use super::listen::{self, Spoken};
use super::outputs::{file_name, folder_of};
use super::publish::{self, Ledger};
use super::record::{self, Selected};
use super::{Asked, FinishedBefore, Library, known, wish};
use crate::base::cancel::Cancel;
use crate::domain::change::{Change, StepDone};
use crate::domain::execution::{Ending, Next, Step};
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::media::{AudioTrack, Probe};
use crate::domain::order::Summary;
use crate::domain::track::{self, Choice, TrackWish};
use crate::engines::media::MediaEngine;
use serde::{Deserialize, Serialize};

/// Takes the step: everything that can be known without listening. `alive` is called now and then where it takes long.
///
/// # Errors
/// Where the file is refused, has no track to listen to, or cannot be written beside; where nothing that is wanted can
/// be written; or where the work shall end.
pub fn run(
    asked: &Asked<'_>,
    media: &mut MediaEngine,
    library: &dyn Library,
    ledger: &dyn Ledger,
    cancel: &Cancel,
    alive: &mut dyn FnMut(),
) -> Result<StepDone, Fault> {
    let Asked { path, order, .. } = *asked;
    let key = wish::fingerprint(path, order)?;
    if let Some(before) = library.finished(&key)?.filter(|_| !order.force)
        && let Some(done) = finished_before(&before)
    {
        return Ok(done);
    }
    let probe = media.probe_unless(path, cancel)?;
    let (track, choice) = select(&probe, &order.wish)?;
    publish::check_folder(&folder_of(path, order))?;
    let mut notes = reasons(&choice);
    let told = heading::told(order)?;
    let (print, changes) = match order.force {
        true => (None, Vec::new()),
        false => known::identify(path, track.index, media, library, cancel, alive)?,
    };
    let selected = Selected { key, probe, track, print, heading: None, heard: None };
    let spoken = match told {
        Some(told) => Some(told),
        None => listen::recall_spoken(order, &selected, library)?.map(Spoken::Voted),
    };
    let Some(spoken) = spoken else {
        let (next, summary) = (Next::Step(Step::Detect), Summary::default());
        return Ok(StepDone { next, body: record::encode(&selected)?, notes, summary, changes });
    };
    notes.push(match &spoken {
        Spoken::Told(language) => format!("language: `{language}`, as it was told"),
        Spoken::Voted(verdict) => format!("language: {}, as was found before", verdict.reason),
    });
    let heading = Heading::of(spoken, order, &selected.track)?;
    headed(asked, selected, heading, library, ledger, Found { notes, changes })
}

/// What the step has to tell so far.
struct Found {
    notes: Vec<String>,
    changes: Vec<Change>,
}

/// Where the language is known: what follows.
fn headed(
    asked: &Asked<'_>,
    mut selected: Selected,
    mut heading: Heading,
    library: &dyn Library,
    ledger: &dyn Ledger,
    found: Found,
) -> Result<StepDone, Fault> {
    let Asked { path, order, .. } = *asked;
    let Found { mut notes, mut changes } = found;
    let mut summary = Summary::default();
    let onward = Next::Step(Step::Listen);
    let mut next = heading.proceed(path, order, ledger, onward, &mut summary)?;
    if next == onward
        && let Some(heard) = listen::recall_all(order, &selected, &heading, library)?
    {
        notes.push("its audio was listened to before; that is used again".to_owned());
        next = listen::conclude(&selected.key, &heard, &mut summary, &mut changes)?;
        selected.heard = Some(heard);
    }
    selected.heading = Some(heading);
    Ok(StepDone { next, body: record::encode(&selected)?, notes, summary, changes })
}

/// What was done before with the same wishes is not done again, as long as its files are there.
fn finished_before(before: &FinishedBefore) -> Option<StepDone> {
    let (ending, notice) = if before.outputs.is_empty() {
        (Ending::NoSpeech, "nobody speaks in it, as an earlier run found out".to_owned())
    } else if before.outputs.iter().all(|it| it.exists()) {
        let names: Vec<String> = before.outputs.iter().map(|it| file_name(it)).collect();
        (Ending::Skipped, format!("done before: {}", names.join(", ")))
    } else {
        return None;
    };
    let language = before.language.as_deref().and_then(|it| Lang::parse(it).ok());
    let notes = vec![notice.clone()];
    let summary = Summary { notices: vec![notice], language, ..Summary::default() };
    let (next, body, changes) = (Next::End(ending), Vec::new(), Vec::new());
    Some(StepDone { next, body, notes, summary, changes })
}

/// Why each track was chosen or not, a sentence each.
fn reasons(choice: &Choice) -> Vec<String> {
    let told = choice.considered.iter().map(|it| {
        let verdict = if it.chosen { "chosen" } else { "not chosen" };
        format!("audio track {}: {verdict}: {}", it.index, it.reasons.join(", "))
    });
    told.collect()
}

/// A language to write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
