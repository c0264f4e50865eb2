//! What a model thought aloud before it answered.

use std::borrow::Cow;

/// Names of the tags that thoughts stand in.
const TAGS: [&str; 4] = ["think", "thinking", "thought", "reasoning"];

/// An answer without thoughts.
pub(super) struct Rest<'a> {
    /// What is left.
    pub(super) text: Cow<'a, str>,
    /// It begins with thoughts that never end: what reads like prose is none of the answer.
    pub(super) unfinished: bool,
}

/// A tag, opening or closing, and where it ends.
struct Tag {
    begin: usize,
    end: usize,
    opens: bool,
}

/// Takes the thoughts away: between the tags, and all before a closing tag that none opens. Tags inside of sound JSON
/// are text of a film.
pub(super) fn without(answer: &str) -> Rest<'_> {
    let tags = tags(answer);
    if tags.is_empty() {
        return Rest { text: Cow::Borrowed(answer), unfinished: false };
    }
    let sound = super::strict(answer);
    let inside = |tag: &Tag| sound.iter().any(|it| it.at.contains(&tag.begin));
    let mut text = String::new();
    let (mut kept_from, mut opened) = (0, None);
    for tag in tags.iter().filter(|it| !inside(it)) {
        match (tag.opens, opened) {
            (true, None) => opened = Some(tag),
            (true, Some(_)) => {}
            (false, Some(open)) => {
                let open: &Tag = open;
                text.push_str(&answer[kept_from..open.begin]);
                (kept_from, opened) = (tag.end, None);
            }
            (false, None) => {
                text.clear();
                kept_from = tag.end;
            }
        }
    }
    let unfinished = opened.is_some_and(|open| {
        (text.as_str().chars().chain(answer[kept_from..open.begin].chars()))
            .all(char::is_whitespace)
    });
    match opened.filter(|_| unfinished) {
        Some(open) => text.push_str(&answer[open.end..]),
        None => text.push_str(&answer[kept_from..]),
    }
    Rest { text: Cow::Owned(text), unfinished }
}

fn tags(answer: &str) -> Vec<Tag> {
    let tag = |(begin, _): (usize, &str)| {
        let inner = &answer[begin + 1..];
        let name = inner.strip_prefix('/').unwrap_or(inner);
        let long = name.bytes().take_while(u8::is_ascii_alphabetic).count();
        let known = TAGS.iter().any(|it| it.eq_ignore_ascii_case(&name[..long]));
        let end = begin + 1 + (inner.len() - name.len()) + long + 1;
        let closed = name[long..].starts_with('>');
        (known && closed).then_some(Tag { begin, end, opens: name.len() == inner.len() })
    };
    answer.match_indices('<').filter_map(tag).collect()
}
