//! Decoding one track to 16 kHz mono on the video's clock, streaming.

use super::ffi::{self, Downmix};
use super::output::Output;
use super::print::Printer;
use super::timeline::{self, Place, TOLERANCE_SAMPLES, Timeline, Trust};
use super::{open, probe};
use crate::domain::fault::Fault;
use crate::domain::media::DecodeReport;
use crate::domain::time::{Ms, SAMPLE_RATE_HZ};
use ffmpeg_next::codec::{self, threading};
use ffmpeg_next::format::context::Input;
use ffmpeg_next::{Error, Packet, Stream, decoder, frame, media};
use std::io;
use std::path::Path;

/// Seeking aims this much earlier: decoders need some packets to settle.
const SEEK_EARLIER_MS: i64 = 1000;
/// Reading goes on after so many errors in a row; a demuxer finds its way back within a few or not at all.
const READ_ERRORS_MAX: u32 = 100;
/// Longest priming of a decoder.
const PRIMING_US_MAX: i64 = 200_000;
/// A file is truncated if more than this is missing at its end, and more than a hundredth of it.
const MISSING_SECONDS_MIN: i64 = 2;
/// Raw streams carry no time stamps: FFmpeg makes them up from the first frame, and guesses them after a seek. Their
/// samples are counted instead, from the start.
const WITHOUT_CLOCK: [&str; 9] =
    ["mp3", "aac", "ac3", "eac3", "dts", "truehd", "mlp", "loas", "amr"];

/// What is to be decoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    /// The file.
    pub(super) path: &'a Path,
    /// FFmpeg's stream index.
    pub(super) track: u32,
    /// First instant given out, on the video's clock; `None` for the start.
    pub(super) from: Option<Ms>,
    /// Given out at most; `None` for all.
    pub(super) length: Option<Ms>,
}

/// Why a decode ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The file is to blame; the parent is told.
    Refused(Fault),
    /// Nobody listens any more.
    ParentGone(io::Error),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Refused(fault)
    }
}

impl From<io::Error> for Stop {
    fn from(err: io::Error) -> Stop {
        Stop::ParentGone(err)
    }
}

/// Decodes; audio goes to `give` in order, in frames of half a second.
///
/// # Errors
/// Where the file is refused, or `give` fails.
pub(super) fn decode(
    request: &Request,
    give: &mut dyn FnMut(&[f32]) -> io::Result<()>,
) -> Result<DecodeReport, Stop> {
    let from_start = request.from.is_none_or(|it| it.0 <= SEEK_EARLIER_MS);
    if !from_start && let Some(report) = attempt(request, true, give)? {
        return Ok(report);
    }
    // Seeking failed or went too far: all that lies before is decoded, too, which is always right.
    attempt(request, false, give)?.ok_or_else(|| Stop::from(Fault::bug("a decode without an end")))
}

/// One pass over the file; `None` where seeking did not lead before the wanted time. Nothing was given out then.
fn attempt(
    request: &Request,
    seek: bool,
    give: &mut dyn FnMut(&[f32]) -> io::Result<()>,
) -> Result<Option<DecodeReport>, Stop> {
    let mut input = open::open(request.path)?;
    let index = request.track as usize;
    let decoder = open_decoder(&input, index)?;
    let origin_us = origin_us(&input, index);
    if seek && !seek_before(&mut input, request.from, origin_us) {
        return Ok(None);
    }
    ffi::discard_others(&mut input, &[index]);
    let Some(mut pass) = Pass::new(&input, request, seek, decoder, origin_us, give) else {
        return Ok(None);
    };
    pass.run(&mut input)?;
    if pass.missed || pass.landing {
        return Ok(None);
    }
    Ok(Some(pass.finish(&input, request)?))
}

