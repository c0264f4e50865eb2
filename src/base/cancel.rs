//! A flag that asks long work to stop; cheap to look at, shared by all threads of one run.

use super::clock::Stopwatch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Set once, seen by every clone; never unset.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
    above: Vec<Cancel>,
}

impl Cancel {
    /// A flag of its own for a part of some work: set by itself, and as soon as one of these is. Setting it leaves
    /// these alone.
    pub fn below(above: &[&Cancel]) -> Cancel {
        Cancel { flag: Arc::default(), above: above.iter().map(|it| (*it).clone()).collect() }
    }

    /// Asks all holders of this flag to stop.
    pub fn set(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// True once somebody asked to stop.
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::Relaxed) || self.above.iter().any(Cancel::is_set)
    }

    /// Waits so long, or until somebody asks to stop: false then.
    pub fn wait(&self, duration: Duration) -> bool {
        const LOOK: Duration = Duration::from_millis(100);
        let watch = Stopwatch::start();
        while !self.is_set() {
            let left = duration.saturating_sub(watch.elapsed());
            if left.is_zero() {
                return true;
            }
            std::thread::park_timeout(left.min(LOOK));
        }
        false
    }

    /// The flag itself, for a signal handler that may only store to an atomic.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_what_nobody_wants() {
        let cancel = Cancel::default();
        assert!(cancel.wait(Duration::from_millis(1)));
        cancel.set();
        assert!(!cancel.wait(Duration::from_secs(3600)));
    }

    #[test]
    fn a_part_stops_with_the_whole_and_not_the_other_way_round() {
        let (run, service) = (Cancel::default(), Cancel::default());
        let part = Cancel::below(&[&run, &service]);
        let other = Cancel::below(&[&run]);
        part.set();
        assert!(part.is_set() && !run.is_set() && !other.is_set());
        run.flag().store(true, Ordering::Relaxed);
        assert!(other.is_set() && !service.is_set());
    }
}
