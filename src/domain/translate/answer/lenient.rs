//! JSON that is none: cut, with quotes and line breaks inside of strings, single or curly quotes, commas too many or
//! too few. One pass with its own stack; a string whose end is not clear is left out rather than run into the next.

use super::node::{Node, number};
use std::ops::Range;

/// Deeper values are not read.
const DEPTH_MAX: usize = 32;
/// Longer strings are no keys.
const KEY_CHARS_MAX: usize = 64;
/// What opens a string, and what closes it.
const QUOTES: [(char, &str); 6] =
    [('"', "\""), ('＂', "＂\""), ('“', "”“\""), ('„', "“”\""), ('\'', "'"), ('‘', "’‘'")];

/// A value as far as it could be read.
pub(super) struct Value {
    /// The value.
    pub(super) node: Node,
    /// It was closed.
    pub(super) whole: bool,
    /// Where it stands.
    pub(super) at: Range<usize>,
}

/// The next place, from `at` on, where an object or a list with something in it may begin.
pub(super) fn next_begin(text: &str, at: usize) -> Option<usize> {
    let begins = |it: &(usize, &str)| {
        let rest = text[it.0 + 1..].trim_start();
        let next = rest.chars().next();
        match it.1 {
            "{" => next.is_none_or(|it| closers(it).is_some() || it == '}' || it.is_ascii_digit()),
            _ => next.is_some_and(|it| it == '{' || closers(it).is_some()),
        }
    };
    text.get(at..)?;
    text[at..]
        .match_indices(['{', '['])
        .map(|(from, it)| (at + from, it))
        .find(begins)
        .map(|it| it.0)
}

/// True where a text is JSON rather than words, sound or not.
pub(super) fn begins_with_json(text: &str) -> bool {
    let text = super::numbered::unfenced(text);
    next_begin(text, 0) == Some(0)
}

/// All objects and lists of a text, leniently.
pub(super) fn values(text: &str) -> Vec<Value> {
    let mut values = Vec::new();
    let mut at = 0;
    while let Some(begin) = next_begin(text, at).filter(|_| values.len() < super::VALUES_MAX) {
        let mut scanner = Scanner { text, at: begin, stack: Vec::new() };
        let value = scanner.value();
        at = scanner.at.max(begin + 1);
        values.extend(value.map(|(node, whole)| Value { node, whole, at: begin..at }));
    }
    values
}

enum Frame {
    Map { entries: Vec<(String, Node)>, key: Option<String> },
    List(Vec<Node>),
}

/// What became of a string.
enum Text {
    /// It ended.
    Whole(String),
    /// It ran into the next key.
    Broken,
    /// It went on to the end of the answer.
    Cut,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    stack: Vec<Frame>,
}

impl Scanner<'_> {
    /// A value, and whether it was closed.
    fn value(&mut self) -> Option<(Node, bool)> {
        while let Some(it) = self.text[self.at..].chars().next() {
            match it {
                '{' | '[' => {
                    if self.stack.len() >= DEPTH_MAX {
                        break;
                    }
                    self.at += 1;
                    self.stack.push(if it == '{' {
                        Frame::Map { entries: Vec::new(), key: None }
                    } else {
                        Frame::List(Vec::new())
                    });
                }
                '}' | ']' => {
                    self.at += 1;
                    if let Some(node) = self.close() {
                        return Some((node, true));
                    }
                }
                ',' | '，' => {
                    self.at += it.len_utf8();
                    if let Some(Frame::Map { key, .. }) = self.stack.last_mut() {
                        *key = None;
                    }
                }
                _ if closers(it).is_some() => {
                    if !self.string(it) {
                        break;
                    }
                }
                _ if is_space(it) || it == ':' || it == '：' => self.at += it.len_utf8(),
                _ => self.bare(),
            }
        }
        self.at = self.text.len();
        let mut node = None;
        while !self.stack.is_empty() {
            node = self.close();
        }
        node.map(|node| (node, false))
    }

    /// Closes the innermost frame; its value where it was the outermost.
    fn close(&mut self) -> Option<Node> {
        let node = match self.stack.pop()? {
            Frame::Map { entries, .. } => Node::Map(entries),
            Frame::List(items) => Node::List(items),
        };
        if self.stack.is_empty() {
            return Some(node);
        }
        self.attach(node);
        None
    }

    fn attach(&mut self, node: Node) {
        match self.stack.last_mut() {
            Some(Frame::Map { entries, key }) => entries.extend(key.take().map(|key| (key, node))),
            Some(Frame::List(items)) => items.push(node),
            None => {}
        }
    }

    fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame::Map { key: None, .. }))
    }

    fn set_key(&mut self, text: String) {
        if let Some(Frame::Map { key, .. }) = self.stack.last_mut() {
            *key = Some(text);
        }
    }

    /// Takes a string, key or value; false where the answer ends in it.
    fn string(&mut self, opener: char) -> bool {
        if self.wants_key() {
            match key(&self.text[self.at..]) {
                Some((key, long)) => {
                    self.at += long;
                    self.set_key(key.to_owned());
                }
                None => self.at += opener.len_utf8(),
            }
            return true;
        }
        let in_map = matches!(self.stack.last(), Some(Frame::Map { .. }));
        match self.text(opener, in_map) {
            Text::Whole(text) => self.attach(Node::Text(text)),
            Text::Broken => self.attach(Node::Null),
            Text::Cut => return false,
        }
        true
    }

    /// The string that begins here; afterwards the place is behind it, or before the key it ran into.
    fn text(&mut self, opener: char, in_map: bool) -> Text {
        let closers = closers(opener).unwrap_or_default();
        let mut text = String::new();
        self.at += opener.len_utf8();
        while let Some(it) = self.text[self.at..].chars().next() {
            let rest = &self.text[self.at + it.len_utf8()..];
            if it == '\\' {
                let long = escape(rest, &mut text);
                self.at += 1 + long;
                continue;
            }
            if closers.contains(it) && ends_value(rest, in_map) {
                self.at += it.len_utf8();
                return Text::Whole(text);
            }
            let runs_on = in_map && self::closers(it).is_some();
            if runs_on && key(&self.text[self.at..]).is_some_and(|it| number(it.0).is_some()) {
                return Text::Broken;
            }
            text.push(it);
            self.at += it.len_utf8();
        }
        Text::Cut
    }

    /// What stands there without quotes: a number, `true`, a key.
    fn bare(&mut self) {
        let rest = &self.text[self.at..];
        let end = rest.find(|it| ",:：，{}[]\"\n\r".contains(it)).unwrap_or(rest.len()).max(1);
        let word = rest[..end].trim_end();
        let is_key = rest[end..].starts_with([':', '：']);
        let ended = end < rest.len();
        self.at += end;
        if self.wants_key() {
            if is_key && word.chars().count() <= KEY_CHARS_MAX {
                self.set_key(word.to_owned());
            }
            return;
        }
        // A number at the very end of the answer may be cut.
        let is_value = ended && serde_json::from_str::<Node>(word).is_ok_and(|it| it != Node::Null);
        self.attach(if is_value { Node::Text(word.to_owned()) } else { Node::Null });
    }
}

