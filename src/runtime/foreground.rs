//! One file from video to subtitles: the steps in order, and what is remembered of them.

use super::notices;
use super::order::{Ending, News, Order, Report};
use crate::base::cancel::Cancel;
use crate::base::clock;
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::media::{AudioTrack, Probe};
use crate::domain::name::{self, OutputKind};
use crate::domain::subtitle;
use crate::domain::time::Ms;
use crate::domain::transcript::{GivenUp, GivenUpKind, RawHeard, Transcript};
use crate::domain::vote::Verdict;
use crate::engines::media::MediaEngine;
use crate::pipeline::subtitle::ears::{Ears, interrupted};
use crate::pipeline::subtitle::listen::{self, Listened, Memory, Spoken};
use crate::pipeline::subtitle::publish::{self, PublishPlan, Published};
use crate::pipeline::subtitle::recipe;
use crate::pipeline::subtitle::select::{self, Target};
use crate::pipeline::subtitle::{Cx, Step, cue, detect};
use crate::store::{FinishedRow, Store};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The engines and the store of a run; files go through it one after the other.
#[derive(Debug)]
pub struct Foreground<'a> {
    /// FFmpeg.
    pub media: MediaEngine,
    /// Whisper.
    pub ears: Ears,
    /// What is remembered.
    pub store: &'a Store,
    /// Set when the owner interrupts.
    pub cancel: Cancel,
}

impl Memory for Store {
    fn recall(&self, key: &[u8; 32]) -> Result<Option<RawHeard>, Fault> {
        self.window(key)
    }

    fn remember(&self, key: &[u8; 32], heard: &RawHeard) -> Result<(), Fault> {
        self.put_window(key, heard, clock::now_unix_ms())
    }
}

/// Recalls nothing, for `--force`; what is heard is remembered all the same.
struct Afresh<'a>(&'a Store);

impl Memory for Afresh<'_> {
    fn recall(&self, _key: &[u8; 32]) -> Result<Option<RawHeard>, Fault> {
        Ok(None)
    }

    fn remember(&self, key: &[u8; 32], heard: &RawHeard) -> Result<(), Fault> {
        self.0.remember(key, heard)
    }
}

/// What the first steps found out.
struct Heading {
    probe: Probe,
    track: AudioTrack,
    spoken: Spoken,
    targets: Vec<Target>,
}

