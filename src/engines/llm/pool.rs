//! The threads of one translator and the queue before them.

use super::local::Local;
use super::{Answer, Pending, TranslatorSpec, Trouble};
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::domain::translate::prompt::Request;
use crossbeam::channel::{self, Receiver, RecvTimeoutError, SendTimeoutError, Sender};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tracing::Span;

/// Requests that wait for a translator. Whoever asks has only a few on their way, so that no queue gets this long but
/// by mistake; who comes then waits, which is better than to forget a request or to grow for ever.
const QUEUE_MAX: usize = 256;
/// How often somebody who waits before a full queue looks whether it is still wanted.
const QUEUE_STEP: Duration = Duration::from_millis(50);

/// What answers requests, one at a time.
pub(super) trait Chat {
    /// Answers one request; stops soon after `cancel` is set.
    fn chat(&mut self, request: &Request, temperature: f32, cancel: &Cancel) -> Answer;

    /// Gives back what it can get again, because nobody asked for a while.
    fn rest(&mut self) {}
}

impl Chat for Local {
    fn chat(&mut self, request: &Request, temperature: f32, cancel: &Cancel) -> Answer {
        Local::chat(self, request, temperature, cancel)
    }

    fn rest(&mut self) {
        Local::rest(self);
    }
}

/// Makes what a thread asks; in that thread, so that children belong to it.
pub(super) type Make = Box<dyn Fn() -> Box<dyn Chat> + Send + Sync>;

/// A translator's threads, at most as many as it may be asked at once.
pub(super) struct Pool {
    name: String,
    parallel: usize,
    queue: Sender<Job>,
    /// Says nobody wants anything any more.
    over: Cancel,
    crew: Arc<Crew>,
}

/// What all threads of a pool share.
struct Crew {
    make: Result<Make, Fault>,
    feed: Receiver<Job>,
    temperature: f32,
    idle_unload: Duration,
    count: Mutex<Count>,
}

#[derive(Default)]
struct Count {
    threads: usize,
    /// Jobs that wait or are worked on.
    jobs: usize,
}

struct Job {
    request: Request,
    cancel: Cancel,
    answer: Sender<Answer>,
    /// Within what it was asked: what is logged here belongs there.
    span: Span,
    _place: Place,
}

/// A job's place in the count, until it is gone in whatever way.
struct Place(Arc<Crew>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.count(|it| it.jobs -= 1);
    }
}

