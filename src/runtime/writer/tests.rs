//! Many callers share one sync, one caller never waits for others, and what goes wrong is told to all.

use super::*;
use crate::domain::change::{Change, Counter};
use std::sync::atomic::{AtomicUsize, Ordering};

fn count() -> Write {
    let change = Change::Count { counter: Counter::AudioMs, by: 1 };
    Write::Change { change, at_unix_ms: 0 }
}

fn all_well(writes: &[Write]) -> Answers {
    Ok(writes.iter().map(|_| Ok(Wrote::Nothing)).collect())
}

/// A disk that takes 10 ms for a sync.
fn slow(batches: &Arc<AtomicUsize>) -> Writer {
    let batches = Arc::clone(batches);
    Writer::over(move |writes| {
        thread::park_timeout(Duration::from_millis(10));
        batches.fetch_add(1, Ordering::Relaxed);
        all_well(writes)
    })
    .unwrap()
}

#[test]
fn sixteen_callers_share_a_sync() {
    const CALLERS: usize = 16;
    const EACH: usize = 20;
    let batches = Arc::default();
    let writer = slow(&batches);
    let callers = (0..CALLERS).map(|_| {
        let writer = writer.clone();
        thread::spawn(move || (0..EACH).for_each(|_| drop(writer.write(count()).unwrap())))
    });
    callers.collect::<Vec<_>>().into_iter().for_each(|it| it.join().unwrap());
    let batches = batches.load(Ordering::Relaxed);
    // One caller makes 320 syncs; twelve times its rate is at most 26.
    assert!(batches * 12 <= CALLERS * EACH, "{batches} syncs");
}

#[test]
fn one_caller_is_not_kept_waiting() {
    let (asker, _answer) = bounded(1);
    let request = || Request { writes: vec![count()], asker: asker.clone() };
    let (sender, waiting) = bounded(4);
    let hour = Duration::from_secs(3600);
    assert_eq!(gather(&waiting, request(), 1, hour).len(), 1);
    sender.send(request()).unwrap();
    sender.send(request()).unwrap();
    assert_eq!(gather(&waiting, request(), 1, hour).len(), 3, "what waits is taken along");
    sender.send(request()).unwrap();
    assert_eq!(gather(&waiting, request(), 2, hour).len(), 2, "no longer than until all are there");
}

#[test]
fn what_goes_wrong_is_told_and_ends_when_it_ends() {
    let mut tries = 0;
    let writer = Writer::over(move |writes| {
        tries += 1;
        match tries {
            1 => panic!("planned"),
            2 => Err(Fault::operator("the disk is full", "make room")),
            _ => all_well(writes),
        }
    })
    .unwrap();
    let first = writer.write(count()).unwrap_err();
    assert_eq!(first.what, "the store broke off while it wrote");
    assert_eq!(writer.write(count()).unwrap_err().what, "the disk is full");
    assert_eq!(writer.write(count()), Ok(Wrote::Nothing));
}
