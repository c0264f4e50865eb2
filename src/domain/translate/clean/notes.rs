//! Notes and explanations, in brackets, on lines of their own, or after the text.

use super::is_dense;

/// Words with which a note begins.
const NOTES: [&str; 32] = [
    "note",
    "notes",
    "translator's note",
    "translator’s note",
    "tn",
    "t/n",
    "n.b",
    "explanation",
    "literally",
    "lit",
    "alternative",
    "alternatively",
    "context",
    "注",
    "注释",
    "注意",
    "译注",
    "译者注",
    "譯註",
    "譯者註",
    "说明",
    "說明",
    "解释",
    "备注",
    "補足",
    "hinweis",
    "anmerkung",
    "remarque",
    "nota",
    "nota del traductor",
    "примечание",
    "참고",
];
/// Sentences with which an explanation begins on a line of its own.
const EXPLANATIONS: [&str; 20] = [
    "this translation",
    "the translation",
    "i translated",
    "i have translated",
    "i've translated",
    "in this context",
    "here,",
    "let me know",
    "i hope",
    "please let me",
    "feel free",
    "if you need",
    "这里",
    "这句话",
    "翻译说明",
    "希望",
    "如果您",
    "diese übersetzung",
    "cette traduction",
    "esta traducción",
];
const BRACKETS: [(char, char); 4] = [('(', ')'), ('（', '）'), ('[', ']'), ('【', '】')];

/// Lines joined: with a space, or with nothing where both sides are written without; explanations and the source on
/// lines of their own taken away.
pub(super) fn on_one_line(text: &str, source: &str) -> String {
    let breaks = ['\n', '\r', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'];
    let lines: Vec<&str> = text.split(breaks).map(str::trim).filter(|it| !it.is_empty()).collect();
    let mut kept: Vec<&str> = Vec::new();
    for line in &lines {
        if !kept.is_empty() && explains(line, source) {
            break;
        }
        let is_source = lines.len() > 1 && source.trim().eq_ignore_ascii_case(line);
        let is_rule = line.chars().all(|it| "-=_*~`".contains(it)) && !source.contains(line);
        if !is_source && !is_rule {
            kept.push(line);
        }
    }
    if kept.is_empty() {
        kept = lines.first().copied().into_iter().collect();
    }
    let mut out = String::new();
    for line in kept {
        let dense = |it: Option<char>| it.is_some_and(is_dense);
        let joins = dense(out.chars().next_back()) && dense(line.chars().next());
        if !out.is_empty() && !joins {
            out.push(' ');
        }
        out.push_str(line);
    }
    out
}

fn explains(line: &str, source: &str) -> bool {
    let lower = line.trim_matches(|it: char| "*_#>(（[【 -–—".contains(it)).to_lowercase();
    let bracketed = BRACKETS.iter().any(|it| line.starts_with(it.0)) && !has_bracket(source);
    bracketed || is_note(&lower) || EXPLANATIONS.iter().any(|it| lower.starts_with(it))
}

/// Without notes at the end: in brackets where the source has fewer of them, or after a word for them and a colon.
pub(super) fn without_notes<'a>(text: &'a str, source: &str) -> &'a str {
    let text = text.trim_end();
    if let Some((opens, body)) = last_bracket(text) {
        let note = is_note(&body.trim().to_lowercase()) && groups(source) < groups(text);
        let before = text[..opens].trim_end();
        if !before.is_empty() && (note || !has_bracket(source)) {
            return before;
        }
    }
    if source.contains([':', '：']) {
        return text;
    }
    let sentence_ends = |it: char| ".!?…。！？)）\"”*-–—".contains(it);
    let note =
        text.char_indices().filter(|it| matches!(it.1, ':' | '：')).find_map(|(colon, _)| {
            let begin = text[..colon].rfind(sentence_ends)?;
            let begin = begin + text[begin..].chars().next().map_or(0, char::len_utf8);
            let word = text[begin..colon].trim().to_lowercase();
            NOTES.contains(&word.trim_matches(['*', '_', '(', '（'])).then_some(begin)
        });
    match note.map(|it| text[..it].trim_end_matches([' ', '-', '–', '—', '*', '(', '（'])) {
        Some(before) if !before.is_empty() => before,
        Some(_) | None => text,
    }
}

/// What the bracket that ends a text opens at, and what is in it; a full stop after it is none of the text.
fn last_bracket(text: &str) -> Option<(usize, &str)> {
    let text = text
        .strip_suffix(['.', '。'])
        .filter(|it| it.ends_with([')', '）', ']', '】']))
        .unwrap_or(text);
    let last = text.chars().next_back()?;
    BRACKETS.iter().find(|it| it.1 == last)?;
    let mut depth = 0;
    for (at, it) in text.char_indices().rev() {
        if BRACKETS.iter().any(|(_, closes)| *closes == it) {
            depth += 1;
        } else if BRACKETS.iter().any(|(opens, _)| *opens == it) {
            depth -= 1;
            if depth == 0 {
                return Some((at, &text[at + it.len_utf8()..text.len() - last.len_utf8()]));
            }
        }
    }
    None
}

/// True where a text begins with a word for a note and a colon, or is that word.
fn is_note(lower: &str) -> bool {
    let word = lower.split([':', '：', '—', '，']).next().unwrap_or_default().trim();
    let word = word.trim_end_matches(['.', '*']);
    NOTES.contains(&word)
        || ["译者注", "译注", "注：", "translator"].iter().any(|it| lower.starts_with(it))
}

fn has_bracket(text: &str) -> bool {
    text.contains(|it| BRACKETS.iter().any(|(opens, closes)| *opens == it || *closes == it))
}

fn groups(text: &str) -> usize {
    text.chars().filter(|it| BRACKETS.iter().any(|(opens, _)| opens == it)).count()
}
