//! The deciding loop, one turn at a time: takes what came in, decides, writes, and only then changes what it knows,
//! moves the lanes and tells. It never sleeps and reads no clock: whoever calls it is the loop.

mod apply;

use super::board::{Board, LeaseId, LibraryPlace, Now};
use super::decide::{self, Decision, Input, Submitted, Target};
use super::limits::{Limits, Setup};
use super::notice::{Command, CommandRefused, LaneState, LeaseView, Notice, RuntimeView};
use crate::domain::execution::{Execution, State, Step, Tries};
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, JobId, Wish};
use crate::domain::lane::LaneName;
use crate::store::{Control, ListQuery, Refused, RowStatus, Store, Wished, Write, Wrote};
use crossbeam::channel::Sender;
use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

/// Messages decided about in one turn, at most.
const TURN_MESSAGES_MAX: usize = 256;
/// Time after which a write that failed is tried again, milliseconds.
const STORE_RETRY_MS: u64 = 5_000;
/// Parked executions read at once.
const PARKED_PAGE: usize = 500;

/// What comes in.
#[derive(Debug)]
pub enum Message {
    /// A wish was written.
    Submitted {
        /// Of which job.
        job: JobId,
        /// Its execution.
        execution: ExecutionId,
        /// What became of it.
        what: Wished,
    },
    /// A person asks for something; answered after it is written.
    Command(Command, Sender<Result<(), CommandRefused>>),
    /// All else.
    Input(Input),
}

/// What whoever calls [`Core::turn`] does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Call again.
    Again,
    /// Call again at this time, milliseconds since the start, or when something comes in.
    SleepUntil(u64),
    /// Call again when something comes in.
    Idle,
}

/// Makes writes durable, all in one transaction.
pub trait Commit {
    /// Answers each write.
    ///
    /// # Errors
    /// Where nothing was written.
    fn commit(&self, writes: Vec<Write>) -> Result<Vec<Result<Wrote, Refused>>, Fault>;
}

impl Commit for Arc<Store> {
    fn commit(&self, writes: Vec<Write>) -> Result<Vec<Result<Wrote, Refused>>, Fault> {
        Store::commit(self, &writes)
    }
}

/// The workers, as the deciding loop sees them. None of it blocks; what comes of it comes in as a [`Message`].
pub trait Lanes {
    /// A worker of the lane takes a step.
    fn start(&mut self, lease: LeaseId, assignment: Assignment);
    /// Its worker is asked to stop.
    fn stop(&mut self, lease: LeaseId);
    /// Its worker does not stop: it is given up, and another one takes its place.
    fn give_up(&mut self, lease: LeaseId);
}

/// Which step a worker takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Of which execution.
    pub execution: ExecutionId,
    /// Of which job.
    pub job: JobId,
    /// The step.
    pub step: Step,
    /// How often it was tried before.
    pub tries: Tries,
    /// On which lane.
    pub lane: LaneName,
}

/// Whoever is told what happened; must not block.
pub type Sink = Arc<dyn Fn(&Notice) + Send + Sync>;

/// The deciding loop's state.
pub struct Core<C, L> {
    store: Arc<Store>,
    commit: C,
    lanes: L,
    board: Board,
    queue: VecDeque<Message>,
    sink: Sink,
    chance: Chance,
    store_fault: Option<Fault>,
}

