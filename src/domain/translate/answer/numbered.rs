//! Numbered text: `1. text`, `#1 text`, `[1] text`, one line each or several.

use super::super::figures::digit;
use super::{Pairs, Said};

/// Longer numbers are no numbers of lines.
const DIGITS_MAX: usize = 5;
/// What stands around text that is code.
const FENCE: &str = "```";
/// Words before a number that belong to it.
const WORDS: [&str; 5] = ["line", "subtitle", "zeile", "ligne", "riga"];

/// The numbers of a text with their texts, and the one whose text goes on to the end of it. Lines that go on are joined
/// with a space; a blank line ends a text.
pub(super) fn pairs(text: &str) -> (Pairs, Option<u32>) {
    let mut pairs = Pairs::new();
    let mut open = false;
    // Line breaks at the very end end no text: a cut answer may have them.
    for line in text.trim_end().split(['\n', '\r', '\u{2028}', '\u{2029}']).map(str::trim) {
        if line.starts_with(FENCE) {
            open = false;
        } else if let Some((number, said)) = head(line) {
            pairs.push((number, Said { text: said.to_owned(), echo: None }));
            open = true;
        } else if let (true, Some((_, said))) = (open, pairs.last_mut()) {
            let begun = !said.text.is_empty();
            open = !(line.is_empty() && begun);
            if begun && !line.is_empty() {
                said.text.push(' ');
            }
            said.text.push_str(line);
        }
    }
    pairs.retain(|it| !it.1.text.is_empty());
    let last = pairs.last().map(|it| it.0).filter(|_| open);
    (pairs, last)
}

/// The one text of an answer without its number; `1.` stays, which may be the first of January.
pub(super) fn unnumbered(text: &str) -> &str {
    match head(text) {
        Some((1, said)) if !text.trim_start().contains("1.") || text.starts_with(['#', '[']) => {
            said
        }
        Some(_) | None => text,
    }
}

/// What stands in the first fence of a text, or all of it.
pub(super) fn unfenced(text: &str) -> &str {
    let Some((_, fenced)) = text.split_once(FENCE) else { return text.trim() };
    let inside = fenced.split_once(FENCE).map_or(fenced, |it| it.0);
    let first = inside.lines().next().unwrap_or_default();
    let is_label = inside.len() > first.len() && !first.trim().contains(char::is_whitespace);
    let inside = if is_label { &inside[first.len()..] } else { inside };
    inside.trim()
}

/// The number a line begins with, and the rest of it.
fn head(line: &str) -> Option<(u32, &str)> {
    let line = line.trim_start_matches(['*', '_', '-', '•', ' ', '\t']);
    let word = WORDS.iter().find_map(|it| {
        let begin = line.get(..it.len()).filter(|begin| begin.eq_ignore_ascii_case(it))?;
        Some(line[begin.len()..].trim_start())
    });
    let begin = word.unwrap_or(line);
    let marked = begin.trim_start_matches(['#', '[', '(', '【', '（', '<']);
    let is_marked = marked.len() < begin.len();
    let digits = marked.chars().take_while(|it| digit(*it).is_some()).count();
    if digits == 0 || digits > DIGITS_MAX {
        return None;
    }
    let number = marked.chars().map_while(digit).fold(0, |sum, it| sum * 10 + it);
    let after = &marked[marked.chars().take(digits).map(char::len_utf8).sum::<usize>()..];
    let rest = after.trim_start_matches([
        '.', ')', ']', ':', '、', '．', '：', '】', '）', '|', '>', '*', '\t',
    ]);
    let is_closed = rest.len() < after.len();
    // "1.5 million", "10:30" and "3 people" begin no line.
    let goes_on = rest.starts_with(|it: char| digit(it).is_some())
        && !after.starts_with([']', ')', '】', '）']);
    let stands_apart =
        rest.is_empty() || rest.starts_with(char::is_whitespace) || !after.starts_with('.');
    let is_number = is_closed && !goes_on && stands_apart
        || (is_marked && begin.starts_with('#') || word.is_some())
            && (after.is_empty() || after.starts_with(' '));
    is_number.then(|| (number, rest.trim_start_matches(['*', ' ', '\t']).trim()))
}
