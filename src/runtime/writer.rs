//! The one thread that writes: many callers, one transaction, one sync of the disk.

use super::core::Commit;
use crate::base::clock::Stopwatch;
use crate::domain::fault::Fault;
use crate::store::{Refused, Store, Write, Wrote};
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Requests that wait for the thread; the next caller waits for room.
const REQUESTS_MAX: usize = 256;
/// Writes of one transaction; one more request may begin below it.
const BATCH_WRITES_MAX: usize = 1_024;
/// How long a transaction waits for callers that wrote together before, at most.
const LINGER_MAX: Duration = Duration::from_millis(1);
/// What part of a commit's time may be waited at most, as a divisor.
const LINGER_PART: u32 = 4;

type Answers = Result<Vec<Result<Wrote, Refused>>, Fault>;

/// Writes for everybody. Clones share the thread, which ends with the last of them.
#[derive(Clone, Debug)]
pub struct Writer {
    requests: Sender<Request>,
}

#[derive(Debug)]
struct Request {
    writes: Vec<Write>,
    asker: Sender<Answers>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(store: Arc<Store>) -> Result<Writer, Fault> {
        let commit = move |writes: &[Write]| Store::commit(&store, writes);
        Writer::over(commit)
    }

    fn over(commit: impl FnMut(&[Write]) -> Answers + Send + 'static) -> Result<Writer, Fault> {
        let (requests, waiting) = bounded(REQUESTS_MAX);
        let thread = thread::Builder::new().name("writer".to_owned());
        let started = thread.spawn(move || serve(&waiting, commit));
        started.map_err(|it| {
            Fault::operator(
                format!("no thread can be started: {it}"),
                "free memory, or raise the limit of threads",
            )
        })?;
        Ok(Writer { requests })
    }

    /// Writes; durable on return.
    ///
    /// # Errors
    /// Where the store fails, or its state does not allow this write.
    pub fn write(&self, write: Write) -> Result<Wrote, Fault> {
        let mut answers = self.write_all(vec![write])?;
        match answers.pop() {
            Some(Ok(wrote)) => Ok(wrote),
            Some(Err(refused)) => Err(Fault::bug(refused.to_string())),
            None => Err(Fault::bug("the store gave no answer to a write")),
        }
    }

    /// Writes several, all in one transaction; durable on return. One that is refused does not keep the others back.
    ///
    /// # Errors
    /// Where the store fails: nothing is written then.
    pub fn write_all(&self, writes: Vec<Write>) -> Answers {
        let (asker, answer) = bounded(1);
        let gone = || Fault::bug("the thread that writes is gone");
        self.requests.send(Request { writes, asker }).map_err(|_| gone())?;
        answer.recv().unwrap_or_else(|_| Err(gone()))
    }
}

impl Commit for Writer {
    fn commit(&self, writes: Vec<Write>) -> Answers {
        self.write_all(writes)
    }
}

fn serve(waiting: &Receiver<Request>, mut commit: impl FnMut(&[Write]) -> Answers) {
    let mut together = 1;
    let mut took = Duration::ZERO;
    while let Ok(first) = waiting.recv() {
        let batch = gather(waiting, first, together, LINGER_MAX.min(took / LINGER_PART));
        together = batch.len();
        let writes: Vec<Write> = batch.iter().flat_map(|it| it.writes.iter().cloned()).collect();
        let watch = Stopwatch::start();
        let answers = catch_unwind(AssertUnwindSafe(|| commit(&writes)))
            .unwrap_or_else(|_| Err(Fault::bug("the store broke off while it wrote")));
        took = watch.elapsed();
        match answers {
            Ok(answers) => {
                let mut answers = answers.into_iter();
                for request in batch {
                    let own = answers.by_ref().take(request.writes.len()).collect();
                    // Whoever does not wait for the answer does not get it.
                    let _ = request.asker.try_send(Ok(own));
                }
            }
            Err(fault) => {
                for request in batch {
                    let _ = request.asker.try_send(Err(fault.clone()));
                }
            }
        }
    }
}

/// What waits, and, where several wrote together before, those that are on their way again: they were all answered at
/// once. Without that wait, of 16 callers one would write alone every other time. A caller that is alone never waits.
fn gather(
    waiting: &Receiver<Request>,
    first: Request,
    together: usize,
    linger: Duration,
) -> Vec<Request> {
    let mut writes = first.writes.len();
    let mut batch = vec![first];
    let watch = Stopwatch::start();
    while writes < BATCH_WRITES_MAX {
        let next = match waiting.try_recv() {
            Ok(next) => Ok(next),
            Err(_) if batch.len() < together => {
                waiting.recv_timeout(linger.saturating_sub(watch.elapsed()))
            }
            Err(_) => Err(RecvTimeoutError::Timeout),
        };
        let Ok(next) = next else { break };
        writes += next.writes.len();
        batch.push(next);
    }
    batch
}

#[cfg(test)]
mod tests;
