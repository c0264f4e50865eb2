//! Looking at a file: container, duration, start, tracks.

use super::{ffi, open};
use crate::domain::fault::Fault;
use crate::domain::media::{AudioTrack, Disposition, Probe, SubtitleTrack};
use crate::domain::time::Ms;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::format::stream;
use ffmpeg_next::{Stream, media};
use std::path::Path;

/// Probes a file.
///
/// # Errors
/// Where it cannot be opened, is no media file or has no audio track.
pub(super) fn probe(path: &Path) -> Result<Probe, Fault> {
    let input = open::open(path)?;
    let probe = Probe {
        container: input.format().name().to_owned(),
        duration: duration_us(&input).map(|us| Ms(us / 1000)),
        start: Ms(ffi::start_time_us(&input).unwrap_or(0).div_euclid(1000)),
        audio: of_medium(&input, media::Type::Audio).map(|it| audio(&input, &it)).collect(),
        subtitles: of_medium(&input, media::Type::Subtitle).map(|it| subtitle(&it)).collect(),
        has_video: of_medium(&input, media::Type::Video).any(|it| !is_cover(&it)),
    };
    if !probe.audio.is_empty() {
        return Ok(probe);
    }
    if of_medium(&input, media::Type::Video).next().is_none() {
        return Err(open::not_media());
    }
    Err(Fault::operator(
        "the file has no audio track",
        "there is nothing to listen to; if it should have one, copy the file again",
    ))
}

/// The container's length in microseconds, where it tells one.
pub(super) fn duration_us(input: &Input) -> Option<i64> {
    Some(input.duration()).filter(|us| *us > 0)
}

fn of_medium(input: &Input, medium: media::Type) -> impl Iterator<Item = Stream<'_>> {
    input.streams().filter(move |it| it.parameters().medium() == medium)
}

fn is_cover(stream: &Stream) -> bool {
    stream.disposition().contains(stream::Disposition::ATTACHED_PIC)
}

fn audio(input: &Input, stream: &Stream) -> AudioTrack {
    let facts = ffi::facts(stream);
    let codec = if facts.codec == "none" { "unknown".to_owned() } else { facts.codec };
    AudioTrack {
        index: stream.index() as u32,
        codec: if codec == "unknown_codec" { "unknown".to_owned() } else { codec },
        decodable: facts.decodable,
        language: language(stream),
        title: title(stream),
        disposition: disposition(stream),
        channels: facts.channels,
        layout: facts.layout,
        sample_rate_hz: facts.sample_rate_hz,
        start: start(stream),
        program: ffi::program_of(input, stream.index()).map(|(id, _)| id),
    }
}

fn subtitle(stream: &Stream) -> SubtitleTrack {
    let facts = ffi::facts(stream);
    SubtitleTrack {
        index: stream.index() as u32,
        codec: facts.codec,
        text: facts.text,
        language: language(stream),
        title: title(stream),
        disposition: disposition(stream),
    }
}

fn language(stream: &Stream) -> Option<String> {
    ffi::tag(stream, "language").filter(|it| !it.is_empty() && !it.eq_ignore_ascii_case("und"))
}

/// The title. MP4 has none for a track, so that programs write it where the name of their handler belongs.
fn title(stream: &Stream) -> Option<String> {
    let tag = |key| ffi::tag(stream, key).filter(|it| !it.trim().is_empty());
    tag("title").or_else(|| tag("handler_name").filter(|it| !is_name_of_a_program(it)))
}

/// True for what a muxer writes there that was told no title: `SoundHandler`, `GPAC ISO Audio Handler`, `Core Media
/// Audio`, `ISO Media file produced by ...`, `Mainconcept MP4 Sound Media Handler`.
fn is_name_of_a_program(name: &str) -> bool {
    const BEGINNINGS: [&str; 8] = [
        "apple",
        "bento4",
        "core media",
        "gpac",
        "iso media",
        "l-smash",
        "mainconcept",
        "#mainconcept",
    ];
    const KINDS: [&str; 8] =
        ["audio", "mono", "sound", "soun", "stereo", "subtitle", "subtitles", "text"];
    let name = name.trim().to_ascii_lowercase();
    name.contains("handler")
        || BEGINNINGS.iter().any(|it| name.starts_with(it))
        || KINDS.contains(&name.as_str())
}

/// Time stamp of a stream's first packet, where known.
pub(super) fn start(stream: &Stream) -> Option<Ms> {
    let unit = stream.time_base();
    let start = Some(stream.start_time()).filter(|it| *it != i64::MIN)?;
    let den = i128::from(unit.denominator()).max(1);
    let ms = i128::from(start) * 1000 * i128::from(unit.numerator()) / den;
    i64::try_from(ms).ok().map(Ms)
}

fn disposition(stream: &Stream) -> Disposition {
    let flags = stream.disposition();
    let has = |flag| flags.contains(flag);
    Disposition {
        default: has(stream::Disposition::DEFAULT),
        original: has(stream::Disposition::ORIGINAL),
        dub: has(stream::Disposition::DUB),
        comment: has(stream::Disposition::COMMENT),
        hearing_impaired: has(stream::Disposition::HEARING_IMPAIRED),
        visual_impaired: has(stream::Disposition::VISUAL_IMPAIRED),
        karaoke: has(stream::Disposition::KARAOKE),
        forced: has(stream::Disposition::FORCED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs_are_no_titles() {
        for name in [
            "SoundHandler",
            "SubtitleHandler",
            "GPAC ISO Audio Handler",
            "Apple Sound Media Handler",
            "Core Media Audio",
            "ISO Media file produced by Google Inc. Created on: 05/01/2023.",
            "#Mainconcept MP4 Sound Media Handler",
            "L-SMASH Audio Handler",
            "Stereo",
            "soun",
        ] {
            assert!(is_name_of_a_program(name), "{name}");
        }
        for name in [
            "Commentary",
            "Forced",
            "English SDH",
            "Director's Commentary",
            "\u{56fd}\u{8bed}",
            "Surround 5.1",
        ] {
            assert!(!is_name_of_a_program(name), "{name}");
        }
    }
}