fn open_decoder(input: &Input, index: usize) -> Result<decoder::Audio, Fault> {
    let stream = input.stream(index).filter(|it| it.parameters().medium() == media::Type::Audio);
    let stream = stream.ok_or_else(|| no_audio_track(index))?;
    let facts = ffi::facts(&stream);
    if !facts.decodable {
        return Err(Fault::operator(
            format!("FFmpeg has no decoder for this audio (codec {})", facts.codec),
            "choose another track, or convert the audio with a program that knows it",
        ));
    }
    let refused = |err: Error| {
        Fault::operator(
            format!(
                "the audio's description in the file cannot be used (codec {}: {err})",
                facts.codec
            ),
            "the file is damaged; copy it again, or choose another track",
        )
    };
    let mut context = codec::Context::from_parameters(stream.parameters()).map_err(refused)?;
    context.set_threading(threading::Config::count(1));
    let mut decoder = context.decoder();
    // Without it the decoder cuts priming samples off but leaves the time stamp where it was.
    decoder.set_packet_time_base(stream.time_base());
    decoder.audio().map_err(refused)
}

/// The fault for a track that is none.
pub(super) fn no_audio_track(index: usize) -> Fault {
    Fault::operator(
        format!("track {index} is no audio track"),
        "`kinora explain` lists the tracks of the file",
    )
}

/// The instant that is zero on the video's clock: the container's start, or the start of the track's program. A start
/// a little before zero is a decoder's priming, which nobody hears.
pub(super) fn origin_us(input: &Input, index: usize) -> i64 {
    let program = ffi::program_of(input, index).and_then(|(_, members)| {
        let starts = input.streams().filter(|it| members.contains(&it.index()));
        starts.filter_map(|it| probe::start(&it)).min().map(|it| it.0 * 1000)
    });
    let origin = program.or_else(|| ffi::start_time_us(input)).unwrap_or(0);
    if (-PRIMING_US_MAX..0).contains(&origin) { 0 } else { origin }
}

fn seek_before(input: &mut Input, from: Option<Ms>, origin_us: i64) -> bool {
    if ffi::clock_may_jump(input) || is_without_clock(input) {
        return false;
    }
    let before_us = from.map_or(0, |it| it.0 - SEEK_EARLIER_MS).saturating_mul(1000);
    let target_us = before_us.saturating_add(origin_us);
    input.seek(target_us, ..target_us).is_ok()
}

fn is_without_clock(input: &Input) -> bool {
    WITHOUT_CLOCK.contains(&input.format().name())
}

/// Seconds that a stream's time stamps count, as a fraction; `None` where they mean nothing.
pub(super) fn unit(input: &Input, stream: &Stream) -> Option<(i32, i32)> {
    let unit = (stream.time_base().numerator(), stream.time_base().denominator());
    Some(unit).filter(|_| !is_without_clock(input))
}

/// The next packet of these streams; `None` at the end, or where reading fails and does not find its way back (then
/// `failed` is set).
pub(super) fn next_packet(input: &mut Input, of: &[usize], failed: &mut bool) -> Option<Packet> {
    let mut errors = 0;
    loop {
        // A fresh packet each time: reading into a used one would leak what it held.
        let mut packet = Packet::empty();
        match packet.read(input) {
            Ok(()) if of.contains(&packet.stream()) => return Some(packet),
            Ok(()) => errors = 0,
            Err(Error::Eof) => break,
            Err(Error::InvalidData | Error::Other { errno: libc::EAGAIN })
                if errors < READ_ERRORS_MAX =>
            {
                errors += 1;
            }
            Err(_) => {
                *failed = true;
                break;
            }
        }
    }
    *failed |= errors > 0 || ffi::reading_failed(input);
    None
}

/// One pass: decoder, clock and output together.
struct Pass<'a> {
    index: usize,
    decoder: decoder::Audio,
    /// Of time stamps; `None` where they mean nothing.
    unit: Option<(i32, i32)>,
    origin_us: i64,
    duration: Option<i64>,
    timeline: Timeline,
    downmix: Option<Downmix>,
    converted: Vec<f32>,
    held: Option<frame::Audio>,
    output: Output<'a>,
    printer: Option<Printer>,
    /// After a seek, until the first frame says where it led.
    landing: bool,
    missed: bool,
    packets: u64,
    heard: bool,
    unmixable: bool,
    read_failed: bool,
    bad_packets: u64,
    dropped: u64,
}

