//! The way of a batch to its translations, whatever a model answers: asked again with the errors named, halved, at last
//! line by line without context. What fails even so keeps its source text and says why.
//!
//! A line is believed where its number is there once, its text passes every check, and the answer around it does not
//! look shifted. Where it does, the lines in doubt are asked again with the first words of their sources echoed: an
//! echo binds a text to its line.

mod around;
mod doubt;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;

use super::answer::{self, Parsed};
use super::check;
use super::clean;
use super::line::{How, Line, Pair, Rendered};
use super::prompt::{Brief, Context, Request, Shape};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Tries of a line that is asked alone.
pub const TRIES_ALONE_MAX: usize = 2;

const MISSING: &str = "It was missing.";
const TWICE: &str = "Its number came twice.";
const SHIFTED: &str = "It looks like the translation of another line.";

/// Goes as the last line with several that are asked by number, and has to come back under its own number: where lines
/// were merged or split, it does not. Signs like this one are in subtitles, and nobody translates them.
const END_MARK: &str = "♪";

/// The most requests of a batch, whatever is answered.
///
/// A batch is asked once; what is left of it, `n` lines at most, again. That and all halves of two lines and more are
/// the inner nodes of a binary tree with `n` leaves: `n - 1` requests. Its leaves are single lines, asked
/// [`TRIES_ALONE_MAX`] times each.
pub fn requests_max(lines: usize) -> usize {
    lines * (1 + TRIES_ALONE_MAX)
}

/// Context for the lines after these: their last `count` translations, without lines that are not translated.
pub fn history(done: &[(Line, Rendered)], count: usize) -> Vec<Pair> {
    let pairs = done.iter().rev().filter_map(|(line, it)| pair(line, it));
    let mut pairs: Vec<Pair> = pairs.take(count).collect();
    pairs.reverse();
    pairs
}

fn pair(line: &Line, rendered: &Rendered) -> Option<Pair> {
    match rendered.how {
        How::Translated | How::Doubtful(_) | How::Remembered => {
            Some(Pair { source: line.text.clone(), target: rendered.text.clone() })
        }
        How::AsIs | How::Kept(_) => None,
    }
}

/// A batch on its way.
#[derive(Clone, Debug)]
pub struct Talk {
    brief: Brief,
    lines: Vec<Line>,
    context: Context,
    /// One for each line.
    places: Vec<Place>,
    /// What is still to be asked; the last one is asked now. Each open line is in one.
    tasks: Vec<Task>,
    /// The request of the last task.
    request: Option<Request>,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// This is to be asked.
    Ask(Request),
    /// All lines are settled, one for each line of the batch, in order.
    Done(Vec<Rendered>),
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// An answer, as it came.
    Text {
        /// All of it.
        text: String,
        /// It ended because it was too long, not because it was done.
        cut: bool,
    },
    /// The request and its answer are longer than the model's context.
    TooLong,
    /// The model, or a filter before it, will not say it.
    Refused,
}

/// What is known of a line.
#[derive(Clone, Debug, Default)]
struct Place {
    settled: Option<Rendered>,
    /// A translation that something is wrong with which may stay so.
    best: Option<Draft>,
    /// What was wrong with the last answer; empty before the first.
    wrong: String,
    /// It may have got another line's text: it is believed only with its echo, or asked alone.
    doubted: bool,
}

/// A translation of a line as a model said it.
#[derive(Clone, Debug)]
struct Draft {
    text: String,
    raw: Option<String>,
    /// What is wrong with it.
    complaints: Vec<String>,
    /// It cannot stay so.
    fatal: bool,
}

/// Lines that are asked together.
#[derive(Clone, Debug)]
struct Task {
    /// Places in the batch, rising; never empty.
    lines: Vec<usize>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The whole batch: what is left is asked again.
    First,
    /// What is left: what is left of it is halved.
    Again,
    /// One line without context, and how many tries there are left, this one counted.
    Alone(usize),
}

