//! Which lines of an answer may have got another line's text.

use super::super::answer::{Parsed, Said};
use super::super::prompt;
use super::super::shift::{self, Beside};
use super::{Draft, END_MARK, Talk, Task, number, pair};
use std::collections::{BTreeMap, BTreeSet};

/// Where more of the lines of an answer look shifted, none of it is believed, percent.
const SHIFTED_PERCENT_MAX: usize = 30;
/// Stands between echo and translation in text that is no JSON.
const ECHO_END: &str = " | ";

impl Talk {
    /// Did the lines of an answer move up or down? `end` is what came under the number of the mark at the end. A model
    /// may leave the mark away, which is no text; a line more or less puts it, or the last line, elsewhere.
    pub(super) fn is_moved(
        &self,
        task: &Task,
        end: Option<&Said>,
        drafts: &[Option<Draft>],
        cut: bool,
    ) -> bool {
        let has_mark = |(at, draft): (&usize, &Option<Draft>)| {
            let said = draft.as_ref().is_some_and(|it| it.text.contains(END_MARK));
            said && !self.lines[*at].text.contains(END_MARK)
        };
        let short = drafts.len() > 1 && drafts.last().is_some_and(is_nothing);
        task.lines.iter().zip(drafts).any(has_mark)
            || end.map_or(short && !cut, |it| it.text.trim() != END_MARK)
    }

    /// Which lines of a numbered answer may have another line's text, by their places in the request.
    /// Where the answer has `moved`, any may.
    pub(super) fn shifted(
        &self,
        task: &Task,
        moved: bool,
        drafts: &[Option<Draft>],
    ) -> BTreeSet<usize> {
        if moved {
            return (0..drafts.len()).collect();
        }
        // Lines settled before are looked at too, for what repeats them.
        let mut known: BTreeMap<usize, (&str, Option<usize>)> = BTreeMap::new();
        for (at, (line, place)) in self.lines.iter().zip(&self.places).enumerate() {
            if let Some(it) = place.settled.as_ref().filter(|it| pair(line, it).is_some()) {
                known.insert(at, (&it.text, None));
            }
        }
        let mut asked = 0;
        for (nth, (at, draft)) in task.lines.iter().zip(drafts).enumerate() {
            if let Some(draft) = draft.as_ref().filter(|it| !it.fatal) {
                known.insert(*at, (&draft.text, Some(nth)));
                asked += 1;
            }
        }
        let pairs: Vec<Beside<'_>> = known
            .iter()
            .map(|(at, it)| Beside { source: &self.lines[*at].text, said: it.0 })
            .collect();
        let nths: Vec<Option<usize>> = known.values().map(|it| it.1).collect();
        let found = shift::suspicious(&pairs, &self.brief.from, &self.brief.to);
        let found: Vec<usize> =
            found.into_iter().filter(|it| nths.get(*it).is_some_and(Option::is_some)).collect();
        if found.len() * 100 > asked * SHIFTED_PERCENT_MAX {
            return (0..drafts.len()).collect();
        }
        let near = found.into_iter().flat_map(|it| it.saturating_sub(1)..=it + 1);
        near.filter_map(|it| nths.get(it).copied().flatten())
            .chain(beside_nothing(drafts))
            .chain(self.overlapping(task, drafts))
            .collect()
    }

    /// Which lines of an echoed answer do not say whose translation they are, by their places in the request. Where an
    /// echo names another line, neither is believed: one of them may be a part of the other.
    pub(super) fn without_echo(
        &self,
        task: &Task,
        parsed: &Parsed,
        drafts: &[Option<Draft>],
    ) -> BTreeSet<usize> {
        let source = |nth: usize| self.lines[task.lines[nth]].text.as_str();
        let mut doubted: BTreeSet<usize> = beside_nothing(drafts).collect();
        doubted.extend(self.overlapping(task, drafts));
        if !parsed.unknown.is_empty() {
            // The last line may have been split: echoes tell of those before it.
            doubted.extend(drafts.len().checked_sub(1));
        }
        for nth in 0..drafts.len() {
            let echo = parsed.said.get(&number(nth)).and_then(|it| it.echo.as_deref());
            let names = |it: usize| echo.map_or(Names::No, |echo| self.names(echo, source(it)));
            let own = names(nth);
            if own == Names::No {
                // Of two lines that became one the first has an echo that is right.
                doubted.extend(nth.saturating_sub(1)..=(nth + 1).min(drafts.len() - 1));
            }
            for other in (0..drafts.len()).filter(|it| source(*it) != source(nth)) {
                let named = names(other);
                if named > own {
                    doubted.extend([nth, other]);
                } else if named != Names::No && named == own {
                    doubted.insert(nth);
                }
            }
        }
        doubted
    }

    /// Neighbours of which one's text has the other's at its end or beginning, as their sources have not: the model
    /// said two lines in one, and one of them again.
    fn overlapping(&self, task: &Task, drafts: &[Option<Draft>]) -> BTreeSet<usize> {
        let overlap = |a: &str, b: &str| {
            a.starts_with(b) || a.ends_with(b) || b.starts_with(a) || b.ends_with(a)
        };
        let text = |nth: usize| drafts.get(nth)?.as_ref().map(|it| it.text.as_str());
        let source = |nth: usize| self.lines[task.lines[nth]].text.as_str();
        let both = |nth: usize| {
            text(nth - 1).zip(text(nth)).filter(|it| !it.0.is_empty() && !it.1.is_empty())
        };
        (1..drafts.len())
            .filter(|nth| both(*nth).is_some_and(|(a, b)| overlap(a, b)))
            .filter(|nth| !overlap(source(nth - 1), source(*nth)))
            .flat_map(|nth| [nth - 1, nth])
            .collect()
    }

    fn names(&self, echo: &str, source: &str) -> Names {
        if prompt::is_head(echo, source, &self.brief.from) {
            Names::Exactly
        } else if shift::echoes(echo, source) {
            Names::Loosely
        } else {
            Names::No
        }
    }
}

/// How an echo names a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Names {
    /// It does not.
    No,
    /// It is like its beginning.
    Loosely,
    /// It is just as much of it as was asked for.
    Exactly,
}

/// Numbered text has the echo before the translation.
pub(super) fn split_echo(said: &mut Said) {
    if said.echo.is_none()
        && let Some((echo, text)) = said.text.split_once(ECHO_END)
    {
        *said = Said { text: text.to_owned(), echo: Some(echo.to_owned()) };
    }
}

fn is_nothing(draft: &Option<Draft>) -> bool {
    draft.as_ref().is_none_or(|it| it.text.is_empty())
}

/// Lines beside those for which nothing was said: they may have been merged.
fn beside_nothing(drafts: &[Option<Draft>]) -> impl Iterator<Item = usize> {
    let nothing = |at: Option<usize>| at.and_then(|it| drafts.get(it)).is_some_and(is_nothing);
    (0..drafts.len()).filter(move |it| nothing(it.checked_sub(1)) || nothing(Some(it + 1)))
}
