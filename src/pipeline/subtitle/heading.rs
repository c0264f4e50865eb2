//! Once the spoken language is known: what is heard, what is written, and what cannot be.

use super::listen::Spoken;
use super::outputs;
use super::publish::Ledger;
use super::select::{self, Target};
use crate::domain::execution::{Ending, Next, Step};
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::media::AudioTrack;
use crate::domain::order::{Order, Summary};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where the work heads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Heading {
    /// Which language is spoken.
    pub(super) spoken: Spoken,
    /// What is written.
    pub(super) targets: Vec<Target>,
    /// What cannot be; told when all else is done.
    pub(super) unmet: Option<Fault>,
    /// True where all files are there and are left: nothing remains but to tell `unmet`.
    pub(super) taken: bool,
}

impl Heading {
    /// Decides what is written.
    ///
    /// # Errors
    /// Where nothing that is wanted can be.
    pub(super) fn of(spoken: Spoken, order: &Order, track: &AudioTrack) -> Result<Heading, Fault> {
        let lang = Lang::from_whisper(spoken.main())
            .ok_or_else(|| Fault::bug(format!("no language for `{}`", spoken.main())))?;
        let lang = select::written(&lang, order.from.as_ref().or(tag(track).as_ref()));
        let (targets, unreachable) = select::targets(&lang, spoken.is_mixed(), &order.to);
        let unmet = unmet(&lang, &unreachable);
        match unmet {
            Some(fault) if targets.is_empty() => Err(fault),
            unmet => Ok(Heading { spoken, targets, unmet, taken: false }),
        }
    }

    /// What follows: `onward`, or the end where every file that would be written is there and would be left.
    ///
    /// # Errors
    /// Where a folder is in the way, or the book cannot be read.
    pub(super) fn proceed(
        &mut self,
        path: &Path,
        order: &Order,
        ledger: &dyn Ledger,
        onward: Next,
        summary: &mut Summary,
    ) -> Result<Next, Fault> {
        summary.language = Lang::from_whisper(self.spoken.main());
        let Some(reasons) = outputs::all_taken(path, order, &self.targets, ledger)? else {
            return Ok(onward);
        };
        summary.notices.extend(reasons);
        self.taken = self.unmet.is_some();
        Ok(if self.taken { Next::Step(Step::Publish) } else { Next::End(Ending::Skipped) })
    }

    /// What is to be heard: as spoken, in English, or both; each once.
    pub(super) fn tasks(&self) -> Vec<bool> {
        let wanted = |translate: bool| self.targets.iter().any(|it| it.translate == translate);
        [false, true].into_iter().filter(|it| wanted(*it)).collect()
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

fn unmet(spoken: &Lang, unreachable: &[Lang]) -> Option<Fault> {
    let names: Vec<String> = unreachable.iter().map(Lang::name_en).collect();
    (!names.is_empty()).then(|| {
        Fault::operator(
            format!(
                "{} is spoken, and cannot be translated to {} yet",
                spoken.name_en(),
                names.join(" or ")
            ),
            "this version writes the spoken language and English; leave the others out of --to",
        )
    })
}
