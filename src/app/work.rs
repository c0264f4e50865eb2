//! What it takes to work, for `run` and `serve` alike: weights, the order for a file, lanes and who works on them.

use super::config::{Config, Gpus, Library, LocalModel, Names, Translate, translator_specs};
use crate::api::run::RunRequest;
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::domain::lane::LaneName;
use crate::domain::lang::Lang;
use crate::domain::name::{Naming, Style};
use crate::domain::order::{
    Bilingual, Deliver, ExistingRules, ListenParams, Order, Product, TranslateParams, TranslatorRef,
};
use crate::domain::schedule::Schedule;
use crate::domain::speech::SpeechParams;
use crate::domain::subtitle::Format;
use crate::domain::track::{Named, TrackWish};
use crate::engines::child::Launcher;
use crate::engines::gpu;
use crate::engines::llm::Translators;
use crate::engines::models::{self, Found};
use crate::engines::wire::LoadParams;
use crate::pipeline::subtitle::ears::EarsLimits;
use crate::runtime::subtitle::SubtitleHire;
use crate::runtime::{LaneSpec, Limits, Setup};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Windows a child listens to at the same time: each takes up to 260 MB beside the weights, too much for a small
/// machine.
const STATES_PER_CHILD: u8 = 1;

/// Encoder positions (20 ms) beyond the end of a window: measured to hear as well as the full length.
const ENCODER_MARGIN: u16 = 64;

/// Folder of what is uploaded, below that of all data.
const OUTBOX: &str = "outbox";

/// Who asks for the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A person who waits: nothing is tried again later, and the machine is theirs.
    Foreground,
    /// Nobody: other work on this machine goes first.
    Daemon,
}

/// The weights, checked.
pub(super) struct Weights {
    /// Those to listen with, by the name in the configuration.
    speech: BTreeMap<String, Speech>,
    vad: Found,
    /// Who translates; those that are configured and can be.
    translators: Arc<Translators>,
}

/// Weights to listen with.
struct Speech {
    found: Found,
    /// What they are: equal identities mean equal weights.
    identity: String,
}

impl Weights {
    /// Finds those of the configuration, those of libraries too where libraries are worked on, and compares what has a
    /// known digest with it: damaged weights hear nonsense.
    ///
    /// # Errors
    /// Where they are missing or damaged, or `cancel` was set.
    pub(super) fn find(config: &Config, mode: Mode, cancel: &Cancel) -> Result<Weights, Fault> {
        let dirs = models::search_dirs(&config.data_dir);
        let checked = |found: Found| match found.model {
            Some(model) => {
                models::verify(&found.path, model, cancel, &mut |_, _| ()).map(|()| found)
            }
            None => Ok(found),
        };
        let libraries = match mode {
            Mode::Foreground => [].iter(),
            Mode::Daemon => config.libraries.iter(),
        };
        let mut speech = BTreeMap::new();
        for name in libraries.map(|it| &it.model).chain([&config.listen.model]) {
            if !speech.contains_key(name) {
                let found = checked(models::find(name, &dirs)?)?;
                let identity = found.identity()?;
                speech.insert(name.clone(), Speech { found, identity });
            }
        }
        let specs = translator_specs(config, |name| local_model(name, &dirs))?;
        let translators = Translators::new(specs).idle_unload(config.listen.idle_unload);
        let (vad, translators) = (checked(models::find_vad(&dirs)?)?, Arc::new(translators));
        Ok(Weights { speech, vad, translators })
    }

    /// How a file is translated by the translators of these names, without `cloud` only by those at home; `None` where
    /// none of them can be had.
    fn translate(&self, config: &Config, chain: &[String], cloud: bool) -> Option<TranslateParams> {
        let known = |name: &String| {
            let may = cloud || self.translators.is_at_home(name);
            let identity = self.translators.identity(name)?;
            may.then(|| TranslatorRef { name: name.clone(), identity })
        };
        let translators: Vec<TranslatorRef> = chain.iter().filter_map(known).collect();
        let Translate { cut, history_lines, infer_terms, .. } = config.translate;
        (!translators.is_empty()).then_some(TranslateParams {
            translators,
            cut,
            history_lines,
            infer_terms,
        })
    }