impl Crew {
    fn count<T>(&self, change: impl FnOnce(&mut Count) -> T) -> T {
        change(&mut self.count.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Pool {
    /// Starts nothing yet. Where `make` is a fault, that is the answer to all.
    pub(super) fn new(
        spec: &TranslatorSpec,
        make: Result<Make, Fault>,
        idle_unload: Duration,
    ) -> Pool {
        let (queue, feed) = channel::bounded(QUEUE_MAX);
        let temperature = spec.temperature;
        let crew = Crew { make, feed, temperature, idle_unload, count: Mutex::default() };
        Pool {
            name: spec.name.clone(),
            parallel: usize::from(spec.parallel.max(1)),
            queue,
            over: Cancel::default(),
            crew: Arc::new(crew),
        }
    }

    /// Queues a request, and sees to it that there is a thread for it.
    pub(super) fn ask(&self, request: &Request, cancel: &Cancel) -> Pending {
        let part = Cancel::below(&[cancel, &self.over]);
        let (answer, coming) = channel::bounded(1);
        let pending = Pending { answer: coming, part: part.clone() };
        let refuse = |fault: Fault| {
            // Just made, with room for one.
            let _ = answer.send(Err(Trouble::Away { fault, retry_after: None }));
        };
        if let Err(fault) = &self.crew.make {
            refuse(fault.clone());
            return pending;
        }
        self.crew.count(|it| it.jobs += 1);
        let place = Place(Arc::clone(&self.crew));
        if let Err(fault) = self.hire() {
            refuse(fault);
            return pending;
        }
        let (request, span) = (request.clone(), Span::current());
        let mut job = Job { request, cancel: part, answer, span, _place: place };
        while let Err(SendTimeoutError::Timeout(back)) = self.queue.send_timeout(job, QUEUE_STEP) {
            if back.cancel.is_set() {
                break;
            }
            job = back;
        }
        pending
    }

    /// Somebody waits for an answer.
    pub(super) fn is_busy(&self) -> bool {
        self.crew.count(|it| it.jobs > 0)
    }

    /// Starts a thread where there are more jobs than threads, and not yet as many as there may be.
    fn hire(&self) -> Result<(), Fault> {
        let number = self.crew.count(|it| {
            let wanted = it.threads < it.jobs.min(self.parallel);
            it.threads += usize::from(wanted);
            wanted.then_some(it.threads - 1)
        });
        let Some(number) = number else { return Ok(()) };
        let crew = Arc::clone(&self.crew);
        let thread = thread::Builder::new().name(format!("mt-{}-{number}", self.name));
        let Err(err) = thread.spawn(move || work(&crew)) else { return Ok(()) };
        let left = self.crew.count(|it| {
            it.threads -= 1;
            it.threads
        });
        if left > 0 {
            // Those there are do it all, later.
            return Ok(());
        }
        Err(Fault::transient(
            format!("no thread could be started ({err})"),
            "check the limit of processes",
        ))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.over.set();
    }
}

/// What a thread does, until its pool is dropped.
fn work(crew: &Crew) {
    let Ok(make) = &crew.make else { return };
    let mut chat = make();
    let mut rested = true;
    loop {
        let job = if rested {
            crew.feed.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            crew.feed.recv_timeout(crew.idle_unload)
        };
        match job {
            Ok(job) if job.cancel.is_set() => {
                let _ = job.answer.send(Err(Trouble::Cancelled));
            }
            Ok(job) => {
                rested = false;
                let chat_once = || chat.chat(&job.request, crew.temperature, &job.cancel);
                let asked = || job.span.in_scope(chat_once);
                let answer = catch_unwind(AssertUnwindSafe(asked)).unwrap_or_else(|_| {
                    // What it was in the middle of is unknown.
                    chat = make();
                    let fault = Fault::bug("a translator's thread panicked");
                    Err(Trouble::Away { fault, retry_after: None })
                });
                // Nobody may want it any more.
                let _ = job.answer.send(answer);
            }
            Err(RecvTimeoutError::Timeout) => {
                chat.rest();
                rested = true;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::FaultKind;
    use crate::domain::translate::prompt::Shape;
    use crate::domain::translate::talk::Reply;
    use crate::engines::llm::{TranslatorKind, Usage};
    use std::path::PathBuf;

    const SOON: Duration = Duration::from_secs(30);

    /// Says what it is asked, the name of its thread before it; tells when it rests.
    struct Parrot(Sender<()>);

    impl Chat for Parrot {
        fn chat(&mut self, request: &Request, _: f32, _: &Cancel) -> Answer {
            assert_ne!(request.user, "panic", "as told");
            let thread = thread::current().name().unwrap_or_default().to_owned();
            let text = format!("{thread} {}", request.user);
            Ok((Reply::Text { text, cut: false }, Usage::default()))
        }

        fn rest(&mut self) {
            let _ = self.0.send(());
        }
    }

    fn pool(idle_unload: Duration) -> (Pool, Receiver<()>) {
        let kind = TranslatorKind::Local {
            weights: PathBuf::new(),
            identity: String::new(),
            context: 1,
            threads: 1,
        };
        let name = "parrot".to_owned();
        let spec = TranslatorSpec { name, kind, parallel: 1, silence_max: SOON, temperature: 0.0 };
        let (rests, rested) = channel::unbounded();
        let make: Make = Box::new(move || Box::new(Parrot(rests.clone())));
        (Pool::new(&spec, Ok(make), idle_unload), rested)
    }

    fn ask(pool: &Pool, user: &str) -> Answer {
        let request = Request {
            system: String::new(),
            user: user.to_owned(),
            shape: Shape::Plain,
            answer_tokens_max: 1,
        };
        pool.ask(&request, &Cancel::default()).wait(SOON).expect("an answer in time")
    }

    #[test]
    fn a_panic_costs_one_answer() {
        let (pool, _rested) = pool(SOON);
        let Err(Trouble::Away { fault, .. }) = ask(&pool, "panic") else { panic!("an answer") };
        assert_eq!(fault.kind, FaultKind::Bug);
        let Ok((Reply::Text { text, .. }, _)) = ask(&pool, "hello") else { panic!("no answer") };
        assert_eq!(text, "mt-parrot-0 hello");
    }

    #[test]
    fn who_is_idle_rests_once_until_asked_again() {
        let (pool, rested) = pool(Duration::from_millis(1));
        for _ in 0..2 {
            assert!(ask(&pool, "hello").is_ok());
            assert_eq!(rested.recv_timeout(SOON), Ok(()));
        }
        drop(pool);
        // The thread ended, and rested no more often.
        assert_eq!(rested.recv_timeout(SOON), Err(RecvTimeoutError::Disconnected));
    }
}
