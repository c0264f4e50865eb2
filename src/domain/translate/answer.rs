//! What a model answered, read leniently: fences, thoughts, prose around it, half of a JSON, numbered text.

mod lenient;
mod node;
mod numbered;
mod thoughts;
#[cfg(test)]
mod tests;

use super::prompt::Shape;
use node::Node;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Bytes of an answer that are read; a batch's answer has some thousand.
pub const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Places tried in vain where JSON might begin: each may cost a look at the whole rest.
const ATTEMPTS_MAX: usize = 200;
/// Objects of an answer that are looked at; one a line is most that makes sense.
const VALUES_MAX: usize = 1024;

/// An answer as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What was said for each number; those that came twice with two texts are left out.
    pub said: BTreeMap<u16, Said>,
    /// Numbers that came twice with different texts.
    pub twice: Vec<u16>,
    /// Numbers nobody asked for: lines may have been split, and the others be shifted.
    pub unknown: Vec<u16>,
    /// The number whose text goes on to the very end of the answer with nothing that ends it (text without JSON): where
    /// the answer was cut, this text is.
    pub open: Option<u16>,
}

/// What was said for one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The text, as it came.
    pub text: String,
    /// The first words of the source, where they were asked for.
    pub echo: Option<String>,
}

/// What one object (list, numbered text) says for its numbers, in order.
type Pairs = Vec<(u32, Said)>;

/// The last whole JSON object of an answer, whatever is around it; for answers that are no lines
/// ([`Shape::Terms`]).
pub fn object(answer: &str) -> Option<serde_json::Value> {
    let rest = thoughts::without(capped(answer)).text;
    let is_object = |node: &Node| matches!(node, Node::Map(_));
    let sound = strict(&rest).into_iter().rfind(|it| is_object(&it.node));
    let any = lenient::values(&rest).into_iter().rfind(|it| it.whole && is_object(&it.node));
    // A sound object may be a part of one that is not.
    let is_part = |it: &Found| {
        any.as_ref().is_some_and(|any| any.at.start < it.at.start && it.at.end < any.at.end)
    };
    let node = match sound.filter(|it| !is_part(it)) {
        Some(sound) => sound.node,
        None => any?.node,
    };
    Some(node.into_json())
}

/// Reads an answer of the asked shape; what cannot be read is not there. [`Shape::Plain`] gives number 1,
/// [`Shape::Terms`] nothing.
pub fn parse(answer: &str, shape: &Shape) -> Parsed {
    let answer = capped(answer);
    match shape {
        Shape::Numbered(count) | Shape::Echoed(count) => lines(answer, *count),
        Shape::Plain => plain(answer),
        Shape::Terms => Parsed::default(),
    }
}

fn capped(answer: &str) -> &str {
    let answer = answer.trim_start_matches('\u{FEFF}');
    let mut end = answer.len().min(ANSWER_BYTES_MAX);
    while !answer.is_char_boundary(end) {
        end -= 1;
    }
    &answer[..end]
}

fn lines(answer: &str, count: u16) -> Parsed {
    let rest = thoughts::without(answer);
    let objects = numbered_objects(&rest.text, count);
    if !objects.is_empty() {
        return together(objects, count);
    }
    if rest.unfinished || lenient::begins_with_json(&rest.text) {
        return Parsed::default();
    }
    let (pairs, open) = numbered::pairs(&rest.text);
    let mut parsed = together(vec![(pairs, true)], count);
    parsed.open = open.and_then(|it| u16::try_from(it).ok()).filter(|it| (1..=count).contains(it));
    parsed
}

/// One line without a number, or with one all the same.
fn plain(answer: &str) -> Parsed {
    let rest = thoughts::without(answer);
    let objects = numbered_objects(&rest.text, 1);
    if !objects.is_empty() {
        return together(objects, 1);
    }
    let texts = lenient::values(&rest.text).into_iter().filter(|it| it.whole);
    if let Some(said) = texts.filter_map(|it| it.node.said()).next_back() {
        return together(vec![(vec![(1, said)], true)], 1);
    }
    let text = numbered::unfenced(&rest.text);
    let alone = serde_json::from_str::<String>(text).ok().filter(|_| text.contains('\\'));
    if rest.unfinished || lenient::begins_with_json(text) {
        return Parsed::default();
    }
    let text = alone.unwrap_or_else(|| numbered::unnumbered(text).to_owned());
    if text.is_empty() {
        return Parsed::default();
    }
    let said = BTreeMap::from([(1, Said { text, echo: None })]);
    Parsed { said, open: Some(1), ..Parsed::default() }
}

