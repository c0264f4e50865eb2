//! The runtime as the rest of the house sees it: the deciding thread, and how to talk to it.

use super::board::Now;
use super::core::{Core, Message, Sink, Turn};
use super::decide::{HoursOf, Input};
use super::lanes::{LaneThreads, Shared};
use super::limits::{Limits, Setup};
use super::notice::{Command, CommandRefused, Notice, RuntimeView};
use super::work::Hire;
use super::writer::Writer;
use crate::base::clock::{Stopwatch, now_unix_ms};
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, JobId, Wish};
use crate::domain::lane::LaneName;
use crate::domain::schedule::Schedule;
use crate::store::{Store, Wished, Write, Wrote};
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Messages that wait for the deciding thread; the next one waits for room, progress is left out.
const INBOX_MAX: usize = 1_024;
/// How long the deciding thread sleeps at most: its heart beats each time it wakes.
const SLEEP_MAX_MS: u64 = 1_000;
/// How often hours are looked at.
const HOURS_EVERY_MS: u64 = 15_000;
/// How old a heartbeat may be: a slow disk holds one commit for some seconds.
const BEAT_AGE_MAX: Duration = Duration::from_secs(30);

/// A running job engine. It ends when it is [`drained`](Runtime::drain), or dropped.
pub struct Runtime {
    inbox: Sender<Message>,
    writer: Writer,
    shown: Arc<Shown>,
    /// Disconnected when the deciding thread has ended.
    ended: Receiver<()>,
}

/// What the deciding thread shows of itself.
struct Shown {
    view: Mutex<RuntimeView>,
    /// What it works by from its next turn on.
    anew: Mutex<Option<Anew>>,
    beat_up_ms: AtomicU64,
    clock: Stopwatch,
}

/// What may change while it runs.
struct Anew {
    limits: Limits,
    hours: BTreeMap<LaneName, Schedule>,
}

impl Shown {
    fn now(&self) -> Now {
        let up_ms = u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        Now { unix_ms: now_unix_ms(), up_ms }
    }
}

impl Runtime {
    /// Starts: what ran when the process died is interrupted, and the lanes take up their work. `sink` is told what
    /// happens, on the deciding thread.
    ///
    /// # Errors
    /// Where the store cannot be read or written, or the system gives no threads.
    pub fn start(
        store: Arc<Store>,
        setup: Setup,
        hire: Arc<dyn Hire>,
        sink: Arc<dyn Fn(&Notice) + Send + Sync>,
    ) -> Result<Runtime, Fault> {
        let writer = Writer::start(Arc::clone(&store))?;
        let (inbox, messages) = bounded(INBOX_MAX);
        let shared = Shared {
            store: Arc::clone(&store),
            writer: writer.clone(),
            hire,
            inbox: inbox.clone(),
        };
        let lanes = LaneThreads::start(&setup.lanes, shared)?;
        let shown = Arc::new(Shown {
            view: Mutex::default(),
            anew: Mutex::default(),
            beat_up_ms: AtomicU64::new(0),
            clock: Stopwatch::start(),
        });
        let core = recovered(store, writer.clone(), lanes, &setup, sink, shown.now())?;
        // Whoever looks before the first turn sees the lanes.
        *shown.view.lock().unwrap_or_else(PoisonError::into_inner) = core.view();
        let (running, ended) = bounded(0);
        let loop_shown = Arc::clone(&shown);
        let thread = thread::Builder::new().name("decide".to_owned());
        let started = thread.spawn(move || {
            let _running: Sender<()> = running;
            run(core, &messages, setup, &loop_shown);
        });
        started.map_err(|it| {
            Fault::operator(
                format!("no thread can be started: {it}"),
                "free memory, or raise the limit of threads",
            )
        })?;
        Ok(Runtime { inbox, writer, shown, ended })
    }

