//! Days of activities in no time: what is told, when, and that nothing is lost or told twice, whatever fails.

use super::*;
use crate::app::config::{Key, NotifyKind};
use crate::domain::job::ExecutionId;
use proptest::prelude::*;
use std::path::PathBuf;
use std::time::Duration;

const MINUTE_MS: u64 = 60_000;

fn setting(on: &[Notable], gather: Duration) -> NotifySetting {
    NotifySetting {
        name: "phone".to_owned(),
        kind: NotifyKind::Ntfy,
        address: Key::None,
        key: Key::None,
        on: on.to_vec(),
        gather,
    }
}

fn activity(at_unix_ms: u64, kind: ActivityKind, path: Option<&str>, text: &str) -> Activity {
    let execution = path.map(|_| ExecutionId(1));
    let path = path.map(PathBuf::from);
    Activity { at_unix_ms, kind, execution, path, text: text.to_owned() }
}

fn shown(activity: &Activity) -> (Option<u64>, Option<String>) {
    let path = activity.path.as_ref().map(|it| it.display().to_string());
    (path.as_ref().map(|_| 12), path)
}

/// One who is told of everything, five minutes at a time.
struct Phone {
    gather: Gather,
    number: u64,
}

impl Phone {
    fn new() -> Phone {
        let setting = setting(&Notable::ALL, Duration::from_secs(300));
        Phone { gather: Gather::new(&setting, Cursor::at(0)), number: 0 }
    }

    fn hear(&mut self, at_minute: u64, kind: ActivityKind, path: Option<&str>, text: &str) {
        self.number += 1;
        let it = activity(at_minute * MINUTE_MS, kind, path, text);
        self.gather.take(self.number, &it, shown(&it), it.at_unix_ms);
    }

    /// The message that is sent in this minute.
    fn sent(&mut self, at_minute: u64, idle: bool) -> Option<Message> {
        let draft = self.gather.due(at_minute * MINUTE_MS, idle)?;
        self.gather.told(&draft);
        Some(draft.message)
    }
}

const BROKEN: &str =
    "`select` failed: the file is no video; replace it, or leave it out of the library";