impl Foreground<'_> {
    /// Works on one file to its end; whatever goes wrong is in the report.
    pub fn work(&mut self, path: &Path, order: &Order, news: &mut dyn FnMut(News)) -> Report {
        let mut report = Report::default();
        report.ending = match self.steps(path, order, &mut report, news) {
            Ok(ending) => ending,
            Err(_) if self.cancel.is_set() => Ending::Interrupted,
            Err(fault) => Ending::Failed(fault),
        };
        report
    }

    fn steps(
        &mut self,
        path: &Path,
        order: &Order,
        report: &mut Report,
        news: &mut dyn FnMut(News),
    ) -> Result<Ending, Fault> {
        if self.cancel.is_set() {
            return Err(interrupted());
        }
        let at = |step, total| News { step, decoded: Ms(0), heard: Ms(0), total };
        news(at(Step::Select, None));
        let key = finished_key(path, order)?;
        if let Some(ending) = self.finished_before(&key, order, report)? {
            return Ok(ending);
        }
        let (heading, unmet) = self.find_heading(path, order, news)?;
        report.language = Lang::from_whisper(heading.spoken.main());
        if self.all_taken(path, order, &heading.targets, report)? {
            return Ok(unmet.map_or(Ending::Skipped, Ending::Failed));
        }
        let total = heading.probe.duration;
        let listened = self.listen(path, order, &heading, news)?;
        news(at(Step::Publish, total));
        let ending = self.write_all(path, order, &key, heading, listened, report)?;
        Ok(unmet.map_or(ending, Ending::Failed))
    }

    /// What was done before with the same wishes is not done again, as long as its files are there.
    fn finished_before(
        &self,
        key: &[u8; 32],
        order: &Order,
        report: &mut Report,
    ) -> Result<Option<Ending>, Fault> {
        let Some(row) = self.store.finished(key)?.filter(|_| !order.force) else { return Ok(None) };
        report.language = row.language.as_deref().and_then(|it| Lang::parse(it).ok());
        if row.outputs.is_empty() {
            report.notices.push("nobody speaks in it, as an earlier run found out".to_owned());
            return Ok(Some(Ending::NoSpeech));
        }
        if row.outputs.iter().all(|it| it.exists()) {
            let names: Vec<String> = row.outputs.iter().map(|it| file_name(it)).collect();
            report.notices.push(format!("done before: {}", names.join(", ")));
            return Ok(Some(Ending::Skipped));
        }
        Ok(None)
    }

    fn find_heading(
        &mut self,
        path: &Path,
        order: &Order,
        news: &mut dyn FnMut(News),
    ) -> Result<(Heading, Option<Fault>), Fault> {
        let probe = self.media.probe(path)?;
        let (track, _) = select::select(&probe, &order.wish)?;
        publish::check_folder(&folder_of(path, order))?;
        let step = Step::Detect;
        news(News { step, decoded: Ms(0), heard: Ms(0), total: probe.duration });
        let spoken = self.spoken(path, order, &probe, &track)?;
        let lang = Lang::from_whisper(spoken.main())
            .ok_or_else(|| Fault::bug(format!("no language for `{}`", spoken.main())))?;
        let lang = select::written(&lang, order.from.as_ref().or(tag(&track).as_ref()));
        let (targets, unreachable) = select::targets(&lang, spoken.is_mixed(), &order.to);
        let unmet = unmet(&lang, &unreachable);
        if let (true, Some(fault)) = (targets.is_empty(), &unmet) {
            return Err(fault.clone());
        }
        Ok((Heading { probe, track, spoken, targets }, unmet))
    }

    /// True where every file that would be written is there and would be left: then nothing is listened to.
    fn all_taken(
        &self,
        path: &Path,
        order: &Order,
        targets: &[Target],
        report: &mut Report,
    ) -> Result<bool, Fault> {
        let mut reasons = Vec::new();
        for target in targets {
            for extension in extensions(order) {
                let (plan, _) = plan(path, order, target, extension);
                match publish::leaves_alone(&plan, self.store)? {
                    Some(reason) => reasons.push(format!("{}: {reason}", file_name(&plan.path))),
                    None => return Ok(false),
                }
            }
        }
        report.notices.extend(reasons);
        Ok(true)
    }

    fn spoken(
        &mut self,
        path: &Path,
        order: &Order,
        probe: &Probe,
        track: &AudioTrack,
    ) -> Result<Spoken, Fault> {
        if let Some(from) = &order.from {
            return told(from, order.multilingual);
        }
        if !order.multilingual {
            return Ok(Spoken::Told("en".to_owned()));
        }
        let tag = tag(track).and_then(|it| it.to_whisper());
        let mut ignore = |_, _| ();
        let mut cx = Cx {
            media: &mut self.media,
            ears: &mut self.ears,
            memory: self.store,
            cancel: &self.cancel,
            progress: &mut ignore,
        };
        let verdict = detect::detect(&mut cx, path, probe, track, &order.listen.speech, tag)?;
        // Without speech in the samples every window is asked by itself, should there be any.
        Ok(Spoken::Voted(verdict.unwrap_or_else(|| Verdict {
            language: tag.unwrap_or("en").to_owned(),
            confidence: 0.0,
            mixed: true,
            reason: "the samples hold no speech".to_owned(),
        })))
    }

    fn listen(
        &mut self,
        path: &Path,
        order: &Order,
        heading: &Heading,
        news: &mut dyn FnMut(News),
    ) -> Result<Listened, Fault> {
        let total = heading.probe.duration;
        let mut progress = |decoded, heard| {
            news(News { step: Step::Listen, decoded, heard, total });
        };
        let afresh = Afresh(self.store);
        let memory: &dyn Memory = if order.force { &afresh } else { self.store };
        let mut cx = Cx {
            media: &mut self.media,
            ears: &mut self.ears,
            memory,
            cancel: &self.cancel,
            progress: &mut progress,
        };
        let Heading { track, spoken, targets, .. } = heading;
        listen::listen(&mut cx, path, track, spoken, &tasks(targets), &order.listen)
    }

    /// Cuts cues and writes every file; remembers what was written.
    fn write_all(
        &mut self,
        path: &Path,
        order: &Order,
        key: &[u8; 32],
        heading: Heading,
        listened: Listened,
        report: &mut Report,
    ) -> Result<Ending, Fault> {
        let Listened { transcripts, report: decoded, .. } = listened;
        report.audio = Ms::of_sample(decoded.samples);
        report.notices.extend(notices::of_decoding(&decoded));
        let first = transcripts.first();
        report.speech = Ms(first.map_or(0, |it| it.speech.iter().map(|it| it.len().0).sum()));
        report.notices.extend(first.map(notices::of_listening).unwrap_or_default());
        let silent = transcripts.iter().all(|it| it.utterances.is_empty());
        if silent {
            return self.no_speech(key, &transcripts, report);
        }
        let end = heading.probe.duration.filter(|_| !decoded.truncated).unwrap_or(report.audio);
        let tasks = tasks(&heading.targets);
        let mut outputs = Vec::new();
        for target in &heading.targets {
            let Some(index) = tasks.iter().position(|it| *it == target.translate) else { continue };
            let target = relabel(target, &transcripts[index], order);
            report.language = report.language.take().or_else(|| Some(target.lang.clone()));
            let (transcript, cues) = cue::cut(
                transcripts[index].clone(),
                &target,
                &order.cue,
                Some(end.max(report.audio)),
            );
            if outputs.is_empty() {
                report.cues = cues.len();
            }
            let mut files: Vec<(&str, Vec<u8>)> = order
                .formats
                .iter()
                .map(|it| (it.extension(), cue::write(&cues, *it, &target)))
                .collect();
            if order.transcript {
                files.push(("json", subtitle::transcript_json(&transcript).into_bytes()));
            }
            for (extension, bytes) in &files {
                let output = Output { video: path, order, target: &target, extension, bytes };
                outputs.push(self.publish(&output, report)?);
            }
        }
        let language = report.language.as_ref().map(|it| it.tag().to_owned());
        let left_alone = report.written.is_empty();
        let row = FinishedRow { outputs, language, at_unix_ms: clock::now_unix_ms() };
        // What could not be heard this time is tried again by the next run; the rest is recalled.
        if lost(&transcripts).is_none() {
            self.store.put_finished(key, &row)?;
        }
        Ok(if left_alone { Ending::Skipped } else { Ending::Done })
    }

    fn no_speech(
        &self,
        key: &[u8; 32],
        transcripts: &[Transcript],
        report: &mut Report,
    ) -> Result<Ending, Fault> {
        if let Some(lost) = lost(transcripts) {
            return Err(Fault::operator(
                format!("it could not be listened to ({})", lost.reason),
                "run `kinora doctor`; mostly memory is short",
            ));
        }
        report.notices.push("nobody speaks in it; no subtitle file was written".to_owned());
        report.language = None;
        let at_unix_ms = clock::now_unix_ms();
        let row = FinishedRow { outputs: Vec::new(), language: None, at_unix_ms };
        self.store.put_finished(key, &row)?;
        Ok(Ending::NoSpeech)
    }
}