fn closers(opener: char) -> Option<&'static str> {
    QUOTES.iter().find(|it| it.0 == opener).map(|it| it.1)
}

fn is_space(it: char) -> bool {
    it.is_whitespace() || it.is_control() || it == '\u{FEFF}'
}

/// A key with its colon at the beginning of a text, and how long both are in bytes.
fn key(text: &str) -> Option<(&str, usize)> {
    let opener = text.chars().next()?;
    let closers = closers(opener)?;
    let inside = &text[opener.len_utf8()..];
    let near = |it: &(usize, (usize, char))| it.0 < KEY_CHARS_MAX;
    let mut places = inside.char_indices().enumerate().take_while(near).map(|it| it.1);
    let (end, closer) = places.find(|it| closers.contains(it.1) || matches!(it.1, '\n' | '\r'))?;
    let rest = &inside[end + closer.len_utf8()..];
    let colon = rest.trim_start_matches([' ', '\t']);
    let after = colon.strip_prefix([':', '：'])?;
    (!matches!(closer, '\n' | '\r')).then(|| (&inside[..end], text.len() - after.len()))
}

/// True where a quote ends a value: what follows it goes on with the object or list, or ends it.
fn ends_value(rest: &str, in_map: bool) -> bool {
    let next = rest.trim_start_matches(is_space);
    let Some(first) = next.chars().next() else { return true };
    match first {
        '}' | ']' => ends_object(next),
        ',' | '，' => {
            let next = next[first.len_utf8()..].trim_start_matches(is_space);
            let Some(first) = next.chars().next() else { return true };
            match first {
                '}' | ']' => ends_object(next),
                '{' | '[' => !in_map,
                _ if in_map => key(next).is_some() || is_bare_key(next) || is_cut_key(next),
                _ => closers(first).is_some(),
            }
        }
        // A comma is missing.
        _ => in_map && key(next).is_some_and(|it| number(it.0).is_some()),
    }
}

/// True where brackets at the beginning of a text close something, rather than stand in a text.
fn ends_object(text: &str) -> bool {
    let rest = text.trim_start_matches(|it| matches!(it, '}' | ']') || is_space(it));
    let closing = &text[..text.len() - rest.len()];
    rest.is_empty()
        || rest.starts_with([',', '，', '`', '{', ';'])
        || closing.contains('\n')
        || key(rest).is_some_and(|it| number(it.0).is_some())
}

fn is_bare_key(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && text[digits..].trim_start().starts_with(':')
}

/// True where the answer ends in a key.
fn is_cut_key(text: &str) -> bool {
    let Some(opener) = text.chars().next().filter(|it| closers(*it).is_some()) else {
        return false;
    };
    let rest = &text[opener.len_utf8()..];
    if rest.len() > KEY_CHARS_MAX {
        return false;
    }
    let inside = rest.trim_end_matches(|it| closers(it).is_some() || it == ' ');
    inside.is_empty() || number(inside).is_some()
}

/// What a backslash and what follows it stand for; how many bytes follow it. What is no escape stays as it is.
fn escape(rest: &str, text: &mut String) -> usize {
    let Some(it) = rest.chars().next() else { return 0 };
    match it {
        'n' => text.push('\n'),
        't' => text.push('\t'),
        'r' => text.push('\r'),
        'b' | 'f' => text.push(' '),
        'u' => return 1 + unicode(&rest[1..], text),
        '"' | '\\' | '/' | '\'' => text.push(it),
        _ => text.extend(['\\', it]),
    }
    it.len_utf8()
}

/// Four hexadecimal digits, and the second half of a pair where there is one.
fn unicode(rest: &str, text: &mut String) -> usize {
    let hex = |it: &str| {
        let digits = it.get(..4).filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()))?;
        u16::from_str_radix(digits, 16).ok()
    };
    let Some(first) = hex(rest) else {
        text.push_str("\\u");
        return 0;
    };
    let second = rest[4..].strip_prefix("\\u").and_then(hex);
    let both = second.and_then(|second| String::from_utf16(&[first, second]).ok());
    match both.filter(|it| it.chars().count() == 1) {
        Some(both) => {
            text.push_str(&both);
            10
        }
        None => {
            text.push_str(&String::from_utf16_lossy(&[first]));
            4
        }
    }
}
