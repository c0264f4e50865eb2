//! Guards against what a recogniser makes up: loops, credits, text where nobody speaks.
//!
//! Thresholds follow Whisper's own decoder (no speech 0.6, log probability -1.0, compression 2.4); the phrases are what
//! users of such systems report (PEERS.md, pain 1).

use super::speech::Window;
use super::time::{Ms, Span};
use super::transcript::{RawHeard, RawSegment};
use super::words;

/// Whisper's own threshold for silence.
const NO_SPEECH_P_MAX: f32 = 0.6;
/// Mean log probability under which a segment is not trusted.
const LOGPROB_MIN: f32 = -1.0;
/// A text that shrinks by more than this when repetitions are taken out is a loop.
const COMPRESSION_MAX: f32 = 2.4;
/// Shorter texts repeat themselves by right ("no, no, no").
const LOOP_CHARS_MIN: usize = 40;
/// Nobody speaks faster (characters a second of speech).
const CHARS_PER_SECOND_MAX: f32 = 40.0;
/// Texts shorter than this are too short to measure their speed.
const SPEED_CHARS_MIN: usize = 24;
/// The same sentence this often in a row over several windows is a loop.
const SAME_IN_A_ROW_MAX: usize = 4;

/// Credits that nobody speaks in a film, as Whisper learnt them from subtitle files; compared without case, spaces and
/// punctuation.
const CREDITS: [&str; 22] = [
    "subtitles by the amara org community",
    "subtitles by",
    "transcribed by",
    "transcription by castingwords",
    "sous titres realises para la communaute d amara org",
    "sous titrage st 501",
    "sous titrage societe radio canada",
    "untertitel der amara org community",
    "untertitel im auftrag des zdf",
    "untertitelung des zdf",
    "untertitel von stephanie geiges",
    "copyright wdr",
    "subtitulos realizados por la comunidad de amara org",
    "subtitulos por la comunidad de amara org",
    "sottotitoli creati dalla comunita amara org",
    "sottotitoli e revisione a cura di qtss",
    "legendas pela comunidade amara org",
    "субтитры сделал dimatorzok",
    "субтитры создавал dimatorzok",
    "редактор субтитров",
    "字幕由amara org社区提供",
    "请不吝点赞订阅转发打赏支持明镜与点点栏目",
];
/// What a speaker may really say at the end of a film of his own: doubted only where the recogniser doubts too.
const FAREWELLS: [&str; 12] = [
    "thanks for watching",
    "thank you for watching",
    "please subscribe",
    "dont forget to subscribe",
    "see you in the next video",
    "продолжение следует",
    "спасибо за просмотр",
    "ご視聴ありがとうございました",
    "시청해주셔서 감사합니다",
    "vielen dank furs zuschauen",
    "merci d avoir regarde cette video",
    "gracias por ver el video",
];

/// What is wrong with a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Complaint {
    /// The recogniser itself is unsure; the text is kept where a second try is no better.
    Unsure,
    /// The recogniser thinks that nobody speaks.
    NoSpeech,
    /// The text lies where no speech was found.
    OutsideSpeech,
    /// More text than anybody speaks in that time.
    TooFast,
    /// The same words over and over.
    Loop,
    /// Credits or a farewell nobody spoke.
    Credits,
}

impl Complaint {
    /// False where the text may well be right.
    pub fn is_made_up(self) -> bool {
        match self {
            Complaint::Unsure => false,
            Complaint::NoSpeech
            | Complaint::OutsideSpeech
            | Complaint::TooFast
            | Complaint::Loop
            | Complaint::Credits => true,
        }
    }

    /// For the owner.
    pub fn why(self) -> &'static str {
        match self {
            Complaint::Unsure => "the recogniser is unsure",
            Complaint::NoSpeech => "the recogniser hears no speech",
            Complaint::OutsideSpeech => "text where nobody speaks",
            Complaint::TooFast => "more text than anybody speaks in that time",
            Complaint::Loop => "the same words over and over",
            Complaint::Credits => "credits that nobody speaks",
        }
    }
}

