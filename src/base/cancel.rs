//! A flag that asks long work to stop; cheap to look at, shared by all threads of one run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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

    /// The flag itself, for a signal handler that may only store to an atomic.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
