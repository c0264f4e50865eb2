//! Run records: for each execution one JSON and one log, under `runs/`; with `naming = "factory"` also beside the
//! video.

use super::sentences::{self, utc};
use crate::base::{disk, text};
use crate::domain::execution::{Event, Execution, State, Step};
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, JobId, Rank, Spec};
use crate::domain::lang::Lang;
use crate::domain::name::Naming;
use crate::domain::order::{FailedLine, Order, Summary};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// All that is known of one execution.
pub(super) struct Run {
    pub(super) execution: ExecutionId,
    pub(super) job: JobId,
    pub(super) spec: Spec,
    /// What happened, with its time in milliseconds since the Unix epoch, oldest first.
    pub(super) events: Vec<(u64, Event)>,
    /// What each step decided and why.
    pub(super) notes: BTreeMap<Step, Vec<String>>,
    pub(super) summary: Summary,
}

/// The JSON of a run.
#[derive(Debug, Serialize)]
struct RunRecord {
    run: u64,
    job: u64,
    kinora: &'static str,
    path: String,
    status: String,
    recipe: Recipe,
    decisions: Vec<Decision>,
    steps: Vec<StepTiming>,
    /// Time spent listening for each second of audio; below 1 is faster than playing.
    #[serde(skip_serializing_if = "Option::is_none")]
    real_time_factor: Option<f64>,
    faults: Vec<FaultSeen>,
    notices: Vec<String>,
    /// Lines that could not be translated.
    translate_failed: Vec<FailedLine>,
    written: Vec<String>,
    language: Option<String>,
    cues: u64,
    audio_ms: i64,
    speech_ms: i64,
}

/// How it was listened and written.
#[derive(Debug, Serialize)]
struct Recipe {
    model: String,
    beam: u8,
    encoder_margin: u16,
    prompt: String,
    from: Option<Lang>,
    to: Vec<Lang>,
    formats: Vec<&'static str>,
    cps_max: f32,
    chars_per_line: u16,
}

#[derive(Debug, Serialize)]
struct Decision {
    step: &'static str,
    text: String,
}

/// One try of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct StepTiming {
    step: &'static str,
    /// The lane it ran on: the device.
    lane: String,
    started: String,
    elapsed_ms: u64,
    outcome: String,
}

#[derive(Debug, Serialize)]
struct FaultSeen {
    at: String,
    step: &'static str,
    what: String,
    remedy: String,
}

/// Name of a run's JSON under `runs/`.
pub(super) fn file_name(job: JobId, execution: ExecutionId) -> String {
    format!("{:08}-{:08}.json", job.0, execution.0)
}

