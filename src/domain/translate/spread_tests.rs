//! Translations over cues and on lines.

use super::super::super::time::{Ms, Span};
use super::*;
use proptest::prelude::*;
use proptest::sample::select;
use unicode_width::UnicodeWidthStr;

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

/// Cues with these lengths and texts.
fn cues(rows: &[(i64, &str)]) -> Vec<SourceCue> {
    let mut at = 0;
    let cue = |(length, text): &(i64, &str)| {
        at += length;
        SourceCue { span: Span::new(at - length, at), text: (*text).to_owned() }
    };
    rows.iter().map(cue).collect()
}

#[test]
fn parts_follow_times_texts_and_punctuation() {
    type Row<'a> = (&'a str, &'a str, &'a [(i64, &'a str)], Option<&'a [&'a str]>);
    let rows: [Row<'_>; 15] = [
        (
            "de",
            "Wenn wir ankommen, ist Maria schon weg.",
            &[(2000, "When we get there,"), (2000, "Mary will be gone.")],
            Some(&["Wenn wir ankommen,", "ist Maria schon weg."]),
        ),
        (
            "de",
            "Eins zwei drei vier fünf sechs sieben acht",
            &[(1000, "one two"), (3000, "three four five six seven eight")],
            Some(&["Eins zwei", "drei vier fünf sechs sieben acht"]),
        ),
        ("en", "in a big red house", &[(1000, "a"), (1000, "b")], Some(&["in a big", "red house"])),
        ("en", "Yes", &[(1000, "a"), (1000, "b")], None),
        ("en", "Yes — !", &[(1000, "a"), (1000, "b")], None),
        ("en", "", &[(1000, "a")], None),
        ("en", "Yes", &[], None),
        ("en", "All of it.", &[(1000, "alles")], Some(&["All of it."])),
        ("en", "one two three", &[(0, ""), (0, ""), (0, "")], Some(&["one", "two", "three"])),
        (
            "zh",
            "我们明天早上，在车站见面。",
            &[(2000, "Tomorrow morning"), (2000, "we meet at the station.")],
            Some(&["我们明天早上，", "在车站见面。"]),
        ),
        ("zh", "你好", &[(1000, "he"), (1000, "llo")], Some(&["你", "好"])),
        ("ja", "駅", &[(1000, "a"), (1000, "b")], None),
        (
            "th",
            "พรุ่งนี้เราจะไปที่สถานีรถไฟ",
            &[(1000, "Tomorrow we go"), (1000, "to the station")],
            Some(&["พรุ่งนี้เราจะไป", "ที่สถานีรถไฟ"]),
        ),
        (
            "he",
            "כשנגיע לשם, מרי כבר תלך.",
            &[(2000, "When we get there,"), (2000, "Mary will be gone.")],
            Some(&["כשנגיע לשם,", "מרי כבר תלך."]),
        ),
        (
            "ko",
            "우리가 도착하면 마리는 없을 거야.",
            &[(2000, "When we get there,"), (2000, "Mary will be gone.")],
            Some(&["우리가 도착하면", "마리는 없을 거야."]),
        ),
    ];
    for (tag, text, over, wanted) in rows {
        let found = spread(text, &cues(over), &lang(tag));
        let wanted = wanted.map(|it| it.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert_eq!(found, wanted, "{tag} {text}");
    }
}

#[test]
fn lines_are_few_balanced_and_of_one_speaker() {
    let rows: [(&str, &str, &[&str]); 12] = [
        ("en", "", &[]),
        ("en", "Short.", &["Short."]),
        ("en", "- Who is there? - It is me.", &["- Who is there?", "- It is me."]),
        (
            "en",
            "This sentence is far too long for one line of text, so it is broken.",
            &["This sentence is far too long", "for one line of text, so it is broken."],
        ),
        (
            "en",
            "- This is what somebody says who has to say very much indeed. - No.",
            &["- This is what somebody says", "who has to say very much indeed.", "- No."],
        ),
        ("zh", "我们明天早上在车站见面吧。", &["我们明天早上在车站见面吧。"]),
        (
            "zh",
            "我们明天早上在车站见面，然后一起去公园散步吧。",
            &["我们明天早上在车站见面，", "然后一起去公园散步吧。"],
        ),
        ("zh", "- 你好。 - 再见。", &["- 你好。", "- 再见。"]),
        (
            "th",
            "พรุ่งนี้เราจะไปที่สถานีรถไฟด้วยกันแล้วก็จะไปกินข้าวที่ร้านใหม่",
            &["พรุ่งนี้เราจะไปที่สถานีรถไฟ", "ด้วยกันแล้วก็จะไปกินข้าวที่ร้านใหม่"],
        ),
        ("he", "- כן. - לא.", &["- כן.", "- לא."]),
        (
            "ar",
            "سنذهب غدا إلى المحطة، ثم نعود إلى البيت قبل المساء.",
            &["سنذهب غدا إلى المحطة،", "ثم نعود إلى البيت قبل المساء."],
        ),
        (
            "en",
            "Supercalifragilisticexpialidociousandmoreofit",
            &["Supercalifragilisticexpialidociousandmoreo", "fit"],
        ),
    ];
    for (tag, text, wanted) in rows {
        assert_eq!(wrap(text, &lang(tag), &CueLimits::default()), wanted, "{tag} {text}");
    }
}

#[test]
fn a_text_too_long_for_its_lines_gets_more_of_them() {
    let text = "word ".repeat(60);
    let lines = wrap(&text, &lang("en"), &CueLimits::default());
    assert_eq!(lines.len(), 8);
    assert!(lines.iter().all(|it| it.width() <= 42));
}

/// A long text costs time in proportion to its length.
#[test]
fn an_endless_answer_is_laid_out_in_one_pass() {
    for text in ["word ".repeat(4000), "字".repeat(4000), "- a. ".repeat(2000), "x".repeat(10_000)]
    {
        let lang = lang("zh");
        assert!(!wrap(&text, &lang, &CueLimits::default()).is_empty());
        assert!(spread(&text, &cues(&[(1000, "a"), (1000, "b"), (1000, "c")]), &lang).is_some());
    }
}

const WORDS: &[&str] = &[
    "the",
    "house",
    "and",
    "Mr.",
    "home.",
    "well,",
    "-",
    "- Yes.",
    "—",
    "...",
    "дом.",
    "שלום",
    "مرحبا،",
    "今天天气",
    "很好。",
    "「東京",
    "は",
    "สวัสดีครับ",
    "한국어",
    "\"",
    "1984",
    "👨‍👩‍👧‍👦",
    "e\u{301}",
    "\u{301}",
    "!",
    "\u{a0}",
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::collection::vec(select(WORDS), 0..25).prop_map(|it| it.join(" ")),
        4 => prop::collection::vec(select(WORDS), 0..25).prop_map(|it| it.concat()),
        1 => any::<String>(),
    ]
}

fn any_cues() -> impl Strategy<Value = Vec<SourceCue>> {
    let time = prop_oneof![8 => -10..5000_i64, 1 => any::<i64>()];
    let cue = (time.clone(), time, any_text()).prop_map(|(start, end, text)| SourceCue {
        span: Span { start: Ms(start), end: Ms(end) },
        text,
    });
    prop::collection::vec(cue, 0..6)
}

fn any_lang() -> impl Strategy<Value = Lang> {
    select(vec!["en", "de", "ru", "zh", "ja", "th", "ar", "he", "ko"]).prop_map(lang)
}

fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

proptest! {
    #[test]
    fn parts_are_the_text(text in any_text(), cues in any_cues(), lang in any_lang()) {
        match spread(&text, &cues, &lang) {
            Some(parts) => {
                prop_assert_eq!(parts.len(), cues.len());
                prop_assert!(parts.iter().all(|it| has_words(it) && it.trim() == it), "{:?}", parts);
                prop_assert_eq!(bare(&parts.concat()), bare(&text));
            }
            None => {
                let words = text.split_whitespace().filter(|it| has_words(it)).count();
                prop_assert!(cues.is_empty() || words < cues.len(), "there are words enough");
            }
        }
    }

    #[test]
    fn wrapped_it_is_the_same_text(
        text in any_text(),
        lang in any_lang(),
        chars in 1..60_u16,
        lines in 0..5_u8,
    ) {
        let limits = CueLimits { chars_per_line: chars, chars_per_line_wide: chars / 2, lines, ..CueLimits::default() };
        let columns = columns_max(&lang, &limits);
        let wrapped = wrap(&text, &lang, &limits);
        prop_assert_eq!(bare(&wrapped.concat()), bare(&text));
        for line in &wrapped {
            prop_assert!(!line.is_empty() && line.trim() == line);
            let single = unicode_segmentation::UnicodeSegmentation::graphemes(line.as_str(), true).count() == 1;
            prop_assert!(line.width() <= columns || single, "{:?}", line);
        }
    }
}
