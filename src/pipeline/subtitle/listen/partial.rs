//! Watch while it is listened to: what was heard so far stands beside the video, in files that count for nothing and
//! that the whole ones replace.

use super::super::heading::Heading;
use super::super::onlooker::Onlooker;
use super::super::publish::{self, Ledger, Published};
use super::super::record::{Content, Selected};
use super::super::select::{Source, Target};
use super::super::{Asked, cue, outputs};
use super::Spoken;
use crate::domain::fault::Fault;
use crate::domain::order::{Deliver, Order};
use crate::domain::time::{Ms, Span};
use crate::domain::transcript::{Transcript, Utterance};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often files are written at most. The first is written as soon as there is something to read for the viewer.
const EVERY: Duration = Duration::from_secs(15);

/// Whoever watches a video while it is listened to.
pub trait Audience {
    /// Where they are; `None` where nobody watches.
    fn place(&self) -> Option<Ms>;
    /// Files with what was heard so far stand beside the video, or were replaced.
    fn shown(&self);
    /// Time since some start.
    fn elapsed(&self) -> Duration;
}

/// Where a viewer sees what was heard so far.
pub struct Stage<'a> {
    /// Who watches.
    pub audience: &'a dyn Audience,
    /// What Kinora wrote.
    pub ledger: &'a dyn Ledger,
    /// Who reads along, whether somebody watches or not.
    pub onlooker: &'a dyn Onlooker,
}

/// What was heard of a film in all passes, by task and number of the window.
pub(super) struct Sheet {
    tasks: Vec<Task>,
    /// Where speech was found by the pass that came farthest.
    speech: Vec<Span>,
}

#[derive(Default)]
struct Task {
    windows: BTreeMap<u32, Vec<Utterance>>,
    /// Utterances of this pass that were noted.
    noted: usize,
}

impl Sheet {
    /// Nothing was heard yet.
    pub(super) fn new(tasks: usize) -> Sheet {
        Sheet { tasks: (0..tasks).map(|_| Task::default()).collect(), speech: Vec::new() }
    }

    /// Another pass begins.
    pub(super) fn begin(&mut self) {
        self.tasks.iter_mut().for_each(|it| it.noted = 0);
    }

    /// Notes what is new of this pass' transcripts, one a task, and where speech was found in it.
    pub(super) fn note<'t>(
        &mut self,
        transcripts: impl Iterator<Item = &'t Transcript>,
        speech: &[Span],
    ) {
        if self.speech.len() <= speech.len() {
            // The last one may have grown.
            let from = self.speech.len().saturating_sub(1);
            self.speech.truncate(from);
            self.speech.extend_from_slice(&speech[from..]);
        }
        for (task, transcript) in self.tasks.iter_mut().zip(transcripts) {
            let fresh = transcript.utterances.get(task.noted..).unwrap_or_default();
            for windows in fresh.chunk_by(|one, other| one.window == other.window) {
                if let Some(first) = windows.first() {
                    // A window that comes by again is the same.
                    task.windows.insert(first.window, windows.to_vec());
                }
            }
            task.noted = transcript.utterances.len();
        }
    }

    /// How many windows have words.
    fn windows(&self) -> usize {
        self.tasks.iter().map(|it| it.windows.len()).sum()
    }

    /// There is something to read from there on.
    fn reaches(&self, place: Ms) -> bool {
        let last = self.tasks.iter().filter_map(|it| it.windows.values().next_back()?.last());
        last.flat_map(|it| it.words.last()).any(|it| place < it.span.end)
    }
}

/// Writes partial files of the targets that listening itself writes.
pub(super) struct Partials<'a> {
    asked: &'a Asked<'a>,
    stage: &'a Stage<'a>,
    selected: &'a Selected,
    /// Each with the place of its task.
    targets: Vec<(Target, usize)>,
    /// What transcripts begin as.
    language: String,
    translate: Vec<bool>,
    last: Option<Duration>,
    /// Windows in the files that were written last.
    written: usize,
    /// It was told that they cannot be written: once is enough.
    complained: bool,
}

