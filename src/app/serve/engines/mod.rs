//! Engines of a running daemon: how each stands, and tests of them.

mod bench;
mod trial;

pub(super) use bench::Bench;

use super::daemon::Daemon;
use super::sentences::utc;
use crate::api::daemon::Refusal;
use crate::api::engines::{EngineKind, EngineState, EngineTest, EngineView, Engines, EnginesView};
use crate::app::config::{Config, Setting, TranslatorSetting};
use crate::base::text::{counted, show_path};
use crate::domain::execution::Step;
use crate::domain::fault::Fault;
use crate::domain::lane::{LaneKind, LaneName};
use crate::engines::llm::TranslatorKind;
use crate::engines::media;
use crate::pipeline::subtitle::announce;
use crate::runtime::subtitle::SubtitleHire;
use crate::runtime::{LaneState, RuntimeView};
use bench::Tested;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use trial::Tester;

/// An engine by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Engine {
    /// Listens, on a lane.
    Whisper(LaneName),
    /// Finds speech.
    Vad,
    /// Reads files.
    Media,
    /// Translates.
    Translator(String),
    /// Is told of files.
    Jellyfin,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Engine::Whisper(lane) => lane.fmt(f),
            Engine::Vad => f.write_str("vad"),
            Engine::Media => f.write_str("media"),
            Engine::Translator(name) => write!(f, "translator:{name}"),
            Engine::Jellyfin => f.write_str("jellyfin"),
        }
    }
}

/// Where engines of these lanes are tested.
pub(super) fn bench(config: &Arc<Config>, hire: &Arc<SubtitleHire>) -> Bench {
    let tester = Tester { config: Arc::clone(config), hire: Arc::clone(hire) };
    Bench::new(Arc::new(move |engine, cancel| tester.test(engine, cancel)))
}

impl Engines for Daemon {
    fn engines(&self) -> EnginesView {
        let now = self.runtime.view();
        EnginesView { engines: self.all(&now).iter().map(|it| self.engine(it, &now)).collect() }
    }

    fn test_engine(&self, name: &str) -> Result<EngineView, Refusal> {
        let now = self.runtime.view();
        let engine = self.all(&now).into_iter().find(|it| it.to_string() == name);
        let engine = engine.ok_or_else(|| {
            let what = format!("there is no engine `{name}`");
            Refusal::NotFound(Fault::operator(what, "use a name that /api/v1/engines tells"))
        })?;
        let view = self.engine(&engine, &now);
        if view.state == EngineState::Missing {
            let fault = Fault::operator(view.why.unwrap_or_default(), "then test it again");
            return Err(Refusal::Conflict(fault));
        }
        self.bench.begin(&engine)?;
        Ok(self.engine(&engine, &now))
    }
}

impl Daemon {
    /// All engines, in the order in which they are shown.
    fn all(&self, now: &RuntimeView) -> Vec<Engine> {
        let lanes = now.lanes.iter().filter(|it| it.name.kind() == LaneKind::Device);
        let translators = self.config.translators.iter().map(|it| it.name.clone());
        lanes
            .map(|it| Engine::Whisper(it.name.clone()))
            .chain([Engine::Vad, Engine::Media])
            .chain(translators.map(Engine::Translator))
            .chain(self.config.jellyfin.as_ref().map(|_| Engine::Jellyfin))
            .collect()
    }

    fn engine(&self, engine: &Engine, now: &RuntimeView) -> EngineView {
        let parts = match engine {
            Engine::Whisper(lane) => self.whisper(lane, now),
            Engine::Vad => {
                let of = [Step::Detect, Step::Weigh, Step::Listen];
                let runs_on = "processor, within whisper";
                let model = file_stem(&self.hire.load.vad);
                Parts::of(EngineKind::Vad, "speech detector", runs_on).with(model, works(now, &of))
            }
            Engine::Media => {
                let of = [Step::Select, Step::Listen, Step::Detect, Step::Weigh];
                let versions = media::versions().into_iter().map(|it| format!("{} {}", it.0, it.1));
                let runs_on = "processor, own children";
                let model = versions.collect::<Vec<_>>().join(", ");
                Parts::of(EngineKind::Media, "FFmpeg", runs_on).with(model, works(now, &of))
            }
            Engine::Translator(name) => self.translator(name, now),
            Engine::Jellyfin => {
                let setting = self.config.jellyfin.as_ref();
                let runs_on = setting.map_or("", |it| it.url.as_str());
                let parts = Parts::of(EngineKind::Jellyfin, "Jellyfin", runs_on);
                parts.busy(works(now, &[Step::Announce])).away(now, announce::SERVICE)
            }
        };
        let Parts { kind, title, runs_on, model, state, why } = parts;
        EngineView {
            name: engine.to_string(),
            kind,
            title,
            runs_on,
            model,
            lane: match engine {
                Engine::Whisper(lane) => Some(lane.to_string()),
                Engine::Vad | Engine::Media | Engine::Translator(_) | Engine::Jellyfin => None,
            },
            testing: self.bench.is_testing(engine),
            test: self.last_test(engine, state),
            state,
            why,
        }
    }