impl Run {
    /// Writes both files into a folder, whole; overwrites those of the same run.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let json = folder.join(file_name(self.job, self.execution));
        self.write_as(&json, &json.with_extension("log"))
    }

    /// Writes them beside the video, where the naming asks for it: `name.<hash>.run.json`, `name.<hash>.run.<id>.log`.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub(super) fn write_beside(&self) -> io::Result<()> {
        let Spec::Subtitle { path, order } = &self.spec;
        match order.naming {
            Naming::Jellyfin | Naming::Tag => Ok(()),
            Naming::Factory => {
                let folder = order.output.as_deref().unwrap_or_else(|| disk::folder_of(path));
                let stem = Path::new(path.file_stem().unwrap_or_default());
                let hash = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
                let with = |end: &str| -> PathBuf {
                    let mut name = stem.as_os_str().to_owned();
                    name.push(format!(".{}.run{end}", &hash[..12]));
                    folder.join(name)
                };
                self.write_as(&with(".json"), &with(&format!(".{}.log", self.execution.0)))
            }
        }
    }

    fn write_as(&self, json: &Path, log: &Path) -> io::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(&self.record())?;
        bytes.push(b'\n');
        disk::write_atomic(log, self.log().as_bytes())?;
        disk::write_atomic(json, &bytes)
    }

    /// The log, for people: what happened, and what was decided and why.
    pub(super) fn log(&self) -> String {
        let shown = text::show_path(self.spec.path());
        let mut log = format!("run {} of job {}: {shown}\n", self.execution.0, self.job.0);
        let mut told = Vec::new();
        for (at, step, event) in self.by_step() {
            let sentence = sentences::of_event(event, at);
            log.push_str(&format!("{} {:<9} {sentence}\n", utc(at), step.name()));
            if matches!(event, Event::Succeeded { .. }) && !told.contains(&step) {
                told.push(step);
                for note in self.notes.get(&step).into_iter().flatten() {
                    log.push_str(&format!("{:20} {:<9} - {note}\n", "", ""));
                }
            }
        }
        for notice in &self.summary.notices {
            log.push_str(&format!("note: {notice}\n"));
        }
        for written in &self.summary.written {
            log.push_str(&format!("written: {}\n", text::show_path(written)));
        }
        log
    }

    fn by_step(&self) -> Vec<(u64, Step, &Event)> {
        by_step(&self.events)
    }

    fn record(&self) -> RunRecord {
        let Spec::Subtitle { path, order } = &self.spec;
        let steps = self.timings();
        let Summary { notices, written, language, cues, audio, speech, failed_lines } =
            &self.summary;
        let listening: u64 =
            steps.iter().filter(|it| it.step == "listen").map(|it| it.elapsed_ms).sum();
        let heard = listening > 0 && audio.0 > 0;
        let decided = |(step, notes): (&Step, &Vec<String>)| {
            let step = step.name();
            notes.iter().map(|it| Decision { step, text: it.clone() }).collect::<Vec<_>>()
        };
        RunRecord {
            run: self.execution.0,
            job: self.job.0,
            kinora: env!("CARGO_PKG_VERSION"),
            path: text::show_path(path),
            status: self.status(),
            recipe: recipe(order),
            decisions: self.notes.iter().flat_map(decided).collect(),
            real_time_factor: heard.then(|| listening as f64 / audio.0 as f64),
            steps,
            faults: self.by_step().into_iter().filter_map(|it| fault_seen(&it)).collect(),
            notices: notices.clone(),
            translate_failed: failed_lines.clone(),
            written: written.iter().map(|it| text::show_path(it)).collect(),
            language: language.as_ref().map(|it| it.tag().to_owned()),
            cues: *cues,
            audio_ms: audio.0,
            speech_ms: speech.0,
        }
    }

    fn status(&self) -> String {
        match self.events.last() {
            Some((at, event)) => sentences::of_event(event, *at),
            None => "it did not begin".to_owned(),
        }
    }

    /// Each try of each step, with its time.
    fn timings(&self) -> Vec<StepTiming> {
        let mut timings = Vec::new();
        let mut open: Option<(u64, Step, String)> = None;
        for (at, step, event) in self.by_step() {
            if let Event::Started { lane } = event {
                open = Some((at, step, lane.clone()));
                continue;
            }
            if matches!(event, Event::GotOn | Event::Moved { .. }) {
                continue;
            }
            let Some((since, step, lane)) = open.take() else { continue };
            timings.push(StepTiming {
                step: step.name(),
                lane,
                started: utc(since),
                elapsed_ms: at.saturating_sub(since),
                outcome: sentences::of_event(event, at),
            });
        }
        timings
    }
}

/// Every event with the step it happened at.
pub(super) fn by_step(events: &[(u64, Event)]) -> Vec<(u64, Step, &Event)> {
    let mut execution = Execution::submitted(Rank::default(), Step::Select, 0);
    let mut step = Step::Select;
    let mut found = Vec::new();
    for (at, event) in events {
        step = at_step(&execution).unwrap_or(step);
        found.push((*at, step, event));
        if let Ok(after) = execution.apply(event) {
            execution = after;
        }
    }
    found
}

fn at_step(execution: &Execution) -> Option<Step> {
    match &execution.state {
        State::Ready { step, .. }
        | State::Running { step, .. }
        | State::Paused { step, .. }
        | State::Parked { step, .. } => Some(*step),
        State::Done { .. } | State::Cancelled => None,
    }
}

fn recipe(order: &Order) -> Recipe {
    Recipe {
        model: order.listen.model.clone(),
        beam: order.listen.beam,
        encoder_margin: order.listen.encoder_margin,
        prompt: order.listen.prompt.clone(),
        from: order.from.clone(),
        to: order.to.clone(),
        formats: order.formats.iter().map(|it| it.extension()).collect(),
        cps_max: order.cue.cps_max,
        chars_per_line: order.cue.chars_per_line,
    }
}

fn fault_seen((at, step, event): &(u64, Step, &Event)) -> Option<FaultSeen> {
    let Event::Failed { fault: Fault { what, remedy, .. }, .. } = event else { return None };
    let (what, remedy) = (what.clone(), remedy.clone());
    Some(FaultSeen { at: utc(*at), step: step.name(), what, remedy })
}
