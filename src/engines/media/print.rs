//! Which audio a track holds, told by its packets: nothing is decoded.
//!
//! The digest is over the packets' bytes in a row, however a container cuts them, with the codec before and the clock
//! behind. Of the clock goes in what a shift of the whole track leaves alone, and so roughly that the rounding of
//! containers (Matroska's is to a millisecond) makes no difference: where it jumps, and how long the track lasts. Where
//! the track begins is told apart ([`AudioHead::first`]), so that what was heard can be shifted. Two files that differ
//! by rounding alone may still fall on two sides of a border; then the audio is not recognised, and heard again.

use super::ffi;
use super::{decode, open};
use crate::domain::change::AudioDigest;
use crate::domain::fault::Fault;
use crate::domain::media::{AudioHead, AudioPrint};
use crate::domain::time::Ms;
use ffmpeg_next::{Packet, Stream};
use std::io;
use std::path::Path;

/// Raised when the digest changes: what was known before is then not recognised.
const PRINT_VERSION: u8 = 1;
/// How much of the packets makes the head.
const HEAD_BYTES: usize = 64 * 1024;
/// A packet that comes so much later or earlier than the one before it ends is a jump of the clock; uneven, because
/// real jumps are mostly round.
const JUMP_MS_MIN: i64 = 83;
/// Jumps are told to the nearest of these.
const JUMP_STEP_MS: i64 = 100;
/// The length is told to the nearest of these.
const SPAN_STEP_MS: i64 = 500;
/// Moves the borders of those steps away from round numbers.
const STEP_ASIDE_MS: i64 = 37;
/// The clock is read where so many bytes are full: at the same places however packets are cut.
const CLOCK_STRIDE_BYTES: u64 = 4096;
/// A sign of life goes to the parent every so many packets.
const ALIVE_PACKETS: u64 = 1024;

/// How a track begins; `None` where it cannot be read so far.
///
/// # Errors
/// Where the file is refused.
pub(super) fn head(path: &Path, track: u32) -> Result<Option<AudioHead>, Fault> {
    let (printer, failed) = read(path, track, &mut |printer| Ok(!printer.is_head_full()))
        .map_err(|_| Fault::bug("reading a track's head told somebody"))??;
    Ok(printer.finish().filter(|_| !failed).map(|it| it.head))
}

/// Which audio a track is; `None` where not all of it can be read. `alive` is called now and then.
///
/// # Errors
/// Where `alive` fails, or (inside) where the file is refused.
pub(super) fn print(
    path: &Path,
    track: u32,
    alive: &mut dyn FnMut() -> io::Result<()>,
) -> io::Result<Result<Option<AudioPrint>, Fault>> {
    let read = read(path, track, &mut |printer| {
        if printer.packets.is_multiple_of(ALIVE_PACKETS) {
            alive()?;
        }
        Ok(true)
    })?;
    Ok(read.map(|(printer, failed)| printer.finish().filter(|_| !failed)))
}

/// Reads packets as long as `go_on` says so; true where reading failed.
fn read(
    path: &Path,
    track: u32,
    go_on: &mut dyn FnMut(&Printer) -> io::Result<bool>,
) -> io::Result<Result<(Printer, bool), Fault>> {
    let mut input = match open::open(path) {
        Ok(input) => input,
        Err(fault) => return Ok(Err(fault)),
    };
    let index = track as usize;
    let origin_us = decode::origin_us(&input, index);
    let Some(mut printer) = input
        .stream(index)
        .map(|stream| Printer::new(&stream, decode::unit(&input, &stream), origin_us))
    else {
        return Ok(Err(decode::no_audio_track(index)));
    };
    ffi::discard_others(&mut input, &[index]);
    let mut failed = false;
    while let Some(packet) = decode::next_packet(&mut input, &[index], &mut failed) {
        printer.packet(&packet);
        if !go_on(&printer)? {
            break;
        }
    }
    Ok(Ok((printer, failed)))
}

/// Takes a track's packets in order.
pub(super) struct Printer {
    /// Of time stamps; `None` where they mean nothing.
    unit: Option<(i32, i32)>,
    origin_us: i64,
    head: blake3::Hasher,
    whole: blake3::Hasher,
    clock: Clock,
    packets: u64,
    bytes: u64,
}