/// The first stretch that the engine could not listen to.
fn lost(transcripts: &[Transcript]) -> Option<&GivenUp> {
    let mut given_up = transcripts.iter().flat_map(|it| &it.given_up);
    given_up.find(|it| it.kind == GivenUpKind::NotHeard)
}

/// One file to write.
struct Output<'a> {
    video: &'a Path,
    order: &'a Order,
    target: &'a Target,
    extension: &'a str,
    bytes: &'a [u8],
}

impl Foreground<'_> {
    fn publish(&self, output: &Output<'_>, report: &mut Report) -> Result<PathBuf, Fault> {
        let Output { video, order, target, extension, bytes } = output;
        let (plan, notice) = plan(video, order, target, extension);
        report.notices.extend(notice);
        let path = plan.path.clone();
        match publish::publish(&plan, bytes, self.store)? {
            Published::Written { notice } => {
                report.notices.extend(notice);
                report.written.push(path.clone());
            }
            Published::LeftAlone { reason } => {
                report.notices.push(format!("{}: {reason}", file_name(&path)));
            }
        }
        Ok(path)
    }
}

/// Where one file is to go, and what the owner should know about its name.
fn plan(
    video: &Path,
    order: &Order,
    target: &Target,
    extension: &str,
) -> (PublishPlan, Option<String>) {
    let kind = if target.translate { OutputKind::Translated } else { OutputKind::Spoken };
    let video_name = video.file_name().unwrap_or_default();
    let named = name::output_name(order.naming, video_name, &target.lang, kind, extension);
    let path = match &order.output {
        Some(folder) => folder.join(named.name),
        // As the video is named, without a `./` that its owner did not type.
        None => video.with_file_name(named.name),
    };
    (PublishPlan { path, like: video.to_path_buf(), force: order.force }, named.notice)
}

