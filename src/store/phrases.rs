//! What was translated before, and what translators are like: batches as checkpoints, lines that are remembered,
//! subtitles with what their lines were.

use super::Store;
use super::changes::DONE;
use super::codec;
use super::commit::{Answer, Tables, got_on};
use super::place::Broken;
use super::rows::{Age, BatchRow, EndpointRow, MadeRow, PhraseRow};
use super::tables::{BATCHES, ENDPOINTS, MADE, PHRASES};
use crate::domain::change::{Counter, Made, Phrase, PhraseKey};
use crate::domain::fault::Fault;
use crate::domain::job::ExecutionId;
use crate::domain::library::Placed;
use crate::domain::translate::line::{How, Rendered};
use redb::{ReadableTable, ReadableTableMetadata};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How many translators are remembered at most; a configuration has a handful.
pub const ENDPOINT_ROWS_MAX: u64 = 100;

pub(super) fn batch(
    tables: &mut Tables,
    key: &[u8; 32],
    rendered: &[Rendered],
    at_unix_ms: u64,
    of: Option<ExecutionId>,
) -> Answer {
    let execution = tables.whose(of)?;
    tables.touched += 1;
    let row = BatchRow { at_unix_ms, rendered: rendered.to_vec() };
    tables.batches.insert(key, codec::encode(&row)?.as_slice())?;
    let lines = rendered.iter().filter(|it| by_model(&it.how)).count();
    tables.count(Counter::LinesTranslated, lines as u64)?;
    got_on(tables, execution, at_unix_ms)?;
    DONE
}

fn by_model(how: &How) -> bool {
    match how {
        How::Translated | How::Doubtful(_) => true,
        How::Remembered | How::AsIs | How::Kept(_) => false,
    }
}

/// What the owner wrote is never replaced by what a model says.
pub(super) fn said(
    tables: &mut Tables,
    key: &PhraseKey,
    phrase: &Phrase,
    at_unix_ms: u64,
) -> Result<(), Broken> {
    let row = PhraseRow { at_unix_ms, phrase: phrase.clone() };
    merge(tables, &key.0, &codec::encode(&row)?)
}

/// Puts a phrase's row, unless it is a model's and the owner wrote the one that is there.
pub(super) fn merge(tables: &mut Tables, key: &[u8; 32], row: &[u8]) -> Result<(), Broken> {
    let kept = tables.phrases.get(key)?.is_some_and(|it| is_by_hand(it.value()));
    if !kept || is_by_hand(row) {
        tables.phrases.insert(key, row)?;
    }
    Ok(())
}

pub(super) fn is_by_hand(row: &[u8]) -> bool {
    codec::decode::<PhraseRow>(row).is_ok_and(|it| it.phrase.by_hand)
}

pub(super) fn made(
    tables: &mut Tables,
    output: &Path,
    made: &Made,
    at_unix_ms: u64,
) -> Result<(), Broken> {
    let row = MadeRow { at_unix_ms, made: made.clone() };
    tables.made.insert(output.as_os_str().as_bytes(), codec::encode(&row)?.as_slice())?;
    Ok(())
}

/// Subtitles lie elsewhere: what their lines were goes along.
pub(super) fn followed(
    tables: &mut Tables,
    before: &Placed,
    after: &Placed,
    gone: &[PathBuf],
) -> Result<(), Broken> {
    for output in gone {
        let Some(to) = ending(output, &before.video)
            .and_then(|it| after.outputs.iter().find(|to| ending(to, &after.video) == Some(it)))
        else {
            continue;
        };
        let row = tables.made.remove(output.as_os_str().as_bytes())?.map(|it| it.value().to_vec());
        if let Some(row) = row {
            tables.made.insert(to.as_os_str().as_bytes(), row.as_slice())?;
        }
    }
    Ok(())
}

/// What a subtitle's name has after that of its video: `.eng.srt`.
fn ending<'a>(output: &'a Path, video: &Path) -> Option<&'a [u8]> {
    output.file_name()?.as_bytes().strip_prefix(video.file_stem()?.as_bytes())
}

pub(super) fn rung(
    tables: &mut Tables,
    translator: &str,
    of: &str,
    rung: &str,
    at_unix_ms: u64,
) -> Answer {
    tables.touched += 1;
    let row = EndpointRow { at_unix_ms, of: of.to_owned(), rung: rung.to_owned() };
    tables.endpoints.insert(translator, codec::encode(&row)?.as_slice())?;
    if tables.endpoints.len()? > ENDPOINT_ROWS_MAX {
        let mut rows = Vec::new();
        for found in tables.endpoints.iter()? {
            let (name, bytes) = found?;
            let at = codec::decode::<Age>(bytes.value()).map_or(0, |it| it.at_unix_ms);
            rows.push((at, name.value().to_owned()));
        }
        if let Some((_, oldest)) = rows.into_iter().filter(|it| it.1 != translator).min() {
            tables.endpoints.remove(oldest.as_str())?;
        }
    }
    DONE
}

impl Store {
    /// What came of a batch, by the digest of recipe, translators and request.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn batch(&self, key: &[u8; 32]) -> Result<Option<Vec<Rendered>>, Fault> {
        Ok(self.get::<_, BatchRow>(BATCHES, key)?.map(|it| it.rendered))
    }

    /// A line that was translated before between the same neighbours.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn phrase(&self, key: &PhraseKey) -> Result<Option<Phrase>, Fault> {
        Ok(self.get::<_, PhraseRow>(PHRASES, key.0)?.map(|it| it.phrase))
    }

    /// What the lines of a subtitle were when Kinora wrote it.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn made(&self, output: &Path) -> Result<Option<Made>, Fault> {
        Ok(self.get::<_, MadeRow>(MADE, output.as_os_str().as_bytes())?.map(|it| it.made))
    }

    /// How the shape of answers is asked of a translator, where that was found out with this server and model.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn rung(&self, translator: &str, of: &str) -> Result<Option<String>, Fault> {
        let row: Option<EndpointRow> = self.get(ENDPOINTS, translator)?;
        Ok(row.filter(|it| it.of == of).map(|it| it.rung))
    }
}