impl<'a> Pass<'a> {
    fn new(
        input: &Input,
        request: &Request,
        seek: bool,
        decoder: decoder::Audio,
        origin_us: i64,
        give: &'a mut dyn FnMut(&[f32]) -> io::Result<()>,
    ) -> Option<Pass<'a>> {
        let index = request.track as usize;
        let stream = input.stream(index)?;
        let unit = unit(input, &stream);
        let told = probe::duration_us(input).filter(|_| !ffi::duration_is_guessed(input));
        let duration = told.map(|us| us / 1000 * i64::from(SAMPLE_RATE_HZ) / 1000);
        let whole = request.from.is_none() && request.length.is_none();
        Some(Pass {
            index,
            decoder,
            unit,
            origin_us,
            duration,
            timeline: Timeline::new(duration),
            downmix: None,
            converted: Vec::new(),
            held: None,
            output: Output::new(request.from, request.length, give),
            printer: whole.then(|| Printer::new(&stream, unit, origin_us)),
            landing: seek,
            missed: false,
            packets: 0,
            heard: false,
            unmixable: false,
            read_failed: false,
            bad_packets: 0,
            dropped: 0,
        })
    }

    fn run(&mut self, input: &mut Input) -> io::Result<()> {
        while !self.missed && !self.output.is_full() {
            let Some(packet) = next_packet(input, &[self.index], &mut self.read_failed) else {
                break;
            };
            self.packet(&packet)?;
        }
        // A decoder that takes no end has nothing left to give.
        let _ = self.decoder.send_eof();
        self.frames()?;
        if let Some(held) = self.held.take() {
            self.play(held, Trust::Refuted)?;
        }
        self.drain()?;
        self.output.flush()
    }

    fn packet(&mut self, packet: &Packet) -> io::Result<()> {
        self.packets += 1;
        if let Some(printer) = &mut self.printer {
            printer.packet(packet);
        }
        let sent = self.decoder.send_packet(packet);
        if sent.is_err() || packet.is_corrupt() {
            self.bad_packets += 1;
        }
        if sent.is_ok() { self.frames() } else { Ok(()) }
    }

    /// Takes all frames that are ready.
    fn frames(&mut self) -> io::Result<()> {
        loop {
            let mut frame = frame::Audio::empty();
            match self.decoder.receive_frame(&mut frame) {
                Ok(()) => self.frame(frame)?,
                Err(Error::Eof | Error::Other { errno: libc::EAGAIN }) => return Ok(()),
                Err(_) => {
                    self.bad_packets += 1;
                    return Ok(());
                }
            }
        }
    }

    fn frame(&mut self, frame: frame::Audio) -> io::Result<()> {
        if frame.samples() == 0 || frame.rate() == 0 {
            return Ok(());
        }
        let Some(held) = self.held.take() else { return self.play(frame, Trust::Unknown) };
        let held_end = self.stamp(&held).map(|it| it + length(&held));
        let goes_on = match (self.stamp(&frame), held_end) {
            (Some(stamp), Some(end)) => (stamp - end).abs() <= TOLERANCE_SAMPLES,
            (None, _) | (_, None) => false,
        };
        let (trust_held, trust) = match goes_on {
            true => (Trust::Confirmed, Trust::Confirmed),
            false => (Trust::Refuted, Trust::Unknown),
        };
        self.play(held, trust_held)?;
        self.play(frame, trust)
    }

    fn stamp(&self, frame: &frame::Audio) -> Option<i64> {
        let stamp = frame.timestamp().or(frame.pts())?;
        Some(timeline::to_samples(stamp, self.unit?, self.origin_us))
    }

    fn play(&mut self, mut frame: frame::Audio, trust: Trust) -> io::Result<()> {
        let kind = ffi::kind(&mut frame);
        if self.downmix.as_ref().is_none_or(|it| it.kind() != kind) {
            self.drain()?;
            let Ok(downmix) = Downmix::new(kind) else {
                self.unmixable = true;
                self.bad_packets += 1;
                return Ok(());
            };
            self.downmix = Some(downmix);
        }
        let stamp = self.stamp(&frame);
        if self.landing && !self.land(stamp) {
            return Ok(());
        }
        let delay = self.downmix.as_ref().map_or(0, Downmix::delay);
        let mut overlap = 0;
        match self.timeline.place(stamp, self.output.at() + delay, trust) {
            Place::Next => {}
            Place::After(at) => {
                self.drain()?;
                self.output.silence_until(at)?;
            }
            Place::Overlap(samples) => overlap = usize::try_from(samples).unwrap_or(usize::MAX),
            Place::Doubtful => {
                self.held = Some(frame);
                return Ok(());
            }
        }
        if self.downmix.is_none() {
            self.downmix = Downmix::new(kind).ok();
        }
        let Some(downmix) = &mut self.downmix else { return Ok(()) };
        if downmix.convert(&frame, &mut self.converted).is_err() {
            self.bad_packets += 1;
            return Ok(());
        }
        self.heard = true;
        let overlap = overlap.min(self.converted.len());
        self.dropped += overlap as u64;
        self.output.play(&self.converted[overlap..])
    }

    /// After a seek: true where this frame lies before what is wanted; its time stamp then says where we are.
    fn land(&mut self, stamp: Option<i64>) -> bool {
        match stamp.filter(|it| *it <= self.output.from()) {
            Some(at) => {
                self.output.start_at(at);
                self.timeline.start_here();
                self.landing = false;
                true
            }
            None => {
                self.missed = true;
                false
            }
        }
    }

    /// Plays what the resampler still holds, and does away with it.
    fn drain(&mut self) -> io::Result<()> {
        let Some(downmix) = self.downmix.take() else { return Ok(()) };
        match downmix.drain(&mut self.converted) {
            Ok(()) => self.output.play(&self.converted),
            Err(_) => Ok(()),
        }
    }

    fn finish(self, input: &Input, request: &Request) -> Result<DecodeReport, Fault> {
        if !self.heard && request.from.is_none() {
            return Err(self.nothing());
        }
        Ok(DecodeReport {
            samples: self.output.given(),
            inserted_samples: self.output.inserted(),
            dropped_samples: self.dropped,
            bad_packets: self.bad_packets,
            truncated: self.is_truncated(input, request.path),
            print: self.printer.filter(|_| !self.read_failed).and_then(Printer::finish),
        })
    }

    fn nothing(&self) -> Fault {
        if self.unmixable {
            let what = "FFmpeg cannot mix the channels of this audio into one";
            return Fault::operator(what, "choose another track, or convert it to stereo");
        }
        if self.packets == 0 && !self.read_failed {
            return Fault::operator("the audio track holds no audio", "choose another track");
        }
        open::damaged()
    }

    /// True where the track should have gone on: by its own length, or, where only the container tells one (the
    /// video may be longer than the audio), by a file that is shorter than it says.
    fn is_truncated(&self, input: &Input, path: &Path) -> bool {
        if self.output.is_full() {
            return false;
        }
        let own = input.stream(self.index).filter(|_| !ffi::duration_is_guessed(input)).and_then(
            |stream| {
                let unit = (stream.time_base().numerator(), stream.time_base().denominator());
                let start = Some(stream.start_time()).filter(|it| *it != i64::MIN).unwrap_or(0);
                let length = Some(stream.duration()).filter(|it| *it > 0)?;
                Some(timeline::to_samples(start.saturating_add(length), unit, self.origin_us))
            },
        );
        let short_of = |end: i64| {
            let missing = end.saturating_sub(self.output.at());
            missing > MISSING_SECONDS_MIN * i64::from(SAMPLE_RATE_HZ) && missing > end / 100
        };
        match (own, self.duration) {
            (Some(end), _) => short_of(end) || open::is_cut(path),
            (None, Some(end)) => short_of(end) && (self.read_failed || open::is_cut(path)),
            (None, None) => self.read_failed || open::is_cut(path),
        }
    }
}

/// How many 16 kHz samples a frame becomes.
fn length(frame: &frame::Audio) -> i64 {
    let samples = i64::try_from(frame.samples()).unwrap_or(i64::MAX);
    samples.saturating_mul(i64::from(SAMPLE_RATE_HZ)) / i64::from(frame.rate().max(1))
}
