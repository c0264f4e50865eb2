//! Somebody watches a film while it is listened to: what comes next is heard first, and in the end all is the same.

use super::workshop::{Workshop, order};
use crate::support::clips::{clips, music};
use crate::support::film::{Layout, film};
use crate::support::srt;
use kinora::base::cancel::Cancel;
use kinora::domain::change::Counter;
use kinora::domain::execution::{Ending, State, Step};
use kinora::domain::job::ExecutionId;
use kinora::domain::lang::Lang;
use kinora::domain::order::{ExistingRules, Order};
use kinora::domain::time::Ms;
use kinora::pipeline::subtitle::publish::is_partial;
use kinora::runtime::work::{Failure, Task};
use std::cell::{Cell, RefCell};
use std::path::PathBuf;

/// Where the viewer is at first, and after a jump back into what was put off.
const PLACES: [Ms; 2] = [Ms(70_000), Ms(26_000)];

/// A minute and a half of sentences; `None` where there are no recordings.
fn long_film(shop: &Workshop) -> Option<PathBuf> {
    let (clips, music) = (clips("en")?, music()?);
    let layout = Layout { lang: "en", seed: 11, length_s: 100, pauses_per_long: 9 };
    let path = shop.at("film.mkv");
    film(&layout, &clips, &music).write(&path, &["-c:a", "flac"]);
    Some(path)
}

/// When the cues of a subtitle file begin, milliseconds.
fn starts(text: &str) -> Vec<i64> {
    srt::read(text).into_iter().map(|it| it.span.start as i64).collect()
}

#[test]
fn what_comes_next_for_the_viewer_is_there_first_and_all_is_the_same_in_the_end() {
    let order = Order { from: Lang::parse("en").ok(), ..order() };
    let mut still = Workshop::new();
    let Some(film) = long_film(&still) else {
        println!("skipped: the recordings of asterisk-core-sounds and its music are not here");
        return;
    };
    let done = still.make(&film, &order);
    assert_eq!(done.state, State::Done { ending: Ending::Written });
    let (whole, windows) = (still.read("film.eng.srt"), still.store.total(Counter::WindowsHeard));
    assert!(starts(&whole).iter().any(|it| *it < PLACES[1].0), "{whole}");
    drop(still);

    let mut shop = Workshop::new();
    let film = long_film(&shop).unwrap();
    let sidecar = shop.at("film.eng.srt");
    let viewers = shop.viewers.clone();
    viewers.watch(&film, None, PLACES[0]);
    // Of another day, so that the wish below is another one.
    let earlier =
        Order { existing: ExistingRules { good_percent: 71, ..order.existing }, ..order.clone() };
    let first = shop.wish(&film, &earlier, false);
    let task = to_listen(&mut shop, first);
    let (cancel, shown) = (Cancel::default(), RefCell::new(String::new()));
    let outcome = shop.work_telling(&task, &cancel, &|_| {
        if let Ok(text) = std::fs::read_to_string(&sidecar) {
            shown.borrow_mut().clone_from(&text);
            cancel.set();
        }
    });
    assert_eq!(outcome, Err(Failure::Stopped));
    let shown = shown.into_inner();
    let cues = starts(&shown);
    assert!(cues.iter().any(|it| PLACES[0].0 < *it), "nothing to read: {shown}");
    // A window before the place is heard for what was just said.
    assert!(cues.iter().all(|it| PLACES[0].0 - 40_000 < *it), "heard from the start: {shown}");
    assert_eq!(is_partial(&sidecar, &*shop.store), Ok(true));
    assert_eq!(viewers.take_new(), [(film.clone(), None)]);

    // What is there counts for nothing: it is listened to even where what is ours is kept.
    let kept = ExistingRules { keep_ours: true, ..order.existing };
    let second = shop.wish(&film, &Order { existing: kept, ..order.clone() }, false);
    let task = to_listen(&mut shop, second);
    let jumped = Cell::new(false);
    let done = shop.work_telling(&task, &Cancel::default(), &|progress| {
        if !jumped.get() && PLACES[0].0 + 15_000 < progress.decoded.0 {
            jumped.set(true);
            viewers.watch(&film, None, PLACES[1]);
        }
    });
    assert!(jumped.get());
    shop.succeed(second, done.unwrap());
    let made = shop.work_to_the_end(second);
    assert_eq!(
        (made.steps, made.state),
        (vec![Step::Cue, Step::Publish], State::Done { ending: Ending::Written })
    );
    assert_eq!(shop.read("film.eng.srt"), whole);
    assert_eq!(is_partial(&sidecar, &*shop.store), Ok(false));
    assert_eq!(shop.store.total(Counter::WindowsHeard), windows, "a window was heard twice");
    assert_eq!(shop.listing("").len(), 2, "the film and its subtitle");
}

/// All steps before listening.
fn to_listen(shop: &mut Workshop, execution: ExecutionId) -> Task {
    loop {
        let task = shop.next(execution).expect("it is listened to");
        if task.step == Step::Listen {
            return task;
        }
        let done = shop.work(&task, &Cancel::default()).unwrap();
        shop.succeed(execution, done);
    }
}
