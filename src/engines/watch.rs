//! Keeps an engine child within its limits, from a thread of its own: memory, silence, and an owner who interrupts.
//!
//! Whoever works with a child may be held up by it in any place: waiting for an answer, or writing into a pipe nobody
//! reads. Killing it from here ends all of these, and the reason travels with the news of its end.

use super::child::Process;
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::domain::fault::Fault;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a child is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The watch over one child; it ends with its last clone.
#[derive(Clone, Debug)]
pub struct Watch(Arc<Mutex<Orders>>);

/// What is watched for.
#[derive(Debug, Default)]
struct Orders {
    /// Since when an answer is awaited, and how long that may take.
    awaited: Option<(Stopwatch, Duration)>,
    cancel: Cancel,
}

impl Watch {
    /// Starts watching; a child of more than `memory_max_mib` is ended.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(super) fn start(process: &Process, memory_max_mib: Option<u32>) -> Result<Watch, Fault> {
        let watch = Watch(Arc::default());
        let (orders, process) = (Arc::downgrade(&watch.0), process.clone());
        let look = move || {
            let status = format!("/proc/{}/status", process.id());
            while let Some(orders) = orders.upgrade() {
                let deed = Watch(orders).lock().deed(memory_max_mib, &status);
                if let Some(deed) = deed {
                    return process.kill_for(deed);
                }
                std::thread::park_timeout(LOOK_EVERY);
            }
        };
        std::thread::Builder::new().name("engine watch".to_owned()).spawn(look).map_err(|err| {
            let what = format!("no thread could be started ({err})");
            Fault::transient(what, "check the limit of processes")
        })?;
        Ok(watch)
    }

    /// From now on an answer is awaited, for so long at most.
    pub fn await_answer(&self, answer_max: Duration) {
        self.lock().awaited = Some((Stopwatch::start(), answer_max));
    }

    /// Nothing is awaited any more.
    pub fn rest(&self) {
        self.lock().awaited = None;
    }

    /// The child is ended when this flag is set, whatever anybody waits for; it takes the place of an earlier flag.
    pub fn heed(&self, cancel: &Cancel) {
        self.lock().cancel = cancel.clone();
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Orders {
    /// What the child is to be ended for, such as "grew past 900 MiB".
    fn deed(&self, memory_max_mib: Option<u32>, status: &str) -> Option<String> {
        if self.cancel.is_set() {
            return Some("was interrupted".to_owned());
        }
        if let Some((since, max)) = self.awaited
            && max < since.elapsed()
        {
            return Some(format!("gave no answer for {}", shown(max)));
        }
        let max = memory_max_mib?;
        let resident = resident_mib(&std::fs::read_to_string(status).ok()?)?;
        (u64::from(max) < resident).then(|| format!("grew past {max} MiB"))
    }
}

fn shown(max: Duration) -> String {
    let seconds = max.as_secs();
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}

/// Resident memory by a process's status, MiB.
fn resident_mib(status: &str) -> Option<u64> {
    resident_kib(status).map(|it| it / 1024)
}

fn resident_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Resident memory of this process, and of its children all together, bytes; 0 where the system does not tell.
pub fn resident() -> (u64, u64) {
    let of = |pid: &str| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
        status.ok().and_then(|it| resident_kib(&it)).unwrap_or(0) * 1024
    };
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    // Each thread has its own.
    let children =
        threads.filter_map(|it| std::fs::read_to_string(it.path().join("children")).ok());
    (of("self"), children.map(|it| it.split_whitespace().map(of).sum::<u64>()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_child_is_ended_for_is_a_sentence() {
        let dir = tempfile::tempdir().unwrap();
        let status = dir.path().join("status");
        std::fs::write(&status, "Name:\tkinora\nVmHWM:\t 9 kB\nVmRSS:\t  921600 kB\n").unwrap();
        let status = status.to_str().unwrap();
        let late = Some((Stopwatch::start(), Duration::ZERO));
        let early = Some((Stopwatch::start(), Duration::from_secs(600)));
        let (set, unset) = (Cancel::default(), Cancel::default());
        set.set();
        for (awaited, cancel, memory_max_mib, deed) in [
            (None, &unset, None, None),
            (None, &unset, Some(900), None),
            (None, &unset, Some(899), Some("grew past 899 MiB")),
            (early, &unset, Some(900), None),
            (late, &unset, None, Some("gave no answer for 0 s")),
            (late, &set, Some(1), Some("was interrupted")),
        ] {
            let orders = Orders { awaited, cancel: cancel.clone() };
            assert_eq!(orders.deed(memory_max_mib, status).as_deref(), deed);
        }
        let gone = Orders::default().deed(Some(1), "/no/such/process");
        assert_eq!(gone, None);
    }
}
