//! Looks through libraries: every file that is stable becomes a wish; what is wished already costs only a read.

use super::herald::Teller;
use crate::app::intake;
use crate::base::clock::{self, Stopwatch};
use crate::base::text::{counted, show_path};
use crate::domain::change::ActivityKind;
use crate::domain::fault::Fault;
use crate::domain::job::Wish;
use crate::domain::order::Order;
use crate::pipeline::subtitle::wish::wish_for;
use crate::runtime::Runtime;
use crate::store::Store;
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Orders that wait; one more than this is among them already, or is one of all.
const ORDERS_WAITING_MAX: usize = 64;
/// Wishes brought to the store at once.
const BATCH_MAX: usize = 256;
/// How soon a file that was not stable is looked at again, at the soonest.
const RECHECK_MIN: Duration = Duration::from_secs(1);

/// A library with what is wanted of its files.
#[derive(Clone, Debug)]
pub(super) struct Root {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) order: Order,
}

/// When it is looked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// A file that was not changed for so long is stable.
    pub(super) stable: Duration,
    /// Time between looks through everything; `None` for only when asked.
    pub(super) every: Option<Duration>,
}

/// What is to be looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    All,
    Path(PathBuf),
}

/// The thread that looks.
pub(super) struct Scanner {
    orders: Sender<Look>,
    /// Looks asked for and not ended.
    open: Arc<AtomicUsize>,
}

impl Scanner {
    /// Starts it; it ends with the last `Scanner`.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(super) fn start(mut eyes: Eyes) -> Result<Scanner, Fault> {
        let (orders, inbox) = bounded(ORDERS_WAITING_MAX);
        let open = Arc::clone(&eyes.open);
        std::thread::Builder::new()
            .name("scan".to_owned())
            .spawn(move || eyes.run(&inbox))
            .map_err(|err| Fault::bug(format!("a thread cannot be started ({err})")))?;
        Ok(Scanner { orders, open })
    }

    /// Asks for a look, soon.
    pub(super) fn ask(&self, look: Look) {
        self.open.fetch_add(1, Ordering::SeqCst);
        match self.orders.try_send(look) {
            Ok(()) => {}
            // So many wait that a look through everything is among them or will be asked for by the clock.
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.open.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }

    /// A look goes on or waits.
    pub(super) fn is_busy(&self) -> bool {
        self.open.load(Ordering::SeqCst) > 0
    }
}

/// Who looks, and brings what is found to the runtime.
pub(super) struct Eyes {
    roots: Vec<Root>,
    timing: Timing,
    store: Arc<Store>,
    runtime: Arc<Runtime>,
    teller: Teller,
    open: Arc<AtomicUsize>,
    /// Files that were being written when they were seen.
    unstable: BTreeSet<PathBuf>,
}

/// What a look found.
#[derive(Default)]
struct Found {
    files: usize,
    wished: usize,
    unstable: usize,
    troubles: Vec<String>,
}

impl Eyes {
    /// Nothing was looked at yet.
    pub(super) fn new(
        roots: Vec<Root>,
        timing: Timing,
        store: Arc<Store>,
        runtime: Arc<Runtime>,
        teller: Teller,
    ) -> Eyes {
        let (open, unstable) = (Arc::default(), BTreeSet::new());
        Eyes { roots, timing, store, runtime, teller, open, unstable }
    }

