//! The threaded runtime, with workers that pretend: lanes overlap, and what goes wrong in one stays there.

use crate::wishes::{counts, done, wish};
use crossbeam::channel::{Receiver, Sender, unbounded};
use kinora::base::cancel::Cancel;
use kinora::domain::change::{ActivityKind, Counter};
use kinora::domain::execution::{Event, ParkedWhy, PutBack, State, Step};
use kinora::domain::fault::Fault;
use kinora::domain::job::{ExecutionId, JobId, Spec};
use kinora::domain::lane::LaneName;
use kinora::domain::schedule::Schedule;
use kinora::runtime::{
    Command, Failure, Hire, LaneSpec, Limits, MoveTo, Notice, Outcome, Runtime, Setup, Task,
    TaskCx, Worker,
};
use kinora::store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What a test waits for something, at most.
const WAIT_MAX: Duration = Duration::from_secs(30);

type Plan = dyn Fn(&Task, &TaskCx<'_>) -> Outcome + Send + Sync;

struct Pretender {
    plan: Arc<Plan>,
    idle: Sender<Duration>,
}

impl Worker for Pretender {
    fn work(&mut self, task: &Task, cx: &TaskCx<'_>) -> Outcome {
        (self.plan)(task, cx)
    }

    fn idle(&mut self, idle_for: Duration) {
        let _ = self.idle.send(idle_for);
    }
}

struct Agency {
    plan: Arc<Plan>,
    hired: AtomicUsize,
    idle: Sender<Duration>,
}

impl Hire for Agency {
    fn hire(&self, _lane: &LaneName, _number: usize) -> Box<dyn Worker> {
        self.hired.fetch_add(1, Ordering::Relaxed);
        Box::new(Pretender { plan: Arc::clone(&self.plan), idle: self.idle.clone() })
    }
}

struct House {
    runtime: Runtime,
    store: Arc<Store>,
    agency: Arc<Agency>,
    notices: Receiver<Notice>,
    idle: Receiver<Duration>,
}

impl House {
    fn new(
        limits: Limits,
        plan: impl Fn(&Task, &TaskCx<'_>) -> Outcome + Send + Sync + 'static,
    ) -> House {
        let store = Arc::new(Store::on(redb::backends::InMemoryBackend::new()).unwrap());
        House::over(store, limits, plan)
    }

    fn over(
        store: Arc<Store>,
        limits: Limits,
        plan: impl Fn(&Task, &TaskCx<'_>) -> Outcome + Send + Sync + 'static,
    ) -> House {
        let lane = |name: LaneName| LaneSpec { name, workers: 1, schedule: Schedule::always() };
        let names = [LaneName::Cpu, LaneName::Ffmpeg, LaneName::Net, LaneName::Disk];
        let lanes = names.into_iter().map(lane).collect();
        let libraries = BTreeMap::from([("Anime".to_owned(), far())]);
        let setup = Setup { lanes, limits, libraries };
        let ((told, notices), (idle_sender, idle)) = (unbounded(), unbounded());
        let sink = Arc::new(move |it: &Notice| drop(told.send(it.clone())));
        let hired = AtomicUsize::new(0);
        let agency = Arc::new(Agency { plan: Arc::new(plan), hired, idle: idle_sender });
        let hire = Arc::clone(&agency) as Arc<dyn Hire>;
        let runtime = Runtime::start(Arc::clone(&store), setup, hire, sink).unwrap();
        House { runtime, store, agency, notices, idle }
    }

    fn wish(&self, file: u8) -> (JobId, ExecutionId) {
        let (job, execution, _) = self.runtime.wish(wish(file, 0)).unwrap();
        (job, execution)
    }

    /// Reads notices up to one like this.
    fn until(&self, what: impl Fn(&Notice) -> bool) -> Vec<Notice> {
        let since = Instant::now();
        let mut read = Vec::new();
        loop {
            let left = WAIT_MAX.saturating_sub(since.elapsed());
            let notice = self.notices.recv_timeout(left);
            read.push(notice.unwrap_or_else(|_| panic!("it did not come: {read:#?}")));
            if read.last().is_some_and(&what) {
                return read;
            }
        }
    }

    /// Waits until so many executions rest.
    fn until_rest(&self, count: usize) {
        for _ in 0..count {
            self.until(|it| match it {
                Notice::Changed { after, .. } => {
                    matches!(after.state, State::Done { .. } | State::Parked { .. })
                }
                Notice::Submitted { .. } | Notice::Progress { .. } | Notice::Told(_) => false,
            });
        }
    }

    fn state(&self, execution: ExecutionId) -> State {
        self.store.execution(execution).unwrap().unwrap().execution.state
    }
}

/// Hours that are neither today nor tomorrow, wherever this runs.
fn far() -> Schedule {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let today = jiff::Zoned::now().weekday().to_monday_zero_offset();
    let day = days[usize::try_from(today + 3).unwrap() % days.len()];
    Schedule::parse(&[format!("{day} 10:00-11:00")]).unwrap()
}

/// Work that takes a while, and stops when asked.
fn work_for(time: Duration, cancel: &Cancel) -> Result<(), Failure> {
    let since = Instant::now();
    while let Some(left) = time.checked_sub(since.elapsed()).filter(|it| !it.is_zero()) {
        if cancel.is_set() {
            return Err(Failure::Stopped);
        }
        thread::park_timeout(left.min(Duration::from_millis(10)));
    }
    Ok(())
}

fn began(step: Step) -> impl Fn(&Notice) -> bool {
    move |it| {
        let Notice::Changed { event: Event::Started { .. }, after, .. } = it else { return false };
        matches!(after.state, State::Running { step: running, .. } if running == step)
    }
}

fn put_back(reason: PutBack) -> impl Fn(&Notice) -> bool {
    move |it| matches!(it, Notice::Changed { event: Event::PutBack { reason: why }, .. } if *why == reason)
}

#[test]
fn lanes_overlap() {
    const FILES: u8 = 20;
    let soak = std::env::var_os("KINORA_SOAK").is_some();
    let unit_ms = if soak { 1_000 } else { 500 };
    let (listen, translate) =
        (Duration::from_millis(unit_ms), Duration::from_millis(unit_ms * 4 / 5));
    let house = House::new(Limits::default(), move |task, cx| {
        match task.step {
            Step::Listen => work_for(listen, cx.cancel)?,
            Step::Translate => work_for(translate, cx.cancel)?,
            Step::Select
            | Step::Detect
            | Step::Weigh
            | Step::Cue
            | Step::Publish
            | Step::Announce => {}
        }
        Ok(done(task.step))
    });
    let since = Instant::now();
    for file in 0..FILES {
        house.wish(file);
    }
    house.until_rest(usize::from(FILES));
    let (took, slower) = (since.elapsed(), listen * u32::from(FILES));
    let ratio = took.as_secs_f64() / slower.as_secs_f64();
    println!("{FILES} files took {ratio:.3} times the slower lane's total");
    assert!(ratio <= 1.1, "{took:?} for {slower:?} of listening");
}

#[test]
fn a_worker_that_panics_is_replaced() {
    let house = House::new(Limits::default(), |task, _| {
        assert!(task.execution != ExecutionId(1) || task.step != Step::Listen, "planned");
        Ok(done(task.step))
    });
    let (first, second) = (house.wish(0).1, house.wish(1).1);
    house.until_rest(2);
    let State::Parked { why: ParkedWhy::Bug, fault, .. } = house.state(first) else {
        panic!("{:?}", house.state(first));
    };
    assert!(fault.what.contains("planned"), "{fault}");
    assert!(matches!(house.state(second), State::Done { .. }));
    assert!(house.agency.hired.load(Ordering::Relaxed) <= 5, "one for each lane, and one more");
}

#[test]
fn a_worker_that_stands_still_is_replaced() {
    let limits = Limits { soft_ms: 100, hard_ms: 200, grace_ms: 100, ..Limits::default() };
    let release = Cancel::default();
    let (released, hung) = (release.clone(), AtomicUsize::new(0));
    let house = House::new(limits, move |task, _| {
        let hangs = task.execution == ExecutionId(1) && task.step == Step::Listen;
        if hangs && hung.fetch_add(1, Ordering::Relaxed) == 0 {
            // Deaf to being asked to stop.
            while !released.is_set() {
                thread::park_timeout(Duration::from_millis(10));
            }
        }
        Ok(done(task.step))
    });
    let (first, second) = (house.wish(0).1, house.wish(1).1);
    let before = house.until(put_back(PutBack::Stuck));
    let slow = |it: &Notice| matches!(it, Notice::Told(it) if it.kind == ActivityKind::Slow);
    assert!(before.iter().any(slow), "the soft limit is told");
    let other_selected = |it: &Notice| matches!(it, Notice::Changed { execution, event: Event::Succeeded { .. }, .. } if *execution == second);
    assert!(before.iter().any(other_selected), "another lane noticed");
    house.until_rest(2);
    release.set();
    house.runtime.drain(WAIT_MAX);
    for execution in [first, second] {
        assert!(matches!(house.state(execution), State::Done { .. }));
    }
    let once: u64 = Step::ALL.into_iter().map(counts).sum();
    assert_eq!(house.store.total(Counter::AudioMs).unwrap(), 2 * once, "a late outcome counts");
}

#[test]
fn a_lane_that_fails_is_nobody_elses_fault() {
    let limits = Limits { tries_max: 2, backoff_first_ms: 10, ..Limits::default() };
    let house = House::new(limits, |task, _| match task.step {
        Step::Translate => Err(Failure::Step(Fault::transient("it hiccups", "wait"))),
        Step::Select
        | Step::Detect
        | Step::Weigh
        | Step::Listen
        | Step::Cue
        | Step::Publish
        | Step::Announce => Ok(done(task.step)),
    });
    let all: Vec<_> = (0..5).map(|it| house.wish(it).1).collect();
    house.until_rest(all.len());
    for execution in all {
        let state = house.state(execution);
        let why = ParkedWhy::TriesUsedUp;
        assert!(
            matches!(&state, State::Parked { step: Step::Translate, why: it, .. } if *it == why)
        );
        assert!(house.store.record(execution, Step::Listen).unwrap().is_some());
    }
}

#[test]
fn what_is_cancelled_or_paused_stops_soon() {
    let (stopped, ends) = unbounded();
    let house = House::new(Limits::default(), move |task, cx| {
        if task.step == Step::Listen {
            let worked = work_for(Duration::from_secs(600), cx.cancel);
            let _ = stopped.send(());
            worked?;
        }
        Ok(done(task.step))
    });
    let (job, execution) = house.wish(0);
    for pause in [
        Command::Pause(job),
        Command::PauseLane(LaneName::Cpu),
        Command::PauseAll,
        Command::Cancel(job, "nobody wants it".to_owned()),
    ] {
        house.until(began(Step::Listen));
        let since = Instant::now();
        house.runtime.command(pause).unwrap();
        ends.recv_timeout(Duration::from_secs(2)).unwrap();
        assert!(since.elapsed() < Duration::from_secs(2));
        assert!(!matches!(house.state(execution), State::Running { .. }));
        let _ = house.runtime.command(Command::Resume(job));
        house.runtime.command(Command::ResumeLane(LaneName::Cpu)).unwrap();
        house.runtime.command(Command::ResumeAll).unwrap();
    }
    assert_eq!(house.state(execution), State::Cancelled);
    assert_eq!(house.store.total(Counter::StepsFailed).unwrap(), 0);
}

/// The lane of whoever plays something gives way, and of two films the one that is watched goes first.
#[test]
fn players_and_viewers_go_first() {
    let house = House::new(Limits::default(), move |task, cx| {
        // The first film takes long, as long as nobody watches the second one.
        if task.step == Step::Listen && task.job == JobId(1) && task.tries.failed == 0 {
            work_for(Duration::from_secs(600), cx.cancel)?;
        }
        Ok(done(task.step))
    });
    let (_, first) = house.wish(0);
    house.until(began(Step::Listen));
    let why = "somebody watches Heat (transcode)".to_owned();
    house.runtime.hold(LaneName::Cpu, Some(why.clone()));
    house.until(put_back(PutBack::Watched));
    house.until(|it| {
        let Notice::Told(told) = it else { return false };
        let text = "lane cpu gives way: somebody watches Heat (transcode)";
        told.kind == ActivityKind::Watched && told.text == text
    });
    let (second, watched) = house.wish(1);
    house.until(|it| {
        matches!(it, Notice::Changed { execution, after, .. } if *execution == watched
        && matches!(after.state, State::Ready { step: Step::Detect, .. }))
    });
    let lane = |house: &House| {
        let lanes = house.runtime.view().lanes;
        lanes.into_iter().find(|it| it.name == LaneName::Cpu).unwrap()
    };
    assert_eq!(lane(&house).held, Some(why));
    house.runtime.hold(LaneName::Cpu, None);
    house.until(began(Step::Listen));
    assert!(matches!(house.state(first), State::Running { step: Step::Listen, .. }));
    house.runtime.command(Command::Move(second, MoveTo::Watched)).unwrap();
    house.until(put_back(PutBack::Watched));
    house.until(|it| {
        let Notice::Changed { execution, event, .. } = it else { return false };
        *execution == first && matches!(event, Event::Started { .. })
    });
    let heard = house.store.record(watched, Step::Listen).unwrap();
    assert!(heard.is_some(), "the watched one was listened to first");
    assert_eq!(house.store.total(Counter::StepsFailed).unwrap(), 0);
}

#[test]
fn files_of_a_library_outside_of_its_hours_wait_and_hold_up_nobody() {
    let house = House::new(Limits::default(), |task, _| Ok(done(task.step)));
    let of_library = |file| {
        let mut wish = wish(file, 0);
        let Spec::Subtitle { order, .. } = &mut wish.spec;
        order.library = Some("Anime".to_owned());
        house.runtime.wish(wish).unwrap().1
    };
    let waiting: Vec<_> = (0..5).map(of_library).collect();
    let others = [house.wish(10).1, house.wish(11).1];
    house.until_rest(others.len());
    for execution in others {
        assert!(matches!(house.state(execution), State::Done { .. }));
    }
    for execution in waiting {
        assert!(matches!(house.state(execution), State::Ready { step: Step::Select, .. }));
    }
    assert_eq!(house.runtime.view().libraries_out_of_hours, ["Anime"]);
}

#[test]
fn draining_lets_steps_end_until_the_deadline() {
    let store = Arc::new(Store::on(redb::backends::InMemoryBackend::new()).unwrap());
    let long = |task: &Task, cx: &TaskCx<'_>| {
        match task.step {
            Step::Listen => work_for(Duration::from_millis(300), cx.cancel)?,
            Step::Translate => work_for(Duration::from_secs(600), cx.cancel)?,
            Step::Select
            | Step::Detect
            | Step::Weigh
            | Step::Cue
            | Step::Publish
            | Step::Announce => {}
        }
        Ok(done(task.step))
    };
    let house = House::over(Arc::clone(&store), Limits::default(), long);
    let execution = house.wish(0).1;
    house.until(began(Step::Listen));
    house.runtime.drain(WAIT_MAX);
    let ready =
        |step| matches!(house.state(execution), State::Ready { step: it, .. } if it == step);
    assert!(ready(Step::Translate), "it ended, and nothing began: {:?}", house.state(execution));
    assert!(house.runtime.command(Command::PauseAll).is_err(), "it has ended");

    let again = House::over(Arc::clone(&store), Limits::default(), long);
    again.until(began(Step::Translate));
    let since = Instant::now();
    again.runtime.drain(Duration::from_millis(50));
    assert!(since.elapsed() < Duration::from_secs(5));
    again.until(put_back(PutBack::ShuttingDown));
    assert!(ready(Step::Translate), "it is put back: {:?}", house.state(execution));

    let rest = House::over(store, Limits::default(), |task, _| Ok(done(task.step)));
    rest.until_rest(1);
    assert!(matches!(rest.state(execution), State::Done { .. }));
}

#[test]
fn idle_workers_are_told() {
    let house = House::new(Limits::default(), |task, _| Ok(done(task.step)));
    house.wish(0);
    house.until_rest(1);
    let first = house.idle.recv_timeout(WAIT_MAX).unwrap();
    assert!(Duration::from_millis(900) < first, "{first:?}");
    assert!(house.runtime.is_alive());
    assert!(house.runtime.view().lanes.iter().all(|it| it.leases.is_empty() && it.waiting == 0));
}