/// Endings of the files wanted of each target.
fn extensions(order: &Order) -> Vec<&'static str> {
    let transcript = order.transcript.then_some("json");
    order.formats.iter().map(|it| it.extension()).chain(transcript).collect()
}

/// Key under which a finished file is remembered: the file as it is on disk, all that was wished, and the version that
/// did it: a newer one cuts its cues anew, from the windows that were heard.
fn finished_key(path: &Path, order: &Order) -> Result<[u8; 32], Fault> {
    let meta = std::fs::metadata(path).map_err(|err| unreadable(&err))?;
    let file = (meta.dev(), meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec());
    let Order { to, from, wish, formats, transcript, naming, output, listen, cue, .. } = order;
    let wishes = (to, from, wish, formats, transcript, naming, output, listen, cue);
    let version = (recipe::LISTEN_VERSION, env!("CARGO_PKG_VERSION"));
    Ok(*blake3::hash(format!("{version:?} {path:?} {file:?} {wishes:?}").as_bytes()).as_bytes())
}

fn unreadable(err: &std::io::Error) -> Fault {
    if err.kind() == ErrorKind::NotFound {
        return Fault::operator(
            "it is not there (any more)",
            "check the path, or the disk it is on",
        );
    }
    if err.kind() == ErrorKind::PermissionDenied {
        let remedy = "give the user that runs Kinora the right to read it and its folder";
        return Fault::operator("it may not be read", remedy);
    }
    Fault::operator(format!("it cannot be read ({err})"), "check the disk it is on")
}

/// Where the files of a video go.
pub fn folder_of(video: &Path, order: &Order) -> PathBuf {
    let beside = video.parent().filter(|it| !it.as_os_str().is_empty());
    let beside = beside.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    order.output.clone().unwrap_or(beside)
}

/// The track's own language, where its tag tells one.
pub fn tag(track: &AudioTrack) -> Option<Lang> {
    track.language.as_deref().and_then(|it| Lang::parse(it).ok())
}

fn told(from: &Lang, multilingual: bool) -> Result<Spoken, Fault> {
    let Some(code) = from.to_whisper() else {
        return Err(Fault::operator(
            format!("Whisper does not know {}", from.name_en()),
            "choose another language with --from, or leave it to be found out",
        ));
    };
    if !multilingual && code != "en" {
        return Err(Fault::operator(
            format!("this model knows only English, not {}", from.name_en()),
            "choose a model without `.en` in its name with --model",
        ));
    }
    Ok(Spoken::Told(code.to_owned()))
}

fn unmet(spoken: &Lang, unreachable: &[Lang]) -> Option<Fault> {
    let names: Vec<String> = unreachable.iter().map(Lang::name_en).collect();
    (!names.is_empty()).then(|| {
        Fault::operator(
            format!(
                "{} is spoken, and cannot be translated to {} yet",
                spoken.name_en(),
                names.join(" or ")
            ),
            "this version writes the spoken language and English; leave the others out of --to",
        )
    })
}

/// What is to be heard for these targets: as spoken, in English, or both; each once.
fn tasks(targets: &[Target]) -> Vec<bool> {
    let wanted = |translate: bool| targets.iter().any(|it| it.translate == translate);
    [false, true].into_iter().filter(|it| wanted(*it)).collect()
}

/// Where the owner named no language the file is labelled by what was mostly spoken in the end.
fn relabel(target: &Target, transcript: &Transcript, order: &Order) -> Target {
    let heard = transcript.most_spoken().and_then(Lang::from_whisper);
    match heard {
        Some(heard) if order.to.is_empty() && !heard.same_language(&target.lang) => {
            Target { lang: select::written(&heard, order.from.as_ref()), ..target.clone() }
        }
        Some(_) | None => target.clone(),
    }
}

fn file_name(path: &Path) -> String {
    text::show_path(Path::new(path.file_name().unwrap_or_default()))
}
