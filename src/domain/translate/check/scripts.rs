//! The script of a translation. Simplified and traditional Chinese count as one: they are converted later.

use super::super::super::lang::Lang;
use super::{Case, Complaint};

/// Scripts that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Hebrew,
    Han,
    Kana,
    Hangul,
    Thai,
    Devanagari,
    Bengali,
    Tamil,
    Telugu,
    Other,
}

/// Languages that are not written in Latin letters, and ISO 15924's names of scripts, with theirs.
const WRITTEN: [(&str, &[Script]); 40] = [
    ("Latn", &[Script::Latin]),
    ("Cyrl", &[Script::Cyrillic]),
    ("Grek", &[Script::Greek]),
    ("Arab", &[Script::Arabic]),
    ("Hebr", &[Script::Hebrew]),
    ("Hans", &[Script::Han]),
    ("Hant", &[Script::Han]),
    ("Hani", &[Script::Han]),
    ("Jpan", &[Script::Han, Script::Kana]),
    ("Kore", &[Script::Hangul, Script::Han]),
    ("Thai", &[Script::Thai]),
    ("Deva", &[Script::Devanagari]),
    ("Beng", &[Script::Bengali]),
    ("Taml", &[Script::Tamil]),
    ("Telu", &[Script::Telugu]),
    ("zh", &[Script::Han]),
    ("yue", &[Script::Han]),
    ("ja", &[Script::Han, Script::Kana]),
    ("ko", &[Script::Hangul]),
    ("ru", &[Script::Cyrillic]),
    ("uk", &[Script::Cyrillic]),
    ("be", &[Script::Cyrillic]),
    ("bg", &[Script::Cyrillic]),
    ("mk", &[Script::Cyrillic]),
    ("sr", &[Script::Cyrillic, Script::Latin]),
    ("el", &[Script::Greek]),
    ("ar", &[Script::Arabic]),
    ("fa", &[Script::Arabic]),
    ("ur", &[Script::Arabic]),
    ("ps", &[Script::Arabic]),
    ("he", &[Script::Hebrew]),
    ("yi", &[Script::Hebrew]),
    ("th", &[Script::Thai]),
    ("hi", &[Script::Devanagari]),
    ("mr", &[Script::Devanagari]),
    ("ne", &[Script::Devanagari]),
    ("bn", &[Script::Bengali]),
    ("as", &[Script::Bengali]),
    ("ta", &[Script::Tamil]),
    ("te", &[Script::Telugu]),
];
/// Languages in scripts that are not told apart, or in several.
const ANY: [&str; 24] = [
    "kk", "ky", "mn", "tg", "tt", "uz", "az", "tk", "ku", "bs", "ka", "hy", "am", "ti", "my", "km",
    "lo", "bo", "si", "gu", "pa", "kn", "ml", "or",
];

fn script_of(it: char) -> Script {
    match it {
        'A'..='Z'
        | 'a'..='z'
        | '\u{AA}'..='\u{24F}'
        | '\u{1E00}'..='\u{1EFF}'
        | 'Ａ'..='Ｚ'
        | 'ａ'..='ｚ' => Script::Latin,
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Script::Greek,
        '\u{400}'..='\u{52F}' => Script::Cyrillic,
        '\u{590}'..='\u{5FF}' | '\u{FB1D}'..='\u{FB4F}' => Script::Hebrew,
        '\u{600}'..='\u{6FF}'
        | '\u{750}'..='\u{77F}'
        | '\u{8A0}'..='\u{8FF}'
        | '\u{FB50}'..='\u{FDFF}'
        | '\u{FE70}'..='\u{FEFE}' => Script::Arabic,
        '\u{900}'..='\u{97F}' => Script::Devanagari,
        '\u{980}'..='\u{9FF}' => Script::Bengali,
        '\u{B80}'..='\u{BFF}' => Script::Tamil,
        '\u{C00}'..='\u{C7F}' => Script::Telugu,
        '\u{E00}'..='\u{E7F}' => Script::Thai,
        '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7AF}' => {
            Script::Hangul
        }
        '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{FF66}'..='\u{FF9F}' => Script::Kana,
        '々'
        | '〇'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}' => Script::Han,
        _ => Script::Other,
    }
}

