//! How good a place between two words is for a break: sentence and clause ends, pauses, words that cling together.

use super::seam_words::{
    self, ABBREVIATIONS, ABBREVIATIONS_MAY_END, DENSE_CLINGING, DENSE_LEADING, DENSE_TRAILING,
    ORDINAL_STOP,
};

/// What stands between two atoms of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Joint {
    /// A space.
    Space,
    /// Nothing, as between the words of Chinese, Japanese or Thai.
    Dense,
    /// A hyphen, a dash or a slash that belongs to the atom before.
    Hyphen,
    /// Nothing: one long word was cut here.
    Cut,
}

/// A place where text may be broken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::domain) struct Seam {
    /// How much a break hurts here, from 0 at the end of a sentence to [`CUT`] inside a word.
    pub(in crate::domain) cost: f32,
    /// True where a sentence ends.
    pub(in crate::domain) sentence: bool,
}

const SENTENCE: f32 = 0.0;
const CLAUSE: f32 = 1.0;
const COMMA: f32 = 1.4;
const BEFORE_CONJUNCTION: f32 = 2.5;
const PLAIN: f32 = 4.0;
/// After an article or preposition, before a particle: words that cling to each other.
pub(in crate::domain) const CLINGS: f32 = 7.0;
const HYPHEN: f32 = 9.0;
const CUT: f32 = 20.0;
/// Two full stops of "p.m." or "etc." end a sentence only before a pause as long as this.
const STOP_PAUSE_MS: i64 = 300;

/// Judges the seam between two atoms that follow each other in the language with this primary subtag.
pub(in crate::domain) fn seam(
    left: &str,
    right: &str,
    joint: Joint,
    primary: &str,
    pause_ms: i64,
) -> Seam {
    let cost = match joint {
        Joint::Cut => return Seam { cost: CUT, sentence: false },
        Joint::Hyphen if ends_with_dash(left) => CLAUSE,
        Joint::Hyphen => HYPHEN,
        Joint::Space | Joint::Dense => match ending(left, right, primary, pause_ms) {
            Ending::Sentence => return Seam { cost: SENTENCE, sentence: true },
            Ending::Clause => CLAUSE,
            Ending::Comma => COMMA,
            Ending::Abbreviation => CLINGS,
            Ending::Open if joint == Joint::Dense => dense(left, right),
            Ending::Open => spaced(left, right, primary),
        },
    };
    Seam { cost, sentence: false }
}

/// True for characters of scripts that are written without spaces between words.
pub(in crate::domain) fn is_dense(it: char) -> bool {
    matches!(it as u32,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF // Thai, Lao, Burmese, Khmer
        | 0x2E80..=0x312F | 0x31A0..=0x33FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF // Han, kana, their punctuation
        | 0xFF00..=0xFFEF | 0x2_0000..=0x3_FFFF)
}

pub(super) fn is_dash(it: char) -> bool {
    matches!(it, '—' | '–' | '―')
}

fn ends_with_dash(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_dash)
}

pub(in crate::domain) fn is_closing(it: char) -> bool {
    matches!(
        it,
        '"' | '\''
            | '”'
            | '’'
            | '»'
            | '«'
            | '“'
            | '」'
            | '』'
            | '）'
            | ')'
            | ']'
            | '】'
            | '》'
            | '〉'
            | '›'
    ) || it.is_whitespace()
}

pub(in crate::domain) fn is_opening(it: char) -> bool {
    matches!(
        it,
        '"' | '\''
            | '“'
            | '‘'
            | '„'
            | '«'
            | '»'
            | '「'
            | '『'
            | '（'
            | '('
            | '['
            | '¿'
            | '¡'
            | '‹'
            | '-'
    )
}

/// True for what ends sentences, the full stop among them.
pub(in crate::domain) fn is_stop(it: char) -> bool {
    matches!(
        it,
        '.' | '?'
            | '!'
            | '…'
            | '。'
            | '？'
            | '！'
            | '؟'
            | '۔'
            | '।'
            | '॥'
            | '．'
            | '｡'
            | '⁇'
            | '⁈'
            | '⁉'
            | '‼'
            | '։'
            | '።'
    )
}

/// True for commas of any script.
pub(in crate::domain) fn is_comma(it: char) -> bool {
    matches!(it, ',' | '、' | '，' | '،' | '､')
}

enum Ending {
    Sentence,
    Clause,
    Comma,
    Abbreviation,
    Open,
}

fn ending(left: &str, right: &str, primary: &str, pause_ms: i64) -> Ending {
    let core = left.trim_end_matches(is_closing);
    let next = right.trim_start_matches(is_opening).chars().next();
    let goes_on = next.is_some_and(char::is_lowercase);
    match core.chars().next_back() {
        Some('…') if goes_on => Ending::Clause,
        Some('.') if core.ends_with("..") && goes_on => Ending::Clause,
        Some('.') if core.ends_with("..") => Ending::Sentence,
        Some('.') => full_stop(core, next, primary, pause_ms),
        Some('?' | '!') if goes_on => Ending::Clause,
        Some(it) if is_stop(it) => Ending::Sentence,
        Some(';' | ':' | '；' | '：' | '؛' | '—' | '–') => Ending::Clause,
        Some(it) if is_comma(it) => Ending::Comma,
        _ => Ending::Open,
    }
}

