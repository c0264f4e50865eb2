//! Which windows are heard now and which later, where somebody watches: what lies ahead of the viewer goes first.
//!
//! Windows come in the order of the film, in one pass after the other. One that ends before the viewer's place is put
//! off; who jumps back into what was put off turns the pass back. The pass in which none is put off hears all of the
//! film in its order, mostly from memory, and only that one makes the transcript: so it is the same whoever watched.

use crate::domain::time::{Ms, Span};
use std::collections::BTreeSet;

/// So much before the viewer's place is heard too: who jumps back a little finds it.
const LEAD: Ms = Ms(20_000);
/// Passes at most; the last one hears what is left, wherever a viewer is.
const PASSES_MAX: u32 = 24;

/// The windows of a film, as far as they came by.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Put off, and not heard since.
    later: BTreeSet<Span>,
    /// Heard in one of the passes.
    heard: BTreeSet<Span>,
    /// A pass came to the film's end.
    whole: bool,
    passes: u32,
    /// This pass put one off.
    puts_off: bool,
    /// Where the last window of this pass began.
    at: Option<Ms>,
}

impl Turns {
    /// A pass begins with the film's first window.
    pub(super) fn begin(&mut self) {
        self.passes += 1;
        (self.puts_off, self.at) = (false, None);
    }

    /// True where the next window is heard now. `known` tells whether it was heard in an earlier run.
    ///
    /// # Errors
    /// Where `known` fails.
    pub(super) fn is_now<E>(
        &mut self,
        window: Span,
        place: Option<Ms>,
        known: impl FnOnce() -> Result<bool, E>,
    ) -> Result<bool, E> {
        self.at = Some(window.start);
        let passed = |place: Ms| window.end <= place - LEAD && self.is_wanted_from(place - LEAD);
        let put_off = self.followed(place).is_some_and(passed);
        if put_off && !self.heard.contains(&window) && !known()? {
            self.later.insert(window);
            self.puts_off = true;
            return Ok(false);
        }
        self.later.remove(&window);
        self.heard.insert(window);
        Ok(true)
    }

    /// True where the viewer is now in what this pass put off, or before it.
    pub(super) fn turns_back(&self, place: Option<Ms>) -> bool {
        let (Some(place), Some(at)) = (self.followed(place), self.at) else { return false };
        self.later.iter().any(|it| place < it.end && it.start < at)
    }

    /// The pass is over, at the film's end or before it. True where it heard everything.
    pub(super) fn end(&mut self, at_the_end: bool) -> bool {
        self.whole |= at_the_end;
        at_the_end && !self.puts_off
    }

    /// How much was put off and waits.
    pub(super) fn waiting(&self) -> Ms {
        Ms(self.later.iter().map(|it| it.len().0).sum())
    }

    /// The place, as long as it may still change the order.
    fn followed(&self, place: Option<Ms>) -> Option<Ms> {
        place.filter(|_| self.passes < PASSES_MAX)
    }

    /// Something from there on was not heard yet.
    fn is_wanted_from(&self, from: Ms) -> bool {
        !self.whole || self.later.last().is_some_and(|it| from < it.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What came of a film.
    struct Played {
        /// Windows in the order in which they were heard.
        heard: Vec<usize>,
        /// The windows of the pass that made the transcript.
        transcript: Vec<usize>,
        passes: u32,
    }

    fn windows(count: i64) -> Vec<Span> {
        (0..count).map(|it| Span::new(it * 15_000, it * 15_000 + 14_000)).collect()
    }

    /// Plays a film while a viewer is at these places, one a window that comes by, the last one for good.
    fn play(windows: &[Span], places: &[Option<Ms>], known: &BTreeSet<usize>) -> Played {
        let (mut turns, mut memory) = (Turns::default(), known.clone());
        let mut places = places.iter().copied();
        let mut place = None;
        let mut heard = Vec::new();
        loop {
            turns.begin();
            let mut transcript = Vec::new();
            let mut back = false;
            for (number, window) in windows.iter().enumerate() {
                place = places.next().unwrap_or(place);
                back = turns.turns_back(place);
                if back {
                    break;
                }
                let is_known = || Ok::<_, ()>(memory.contains(&number));
                if turns.is_now(*window, place, is_known).unwrap() {
                    transcript.push(number);
                    if memory.insert(number) {
                        heard.push(number);
                    }
                }
            }
            if turns.end(!back) {
                assert_eq!(turns.waiting(), Ms(0));
                return Played { heard, transcript, passes: turns.passes };
            }
        }
    }

    #[test]
    fn what_lies_ahead_of_the_viewer_is_heard_first() {
        let film = windows(10);
        let at = |ms: i64| [Some(Ms(ms))];
        let none = BTreeSet::new();
        for (places, expected, passes) in [
            (vec![None], "0123456789", 1),
            (at(0).to_vec(), "0123456789", 1),
            // 80 s, less the lead, is in window 4.
            (at(80_000).to_vec(), "4567890123", 2),
            // Behind the film's end nothing is left to be heard first.
            (at(900_000).to_vec(), "0123456789", 2),
            // A jump ahead, and a viewer who goes away.
            ([vec![Some(Ms(30_000)); 4], vec![Some(Ms(125_000))]].concat(), "0123789456", 2),
            ([vec![Some(Ms(80_000)); 2], vec![None]].concat(), "2345678901", 2),
            // Back into what was put off, when window 6 would be next; and back by less than the lead.
            ([vec![Some(Ms(80_000)); 6], vec![Some(Ms(50_000))]].concat(), "4523678901", 3),
            ([vec![Some(Ms(80_000)); 6], vec![Some(Ms(65_000))]].concat(), "4567893012", 3),
            // Back while the rest is heard, when window 1 would be next.
            ([vec![Some(Ms(80_000)); 11], vec![Some(Ms(50_000))]].concat(), "4567890231", 3),
        ] {
            let played = play(&film, &places, &none);
            let heard: String = played.heard.iter().map(ToString::to_string).collect();
            assert_eq!((heard.as_str(), played.passes), (expected, passes), "{places:?}");
        }
    }

    #[test]
    fn what_was_heard_in_an_earlier_run_is_not_put_off() {
        let known: BTreeSet<usize> = (0..4).collect();
        let played = play(&windows(10), &[Some(Ms(80_000))], &known);
        assert_eq!((played.heard, played.passes), ((4..10).collect(), 1));
    }

    proptest! {
        #[test]
        fn wherever_a_viewer_is_all_is_heard_once_and_the_transcript_is_the_same(
            count in 0..40i64,
            places in prop::collection::vec(prop::option::of(-5_000..700_000i64), 0..400),
            known in prop::collection::btree_set(0..40usize, 0..40),
        ) {
            let film = windows(count);
            let places: Vec<Option<Ms>> = places.into_iter().map(|it| it.map(Ms)).collect();
            let known: BTreeSet<usize> = known.into_iter().filter(|it| *it < film.len()).collect();
            let played = play(&film, &places, &known);
            let all: Vec<usize> = (0..film.len()).collect();
            prop_assert_eq!(&played.transcript, &all);
            let mut heard = played.heard;
            heard.sort_unstable();
            let missing: Vec<usize> = all.into_iter().filter(|it| !known.contains(it)).collect();
            prop_assert_eq!(heard, missing);
            prop_assert!(played.passes <= PASSES_MAX);
        }
    }
}
