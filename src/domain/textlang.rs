//! The language and script of a text: by its letters, and by whatlang's trigrams where many languages share them.

use super::existing::TextLang;
use super::lang::Lang;
use super::script;
use std::collections::BTreeSet;
use whatlang::{Detector, Script};

#[cfg(test)]
#[path = "textlang_tests.rs"]
mod tests;

/// Letters from which on a text is long enough for trigrams.
const LETTERS_MIN: usize = 200;
/// Letters from which on a text is long enough where the script alone tells the language.
const SCRIPT_LETTERS_MIN: usize = 30;
/// Letters that are looked at, in three stretches: from the beginning, and on from one and two thirds of the lines.
const LETTERS_MAX: usize = 12_000;
/// Characters of a line that are looked at: a text without line ends is one line.
const LINE_CHARS_MAX: usize = 1000;
/// Letters of a piece. Each piece has a vote, so that a stretch in another language (a song, the names of those who
/// made the file) does not decide.
const PIECE_LETTERS: usize = 500;
/// Share of the pieces that must be for one language, percent.
const AGREED_PERCENT_MIN: usize = 80;
/// Share of these that whatlang must call reliable, percent. Languages it does not know (Albanian, Basque, Icelandic)
/// are taken for others in many pieces, but reliably in few.
const RELIABLE_PERCENT_MIN: usize = 50;
/// A text is in two scripts where each has this share of the lines, percent.
const BILINGUAL_PERCENT_MIN: usize = 30;
/// A Chinese character says as much as this many letters.
const HAN_LETTERS: usize = 2;
/// Chinese characters in a row of which no Japanese line consists but rarely.
const HAN_LINE_MIN: usize = 5;
/// The more frequent script must have this many times the telling characters of the other one.
const TELLING_MARGIN: usize = 3;
/// Characters that only written Cantonese has, and the share of all that makes a text clearly Cantonese, percent:
/// it has above ten; Chinese that quotes some has below one.
const CANTONESE: &str = "嘅咗喺唔冇哋啲佢嚟咁乜嗰畀咩嘢噉㗎啱嗌瞓";
const CANTONESE_PERCENT_MIN: usize = 3;
/// Cyrillic letters of languages that whatlang takes for Russian or Belarusian, reliably: Kazakh, Mongolian, Tajik,
/// Tatar, Uzbek...
const OTHER_CYRILLIC: &str = "әғқңөұүһҳҷӣӯҙҡҫӑӗҥҝҹ";
const OTHER_CYRILLIC_PERCENT_MIN: usize = 1;

/// Languages that trigrams do not tell apart: what whatlang knows of them, and all of them.
///
/// Measured on translated messages of programs, in pieces of 600 letters: of Danish 6 % is taken for Norwegian, and
/// hardly any of either is called reliable; Serbian in Latin letters and Bosnian are Croatian to whatlang, Malay is
/// Indonesian, Nynorsk is Bokmål. Czech and Slovak, Swedish, Catalan, Spanish and Portuguese, and the Cyrillic ones
/// it knows were never mistaken for each other: there a wrong tag shows.
const CLOSE: [(&[whatlang::Lang], &[&str]); 3] = [
    (&[whatlang::Lang::Dan, whatlang::Lang::Nob], &["da", "no", "nb", "nn"]),
    (&[whatlang::Lang::Hrv], &["hr", "sr", "bs", "cnr"]),
    (&[whatlang::Lang::Ind], &["id", "ms"]),
];

/// Languages in other scripts than Latin that whatlang does not know. A tag with one of them, or with a language that
/// is in no list, which is taken to be written in Latin letters, is believed as far as the script fits.
const UNKNOWN: [(Script, &[&str]); 7] = [
    (
        Script::Arabic,
        &["ps", "sd", "ckb", "ku", "ug", "ks", "pnb", "pa", "ms", "az", "kk", "ky", "uz"],
    ),
    (
        Script::Cyrillic,
        &[
            "kk", "ky", "mn", "tg", "tt", "ba", "uz", "az", "tk", "cv", "os", "ce", "ab", "av",
            "kv", "udm", "sah", "rue", "bs", "cnr", "ku",
        ],
    ),
    (Script::Devanagari, &["sa", "bho", "mai", "kok", "sd", "ks", "doi", "new"]),
    (Script::Bengali, &["as", "mni"]),
    (Script::Ethiopic, &["ti", "tig", "gez"]),
    (Script::Hebrew, &["lad"]),
    (Script::Myanmar, &["shn", "mnw", "kar"]),
];
/// Of these the ones that are written in Latin letters too.
const LATIN_TOO: [&str; 9] = ["sr", "bs", "cnr", "uz", "az", "tk", "ku", "ms", "lad"];