fn full_stop(core: &str, next: Option<char>, primary: &str, pause_ms: i64) -> Ending {
    let word = core.trim_end_matches('.').trim_start_matches(is_opening).to_lowercase();
    let paused = pause_ms >= STOP_PAUSE_MS;
    let goes_on = next.is_some_and(char::is_lowercase);
    let dotted = word.contains('.') && word.split('.').all(|it| it.chars().count() <= 2);
    let digits = word.chars().all(|it| it.is_ascii_digit());
    // "J. R. R. Tolkien", but "not I.": the pronoun may end a sentence.
    let initial = word.chars().count() == 1
        && !digits
        && word.chars().all(char::is_alphabetic)
        && word != "i";
    let numbered = word == "no" && next.is_some_and(|it| it.is_ascii_digit());
    if ABBREVIATIONS.has(&word) || numbered || initial && !is_dense_text(&word) {
        return Ending::Abbreviation;
    }
    if dotted || ABBREVIATIONS_MAY_END.has(&word) {
        return if paused && !goes_on { Ending::Sentence } else { Ending::Open };
    }
    if digits && word.len() <= 2 && ORDINAL_STOP.has(primary) && !paused {
        return Ending::Abbreviation;
    }
    if goes_on { Ending::Open } else { Ending::Sentence }
}

fn is_dense_text(text: &str) -> bool {
    text.chars().all(is_dense)
}

fn spaced(left: &str, right: &str, primary: &str) -> f32 {
    let bare = |text: &str| {
        text.trim_matches(|it: char| it != '\'' && !it.is_alphanumeric())
            .replace('’', "'")
            .to_lowercase()
    };
    let (leading, clinging) = seam_words::of_language(primary);
    let both_dense = left.chars().next_back().is_some_and(is_dense)
        && right.chars().next().is_some_and(is_dense);
    if both_dense {
        // Thai, and Chinese as Whisper writes it, put a space where others put a comma.
        return COMMA;
    }
    if clinging.has(&bare(left)) {
        CLINGS
    } else if leading.has(&bare(right)) {
        BEFORE_CONJUNCTION
    } else {
        PLAIN
    }
}

fn dense(left: &str, right: &str) -> f32 {
    let (Some(last), Some(first)) = (left.chars().next_back(), right.chars().next()) else {
        return PLAIN;
    };
    let core = right.trim_end_matches(|it: char| !it.is_alphanumeric());
    let number = |it: char| it.is_numeric() || "一二三四五六七八九十百千万两兩几幾".contains(it);
    if DENSE_TRAILING.has(core) || DENSE_CLINGING.has(left) || number(last) {
        return CLINGS;
    }
    if DENSE_LEADING.has(core) {
        return BEFORE_CONJUNCTION;
    }
    // Japanese: a phrase is content in kanji or katakana with its particles and endings in hiragana after it.
    match (kind(last), kind(first)) {
        (Kind::Hiragana, Kind::Kanji | Kind::Katakana) => BEFORE_CONJUNCTION,
        (Kind::Hiragana, Kind::Hiragana) if right.chars().count() >= 3 => PLAIN,
        (Kind::Hiragana | Kind::Kanji | Kind::Katakana, Kind::Hiragana) => CLINGS,
        (Kind::Katakana, Kind::Katakana) => CLINGS,
        (Kind::Hiragana | Kind::Kanji | Kind::Katakana | Kind::Other, _) => PLAIN,
    }
}

enum Kind {
    Hiragana,
    Katakana,
    Kanji,
    Other,
}

fn kind(it: char) -> Kind {
    match it as u32 {
        0x3040..=0x309F => Kind::Hiragana,
        0x30A0..=0x30FF => Kind::Katakana,
        0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF => Kind::Kanji,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_a_reader_sees_it() {
        let cases = [
            ("home.", "Then", "en", 0, true),
            ("\"home.\"", "Then", "en", 0, true),
            ("Mr.", "Smith", "en", 0, false),
            ("J.", "Tolkien", "en", 0, false),
            ("U.S.", "Army", "en", 0, false),
            ("U.S.", "Then", "en", 400, true),
            ("p.m.", "and", "en", 400, false),
            ("approx.", "five", "en", 0, false),
            ("No.", "5", "en", 0, false),
            ("No.", "Never", "en", 0, true),
            ("3.", "Oktober", "de", 0, false),
            ("3.", "Then", "en", 0, true),
            ("z.B.", "Brot", "de", 0, false),
            ("\"Why?\"", "he", "en", 0, false),
            ("well...", "maybe", "en", 0, false),
            ("хорошо.", "Потом", "ru", 0, true),
            ("؟نعم؟", "لا", "ar", 0, true),
        ];
        for (left, right, primary, pause_ms, expected) in cases {
            assert_eq!(
                seam(left, right, Joint::Space, primary, pause_ms).sentence,
                expected,
                "{left} {right}"
            );
        }
        assert!(seam("天気。", "明日", Joint::Dense, "ja", 0).sentence);
        assert!(seam("吗？」", "他", Joint::Dense, "zh", 0).sentence);
    }

    #[test]
    fn breaks_are_ranked() {
        let cost = |left, right| seam(left, right, Joint::Space, "en", 0).cost;
        assert!(cost("home.", "Then") < cost("home;", "then"));
        assert!(cost("home;", "then") < cost("home,", "then"));
        assert!(cost("home,", "then") < cost("home", "and"));
        assert!(cost("home", "and") < cost("green", "house"));
        assert!(cost("green", "house") < cost("the", "house"));
        let cost = |left, right| seam(left, right, Joint::Dense, "ja", 0).cost;
        assert!(cost("は", "東京") < cost("東京", "は"));
        assert!(cost("東京", "大学") < cost("食べ", "た"));
    }
}
