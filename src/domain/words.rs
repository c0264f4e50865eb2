//! From Whisper's tokens to words on the audio's clock.

use super::speech::Window;
use super::time::{Ms, Span};
use super::transcript::{RawHeard, RawSegment, Token, Utterance, Word};

/// Languages Whisper writes without spaces, by its codes.
const WITHOUT_SPACES: [&str; 7] = ["zh", "ja", "th", "lo", "km", "my", "yue"];

/// Turns what was heard in a window into utterances on the audio's clock.
pub fn utterances(heard: &RawHeard, window: &Window, number: u32) -> Vec<Utterance> {
    let spaced = !WITHOUT_SPACES.contains(&heard.language.as_str());
    let mut found = Vec::new();
    for segment in &heard.segments {
        let words = words(segment, window, spaced);
        if !words.is_empty() {
            found.push(Utterance { words, language: heard.language.clone(), window: number });
        }
    }
    found
}

/// A word before it has its place on the audio's clock: tokens of one segment.
struct Group<'a> {
    text: String,
    tokens: &'a [Token],
}

fn words(segment: &RawSegment, window: &Window, spaced: bool) -> Vec<Word> {
    let groups = groups(&segment.tokens, spaced);
    let starts: Vec<i64> = groups.iter().map(|it| start_cs(it.tokens)).collect();
    let mut words = Vec::with_capacity(groups.len());
    for (index, group) in groups.iter().enumerate() {
        let text = group.text.trim();
        if text.is_empty() {
            continue;
        }
        let end = end_cs(group.tokens, starts.get(index + 1).copied(), segment.end_cs);
        let inside = Span::new(starts[index] * 10, end * 10);
        let p = group.tokens.iter().map(|it| it.p).fold(1.0, f32::min);
        words.push(Word {
            span: window.span_to_source(inside),
            text: text.to_owned(),
            space_before: spaced && group.text.starts_with(' '),
            p,
        });
    }
    words
}

/// Cuts tokens into words: at a leading space, or in languages without spaces at every whole character. A character cut
/// between two tokens is put together; bytes that never become one are shown as U+FFFD, once.
fn groups(tokens: &[Token], spaced: bool) -> Vec<Group<'_>> {
    let mut found: Vec<Group<'_>> = Vec::new();
    let mut first = 0;
    let mut bytes: Vec<u8> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let whole = std::str::from_utf8(&bytes).is_ok();
        let begins = if spaced { token.bytes.first() == Some(&b' ') } else { whole };
        if begins && !bytes.is_empty() && whole {
            found.push(group(&tokens[first..index], &bytes));
            bytes.clear();
            first = index;
        }
        bytes.extend(&token.bytes);
    }
    if !bytes.is_empty() {
        found.push(group(&tokens[first..], &bytes));
    }
    attach_punctuation(found)
}

fn group<'a>(tokens: &'a [Token], bytes: &[u8]) -> Group<'a> {
    Group { text: String::from_utf8_lossy(bytes).into_owned(), tokens }
}

/// Punctuation that stands alone belongs to the word before it; its tokens say nothing about that word's time.
fn attach_punctuation(groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    let mut joined: Vec<Group<'_>> = Vec::with_capacity(groups.len());
    for group in groups {
        let closes = !group.text.starts_with(' ')
            && group.text.chars().all(|it| !it.is_alphanumeric() && !opens(it));
        match joined.last_mut() {
            Some(before) if closes => before.text.push_str(&group.text),
            Some(_) | None => joined.push(group),
        }
    }
    joined
}

fn opens(it: char) -> bool {
    matches!(
        it,
        '(' | '['
            | '{'
            | '«'
            | '“'
            | '‘'
            | '„'
            | '「'
            | '『'
            | '（'
            | '《'
            | '¿'
            | '¡'
            | '"'
            | '♪'
    )
}

fn start_cs(tokens: &[Token]) -> i64 {
    tokens.first().map_or(0, |it| it.t0_cs)
}

/// A word ends where its last token does, by dynamic time warping where that was computed. Starts by it are late by
/// 0.1 to 0.3 s on recorded speech, Whisper's own are not (median 0).
fn end_cs(tokens: &[Token], next_start: Option<i64>, segment_end: i64) -> i64 {
    let own = tokens.last().map_or(segment_end, |it| it.dtw_cs.max(it.t1_cs));
    own.min(next_start.unwrap_or(segment_end)).max(start_cs(tokens))
}

/// Text of a segment as Whisper wrote it.
pub fn text(segment: &RawSegment) -> String {
    let bytes: Vec<u8> = segment.tokens.iter().flat_map(|it| it.bytes.iter().copied()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Mean of the tokens' log probabilities; 0 where there are none.
pub fn mean_logprob(segment: &RawSegment) -> f32 {
    let count = segment.tokens.len().max(1) as f32;
    segment.tokens.iter().map(|it| it.p.max(1e-6).ln()).sum::<f32>() / count
}

/// Where a segment lies on the audio's clock.
pub fn segment_span(segment: &RawSegment, window: &Window) -> Span {
    let inside = Span { start: Ms(segment.start_cs * 10), end: Ms(segment.end_cs * 10) };
    Span { start: window.to_source(inside.start), end: window.to_source(inside.end) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::speech::Piece;

    fn token(bytes: &[u8], t0_cs: i64, t1_cs: i64) -> Token {
        Token { bytes: bytes.to_vec(), p: 0.9, t0_cs, t1_cs, dtw_cs: -1 }
    }

    fn heard(language: &str, tokens: Vec<Token>) -> Vec<Utterance> {
        let segment = RawSegment { start_cs: 0, end_cs: 300, no_speech_p: 0.0, tokens };
        let heard = RawHeard { segments: vec![segment], language: language.into() };
        let pieces = vec![Piece { source: 0, at: 0, len: 480_000 }];
        let window = Window { samples: Vec::new(), pieces, speech: Vec::new() };
        utterances(&heard, &window, 0)
    }

    fn texts(found: &[Utterance]) -> Vec<(String, bool, i64)> {
        let words = found.iter().flat_map(|it| it.words.iter());
        words.map(|it| (it.text.clone(), it.space_before, it.span.start.0)).collect()
    }

    #[test]
    fn tokens_become_words_with_their_punctuation() {
        let tokens = vec![
            token(b" ask", 10, 40),
            token(b" n", 50, 60),
            token(b"ot", 60, 80),
            token(b",", 80, 90),
            token(b" what", 100, 130),
        ];
        let want = [("ask", 100), ("not,", 500), ("what", 1000)];
        let want: Vec<_> = want.iter().map(|it| (it.0.to_owned(), true, it.1)).collect();
        assert_eq!(texts(&heard("en", tokens)), want);
    }

    #[test]
    fn a_character_cut_between_two_tokens_is_whole_again() {
        let word = "你好".as_bytes();
        let tokens =
            vec![token(&word[..2], 10, 20), token(&word[2..3], 20, 30), token(&word[3..], 40, 50)];
        let found = texts(&heard("zh", tokens));
        assert_eq!(found, [("你".to_owned(), false, 100), ("好".to_owned(), false, 400)]);
    }

    #[test]
    fn bytes_that_never_become_a_character_do_no_harm() {
        let found = texts(&heard("zh", vec![token(&[0xe4], 10, 20)]));
        assert_eq!(found.len(), 1);
    }
}
