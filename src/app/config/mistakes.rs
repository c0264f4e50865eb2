//! What is wrong in a configuration, told with its file, line and key, what is wrong and what is near.

use super::keys::{fields, fields_of, is_list};
use super::layers::{SECTIONS, variable_of};
use super::raw::Raw;
use super::{Env, Layers};
use crate::base::text;
use crate::domain::fault::Fault;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

/// More mistakes than anybody corrects at once.
const MISTAKES_MAX: usize = 20;

/// Keys that sections of lists must have.
const REQUIRED: [&str; 3] = ["name", "kind", "path"];

/// A step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    At(usize),
}

/// All that is wrong in a file's text as far as it can be seen in it alone, in the order of its lines.
pub(super) fn in_text(shown: &str, content: &str) -> Vec<Fault> {
    let mut left = match DeTable::parse(content) {
        Ok(table) => table,
        Err(err) => return vec![of_syntax(shown, content, &err)],
    };
    let mut faults = misshapen(shown, content, &mut left);
    while faults.len() < MISTAKES_MAX {
        let Err(err) = Raw::deserialize(Deserializer::from(left.clone())) else { break };
        let at = err.span().map_or(0, |it| it.start).min(content.len());
        let path = place(left.get_ref(), at);
        faults.push((line_at(content, at), of_value(shown, content, at, &path, err.message())));
        if !take_out(left.get_mut(), &path) {
            break;
        }
    }
    faults.sort_by_key(|it| it.0);
    faults.into_iter().map(|it| it.1).collect()
}

/// Lists where sections belong and the other way round: serde would take some of them.
fn misshapen(shown: &str, content: &str, left: &mut Spanned<DeTable<'_>>) -> Vec<(usize, Fault)> {
    let is_wrong = |name: &str, value: &DeValue<'_>| {
        let is_tables = || {
            let list = value.as_array();
            list.is_some_and(|it| it.iter().all(|it| it.get_ref().is_table()))
        };
        (SECTIONS.contains(&name) && value.is_array())
            || (is_list(name) && (value.is_table() || (value.is_array() && !is_tables())))
    };
    let table = left.get_ref();
    let wrong = table.iter().filter(|(name, value)| is_wrong(name.get_ref(), value.get_ref()));
    let wrong: Vec<(String, usize)> = wrong
        .map(|(name, _)| (name.get_ref().to_string(), line_at(content, name.span().start)))
        .collect();
    let told = wrong.into_iter().map(|(name, line)| {
        let (what, remedy) = match is_list(&name) {
            true => (
                "list of sections",
                format!("write [[{name}]] and its keys below it, for each one"),
            ),
            false => ("section", format!("write [{name}] and its keys below it")),
        };
        take_out(left.get_mut(), &[Step::Key(name.clone())]);
        (line, Fault::operator(format!("{shown}, line {line}: `{name}` is no {what}"), remedy))
    });
    told.collect()
}

/// A text that is no TOML. What is not understood may hold a secret: of the line nothing but a known key is repeated.
fn of_syntax(shown: &str, content: &str, err: &toml::de::Error) -> Fault {
    let at = err.span().map_or(0, |it| it.start).min(content.len());
    let number = line_at(content, at);
    let line = content.lines().nth(number - 1).unwrap_or_default();
    let name = line.split_once('=').map_or("", |it| it.0.trim());
    let section = section_at(content, number);
    let key = match section {
        Some(section) if fields_of(section).contains(&name) => format!(", `{section}.{name}`"),
        None if fields::<Raw>().contains(&name) => format!(", `{name}`"),
        Some(_) | None => String::new(),
    };
    let (what, remedy) = unread(err.message());
    Fault::operator(format!("{shown}, line {number}{key}: {what}"), remedy)
}

/// What is wrong with a text that is no TOML, for people.
fn unread(message: &str) -> (String, String) {
    let known = [
        ("string values must be quoted", "no such value", "write texts in quotes, such as \"90s\""),
        ("unclosed table", "the name of a section is not closed", "end it with `]`"),
        ("unclosed array", "a list is not closed", "end it with `]`"),
        ("missing comma", "a list is not closed, or a comma is missing", "write `[\"a\", \"b\"]`"),
        ("invalid basic string", "a text is not closed", "end it with the quotes it began with"),
        ("invalid literal string", "a text is not closed", "end it with the quote it began with"),
        ("key with no value", "there is no value", "write `name = value`"),
        ("duplicate key", "it is there twice", "keep one of the two"),
    ];
    if let Some((_, what, remedy)) = known.iter().find(|it| message.starts_with(it.0)) {
        return ((*what).to_owned(), (*remedy).to_owned());
    }
    if message.contains("escape") {
        let what = "a `\\` in double quotes begins a special character".to_owned();
        return (what, "write `\\\\`, or the text in single quotes".to_owned());
    }
    let message = message.trim_end().replace('\n', " ");
    (format!("it is no TOML ({message})"), "correct the line".to_owned())
}