impl<C: Commit, L: Lanes> Core<C, L> {
    /// Takes up what the store holds. What ran when the process died is interrupted, and that is durable on return.
    ///
    /// # Errors
    /// Where the store cannot be read or written.
    pub fn recover(
        store: Arc<Store>,
        commit: C,
        lanes: L,
        setup: &Setup,
        sink: Sink,
        now: Now,
    ) -> Result<Core<C, L>, Fault> {
        let mut board = Board::new(setup);
        for (control, row) in store.controls()? {
            match control {
                Control::PausedAll => board.paused = true,
                Control::PausedLane(name) => {
                    if let Some(lane) = board.lane(&name) {
                        board.lanes[lane].paused = true;
                    }
                }
                Control::Quarantined(name) => {
                    if let Some(lane) = board.lane(&name) {
                        board.lanes[lane].quarantined = Some(row.why);
                    }
                }
            }
        }
        let mut died = Vec::new();
        for (execution, job, stands) in store.active()? {
            let library = library_of(&store, &board, job)?;
            board.put(execution, job, library, &stands);
            if let State::Running { .. } = stands.state {
                died.push(Input::Died { execution });
            }
        }
        let (queue, chance) = (VecDeque::new(), Chance(now.unix_ms));
        let mut core = Core { store, commit, lanes, board, queue, sink, chance, store_fault: None };
        for some in died.chunks(TURN_MESSAGES_MAX) {
            let decisions = some.iter().flat_map(|input| core.decide(input, now)).collect();
            core.perform(decisions, now)?;
        }
        Ok(core)
    }

    /// Something came in.
    pub fn post(&mut self, message: Message) {
        self.queue.push_back(message);
    }

    /// What came in since the last turn is decided about and done, then what time brings.
    pub fn turn(&mut self, now: Now) -> Turn {
        self.board.advance(now.unix_ms);
        let heard = match self.hear(now) {
            Ok(heard) => heard,
            Err(fault) => return self.store_failed(fault, now),
        };
        self.board.advance(now.unix_ms);
        let decisions = self.decide(&Input::Clock, now);
        let acted = !decisions.is_empty();
        if let Err(fault) = self.perform(decisions, now) {
            return self.store_failed(fault, now);
        }
        if heard || acted || !self.queue.is_empty() {
            return Turn::Again;
        }
        match self.board.wake_up_ms(now) {
            Some(up_ms) => Turn::SleepUntil(up_ms),
            None => Turn::Idle,
        }
    }

    /// What it knows.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// The lanes, while it goes on.
    pub fn lanes_mut(&mut self) -> &mut L {
        &mut self.lanes
    }

    /// The lanes, when it ends.
    pub fn into_lanes(self) -> L {
        self.lanes
    }

