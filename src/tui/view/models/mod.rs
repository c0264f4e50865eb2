//! Models and engines: what is installed and what is fetched; what hears, reads and translates, and whether it does.

mod ask;
mod draw;
mod house;
mod plan;
#[cfg(test)]
mod tests;

pub(in crate::tui) use ask::{Answer, Ask};

use super::{Deed, Effect, Mouse, Page, Scene};
use crate::api::daemon::{Act, PushedEvent, Target};
use crate::api::engines::{EngineState, EngineView, EnginesView};
use crate::api::models::PullStatus;
use crate::api::run::Fault;
use crate::tui::ask::{Answer as AnyAnswer, Ask as Any};
use crate::tui::keys::{Binding, Hint, find, hints, letter, on};
use crate::tui::parts::list::Cursor;
use crate::tui::parts::popup::Reading;
use crate::tui::parts::prompt::{Prompt, Typed};
use house::{House, Item};
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

/// How often engines are asked for while this page is in front and none is tested, milliseconds: nothing is pushed when
/// one begins to work.
const ENGINES_EVERY_MS: u64 = 5_000;

const NO_LANE: &str = "only whisper's lanes are paused and resumed; set the cursor on one";

const KEYS: &[Binding<Key>] = &[
    letter('T', Key::Test, "test", "test this engine: it hears, reads or translates a sample"),
    letter('d', Key::Download, "download", "download this model; what it is is shown first"),
    letter('D', Key::DownloadNamed, "by name", "download a model by its name or address"),
    letter('r', Key::Resume, "resume", "use this engine again that was put out of use or paused"),
    letter('p', Key::Pause, "", "pause this engine's lane, or let it go on"),
    on(KeyCode::Enter, Key::Open, "all", "show all that is known of this one"),
];

#[derive(Clone, Copy, Debug)]
enum Key {
    Test,
    Download,
    DownloadNamed,
    Resume,
    Pause,
    Open,
}

/// The page.
#[derive(Debug, Default)]
pub(in crate::tui) struct Models {
    house: House,
    cursor: Cursor,
    /// Where each of the two lists begins to be seen.
    upper: Cursor,
    lower: Cursor,
    /// Which row of all stands in which row of the screen.
    seen: Vec<Option<usize>>,
    prompt: Option<Prompt>,
    /// What is asked and not answered yet.
    asking_models: bool,
    asking_engines: bool,
    engines_unix_ms: u64,
    trouble: Option<Fault>,
}

impl Models {
    fn ask_models(&mut self) -> Option<Effect> {
        let ask = !std::mem::replace(&mut self.asking_models, true);
        ask.then_some(Effect::Ask(Any::Models(Ask::Models)))
    }

    fn ask_engines(&mut self, now_unix_ms: u64) -> Option<Effect> {
        if std::mem::replace(&mut self.asking_engines, true) {
            return None;
        }
        self.engines_unix_ms = now_unix_ms;
        Some(Effect::Ask(Any::Models(Ask::Engines)))
    }

    fn ask_all(&mut self, scene: &Scene<'_>) -> Vec<Effect> {
        let models = self.ask_models();
        models.into_iter().chain(self.ask_engines(scene.now_unix_ms)).collect()
    }

    fn under_cursor(&self) -> Option<Item<'_>> {
        self.house.item(self.cursor.at)
    }

    fn engine(&self) -> Option<&EngineView> {
        match self.under_cursor()? {
            Item::Engine(engine) => Some(engine),
            Item::Model(..) | Item::Pull(_) => None,
        }
    }

    fn act(&mut self, act: Key, scene: &Scene<'_>) -> Vec<Effect> {
        let now = scene.now_unix_ms;
        let effect = match act {
            Key::Test => self.test(),
            Key::Download => self.download(),
            Key::DownloadNamed => {
                self.prompt = Some(Prompt::new("model, ollama:model or address", ""));
                return Vec::new();
            }
            Key::Resume => match self.lane() {
                Some((engine, lane)) if is_stopped(engine) => plan::resume(engine, lane, now),
                Some((engine, _)) => Effect::Say(format!("{} is not stopped", engine.name)),
                None => Effect::Say(NO_LANE.to_owned()),
            },
            Key::Pause => match self.lane() {
                Some((engine, lane)) if is_stopped(engine) => plan::resume(engine, lane, now),
                Some((_, lane)) => Effect::Do(Deed {
                    ask: Any::Act(Target::Lane(lane.to_owned()), Act::Pause),
                    done: format!("{lane} is paused; what it works on is put back"),
                }),
                None => Effect::Say(NO_LANE.to_owned()),
            },
            Key::Open => match self.under_cursor() {
                Some(item) => {
                    let (title, lines) = draw::told(&self.house, item, now);
                    Effect::Read(Reading { title, lines, top: 0 })
                }
                None => return Vec::new(),
            },
        };
        vec![effect]
    }

    fn test(&self) -> Effect {
        let Some(engine) = self.engine() else {
            return Effect::Say("engines are tested; set the cursor on one".to_owned());
        };
        Effect::Do(Deed {
            ask: Any::Models(Ask::Test(engine.name.clone())),
            done: format!("{} is being tested; films go on meanwhile", engine.title),
        })
    }

    fn download(&self) -> Effect {
        match self.under_cursor() {
            Some(Item::Model(model, _)) => plan::pull(&self.house, &model.name),
            Some(Item::Pull(pull)) => plan::pull(&self.house, &pull.name),
            Some(Item::Engine(_)) | None => {
                let how = "models are downloaded; set the cursor on one, or press D and name one";
                Effect::Say(how.to_owned())
            }
        }
    }

    /// The engine under the cursor and its lane, where it is one.
    fn lane(&self) -> Option<(&EngineView, &str)> {
        self.engine().and_then(|it| Some((it, it.lane.as_deref()?)))
    }

    /// Takes how engines stand, and tells what came of tests.
    fn engines(&mut self, view: EnginesView) -> Vec<Effect> {
        let before = self.house.engines.replace(view.engines).unwrap_or_default();
        let was_tested = |name: &str| before.iter().any(|it| it.name == name && it.testing);
        let mut effects = Vec::new();
        for engine in self.house.engines.iter().flatten() {
            let ended = !engine.testing && was_tested(&engine.name);
            let Some(test) = engine.test.as_ref().filter(|_| ended) else { continue };
            effects.push(if test.passed {
                let how = test.remedy.as_ref().map(|it| format!("; {it}")).unwrap_or_default();
                Effect::Say(format!("{} passed: {}{how}", engine.title, test.told))
            } else {
                let what = format!("{} failed: {}", engine.title, test.told);
                Effect::Complain(Fault::operator(what, test.remedy.clone().unwrap_or_default()))
            });
        }
        effects
    }
}

