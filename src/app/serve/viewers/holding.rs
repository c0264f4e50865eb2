//! Which lanes give way to players, purely: sessions, the rule, the lanes and the time.

use crate::app::config::YieldTo;
use crate::domain::jellyfin::{ItemId, Play, Session};
use crate::domain::lane::{LaneKind, LaneName};
use std::collections::BTreeMap;
use std::time::Duration;

/// A lane goes on so long after nobody needs it any more: the next episode begins soon.
const GRACE: Duration = Duration::from_secs(15);
/// For so long lanes give way while nobody tells whether anything is played.
const SILENT_MAX: Duration = Duration::from_secs(120);

/// For whom each lane gives way, a sentence; `names` has titles. Which GPU a player uses is not told: all give way. Who
/// stands still needs nothing.
pub(super) fn holds(
    sessions: &[Session],
    rule: YieldTo,
    lanes: &[LaneName],
    names: &BTreeMap<ItemId, String>,
) -> BTreeMap<LaneName, String> {
    let mut holds = BTreeMap::new();
    for session in sessions.iter().filter(|it| !it.paused) {
        for lane in lanes.iter().filter(|it| needs(session.play, rule, it)) {
            let how = match session.play {
                Play::Direct => "playback",
                Play::Transcode { .. } => "transcode",
            };
            let name = names.get(&session.item).map_or("something", String::as_str);
            holds.entry(lane.clone()).or_insert_with(|| format!("somebody watches {name} ({how})"));
        }
    }
    holds
}

/// True where a player needs what the lane works with.
fn needs(play: Play, rule: YieldTo, lane: &LaneName) -> bool {
    let is_gpu = matches!(lane, LaneName::Gpu(_));
    match (rule, play) {
        (YieldTo::Never, _) | (YieldTo::Transcode, Play::Direct) => false,
        (YieldTo::Transcode, Play::Transcode { on_gpu: true }) => is_gpu,
        (YieldTo::Transcode, Play::Transcode { on_gpu: false }) => *lane == LaneName::Cpu,
        (YieldTo::Playback, _) => lane.kind() == LaneKind::Device,
    }
}

/// What gives way at the moment.
#[derive(Debug)]
pub(super) struct Holding {
    rule: YieldTo,
    lanes: Vec<LaneName>,
    /// For whom, and when they were needed last.
    held: BTreeMap<LaneName, (String, Duration)>,
    /// When it was told last who plays something.
    told: Duration,
}

impl Holding {
    /// Nothing gives way yet.
    pub(super) fn new(rule: YieldTo, lanes: Vec<LaneName>) -> Holding {
        Holding { rule, lanes, held: BTreeMap::new(), told: Duration::ZERO }
    }

    /// What changes now; `sessions` is `None` where nobody tells. A lane with a sentence gives way, one without goes
    /// on. Times are since some start.
    pub(super) fn changes(
        &mut self,
        sessions: Option<&[Session]>,
        names: &BTreeMap<ItemId, String>,
        now: Duration,
    ) -> Vec<(LaneName, Option<String>)> {
        let mut changes = Vec::new();
        let needed = match sessions {
            Some(sessions) => {
                self.told = now;
                holds(sessions, self.rule, &self.lanes, names)
            }
            None if now.saturating_sub(self.told) < SILENT_MAX => return changes,
            None => BTreeMap::new(),
        };
        for (lane, why) in &needed {
            let before = self.held.insert(lane.clone(), (why.clone(), now));
            if before.is_none_or(|it| it.0 != *why) {
                changes.push((lane.clone(), Some(why.clone())));
            }
        }
        self.held.retain(|lane, (_, last)| {
            let stays = now.saturating_sub(*last) < GRACE;
            if !stays {
                changes.push((lane.clone(), None));
            }
            stays
        });
        changes
    }

