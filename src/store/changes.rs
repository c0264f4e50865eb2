//! The transaction, continued: writes that hang on no execution, or only a little.

use super::codec;
use super::commit::{Answer, Tables, got_on, row};
use super::place::Broken;
use super::rows::{
    Age, AudioRow, ControlRow, LibraryRow, PendingRow, PlacedRow, SeenRow, SpeechRow,
    StoredFinished, TranscriptRow, WindowRow,
};
use super::tables::{FileKey, IdKey};
use super::write::{Control, Wrote};
use super::{phrases, terms};
use crate::domain::change::{Activity, AudioFile, Change, Counter};
use crate::domain::job::ExecutionId;
use crate::domain::library::{FileId, Mount, Placed};
use crate::domain::transcript::RawHeard;
use redb::ReadableTable;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub(super) const DONE: Answer = Ok(Ok(Wrote::Nothing));

pub(super) fn window(
    tables: &mut Tables,
    key: &[u8; 32],
    heard: &RawHeard,
    at_unix_ms: u64,
    of: Option<ExecutionId>,
) -> Answer {
    let execution = tables.whose(of)?;
    tables.touched += 1;
    let window = WindowRow { at_unix_ms, heard: heard.clone() };
    tables.windows.insert(key.as_slice(), codec::encode(&window)?.as_slice())?;
    tables.count(Counter::WindowsHeard, 1)?;
    got_on(tables, execution, at_unix_ms)?;
    DONE
}

pub(super) fn alone(tables: &mut Tables, change: &Change, at_unix_ms: u64) -> Answer {
    tables.touched += 1;
    apply(tables, change, at_unix_ms)?;
    DONE
}

pub(super) fn apply(tables: &mut Tables, change: &Change, at_unix_ms: u64) -> Result<(), Broken> {
    match change {
        Change::Finished { key, outputs, language } => {
            let outputs = outputs.iter().map(|it| it.clone().into_os_string()).collect();
            let row = StoredFinished { outputs, language: language.clone(), at_unix_ms };
            tables.finished.insert(key.0.as_slice(), codec::encode(&row)?.as_slice())?;
        }
        Change::Transcribed { key, transcribed } => {
            let before = tables.transcripts.get(&key.0)?;
            let before = before.and_then(|it| codec::decode::<Age>(it.value()).ok());
            if let Some(before) = before {
                tables.transcript_ages.remove((before.at_unix_ms, &key.0))?;
            }
            let row = TranscriptRow { at_unix_ms, transcribed: (**transcribed).clone() };
            tables.transcripts.insert(&key.0, codec::encode(&row)?.as_slice())?;
            tables.transcript_ages.insert((at_unix_ms, &key.0), ())?;
        }
        Change::AudioKnown { file, audio } => {
            let row = AudioRow { at_unix_ms, audio: *audio };
            let bytes = codec::encode(&row)?;
            let before = tables.audio_files.insert(file_key(file), bytes.as_slice())?;
            let before = before.and_then(|it| codec::decode::<AudioRow>(it.value()).ok());
            if before.is_none_or(|it| it.audio != *audio) {
                if let Some(before) = before {
                    forget_audio(tables, &before.audio.0)?;
                }
                let files = tables.audio_digests.get(&audio.0)?.map_or(0, |it| it.value());
                tables.audio_digests.insert(&audio.0, files + 1)?;
            }
        }
        Change::Made { output, made } => phrases::made(tables, output, made, at_unix_ms)?,
        Change::Phrases(said) => {
            said.iter().try_for_each(|(key, it)| phrases::said(tables, key, it, at_unix_ms))?;
        }
        Change::Proposed(proposed) => terms::proposed(tables, proposed, at_unix_ms)?,
        Change::Seen { file, seen } => {
            let row = SeenRow { at_unix_ms, seen: (**seen).clone() };
            tables.seen.insert(id_key(file), codec::encode(&row)?.as_slice())?;
        }
        Change::Spoke { key, speech } => {
            let row = SpeechRow { at_unix_ms, speech: speech.clone() };
            tables.speech.insert(key.0, codec::encode(&row)?.as_slice())?;
        }
        Change::Placed { file, placed } => place(tables, file, placed, at_unix_ms)?,
        // An entry of its own, which the runtime writes.
        Change::Tell { .. } => {}
        Change::Count { counter, by } => tables.count(*counter, *by)?,
    }
    Ok(())
}