fn of_value(shown: &str, content: &str, at: usize, path: &[Step], message: &str) -> Fault {
    let number = line_at(content, at);
    let line = content.lines().nth(number - 1).unwrap_or_default();
    let names: Vec<&str> = path
        .iter()
        .filter_map(|it| match it {
            Step::Key(name) => Some(name.as_str()),
            Step::At(_) => None,
        })
        .collect();
    // A header says itself what it is.
    let key = match names.is_empty() || line.trim_start().starts_with('[') {
        true => String::new(),
        false => format!(", `{}`", names.join(".")),
    };
    let (what, mut remedy) = explained(message);
    if let ([name], true) = (names.as_slice(), message.starts_with("unknown field"))
        && let Some(inside) = in_a_section(name).filter(|_| remedy.starts_with("known are "))
    {
        remedy = inside;
    }
    Fault::operator(format!("{shown}, line {number}{key}: {what}"), remedy)
}

/// Where a key belongs that stands above all sections and is none of theirs there.
fn in_a_section(name: &str) -> Option<String> {
    if let Some(section) = SECTIONS.iter().find(|it| fields_of(it).contains(&name)) {
        return Some(format!("it is a key of [{section}]: write it below that"));
    }
    let known = SECTIONS.iter().flat_map(|it| fields_of(it)).copied();
    let near = text::nearest(name, known)?;
    let section = SECTIONS.iter().find(|it| fields_of(it).contains(&near))?;
    Some(format!("did you mean `{near}` of [{section}]?"))
}

fn line_at(content: &str, at: usize) -> usize {
    content.as_bytes()[..at.min(content.len())].iter().filter(|it| **it == b'\n').count() + 1
}

/// The table a line stands in, by the last header at or above it.
fn section_at(content: &str, number: usize) -> Option<&str> {
    let above = content.lines().take(number).filter_map(|line| {
        let name = line.trim().strip_prefix('[')?.split_once(']')?.0;
        Some(name.trim_start_matches('[').trim())
    });
    above.last()
}

/// The way to the innermost value, or name of one, that stands at a byte.
fn place(table: &DeTable<'_>, at: usize) -> Vec<Step> {
    for (name, value) in table.iter() {
        let inner = inside(value, at);
        if inner.is_some() || name.span().contains(&at) {
            let mut path = vec![Step::Key(name.get_ref().to_string())];
            path.extend(inner.unwrap_or_default());
            return path;
        }
    }
    Vec::new()
}

/// The way from a value on, where the byte is in it.
fn inside(value: &Spanned<DeValue<'_>>, at: usize) -> Option<Vec<Step>> {
    let further = match value.get_ref() {
        DeValue::Table(table) => Some(place(table, at)).filter(|it| !it.is_empty()),
        DeValue::Array(list) => list.iter().enumerate().find_map(|(number, it)| {
            let mut path = vec![Step::At(number)];
            path.extend(inside(it, at)?);
            Some(path)
        }),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    };
    further.or_else(|| value.span().contains(&at).then(Vec::new))
}

/// Takes a wrong key out, or a whole table of a list, so that what else is wrong is seen.
fn take_out(table: &mut DeTable<'_>, path: &[Step]) -> bool {
    match path {
        [Step::Key(list), Step::At(number)] if is_list(list) => {
            let Some(DeValue::Array(tables)) = table.get_mut(list.as_str()).map(Spanned::get_mut)
            else {
                return false;
            };
            let there = tables.len();
            *tables = tables.iter().enumerate().filter(|it| it.0 != *number).fold(
                toml::de::DeArray::new(),
                |mut left, (_, it)| {
                    left.push(it.clone());
                    left
                },
            );
            tables.len() < there
        }
        // Without it the table would be wrong again.
        [Step::Key(name), Step::At(number), Step::Key(key), ..]
            if is_list(name) && REQUIRED.contains(&key.as_str()) =>
        {
            take_out(table, &[Step::Key(name.clone()), Step::At(*number)])
        }
        [Step::Key(name), Step::At(number), rest @ ..] if is_list(name) => {
            let list = table.get_mut(name.as_str()).map(Spanned::get_mut);
            let Some(DeValue::Array(tables)) = list else { return false };
            match tables.get_mut(*number).map(Spanned::get_mut) {
                Some(DeValue::Table(inner)) => take_out(inner, rest),
                Some(_) | None => false,
            }
        }
        [Step::Key(name), rest @ ..] if matches!(rest.first(), Some(Step::Key(_))) => {
            match table.get_mut(name.as_str()).map(Spanned::get_mut) {
                Some(DeValue::Table(inner)) => take_out(inner, rest),
                Some(_) | None => false,
            }
        }
        [Step::Key(name), ..] => table.remove(name.as_str()).is_some(),
        [Step::At(_), ..] | [] => false,
    }
}

