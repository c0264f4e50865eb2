//! What is heard and translated at the moment, line by line, for whoever looks: in RAM only, a few lines an execution,
//! and forgotten soon after its step ended.

use crate::base::clock::Stopwatch;
use crate::base::text::clip;
use crate::domain::job::ExecutionId;
use crate::domain::time::{Ms, Span};
use crate::pipeline::subtitle::onlooker::{Onlooker, Said, SaidLine};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Lines that are kept of an execution.
const LINES_MAX: usize = 50;
/// Characters of a text that are kept.
const TEXT_CHARS_MAX: usize = 400;
/// Executions of which lines are kept; of more, those that rest longest are forgotten first.
const SLATES_MAX: usize = 32;
/// How long lines are kept when no step tells more.
const KEPT: Duration = Duration::from_secs(60);

/// The lines of all executions, shared by who tells them and who looks.
#[derive(Debug)]
pub struct Slates {
    all: Mutex<All>,
    clock: Stopwatch,
}

#[derive(Debug, Default)]
struct All {
    /// The number that was given last.
    last: u64,
    lines: BTreeMap<ExecutionId, Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    lines: VecDeque<SlateLine>,
    /// Since when no step tells more, since the start; `None` while one may.
    rests: Option<Duration>,
}

/// A line that was heard or translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlateLine {
    /// Grows with every line, and with every change of one.
    pub number: u64,
    /// The number the line had at first.
    pub line: u64,
    /// When it is said.
    pub span: Span,
    /// Its language, BCP 47, and its text; `None` where only the translation was heard.
    pub original: Option<(String, String)>,
    /// The language it is translated to, and the translation.
    pub translation: Option<(String, String)>,
}

/// What is told of an execution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlateView {
    /// The lines, in the order of their numbers.
    pub lines: Vec<SlateLine>,
    /// The number to ask after next time.
    pub last: u64,
}

impl Default for Slates {
    fn default() -> Slates {
        Slates { all: Mutex::default(), clock: Stopwatch::start() }
    }
}

impl Slates {
    /// What came after a number; after one that was not given yet, everything: whoever asks knows another Kinora.
    pub fn after(&self, execution: ExecutionId, after: u64) -> SlateView {
        self.sweep();
        let all = self.all();
        let after = if after <= all.last { after } else { 0 };
        let lines = all.lines.get(&execution).map(|it| it.lines.iter());
        let new = lines.into_iter().flatten().filter(|it| after < it.number);
        let mut lines: Vec<SlateLine> = new.cloned().collect();
        lines.sort_by_key(|it| it.number);
        SlateView { lines, last: all.last }
    }

    /// Where a step of this execution tells its lines.
    pub(super) fn slate(&self, execution: ExecutionId) -> Slate<'_> {
        self.sweep();
        if let Some(lines) = self.all().lines.get_mut(&execution) {
            lines.rests = None;
        }
        Slate { slates: self, execution }
    }

    /// Forgets what nobody tells more of.
    pub(super) fn sweep(&self) {
        self.sweep_at(self.clock.elapsed());
    }

    fn sweep_at(&self, now: Duration) {
        let fresh = |it: &Lines| it.rests.is_none_or(|since| now.saturating_sub(since) < KEPT);
        self.all().lines.retain(|_, it| fresh(it));
    }

    fn tell(&self, execution: ExecutionId, line: &SaidLine<'_>) {
        let mut all = self.all();
        let All { last, lines } = &mut *all;
        *last += 1;
        if !lines.contains_key(&execution) && SLATES_MAX <= lines.len() {
            let rests = |it: &Lines| it.rests.unwrap_or(Duration::MAX);
            let oldest = lines.iter().min_by_key(|it| rests(it.1)).map(|it| *it.0);
            oldest.map(|it| lines.remove(&it));
        }
        let slate = lines.entry(execution).or_default();
        slate.rests = None;
        if line.original.is_none()
            && let Some(said) = line.translation
            && let Some(there) = slate.heard_at(line.span)
        {
            there.number = *last;
            let (_, text) =
                there.translation.get_or_insert_with(|| (said.language.to_owned(), String::new()));
            let space = if text.is_empty() { "" } else { " " };
            *text = clip(&format!("{text}{space}{}", said.text), TEXT_CHARS_MAX);
            return;
        }
        if LINES_MAX <= slate.lines.len() {
            slate.lines.pop_front();
        }
        slate.lines.push_back(SlateLine {
            number: *last,
            line: *last,
            span: line.span,
            original: line.original.map(kept),
            translation: line.translation.map(kept),
        });
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kept(said: Said<'_>) -> (String, String) {
    (said.language.to_owned(), clip(said.text, TEXT_CHARS_MAX))
}

impl Lines {
    /// The line that was heard most at that time.
    fn heard_at(&mut self, span: Span) -> Option<&mut SlateLine> {
        let common = |it: &SlateLine| it.span.end.min(span.end) - it.span.start.max(span.start);
        let heard = self.lines.iter_mut().filter(|it| it.original.is_some());
        heard.filter(|it| Ms(0) < common(it)).max_by_key(|it| common(it))
    }
}

/// Where a step tells its lines; when it is dropped the step has ended.
pub(super) struct Slate<'a> {
    slates: &'a Slates,
    execution: ExecutionId,
}