    fn whisper(&self, name: &LaneName, now: &RuntimeView) -> Parts {
        let canary = self.hire.canaries.of(name);
        let (title, device) = match name {
            LaneName::Gpu(number) => {
                let seen = canary.map(|it| it.sampled.device);
                (
                    format!("whisper on GPU {number}"),
                    seen.unwrap_or_else(|| format!("GPU {number}")),
                )
            }
            LaneName::Cpu | LaneName::Ffmpeg | LaneName::Net | LaneName::Disk => {
                let threads = self.hire.load.threads_per_state;
                let device = format!("processor, {}", counted(threads, "thread", "threads"));
                ("whisper on the processor".to_owned(), device)
            }
        };
        let all = self.config.libraries.iter().map(|it| &it.model);
        let models: BTreeSet<&String> = all.chain([&self.config.listen.model]).collect();
        let model = models.into_iter().cloned().collect::<Vec<_>>().join(", ");
        let mut parts = Parts::of(EngineKind::Whisper, &title, &device);
        parts.model = Some(model);
        if let Some(lane) = now.lanes.iter().find(|it| it.name == *name) {
            (parts.state, parts.why) = of_lane(lane, now.paused);
        }
        parts
    }

    fn translator(&self, name: &str, now: &RuntimeView) -> Parts {
        let setting = self.config.translators.iter().find(|it| it.name == name);
        let Some(TranslatorSetting { kind, .. }) = setting else {
            return Parts::of(EngineKind::Translator, name, "");
        };
        let at_home = setting.is_some_and(TranslatorSetting::at_home);
        let place = if at_home { "at home" } else { "outside of the house" };
        let (what, runs_on, model) = match kind {
            Setting::Ollama { url, model, .. } => {
                ("Ollama", format!("{url} ({place})"), named(model))
            }
            Setting::OpenAi { url, model, .. } => {
                ("OpenAI's protocol", format!("{url} ({place})"), named(model))
            }
            Setting::Local { .. } => ("local model", "processor, own child".to_owned(), None),
        };
        let mut parts = Parts::of(EngineKind::Translator, &format!("{name}: {what}"), &runs_on);
        parts = parts.busy(self.hire.translators.is_busy(name)).away(now, name);
        let spec = self.hire.translators.specs().iter().find(|it| it.name == name);
        match spec.map(|it| &it.kind) {
            Some(TranslatorKind::Local { weights, .. }) => parts.model = Some(file_stem(weights)),
            Some(TranslatorKind::Ollama { .. } | TranslatorKind::OpenAi { .. }) => {
                parts.model = model;
            }
            None => {
                let why = "no model that translates was installed when Kinora started: pull one and start Kinora anew";
                (parts.state, parts.why) = (EngineState::Missing, Some(why.to_owned()));
            }
        }
        let asked = self.config.translate.chain.iter().any(|it| it == name);
        if parts.state == EngineState::Idle && !asked {
            parts.why = Some("nobody asks it: translate.translators does not name it".to_owned());
        }
        parts
    }

    /// The last one, whoever wished for it.
    fn last_test(&self, engine: &Engine, state: EngineState) -> Option<EngineTest> {
        let tested = self.bench.last(engine).map(|it| (true, it));
        let canary = match engine {
            Engine::Whisper(lane) => self.hire.canaries.of(lane),
            Engine::Vad | Engine::Media | Engine::Translator(_) | Engine::Jellyfin => None,
        };
        let canary = canary.map(|it| {
            let (at_unix_ms, took) = (it.at_unix_ms, it.sampled.took);
            let found = it.sampled.heard.map(|it| format!("it heard \"{it}\""));
            (false, Tested { at_unix_ms, took, found })
        });
        let last = tested.into_iter().chain(canary).max_by_key(|it| it.1.at_unix_ms);
        last.map(|(asked, it)| test(asked, it, engine, state))
    }
}

fn test(asked: bool, tested: Tested, engine: &Engine, state: EngineState) -> EngineTest {
    let passed = tested.found.is_ok();
    let (told, remedy) = match tested.found {
        Ok(told) if state == EngineState::Quarantined => {
            let how = format!(
                "its lane is not used until it is resumed: `kinora jobs resume --lane {engine}`"
            );
            (told, Some(how))
        }
        Ok(told) => (told, None),
        Err(fault) => (fault.what, Some(fault.remedy)),
    };
    EngineTest {
        at: utc(tested.at_unix_ms),
        asked,
        passed,
        took_ms: u64::try_from(tested.took.as_millis()).unwrap_or(u64::MAX),
        told,
        remedy,
    }
}

