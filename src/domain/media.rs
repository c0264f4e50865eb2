//! What a media file holds, as the probe saw it. Times are milliseconds; `index` is FFmpeg's stream index.

use super::change::AudioDigest;
use super::subtitle::Format;
use super::time::Ms;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::path::Path;

/// Endings of video files that Kinora listens to in a folder. A file named by itself is tried whatever its name.
pub const VIDEO_EXTENSIONS: [&str; 24] = [
    "3gp", "asf", "avi", "divx", "dv", "f4v", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg",
    "mpg", "mts", "mxf", "ogm", "ogv", "rm", "rmvb", "ts", "vob", "webm", "wmv",
];
/// Endings of audio files, likewise.
pub const AUDIO_EXTENSIONS: [&str; 20] = [
    "aac", "ac3", "aif", "aiff", "alac", "amr", "ape", "caf", "dts", "eac3", "flac", "m4a", "m4b",
    "mka", "mp2", "mp3", "oga", "ogg", "opus", "wav",
];

/// True where the name is that of a video or an audio file.
pub fn is_media_name(name: &OsStr) -> bool {
    let extension = Path::new(name).extension().and_then(OsStr::to_str).unwrap_or_default();
    let known = VIDEO_EXTENSIONS.iter().chain(&AUDIO_EXTENSIONS);
    known.into_iter().any(|it| it.eq_ignore_ascii_case(extension))
}

/// One file, probed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// FFmpeg's name of the container, e.g. `matroska,webm`.
    pub container: String,
    /// Length, where the container tells it.
    pub duration: Option<Ms>,
    /// Time stamp at which the container starts; cue times count from here, as players do.
    pub start: Ms,
    /// Audio tracks, in the file's order.
    pub audio: Vec<AudioTrack>,
    /// Subtitle tracks, in the file's order.
    pub subtitles: Vec<SubtitleTrack>,
    /// True where there is a video track that is no cover picture.
    pub has_video: bool,
}

/// Flags of a track, as the container carries them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposition {
    /// Played when nobody chooses.
    pub default: bool,
    /// In the original language.
    pub original: bool,
    /// A dub.
    pub dub: bool,
    /// Somebody comments the film.
    pub comment: bool,
    /// For the hard of hearing.
    pub hearing_impaired: bool,
    /// Audio description.
    pub visual_impaired: bool,
    /// Sung text only.
    pub karaoke: bool,
    /// Only what must be read (signs, foreign speech).
    pub forced: bool,
}

/// An audio track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioTrack {
    /// FFmpeg's stream index in the file.
    pub index: u32,
    /// FFmpeg's codec name; `unknown` where it has none.
    pub codec: String,
    /// False where this FFmpeg has no decoder for it.
    pub decodable: bool,
    /// Language tag as written in the file; `und` and empty are `None`.
    pub language: Option<String>,
    /// Title as written in the file.
    pub title: Option<String>,
    /// Flags.
    pub disposition: Disposition,
    /// Number of channels; 0 where unknown.
    pub channels: u16,
    /// FFmpeg's name of the layout, e.g. `5.1(side)`.
    pub layout: String,
    /// Samples a second; 0 where unknown.
    pub sample_rate_hz: u32,
    /// Time stamp of its first packet, where known.
    pub start: Option<Ms>,
    /// Program it belongs to in a transport stream with several programs.
    pub program: Option<u32>,
}

/// A subtitle track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubtitleTrack {
    /// FFmpeg's stream index in the file.
    pub index: u32,
    /// FFmpeg's codec name.
    pub codec: String,
    /// Text (`true`) or pictures (`false`).
    pub text: bool,
    /// Language tag as written in the file; `und` and empty are `None`.
    pub language: Option<String>,
    /// Title as written in the file.
    pub title: Option<String>,
    /// Flags.
    pub disposition: Disposition,
}

/// The text of a subtitle track, as a subtitle file of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextTrack {
    /// FFmpeg's stream index.
    pub index: u32,
    /// The file's format: the nearest to what is in the track.
    pub format: Format,
    /// The file, UTF-8; times are on the video's clock.
    pub bytes: Vec<u8>,
}

/// What decoding a track to its end showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodeReport {
    /// Samples given out, silence put in for gaps included.
    pub samples: u64,
    /// Silence put in for gaps and a late start.
    pub inserted_samples: u64,
    /// Samples left out because time stamps went backwards.
    pub dropped_samples: u64,
    /// Packets that could not be decoded.
    pub bad_packets: u64,
    /// True where the file ended before its container said it would (truncated).
    pub truncated: bool,
    /// Which audio it is; `None` for a part of a track, and where not all of it could be read.
    pub print: Option<AudioPrint>,
}

/// What the packets of a track tell of its identity, without decoding them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioPrint {
    /// Of its beginning.
    pub head: AudioHead,
    /// Of all of it: the same audio in another container has the same.
    pub whole: AudioDigest,
}

/// How a track begins: soon read, so it is looked up before a whole file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioHead {
    /// Of the codec and the first packets.
    pub digest: AudioDigest,
    /// When the first packet plays, on the video's clock: the same audio may begin later in another file.
    pub first: Ms,
}
