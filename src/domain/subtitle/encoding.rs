//! Which encoding a subtitle file is in, and its text as UTF-8.

use super::super::lang::Lang;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, Encoding, GBK, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes looked at to guess a legacy encoding, from the first one that is not ASCII: more never changes the answer.
const GUESS_BYTES_MAX: usize = 256 * 1024;
/// Bytes looked at for UTF-16 without a BOM.
const UTF16_BYTES_MAX: usize = 4096;
/// A file is UTF-8 with damage where this many good sequences stand against each bad one.
const GOOD_PER_BAD_MIN: usize = 16;

/// The commonest characters of Chinese speech, in both scripts.
const COMMON_CHINESE: &str =
    "的一是不了我你他她在有這这那個个們们來来到說说沒没要就都也好吗嗎什麼么會会去能可以，。？";

/// An encoding, and the length of the mark in front that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Detected {
    pub(super) encoding: &'static Encoding,
    pub(super) bom_bytes: usize,
}

/// The text without its BOM, and the name of the encoding it was in (as the WHATWG Encoding Standard has it). Bytes
/// that mean nothing become U+FFFD. `hint` is the language the text is likely in: it settles what bytes alone cannot.
pub fn to_utf8(bytes: &[u8], hint: Option<&Lang>) -> (String, &'static str) {
    let detected = detect(bytes, hint);
    (decode(bytes, detected), detected.encoding.name())
}

pub(super) fn decode(bytes: &[u8], detected: Detected) -> String {
    let body = bytes.get(detected.bom_bytes..).unwrap_or_default();
    detected.encoding.decode_without_bom_handling(body).0.into_owned()
}

pub(super) fn detect(bytes: &[u8], hint: Option<&Lang>) -> Detected {
    if let Some((encoding, bom_bytes)) = Encoding::for_bom(bytes) {
        return Detected { encoding, bom_bytes };
    }
    let encoding = utf16(bytes)
        .unwrap_or_else(|| if mostly_utf8(bytes) { UTF_8 } else { legacy(bytes, hint) });
    Detected { encoding, bom_bytes: 0 }
}

/// Time codes and line ends are ASCII, so that every second byte of much of the file is zero, in any language. Text in
/// other encodings has no zeros at all.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let (pairs, _) = bytes.get(..UTF16_BYTES_MAX).unwrap_or(bytes).as_chunks::<2>();
    let zeros = |at: usize| pairs.iter().filter(|it| it[at] == 0 && it[1 - at] != 0).count();
    let (high_first, low_first) = (zeros(0), zeros(1));
    if pairs.len() < 2 || high_first.max(low_first) * 4 < pairs.len() {
        return None;
    }
    if low_first > 4 * high_first {
        Some(UTF_16LE)
    } else if high_first > 4 * low_first {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// True for UTF-8, also where a bad disk or a cut in the middle of a character left some bytes that are not.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|it| *it >= 0xC0).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    bad == 0 || good >= bad * GOOD_PER_BAD_MIN
}

fn legacy(bytes: &[u8], hint: Option<&Lang>) -> &'static Encoding {
    let start = bytes.iter().position(|it| !it.is_ascii()).unwrap_or(0);
    let sample = &bytes[start..];
    let sample = sample.get(..GUESS_BYTES_MAX).unwrap_or(sample);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, sample.len() == bytes.len() - start);
    let guess = detector.guess(hint.and_then(top_level_domain), Utf8Detection::Deny);
    if guess == GBK || guess == BIG5 { chinese(sample, guess) } else { guess }
}

/// The detector takes short files in Big5 for GBK: the one that gives more of the commonest characters is right.
fn chinese(sample: &[u8], guess: &'static Encoding) -> &'static Encoding {
    let common = |encoding: &'static Encoding| {
        let (text, _) = encoding.decode_without_bom_handling(sample);
        text.chars().filter(|it| COMMON_CHINESE.contains(*it)).count()
    };
    let other = if guess == GBK { BIG5 } else { GBK };
    if common(other) > common(guess) { other } else { guess }
}