impl Talk {
    /// Begins.
    pub fn new(brief: &Brief, batch: &[Line], context: Context) -> Talk {
        let place = |line: &Line| {
            let as_is = check::is_as_is(&line.text);
            let how =
                as_is.then(|| Rendered { text: line.text.clone(), how: How::AsIs, raw: None });
            Place { settled: how, ..Place::default() }
        };
        let places: Vec<Place> = batch.iter().map(place).collect();
        let mut talk = Talk {
            brief: brief.clone(),
            lines: batch.to_vec(),
            context,
            places,
            tasks: Vec::new(),
            request: None,
        };
        let open = talk.open(&(0..batch.len()).collect::<Vec<_>>());
        talk.push(open, Stage::First);
        talk.prepare();
        talk
    }

    /// What is to be done now; the same until [`Talk::answered`].
    pub fn turn(&self) -> Turn {
        if let Some(request) = &self.request {
            return Turn::Ask(request.clone());
        }
        let settled = |(line, place): (&Line, &Place)| {
            place.settled.clone().unwrap_or_else(|| kept(line, &place.wrong))
        };
        Turn::Done(self.lines.iter().zip(&self.places).map(settled).collect())
    }

    /// Takes the answer to what was asked last.
    pub fn answered(&mut self, reply: &Reply) {
        let Some(task) = self.tasks.pop() else { return };
        match reply {
            Reply::Text { text, cut } => {
                self.hear(&task, text, *cut);
                self.ask_again(&task);
            }
            Reply::TooLong => self.give_way(&task, "It is too long for this translator."),
            Reply::Refused => self.give_way(&task, "The translator refuses to translate it."),
        }
        self.prepare();
    }

    fn open(&self, lines: &[usize]) -> Vec<usize> {
        lines.iter().copied().filter(|it| self.places[*it].settled.is_none()).collect()
    }

    fn push(&mut self, lines: Vec<usize>, stage: Stage) {
        if !lines.is_empty() {
            self.tasks.push(Task { lines, stage });
        }
    }

    /// Asks both halves, the first one next; a single line is asked alone.
    fn halve(&mut self, lines: &[usize]) {
        let (left, right) = lines.split_at(lines.len().div_ceil(2));
        for half in [right, left] {
            let stage = if half.len() == 1 { Stage::Alone(TRIES_ALONE_MAX) } else { Stage::Again };
            self.push(half.to_vec(), stage);
        }
    }

    /// What follows where lines of a task are still open after an answer.
    fn ask_again(&mut self, task: &Task) {
        let open = self.open(&task.lines);
        match task.stage {
            Stage::First if task.lines.len() > 1 => self.push(open, Stage::Again),
            Stage::First | Stage::Again => self.halve(&open),
            Stage::Alone(1) => open.iter().for_each(|it| self.give_up(*it)),
            Stage::Alone(tries) => self.push(open, Stage::Alone(tries.saturating_sub(1))),
        }
    }

    /// There is no answer, nor would there be the next time: only fewer lines help.
    fn give_way(&mut self, task: &Task, why: &str) {
        if let Stage::Alone(_) = task.stage {
            for it in &task.lines {
                self.places[*it].wrong = why.to_owned();
                self.give_up(*it);
            }
        } else {
            self.halve(&task.lines);
        }
    }

    /// The best that there is for a line.
    fn give_up(&mut self, at: usize) {
        let place = &mut self.places[at];
        place.settled = Some(match place.best.take() {
            Some(draft) => draft.rendered(),
            None => kept(&self.lines[at], &place.wrong),
        });
    }

    /// Takes what an answer says for the lines of its task.
    fn hear(&mut self, task: &Task, text: &str, cut: bool) {
        let shape = self.shape(task);
        let mut parsed = answer::parse(text, &shape);
        if let Some(open) = parsed.open.filter(|_| cut) {
            parsed.said.remove(&open);
        }
        if let Shape::Echoed(_) = shape {
            parsed.said.values_mut().for_each(doubt::split_echo);
        }
        let end = parsed.said.remove(&number(task.lines.len()));
        let drafts = self.drafts(task, &parsed);
        let doubted = match shape {
            Shape::Plain => BTreeSet::new(),
            Shape::Echoed(_) => self.without_echo(task, &parsed, &drafts),
            Shape::Numbered(_) | Shape::Terms => {
                let moved = self.is_moved(task, end.as_ref(), &drafts, cut);
                self.shifted(task, moved || !parsed.unknown.is_empty(), &drafts)
            }
        };
        for (nth, (at, draft)) in task.lines.iter().zip(drafts).enumerate() {
            let twice = parsed.twice.contains(&number(nth));
            self.judge(*at, draft, if twice { TWICE } else { MISSING }, doubted.contains(&nth));
        }
    }

