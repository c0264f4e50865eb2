//! What is said to a language model. The system part is the same bytes for all requests of a film, so that servers find
//! it in their cache; the user part is as short as it can be, and the lines to translate are its last line.

use super::super::lang::Lang;
use super::super::terms::Term;
use super::line::Pair;
use crate::base::text::clip;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// What holds for all requests of a film: the part that servers keep in their cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    /// The language of the source.
    pub from: Lang,
    /// The language wanted, with its script.
    pub to: Lang,
    /// Title of the film or episode, where it is known.
    pub title: Option<String>,
    /// What it is about, where that is known.
    pub synopsis: Option<String>,
    /// The text was heard by a recogniser, and may have its mistakes.
    pub heard: bool,
    /// A line faster than this, characters a second as [`cue::cps`](crate::domain::cue::cps) counts, is asked to be
    /// shorter.
    pub cps_max: f32,
}

/// What is around a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// Pairs just before it, the oldest first.
    pub before: Vec<Pair>,
    /// Source lines just after it.
    pub after: Vec<String>,
    /// Terms that occur in it.
    pub terms: Vec<Term>,
}

/// One request to a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The stable part, the same for all requests of a film.
    pub system: String,
    /// What is asked now.
    pub user: String,
    /// The shape of the answer.
    pub shape: Shape,
    /// The longest answer that makes sense, tokens.
    pub answer_tokens_max: u32,
}

/// The shape of an answer. Which words a server is told it in (JSON schema, JSON, text) is found out by its engine:
/// the request's text alone must be enough for a model that is told nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    /// `{"1": "...", "2": "..."}`: one string for each number from 1 to this.
    Numbered(u16),
    /// `{"1": {"s": "first words of the source", "t": "..."}}`, for each number from 1 to this.
    Echoed(u16),
    /// Nothing but the text of one line.
    Plain,
    /// `{"synopsis": "...", "terms": [{"source": "...", "target": "...", "note": "..."}]}`
    Terms,
}

/// Longest title in a prompt, characters.
const TITLE_CHARS_MAX: usize = 120;
/// Longest synopsis in a prompt, characters.
const SYNOPSIS_CHARS_MAX: usize = 600;
/// Most terms in a request, and the longest part of one, characters: a batch has few, where a glossary is well kept.
const TERMS_MAX: usize = 40;
const TERM_CHARS_MAX: usize = 80;
/// Of the pairs before a batch as many go with it as it has half lines, but not fewer than these: a short batch shall
/// not cost more for what is around it than for itself.
const PAIRS_MIN: usize = 3;
/// Words of a line's beginning that are echoed, and characters where words have no spaces between.
const ECHO_WORDS: usize = 4;
const ECHO_CHARS: usize = 8;

/// Tokens any answer may have, each line's overhead, and tokens a column of its source may become: languages that
/// tokenizers hardly know take two a character.
const ANSWER_TOKENS: u32 = 200;
const ANSWER_TOKENS_LINE: u32 = 32;
const ANSWER_TOKENS_ECHO: u32 = 32;
const ANSWER_TOKENS_COLUMN: u32 = 2;

/// What is asked in one request.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The sources, in order: they get the numbers from 1. [`Shape::Plain`] asks for the first alone.
    pub lines: Vec<&'a str>,
    /// What was wrong with the last answer, for places in `lines`.
    pub wrong: Vec<(usize, &'a str)>,
    /// Pairs around them, the oldest first; the last ones go with the request.
    pub before: Vec<&'a Pair>,
    /// Sources after them.
    pub after: Vec<&'a str>,
    /// Terms that occur in them.
    pub terms: Vec<&'a Term>,
    /// The shape of the answer; of as many numbers as there are lines.
    pub shape: Shape,
}

