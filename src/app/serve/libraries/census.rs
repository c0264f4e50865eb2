//! Counting the files of libraries: in the background, one count at a time, seldom enough to be no burden.

use super::tally::Tally;
use crate::app::intake::{Found, Listing, in_order};
use crate::app::serve::catalog;
use crate::app::serve::roots::{self, Root};
use crate::base::cancel::Cancel;
use crate::base::clock::{self, Stopwatch};
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, JobId};
use crate::domain::lang::Lang;
use crate::engines::ffi;
use crate::pipeline::subtitle::wish;
use crate::store::{ExecutionRow, RowStatus, Store};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A count of this age is made anew when somebody asks.
const COUNT_AGE_MAX: Duration = Duration::from_secs(30);
/// A count is followed by a rest of so many times as long as it took.
const REST_TIMES: u32 = 19;
/// Who asks before anything was counted waits so long for the first count.
const FIRST_PATIENCE: Duration = Duration::from_millis(500);
/// How long a count may take to stop when Kinora ends.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// The languages wanted of a library's files; one without a name for the spoken one.
pub(super) fn wanted(root: &Root) -> Vec<Option<Lang>> {
    match root.order.to.as_slice() {
        [] => vec![None],
        to => to.iter().cloned().map(Some).collect(),
    }
}

/// What was counted.
#[derive(Debug)]
pub(super) struct Counted {
    /// When, milliseconds since the Unix epoch.
    pub(super) at_unix_ms: u64,
    /// The libraries, in their order.
    pub(super) tallies: Vec<Tally>,
    took: Duration,
    age: Stopwatch,
    /// Libraries were looked through meanwhile: what was found is not in it.
    early: bool,
}

/// What is counted.
pub(super) struct House {
    pub(super) store: Arc<Store>,
    pub(super) roots: Vec<Root>,
}

/// The last count, and the one that goes on.
#[derive(Debug, Default)]
pub(in crate::app::serve) struct Census {
    board: Arc<Board>,
    ending: Cancel,
}

#[derive(Debug, Default)]
struct Board {
    state: Mutex<Standing>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Standing {
    counted: Option<Arc<Counted>>,
    counting: bool,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing is counted, but not longer than this.
    fn wait<'a>(
        &'a self,
        state: MutexGuard<'a, Standing>,
        most: Duration,
    ) -> MutexGuard<'a, Standing> {
        let waited = self.ended.wait_timeout_while(state, most, |it| it.counting);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// A count is over when this is dropped, however it ended.
struct Turn(Arc<Board>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().counting = false;
        self.0.ended.notify_all();
    }
}

impl Census {
    /// The last count, and whether one goes on; one is begun where the last is old. `looking`: libraries are looked
    /// through.
    pub(super) fn look(
        &self,
        looking: bool,
        house: impl FnOnce() -> House,
    ) -> (Option<Arc<Counted>>, bool) {
        let mut state = self.board.lock();
        if !state.counting && state.counted.as_ref().is_none_or(|it| it.is_old(looking)) {
            state.counting = true;
            let (turn, before) = (Turn(Arc::clone(&self.board)), state.counted.clone());
            drop(state);
            self.begin(turn, house(), before, looking);
            state = self.board.lock();
        }
        if state.counted.is_none() {
            state = self.board.wait(state, FIRST_PATIENCE);
        }
        (state.counted.clone(), state.counting)
    }

    fn begin(&self, turn: Turn, house: House, before: Option<Arc<Counted>>, early: bool) {
        let ending = self.ending.clone();
        let work = move || {
            // Dropped last: whoever ends Kinora waits until nobody has the store any more.
            let turn = turn;
            let counted = count(house, before.as_deref(), early, &ending);
            match counted {
                Ok(Some(counted)) => turn.0.lock().counted = Some(Arc::new(counted)),
                Ok(None) => {}
                Err(fault) => tracing::warn!("the files of libraries cannot be counted: {fault}"),
            }
            ffi::give_memory_back();
        };
        // Where no thread can be started, `turn` is dropped with its work.
        if let Err(error) = std::thread::Builder::new().name("count".to_owned()).spawn(work) {
            tracing::warn!(%error, "no thread can be started to count files");
        }
    }
}

impl Drop for Census {
    fn drop(&mut self) {
        self.ending.set();
        drop(self.board.wait(self.board.lock(), END_PATIENCE));
    }
}

impl Counted {
    fn is_old(&self, looking: bool) -> bool {
        is_old(self.age.elapsed(), self.took, self.early && !looking)
    }
}

/// A count that took so long is to be made anew at this age; sooner where there is something new for sure.
fn is_old(age: Duration, took: Duration, news: bool) -> bool {
    took * REST_TIMES <= age && (news || COUNT_AGE_MAX <= age)
}

