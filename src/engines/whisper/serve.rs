//! The child: reads requests, lets its workers compute, writes answers as they come.
//!
//! An engine child has no runtime above it, so it starts its own threads: one for each state, and one for voice
//! activity. All end with the process, which ends when its parent closes the pipe, dies, or kills it.

use super::ffi;
use super::hear::{Ears, Presets};
use super::vad::VoiceDetector;
use super::{cpu, in_flight_max};
use crate::base::clock::Stopwatch;
use crate::domain::fault::Fault;
use crate::domain::transcript::HearParams;
use crate::engines::gpu::{self, Gpu};
use crate::engines::wire::{
    self, Frame, FromWhisper, Hello, LoadParams, PROTOCOL_VERSION, ToWhisper,
};
use crossbeam::channel::{self, Receiver, Sender};
use std::io::{self, BufReader, BufWriter, Read, Stdout, Write};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;

/// Exit codes, seen by the parent: the code panicked; the parent spoke out of turn.
const EXIT_PANIC: i32 = 101;
const EXIT_OUT_OF_STEP: i32 = 2;

/// Work for the threads with a state.
enum Job {
    Detect { id: u64, pcm: Vec<f32> },
    Hear { id: u64, params: HearParams, pcm: Vec<f32> },
}

/// Work for the voice activity thread.
struct VadJob {
    id: u64,
    pcm: Vec<f32>,
}

/// The loop of `kinora engine whisper`, on standard input and output. Writes nothing but frames, to nowhere else.
pub fn serve() -> ExitCode {
    ffi::return_freed_memory();
    whisper_rs::install_logging_hooks();
    // A panic anywhere ends the child; its parent says so and starts another one.
    std::panic::set_hook(Box::new(|_| ffi::exit_now(EXIT_PANIC)));
    if crate::engines::ffi::die_with_parent().is_err() {
        return ExitCode::FAILURE;
    }
    let answers = Answers(Mutex::new(BufWriter::new(io::stdout())));
    answers.write(&Hello { version: PROTOCOL_VERSION });
    let mut requests = BufReader::with_capacity(64 * 1024, io::stdin());
    let params = loop {
        match wire::read_frame(&mut requests) {
            Ok(Some(Frame::Message(ToWhisper::Load(params)))) => break params,
            Ok(Some(Frame::Message(ToWhisper::Gpus))) => {
                answers.write(&FromWhisper::Gpus(gpus()));
            }
            Ok(None) => return ExitCode::SUCCESS,
            Ok(Some(_)) | Err(_) => ffi::exit_now(EXIT_OUT_OF_STEP),
        }
    };
    match load(&params) {
        Ok((ears, detector)) => work(&params, ears.as_ref(), detector, &answers, &mut requests),
        Err(fault) => {
            answers.write(&FromWhisper::Refused(fault));
            ExitCode::SUCCESS
        }
    }
}

fn load(params: &LoadParams) -> Result<(Option<Ears>, VoiceDetector), Fault> {
    cpu::cpu_supported()?;
    let detector = VoiceDetector::load(&params.vad)?;
    let gpu = match params.gpu {
        Some(number) => Some(gpu::of_number(number, gpus())?),
        None => None,
    };
    let ears = match &params.model {
        Some(path) => Some(Ears::load(path, params.threads_per_state, gpu)?),
        None => None,
    };
    Ok((ears, detector))
}

/// The GPUs ggml sees. It is not asked on a processor that cannot run it.
fn gpus() -> Vec<Gpu> {
    if cpu::cpu_supported().is_ok() { ffi::gpus() } else { Vec::new() }
}

