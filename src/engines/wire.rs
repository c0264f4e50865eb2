//! What parent and engine child say to each other: framed messages over pipes.
//!
//! A frame is a kind byte, the payload's length as `u32` little-endian, and the payload: a bincode message, or PCM as
//! raw `f32` little-endian. A message that announces audio is followed by exactly one PCM frame.

use super::gpu::Gpu;
use crate::domain::fault::Fault;
use crate::domain::media::{AudioHead, AudioPrint, DecodeReport, Probe, TextTrack};
use crate::domain::time::Ms;
use crate::domain::transcript::{HearParams, RawHeard};
use crate::domain::translate::prompt::Shape;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::path::PathBuf;

/// Raised with every change of the messages; parent and child of different builds refuse each other.
pub const PROTOCOL_VERSION: u16 = 4;
/// Largest payload taken from the other side; more means that the stream is out of step.
pub const FRAME_BYTES_MAX: u32 = 64 * 1024 * 1024;

const KIND_MESSAGE: u8 = b'M';
const KIND_PCM: u8 = b'P';

/// Paths as bytes: serde takes only those that are UTF-8.
mod path_bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Path, PathBuf};

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().as_bytes().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        Vec::<u8>::deserialize(from).map(|it| PathBuf::from(OsString::from_vec(it)))
    }

    /// The same where there may be none.
    pub(super) mod option {
        use super::{Deserialize, Deserializer, OsStrExt, OsString, OsStringExt, PathBuf};
        use serde::{Serialize, Serializer};

        pub(crate) fn serialize<S: Serializer>(
            path: &Option<PathBuf>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            path.as_ref().map(|it| it.as_os_str().as_bytes()).serialize(to)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<PathBuf>, D::Error> {
            let bytes = Option::<Vec<u8>>::deserialize(from)?;
            Ok(bytes.map(|it| PathBuf::from(OsString::from_vec(it))))
        }
    }
}

/// First message of every child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`] of the child.
    pub version: u16,
}

/// What the media child is asked. Paths travel as they are, whatever their bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToMedia {
    /// Look at a file; answered by `Probed` or `Refused`.
    Probe {
        /// The file.
        #[serde(with = "path_bytes")]
        path: PathBuf,
    },
    /// Decode one track; answered by PCM frames in order, then `Decoded` or `Refused`.
    Decode {
        /// The file.
        #[serde(with = "path_bytes")]
        path: PathBuf,
        /// FFmpeg's stream index.
        track: u32,
        /// Where to start on the video's clock: decoding seeks near there. `None` for the very start.
        from: Option<Ms>,
        /// How much to give out at most; `None` for all.
        length: Option<Ms>,
    },
    /// Read how a track begins; answered by `Begins` or `Refused`.
    Head {
        /// The file.
        #[serde(with = "path_bytes")]
        path: PathBuf,
        /// FFmpeg's stream index.
        track: u32,
    },
    /// Read all packets of a track without decoding them; answered by empty PCM frames as a sign of life, then
    /// `Printed` or `Refused`.
    Print {
        /// The file.
        #[serde(with = "path_bytes")]
        path: PathBuf,
        /// FFmpeg's stream index.
        track: u32,
    },
    /// Read the text of subtitle tracks; answered by empty PCM frames as a sign of life, then `Texts` or `Refused`.
    Texts {
        /// The file.
        #[serde(with = "path_bytes")]
        path: PathBuf,
        /// FFmpeg's stream indices.
        tracks: Vec<u32>,
    },
}

/// What the media child answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromMedia {
    /// The probe's result.
    Probed(Probe),
    /// How a track begins; `None` where it could not be read so far.
    Begins(Option<AudioHead>),
    /// Which audio a track is; `None` where not all of it could be read.
    Printed(Option<AudioPrint>),
    /// The text of those tracks that have one and can be read.
    Texts(Vec<TextTrack>),
    /// The end of a decode.
    Decoded(DecodeReport),
    /// It cannot be done.
    Refused(Fault),
}

/// What the whisper child is asked. `id` comes back with the answer; answers come in any order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToWhisper {
    /// Load weights; before any request with audio. Answered by `Loaded` or `Refused`.
    Load(LoadParams),
    /// Which GPUs are there; before `Load`. Answered by `Gpus`.
    Gpus,
    /// Speech probability for each 512 samples of the PCM frame that follows.
    Vad {
        /// Comes back.
        id: u64,
    },
    /// Language probabilities for the PCM frame that follows.
    Detect {
        /// Comes back.
        id: u64,
    },
    /// Listen to the PCM frame that follows.
    Hear {
        /// Comes back.
        id: u64,
        /// How.
        params: HearParams,
    },
}