/// The scripts a language is written in; `None` where that is not known.
pub(super) fn written_in(lang: &Lang) -> Option<&'static [Script]> {
    let known = |name: &str| WRITTEN.iter().find(|it| it.0 == name).map(|it| it.1);
    match lang.script() {
        Some(script) => known(script),
        None if ANY.contains(&lang.primary()) => None,
        None => known(lang.primary()).or(Some(&[Script::Latin])),
    }
}

/// True where all letters of a text are of a script that the language is written in, and that is known.
pub fn is_written_in(text: &str, lang: &Lang) -> bool {
    let Some(own) = written_in(lang) else { return false };
    let mut letters = text.chars().filter(|it| it.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(|it| own.contains(&script_of(it)))
}

/// A letter of these says more, and so counts as several.
fn weight(script: Script) -> usize {
    match script {
        Script::Han => 3,
        Script::Kana | Script::Hangul => 2,
        Script::Latin
        | Script::Cyrillic
        | Script::Greek
        | Script::Arabic
        | Script::Hebrew
        | Script::Thai => 1,
        Script::Devanagari | Script::Bengali | Script::Tamil | Script::Telugu | Script::Other => 1,
    }
}

/// Of the letters that are not of the source, most must be of the target's script, percent.
const OWN_PERCENT_MIN: usize = 50;
/// Letters of a third script up to this share, percent, may be a slip in a good translation: asked again, but kept.
const STRANGE_PERCENT_MAX: usize = 20;
/// A sentence of so many Chinese characters without kana is no Japanese.
const HAN_ALONE_MAX: usize = 12;

/// Letters in another script than the target's: most of them, or some of a script that no name would be in.
pub(super) fn other_script(case: Case<'_>) -> Option<Complaint> {
    let own = written_in(case.to)?;
    let (mut in_own, mut in_source, mut latin, mut strange) = (0, 0, 0, 0);
    for script in case.said.chars().filter(|it| it.is_alphabetic()).map(script_of) {
        match script {
            _ if own.contains(&script) => in_own += weight(script),
            // Korean has Chinese characters now and then.
            Script::Han if own.contains(&Script::Hangul) => in_own += weight(script),
            Script::Cyrillic
            | Script::Greek
            | Script::Arabic
            | Script::Hebrew
            | Script::Han
            | Script::Kana
            | Script::Hangul
            | Script::Thai
            | Script::Devanagari
            | Script::Bengali
            | Script::Tamil
            | Script::Telugu => strange += weight(script),
            Script::Latin | Script::Other => {}
        }
    }
    let is_latin = |it: char| it.is_alphabetic() && script_of(it) == Script::Latin;
    for word in case.said.split(|it| !is_latin(it)).filter(|_| !own.contains(&Script::Latin)) {
        let kept = if case.source.contains(word) { &mut in_source } else { &mut latin };
        *kept += word.chars().count();
    }
    let named = in_source > 0 && in_own + latin + strange == 0;
    let wrong_all =
        named && !super::all_names(case.source) && case.source.split_whitespace().count() > 2;
    let sum = in_own + latin + strange;
    let no_kana = own.contains(&Script::Kana)
        && case.said.chars().filter(|it| script_of(*it) == Script::Han).count() > HAN_ALONE_MAX
        && !case.said.chars().any(|it| script_of(it) == Script::Kana);
    let text = format!("Write it in {} and its script only.", case.to.name_en());
    if wrong_all || no_kana || sum > 0 && in_own * 100 < sum * OWN_PERCENT_MIN {
        // A brand or an abbreviation alone may stay in Latin letters.
        let brand =
            strange == 0 && in_own == 0 && latin <= 12 && !case.said.contains(' ') && !no_kana;
        return Some(Complaint { text, fatal: !brand });
    }
    (strange > 0).then(|| Complaint { text, fatal: strange * 100 > sum * STRANGE_PERCENT_MAX })
}
