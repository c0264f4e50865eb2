//! What is said in made-up films, and the one right translation of each line: a pure function of its text, so that a
//! test can tell every line's translation from every other's.

use super::super::film::Chance;

/// Words with their translations; no translation stands twice.
const WORDS: &[(&str, &str)] = &[
    ("the", "этот"),
    ("a", "некий"),
    ("and", "и"),
    ("but", "но"),
    ("because", "потому"),
    ("when", "когда"),
    ("i", "я"),
    ("you", "ты"),
    ("we", "мы"),
    ("they", "они"),
    ("she", "она"),
    ("he", "он"),
    ("who", "кто"),
    ("is", "есть"),
    ("are", "суть"),
    ("was", "был"),
    ("not", "не"),
    ("never", "никогда"),
    ("always", "всегда"),
    ("where", "где"),
    ("why", "почему"),
    ("how", "как"),
    ("what", "что"),
    ("yes", "да"),
    ("no", "нет"),
    ("come", "приди"),
    ("wait", "подожди"),
    ("listen", "слушай"),
    ("look", "смотри"),
    ("run", "беги"),
    ("please", "пожалуйста"),
    ("nobody", "никто"),
    ("everybody", "каждый"),
    ("captain", "капитан"),
    ("letter", "письмо"),
    ("lighthouse", "маяк"),
    ("doctor", "доктор"),
    ("window", "окно"),
    ("garden", "сад"),
    ("brother", "брат"),
    ("sister", "сестра"),
    ("train", "поезд"),
    ("ticket", "билет"),
    ("bridge", "мост"),
    ("mountain", "гора"),
    ("river", "река"),
    ("kitchen", "кухня"),
    ("money", "деньги"),
    ("horse", "лошадь"),
    ("teacher", "учитель"),
    ("soldier", "солдат"),
    ("neighbour", "сосед"),
    ("island", "остров"),
    ("key", "ключ"),
    ("violin", "скрипка"),
    ("photograph", "фотография"),
    ("storm", "буря"),
    ("secret", "тайна"),
    ("dog", "собака"),
    ("found", "нашёл"),
    ("lost", "потерял"),
    ("stole", "украл"),
    ("sold", "продал"),
    ("saw", "увидел"),
    ("remembered", "вспомнил"),
    ("painted", "нарисовал"),
    ("followed", "преследовал"),
    ("forgot", "забыл"),
    ("promised", "обещал"),
    ("opened", "открыл"),
    ("hated", "ненавидел"),
    ("loved", "любил"),
    ("buried", "похоронил"),
    ("old", "старый"),
    ("little", "маленький"),
    ("broken", "сломанный"),
    ("quiet", "тихий"),
    ("strange", "странный"),
    ("beautiful", "красивый"),
    ("empty", "пустой"),
    ("terrible", "ужасный"),
    ("yellow", "жёлтый"),
    ("new", "новый"),
    ("here", "здесь"),
    ("there", "там"),
    ("slowly", "медленно"),
    ("quickly", "быстро"),
    ("alone", "один"),
    ("again", "снова"),
    ("tonight", "сегодня"),
    ("yesterday", "вчера"),
    ("tomorrow", "завтра"),
    ("now", "сейчас"),
    ("behind", "позади"),
    ("under", "под"),
    ("near", "возле"),
    ("beyond", "за"),
    ("inside", "внутри"),
    ("to", "к"),
    ("of", "из"),
    ("with", "с"),
    ("without", "без"),
    ("me", "меня"),
    ("us", "нас"),
    ("my", "мой"),
    ("your", "твой"),
    ("our", "наш"),
    ("anna", "Анна"),
    ("boris", "Борис"),
    ("martha", "Марта"),
    ("peter", "Пётр"),
    ("irene", "Ирина"),
    ("victor", "Виктор"),
    ("told", "сказал"),
    ("that", "это"),
];

/// Latin letters and what stands for them in words that are not listed.
const LETTERS: &str = "абцдефгхижклмнопщрстувшчыз";

const NOUNS: &[&str] = &[
    "captain",
    "letter",
    "lighthouse",
    "doctor",
    "window",
    "garden",
    "brother",
    "sister",
    "train",
    "ticket",
    "bridge",
    "mountain",
    "river",
    "kitchen",
    "money",
    "horse",
    "teacher",
    "soldier",
    "neighbour",
    "island",
    "key",
    "violin",
    "photograph",
    "storm",
    "secret",
    "dog",
];
const VERBS: &[&str] = &[
    "found",
    "lost",
    "stole",
    "sold",
    "saw",
    "remembered",
    "painted",
    "followed",
    "forgot",
    "promised",
    "opened",
    "hated",
    "loved",
    "buried",
];
const ADJECTIVES: &[&str] = &[
    "old",
    "little",
    "broken",
    "quiet",
    "strange",
    "beautiful",
    "empty",
    "terrible",
    "yellow",
    "new",
];
const ADVERBS: &[&str] = &[
    "here",
    "there",
    "slowly",
    "quickly",
    "alone",
    "again",
    "tonight",
    "yesterday",
    "tomorrow",
    "now",
];
const PLACES: &[&str] = &["behind", "under", "near", "beyond", "inside"];
const NAMES: &[&str] = &["Anna", "Boris", "Martha", "Peter", "Irene", "Victor"];
const WHO: &[&str] = &["I", "you", "we", "they", "she", "he"];

