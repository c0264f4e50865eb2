//! Plex, which names no files, and Tautulli, which tells whatever its owner wrote down: see [`Source::set_up`].

use super::super::time::Ms;
use super::{Hint, Hook, Playing, Source, Thing, Unreadable, fields, no_json, nothing, quoted};

/// Reads a message of Plex: the field `payload` of its form.
pub(super) fn plex(content: &str) -> Result<Hook, Unreadable> {
    let json = fields::object(content).ok_or_else(|| no_json(Source::Plex))?;
    let Some(event) = fields::text(&json, &["event"]) else {
        return Ok(nothing(Source::Plex, "the message names no event"));
    };
    let title = |names: &[&str]| fields::text(&json, names);
    let name = title(&["Metadata", "title"]).unwrap_or_else(|| "a title".to_owned());
    let shown = match title(&["Metadata", "grandparentTitle"]) {
        Some(series) => quoted(&format!("{series}: {name}")),
        None => quoted(&name),
    };
    let kind = title(&["Metadata", "type"]).unwrap_or_default();
    if ["artist", "album", "track", "photo"].contains(&kind.as_str()) {
        return Ok(nothing(Source::Plex, format!("{shown} is no video")));
    }
    let told = match event.as_str() {
        "library.new" => format!("{shown} was added"),
        "media.play" => format!("somebody began to play {shown}"),
        _ => {
            let why = format!("{} is nothing to Kinora", quoted(&event));
            return Ok(nothing(Source::Plex, why));
        }
    };
    Ok(Hook { hints: vec![Hint::Look(None)], told: format!("{}: {told}", Source::Plex) })
}

/// Reads a message of Tautulli.
pub(super) fn tautulli(content: &str) -> Result<Hook, Unreadable> {
    let json = fields::object(content).ok_or_else(|| no_json(Source::Tautulli))?;
    let event = fields::text(&json, &["event"]).or_else(|| fields::text(&json, &["action"]));
    let Some(event) = event.map(|it| it.to_ascii_lowercase()) else {
        return Ok(nothing(Source::Tautulli, "the message names no event"));
    };
    if event == "test" {
        let told = format!("{} tries whether it is heard", Source::Tautulli);
        return Ok(Hook { hints: vec![Hint::Test], told });
    }
    let Some(path) = fields::text(&json, &["file"]) else {
        return Ok(nothing(Source::Tautulli, "the message names no file"));
    };
    let shown = quoted(&path);
    let what = Thing::Path(path);
    let (hint, told) = match event.as_str() {
        "added" | "created" | "library.new" => {
            (Hint::Arrived { what, original: None }, format!("{shown} was added"))
        }
        "played" | "play" | "media.play" => {
            let playing = Playing { what, position: Ms(0), subtitles: Vec::new(), play: None };
            (Hint::Playing(playing), format!("somebody began to play {shown}"))
        }
        "stopped" | "stop" | "media.stop" => {
            (Hint::Stopped(what), format!("nobody plays {shown} any more"))
        }
        _ => {
            let why = format!("{} is nothing to Kinora", quoted(&event));
            return Ok(nothing(Source::Tautulli, why));
        }
    };
    Ok(Hook { hints: vec![hint], told: format!("{}: {told}", Source::Tautulli) })
}