/// The language of the text of a subtitle, lines as a viewer sees them; markup is none of it. `tag` is what its tag
/// says: it stays, with region and all, where the text does not speak against it; where it names one of several
/// languages that the text alone does not tell apart it is believed. Chinese and Serbian come with their script, but
/// for Chinese that reads the same in both. `None` where the text has no letters, or none that are known.
///
/// Of two scripts that each have a good share of the lines the text is for those who read the one that is not Latin,
/// and Chinese before any other: a Chinese and English file counts as Chinese. Cantonese is Chinese (`zh-Hant`), unless
/// it is written as it is spoken: nearly all that is called Cantonese is standard written Chinese.
pub fn of_text(text: &str, tag: Option<&Lang>) -> Option<TextLang> {
    look(text, tag).map(|it| it.lang)
}

/// True where most of a text's letters are of a script that the language is written in; where it has none too.
pub(super) fn is_written_in(text: &str, lang: &Lang) -> bool {
    Line::of(text).is_none_or(|it| writes(lang, it.script))
}

/// A text that was looked at.
pub(super) struct Look {
    /// Its language.
    pub(super) lang: TextLang,
    /// The script it is read in, where half of the text is in another one.
    apart: Option<Script>,
}

impl Look {
    /// True for the lines that are in the language; false for those of the other one in a bilingual text.
    pub(super) fn is_read(&self, line: &str) -> bool {
        self.apart.is_none_or(|it| Line::of(line).is_none_or(|line| line.script == it))
    }
}

pub(super) fn look(text: &str, tag: Option<&Lang>) -> Option<Look> {
    let lines = sample(text);
    let (script, bilingual) = main_script(&lines)?;
    let lines: Vec<&Line<'_>> = lines.iter().filter(|it| it.script == script).collect();
    let lang = match (script, script.langs()) {
        (Script::Mandarin, _) => chinese_or_japanese(&lines, tag)?,
        (_, [only]) => by_script(*only, script, &lines, tag)?,
        (_, _) => by_trigrams(script, &lines, tag)?,
    };
    Some(Look { lang, apart: bilingual.then_some(script) })
}

/// A line with letters.
struct Line<'a> {
    text: &'a str,
    /// The script of most of it; Chinese and Japanese are [`Script::Mandarin`].
    script: Script,
    letters: usize,
}

impl Line<'_> {
    fn of(text: &str) -> Option<Line<'_>> {
        let text = text.char_indices().nth(LINE_CHARS_MAX).map_or(text, |(at, _)| &text[..at]);
        let letters = text.chars().filter(|it| it.is_alphabetic()).count();
        let east = text.chars().filter(|it| is_han(*it) || is_kana(*it)).count();
        let mostly_east = east > 0 && east * HAN_LETTERS >= letters - east.min(letters);
        let script = if mostly_east { Script::Mandarin } else { whatlang::detect_script(text)? };
        let kana = matches!(script, Script::Hiragana | Script::Katakana);
        let script = if kana { Script::Mandarin } else { script };
        (letters > 0).then_some(Line { text, script, letters })
    }
}