/// Judges windows in order; remembers what was said before, to notice loops over several windows.
#[derive(Debug, Default)]
pub struct Guard {
    last: String,
    in_a_row: usize,
}

impl Guard {
    /// The worst complaint about each segment, in order; `None` for a good one.
    pub fn judge(&self, heard: &RawHeard, window: &Window) -> Vec<Option<Complaint>> {
        let mut last = self.last.clone();
        let mut in_a_row = self.in_a_row;
        let judged = heard.segments.iter().map(|segment| {
            let said = normalise(&words::text(segment));
            in_a_row = if said == last { in_a_row + 1 } else { 1 };
            last = said.clone();
            let repeated = (SAME_IN_A_ROW_MAX <= in_a_row).then_some(Complaint::Loop);
            repeated.max(judge_segment(segment, &said, window))
        });
        judged.collect()
    }

    /// Remembers what was accepted of the next window.
    pub fn accept(&mut self, segments: &[RawSegment]) {
        for segment in segments {
            let said = normalise(&words::text(segment));
            self.in_a_row = if said == self.last { self.in_a_row + 1 } else { 1 };
            self.last = said;
        }
    }
}

fn judge_segment(segment: &RawSegment, said: &str, window: &Window) -> Option<Complaint> {
    let chars = said.chars().count();
    let logprob = words::mean_logprob(segment);
    let span = words::segment_span(segment, window);
    let spoken = overlap(span, &window.speech);
    let unsure = logprob < LOGPROB_MIN;
    let silent = NO_SPEECH_P_MAX < segment.no_speech_p;
    let doubts = [
        (unsure, Complaint::Unsure),
        (silent && logprob < LOGPROB_MIN / 2.0, Complaint::NoSpeech),
        (chars > 0 && spoken == Ms(0), Complaint::OutsideSpeech),
        (is_too_fast(chars, spoken), Complaint::TooFast),
        (is_loop(said), Complaint::Loop),
        (is_credit(said, silent || logprob < LOGPROB_MIN / 2.0), Complaint::Credits),
    ];
    doubts.iter().filter(|it| it.0).map(|it| it.1).max()
}

fn overlap(span: Span, speech: &[Span]) -> Ms {
    Ms(speech.iter().map(|it| it.overlap(span).0).sum())
}

fn is_too_fast(chars: usize, spoken: Ms) -> bool {
    let seconds = spoken.0.max(1) as f32 / 1000.0;
    SPEED_CHARS_MIN <= chars && CHARS_PER_SECOND_MAX < chars as f32 / seconds
}

fn is_loop(said: &str) -> bool {
    LOOP_CHARS_MIN <= said.chars().count() && COMPRESSION_MAX < compression(said)
}

fn is_credit(said: &str, doubted: bool) -> bool {
    // A short tail ("by ...") may follow; a long sentence that contains the words is speech.
    let is = |phrase: &&str| {
        let phrase = normalise(phrase);
        said.starts_with(&phrase) && said.chars().count() <= phrase.chars().count() + 24
    };
    CREDITS.iter().any(is) || (doubted && FAREWELLS.iter().any(is))
}