    /// Decides by these limits from now on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.board.limits = limits;
    }

    /// It was asked to end, and nothing runs any more, or what runs cannot be put back: the next start does that.
    pub fn is_drained(&self, now: Now) -> bool {
        self.board.draining_until_up_ms.is_some_and(|until| {
            let over_up_ms = until.saturating_add(self.board.limits.grace_ms);
            let cannot = self.store_fault.is_some() && over_up_ms <= now.up_ms;
            cannot || self.board.leases().next().is_none()
        })
    }

    /// How it stands, for people.
    pub fn view(&self) -> RuntimeView {
        let board = &self.board;
        let leases = |place: usize| board.leases().filter(move |it| it.1.lane == place);
        let lanes = board.lanes.iter().enumerate().map(|(place, lane)| LaneState {
            name: lane.name.clone(),
            workers: lane.workers,
            paused: lane.paused,
            out_of_hours: !lane.open,
            quarantined: lane.quarantined.clone(),
            held: lane.held.clone(),
            waiting: board.waiting(lane.name.kind()),
            leases: leases(place)
                .map(|(_, it)| LeaseView {
                    job: it.job,
                    execution: it.execution,
                    step: it.step,
                    since_unix_ms: it.since.unix_ms,
                    progress: it.progress,
                    stopping: it.stopping.is_some(),
                })
                .collect(),
        });
        RuntimeView {
            lanes: lanes.collect(),
            libraries_out_of_hours: board
                .libraries
                .iter()
                .filter(|it| !it.open)
                .map(|it| it.name.clone())
                .collect(),
            paused: board.paused,
            draining: board.draining_until_up_ms.is_some(),
            not_due: board.not_due(),
            disks_full: board.full_disks(),
            services_away: board.services.away().map(str::to_owned).collect(),
            store_fault: self.store_fault.clone(),
        }
    }

    fn decide(&mut self, input: &Input, now: Now) -> Vec<Decision> {
        let decisions = decide::decide(&self.board, input, now, self.chance.draw());
        for it in &decisions {
            tracing::debug!(reason = it.reason, action = ?it.action, "decided");
        }
        decisions
    }

    /// Decides about what came in, as much of it as can be one transaction. Where that fails, what must not be lost
    /// waits in front; a command's asker is told, and can ask again.
    fn hear(&mut self, now: Now) -> Result<bool, Fault> {
        let mut batch = Batch::default();
        let mut unread = None;
        while batch.messages.len() < TURN_MESSAGES_MAX {
            let Some(message) = self.queue.pop_front() else { break };
            // A command may turn what other decisions go by.
            let is_alone = matches!(&message, Message::Command(it, _) if !it.is_of_one_job());
            if is_alone && !batch.messages.is_empty() {
                self.queue.push_front(message);
                break;
            }
            let decided = match self.input(&message) {
                Ok(input) => self.decide(input.as_ref(), now),
                Err(fault) => {
                    unread = Some(fault);
                    batch.messages.push((message, 0..0));
                    break;
                }
            };
            if !batch.is_apart(&decided) {
                self.queue.push_front(message);
                break;
            }
            batch.add(message, decided);
            if is_alone {
                break;
            }
        }
        let heard = !batch.messages.is_empty();
        let done = match unread {
            None => self.perform(batch.decisions, now),
            Some(fault) => Err(fault),
        };
        for (message, range) in batch.messages.into_iter().rev() {
            match (message, &done) {
                (Message::Command(_, asker), Ok(refusals)) => {
                    let refused = refusals.iter().find(|it| range.contains(&it.0));
                    answer(&asker, refused.map_or(Ok(()), |it| Err(it.1.clone())));
                }
                (Message::Command(_, asker), Err(fault)) => {
                    answer(&asker, Err(CommandRefused::Failed(fault.clone())));
                }
                (Message::Submitted { .. } | Message::Input(_), Ok(_)) => {}
                (message @ (Message::Submitted { .. } | Message::Input(_)), Err(_)) => {
                    self.queue.push_front(message);
                }
            }
        }
        done.map(|_| heard)
    }

    /// A message with what the store knows about it.
    fn input<'a>(&mut self, message: &'a Message) -> Result<Cow<'a, Input>, Fault> {
        match message {
            Message::Input(input) => {
                if let Input::Ended { lease, outcome: Err(_) } | Input::Lost { lease } = input {
                    self.refresh_tries(*lease)?;
                }
                Ok(Cow::Borrowed(input))
            }
            Message::Command(command, _) => {
                let targets = self.targets(command)?;
                Ok(Cow::Owned(Input::Command { command: command.clone(), targets }))
            }
            Message::Submitted { job, execution, what } => {
                self.submitted(*job, *execution, *what).map(Cow::Owned)
            }
        }
    }

    /// Checkpoints forgive earlier tries, and are written without asking here.
    fn refresh_tries(&mut self, lease: LeaseId) -> Result<(), Fault> {
        let Some(execution) = self.board.lease(lease).map(|it| it.execution) else { return Ok(()) };
        self.refresh(execution)
    }

    /// What the store says is so.
    fn refresh(&mut self, execution: ExecutionId) -> Result<(), Fault> {
        if let Some(row) = self.store.execution(execution)? {
            self.put(execution, row.job, &row.execution);
        }
        Ok(())
    }

    /// The board takes over how an execution stands.
    fn put(&mut self, id: ExecutionId, job: JobId, stands: &Execution) {
        let library = match self.board.entry(id) {
            Some(entry) => entry.library,
            None => library_of(&self.store, &self.board, job).unwrap_or_else(|fault| {
                tracing::error!(%fault, job = job.0, "its library is not known: no hours hold");
                None
            }),
        };
        self.board.put(id, job, library, stands);
    }

    fn submitted(&self, job: JobId, execution: ExecutionId, what: Wished) -> Result<Input, Fault> {
        let mut changed = Vec::new();
        let cancelled = match what {
            Wished::Superseded { cancelled } => Some(cancelled),
            Wished::New | Wished::Retried | Wished::Left => None,
        };
        let is_new = matches!(what, Wished::New | Wished::Superseded { .. });
        for id in cancelled.into_iter().chain([execution]) {
            let Some(row) = self.store.execution(id)? else { continue };
            let last = self.store.events(id)?.pop().map(|it| it.1);
            let event = last.filter(|_| id != execution || !is_new);
            changed.push(Submitted { job, execution: id, stands: row.execution, event });
        }
        Ok(Input::Submitted(changed))
    }

    fn targets(&self, command: &Command) -> Result<Vec<Target>, Fault> {
        let job = match command {
            Command::Pause(job)
            | Command::Resume(job)
            | Command::Cancel(job, _)
            | Command::Retry(job)
            | Command::Move(job, _) => *job,
            Command::RetryAllParked => return self.parked(),
            Command::PauseLane(_)
            | Command::ResumeLane(_)
            | Command::PauseAll
            | Command::ResumeAll => return Ok(Vec::new()),
        };
        let Some(row) = self.store.job(job)? else { return Ok(Vec::new()) };
        let Some(latest) = self.store.execution(row.latest)? else { return Ok(Vec::new()) };
        let again = Wish {
            key: row.key,
            fingerprint: row.fingerprint,
            spec: row.spec,
            priority: row.priority,
            again: true,
        };
        Ok(vec![Target {
            job,
            execution: row.latest,
            stands: latest.execution,
            again: Some(again),
        }])
    }

    /// All that is parked and was not wished anew since.
    fn parked(&self) -> Result<Vec<Target>, Fault> {
        let mut found = Vec::new();
        let mut before = None;
        loop {
            let status = Some(RowStatus::Parked);
            let page = self.store.list(&ListQuery { status, before, limit: PARKED_PAGE })?;
            let Some(last) = page.last() else { return Ok(found) };
            before = Some(last.0);
            for (execution, row) in page {
                if self.store.job(row.job)?.is_some_and(|it| it.latest == execution) {
                    let (job, stands) = (row.job, row.execution);
                    found.push(Target { job, execution, stands, again: None });
                }
            }
        }
    }

    fn store_failed(&mut self, fault: Fault, now: Now) -> Turn {
        if self.store_fault.as_ref() != Some(&fault) {
            tracing::error!(%fault, "nothing can be written: steps wait");
        }
        self.store_fault = Some(fault);
        Turn::SleepUntil(now.up_ms + STORE_RETRY_MS)
    }
}

