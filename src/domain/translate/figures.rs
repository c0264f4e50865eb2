//! Digits and numbers in texts of any script.

/// Where ten decimal digits in a row begin (Unicode, Nd): Arabic, Persian, NKo, Devanagari, Bengali, Gurmukhi,
/// Gujarati, Oriya, Tamil, Telugu, Kannada, Malayalam, Thai, Lao, Tibetan, Burmese, Khmer, Mongolian, full width.
const ZEROS: [char; 19] = [
    '٠', '۰', '߀', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០', '᠐', '０',
];

/// The value of a decimal digit of any script.
pub(super) fn digit(it: char) -> Option<u32> {
    it.to_digit(10).or_else(|| {
        let from_zero = |zero: &char| (it as u32).checked_sub(*zero as u32).filter(|it| *it < 10);
        ZEROS.iter().find_map(from_zero)
    })
}

/// The numbers of a text that are written in digits: only their digits, so that `1,000`, `1.000` and `١٠٠٠` are one;
/// parts of a time or a date, and what stands apart, count alone.
pub(super) fn numbers(text: &str) -> Vec<String> {
    let mut numbers: Vec<String> = Vec::new();
    let mut chars = text.chars().peekable();
    let mut current = String::new();
    while let Some(it) = chars.next() {
        if let Some(digit) = digit(it) {
            current.extend(char::from_digit(digit, 10));
            continue;
        }
        let groups =
            matches!(it, '.' | ',' | '\'' | '’' | '\u{A0}' | '\u{202F}' | '٬' | '٫' | '，' | '．');
        let goes_on = chars.peek().is_some_and(|it| digit(*it).is_some());
        if !(current.is_empty() || groups && goes_on) {
            numbers.push(std::mem::take(&mut current));
        }
    }
    if !current.is_empty() {
        numbers.push(current);
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_any_writing() {
        let table: [(&str, &[&str]); 8] = [
            ("1,000 or 1.000 or 1\u{202F}000", &["1000", "1000", "1000"]),
            ("at 10:30", &["10", "30"]),
            ("3.5%", &["35"]),
            ("١٢ और १२ และ ๑๒", &["12", "12", "12"]),
            ("１２。", &["12"]),
            ("B2B, 7.", &["2", "7"]),
            ("none", &[]),
            ("", &[]),
        ];
        for (text, wanted) in table {
            assert_eq!(numbers(text), wanted, "{text}");
        }
    }
}
