//! From cues to lines, groups, scenes and batches (P-17, P-18).

use super::super::cue::Cue;
use super::super::cue::seam::{
    CLINGS, Joint, is_closing, is_comma, is_dense, is_opening, is_stop, seam,
};
use super::super::lang::Lang;
use super::super::time::{Ms, Span};
use super::line::{Line, SourceCue};
use super::speakers::{ends_sentence, is_dialogue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;

/// Cues one sentence may span: more cannot be told apart again in its translation.
const SENTENCE_CUES_MAX: usize = 3;
/// Characters of a sentence that spans cues.
const SENTENCE_CHARS_MAX: usize = 240;
/// Time from the first to the last moment of such a sentence.
const SENTENCE_MS_MAX: i64 = 16_000;
/// The pause inside of such a sentence.
const SENTENCE_GAP_MS_MAX: i64 = 1000;
/// How much two of its cues may overlap: some files leave no gap and round.
const SENTENCE_OVERLAP_MS_MAX: i64 = 100;
/// A file in which fewer cues end a sentence is written without full stops: there a missing one says nothing.
const PUNCTUATED_PERCENT_MIN: usize = 25;
/// A name before a colon is at most this long.
const NAME_CHARS_MAX: usize = 24;

/// A gap this long begins a new group.
const GROUP_GAP_MS: i64 = 3000;
/// A pause this long after a sentence does too, unless the group is short.
const GROUP_PAUSE_MS: i64 = 1000;
/// A group with less text than this is short.
const GROUP_CHARS_MIN: usize = 80;
/// Characters of a group at most.
const GROUP_CHARS_MAX: usize = 600;
/// Lines of a group at most.
const GROUP_LINES_MAX: usize = 10;

/// A long gap makes no scene of fewer lines than this: every scene's first request goes without context.
const SCENE_LINES_MIN: usize = 4;
/// What a line costs in a request beside its characters, for the balance between requests.
const LINE_COST_CHARS: u64 = 16;

/// How lines are grouped; settings of `[translate]`, part of the recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutLimits {
    /// A gap this long begins a new scene.
    pub scene_gap: Ms,
    /// Lines of one request at most.
    pub batch_lines: u16,
    /// Characters of one request's lines at most.
    pub batch_chars: u16,
}

impl Default for CutLimits {
    fn default() -> CutLimits {
        CutLimits { scene_gap: Ms(30_000), batch_lines: 20, batch_chars: 1500 }
    }
}

/// What of a cue is translated: its lines joined to one, as `lang` joins words, marks of direction taken out.
pub fn source(cue: &Cue, lang: &Lang) -> SourceCue {
    let unmarked = |it: &String| it.replace(turns_text, "");
    let mut text = String::new();
    for line in cue.lines.iter().map(unmarked) {
        append(&mut text, &one_line(&line), lang);
    }
    SourceCue { span: cue.span, text }
}

