//! What happened to one execution, as a pure fold over its events.

use super::fault::Fault;
use super::job::Rank;
use super::lane::LaneKind;
use serde::{Deserialize, Serialize};

/// A stage of a product, by name. Stored by its place in this list: only append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Step {
    /// Looking what the file holds, and choosing a track.
    Select,
    /// Finding out the language.
    Detect,
    /// Listening.
    Listen,
    /// Into languages that listening cannot write.
    Translate,
    /// Cutting cues.
    Cue,
    /// Writing files.
    Publish,
    /// Holding existing subtitles against the speech; comes before `Listen`.
    Weigh,
    /// Telling Jellyfin of the files, and looking how it labels them.
    Announce,
}

impl Step {
    /// All of them, in the order of work.
    pub const ALL: [Step; 8] = [
        Step::Select,
        Step::Detect,
        Step::Weigh,
        Step::Listen,
        Step::Translate,
        Step::Cue,
        Step::Publish,
        Step::Announce,
    ];

    /// Its name in logs, records and answers.
    pub fn name(self) -> &'static str {
        match self {
            Step::Select => "select",
            Step::Detect => "detect",
            Step::Weigh => "weigh",
            Step::Announce => "announce",
            Step::Listen => "listen",
            Step::Translate => "translate",
            Step::Cue => "cue",
            Step::Publish => "publish",
        }
    }

    /// Which kind of lane it runs on.
    pub fn lane(self) -> LaneKind {
        match self {
            Step::Select => LaneKind::Ffmpeg,
            Step::Detect | Step::Weigh | Step::Listen => LaneKind::Device,
            Step::Translate | Step::Announce => LaneKind::Network,
            Step::Cue | Step::Publish => LaneKind::Disk,
        }
    }
}

/// How an execution ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// Files were written.
    Written,
    /// What is wanted was there.
    Skipped,
    /// Nobody speaks.
    NoSpeech,
    /// Files were written, and a person should look at them: lines could not be translated.
    Review,
}

/// Tries of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// Failures of this step in a row that were tried again.
    pub failed: u8,
    /// Deaths of the whole process during this step, since it last got on.
    pub crashed: u8,
}

/// Why an execution waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParkedWhy {
    /// Only a person can mend it.
    NeedsPerson,
    /// It was tried often enough.
    TriesUsedUp,
    /// Listening failed as often as `asr_max_failures` allows: scans leave it alone (P-8, `fatal`).
    AsrFatal,
    /// Kinora died with it too often.
    Crashes,
    /// Kinora is wrong.
    Bug,
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Then {
    /// The same step again, at this time, milliseconds since the Unix epoch.
    RetryAt(u64),
    /// It waits for a person.
    Park(ParkedWhy),
}

/// What follows a step that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// This step.
    Step(Step),
    /// Nothing: it ended well.
    End(Ending),
}

/// Why a running step was stopped without being at fault; it runs again and the try is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PutBack {
    /// Its lane, or everything, was paused.
    LanePaused,
    /// The hours of its lane, or of its library, are over.
    OutOfHours,
    /// Kinora is ending in order.
    ShuttingDown,
    /// It stood still, and its worker with it.
    Stuck,
    /// Its lane was quarantined: another one takes over.
    Quarantined,
    /// The service it needs does not answer: it waits until the service is tried again.
    ServiceAway,
    /// Somebody watches: the player needs what the lane works with, or what is watched goes first.
    Watched,
    /// The disk that it writes to takes nothing more: it waits until there is room.
    DiskFull,
}

/// Where an execution stands; derived from its events and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// It waits for its turn.
    Ready {
        /// Which step is next.
        step: Step,
        /// How often it was tried.
        tries: Tries,
        /// Not before, milliseconds since the Unix epoch.
        due_unix_ms: u64,
    },
    /// A worker has it.
    Running {
        /// Which step.
        step: Step,
        /// How often it was tried before.
        tries: Tries,
    },
    /// A person put it aside.
    Paused {
        /// Which step is next.
        step: Step,
        /// How often it was tried.
        tries: Tries,
    },
    /// It waits for a person; the runtime never leaves this state by itself.
    Parked {
        /// Which step failed.
        step: Step,
        /// Why.
        why: ParkedWhy,
        /// What happened, and what to do.
        fault: Fault,
    },
    /// It ended well.
    Done {
        /// How.
        ending: Ending,
    },
    /// Somebody does not want it any more.
    Cancelled,
}

