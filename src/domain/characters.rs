//! Names of characters: from the roles that metadata has to terms for translating (P-19).

use super::lang::Lang;
use super::script::to_script;
use super::terms::{Scope, Term, TermOrigin, TermState};
use super::work::{Work, plain};

/// Names of one work at most: a series has many that occur once.
pub const CHARACTERS_MAX: usize = 60;
/// A longer one is a description.
const NAME_CHARS_MAX: usize = 60;

/// Roles that are nobody's name, in small letters.
const NOBODY: [&str; 9] = [
    "self",
    "himself",
    "herself",
    "themselves",
    "narrator",
    "various",
    "additional voices",
    "host",
    "guest",
];
/// Words that describe a role instead of naming it, in small letters.
const DESCRIBING: [&str; 60] = [
    "actor",
    "agent",
    "assistant",
    "baby",
    "bartender",
    "boss",
    "boy",
    "bride",
    "brother",
    "captain",
    "child",
    "clerk",
    "cop",
    "customer",
    "dad",
    "daughter",
    "detective",
    "doctor",
    "driver",
    "father",
    "friend",
    "general",
    "girl",
    "guard",
    "guest",
    "guy",
    "judge",
    "kid",
    "king",
    "lady",
    "lawyer",
    "lieutenant",
    "man",
    "manager",
    "mom",
    "mother",
    "mum",
    "neighbor",
    "neighbour",
    "nurse",
    "officer",
    "owner",
    "pilot",
    "police",
    "president",
    "prince",
    "princess",
    "queen",
    "receptionist",
    "reporter",
    "sergeant",
    "sister",
    "soldier",
    "son",
    "teacher",
    "waiter",
    "waitress",
    "wife",
    "woman",
    "young",
];
/// Names that are words too, in small letters: where a sentence begins with one, nobody can tell.
const WORDS_TOO: [&str; 40] = [
    "angel", "april", "art", "august", "autumn", "bill", "chance", "chase", "chip", "dawn",
    "destiny", "drew", "faith", "frank", "gene", "grace", "grant", "harmony", "hope", "hunter",
    "iris", "ivy", "jack", "joy", "june", "lance", "mark", "may", "max", "mercy", "pat", "penny",
    "ray", "rich", "rob", "rose", "sky", "summer", "sue", "will",
];
/// What stands before a name, in small letters; not told apart when a name is taken apart.
const TITLES: [&str; 14] = [
    "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "miss", "dr", "dr.", "sir", "lady", "lord", "the",
    "of",
];

/// The names in a role as credits have it, without notes such as `(voice)`; several where an actor plays several.
pub fn names_of_role(role: &str) -> Vec<String> {
    let names = role.split(['/', '／']).map(without_notes).filter(|it| is_name(it));
    names.collect()
}

/// Terms for a character that is called so in both languages: the whole name, and its parts where both have as many.
/// None where one of the two is not in its language's script, or both are the same: that tells nothing.
pub fn pair(source: &str, target: &str, from: &Lang, to: &Lang, scope: &Scope) -> Vec<Term> {
    let (source, target) = (for_lang(source, from), for_lang(&to_script(target, to), to));
    let fits = is_name(&source) && is_name(&target) && source != target;
    if !fits || !is_written(&source, from) || !is_written(&target, to) {
        return Vec::new();
    }
    let term = |source: &str, target: &str| Term {
        source: source.to_owned(),
        target: Some(target.to_owned()),
        from: Some(from.clone()),
        to: Some(to.clone()),
        scope: scope.clone(),
        origin: TermOrigin::Metadata,
        state: state(source),
        note: String::new(),
    };
    let (source_parts, target_parts) = (parts(&source), parts(&target));
    let mut terms = vec![term(&source, &target)];
    let takes_apart = source_parts.len() > 1 && source_parts.len() == target_parts.len();
    if takes_apart && !source_parts.iter().any(|it| is_one_of(it, &TITLES)) {
        let long = |it: &&(&str, &str)| it.0.chars().nth(1).is_some();
        let pairs: Vec<(&str, &str)> = source_parts.into_iter().zip(target_parts).collect();
        terms.extend(pairs.iter().filter(long).map(|(source, target)| term(source, target)));
    }
    terms
}

