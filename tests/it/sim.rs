//! Random days in the life of the job engine, in virtual time, over the real store: wishes, outcomes of every kind,
//! waits, deaths between and during commits, commands. After each act rules hold; at the end of the day all rests.

mod disk;
mod rules;
mod world;

use kinora::runtime::MoveTo;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, RngSeed};
use world::{Ends, World};

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// A wish for one of a few files; `fingerprint` tells whether the file changed.
    Wish {
        file: u8,
        fingerprint: u8,
        priority: i8,
        again: bool,
    },
    /// One of the running steps ends.
    Step {
        which: u8,
        ends: Ends,
    },
    /// One of the running steps comes along, and leaves a checkpoint.
    Checkpoint {
        which: u8,
    },
    /// One of the steps whose worker was given up comes back after all.
    Late {
        which: u8,
    },
    Wait {
        ms: u64,
    },
    /// The process dies, now.
    Kill,
    /// The process dies at this commit from now: before it is written, or just after.
    KillAtCommit {
        commits: u8,
        written: bool,
    },
    /// The next commits fail, and the process lives on.
    DiskFull {
        commits: u8,
    },
    Job {
        which: u8,
        what: OfJob,
    },
    PauseLane {
        which: u8,
    },
    ResumeLane {
        which: u8,
    },
    PauseAll,
    ResumeAll,
    RetryAllParked,
    Hours {
        which: u8,
        open: bool,
    },
    /// A lane gives way to a player, or goes on.
    Hold {
        which: u8,
        on: bool,
    },
    /// Those of the library to which every other file belongs.
    LibraryHours {
        open: bool,
    },
}

#[derive(Clone, Copy, Debug)]
enum OfJob {
    Pause,
    Resume,
    Cancel,
    Retry,
    Move(MoveTo),
}

fn act() -> impl Strategy<Value = Act> {
    let which = || any::<u8>();
    let wish = (0..5u8, 0..2u8, 0..2i8, any::<bool>()).prop_map(|it| {
        let (file, fingerprint, priority, again) = it;
        Act::Wish { file, fingerprint, priority, again }
    });
    let waits = prop_oneof![0..1_000u64, 0..400_000u64, 0..4_000_000u64];
    let of_job = prop_oneof![
        2 => Just(OfJob::Pause),
        3 => Just(OfJob::Resume),
        1 => Just(OfJob::Cancel),
        2 => Just(OfJob::Retry),
        1 => Just(OfJob::Move(MoveTo::Top)),
        1 => Just(OfJob::Move(MoveTo::Bottom)),
        1 => Just(OfJob::Move(MoveTo::Up)),
        1 => Just(OfJob::Move(MoveTo::Down)),
        1 => Just(OfJob::Move(MoveTo::Watched)),
        1 => (-1..2i8).prop_map(|it| OfJob::Move(MoveTo::Priority(it))),
    ];
    prop_oneof![
        6 => wish,
        16 => (which(), ends()).prop_map(|(which, ends)| Act::Step { which, ends }),
        2 => which().prop_map(|which| Act::Checkpoint { which }),
        2 => which().prop_map(|which| Act::Late { which }),
        5 => waits.prop_map(|ms| Act::Wait { ms }),
        1 => Just(Act::Kill),
        2 => (0..4u8, any::<bool>())
            .prop_map(|(commits, written)| Act::KillAtCommit { commits, written }),
        1 => (1..4u8).prop_map(|commits| Act::DiskFull { commits }),
        5 => (which(), of_job).prop_map(|(which, what)| Act::Job { which, what }),
        1 => which().prop_map(|which| Act::PauseLane { which }),
        2 => which().prop_map(|which| Act::ResumeLane { which }),
        1 => Just(Act::PauseAll),
        2 => Just(Act::ResumeAll),
        1 => Just(Act::RetryAllParked),
        1 => (which(), any::<bool>()).prop_map(|(which, open)| Act::Hours { which, open }),
        2 => any::<bool>().prop_map(|open| Act::LibraryHours { open }),
        2 => (which(), any::<bool>()).prop_map(|(which, on)| Act::Hold { which, on }),
    ]
}

fn ends() -> impl Strategy<Value = Ends> {
    prop_oneof![
        8 => Just(Ends::Well),
        3 => Just(Ends::Transient),
        1 => Just(Ends::Operator),
        1 => Just(Ends::Bug),
        3 => Just(Ends::ServiceAway),
        3 => Just(Ends::DiskFull),
        1 => Just(Ends::LaneBroken),
        3 => Just(Ends::Never),
    ]
}

/// How everything goes when the day is over.
fn evening() -> impl Strategy<Value = Ends> {
    prop_oneof![
        3 => Just(Ends::Well),
        2 => Just(Ends::Transient),
        1 => Just(Ends::Never),
    ]
}

fn days() -> u32 {
    if std::env::var_os("KINORA_SOAK").is_some() { 5_000 } else { 48 }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: days(),
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(3),
        max_shrink_iters: 2_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn rules_hold_on_every_day(acts in prop::collection::vec(act(), 1..120), evening in evening()) {
        let mut world = World::new();
        for act in acts {
            world.perform(act);
            world.rules_hold();
        }
        world.rest(evening);
    }
}

/// A long night of nothing but deaths: a step that kills the process is put aside in the end.
#[test]
fn a_step_that_kills_the_process_is_put_aside() {
    let mut world = World::new();
    world.perform(Act::Wish { file: 0, fingerprint: 0, priority: 0, again: false });
    for _ in 0..12 {
        world.perform(Act::Kill);
        world.perform(Act::Wait { ms: 4_000_000 });
        world.rules_hold();
    }
    world.rest(Ends::Well);
    assert_eq!(world.parked(), 1);
}
