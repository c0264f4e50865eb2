//! Who makes subtitles: one worker a thread of a lane, with the engines that its lane needs, started when first used.

use super::canaries::Canaries;
use super::ledger::Book;
use super::slates::{Slate, Slates};
use super::viewers::{Seats, Viewers};
use super::work::{Failure, Hire, Outcome, Progress, Task, TaskCx, Worker};
use crate::base::{clock, disk, text};
use crate::domain::change::StepDone;
use crate::domain::execution::{Step, Tries};
use crate::domain::fault::{DISK_FULL, Fault, QUOTA_USED_UP};
use crate::domain::job::Spec;
use crate::domain::lane::LaneName;
use crate::domain::order::{Order, TranslatorRef};
use crate::domain::time::Ms;
use crate::engines::child::Launcher;
use crate::engines::files;
use crate::engines::jellyfin::Jellyfin;
use crate::engines::llm::{Rung, Translators};
use crate::engines::media::MediaEngine;
use crate::engines::metadata::Sources;
use crate::engines::wire::LoadParams;
use crate::pipeline::subtitle::announce::{AnnounceCx, AnnounceLimits};
use crate::pipeline::subtitle::ears::{Ears, EarsLimits};
use crate::pipeline::subtitle::listen::Stage;
use crate::pipeline::subtitle::translate::{self, Stop, TranslateCx};
use crate::pipeline::subtitle::{
    Asked, Cx, announce, cue, detect, listen, publish, record, select, weigh,
};
use crate::store::Write;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Brings workers in that make subtitles.
#[derive(Clone, Debug)]
pub struct SubtitleHire {
    /// How children are started.
    pub launcher: Launcher,
    /// How weights are used. The weights to listen with are those of a file's order, the GPU is the lane's; both are
    /// left out here.
    pub load: LoadParams,
    /// The weights that are configured: where they are, by what they are, as
    /// [`ListenParams::model`](crate::domain::order::ListenParams::model) has it.
    pub models: BTreeMap<String, PathBuf>,
    /// What a whisper child may do.
    pub limits: EarsLimits,
    /// Who translates; shared by all workers.
    pub translators: Arc<Translators>,
    /// Who is asked for names of characters.
    pub sources: Sources,
    /// Who is told of files, where there is one; shared by all workers.
    pub jellyfin: Option<Arc<Jellyfin>>,
    /// Libraries whose files nobody outside of the owner's network may be asked about, by name; whatever the order says
    /// that a job was wished with, maybe before they were.
    pub home_only: BTreeSet<String>,
    /// Who watches what; shared by all workers.
    pub viewers: Arc<Viewers>,
    /// What is heard and translated, line by line; shared by all workers.
    pub slates: Arc<Slates>,
    /// What came of the sample on each lane; shared by all workers.
    pub canaries: Arc<Canaries>,
    /// After so long without work children are ended, which gives their memory back.
    pub idle_unload: Duration,
}

impl Hire for SubtitleHire {
    fn hire(&self, lane: &LaneName, _number: usize) -> Box<dyn Worker> {
        let gpu = match lane {
            LaneName::Gpu(number) => Some(*number),
            LaneName::Cpu | LaneName::Ffmpeg | LaneName::Net | LaneName::Disk => None,
        };
        let load = LoadParams { gpu, ..self.load.clone() };
        // Neither starts a child: lanes that need none never have one.
        Box::new(SubtitleWorker {
            media: MediaEngine::resting(&self.launcher),
            ears: Ears::with_limits(self.launcher.clone(), load, self.limits.clone()),
            models: self.models.clone(),
            translators: Arc::clone(&self.translators),
            sources: self.sources.clone(),
            jellyfin: self.jellyfin.clone(),
            home_only: self.home_only.clone(),
            viewers: Arc::clone(&self.viewers),
            slates: Arc::clone(&self.slates),
            canaries: Arc::clone(&self.canaries),
            away: None,
            idle_unload: self.idle_unload,
        })
    }
}

/// One worker and its engines. Children die with the thread that starts them, so it stays on one thread.
struct SubtitleWorker {
    media: MediaEngine,
    ears: Ears,
    models: BTreeMap<String, PathBuf>,
    translators: Arc<Translators>,
    sources: Sources,
    jellyfin: Option<Arc<Jellyfin>>,
    home_only: BTreeSet<String>,
    viewers: Arc<Viewers>,
    slates: Arc<Slates>,
    canaries: Arc<Canaries>,
    /// The service that was away when the last step failed for it.
    away: Option<String>,
    idle_unload: Duration,
}