/// What is appended to the log; each one is durable before anything acts on it. Stored by its place: only append.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A worker takes the next step.
    Started {
        /// Name of the lane, such as `gpu0`.
        lane: String,
    },
    /// The running step got on after a death or failure before: earlier tries are forgiven.
    GotOn,
    /// The step succeeded.
    Succeeded {
        /// What follows.
        next: Next,
    },
    /// The step failed.
    Failed {
        /// What happened.
        fault: Fault,
        /// What follows.
        then: Then,
    },
    /// The process died while the step ran: seen on restart only.
    Interrupted {
        /// What follows.
        then: Then,
    },
    /// The step was stopped without being at fault.
    PutBack {
        /// Why.
        reason: PutBack,
    },
    /// A person puts it aside; a running step is stopped.
    Paused,
    /// A person lets it go on.
    Resumed,
    /// Nobody wants it any more.
    Cancelled {
        /// Why, a sentence.
        reason: String,
    },
    /// A person wants it tried again.
    Retried {
        /// When, milliseconds since the Unix epoch.
        at_unix_ms: u64,
    },
    /// A person moved it in the queue.
    Moved {
        /// Where to.
        rank: Rank,
    },
}

/// An execution: its state and its place in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Where it stands.
    pub state: State,
    /// Which goes first.
    pub rank: Rank,
}

/// An event that the state does not allow: the writer of it was late or wrong, and nothing is written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an execution that is {state:?} cannot take {event:?}")]
pub struct Illegal {
    /// Where it stands.
    pub state: State,
    /// What came.
    pub event: Event,
}

impl Execution {
    /// As it begins.
    pub fn submitted(rank: Rank, first: Step, at_unix_ms: u64) -> Execution {
        let tries = Tries::default();
        Execution { state: State::Ready { step: first, tries, due_unix_ms: at_unix_ms }, rank }
    }

    /// What an event makes of it.
    ///
    /// # Errors
    /// Where the state does not allow the event.
    pub fn apply(&self, event: &Event) -> Result<Execution, Box<Illegal>> {
        if let Event::Moved { rank } = event {
            return match self.state {
                State::Ready { .. } | State::Running { .. } | State::Paused { .. } => {
                    Ok(Execution { state: self.state.clone(), rank: *rank })
                }
                State::Parked { .. } | State::Done { .. } | State::Cancelled => {
                    Err(self.illegal(event))
                }
            };
        }
        let state = self.next_state(event).ok_or_else(|| self.illegal(event))?;
        Ok(Execution { state, rank: self.rank })
    }

    fn illegal(&self, event: &Event) -> Box<Illegal> {
        Box::new(Illegal { state: self.state.clone(), event: event.clone() })
    }

    fn next_state(&self, event: &Event) -> Option<State> {
        match &self.state {
            &State::Ready { step, tries, .. } => from_ready(step, tries, event),
            &State::Running { step, tries } => from_running(step, tries, event),
            &State::Paused { step, tries } => from_paused(step, tries, event),
            &State::Parked { step, .. } => from_parked(step, event),
            State::Done { .. } | State::Cancelled => None,
        }
    }
}

fn from_ready(step: Step, tries: Tries, event: &Event) -> Option<State> {
    match event {
        Event::Started { .. } => Some(State::Running { step, tries }),
        Event::Paused => Some(State::Paused { step, tries }),
        Event::Cancelled { .. } => Some(State::Cancelled),
        // "Now, not when it is due": a person does not wait for a backoff.
        Event::Retried { at_unix_ms } => Some(ready(step, Tries::default(), *at_unix_ms)),
        Event::GotOn
        | Event::Succeeded { .. }
        | Event::Failed { .. }
        | Event::Interrupted { .. }
        | Event::PutBack { .. }
        | Event::Resumed
        | Event::Moved { .. } => None,
    }
}

fn from_running(step: Step, tries: Tries, event: &Event) -> Option<State> {
    match event {
        Event::GotOn => Some(State::Running { step, tries: Tries::default() }),
        Event::Succeeded { next: Next::Step(next) } => Some(ready(*next, Tries::default(), 0)),
        Event::Succeeded { next: Next::End(ending) } => Some(State::Done { ending: *ending }),
        Event::Failed { fault, then } => {
            let tries = Tries { failed: tries.failed.saturating_add(1), ..tries };
            Some(after(step, tries, *then, fault))
        }
        Event::Interrupted { then } => {
            let tries = Tries { crashed: tries.crashed.saturating_add(1), ..tries };
            Some(after(step, tries, *then, &died(step)))
        }
        Event::PutBack { .. } => Some(ready(step, tries, 0)),
        Event::Paused => Some(State::Paused { step, tries }),
        Event::Cancelled { .. } => Some(State::Cancelled),
        Event::Started { .. } | Event::Resumed | Event::Retried { .. } | Event::Moved { .. } => {
            None
        }
    }
}

