//! What writes do to jobs and executions, and what can be asked of them afterwards.

use crate::powercut::Disk;
use crate::store_story::{event, heard, seen, started, succeeded, wish};
use kinora::domain::change::{Change, Counter};
use kinora::domain::execution::{Ending, Event, Next, ParkedWhy, PutBack, State, Step, Then};
use kinora::domain::fault::Fault;
use kinora::domain::job::{ExecutionId, Fingerprint, JobId, Rank, Wish};
use kinora::domain::library::{FileId, Placed};
use kinora::store::{ListQuery, Refused, RowStatus, Store, Wished, Write, Wrote};
use proptest::prelude::*;
use std::path::PathBuf;

const DETECT: Next = Next::Step(Step::Detect);
const END: Next = Next::End(Ending::Written);

fn store() -> Store {
    Store::on(Disk::default()).unwrap()
}

/// One write; it must not be refused.
fn done(store: &Store, write: Write) -> Wrote {
    store.commit(&[write]).unwrap().remove(0).unwrap()
}

fn wished(store: &Store, wish: Wish) -> (u64, u64, Wished) {
    let wrote = done(store, Write::Wish { wish, at_unix_ms: 1 });
    let Wrote::Wished { job, execution, what } = wrote else { panic!("{wrote:?}") };
    (job.0, execution.0, what)
}

fn parked() -> Event {
    let fault = Fault::operator("it is no video", "delete it");
    Event::Failed { fault, then: Then::Park(ParkedWhy::NeedsPerson) }
}

#[test]
fn wishing_twice_is_wishing_once() {
    let store = store();
    let again = || Wish { again: true, ..wish(1) };
    let changed = || Wish { fingerprint: Fingerprint([1; 32]), ..wish(1) };
    assert_eq!(wished(&store, wish(1)), (1, 1, Wished::New));
    assert_eq!(wished(&store, wish(2)), (2, 2, Wished::New));
    assert_eq!(wished(&store, wish(1)), (1, 1, Wished::Left));
    assert_eq!(wished(&store, again()), (1, 1, Wished::Left));
    done(&store, started(1, "cpu", 2));
    done(&store, event(1, parked(), 3));
    assert_eq!(wished(&store, wish(1)), (1, 1, Wished::Left));
    assert_eq!(wished(&store, again()), (1, 1, Wished::Retried));
    let cancelled = ExecutionId(1);
    assert_eq!(wished(&store, changed()), (1, 3, Wished::Superseded { cancelled }));
    assert_eq!(store.execution(cancelled).unwrap().unwrap().execution.state, State::Cancelled);
    done(&store, started(3, "cpu", 4));
    done(&store, succeeded(3, END, Vec::new(), 5));
    assert_eq!(wished(&store, changed()), (1, 3, Wished::Left));
    assert_eq!(wished(&store, wish(1)), (1, 4, Wished::New));
    assert_eq!(store.executions_of(JobId(1)).unwrap(), [1, 3, 4].map(ExecutionId));
    let job = store.job(JobId(1)).unwrap().unwrap();
    assert_eq!((job.latest, job.fingerprint), (ExecutionId(4), Fingerprint([0; 32])));
    // Both in one batch: the second one sees the first.
    let twice = || Write::Wish { wish: wish(3), at_unix_ms: 9 };
    let answers = store.commit(&[twice(), twice()]).unwrap();
    let what = |it: &Result<Wrote, Refused>| {
        let Ok(Wrote::Wished { what, .. }) = it else { panic!("{it:?}") };
        *what
    };
    assert_eq!(answers.iter().map(what).collect::<Vec<_>>(), [Wished::New, Wished::Left]);
    assert_eq!(store.check(), Ok(Vec::new()));
}