    /// Works by other limits and hours of lanes from the next turn on; a lane that is not named always may work. What
    /// failed already keeps the time of its next try.
    pub fn set(&self, limits: Limits, hours: BTreeMap<LaneName, Schedule>) {
        let mut anew = self.shown.anew.lock().unwrap_or_else(PoisonError::into_inner);
        *anew = Some(Anew { limits, hours });
    }

    /// Wishes; durable on return. Answers the job, its latest execution, and what became of the wish.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn wish(&self, wish: Wish) -> Result<(JobId, ExecutionId, Wished), Fault> {
        match self.writer.write(Write::Wish { wish, at_unix_ms: now_unix_ms() })? {
            Wrote::Wished { job, execution, what } => {
                if what != Wished::Left {
                    // Where it is ending, the next start finds the wish in the store.
                    let _ = self.inbox.send(Message::Submitted { job, execution, what });
                }
                Ok((job, execution, what))
            }
            Wrote::Event(_) | Wrote::Terms(_) | Wrote::Nothing => {
                Err(Fault::bug("a wish was answered with no job"))
            }
        }
    }

    /// Wishes a lot at once: one transaction, durable on return.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn wish_all(&self, wishes: Vec<Wish>) -> Result<(), Fault> {
        let at_unix_ms = now_unix_ms();
        let writes = wishes.into_iter().map(|wish| Write::Wish { wish, at_unix_ms }).collect();
        for wrote in self.writer.write_all(writes)? {
            if let Ok(Wrote::Wished { job, execution, what }) = wrote
                && what != Wished::Left
            {
                let _ = self.inbox.send(Message::Submitted { job, execution, what });
            }
        }
        Ok(())
    }

    /// Does what a person asks for; durable on return.
    ///
    /// # Errors
    /// Why it is not done.
    pub fn command(&self, command: Command) -> Result<(), CommandRefused> {
        let answer = self.ask(command)?;
        self.answered(&answer)
    }

    /// Does all that a person asks for, in this order, with as few writes as can be; durable on return. Answers each.
    pub fn command_all(&self, commands: Vec<Command>) -> Vec<Result<(), CommandRefused>> {
        let asked: Vec<_> = commands.into_iter().map(|it| self.ask(it)).collect();
        asked.into_iter().map(|it| it.and_then(|answer| self.answered(&answer))).collect()
    }

    fn ask(
        &self,
        command: Command,
    ) -> Result<Receiver<Result<(), CommandRefused>>, CommandRefused> {
        let (asker, answer) = bounded(1);
        self.inbox.send(Message::Command(command, asker)).map_err(|_| ending())?;
        Ok(answer)
    }

    fn answered(
        &self,
        answer: &Receiver<Result<(), CommandRefused>>,
    ) -> Result<(), CommandRefused> {
        // Sent at the very end, a message stays unread in the channel, with its asker: so the end is waited for too.
        crossbeam::select! {
            recv(answer) -> answered => answered.unwrap_or_else(|_| Err(ending())),
            recv(self.ended) -> _ => answer.try_recv().unwrap_or_else(|_| Err(ending())),
        }
    }

    /// A lane gives way to a player, `why` being for whom, a sentence; or goes on where that is `None`. What runs on it
    /// is put back as if it were paused. Not remembered: whoever watches says so again after a start.
    pub fn hold(&self, lane: LaneName, why: Option<String>) {
        // Where it is ending, nothing runs on it soon.
        let _ = self.inbox.send(Message::Input(Input::Hold { lane, why }));
    }

    /// How it stands.
    pub fn view(&self) -> RuntimeView {
        self.shown.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes for whoever else has to.
    pub fn writer(&self) -> Writer {
        self.writer.clone()
    }

    /// The deciding loop turned lately.
    pub fn is_alive(&self) -> bool {
        let beat = Duration::from_millis(self.shown.beat_up_ms.load(Ordering::Relaxed));
        self.shown.clock.elapsed().saturating_sub(beat) < BEAT_AGE_MAX
    }

    /// Ends: no step starts any more, running ones have until the deadline, then they are put back. Returns when
    /// nothing runs any more; whoever calls again meanwhile, or [`stop`](Runtime::stop), makes it sooner.
    pub fn drain(&self, deadline: Duration) {
        let for_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        let _ = self.inbox.send(Message::Input(Input::Drain { for_ms }));
        // Nothing is ever sent: it ends when the thread does.
        let _ = self.ended.recv();
    }

    /// Ends now: what runs is put back.
    pub fn stop(&self) {
        self.drain(Duration::ZERO);
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.stop();
    }
}