    fn named(&self, name: &str) -> Result<&Speech, Fault> {
        self.speech.get(name).ok_or_else(|| Fault::bug(format!("nobody sought model `{name}`")))
    }
}

/// The weights of the local translator: those that are named, or the best that are installed.
pub(super) fn local_model(
    name: Option<&str>,
    dirs: &[PathBuf],
) -> Result<Option<LocalModel>, Fault> {
    let found = match name {
        Some(name) => Some(models::find_gguf(name, dirs)?),
        None => models::installed_translators(dirs).into_iter().next(),
    };
    let of = |it: models::FoundGguf| Ok(LocalModel { identity: it.identity()?, weights: it.path });
    found.map(of).transpose()
}

/// What may differ from file to file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wishes {
    /// Languages wanted; empty for the spoken one.
    pub(super) to: Vec<Lang>,
    /// The spoken language; `None` to find it out.
    pub(super) from: Option<Lang>,
    /// Audio track by FFmpeg's stream index; `None` to choose.
    pub(super) track: Option<u32>,
    /// Formats to write, at least one.
    pub(super) formats: Vec<Format>,
    /// Folder for the files; `None` for beside the video.
    pub(super) output: Option<PathBuf>,
    /// Everything again, replacing what is there.
    pub(super) force: bool,
    /// Names and words to expect.
    pub(super) prompt: String,
    /// Name of the model, as in the configuration.
    pub(super) model: String,
    /// How files are named.
    pub(super) naming: Naming,
    /// A word in every name.
    pub(super) label: Option<String>,
    /// Audio tracks in these languages are preferred, the first most.
    pub(super) prefer_langs: Vec<Lang>,
    /// What existing subtitles count for.
    pub(super) existing: ExistingRules,
    /// The library it belongs to, by name.
    pub(super) library: Option<String>,
    /// Who translates, by name, tried in this order; empty for nobody.
    pub(super) translators: Vec<String>,
    /// A file with both languages.
    pub(super) bilingual: Option<Bilingual>,
    /// Engines outside of the owner's network may be asked.
    pub(super) cloud: bool,
}

impl Wishes {
    /// Those for the files of a library.
    pub(super) fn of_library(library: &Library) -> Wishes {
        Wishes {
            to: library.to.clone(),
            from: library.from.clone(),
            formats: library.formats.clone(),
            model: library.model.clone(),
            naming: library.naming,
            label: library.label.clone(),
            prefer_langs: library.prefer_langs.clone(),
            existing: library.existing,
            library: Some(library.name.clone()),
            translators: library.translators.clone(),
            bilingual: library.bilingual,
            cloud: library.cloud,
            ..Wishes::default()
        }
    }

    /// Those of a run.
    pub(super) fn of(config: &Config, request: &RunRequest) -> Wishes {
        Wishes {
            to: request.to.clone(),
            from: request.from.clone(),
            track: request.track,
            formats: request.formats.clone(),
            output: request.output.clone(),
            force: request.force,
            prompt: request.prompt.clone(),
            model: config.listen.model.clone(),
            naming: config.output.naming,
            label: config.output.label.clone(),
            prefer_langs: config.listen.prefer_langs.clone(),
            // A person asks: what was made with other settings is made anew.
            existing: ExistingRules { keep_ours: false, ..config.existing },
            library: None,
            translators: request.translators.clone(),
            bilingual: request.bilingual,
            cloud: may_leave(config, &request.paths),
        }
    }
}

/// Whether engines outside of the owner's network may be asked about all of these: none is in a library that says no,
/// or has one in it.
fn may_leave(config: &Config, paths: &[PathBuf]) -> bool {
    let plain = |it: &PathBuf| {
        std::fs::canonicalize(it)
            .or_else(|_| std::path::absolute(it))
            .unwrap_or_else(|_| it.clone())
    };
    let homes = config.libraries.iter().filter(|it| !it.cloud);
    let homes: Vec<PathBuf> = homes.flat_map(|it| [it.path.clone(), plain(&it.path)]).collect();
    paths
        .iter()
        .flat_map(|it| [it.clone(), plain(it)])
        .all(|path| homes.iter().all(|home| !path.starts_with(home) && !home.starts_with(&path)))
}

