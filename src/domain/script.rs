//! Chinese in the script that was asked for.

use super::lang::Lang;
use super::transcript::{Transcript, Utterance};
use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Loading a dictionary takes a while, so each is loaded once, when it is first needed. They are part of the program:
/// one that cannot be loaded leaves the text as it is.
type Converter = LazyLock<Option<OpenCC>>;
static TO_SIMPLIFIED: Converter = LazyLock::new(|| OpenCC::from_config(BuiltinConfig::T2s).ok());
static TO_TRADITIONAL: Converter = LazyLock::new(|| OpenCC::from_config(BuiltinConfig::S2t).ok());
static TO_TAIWAN: Converter = LazyLock::new(|| OpenCC::from_config(BuiltinConfig::S2tw).ok());
static TO_HONG_KONG: Converter = LazyLock::new(|| OpenCC::from_config(BuiltinConfig::S2hk).ok());

/// Chinese text in the script of `lang` (`zh-Hans`, `zh-Hant`, `zh-TW`, `zh-HK`...); characters change, words do not.
/// Unchanged where `lang` asks for no script (`zh`) or is not Chinese.
pub fn to_script(text: &str, lang: &Lang) -> String {
    match converter(lang) {
        Some(converter) => converter.convert(text),
        None => text.to_owned(),
    }
}

/// Puts what was heard in Chinese into the script of `lang`; what was heard in other languages stays.
pub fn convert_transcript(transcript: &mut Transcript, lang: &Lang) {
    let Some(converter) = converter(lang) else { return };
    let in_chinese = |it: &&mut Utterance| matches!(it.language.as_str(), "zh" | "yue");
    for utterance in transcript.utterances.iter_mut().filter(in_chinese) {
        convert_utterance(utterance, converter);
    }
}

/// How many different characters of a text only simplified and only traditional Chinese writes. Each counts once, so
/// that a name in every line does not decide; most characters are the same in both and count for neither.
pub(super) fn telling_characters(text: &str) -> (usize, usize) {
    let different: BTreeSet<char> = text.chars().filter(|it| !it.is_ascii()).collect();
    let changed_by = |converter: &Converter| {
        let Some(converter) = converter.as_ref() else { return 0 };
        let changes = |it: &&char| {
            let alone = it.to_string();
            converter.convert(&alone) != alone
        };
        different.iter().filter(changes).count()
    };
    (changed_by(&TO_TRADITIONAL), changed_by(&TO_SIMPLIFIED))
}

fn converter(lang: &Lang) -> Option<&'static OpenCC> {
    if !matches!(lang.primary(), "zh" | "yue") {
        return None;
    }
    let converter = match (lang.script()?, lang.region()) {
        ("Hans", _) => &TO_SIMPLIFIED,
        ("Hant", Some("TW")) => &TO_TAIWAN,
        ("Hant", Some("HK" | "MO")) => &TO_HONG_KONG,
        ("Hant", _) => &TO_TRADITIONAL,
        _ => return None,
    };
    converter.as_ref()
}

/// What a character becomes depends on its phrase (发 is 發 or 髮), and a phrase may run over several words: the whole
/// is converted, and the characters go back to their words. A conversion that changes their number is done by word.
fn convert_utterance(utterance: &mut Utterance, converter: &OpenCC) {
    let mut whole = String::new();
    for word in &utterance.words {
        if word.space_before {
            whole.push(' ');
        }
        whole.push_str(&word.text);
    }
    let converted = converter.convert(&whole);
    if converted.chars().count() != whole.chars().count() {
        for word in &mut utterance.words {
            word.text = converter.convert(&word.text);
        }
        return;
    }
    let mut characters = converted.chars();
    for word in &mut utterance.words {
        if word.space_before {
            characters.next();
        }
        let length = word.text.chars().count();
        word.text = characters.by_ref().take(length).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;
    use crate::domain::transcript::Word;

    #[test]
    fn text_in_each_script() {
        let table = [
            ("zh-Hans", "頭髮發現後來", "头发发现后来"),
            ("zh-CN", "這裡是臺灣的軟體", "这里是台湾的软体"),
            ("zh-Hans", "已经是简体", "已经是简体"),
            ("zh-Hant", "头发发现后来皇后", "頭髮發現後來皇后"),
            ("zh-TW", "这里面的软件", "這裡面的軟件"),
            ("zh-HK", "这里面的软件", "這裏面的軟件"),
            ("zh-Hant", "已經是繁體", "已經是繁體"),
            ("yue-Hant", "头发", "頭髮"),
            ("zh", "头发頭髮", "头发頭髮"),
            ("ja", "国会図書館、頭髪", "国会図書館、頭髪"),
            ("en", "Hello, 头发", "Hello, 头发"),
            ("zh-Hant", "", ""),
        ];
        for (tag, text, wanted) in table {
            assert_eq!(to_script(text, &Lang::parse(tag).unwrap()), wanted, "{tag}");
        }
    }

    #[test]
    fn characters_that_tell_the_script_are_counted_once() {
        let table = [
            ("头发头发，发现", (3, 0)),
            ("頭髮頭髮，發現", (0, 4)),
            ("你好，再来一次", (1, 0)),
            ("你好，天下太平", (0, 0)),
            ("Hello 123", (0, 0)),
            ("", (0, 0)),
        ];
        for (text, wanted) in table {
            assert_eq!(telling_characters(text), wanted, "{text}");
        }
    }

    fn heard(language: &str, words: &str) -> Utterance {
        let word = |text: &str| Word {
            span: Span::new(0, 100),
            text: text.trim_start_matches('_').to_owned(),
            space_before: text.starts_with('_'),
            p: 1.0,
        };
        Utterance {
            words: words.split(' ').map(word).collect(),
            language: language.to_owned(),
            window: 0,
        }
    }

    #[test]
    fn a_phrase_over_several_words_is_converted_as_a_phrase() {
        let mut transcript = Transcript {
            utterances: vec![
                heard("zh", "头 发 ，发 现 了 _DNA _的 理 发 店。"),
                heard("ja", "国 会"),
                heard("yue", "头 发"),
            ],
            ..Transcript::default()
        };
        let mut kept = transcript.clone();
        convert_transcript(&mut transcript, &Lang::parse("zh-Hant").unwrap());
        let wanted = [
            heard("zh", "頭 髮 ，發 現 了 _DNA _的 理 髮 店。"),
            heard("ja", "国 会"),
            heard("yue", "頭 髮"),
        ];
        assert_eq!(transcript.utterances, wanted);
        convert_transcript(&mut transcript, &Lang::parse("zh-Hans").unwrap());
        assert_eq!(transcript, kept);
        convert_transcript(&mut kept, &Lang::parse("zh").unwrap());
        assert_eq!(transcript, kept);
    }
}
