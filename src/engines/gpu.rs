//! GPUs to listen on: which of them this build can use.
//!
//! ggml itself is asked, in a child: a driver is foreign code too, and the numbers are those whisper.cpp then takes.

use super::child::{EngineKind, Launcher};
use super::wire::{Frame, FromWhisper, ToWhisper};
use crate::domain::fault::Fault;
use serde::{Deserialize, Serialize};

/// A GPU that whisper.cpp can compute on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpu {
    /// The one in the name of its lane, counted from 0.
    pub number: u8,
    /// As its driver calls it.
    pub name: String,
    /// Its memory in all, MiB; 0 where the driver does not tell.
    pub memory_mib: u64,
}

/// True where this build can compute on a GPU at all.
pub const fn supported() -> bool {
    cfg!(any(feature = "cuda", feature = "vulkan"))
}

/// The GPUs of this machine, by number; none where this build has no support for them.
///
/// # Errors
/// Where the engine that looks does not start, or a driver ends it.
pub fn found(launcher: &Launcher) -> Result<Vec<Gpu>, Fault> {
    let mut engine = launcher.start(EngineKind::Whisper)?;
    engine.watch().await_answer(launcher.answer_max);
    // Where this fails the child is gone, and reading says how it went.
    let _ = engine.sender().send(&ToWhisper::Gpus, None);
    match engine.receive::<FromWhisper>()? {
        Frame::Message(FromWhisper::Gpus(gpus)) => Ok(gpus),
        Frame::Message(
            FromWhisper::Loaded { .. }
            | FromWhisper::Vad { .. }
            | FromWhisper::Detected { .. }
            | FromWhisper::Heard { .. }
            | FromWhisper::Failed { .. }
            | FromWhisper::Refused(_),
        )
        | Frame::Pcm(_) => Err(Fault::bug("the whisper engine did not say which GPUs there are")),
    }
}

/// The one of a number among those that are there.
///
/// # Errors
/// An operator fault that says which there are, or that this build has no support for any.
pub(super) fn of_number(number: u8, mut there: Vec<Gpu>) -> Result<Gpu, Fault> {
    if let Some(at) = there.iter().position(|it| it.number == number) {
        return Ok(there.swap_remove(at));
    }
    if !supported() {
        return Err(Fault::operator(
            format!("this build of Kinora has no support for GPUs, so it cannot use GPU {number}"),
            "build it with `--features vulkan` or `--features cuda`, or name no GPU in the configuration",
        ));
    }
    let names: Vec<String> =
        there.iter().map(|it| format!("GPU {} is {}", it.number, it.name)).collect();
    let there = if names.is_empty() { "no GPU is found".to_owned() } else { names.join(", ") };
    Err(Fault::operator(
        format!("there is no GPU {number}: {there}"),
        "check the driver, and that Kinora may open its device (group `render` or `video`)",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_that_is_not_there_is_refused_in_words() {
        let gpu = |number| Gpu { number, name: "Radeon".to_owned(), memory_mib: 0 };
        assert_eq!(of_number(1, vec![gpu(0), gpu(1)]), Ok(gpu(1)));
        let fault = of_number(2, vec![gpu(0)]).unwrap_err();
        let said = if supported() { "there is no GPU 2: GPU 0 is Radeon" } else { "this build" };
        assert!(fault.what.starts_with(said), "{fault}");
    }
}