/// Counts; `None` where it was told to stop. A library that is left alone counts as it did before.
fn count(
    house: House,
    before: Option<&Counted>,
    early: bool,
    ending: &Cancel,
) -> Result<Option<Counted>, Fault> {
    let House { store, roots } = house;
    let (watch, at_unix_ms) = (Stopwatch::start(), clock::now_unix_ms());
    let mut tallies = Vec::new();
    for (place, root) in roots.iter().enumerate() {
        let mut found = None;
        if is_there(&store, root)? {
            found = count_one(&store, root, at_unix_ms, ending)?;
            // One that went while it was counted says nothing.
            found = found.filter(|_| is_there(&store, root) == Ok(true));
        }
        let known = || before.and_then(|it| it.tallies.get(place)).cloned();
        tallies.push(found.or_else(known).unwrap_or_default());
        if ending.is_set() {
            return Ok(None);
        }
    }
    let age = Stopwatch::start();
    Ok(Some(Counted { at_unix_ms, tallies, took: watch.elapsed(), age, early }))
}

/// The library's folder is the one it was, as far as can be told.
fn is_there(store: &Store, root: &Root) -> Result<bool, Fault> {
    let before = store.library_seen(&root.name)?;
    let seen = roots::see(&root.path);
    Ok(roots::judge(&root.name, &root.path, before.as_ref(), &seen).is_ok())
}

fn count_one(
    store: &Store,
    root: &Root,
    now_unix_ms: u64,
    ending: &Cancel,
) -> Result<Option<Tally>, Fault> {
    let wanted = wanted(root);
    let mut tally = Tally::new(wanted.len(), now_unix_ms);
    let mut fault = None;
    in_order(&root.places, None, &mut |listing, found| {
        if let Err(it) = count_file(store, root, &wanted, (listing, found), &mut tally) {
            fault = Some(it);
        }
        let over = fault.is_some() || ending.is_set();
        if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match fault {
        Some(fault) => Err(fault),
        None => Ok((!ending.is_set()).then_some(tally)),
    }
}

fn count_file(
    store: &Store,
    root: &Root,
    wanted: &[Option<Lang>],
    (listing, found): (&Listing, &Found),
    tally: &mut Tally,
) -> Result<(), Fault> {
    let path = listing.folder.join(&found.name);
    let (_, languages) = catalog::known_languages(store, listing, found)?;
    let job = job_of(store, &path)?;
    for (place, lang) in wanted.iter().enumerate() {
        let there = match lang.as_ref().or(root.order.from.as_ref()) {
            Some(lang) => catalog::has(&languages, lang),
            None => has_spoken(store, &languages, job.as_ref())?,
        };
        tally.have[place] += u64::from(there);
    }
    let job = job.as_ref().map(|(job, execution, row)| (*job, *execution, row));
    tally.add(job, || show_path(&path));
    Ok(())
}

fn job_of(store: &Store, path: &Path) -> Result<Option<(JobId, ExecutionId, ExecutionRow)>, Fault> {
    let Some(id) = store.job_by_key(&wish::key(path))? else { return Ok(None) };
    let Some(job) = store.job(id)? else { return Ok(None) };
    let row = store.execution(job.latest)?;
    Ok(row.map(|row| (id, job.latest, row)))
}

/// There is a subtitle in the language that is spoken; where nobody knows that one, the file is done.
fn has_spoken(
    store: &Store,
    languages: &[String],
    job: Option<&(JobId, ExecutionId, ExecutionRow)>,
) -> Result<bool, Fault> {
    let Some((_, execution, row)) = job else { return Ok(false) };
    let spoken = store.summary(*execution)?.and_then(|it| it.language);
    let is_done = RowStatus::of(&row.execution.state) == RowStatus::Done;
    Ok(spoken.map_or(is_done, |it| catalog::has(languages, &it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_made_anew_when_it_is_old_and_never_more_often_than_it_may_cost() {
        let s = Duration::from_secs;
        let ms = Duration::from_millis;
        for (age, took, news, expected) in [
            (s(29), ms(100), false, false),
            (s(30), ms(100), false, true),
            (s(2), ms(100), true, true),
            (s(1), ms(100), true, false),
            (s(60), s(6), false, false),
            (s(60), s(6), true, false),
            (s(114), s(6), false, true),
        ] {
            assert_eq!(is_old(age, took, news), expected, "{age:?} {took:?} {news}");
        }
    }

    fn house(folder: &Path) -> House {
        let store = Arc::new(Store::open(folder, crate::store::StoreFile::Daemon).unwrap());
        House { store, roots: Vec::new() }
    }

    #[test]
    fn one_count_goes_on_at_a_time_and_nobody_waits_for_one_who_has_one() {
        let folder = tempfile::tempdir().unwrap();
        let census = Census::default();
        let (first, _) = census.look(false, || house(folder.path()));
        let first = first.expect("an empty house is counted at once");
        let (second, counting) = census.look(false, || panic!("it is not old"));
        assert!(Arc::ptr_eq(&first, &second.unwrap()) && !counting);
        // While one goes on no other begins, and the old one is told.
        census.board.lock().counting = true;
        let (third, counting) = census.look(false, || panic!("one goes on"));
        assert!(Arc::ptr_eq(&first, &third.unwrap()) && counting);
        census.board.lock().counting = false;
    }
}
