//! Words as the error rate compares them: no case, accents or punctuation, numbers as digits however written.

/// The words of a text, folded: two spellings that only differ in case, accents, punctuation or in writing a number as
/// digits or words are equal.
pub(crate) fn words(text: &str, lang: &str) -> Vec<String> {
    let folded: String = text.to_lowercase().chars().flat_map(fold).collect();
    numbers(folded.split_whitespace(), lang)
}

fn fold(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => ('a', None),
        'ç' => ('c', None),
        'è' | 'é' | 'ê' | 'ë' => ('e', None),
        'ì' | 'í' | 'î' | 'ï' => ('i', None),
        'ñ' => ('n', None),
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => ('o', None),
        'ù' | 'ú' | 'û' | 'ü' => ('u', None),
        'ý' | 'ÿ' => ('y', None),
        'œ' => ('o', Some('e')),
        'æ' => ('a', Some('e')),
        'ё' => ('е', None),
        'й' => ('и', None),
        it if it.is_alphanumeric() => (it, None),
        '\u{300}'..='\u{36f}' => return None.into_iter().chain(None),
        _ => (' ', None),
    };
    Some(first).into_iter().chain(second)
}

/// Joins number words to digits: `twenty one` and `21` are equal. Words that are digits already are never joined.
fn numbers<'a>(words: impl Iterator<Item = &'a str>, lang: &str) -> Vec<String> {
    let words: Vec<&str> = words.collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let Some(mut number) = value(word, lang) else {
            out.push((*word).to_owned());
            continue;
        };
        loop {
            let and = words.get(at).is_some_and(|it| number >= 20 && AND.contains(it));
            let next = words.get(at + usize::from(and)).and_then(|it| value(it, lang));
            let Some(joined) = next.and_then(|it| join(number, it)).filter(|it| !and || *it < 100)
            else {
                break;
            };
            number = joined;
            at += 1 + usize::from(and);
        }
        out.push(number.to_string());
    }
    out
}

const AND: [&str; 2] = ["et", "y"];

/// `twenty` and `one` make 21, `two` and `hundred` 200, `quatre` and `vingts` 80; `one` and `two` stay apart.
fn join(number: u32, next: u32) -> Option<u32> {
    match (number, next) {
        (4, 20) => Some(80),
        (2..=9, 100) => Some(number * 100),
        (60 | 80, 10..=19) => Some(number + next),
        (20.., 1..=9) if number.is_multiple_of(10) => Some(number + next),
        (100.., 10..=99) if number.is_multiple_of(100) => Some(number + next),
        _ => None,
    }
}

fn value(word: &str, lang: &str) -> Option<u32> {
    let lines = match lang {
        "en" => EN,
        "es" => ES,
        "fr" => FR,
        "it" => IT,
        "ru" => RU,
        _ => return None,
    };
    let found = lines.iter().find(|(_, names)| names.split(' ').any(|it| it == word));
    found.map(|(number, _)| *number)
}

const EN: &[(u32, &str)] = &[
    (0, "zero"),
    (1, "one"),
    (2, "two"),
    (3, "three"),
    (4, "four"),
    (5, "five"),
    (6, "six"),
    (7, "seven"),
    (8, "eight"),
    (9, "nine"),
    (10, "ten"),
    (11, "eleven"),
    (12, "twelve"),
    (13, "thirteen"),
    (14, "fourteen"),
    (15, "fifteen"),
    (16, "sixteen"),
    (17, "seventeen"),
    (18, "eighteen"),
    (19, "nineteen"),
    (20, "twenty"),
    (30, "thirty"),
    (40, "forty"),
    (50, "fifty"),
    (60, "sixty"),
    (70, "seventy"),
    (80, "eighty"),
    (90, "ninety"),
    (100, "hundred"),
];
const ES: &[(u32, &str)] = &[
    (0, "cero"),
    (1, "uno un una"),
    (2, "dos"),
    (3, "tres"),
    (4, "cuatro"),
    (5, "cinco"),
    (6, "seis"),
    (7, "siete"),
    (8, "ocho"),
    (9, "nueve"),
    (10, "diez"),
    (11, "once"),
    (12, "doce"),
    (13, "trece"),
    (14, "catorce"),
    (15, "quince"),
    (16, "dieciseis"),
    (17, "diecisiete"),
    (18, "dieciocho"),
    (19, "diecinueve"),
    (20, "veinte"),
    (30, "treinta"),
    (40, "cuarenta"),
    (50, "cincuenta"),
    (60, "sesenta"),
    (70, "setenta"),
    (80, "ochenta"),
    (90, "noventa"),
    (100, "cien ciento"),
];
const FR: &[(u32, &str)] = &[
    (0, "zero"),
    (1, "un une"),
    (2, "deux"),
    (3, "trois"),
    (4, "quatre"),
    (5, "cinq"),
    (6, "six"),
    (7, "sept"),
    (8, "huit"),
    (9, "neuf"),
    (10, "dix"),
    (11, "onze"),
    (12, "douze"),
    (13, "treize"),
    (14, "quatorze"),
    (15, "quinze"),
    (16, "seize"),
    (20, "vingt vingts"),
    (30, "trente"),
    (40, "quarante"),
    (50, "cinquante"),
    (60, "soixante"),
    (100, "cent cents"),
];
const IT: &[(u32, &str)] = &[
    (0, "zero"),
    (1, "uno un una"),
    (2, "due"),
    (3, "tre"),
    (4, "quattro"),
    (5, "cinque"),
    (6, "sei"),
    (7, "sette"),
    (8, "otto"),
    (9, "nove"),
    (10, "dieci"),
    (11, "undici"),
    (12, "dodici"),
    (13, "tredici"),
    (14, "quattordici"),
    (15, "quindici"),
    (16, "sedici"),
    (17, "diciassette"),
    (18, "diciotto"),
    (19, "diciannove"),
    (20, "venti"),
    (30, "trenta"),
    (40, "quaranta"),
    (50, "cinquanta"),
    (60, "sessanta"),
    (70, "settanta"),
    (80, "ottanta"),
    (90, "novanta"),
    (100, "cento"),
];
const RU: &[(u32, &str)] = &[
    (0, "ноль нуль"),
    (1, "один одна одно одну"),
    (2, "два две"),
    (3, "три"),
    (4, "четыре"),
    (5, "пять"),
    (6, "шесть"),
    (7, "семь"),
    (8, "восемь"),
    (9, "девять"),
    (10, "десять"),
    (11, "одиннадцать"),
    (12, "двенадцать"),
    (13, "тринадцать"),
    (14, "четырнадцать"),
    (15, "пятнадцать"),
    (16, "шестнадцать"),
    (17, "семнадцать"),
    (18, "восемнадцать"),
    (19, "девятнадцать"),
    (20, "двадцать"),
    (30, "тридцать"),
    (40, "сорок"),
    (50, "пятьдесят"),
    (60, "шестьдесят"),
    (70, "семьдесят"),
    (80, "восемьдесят"),
    (90, "девяносто"),
    (100, "сто"),
];
