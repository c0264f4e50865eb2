//! `kinora explain`: what would be done with a file and why; changes nothing. The facts are gathered and weighed as the
//! steps do it, and the same rules decide.

use super::config::{Config, Library as Place};
use super::intake::{self, LeftOut, Places};
use super::lock;
use super::work::{self, Mode, Weights, Wishes};
use crate::api::client::Client;
use crate::api::run::{ExplainVerdict, Explanation, RunRequest};
use crate::base::cancel::Cancel;
use crate::base::text::{counted, show_path};
use crate::domain::existing::Existing;
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::media::{AudioTrack, Probe};
use crate::domain::order::Order;
use crate::domain::reason::Reason;
use crate::domain::rules::{Decision, TargetPlan, Verdict, Way};
use crate::domain::track::Choice;
use crate::engines::child::Launcher;
use crate::engines::media::MediaEngine;
use crate::pipeline::subtitle::course;
use crate::pipeline::subtitle::facts::Eyes;
use crate::pipeline::subtitle::foresee::{Foreseen, KnownBy, foresee};
use crate::pipeline::subtitle::publish::Ledger;
use crate::pipeline::subtitle::select::{Source, Target};
use crate::pipeline::subtitle::{Library, Phrases};
use crate::pipeline::subtitle::{is_subtitle, lone};
use crate::store::{Store, StoreFile};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What would be done and why. With `as_library` a file in a library is looked at as the service would, and by it where
/// it runs (`daemon`).
///
/// # Errors
/// Where the work could not begin at all.
pub fn explain(
    config: &Config,
    request: &RunRequest,
    as_library: bool,
    daemon: Option<&Client>,
) -> Result<Vec<Explanation>, Fault> {
    let mut desk = Desk::open(config)?;
    let mut told = Vec::new();
    for item in intake::walk(&request.paths) {
        let library = library_of(config, &item.path).filter(|_| as_library);
        let explained = match (item.fault, library, daemon) {
            (Some(fault), ..) => Err(fault),
            // The service stands in another folder than whoever typed this.
            (None, Some(_), Some(daemon)) => daemon.explain(&in_full(&item.path)),
            (None, library, _) => desk.explain(request, library, &item.path),
        };
        told.push(explained.unwrap_or_else(|fault| failed(&item.path, &fault)));
    }
    Ok(told)
}

/// A file that cannot be worked on.
pub(super) fn failed(path: &Path, fault: &Fault) -> Explanation {
    Explanation {
        path: path.to_owned(),
        verdict: ExplainVerdict::Fail,
        decision: format!("nothing: {}", fault.what),
        reasons: vec![Reason::leaf(format!("to change that: {}", fault.remedy))],
    }
}

/// A file that is none of those that get subtitles.
pub(super) fn left_out(path: &Path, why: &LeftOut) -> Explanation {
    Explanation {
        path: path.to_owned(),
        verdict: ExplainVerdict::LeaveOut,
        decision: "nothing: it is left out".to_owned(),
        reasons: vec![Reason::leaf(why.to_string())],
    }
}

/// In which library it is, and who is not asked for that.
pub(super) fn in_library(library: &Place) -> Reason {
    let because = (!library.cloud).then(|| match &library.left_out[..] {
        [] => "nothing of it leaves the home network (cloud = false)".to_owned(),
        names => format!(
            "nothing of it leaves the home network (cloud = false): not asked are {}",
            names.join(", ")
        ),
    });
    let name = show_path(Path::new(&library.name));
    let because = because.into_iter().map(Reason::leaf).collect();
    Reason::of(format!("it is in the library `{name}`"), because)
}

/// A path that says the same in every folder.
fn in_full(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The library a path lies in.
fn library_of<'a>(config: &'a Config, path: &Path) -> Option<&'a Place> {
    let path = in_full(path);
    config.libraries.iter().find(|it| path.starts_with(&it.path))
}

/// What it takes to explain without a daemon.
struct Desk<'a> {
    config: &'a Config,
    media: MediaEngine,
    run: Store,
    served: Option<Store>,
    /// An empty place for a store, where there is none to look into; gone with it.
    _empty: tempfile::TempDir,
    weights: Result<Weights, Fault>,
}