    fn run(&mut self, inbox: &Receiver<Look>) {
        let mut since_all = Stopwatch::start();
        loop {
            let left = |every: Duration| every.saturating_sub(since_all.elapsed());
            let due = self.timing.every.map_or(Duration::MAX, left);
            let recheck = self.timing.stable.max(RECHECK_MIN);
            let wait = if self.unstable.is_empty() { due } else { due.min(recheck) };
            let look = match wait {
                Duration::MAX => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                wait => inbox.recv_timeout(wait),
            };
            match look {
                Ok(look) => {
                    if look == Look::All {
                        since_all = Stopwatch::start();
                    }
                    self.look(&look);
                    self.open.fetch_sub(1, Ordering::SeqCst);
                }
                Err(RecvTimeoutError::Timeout) if due <= wait => {
                    since_all = Stopwatch::start();
                    self.look(&Look::All);
                }
                Err(RecvTimeoutError::Timeout) => self.recheck(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn look(&mut self, look: &Look) {
        let mut found = Found::default();
        let shown = match look {
            Look::All => {
                self.unstable.clear();
                for root in self.roots.clone() {
                    if !root.path.is_dir() {
                        let shown = show_path(&root.path);
                        found.troubles.push(format!(
                            "library {}: {shown} is not there; is its disk or share mounted?",
                            root.name
                        ));
                        continue;
                    }
                    self.walk(&root.path, &root, &mut found);
                }
                "all libraries".to_owned()
            }
            Look::Path(path) => {
                if let Some(root) = root_of(&self.roots, path).cloned() {
                    self.walk(path, &root, &mut found);
                }
                show_path(path)
            }
        };
        self.tell(&shown, found);
    }

    /// Files that were being written are looked at again.
    fn recheck(&mut self) {
        let mut found = Found::default();
        for path in std::mem::take(&mut self.unstable) {
            if let Some(root) = root_of(&self.roots, &path).cloned() {
                self.walk(&path, &root, &mut found);
            }
        }
    }

    fn walk(&mut self, path: &Path, root: &Root, found: &mut Found) {
        let mut batch = Vec::new();
        for item in intake::files(path) {
            match item.fault {
                Some(fault) => found.troubles.push(format!("{}: {fault}", show_path(&item.path))),
                None => {
                    found.files += 1;
                    self.consider(item.path, root, &mut batch, found);
                }
            }
            if BATCH_MAX <= batch.len() {
                self.bring(std::mem::take(&mut batch), found);
            }
        }
        self.bring(batch, found);
    }

    fn consider(&mut self, path: PathBuf, root: &Root, batch: &mut Vec<Wish>, found: &mut Found) {
        if !is_stable(&path, self.timing.stable, clock::now_unix_ms()) {
            found.unstable += 1;
            self.unstable.insert(path);
            return;
        }
        let known = |wish: &Wish| -> Result<bool, Fault> {
            let Some(job) = self.store.job_by_key(&wish.key)? else { return Ok(false) };
            Ok(self.store.job(job)?.is_some_and(|it| it.fingerprint == wish.fingerprint))
        };
        match wish_for(&path, &root.order).and_then(|wish| Ok((known(&wish)?, wish))) {
            Ok((true, _)) => {}
            Ok((false, wish)) => batch.push(wish),
            Err(fault) => found.troubles.push(format!("{}: {fault}", show_path(&path))),
        }
    }

    fn bring(&self, batch: Vec<Wish>, found: &mut Found) {
        let count = batch.len();
        if count == 0 {
            return;
        }
        match self.runtime.wish_all(batch) {
            Ok(()) => found.wished += count,
            Err(fault) => found.troubles.push(fault.to_string()),
        }
    }

    fn tell(&self, what: &str, found: Found) {
        let Found { files, wished, unstable, troubles } = found;
        let files = counted(files, "file", "files");
        let mut text = format!("{what}: {files}, {wished} new or changed");
        if unstable > 0 {
            text.push_str(&format!(", {unstable} still being written"));
        }
        if let Some(first) = troubles.first() {
            text.push_str(&format!("; {} could not be looked at, such as {first}", troubles.len()));
        }
        self.teller.tell(ActivityKind::Scanned, text);
    }
}

/// The library a path lies in; the longest root wins.
pub(super) fn root_of<'a>(roots: &'a [Root], path: &Path) -> Option<&'a Root> {
    roots.iter().filter(|it| path.starts_with(&it.path)).max_by_key(|it| it.path.as_os_str().len())
}

/// Nobody wrote to it for so long. A time in the future, as other clocks make it, counts as long ago.
fn is_stable(path: &Path, stable: Duration, now_unix_ms: u64) -> bool {
    let changed = std::fs::metadata(path).and_then(|it| it.modified());
    let Ok(changed) = changed else { return true };
    let changed = changed.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    stable <= changed.abs_diff(Duration::from_millis(now_unix_ms))
}
