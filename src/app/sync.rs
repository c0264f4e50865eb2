//! `kinora sync`: subtitle files held against the speech of their videos, and mended where the owner says so.

use super::config::Config;
use super::work::{Wishes, track_wish};
use crate::api::sync::{Fit, SyncEvent, SyncReport, SyncRequest, SyncStatus};
use crate::base::cancel::Cancel;
use crate::base::clock;
use crate::base::disk::{self, TempFile};
use crate::domain::fault::Fault;
use crate::domain::media::is_media_name;
use crate::domain::sidecar;
use crate::domain::speech::SpeechParams;
use crate::domain::subtitle::{Document, Format, SUBTITLE_BYTES_MAX};
use crate::domain::sync::{self, Alignment};
use crate::domain::time::{Ms, Span};
use crate::domain::track::TrackWish;
use crate::domain::transcript::RawHeard;
use crate::engines::child::Launcher;
use crate::engines::media::MediaEngine;
use crate::engines::models;
use crate::engines::whisper::cpu_supported;
use crate::engines::wire::LoadParams;
use crate::pipeline::subtitle::ears::{Ears, EarsLimits};
use crate::pipeline::subtitle::listen::Memory;
use crate::pipeline::subtitle::{Cx, publish, select, speech};
use jiff::Timestamp;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A subtitle of which so many starts are in place, and so much time is spoken in, fits.
const STARTS_PERCENT_MIN: u8 = 75;
const SPOKEN_PERCENT_MIN: u8 = 50;
/// Longest name of a file on the file systems there are.
const NAME_BYTES_MAX: usize = 255;
/// Copies of one name in one second.
const COPIES_MAX: u32 = 1000;

/// Holds each file against its video, telling what happens meanwhile; writes only with `apply`. Files of one video go
/// one after the other, so that it is looked through once.
///
/// # Errors
/// Where the work cannot begin at all; what goes wrong with one file is in its report.
pub fn sync(
    config: &Config,
    request: &SyncRequest,
    cancel: &Cancel,
    on_event: &mut dyn FnMut(SyncEvent),
) -> Result<Vec<SyncReport>, Fault> {
    cpu_supported()?;
    let mut bench = Bench::new(config, request, cancel)?;
    let mut reports = Vec::new();
    for group in groups(request) {
        let heard = group.video.and_then(|it| bench.hear(&it, on_event).map(|heard| (it, heard)));
        for path in group.paths {
            let report = match &heard {
                Ok((video, heard)) => bench.judge(&path, video, heard, config, request.apply),
                Err(fault) => failed(&path, fault.clone(), cancel),
            };
            on_event(SyncEvent::Ended(Box::new(report.clone())));
            reports.push(report);
        }
    }
    Ok(reports)
}

/// Subtitle files of one video, or of none.
struct Group {
    video: Result<PathBuf, Fault>,
    paths: Vec<PathBuf>,
}

/// The files by their videos, in the order in which they are named.
fn groups(request: &SyncRequest) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for path in &request.paths {
        let video = match &request.video {
            Some(video) => Ok(video.clone()),
            None => video_of(path),
        };
        let same = |it: &&mut Group| video.is_ok() && it.video == video;
        match groups.iter_mut().find(same) {
            Some(group) => group.paths.push(path.clone()),
            None => groups.push(Group { video, paths: vec![path.clone()] }),
        }
    }
    groups
}

/// The video in the folder of a subtitle whose name the subtitle's begins with: the longest such name, the largest file
/// of it.
fn video_of(path: &Path) -> Result<PathBuf, Fault> {
    if !path.is_file() {
        return Err(Fault::operator("there is no such file", "check its name"));
    }
    let folder = disk::folder_of(path);
    let read = |err: io::Error| {
        Fault::operator(
            format!("the folder of the subtitle cannot be read ({err})"),
            "name the video with --video",
        )
    };
    let name = path.file_name().unwrap_or_default();
    let videos = fs::read_dir(folder).map_err(read)?.filter_map(Result::ok).filter(|entry| {
        let video = entry.path();
        let stem = video.file_stem().unwrap_or_default();
        is_media_name(&entry.file_name()) && sidecar::parse(stem, name).is_some() && video.is_file()
    });
    let best = videos.max_by_key(|it| {
        let size = it.metadata().map_or(0, |it| it.len());
        (it.path().file_stem().map_or(0, |it| it.len()), size, it.file_name())
    });
    best.map(|it| it.path()).ok_or_else(|| {
        Fault::operator(
            "there is no video beside it whose name its own begins with",
            "name the video with --video",
        )
    })
}

/// Where somebody speaks in a video, and what to know about that.
struct Speech {
    spans: Vec<Span>,
    notices: Vec<String>,
}

/// The engines, which end with the thread that uses them.
struct Bench<'a> {
    media: MediaEngine,
    ears: Ears,
    wish: TrackWish,
    cancel: &'a Cancel,
}