/// Sentences as they are said: `%` and a letter stand for a word of a kind, after `~` a word begins with a capital.
const SENTENCES: &[&str] = &[
    "Yes.",
    "No!",
    "Nobody.",
    "~%v?",
    "%m!",
    "Wait, %m.",
    "Look, a %n!",
    "Come %d, please.",
    "Where is the %n?",
    "Why %d?",
    "%m %v the %n.",
    "~%w %v my %a %n.",
    "Listen, %m, the %n is not %a.",
    "Who %v our %n %d?",
    "~%w never %v the %n %p the %n.",
    "The %a %n was %p your %n, and nobody %v us.",
    "When %m %v the %a %n, everybody %v to the %n.",
    "How are you, my %a %n?",
    "~%w told me that the %n of %m was always %p the %a %n.",
    "But %w %v the %n %d, because %m %v a %a %n.",
    "The %n %v the %n, the %n %v %m, and %d %w %v our %a %n without a %n.",
];

/// A line of a film, without a digit in it; equal seeds make equal films.
pub(crate) fn say(chance: &mut Chance) -> String {
    let (mut said, mut capital) = (String::new(), false);
    let mut signs = one(chance, SENTENCES).chars();
    while let Some(sign) = signs.next() {
        match sign {
            '~' => capital = true,
            '%' => {
                let word = one(chance, kind(signs.next().expect("a kind")));
                let word =
                    if word == "I" || !capital { word.to_owned() } else { capitalised(word) };
                said.push_str(&word);
                capital = false;
            }
            other => said.push(other),
        }
    }
    said
}

/// So many lines.
pub(crate) fn lines(count: usize, seed: u64) -> Vec<String> {
    let mut chance = Chance(seed);
    std::iter::repeat_with(|| say(&mut chance)).take(count).collect()
}

/// The right translation: word for word, what is between words as it is.
pub(crate) fn translate(text: &str) -> String {
    by_words(text, |word| {
        let lower = word.to_lowercase();
        let found = WORDS
            .iter()
            .find(|(source, _)| *source == lower)
            .map(|(_, target)| (*target).to_owned());
        let target = found.unwrap_or_else(|| spelt(&lower, LETTERS));
        if word.starts_with(char::is_uppercase) { capitalised(&target) } else { target }
    })
}

/// In a script nobody asked for.
pub(crate) fn in_greek(text: &str) -> String {
    by_words(text, |word| spelt(&word.to_lowercase(), "αβξδεφγχιϊκλμνοπψρστυϋωζύη"))
}

/// In a language nobody asked for, which is not that of the source.
pub(crate) fn in_nonsense(text: &str) -> String {
    by_words(text, |word| spelt(&word.to_lowercase(), "evrtobnmakplcszuxfdwigyqjh"))
}

fn by_words(text: &str, render: impl Fn(&str) -> String) -> String {
    let (mut out, mut word) = (String::new(), String::new());
    for sign in text.chars().chain(['\n']) {
        if sign.is_alphabetic() {
            word.push(sign);
            continue;
        }
        if !word.is_empty() {
            out.push_str(&render(&word));
            word.clear();
        }
        out.push(sign);
    }
    out.pop();
    out
}

/// Letter by letter.
fn spelt(word: &str, letters: &str) -> String {
    let letter = |sign: char| match sign {
        'a'..='z' => letters.chars().nth(sign as usize - 'a' as usize).unwrap_or(sign),
        other => other,
    };
    word.chars().map(letter).collect()
}

fn capitalised(word: &str) -> String {
    let mut signs = word.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

fn kind(letter: char) -> &'static [&'static str] {
    match letter {
        'n' => NOUNS,
        'v' => VERBS,
        'a' => ADJECTIVES,
        'd' => ADVERBS,
        'p' => PLACES,
        'm' => NAMES,
        'w' => WHO,
        other => panic!("there is no kind of word `{other}`"),
    }
}

fn one(chance: &mut Chance, of: &[&'static str]) -> &'static str {
    of[chance.between(0, of.len() as u64 - 1) as usize]
}