/// What is wanted of a file, wishes and settings together.
///
/// # Errors
/// Where the weights are not those that were sought.
pub(super) fn order(config: &Config, wishes: &Wishes, weights: &Weights) -> Result<Order, Fault> {
    let speech = weights.named(&wishes.model)?;
    let names = Names {
        style: Style { naming: wishes.naming, label: wishes.label.as_deref() },
        to: &wishes.to,
        from: wishes.from.as_ref(),
        formats: &wishes.formats,
        bilingual: wishes.bilingual.is_some(),
    };
    names.check("the order", config.output.jellyfin)?;
    let deliver = deliver(config, wishes);
    let outbox = config.data_dir.join(OUTBOX);
    Ok(Order {
        to: wishes.to.clone(),
        from: wishes.from.clone(),
        wish: track_wish(wishes),
        formats: wishes.formats.clone(),
        transcript: config.output.json,
        naming: wishes.naming,
        output: match deliver {
            Some(Deliver::Upload) => Some(outbox),
            Some(Deliver::Sidecar) | None => wishes.output.clone(),
        },
        force: wishes.force,
        listen: ListenParams {
            speech: SpeechParams::default(),
            beam: config.listen.beam,
            prompt: wishes.prompt.clone(),
            encoder_margin: ENCODER_MARGIN,
            model: speech.identity.clone(),
        },
        multilingual: speech.found.multilingual(),
        cue: config.cue.clone(),
        existing: wishes.existing,
        library: wishes.library.clone(),
        translate: weights.translate(config, &wishes.translators, wishes.cloud),
        bilingual: wishes.bilingual,
        product: Product::Subtitles,
        label: wishes.label.clone(),
        cloud: wishes.cloud,
        deliver,
    })
}

/// Jellyfin is told of files of libraries that stand where they belong.
fn deliver(config: &Config, wishes: &Wishes) -> Option<Deliver> {
    let in_place = wishes.library.is_some() && wishes.output.is_none();
    config.jellyfin.as_ref().filter(|_| in_place).map(|it| it.deliver)
}

/// The track that is wanted: by number, or by the spoken language where that is told, or what the owner prefers.
pub(super) fn track_wish(wishes: &Wishes) -> TrackWish {
    let mut prefer_langs = wishes.prefer_langs.clone();
    // A track tagged with the language the owner says is spoken; untagged ones are not ruled out by it.
    prefer_langs.splice(0..0, wishes.from.clone());
    TrackWish { named: wishes.track.map(Named::Index), prefer_langs, original: None }
}

/// Threads to listen with: those of the configuration, or one a core.
pub(super) fn threads(config: &Config) -> usize {
    match usize::from(config.listen.threads) {
        // Threads of ggml spin while they wait for each other: one core stays for decoding and for the machine's other
        // work, or everything crawls.
        0 => std::thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).max(1),
        threads => threads,
    }
}

/// Lanes with their limits, and who works on them.
///
/// # Errors
/// Where our own program cannot be found.
pub(super) fn kitchen(
    config: &Config,
    weights: &Weights,
    mode: Mode,
) -> Result<(Setup, Arc<SubtitleHire>), Fault> {
    let nice = match mode {
        Mode::Foreground => 0,
        Mode::Daemon => config.lanes.nice,
    };
    let memory_max_mib = config.lanes.memory_max_mib.and_then(|it| u32::try_from(it).ok());
    let answer_max = config.lanes.answer_max;
    let launcher = Launcher { memory_max_mib, answer_max, nice, ..Launcher::own()? };
    let lanes = lanes(config, mode, gpus(config, &launcher));
    let models = weights.speech.values();
    let jellyfin = config.jellyfin.as_ref().map(|it| it.client().map(Arc::new)).transpose()?;
    let hire = SubtitleHire {
        launcher,
        translators: Arc::clone(&weights.translators),
        sources: config.metadata.sources()?,
        home_only: home_only(config),
        viewers: Arc::default(),
        slates: Arc::default(),
        canaries: Arc::default(),
        jellyfin,
        load: load(config, weights),
        models: models.map(|it| (it.identity.clone(), it.found.path.clone())).collect(),
        limits: EarsLimits {
            memory_max_mib,
            answer_max,
            tasks_max: config.lanes.max_tasks,
            ..EarsLimits::default()
        },
        idle_unload: config.listen.idle_unload,
    };
    let setup = Setup { lanes, limits: limits(config, mode), libraries: libraries(config, mode) };
    Ok((setup, Arc::new(hire)))
}