impl<'a> Bench<'a> {
    fn new(config: &Config, request: &SyncRequest, cancel: &'a Cancel) -> Result<Bench<'a>, Fault> {
        let vad = models::find_vad(&models::search_dirs(&config.data_dir))?;
        if let Some(model) = vad.model {
            models::verify(&vad.path, model, cancel, &mut |_, _| ())?;
        }
        let memory_max_mib = config.lanes.memory_max_mib.and_then(|it| u32::try_from(it).ok());
        let answer_max = config.lanes.answer_max;
        let launcher = Launcher { memory_max_mib, answer_max, ..Launcher::own()? };
        let load =
            LoadParams { model: None, vad: vad.path, states: 1, threads_per_state: 1, gpu: None };
        let limits = EarsLimits { memory_max_mib, answer_max, ..EarsLimits::default() };
        let prefer_langs = config.listen.prefer_langs.clone();
        let wishes = Wishes { track: request.track, prefer_langs, ..Wishes::default() };
        Ok(Bench {
            media: MediaEngine::resting(&launcher),
            ears: Ears::with_limits(launcher, load, limits),
            wish: track_wish(&wishes),
            cancel,
        })
    }

    fn hear(&mut self, video: &Path, on_event: &mut dyn FnMut(SyncEvent)) -> Result<Speech, Fault> {
        let of_video = |fault: Fault| match self.cancel.is_set() {
            true => fault,
            false => Fault { what: format!("the video cannot be used: {}", fault.what), ..fault },
        };
        let probe = self.media.probe_unless(video, self.cancel).map_err(of_video)?;
        let (track, _) = select::select(&probe, &self.wish).map_err(of_video)?;
        let length = |ms: Ms| Duration::from_millis(ms.0.unsigned_abs());
        let total = probe.duration.map(length);
        let mut progress = |_: Ms, done: Ms| {
            let (video, done) = (video.to_owned(), length(done));
            on_event(SyncEvent::Listening { video, done, total });
        };
        let mut cx = Cx {
            media: &mut self.media,
            ears: &mut self.ears,
            memory: &NothingHeard,
            cancel: self.cancel,
            progress: &mut progress,
        };
        let found = speech::find_all(&mut cx, video, track.index, &SpeechParams::default());
        let (spans, report) = found.map_err(of_video)?;
        let early = "the audio ends before the video should; nothing is known of what follows";
        let notices = report.truncated.then(|| early.to_owned()).into_iter().collect();
        Ok(Speech { spans, notices })
    }

    fn judge(
        &self,
        path: &Path,
        video: &Path,
        heard: &Speech,
        config: &Config,
        apply: bool,
    ) -> SyncReport {
        let mut report = SyncReport { video: Some(video.to_owned()), ..blank(path) };
        report.notices.clone_from(&heard.notices);
        match self.hold(path, heard, config, apply, &mut report) {
            Ok(()) => report,
            Err(fault) => {
                let video = report.video.take();
                SyncReport { video, ..failed(path, fault, self.cancel) }
            }
        }
    }

    /// Holds a subtitle against the speech, and mends it where it is to be.
    fn hold(
        &self,
        path: &Path,
        heard: &Speech,
        config: &Config,
        apply: bool,
        report: &mut SyncReport,
    ) -> Result<(), Fault> {
        if self.cancel.is_set() {
            return Err(crate::pipeline::subtitle::ears::interrupted());
        }
        let bytes = read(path)?;
        let mut document = Document::parse(&bytes, hint(path))?;
        let shown = document.cues().into_iter().filter(|it| !it.lines.is_empty());
        let cues: Vec<Span> = shown.map(|it| it.span).collect();
        if cues.is_empty() {
            return Err(Fault::operator(
                "there is no cue with text in it",
                "check that it is a subtitle file",
            ));
        }
        let fit = sync::fit(&cues, &heard.spans);
        report.fit = Some(fit);
        let Some(alignment) = sync::align(&cues, &heard.spans) else {
            report.status = left(fit, &cues, heard, &mut report.notices);
            return Ok(());
        };
        report.change = Some(alignment.told());
        report.then = Some(alignment.fit);
        report.status = SyncStatus::Mendable;
        if apply {
            mend(path, &bytes, &mut document, &alignment, config, report)?;
            report.status = SyncStatus::Mended;
        }
        Ok(())
    }
}

/// How a subtitle stands for which no change is known.
fn left(fit: Fit, cues: &[Span], heard: &Speech, notices: &mut Vec<String>) -> SyncStatus {
    if !sync::is_enough(cues, &heard.spans) {
        notices.push("there are too few cues, or too little is spoken, to judge by".to_owned());
        return SyncStatus::Left;
    }
    if STARTS_PERCENT_MIN <= fit.starts_percent && SPOKEN_PERCENT_MIN <= fit.spoken_percent {
        return SyncStatus::Fits;
    }
    notices.push(
        "nothing makes it fit clearly better; it may belong to another film or another cut of it"
            .to_owned(),
    );
    SyncStatus::Left
}

/// Writes the file with its times changed, after it was kept as it was.
fn mend(
    path: &Path,
    bytes: &[u8],
    document: &mut Document,
    alignment: &Alignment,
    config: &Config,
    report: &mut SyncReport,
) -> Result<(), Fault> {
    for (index, cue) in document.cues().iter().enumerate() {
        document.set_span(index, alignment.apply(cue.span));
    }
    let mended = document.to_bytes();
    if read(path)? != bytes {
        return Err(Fault::transient("the file was changed meanwhile", "run it again"));
    }
    report.backup = Some(keep(path, bytes, config)?);
    let notice = publish::rewrite(path, &mended, &config.data_dir.join("locks"))?;
    report.notices.extend(notice);
    Ok(())
}

/// Keeps a file as it is in the data directory; says where.
fn keep(path: &Path, bytes: &[u8], config: &Config) -> Result<PathBuf, Fault> {
    let failed = |err: io::Error| {
        Fault::operator(
            format!("the file as it is could not be kept first ({err}), so it was left"),
            "give this user the right to write into the data directory, and make room there",
        )
    };
    let folder = config.data_dir.join("backups").join("subtitles");
    fs::create_dir_all(&folder).map_err(failed)?;
    let now = i64::try_from(clock::now_unix_ms()).unwrap_or(i64::MAX);
    let time = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    let time = time.strftime("%Y%m%d-%H%M%S").to_string();
    for copy in 0..COPIES_MAX {
        let start = if copy == 0 { format!("{time}-") } else { format!("{time}.{copy}-") };
        let place = folder.join(copy_name(&start, path));
        let temp = TempFile::write(&disk::temp_path(&folder), bytes).map_err(failed)?;
        match temp.place_new(&place) {
            Ok(()) => return Ok(place),
            Err(err) if err.kind() == ErrorKind::AlreadyExists => {}
            Err(err) => return Err(failed(err)),
        }
    }
    Err(failed(ErrorKind::AlreadyExists.into()))
}

/// The name of a copy; the end of a name that is too long is what tells most.
fn copy_name(start: &str, path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let cut = (start.len() + name.len()).saturating_sub(NAME_BYTES_MAX);
    let name = [start.as_bytes(), &name[cut..]].concat();
    PathBuf::from(std::ffi::OsString::from_vec(name))
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let failed = |err: io::Error| {
        Fault::operator(format!("the file cannot be read ({err})"), "check its rights and its disk")
    };
    // A pipe or a device would be waited for.
    if !path.is_file() {
        return Err(Fault::operator("there is no such file", "check its name"));
    }
    let mut bytes = Vec::new();
    let most = SUBTITLE_BYTES_MAX as u64 + 1;
    File::open(path).and_then(|it| it.take(most).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

/// The format that a file's name says.
fn hint(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    let said = if extension == "ssa" { "ass" } else { &extension };
    Format::ALL.into_iter().find(|it| it.extension() == said)
}

fn blank(path: &Path) -> SyncReport {
    SyncReport {
        path: path.to_owned(),
        video: None,
        status: SyncStatus::Fits,
        fit: None,
        change: None,
        then: None,
        backup: None,
        notices: Vec::new(),
        fault: None,
    }
}

fn failed(path: &Path, fault: Fault, cancel: &Cancel) -> SyncReport {
    match cancel.is_set() {
        true => SyncReport { status: SyncStatus::Interrupted, ..blank(path) },
        false => SyncReport { status: SyncStatus::Failed, fault: Some(fault), ..blank(path) },
    }
}

/// Nothing is listened to, so nothing is remembered.
struct NothingHeard;

impl Memory for NothingHeard {
    fn recall(&self, _: &[u8; 32]) -> Result<Option<RawHeard>, Fault> {
        Ok(None)
    }

    fn remember(&self, _: &[u8; 32], _: &RawHeard) -> Result<(), Fault> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_video_is_the_one_with_the_longest_name_in_common() {
        let folder = tempfile::tempdir().unwrap();
        let touch = |name: &str, bytes: usize| {
            fs::write(folder.path().join(name), vec![0; bytes]).unwrap();
            folder.path().join(name)
        };
        let film = touch("Film.mkv", 20);
        let second = touch("Film.2.mkv", 20);
        touch("Film.ac3", 2);
        touch("Filmed.mkv", 20);
        for (name, video) in [
            ("Film.srt", Some(&film)),
            ("Film.en.forced.srt", Some(&film)),
            ("Film.2.eng.ass", Some(&second)),
            ("Other.srt", None),
        ] {
            assert_eq!(video_of(&touch(name, 1)).ok().as_ref(), video, "{name}");
        }
        assert!(video_of(&folder.path().join("Film.de.srt")).is_err(), "it is not there");
    }

    #[test]
    fn copies_have_names_that_fit() {
        let long = "x".repeat(250) + ".srt";
        let name = copy_name("20260101-000000-", Path::new(&long));
        assert_eq!(name.as_os_str().len(), NAME_BYTES_MAX);
        assert!(name.to_str().unwrap().ends_with("x.srt"));
        assert_eq!(copy_name("1-", Path::new("/a/b.srt")), Path::new("1-b.srt"));
    }
}