/// The system part. Nothing goes into it that differs from one request of a film to the next.
pub fn system(brief: &Brief) -> String {
    let (from, to) = (brief.from.name_en(), brief.to.name_en());
    let mut text = format!("You are a professional translator of subtitles from {from} to {to}.\n");
    let mut told = |what: &str, it: &Option<String>, chars_max: usize| {
        if let Some(it) = it.as_deref().map(flat).filter(|it| !it.is_empty()) {
            let _ = writeln!(text, "{what}: {}", clip(&it, chars_max));
        }
    };
    told("Title", &brief.title, TITLE_CHARS_MAX);
    told("Plot", &brief.synopsis, SYNOPSIS_CHARS_MAX);
    let _ = write!(
        text,
        "- One line in, one line out: every number gets the translation of its own line, in order. Never merge, split, \
         drop or add lines; where a sentence runs over several, each has its part.\n\
         - Natural spoken {to}, short enough to be read in time, in one tone and one form of address.\n\
         - Keep numbers and the given terms; write a name the same way each time. No notes, no \
         quotation marks around a line.\n"
    );
    if brief.heard {
        text.push_str(
            "- A recogniser heard the lines: where it misheard, translate what was meant.\n",
        );
    }
    text.push_str("Answer with json alone: {\"1\":\"translation\",\"2\":\"translation\"}");
    text
}

/// A request for lines. Its user part has the terms, what stands before and after, what was wrong the last time, each
/// only where there is some; then the word what to do, and as its last line the lines to translate: a JSON object of
/// strings as in the answer, or for [`Shape::Plain`] the text of one.
pub fn request(brief: &Brief, ask: &Ask<'_>) -> Request {
    let mut user = terms(&ask.terms);
    let pairs_max = (ask.lines.len() / 2).max(PAIRS_MIN);
    let before = &ask.before[ask.before.len().saturating_sub(pairs_max)..];
    if !before.is_empty() {
        user.push_str("Done before:\n");
    }
    for Pair { source, target } in before {
        let _ = writeln!(user, "{source} => {target}");
    }
    if !ask.after.is_empty() {
        let _ = writeln!(user, "Comes after, not to be translated: {}", ask.after.join(" / "));
    }
    if !ask.wrong.is_empty() {
        user.push_str("Wrong in the last answer:\n");
    }
    for (wrong, numbers) in by_wrong(&ask.wrong) {
        let _ = writeln!(user, "{}: {wrong}", numbers.join(", "));
    }
    match &ask.shape {
        Shape::Echoed(_) => {
            let words = if brief.from.has_spaces() {
                format!("{ECHO_WORDS} words")
            } else {
                format!("{ECHO_CHARS} characters")
            };
            let _ = writeln!(
                user,
                "Translate, in json, for each number: {{\"s\":\"the first {words} of its line, copied\",\
                 \"t\":\"translation\"}}"
            );
            user.push_str(&numbered(&ask.lines));
        }
        Shape::Plain => {
            user.push_str(
                "Answer with the translation of this one line alone, no json, no number:\n",
            );
            user.push_str(ask.lines.first().copied().unwrap_or_default());
        }
        Shape::Numbered(_) | Shape::Terms => {
            user.push_str("Translate:\n");
            user.push_str(&numbered(&ask.lines));
        }
    }
    let answer_tokens_max = answer_tokens_max(&ask.lines, &ask.shape);
    Request { system: system(brief), user, shape: ask.shape.clone(), answer_tokens_max }
}

/// What was wrong, in the order in which it comes first, each with all its numbers.
fn by_wrong<'a>(wrong: &[(usize, &'a str)]) -> Vec<(&'a str, Vec<String>)> {
    let mut found: Vec<(&str, Vec<String>)> = Vec::new();
    for (place, wrong) in wrong {
        let number = (place + 1).to_string();
        match found.iter_mut().find(|it| it.0 == *wrong) {
            Some((_, numbers)) => numbers.push(number),
            None => found.push((wrong, vec![number])),
        }
    }
    found
}