/// The detector knows languages by the top-level domain where they are written.
fn top_level_domain(lang: &Lang) -> Option<&'static [u8]> {
    let tag = lang.tag();
    let primary = tag.split('-').next().unwrap_or(tag);
    let has = |subtag: &str| tag.split('-').any(|it| it == subtag);
    let domain = match primary {
        "zh" if has("Hant") || has("TW") || has("HK") || has("MO") => "tw",
        "zh" | "cmn" => "cn",
        "yue" => "hk",
        "ja" => "jp",
        "ko" => "kr",
        "el" => "gr",
        "he" => "il",
        "ar" => "sa",
        "fa" => "ir",
        "cs" => "cz",
        "sl" => "si",
        "et" => "ee",
        "vi" => "vn",
        "uk" => "ua",
        "sr" => "rs",
        "be" => "by",
        "ru" => "ru",
        "bg" => "bg",
        "pl" => "pl",
        "hu" => "hu",
        "ro" => "ro",
        "hr" => "hr",
        "sk" => "sk",
        "tr" => "tr",
        "th" => "th",
        "lt" => "lt",
        "lv" => "lv",
        "mk" => "mk",
        _ => return None,
    };
    Some(domain.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs as e;

    fn srt_of(line: &str) -> String {
        (1..=6)
            .map(|it| format!("{it}\r\n00:00:{it:02},000 --> 00:00:{it:02},900\r\n{line}\r\n\r\n"))
            .collect()
    }

    #[test]
    fn legacy_files_are_read_in_their_encoding() {
        let rows: [(&'static e::Encoding, &str); 15] = [
            (e::GBK, "我们明天早上在车站见面，请不要迟到。"),
            (e::BIG5, "我們明天早上在車站見面，請不要遲到。"),
            (e::SHIFT_JIS, "明日の朝、駅で会いましょう。遅れないでください。"),
            (e::EUC_JP, "明日の朝、駅で会いましょう。遅れないでください。"),
            (e::EUC_KR, "내일 아침 역에서 만나요. 늦지 마세요."),
            (e::WINDOWS_1250, "Příliš žluťoučký kůň úpěl ďábelské ódy."),
            (e::WINDOWS_1251, "Встретимся завтра утром на вокзале, не опаздывай."),
            (e::KOI8_U, "Встретимся завтра утром на вокзале, не опаздывай."),
            (e::WINDOWS_1252, "Où étais-tu ? J’ai été à la fête, ça m’a plu."),
            (e::WINDOWS_1253, "Θα βρεθούμε αύριο το πρωί στον σταθμό."),
            (e::WINDOWS_1254, "Yarın sabah istasyonda buluşalım, geç kalma şimdi."),
            (e::WINDOWS_1255, "ניפגש מחר בבוקר בתחנה, אל תאחר."),
            (e::WINDOWS_1256, "نلتقي غدا صباحا في المحطة، لا تتأخر."),
            (e::WINDOWS_1257, "Susitikime rytoj ryte stotyje, nevėluok, ačiū už žinią."),
            (e::WINDOWS_874, "พบกันพรุ่งนี้เช้าที่สถานี อย่ามาสาย"),
        ];
        for (encoding, line) in rows {
            let text = srt_of(line);
            let (bytes, _, lossy) = encoding.encode(&text);
            assert!(!lossy, "{}", encoding.name());
            // Baltic and Central European letters share their bytes: there the language must be known.
            let lithuanian = Lang::parse("lt").ok().filter(|_| encoding == e::WINDOWS_1257);
            let (read, name) = to_utf8(&bytes, lithuanian.as_ref());
            assert_eq!(read, text, "{} read as {name}", encoding.name());
        }
    }

    #[test]
    fn unicode_is_seen_with_and_without_its_mark() {
        let text = srt_of("你好，世界");
        let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect();
        let (le, be): (Vec<u8>, Vec<u8>) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
        let marked = |mark: &[u8], body: &[u8]| [mark, body].concat();
        let rows = [
            (text.clone().into_bytes(), "UTF-8"),
            (marked(b"\xEF\xBB\xBF", text.as_bytes()), "UTF-8"),
            (marked(b"\xFF\xFE", &le), "UTF-16LE"),
            (marked(b"\xFE\xFF", &be), "UTF-16BE"),
            (le, "UTF-16LE"),
            (be, "UTF-16BE"),
        ];
        for (bytes, name) in rows {
            assert_eq!(to_utf8(&bytes, None), (text.clone(), name));
        }
        assert_eq!(to_utf8(b"", None), (String::new(), "UTF-8"));
    }

    #[test]
    fn a_damaged_byte_does_not_turn_utf8_into_nonsense() {
        let mut bytes = srt_of("Он сказал: здравствуйте.").into_bytes();
        let at = bytes.len() - 12;
        bytes[at] = 0xFF;
        let (text, name) = to_utf8(&bytes, None);
        assert_eq!(name, "UTF-8");
        assert!(text.contains("здравствуйте") && text.contains('\u{FFFD}'));
    }

    #[test]
    fn short_chinese_files_are_read_whatever_their_tag_says() {
        let rows = [
            (e::GBK, "你整个晚上都去哪儿了？我很担心。"),
            (e::GBK, "火车晚点了，我的手机也没电了。"),
            (e::BIG5, "你整個晚上都去哪兒了？我很擔心。"),
            (e::BIG5, "火車誤點了，我的手機也沒電了。"),
            (e::BIG5, "謝謝。對不起，讓你等了這麼久。"),
        ];
        for (encoding, line) in rows {
            for hint in [None, Some("zh"), Some("zh-Hans"), Some("zh-Hant"), Some("en")] {
                let hint = hint.map(|it| Lang::parse(it).unwrap());
                let (bytes, _, _) = encoding.encode(line);
                assert_eq!(to_utf8(&bytes, hint.as_ref()).0, line, "{hint:?}");
            }
        }
    }

    #[test]
    fn the_language_settles_what_bytes_cannot() {
        let lang = Lang::parse("zh-Hant").unwrap();
        let (bytes, _, _) = e::BIG5.encode("好的");
        assert_eq!(to_utf8(&bytes, Some(&lang)).0, "好的");
    }
}