/// Libraries whose files nobody outside of the owner's network may be asked about.
fn home_only(config: &Config) -> BTreeSet<String> {
    config.libraries.iter().filter(|it| !it.cloud).map(|it| it.name.clone()).collect()
}

/// How one worker of the processor's lane uses weights: the threads are shared among the workers. Which ones it listens
/// with, each file's order says.
fn load(config: &Config, weights: &Weights) -> LoadParams {
    let threads = (threads(config) / config.lanes.cpu_workers).max(1);
    LoadParams {
        model: None,
        vad: weights.vad.path.clone(),
        states: STATES_PER_CHILD,
        threads_per_state: u8::try_from(threads).unwrap_or(u8::MAX),
        gpu: None,
    }
}

/// The GPUs that get a lane: those that are named, or all that this build finds. A driver that ends the child that
/// looks costs the GPUs, not the start: the processor can listen too.
fn gpus(config: &Config, launcher: &Launcher) -> Vec<LaneName> {
    match &config.lanes.gpu {
        Gpus::Only(named) => named.clone(),
        Gpus::Auto if !gpu::supported() => Vec::new(),
        Gpus::Auto => match gpu::found(launcher) {
            Ok(found) => found.into_iter().map(|it| LaneName::Gpu(it.number)).collect(),
            Err(fault) => {
                tracing::warn!("no GPU is used, since looking for them failed: {fault}");
                Vec::new()
            }
        },
    }
}

fn lanes(config: &Config, mode: Mode, gpus: Vec<LaneName>) -> Vec<LaneSpec> {
    let wanted = &config.lanes;
    let mut lanes: Vec<(LaneName, usize)> =
        gpus.into_iter().map(|it| (it, wanted.gpu_workers)).collect();
    lanes.extend([
        (LaneName::Cpu, wanted.cpu_workers),
        (LaneName::Ffmpeg, wanted.ffmpeg_workers),
        (LaneName::Net, wanted.net_workers),
        (LaneName::Disk, wanted.disk_workers),
    ]);
    let hours = |name: &LaneName| match mode {
        // Who asks for it now means now.
        Mode::Foreground => Schedule::always(),
        Mode::Daemon => wanted.schedule.get(name).cloned().unwrap_or_else(Schedule::always),
    };
    lanes
        .into_iter()
        .map(|(name, workers)| LaneSpec { schedule: hours(&name), name, workers })
        .collect()
}

/// When jobs of each library may be worked on.
fn libraries(config: &Config, mode: Mode) -> BTreeMap<String, Schedule> {
    match mode {
        // Who asks for it now means now.
        Mode::Foreground => BTreeMap::new(),
        Mode::Daemon => {
            config.libraries.iter().map(|it| (it.name.clone(), it.schedule.clone())).collect()
        }
    }
}

/// A disk that was full is tried this often at least.
const DISK_FULL_WAIT_MAX: Duration = Duration::from_secs(5 * 60);
/// What of a daemon's pace may change while it runs: its limits, and the hours of lanes.
pub(super) fn pace(config: &Config) -> (Limits, BTreeMap<LaneName, Schedule>) {
    (limits(config, Mode::Daemon), config.lanes.schedule.clone())
}

fn limits(config: &Config, mode: Mode) -> Limits {
    let ms = |it: Duration| u64::try_from(it.as_millis()).unwrap_or(u64::MAX);
    let retry = &config.retry;
    let daemon = Limits {
        tries_max: retry.tries_max,
        backoff_first_ms: ms(retry.backoff_first),
        backoff_max_ms: ms(retry.backoff_max),
        crashes_max: retry.crashes_max,
        asr_failures_max: config.listen.asr_max_failures,
        asr_cooldown_ms: ms(config.listen.asr_fail_cooldown),
        soft_ms: ms(retry.soft_limit),
        hard_ms: ms(retry.hard_limit),
        disk_full_ms: ms(retry.backoff_max.min(DISK_FULL_WAIT_MAX)),
        ..Limits::default()
    };
    match mode {
        // Somebody waits: what fails is told now, and the same command tries it again.
        Mode::Foreground => Limits { tries_max: 1, asr_failures_max: 1, ..daemon },
        Mode::Daemon => daemon,
    }
}
