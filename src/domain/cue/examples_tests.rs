//! Examples that a subtitle editor would accept, in ten languages.

use super::*;
use crate::domain::transcript::Utterance;

/// Cues of a text spoken at an even `ms_per_char`; `|` is a pause of 600 ms, `||` of 1.5 s. Text of scripts without
/// spaces is cut into words of two characters, as the recogniser does. One cue a line, ` / ` between its lines.
fn shown(tag: &str, ms_per_char: i64, text: &str) -> Vec<String> {
    let lang = Lang::parse(tag).expect("a language");
    let mut words = Vec::new();
    let mut now = 1000;
    for (at, word) in text.split(' ').enumerate() {
        let mut space_before = at > 0;
        match word {
            "|" => now += 600,
            "||" => now += 1500,
            _ => {
                let chars: Vec<char> = word.chars().collect();
                let size = if lang.has_spaces() { chars.len() } else { 2 };
                for part in chars.chunks(size.max(1)) {
                    let until = now + ms_per_char * part.len() as i64;
                    let text = part.iter().collect();
                    words.push(Word { span: Span::new(now, until), text, space_before, p: 0.9 });
                    space_before = false;
                    now = until;
                }
            }
        }
    }
    let utterance = Utterance { words, language: tag.into(), window: 0 };
    let transcript = Transcript { utterances: vec![utterance], ..Transcript::default() };
    let cues = build(&transcript, &lang, &CueLimits::default(), None);
    cues.into_iter().map(|it| it.lines.join(" / ")).collect()
}

/// Language, milliseconds a character, what is said, and the cues.
#[rustfmt::skip]
const EXAMPLES: &[(&str, i64, &str, &[&str])] = &[
    ("en", 65,
     "And so, my fellow Americans, | ask not what your country can do for you, | ask what you can do for \
      your country.", &[
         "And so, my fellow Americans,",
         "ask not what your country can do for you,",
         "ask what you can do for your country.",
     ]),
    ("en", 65,
     "Mr. Smith went to the U.S. Army base at 3.5 miles from the river, because he wanted to see the \
      general before the sun went down. He did not find him. || Why? Nobody knows.", &[
         "Mr. Smith went to the U.S. Army base / at 3.5 miles from the river,",
         "because he wanted to see the general / before the sun went down.",
         "He did not find him.",
         "Why? Nobody knows.",
     ]),
    ("en", 60,
     "I think that we should really go home now before the rain starts and the roads are closed again \
      like last year when we had to stay in the hotel for three days", &[
         "I think that we should really go home now / before the rain starts and the roads",
         "are closed again like last year when / we had to stay in the hotel for three days",
     ]),
    ("de", 65,
     "Am 3. Oktober fahren wir mit dem Zug nach Berlin, weil meine Schwester dort eine neue Wohnung \
      gefunden hat. Das wird bestimmt ein schönes Wochenende.", &[
         "Am 3. Oktober fahren / wir mit dem Zug nach Berlin,",
         "weil meine Schwester dort / eine neue Wohnung gefunden hat.",
         "Das wird bestimmt ein schönes Wochenende.",
     ]),
    ("es", 60,
     "¿Qué quieres que te diga? No tengo ni idea de lo que pasó anoche en la casa de mi hermano, pero \
      mañana voy a preguntárselo.", &[
         "¿Qué quieres que te diga?",
         "No tengo ni idea de lo que pasó anoche / en la casa de mi hermano,",
         "pero mañana voy a preguntárselo.",
     ]),
    ("fr", 60,
     "Vous savez bien que je n'ai jamais voulu vous faire de mal ! Mais il faut que vous compreniez que \
      la situation est devenue très difficile pour nous.", &[
         "Vous savez bien que je n'ai jamais / voulu vous faire de mal !",
         "Mais il faut que vous compreniez",
         "que la situation est devenue / très difficile pour nous.",
     ]),
    ("ru", 65,
     "Я не знаю, что тебе сказать, потому что мы никогда раньше не говорили об этом. Давай поговорим \
      завтра утром, когда все успокоятся.", &[
         "Я не знаю, что тебе сказать, потому что мы / никогда раньше не говорили об этом.",
         "Давай поговорим завтра утром, / когда все успокоятся.",
     ]),
    ("zh", 220,
     "今天天气很好，我们一起去公园散步吧。因为明天可能会下雨，所以我想今天就把所有的事情都做完。你觉得怎么样？", &[
         "今天天气很好，我们一起去公园散步吧。",
         "因为明天可能会下雨， / 所以我想今天就把所有的事情都做完。",
         "你觉得怎么样？",
     ]),
    ("zh", 220,
     "大家好欢迎收看今天的节目 | 我们将为大家介绍中国的传统文化和历史", &[
         "大家好欢迎收看今天的节目",
         "我们将为大家介绍中国的传统文化和历史",
     ]),
    ("ja", 150,
     "今日はとても天気がいいですね。東京タワーの近くにある新しいレストランで友達と一緒に昼ご飯を食べました。とても美味しかった\
      です。", &[
         "今日はとても天気がいいですね。",
         "東京タワーの近くにある / 新しいレストランで友達と",
         "一緒に昼ご飯を食べました。",
         "とても美味しかったです。",
     ]),
    ("th", 75,
     "สวัสดีครับวันนี้เราจะไปเที่ยวตลาดน้ำกับเพื่อนของเราและซื้อขอ\
      งฝากให้ครอบครัวที่บ้าน | ขอบคุณมากครับ", &[
         "สวัสดีครับวันนี้เราจะไปเที่ยวตลาดน้ำกับเพื่อนของเรา / และซื้อของฝากให้ครอบครัวที่บ้าน",
         "ขอบคุณมากครับ",
     ]),
    ("ar", 75,
     "مرحبا بكم في هذا البرنامج الجديد، سوف نتحدث اليوم عن تاريخ المدينة القديمة. هل أنتم مستعدون؟ نعم، \
      نحن مستعدون.", &[
         "مرحبا بكم في هذا البرنامج الجديد، / سوف نتحدث اليوم عن تاريخ المدينة القديمة.",
         "هل أنتم مستعدون؟ نعم، نحن مستعدون.",
     ]),
    ("he", 75,
     "שלום לכולם, היום נדבר על ההיסטוריה של העיר העתיקה ועל האנשים שחיו בה. האם אתם מוכנים? כן, אנחנו \
      מוכנים.", &[
         "שלום לכולם, היום נדבר על ההיסטוריה / של העיר העתיקה ועל האנשים שחיו בה.",
         "האם אתם מוכנים? כן, אנחנו מוכנים.",
     ]),
];

#[test]
fn they_read_well() {
    for (tag, ms_per_char, text, expected) in EXAMPLES {
        assert_eq!(shown(tag, *ms_per_char, text), *expected, "{text}");
    }
}