fn ending() -> CommandRefused {
    let remedy = "ask again when it has started";
    CommandRefused::Failed(Fault::transient("Kinora is ending", remedy))
}

fn recovered(
    store: Arc<Store>,
    writer: Writer,
    lanes: LaneThreads,
    setup: &Setup,
    sink: Sink,
    now: Now,
) -> Result<Core<Writer, LaneThreads>, Fault> {
    Core::recover(store, writer, lanes, setup, sink, now)
}

/// The loop: turns until nothing is to be done, then sleeps until something is.
fn run(
    mut core: Core<Writer, LaneThreads>,
    messages: &Receiver<Message>,
    mut setup: Setup,
    shown: &Shown,
) {
    let mut hours = Hours::default();
    loop {
        let now = shown.now();
        let anew = shown.anew.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Anew { limits, hours: mut open }) = anew {
            core.set_limits(limits);
            for lane in &mut setup.lanes {
                lane.schedule = open.remove(&lane.name).unwrap_or_else(Schedule::always);
            }
            hours.looked_up_ms = None;
        }
        hours.look(&mut core, &setup, now);
        messages.try_iter().take(INBOX_MAX).for_each(|it| core.post(it));
        let turn = core.turn(now);
        shown.beat_up_ms.store(shown.now().up_ms, Ordering::Relaxed);
        let sleep_ms = match turn {
            Turn::Again => 0,
            Turn::SleepUntil(up_ms) => up_ms.saturating_sub(now.up_ms).clamp(1, SLEEP_MAX_MS),
            Turn::Idle => SLEEP_MAX_MS,
        };
        *shown.view.lock().unwrap_or_else(PoisonError::into_inner) = core.view();
        if core.is_drained(now) {
            break;
        }
        if sleep_ms == 0 {
            continue;
        }
        match messages.recv_timeout(Duration::from_millis(sleep_ms)) {
            Ok(message) => core.post(message),
            Err(RecvTimeoutError::Timeout) => {}
            // Lanes hold senders: this does not happen.
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    core.into_lanes().end();
}

/// Which lanes, and after them libraries, are open, as the deciding loop was told.
#[derive(Default)]
struct Hours {
    open: Vec<bool>,
    looked_up_ms: Option<u64>,
}

impl Hours {
    /// Tells the loop of those that opened or closed.
    fn look(&mut self, core: &mut Core<Writer, LaneThreads>, setup: &Setup, now: Now) {
        let fresh = self.looked_up_ms.is_some_and(|it| now.up_ms < it + HOURS_EVERY_MS);
        let lanes = setup.lanes.iter().map(|it| (HoursOf::Lane(it.name.clone()), &it.schedule));
        let libraries = setup.libraries.iter().map(|it| (HoursOf::Library(it.0.clone()), it.1));
        let all = || lanes.clone().chain(libraries.clone());
        let is_open = self.open.iter().all(|it| *it);
        if fresh || (is_open && all().all(|it| it.1.is_always())) {
            return;
        }
        self.looked_up_ms = Some(now.up_ms);
        let unix_ms = i64::try_from(now.unix_ms).unwrap_or(i64::MAX);
        let Ok(moment) = Timestamp::from_millisecond(unix_ms) else { return };
        let zone = TimeZone::system();
        self.open.resize(setup.lanes.len() + setup.libraries.len(), true);
        for ((of, schedule), was_open) in all().zip(&mut self.open) {
            let open = schedule.is_open_at(moment, &zone);
            if open != *was_open {
                *was_open = open;
                core.post(Message::Input(Input::Hours { of, open }));
            }
        }
    }
}
