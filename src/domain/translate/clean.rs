//! What models put around a translation that is none of it, taken away (N-42).

mod around;
mod notes;
mod signs;
#[cfg(test)]
mod tests;

/// What is longer than this is no line; the rest of it is not looked at.
const CHARS_MAX: usize = 4000;

/// The translation alone, on one line: without prefixes, quotes around it, bold, notes in either bracket, explanations,
/// numbers of lists, blank lines; what the source has itself stays. Clean text stays as it is.
pub fn clean(said: &str, source: &str) -> String {
    let mut text: String = said.chars().take(CHARS_MAX).collect();
    // One rule may uncover what another one takes away. Each makes the text shorter or leaves it, so this ends.
    loop {
        let cleaner = once(&text, source);
        if cleaner == text {
            return text;
        }
        text = cleaner;
    }
}

fn once(said: &str, source: &str) -> String {
    let text = signs::without_unseen(said);
    let text = signs::decoded(&text, source);
    let text = signs::untagged(&text, source);
    let text = notes::on_one_line(&text, source);
    let text = signs::spaced(&text);
    let text = signs::unmarked(&text, source);
    let text = around::without_prefix(&text, source);
    let text = around::without_number(text, source);
    let text = around::without_source(text, source);
    let text = notes::without_notes(text, source);
    around::unquoted(text.trim(), source).trim().to_owned()
}

/// True for the characters of scripts written without spaces: no space comes where a line break was.
fn is_dense(it: char) -> bool {
    match it {
        '\u{3130}'..='\u{318F}' => false,
        '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' => true,
        '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}' => true,
        _ => false,
    }
}
