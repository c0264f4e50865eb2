//! Writes answers of a wanted shape: the frame is ours, the model fills its slots.
//!
//! No grammar is needed for it: braces, numbers and quotes are put before the model as if it had written them, and what
//! it writes ends a slot where it would leave it. So each number is always there, and the answer is always JSON.

use crate::domain::translate::prompt::Shape;

/// The longest slot, in shares of the answer that makes sense for each line.
const SHARES_MAX: u32 = 3;
/// A slot may always be so long, tokens.
const SLOT_TOKENS_MIN: u32 = 24;
/// The first words of a source line that are echoed, tokens.
const ECHO_TOKENS_MAX: u32 = 16;
/// What repeats with at most this period, over this length, will never end. Tokens.
const LOOP_PERIOD_MAX: usize = 12;
const LOOP_LENGTH: usize = 24;

/// A model in the middle of its answer.
pub(super) trait Voice {
    /// The next token, of those allowed; nothing is read yet.
    fn next(&mut self, allowed: &dyn Fn(&Self, u32) -> bool) -> Option<u32>;
    /// Reads a token that was chosen.
    fn say(&mut self, token: u32) -> Result<(), String>;
    /// Reads text that stands in the frame.
    fn frame(&mut self, text: &str) -> Result<(), String>;
    /// Tokens read since the prompt.
    fn spent(&self) -> u32;
    /// The bytes of a token.
    fn bytes(&self, token: u32) -> &[u8];
    /// True for a token that ends an answer.
    fn ends(&self, token: u32) -> bool;
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// All of it.
    pub(super) text: String,
    /// It was not done when it had its length.
    pub(super) cut: bool,
}

/// How an answer of this shape begins, before the model says a word.
pub(super) fn opening(shape: &Shape) -> &'static str {
    match shape {
        Shape::Numbered(_) => "{\"1\": \"",
        Shape::Echoed(_) => "{\"1\": {\"s\": \"",
        Shape::Plain => "",
        Shape::Terms => "{",
    }
}

/// Lets a model that has read the prompt and the [`opening`] write its answer, of so many tokens at most.
///
/// # Errors
/// Where the model fails.
pub(super) fn write<V: Voice>(
    voice: &mut V,
    shape: &Shape,
    tokens_max: u32,
) -> Result<Written, String> {
    match shape {
        Shape::Numbered(count) => numbered(voice, *count, tokens_max),
        Shape::Echoed(count) => echoed(voice, *count, tokens_max),
        Shape::Plain => {
            let slot = slot(voice, Close::Line, tokens_max)?;
            let cut = slot.end == End::Full;
            Ok(Written { text: slot.whole().unwrap_or_default(), cut })
        }
        Shape::Terms => object(voice, tokens_max),
    }
}

fn slot_tokens_max(count: u16, tokens_max: u32) -> u32 {
    let share = tokens_max / u32::from(count.max(1));
    (share * SHARES_MAX).max(SLOT_TOKENS_MIN)
}

fn numbered<V: Voice>(voice: &mut V, count: u16, tokens_max: u32) -> Result<Written, String> {
    let mut lines = Vec::new();
    for number in 1..=count {
        if number > 1 {
            voice.frame(&format!("\", \"{number}\": \""))?;
        }
        let Some(left) = left(voice, tokens_max) else { break };
        let slot = slot(voice, Close::Quote, left.min(slot_tokens_max(count, tokens_max)))?;
        lines.push(format!("\"{number}\": {}", quoted(&slot.text())));
    }
    Ok(Written { cut: lines.len() < usize::from(count), text: format!("{{{}}}", lines.join(", ")) })
}

fn echoed<V: Voice>(voice: &mut V, count: u16, tokens_max: u32) -> Result<Written, String> {
    let mut lines = Vec::new();
    for number in 1..=count {
        if number > 1 {
            voice.frame(&format!("\"}}, \"{number}\": {{\"s\": \""))?;
        }
        let Some(room) = left(voice, tokens_max) else { break };
        let echo = slot(voice, Close::Quote, room.min(ECHO_TOKENS_MAX))?;
        voice.frame("\", \"t\": \"")?;
        let Some(room) = left(voice, tokens_max) else { break };
        let slot = slot(voice, Close::Quote, room.min(slot_tokens_max(count, tokens_max)))?;
        // An echo that was stopped still tells which line is meant.
        let echo = quoted(&echo.begun());
        lines.push(format!("\"{number}\": {{\"s\": {echo}, \"t\": {}}}", quoted(&slot.text())));
    }
    Ok(Written { cut: lines.len() < usize::from(count), text: format!("{{{}}}", lines.join(", ")) })
}

/// Tokens that may still be written, where there are any.
fn left<V: Voice>(voice: &V, tokens_max: u32) -> Option<u32> {
    tokens_max.checked_sub(voice.spent()).filter(|it| *it > 0)
}