/// What to load.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadParams {
    /// Whisper weights (ggml); `None` for voice activity only.
    #[serde(with = "path_bytes::option")]
    pub model: Option<PathBuf>,
    /// Silero weights (ggml).
    #[serde(with = "path_bytes")]
    pub vad: PathBuf,
    /// Windows listened to at the same time, each with its own state over the shared weights.
    pub states: u8,
    /// Threads of each state.
    pub threads_per_state: u8,
    /// Compute on the GPU of this number, as [`found`](super::gpu::found) counts them; `None` for the processor.
    pub gpu: Option<u8>,
}

/// What the whisper child answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromWhisper {
    /// Weights are in memory.
    Loaded {
        /// Model type, e.g. `base`.
        kind: String,
        /// Knows more than English.
        multilingual: bool,
        /// What computes: the name of a GPU, or "processor".
        device: String,
    },
    /// The GPUs of this machine that this build can compute on.
    Gpus(Vec<Gpu>),
    /// Probabilities, one for each 512 samples (the last one for the rest).
    Vad {
        /// Of the request.
        id: u64,
        /// 0 to 1.
        probabilities: Vec<f32>,
    },
    /// Languages with their probability, most probable first.
    Detected {
        /// Of the request.
        id: u64,
        /// Whisper's code and probability.
        languages: Vec<(String, f32)>,
    },
    /// A window's result.
    Heard {
        /// Of the request.
        id: u64,
        /// What was heard.
        heard: RawHeard,
        /// Compute time.
        elapsed_ms: u64,
    },
    /// This request failed; the child goes on.
    Failed {
        /// Of the request.
        id: u64,
        /// Why, for a person.
        reason: String,
    },
    /// Loading failed; the child ends.
    Refused(Fault),
}

/// What the translating child is asked, one after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToTranslate {
    /// Load weights; before anything else. Answered by `Loaded` or `Refused`.
    Load(LoadModel),
    /// Answer this; `Alive` comes now and then, at last `Answered`, `TooLong` or `Failed`.
    Ask(Question),
}

/// Which language model, and how much it may read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadModel {
    /// A GGUF file.
    #[serde(with = "path_bytes")]
    pub weights: PathBuf,
    /// Tokens of a request and its answer at most; less where the model was made for less.
    pub context: u32,
}

/// A request to a language model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Question {
    /// Comes back.
    pub id: u64,
    /// What stays the same for many requests.
    pub system: String,
    /// What is asked.
    pub user: String,
    /// The shape of the answer; it is kept to.
    pub shape: Shape,
    /// The longest answer, tokens.
    pub tokens_max: u32,
    /// 0 for the likeliest words always.
    pub temperature: f32,
    /// Of chance, where there is a temperature.
    pub seed: u64,
}

/// What the translating child answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromTranslate {
    /// Weights are in memory.
    Loaded {
        /// What the file calls itself.
        name: String,
        /// Its family, such as `qwen2`.
        architecture: String,
        /// Tokens of a request and its answer at most.
        context: u32,
    },
    /// A sign of life while a request is read or answered.
    Alive {
        /// Of the request.
        id: u64,
    },
    /// An answer.
    Answered {
        /// Of the request.
        id: u64,
        /// All of it, in the shape asked for.
        text: String,
        /// It was not done when it had its length.
        cut: bool,
        /// Tokens of the request.
        prompt_tokens: u32,
        /// Those of them that were read before.
        cached_tokens: u32,
        /// Tokens of the answer.
        answer_tokens: u32,
    },
    /// The request and its answer do not fit the context.
    TooLong {
        /// Of the request.
        id: u64,
    },
    /// This request failed; the child goes on.
    Failed {
        /// Of the request.
        id: u64,
        /// Why, for a person.
        reason: String,
    },
    /// Loading failed; the child ends.
    Refused(Fault),
}

/// A frame as read: a message, or audio.
#[derive(Debug)]
pub enum Frame<M> {
    /// A message.
    Message(M),
    /// 16 kHz mono samples.
    Pcm(Vec<f32>),
}

/// Writes one message; does not flush.
///
/// # Errors
/// Where the other side is gone.
pub fn write_message(out: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let payload = bincode::serde::encode_to_vec(message, bincode::config::standard())
        .map_err(io::Error::other)?;
    write_frame(out, KIND_MESSAGE, &payload)
}

