//! What goes with the lines of a request.

use super::super::line::Pair;
use super::super::prompt::{self, Ask, Request, Shape};
use super::{END_MARK, Stage, Talk, Task, pair};
use crate::domain::terms::Term;

/// Lines this near to one that is asked again go with it as context.
const NEAR_LINES: usize = 2;

impl Talk {
    pub(super) fn request(&self, task: &Task) -> Request {
        let alone = matches!(task.stage, Stage::Alone(_));
        let near: Vec<Pair> = if alone { Vec::new() } else { self.pairs_near(&task.lines) };
        let text = |at: &usize| self.lines[*at].text.as_str();
        let wrong = |(nth, at): (usize, &usize)| {
            let wrong = self.places[*at].wrong.as_str();
            (!wrong.is_empty()).then_some((nth, wrong))
        };
        let occurs = |it: &&Term| {
            !alone
                || task
                    .lines
                    .iter()
                    .any(|at| text(at).to_lowercase().contains(&it.source.to_lowercase()))
        };
        let before = self.context.before.iter().filter(|_| !alone);
        let shape = self.shape(task);
        let is_numbered = matches!(shape, Shape::Numbered(_)) && task.lines.len() > 1;
        let end = is_numbered.then_some(END_MARK);
        let ask = Ask {
            lines: task.lines.iter().map(text).chain(end).collect(),
            wrong: task.lines.iter().enumerate().filter_map(wrong).collect(),
            before: before.chain(&near).collect(),
            after: if alone { Vec::new() } else { self.sources_after(&task.lines) },
            terms: self.context.terms.iter().filter(occurs).collect(),
            shape,
        };
        prompt::request(&self.brief, &ask)
    }

    /// Lines of the batch that are settled, near to these or of one group with them.
    fn pairs_near(&self, lines: &[usize]) -> Vec<Pair> {
        let is_near = |at: usize| {
            let near = |it: &usize| {
                at.abs_diff(*it) <= NEAR_LINES || self.lines[at].group == self.lines[*it].group
            };
            lines.iter().any(near)
        };
        let places = self.lines.iter().zip(&self.places).enumerate();
        let near = places.filter(|(at, _)| is_near(*at));
        near.filter_map(|(_, (line, place))| pair(line, place.settled.as_ref()?)).collect()
    }

    /// Sources after these that are not translated yet.
    fn sources_after(&self, lines: &[usize]) -> Vec<&str> {
        let from = lines.last().map_or(0, |it| it + 1);
        let open = (from..self.lines.len()).filter(|it| self.places[*it].settled.is_none());
        let inside = open.map(|it| self.lines[it].text.as_str());
        inside.chain(self.context.after.iter().map(String::as_str)).take(NEAR_LINES).collect()
    }
}
