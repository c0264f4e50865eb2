//! What the text of a subtitle shows: how much there is of it, when, how fast, and in which language.

use super::cue::{self, Cue};
use super::existing::Examined;
use super::fault::Fault;
use super::lang::Lang;
use super::subtitle::{Document, Format};
use super::textlang;
use super::time::{Ms, Span};

/// Looks at a subtitle file, or at the text of a track as one. `hint` is the format that its name says, `tag` the
/// language; `cps_max` is in characters a second, as in the cue limits.
///
/// # Errors
/// Where it is empty, no text, holds no cues, or none with text; and those of [`Document::parse`].
pub fn examine(
    bytes: &[u8],
    hint: Option<Format>,
    tag: Option<&Lang>,
    cps_max: f32,
) -> Result<Examined, Fault> {
    if bytes.is_empty() {
        return Err(Fault::operator("the subtitle file is empty", "fetch it again, or delete it"));
    }
    let document = Document::parse_in(bytes, hint, tag)?;
    let all = document.cues();
    let mut cues: Vec<&Cue> = all.iter().filter(|it| !it.lines.is_empty()).collect();
    cues.sort_by_key(|it| it.span);
    let (Some(first), Some(last)) = (cues.first(), cues.iter().map(|it| it.span.end).max()) else {
        return Err(nothing(bytes, all.len()));
    };
    let text: Vec<&str> = cues.iter().flat_map(|it| &it.lines).map(String::as_str).collect();
    let look = textlang::look(&text.join("\n"), tag);
    let mut merged = merged(&cues);
    if let Some(look) = &look {
        // Of two languages in a cue a viewer reads one.
        let read = |cue: &mut Cue| {
            let lines: Vec<String> =
                cue.lines.iter().filter(|it| look.is_read(it)).cloned().collect();
            cue.lines = if lines.is_empty() { std::mem::take(&mut cue.lines) } else { lines };
        };
        merged.iter_mut().for_each(read);
    }
    let lang = look.map(|it| it.lang);
    let read_in = lang.as_ref().map(|it| &it.lang).or(tag);
    let speeds: Vec<f32> = merged.iter().map(|it| speed(it, read_in)).collect();
    let fast = speeds.iter().filter(|it| **it > cps_max).count();
    Ok(Examined {
        format: document.format(),
        encoding: document.encoding().to_owned(),
        cues: cues.len() as u32,
        shown: shown(&cues),
        first: first.span.start,
        last,
        too_fast_percent: (fast * 100 / speeds.len().max(1)) as u8,
        lang,
        digest: *blake3::hash(bytes).as_bytes(),
    })
}

/// Why there is nothing to read.
fn nothing(bytes: &[u8], cues: usize) -> Fault {
    // Text has line ends and tabs, and no other control characters; UTF-16 has zeros in every other place at most.
    let control = |it: &&u8| it.is_ascii_control() && !matches!(it, b'\n' | b'\r' | b'\t');
    let garbage = bytes.iter().filter(control).count() * 20 > bytes.len();
    let (what, remedy) = match (cues, garbage) {
        (0, true) => ("the subtitle file is no text", "delete it, or give it its right ending"),
        (0, false) => ("the subtitle file holds no cues", "fetch it again, or delete it"),
        (_, _) => ("no cue of the subtitle file has text", "delete it, or fetch another one"),
    };
    Fault::operator(what, remedy)
}

fn speed(cue: &Cue, lang: Option<&Lang>) -> f32 {
    match lang {
        Some(lang) => cue::cps(cue, lang),
        None => cue::chars(cue) as f32 * 1000.0 / cue.span.len().0.max(1) as f32,
    }
}

/// Cues as they are read: the same text without a break between is one (signs that move are written picture by
/// picture).
fn merged(cues: &[&Cue]) -> Vec<Cue> {
    let mut merged: Vec<Cue> = Vec::with_capacity(cues.len());
    for cue in cues {
        match merged.last_mut() {
            Some(before) if before.lines == cue.lines && cue.span.start <= before.span.end => {
                before.span.end = before.span.end.max(cue.span.end);
            }
            Some(_) | None => merged.push((*cue).clone()),
        }
    }
    merged
}

/// Time with a cue on screen; `cues` are in the order of time.
fn shown(cues: &[&Cue]) -> Ms {
    let mut total = Ms(0);
    let mut until = Ms(i64::MIN);
    for Span { start, end } in cues.iter().map(|it| it.span) {
        total = total + Ms((end.0 - start.0.max(until.0)).max(0));
        until = until.max(end);
    }
    total
}

#[cfg(test)]
#[path = "examine_tests.rs"]
mod tests;