/// One file less has this audio.
pub(super) fn forget_audio(tables: &mut Tables, audio: &[u8; 32]) -> Result<(), Broken> {
    let files = tables.audio_digests.get(audio)?.map_or(0, |it| it.value());
    if files > 1 {
        tables.audio_digests.insert(audio, files - 1)?;
    } else {
        tables.audio_digests.remove(audio)?;
    }
    Ok(())
}

pub(super) fn file_key(file: &AudioFile) -> FileKey {
    let AudioFile { device, inode, size, mtime_ns, track } = *file;
    (device, inode, size, mtime_ns, track)
}

pub(super) fn id_key(file: &FileId) -> IdKey {
    let FileId { device, inode, size, mtime_ns } = *file;
    (device, inode, size, mtime_ns)
}

/// What was written beside the same file before, in other languages or formats, is still its own.
fn place(
    tables: &mut Tables,
    file: &FileId,
    placed: &Placed,
    at_unix_ms: u64,
) -> Result<(), Broken> {
    let before = tables.placed.get(id_key(file))?;
    let before = before.and_then(|it| codec::decode::<PlacedRow>(it.value()).ok());
    let mut placed = placed.clone();
    for output in before
        .filter(|it| it.placed.video == placed.video)
        .into_iter()
        .flat_map(|it| it.placed.outputs)
    {
        if !placed.outputs.contains(&output) {
            placed.outputs.push(output);
        }
    }
    put_placed(tables, file, placed, at_unix_ms)
}

fn put_placed(
    tables: &mut Tables,
    file: &FileId,
    placed: Placed,
    at_unix_ms: u64,
) -> Result<(), Broken> {
    let row = PlacedRow { at_unix_ms, placed };
    tables.placed.insert(id_key(file), codec::encode(&row)?.as_slice())?;
    Ok(())
}

pub(super) fn followed(
    tables: &mut Tables,
    file: &FileId,
    placed: &Placed,
    gone: &[PathBuf],
    at_unix_ms: u64,
) -> Answer {
    tables.touched += 1;
    let before = tables.placed.get(id_key(file))?;
    let before = before.and_then(|it| codec::decode::<PlacedRow>(it.value()).ok());
    if let Some(before) = before {
        phrases::followed(tables, &before.placed, placed, gone)?;
    }
    put_placed(tables, file, placed.clone(), at_unix_ms)?;
    for output in gone {
        tables.published.remove(output.as_os_str().as_bytes())?;
    }
    DONE
}

pub(super) fn library_seen(
    tables: &mut Tables,
    name: &str,
    mount: &Mount,
    at_unix_ms: u64,
) -> Answer {
    tables.touched += 1;
    let row = LibraryRow { at_unix_ms, mount: mount.clone() };
    tables.libraries.insert(name, codec::encode(&row)?.as_slice())?;
    DONE
}

pub(super) fn tell(tables: &mut Tables, activity: &Activity) -> Answer {
    tables.touched += 1;
    let number = 1 + tables.activity.last()?.map_or(0, |it| it.0.value());
    tables.activity.insert(number, codec::encode(activity)?.as_slice())?;
    DONE
}

/// On where there is a reason.
pub(super) fn control(
    tables: &mut Tables,
    control: &Control,
    why: Option<&String>,
    at_unix_ms: u64,
) -> Answer {
    tables.touched += 1;
    let name = control.name();
    match why {
        Some(why) => {
            let row = ControlRow { at_unix_ms, why: why.clone() };
            tables.controls.insert(name.as_str(), codec::encode(&row)?.as_slice())?;
        }
        None => {
            tables.controls.remove(name.as_str())?;
        }
    }
    DONE
}

pub(super) fn pending_begun(tables: &mut Tables, temp: &Path, row: &PendingRow) -> Answer {
    tables.touched += 1;
    tables.pending.insert(temp.as_os_str().as_bytes(), codec::encode(row)?.as_slice())?;
    DONE
}

/// The temporary name goes, and, where it became the subtitle, that is known.
pub(super) fn pending_ended(tables: &mut Tables, temp: &Path, published: bool) -> Answer {
    let key = temp.as_os_str().as_bytes();
    let Some(pending) = row::<PendingRow>(tables.pending.get(key)?)? else { return DONE };
    tables.touched += 1;
    tables.pending.remove(key)?;
    if published {
        let bytes = codec::encode(&pending.published)?;
        tables.published.insert(pending.output.as_bytes(), bytes.as_slice())?;
    }
    DONE
}
