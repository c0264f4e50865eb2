//! How long a text is expected to be in another language.

use super::super::lang::Lang;

/// Characters a language takes for what English says in one: the median over translated dialogue, rounded. Languages
/// that are not here take about as many.
const CHARS: [(&str, f64); 34] = [
    ("zh", 0.31),
    ("yue", 0.31),
    ("wuu", 0.31),
    ("lzh", 0.25),
    ("ja", 0.45),
    ("ko", 0.50),
    ("he", 0.78),
    ("ar", 0.82),
    ("fa", 0.92),
    ("ur", 0.98),
    ("th", 0.88),
    ("lo", 0.92),
    ("my", 1.10),
    ("km", 1.10),
    ("hi", 0.98),
    ("mr", 0.95),
    ("ta", 1.12),
    ("te", 1.00),
    ("ml", 1.12),
    ("de", 1.10),
    ("fr", 1.12),
    ("es", 1.06),
    ("it", 1.07),
    ("pt", 1.03),
    ("nl", 1.06),
    ("el", 1.12),
    ("hu", 1.05),
    ("id", 1.08),
    ("ms", 1.08),
    ("tl", 1.15),
    ("vi", 1.05),
    ("ro", 1.06),
    ("pl", 1.02),
    ("ru", 1.00),
];

/// Characters of a language for one of English.
fn chars_for_one(lang: &Lang) -> f64 {
    if lang.script() == Some("Latn") {
        return 1.0;
    }
    CHARS.iter().find(|it| it.0 == lang.primary()).map_or(1.0, |it| it.1)
}

/// How many characters of English say what a text in `lang` says; spaces at the ends do not count.
pub(super) fn in_english(text: &str, lang: &Lang) -> f64 {
    text.trim().chars().count() as f64 / chars_for_one(lang)
}