    /// What was said for each line of a task.
    fn drafts(&self, task: &Task, parsed: &Parsed) -> Vec<Option<Draft>> {
        let draft = |(nth, at): (usize, &usize)| {
            let said = parsed.said.get(&number(nth))?;
            let line = &self.lines[*at];
            let text = clean::clean(&said.text, &line.text);
            let complaints = check::check(&self.brief, line, &self.context.terms, &text);
            Some(Draft {
                raw: (text != said.text).then(|| said.text.clone()),
                text,
                fatal: complaints.iter().any(|it| it.fatal),
                complaints: complaints.into_iter().map(|it| it.text).collect(),
            })
        };
        task.lines.iter().enumerate().map(draft).collect()
    }

    /// Settles a line, or says what is wrong with what was said for it.
    fn judge(&mut self, at: usize, draft: Option<Draft>, missing: &str, doubted: bool) {
        let place = &mut self.places[at];
        place.doubted |= doubted;
        let draft = match draft {
            Some(draft) if !doubted && !draft.fatal => draft,
            Some(draft) => {
                place.wrong = if doubted { SHIFTED.to_owned() } else { draft.complaints.join(" ") };
                return self.settle_best(at);
            }
            None => {
                place.wrong = missing.to_owned();
                return self.settle_best(at);
            }
        };
        place.wrong = draft.complaints.join(" ");
        match place.best.take() {
            None if !draft.complaints.is_empty() => place.best = Some(draft),
            Some(first) if draft.worth() <= first.worth() => place.settled = Some(first.rendered()),
            None | Some(_) => place.settled = Some(draft.rendered()),
        }
    }

    /// A line that was asked again for what may stay so has had its second try.
    fn settle_best(&mut self, at: usize) {
        let place = &mut self.places[at];
        if let Some(best) = place.best.take() {
            place.settled = Some(best.rendered());
        }
    }

    fn shape(&self, task: &Task) -> Shape {
        let count = u16::try_from(task.lines.len()).unwrap_or(u16::MAX);
        match task.stage {
            Stage::Alone(_) => Shape::Plain,
            Stage::First | Stage::Again if task.lines.iter().any(|it| self.places[*it].doubted) => {
                Shape::Echoed(count)
            }
            Stage::First | Stage::Again if count == 1 => Shape::Numbered(1),
            Stage::First | Stage::Again => Shape::Numbered(count.saturating_add(1)),
        }
    }

    /// Makes the request of the last task.
    fn prepare(&mut self) {
        self.request = self.tasks.last().map(|it| self.request(it));
    }
}

impl Draft {
    /// The less is wrong the better, then the shorter.
    fn worth(&self) -> Reverse<(usize, usize)> {
        Reverse((self.complaints.len(), self.text.chars().count()))
    }

    fn rendered(self) -> Rendered {
        let how = if self.complaints.is_empty() {
            How::Translated
        } else {
            How::Doubtful(self.complaints.join(" "))
        };
        Rendered { text: self.text, how, raw: self.raw }
    }
}

/// The number of a line in a request, from its place there.
fn number(nth: usize) -> u16 {
    u16::try_from(nth + 1).unwrap_or(u16::MAX)
}

/// The source text instead of a translation.
fn kept(line: &Line, why: &str) -> Rendered {
    let why = if why.is_empty() { MISSING } else { why };
    Rendered {
        text: line.text.clone(),
        how: How::Kept(format!("No translation of it could be used. {why}")),
        raw: None,
    }
}