/// Starts the threads and feeds them until the parent closes the pipe.
fn work(
    params: &LoadParams,
    ears: Option<&Ears>,
    detector: VoiceDetector,
    answers: &Answers,
    requests: &mut impl Read,
) -> ExitCode {
    // Room for all the parent may have in flight: reading never waits for computing, so nobody waits for a full pipe.
    let (to_states, jobs) = channel::bounded(in_flight_max(params.states));
    let (to_vad, vad_jobs) = channel::bounded(in_flight_max(params.states));
    std::thread::scope(|scope| {
        let vad = Builder::new().name("vad".to_owned());
        let mut started =
            vad.spawn_scoped(scope, || watch_voice(detector, &vad_jobs, answers)).is_ok();
        for number in 0..params.states.max(1) {
            let builder = Builder::new().name(format!("state {number}"));
            let jobs = jobs.clone();
            started &= builder.spawn_scoped(scope, move || listen(ears, &jobs, answers)).is_ok();
        }
        if !started {
            let what = "the whisper engine could not start its threads";
            answers.write(&FromWhisper::Refused(Fault::transient(
                what,
                "check the limit of processes",
            )));
            ffi::exit_now(0);
        }
        answers.write(&FromWhisper::Loaded {
            kind: ears.map(Ears::kind).unwrap_or_default(),
            multilingual: ears.is_some_and(Ears::multilingual),
            device: ears.map_or("processor", Ears::device).to_owned(),
        });
        let end = read_requests(requests, &to_states, &to_vad);
        // Whatever still computes is for nobody.
        ffi::exit_now(if end.is_ok() { 0 } else { EXIT_OUT_OF_STEP })
    })
}

/// Hands requests on until the pipe closes.
fn read_requests(
    from: &mut impl Read,
    to_states: &Sender<Job>,
    to_vad: &Sender<VadJob>,
) -> io::Result<()> {
    let out_of_step = || io::Error::other("out of step");
    while let Some(frame) = wire::read_frame::<ToWhisper>(from)? {
        let Frame::Message(request) = frame else { return Err(out_of_step()) };
        let Some(Frame::Pcm(pcm)) = wire::read_frame::<ToWhisper>(from)? else {
            return Err(out_of_step());
        };
        let pcm = sane(pcm);
        let sent = match request {
            ToWhisper::Load(_) | ToWhisper::Gpus => false,
            ToWhisper::Vad { id } => to_vad.send(VadJob { id, pcm }).is_ok(),
            ToWhisper::Detect { id } => to_states.send(Job::Detect { id, pcm }).is_ok(),
            ToWhisper::Hear { id, params } => to_states.send(Job::Hear { id, params, pcm }).is_ok(),
        };
        if !sent {
            return Err(out_of_step());
        }
    }
    Ok(())
}

/// Broken float audio holds samples that are no numbers or far too loud; whisper.cpp crashes on them.
fn sane(mut pcm: Vec<f32>) -> Vec<f32> {
    for it in &mut pcm {
        *it = if it.is_finite() { it.clamp(-1.0, 1.0) } else { 0.0 };
    }
    pcm
}

fn watch_voice(mut detector: VoiceDetector, jobs: &Receiver<VadJob>, answers: &Answers) {
    for VadJob { id, pcm } in jobs {
        answers.write(&match detector.probabilities(&pcm) {
            Ok(probabilities) => FromWhisper::Vad { id, probabilities },
            Err(reason) => FromWhisper::Failed { id, reason },
        });
    }
}

fn listen(ears: Option<&Ears>, jobs: &Receiver<Job>, answers: &Answers) {
    let mut presets = Presets::default();
    for job in jobs {
        let watch = Stopwatch::start();
        let (Job::Detect { id, .. } | Job::Hear { id, .. }) = job;
        let answer = match (ears, job) {
            (None, _) => Err("this engine was started without a speech model".to_owned()),
            (Some(ears), Job::Detect { pcm, .. }) => {
                ears.detect(&pcm).map(|languages| FromWhisper::Detected { id, languages })
            }
            (Some(ears), Job::Hear { params, pcm, .. }) => {
                ears.hear(&mut presets, &pcm, &params).map(|heard| {
                    let elapsed_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
                    FromWhisper::Heard { id, heard, elapsed_ms }
                })
            }
        };
        answers.write(&answer.unwrap_or_else(|reason| FromWhisper::Failed { id, reason }));
    }
}

/// The way back to the parent, shared by all threads.
struct Answers(Mutex<BufWriter<Stdout>>);

impl Answers {
    /// Writes one message whole; ends the process where the parent is gone.
    fn write(&self, message: &impl serde::Serialize) {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if wire::write_message(&mut *out, message).and_then(|()| out.flush()).is_err() {
            ffi::exit_now(0);
        }
    }
}