fn from_paused(step: Step, tries: Tries, event: &Event) -> Option<State> {
    match event {
        Event::Resumed => Some(ready(step, tries, 0)),
        Event::Cancelled { .. } => Some(State::Cancelled),
        Event::Started { .. }
        | Event::GotOn
        | Event::Succeeded { .. }
        | Event::Failed { .. }
        | Event::Interrupted { .. }
        | Event::PutBack { .. }
        | Event::Paused
        | Event::Retried { .. }
        | Event::Moved { .. } => None,
    }
}

fn from_parked(step: Step, event: &Event) -> Option<State> {
    match event {
        Event::Retried { at_unix_ms } => Some(ready(step, Tries::default(), *at_unix_ms)),
        Event::Cancelled { .. } => Some(State::Cancelled),
        Event::Started { .. }
        | Event::GotOn
        | Event::Succeeded { .. }
        | Event::Failed { .. }
        | Event::Interrupted { .. }
        | Event::PutBack { .. }
        | Event::Paused
        | Event::Resumed
        | Event::Moved { .. } => None,
    }
}

fn ready(step: Step, tries: Tries, due_unix_ms: u64) -> State {
    State::Ready { step, tries, due_unix_ms }
}

fn after(step: Step, tries: Tries, then: Then, fault: &Fault) -> State {
    match then {
        Then::RetryAt(due_unix_ms) => ready(step, tries, due_unix_ms),
        Then::Park(why) => State::Parked { step, why, fault: fault.clone() },
    }
}

fn died(step: Step) -> Fault {
    Fault::operator(
        format!("Kinora itself ended several times while this file was at `{}`", step.name()),
        "look at the log for what ended it (memory, power), then retry it with `kinora jobs retry`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIED: Tries = Tries { failed: 1, crashed: 2 };

    fn fault() -> Fault {
        Fault::transient("the service is away", "it is tried again")
    }

    fn states() -> Vec<(&'static str, State)> {
        let step = Step::Listen;
        vec![
            ("ready", ready(step, TRIED, 5)),
            ("running", State::Running { step, tries: TRIED }),
            ("paused", State::Paused { step, tries: TRIED }),
            ("parked", State::Parked { step, why: ParkedWhy::Bug, fault: fault() }),
            ("done", State::Done { ending: Ending::Written }),
            ("cancelled", State::Cancelled),
        ]
    }

    fn events() -> Vec<(&'static str, Event)> {
        let then = Then::RetryAt(9);
        let park = Then::Park(ParkedWhy::TriesUsedUp);
        vec![
            ("started", Event::Started { lane: "cpu".into() }),
            ("got on", Event::GotOn),
            ("succeeded", Event::Succeeded { next: Next::Step(Step::Cue) }),
            ("ended", Event::Succeeded { next: Next::End(Ending::NoSpeech) }),
            ("failed", Event::Failed { fault: fault(), then }),
            ("failed last", Event::Failed { fault: fault(), then: park }),
            ("interrupted", Event::Interrupted { then }),
            ("interrupted last", Event::Interrupted { then: park }),
            ("put back", Event::PutBack { reason: PutBack::Stuck }),
            ("paused", Event::Paused),
            ("resumed", Event::Resumed),
            ("cancelled", Event::Cancelled { reason: "gone".into() }),
            ("retried", Event::Retried { at_unix_ms: 7 }),
            ("moved", Event::Moved { rank: Rank { priority: 1, place: -3 } }),
        ]
    }

    fn shown(execution: &Execution) -> String {
        let state = match &execution.state {
            State::Ready { step, tries, due_unix_ms } => {
                format!("ready {} {}/{} at {due_unix_ms}", step.name(), tries.failed, tries.crashed)
            }
            State::Running { step, tries } => {
                format!("running {} {}/{}", step.name(), tries.failed, tries.crashed)
            }
            State::Paused { step, tries } => {
                format!("paused {} {}/{}", step.name(), tries.failed, tries.crashed)
            }
            State::Parked { step, why, .. } => format!("parked {} {why:?}", step.name()),
            State::Done { ending } => format!("done {ending:?}"),
            State::Cancelled => "cancelled".to_owned(),
        };
        let Rank { priority, place } = execution.rank;
        if (priority, place) == (0, 0) { state } else { format!("{state}, {priority} {place}") }
    }

    /// Every pair of state and event, on one page.
    #[test]
    fn every_state_knows_every_event() {
        let mut page = String::new();
        for (name, state) in states() {
            for (event_name, event) in events() {
                let before = Execution { state: state.clone(), rank: Rank::default() };
                let after = match before.apply(&event) {
                    Ok(after) => shown(&after),
                    Err(illegal) => {
                        assert_eq!(illegal.state, before.state);
                        "-".to_owned()
                    }
                };
                page.push_str(&format!("{name:<9} + {event_name:<16} = {after}\n"));
            }
        }
        insta::assert_snapshot!(page);
    }
}
