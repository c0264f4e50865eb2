//! Engine children that misbehave, each in its way: killed, crashing, hanging, growing, worn out, lying, refusing. Each
//! time the work goes on with a new child, or ends with a sentence.

mod misdeeds;

use kinora::base::cancel::Cancel;
use kinora::domain::fault::FaultKind;
use kinora::domain::transcript::HearParams;
use kinora::engines::whisper::Heard;
use kinora::engines::{gpu, sample};
use kinora::pipeline::subtitle::ears::{Answer, Ears, EarsLimits, Tally};
use misdeeds::{Den, state};
use std::time::Duration;

const SECOND: usize = 16_000;

/// Short, so that it is heard soon: "and so, my fellow Americans".
fn window() -> Vec<f32> {
    sample::pcm()[..3 * SECOND].to_vec()
}

fn quick() -> HearParams {
    HearParams { audio_ctx: 192, temperature_inc: 0.0, ..sample::params() }
}

/// Hears the window, whatever happens to the first child.
fn hear(ears: &mut Ears, cancel: &Cancel) -> Heard {
    loop {
        let pending = ears.hear(&window(), &quick()).unwrap();
        match ears.wait(&pending, cancel).unwrap() {
            Answer::Here(heard) => return heard,
            Answer::Died => {}
            Answer::Failed(reason) => panic!("{reason}"),
        }
    }
}

#[test]
fn a_child_that_is_killed_crashes_or_hangs_costs_one_try_of_one_window() {
    let (den, cancel) = (Den::new(), Cancel::default());
    let undisturbed = hear(&mut den.ears(EarsLimits::default()), &cancel);
    for (name, reason) in [
        ("KILL", "killed (signal 9)"),
        ("ABRT", "crashed (signal 6)"),
        ("ILL", "crashed (signal 4)"),
        ("STOP", "gave no answer for 8 s and was ended"),
    ] {
        let limits = EarsLimits { answer_max: Duration::from_secs(8), ..EarsLimits::default() };
        let mut ears = den.ears(limits);
        ears.engine().unwrap();
        let first = ears.pid().unwrap();
        let pending = ears.hear(&window(), &quick()).unwrap();
        den.signal(first, name);
        let answer = ears.wait(&pending, &cancel).unwrap();
        assert!(matches!(answer, Answer::Died), "{name}: {answer:?}");
        assert!(!ears.is_loaded());
        let heard = hear(&mut ears, &cancel);
        assert_eq!(heard.heard, undisturbed.heard, "{name}");
        assert_ne!(ears.pid(), Some(first));
        assert_eq!(state(first), None, "{name}: the first child is gone");
        let Tally { deaths, replaced, reasons } = ears.take_tally();
        assert_eq!((deaths, replaced, reasons.len()), (1, 0, 1));
        assert!(reasons[0].contains(reason), "{}", reasons[0]);
        assert_eq!(ears.take_tally(), Tally::default());
        assert_eq!(ears.broken(), None, "a death on the processor is no fault of a lane");
    }
}

#[test]
fn a_child_that_falls_silent_before_it_is_loaded_is_replaced() {
    let den = Den::new();
    let swallows = den.at_first("exec cat > /dev/null");
    let limits = EarsLimits { answer_max: Duration::from_secs(8), ..EarsLimits::default() };
    // It greets, and is never heard of again.
    let script = format!("\"$KINORA\" \"$@\" | {{ head -c 6; {swallows}; exec cat; }}");
    let mut ears = den.ears_of(den.engine(&script), limits);
    hear(&mut ears, &Cancel::default());
    let tally = ears.take_tally();
    assert_eq!(tally.deaths, 1, "{tally:?}");
    assert!(tally.reasons[0].contains("gave no answer for 8 s"), "{tally:?}");
}