/// Terms of names that have no known translation, from [`Work::characters`]: between languages of one script they stay
/// as they are. Only what is surely a name: two words or more with a capital each, none of which describes a role.
pub fn kept(work: &Work, from: &Lang, to: &Lang) -> Vec<Term> {
    if !writes(from).is_same(writes(to)) || from.same_language(to) {
        return Vec::new();
    }
    let is_sure = |name: &&String| {
        let words: Vec<&str> = name.split(' ').collect();
        let has_capital = |it: &&str| it.chars().next().is_some_and(char::is_uppercase);
        let describes = |it: &&str| is_one_of(it, &DESCRIBING) || it.chars().any(char::is_numeric);
        words.len() > 1 && words.iter().all(has_capital) && !words.iter().any(describes)
    };
    let names = work.characters.iter().filter(is_sure).filter(|it| is_written(it, from));
    let term = |name: &String| Term {
        source: name.clone(),
        target: None,
        from: Some(from.clone()),
        to: Some(to.clone()),
        scope: Scope::Work(work.key()),
        origin: TermOrigin::Metadata,
        state: TermState::Accepted,
        note: String::new(),
    };
    names.take(CHARACTERS_MAX).map(term).collect()
}

/// The term of a work's title; a proposal, since titles such as "It" are words of any talk.
pub fn title(source: &str, target: &str, from: &Lang, to: &Lang, scope: &Scope) -> Option<Term> {
    let (source, target) = (source.trim(), to_script(target.trim(), to));
    let fits = !source.is_empty() && plain(source) != plain(&target);
    (fits && is_written(source, from) && is_written(&target, to)).then(|| Term {
        source: source.to_owned(),
        target: Some(target),
        from: Some(from.clone()),
        to: Some(to.clone()),
        scope: scope.clone(),
        origin: TermOrigin::Metadata,
        state: TermState::Proposed,
        note: "the title".to_owned(),
    })
}

