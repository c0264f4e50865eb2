//! The text of subtitle tracks: packets of all named tracks in one read of the file.

use super::cues::{Codec, Text};
use super::open::{self, Alive};
use super::{decode, ffi};
use crate::domain::fault::Fault;
use crate::domain::media::TextTrack;
use crate::domain::subtitle::SUBTITLE_BYTES_MAX;
use crate::engines::wire::FRAME_BYTES_MAX;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::packet::side_data;
use ffmpeg_next::{Packet, media};
use std::path::Path;

/// All tracks together: they go to the parent in one frame, which holds some bytes beside them.
const TEXTS_BYTES_MAX: usize = FRAME_BYTES_MAX as usize - 1024 * 1024;
// So no track of its own is larger than a subtitle file may be.
const _: () = assert!(TEXTS_BYTES_MAX <= SUBTITLE_BYTES_MAX);

/// Reads the text of tracks, in the order they are named. What cannot be had is left out.
///
/// # Errors
/// Where the file is refused, or the disk failed before its end.
pub(super) fn texts(path: &Path, tracks: &[u32], alive: &Alive) -> Result<Vec<TextTrack>, Fault> {
    let mut input = open::open_telling(path, alive)?;
    let mut takers: Vec<Taker> = Vec::new();
    for track in tracks {
        if !takers.iter().any(|it| it.index == *track as usize) {
            takers.extend(Taker::of(&input, *track as usize));
        }
    }
    let wanted: Vec<usize> = takers.iter().map(|it| it.index).collect();
    ffi::discard_others(&mut input, &wanted);
    let mut failed = false;
    while !takers.is_empty()
        && let Some(packet) = decode::next_packet(&mut input, &wanted, &mut failed)
    {
        if let Some(taker) = takers.iter_mut().find(|it| it.index == packet.stream()) {
            taker.packet(&packet);
        }
        leave_out_the_largest(&mut takers, TEXTS_BYTES_MAX);
    }
    if failed && ffi::reading_failed(&input) {
        return Err(Fault::transient(
            "the file could not be read to its end",
            "check the disk or the network share it lies on",
        ));
    }
    Ok(files(takers, TEXTS_BYTES_MAX))
}

/// Keeps all that was taken within what one answer may hold.
fn leave_out_the_largest(takers: &mut Vec<Taker>, bytes_max: usize) {
    while takers.iter().map(|it| it.text.bytes()).sum::<usize>() > bytes_max {
        let largest = takers.iter().enumerate().max_by_key(|(_, it)| it.text.bytes());
        let Some((nth, _)) = largest else { return };
        takers.remove(nth);
    }
}

/// Another encoding may have grown by becoming UTF-8, so they are counted again.
fn files(takers: Vec<Taker>, bytes_max: usize) -> Vec<TextTrack> {
    let mut room = bytes_max;
    let mut files = Vec::new();
    for taker in takers {
        let format = taker.text.format();
        let bytes = taker.text.file();
        if let Some(rest) = room.checked_sub(bytes.len()) {
            room = rest;
            files.push(TextTrack { index: taker.index as u32, format, bytes });
        }
    }
    files
}

/// One track and what came of it so far.
struct Taker {
    index: usize,
    /// Of time stamps.
    unit: (i32, i32),
    origin_us: i64,
    text: Text,
}

impl Taker {
    /// `None` where this is no track with text that a subtitle file can hold.
    fn of(input: &Input, index: usize) -> Option<Taker> {
        let stream = input.stream(index)?;
        if stream.parameters().medium() != media::Type::Subtitle {
            return None;
        }
        let codec = Codec::named(&ffi::facts(&stream).codec)?;
        let unit = decode::unit(input, &stream)?;
        let text = Text::new(codec, ffi::extradata(&stream));
        Some(Taker { index, unit, origin_us: decode::origin_us(input, index), text })
    }

    fn packet(&mut self, packet: &Packet) {
        let (Some(data), Some(stamp)) = (packet.data(), packet.pts().or(packet.dts())) else {
            return;
        };
        let start_us = to_us(stamp, self.unit).saturating_sub(self.origin_us);
        let lasts_us = Some(to_us(packet.duration(), self.unit)).filter(|it| *it > 0);
        let settings = packet.side_data().find(|it| it.kind() == side_data::Type::WebVTTSettings);
        self.text.take(start_us, lasts_us, data, settings.as_ref().map_or(&[], |it| it.data()));
    }
}

/// Microseconds of a time stamp that counts units of `unit.0 / unit.1` seconds.
fn to_us(stamp: i64, unit: (i32, i32)) -> i64 {
    let den = i128::from(unit.1).max(1);
    let us = (i128::from(stamp) * i128::from(unit.0) * 1_000_000).div_euclid(den);
    i64::try_from(us).unwrap_or(if stamp < 0 { i64::MIN / 2 } else { i64::MAX / 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taker(index: usize, cues: usize, text: &[u8]) -> Taker {
        let mut taken = Text::new(Codec::SubRip, Vec::new());
        for nth in 0..cues {
            taken.take(nth as i64 * 1_000_000, Some(500_000), text, &[]);
        }
        Taker { index, unit: (1, 1000), origin_us: 0, text: taken }
    }

    #[test]
    fn what_is_too_much_is_left_out_and_the_rest_stays() {
        let indices = |takers: &[Taker]| takers.iter().map(|it| it.index).collect::<Vec<_>>();
        let mut takers =
            vec![taker(2, 10, b"short"), taker(3, 900, b"endless"), taker(4, 20, b"short")];
        let all: usize = takers.iter().map(|it| it.text.bytes()).sum();
        leave_out_the_largest(&mut takers, all);
        assert_eq!(indices(&takers), [2, 3, 4]);
        leave_out_the_largest(&mut takers, all - 1);
        assert_eq!(indices(&takers), [2, 4]);
        leave_out_the_largest(&mut takers, 0);
        assert!(takers.is_empty());
    }

    #[test]
    fn what_grows_by_its_encoding_is_counted_again() {
        // Two bytes of GBK are three of UTF-8.
        let takers = || vec![taker(1, 50, &b"\xC4\xE3\xBA\xC3".repeat(100)), taker(2, 3, b"short")];
        let whole = files(takers(), usize::MAX);
        assert_eq!(whole.len(), 2);
        assert!(whole[0].bytes.len() > takers()[0].text.bytes());
        let less = files(takers(), whole[0].bytes.len() - 1);
        assert_eq!(less.iter().map(|it| it.index).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn time_stamps_become_microseconds() {
        assert_eq!(to_us(90_000, (1, 90_000)), 1_000_000);
        assert_eq!(to_us(-1, (1, 1000)), -1000);
        assert_eq!(to_us(5, (1, 0)), 5_000_000);
        assert!(to_us(i64::MAX, (1000, 1)) > 0 && to_us(i64::MIN, (1000, 1)) < 0);
    }
}
