//! Characters and markup: what nobody sees, entities, tags, bold.

/// Names of tags in subtitles, web pages and prompts.
const TAGS: [&str; 22] = [
    "i",
    "b",
    "u",
    "s",
    "em",
    "strong",
    "font",
    "span",
    "p",
    "br",
    "c",
    "v",
    "ruby",
    "rt",
    "text",
    "t",
    "line",
    "translation",
    "translated",
    "target",
    "output",
    "answer",
];
/// Longer tags are text.
const TAG_CHARS_MAX: usize = 80;
/// Entities with names that models write.
const ENTITIES: [(&str, &str); 16] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("hellip", "…"),
    ("mdash", "—"),
    ("ndash", "–"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("copy", "©"),
];
/// Longer ones are no entities.
const ENTITY_CHARS_MAX: usize = 8;

/// Without control characters and those that have no width, but line breaks, and but those that join or part letters
/// or turn their direction in Persian, Hindi, Hebrew and emoji.
pub(super) fn without_unseen(text: &str) -> String {
    let unseen = |it: char| match it {
        '\u{AD}' | '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' => {
            true
        }
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        _ => it.is_control() && !it.is_whitespace(),
    };
    text.chars().filter(|it| !unseen(*it)).collect()
}

/// Entities as the characters they stand for, where the source has none.
pub(super) fn decoded(text: &str, source: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let (taken, replacement) =
            match entity(after).filter(|(long, _)| !source.contains(&after[..*long])) {
                Some((long, it)) => (long, it),
                None => (1, "&".to_owned()),
            };
        out.push_str(&replacement);
        rest = &after[taken..];
    }
    out.push_str(rest);
    out
}

/// The entity at the beginning of a text: how long it is, and its character.
fn entity(text: &str) -> Option<(usize, String)> {
    let end = text.char_indices().take(ENTITY_CHARS_MAX + 2).find(|it| it.1 == ';')?.0;
    let name = &text[1..end];
    let code = match name.strip_prefix('#') {
        Some(hex) if hex.starts_with(['x', 'X']) => u32::from_str_radix(&hex[1..], 16).ok(),
        Some(decimal) => decimal.parse().ok(),
        None => None,
    };
    let by_code = code.and_then(char::from_u32).filter(|it| !it.is_control()).map(String::from);
    let by_name = || ENTITIES.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
    Some((end + 1, by_code.or_else(by_name)?))
}

/// Without tags and ASS overrides, where the source has none; what breaks a line there becomes a line break.
pub(super) fn untagged(text: &str, source: &str) -> String {
    let mut out = text.to_owned();
    if !source.contains('\\') {
        for it in ["\\N", "\\n", "\\r"] {
            out = out.replace(it, "\n");
        }
        out = out.replace("\\h", " ").replace("\\\"", "\"").replace("\\'", "'");
    }
    if !source.contains('{') {
        out = without(&out, '{', '}', |it| it.starts_with('\\').then_some(""));
    }
    if !source.contains('<') {
        out = without(&out, '<', '>', |it| {
            let name: String =
                it.trim_start_matches('/').chars().take_while(char::is_ascii_alphabetic).collect();
            let name = name.to_ascii_lowercase();
            let break_or_none = if name == "br" { "\n" } else { "" };
            TAGS.contains(&name.as_str()).then_some(break_or_none)
        });
    }
    out
}

/// Puts what `instead` says in the place of what stands between two signs.
fn without(
    text: &str,
    opens: char,
    closes: char,
    instead: impl Fn(&str) -> Option<&'static str>,
) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(opens) {
        out.push_str(&rest[..at]);
        let inside = &rest[at + opens.len_utf8()..];
        let end =
            inside.char_indices().take(TAG_CHARS_MAX).find(|it| it.1 == closes).map(|it| it.0);
        let replaced = end.and_then(|end| Some((end, instead(&inside[..end])?)));
        if let Some((end, replacement)) = replaced {
            out.push_str(replacement);
            rest = &inside[end + closes.len_utf8()..];
        } else {
            out.push(opens);
            rest = inside;
        }
    }
    out.push_str(rest);
    out
}

/// One space where there were several or other ones; those that a language puts there on purpose stay.
pub(super) fn spaced(text: &str) -> String {
    let mut out = String::new();
    let mut space = String::new();
    for it in text.chars() {
        if it.is_whitespace() {
            space.push(it);
            continue;
        }
        match space.as_str() {
            "" => {}
            "\u{3000}" | "\u{A0}" | "\u{202F}" => out.push_str(&space),
            _ => out.push(' '),
        }
        space.clear();
        out.push(it);
    }
    out.trim().to_owned()
}

/// Without the signs of Markdown, where the source has none of them.
pub(super) fn unmarked(text: &str, source: &str) -> String {
    let mut out = text.to_owned();
    for sign in ["**", "__", "~~", "`"] {
        if !source.contains(sign) {
            out = out.replace(sign, "");
        }
    }
    for sign in ['*', '_'] {
        let at_word = |it: &str| {
            it.starts_with(sign) || it.trim_end_matches(['.', ',', '!', '?']).ends_with(sign)
        };
        if !source.contains(sign) && out.split_whitespace().filter(|it| at_word(it)).count() > 0 {
            out = out.replace(sign, "");
        }
    }
    if !source.contains('#') {
        let heading = out.trim_start_matches('#');
        if heading.starts_with(' ') {
            out = heading.to_owned();
        }
    }
    out.trim().to_owned()
}