#[test]
fn a_child_that_grows_is_ended_at_its_limit() {
    let den = Den::new();
    let grows = den.at_first("x=$(head -c 400000000 /dev/zero | tr '\\0' x)");
    let script = format!("exec 3<&0\n\"$KINORA\" \"$@\" <&3 &\n{grows}\nwait");
    let limits = EarsLimits { memory_max_mib: Some(200), ..EarsLimits::default() };
    let mut ears = den.deaf_ears_of(den.engine(&script), limits);
    let (pcm, cancel) = (sample::pcm(), Cancel::default());
    let honest = den.deaf_ears_of(den.kinora(), EarsLimits::default()).vad(&pcm, &cancel).unwrap();
    // Asked until the child was found out: it may answer before it has grown.
    let tally = std::iter::repeat_with(|| {
        assert_eq!(ears.vad(&pcm, &cancel).unwrap(), honest);
        ears.take_tally()
    });
    let tally = tally.take(100_000).find(|it| it.deaths > 0).expect("it is ended");
    assert_eq!(tally.deaths, 1);
    assert_eq!(tally.reasons, ["the whisper engine grew past 200 MiB and was ended"]);
    assert_eq!(ears.vad(&pcm, &cancel).unwrap(), honest);
}

#[test]
fn a_worn_out_child_is_replaced_between_windows_and_no_answer_is_lost() {
    let (den, cancel) = (Den::new(), Cancel::default());
    let limits = EarsLimits { tasks_max: 2, ..EarsLimits::default() };
    let mut ears = den.ears(limits);
    let mut pids = Vec::new();
    let mut pending = Vec::new();
    for _ in 0..5 {
        pending.push(ears.hear(&window(), &quick()).unwrap());
        pids.push(ears.pid().unwrap());
    }
    let heard: Vec<_> = pending
        .iter()
        .map(|it| match ears.wait(it, &cancel).unwrap() {
            Answer::Here(heard) => heard.heard,
            Answer::Died | Answer::Failed(_) => panic!("a window was lost"),
        })
        .collect();
    assert!(heard.iter().all(|it| *it == heard[0]) && !heard[0].segments.is_empty());
    assert!(pids[0] == pids[1] && pids[2] == pids[3], "{pids:?}");
    assert!(pids[1] != pids[2] && pids[3] != pids[4], "{pids:?}");
    let tally = ears.take_tally();
    assert_eq!((tally.deaths, tally.replaced), (0, 2));
    assert_eq!(tally.reasons[0], "the whisper engine had heard 2 windows and was replaced");
}

#[test]
fn an_idle_child_gives_its_memory_back() {
    let (den, cancel) = (Den::new(), Cancel::default());
    let mut ears = den.ears(EarsLimits::default());
    assert!(!ears.is_loaded());
    hear(&mut ears, &cancel);
    let pid = ears.pid().unwrap();
    assert!(ears.is_loaded() && state(pid).is_some());
    assert_eq!(ears.device(), Some("processor"));
    ears.unload();
    assert!(!ears.is_loaded());
    assert_eq!(state(pid), None);
    hear(&mut ears, &cancel);
    assert_eq!(ears.take_tally(), Tally::default());
}

#[test]
fn what_a_wrapper_started_ends_with_its_engine() {
    let den = Den::new();
    let engine = den.engine("sleep 1000 &\nexec \"$KINORA\" \"$@\"");
    let mut ears = den.deaf_ears_of(engine, EarsLimits::default());
    ears.engine().unwrap();
    let pid = ears.pid().unwrap();
    let beside = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let beside: u32 = beside.trim().parse().unwrap();
    assert!(state(beside).is_some());
    ears.unload();
    // Nobody may be there who reaps it.
    den.wait_for("its end", || matches!(state(beside), None | Some('Z')));
}

