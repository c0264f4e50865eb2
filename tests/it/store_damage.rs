//! A store that is damaged in every way that can be thought of: `check` tells it, and `repair` mends what it can.

use crate::house::{FAILED, GOOD, House, finish};
use crate::store_fixtures::fixture_copy;
use crate::store_story::page;
use kinora::domain::fault::Fault;
use kinora::store::{Mend, Problem, Store, StoreFile};
use redb::{Database, Key, ReadableTable, TableDefinition, Value, WriteTransaction};
use std::panic::catch_unwind;
use std::path::Path;

type Damage = fn(&WriteTransaction);

const EXECUTIONS: TableDefinition<u64, &[u8]> = TableDefinition::new("executions");
const EVENTS: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("events");
const RECORDS: TableDefinition<(u64, u8), &[u8]> = TableDefinition::new("records");
const SUMMARIES: TableDefinition<u64, &[u8]> = TableDefinition::new("summaries");
const JOBS: TableDefinition<u64, &[u8]> = TableDefinition::new("jobs");
const JOB_KEYS: TableDefinition<&[u8; 32], u64> = TableDefinition::new("job_keys");
const JOB_EXECUTIONS: TableDefinition<(u64, u64), ()> = TableDefinition::new("job_executions");
const BY_STATUS: TableDefinition<(u8, u64), ()> = TableDefinition::new("by_status");
const COUNTS: TableDefinition<u8, u64> = TableDefinition::new("counts");
const TOTALS: TableDefinition<&str, u64> = TableDefinition::new("totals");
const AGES: TableDefinition<(u64, &[u8; 32]), ()> = TableDefinition::new("transcript_ages");
const DIGESTS: TableDefinition<&[u8; 32], u64> = TableDefinition::new("audio_digests");
const WINDOWS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("windows");
const PUBLISHED: TableDefinition<&[u8], &[u8]> = TableDefinition::new("published");
const SEEN: TableDefinition<(u64, u64, u64, i128), &[u8]> = TableDefinition::new("seen");
const SPEECH: TableDefinition<[u8; 32], &[u8]> = TableDefinition::new("speech");
const PLACED: TableDefinition<(u64, u64, u64, i128), &[u8]> = TableDefinition::new("placed");
const LIBRARIES: TableDefinition<&str, &[u8]> = TableDefinition::new("libraries");

/// Execution 1 of the fixture is done, 5 is ready; job 3 has the executions 3, 4 and 5.
const LAST_ENTRY: u32 = 21;
/// A record of one byte.
const BODY: &[u8] = &[1, 5, 0, 1, 7];
const GARBAGE: &[u8] = &[1, 0xFF];
/// The same of a row that has its second version.
const GARBAGE_2: &[u8] = &[2, 0xFF];

fn put<K: Key, V: Value>(
    within: &WriteTransaction,
    table: TableDefinition<K, V>,
    key: K::SelfType<'_>,
    value: V::SelfType<'_>,
) {
    within.open_table(table).unwrap().insert(key, value).unwrap();
}

fn remove<K: Key, V: Value>(
    within: &WriteTransaction,
    table: TableDefinition<K, V>,
    key: K::SelfType<'_>,
) {
    let mut table = within.open_table(table).unwrap();
    assert!(table.remove(key).unwrap().is_some(), "the fixture has it");
}

fn damaged(folder: &Path, damage: Damage) -> Store {
    let path = folder.join(StoreFile::Daemon.name());
    std::fs::rename(fixture_copy(3, folder), &path).unwrap();
    let db = Database::open(&path).unwrap();
    let within = db.begin_write().unwrap();
    damage(&within);
    within.commit().unwrap();
    drop(db);
    Store::open(folder, StoreFile::Daemon).unwrap()
}

fn tells(problems: &[Problem], mend: Mend, what: &str) -> bool {
    problems.iter().any(|it| it.mend == mend && it.what.contains(what))
}