fn quoted(text: &str) -> String {
    // Text always has its JSON.
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned())
}

/// What closes a slot beside the end of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Close {
    /// A quote that is not escaped, or a line's end: inside of JSON.
    Quote,
    /// A line's end.
    Line,
}

/// Why a slot ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The model left it.
    Closed,
    /// It was too long.
    Full,
    /// The model said the same again and again.
    Loop,
}

#[derive(Debug)]
struct Slot {
    bytes: Vec<u8>,
    close: Close,
    end: End,
}

impl Slot {
    /// The text of a slot that was closed. One that was not is no translation: better none than half of one.
    fn text(&self) -> String {
        if self.end == End::Closed { self.whole().unwrap_or_default() } else { String::new() }
    }

    /// What there is, as far as its bytes are characters.
    fn begun(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
        if self.close == Close::Quote { unescaped(text) } else { text.trim().to_owned() }
    }

    /// The text, unless a character in it is broken or it went round in circles.
    fn whole(&self) -> Option<String> {
        let sound = self.end != End::Loop && std::str::from_utf8(&self.bytes).is_ok();
        sound.then(|| self.begun())
    }
}

/// What JSON's escapes stand for; those that are none lose their backslash.
fn unescaped(text: &str) -> String {
    let text: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let read = serde_json::from_str::<String>(&format!("\"{text}\""));
    read.unwrap_or_else(|_| text.replace('\\', "")).trim().to_owned()
}

/// Where in the bytes of a token the slot is closed; else whether the next byte is escaped.
fn closes(bytes: &[u8], mut escaped: bool, close: Close) -> Result<usize, bool> {
    for (at, byte) in bytes.iter().enumerate() {
        let quoted = close == Close::Quote;
        match byte {
            b'\n' | b'\r' => return Ok(at),
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' if quoted => return Ok(at),
            _ => {}
        }
    }
    Err(escaped)
}

fn slot<V: Voice>(voice: &mut V, close: Close, tokens_max: u32) -> Result<Slot, String> {
    let mut slot = Slot { bytes: Vec::new(), close, end: End::Full };
    let mut escaped = false;
    let mut said = Vec::new();
    while said.len() < tokens_max as usize {
        // Nobody is asked for nothing: a slot may not be closed before there is something in it.
        let blank = slot.bytes.iter().all(u8::is_ascii_whitespace);
        let chosen = voice.next(&|voice, token| {
            let bytes = voice.bytes(token);
            if blank {
                return !voice.ends(token)
                    && !bytes.is_empty()
                    && closes(bytes, escaped, close).is_err();
            }
            !bytes.is_empty() || voice.ends(token)
        });
        let Some(token) = chosen.filter(|it| !voice.ends(*it)) else {
            slot.end = End::Closed;
            break;
        };
        let bytes = voice.bytes(token);
        match closes(bytes, escaped, close) {
            Ok(at) => {
                slot.bytes.extend_from_slice(&bytes[..at]);
                slot.end = End::Closed;
                break;
            }
            Err(next) => {
                slot.bytes.extend_from_slice(bytes);
                escaped = next;
            }
        }
        voice.say(token)?;
        said.push(token);
        if goes_round(&said) {
            slot.end = End::Loop;
            break;
        }
    }
    Ok(slot)
}

/// True where the last tokens repeat what stood before them.
fn goes_round(said: &[u32]) -> bool {
    let Some(tail) = said.len().checked_sub(LOOP_LENGTH).map(|it| &said[it..]) else {
        return false;
    };
    (1..=LOOP_PERIOD_MAX)
        .any(|period| tail.iter().zip(&tail[period..]).all(|(one, other)| one == other))
}

/// One JSON object, free inside; ends with its last brace.
fn object<V: Voice>(voice: &mut V, tokens_max: u32) -> Result<Written, String> {
    let mut bytes = b"{".to_vec();
    let (mut depth, mut inside, mut escaped) = (1_u32, false, false);
    let mut said = Vec::new();
    let mut cut = true;
    'write: while said.len() < tokens_max as usize && !goes_round(&said) {
        let chosen = voice.next(&|voice, it| !voice.bytes(it).is_empty() || voice.ends(it));
        let Some(token) = chosen.filter(|it| !voice.ends(*it)) else {
            cut = false;
            break;
        };
        for byte in voice.bytes(token) {
            bytes.push(*byte);
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = inside,
                b'"' => inside = !inside,
                b'{' if !inside => depth += 1,
                b'}' if !inside => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                cut = false;
                break 'write;
            }
        }
        voice.say(token)?;
        said.push(token);
    }
    Ok(Written { text: String::from_utf8_lossy(&bytes).into_owned(), cut })
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
