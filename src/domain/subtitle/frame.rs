//! What stays around a cue's text when the text is replaced: the tags before all of it, those after all of it, and the
//! tags in its middle that hold for the whole line. Tags of single words go with their words.

/// What stays of a cue's body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    /// What stands before the new text.
    pub(super) before: String,
    /// What stands after it.
    pub(super) after: String,
}

/// Override tags that place, fade or clip a whole line, wherever in it they stand (Aegisub's manual, "Line-wide tags").
const LINE_WIDE: [&str; 10] = [
    "\\an", "\\a", "\\pos(", "\\move(", "\\fad(", "\\fade(", "\\org(", "\\clip(", "\\iclip(", "\\q",
];

/// The line-wide tags of some override blocks as one block; nothing where there are none.
pub(super) fn line_wide<'a>(blocks: impl Iterator<Item = &'a str>) -> String {
    let found: String = blocks.flat_map(tags).filter(|it| is_line_wide(it)).collect();
    if found.is_empty() { found } else { format!("{{{found}}}") }
}

fn is_line_wide(tag: &str) -> bool {
    let value = |name: &str| tag.strip_prefix(name).map(str::as_bytes);
    LINE_WIDE.iter().any(|name| match value(name) {
        Some(_) if name.ends_with('(') => tag.trim_end().ends_with(')'),
        Some(rest) => rest.first().is_some_and(u8::is_ascii_digit),
        None => false,
    })
}

/// The tags of `{\an8\pos(1,2)}`; those inside of `\t(...)` belong to it.
fn tags(block: &str) -> impl Iterator<Item = &str> {
    let inner = block.strip_prefix('{').unwrap_or(block);
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    let mut depth = 0_u32;
    let parts = inner.split_inclusive(move |it: char| {
        match it {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        it == '\\' && depth == 0
    });
    // Each part but the first stands after a backslash, and each but the last ends with the next one's.
    let mut at = 0;
    let bounds: Vec<usize> = parts
        .map(|it| {
            at += it.len();
            at - usize::from(it.ends_with('\\'))
        })
        .collect();
    let ends = bounds.clone().into_iter().skip(1);
    bounds.into_iter().zip(ends).map(|(from, to)| &inner[from..to])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_wide_tags_are_found_wherever_they_stand() {
        let rows = [
            ("{}", ""),
            ("{a comment}", ""),
            ("{\\i1}", ""),
            ("{\\an8}", "{\\an8}"),
            ("{\\i1\\an8\\b1}", "{\\an8}"),
            ("{\\a6\\q2}", "{\\a6\\q2}"),
            ("{\\alpha&H80&\\q}", ""),
            ("{\\pos(10,20)\\fad(1,2)\\fscx90}", "{\\pos(10,20)\\fad(1,2)}"),
            ("{\\t(0,5,\\clip(1,2,3,4))\\org(1,2)}", "{\\org(1,2)}"),
            ("{\\pos(1,2", ""),
            ("{\\clip(2,m 0 0 l 9 9)}", "{\\clip(2,m 0 0 l 9 9)}"),
            ("{note\\an5 }", "{\\an5 }"),
        ];
        for (block, wanted) in rows {
            assert_eq!(line_wide([block].into_iter()), wanted, "{block}");
        }
    }
}
