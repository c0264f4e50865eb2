//! What steps leave for the steps after them: the only place that knows how records are written.
//!
//! A record that an older Kinora left and this one cannot read is no fault: the execution starts again with the first
//! step, and what was heard is recalled.

use super::Asked;
use super::heading::Heading;
use super::listen::Spoken;
use super::select::Target;
use super::translate::Written;
use crate::domain::change::{Made, StepDone};
use crate::domain::cue::Cue;
use crate::domain::execution::{Next, Step};
use crate::domain::existing::{Existing, Weighed};
use crate::domain::fault::Fault;
use crate::domain::job::Fingerprint;
use crate::domain::lang::Lang;
use crate::domain::library::FileId;
use crate::domain::media::{AudioPrint, AudioTrack, DecodeReport, Probe};
use crate::domain::order::{Order, Summary};
use crate::domain::time::Ms;
use crate::domain::transcript::Transcript;
use crate::domain::work::Work;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Raised with every change of a record, or of what is in it.
const VERSION: u8 = 3;
/// Largest record; a day of speech is a fraction of it.
const RECORD_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Left by `select`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Selected {
    /// The file and the wishes, as they were when the work began.
    pub(super) key: Fingerprint,
    /// The file as it is on disk.
    pub(super) file: FileId,
    /// What the file holds.
    pub(super) probe: Probe,
    /// What is listened to; `None` where the file is a subtitle itself.
    pub(super) track: Option<AudioTrack>,
    /// Which audio it is, where that is known.
    pub(super) print: Option<AudioPrint>,
    /// Subtitles that are there.
    pub(super) existing: Vec<Existing>,
    /// Names and words to expect, beside those of the order.
    pub(super) names: String,
    /// Which film or episode it is.
    pub(super) work: Work,
    /// What is known so far.
    pub(super) known: Known,
}

/// What was found out: part of what `select` leaves, and all that `detect` and `weigh` leave, with what they knew.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    /// Which language is spoken.
    pub(super) spoken: Option<Spoken>,
    /// Existing subtitles held against the speech, by their place among the existing.
    pub(super) weighed: BTreeMap<usize, Weighed>,
    /// What is done, where that is decided.
    pub(super) heading: Option<Heading>,
    /// Where all was heard before.
    pub(super) heard: Option<Heard>,
}

impl Selected {
    /// What is listened to.
    ///
    /// # Errors
    /// Where the file is a subtitle itself.
    pub(super) fn track(&self) -> Result<&AudioTrack, Fault> {
        self.track.as_ref().ok_or_else(|| Fault::bug("there is nothing to listen to"))
    }

    /// The order with all names to expect.
    pub(super) fn order(&self, order: &Order) -> Order {
        let mut order = order.clone();
        let both = [&order.listen.prompt, &self.names].map(|it| it.trim());
        order.listen.prompt =
            both.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(", ");
        order
    }
}

/// Left by `listen`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Heard {
    /// One for each task of the targets.
    pub(super) transcripts: Vec<Transcript>,
    /// What decoding showed.
    pub(super) report: DecodeReport,
}

/// Left by `translate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Translated {
    /// Those of the heading's targets that are translated.
    pub(super) targets: Vec<TranslatedTarget>,
}

/// A target that was translated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TranslatedTarget {
    /// What is written.
    pub(super) target: Target,
    /// The language it was translated from.
    pub(super) from: Lang,
    /// The cues of the source, in the order of their file.
    pub(super) cues: Vec<Cue>,
    /// What each of them says now; `None` where it stays as it is.
    pub(super) texts: Vec<Option<String>>,
    /// The file of the source, where it is one.
    pub(super) document: Option<Written>,
}

/// Left by `cue`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Cued {
    /// What is to be written.
    pub(super) files: Vec<CuedFile>,
    /// False where a stretch could not be listened to.
    pub(super) complete: bool,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CuedFile {
    /// Its language.
    pub(super) target: Target,
    /// What is in it.
    pub(super) content: Content,
    /// Its ending, without a dot.
    pub(super) extension: String,
    /// Its content.
    pub(super) bytes: Vec<u8>,
    /// What its lines are, where they were translated.
    pub(super) made: Option<Box<Made>>,
}

/// What a file holds of its target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Its language alone.
    Alone,
    /// What it was translated from too, which is in this language.
    With(Lang),
    /// The lines that could not be translated.
    Failed,
}

fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<RECORD_BYTES_MAX>()
}

/// The bytes of a record.
pub(super) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, Fault> {
    let mut bytes = vec![VERSION];
    bincode::serde::encode_into_std_write(record, &mut bytes, config())
        .map_err(|it| Fault::bug(format!("a record cannot be written ({it})")))?;
    Ok(bytes)
}

/// A record of this version; `None` for anything else.
fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let body = bytes.strip_prefix(&[VERSION])?;
    let (record, length) = bincode::serde::decode_from_slice(body, config()).ok()?;
    (length == body.len()).then_some(record)
}

/// Where a record cannot be read: the execution starts again.
pub(super) fn start_again() -> StepDone {
    let note = "another version of Kinora left a record that cannot be read: it starts again";
    StepDone {
        next: Next::Step(Step::Select),
        body: Vec::new(),
        notes: vec![note.to_owned()],
        summary: Summary::default(),
        changes: Vec::new(),
    }
}

/// The record of a step before; the outer `None` where it cannot be read.
fn read<T: DeserializeOwned>(asked: &Asked<'_>, step: Step) -> Result<Option<T>, Fault> {
    let bytes = asked
        .records
        .get(&step)
        .filter(|it| !it.is_empty())
        .ok_or_else(|| Fault::bug(format!("the record of `{}` is missing", step.name())))?;
    Ok(decode(bytes))
}

/// What `select` left, and all that is known by now; `None` where it cannot be read.
pub(super) fn known(asked: &Asked<'_>) -> Result<Option<(Selected, Known)>, Fault> {
    let Some(mut selected) = read::<Selected>(asked, Step::Select)? else { return Ok(None) };
    let mut known = std::mem::take(&mut selected.known);
    // Either may come first, and the later one knows what the earlier one found out.
    for step in [Step::Detect, Step::Weigh] {
        let Some(bytes) = asked.records.get(&step).filter(|it| !it.is_empty()) else { continue };
        let Some(later) = decode::<Known>(bytes) else { return Ok(None) };
        known.spoken = later.spoken.or(known.spoken);
        known.weighed.extend(later.weighed);
        known.heading = later.heading.or(known.heading);
        known.heard = later.heard.or(known.heard);
    }
    Ok(Some((selected, known)))
}

/// The same once it is decided what is done.
pub(super) fn headed(asked: &Asked<'_>) -> Result<Option<(Selected, Known, Heading)>, Fault> {
    let Some((selected, mut known)) = known(asked)? else { return Ok(None) };
    let heading = known.heading.take();
    let heading = heading.ok_or_else(|| Fault::bug("it was not decided what is done"))?;
    Ok(Some((selected, known, heading)))
}

/// What all steps up to `listen` left, where something is heard; `None` where it cannot be read.
pub(super) fn heard(asked: &Asked<'_>, known: &mut Known) -> Result<Option<Heard>, Fault> {
    match known.heard.take() {
        Some(heard) => Ok(Some(heard)),
        None => read(asked, Step::Listen),
    }
}

/// What `translate` left, nothing where it was not taken; `None` where it cannot be read.
pub(super) fn translated(
    asked: &Asked<'_>,
    heading: &Heading,
) -> Result<Option<Translated>, Fault> {
    match heading.translates() {
        true => read(asked, Step::Translate),
        false => Ok(Some(Translated { targets: Vec::new() })),
    }
}

/// What `cue` left; `None` where it cannot be read.
pub(super) fn cued(asked: &Asked<'_>) -> Result<Option<Cued>, Fault> {
    read(asked, Step::Cue)
}

/// The film's length, where it is known by now.
pub fn length(records: &BTreeMap<Step, Vec<u8>>) -> Option<Ms> {
    let selected: Selected = decode(records.get(&Step::Select)?)?;
    selected.probe.duration
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_and_others_are_told_apart() {
        let cued = Cued { files: Vec::new(), complete: true };
        let bytes = encode(&cued).unwrap();
        assert_eq!(decode::<Cued>(&bytes), Some(cued));
        let newer = [&[VERSION + 1], &bytes[1..]].concat();
        let longer = [&bytes[..], &[0]].concat();
        let absurd = [VERSION, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        for other in [&[][..], &bytes[..1], &newer, &longer, &absurd] {
            assert_eq!(decode::<Cued>(other), None, "{other:?}");
        }
    }
}
