//! Once it is decided: what is heard, what is written, and what cannot be.

use super::listen::Spoken;
use super::select::{Source, Target};
use crate::domain::execution::Step;
use crate::domain::existing::Existing;
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::media::AudioTrack;
use crate::domain::order::Order;
use crate::domain::rules::{TargetPlan, Way};
use serde::{Deserialize, Serialize};

/// What brings a translator.
const HOW_TO_TRANSLATE: &str = "name a translator in kinora.toml, or install a model of kind translate: see \
                                `kinora models list`";

/// Where the work heads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Heading {
    /// What is written; empty where all that can be had is there.
    pub(super) targets: Vec<Target>,
    /// What cannot be; told when all else is done.
    pub(super) unmet: Option<Fault>,
    /// True where all files are there and are left: nothing remains but to tell `unmet`.
    pub(super) taken: bool,
}

impl Heading {
    /// What was decided, as work.
    pub(super) fn of(
        plans: &[TargetPlan],
        spoken: Option<&Lang>,
        existing: &[Existing],
    ) -> Heading {
        let (mut targets, mut unreachable) = (Vec::new(), Vec::new());
        for plan in plans {
            let source = match &plan.way {
                Way::There(_) => continue,
                Way::Adopt(place) => Source::Existing(*place),
                Way::Listen => Source::Spoken,
                Way::ListenInEnglish => Source::English,
                Way::TranslateExisting(place) => Source::FromExisting(*place),
                Way::TranslateHeard => Source::FromHeard,
                Way::No(_) => {
                    unreachable.push(plan.lang.clone());
                    continue;
                }
            };
            let from = match source {
                Source::Spoken | Source::English | Source::Existing(_) => None,
                Source::FromHeard => spoken.cloned(),
                Source::FromExisting(place) => {
                    existing.get(place).and_then(|it| it.lang()).cloned()
                }
            };
            targets.push(Target { lang: plan.lang.clone(), source, from });
        }
        Heading { targets, unmet: unmet(spoken, &unreachable), taken: false }
    }

    /// What is to be heard: as spoken, in English, or both; each once.
    pub(super) fn tasks(&self) -> Vec<bool> {
        let wanted = |source: Source| self.targets.iter().any(|it| it.source == source);
        let spoken = wanted(Source::Spoken) || wanted(Source::FromHeard);
        let tasks = [(false, spoken), (true, wanted(Source::English))];
        tasks.into_iter().filter(|it| it.1).map(|it| it.0).collect()
    }

    /// True where something is translated.
    pub(super) fn translates(&self) -> bool {
        self.targets.iter().any(|it| it.source.is_translated())
    }

    /// What follows once all that is to be heard is there.
    pub(super) fn after_listening(&self) -> Step {
        if self.translates() { Step::Translate } else { Step::Cue }
    }
}

/// The language where nobody needs to find it out: told by the owner, or the only one the model knows.
///
/// # Errors
/// Where the model does not know the language.
pub(super) fn told(order: &Order) -> Result<Option<Spoken>, Fault> {
    let Some(from) = &order.from else {
        return Ok((!order.multilingual).then(|| Spoken::Told("en".to_owned())));
    };
    let Some(code) = from.to_whisper() else {
        return Err(Fault::operator(
            format!("Whisper does not know {}", from.name_en()),
            "choose another language with --from, or leave it to be found out",
        ));
    };
    if !order.multilingual && code != "en" {
        return Err(Fault::operator(
            format!("this model knows only English, not {}", from.name_en()),
            "choose a model without `.en` in its name with --model",
        ));
    }
    Ok(Some(Spoken::Told(code.to_owned())))
}

/// The track's own language, where its tag tells one.
pub(super) fn tag(track: &AudioTrack) -> Option<Lang> {
    track.language.as_deref().and_then(|it| Lang::parse(it).ok())
}

/// Said where a translation is wanted and no translator is there.
pub(super) fn nobody_translates(from: &Lang, to: &[&Lang]) -> Fault {
    let to: Vec<String> = to.iter().map(|it| it.name_en()).collect();
    Fault::operator(
        format!("it is in {}, and nobody translates it to {}", from.name_en(), to.join(" or ")),
        HOW_TO_TRANSLATE,
    )
}

fn unmet(spoken: Option<&Lang>, unreachable: &[Lang]) -> Option<Fault> {
    let names: Vec<String> = unreachable.iter().map(Lang::name_en).collect();
    let spoken = spoken.map_or_else(|| "another language".to_owned(), Lang::name_en);
    (!names.is_empty()).then(|| {
        Fault::operator(
            format!("{spoken} is spoken, and nobody translates it to {}", names.join(" or ")),
            HOW_TO_TRANSLATE,
        )
    })
}
