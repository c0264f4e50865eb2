//! The media child: answers requests from standard input until it closes.

use super::decode::{self, Request, Stop};
use super::open::Alive;
use super::{print, probe, texts};
use crate::domain::fault::Fault;
use crate::engines::ffi;
use crate::engines::wire::{self, Frame, FromMedia, Hello, PROTOCOL_VERSION, ToMedia};
use std::io::{self, BufReader, BufWriter, Write};
use std::process::ExitCode;
use std::sync::Arc;

/// Output buffer: more than one frame of audio, so that each frame is one write.
const OUT_BUFFER_BYTES: usize = 64 * 1024;

/// Serves the parent on standard input and output; ends when the parent closes its end.
pub fn serve() -> ExitCode {
    match serve_pipes() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve_pipes() -> io::Result<()> {
    ffi::die_with_parent()?;
    ffmpeg_next::init().map_err(io::Error::other)?;
    ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Quiet);
    let mut from = BufReader::new(io::stdin().lock());
    // Not the locked standard output: that one looks for line ends in audio.
    let mut to = BufWriter::with_capacity(OUT_BUFFER_BYTES, stdout_file()?);
    answer(&mut to, &Hello { version: PROTOCOL_VERSION })?;
    while let Some(frame) = wire::read_frame::<ToMedia>(&mut from)? {
        match frame {
            Frame::Message(ToMedia::Probe { path }) => {
                let seen = probe::probe(&path).map_or_else(FromMedia::Refused, FromMedia::Probed);
                answer(&mut to, &seen)?;
            }
            Frame::Message(ToMedia::Decode { path, track, from, length }) => {
                let request = Request { path: &path, track, from, length };
                let done = decode_into(&mut to, &request)?;
                answer(&mut to, &done)?;
            }
            Frame::Message(ToMedia::Head { path, track }) => {
                let head = print::head(&path, track);
                answer(&mut to, &head.map_or_else(FromMedia::Refused, FromMedia::Begins))?;
            }
            Frame::Message(ToMedia::Print { path, track }) => {
                let mut alive = || {
                    wire::write_pcm(&mut to, &[])?;
                    to.flush()
                };
                let print = print::print(&path, track, &mut alive)?;
                answer(&mut to, &print.map_or_else(FromMedia::Refused, FromMedia::Printed))?;
            }
            Frame::Message(ToMedia::Texts { path, tracks }) => {
                // Nothing is left in the buffer of `to`, so that a second way to the parent keeps the order.
                let beside = stdout_file()?;
                let alive: Alive = Arc::new(move || wire::write_pcm(&mut &beside, &[]));
                let texts = texts::texts(&path, &tracks, &alive);
                answer(&mut to, &texts.map_or_else(FromMedia::Refused, FromMedia::Texts))?;
            }
            Frame::Pcm(_) => {
                let fault = Fault::bug("the media engine was sent audio");
                answer(&mut to, &FromMedia::Refused(fault))?;
            }
        }
    }
    Ok(())
}

fn stdout_file() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

fn answer(to: &mut impl Write, message: &impl serde::Serialize) -> io::Result<()> {
    wire::write_message(to, message)?;
    to.flush()
}

fn decode_into(to: &mut impl Write, request: &Request) -> io::Result<FromMedia> {
    let mut give = |samples: &[f32]| {
        wire::write_pcm(to, samples)?;
        to.flush()
    };
    match decode::decode(request, &mut give) {
        Ok(report) => Ok(FromMedia::Decoded(report)),
        Err(Stop::Refused(fault)) => Ok(FromMedia::Refused(fault)),
        Err(Stop::ParentGone(err)) => Err(err),
    }
}