#[test]
fn what_can_be_derived_is_mended() {
    let cases: &[(&str, Damage)] = &[
        ("execution 5 is not listed as Ready", |it| remove(it, BY_STATUS, (0, 5))),
        ("`by_status` has 9 rows", |it| put(it, BY_STATUS, (3, 1), ())),
        ("7 executions are counted Done, not 2", |it| put(it, COUNTS, 4, 7)),
        ("executions are counted Ready, not 1", |it| remove(it, COUNTS, 0)),
        ("execution 1 is not what its log tells", |it| remove(it, EXECUTIONS, 1)),
        ("execution 1 is not what its log tells", |it| put(it, EXECUTIONS, 1, GARBAGE)),
        ("execution 1 is not what its log tells", |it| {
            let mut table = it.open_table(EXECUTIONS).unwrap();
            let other = table.get(8).unwrap().unwrap().value().to_vec();
            table.insert(1, other.as_slice()).unwrap();
        }),
        ("job 1 is not found by its key", |it| {
            remove(it, JOB_KEYS, blake3::hash(&1u64.to_le_bytes()).as_bytes());
        }),
        ("job 1 is not found by its key", |it| {
            put(it, JOB_KEYS, blake3::hash(&1u64.to_le_bytes()).as_bytes(), 2);
        }),
        ("there are 7 keys for 6 jobs", |it| put(it, JOB_KEYS, &[1; 32], 1)),
        ("execution 4 is not listed with its job", |it| remove(it, JOB_EXECUTIONS, (3, 4))),
        ("job 3 points at an older execution", |it| put(it, JOB_EXECUTIONS, (3, 99), ())),
        ("windows_heard is 2, but there are 3", |it| put(it, TOTALS, "windows_heard", 2)),
        ("steps_succeeded is 0, but there are 7", |it| remove(it, TOTALS, "steps_succeeded")),
        ("steps_failed is 1, but there are 3", |it| put(it, TOTALS, "steps_failed", 1)),
        ("execution 1 ended and kept record 2", |it| put(it, RECORDS, (1, 2), BODY)),
        ("record 3 belongs to no execution (99)", |it| put(it, RECORDS, (99, 3), BODY)),
        ("a summary belongs to no execution (99)", |it| {
            let mut table = it.open_table(SUMMARIES).unwrap();
            let summary = table.get(1).unwrap().unwrap().value().to_vec();
            table.insert(99, summary.as_slice()).unwrap();
        }),
        ("a transcript is not listed by its age", |it| remove(it, AGES, (20, &[0xB0; 32]))),
        ("2 ages are listed for 1 transcripts", |it| put(it, AGES, (7, &[0xB0; 32]), ())),
        ("the list of known audio is wrong", |it| remove(it, DIGESTS, &[0xA0; 32])),
        ("the list of known audio is wrong", |it| put(it, DIGESTS, &[0xA0; 32], 2)),
        ("a row of `windows` is damaged", |it| put(it, WINDOWS, &[77], GARBAGE)),
        ("a row of `seen` is damaged", |it| put(it, SEEN, (9, 9, 9, -9), GARBAGE)),
        ("a row of `speech` is damaged", |it| put(it, SPEECH, [9; 32], GARBAGE)),
        ("a row of `placed` is damaged", |it| put(it, PLACED, (9, 9, 9, -9), GARBAGE)),
        ("a row of `libraries` is damaged", |it| put(it, LIBRARIES, "other", GARBAGE)),
    ];
    let folder = tempfile::tempdir().unwrap();
    let whole = page(&damaged(folder.path(), |_| {}));
    for (what, damage) in cases {
        let mut store = damaged(folder.path(), *damage);
        let found = store.check().unwrap();
        assert!(tells(&found, Mend::Possible, what), "{what}: {found:#?}");
        let done = store.repair().unwrap();
        assert!(tells(&done, Mend::Done, what), "{what}: {done:#?}");
        assert!(done.iter().all(|it| it.mend == Mend::Done), "{what}: {done:#?}");
        assert_eq!(store.check(), Ok(Vec::new()), "{what}");
        let record_gone = what.contains("kept record");
        assert!(record_gone || page(&store) == whole, "{what}: {}", page(&store));
        assert_eq!(store.repair(), Ok(Vec::new()), "{what}");
    }
}

