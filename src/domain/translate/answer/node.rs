//! A JSON value with its keys in order and twice where they came twice, and the numbered texts in it.

use super::{Pairs, Said};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Words around a number that make a key of it: `line 1`, `第1行`.
const NUMBER_WORDS: [&str; 22] = [
    "line",
    "l",
    "id",
    "no",
    "nr",
    "n",
    "number",
    "item",
    "text",
    "subtitle",
    "sub",
    "cue",
    "translation",
    "zeile",
    "nummer",
    "ligne",
    "linea",
    "línea",
    "riga",
    "строка",
    "第行",
    "行",
];
/// Longer keys name no number.
const KEY_CHARS_MAX: usize = 24;
/// Keys whose value is a number that names a line.
const ID_KEYS: [&str; 9] = ["id", "line", "number", "no", "n", "index", "i", "key", "position"];
/// Keys whose value is a translation.
const TEXT_KEYS: [&str; 15] = [
    "t",
    "translation",
    "text",
    "target",
    "translated",
    "translated_text",
    "translatedtext",
    "content",
    "value",
    "output",
    "result",
    "tgt",
    "译文",
    "翻译",
    "trans",
];
/// Keys whose value is the source, or its first words.
const ECHO_KEYS: [&str; 10] =
    ["s", "source", "echo", "src", "original", "first", "first_words", "input", "原文", "origin"];

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// A string, a number or a truth value, as text.
    Text(String),
    /// Nothing, or nothing that can be read.
    Null,
    /// A list.
    List(Vec<Node>),
    /// An object.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// All numbers with their texts, in order: of an object or a list, of what is nested in it where it has none.
    pub(super) fn numbered(&self, count: u16) -> Pairs {
        // An explicit stack: whoever made this value may have nested it deeply.
        let mut nodes = vec![self];
        let mut pairs = Pairs::new();
        while let Some(node) = nodes.pop() {
            let here = match node {
                Node::Map(entries) => of_map(entries),
                Node::List(items) => of_list(items, count),
                Node::Text(_) | Node::Null => continue,
            };
            if here.is_empty() {
                match node {
                    Node::Map(entries) => nodes.extend(entries.iter().rev().map(|it| &it.1)),
                    Node::List(items) => nodes.extend(items.iter().rev()),
                    Node::Text(_) | Node::Null => {}
                }
            }
            pairs.extend(here);
        }
        pairs
    }

    /// As serde_json has it; of keys that came twice the last counts.
    pub(super) fn into_json(self) -> serde_json::Value {
        match self {
            Node::Text(text) => text.into(),
            Node::Null => serde_json::Value::Null,
            Node::List(items) => items.into_iter().map(Node::into_json).collect(),
            Node::Map(entries) => {
                entries.into_iter().map(|(key, it)| (key, it.into_json())).collect()
            }
        }
    }

    /// A translation: a text, an object with one under a name we know, a list of nothing but one.
    pub(super) fn said(&self) -> Option<Said> {
        match self {
            Node::Text(text) => Some(Said { text: text.clone(), echo: None }),
            Node::Map(entries) => said_under_names(entries),
            Node::List(items) => match items.as_slice() {
                [Node::Text(text)] => Some(Said { text: text.clone(), echo: None }),
                _ => None,
            },
            Node::Null => None,
        }
    }
}

fn of_map(entries: &[(String, Node)]) -> Pairs {
    let pair = |(key, value): &(String, Node)| Some((number(key)?, value.said()?));
    let pairs: Pairs = entries.iter().filter_map(pair).collect();
    if pairs.is_empty() { of_identified(entries).into_iter().collect() } else { pairs }
}

/// `{"id": 1, "text": "..."}`
fn of_identified(entries: &[(String, Node)]) -> Option<(u32, Said)> {
    let id = named(entries, &ID_KEYS).and_then(number)?;
    Some((id, said_under_names(entries)?))
}

fn said_under_names(entries: &[(String, Node)]) -> Option<Said> {
    let text = named(entries, &TEXT_KEYS)?.to_owned();
    Some(Said { text, echo: named(entries, &ECHO_KEYS).map(str::to_owned) })
}

/// Objects that name their lines; or as many texts as lines, which are counted.
fn of_list(items: &[Node], count: u16) -> Pairs {
    let of_item = |it: &Node| match it {
        Node::Map(entries) => of_map(entries),
        Node::Text(_) | Node::Null | Node::List(_) => Pairs::new(),
    };
    let pairs: Pairs = items.iter().flat_map(of_item).collect();
    if !pairs.is_empty() || items.len() != usize::from(count) {
        return pairs;
    }
    let said: Option<Vec<Said>> = items.iter().map(Node::said).collect();
    (1..).zip(said.unwrap_or_default()).collect()
}

fn named<'a>(entries: &'a [(String, Node)], names: &[&str]) -> Option<&'a str> {
    let named = |name: &&str| {
        let same = |it: &&(String, Node)| it.0.trim().to_lowercase() == **name;
        entries.iter().find(same).map(|it| &it.1)
    };
    names.iter().filter_map(named).find_map(|it| match it {
        Node::Text(text) => Some(text.as_str()),
        Node::Null | Node::List(_) | Node::Map(_) => None,
    })
}

/// The number that a key names: `1`, `#1`, `line 1`, `[1]`, `１`.
pub(super) fn number(key: &str) -> Option<u32> {
    if key.chars().count() > KEY_CHARS_MAX {
        return None;
    }
    let (mut number, mut words, mut over) = (None::<u32>, String::new(), false);
    for it in key.chars() {
        if let Some(digit) = super::super::figures::digit(it) {
            if over {
                return None;
            }
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
        } else {
            over = number.is_some();
            if it.is_alphabetic() {
                words.extend(it.to_lowercase());
            }
        }
    }
    number.filter(|_| words.is_empty() || NUMBER_WORDS.contains(&words.as_str()))
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Node, D::Error> {
        from.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_bool<E>(self, it: bool) -> Result<Node, E> {
        Ok(Node::Text(it.to_string()))
    }

    fn visit_i64<E>(self, it: i64) -> Result<Node, E> {
        Ok(Node::Text(it.to_string()))
    }

    fn visit_u64<E>(self, it: u64) -> Result<Node, E> {
        Ok(Node::Text(it.to_string()))
    }

    fn visit_f64<E>(self, it: f64) -> Result<Node, E> {
        Ok(Node::Text(it.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = from.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}