#[test]
fn a_write_is_refused_alone_and_nothing_is_synced_for_nothing() {
    let disk = Disk::default();
    let store = Store::on(disk.clone()).unwrap();
    wished(&store, wish(1));
    let Write::Event { done: leaves, .. } = succeeded(1, END, Vec::new(), 4) else { panic!() };
    let contradiction = Write::Event {
        execution: ExecutionId(1),
        event: Event::Succeeded { next: DETECT },
        at_unix_ms: 4,
        done: leaves,
    };
    let late = event(1, Event::GotOn, 2);
    let answers = store
        .commit(&[late.clone(), started(1, "cpu", 3), contradiction, started(9, "cpu", 3)])
        .unwrap();
    assert!(matches!(&answers[0], Err(Refused::Illegal(_))), "{answers:?}");
    assert!(
        matches!(&answers[1], Ok(Wrote::Event(it)) if matches!(it.state, State::Running { .. }))
    );
    assert_eq!(answers[2], Err(Refused::Contradiction(ExecutionId(1))));
    assert_eq!(answers[3], Err(Refused::NoSuchExecution(ExecutionId(9))));
    assert_eq!(store.events(ExecutionId(1)).unwrap().len(), 1);
    assert_eq!(store.records(ExecutionId(1)).unwrap().len(), 0);
    let syncs = disk.syncs();
    let again = Write::Wish { wish: wish(1), at_unix_ms: 5 };
    store.commit(&[started(9, "cpu", 3), again, started(1, "cpu", 3)]).unwrap();
    assert_eq!(disk.syncs(), syncs);
    store.commit(&[event(1, Event::GotOn, 6)]).unwrap();
    assert!(syncs < disk.syncs());
}

#[test]
fn an_execution_that_ended_keeps_what_was_decided_and_drops_the_rest() {
    for (ending, good) in [
        (Event::Cancelled { reason: "no".to_owned() }, false),
        (Event::Succeeded { next: END }, true),
    ] {
        let store = store();
        wished(&store, wish(1));
        done(&store, started(1, "cpu", 2));
        done(&store, succeeded(1, DETECT, Vec::new(), 3));
        done(&store, started(1, "cpu", 4));
        let id = ExecutionId(1);
        assert_eq!(store.record(id, Step::Select).unwrap(), Some(vec![7; 900]));
        let last = if good { succeeded(1, END, Vec::new(), 5) } else { event(1, ending, 5) };
        done(&store, last);
        assert_eq!(store.record(id, Step::Select).unwrap(), None);
        let records = store.records(id).unwrap();
        assert_eq!(records[&Step::Select].notes, ["it was 3"]);
        assert_eq!(records[&Step::Select].at_unix_ms, 3);
        assert_eq!(records.len(), 1 + usize::from(good));
        assert!(records.values().all(|it| it.body.is_empty()));
        assert!(store.summary(id).unwrap().is_some());
        assert_eq!(store.total(Counter::StepsSucceeded), Ok(1 + u64::from(good)));
    }
}

#[test]
fn a_window_forgives_what_was_before() {
    let store = store();
    wished(&store, wish(1));
    let mut number = 0;
    let mut window = || {
        number += 1;
        let of = Some(ExecutionId(1));
        done(&store, Write::Window { key: [number; 32], heard: heard("a"), at_unix_ms: 2, of });
        store.events(ExecutionId(1)).unwrap().len()
    };
    assert_eq!(window(), 0, "it is not running");
    done(&store, started(1, "cpu", 2));
    assert_eq!(window(), 1, "there is nothing to forgive");
    done(&store, event(1, Event::Interrupted { then: Then::RetryAt(0) }, 3));
    done(&store, started(1, "cpu", 4));
    assert_eq!((window(), window()), (4, 4), "it is forgiven once");
    assert_eq!(store.total(Counter::WindowsHeard), Ok(4));
    assert_eq!(store.check(), Ok(Vec::new()));
}