#[test]
fn what_cannot_be_derived_is_told_and_left() {
    let cases: &[(&str, Damage)] = &[
        ("execution 1 makes no sense: its entry 3 is missing", |it| remove(it, EVENTS, (1, 3))),
        ("execution 1 makes no sense: its beginning is missing", |it| remove(it, EVENTS, (1, 0))),
        ("execution 1 makes no sense: its entry 4 is a row", |it| put(it, EVENTS, (1, 4), GARBAGE)),
        ("the log of execution 1 has 21 of 22 entries", |it| remove(it, EVENTS, (1, LAST_ENTRY))),
        ("execution 8 has no log", |it| {
            remove(it, EVENTS, (8, 0));
            remove(it, EVENTS, (8, 1));
        }),
        ("job 1 of execution 1 is missing", |it| remove(it, JOBS, 1)),
        ("job 1 cannot be read", |it| put(it, JOBS, 1, GARBAGE_2)),
        ("job 1 cannot be read", |it| put(it, JOBS, 1, &[1, 0])),
        ("record 0 of execution 1 is a row", |it| put(it, RECORDS, (1, 0), GARBAGE)),
        ("the summary of execution 1 is a row", |it| put(it, SUMMARIES, 1, GARBAGE)),
        ("a row of `published` is damaged", |it| put(it, PUBLISHED, b"/a.srt", &[2, 0xff])),
        ("a row of `windows` is of another format (9)", |it| put(it, WINDOWS, &[77], &[9, 0])),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (what, damage) in cases {
        let mut store = damaged(folder.path(), *damage);
        let found = store.check().unwrap();
        assert!(tells(&found, Mend::Impossible, what), "{what}: {found:#?}");
        let told = store.repair().unwrap();
        assert!(tells(&told, Mend::Impossible, what), "{what}: {told:#?}");
        assert_eq!(store.active().unwrap().len(), 3, "{what}: the rest goes on");
        let told = told.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(told.contains("restore a backup"), "{told}");
    }
}

/// One byte is changed, anywhere: it is told, or it stood where nothing is. Nobody panics.
#[test]
fn a_changed_byte_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(StoreFile::Daemon.name());
    let whole = std::fs::read(fixture_copy(3, folder.path())).unwrap();
    let (mut told, mut harmless) = (0, 0);
    for at in (0..whole.len()).step_by(1_499) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        std::fs::write(&path, &bytes).unwrap();
        let inspected = catch_unwind(|| Store::inspect(folder.path(), StoreFile::Daemon));
        match inspected.unwrap_or_else(|_| panic!("byte {at} makes it panic")) {
            Err(fault) => {
                assert!(fault.what.contains("kinora.redb"), "byte {at}: {fault}");
                told += 1;
            }
            Ok(store) => {
                assert_eq!(store.check(), Ok(Vec::new()), "byte {at}");
                harmless += 1;
            }
        }
    }
    // Most of the file is free.
    assert!(told > 0 && harmless > 0, "{told} told, {harmless} harmless");
}

/// A page that is damaged where an ordinary start does not look is found by `kinora check`, which says so and fails.
#[test]
fn a_damaged_page_that_nobody_reads_is_found_by_check() {
    let house = House::new();
    let data = house.aside("data");
    std::fs::create_dir(&data).unwrap();
    let path = data.join(StoreFile::Daemon.name());
    let whole = std::fs::read(fixture_copy(3, &data)).unwrap();
    let write_damaged = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        std::fs::write(&path, bytes).unwrap();
    };
    let hidden = |at: &usize| {
        let opens = |open: fn(&Path, StoreFile) -> Result<Store, Fault>| {
            write_damaged(*at);
            catch_unwind(|| open(&data, StoreFile::Daemon).is_ok()).unwrap_or(false)
        };
        opens(Store::open) && !opens(Store::inspect)
    };
    let at = (0..whole.len()).step_by(499).find(hidden).unwrap();
    for args in [&["check"][..], &["check", "--json"], &["check", "--repair"]] {
        write_damaged(at);
        let told = finish(house.dressed(env!("CARGO_BIN_EXE_kinora")).args(args));
        assert_eq!(told.code, Some(FAILED), "{told:?}");
        assert!(told.err.contains("kinora.redb is damaged; restore a backup"), "{told:?}");
        assert_eq!(told.out, "");
    }
    std::fs::write(&path, &whole).unwrap();
    let told = finish(house.dressed(env!("CARGO_BIN_EXE_kinora")).arg("check"));
    assert_eq!(told.code, Some(GOOD), "{told:?}");
}
