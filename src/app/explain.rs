//! `kinora explain`: what a run would do with a file and why; changes nothing.

use super::config::Config;
use super::intake;
use super::work::{Wishes, track_wish};
use crate::api::run::{Explanation, Reason, RunRequest};
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::media::{AudioTrack, Probe, SubtitleTrack};
use crate::domain::name::{self, OutputKind};
use crate::domain::track::Choice;
use crate::engines::child::Launcher;
use crate::engines::media::MediaEngine;
use crate::engines::models;
use crate::pipeline::subtitle::select::{self, Target};
use std::path::Path;

/// What `run` would do and why.
///
/// # Errors
/// Where the work could not begin at all.
pub fn explain(config: &Config, request: &RunRequest) -> Result<Vec<Explanation>, Fault> {
    let mut media = MediaEngine::start(&Launcher::own()?)?;
    let mut told = Vec::new();
    for item in intake::walk(&request.paths) {
        let explained = match item.fault {
            Some(fault) => Err(fault),
            None => explain_one(&mut media, config, request, &item.path),
        };
        told.push(explained.unwrap_or_else(|fault| Explanation {
            path: item.path.clone(),
            decision: format!("nothing: {}", fault.what),
            reasons: vec![leaf(format!("to change that: {}", fault.remedy))],
        }));
    }
    Ok(told)
}

fn explain_one(
    media: &mut MediaEngine,
    config: &Config,
    request: &RunRequest,
    path: &Path,
) -> Result<Explanation, Fault> {
    let probe = media.probe(path)?;
    let (track, choice) = select::select(&probe, &track_wish(config, &Wishes::of(request)))?;
    let tag = track.language.as_deref().and_then(|it| Lang::parse(it).ok());
    let spoken = request.from.clone().or_else(|| tag.clone());
    let mut reasons = vec![of_tracks(&probe, &choice), of_language(request, tag.as_ref())];
    reasons.push(of_model(config));
    reasons.extend(of_subtitles(&probe.subtitles));
    let decision = match &spoken {
        None => {
            format!("listen to audio track {}, find out its language, and write that", track.index)
        }
        Some(spoken) => {
            let written = select::written(spoken, request.from.as_ref().or(tag.as_ref()));
            let (targets, unreachable) = select::targets(&written, false, &request.to);
            reasons.extend(targets.iter().map(|it| of_output(config, request, path, it)));
            reasons.extend(unreachable.iter().map(|it| {
                leaf(format!(
                    "{} cannot be written: this version translates to English only",
                    it.name_en()
                ))
            }));
            format!("listen to audio track {} ({})", track.index, spoken.name_en())
        }
    };
    Ok(Explanation { path: path.to_owned(), decision, reasons })
}

fn leaf(text: String) -> Reason {
    Reason { text, because: Vec::new() }
}

fn of_tracks(probe: &Probe, choice: &Choice) -> Reason {
    let told = choice.considered.iter().map(|considered| {
        let track = probe.audio.iter().find(|it| it.index == considered.index);
        let verdict = if considered.chosen { "chosen" } else { "not chosen" };
        Reason {
            text: format!("{}: {verdict}", track.map(describe).unwrap_or_default()),
            because: considered.reasons.iter().map(|it| leaf(it.clone())).collect(),
        }
    });
    let text = match probe.audio.len() {
        1 => "1 audio track".to_owned(),
        count => format!("{count} audio tracks"),
    };
    Reason { text, because: told.collect() }
}

fn describe(track: &AudioTrack) -> String {
    let title = track.title.as_ref().map(|it| format!(" `{it}`")).unwrap_or_default();
    let language = track.language.as_deref().unwrap_or("no language");
    let AudioTrack { index, codec, layout, .. } = track;
    format!("track {index}{title} ({language}, {codec}, {layout})")
}

fn of_language(request: &RunRequest, tag: Option<&Lang>) -> Reason {
    match (&request.from, tag) {
        (Some(from), _) => leaf(format!("you say that {} is spoken", from.name_en())),
        (None, Some(tag)) => leaf(format!(
            "its tag says {}; samples from the whole film decide, the tag only where they are unsure",
            tag.name_en()
        )),
        (None, None) => {
            leaf("samples from the whole film decide which language is spoken".to_owned())
        }
    }
}

fn of_model(config: &Config) -> Reason {
    let dirs = models::search_dirs(&config.data_dir);
    match models::find(&config.listen.model, &dirs) {
        Ok(_) => leaf(format!("model `{}` is installed", config.listen.model)),
        Err(fault) => leaf(format!("but it would fail: {fault}")),
    }
}

fn of_subtitles(subtitles: &[SubtitleTrack]) -> Option<Reason> {
    let told = subtitles.iter().map(|it| {
        let kind = if it.text { "text" } else { "pictures" };
        let language = it.language.as_deref().unwrap_or("no language");
        leaf(format!("track {} ({language}, {}, {kind})", it.index, it.codec))
    });
    let because: Vec<Reason> = told.collect();
    let text =
        "subtitle tracks inside; `run` listens all the same, since you asked for it".to_owned();
    (!because.is_empty()).then_some(Reason { text, because })
}

fn of_output(config: &Config, request: &RunRequest, path: &Path, target: &Target) -> Reason {
    let kind = if target.translate { OutputKind::Translated } else { OutputKind::Spoken };
    let video = path.file_name().unwrap_or_default();
    let folder = request.output.clone().or_else(|| path.parent().map(Path::to_path_buf));
    let files = request.formats.iter().map(|format| {
        let named =
            name::output_name(config.output.naming, video, &target.lang, kind, format.extension());
        let file = folder.clone().unwrap_or_default().join(&named.name);
        let there = if file.exists() {
            ": is there; replaced only if Kinora wrote it and nobody edited it"
        } else {
            ""
        };
        leaf(format!("{}{there}", crate::base::text::show_path(&file)))
    });
    let how = if target.translate { "by Whisper's own translation" } else { "as spoken" };
    Reason { text: format!("writes {} {how}", target.lang.name_en()), because: files.collect() }
}