#[test]
fn what_happens_within_a_while_is_one_message() {
    let mut phone = Phone::new();
    for (minute, name) in [(10, "A"), (11, "B"), (12, "C"), (14, "D")] {
        let path = format!("/films/{name}.mkv");
        phone.hear(minute, ActivityKind::Parked, Some(&path), BROKEN);
        assert_eq!(phone.sent(minute, false), None);
    }
    phone.hear(
        14,
        ActivityKind::BackupFailed,
        None,
        "no backup could be made: the disk is full; make room",
    );
    let message = phone.sent(15, false).expect("a message");
    insta::assert_snapshot!(format!("{}\n{}\n{}", message.priority, message.title, message.text), @r"
    4
    Kinora: no backup could be made, and more
    No backup could be made: the disk is full; make room.
    4 files wait for you: A.mkv, B.mkv, C.mkv and 1 more.
    The first: `select` failed: the file is no video; replace it, or leave it out of the library.
    ");
    assert_eq!(phone.sent(16, false), None, "once");
    phone.hear(17, ActivityKind::Parked, Some("/films/E.mkv"), BROKEN);
    let message = phone.sent(22, false).expect("a message");
    assert_eq!(message.title, "Kinora: 1 file waits for you");
    assert!(
        message.text.starts_with("1 file waits for you: E.mkv.\n`select` failed:"),
        "{}",
        message.text
    );
}

#[test]
fn what_is_urgent_waits_a_minute_at_most() {
    let mut phone = Phone::new();
    phone.hear(10, ActivityKind::Parked, Some("/films/A.mkv"), BROKEN);
    phone.hear(11, ActivityKind::DiskLow, None, "only 200 MiB are left for /data; make room");
    assert_eq!(phone.sent(11, false), None);
    let message = phone.sent(12, false).expect("a message");
    assert_eq!(
        (message.priority, message.title.as_str()),
        (5, "Kinora: the disk is nearly full, and more")
    );
    phone.hear(20, ActivityKind::DiskLow, None, "the disk of /data has room again: 3 GiB");
    let message = phone.sent(21, false).expect("a message");
    assert_eq!(
        (message.priority, message.title.as_str()),
        (2, "Kinora: there is room on the disk again")
    );
}

#[test]
fn files_are_counted_until_the_queue_is_empty_for_a_while() {
    let mut phone = Phone::new();
    for _ in 0..11 {
        phone.hear(10, ActivityKind::Finished, Some("/films/A.mkv"), "1 file was written");
    }
    phone.hear(
        10,
        ActivityKind::TranslateFailed,
        Some("/films/A.mkv"),
        "2 lines could not be translated",
    );
    phone.hear(11, ActivityKind::Parked, Some("/films/B.mkv"), BROKEN);
    let first = phone.sent(16, false).expect("the parked one");
    assert!(!first.text.contains("finished"), "there is work yet: {}", first.text);
    // It runs empty, and there is more at once, and it runs empty again.
    assert_eq!(phone.sent(20, true), None);
    assert_eq!(phone.sent(21, false), None);
    phone.hear(22, ActivityKind::Finished, Some("/films/C.mkv"), "1 file was written");
    let message = phone.sent(26, true).expect("a message");
    assert_eq!(
        message.title,
        "Kinora: 13 files finished (1 with lines that need a look), 1 needs you"
    );
    assert_eq!((message.priority, message.events.len()), (2, 0));
    assert_eq!(phone.sent(60, true), None, "once");
}

#[test]
fn only_what_is_wanted_is_told_and_the_rest_is_settled() {
    let mut gather = Gather::new(&setting(&[Notable::Backup], Duration::ZERO), Cursor::at(4));
    let kinds = [ActivityKind::Parked, ActivityKind::Finished, ActivityKind::Scanned];
    for (number, kind) in (5..).zip(kinds) {
        let it = activity(1, kind, Some("/films/A.mkv"), "x");
        gather.take(number, &it, shown(&it), 1);
    }
    assert!(gather.due(u64::MAX, true).is_none());
    assert_eq!(gather.cursor(), Cursor::at(7), "a restart does not look at them again");
}

#[test]
fn a_message_is_never_longer_than_ntfy_takes() {
    let mut phone = Phone::new();
    let (name, text) = (format!("/films/{}.mkv", "\u{4e71}".repeat(300)), "\u{4e71}".repeat(5000));
    let kinds = [
        ActivityKind::Parked,
        ActivityKind::AsrFailedFatal,
        ActivityKind::NotTold,
        ActivityKind::BackupFailed,
        ActivityKind::OutputsChecked,
        ActivityKind::DiskLow,
    ];
    for kind in kinds {
        for path in [Some(name.as_str()), None].into_iter().cycle().take(500) {
            phone.hear(1, kind, path, &text);
        }
    }
    let message = phone.sent(100, false).expect("a message");
    assert!(message.text.len() <= 4000, "{}", message.text.len());
    assert_eq!(message.events.len() as u64 + message.more, 3000);
    for head in ["500 files wait for you", "500 files were given up"] {
        assert!(message.text.contains(head), "{head}: {}", message.text);
    }
}

/// What the world does to one who is told.
#[derive(Clone, Debug)]
enum Step {
    /// Something happens.
    Happens(ActivityKind),
    /// Minutes pass.
    Passes(u64),
    /// The queue is empty, or not.
    Idle(bool),
    /// The server takes messages, or not.
    Takes(bool),
    /// Kinora dies: right after a message was sent, before that was written down, or at another time.
    Dies { forgets: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop_oneof![
        Just(ActivityKind::Parked),
        Just(ActivityKind::AsrFailedFatal),
        Just(ActivityKind::Finished),
        Just(ActivityKind::DiskLow),
        Just(ActivityKind::Scanned),
    ];
    let step = prop_oneof![
        6 => kind.prop_map(Step::Happens),
        4 => (0..12_u64).prop_map(Step::Passes),
        1 => any::<bool>().prop_map(Step::Idle),
        1 => any::<bool>().prop_map(Step::Takes),
        1 => any::<bool>().prop_map(|forgets| Step::Dies { forgets }),
    ];
    proptest::collection::vec(step, 0..120)
}

/// The world: what happened, what is durable, what arrived.
struct World {
    setting: NotifySetting,
    happened: Vec<Activity>,
    durable: Cursor,
    before: Cursor,
    gather: Gather,
    arrived: Vec<Message>,
    /// Numbers that may have arrived twice, because their message was sent and Kinora died.
    twice: Vec<u64>,
    now_ms: u64,
    idle: bool,
    takes: bool,
}

impl World {
    fn turn(&mut self) {
        let from = self.gather.seen() as usize;
        for (number, it) in self.happened.iter().enumerate().skip(from) {
            self.gather.take(number as u64 + 1, it, shown(it), self.now_ms);
        }
        if let Some(draft) = self.gather.due(self.now_ms, self.idle)
            && self.takes
        {
            self.gather.told(&draft);
            self.arrived.push(draft.message);
            self.before = self.durable;
            self.durable = self.gather.cursor();
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Happens(kind) => {
                self.happened.push(activity(self.now_ms, *kind, Some("/films/A.mkv"), "x; y"));
            }
            Step::Passes(minutes) => self.now_ms += minutes * MINUTE_MS,
            Step::Idle(idle) => self.idle = *idle,
            Step::Takes(takes) => self.takes = *takes,
            Step::Dies { forgets } => {
                if *forgets && self.before != self.durable {
                    self.durable = self.before;
                    let last = self.arrived.last().into_iter().flat_map(|it| &it.events);
                    self.twice.extend(last.map(|it| it.0));
                }
                self.gather = Gather::new(&self.setting, self.durable);
            }
        }
        self.turn();
    }
}

proptest! {
    /// Whatever fails and dies: every event arrives, in order, and twice only what was in the last message before a
    /// death that kept it from being written down.
    #[test]
    fn nothing_is_lost_and_nothing_is_told_twice(steps in steps(), minutes in 0..20_u64) {
        let setting = setting(&Notable::ALL, Duration::from_secs(60 * minutes));
        let start = Cursor::at(0);
        let gather = Gather::new(&setting, start);
        let mut world = World {
            setting, happened: Vec::new(), durable: start, before: start, gather, arrived: Vec::new(),
            twice: Vec::new(), now_ms: 0, idle: false, takes: true,
        };
        for step in &steps {
            world.step(step);
        }
        for step in [Step::Takes(true), Step::Idle(true), Step::Passes(30), Step::Passes(30), Step::Passes(30)] {
            world.step(&step);
        }
        let of_kind = |it: &Activity| notable(it).is_some();
        let expected: Vec<u64> = world.happened.iter().zip(1..).filter(|it| of_kind(it.0)).map(|it| it.1).collect();
        let arrived: Vec<u64> = world.arrived.iter().flat_map(|it| &it.events).map(|it| it.0).collect();
        let counted: u64 = world.arrived.iter().map(|it| it.more).sum();
        if counted == 0 {
            let mut once = arrived.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(&once, &expected, "all of it arrives");
            for (at, number) in arrived.iter().enumerate() {
                if arrived[..at].contains(number) {
                    prop_assert!(world.twice.contains(number), "{} twice in {:?}", number, arrived);
                }
            }
            if world.twice.is_empty() {
                prop_assert_eq!(&arrived, &expected, "in order");
            }
        }
        let ended = world.happened.iter().filter(|it| it.kind == ActivityKind::Finished).count() as u64;
        let told: u64 = world.arrived.iter().map(Message::finished).sum();
        prop_assert!(ended <= told && (told == ended || !world.twice.is_empty() || world.before != world.durable
            || steps.iter().any(|it| matches!(it, Step::Dies { forgets: true }))), "{} of {}", told, ended);
        prop_assert!(world.gather.due(u64::MAX, true).is_none(), "nothing is left");
    }
}
