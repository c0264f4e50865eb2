//! What looks at whole subtitle files show.

use super::*;
use encoding_rs as e;

const CPS_MAX: f32 = 25.0;

fn srt(rows: &[(i64, i64, &str)]) -> String {
    let cue = |(index, (start, end, text)): (usize, &(i64, i64, &str))| {
        let stamp = |ms: i64| format!("{}", Ms(ms)).replace('.', ",");
        let text = text.replace('|', "\n");
        format!("{}\n{} --> {}\n{text}\n\n", index + 1, stamp(*start), stamp(*end))
    };
    rows.iter().enumerate().map(cue).collect()
}

fn every_three_seconds(texts: &[&str]) -> String {
    let rows: Vec<(i64, i64, &str)> =
        texts.iter().zip(0..).map(|(text, at)| (at * 3000, at * 3000 + 2000, *text)).collect();
    srt(&rows)
}

fn look(bytes: &[u8], tag: Option<&str>) -> Examined {
    let tag = tag.map(|it| Lang::parse(it).unwrap());
    examine(bytes, Some(Format::Srt), tag.as_ref(), CPS_MAX).unwrap()
}

fn lang(it: &Examined) -> String {
    let lang = it.lang.as_ref().unwrap();
    format!("{}{}", lang.lang, if lang.sure { "" } else { "?" })
}

const HANS: [&str; 4] = [
    "你整个晚上都去哪儿了？我很担心。",
    "火车晚点了，我的手机也没电了。",
    "你可以向别人借一个电话。",
    "谢谢。对不起，让你等了这么久。",
];
const HANT: [&str; 4] = [
    "你整個晚上都去哪兒了？我很擔心。",
    "火車誤點了，我的手機也沒電了。",
    "你可以向別人借一個電話。",
    "謝謝。對不起，讓你等了這麼久。",
];

#[test]
fn files_of_every_encoding() {
    let utf16 = |text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    };
    let (hans, hant) = (every_three_seconds(&HANS), every_three_seconds(&HANT));
    let table: [(Vec<u8>, &str, &str); 8] = [
        (hans.clone().into_bytes(), "UTF-8", "zh-Hans"),
        ([b"\xEF\xBB\xBF", hans.as_bytes()].concat(), "UTF-8", "zh-Hans"),
        (e::GBK.encode(&hans).0.into_owned(), "GBK", "zh-Hans"),
        (e::BIG5.encode(&hant).0.into_owned(), "Big5", "zh-Hant"),
        (utf16(&hans, u16::to_le_bytes), "UTF-16LE", "zh-Hans"),
        (utf16(&hant, u16::to_be_bytes), "UTF-16BE", "zh-Hant"),
        ([vec![0xFF, 0xFE], utf16(&hant, u16::to_le_bytes)].concat(), "UTF-16LE", "zh-Hant"),
        ([vec![0xFE, 0xFF], utf16(&hans, u16::to_be_bytes)].concat(), "UTF-16BE", "zh-Hans"),
    ];
    for (bytes, encoding, wanted) in table {
        for tag in [None, Some("zh"), Some("en")] {
            let it = look(&bytes, tag);
            assert_eq!((it.encoding.as_str(), lang(&it).as_str(), it.cues), (encoding, wanted, 4));
            assert_eq!((it.first, it.last, it.shown), (Ms(0), Ms(11_000), Ms(8000)));
            assert_eq!(it.digest, *blake3::hash(&bytes).as_bytes());
        }
    }
    // Lithuanian and Polish share bytes: the tag settles it.
    let text = every_three_seconds(&["Susitikime rytoj ryte stotyje, nevėluok, ačiū už žinią."; 6]);
    let bytes = e::WINDOWS_1257.encode(&text).0;
    assert_eq!(look(&bytes, Some("lt")).encoding, "windows-1257");
}

#[test]
fn times_and_speeds() {
    let text = srt(&[
        (5000, 7000, "The last one comes first in this file."),
        (1000, 3000, "This line can be read."),
        (2000, 4000, "This one shows beside it."),
        (10_000, 10_100, "This one is gone before it is read."),
        (11_000, 12_000, "<i></i>"),
        (20_000, 20_000, ""),
    ]);
    let it = look(text.as_bytes(), None);
    assert_eq!((it.cues, it.first, it.last), (4, Ms(1000), Ms(10_100)));
    assert_eq!((it.shown, it.too_fast_percent), (Ms(5100), 25));
}

#[test]
fn a_sign_written_picture_by_picture_is_read_as_one() {
    let frames: Vec<(i64, i64, &str)> =
        (0..50).map(|it| (it * 42, it * 42 + 42, "Kinora presents")).collect();
    let it = look(srt(&frames).as_bytes(), None);
    assert_eq!((it.cues, it.shown, it.too_fast_percent), (50, Ms(2100), 0));
}

#[test]
fn wide_characters_count_as_in_cues() {
    // 13 Chinese characters in a second are 26 by the rule of the cue limits, 13 Latin letters are 13.
    let chinese = srt(&[
        (0, 1000, "你整个晚上都去哪儿了我担心"),
        (2000, 9000, "火车晚点了，我的手机也没电了。"),
    ]);
    let it = look(chinese.as_bytes(), None);
    assert_eq!((lang(&it).as_str(), it.too_fast_percent), ("zh-Hans?", 50));
    let english = srt(&[(0, 1000, "Where are you"), (2000, 9000, "The train was late.")]);
    assert_eq!(look(english.as_bytes(), None).too_fast_percent, 0);
}

#[test]
fn of_two_languages_in_a_cue_one_is_read() {
    let english = [
        "Where have you been all night? I was so worried about you.",
        "The train was late, and there was no power left in my phone.",
        "You could have asked somebody else to lend you a telephone.",
        "Thank you. I am sorry that I have kept you waiting so long.",
    ];
    let both: Vec<String> = HANS.iter().zip(english).map(|(a, b)| format!("{a}|{b}")).collect();
    let rows: Vec<&str> = both.iter().map(String::as_str).collect();
    let it = look(every_three_seconds(&rows).as_bytes(), Some("chi"));
    assert_eq!((lang(&it).as_str(), it.too_fast_percent), ("zh-Hans", 0));
}

#[test]
fn what_holds_nothing_is_a_fault_that_says_so() {
    let noise: Vec<u8> =
        (0..4096u32).map(|it| (it.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let table: [(&[u8], &str); 6] = [
        (b"", "is empty"),
        (b"\n\n", "holds no cues"),
        (b"\xEF\xBB\xBF", "holds no cues"),
        ("Not found. Please try again later.".as_bytes(), "holds no cues"),
        (&noise, "is no text"),
        (
            b"1\n00:00:01,000 --> 00:00:02,000\n<b></b>\n\n2\n00:00:03,000 --> 00:00:04,000\n\n",
            "has text",
        ),
    ];
    for (bytes, wanted) in table {
        let fault = examine(bytes, Some(Format::Srt), None, CPS_MAX).unwrap_err();
        assert!(fault.what.contains(wanted), "{fault}");
    }
    assert!(examine(b"nothing", None, None, CPS_MAX).is_err());
}
