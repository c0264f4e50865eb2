//! Power is cut at every sync of a run that uses every kind of write and event; some unsynced sectors survive. What was
//! told is there, what is there is whole, and going on from there ends as if nothing had been.

use crate::store_story::{page, play, story};
use kinora::domain::change::Counter;
use kinora::store::{Store, Write};
use redb::StorageBackend;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

const SECTOR_BYTES: usize = 512;
const SEEDS: u64 = 2;
const SEEDS_SOAK: u64 = 60;

#[derive(Clone, Debug)]
enum Unsynced {
    Bytes { offset: usize, data: Vec<u8> },
    Len(usize),
}

#[derive(Debug, Default)]
struct State {
    live: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Unsynced>,
    syncs: u64,
    power_cut_at: Option<u64>,
}

/// A disk in memory that can lose its power: a sync past the cut fails and changes nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

impl Disk {
    fn holding(image: Vec<u8>) -> Disk {
        let state = State { live: image.clone(), durable: image, ..State::default() };
        Disk(Arc::new(Mutex::new(state)))
    }

    /// How often it was synced.
    pub(crate) fn syncs(&self) -> u64 {
        self.state().syncs
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// What the platter holds after the cut: synced bytes, and any subset of the later sectors; all of them for seed 0,
    /// when nobody was told and yet all is there.
    fn image_after_cut(&self, seed: u64) -> Vec<u8> {
        let state = self.state();
        let mut chance = Chance { seed, always: seed == 0 };
        let mut image = state.durable.clone();
        for write in &state.unsynced {
            match write {
                Unsynced::Len(len) if chance.coin() => image.resize(*len, 0),
                Unsynced::Len(_) => {}
                Unsynced::Bytes { offset, data } => {
                    for (index, sector) in data.chunks(SECTOR_BYTES).enumerate() {
                        let start = offset + index * SECTOR_BYTES;
                        let end = start + sector.len();
                        if end <= image.len() && chance.coin() {
                            image[start..end].copy_from_slice(sector);
                        }
                    }
                }
            }
        }
        image
    }
}

/// SplitMix64: equal seeds give equal coins.
struct Chance {
    seed: u64,
    always: bool,
}

impl Chance {
    fn coin(&mut self) -> bool {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.seed ^ (self.seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        self.always || (mixed ^ (mixed >> 31)) & 1 == 0
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = offset as usize;
        let state = self.state();
        let Some(bytes) = state.live.get(start..start + out.len()) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        state.live.resize(len as usize, 0);
        state.unsynced.push(Unsynced::Len(len as usize));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        state.syncs += 1;
        if state.power_cut_at.is_some_and(|cut| cut <= state.syncs) {
            return Err(io::Error::other("power cut"));
        }
        let State { live, durable, unsynced, .. } = &mut *state;
        // The whole image would be copied at every sync.
        for write in unsynced.drain(..) {
            match write {
                Unsynced::Len(len) => durable.resize(len, 0),
                Unsynced::Bytes { offset, data } => {
                    let end = offset + data.len();
                    if durable.len() < end {
                        durable.resize(end, 0);
                    }
                    durable[offset..end].copy_from_slice(&data);
                }
            }
        }
        assert_eq!(live.len(), durable.len());
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let start = offset as usize;
        let end = start + data.len();
        if state.live.len() < end {
            state.live.resize(end, 0);
        }
        state.live[start..end].copy_from_slice(data);
        state.unsynced.push(Unsynced::Bytes { offset: start, data: data.to_vec() });
        Ok(())
    }
}

/// A file as redb makes it, before our tables: on a real disk it gets its name when it is whole.
fn empty() -> Disk {
    let disk = Disk::default();
    redb::Builder::new().create_with_backend(disk.clone()).unwrap().close().unwrap();
    let image = disk.state().durable.clone();
    Disk::holding(image)
}

fn seeds() -> u64 {
    if std::env::var_os("KINORA_SOAK").is_some() { SEEDS_SOAK } else { SEEDS }
}

/// How many batches of the story a store holds; each adds one.
fn batches_in(store: &Store) -> usize {
    store.total(Counter::AudioMs).unwrap() as usize
}

#[test]
fn every_sync_may_be_the_last() {
    let story = story();
    let disk = empty();
    let store = Store::on(disk.clone()).unwrap();
    // What is told after each batch of an undisturbed run.
    let mut pages = vec![page(&store)];
    for (number, batch) in story.iter().enumerate() {
        store.commit(batch).unwrap();
        pages.push(page(&store));
        assert_eq!(batches_in(&store), number + 1);
    }
    assert_eq!(store.check(), Ok(Vec::new()));
    let syncs = disk.state().syncs;
    assert!(story.len() as u64 <= syncs, "{syncs} syncs for {} batches", story.len());

    let mut survived = 0;
    for cut in 1..=syncs + 1 {
        for seed in 0..seeds() {
            let disk = empty();
            disk.state().power_cut_at = Some(cut);
            let opened = Store::on(disk.clone());
            let (told, all) = opened.as_ref().map_or((0, false), |it| play(it, &story, 0));
            assert_eq!(all, syncs < cut, "cut at sync {cut} of {syncs}");
            let image = disk.image_after_cut(seed * (7919 + cut));
            drop(opened);
            let there = reboot(image, told, &story, &pages, &format!("sync {cut}, seed {seed}"));
            survived += usize::from(there > told);
        }
    }
    let cuts = (syncs + 1) * seeds();
    assert!(survived > 0, "a batch that nobody was told of may be there");
    eprintln!("came back from {cuts} power cuts; {survived} kept the batch that was being written");
}

/// The three oracles: it is whole, nothing told is forgotten, and the end is that of an undisturbed run: nothing is
/// counted twice. Answers how many batches survived.
fn reboot(
    image: Vec<u8>,
    told: usize,
    story: &[Vec<Write>],
    pages: &[String],
    when: &str,
) -> usize {
    let mut store = Store::on(Disk::holding(image)).unwrap();
    assert_eq!(store.check(), Ok(Vec::new()), "{when}");
    let there = batches_in(&store);
    assert!(told <= there, "{when}: {told} batches were told, {there} are there");
    assert!(there <= told + 1, "{when}: {told} batches were told, {there} are there");
    assert_eq!(page(&store), pages[there], "{when}");
    assert_eq!(play(&store, story, there), (story.len(), true), "{when}");
    assert_eq!(page(&store), pages[story.len()], "{when}");
    assert_eq!(store.repair(), Ok(Vec::new()), "{when}: pages or derived rows are wrong");
    there
}

/// Bringing an older file up to date may be cut short too.
#[test]
fn every_sync_of_a_migration_may_be_the_last() {
    for old in [
        &include_bytes!("../fixtures/store-v1.redb")[..],
        &include_bytes!("../fixtures/store-v2.redb")[..],
        &include_bytes!("../fixtures/store-v3.redb")[..],
    ] {
        let disk = Disk::holding(old.to_vec());
        let store = Store::on(disk.clone()).unwrap();
        let (syncs, whole) = (disk.state().syncs, page(&store));
        assert!(syncs > 0 && store.total(Counter::WindowsHeard).unwrap() > 0);
        for cut in 1..=syncs + 1 {
            for seed in 0..seeds() {
                let disk = Disk::holding(old.to_vec());
                disk.state().power_cut_at = Some(cut);
                let opened = Store::on(disk.clone());
                let image = disk.image_after_cut(seed * (7919 + cut));
                drop(opened);
                let mut store = Store::on(Disk::holding(image)).unwrap();
                assert_eq!(page(&store), whole, "cut at sync {cut}");
                assert_eq!(store.repair(), Ok(Vec::new()));
            }
        }
    }
}
