//! What lanes compute on, and what listens or translates there.

use crate::api::device::DeviceView;
use crate::app::config::{Config, Setting, TranslatorSetting};
use crate::base::clock::Stopwatch;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crate::domain::lane::LaneName;
use crate::engines::child::Launcher;
use crate::engines::device::{CARDS_DIR, Card, Load, Processor, card_of};
use crate::engines::gpu::{self, Gpu};
use crate::engines::llm::Translators;
use crate::runtime::RuntimeView;
use crate::runtime::subtitle::SubtitleHire;
use crossbeam::channel::{Receiver, Sender, bounded};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Who asks waits no longer than this for a graphics card: a driver may hang.
const CARD_PATIENCE: Duration = Duration::from_millis(20);
/// What was told longer ago says nothing of now.
const OLD: Duration = Duration::from_secs(10);
const MIB: u64 = 1024 * 1024;

/// The devices of this machine.
pub(super) struct Devices {
    processor: Processor,
    gpus: Option<Gpus>,
    listens: Option<String>,
    translates: Option<String>,
}

/// GPUs, asked by a thread of their own; it ends with this.
struct Gpus {
    ask: Sender<Sender<()>>,
    told: Arc<Mutex<Told>>,
}

/// What was told of GPUs last, by number.
#[derive(Clone, Default)]
struct Told {
    gpus: BTreeMap<u8, DeviceView>,
    at: Option<Stopwatch>,
}

/// The devices at one moment.
pub(super) struct Now {
    processor: DeviceView,
    gpus: BTreeMap<u8, DeviceView>,
}

impl Devices {
    /// Begins to look at those that have a lane.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(super) fn start(
        config: &Config,
        hire: &SubtitleHire,
        lanes: &RuntimeView,
    ) -> Result<Devices, Fault> {
        let any = lanes.lanes.iter().any(|it| matches!(it.name, LaneName::Gpu(_)));
        let gpus = any.then(|| Gpus::start(hire.launcher.clone())).transpose()?;
        let (listens, translates) = (listens(config), translates(config, &hire.translators));
        Ok(Devices { processor: Processor::find(), gpus, listens, translates })
    }

    /// How they are now.
    pub(super) fn now(&self) -> Now {
        let processor = view(self.processor.name(), self.processor.load());
        let gpus = self.gpus.as_ref().map(Gpus::now).unwrap_or_default();
        Now { processor, gpus }
    }

    /// What listens on a lane, or translates there.
    pub(super) fn model(&self, lane: &LaneName) -> Option<String> {
        match lane {
            LaneName::Gpu(_) | LaneName::Cpu => self.listens.clone(),
            LaneName::Net => self.translates.clone(),
            LaneName::Ffmpeg | LaneName::Disk => None,
        }
    }
}

impl Now {
    /// What a lane computes on, where it computes.
    pub(super) fn of(&self, lane: &LaneName) -> Option<DeviceView> {
        match lane {
            LaneName::Gpu(number) => self.gpus.get(number).cloned(),
            LaneName::Cpu | LaneName::Ffmpeg => Some(self.processor.clone()),
            LaneName::Net | LaneName::Disk => None,
        }
    }
}

impl Gpus {
    fn start(launcher: Launcher) -> Result<Gpus, Fault> {
        let (ask, asked) = bounded(1);
        let told = Arc::<Mutex<Told>>::default();
        let mine = Arc::clone(&told);
        std::thread::Builder::new()
            .name("devices".to_owned())
            .spawn(move || look(&launcher, &asked, &mine))
            .map_err(|err| Fault::bug(format!("a thread cannot be started ({err})")))?;
        Ok(Gpus { ask, told })
    }

    fn now(&self) -> BTreeMap<u8, DeviceView> {
        let (tell, told) = bounded(1);
        // Where it is asked already, or hangs, what it told last must do.
        if self.ask.try_send(tell).is_ok() {
            let _ = told.recv_timeout(CARD_PATIENCE);
        }
        let Told { mut gpus, at } =
            self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if at.is_none_or(|it| OLD < it.elapsed()) {
            for it in gpus.values_mut() {
                (it.load_percent, it.memory_used_bytes) = (None, None);
            }
        }
        gpus
    }
}