#[test]
fn pages_follow_each_other() {
    let store = store();
    for film in 1..=25 {
        wished(&store, wish(film));
        if film % 3 == 0 {
            done(&store, event(film, Event::Paused, 2));
        }
        if film % 5 == 0 {
            done(&store, event(film, Event::Cancelled { reason: "no".to_owned() }, 3));
        }
    }
    let all = |status, limit| {
        let (mut ids, mut before) = (Vec::new(), None);
        loop {
            let page = store.list(&ListQuery { status, before, limit }).unwrap();
            let Some(last) = page.last() else { return ids };
            assert!(page.len() <= limit);
            before = Some(last.0);
            ids.extend(page.iter().map(|it| it.0.0));
        }
    };
    assert_eq!(all(None, 10), (1..=25).rev().collect::<Vec<_>>());
    assert_eq!(all(Some(RowStatus::Cancelled), 2), [25, 20, 15, 10, 5]);
    assert_eq!(all(Some(RowStatus::Paused), 100), [24, 21, 18, 12, 9, 6, 3]);
    assert_eq!(all(Some(RowStatus::Done), 1), Vec::<u64>::new());
    let active = store.active().unwrap();
    assert!(active.iter().map(|it| it.0.0).eq((1..=25).filter(|it| it % 5 != 0)));
    let counts: Vec<u64> = store.counts().unwrap().into_values().collect();
    assert_eq!(counts, [13, 0, 7, 0, 0, 5]);
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Started { lane: "cpu".to_owned() }),
        1 => Just(Event::GotOn),
        1 => Just(Event::Interrupted { then: Then::RetryAt(5) }),
        1 => Just(Event::PutBack { reason: PutBack::Stuck }),
        1 => Just(Event::Paused),
        2 => Just(Event::Resumed),
        1 => Just(Event::Cancelled { reason: "no".to_owned() }),
        1 => Just(Event::Retried { at_unix_ms: 5 }),
        1 => Just(Event::Moved { rank: Rank { priority: 1, place: 2 } }),
        1 => Just(parked()),
    ]
}

/// Files lie somewhere, and lie elsewhere; what is seen of them is seen anew.
fn any_placing() -> impl Strategy<Value = Write> {
    (0..3u64, 0..4u8, 0..3u8).prop_map(|(inode, name, kind)| {
        let file = FileId { device: 1, inode, size: 1, mtime_ns: -1 };
        let path = |ending| PathBuf::from(format!("/films/{name}.{ending}"));
        let placed = Placed { video: path("mkv"), outputs: vec![path("srt")] };
        let change = match kind {
            0 => return Write::Followed { file, placed, gone: vec![path("srt")], at_unix_ms: 5 },
            1 => Change::Placed { file, placed },
            _ => Change::Seen { file, seen: Box::new(seen()) },
        };
        Write::Change { change, at_unix_ms: 5 }
    })
}

fn any_write() -> impl Strategy<Value = Write> {
    let wishes = (1..4u64, 0..2u8, any::<bool>()).prop_map(|(film, print, again)| {
        let wish = Wish { fingerprint: Fingerprint([print; 32]), again, ..wish(film) };
        Write::Wish { wish, at_unix_ms: 1 }
    });
    let windows = (0..5u8, 1..5u64).prop_map(|(key, of)| {
        let of = Some(ExecutionId(of));
        Write::Window { key: [key; 32], heard: heard("a"), at_unix_ms: 2, of }
    });
    prop_oneof![
        2 => wishes,
        1 => windows,
        1 => any_placing(),
        6 => (1..6u64, any_event()).prop_map(|(id, it)| event(id, it, 3)),
        2 => (1..6u64).prop_map(|id| succeeded(id, DETECT, Vec::new(), 4)),
        1 => (1..6u64).prop_map(|id| succeeded(id, END, Vec::new(), 4)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is written in whatever order: it is refused, or all that is derived comes along.
    #[test]
    fn any_writes_leave_a_store_that_checks(
        batches in prop::collection::vec(prop::collection::vec(any_write(), 1..8), 1..12)
    ) {
        let mut store = store();
        for batch in &batches {
            prop_assert_eq!(store.commit(batch).unwrap().len(), batch.len());
            prop_assert_eq!(store.check(), Ok(Vec::new()));
        }
        let of_status = |it| {
            let query = ListQuery { status: Some(it), before: None, limit: usize::MAX };
            store.list(&query).unwrap().len() as u64
        };
        let counts = store.counts().unwrap();
        prop_assert!(counts.iter().all(|(status, many)| of_status(*status) == *many));
        prop_assert_eq!(store.repair(), Ok(Vec::new()));
    }
}