fn is_han(it: char) -> bool {
    let rare = matches!(it, '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{3FFFF}');
    rare || matches!(it, '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

/// Hiragana and katakana but for the long-vowel mark and the dot, which Chinese takes over.
fn is_kana(it: char) -> bool {
    matches!(it, '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | '\u{FF66}'..='\u{FF9D}')
}

/// Lines to look at, each but once: what is written picture by picture counts as one.
fn sample(text: &str) -> Vec<Line<'_>> {
    let all: Vec<&str> = text.lines().map(str::trim).collect();
    let mut known = BTreeSet::new();
    let mut lines = Vec::new();
    for third in all.chunks(all.len().div_ceil(3).max(1)) {
        let mut letters = 0;
        for text in third {
            if letters >= LETTERS_MAX / 3 {
                break;
            }
            if let Some(line) = Line::of(text).filter(|it| known.insert(it.text)) {
                letters += line.letters;
                lines.push(line);
            }
        }
    }
    lines
}

/// The script the text is read in, and whether it is in two.
fn main_script(lines: &[Line<'_>]) -> Option<(Script, bool)> {
    let share = |script: Script| lines.iter().filter(|it| it.script == script).count();
    let mut shares: Vec<(usize, Script)> =
        Script::all().iter().map(|it| (share(*it), *it)).filter(|it| it.0 > 0).collect();
    shares.sort_by_key(|it| std::cmp::Reverse(it.0));
    let many = |it: &&(usize, Script)| it.0 * 100 >= lines.len() * BILINGUAL_PERCENT_MIN;
    let large: Vec<Script> = shares.iter().filter(many).map(|it| it.1).collect();
    let chinese = large.iter().find(|it| **it == Script::Mandarin);
    let other = || large.iter().find(|it| **it != Script::Latin);
    let chosen = chinese.or_else(other).copied().or(shares.first().map(|it| it.1))?;
    Some((chosen, large.len() > 1))
}

/// Japanese has kana in nearly every line. Where lines of Chinese characters alone are many too, the text is Chinese
/// beside Japanese.
fn chinese_or_japanese(lines: &[&Line<'_>], tag: Option<&Lang>) -> Option<TextLang> {
    let han = |it: &Line<'_>| it.text.chars().filter(|it| is_han(*it)).count();
    let (kana, rest): (Vec<&Line<'_>>, Vec<&Line<'_>>) =
        lines.iter().partition(|it| it.text.contains(is_kana));
    let long = rest.iter().filter(|it| han(it) >= HAN_LINE_MIN).count();
    let letters = |lines: &[&Line<'_>]| lines.iter().map(|it| it.letters).sum::<usize>();
    if long * 100 < (long + kana.len()) * BILINGUAL_PERCENT_MIN {
        let sure = letters(&kana) >= SCRIPT_LETTERS_MIN;
        return Some(TextLang { lang: named("ja", None, tag)?, sure });
    }
    let text: String =
        rest.iter().flat_map(|it| it.text.chars()).filter(|it| is_han(*it)).collect();
    let total = text.chars().count();
    let cantonese = text.chars().filter(|it| CANTONESE.contains(*it)).count();
    let spoken = match tag.map(Lang::primary) {
        Some("yue") => "yue",
        Some("zh") => "zh",
        _ if cantonese * 100 >= total * CANTONESE_PERCENT_MIN => "yue",
        _ => "zh",
    };
    let lang = named(spoken, chinese_script(&text), tag)?;
    Some(TextLang { lang, sure: total >= SCRIPT_LETTERS_MIN })
}

fn chinese_script(text: &str) -> Option<&'static str> {
    match script::telling_characters(text) {
        (0, 0) => None,
        (hans, hant) if hans >= hant * TELLING_MARGIN => Some("Hans"),
        (hans, hant) if hant >= hans * TELLING_MARGIN => Some("Hant"),
        (_, _) => None,
    }
}

/// A script in which whatlang knows one language.
fn by_script(
    only: whatlang::Lang,
    script: Script,
    lines: &[&Line<'_>],
    tag: Option<&Lang>,
) -> Option<TextLang> {
    if let Some(tag) = tag.filter(|it| writes(it, script) && !knows(it, script)) {
        return Some(TextLang { lang: tag.clone(), sure: false });
    }
    let letters: usize = lines.iter().map(|it| it.letters).sum();
    let lang = named(only.code(), None, tag)?;
    Some(TextLang { lang, sure: letters >= SCRIPT_LETTERS_MIN })
}

fn by_trigrams(script: Script, lines: &[&Line<'_>], tag: Option<&Lang>) -> Option<TextLang> {
    let unknown = tag.filter(|it| writes(it, script) && !knows(it, script));
    let Some(found) = Found::of(script, lines) else {
        return unknown.map(|it| TextLang { lang: it.clone(), sure: false });
    };
    let close = CLOSE.iter().find(|it| it.0.contains(&found.lang));
    let member =
        close.and_then(|it| it.1.iter().find(|it| tag.is_some_and(|tag| tag.primary() == **it)));
    if let Some(member) = member {
        let script = (*member == "sr").then_some("Latn");
        return Some(TextLang { lang: named(member, script, tag)?, sure: found.sure });
    }
    if let Some(tag) = unknown {
        return Some(TextLang { lang: tag.clone(), sure: false });
    }
    let (code, script) = if found.lang == whatlang::Lang::Srp {
        ("sr", Some("Cyrl"))
    } else if found.lang == whatlang::Lang::Nob {
        ("no", None)
    } else {
        (found.lang.code(), None)
    };
    let sure = found.sure && (close.is_none() || tag.is_some());
    Some(TextLang { lang: named(code, script, tag)?, sure })
}

/// The language most pieces are in.
struct Found {
    lang: whatlang::Lang,
    sure: bool,
}

impl Found {
    fn of(script: Script, lines: &[&Line<'_>]) -> Option<Found> {
        let letters: usize = lines.iter().map(|it| it.letters).sum();
        let other = lines.iter().flat_map(|it| it.text.chars());
        let other =
            other.filter(|it| it.to_lowercase().any(|it| OTHER_CYRILLIC.contains(it))).count();
        if script == Script::Cyrillic && other * 100 >= letters * OTHER_CYRILLIC_PERCENT_MIN {
            return None;
        }
        let votes: Vec<(whatlang::Lang, bool)> =
            pieces(lines).iter().filter_map(|it| vote(it)).collect();
        let count = |lang: whatlang::Lang| votes.iter().filter(|it| it.0 == lang).count();
        let lang = votes.iter().map(|it| it.0).max_by_key(|it| count(*it))?;
        let (agreed, reliable) =
            (count(lang), votes.iter().filter(|it| **it == (lang, true)).count());
        let sure = letters >= LETTERS_MIN
            && agreed * 100 >= votes.len() * AGREED_PERCENT_MIN
            && reliable * 100 >= agreed * RELIABLE_PERCENT_MIN;
        Some(Found { lang, sure })
    }
}

/// The language of a piece, and whether whatlang is sure of it; its close ones aside.
fn vote(piece: &str) -> Option<(whatlang::Lang, bool)> {
    let found = whatlang::detect(piece)?;
    let lang = found.lang();
    let siblings = CLOSE.iter().map(|it| it.0).find(|it| it.len() > 1 && it.contains(&lang));
    let Some(siblings) = siblings else { return Some((lang, found.is_reliable())) };
    let denied = siblings.iter().copied().filter(|it| *it != lang).collect();
    let again = Detector::with_denylist(denied).detect(piece);
    Some((lang, again.is_some_and(|it| it.lang() == lang && it.is_reliable())))
}

/// The lines put together to pieces; a last one that is too short for a vote is part of the one before.
fn pieces(lines: &[&Line<'_>]) -> Vec<String> {
    let mut pieces: Vec<(String, usize)> = Vec::new();
    for line in lines {
        match pieces.last_mut() {
            Some((piece, letters)) if *letters < PIECE_LETTERS => {
                piece.push('\n');
                piece.push_str(line.text);
                *letters += line.letters;
            }
            Some(_) | None => pieces.push((line.text.to_owned(), line.letters)),
        }
    }
    if pieces.len() > 1
        && let Some((last, _)) = pieces.pop_if(|it| it.1 < LETTERS_MIN)
        && let Some((piece, _)) = pieces.last_mut()
    {
        piece.push('\n');
        piece.push_str(&last);
    }
    pieces.into_iter().map(|it| it.0).collect()
}

/// The language `primary` as the tag has it, where the tag is of this language and not of another script.
fn named(primary: &str, script: Option<&str>, tag: Option<&Lang>) -> Option<Lang> {
    let plain = Lang::parse(primary).ok()?;
    let tag = tag.filter(|it| it.same_language(&plain));
    match (script, tag, tag.and_then(Lang::script)) {
        (None, Some(tag), _) => Some(tag.clone()),
        (None, None, _) => Some(plain),
        (Some(script), Some(tag), Some(written)) if written == script => Some(tag.clone()),
        (Some(script), Some(tag), None) => {
            let region = tag.region().map(|it| format!("-{it}")).unwrap_or_default();
            Lang::parse(&format!("{}-{script}{region}", tag.primary())).ok()
        }
        (Some(script), _, _) => Lang::parse(&format!("{primary}-{script}")).ok(),
    }
}

/// True where whatlang knows the language in this script.
fn knows(tag: &Lang, script: Script) -> bool {
    let known = |it: &whatlang::Lang| Lang::parse(it.code()).is_ok_and(|it| it.same_language(tag));
    script.langs().iter().any(known)
}

/// True where the language is written in this script, as far as is known.
fn writes(tag: &Lang, script: Script) -> bool {
    let listed = |script: Script| {
        let unknown = UNKNOWN.iter().any(|it| it.0 == script && it.1.contains(&tag.primary()));
        unknown || knows(tag, script)
    };
    match tag.script() {
        Some("Latn") => script == Script::Latin,
        Some("Cyrl") => script == Script::Cyrillic,
        Some("Arab") => script == Script::Arabic,
        Some(_) | None if script != Script::Latin => listed(script),
        Some(_) | None => {
            let mut others = Script::all().iter().filter(|it| **it != Script::Latin);
            LATIN_TOO.contains(&tag.primary()) || !others.any(|it| listed(*it))
        }
    }
}
