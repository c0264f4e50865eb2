//! What is known of models and engines: rows in the order in which they are shown, and how fast downloads are.

use crate::api::engines::{EngineTest, EngineView};
use crate::api::models::{ModelView, ModelsView, PullStatus, PullView};
use crate::base::text::bytes;
use crate::tui::parts::when::{ago, length, unix_ms};
use std::collections::HashMap;

/// A row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'a> {
    /// An engine.
    Engine(&'a EngineView),
    /// A model, and how fetching it goes, where it is or was fetched.
    Model(&'a ModelView, Option<&'a PullView>),
    /// What is or was fetched under another name than that of a model in the list.
    Pull(&'a PullView),
}

/// From when and where on the speed of a download is told.
#[derive(Clone, Copy, Debug)]
struct Since {
    at_unix_ms: u64,
    bytes: u64,
}

/// What is known.
#[derive(Debug, Default)]
pub(super) struct House {
    pub(super) engines: Option<Vec<EngineView>>,
    pub(super) models: Option<ModelsView>,
    since: HashMap<String, Since>,
}

impl House {
    /// Engines, then models, then other downloads.
    pub(super) fn items(&self) -> impl Iterator<Item = Item<'_>> {
        let engines = self.engines.iter().flatten().map(Item::Engine);
        let models = self.models.iter().flat_map(|it| &it.models);
        let models = models.map(|it| Item::Model(it, self.pull_of(&it.name)));
        let listed = |name: &str| {
            self.models.iter().any(|all| all.models.iter().any(|model| model.name == name))
        };
        let pulls = self.models.iter().flat_map(|it| &it.pulls);
        engines.chain(models).chain(pulls.filter(move |it| !listed(&it.name)).map(Item::Pull))
    }

    /// How many of the rows are engines.
    pub(super) fn engines_len(&self) -> usize {
        self.engines.as_ref().map_or(0, Vec::len)
    }

    /// All rows.
    pub(super) fn len(&self) -> usize {
        self.items().count()
    }

    /// The row at this place.
    pub(super) fn item(&self, at: usize) -> Option<Item<'_>> {
        self.items().nth(at)
    }

    /// The model of a name.
    pub(super) fn model(&self, name: &str) -> Option<&ModelView> {
        self.models.as_ref()?.models.iter().find(|it| it.name == name)
    }

    /// How fetching the model of a name goes; what went well is told by the model itself.
    pub(super) fn pull_of(&self, name: &str) -> Option<&PullView> {
        let mut pulls = self.models.as_ref()?.pulls.iter();
        pulls.find(|it| it.name == name && it.status != PullStatus::Done)
    }

    /// A model came along.
    pub(super) fn pulled(&mut self, pull: &PullView, now_unix_ms: u64) {
        let Some(models) = &mut self.models else { return };
        match models.pulls.iter_mut().find(|it| it.name == pull.name) {
            Some(known) => *known = pull.clone(),
            None => models.pulls.push(pull.clone()),
        }
        let since = Since { at_unix_ms: now_unix_ms, bytes: pull.bytes_done };
        match (pull.status, self.since.get(&pull.name)) {
            // What was there already came at no speed.
            (PullStatus::Pulling, Some(before)) if pull.bytes_done >= before.bytes => {}
            (PullStatus::Pulling, _) => drop(self.since.insert(pull.name.clone(), since)),
            (PullStatus::Done | PullStatus::Failed, _) => drop(self.since.remove(&pull.name)),
        }
    }

    /// How fast it comes, bytes a second, and how long it takes still, milliseconds; where that is known.
    pub(super) fn pace(&self, pull: &PullView, now_unix_ms: u64) -> Option<(u64, u64)> {
        let since = self.since.get(&pull.name)?;
        let ms = now_unix_ms.saturating_sub(since.at_unix_ms);
        let fetched = pull.bytes_done.saturating_sub(since.bytes);
        let speed = fetched.saturating_mul(1000).checked_div(ms)?;
        let left = pull.bytes_total.saturating_sub(pull.bytes_done);
        Some((speed, left.checked_div(speed)?.saturating_mul(1000)))
    }

    /// All of it: `120 of 264 MB, 3 MB/s, 0:48 left`.
    pub(super) fn progress(&self, pull: &PullView, now_unix_ms: u64) -> String {
        if pull.bytes_total == 0 {
            return "it begins".to_owned();
        }
        let text = format!("{} of {}", bytes(pull.bytes_done), bytes(pull.bytes_total));
        match self.pace(pull, now_unix_ms) {
            Some((speed, left)) => format!("{text}, {}/s, {} left", bytes(speed), length(left)),
            None => text,
        }
    }

    /// Which engine works with a model.
    pub(super) fn user_of(&self, model: &ModelView) -> Option<&EngineView> {
        let stem = model.path.as_ref().and_then(|it| it.file_stem()).map(|it| it.to_string_lossy());
        let is_it = |name: &str| name == model.name || stem.as_deref() == Some(name);
        let names = |it: &EngineView| it.model.as_ref().is_some_and(|it| it.split(", ").any(is_it));
        self.engines.iter().flatten().find(|it| names(it))
    }
}

/// How far it is, from 0 to 1, where that is known.
pub(super) fn share(pull: &PullView) -> Option<f32> {
    (pull.bytes_total > 0).then(|| pull.bytes_done as f32 / pull.bytes_total as f32)
}

/// What came of a test in a few words: `passed, 3 min ago`.
pub(super) fn in_short(engine: &EngineView, now_unix_ms: u64) -> String {
    match &engine.test {
        _ if engine.testing => "is being tested".to_owned(),
        None => "not tested".to_owned(),
        Some(test) => format!("{}, {}", verdict(test), when(test, now_unix_ms)),
    }
}

fn verdict(test: &EngineTest) -> &'static str {
    if test.passed { "passed" } else { "failed" }
}

/// How long ago it was tested.
pub(super) fn when(test: &EngineTest, now_unix_ms: u64) -> String {
    unix_ms(&test.at).map_or_else(|| test.at.clone(), |at| format!("{} ago", ago(at, now_unix_ms)))
}

/// What came of a test, in a sentence.
pub(super) fn in_full(test: &EngineTest, now_unix_ms: u64) -> String {
    let seconds = test.took_ms as f64 / 1000.0;
    let by = if test.asked { "" } else { " by itself, before its first work" };
    let when = when(test, now_unix_ms);
    let remedy = test.remedy.as_ref().map(|it| format!("; {it}")).unwrap_or_default();
    format!("{} {when}{by}, in {seconds:.1} s: {}{remedy}", verdict(test), test.told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_of_what_came_while_it_was_watched() {
        let mut house = House { models: Some(ModelsView::default()), ..House::default() };
        let mut pull = PullView {
            name: "ollama:x".to_owned(),
            bytes_done: 50_000_000,
            bytes_total: 100_000_000,
            status: PullStatus::Pulling,
            problem: None,
        };
        house.pulled(&pull, 1000);
        assert!(!house.progress(&pull, 1000).contains("left"));
        pull.bytes_done += 20_000_000;
        house.pulled(&pull, 11_000);
        let told = house.progress(&pull, 11_000);
        assert!(told.ends_with("/s, 0:15 left"), "{told}");
        // Begun anew it is not faster than it is.
        pull.bytes_done = 1;
        house.pulled(&pull, 12_000);
        assert!(!house.progress(&pull, 12_000).contains("left"));
        pull.status = PullStatus::Failed;
        house.pulled(&pull, 13_000);
        assert!(house.since.is_empty());
        assert!(matches!(house.item(0), Some(Item::Pull(_))));
    }
}
