//! What an owner corrected in a subtitle that Kinora had translated: the lines are remembered as they are now, and
//! what was changed alike in several lines is proposed as a term.

use super::{Phrases, adopt};
use crate::domain::change::{Change, Made, Phrase};
use crate::domain::existing::{Existing, Origin};
use crate::domain::fault::Fault;
use crate::domain::subtitle::Document;
use crate::domain::terms::{self, Scope};

/// What is to be remembered of the subtitles that are there; those that nobody edited teach nothing.
///
/// # Errors
/// Where the store fails. A file that cannot be read teaches nothing.
pub(super) fn learn(existing: &[Existing], phrases: &dyn Phrases) -> Result<Vec<Change>, Fault> {
    let mut changes = Vec::new();
    for it in existing {
        // Ours that somebody edited counts as theirs.
        let Origin::External(file) = &it.origin else { continue };
        let Some(made) = phrases.made(file)? else { continue };
        let format = it.examined.as_ref().map(|it| it.format);
        let parsed = adopt::read(file).and_then(|bytes| Document::parse(&bytes, format));
        let Ok(document) = parsed else { continue };
        let Made { from, to, work, .. } = &made;
        let lines = terms::align(&made, &document.cues());
        let scope = Scope::Work(work.clone());
        let known = phrases.terms(&[Scope::Everywhere, scope.clone()])?;
        let learnt = terms::learnt(&lines, &known, &scope, from, to);
        let source =
            |place: Option<usize>| place.and_then(|it| lines.get(it)).map(|it| it.0.as_str());
        let by_hand = |(place, text): (usize, String)| {
            let (before, after) = (source(place.checked_sub(1)), source(Some(place + 1)));
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            let said = source(Some(place)).unwrap_or_default();
            let key = terms::phrase_key(from, to, before, said, after);
            (key, Phrase { text, by_hand: true })
        };
        let phrases: Vec<_> = learnt.phrases.into_iter().map(by_hand).collect();
        changes.extend((!phrases.is_empty()).then_some(Change::Phrases(phrases)));
        changes.extend((!learnt.terms.is_empty()).then_some(Change::Proposed(learnt.terms)));
    }
    Ok(changes)
}