impl<'a> Desk<'a> {
    fn open(config: &'a Config) -> Result<Desk<'a>, Fault> {
        let media = MediaEngine::start(&Launcher::own()?)?;
        let empty = tempfile::tempdir().map_err(|err| {
            Fault::operator(
                format!("there is no place for temporary files ({err})"),
                "make room in the system's folder for them, or set TMPDIR",
            )
        })?;
        let there = |file: StoreFile| config.data_dir.join(file.name()).is_file();
        let run = match there(StoreFile::Run) {
            true => Store::open(&config.data_dir, StoreFile::Run)?,
            false => Store::open(empty.path(), StoreFile::Run)?,
        };
        // Taken where a service runs: then it is asked, or nothing is known of its files.
        let served = there(StoreFile::Daemon)
            .then(|| Store::open(&config.data_dir, StoreFile::Daemon).ok())
            .flatten();
        // Missing weights are told with each file: there may be none to be listened to.
        let weights = Weights::find(config, Mode::Daemon, &Cancel::default());
        Ok(Desk { config, media, run, served, _empty: empty, weights })
    }

    fn explain(
        &mut self,
        request: &RunRequest,
        library: Option<&Place>,
        path: &Path,
    ) -> Result<Explanation, Fault> {
        let path = &match library {
            Some(_) => in_full(path),
            None => path.to_owned(),
        };
        if let Some(library) = library {
            let places = Places::new(&library.path, &library.include, &library.exclude)?;
            if let Some(why) = places.why_left_out(path) {
                return Ok(left_out(path, &why));
            }
        }
        let weights = self.weights.as_ref().map_err(Clone::clone)?;
        let (wishes, store) = match library {
            Some(library) => (Wishes::of_library(library), self.served.as_ref()),
            None => (Wishes::of(self.config, request), None),
        };
        let store = store.unwrap_or(&self.run);
        let order = work::order(self.config, &wishes, weights)?;
        let media = &mut self.media;
        let mut told =
            explain_file(path, &order, self.config.serve.lock_expiry, media, store, store, store)?;
        if let Some(library) = library {
            told.reasons.insert(0, in_library(library));
        }
        Ok(told)
    }
}

/// Explains a file by what is wanted of it and what is known.
pub(super) fn explain_file(
    path: &Path,
    order: &Order,
    lock_expiry: Duration,
    media: &mut MediaEngine,
    library: &dyn Library,
    ledger: &dyn Ledger,
    phrases: &dyn Phrases,
) -> Result<Explanation, Fault> {
    if let Some(held) = lock::now_on(path, lock_expiry) {
        let Decision { verdict, reasons } = lock::verdict(&held);
        let decision = "wait: another program works on it".to_owned();
        let verdict = ExplainVerdict::of(&verdict);
        return Ok(Explanation { path: path.to_owned(), verdict, decision, reasons });
    }
    if is_subtitle(path) {
        return of_subtitle(path, order, ledger);
    }
    let cancel = Cancel::default();
    let mut eyes = Eyes { media, library, ledger, phrases, cancel: &cancel, alive: &mut || () };
    let foreseen = foresee(path, order, &mut eyes)?;
    let mut reasons = Vec::new();
    let existing = foreseen.looked.as_ref().map(|it| &it.existing[..]).unwrap_or_default();
    if let Some(looked) = &foreseen.looked {
        reasons.push(of_tracks(&looked.probe, &looked.choice));
        reasons.push(of_language(&foreseen.spoken));
    }
    reasons.extend(foreseen.decision.reasons.iter().cloned());
    reasons.extend(of_outputs(&foreseen.outputs));
    let decision = sentence(&foreseen, existing, &order.to);
    let verdict = ExplainVerdict::of(&foreseen.decision.verdict);
    Ok(Explanation { path: path.to_owned(), verdict, decision, reasons })
}

/// The decision in a sentence.
fn sentence(foreseen: &Foreseen, existing: &[Existing], to: &[Lang]) -> String {
    let index = foreseen.looked.as_ref().map_or(0, |it| it.track.index);
    let name =
        |it: &usize| existing.get(*it).map(|it| course::name(&it.origin)).unwrap_or_default();
    match &foreseen.decision.verdict {
        Verdict::Done => "nothing: it is done".to_owned(),
        Verdict::Locked => "wait: another program works on it".to_owned(),
        Verdict::NeedsLanguage => {
            let then = if to.is_empty() { "and write that" } else { "then decide" };
            format!("listen to audio track {index}, find out its language, {then}")
        }
        Verdict::NeedsWeighing(places) => {
            let names: Vec<String> = places.iter().map(name).collect();
            format!("hold {} against the speech, then decide", names.join(", "))
        }
        Verdict::Plan(plans) => {
            let told = plans.iter().map(|it| of_plan(it, index, &name, foreseen.heard));
            told.collect::<Vec<_>>().join("; ")
        }
    }
}

fn of_plan(plan: &TargetPlan, index: u32, name: &dyn Fn(&usize) -> String, heard: bool) -> String {
    let lang = plan.lang.name_en();
    let listen = if heard { "use what was heard of" } else { "listen to" };
    match &plan.way {
        Way::There(place) => format!("nothing: {lang} is there ({})", name(place)),
        Way::Adopt(place) => format!("write {lang} from {}", name(place)),
        Way::Listen => format!("{listen} audio track {index} ({lang})"),
        Way::ListenInEnglish => format!("{listen} audio track {index} in {lang}"),
        Way::TranslateExisting(place) => format!("translate {} to {lang}", name(place)),
        Way::TranslateHeard => format!("{listen} audio track {index} and translate it to {lang}"),
        Way::No(why) => format!("nothing: {why}"),
    }
}

fn of_tracks(probe: &Probe, choice: &Choice) -> Reason {
    let told = choice.considered.iter().map(|considered| {
        let track = probe.audio.iter().find(|it| it.index == considered.index);
        let verdict = if considered.chosen { "chosen" } else { "not chosen" };
        let because = considered.reasons.iter().map(Reason::leaf).collect();
        Reason::of(format!("{}: {verdict}", track.map(describe).unwrap_or_default()), because)
    });
    Reason::of(counted(probe.audio.len(), "audio track", "audio tracks"), told.collect())
}

fn describe(track: &AudioTrack) -> String {
    let title = track.title.as_ref().map(|it| format!(" `{it}`")).unwrap_or_default();
    let language = track.language.as_deref().unwrap_or("no language");
    let AudioTrack { index, codec, layout, .. } = track;
    format!("track {index}{title} ({language}, {codec}, {layout})")
}

fn of_language(spoken: &KnownBy) -> Reason {
    Reason::leaf(match spoken {
        KnownBy::Told(lang) => format!("you say that {} is spoken", lang.name_en()),
        KnownBy::Found(lang, how) => format!("{} is spoken: {how}", lang.name_en()),
        KnownBy::Tag(lang) => format!(
            "its tag says {}; samples from the whole film decide, the tag only where they are unsure",
            lang.name_en()
        ),
        KnownBy::Unknown => {
            "samples from the whole film decide which language is spoken".to_owned()
        }
    })
}

fn of_outputs(outputs: &[(Target, Vec<PathBuf>)]) -> Vec<Reason> {
    let told = outputs.iter().map(|(target, files)| {
        let how = match target.source {
            Source::Spoken => "as spoken",
            Source::English => "by Whisper's own translation",
            Source::Existing(_) => "from what is there",
            Source::FromHeard => "by translating what is heard",
            Source::FromExisting(_) => "by translating what is there",
        };
        let file = |it: &std::path::PathBuf| {
            let there = match it.exists() {
                true => ": is there; replaced only if Kinora wrote it and nobody edited it",
                false => "",
            };
            Reason::leaf(format!("{}{there}", show_path(it)))
        };
        let text = format!("writes {} {how}", target.lang.name_en());
        Reason::of(text, files.iter().map(file).collect())
    });
    told.collect()
}

/// A subtitle file named by itself.
fn of_subtitle(path: &Path, order: &Order, ledger: &dyn Ledger) -> Result<Explanation, Fault> {
    let found = lone::look(path, order, ledger)?;
    let from = found.from.name_en();
    let there = found.there.iter().map(|it| format!("it is in {} already", it.name_en()));
    let mut reasons: Vec<Reason> = there.map(Reason::leaf).collect();
    let outputs = found.targets.iter().map(|it| (it.clone(), lone::files(path, order, it)));
    let outputs: Vec<_> = outputs.collect();
    let names: Vec<String> = found.targets.iter().map(|it| it.lang.name_en()).collect();
    reasons.extend(of_outputs(&outputs));
    let (verdict, decision) = match names.is_empty() {
        true => (ExplainVerdict::Skip, "nothing: it is in the languages wanted".to_owned()),
        false => {
            let told = format!("translate it from {from} to {}", names.join(" and "));
            (ExplainVerdict::Translate, told)
        }
    };
    Ok(Explanation { path: path.to_owned(), verdict, decision, reasons })
}
