//! Writers go on while it is copied: what comes back is the store of one moment.

use crate::store_story::{heard, started, wish};
use kinora::domain::change::{Activity, ActivityKind, Counter};
use kinora::domain::fault::Fault;
use kinora::store::{Hold, Rebuild, RowSink, Store, StoreFile, Write};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const WRITERS: u64 = 2;
const COPIES: usize = 6;
/// Each writer is this far before the first copy, and gets further between two of them.
const STEPS_BETWEEN: u64 = 15;

/// A copy in memory. At the beginning of each table it waits until writers got on.
struct Kept<'a> {
    tables: BTreeMap<String, Vec<u8>>,
    now: String,
    written: &'a AtomicU64,
}

impl RowSink for Kept<'_> {
    fn total(&mut self, rows: u64) -> Result<(), Fault> {
        assert!(rows > 0);
        Ok(())
    }
    fn begin(&mut self, table: &str) -> Result<(), Fault> {
        let before = self.written.load(Ordering::SeqCst);
        while self.written.load(Ordering::SeqCst) == before {
            std::thread::yield_now();
        }
        self.now = table.to_owned();
        Ok(())
    }
    fn piece(&mut self, bytes: &[u8], _: u64) -> Result<(), Fault> {
        self.tables.entry(self.now.clone()).or_default().extend_from_slice(bytes);
        Ok(())
    }
    fn end(&mut self, _: u64) -> Result<(), Fault> {
        Ok(())
    }
}

fn key(writer: u64, number: u64) -> [u8; 32] {
    *blake3::hash(&[writer.to_le_bytes(), number.to_le_bytes()].concat()).as_bytes()
}

/// One step of a writer, all of it in one transaction: a job that starts, a window, a sentence.
fn step(store: &Store, writer: u64, number: u64) {
    let film = writer * 1_000_000 + number;
    let wished = Write::Wish { wish: wish(film), at_unix_ms: number };
    let window = Write::Window {
        key: key(writer, number),
        heard: heard(&format!("{writer} {number}")),
        at_unix_ms: number,
        of: None,
    };
    let told = Write::Tell(Activity {
        at_unix_ms: number,
        kind: ActivityKind::Scanned,
        execution: None,
        path: None,
        text: format!("{writer} {number}"),
    });
    let answers = store.commit(&[wished, window, told]).unwrap();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    if let Ok(kinora::store::Wrote::Wished { execution, .. }) = &answers[0] {
        store.commit(&[started(execution.0, "cpu", number)]).unwrap();
    }
}

#[test]
fn a_copy_is_a_prefix_of_what_writers_did() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreFile::Daemon).unwrap();
    let (written, ended) = (AtomicU64::new(0), AtomicBool::new(false));
    let copies = std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (store, written, ended) = (&store, &written, &ended);
            scope.spawn(move || {
                for number in 0.. {
                    if ended.load(Ordering::SeqCst) {
                        break;
                    }
                    step(store, writer, number);
                    written.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let mut copies = Vec::new();
        for copy in 0..COPIES as u64 {
            while written.load(Ordering::SeqCst) < (copy + 1) * STEPS_BETWEEN {
                std::thread::yield_now();
            }
            let mut kept = Kept { tables: BTreeMap::new(), now: String::new(), written: &written };
            let before = written.load(Ordering::SeqCst);
            let schema = store.copy_to(&mut kept);
            copies.push((before, schema, kept.tables));
        }
        ended.store(true, Ordering::SeqCst);
        copies
    });
    let mut last = [0; WRITERS as usize];
    for (before, schema, tables) in copies {
        let far = came_back(schema.unwrap(), &tables);
        for (writer, (far, last)) in far.iter().zip(last).enumerate() {
            assert!(last < *far, "writer {writer} went back from {last} to {far}");
        }
        assert!(before <= far.iter().sum::<u64>(), "what was told durable before is in it");
        last = far;
    }
}

/// How far each writer is in the store of a copy, which must be whole.
fn came_back(schema: u64, tables: &BTreeMap<String, Vec<u8>>) -> [u64; WRITERS as usize] {
    let folder = tempfile::tempdir().unwrap();
    let mut rebuild = Rebuild::begin(folder.path(), schema).unwrap();
    for (name, bytes) in tables {
        rebuild.table(name, &mut bytes.as_slice()).unwrap();
    }
    let rebuilt = rebuild.finish().unwrap();
    assert_eq!(rebuilt.problems(), []);
    rebuilt.put(&Hold::take(folder.path()).unwrap(), &folder.path().join("none")).unwrap();
    let store = Store::open(folder.path(), StoreFile::Daemon).unwrap();
    assert_eq!(store.check(), Ok(Vec::new()));
    let told: Vec<String> =
        store.activity(usize::MAX).unwrap().into_iter().map(|it| it.text).collect();
    let mut far = [0; WRITERS as usize];
    for (writer, far) in (0..).zip(&mut far) {
        let of = |number: &u64| told.contains(&format!("{writer} {number}"));
        *far = (0..).take_while(of).count() as u64;
        for number in 0..*far {
            assert!(store.window(&key(writer, number)).unwrap().is_some(), "{writer} {number}");
        }
        assert_eq!(store.window(&key(writer, *far)).unwrap(), None, "not a step without the rest");
    }
    let all = far.iter().sum::<u64>();
    assert_eq!(told.len() as u64, all, "no step is left out");
    assert_eq!(store.total(Counter::WindowsHeard).unwrap(), all);
    assert_eq!(store.counts().unwrap().values().sum::<u64>(), all);
    far
}
