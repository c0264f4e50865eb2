//! The worker under the runtime: lanes and threads, several files at once.

use super::workshop::{Workshop, order, srt_words};
use kinora::domain::execution::{Ending, ParkedWhy, State};
use kinora::domain::job::ExecutionId;
use kinora::domain::lane::LaneName;
use kinora::domain::schedule::Schedule;
use kinora::pipeline::subtitle::wish::wish_for;
use kinora::runtime::{Command, LaneSpec, Notice, Runtime, Setup};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Nothing in this test takes longer, on a busy machine either.
const PATIENCE: Duration = Duration::from_secs(120);
/// Cancelled work ends within this.
const CANCEL_MAX: Duration = Duration::from_secs(2);

struct Watched {
    runtime: Runtime,
    notices: Receiver<Notice>,
    ends: BTreeMap<ExecutionId, State>,
}

impl Watched {
    fn start(shop: &Workshop) -> Watched {
        let lane = |name| LaneSpec { name, workers: 1, schedule: Schedule::always() };
        let lanes = [LaneName::Ffmpeg, LaneName::Cpu, LaneName::Disk].map(lane).to_vec();
        let setup = Setup { lanes, ..Setup::default() };
        let (to, notices) = channel();
        let to = Mutex::new(to);
        let sink = move |notice: &Notice| drop(to.lock().unwrap().send(notice.clone()));
        let (store, hire) = (Arc::clone(&shop.store), Arc::new(shop.hire()));
        let runtime = Runtime::start(store, setup, hire, Arc::new(sink)).unwrap();
        Watched { runtime, notices, ends: BTreeMap::new() }
    }

    fn wish(&self, path: &Path) -> ExecutionId {
        self.runtime.wish(wish_for(path, &order()).unwrap()).unwrap().1
    }

    /// How an execution came to rest.
    fn end(&mut self, execution: ExecutionId) -> State {
        while !self.ends.contains_key(&execution) {
            let notice = self.notices.recv_timeout(PATIENCE).expect("it comes to rest");
            if let Notice::Changed { execution, after, .. } = notice
                && matches!(
                    after.state,
                    State::Done { .. } | State::Parked { .. } | State::Cancelled
                )
            {
                self.ends.insert(execution, after.state);
            }
        }
        self.ends[&execution].clone()
    }
}

#[test]
fn the_runtime_makes_subtitles() {
    let shop = Workshop::new();
    let first = shop.film("first.mkv", "-t 4.5 -c:a aac");
    let second = shop.film("second.mkv", "-ss 4.5 -c:a aac");
    let silent = shop.ffmpeg("-f lavfi -i anullsrc=r=48000:d=3 -c:a flac", "silent.mka");
    std::fs::write(shop.at("noise.mkv"), [7; 5000]).unwrap();
    let mut watched = Watched::start(&shop);
    let [first, noise, second, silent] =
        [&first, &shop.at("noise.mkv"), &second, &silent].map(|it| watched.wish(it));
    assert_eq!(watched.end(first), State::Done { ending: Ending::Written });
    assert_eq!(watched.end(second), State::Done { ending: Ending::Written });
    assert_eq!(watched.end(silent), State::Done { ending: Ending::NoSpeech });
    let State::Parked { why, fault, .. } = watched.end(noise) else { panic!() };
    assert_eq!(why, ParkedWhy::NeedsPerson);
    assert!(fault.what.contains("not a media file"), "{fault}");
    assert!(srt_words(&shop.read("first.eng.srt")).contains("fellow"));
    assert!(srt_words(&shop.read("second.eng.srt")).contains("country"));

    let long = shop.film("long.wav", "-af aloop=loop=40:size=176000 -c:a pcm_s16le");
    let (job, long, _) = watched.runtime.wish(wish_for(&long, &order()).unwrap()).unwrap();
    loop {
        let notice = watched.notices.recv_timeout(PATIENCE).expect("it gets on");
        if matches!(notice, Notice::Progress { execution, progress, .. }
            if execution == long && progress.heard.0 > 0)
        {
            break;
        }
    }
    let asked = Instant::now();
    watched.runtime.command(Command::Cancel(job, "the test says so".to_owned())).unwrap();
    assert_eq!(watched.end(long), State::Cancelled);
    while watched.runtime.view().lanes.iter().any(|it| !it.leases.is_empty()) {
        assert!(asked.elapsed() < CANCEL_MAX, "it still runs");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    watched.runtime.stop();
    assert_eq!(shop.store.pending().unwrap(), []);
    assert_eq!(shop.store.check().unwrap(), []);
    drop(watched);
    assert_eq!(shop.children(), 0);
}
