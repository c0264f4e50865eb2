//! FFmpeg: probing and decoding, in a child process.

mod serve;
mod open;
mod probe;
mod decode;
mod timeline;
mod output;
mod print;
mod texts;
mod cues;
mod ffi;

pub use serve::serve;

use super::child::{EngineKind, Launcher, Process, Sender};
use super::wire::{Frame, FromMedia, ToMedia};
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::media::{AudioHead, AudioPrint, DecodeReport, Probe, TextTrack};
use crate::domain::time::Ms;
use crossbeam::channel::{Receiver, RecvTimeoutError, bounded};
use std::path::Path;
use std::time::Duration;

/// A child that says nothing for so long hangs, or its disk does.
pub const STALL_SECONDS: u64 = 120;
/// Frames read ahead of the caller: four seconds of audio.
const FRAMES_AHEAD_MAX: usize = 8;
/// How often a wait looks at the cancel flag.
const CANCEL_LOOK: Duration = Duration::from_millis(100);

/// FFmpeg's libraries with their versions, as they were linked: nothing of them is run for this.
pub fn versions() -> Vec<(&'static str, String)> {
    let of = |number: u32| format!("{}.{}.{}", number >> 16, number >> 8 & 0xff, number & 0xff);
    vec![
        ("libavformat", of(ffmpeg_next::format::version())),
        ("libavcodec", of(ffmpeg_next::codec::version())),
        ("libswresample", of(ffmpeg_next::software::resampling::version())),
        ("libavutil", of(ffmpeg_next::util::version())),
    ]
}

/// The media engine: one child, one request at a time.
///
/// The child is started by [`start`](MediaEngine::start), and again by the next call after it ended for whatever
/// reason (a crash, a cancelled decode, a stall). It dies with the thread that made the call which started it, so
/// the engine belongs on one thread.
#[derive(Debug)]
pub struct MediaEngine {
    launcher: Launcher,
    child: Option<Running>,
}

/// A running child and what its reader has read so far.
#[derive(Debug)]
struct Running {
    process: Process,
    sender: Sender,
    frames: Receiver<Result<Frame<FromMedia>, Fault>>,
}

impl MediaEngine {
    /// Starts the child.
    ///
    /// # Errors
    /// Where it does not start or does not greet.
    pub fn start(launcher: &Launcher) -> Result<MediaEngine, Fault> {
        let child = Running::start(launcher)?;
        Ok(MediaEngine { launcher: launcher.clone(), child: Some(child) })
    }

    /// An engine whose child is started by the first request.
    pub fn resting(launcher: &Launcher) -> MediaEngine {
        MediaEngine { launcher: launcher.clone(), child: None }
    }

    /// Ends the child, which gives its memory back; the next request starts another.
    pub fn rest(&mut self) {
        self.child = None;
    }

    /// Looks at a file.
    ///
    /// # Errors
    /// Where the file is refused (an operator's fault that says why), or the child ended.
    pub fn probe(&mut self, path: &Path) -> Result<Probe, Fault> {
        self.probe_unless(path, &Cancel::default())
    }

    /// As [`probe`](MediaEngine::probe), given up once `cancel` is set.
    ///
    /// # Errors
    /// As `probe`, and a transient fault "interrupted"; then the child is killed.
    pub fn probe_unless(&mut self, path: &Path, cancel: &Cancel) -> Result<Probe, Fault> {
        self.request(&ToMedia::Probe { path: path.to_owned() })?;
        match self.next(cancel)? {
            Frame::Message(FromMedia::Probed(probe)) => Ok(probe),
            Frame::Message(FromMedia::Refused(fault)) => Err(fault),
            Frame::Message(
                FromMedia::Decoded(_)
                | FromMedia::Begins(_)
                | FromMedia::Printed(_)
                | FromMedia::Texts(_),
            )
            | Frame::Pcm(_) => Err(self.out_of_step()),
        }
    }