/// Marks of direction (UAX 9): a translation has its own direction.
fn turns_text(it: char) -> bool {
    matches!(it, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// True where there is anything to say: a letter or a number of any script.
pub fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// The lines of a film in order. Cues without words to translate are in none; a sentence that spans cues is one line.
pub fn lines(cues: &[SourceCue], lang: &Lang, limits: &CutLimits) -> Vec<Line> {
    let sentences = is_punctuated(cues);
    let chars_max = SENTENCE_CHARS_MAX.min(usize::from(limits.batch_chars));
    let mut lines: Vec<Line> = Vec::new();
    for (index, cue) in cues.iter().enumerate().filter(|it| has_words(&it.1.text)) {
        let text = one_line(&cue.text);
        let open = lines.last_mut().filter(|it| sentences && it.cues.end == index);
        let open = open.filter(|it| it.cues.len() < SENTENCE_CUES_MAX);
        let open = open.filter(|it| {
            goes_on(&cues[index - 1], &text, cue.span, lang) && {
                let chars = it.text.chars().count() + text.chars().count() + 1;
                chars <= chars_max && apart(it.span.start, cue.span.end) <= SENTENCE_MS_MAX
            }
        });
        match open {
            Some(line) => {
                append(&mut line.text, &text, lang);
                line.cues.end = index + 1;
                line.span.end = line.span.end.max(cue.span.end);
            }
            None => {
                let (no, cues) = (lines.len() as u32, index..index + 1);
                lines.push(Line { no, cues, span: cue.span, text, group: 0, scene: 0 });
            }
        }
    }
    number(&mut lines, limits);
    lines
}

/// White space made single spaces.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Adds what follows, with a space where `lang` writes one.
fn append(text: &mut String, next: &str, lang: &Lang) {
    if let (Some(last), Some(first)) = (text.chars().next_back(), next.chars().next()) {
        let dense = is_dense(last) && is_dense(first);
        let latin = last.is_ascii() && first.is_ascii();
        if latin || is_dialogue(next) || !dense && lang.has_spaces() {
            text.push(' ');
        }
    }
    text.push_str(next);
}

fn is_punctuated(cues: &[SourceCue]) -> bool {
    let said = cues.iter().filter(|it| has_words(&it.text));
    let (all, ending) = said
        .fold((0, 0), |(all, ending), it| (all + 1, ending + usize::from(ends_sentence(&it.text))));
    ending * 100 >= all * PUNCTUATED_PERCENT_MIN
}

/// Milliseconds from `from` to `to`, for any times.
fn apart(from: Ms, to: Ms) -> i64 {
    to.0.saturating_sub(from.0)
}

/// True where the sentence of a cue goes on in the one after it, which says `next`.
fn goes_on(before: &SourceCue, next: &str, at: Span, lang: &Lang) -> bool {
    let gap = apart(before.span.end, at.start);
    if !(-SENTENCE_OVERLAP_MS_MAX..=SENTENCE_GAP_MS_MAX).contains(&gap) {
        return false;
    }
    let text = before.text.trim();
    if is_dialogue(text) || is_dialogue(next) || is_sung(text) || is_note(text) {
        return false;
    }
    let starts_anew = next.starts_with(['[', '(', '（', '【', '［', '♪', '♫', '♬', '#', '*']);
    !starts_anew && !names_speaker(next) && continues(text, next, gap, lang)
}

/// Does a sentence end between these two, or begin with the second?
fn continues(left: &str, right: &str, gap_ms: i64, lang: &Lang) -> bool {
    let last = left.split_whitespace().next_back().unwrap_or_default();
    let first = right.split_whitespace().next().unwrap_or_default();
    let joint = if lang.has_spaces() { Joint::Space } else { Joint::Dense };
    let seam = seam(last, first.trim_start_matches(is_stop), joint, lang.primary(), gap_ms);
    if seam.sentence {
        return false;
    }
    let said = right.trim_start_matches(|it| is_opening(it) || is_stop(it));
    let capital = said.chars().next().is_none_or(char::is_uppercase);
    let core = left.trim_end_matches(is_closing);
    let pronoun =
        lang.primary() == "en" && first.split(|it: char| !it.is_alphanumeric()).next() == Some("I");
    !capital || core.ends_with(is_comma) || pronoun || seam.cost >= CLINGS
}

fn is_sung(text: &str) -> bool {
    let marked = |it: Option<char>| it.is_some_and(|it| "♪♫♬#*".contains(it));
    marked(text.chars().next()) || marked(text.chars().next_back())
}

/// What is heard and not said: `[door slams]`.
fn is_note(text: &str) -> bool {
    let pairs = [('[', ']'), ('(', ')'), ('（', '）'), ('【', '】'), ('［', '］')];
    pairs.iter().any(|(open, close)| text.starts_with(*open) && text.ends_with(*close))
}

/// `MARY:`, `Man 2: Hello`, `小明：`.
fn names_speaker(text: &str) -> bool {
    let Some((name, _)) = text.split_once([':', '：']) else { return false };
    let short = name.chars().count() <= NAME_CHARS_MAX && name.split_whitespace().count() <= 3;
    let capital = name.chars().next().is_some_and(|it| it.is_alphabetic() && !it.is_lowercase());
    let plain = |it: char| it.is_alphanumeric() || it.is_whitespace() || ".'’-#".contains(it);
    short && capital && name.chars().all(plain)
}

/// Gives lines their scenes and groups.
fn number(lines: &mut [Line], limits: &CutLimits) {
    let cuts = scene_cuts(lines, limits);
    let lines_max = GROUP_LINES_MAX.min(usize::from(limits.batch_lines)).max(1);
    let chars_max = GROUP_CHARS_MAX.min(usize::from(limits.batch_chars));
    let (mut scene, mut group, mut in_group, mut chars) = (0, 0, 0, 0);
    for index in 0..lines.len() {
        let own = lines[index].text.chars().count();
        if index > 0 {
            let (before, here) = (&lines[index - 1], &lines[index]);
            let gap = between(before.span, here.span);
            let pause = gap >= GROUP_PAUSE_MS && ends_sentence(&before.text);
            let full = in_group >= lines_max || chars + own > chars_max;
            let cut = cuts.contains(&index);
            scene += u32::from(cut);
            if cut || full || gap >= GROUP_GAP_MS || pause && chars >= GROUP_CHARS_MIN {
                (group, in_group, chars) = (group + 1, 0, 0);
            }
        }
        (in_group, chars) = (in_group + 1, chars + own);
        (lines[index].group, lines[index].scene) = (group, scene);
    }
}

/// The time between two spans, whichever is first: the events of an ASS file may jump back.
fn between(one: Span, other: Span) -> i64 {
    apart(one.end, other.start).max(apart(other.end, one.start)).max(0)
}

/// Lines that begin a scene, but for the first: the longest gaps are taken first, where they leave lines enough on
/// both sides.
fn scene_cuts(lines: &[Line], limits: &CutLimits) -> BTreeSet<usize> {
    let gap = |at: usize| between(lines[at - 1].span, lines[at].span);
    let mut gaps: Vec<(i64, usize)> = (1..lines.len()).map(|at| (gap(at), at)).collect();
    gaps.retain(|it| it.0 >= limits.scene_gap.0.max(1));
    gaps.sort_by_key(|it| (std::cmp::Reverse(it.0), it.1));
    let mut cuts = BTreeSet::from([0, lines.len()]);
    for (_, at) in gaps {
        let from = cuts.range(..at).next_back().copied().unwrap_or(0);
        let to = cuts.range(at..).next().copied().unwrap_or(lines.len());
        if at - from >= SCENE_LINES_MIN && to - at >= SCENE_LINES_MIN {
            cuts.insert(at);
        }
    }
    cuts
}

/// Which lines go together in one request: whole groups where they fit, never lines of two scenes; as few requests as
/// that allows, and these of about one size. The ranges cover `lines` in order.
pub fn batches(lines: &[Line], limits: &CutLimits) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let mut from = 0;
    for scene in lines.chunk_by(|a, b| a.scene == b.scene) {
        let own = of_scene(scene, limits);
        batches.extend(own.into_iter().map(|it| from + it.start..from + it.end));
        from += scene.len();
    }
    batches
}

/// The best way so far to cut lines up to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    batches: u32,
    /// Sum of squares: least where all are equal.
    uneven: u64,
    /// Index of the place the last batch begins at.
    begin: usize,
}