fn without_notes(text: &str) -> String {
    let mut depth = 0_u32;
    let mut outside = |it: &char| {
        match it {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    let bare: String = text.chars().filter(|it| outside(it)).collect();
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_name(text: &str) -> bool {
    let lower = text.to_lowercase();
    text.chars().any(char::is_alphabetic)
        && text.chars().count() <= NAME_CHARS_MAX
        && !text.contains('#')
        && !NOBODY.iter().any(|it| lower == *it)
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    let lower = word.to_lowercase();
    list.contains(&lower.as_str())
}

/// A name that is a word too waits for the owner's word.
fn state(source: &str) -> TermState {
    if is_one_of(source, &WORDS_TOO) || is_one_of(source, &DESCRIBING) {
        TermState::Proposed
    } else {
        TermState::Accepted
    }
}

/// Without the spaces that Chinese and Japanese do not write, where all of it is in their script.
fn for_lang(name: &str, lang: &Lang) -> String {
    let name = without_notes(name);
    let has_spaces = lang.has_spaces() || name.chars().any(|it| it.is_ascii_alphabetic());
    if has_spaces { name } else { name.replace([' ', '\u{3000}'], "") }
}

/// First and family name: at spaces, or at the dots that stand for them.
fn parts(name: &str) -> Vec<&str> {
    let dots = ['·', '・', '•', '‧', '･', '＝'];
    let is_end = |it: char| it == ' ' || dots.contains(&it);
    name.split(is_end)
        .map(|it| it.trim_matches(['\'', '"', '“', '”']))
        .filter(|it| !it.is_empty())
        .collect()
}

/// How a language is written, as far as names go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    Latin,
    Cyrillic,
    Han,
    Kana,
    Hangul,
    /// One that is not told apart here.
    Other,
}

impl Writing {
    fn is_same(self, other: Writing) -> bool {
        self == other && self != Writing::Other
    }
}

fn writes(lang: &Lang) -> Writing {
    match (lang.script(), lang.primary()) {
        (Some("Latn"), _) => Writing::Latin,
        (Some("Cyrl"), _) => Writing::Cyrillic,
        (_, "zh" | "yue" | "wuu" | "nan" | "lzh") => Writing::Han,
        (_, "ja") => Writing::Kana,
        (_, "ko") => Writing::Hangul,
        (_, "ru" | "uk" | "be" | "bg" | "mk" | "sr" | "kk" | "ky" | "mn" | "tg" | "tt") => {
            Writing::Cyrillic
        }
        (
            _,
            "en" | "de" | "fr" | "es" | "it" | "pt" | "nl" | "sv" | "da" | "no" | "nb" | "nn"
            | "fi" | "is" | "pl" | "cs" | "sk" | "sl" | "hr" | "bs" | "hu" | "ro" | "et" | "lv"
            | "lt" | "tr" | "ca" | "eu" | "gl" | "ga" | "cy" | "sq" | "id" | "ms" | "tl" | "fil"
            | "vi" | "af" | "sw" | "la" | "eo" | "mt" | "lb",
        ) => Writing::Latin,
        _ => Writing::Other,
    }
}

/// True where a letter of the text is one of the language's script; where that is not known, one that is not Latin.
fn is_written(text: &str, lang: &Lang) -> bool {
    let is_letter = |it: char| match writes(lang) {
        Writing::Latin => {
            it.is_ascii_alphabetic() || matches!(it, '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
        }
        Writing::Cyrillic => matches!(it, '\u{400}'..='\u{52F}'),
        Writing::Han => is_han(it),
        Writing::Kana => {
            is_han(it) || matches!(it, '\u{3040}'..='\u{30FF}' | '\u{FF66}'..='\u{FF9F}')
        }
        Writing::Hangul => matches!(it, '\u{AC00}'..='\u{D7AF}' | '\u{1100}'..='\u{11FF}'),
        Writing::Other => it.is_alphabetic() && it > '\u{24F}',
    };
    // Kana is Japanese, whatever Chinese signs stand beside it.
    let is_foreign = writes(lang) == Writing::Han
        && text.chars().any(|it| matches!(it, '\u{3040}'..='\u{30FA}'));
    text.chars().any(is_letter) && !is_foreign
}

fn is_han(letter: char) -> bool {
    let blocks = [
        '\u{3400}'..='\u{4DBF}',
        '\u{4E00}'..='\u{9FFF}',
        '\u{F900}'..='\u{FAFF}',
        '\u{20000}'..='\u{323AF}',
    ];
    blocks.iter().any(|it| it.contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lang(tag: &str) -> Lang {
        Lang::parse(tag).unwrap()
    }

    fn pairs(source: &str, target: &str, from: &str, to: &str) -> Vec<(String, String, TermState)> {
        let terms = pair(source, target, &lang(from), &lang(to), &Scope::Everywhere);
        terms.into_iter().map(|it| (it.source, it.target.unwrap(), it.state)).collect()
    }

    #[test]
    fn roles_give_names() {
        for (role, names) in [
            ("Sherlock Holmes", &["Sherlock Holmes"][..]),
            ("Klaus (voice)", &["Klaus"]),
            ("Stan Smith / Roger (voice)", &["Stan Smith", "Roger"]),
            ("'Low Key' Lyesmith", &["'Low Key' Lyesmith"]),
            ("  Dr.\n Watson (uncredited) ", &["Dr. Watson"]),
            ("Self", &[]),
            ("Cop #2", &[]),
            ("(voice)", &[]),
            ("", &[]),
            ("42", &[]),
            ("夏洛克·福尔摩斯（配音）", &["夏洛克·福尔摩斯"]),
        ] {
            assert_eq!(names_of_role(role), names, "{role}");
        }
        assert!(names_of_role(&"Very Long ".repeat(10)).is_empty());
    }

    use TermState::{Accepted, Proposed};

    /// Name in two languages, the languages, and the terms that come of it.
    type Row = (
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        &'static [(&'static str, &'static str, TermState)],
    );
    const PAIRS: &[Row] = &[
        (
            "John Watson",
            "约翰·华生",
            "en",
            "zh-Hans",
            &[
                ("John Watson", "约翰·华生", Accepted),
                ("John", "约翰", Accepted),
                ("Watson", "华生", Accepted),
            ],
        ),
        ("Mrs. Hudson", "哈德森太太", "en", "zh-Hans", &[("Mrs. Hudson", "哈德森太太", Accepted)]),
        (
            "Mr. Wednesday",
            "星期三 先生",
            "en",
            "zh-Hans",
            &[("Mr. Wednesday", "星期三先生", Accepted)],
        ),
        (
            "Mr. Holmes",
            "福尔摩斯·先生",
            "en",
            "zh-Hans",
            &[("Mr. Holmes", "福尔摩斯·先生", Accepted)],
        ),
        ("Will", "威尔", "en", "zh-Hans", &[("Will", "威尔", Proposed)]),
        (
            "Grace Kelly",
            "格蕾丝·凯利",
            "en",
            "zh-Hant",
            &[
                ("Grace Kelly", "格蕾絲·凱利", Accepted),
                ("Grace", "格蕾絲", Proposed),
                ("Kelly", "凱利", Accepted),
            ],
        ),
        ("坂田 銀時", "坂田银时", "ja", "zh-Hans", &[("坂田銀時", "坂田银时", Accepted)]),
        (
            "ルルーシュ・ランペルージ",
            "鲁路修·兰佩路基",
            "ja",
            "zh-Hans",
            &[
                ("ルルーシュ・ランペルージ", "鲁路修·兰佩路基", Accepted),
                ("ルルーシュ", "鲁路修", Accepted),
                ("ランペルージ", "兰佩路基", Accepted),
            ],
        ),
        ("Na Hee-do", "Na Hee-do", "en", "fr", &[]),
        ("Sherlock", "Sherlock", "en", "zh-Hans", &[]),
        ("Шерлок", "夏洛克", "en", "zh-Hans", &[]),
        ("Sherlock", "シャーロック", "en", "zh-Hans", &[]),
        ("", "夏洛克", "en", "zh-Hans", &[]),
    ];

    #[test]
    fn a_pair_gives_the_name_and_its_parts() {
        let own = |rows: &[(&str, &str, TermState)]| -> Vec<(String, String, TermState)> {
            rows.iter().map(|it| (it.0.to_owned(), it.1.to_owned(), it.2)).collect()
        };
        for (source, target, from, to, wanted) in PAIRS.iter().copied() {
            assert_eq!(pairs(source, target, from, to), own(wanted), "{source} {target}");
        }
    }

    #[test]
    fn names_stay_between_languages_of_one_script_where_they_are_surely_names() {
        let characters =
            ["Shadow Moon", "Technical Boy", "Audrey", "Cop 2", "Jean de Sade", "Мария Иванова"];
        let work = Work {
            title: "Show".to_owned(),
            characters: characters.map(str::to_owned).to_vec(),
            ..Work::default()
        };
        let names = |from: &str, to: &str| {
            let terms = kept(&work, &lang(from), &lang(to));
            assert!(
                terms
                    .iter()
                    .all(|it| it.target.is_none() && it.scope == Scope::Work("show".to_owned()))
            );
            terms.into_iter().map(|it| it.source).collect::<Vec<_>>()
        };
        assert_eq!(names("en", "fr"), ["Shadow Moon"]);
        assert_eq!(names("ru", "uk"), ["Мария Иванова"]);
        for (from, to) in
            [("en", "zh-Hans"), ("en", "en-GB"), ("ja", "zh-Hans"), ("en", "ru"), ("th", "th")]
        {
            assert_eq!(names(from, to), [""; 0], "{from} {to}");
        }
    }

    #[test]
    fn a_title_is_only_proposed() {
        let term = |source: &str, target: &str| {
            title(source, target, &lang("en"), &lang("zh-Hans"), &Scope::Everywhere)
        };
        let it = term("It", "小丑回魂").unwrap();
        assert_eq!((it.state, it.target.as_deref()), (TermState::Proposed, Some("小丑回魂")));
        assert_eq!(term("It", "It"), None);
        assert_eq!(term("", "小丑回魂"), None);
    }
}
