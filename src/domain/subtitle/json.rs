//! The transcript as JSON, for scripts: a shape that only grows.

use super::super::time::{Ms, Span};
use super::super::transcript::{GivenUpKind, Transcript, Utterance, Word};
use serde::Serialize;

/// Raised when a field changes its meaning or goes away; new fields do not raise it.
const VERSION: u32 = 1;

/// One stretch of speech; times are seconds on the audio's clock.
#[derive(Serialize)]
struct UtteranceRow<'a> {
    start: f64,
    end: f64,
    /// Whisper's code of the language it was heard in.
    language: &'a str,
    /// Its words, joined as they are written in that language.
    text: String,
    words: Vec<WordRow<'a>>,
}

#[derive(Serialize)]
struct WordRow<'a> {
    start: f64,
    end: f64,
    text: &'a str,
    /// Probability, 0 to 1.
    p: f64,
}

/// Time without a trustworthy result.
#[derive(Serialize)]
struct GivenUpRow<'a> {
    start: f64,
    end: f64,
    kind: GivenUpKind,
    /// For a person.
    reason: &'a str,
}

#[derive(Serialize)]
struct SpeechRow {
    start: f64,
    end: f64,
}

/// A transcript as one JSON object, one utterance a line:
/// `{"version": 1, "language": "en", "translated": false, "utterances": [{"start", "end", "language", "text", "words":
/// [{"start", "end", "text", "p"}]}], "speech": [{"start", "end"}], "given_up": [{"start", "end", "kind",
/// "reason"}]}`; the kind is `made_up` or `not_heard`.
/// Times are seconds, to the millisecond, on the audio's clock; `p` is a probability with three decimals.
pub fn transcript_json(transcript: &Transcript) -> String {
    let utterances = transcript.utterances.iter().map(|it| json(&utterance_row(it)));
    let speech = transcript.speech.iter().map(|it| {
        let (start, end) = times(*it);
        json(&SpeechRow { start, end })
    });
    let given_up = transcript.given_up.iter().map(|it| {
        let (start, end) = times(it.span);
        json(&GivenUpRow { start, end, kind: it.kind, reason: &it.reason })
    });
    format!(
        "{{\n\"version\": {VERSION},\n\"language\": {},\n\"translated\": {},\n\"utterances\": {},\n\"speech\": {},\n\
         \"given_up\": {}\n}}\n",
        json(&transcript.language),
        transcript.translated,
        array(utterances),
        array(speech),
        array(given_up),
    )
}

fn utterance_row(utterance: &Utterance) -> UtteranceRow<'_> {
    let words = &utterance.words;
    let start = words.iter().map(|it| it.span.start).min().unwrap_or_default();
    let end = words.iter().map(|it| it.span.end).max().unwrap_or_default();
    let mut text = String::new();
    for word in words {
        if word.space_before && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&word.text);
    }
    UtteranceRow {
        start: seconds(start),
        end: seconds(end),
        language: &utterance.language,
        text,
        words: words.iter().map(word_row).collect(),
    }
}

fn word_row(word: &Word) -> WordRow<'_> {
    let (start, end) = times(word.span);
    let p = (f64::from(word.p) * 1000.0).round() / 1000.0;
    WordRow { start, end, text: &word.text, p }
}

fn times(span: Span) -> (f64, f64) {
    (seconds(span.start), seconds(span.end))
}

fn seconds(time: Ms) -> f64 {
    time.0 as f64 / 1000.0
}

fn json(row: &impl Serialize) -> String {
    // Strings, numbers and lists of them cannot fail: there are no maps and no foreign types in a row.
    serde_json::to_string(row).unwrap_or_default()
}

fn array(rows: impl Iterator<Item = String>) -> String {
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() { "[]".to_owned() } else { format!("[\n{}\n]", rows.join(",\n")) }
}

#[cfg(test)]
mod tests {
    use super::super::super::transcript::GivenUp;
    use super::*;

    #[test]
    fn the_shape_is_stable() {
        let word = |start, end, text: &str, space_before| Word {
            span: Span::new(start, end),
            text: text.to_owned(),
            space_before,
            p: 0.9,
        };
        let transcript = Transcript {
            language: "en".to_owned(),
            translated: false,
            utterances: vec![Utterance {
                words: vec![word(320, 700, "Ask", false), word(700, 1001, "\"not\"", true)],
                language: "en".to_owned(),
                window: 0,
            }],
            speech: vec![Span::new(300, 1100)],
            given_up: vec![GivenUp {
                span: Span::new(5000, 6500),
                kind: GivenUpKind::NotHeard,
                reason: "noise".to_owned(),
            }],
        };
        let wanted = concat!(
            "{\n\"version\": 1,\n\"language\": \"en\",\n\"translated\": false,\n\"utterances\": [\n",
            r#"{"start":0.32,"end":1.001,"language":"en","text":"Ask \"not\"","words":["#,
            r#"{"start":0.32,"end":0.7,"text":"Ask","p":0.9},"#,
            r#"{"start":0.7,"end":1.001,"text":"\"not\"","p":0.9}]}"#,
            "\n],\n\"speech\": [\n{\"start\":0.3,\"end\":1.1}\n],\n",
            "\"given_up\": [\n{\"start\":5.0,\"end\":6.5,\"kind\":\"not_heard\",\"reason\":\"noise\"}\n]\n}\n",
        );
        assert_eq!(transcript_json(&transcript), wanted);
        let parsed: serde_json::Value = serde_json::from_str(wanted).unwrap();
        assert_eq!(parsed["utterances"][0]["words"][1]["p"], 0.9);
        let empty = transcript_json(&Transcript::default());
        assert!(serde_json::from_str::<serde_json::Value>(&empty).unwrap()["speech"].is_array());
    }
}