    /// How a track begins: reads a few seconds of the file, and decodes nothing. `None` where it cannot be read so far.
    ///
    /// # Errors
    /// As `probe_unless`.
    pub fn head(
        &mut self,
        path: &Path,
        track: u32,
        cancel: &Cancel,
    ) -> Result<Option<AudioHead>, Fault> {
        self.request(&ToMedia::Head { path: path.to_owned(), track })?;
        match self.next(cancel)? {
            Frame::Message(FromMedia::Begins(head)) => Ok(head),
            Frame::Message(FromMedia::Refused(fault)) => Err(fault),
            Frame::Message(
                FromMedia::Decoded(_)
                | FromMedia::Probed(_)
                | FromMedia::Printed(_)
                | FromMedia::Texts(_),
            )
            | Frame::Pcm(_) => Err(self.out_of_step()),
        }
    }

    /// Which audio a track is: reads the whole file, and decodes nothing. `None` where not all of it can be read.
    /// `alive` is called now and then meanwhile.
    ///
    /// # Errors
    /// As `probe_unless`.
    pub fn print(
        &mut self,
        path: &Path,
        track: u32,
        cancel: &Cancel,
        alive: &mut dyn FnMut(),
    ) -> Result<Option<AudioPrint>, Fault> {
        self.request(&ToMedia::Print { path: path.to_owned(), track })?;
        loop {
            match self.next(cancel)? {
                // The child says that it still reads.
                Frame::Pcm(samples) if samples.is_empty() => alive(),
                Frame::Message(FromMedia::Printed(print)) => return Ok(print),
                Frame::Message(FromMedia::Refused(fault)) => return Err(fault),
                Frame::Message(
                    FromMedia::Decoded(_)
                    | FromMedia::Probed(_)
                    | FromMedia::Begins(_)
                    | FromMedia::Texts(_),
                )
                | Frame::Pcm(_) => return Err(self.out_of_step()),
            }
        }
    }

    /// The text of subtitle tracks, each as a subtitle file on the video's clock (sample 0 of
    /// [`decode`](MediaEngine::decode) is its zero). The file is read once for all of them, and `alive` is called now
    /// and then meanwhile. Left out is what is no text track, is in a format that no subtitle file can hold (TTML,
    /// closed captions), or is too large. Of a damaged or cut file comes what is there.
    ///
    /// # Errors
    /// As `probe_unless`, and a transient fault where the disk failed before the end.
    pub fn texts(
        &mut self,
        path: &Path,
        tracks: &[u32],
        cancel: &Cancel,
        alive: &mut dyn FnMut(),
    ) -> Result<Vec<TextTrack>, Fault> {
        self.request(&ToMedia::Texts { path: path.to_owned(), tracks: tracks.to_vec() })?;
        loop {
            match self.next(cancel)? {
                // The child says that it still reads.
                Frame::Pcm(samples) if samples.is_empty() => alive(),
                Frame::Message(FromMedia::Texts(texts)) => return Ok(texts),
                Frame::Message(FromMedia::Refused(fault)) => return Err(fault),
                Frame::Message(
                    FromMedia::Decoded(_)
                    | FromMedia::Probed(_)
                    | FromMedia::Begins(_)
                    | FromMedia::Printed(_),
                )
                | Frame::Pcm(_) => return Err(self.out_of_step()),
            }
        }
    }

