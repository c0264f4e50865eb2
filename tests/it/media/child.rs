//! The child: crashes, cancelling, its memory, and that it comes back.

use super::{SECOND, Studio};
use kinora::base::cancel::Cancel;
use kinora::domain::fault::{Fault, FaultKind};
use std::path::Path;
use std::process::Command;

fn kill(pid: u32, signal: &str) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// Peak resident memory of a process in KiB.
fn peak_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Decodes until the first audio came, then does `then` once; what the decode says.
fn disturbed(studio: &mut Studio, path: &Path, cancel: &Cancel, then: &dyn Fn(u32) -> Result<(), Fault>) -> Fault {
    let pid = studio.engine.pid().unwrap();
    let mut first = true;
    let mut sink = |_: Vec<f32>| if std::mem::take(&mut first) { then(pid) } else { Ok(()) };
    studio.engine.decode(path, 0, None, None, cancel, &mut sink).unwrap_err()
}

#[test]
fn a_crash_is_the_files_and_a_kill_is_not() {
    let mut studio = Studio::new();
    let path = studio.make("long.wav", "-f lavfi -i sine=d=600:r=16000");
    // Not SEGV: the standard library's handler lets the first one pass that is no stack overflow.
    for (signal, kind) in
        [("-FPE", FaultKind::Operator), ("-ABRT", FaultKind::Operator), ("-KILL", FaultKind::Transient)]
    {
        let fault = disturbed(&mut studio, &path, &Cancel::default(), &|pid| {
            kill(pid, signal);
            Ok(())
        });
        assert_eq!(fault.kind, kind, "{signal}: {fault}");
        assert_eq!(fault.what.contains("crashed on this file"), kind == FaultKind::Operator, "{fault}");
        let (heard, _) = studio.part(&path, 0, None, Some(1000)).unwrap();
        assert_eq!(heard.len(), SECOND, "the engine is back");
    }
}

#[test]
fn a_child_that_died_idle_is_started_again() {
    let mut studio = Studio::new();
    let path = studio.make("a.wav", "-f lavfi -i sine=d=1:r=16000");
    let pid = studio.engine.pid().unwrap();
    kill(pid, "-KILL");
    // The news may take a moment to arrive; until then a request fails as transient.
    let seen = (0..3).find_map(|_| studio.probe(&path).ok());
    assert!(seen.is_some());
    assert_ne!(studio.engine.pid(), Some(pid));
}

#[test]
fn cancelling_and_a_failing_sink_end_the_decode() {
    let mut studio = Studio::new();
    let path = studio.make("long.wav", "-f lavfi -i sine=d=600:r=16000");
    let cancel = Cancel::default();
    let fault = disturbed(&mut studio, &path, &cancel, &|_| {
        cancel.set();
        Ok(())
    });
    assert_eq!((fault.kind, fault.what.as_str()), (FaultKind::Transient, "interrupted"));
    assert!(studio.engine.pid().is_none(), "no child is left behind");
    studio.probe(&path).unwrap();
    let fault = disturbed(&mut studio, &path, &Cancel::default(), &|_| Err(Fault::bug("enough")));
    assert_eq!(fault.what, "enough");
    studio.probe(&path).unwrap();
}

#[test]
fn memory_does_not_grow_with_the_film() {
    let peak = |minutes: u32| {
        let mut studio = Studio::new();
        // 8 kHz in: more samples come out than go in, which a careless resampler keeps.
        let make = format!("-f lavfi -i sine=440:d={}:r=8000 -c:a pcm_mulaw", minutes * 60);
        let path = studio.make("m.mka", &make);
        let track = studio.probe(&path).unwrap().audio[0].index;
        let mut count = 0;
        let mut sink = |samples: Vec<f32>| {
            count += samples.len();
            Ok(())
        };
        studio.engine.decode(&path, track, None, None, &Cancel::default(), &mut sink).unwrap();
        assert_eq!(count, minutes as usize * 60 * SECOND);
        peak_kib(studio.engine.pid().unwrap())
    };
    let (short, long) = (peak(10), peak(60));
    assert!(long < short + 4096, "{short} KiB for 10 minutes, {long} KiB for 60");
}