impl Worker for SubtitleWorker {
    fn work(&mut self, task: &Task, cx: &TaskCx<'_>) -> Outcome {
        self.ears.heed(cx.cancel);
        let done = self.step(task, cx);
        let tally = self.ears.take_tally();
        if let Some(sampled) = self.ears.take_sampled() {
            self.canaries.note(&task.lane, sampled);
        }
        match done {
            Ok(mut done) => {
                done.notes.extend(tally.reasons);
                Ok(done)
            }
            Err(_) if cx.cancel.is_set() => {
                // What is on its way would only be computed for nobody.
                self.rest();
                Err(Failure::Stopped)
            }
            Err(fault) if self.away.is_some() => {
                let name = self.away.take().unwrap_or_default();
                Err(Failure::Service { name, fault })
            }
            Err(fault) if fault.waits_for_disk() => {
                Err(Failure::DiskFull { disk: disk_of(task, cx, &fault), fault })
            }
            Err(fault) if self.ears.broken() == Some(&fault) => Err(Failure::LaneBroken(fault)),
            Err(fault) => Err(Failure::Step(fault)),
        }
    }

    fn idle(&mut self, idle_for: Duration) {
        self.slates.sweep();
        if self.idle_unload <= idle_for {
            self.rest();
        }
    }
}

impl SubtitleWorker {
    /// Ends the children.
    fn rest(&mut self) {
        self.media.rest();
        self.ears.unload();
    }

    /// Sees to it that the step has the weights that its order says.
    fn take_weights(&mut self, step: Step, order: &Order) -> Result<(), Fault> {
        match step {
            Step::Detect | Step::Listen => {
                let weights = self.models.get(&order.listen.model).ok_or_else(forgotten)?;
                self.ears.listen_with(weights);
            }
            // Finding speech takes none.
            Step::Weigh
            | Step::Select
            | Step::Translate
            | Step::Cue
            | Step::Publish
            | Step::Announce => {}
        }
        Ok(())
    }

    fn step(&mut self, task: &Task, cx: &TaskCx<'_>) -> Result<StepDone, Fault> {
        let Spec::Subtitle { path, order } = &task.spec;
        self.take_weights(task.step, order)?;
        let (path, records): (&Path, _) = (path, &task.records);
        let asked = Asked { path, order, records, summary: &task.summary };
        let total = record::length(records);
        let mut progress = |decoded, heard| (cx.progress)(Progress { decoded, heard, total });
        let write = |write| cx.writer.write(write).map(drop);
        // What went well the first time has nothing to be forgiven.
        let of = (task.tries != Tries::default()).then_some(task.execution);
        let book = Book::new(cx.store, &write, order.force, of);
        let slates = Arc::clone(&self.slates);
        let slate = slates.slate(task.execution);
        if task.step == Step::Translate {
            return self.translate(&asked, &book, cx, total, &slate);
        }
        let SubtitleWorker { media, ears, viewers, .. } = self;
        let mut tools =
            Cx { media, ears, memory: &book, cancel: cx.cancel, progress: &mut progress };
        match task.step {
            Step::Select => {
                let mut alive = || (tools.progress)(Ms(0), Ms(0));
                select::run(&asked, tools.media, &book, &book, &book, cx.cancel, &mut alive)
            }
            Step::Detect => detect::run(&asked, &mut tools, &book, &book),
            Step::Weigh => weigh::run(&asked, &mut tools, &book, &book),
            Step::Listen => {
                let audience = &Seats { viewers, video: path };
                let stage = Stage { audience, ledger: &book, onlooker: &slate };
                listen::run(&asked, &mut tools, &book, Some(&stage))
            }
            Step::Translate => Err(Fault::bug("translating goes another way")),
            Step::Cue => {
                let mut alive = || (tools.progress)(Ms(0), Ms(0));
                cue::run(&asked, tools.media, cx.cancel, &mut alive)
            }
            Step::Publish => publish::run(&asked, &book),
            Step::Announce => self.announce(&asked, &book, task.tries.failed, cx),
        }
    }