#[test]
fn who_waits_in_a_full_pipe_is_freed_when_the_owner_interrupts() {
    let (den, cancel) = (Den::new(), Cancel::default());
    let mut ears = den.ears(EarsLimits::default());
    ears.heed(&cancel);
    let pid = ears.engine().unwrap().pid();
    den.signal(pid, "STOP");
    let owner = cancel.clone();
    let owner = std::thread::Builder::new().name("owner".to_owned()).spawn(move || owner.set());
    // More than a pipe holds, to a child that does not read.
    let sent: Vec<_> = (0..4).map(|_| ears.hear(&vec![0.1; 30 * SECOND], &quick())).collect();
    for pending in sent {
        let fault = match pending {
            Ok(pending) => ears.wait(&pending, &cancel).unwrap_err(),
            Err(fault) => fault,
        };
        assert_eq!(fault.what, "interrupted");
    }
    owner.unwrap().join().unwrap();
    assert!(!ears.is_loaded());
    assert_eq!(state(pid), None);
    // Another task, which nobody interrupts, finds everything in order.
    hear(&mut ears, &Cancel::default());
}

#[test]
fn a_child_gives_way_as_much_as_it_is_told() {
    let den = Den::new();
    for nice in [0, 10] {
        let mut launcher = den.kinora();
        launcher.nice = nice;
        let mut ears = den.deaf_ears_of(launcher, EarsLimits::default());
        ears.engine().unwrap();
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", ears.pid().unwrap())).unwrap();
        let own = std::fs::read_to_string("/proc/self/stat").unwrap();
        let niceness = |stat: &str| -> i32 {
            // Fields after the name in brackets are counted from 3.
            stat.rsplit_once(')')
                .unwrap()
                .1
                .split_whitespace()
                .nth(19 - 3)
                .unwrap()
                .parse()
                .unwrap()
        };
        assert_eq!(niceness(&stat), niceness(&own).max(i32::from(nice)));
    }
}

#[test]
fn a_gpu_that_is_not_there_breaks_its_lane_with_a_sentence() {
    let den = Den::new();
    let mut ears = den.gpu_ears(250, den.kinora());
    let fault = ears.canary().unwrap_err();
    assert_eq!((fault.kind, ears.broken()), (FaultKind::Operator, Some(&fault)));
    assert!(fault.what.contains("GPU 250"), "{fault}");
    let found = gpu::found(&den.kinora()).unwrap();
    assert!(gpu::supported() || found.is_empty(), "{found:?}");
    assert_eq!(ears.hear(&window(), &quick()).unwrap_err(), fault, "no window is risked on it");
}

#[test]
fn a_gpu_that_hears_the_sample_right_is_trusted_and_one_that_lies_is_not() {
    let (den, cancel) = (Den::new(), Cancel::default());
    let mut honest = den.gpu_ears(0, den.pretended_gpu(None));
    honest.canary().unwrap();
    let heard = hear(&mut honest, &cancel);
    assert_eq!(honest.broken(), None);
    drop(honest);
    assert_eq!(heard.heard, hear(&mut den.ears(EarsLimits::default()), &cancel).heard);

    let mut lying = den.gpu_ears(0, den.pretended_gpu(Some(&window())));
    let fault = lying.canary().unwrap_err();
    assert_eq!((fault.kind, lying.broken()), (FaultKind::Operator, Some(&fault)));
    assert!(fault.what.starts_with("GPU 0 (processor) hears the sample as \""), "{fault}");
    assert!(!lying.is_loaded(), "its memory goes back");
    // The same weights on the processor go on.
    hear(&mut den.ears(EarsLimits::default()), &cancel);
}

#[test]
fn a_gpu_that_ends_every_child_breaks_its_lane() {
    let den = Den::new();
    let dies = den.engine("\"$KINORA\" \"$@\" < /dev/null | head -c 6");
    let mut ears = den.gpu_ears(0, dies);
    let fault = ears.canary().unwrap_err();
    assert!(fault.what.contains("the whisper engine keeps ending"), "{fault}");
    assert_eq!(ears.broken(), Some(&fault));
}