/// The library a job belongs to, where that has hours. Nothing is read where none has.
fn library_of(store: &Store, board: &Board, job: JobId) -> Result<Option<LibraryPlace>, Fault> {
    if board.libraries.is_empty() {
        return Ok(None);
    }
    let Some(row) = store.job(job)? else { return Ok(None) };
    Ok(row.spec.library().and_then(|it| board.library(it)))
}

/// What is decided and done together: decisions that do not touch each other's executions.
#[derive(Default)]
struct Batch {
    messages: Vec<(Message, Range<usize>)>,
    decisions: Vec<Decision>,
    touched: BTreeSet<ExecutionId>,
}

impl Batch {
    fn is_apart(&self, decided: &[Decision]) -> bool {
        decided.iter().filter_map(Decision::touches).all(|it| !self.touched.contains(&it))
    }

    fn add(&mut self, message: Message, decided: Vec<Decision>) {
        self.touched.extend(decided.iter().filter_map(Decision::touches));
        let start = self.decisions.len();
        self.decisions.extend(decided);
        self.messages.push((message, start..self.decisions.len()));
    }
}

/// Whoever does not wait for the answer does not get it.
fn answer(asker: &Sender<Result<(), CommandRefused>>, answer: Result<(), CommandRefused>) {
    let _ = asker.try_send(answer);
}

/// Grains of chance, from 0.0 to 1.0, the same ones for the same seed: SplitMix64.
struct Chance(u64);

impl Chance {
    fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) as f64 / u64::MAX as f64
    }
}