fn is_stopped(engine: &EngineView) -> bool {
    matches!(engine.state, EngineState::Quarantined | EngineState::Paused)
}

impl Page for Models {
    fn hints(&self) -> Vec<Hint> {
        hints(KEYS)
    }

    fn is_typing(&self) -> bool {
        self.prompt.is_some()
    }

    fn shown(&mut self, scene: &Scene<'_>) -> Vec<Effect> {
        self.ask_all(scene)
    }

    fn tick(&mut self, scene: &Scene<'_>) -> Vec<Effect> {
        let testing = self.house.engines.iter().flatten().any(|it| it.testing);
        let due = self.engines_unix_ms + ENGINES_EVERY_MS <= scene.now_unix_ms;
        let ask = testing || due;
        ask.then(|| self.ask_engines(scene.now_unix_ms)).flatten().into_iter().collect()
    }

    fn key(&mut self, key: KeyEvent, scene: &Scene<'_>) -> Vec<Effect> {
        if let Some(prompt) = &mut self.prompt {
            return match prompt.key(key) {
                Typed::More => Vec::new(),
                Typed::Left => {
                    self.prompt = None;
                    Vec::new()
                }
                Typed::Done(name) => {
                    self.prompt = None;
                    let name = name.trim();
                    let named = !name.is_empty();
                    named.then(|| plan::pull(&self.house, name)).into_iter().collect()
                }
            };
        }
        if let Some(act) = find(KEYS, key) {
            return self.act(act, scene);
        }
        self.cursor.key(key, self.house.len());
        Vec::new()
    }

    fn mouse(&mut self, mouse: Mouse, scene: &Scene<'_>) -> Vec<Effect> {
        match mouse {
            Mouse::Wheel(rows) => self.cursor.wheel(rows, self.house.len()),
            Mouse::Click(_, row) | Mouse::DoubleClick(_, row) => {
                let item = self.seen.get(usize::from(row)).copied().flatten();
                self.cursor.at = item.unwrap_or(self.cursor.at);
                if item.is_some() && matches!(mouse, Mouse::DoubleClick(..)) {
                    return self.act(Key::Open, scene);
                }
            }
        }
        Vec::new()
    }

    fn answered(&mut self, answer: AnyAnswer, scene: &Scene<'_>) -> Vec<Effect> {
        let AnyAnswer::Models(answer) = answer else {
            // A lane goes on, or does not any more.
            let acted = answer == AnyAnswer::Acted;
            let ask = acted.then(|| self.ask_engines(scene.now_unix_ms)).flatten();
            return ask.into_iter().collect();
        };
        self.trouble = None;
        match answer {
            Answer::Models(view) => {
                self.asking_models = false;
                self.house.models = Some(view);
            }
            Answer::Engines(view) => {
                self.asking_engines = false;
                return self.engines(view);
            }
            Answer::Pulling(pull) => self.house.pulled(&pull, scene.now_unix_ms),
            Answer::Testing(view) => {
                let mut engines = self.house.engines.iter_mut().flatten();
                if let Some(engine) = engines.find(|it| it.name == view.name) {
                    *engine = view;
                }
            }
        }
        Vec::new()
    }

    fn failed(&mut self, ask: &Any, fault: &Fault, _scene: &Scene<'_>) {
        let Any::Models(ask) = ask else { return };
        match ask {
            Ask::Models => self.asking_models = false,
            Ask::Engines => self.asking_engines = false,
            // Told to the operator already.
            Ask::Pull(_) | Ask::Test(_) => return,
        }
        self.trouble = Some(fault.clone());
    }

    fn pushed(&mut self, event: &PushedEvent, scene: &Scene<'_>) -> Vec<Effect> {
        match event {
            PushedEvent::Model(pull) => {
                self.house.pulled(pull, scene.now_unix_ms);
                match (pull.status, &pull.problem) {
                    (PullStatus::Pulling, _) => Vec::new(),
                    (PullStatus::Done, _) => {
                        let told = Effect::Say(format!("{} is here", pull.name));
                        self.ask_models().into_iter().chain([told]).collect()
                    }
                    (PullStatus::Failed, problem) => {
                        let problem = problem.clone().unwrap_or_default();
                        let what = format!("{} was not downloaded", pull.name);
                        vec![Effect::Complain(Fault::operator(what, problem))]
                    }
                }
            }
            PushedEvent::Reset => {
                // What was asked of a daemon that is gone is answered by nobody.
                (self.asking_models, self.asking_engines) = (false, false);
                Vec::new()
            }
            PushedEvent::Job { .. }
            | PushedEvent::Progress { .. }
            | PushedEvent::Activity { .. } => Vec::new(),
        }
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
        self.draw_all(frame, area, scene);
    }
}