/// `Terms: a = b; c = d`, and what is kept as it is.
fn terms(terms: &[&Term]) -> String {
    let part = |text: &str| clip(&flat(text), TERM_CHARS_MAX);
    let (mut given, mut kept) = (Vec::new(), Vec::new());
    for term in terms.iter().take(TERMS_MAX) {
        match &term.target {
            Some(target) => given.push(format!("{} = {}", part(&term.source), part(target))),
            None => kept.push(part(&term.source)),
        }
    }
    let mut text = String::new();
    for (what, terms) in [("Terms", given), ("Keep as is", kept)] {
        if !terms.is_empty() {
            let _ = writeln!(text, "{what}: {}", terms.join("; "));
        }
    }
    text
}

/// `{"1":"first","2":"second"}`
fn numbered(lines: &[&str]) -> String {
    let lines = lines.iter().zip(1..).map(|(line, number)| format!("\"{number}\":{}", json!(line)));
    format!("{{{}}}", lines.collect::<Vec<_>>().join(","))
}

/// True where an echo is just as much of a source's beginning as was asked for; case and punctuation aside.
pub(super) fn is_head(echo: &str, source: &str, from: &Lang) -> bool {
    let bare = |text: &str| -> String {
        text.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let head: String = if from.has_spaces() {
        source.split_whitespace().take(ECHO_WORDS).collect()
    } else {
        source.chars().take(ECHO_CHARS).collect()
    };
    bare(echo) == bare(&head)
}

fn answer_tokens_max(lines: &[&str], shape: &Shape) -> u32 {
    let echo = match shape {
        Shape::Echoed(_) => ANSWER_TOKENS_ECHO,
        Shape::Numbered(_) | Shape::Plain | Shape::Terms => 0,
    };
    let line = |it: &&str| {
        let columns = u32::try_from(it.width()).unwrap_or(u32::MAX);
        columns.saturating_mul(ANSWER_TOKENS_COLUMN).saturating_add(ANSWER_TOKENS_LINE + echo)
    };
    lines.iter().map(line).fold(ANSWER_TOKENS, u32::saturating_add)
}

/// One line, single spaces.
pub(super) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The JSON schema of an answer: every number is required, in order, and there is nothing else. `Null` for
/// [`Shape::Plain`], which is no JSON.
pub fn schema(shape: &Shape) -> Value {
    let text = json!({"type": "string"});
    match shape {
        Shape::Numbered(count) => numbers(*count, &text),
        Shape::Echoed(count) => {
            numbers(*count, &object([("s", text.clone()), ("t", text.clone())]))
        }
        Shape::Plain => Value::Null,
        Shape::Terms => {
            let term = [("source", text.clone()), ("target", text.clone()), ("note", text.clone())];
            let terms = json!({"type": "array", "items": object(term)});
            object([("synopsis", text), ("terms", terms)])
        }
    }
}

fn numbers(count: u16, each: &Value) -> Value {
    object((1..=count).map(|number| (number.to_string(), each.clone())))
}

/// An object of just these properties, all required, in this order.
fn object<K: Into<String>>(properties: impl IntoIterator<Item = (K, Value)>) -> Value {
    let properties: Map<String, Value> =
        properties.into_iter().map(|(name, it)| (name.into(), it)).collect();
    let required: Vec<&String> = properties.keys().collect();
    json!({
        "type": "object", "required": required, "additionalProperties": false,
        "properties": properties,
    })
}

/// What is added to the user part, on a line of its own, for a server that is not told to answer in JSON; empty where
/// nothing is.
pub fn text_rules(shape: &Shape) -> String {
    match shape {
        Shape::Numbered(count) => format!(
            "Do not answer in json but in numbered lines, nothing else, from `1: translation` to \
             `{count}: translation`."
        ),
        Shape::Echoed(count) => format!(
            "Do not answer in json but in numbered lines, nothing else, from `1: s | t` to \
             `{count}: s | t`."
        ),
        Shape::Plain | Shape::Terms => String::new(),
    }
}

#[cfg(test)]
#[path = "prompt_tests.rs"]
mod tests;