impl Onlooker for Slate<'_> {
    fn told(&self, line: &SaidLine<'_>) {
        self.slates.tell(self.execution, line);
    }
}

impl Drop for Slate<'_> {
    fn drop(&mut self) {
        let now = self.slates.clock.elapsed();
        if let Some(lines) = self.slates.all().lines.get_mut(&self.execution) {
            lines.rests = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: ExecutionId = ExecutionId(7);

    fn heard(slate: &Slate<'_>, start: i64, text: &str) {
        let original = Some(Said { language: "ja", text });
        slate.told(&SaidLine { span: Span::new(start, start + 900), original, translation: None });
    }

    fn meant(slate: &Slate<'_>, start: i64, text: &str) {
        let translation = Some(Said { language: "en", text });
        slate.told(&SaidLine { span: Span::new(start, start + 900), original: None, translation });
    }

    #[test]
    fn only_what_is_new_is_told_and_a_translation_comes_to_its_line() {
        let slates = Slates::default();
        let slate = slates.slate(JOB);
        heard(&slate, 0, "はい");
        heard(&slate, 1000, "いいえ");
        let first = slates.after(JOB, 0);
        assert_eq!((first.lines.len(), first.last), (2, 2));
        assert_eq!(slates.after(JOB, 2).lines, []);
        meant(&slate, 100, "Yes,");
        meant(&slate, 200, "sir.");
        meant(&slate, 5000, "Nobody was heard there.");
        let new = slates.after(JOB, first.last);
        let told: Vec<_> = new.lines.iter().map(|it| (it.number, it.line)).collect();
        assert_eq!(told, [(4, 1), (5, 5)]);
        let of = |it: &SlateLine| it.translation.clone().unwrap().1;
        assert_eq!(of(&new.lines[0]), "Yes, sir.");
        assert_eq!(new.lines[1].original, None);
        assert_eq!(slates.after(JOB, 99).lines.len(), 3, "of another Kinora: everything");
        assert_eq!(slates.after(ExecutionId(8), 0).lines, []);
    }

    #[test]
    fn it_is_bounded_and_forgotten_soon_after_the_step() {
        let slates = Slates::default();
        let now = || slates.clock.elapsed();
        let slate = slates.slate(JOB);
        for second in 0..200 {
            heard(&slate, second * 1000, &"long ".repeat(1000));
        }
        let kept = slates.after(JOB, 0).lines;
        assert_eq!((kept.len(), kept[0].number), (LINES_MAX, 151));
        let text = &kept[0].original.as_ref().unwrap().1;
        assert!(text.chars().count() <= TEXT_CHARS_MAX + 1, "{}", text.len());
        slates.sweep_at(now() + KEPT * 9);
        assert_eq!(slates.after(JOB, 0).lines.len(), LINES_MAX, "the step goes on");
        drop(slate);
        assert_eq!(slates.after(JOB, 0).lines.len(), LINES_MAX, "a while");
        slates.sweep_at(now() + KEPT);
        assert!(slates.all().lines.is_empty());

        let running: Vec<Slate<'_>> = (0..2).map(|it| slates.slate(ExecutionId(it))).collect();
        running.iter().for_each(|it| heard(it, 0, "x"));
        for number in 10..100 {
            heard(&slates.slate(ExecutionId(number)), 0, "x");
        }
        assert_eq!(slates.all().lines.len(), SLATES_MAX);
        assert!(running.iter().all(|it| !slates.after(it.execution, 0).lines.is_empty()));
    }
}