fn of_scene(lines: &[Line], limits: &CutLimits) -> Vec<Range<usize>> {
    let chars: Vec<usize> = lines.iter().map(|it| it.text.chars().count()).collect();
    let fits = |it: &Range<usize>| {
        it.len() <= usize::from(limits.batch_lines)
            && chars[it.clone()].iter().sum::<usize>() <= usize::from(limits.batch_chars)
    };
    let places = places(lines, fits);
    let mut ways = vec![Way { batches: 0, uneven: 0, begin: 0 }];
    for to in 1..places.len() {
        let mut best: Option<Way> = None;
        for from in (0..to).rev() {
            let batch = places[from]..places[to];
            // What stands alone between two places goes alone, however long it is.
            if from + 1 < to && !fits(&batch) {
                break;
            }
            let size = chars[batch.clone()].iter().sum::<usize>() as u64;
            let size = size.saturating_add(LINE_COST_CHARS * batch.len() as u64);
            let uneven = ways[from].uneven.saturating_add(size.saturating_mul(size));
            let way = Way { batches: ways[from].batches + 1, uneven, begin: from };
            best = Some(best.map_or(way, |it| it.min(way)));
        }
        ways.extend(best);
    }
    let mut batches = Vec::new();
    let mut to = places.len() - 1;
    while to > 0 {
        let from = ways[to].begin;
        batches.push(places[from]..places[to]);
        to = from;
    }
    batches.reverse();
    batches
}

/// Where a scene may be cut: between groups, and anywhere in a group that fits no request.
fn places(lines: &[Line], fits: impl Fn(&Range<usize>) -> bool) -> Vec<usize> {
    let mut places = vec![0];
    for group in lines.chunk_by(|a, b| a.group == b.group) {
        let from = places.last().copied().unwrap_or(0);
        let to = from + group.len();
        if !fits(&(from..to)) {
            places.extend(from + 1..to);
        }
        places.push(to);
    }
    places
}

#[cfg(test)]
#[path = "cut_tests.rs"]
mod tests;