/// Writes samples as one frame; does not flush.
///
/// # Errors
/// Where the other side is gone.
pub fn write_pcm(out: &mut impl Write, samples: &[f32]) -> io::Result<()> {
    // Both sides of the copy have a known length, so the compiler makes one block copy of it.
    let mut payload = vec![0u8; samples.len() * 4];
    for (bytes, sample) in payload.as_chunks_mut::<4>().0.iter_mut().zip(samples) {
        *bytes = sample.to_le_bytes();
    }
    write_frame(out, KIND_PCM, &payload)
}

fn write_frame(out: &mut impl Write, kind: u8, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len()).ok().filter(|it| *it <= FRAME_BYTES_MAX);
    let length = length.ok_or_else(|| io::Error::other("a frame over the limit"))?;
    out.write_all(&[kind])?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(payload)
}

/// Reads the next frame; `None` where the other side closed the pipe between two frames.
///
/// # Errors
/// Where the pipe broke inside a frame, or what came is no frame.
pub fn read_frame<M: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<Frame<M>>> {
    let mut kind = [0u8; 1];
    loop {
        match from.read(&mut kind) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            // A signal that means nothing came while nothing was there to read.
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
    let mut length = [0u8; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::other("a frame over the limit"));
    }
    let mut payload = vec![0u8; length as usize];
    from.read_exact(&mut payload)?;
    match kind[0] {
        KIND_MESSAGE => {
            // Without a limit a wrong length inside the message is allocated before it is read.
            let config = bincode::config::standard().with_limit::<{ FRAME_BYTES_MAX as usize }>();
            let (message, _) =
                bincode::serde::decode_from_slice(&payload, config).map_err(io::Error::other)?;
            Ok(Some(Frame::Message(message)))
        }
        KIND_PCM => {
            let samples = payload.as_chunks::<4>().0.iter().map(|it| f32::from_le_bytes(*it));
            Ok(Some(Frame::Pcm(samples.collect())))
        }
        other => Err(io::Error::other(format!("a frame of kind {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_the_pipe() {
        let mut pipe = Vec::new();
        write_message(&mut pipe, &ToWhisper::Vad { id: 7 }).unwrap();
        write_pcm(&mut pipe, &[0.5, -1.0]).unwrap();
        let mut from = pipe.as_slice();
        let first = read_frame::<ToWhisper>(&mut from).unwrap().unwrap();
        assert!(matches!(first, Frame::Message(ToWhisper::Vad { id: 7 })));
        let second = read_frame::<ToWhisper>(&mut from).unwrap().unwrap();
        assert!(matches!(second, Frame::Pcm(it) if it == [0.5, -1.0]));
        assert!(read_frame::<ToWhisper>(&mut from).unwrap().is_none());
    }

    #[test]
    fn paths_of_any_bytes_survive_the_pipe() {
        use std::os::unix::ffi::OsStringExt;
        let odd = PathBuf::from(std::ffi::OsString::from_vec(vec![b'a', 0xFF, b'\n']));
        let params = LoadParams {
            model: Some(odd.clone()),
            vad: odd.clone(),
            states: 1,
            threads_per_state: 1,
            gpu: None,
        };
        let mut pipe = Vec::new();
        write_message(&mut pipe, &ToMedia::Probe { path: odd.clone() }).unwrap();
        write_message(&mut pipe, &params).unwrap();
        let mut from = pipe.as_slice();
        let first = read_frame::<ToMedia>(&mut from).unwrap().unwrap();
        assert!(matches!(first, Frame::Message(ToMedia::Probe { path }) if path == odd));
        let second = read_frame::<LoadParams>(&mut from).unwrap().unwrap();
        assert!(
            matches!(second, Frame::Message(it) if it.model == Some(odd.clone()) && it.vad == odd)
        );
    }

    #[test]
    fn garbage_is_an_error_and_no_allocation() {
        let mut garbage: &[u8] = &[b'M', 0xff, 0xff, 0xff, 0xff, 1];
        assert!(read_frame::<ToMedia>(&mut garbage).is_err());
        let mut path_of_2_to_the_64_bytes: &[u8] =
            &[b'M', 10, 0, 0, 0, 0, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert!(read_frame::<ToMedia>(&mut path_of_2_to_the_64_bytes).is_err());
        let mut cut: &[u8] = &[b'P', 8, 0, 0, 0, 1];
        assert!(read_frame::<ToMedia>(&mut cut).is_err());
    }
}
