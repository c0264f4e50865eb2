//! Text as it is compared: small letters, plain spaces, quotes and dashes, each letter with its place in the text; and
//! where words begin and end.

use std::ops::Range;

/// One letter as it is compared.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// Small, plain.
    pub(super) small: char,
    /// Plain, as large as it is.
    pub(super) plain: char,
    /// Bytes of the text it comes from.
    pub(super) at: Range<usize>,
}

/// A text letter by letter; a run of spaces is one letter, and none stands at an end.
pub(super) fn letters(text: &str) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::with_capacity(text.len());
    for (start, c) in text.char_indices() {
        let at = start..start + c.len_utf8();
        let plain = plain(c);
        if plain == ' ' {
            match letters.last_mut() {
                Some(last) if last.plain == ' ' => last.at.end = at.end,
                Some(_) => letters.push(Letter { small: ' ', plain, at }),
                None => {}
            }
            continue;
        }
        // `İ` becomes two, of which the second is a mark.
        let small = plain.to_lowercase().next().unwrap_or(plain);
        let small = if small == 'ς' { 'σ' } else { small };
        letters.push(Letter { small, plain, at });
    }
    if letters.last().is_some_and(|it| it.plain == ' ') {
        letters.pop();
    }
    letters
}

/// One of each kind of space, apostrophe, quote and dash; full-width forms of ASCII are ASCII.
fn plain(c: char) -> char {
    match c {
        _ if c.is_whitespace() => ' ',
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{02BC}' | '\u{FF07}' => '\'',
        '\u{201C}' | '\u{201D}' | '\u{201E}' => '"',
        '\u{2010}'..='\u{2015}' => '-',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// How words of a script are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A letter or digit of a script that puts spaces between words.
    Spaced,
    /// Hangul: particles follow a word without a space.
    Hangul,
    /// A letter of a script that puts none: Han, Kana, Thai, Lao, Burmese, Khmer, Tibetan.
    Unspaced,
    /// No letter.
    Other,
}

pub(super) fn kind(c: char) -> Kind {
    match c {
        '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7AF}' => Kind::Hangul,
        // The middle dot of names, and the long vowel, are parts of words.
        '\u{30FB}' | '\u{30FC}' => Kind::Unspaced,
        '\u{3040}'..='\u{30FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}'
        | '\u{0E00}'..='\u{0EFF}'
        | '\u{0F00}'..='\u{0FFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1780}'..='\u{17FF}' => Kind::Unspaced,
        '\u{0300}'..='\u{036F}' => Kind::Spaced,
        _ if c.is_alphanumeric() => Kind::Spaced,
        _ => Kind::Other,
    }
}

/// Whether a word may begin between these two.
pub(super) fn may_begin(before: Option<char>, first: char) -> bool {
    match (before.map(kind), kind(first)) {
        (Some(Kind::Spaced), Kind::Spaced) => false,
        (Some(Kind::Hangul), Kind::Hangul) => false,
        (None | Some(_), _) => true,
    }
}

/// Whether a word may end between these two.
pub(super) fn may_end(last: char, after: Option<char>) -> bool {
    !matches!((kind(last), after.map(kind)), (Kind::Spaced, Some(Kind::Spaced)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_know_their_place() {
        let text = "  Ａ “b’\u{a0} \nÉ—ΣΑς ";
        let small: String = letters(text).iter().map(|it| it.small).collect();
        assert_eq!(small, "a \"b' é-σασ");
        let plain: String = letters(text).iter().map(|it| it.plain).collect();
        assert_eq!(plain, "A \"b' É-ΣΑς");
        for letter in letters(text) {
            assert_eq!(plain_of(&text[letter.at.clone()]), letter.plain);
        }
    }

    fn plain_of(text: &str) -> char {
        plain(text.chars().next().unwrap())
    }
}