/// A JSON value and where it stands.
struct Found {
    node: Node,
    at: Range<usize>,
}

/// All JSON values of a text that serde_json takes whole, from the left, none inside of another.
fn strict(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let (mut at, mut in_vain) = (0, 0);
    while let Some(begin) = lenient::next_begin(text, at).filter(|_| found.len() < VALUES_MAX) {
        let mut values = serde_json::Deserializer::from_str(&text[begin..]).into_iter::<Node>();
        if let Some(Ok(node)) = values.next() {
            at = begin + values.byte_offset();
            found.push(Found { node, at: begin..at });
        } else {
            at = begin + 1;
            in_vain += 1;
            if in_vain > ATTEMPTS_MAX {
                break;
            }
        }
    }
    found
}

/// What each object of the text says, and whether it is whole: what is sound JSON, and leniently what is between.
fn numbered_objects(text: &str, count: u16) -> Vec<(Pairs, bool)> {
    let mut objects: Vec<(Pairs, bool)> = Vec::new();
    let leniently = |gap: &str, objects: &mut Vec<(Pairs, bool)>| {
        let values = lenient::values(gap).into_iter();
        objects.extend(
            values.map(|it| (it.node.numbered(count), it.whole)).filter(|it| !it.0.is_empty()),
        );
    };
    let mut end = 0;
    for Found { node, at } in strict(text) {
        let pairs = node.numbered(count);
        // What has no numbers may be a part of something that is not sound: it is read again from outside.
        if !pairs.is_empty() {
            leniently(&text[end..at.start], &mut objects);
            objects.push((pairs, true));
            end = at.end;
        }
    }
    leniently(&text[end..], &mut objects);
    objects.truncate(VALUES_MAX);
    objects
}

/// One answer of several objects: the last whole one that has every number, else all together.
fn together(objects: Vec<(Pairs, bool)>, count: u16) -> Parsed {
    let mut objects: Vec<(Pairs, bool)> =
        objects.into_iter().map(|(pairs, whole)| (from_one(pairs, count), whole)).collect();
    let wanted: BTreeSet<u32> = (1..=u32::from(count)).collect();
    let numbers = |pairs: &Pairs| pairs.iter().map(|it| it.0).collect::<BTreeSet<u32>>();
    let complete = |it: &(Pairs, bool)| it.1 && wanted.is_subset(&numbers(&it.0));
    if let Some(last) = objects.iter().rposition(complete) {
        objects = vec![objects.swap_remove(last)];
    }
    // An object that says again all that one before it said, and more, is a second attempt.
    let mut kept: Vec<(Pairs, BTreeSet<u32>)> = Vec::new();
    for (pairs, _) in objects {
        let here = numbers(&pairs);
        kept.retain(|it| !(it.1.len() < here.len() && it.1.is_subset(&here)));
        kept.push((pairs, here));
    }
    tell(kept.into_iter().flat_map(|it| it.0), count)
}

/// Numbers that count from 0 made to count from 1; where that is not sure nothing of the object is believed, since each
/// of its texts may be its neighbour's.
fn from_one(pairs: Pairs, count: u16) -> Pairs {
    let numbers: BTreeSet<u32> = pairs.iter().map(|it| it.0).collect();
    if !numbers.contains(&0) {
        return pairs;
    }
    if numbers.into_iter().eq(0..u32::from(count)) {
        return pairs.into_iter().map(|(number, said)| (number + 1, said)).collect();
    }
    pairs.into_iter().filter(|it| it.0 == 0).collect()
}

fn tell(pairs: impl Iterator<Item = (u32, Said)>, count: u16) -> Parsed {
    let mut parsed = Parsed::default();
    let (mut twice, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    for (number, said) in pairs {
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        if !(1..=count).contains(&number) {
            unknown.insert(number);
            continue;
        }
        match parsed.said.get(&number) {
            Some(before) if before.text.trim() != said.text.trim() => {
                twice.insert(number);
            }
            Some(_) => {}
            None => {
                parsed.said.insert(number, said);
            }
        }
    }
    parsed.said.retain(|number, _| !twice.contains(number));
    parsed.twice = twice.into_iter().collect();
    parsed.unknown = unknown.into_iter().collect();
    parsed
}
