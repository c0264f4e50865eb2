//! The language of texts as subtitles have them; the sentences were written for these tests.

use super::super::existing::{Examined, Existing, Origin};
use super::super::subtitle::Format;
use super::super::time::Ms;
use super::*;
use proptest::prelude::*;
use texts::{CLOSE_TEXTS, TEXTS};

#[path = "textlang_texts.rs"]
mod texts;

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

fn text(of: &str) -> &'static str {
    TEXTS.iter().chain(CLOSE_TEXTS).find(|it| it.0 == of).unwrap().1
}

fn found(text: &str, tag: Option<&str>) -> (String, bool) {
    let it = of_text(text, tag.map(lang).as_ref()).unwrap();
    (it.lang.tag().to_owned(), it.sure)
}

/// What an existing subtitle's tag is called out for.
fn lie(text: &str, tag: &str) -> Option<String> {
    let examined = Examined {
        format: Format::Srt,
        encoding: "UTF-8".to_owned(),
        cues: 1,
        shown: Ms(0),
        first: Ms(0),
        last: Ms(0),
        too_fast_percent: 0,
        lang: of_text(text, Some(&lang(tag))),
        digest: [0; 32],
    };
    let existing = Existing {
        origin: Origin::Embedded(2),
        codec: "subrip".to_owned(),
        text: true,
        tag: Some(lang(tag)),
        title: None,
        forced: false,
        hearing_impaired: false,
        examined: Some(examined),
        trouble: None,
    };
    existing.lie().map(|it| it.tag().to_owned())
}

#[test]
fn texts_tell_their_language() {
    for (wanted, text) in TEXTS {
        assert_eq!(found(text, None), ((*wanted).to_owned(), true), "{wanted}");
        assert_eq!(
            found(&text.to_uppercase(), None),
            ((*wanted).to_owned(), true),
            "{wanted} loud"
        );
    }
    // Without a tag it is not known which of the close ones it is.
    for (wanted, text) in CLOSE_TEXTS {
        assert_eq!(found(text, None), ((*wanted).to_owned(), false), "{wanted}");
    }
}

#[test]
fn a_wrong_tag_is_a_lie_and_a_right_one_is_none() {
    for (wanted, text) in TEXTS.iter().chain(CLOSE_TEXTS) {
        assert_eq!(lie(text, wanted), None, "{wanted}");
        for tag in ["en", "es", "ru", "ja", "hu"].iter().filter(|it| !wanted.starts_with(*it)) {
            assert_eq!(lie(text, tag).as_deref(), Some(*wanted), "{tag} for {wanted}");
        }
    }
}

#[test]
fn a_tag_that_says_more_stays() {
    let table = [
        ("pt", "pt-BR", "pt-BR"),
        ("pt", "pt-PT", "pt-PT"),
        ("en", "en-GB", "en-GB"),
        ("zh-Hans", "zh", "zh-Hans"),
        ("zh-Hans", "zh-CN", "zh-CN"),
        ("zh-Hans", "zh-SG", "zh-SG"),
        ("zh-Hant", "zh", "zh-Hant"),
        ("zh-Hant", "zh-TW", "zh-TW"),
        ("zh-Hant", "zh-HK", "zh-HK"),
        ("zh-Hant", "zh-Hant-HK", "zh-Hant-HK"),
        ("zh-Hant", "yue", "yue-Hant"),
        ("yue-Hant", "yue", "yue-Hant"),
        ("yue-Hant", "zh-HK", "zh-HK"),
        ("sr-Cyrl", "sr", "sr-Cyrl"),
        ("sr-Cyrl", "sr-RS", "sr-Cyrl-RS"),
        ("hr", "hr", "hr"),
        ("hr", "bs", "bs"),
        ("hr", "sr", "sr-Latn"),
        ("hr", "sr-Latn-ME", "sr-Latn-ME"),
        ("no", "nb", "nb"),
        ("no", "nn", "nn"),
        ("no", "da", "da"),
        ("da", "no", "no"),
        ("id", "ms", "ms"),
    ];
    for (of, tag, wanted) in table {
        assert_eq!(found(text(of), Some(tag)), (wanted.to_owned(), true), "{tag} on {of}");
        assert_eq!(lie(text(of), tag), None, "{tag} on {of}");
    }
}

#[test]
fn the_other_script_is_a_lie() {
    let table = [
        ("zh-Hans", "zh-TW", "zh-Hans"),
        ("zh-Hans", "zh-Hant", "zh-Hans"),
        ("zh-Hant", "zh-CN", "zh-Hant"),
        ("zh-Hant", "zh-Hans-HK", "zh-Hant"),
        ("sr-Cyrl", "sr-Latn", "sr-Cyrl"),
        ("sr-Cyrl", "hr", "sr-Cyrl"),
        ("hr", "sr-Cyrl", "sr-Latn"),
        ("cs", "sk", "cs"),
        ("sk", "cs", "sk"),
        ("uk", "ru", "uk"),
        ("ru", "uk", "ru"),
        ("sv", "no", "sv"),
        ("no", "sv", "no"),
        ("es", "pt", "es"),
        ("ca", "es", "ca"),
        ("fa", "ar", "fa"),
        ("ja", "zh", "ja"),
        ("zh-Hant", "ja", "zh-Hant"),
    ];
    for (of, tag, wanted) in table {
        assert_eq!(lie(text(of), tag).as_deref(), Some(wanted), "{tag} on {of}");
    }
}

