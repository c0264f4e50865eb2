//! Texts made comparable: small letters without marks, Cyrillic and Greek as they sound in Latin letters.

/// Letters with marks, after the letters they are without.
const PLAIN: [(&str, &str); 30] = [
    ("a", "àáâãäåāăąǎảấầẩẫậắằẳẵặạά"),
    ("e", "èéêëēĕėęěẻẽếềểễệẹέ"),
    ("i", "ìíîïĩīĭįıǐỉịίϊ"),
    ("o", "òóôõöøōŏőǒỏốồổỗộớờởỡợọơόώ"),
    ("u", "ùúûüũūŭůűųǔủứừửữựụưύ"),
    ("y", "ýÿŷỳỷỹỵ"),
    ("c", "çćĉċč"),
    ("d", "ďđð"),
    ("g", "ĝğġģ"),
    ("h", "ĥħ"),
    ("j", "ĵ"),
    ("k", "ķ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņňŉ"),
    ("r", "ŕŗř"),
    ("s", "śŝşšș"),
    ("t", "ţťŧț"),
    ("w", "ŵ"),
    ("z", "źżž"),
    ("ss", "ß"),
    ("ae", "æ"),
    ("oe", "œ"),
    ("th", "þ"),
    ("i", "ήή"),
    // Cyrillic and Greek letters of several Latin ones.
    ("zh", "ж"),
    ("ch", "чχ"),
    ("sh", "шщ"),
    ("ps", "ψ"),
    ("ia", "я"),
    ("iu", "ю"),
];
/// Cyrillic and Greek letters, and the Latin ones at the same places.
const SOUNDS: [&str; 2] = [
    "абвгґдеёэєзиійїклмнопрстуфхцыαβγδεζηθικλμνξοπρστυφωςў",
    "abvggdeeeeziiiiklmnoprstufhciabgdeziziklmnxoprstufosu",
];

/// A text in small letters without marks, in Latin letters where they are Cyrillic or Greek; other characters stay.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars().flat_map(char::to_lowercase) {
        match it {
            '\u{300}'..='\u{36F}' | 'ъ' | 'ь' => {}
            // Neither ASCII nor what comes after the Latin, Greek and Cyrillic letters has another form.
            _ if it.is_ascii() || it > '\u{1FFF}' => out.push(it),
            _ => folded(it, &mut out),
        }
    }
    out
}

fn folded(it: char, out: &mut String) {
    let [cyrillic_or_greek, latin] = SOUNDS;
    let place = cyrillic_or_greek.chars().position(|letter| letter == it);
    if let Some(sound) = place.and_then(|it| latin.chars().nth(it)) {
        return out.push(sound);
    }
    match PLAIN.iter().find(|(_, marked)| marked.contains(it)) {
        Some((plain, _)) => out.push_str(plain),
        None => out.push(it),
    }
}

/// The words of a text: stretches of letters and digits, folded.
pub(super) fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    folded
        .split(|it: char| !it.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_without_marks() {
        let table = [
            ("Où étais-tu ?", "ou etais-tu ?"),
            ("Straße", "strasse"),
            ("cafe\u{301}", "cafe"),
            ("Джон и Анна", "dzhon i anna"),
            ("Мария, объект", "mariia, obekt"),
            ("Αθήνα", "azina"),
            ("Tiếng Việt", "tieng viet"),
            ("你好。", "你好。"),
        ];
        for (text, wanted) in table {
            assert_eq!(fold(text), wanted);
        }
        assert_eq!(words("L'été, 3-4 fois!"), ["l", "ete", "3", "4", "fois"]);
        assert_eq!(SOUNDS[0].chars().count(), SOUNDS[1].chars().count());
    }
}