/// Lower case, accents of the credits' languages folded, letters and digits only, single spaces.
fn normalise(text: &str) -> String {
    let folded = text.to_lowercase().chars().map(fold).collect::<String>();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fold(it: char) -> char {
    match it {
        'á' | 'à' | 'â' | 'ä' | 'ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        it if it.is_alphanumeric() => it,
        _ => ' ',
    }
}

/// How much shorter a text gets when every repetition of at least four characters is taken out: the
/// measure of Whisper's decoder (zlib's ratio), without zlib's constant costs.
pub fn compression(text: &str) -> f32 {
    let chars: Vec<char> = text.chars().take(COMPRESSION_CHARS_MAX).collect();
    let mut kept = 0;
    let mut at = 0;
    while at < chars.len() {
        let longest = (0..at).map(|from| common(&chars, from, at)).max().unwrap_or(0);
        let repeats = REPEAT_CHARS_MIN <= longest;
        kept += 1;
        at += if repeats { longest } else { 1 };
    }
    chars.len() as f32 / kept.max(1) as f32
}

const REPEAT_CHARS_MIN: usize = 4;
/// A window's text is shorter; the search is quadratic.
const COMPRESSION_CHARS_MAX: usize = 2000;

fn common(chars: &[char], from: usize, at: usize) -> usize {
    chars[from..].iter().zip(&chars[at..]).take_while(|it| it.0 == it.1).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::speech::Piece;
    use crate::domain::transcript::Token;

    fn segment(text: &str, p: f32, no_speech_p: f32) -> RawSegment {
        let token = Token { bytes: text.as_bytes().to_vec(), p, t0_cs: 0, t1_cs: 300, dtw_cs: -1 };
        RawSegment { start_cs: 0, end_cs: 300, no_speech_p, tokens: vec![token] }
    }

    fn window(speech: Vec<Span>) -> Window {
        let pieces = vec![Piece { source: 0, at: 0, len: 48_000 }];
        Window { samples: Vec::new(), pieces, speech }
    }

    fn judge(segment: RawSegment, speech: Span) -> Option<Complaint> {
        let heard = RawHeard { segments: vec![segment], language: "en".into() };
        Guard::default().judge(&heard, &window(vec![speech]))[0]
    }

    #[test]
    fn each_kind_of_invention_is_noticed_and_speech_is_not() {
        let all = Span::new(0, 3000);
        let table = [
            (segment(" Ask not what your country can do for you.", 0.9, 0.01), all, None),
            (segment(" No, no, no, no!", 0.9, 0.01), all, None),
            (segment(" Mumble mumble.", 0.3, 0.1), all, Some(Complaint::Unsure)),
            (segment(" Hm.", 0.5, 0.9), all, Some(Complaint::NoSpeech)),
            (
                segment(" Hello there.", 0.9, 0.0),
                Span::new(9000, 9100),
                Some(Complaint::OutsideSpeech),
            ),
            (
                segment(" This is far more than fits into a tenth of a second.", 0.9, 0.0),
                Span::new(0, 100),
                Some(Complaint::TooFast),
            ),
            (segment(&" I'm going to go.".repeat(8), 0.9, 0.0), all, Some(Complaint::Loop)),
            (
                segment(" Subtitles by the Amara.org community", 0.9, 0.0),
                all,
                Some(Complaint::Credits),
            ),
            (
                segment(" Sous-titres réalisés para la communauté d'Amara.org", 0.9, 0.0),
                all,
                Some(Complaint::Credits),
            ),
            (segment(" Thanks for watching!", 0.9, 0.0), all, None),
            (segment(" Thanks for watching!", 0.5, 0.2), all, Some(Complaint::Credits)),
        ];
        for (segment, speech, want) in table {
            let text = words::text(&segment);
            assert_eq!(judge(segment, speech), want, "{text}");
        }
    }

    #[test]
    fn the_same_sentence_over_several_windows_is_a_loop() {
        let mut guard = Guard::default();
        let heard = RawHeard { segments: vec![segment(" Okay.", 0.9, 0.0)], language: "en".into() };
        let window = window(vec![Span::new(0, 3000)]);
        let judged: Vec<_> = (0..5)
            .map(|_| {
                let judged = guard.judge(&heard, &window)[0];
                guard.accept(&heard.segments);
                judged
            })
            .collect();
        let looped = Some(Complaint::Loop);
        assert_eq!(judged, [None, None, None, looped, looped]);
    }

    #[test]
    fn compression_tells_prose_from_loops() {
        let prose = "it was the best of times it was the worst of times it was the age of wisdom";
        assert!(compression(prose) < COMPRESSION_MAX, "{}", compression(prose));
        assert!(compression(&"oh my god ".repeat(9)) > COMPRESSION_MAX);
        assert!(compression("") <= 1.0);
    }
}
