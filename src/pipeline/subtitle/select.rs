//! First step: what the file holds, which track is listened to, which subtitles are there, and what is to be done.

use super::course::{self, Told};
use super::facts::{self, Eyes, Looked};
use super::heading;
use super::listen::{self, Spoken};
use super::outputs::{file_name, folder_of};
use super::publish::{self, Ledger};
use super::record::{Known, Selected};
use super::{
    Asked, FinishedBefore, Library, Phrases, adopt, follow, known, learn, lone, outputs, wish,
    works,
};
use crate::base::cancel::Cancel;
use crate::domain::change::{Change, StepDone};
use crate::domain::execution::{Ending, Next};
use crate::domain::existing::Existing;
use crate::domain::fault::Fault;
use crate::domain::job::Fingerprint;
use crate::domain::lang::Lang;
use crate::domain::media::{AudioTrack, Probe};
use crate::domain::names::names_in;
use crate::domain::order::{Order, SubtitleMode, Summary};
use crate::domain::rules::{self, Done, Facts};
use crate::domain::track::{self, Choice, TrackWish};
use crate::engines::media::MediaEngine;
use serde::{Deserialize, Serialize};
use std::path::Path;

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
    phrases: &dyn Phrases,
    cancel: &Cancel,
    alive: &mut dyn FnMut(),
) -> Result<StepDone, Fault> {
    let Asked { path, order, .. } = *asked;
    let key = wish::fingerprint(path, order)?;
    if let Some(before) = library.finished(&key)?.filter(|_| !order.force)
        && let Some(mut done) = finished_before(order, &before)
    {
        // So that they follow it when it is renamed, whoever wrote them.
        done.changes.extend(follow::placed(path, order, &key, &before.outputs));
        return Ok(done);
    }
    if outputs::is_subtitle(path) {
        return lone::select(asked, key, ledger);
    }
    let mut eyes = Eyes { media, library, ledger, phrases, cancel, alive };
    let looked = facts::look(path, order, &mut eyes)?;
    let learnt = learn::learn(&looked.existing, phrases)?;
    outputs::make_folder(path, order)?;
    publish::check_folder(&folder_of(path, order))?;
    let mut told = Told::of(asked);
    told.notes.extend(reasons(&looked.choice));
    told.notes.extend(facts::told(&looked.existing));
    let (mut selected, changes) = start(path, order, key, looked, &mut eyes)?;
    told.changes = changes;
    told.changes.extend(learnt);
    let mut known = std::mem::take(&mut selected.known);
    told.notes.extend(known.spoken.as_ref().map(|spoken| match spoken {
        Spoken::Told(language) => format!("language: `{language}`, as it was told"),
        Spoken::Voted(verdict) => format!("language: {}, as was found before", verdict.reason),
    }));
    let next = course::proceed(asked, &selected, &mut known, library, ledger, &mut told)?;
    selected.known = known;
    told.done(next, &selected)
}

/// What is known of a file that was looked at; and what is to be remembered.
pub(super) fn start(
    path: &Path,
    order: &Order,
    key: Fingerprint,
    looked: Looked,
    eyes: &mut Eyes<'_>,
) -> Result<(Selected, Vec<Change>), Fault> {
    let work = works::work_of(path);
    let mut names = names(path, order, &looked.existing, eyes)?;
    names.extend(works::names(path, order, &work, &looked.track, eyes.phrases)?);
    let names = names.join(", ");
    let told = heading::told(order)?;
    let Looked { file, probe, track, existing, mut changes, .. } = looked;
    let mut print = None;
    if !order.force {
        let Eyes { media, library, cancel, alive, .. } = eyes;
        let (found, remembered) =
            known::identify(path, track.index, media, *library, cancel, *alive)?;
        changes.extend(remembered);
        print = found;
    }
    let known = Known::default();
    let track = Some(track);
    let mut selected = Selected { key, file, probe, track, print, existing, names, work, known };
    selected.known.spoken = match told {
        Some(told) => Some(told),
        None => listen::recall_spoken(order, &selected, eyes.library)?.map(Spoken::Voted),
    };
    Ok((selected, changes))
}

/// Names in one of the subtitles that are there, where they shall help (`subtitle_mode = "reference"`).
fn names(
    path: &Path,
    order: &Order,
    existing: &[Existing],
    eyes: &mut Eyes<'_>,
) -> Result<Vec<String>, Fault> {
    let helps = |it: &&Existing| it.examined.is_some() && !it.forced;
    let reference = match order.existing.mode {
        SubtitleMode::Reference => existing.iter().find(helps),
        SubtitleMode::Ignore | SubtitleMode::ReuseIfGood => None,
    };
    let Some(reference) = reference else { return Ok(Vec::new()) };
    let wanted = [(0, reference)];
    let read = adopt::documents(path, &wanted, eyes.media, eyes.cancel, eyes.alive)?;
    Ok(read.first().map(|it| names_in(&it.1.cues())).unwrap_or_default())
}

/// How a file was done before with the same wishes, as long as its files are there.
pub(super) fn done_before(before: &FinishedBefore) -> Option<Done> {
    match &before.outputs[..] {
        [] => Some(Done::NoSpeech),
        files if files.iter().all(|it| it.exists()) => {
            Some(Done::Written(files.iter().map(|it| file_name(it)).collect()))
        }
        [_, ..] => None,
    }
}

/// The end of the step for a file that was done before.
fn finished_before(order: &Order, before: &FinishedBefore) -> Option<StepDone> {
    let done = done_before(before)?;
    let (ending, notice) = match &done {
        Done::NoSpeech => {
            (Ending::NoSpeech, "nobody speaks in it, as an earlier run found out".to_owned())
        }
        Done::Written(files) => (Ending::Skipped, format!("done before: {}", files.join(", "))),
    };
    let facts = Facts { done: Some(done), ..Facts::default() };
    let notes = course::flat(&rules::decide(&facts, &course::policy(order)).reasons);
    let language = before.language.as_deref().and_then(|it| Lang::parse(it).ok());
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
    /// Where its cues come from.
    pub source: Source,
    /// The language it is translated from; `None` where nothing is translated, and while nobody knows it yet.
    pub from: Option<Lang>,
}

/// Where cues come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// What is said, as it is spoken.
    Spoken,
    /// What is said, in English: Whisper's own translation.
    English,
    /// A subtitle that is there, by its place among the existing.
    Existing(usize),
    /// What is said, translated.
    FromHeard,
    /// A subtitle that is there, by its place among the existing, translated.
    FromExisting(usize),
}

impl Source {
    /// True where a language model translates.
    pub fn is_translated(self) -> bool {
        match self {
            Source::FromHeard | Source::FromExisting(_) => true,
            Source::Spoken | Source::English | Source::Existing(_) => false,
        }
    }
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

    #[test]
    fn chinese_always_has_a_script() {
        assert_eq!(written(&lang("zh"), None), lang("zh-Hans"));
        assert_eq!(written(&lang("zh"), Some(&lang("zh-TW"))), lang("zh-TW"));
        assert_eq!(written(&lang("zh"), Some(&lang("en-GB"))), lang("zh-Hans"));
        assert_eq!(written(&lang("fr"), Some(&lang("fr"))), lang("fr"));
    }
}
