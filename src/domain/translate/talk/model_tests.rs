//! A model for tests: it translates letter by letter, and does of it what models do.

use super::super::prompt::{Request, Shape};
use super::Reply;
use serde_json::{Map, Value, json};

const LETTERS: &str = "абвгдежзиклмнопрстуфхцчшыя";
const LATIN: &str = "abcdefghijklmnopqrstuvwxyz";
const GREEK: &str = "αβγδεζηθικλμνξοπρστυφχψωάέ";

/// What is shorter than this may become five times as long.
const SHORT_BYTES: usize = 15;

/// A grain of chance; equal seeds do the same.
#[derive(Clone, Debug)]
pub(super) struct Chance(pub(super) u64);

impl Chance {
    /// Anything from 0 below this.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as usize % end.max(1)
    }
}

/// The right translation: other letters, all else as it was; different texts have different ones.
pub(super) fn translate(text: &str) -> String {
    spelt(text, LETTERS)
}

fn spelt(text: &str, letters: &str) -> String {
    let letter = |it: char| {
        let nth =
            (it.to_ascii_lowercase() as usize).checked_sub('a' as usize).filter(|it| *it < 26);
        let other = nth.and_then(|nth| letters.chars().nth(nth)).unwrap_or(it);
        if it.is_ascii_uppercase() { other.to_uppercase().next().unwrap_or(other) } else { other }
    };
    text.chars().map(letter).collect()
}

/// What a model does of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Behave,
    DropOne,
    DropSome,
    DropTail,
    MergeInto,
    MergeIntoBoth,
    MergeAndShift,
    MergeShiftAndRepeat,
    MergeShiftAndEmpty,
    MergeShiftAndInvent,
    SplitAndShift,
    Twice,
    Reorder,
    Rotate,
    Swap,
    Prose,
    Fence,
    Think,
    Half,
    Cut,
    Greek,
    GreekLine,
    Untranslated,
    UntranslatedLine,
    Nothing,
    EmptyLine,
    Chatter,
    Quotes,
    Text,
    TextCut,
    FromZero,
    TooMany,
    FiveTimes,
    Garbage,
    List,
    Refuse,
    TooLong,
}

impl Deed {
    pub(super) const ALL: [Deed; 37] = [
        Deed::Behave,
        Deed::DropOne,
        Deed::DropSome,
        Deed::DropTail,
        Deed::MergeInto,
        Deed::MergeIntoBoth,
        Deed::MergeAndShift,
        Deed::MergeShiftAndRepeat,
        Deed::MergeShiftAndEmpty,
        Deed::MergeShiftAndInvent,
        Deed::SplitAndShift,
        Deed::Twice,
        Deed::Reorder,
        Deed::Rotate,
        Deed::Swap,
        Deed::Prose,
        Deed::Fence,
        Deed::Think,
        Deed::Half,
        Deed::Cut,
        Deed::Greek,
        Deed::GreekLine,
        Deed::Untranslated,
        Deed::UntranslatedLine,
        Deed::Nothing,
        Deed::EmptyLine,
        Deed::Chatter,
        Deed::Quotes,
        Deed::Text,
        Deed::TextCut,
        Deed::FromZero,
        Deed::TooMany,
        Deed::FiveTimes,
        Deed::Garbage,
        Deed::List,
        Deed::Refuse,
        Deed::TooLong,
    ];
}

/// What is said for a line: its number, the echo, the text.
#[derive(Clone, Debug)]
struct Item {
    number: usize,
    echo: String,
    text: String,
}