impl<'a> Partials<'a> {
    /// For tasks that are listened to now; `None` where nothing is recalled, so that a second pass would hear all
    /// again. Where files do not go beside the video nothing is shown; what a viewer waits for is heard first even so.
    pub(super) fn new(
        asked: &'a Asked<'a>,
        stage: &'a Stage<'a>,
        selected: &'a Selected,
        heading: &Heading,
        spoken: &Spoken,
        tasks: &[bool],
    ) -> Option<Partials<'a>> {
        if asked.order.force {
            return None;
        }
        let task_of = |it: &Target| match it.source {
            Source::Spoken => tasks.iter().position(|it| !it),
            Source::English => tasks.iter().position(|it| *it),
            Source::Existing(_) | Source::FromHeard | Source::FromExisting(_) => None,
        };
        let Order { output, deliver, .. } = asked.order;
        let beside = output.is_none() && *deliver != Some(Deliver::Upload);
        let targets = heading.targets.iter().filter(|_| beside);
        let targets = targets.filter_map(|it| Some((it.clone(), task_of(it)?))).collect();
        Some(Partials {
            asked,
            stage,
            selected,
            targets,
            language: spoken.main().to_owned(),
            translate: tasks.to_vec(),
            last: None,
            written: 0,
            complained: false,
        })
    }

    /// Where the viewer is.
    pub(super) fn place(&self) -> Option<Ms> {
        self.stage.audience.place()
    }

    /// Writes what was heard so far, where somebody waits for it and it is time. That it cannot be written is told
    /// when the whole files cannot.
    pub(super) fn look<'t>(
        &mut self,
        sheet: &mut Sheet,
        so_far: impl Iterator<Item = &'t Transcript>,
        speech: &[Span],
        looked: Ms,
    ) {
        let Some(place) = self.place().filter(|_| !self.targets.is_empty()) else { return };
        let now = self.stage.audience.elapsed();
        if self.last.is_some_and(|it| now.saturating_sub(it) < EVERY) {
            return;
        }
        sheet.note(so_far, speech);
        let first = self.last.is_none();
        // A player reads a file when it is chosen: the first one has something for this viewer.
        if sheet.windows() == self.written || first && !sheet.reaches(place) {
            return;
        }
        (self.last, self.written) = (Some(now), sheet.windows());
        match self.write(sheet, looked) {
            Ok(true) => {
                self.complained = false;
                self.stage.audience.shown();
            }
            Err(fault) if !std::mem::replace(&mut self.complained, true) => {
                tracing::warn!("what was heard so far cannot be shown: {fault}");
            }
            Ok(false) | Err(_) => {}
        }
    }

    /// True where something stands there now.
    fn write(&self, sheet: &Sheet, looked: Ms) -> Result<bool, Fault> {
        let Asked { path, order, .. } = *self.asked;
        let end = self.selected.probe.duration.unwrap_or(looked).max(looked);
        let mut written = false;
        for (target, task) in &self.targets {
            let windows = sheet.tasks.get(*task).map(|it| it.windows.values().flatten().cloned());
            let transcript = Transcript {
                language: self.language.clone(),
                translated: self.translate.get(*task).copied().unwrap_or_default(),
                utterances: windows.into_iter().flatten().collect(),
                speech: sheet.speech.clone(),
                given_up: Vec::new(),
            };
            if transcript.utterances.is_empty() {
                continue;
            }
            let (_, cues) = cue::cut(transcript, target, &order.cue, Some(end));
            for format in &order.formats {
                let bytes = cue::write(&cues, *format, target);
                let (mut plan, _) =
                    outputs::plan(path, order, target, &Content::Alone, format.extension());
                plan.partial = true;
                match publish::publish(&plan, &bytes, self.stage.ledger)? {
                    Published::Written { .. } => written = true,
                    Published::LeftAlone { .. } => {}
                }
            }
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::transcript::Word;

    /// What this pass heard of windows, a word each, said in the window's second.
    fn heard(windows: &[u32]) -> Transcript {
        let utterance = |window: &u32| {
            let (text, start) = (window.to_string(), i64::from(*window) * 1000);
            let span = Span::new(start, start + 900);
            let word = Word { span, text, space_before: true, p: 1.0 };
            Utterance { words: vec![word], language: "en".to_owned(), window: *window }
        };
        Transcript { utterances: windows.iter().map(utterance).collect(), ..Transcript::default() }
    }

    fn words(sheet: &Sheet) -> String {
        let utterances = sheet.tasks[0].windows.values().flatten();
        utterances.flat_map(|it| &it.words).map(|it| it.text.as_str()).collect()
    }

    #[test]
    fn all_passes_are_on_one_sheet_in_the_order_of_the_film() {
        let mut sheet = Sheet::new(1);
        let speech = [Span::new(0, 500), Span::new(4000, 4500), Span::new(5000, 5900)];
        sheet.begin();
        sheet.note([heard(&[4])].iter(), &speech[..2]);
        assert!(sheet.reaches(Ms(4800)) && !sheet.reaches(Ms(4900)));
        let grown = [speech[0], Span::new(4000, 4900), speech[2]];
        sheet.note([heard(&[4, 5, 5])].iter(), &grown);
        assert_eq!((words(&sheet).as_str(), sheet.windows()), ("455", 2));
        sheet.begin();
        sheet.note([heard(&[0])].iter(), &grown[..1]);
        sheet.note([heard(&[0, 1, 4])].iter(), &grown[..2]);
        assert_eq!((words(&sheet).as_str(), sheet.windows()), ("01455", 4));
        assert_eq!(sheet.speech, grown);
    }
}