/// What is told of an engine.
struct Parts {
    kind: EngineKind,
    title: String,
    runs_on: String,
    model: Option<String>,
    state: EngineState,
    why: Option<String>,
}

impl Parts {
    fn of(kind: EngineKind, title: &str, runs_on: &str) -> Parts {
        let (title, runs_on) = (title.to_owned(), runs_on.to_owned());
        Parts { kind, title, runs_on, model: None, state: EngineState::Idle, why: None }
    }

    fn with(self, model: String, busy: bool) -> Parts {
        Parts { model: Some(model), ..self }.busy(busy)
    }

    fn busy(self, busy: bool) -> Parts {
        Parts { state: if busy { EngineState::InUse } else { EngineState::Idle }, ..self }
    }

    fn away(self, now: &RuntimeView, service: &str) -> Parts {
        if !now.services_away.iter().any(|it| it == service) {
            return self;
        }
        let why = "it failed several times in a row; it is tried again by itself, in a few minutes";
        Parts { state: EngineState::Away, why: Some(why.to_owned()), ..self }
    }
}

/// A step of these kinds runs somewhere.
fn works(now: &RuntimeView, steps: &[Step]) -> bool {
    now.lanes.iter().flat_map(|it| &it.leases).any(|it| steps.contains(&it.step))
}

/// How a lane stands, and why.
fn of_lane(lane: &LaneState, all_paused: bool) -> (EngineState, Option<String>) {
    if let Some(why) = &lane.quarantined {
        return (EngineState::Quarantined, Some(why.clone()));
    }
    let why = if all_paused {
        Some("a person paused everything".to_owned())
    } else if lane.paused {
        Some("a person paused its lane".to_owned())
    } else if lane.out_of_hours {
        Some("it is outside of the lane's hours (lanes.schedule)".to_owned())
    } else {
        lane.held.as_ref().map(|it| format!("it gives way to who watches: {it}"))
    };
    match why {
        // What runs may end before it stops.
        Some(why) if lane.leases.is_empty() => (EngineState::Paused, Some(why)),
        Some(_) | None if !lane.leases.is_empty() => (EngineState::InUse, None),
        Some(_) | None => (EngineState::Idle, None),
    }
}

fn named(model: &str) -> Option<String> {
    let first = "the first one that it has";
    Some(if model.is_empty() { first } else { model }.to_owned())
}

fn file_stem(path: &Path) -> String {
    path.file_stem().map(|it| show_path(Path::new(it))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn lane() -> LaneState {
        LaneState {
            name: LaneName::Gpu(0),
            workers: 1,
            paused: false,
            out_of_hours: false,
            quarantined: None,
            held: None,
            waiting: 0,
            leases: Vec::new(),
        }
    }

    #[test]
    fn a_lane_that_does_not_work_says_why() {
        let broken = Some("it hears nonsense".to_owned());
        for (lane, all, state, why) in [
            (lane(), false, EngineState::Idle, None),
            (lane(), true, EngineState::Paused, Some("everything")),
            (LaneState { paused: true, ..lane() }, false, EngineState::Paused, Some("its lane")),
            (LaneState { out_of_hours: true, ..lane() }, false, EngineState::Paused, Some("hours")),
            (
                LaneState { held: Some("Ann plays Heat".to_owned()), ..lane() },
                false,
                EngineState::Paused,
                Some("Ann plays Heat"),
            ),
            (
                LaneState { quarantined: broken, paused: true, ..lane() },
                true,
                EngineState::Quarantined,
                Some("nonsense"),
            ),
        ] {
            let told = of_lane(&lane, all);
            assert_eq!(told.0, state, "{lane:?}");
            assert_eq!(told.1.is_some(), why.is_some(), "{told:?}");
            assert!(told.1.unwrap_or_default().contains(why.unwrap_or_default()), "{lane:?}");
        }
    }

    #[test]
    fn a_quarantined_lane_that_passes_says_how_it_goes_on() {
        let engine = Engine::Whisper(LaneName::Gpu(0));
        let tested = |found| Tested { at_unix_ms: 0, took: Duration::from_millis(3100), found };
        let heard = || tested(Ok("it heard all of it".to_owned()));
        let told = test(true, heard(), &engine, EngineState::Quarantined);
        assert!(told.passed && told.took_ms == 3100, "{told:?}");
        assert!(told.remedy.is_some_and(|it| it.contains("kinora jobs resume --lane gpu0")));
        assert_eq!(test(true, heard(), &engine, EngineState::Idle).remedy, None);
        let fault = Fault::operator("GPU 0 hears nonsense", "check its driver");
        let told = test(false, tested(Err(fault)), &engine, EngineState::Quarantined);
        assert_eq!(
            (told.passed, told.told.as_str(), told.remedy.as_deref()),
            (false, "GPU 0 hears nonsense", Some("check its driver"))
        );
    }
}
