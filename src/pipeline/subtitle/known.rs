//! What is known of a track's audio before anybody listens: the same audio is never listened to twice, whatever its
//! file is called, wherever it lies, and in whichever container.
//!
//! A file is known by device, inode, size and time, so a renamed or moved one is. An unknown file is known by its
//! audio: a few seconds are read first ([`AudioHead`](crate::domain::media::AudioHead)), and only where some known
//! track begins like that the whole file is read, without decoding it.
//!
//! Transcripts are on the video's clock, and the same audio may begin later in another file. When its first packet
//! plays is kept with a transcript and read of every file, and what is reused is shifted by the difference. Gaps inside
//! the track are part of the audio's digest, so they are the same.

use super::Library;
use super::recipe::LISTEN_VERSION;
use super::wish::unreadable;
use crate::base::cancel::Cancel;
use crate::domain::change::{AudioDigest, AudioFile, Change, Transcribed, TranscriptKey};
use crate::domain::fault::Fault;
use crate::domain::library::FileId;
use crate::domain::media::AudioPrint;
use crate::domain::order::Order;
use crate::domain::time::{Ms, SAMPLE_RATE_HZ, Span};
use crate::domain::transcript::Transcript;
use crate::engines::media::MediaEngine;
use std::path::Path;

/// A smaller shift is a decoder's priming, which containers tell differently, or their rounding.
const SHIFT_MS_MIN: i64 = 30;
/// Set in the number of a track where its head is meant: heads are remembered as audio of their own.
const HEAD_FLAG: u32 = 1 << 31;

/// The file as it is on disk.
///
/// # Errors
/// Where it cannot be looked at.
pub fn file_id(path: &Path) -> Result<FileId, Fault> {
    std::fs::metadata(path).map(|it| FileId::of(&it)).map_err(|err| unreadable(&err))
}

/// A track of the file as it is on disk.
///
/// # Errors
/// Where it cannot be looked at.
pub(super) fn audio_file(path: &Path, track: u32) -> Result<AudioFile, Fault> {
    let FileId { device, inode, size, mtime_ns } = file_id(path)?;
    Ok(AudioFile { device, inode, size, mtime_ns, track })
}

/// What is to be remembered of a file whose audio is this.
pub(super) fn remember(file: AudioFile, print: &AudioPrint) -> Vec<Change> {
    let head = AudioFile { track: file.track | HEAD_FLAG, ..file };
    vec![
        Change::AudioKnown { file, audio: print.whole },
        Change::AudioKnown { file: head, audio: print.head.digest },
    ]
}

/// Finds out which audio a track is, as far as that is worth its while; and what is to be remembered of it. `alive` is
/// called now and then where that takes long.
///
/// # Errors
/// Where the file is refused, the store fails, or the work shall end.
pub(super) fn identify(
    path: &Path,
    track: u32,
    media: &mut MediaEngine,
    library: &dyn Library,
    cancel: &Cancel,
    alive: &mut dyn FnMut(),
) -> Result<(Option<AudioPrint>, Vec<Change>), Fault> {
    let file = audio_file(path, track)?;
    let Some(head) = media.head(path, track, cancel)? else { return Ok((None, Vec::new())) };
    if let Some(whole) = library.audio_of(&file)? {
        return Ok((Some(AudioPrint { head, whole }), Vec::new()));
    }
    if !library.knows_audio(&head.digest)? {
        return Ok((None, Vec::new()));
    }
    let print = media.print(path, track, cancel, alive)?;
    // A file that is still written is no file yet.
    let settled = audio_file(path, track)? == file;
    let changes = print.filter(|_| settled).map_or(Vec::new(), |it| remember(file, &it));
    Ok((print, changes))
}

/// Key of what one task gives: the audio, and all that listening depends on. `tag` is the track's own language, which
/// weighs in the vote.
pub(super) fn transcript_key(
    audio: &AudioDigest,
    order: &Order,
    tag: Option<&str>,
    translate: bool,
) -> TranscriptKey {
    let Order { from, listen, multilingual, .. } = order;
    let told = from.as_ref().and_then(|it| it.to_whisper());
    let tag = tag.filter(|_| from.is_none() && *multilingual);
    let all = (LISTEN_VERSION, audio, listen, told, tag, multilingual, translate);
    TranscriptKey(*blake3::hash(format!("{all:?}").as_bytes()).as_bytes())
}

/// What was heard before, on this file's clock.
///
/// # Errors
/// Where the store fails.
pub(super) fn recall(
    key: &TranscriptKey,
    print: &AudioPrint,
    library: &dyn Library,
) -> Result<Option<Transcribed>, Fault> {
    let Some(mut row) = library.transcript(key)? else { return Ok(None) };
    let Some(heard) = row.report.print else { return Ok(None) };
    let by = print.head.first - heard.head.first;
    if SHIFT_MS_MIN <= by.0.abs() {
        row.transcripts.iter_mut().for_each(|it| shift(it, by));
        let samples = by.0 * i64::from(SAMPLE_RATE_HZ) / 1000;
        for count in [&mut row.report.samples, &mut row.report.inserted_samples] {
            *count = count.saturating_add_signed(samples);
        }
    }
    row.report.print = Some(*print);
    Ok(Some(row))
}

/// Moves all times; nothing gets before the start.
fn shift(transcript: &mut Transcript, by: Ms) {
    let moved = |span: &mut Span| *span = Span::new((span.start + by).0.max(0), (span.end + by).0);
    let Transcript { language: _, translated: _, utterances, speech, given_up } = transcript;
    utterances.iter_mut().flat_map(|it| &mut it.words).for_each(|it| moved(&mut it.span));
    speech.iter_mut().for_each(moved);
    given_up.iter_mut().for_each(|it| moved(&mut it.span));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_times_move_and_none_gets_before_the_start() {
        let speech = vec![Span::new(500, 900), Span::new(2000, 3000)];
        let mut transcript = Transcript { speech, ..Transcript::default() };
        shift(&mut transcript, Ms(1500));
        assert_eq!(transcript.speech, [Span::new(2000, 2400), Span::new(3500, 4500)]);
        shift(&mut transcript, Ms(-2200));
        assert_eq!(transcript.speech, [Span::new(0, 200), Span::new(1300, 2300)]);
        shift(&mut transcript, Ms(-1500));
        assert_eq!(transcript.speech, [Span::new(0, 0), Span::new(0, 800)]);
    }
}