/// Turns the reader's words into ours, with the nearest name for a mistyped one.
pub(super) fn explained(message: &str) -> (String, String) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = ["unknown field ", "unknown variant "].iter().any(|it| message.starts_with(it));
    if let (true, Some(word)) = (unknown, quoted.next()) {
        let known: Vec<&str> = quoted.collect();
        let remedy = match text::nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        return (format!("`{word}` is unknown"), remedy);
    }
    if let (true, Some(word)) = (message.starts_with("missing field "), message.split('`').nth(1)) {
        return (format!("`{word}` is missing"), "add it".to_owned());
    }
    let message = message.trim_end().replace('\n', " ");
    let wrong = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = wrong.and_then(|it| it.split_once(", expected ")) {
        return (
            format!("{} is expected, not {}", wanted(expected), found_as(found)),
            "correct it".to_owned(),
        );
    }
    match message.rsplit_once("; ") {
        Some((what, remedy)) => (what.to_owned(), remedy.to_owned()),
        None => (message, "correct it".to_owned()),
    }
}

/// What serde expects, for people.
fn wanted(expected: &str) -> &str {
    match expected {
        "a boolean" => "true or false",
        "a string" | "path string" => "a text in quotes",
        "a sequence" => "a list such as [\"...\", \"...\"]",
        "a map" => "a section",
        it if it.starts_with("struct ") => "a section with its keys",
        it => it,
    }
}

/// What serde found, for people.
fn found_as(found: &str) -> &str {
    match found {
        "sequence" => "a list",
        "map" => "a section",
        it => ["integer ", "floating point ", "boolean ", "string "]
            .iter()
            .find_map(|kind| it.strip_prefix(kind))
            .map_or(it, |it| it.trim_matches('`')),
    }
}

/// A fault of values that do not fit together, with the place where the first of them was said.
pub(super) fn located(fault: Fault, layers: &Layers, env: &Env) -> Fault {
    let texts = [
        (layers.settings.as_path(), layers.changed_text.as_str()),
        (layers.file.as_deref().unwrap_or(layers.settings.as_path()), layers.text.as_str()),
    ];
    let place = subjects(&fault.what).into_iter().find_map(|subject| {
        let key: Vec<&str> = subject.iter().map(String::as_str).collect();
        let variable = variable_of(&key, env).filter(|it| !fault.what.starts_with(it));
        variable.or_else(|| {
            texts.iter().find_map(|(path, content)| {
                let line = line_of(content, &key)?;
                Some(format!("{}, line {line}", text::show_path(path)))
            })
        })
    });
    let known = env.keys().any(|it| fault.what.starts_with(it.as_str()));
    match place.filter(|_| !known) {
        Some(place) => Fault { what: format!("{place}: {}", fault.what), ..fault },
        None => fault,
    }
}

/// What a sentence is about: keys with their section, and sections of lists with their name.
fn subjects(what: &str) -> Vec<Vec<String>> {
    let words = what.split(|it: char| it.is_whitespace() || "`,():;".contains(it));
    let mut subjects: Vec<Vec<String>> = Vec::new();
    for (number, word) in words.filter(|it| !it.is_empty()).enumerate() {
        match word.split_once('.') {
            Some((section, key)) if fields_of(section).contains(&key) => {
                subjects.push(vec![section.to_owned(), key.to_owned()]);
            }
            None if number == 0 && fields::<Raw>().contains(&word) && !is_list(word) => {
                subjects.push(vec![word.to_owned()]);
            }
            Some(_) | None => {}
        }
    }
    let called = what.split('`').skip(1).step_by(2).map(str::to_owned);
    let indexed = what.strip_prefix("notify[").and_then(|it| it.split_once(']'));
    let called = called.chain(indexed.map(|it| it.0.to_owned()));
    let lists = |name: String| {
        ["library", "translator", "notify"].map(|it| vec![it.to_owned(), name.clone()])
    };
    subjects.extend(called.flat_map(lists));
    subjects
}

/// The line that says a key, or that names a section of a list.
fn line_of(content: &str, key: &[&str]) -> Option<usize> {
    let table = DeTable::parse(content).ok()?;
    let (first, rest) = key.split_first()?;
    let (mut at, mut value) = named(table.get_ref(), first)?;
    for name in rest {
        (at, value) = match value.get_ref() {
            DeValue::Table(table) => named(table, name)?,
            DeValue::Array(list) => list.iter().rev().find_map(|it| {
                let called = named(it.get_ref().as_table()?, "name")?;
                (called.1.get_ref().as_str() == Some(name)).then_some(called)
            })?,
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => return None,
        };
    }
    Some(line_at(content, at))
}

/// A value of a table, and where its name stands.
fn named<'a, 'i>(table: &'a DeTable<'i>, name: &str) -> Option<(usize, &'a Spanned<DeValue<'i>>)> {
    let found = table.iter().find(|it| it.0.get_ref() == name)?;
    Some((found.0.span().start, found.1))
}