#[test]
fn a_language_the_trigrams_do_not_know_is_believed() {
    let kazakh = "Сен түні бойы қайда болдың? Мен сен үшін қатты уайымдадым.
        Пойыз кешігіп келді, ал телефонымның қуаты бітіп қалды.
        Біреуден телефон сұрап алуға болар еді ғой.
        Түнгі сағат екіде ме? Перронда ешкім болған жоқ.
        Отыр, мен саған тамақ дайындап беремін.
        Рақмет. Мені ұзақ күткенің үшін кешір.";
    let icelandic = "Hvar hefur þú verið í alla nótt? Ég hafði svo miklar áhyggjur.
        Lestin var of sein og síminn minn var rafmagnslaus.
        Þú hefðir getað beðið einhvern um að lána þér síma.
        Klukkan tvö um nótt? Það var enginn á brautarpallinum.";
    assert_eq!(found(kazakh, Some("kk")), ("kk".to_owned(), false));
    assert_eq!(of_text(kazakh, None), None);
    assert_eq!(of_text(kazakh, Some(&lang("en"))), None);
    assert_eq!(found(icelandic, Some("is")), ("is".to_owned(), false));
    assert_eq!(found(text("hi"), Some("mai")), ("mai".to_owned(), false));
    assert_eq!(lie(text("en"), "kk"), Some("en".to_owned()), "Kazakh is Cyrillic");
}

#[test]
fn short_texts_are_not_sure() {
    let table = [
        ("Where have you been?\nI was late.", "en"),
        ("你好，我们明天见。", "zh-Hans"),
        ("你好，天下太平。", "zh"),
        ("ありがとう", "ja"),
        ("감사합니다", "ko"),
        ("Объясни ещё раз, это сложно.", "ru"),
    ];
    for (text, wanted) in table {
        let (found, sure) = found(text, Some(wanted));
        assert!(lang(&found).same_language(&lang(wanted)) && !sure, "{text}: {found}");
        assert_eq!(lie(text, "hu"), None);
    }
    for nothing in ["", "\n\n", "... 12 -- ♪", "1234"] {
        assert_eq!(of_text(nothing, Some(&lang("en"))), None, "{nothing:?}");
    }
}

#[test]
fn chinese_that_is_the_same_in_both_scripts_has_none() {
    let text = "天上有太阳。\n你在哪里？\n他和我一起去公园。\n今天天气很好。\n明天再来吧，我等你。\n山水之美。\n人生如此。";
    let same: String = text.chars().filter(|it| telling(*it) == 0).collect();
    assert!(same.chars().count() > 30);
    assert_eq!(found(&same, None), ("zh".to_owned(), true));
    assert_eq!(found(&same, Some("zh-TW")), ("zh-TW".to_owned(), true));
    let both = format!("{}\n{}", self::text("zh-Hans"), self::text("zh-Hant"));
    assert_eq!(found(&both, Some("zh-Hant")), ("zh-Hant".to_owned(), true));
    assert_eq!(found(&both, None), ("zh".to_owned(), true));
}

fn telling(it: char) -> usize {
    let (hans, hant) = script::telling_characters(&it.to_string());
    hans + hant
}

/// One line of each in turn, as in a cue with two languages.
fn in_turn(a: &str, b: &str) -> String {
    text(a).lines().zip(text(b).lines()).map(|(a, b)| format!("{a}\n{b}\n")).collect()
}

#[test]
fn two_languages_in_a_cue_count_as_the_one_it_is_made_for() {
    let table = [
        ("zh-Hans", "en", "zh-Hans"),
        ("en", "zh-Hant", "zh-Hant"),
        ("zh-Hans", "ja", "zh-Hans"),
        ("ja", "zh-Hant", "zh-Hant"),
        ("ko", "zh-Hans", "zh-Hans"),
        ("ar", "en", "ar"),
        ("fr", "ru", "ru"),
        ("ja", "en", "ja"),
    ];
    for (a, b, wanted) in table {
        assert_eq!(found(&in_turn(a, b), None), (wanted.to_owned(), true), "{a} and {b}");
    }
    let mut look = look(&in_turn("zh-Hans", "en"), None).unwrap();
    assert!(
        look.is_read("火车晚点了") && !look.is_read("The train was late") && look.is_read("...")
    );
    look.apart = None;
    assert!(look.is_read("The train was late"));
}

#[test]
fn a_few_lines_in_another_language_change_nothing() {
    let english: Vec<&str> = text("en").lines().take(2).collect();
    for of in ["zh-Hans", "ja", "ru", "de"] {
        let mixed = format!("{}\n{}", text(of), english.join("\n"));
        assert_eq!(found(&mixed, None).0, of);
    }
    // What is written picture by picture counts once.
    let sign = "Kinora presents a film\n".repeat(1000);
    assert_eq!(found(&format!("{sign}{}", text("zh-Hans")), None), ("zh-Hans".to_owned(), true));
}

#[test]
fn a_long_text_is_sampled_from_all_of_it() {
    let (german, english) = (text("de"), text("en"));
    let numbered = |text: &str, times: usize| -> String {
        (0..times).map(|it| text.replace('.', &format!(" {it}."))).collect()
    };
    let mostly = numbered(english, 60) + &numbered(german, 400);
    assert_eq!(found(&mostly, None).0, "de");
    let half = numbered(english, 200) + &numbered(german, 200);
    assert!(!found(&half, None).1, "half and half is not sure");
}

proptest! {
    #[test]
    fn any_text_is_looked_at(text in "\\PC{0,200}", tag in 0..4usize) {
        let tag = [None, Some("zh"), Some("sr-Latn"), Some("kk")][tag].map(lang);
        if let Some(it) = of_text(&text, tag.as_ref()) {
            prop_assert!(!it.sure || text.chars().filter(|it| it.is_alphabetic()).count() >= 30);
        }
    }
}
