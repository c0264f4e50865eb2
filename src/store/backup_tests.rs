//! Frames are what they say, or told; every table is among those that are copied.

use super::*;
use crate::store::{Rebuild, StoreFile};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use redb::ReadableDatabase;
use std::collections::BTreeMap;

/// Keeps all in memory.
#[derive(Default)]
struct Kept {
    tables: BTreeMap<String, Vec<u8>>,
    now: String,
    rows: u64,
}

impl RowSink for Kept {
    fn total(&mut self, _: u64) -> Result<(), Fault> {
        Ok(())
    }
    fn begin(&mut self, table: &str) -> Result<(), Fault> {
        self.now = table.to_owned();
        assert!(self.tables.insert(self.now.clone(), Vec::new()).is_none(), "{table} comes twice");
        Ok(())
    }
    fn piece(&mut self, bytes: &[u8], _: u64) -> Result<(), Fault> {
        self.tables.entry(self.now.clone()).or_default().extend_from_slice(bytes);
        Ok(())
    }
    fn end(&mut self, rows: u64) -> Result<(), Fault> {
        self.rows += rows;
        Ok(())
    }
}

#[test]
fn every_table_is_copied_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreFile::Daemon).unwrap();
    let mut kept = Kept::default();
    store.copy_to(&mut kept).unwrap();
    let there = store.db.read(|db| {
        let within = db.begin_read()?;
        let names = within.list_tables()?.map(|it| it.name().to_owned());
        Ok(names.filter(|it| it != META.name()).collect::<Vec<_>>())
    });
    let copied: Vec<String> = kept.tables.into_keys().collect();
    assert_eq!(copied, there.unwrap(), "a table that was added must be copied too");
}

/// Frames of a table with such keys and values.
fn read<K: SoundKey, V: Value>(mut bytes: &[u8]) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut frames = Frames::begin(&mut bytes)?;
    let mut rows = Vec::new();
    while frames.next::<K, V>()? {
        rows.push((frames.key.clone(), frames.value.clone()));
    }
    Ok(rows)
}

fn framed(rows: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = HEAD.to_vec();
    for (key, value) in rows {
        put(&mut bytes, key, value).unwrap();
    }
    bytes.extend_from_slice(&END.to_le_bytes());
    bytes.extend_from_slice(&(rows.len() as u64).to_le_bytes());
    bytes
}

proptest! {
    #[test]
    fn frames_come_back_and_a_cut_is_told(
        rows in btree_map(vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..90), 0..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let rows: Vec<_> = rows.into_iter().collect();
        let bytes = framed(&rows);
        prop_assert_eq!(read::<&[u8], &[u8]>(&bytes).unwrap(), rows);
        prop_assert!(read::<&[u8], &[u8]>(&bytes[..cut.index(bytes.len())]).is_err());
    }

    #[test]
    fn bytes_of_anybody_are_read_without_harm(bytes in vec(any::<u8>(), 0..300)) {
        let framed = [&HEAD[..], &bytes].concat();
        let _ = read::<&[u8], &[u8]>(&framed);
        let _ = read::<&str, u64>(&framed);
        let _ = read::<(u64, u32), &[u8]>(&framed);
    }
}

#[test]
fn what_is_no_row_of_its_table_is_told() {
    let row = |key: &[u8], value: &[u8]| (key.to_vec(), value.to_vec());
    let one = [row(b"ab", &7_u64.to_le_bytes())];
    assert!(read::<&str, u64>(&framed(&one)).is_ok());
    for (what, rows) in [
        ("a key that is no text", vec![row(&[0xFF], &7_u64.to_le_bytes())]),
        ("a number of three bytes", vec![row(b"ab", &[1, 2, 3])]),
        ("the same key twice", vec![one[0].clone(), one[0].clone()]),
        ("keys that go back", vec![row(b"b", &[0; 8]), row(b"a", &[0; 8])]),
    ] {
        assert!(read::<&str, u64>(&framed(&rows)).is_err(), "{what}");
    }
    assert!(read::<u64, ()>(&framed(&[row(&[1; 7], b"")])).is_err(), "a short number as a key");
    let long = [&HEAD[..], &4_u32.to_le_bytes(), &VALUE_BYTES_MAX.to_le_bytes(), b"abcd"].concat();
    let told = read::<&[u8], &[u8]>(&long).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::UnexpectedEof, "a length that lies costs nothing");
    let longer = [&HEAD[..], &4_u32.to_le_bytes(), &u32::MAX.to_le_bytes()].concat();
    assert_eq!(read::<&[u8], &[u8]>(&longer).unwrap_err().kind(), ErrorKind::InvalidData);
    let more = [framed(&one), b"x".to_vec()].concat();
    assert!(read::<&str, u64>(&more).is_err(), "something follows the end");
}

#[test]
fn a_store_of_a_newer_kinora_and_unknown_tables_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let newer = Rebuild::begin(folder.path(), u64::MAX).unwrap_err();
    assert!(newer.what.contains("newer Kinora"), "{newer}");
    let mut rebuild = Rebuild::begin(folder.path(), 1).unwrap();
    let told = rebuild.table("../etc/passwd", &mut &framed(&[])[..]).unwrap_err();
    assert!(told.what.contains("does not know"), "{told}");
    drop(rebuild);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
}
