//! Existing subtitles as documents: read, held against the speech, put in sync, and written anew.

use super::facts::READ_BYTES_MAX;
use crate::base::cancel::Cancel;
use crate::domain::cue::Cue;
use crate::domain::existing::{Existing, Origin};
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::subtitle::{self, Document, Format};
use crate::domain::sync::Alignment;
use crate::domain::time::Span;
use crate::engines::media::MediaEngine;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The bytes of a subtitle file, however it is called.
///
/// # Errors
/// Where it is no plain file, cannot be read, or is too large to be a subtitle.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Fault> {
    let failed = |err: std::io::Error| {
        Fault::operator(format!("it cannot be read ({err})"), "check its rights and the disk")
    };
    // A pipe with the name of a subtitle would be waited for.
    if !std::fs::metadata(file).map_err(failed)?.is_file() {
        return Err(Fault::operator("it is no plain file", "move it away"));
    }
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(failed)?;
    opened.take(READ_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// The documents of several existing subtitles, each by its place; tracks inside are read in one go.
///
/// # Errors
/// Where the file is refused, or the work shall end; one that cannot be read is left out.
pub(super) fn documents(
    path: &Path,
    wanted: &[(usize, &Existing)],
    media: &mut MediaEngine,
    cancel: &Cancel,
    alive: &mut dyn FnMut(),
) -> Result<Vec<(usize, Document)>, Fault> {
    let inside = |it: &(usize, &Existing)| match it.1.origin {
        Origin::Embedded(index) => Some(index),
        Origin::External(_) | Origin::Ours(_) => None,
    };
    let tracks: Vec<u32> = wanted.iter().filter_map(inside).collect();
    let texts = match tracks.is_empty() {
        true => Vec::new(),
        false => media.texts(path, &tracks, cancel, alive)?,
    };
    let mut documents = Vec::new();
    for (place, existing) in wanted {
        let hint = existing.examined.as_ref().map(|it| it.format);
        let parsed = match &existing.origin {
            Origin::Embedded(index) => {
                let Some(text) = texts.iter().find(|it| it.index == *index) else { continue };
                Document::parse(&text.bytes, Some(text.format))
            }
            Origin::External(file) | Origin::Ours(file) => {
                read(file).and_then(|bytes| Document::parse(&bytes, hint))
            }
        };
        documents.extend(parsed.ok().map(|it| (*place, it)));
    }
    Ok(documents)
}

/// Said where one that was there cannot be read any more.
pub(super) fn gone(origin: &Origin) -> Fault {
    let name = super::course::name(origin);
    Fault::transient(
        format!("{name} could be read a moment ago, and cannot any more"),
        "it is looked at again",
    )
}

/// When its cues are shown, in time order, those without text left out.
pub(super) fn spans(document: &Document) -> Vec<Span> {
    let shown =
        document.cues().into_iter().filter(|it| !it.lines.is_empty() && !it.span.is_empty());
    let mut spans: Vec<Span> = shown.map(|it| it.span).collect();
    spans.sort();
    spans
}

/// Moves all cues to where they belong.
pub(super) fn retime(document: &mut Document, alignment: &Alignment) {
    for (index, cue) in document.cues().iter().enumerate() {
        document.set_span(index, alignment.apply(cue.span));
    }
}

/// The document in a format, in UTF-8: as it is where that is its own format, else its cues' text alone.
pub(super) fn write(document: &Document, format: Format, lang: &Lang) -> Vec<u8> {
    if document.format() == format {
        return document.to_utf8();
    }
    let mut cues: Vec<Cue> = document.cues();
    cues.retain(|it| !it.lines.is_empty());
    cues.sort_by_key(|it| it.span);
    subtitle::write(&cues, format, lang).into_bytes()
}
