//! What was heard, in the shapes that recognisers' clients read.

use crate::api::run::Lang;
use crate::api::uploads::{Heard, HeardSegment};
use serde_json::{Map, Value, json};

/// A segment's words are no less likely than this, for its logarithm.
const P_MIN: f64 = 1e-4;

/// All that is said, in one piece.
pub(super) fn text(heard: &Heard) -> String {
    let between = match &heard.language {
        Some(lang) if !lang.has_spaces() => "",
        Some(_) | None => " ",
    };
    heard.segments.iter().map(|it| it.text.trim()).collect::<Vec<_>>().join(between)
}

/// A segment a line.
pub(super) fn txt(heard: &Heard) -> String {
    heard.segments.iter().map(|it| format!("{}\n", it.text.trim())).collect()
}

/// Start and end in milliseconds, and the text; tabs between them.
pub(super) fn tsv(heard: &Heard) -> String {
    let ms = |seconds: f64| (seconds * 1000.0).round();
    let row = |it: &HeardSegment| {
        format!("{}\t{}\t{}\n", ms(it.start), ms(it.end), it.text.trim().replace('\t', " "))
    };
    let rows: String = heard.segments.iter().map(row).collect();
    format!("start\tend\ttext\n{rows}")
}

/// As Whisper's own writer does: `{language, segments, text}`.
pub(super) fn whisper_json(heard: &Heard, words: bool) -> Value {
    let segments: Vec<Value> = segments(heard)
        .zip(&heard.segments)
        .map(|(mut row, it)| {
            if words {
                row.insert("words".to_owned(), it.words.iter().map(whisper_word).collect());
            }
            Value::Object(row)
        })
        .collect();
    json!({ "language": code(heard.language.as_ref()), "segments": segments, "text": text(heard) })
}

fn whisper_word(word: &crate::api::uploads::HeardWord) -> Value {
    json!({ "word": word.text, "start": word.start, "end": word.end, "probability": word.p })
}

/// Segments as Whisper tells them. Of tokens nothing is told, and what it measures to find made-up text is harmless:
/// Kinora judged that already.
pub(super) fn segments(heard: &Heard) -> impl Iterator<Item = Map<String, Value>> {
    heard.segments.iter().enumerate().map(|(id, it)| {
        let row = json!({
            "id": id,
            "seek": (it.start * 100.0) as i64,
            "start": it.start,
            "end": it.end,
            "text": it.text,
            "tokens": [],
            "temperature": 0.0,
            "avg_logprob": avg_logprob(it),
            "compression_ratio": 1.0,
            "no_speech_prob": 0.0,
        });
        row.as_object().cloned().unwrap_or_default()
    })
}

fn avg_logprob(segment: &HeardSegment) -> f64 {
    let sum: f64 = segment.words.iter().map(|it| it.p.clamp(P_MIN, 1.0).ln()).sum();
    // To a thousandth: more would only look exact.
    (sum / segment.words.len().max(1) as f64 * 1000.0).round() / 1000.0
}

/// Whisper's code of a language; that of its tag where Whisper has none, and nothing where there is none.
pub(super) fn code(lang: Option<&Lang>) -> String {
    lang.map(|it| it.to_whisper().unwrap_or_else(|| it.primary()).to_owned()).unwrap_or_default()
}

/// The English name of a language in small letters, as Whisper has them, whatever its script or region.
pub(super) fn name(lang: Option<&Lang>) -> String {
    let plain = lang.and_then(|it| Lang::parse(it.primary()).ok());
    plain.as_ref().or(lang).map(|it| it.name_en().to_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::uploads::HeardWord;

    fn heard(lang: &str) -> Heard {
        let word = |text: &str, p| HeardWord { start: 1.5, end: 2.0, text: text.to_owned(), p };
        let segment = |start, text: &str| HeardSegment {
            start,
            end: start + 1.25,
            text: text.to_owned(),
            words: vec![word("a", 1.0), word("b", 0.5)],
        };
        Heard {
            language: Lang::parse(lang).ok(),
            duration_s: 9.0,
            segments: vec![segment(1.5, "Ask\tnot"), segment(4.0, " what ")],
            ..Heard::default()
        }
    }

    #[test]
    fn the_shapes_of_whispers_own_writers() {
        let heard = heard("en");
        assert_eq!(text(&heard), "Ask\tnot what");
        assert_eq!(txt(&heard), "Ask\tnot\nwhat\n");
        assert_eq!(tsv(&heard), "start\tend\ttext\n1500\t2750\tAsk not\n4000\t5250\twhat\n");
        let json = whisper_json(&heard, false);
        assert_eq!((&json["language"], &json["segments"][1]["id"]), (&"en".into(), &1.into()));
        assert_eq!(json["segments"][0]["avg_logprob"], -0.347);
        assert_eq!(json["segments"][0].get("words"), None);
        let json = whisper_json(&heard, true);
        assert_eq!(json["segments"][0]["words"][1]["probability"], 0.5);
    }

    #[test]
    fn languages_as_whisper_names_them() {
        for (tag, wanted, called) in [
            ("en", "en", "english"),
            ("zh-Hans", "zh", "chinese"),
            ("pt-BR", "pt", "portuguese"),
            ("jv", "jw", "javanese"),
        ] {
            let lang = Lang::parse(tag).ok();
            assert_eq!((code(lang.as_ref()), name(lang.as_ref())), (wanted.into(), called.into()));
        }
        assert_eq!((code(None), name(None)), (String::new(), String::new()));
        assert_eq!(text(&heard("zh")), "Ask\tnotwhat", "no spaces where none are written");
    }
}