    /// The order as it may be followed: where what is in a file stays at home, nobody outside is in it.
    fn kept_home<'a>(&self, order: &'a Order) -> Result<Cow<'a, Order>, Fault> {
        let home_only = order.library.as_ref().is_some_and(|it| self.home_only.contains(it));
        if order.cloud && !home_only {
            return Ok(Cow::Borrowed(order));
        }
        let mut order = Order { cloud: false, ..order.clone() };
        if let Some(params) = &mut order.translate {
            params.translators.retain(|it| self.translators.is_at_home(&it.name));
            if params.translators.is_empty() {
                return Err(stays_home());
            }
        }
        Ok(Cow::Owned(order))
    }

    /// Translates; a translator that is away is told to the runtime as a service.
    fn translate(
        &mut self,
        asked: &Asked<'_>,
        book: &Book<'_>,
        cx: &TaskCx<'_>,
        total: Option<Ms>,
        slate: &Slate<'_>,
    ) -> Result<StepDone, Fault> {
        let mut progress = |done| (cx.progress)(Progress { decoded: done, heard: done, total });
        let order = self.kept_home(asked.order)?;
        let asked = &Asked { order: &order, ..*asked };
        let sources = if order.cloud { self.sources.clone() } else { self.sources.at_home() };
        let mut tools = TranslateCx {
            media: &mut self.media,
            translators: &self.translators,
            sources: &sources,
            phrases: book,
            cancel: cx.cancel,
            progress: &mut progress,
            onlooker: slate,
        };
        let chain: Vec<&TranslatorRef> =
            asked.order.translate.iter().flat_map(|it| &it.translators).collect();
        for it in &chain {
            let known = cx.store.rung(&it.name, &it.identity)?;
            if let Some(rung) = known.and_then(|it| Rung::of_word(&it)) {
                self.translators.set_rung(&it.name, rung);
            }
        }
        let done = translate::run(asked, &mut tools);
        for it in chain {
            self.keep_rung(it, cx)?;
        }
        done.map_err(|stop| match stop {
            Stop::Fault(fault) => fault,
            Stop::Away { name, fault } => {
                self.away = Some(name);
                fault
            }
        })
    }
}

impl SubtitleWorker {
    /// Tells Jellyfin; one that is away is told to the runtime as a service.
    fn announce(
        &mut self,
        asked: &Asked<'_>,
        book: &Book<'_>,
        failed: u8,
        cx: &TaskCx<'_>,
    ) -> Result<StepDone, Fault> {
        let done = announce::run(
            asked,
            &AnnounceCx {
                jellyfin: self.jellyfin.as_deref(),
                ledger: book,
                limits: &AnnounceLimits::default(),
                failed,
                cancel: cx.cancel,
            },
        );
        done.map_err(|stop| match stop {
            announce::Stop::Fault(fault) => fault,
            announce::Stop::Away(fault) => {
                self.away = Some(announce::SERVICE.to_owned());
                fault
            }
        })
    }

    /// Remembers how a server takes the shape of answers, where that was found out.
    fn keep_rung(&self, it: &TranslatorRef, cx: &TaskCx<'_>) -> Result<(), Fault> {
        let Some(rung) = self.translators.rung(&it.name).map(Rung::word) else { return Ok(()) };
        if cx.store.rung(&it.name, &it.identity)?.as_deref() == Some(rung) {
            return Ok(());
        }
        let (translator, of, rung) = (it.name.clone(), it.identity.clone(), rung.to_owned());
        let at_unix_ms = clock::now_unix_ms();
        cx.writer.write(Write::Rung { translator, of, rung, at_unix_ms }).map(drop)
    }
}

/// The disk that a fault is about: what names no file is about the subtitle's, all else is in the data folder.
fn disk_of(task: &Task, cx: &TaskCx<'_>, fault: &Fault) -> String {
    let Spec::Subtitle { path, order } = &task.spec;
    let of_subtitle = [DISK_FULL, QUOTA_USED_UP].contains(&fault.what.as_str());
    let folder = match of_subtitle {
        true => order.output.as_deref().unwrap_or_else(|| disk::folder_of(path)).to_owned(),
        false => cx.store.folder().to_owned(),
    };
    // Folders of one disk wait together.
    text::show_path(&files::mount_of(&folder).map_or(folder, |it| it.point))
}

/// All who could translate are somewhere else.
fn stays_home() -> Fault {
    Fault::operator(
        "its library says cloud = false, and all translators it was to go to are outside of the home network",
        "name a translator at home, or say translate = false; `kinora scan` wishes it anew then",
    )
}

/// The order is of another day: the model was another one when the file was wished.
fn forgotten() -> Fault {
    Fault::operator(
        "the model that it was to be listened to with is not in the configuration any more",
        "`kinora scan` wishes it anew with the model that is; or name the old one again and retry",
    )
}