/// Finds the GPUs, then looks at them whenever somebody asks.
fn look(launcher: &Launcher, asked: &Receiver<Sender<()>>, told: &Mutex<Told>) {
    // What is wrong with them is told by whoever listens on them.
    let gpus = gpu::found(launcher).unwrap_or_default();
    let cards = Card::find(Path::new(CARDS_DIR));
    let read = |at| {
        let of = |it: &Gpu| {
            let load = card_of(it, &gpus, &cards).map(Card::load).unwrap_or_default();
            let mut view = view(&it.name, load);
            view.memory_bytes =
                view.memory_bytes.or((it.memory_mib > 0).then(|| it.memory_mib * MIB));
            (it.number, view)
        };
        *told.lock().unwrap_or_else(PoisonError::into_inner) =
            Told { gpus: gpus.iter().map(of).collect(), at };
    };
    read(None);
    for answer in asked {
        read(Some(Stopwatch::start()));
        let _ = answer.try_send(());
    }
}

fn view(name: &str, load: Load) -> DeviceView {
    DeviceView {
        name: name.to_owned(),
        load_percent: load.percent,
        memory_bytes: load.memory_bytes,
        memory_used_bytes: load.memory_used_bytes,
    }
}

/// The models that listen: that of everywhere, and those of libraries.
fn listens(config: &Config) -> Option<String> {
    let all = [&config.listen.model].into_iter().chain(config.libraries.iter().map(|it| &it.model));
    let names: BTreeSet<String> = all.map(|it| file_name(it)).collect();
    Some(names.into_iter().collect::<Vec<_>>().join(", "))
}

/// Those that translate anything and can be had.
fn translates(config: &Config, there: &Translators) -> Option<String> {
    let libraries = config.libraries.iter().flat_map(|it| &it.translators);
    let used: BTreeSet<&String> = config.translate.chain.iter().chain(libraries).collect();
    let used = config
        .translators
        .iter()
        .filter(|it| used.contains(&it.name) && there.identity(&it.name).is_some());
    let names: Vec<String> = used.map(translator).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// `house (qwen3:8b)`.
fn translator(it: &TranslatorSetting) -> String {
    let model = match &it.kind {
        Setting::Ollama { model, .. } | Setting::OpenAi { model, .. } => Some(model.clone()),
        Setting::Local { model, .. } => model.as_deref().map(file_name),
    };
    match model.filter(|model| !model.is_empty() && *model != it.name) {
        Some(model) => format!("{} ({model})", it.name),
        None => it.name.clone(),
    }
}

/// A model that is configured by its path, by its file alone.
fn file_name(model: &str) -> String {
    let name = Path::new(model).file_name().map_or_else(|| Path::new(model), Path::new);
    show_path(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_translates_is_told_with_the_model() {
        let ollama = |model: &str| Setting::Ollama {
            url: "http://10.0.0.5:11434".to_owned(),
            model: model.to_owned(),
            num_ctx: 8192,
            think: false,
        };
        let local = |model: Option<&str>| Setting::Local {
            model: model.map(str::to_owned),
            context: 4096,
            threads: 0,
        };
        for (kind, told) in [
            (ollama("qwen3:8b"), "house (qwen3:8b)"),
            (ollama(""), "house"),
            (ollama("house"), "house"),
            (local(None), "house"),
            (local(Some("/models/qwen3-4b.gguf")), "house (qwen3-4b.gguf)"),
        ] {
            let (name, silence_max) = ("house".to_owned(), Duration::from_secs(1));
            let setting =
                TranslatorSetting { name, kind, parallel: 1, silence_max, temperature: 0.0 };
            assert_eq!(translator(&setting), told);
        }
    }

    #[test]
    fn a_card_that_hangs_holds_up_nobody_and_old_loads_are_not_told() {
        let view = view("Radeon", Load { percent: Some(50), ..Load::default() });
        let gpus = BTreeMap::from([(0, view)]);
        let of = |at: Option<Stopwatch>| Told { gpus: gpus.clone(), at };
        for (at, percent) in [(Some(Stopwatch::start()), Some(50)), (None, None)] {
            // Nobody takes the question.
            let (ask, _asked) = bounded(1);
            let gpus = Gpus { ask, told: Arc::new(Mutex::new(of(at))) };
            for _ in 0..3 {
                let now = gpus.now();
                assert_eq!((now[&0].name.as_str(), now[&0].load_percent), ("Radeon", percent));
            }
        }
    }
}