impl Printer {
    /// For this track.
    pub(super) fn new(stream: &Stream, unit: Option<(i32, i32)>, origin_us: i64) -> Printer {
        let facts = ffi::facts(stream);
        let (codec, channels, rate) = (facts.codec, facts.channels, facts.sample_rate_hz);
        let start = |what: &str| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(format!("{PRINT_VERSION} {what} {codec} {channels} {rate}\n").as_bytes());
            hasher
        };
        let (head, whole) = (start("head"), start("whole"));
        Printer { unit, origin_us, head, whole, clock: Clock::default(), packets: 0, bytes: 0 }
    }

    /// Takes the next packet.
    pub(super) fn packet(&mut self, packet: &Packet) {
        let Some(bytes) = packet.data() else { return };
        let room = HEAD_BYTES.saturating_sub(usize::try_from(self.bytes).unwrap_or(usize::MAX));
        self.head.update(&bytes[..room.min(bytes.len())]);
        self.whole.update(bytes);
        let stamp = packet.pts().or(packet.dts());
        let at = stamp.zip(self.unit).map(|(it, unit)| to_ms(it, unit) - self.origin_us / 1000);
        let lasts = self.unit.map_or(0, |unit| to_ms(packet.duration(), unit));
        self.clock.packet(self.bytes, bytes.len() as u64, at, lasts);
        self.packets += 1;
        self.bytes += bytes.len() as u64;
    }

    fn is_head_full(&self) -> bool {
        HEAD_BYTES as u64 <= self.bytes
    }

    /// What it is; `None` where there was nothing.
    pub(super) fn finish(mut self) -> Option<AudioPrint> {
        if self.bytes == 0 {
            return None;
        }
        self.whole.update(&self.bytes.to_le_bytes());
        self.whole.update(&self.clock.told());
        let digest = |it: blake3::Hasher| AudioDigest(*it.finalize().as_bytes());
        let head = AudioHead { digest: digest(self.head), first: self.clock.first() };
        Some(AudioPrint { head, whole: digest(self.whole) })
    }
}

/// When packets play, as far as it belongs to the audio and not to the file.
#[derive(Default)]
struct Clock {
    first_ms: Option<i64>,
    /// When the last packet ends, where that is known.
    end_ms: Option<i64>,
    /// The clock at the last full stride.
    last_ms: Option<i64>,
    jumps: blake3::Hasher,
}

impl Clock {
    fn packet(&mut self, start: u64, length: u64, at_ms: Option<i64>, lasts_ms: i64) {
        if let (Some(at), Some(end)) = (at_ms, self.end_ms)
            && JUMP_MS_MIN <= (at - end).abs()
        {
            self.jumps.update(&start.to_le_bytes());
            self.jumps.update(&step(at - end, JUMP_STEP_MS).to_le_bytes());
        }
        self.end_ms = at_ms.filter(|_| lasts_ms > 0).map(|it| it + lasts_ms);
        let Some(at) = at_ms else { return };
        self.first_ms.get_or_insert(at);
        let stride = (start + length - 1) / CLOCK_STRIDE_BYTES * CLOCK_STRIDE_BYTES;
        if length > 0 && start <= stride {
            // Where packets are cut otherwise, the same sample stands in the middle of one.
            let share = i128::from(lasts_ms) * i128::from(stride - start) / i128::from(length);
            self.last_ms = Some(at + i64::try_from(share).unwrap_or(0));
        }
    }

    fn first(&self) -> Ms {
        Ms(self.first_ms.unwrap_or(0))
    }

    fn told(&self) -> Vec<u8> {
        let span = self.last_ms.zip(self.first_ms).map(|(last, first)| last - first);
        let span = span.map_or(i64::MIN, |it| step(it, SPAN_STEP_MS));
        [self.jumps.finalize().as_bytes().as_slice(), &span.to_le_bytes()].concat()
    }
}

fn step(ms: i64, step_ms: i64) -> i64 {
    (ms + STEP_ASIDE_MS).div_euclid(step_ms)
}

fn to_ms(stamp: i64, unit: (i32, i32)) -> i64 {
    let ms = i128::from(stamp) * i128::from(unit.0) * 1000;
    i64::try_from(ms.div_euclid(i128::from(unit.1).max(1))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets of 300 bytes and 64 ms, each at its time moved by `moved`.
    fn told(moved: impl Fn(i64) -> i64) -> Vec<u8> {
        let mut clock = Clock::default();
        for nth in 0..1000 {
            clock.packet(nth as u64 * 300, 300, Some(moved(nth * 64)), 64);
        }
        clock.told()
    }

    #[test]
    fn a_shift_and_rounding_are_not_the_audios() {
        let plain = told(|it| it);
        assert_eq!(told(|it| it + 1500), plain);
        assert_eq!(told(|it| it + it % 2), plain, "rounded up to a millisecond");
        assert_eq!(told(|it| it - 21), plain);
    }

    #[test]
    fn gaps_and_another_speed_are_the_audios() {
        let plain = told(|it| it);
        let gap = |at: i64, by: i64| told(move |it| if it < at { it } else { it + by });
        assert_ne!(gap(10_000, 300), plain);
        assert_ne!(gap(10_000, 300), gap(20_000, 300), "elsewhere");
        assert_ne!(gap(10_000, 300), gap(10_000, 900), "longer");
        assert_eq!(gap(10_000, 300), gap(10_000, 301));
        assert_ne!(told(|it| it * 25 / 24), plain, "stretched");
    }

    #[test]
    fn packets_cut_otherwise_have_the_same_clock() {
        let cut = |bytes: u64, lasts_ms: i64| {
            let mut clock = Clock::default();
            for nth in 0..352_000 / bytes {
                clock.packet(nth * bytes, bytes, Some(nth as i64 * lasts_ms), lasts_ms);
            }
            clock.told()
        };
        assert_eq!(cut(4000, 125), cut(1000, 31));
        assert_eq!(cut(4000, 125), cut(32_000, 1000));
    }
}
