//! Tests of engines while the daemon runs: one at a time, on a thread of its own.

use super::Engine;
use crate::api::daemon::Refusal;
use crate::base::cancel::Cancel;
use crate::base::clock::{self, Stopwatch};
use crate::domain::fault::Fault;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tests an engine; gives up once the flag is set. Tells what was found.
type Tester = Arc<dyn Fn(&Engine, &Cancel) -> Result<String, Fault> + Send + Sync>;

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tested {
    /// When it ended, milliseconds since the Unix epoch.
    pub(super) at_unix_ms: u64,
    pub(super) took: Duration,
    pub(super) found: Result<String, Fault>,
}

/// Where engines are tested. What is being tested is given up when this is dropped.
pub(in crate::app::serve) struct Bench {
    test: Tester,
    board: Arc<Mutex<Board>>,
    cancel: Cancel,
}

#[derive(Default)]
struct Board {
    running: Option<Engine>,
    last: BTreeMap<Engine, Tested>,
}

impl Bench {
    /// Nothing was tested yet.
    pub(super) fn new(test: Tester) -> Bench {
        Bench { test, board: Arc::default(), cancel: Cancel::default() }
    }

    /// Whether it is being tested.
    pub(super) fn is_testing(&self, engine: &Engine) -> bool {
        lock(&self.board).running.as_ref() == Some(engine)
    }

    /// What came of its last test.
    pub(super) fn last(&self, engine: &Engine) -> Option<Tested> {
        lock(&self.board).last.get(engine).cloned()
    }

    /// Begins to test it; where it is being tested, that goes on.
    ///
    /// # Errors
    /// Where another one is being tested, or no thread can be started.
    pub(super) fn begin(&self, engine: &Engine) -> Result<(), Refusal> {
        {
            let mut board = lock(&self.board);
            match &board.running {
                None => board.running = Some(engine.clone()),
                Some(running) if running == engine => return Ok(()),
                Some(running) => {
                    let what = format!("`{running}` is being tested, and one at a time is");
                    let fault = Fault::transient(what, "try again when that is done");
                    return Err(Refusal::Conflict(fault));
                }
            }
        }
        let (board, watch) = (Arc::clone(&self.board), Stopwatch::start());
        let trial = Trial { board, engine: engine.clone(), watch, found: None };
        let (test, cancel) = (Arc::clone(&self.test), self.cancel.clone());
        // Where no thread is started, `trial` is dropped with its work, and tells that it failed.
        let work = move || trial.run(&test, &cancel);
        let started = std::thread::Builder::new().name("engine test".to_owned()).spawn(work);
        started.map(drop).map_err(|err| {
            let what = format!("no thread could be started ({err})");
            Refusal::Failed(Fault::transient(what, "try again"))
        })
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.cancel.set();
    }
}

fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One test. However it ends, that is told.
struct Trial {
    board: Arc<Mutex<Board>>,
    engine: Engine,
    watch: Stopwatch,
    found: Option<Result<String, Fault>>,
}

impl Trial {
    fn run(mut self, test: &Tester, cancel: &Cancel) {
        tracing::info!("engine `{}` is tested", self.engine);
        let found = test(&self.engine, cancel);
        match &found {
            Ok(_) => tracing::info!("engine `{}` does what it should", self.engine),
            Err(fault) => tracing::warn!("engine `{}` failed its test: {fault}", self.engine),
        }
        self.found = Some(found);
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        let broke_off = || Err(Fault::bug("testing it broke off"));
        let tested = Tested {
            at_unix_ms: clock::now_unix_ms(),
            took: self.watch.elapsed(),
            found: self.found.take().unwrap_or_else(broke_off),
        };
        let mut board = lock(&self.board);
        board.running = None;
        board.last.insert(self.engine.clone(), tested);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lane::LaneName;
    use crossbeam::channel::{Sender, bounded};

    /// Waits no longer than this for another thread.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// A bench whose tests do what they are told.
    fn told() -> (Bench, Sender<&'static str>) {
        let (tell, told) = bounded::<&'static str>(0);
        let test: Tester =
            Arc::new(move |engine, cancel| match told.recv_timeout(PATIENCE).unwrap() {
                "fail" => Err(Fault::operator(format!("{engine} is deaf"), "mend it")),
                "panic" => panic!("told to"),
                "cancelled" if !cancel.is_set() => panic!("it goes on"),
                said => Ok(said.to_owned()),
            });
        (Bench::new(test), tell)
    }

    fn ended(bench: &Bench, engine: &Engine) -> Tested {
        let watch = Stopwatch::start();
        while bench.is_testing(engine) && watch.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        bench.last(engine).unwrap()
    }

    #[test]
    fn one_is_tested_at_a_time_and_every_end_is_told() {
        let (bench, tell) = told();
        let (cpu, media) = (Engine::Whisper(LaneName::Cpu), Engine::Media);
        assert_eq!(bench.last(&cpu), None);
        bench.begin(&cpu).unwrap();
        // Asked again, it goes on; another one waits.
        bench.begin(&cpu).unwrap();
        let Err(Refusal::Conflict(fault)) = bench.begin(&media) else { panic!("two at once") };
        assert!(fault.what.contains("`cpu` is being tested"), "{fault}");
        assert!(bench.is_testing(&cpu) && !bench.is_testing(&media));
        tell.send_timeout("heard", PATIENCE).unwrap();
        assert_eq!(ended(&bench, &cpu).found, Ok("heard".to_owned()));
        for (told, what) in [("fail", "media is deaf"), ("panic", "broke off")] {
            bench.begin(&media).unwrap();
            tell.send_timeout(told, PATIENCE).unwrap();
            let found = ended(&bench, &media).found;
            assert!(found.as_ref().is_err_and(|it| it.what.contains(what)), "{found:?}");
        }
        // The one of another engine is still known.
        assert!(bench.last(&cpu).is_some_and(|it| it.found.is_ok()));
    }

    #[test]
    fn a_test_is_given_up_when_the_daemon_ends() {
        let (bench, tell) = told();
        bench.begin(&Engine::Vad).unwrap();
        let board = Arc::clone(&bench.board);
        drop(bench);
        tell.send_timeout("cancelled", PATIENCE).unwrap();
        let watch = Stopwatch::start();
        while lock(&board).running.is_some() && watch.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        assert!(lock(&board).last.get(&Engine::Vad).is_some_and(|it| it.found.is_ok()));
    }
}
