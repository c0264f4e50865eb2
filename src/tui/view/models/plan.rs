//! Plans of the page of models and engines: what would be done, and what follows.

use super::Ask;
use super::house::{House, in_full};
use crate::api::daemon::{Act, Target};
use crate::api::engines::{EngineState, EngineView};
use crate::api::models::{ModelState, ModelView};
use crate::base::text::bytes;
use crate::tui::ask::Ask as Any;
use crate::tui::view::{Deed, Effect, Plan};

const MIB: u64 = 1024 * 1024;

/// Fetches a model, known or not.
pub(super) fn pull(house: &House, name: &str) -> Effect {
    if house.pull_of(name).is_some_and(|it| it.problem.is_none()) {
        return Effect::Say(format!("{name} is being downloaded already"));
    }
    let known = house.model(name);
    let mut lines = match known {
        Some(model) if matches!(model.state, ModelState::Present | ModelState::Verified) => {
            return Effect::Say(format!("{name} is here already"));
        }
        Some(model) => of_known(model),
        None if name.starts_with("ollama:") => vec![
            "Ollama fetches it, and keeps it; its size and licence are told by Ollama's library."
                .to_owned(),
        ],
        None if name.contains("://") => vec![
            "A language model (GGUF) from this address. Nobody knows its digest, size or licence here: fetch it \
             from whom you trust."
                .to_owned(),
        ],
        None => vec![format!(
            "Kinora knows no model {name}: it will tell so, unless it was updated meanwhile."
        )],
    };
    lines.push("Kinora goes on with its work meanwhile.".to_owned());
    let deed = Deed {
        ask: Any::Models(Ask::Pull(name.to_owned())),
        done: format!("{name} is being downloaded"),
    };
    Effect::Confirm(Plan { title: format!("Download {name}?"), lines, deeds: vec![deed] })
}

fn of_known(model: &ModelView) -> Vec<String> {
    let licence = if model.licence.is_empty() { "unknown" } else { &model.licence };
    let mut lines = vec![
        format!("Size: {}. Licence: {licence}.", bytes(model.bytes)),
        format!("What it does: {}. Languages: {}.", job(model), model.languages),
        format!("It takes about {} of memory while it works.", bytes(model.memory_mib * MIB)),
    ];
    if let Some(problem) = &model.problem {
        lines.insert(0, format!("The one that is here is damaged: {problem}."));
    }
    let use_it = match model.kind.as_str() {
        "whisper" => format!("It is used where listen.model = \"{}\" says so.", model.name),
        "translate" => "It is used from the next start of Kinora on.".to_owned(),
        _ => return lines,
    };
    lines.push(use_it);
    lines
}

/// What a model does, in a word.
pub(super) fn job(model: &ModelView) -> &str {
    match model.kind.as_str() {
        "whisper" => "listens",
        "vad" => "finds speech",
        "translate" => "translates",
        other => other,
    }
}

/// Lets a lane go on.
pub(super) fn resume(engine: &EngineView, lane: &str, now_unix_ms: u64) -> Effect {
    let deed = Deed {
        ask: Any::Act(Target::Lane(lane.to_owned()), Act::Resume),
        done: format!("{lane} goes on"),
    };
    let Some(why) = engine.why.as_ref().filter(|_| is_quarantined(engine)) else {
        return Effect::Do(deed);
    };
    let mut lines = vec![
        format!("It was put out of use: {why}."),
        match &engine.test {
            Some(test) => format!("Its last test {}.", in_full(test, now_unix_ms)),
            None => "It was not tested since: T tests it first, without any film.".to_owned(),
        },
        "It takes work again. Before its first window it hears the recorded sample, and is put out of use again \
         where it hears nonsense; no film is spoilt."
            .to_owned(),
    ];
    lines.dedup();
    Effect::Confirm(Plan { title: format!("Use {lane} again?"), lines, deeds: vec![deed] })
}

fn is_quarantined(engine: &EngineView) -> bool {
    engine.state == EngineState::Quarantined
}