    /// Something gives way.
    pub(super) fn any(&self) -> bool {
        !self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Ms;
    use proptest::prelude::*;

    fn item(digit: char) -> ItemId {
        ItemId::parse(&digit.to_string().repeat(32)).unwrap()
    }

    fn session(play: Play, paused: bool) -> Session {
        Session { id: "s".to_owned(), item: item('1'), position: Ms(0), paused, play }
    }

    fn lanes() -> Vec<LaneName> {
        ["gpu0", "gpu1", "cpu", "ffmpeg", "net", "disk"]
            .map(|it| LaneName::parse(it).unwrap())
            .into()
    }

    const GPU: Play = Play::Transcode { on_gpu: true };
    const SOFTWARE: Play = Play::Transcode { on_gpu: false };

    #[test]
    fn who_gives_way_to_whom() {
        use YieldTo::{Never, Playback, Transcode};
        let names = BTreeMap::from([(item('1'), "Heat".to_owned())]);
        for (rule, play, paused, expected) in [
            (Never, GPU, false, ""),
            (Never, Play::Direct, false, ""),
            (Transcode, Play::Direct, false, ""),
            (Transcode, GPU, false, "gpu0 gpu1"),
            (Transcode, GPU, true, ""),
            (Transcode, SOFTWARE, false, "cpu"),
            (Playback, Play::Direct, false, "gpu0 gpu1 cpu"),
            (Playback, GPU, false, "gpu0 gpu1 cpu"),
            (Playback, Play::Direct, true, ""),
        ] {
            let held = holds(&[session(play, paused)], rule, &lanes(), &names);
            let told: Vec<String> = held.keys().map(ToString::to_string).collect();
            assert_eq!(told.join(" "), expected, "{rule:?} {play:?} {paused}");
        }
        let both = [session(Play::Direct, false), session(SOFTWARE, false)];
        let held = holds(&both, Transcode, &lanes(), &names);
        assert_eq!(held[&LaneName::Cpu], "somebody watches Heat (transcode)");
        let held = holds(&both, Playback, &lanes(), &BTreeMap::new());
        assert_eq!(held[&LaneName::Gpu(1)], "somebody watches something (playback)");
    }

    #[test]
    fn lanes_go_on_a_little_after_the_last_session_and_when_nobody_tells() {
        let names = BTreeMap::from([(item('1'), "Heat".to_owned())]);
        let mut holding = Holding::new(YieldTo::Transcode, lanes());
        let seconds = Duration::from_secs;
        let cpu = |why: Option<&str>| vec![(LaneName::Cpu, why.map(str::to_owned))];
        let plays = [session(SOFTWARE, false)];
        let heat = Some("somebody watches Heat (transcode)");
        for (at, sessions, expected) in [
            (0, Some(&plays[..]), cpu(heat)),
            (10, Some(&plays[..]), vec![]),
            (15, Some(&[][..]), vec![]),
            (25, Some(&plays[..]), vec![]),
            (39, Some(&[][..]), vec![]),
            (40, Some(&[][..]), cpu(None)),
            (50, Some(&[][..]), vec![]),
            (60, Some(&plays[..]), cpu(heat)),
            (170, None, vec![]),
            (179, None, vec![]),
            (180, None, cpu(None)),
            (300, None, vec![]),
            (310, Some(&plays[..]), cpu(heat)),
        ] {
            assert_eq!(holding.changes(sessions, &names, seconds(at)), expected, "at {at} s");
        }
        let other = [Session { item: item('2'), ..plays[0].clone() }];
        let changed = holding.changes(Some(&other), &names, seconds(320));
        assert_eq!(changed, cpu(Some("somebody watches something (transcode)")));
        assert!(holding.any());
    }

    proptest! {
        /// Whatever is played and however long nobody tells: what was told to give way is what does, and nothing does
        /// for ever.
        #[test]
        fn all_that_gives_way_goes_on_in_the_end(
            ticks in prop::collection::vec((0..100u64, prop::option::of((0..3u8, any::<bool>()))), 0..60),
            rule in prop::sample::select(vec![YieldTo::Never, YieldTo::Transcode, YieldTo::Playback]),
        ) {
            let mut holding = Holding::new(rule, lanes());
            let (mut now, mut held) = (0, BTreeMap::new());
            let mut follow = |changes: Vec<(LaneName, Option<String>)>| {
                for (lane, why) in changes {
                    match why {
                        Some(why) => drop(held.insert(lane, why)),
                        None => assert!(held.remove(&lane).is_some(), "{lane} goes on twice"),
                    }
                }
                held.len()
            };
            for (wait, told) in ticks {
                now += wait;
                let sessions = told.map(|(play, paused)| {
                    let play = [Play::Direct, GPU, SOFTWARE][usize::from(play)];
                    vec![session(play, paused)]
                });
                let at = Duration::from_secs(now);
                let changes = holding.changes(sessions.as_deref(), &BTreeMap::new(), at);
                let count = follow(changes);
                prop_assert_eq!(count > 0, holding.any());
            }
            let end = Duration::from_secs(now) + SILENT_MAX + GRACE;
            let count = follow(holding.changes(None, &BTreeMap::new(), end));
            prop_assert_eq!(count, 0);
        }
    }
}
