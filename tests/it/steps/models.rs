//! Films that are listened to with different weights, one after the other, by one worker.

use super::workshop::{Workshop, order};
use kinora::domain::change::StepDone;
use kinora::domain::execution::{Ending, State, Step};
use kinora::domain::fault::FaultKind;
use kinora::domain::lane::LaneName;
use kinora::domain::lang::Lang;
use kinora::domain::order::Order;
use kinora::runtime::work::{Failure, Hire, Task, Worker};

/// The usual order, with these weights and without finding out the language.
fn order_with(model: &str) -> Order {
    let mut order = Order { from: Lang::parse("en").ok(), ..order() };
    order.listen.model = model.to_owned();
    order
}

/// A film's step of listening, taken up to there.
fn to_listen(shop: &Workshop, worker: &mut dyn Worker, film: &str, model: &str) -> Task {
    let path = shop.film(film, "-t 4.5 -c:a aac");
    let execution = shop.wish(&path, &order_with(model), false);
    loop {
        let task = shop.next(execution).expect("it is to be listened to");
        if task.step == Step::Listen {
            return task;
        }
        shop.succeed(execution, shop.work_with(worker, &task).expect("no step before fails"));
    }
}

fn replaced(done: &StepDone) -> bool {
    done.notes.iter().any(|it| it.contains("had other weights and was replaced"))
}

#[test]
fn a_worker_takes_the_weights_of_each_order() {
    let shop = Workshop::new();
    let mut hire = shop.hire();
    // The same weights in another place: what is looked at is what the order says, not what the file holds.
    let other = shop.at("other.bin");
    std::fs::copy(&hire.models["test"], &other).unwrap();
    hire.models.insert("other".to_owned(), other);
    let mut worker = hire.hire(&LaneName::Cpu, 1);
    let mut hear = |film: &str, model: &str| {
        let task = to_listen(&shop, &mut *worker, film, model);
        shop.work_with(&mut *worker, &task).expect("heard")
    };
    assert!(!replaced(&hear("a.mkv", "test")), "the first ones");
    let kept = shop.children();
    assert!(!replaced(&hear("b.mkv", "test")), "the same ones: they stay");
    assert!(replaced(&hear("c.mkv", "other")), "other ones");
    assert_eq!(shop.children(), kept, "those before are gone");
    assert!(replaced(&hear("d.mkv", "test")), "the first ones again");

    let task = to_listen(&shop, &mut *worker, "e.mkv", "of another day");
    let Err(Failure::Step(fault)) = shop.work_with(&mut *worker, &task) else {
        panic!("it was listened to with other weights than it was to be")
    };
    assert_eq!(fault.kind, FaultKind::Operator);
    assert!(fault.what.contains("not in the configuration any more"), "{fault}");
    assert!(fault.remedy.contains("`kinora scan` wishes it anew"), "{fault}");
}

#[test]
fn weights_that_went_away_do_not_keep_from_steps_that_need_none() {
    let mut shop = Workshop::new();
    let film = shop.film("film.mkv", "-t 4.5 -c:a aac");
    let done = shop.make(&film, &order_with("test"));
    assert_eq!(done.state, State::Done { ending: Ending::Written });
    let again = shop.make_again(&film, &order_with("test"));
    assert_eq!(again.steps, [Step::Select]);
    let unknown = shop.make(&film, &order_with("of another day"));
    assert_eq!(unknown.steps.first(), Some(&Step::Select), "it can be looked at");
    assert!(unknown.fault.is_some(), "and not be listened to");
}
