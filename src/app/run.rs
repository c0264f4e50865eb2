//! `kinora run`: from paths to items, through the foreground driver, to reports.

use super::config::Config;
use super::intake::{self, Item};
use crate::api::run::{ItemReport, RunEvent, RunRequest, Stage, Status};
use crate::base::cancel::Cancel;
use crate::base::clock::{self, Stopwatch};
use crate::domain::fault::Fault;
use crate::domain::speech::SpeechParams;
use crate::domain::track::{Named, TrackWish};
use crate::engines::child::Launcher;
use crate::engines::media::MediaEngine;
use crate::engines::models::{self, Found};
use crate::engines::whisper::cpu_supported;
use crate::engines::wire::LoadParams;
use crate::pipeline::subtitle::Step;
use crate::pipeline::subtitle::ears::Ears;
use crate::pipeline::subtitle::recipe::ListenParams;
use crate::runtime::foreground::Foreground;
use crate::runtime::order::{Ending, News, Order, Report};
use crate::store::Store;
use std::path::Path;
use std::time::Duration;

/// Windows listened to at the same time: each takes up to 260 MB beside the weights, too much for a small machine.
const STATES_MAX: usize = 1;
/// Encoder positions (20 ms) beyond the end of a window: measured to hear as well as the full length.
const ENCODER_MARGIN: u16 = 64;

/// Subtitles what is asked for, telling what happens meanwhile.
///
/// # Errors
/// Where the work cannot begin at all; what goes wrong with one file is in its report.
pub fn run(
    config: &Config,
    request: &RunRequest,
    cancel: &Cancel,
    on_event: &mut dyn FnMut(RunEvent),
) -> Result<Vec<ItemReport>, Fault> {
    if let Some(folder) = &request.output {
        // Made where only it is missing; a whole path that is missing is a disk that is not mounted, told file by file.
        let _ = std::fs::create_dir(folder);
    }
    let items = intake::walk(&request.paths);
    on_event(RunEvent::Planned { items: items.len() });
    cpu_supported()?;
    let weights = Weights::find(config, cancel)?;
    let store = Store::open(&config.data_dir)?;
    crate::pipeline::subtitle::publish::sweep(&store)?;
    store.prune(clock::now_unix_ms())?;
    let launcher = Launcher::own()?;
    let mut foreground = Foreground {
        media: MediaEngine::start(&launcher)?,
        ears: Ears::new(launcher, weights.load(config)),
        store: &store,
        cancel: cancel.clone(),
    };
    let order = order(config, request, &weights)?;
    let mut reports = Vec::new();
    for (number, item) in items.into_iter().enumerate() {
        if cancel.is_set() {
            break;
        }
        on_event(RunEvent::Started { item: number, path: item.path.clone() });
        let report = work(&mut foreground, &item, &order, number, on_event);
        on_event(RunEvent::Ended { item: number, report: report.clone() });
        reports.push(report);
    }
    Ok(reports)
}

/// The weights of a run, checked.
struct Weights {
    speech: Found,
    vad: Found,
}

impl Weights {
    /// Finds them and compares what has a known digest with it: damaged weights hear nonsense.
    fn find(config: &Config, cancel: &Cancel) -> Result<Weights, Fault> {
        let dirs = models::search_dirs(&config.data_dir);
        let speech = models::find(&config.listen.model, &dirs)?;
        let vad = models::find_vad(&dirs)?;
        for found in [&speech, &vad] {
            if let Some(model) = found.model {
                models::verify(&found.path, model, cancel, &mut |_, _| ())?;
            }
        }
        Ok(Weights { speech, vad })
    }

    fn load(&self, config: &Config) -> LoadParams {
        let threads = threads(config);
        let states = threads.min(STATES_MAX);
        let byte = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
        LoadParams {
            model: Some(self.speech.path.clone()),
            vad: self.vad.path.clone(),
            states: byte(states),
            threads_per_state: byte(threads / states),
        }
    }
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

fn order(config: &Config, request: &RunRequest, weights: &Weights) -> Result<Order, Fault> {
    Ok(Order {
        to: request.to.clone(),
        from: request.from.clone(),
        wish: wish(config, request),
        formats: request.formats.clone(),
        transcript: config.output.json,
        naming: config.output.naming,
        output: request.output.clone(),
        force: request.force,
        listen: ListenParams {
            speech: SpeechParams::default(),
            beam: config.listen.beam,
            prompt: request.prompt.clone(),
            encoder_margin: ENCODER_MARGIN,
            model: weights.speech.identity()?,
        },
        multilingual: weights.speech.multilingual(),
        cue: config.cue.clone(),
    })
}

/// The track that is wanted: by number, or by the spoken language where that is told, or what the owner prefers.
pub(super) fn wish(config: &Config, request: &RunRequest) -> TrackWish {
    let mut prefer_langs = config.listen.prefer_langs.clone();
    // A track tagged with the language the owner says is spoken; untagged ones are not ruled out by it.
    prefer_langs.splice(0..0, request.from.clone());
    TrackWish { named: request.track.map(Named::Index), prefer_langs }
}

fn work(
    foreground: &mut Foreground<'_>,
    item: &Item,
    order: &Order,
    number: usize,
    on_event: &mut dyn FnMut(RunEvent),
) -> ItemReport {
    let watch = Stopwatch::start();
    if let Some(fault) = &item.fault {
        return refused(&item.path, fault.clone(), watch.elapsed());
    }
    let report = foreground.work(&item.path, order, &mut |news| on_event(progress(number, news)));
    view(&item.path, report, watch.elapsed())
}

fn refused(path: &Path, fault: Fault, elapsed: Duration) -> ItemReport {
    let report = Report { ending: Ending::Failed(fault), ..Report::default() };
    view(path, report, elapsed)
}

fn view(path: &Path, report: Report, elapsed: Duration) -> ItemReport {
    let (status, fault) = match report.ending {
        Ending::Done => (Status::Done, None),
        Ending::Skipped => (Status::Skipped, None),
        Ending::NoSpeech => (Status::NoSpeech, None),
        Ending::Failed(fault) => (Status::Failed, Some(fault)),
        Ending::Interrupted => (Status::Interrupted, None),
    };
    let unsigned = |ms: i64| u64::try_from(ms).unwrap_or(0);
    ItemReport {
        path: path.to_owned(),
        status,
        notices: report.notices,
        fault,
        written: report.written,
        language: report.language,
        cues: report.cues,
        audio_ms: unsigned(report.audio.0),
        speech_ms: unsigned(report.speech.0),
        elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    }
}

fn progress(item: usize, news: News) -> RunEvent {
    let stage = match news.step {
        Step::Select => Stage::Probe,
        Step::Detect => Stage::Detect,
        Step::Listen => Stage::Listen,
        Step::Cue => Stage::Cue,
        Step::Publish => Stage::Publish,
    };
    let duration = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    RunEvent::Progress {
        item,
        stage,
        decoded: duration(news.decoded.0),
        heard: duration(news.heard.0),
        total: news.total.map(|it| duration(it.0)),
    }
}