    /// Decodes one track to 16 kHz mono on the video's clock: sample 0 is the container's start, or `from`. `sink`
    /// gets the samples in order, about half a second at a time. The digest is there for whole decodes only.
    ///
    /// # Errors
    /// Where the file is refused, the child crashed on it, hangs or ended; what `sink` says; or a transient fault
    /// "interrupted" once `cancel` is set. The child is killed unless the file was merely refused.
    pub fn decode(
        &mut self,
        path: &Path,
        track: u32,
        from: Option<Ms>,
        length: Option<Ms>,
        cancel: &Cancel,
        sink: &mut dyn FnMut(Vec<f32>) -> Result<(), Fault>,
    ) -> Result<DecodeReport, Fault> {
        self.request(&ToMedia::Decode { path: path.to_owned(), track, from, length })?;
        loop {
            match self.next(cancel)? {
                // No samples: the child says that it still works its way to the wanted part.
                Frame::Pcm(samples) if samples.is_empty() => {}
                Frame::Pcm(samples) => {
                    if let Err(fault) = sink(samples) {
                        self.child = None;
                        return Err(fault);
                    }
                }
                Frame::Message(FromMedia::Decoded(report)) => return Ok(report),
                Frame::Message(FromMedia::Refused(fault)) => return Err(fault),
                Frame::Message(
                    FromMedia::Probed(_)
                    | FromMedia::Begins(_)
                    | FromMedia::Printed(_)
                    | FromMedia::Texts(_),
                ) => return Err(self.out_of_step()),
            }
        }
    }

    /// Process id of the child, for a look at its memory; `None` while there is none.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(|it| it.process.id())
    }

    fn request(&mut self, message: &ToMedia) -> Result<(), Fault> {
        // Idle children say nothing: whatever came is the news that it ended.
        if let Some(child) = self.child.take_if(|it| !it.frames.is_empty()) {
            drop(child);
        }
        let child = match &mut self.child {
            Some(child) => child,
            none => none.insert(Running::start(&self.launcher)?),
        };
        if child.sender.send(message, None).is_err() {
            let process = child.process.clone();
            return Err(self.ended(&process, gone()));
        }
        Ok(())
    }

    /// Waits for the next frame, and looks at the flag meanwhile.
    fn next(&mut self, cancel: &Cancel) -> Result<Frame<FromMedia>, Fault> {
        let Some(child) = &self.child else { return Err(gone()) };
        let watch = Stopwatch::start();
        let fault = loop {
            if cancel.is_set() {
                break Fault::transient("interrupted", "run again to go on");
            }
            match child.frames.recv_timeout(CANCEL_LOOK) {
                Ok(Ok(frame)) => return Ok(frame),
                Ok(Err(fault)) => {
                    let process = child.process.clone();
                    return Err(self.ended(&process, fault));
                }
                Err(RecvTimeoutError::Disconnected) => break gone(),
                Err(RecvTimeoutError::Timeout) if watch.elapsed().as_secs() >= STALL_SECONDS => {
                    break Fault::transient(
                        format!("reading the file did not go on for {STALL_SECONDS} seconds"),
                        "check the disk or the network share it lies on",
                    );
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        };
        self.child = None;
        Err(fault)
    }

    /// The child is gone: a crash is the file's fault, all else is told as it is.
    fn ended(&mut self, process: &Process, fault: Fault) -> Fault {
        self.child = None;
        if fault.kind == FaultKind::Bug || process.crash_signal().is_none() {
            return fault;
        }
        Fault::operator(
            "FFmpeg crashed on this file; the file is damaged or uses something FFmpeg cannot handle",
            "try to remux it (for example with mkvmerge) and run again",
        )
    }

    fn out_of_step(&mut self) -> Fault {
        self.child = None;
        Fault::bug("the media engine gave an answer to another question")
    }
}

impl Running {
    fn start(launcher: &Launcher) -> Result<Running, Fault> {
        let mut engine = launcher.start(EngineKind::Media)?;
        let (process, sender) = (engine.process(), engine.sender());
        let (to, frames) = bounded(FRAMES_AHEAD_MAX);
        let read = move || {
            loop {
                let frame = engine.receive::<FromMedia>();
                let last = frame.is_err();
                if to.send(frame).is_err() || last {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("media-pipe".to_owned()).spawn(read).map_err(|err| {
            Fault::transient(format!("no thread could be started ({err})"), "free some memory")
        })?;
        Ok(Running { process, sender, frames })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The reader then sees the end of the pipe, or that nobody takes its frames, and ends.
        self.process.kill();
    }
}

fn gone() -> Fault {
    Fault::transient(
        "the media engine is gone",
        "it is started again; should it go on, look at memory",
    )
}