/// The sources of a request, as its text has them.
pub(super) fn sources(request: &Request) -> Vec<String> {
    let last = request.user.lines().last().unwrap();
    if request.shape == Shape::Plain {
        return vec![last.to_owned()];
    }
    let lines: Map<String, Value> = serde_json::from_str(last).unwrap();
    let numbers: Vec<usize> = lines.keys().map(|it| it.parse().unwrap()).collect();
    assert_eq!(numbers, (1..=lines.len()).collect::<Vec<_>>(), "numbers rise from one");
    lines.values().map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// What a model that does this answers.
pub(super) fn answer(request: &Request, deed: Deed, chance: &mut Chance) -> Reply {
    let sources = sources(request);
    let item = |(nth, source): (usize, &String)| Item {
        number: nth + 1,
        echo: source.split(' ').take(4).collect::<Vec<_>>().join(" "),
        text: translate(source),
    };
    let mut items: Vec<Item> = sources.iter().enumerate().map(item).collect();
    let at = chance.below(items.len());
    if deed == Deed::Refuse {
        return Reply::Refused;
    }
    if deed == Deed::TooLong {
        return Reply::TooLong;
    }
    // Two texts of a numbered answer that change places show only where their lengths or marks tell them apart, and a
    // line that is said twice is not another's.
    if deed == Deed::Swap && !matches!(request.shape, Shape::Echoed(_)) {
        items.reverse();
        items.iter_mut().zip(1..).for_each(|(it, number)| it.number = number);
    } else if at + 1 < items.len() && sources[at] != sources[at + 1] {
        merged(&mut items, deed, at);
    }
    // Half of the one text that is asked for nobody can tell from all of it.
    if !(deed == Deed::SplitAndShift && request.shape == Shape::Plain) {
        on_items(&mut items, &sources, deed, at, chance);
    }
    let mut text = match (deed, &request.shape) {
        (_, Shape::Plain) => items.first().map(|it| it.text.clone()).unwrap_or_default(),
        (Deed::Text | Deed::TextCut, Shape::Numbered(_)) => {
            let lines = items.iter().map(|it| format!("{}: {}\n", it.number, it.text));
            lines.collect()
        }
        (Deed::List, Shape::Numbered(_)) => {
            let list: Vec<Value> =
                items.iter().map(|it| json!({"id": it.number, "text": it.text})).collect();
            json!(list).to_string()
        }
        (_, shape) => object(&items, shape),
    };
    around(&mut text, deed, chance);
    let cut = matches!(deed, Deed::Cut | Deed::TextCut);
    let half = deed == Deed::Half && request.shape != Shape::Plain;
    if (cut || half) && !text.is_empty() {
        let chars = text.chars().count();
        text = text.chars().take(chance.below(chars)).collect();
    }
    Reply::Text { text, cut }
}

/// JSON by hand: a number may come twice.
fn object(items: &[Item], shape: &Shape) -> String {
    let each = |it: &Item| match shape {
        Shape::Echoed(_) => format!("\"{}\":{}", it.number, json!({"s": it.echo, "t": it.text})),
        Shape::Numbered(_) | Shape::Plain | Shape::Terms => {
            format!("\"{}\":{}", it.number, json!(it.text))
        }
    };
    format!("{{{}}}", items.iter().map(each).collect::<Vec<_>>().join(","))
}

/// Gives each item from `at` what the next one has, an echo with its text.
fn shift(items: &mut [Item], at: usize) {
    for nth in at..items.len().saturating_sub(1) {
        let next = items[nth + 1].clone();
        items[nth] = Item { number: items[nth].number, ..next };
    }
}

/// The item with the text of the next one behind its own.
fn merge(items: &mut [Item], at: usize) {
    if at + 1 < items.len() {
        items[at].text = format!("{} {}", items[at].text, items[at + 1].text);
    }
}

/// An item and the next one become one; those after them may move up.
fn merged(items: &mut Vec<Item>, deed: Deed, at: usize) {
    let last = items.len() - 1;
    let shifts = [
        Deed::MergeAndShift,
        Deed::MergeShiftAndRepeat,
        Deed::MergeShiftAndEmpty,
        Deed::MergeShiftAndInvent,
    ];
    if shifts.contains(&deed) {
        merge(items, at);
        shift(items, at + 1);
    }
    if deed == Deed::MergeAndShift {
        items.pop();
    } else if deed == Deed::MergeShiftAndEmpty {
        items[last].text.clear();
    } else if deed == Deed::MergeShiftAndInvent {
        let (echo, text) = ("After all of it.".to_owned(), translate("After all of it."));
        items[last] = Item { number: items[last].number, echo, text };
    } else if deed == Deed::MergeInto {
        merge(items, at);
        items.remove(at + 1);
    } else if deed == Deed::MergeIntoBoth {
        merge(items, at);
        items[at + 1].text = items[at].text.clone();
    }
}

fn on_items(items: &mut Vec<Item>, sources: &[String], deed: Deed, at: usize, chance: &mut Chance) {
    let count = items.len();
    let other = chance.below(count.max(1));
    if deed == Deed::DropOne {
        items.remove(at);
    } else if deed == Deed::DropSome {
        items.retain(|_| chance.below(3) > 0);
    } else if deed == Deed::DropTail {
        items.truncate(at);
    } else if deed == Deed::SplitAndShift {
        split(items, at);
    } else if deed == Deed::Twice {
        let again = Item { number: items[at].number, ..items[other].clone() };
        items.insert(chance.below(count), again);
    } else if deed == Deed::Reorder {
        (0..count).for_each(|nth| items.swap(nth, chance.below(count)));
    } else if deed == Deed::Rotate {
        let first = items[0].clone();
        shift(items, 0);
        items[count - 1] = Item { number: count, ..first };
    } else if deed == Deed::Swap {
        let (a, b) = (items[at].clone(), items[other].clone());
        items[at] = Item { number: at + 1, ..b };
        items[other] = Item { number: other + 1, ..a };
    } else if matches!(deed, Deed::Greek | Deed::Untranslated) {
        let letters = if deed == Deed::Greek { GREEK } else { LATIN };
        items.iter_mut().zip(sources).for_each(|(it, source)| it.text = spelt(source, letters));
    } else if deed == Deed::FromZero {
        items.iter_mut().for_each(|it| it.number -= 1);
    } else if deed == Deed::TooMany {
        let text = "И ещё одна.".to_owned();
        items.push(Item { number: count + 1, echo: "And".to_owned(), text });
    } else if deed == Deed::Quotes {
        items.iter_mut().for_each(|it| it.text = format!("«{}»", it.text));
    } else {
        on_line(&mut items[at], &sources[at], deed);
    }
}

fn on_line(item: &mut Item, source: &str, deed: Deed) {
    if deed == Deed::GreekLine {
        item.text = spelt(source, GREEK);
    } else if deed == Deed::UntranslatedLine {
        source.clone_into(&mut item.text);
    } else if deed == Deed::EmptyLine {
        item.text.clear();
    } else if deed == Deed::Chatter {
        item.text = format!("Here is the translation: {}", item.text);
    } else if deed == Deed::FiveTimes && source.len() > SHORT_BYTES {
        item.text = vec![item.text.clone(); 5].join(" ");
    }
}

/// One line becomes two, those after it move down, and there is one too many in the end.
fn split(items: &mut Vec<Item>, at: usize) {
    let words: Vec<&str> = items[at].text.split(' ').collect();
    let (first, second) = words.split_at(words.len() / 2);
    let (first, second) = (first.join(" "), second.join(" "));
    let half = Item { text: second, ..items[at].clone() };
    items[at].text = first;
    items.insert(at + 1, half);
    items.iter_mut().enumerate().for_each(|(nth, it)| it.number = nth + 1);
}

fn around(text: &mut String, deed: Deed, chance: &mut Chance) {
    if deed == Deed::Fence {
        *text = format!("Here you are:\n```json\n{text}\n```\nLet me know!");
    } else if deed == Deed::Think {
        *text = format!("<think>Line 1: {{\"1\":\"no\"}} ...</think>\n{text}");
    } else if deed == Deed::Prose {
        "I'm sorry, but I cannot help with that.".clone_into(text);
    } else if deed == Deed::Nothing {
        text.clear();
    } else if deed == Deed::Garbage {
        *text = (0..chance.below(300)).map(|_| char::from(chance.below(256) as u8)).collect();
    }
}
