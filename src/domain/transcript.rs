//! What was heard: tokens as the recogniser gave them, words with times, and the transcript of a film.

use super::time::Span;
use serde::{Deserialize, Serialize};

/// How one window is to be listened to. Part of the recipe: equal parameters and samples give equal results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HearParams {
    /// Whisper's language code, e.g. `en`, `zh`.
    pub language: String,
    /// Whisper's own translation to English instead of a transcript.
    pub translate: bool,
    /// Beam width; 1 is greedy.
    pub beam: u8,
    /// First temperature, 0.0 to 1.0.
    pub temperature: f32,
    /// Step to the next temperature when a decode fails its thresholds; 0 never tries again.
    pub temperature_inc: f32,
    /// Names and words to expect; empty for none.
    pub prompt: String,
    /// Encoder length in frames of 20 ms; 0 for the full 1500.
    pub audio_ctx: u16,
}

/// A token with its times inside the window, in centiseconds as Whisper counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Raw bytes: a character may be cut between two tokens.
    pub bytes: Vec<u8>,
    /// Probability, 0 to 1.
    pub p: f32,
    /// Start and end by Whisper's heuristic.
    pub t0_cs: i64,
    /// See `t0_cs`.
    pub t1_cs: i64,
    /// Where the token ends, by dynamic time warping over the attention heads; -1 where not computed. The next token
    /// starts there, or later where a pause follows.
    pub dtw_cs: i64,
}

/// A segment as Whisper cut it, times inside the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawSegment {
    /// Start in the window, centiseconds.
    pub start_cs: i64,
    /// End in the window, centiseconds.
    pub end_cs: i64,
    /// Probability that there is no speech, 0 to 1; 0 for segments before Whisper's last pass over the window.
    pub no_speech_p: f32,
    /// Text tokens; special ones are left out.
    pub tokens: Vec<Token>,
}

/// What came back for one window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawHeard {
    /// Segments in time order.
    pub segments: Vec<RawSegment>,
    /// Language Whisper used, its code.
    pub language: String,
}

/// A word on the audio's clock. In languages without spaces a word is a piece of text, mostly one token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// When it is spoken.
    pub span: Span,
    /// Its text with punctuation, no surrounding spaces.
    pub text: String,
    /// True where a space stands before it in the running text (never in Chinese, Japanese, Thai...).
    pub space_before: bool,
    /// Probability, 0 to 1: the least of its tokens.
    pub p: f32,
}

/// A stretch of speech that was heard in one piece: one segment of Whisper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    /// Its words in time order, at least one.
    pub words: Vec<Word>,
    /// Language it was heard in, Whisper's code.
    pub language: String,
    /// Number of the window it came from.
    pub window: u32,
}

/// Why a stretch has no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenUpKind {
    /// What the recogniser said was made up: most likely nobody speaks.
    MadeUp,
    /// The engine could not listen: somebody may speak.
    NotHeard,
}

/// A window that was given up, and why; its time is told to the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    /// When, on the audio's clock.
    pub span: Span,
    /// Invented or not heard.
    pub kind: GivenUpKind,
    /// Why, for a person.
    pub reason: String,
}

/// All that was heard in one audio track, in audio time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// Main language, Whisper's code; empty where nothing was said.
    pub language: String,
    /// True where words are Whisper's English translation.
    pub translated: bool,
    /// What was said, in time order.
    pub utterances: Vec<Utterance>,
    /// Where the voice activity detector found speech, in time order, without overlaps.
    pub speech: Vec<Span>,
    /// Windows without a trustworthy result.
    pub given_up: Vec<GivenUp>,
}

impl Transcript {
    /// The language most words are in, Whisper's code; `None` where nothing was said.
    pub fn most_spoken(&self) -> Option<&str> {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for utterance in &self.utterances {
            match counts.iter_mut().find(|it| it.0 == utterance.language) {
                Some(count) => count.1 += utterance.words.len(),
                None => counts.push((&utterance.language, utterance.words.len())),
            }
        }
        counts.into_iter().max_by_key(|it| it.1).map(|it| it.0)
    }
}
