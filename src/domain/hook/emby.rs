//! Emby's notifications, 4.8 and later: unlike Jellyfin's they have the path.

use super::super::jellyfin::Play;
use super::super::time::Ms;
use super::{Hint, Hook, Playing, Source, Thing, Unreadable, fields, no_json, nothing, quoted};
use serde_json::Value;

/// Emby counts in 100 ns.
const TICKS_PER_MS: i64 = 10_000;

/// Reads a message.
pub(super) fn read(content: &str) -> Result<Hook, Unreadable> {
    let json = fields::object(content).ok_or_else(|| no_json(Source::Emby))?;
    let Some(event) = fields::text(&json, &["Event"]) else {
        return Ok(nothing(Source::Emby, "the message names no event"));
    };
    let title = fields::text(&json, &["Item", "Name"]);
    let title = title.map_or_else(|| "a title".to_owned(), |it| quoted(&it));
    let kind = fields::text(&json, &["Item", "Type"]).unwrap_or_default();
    let is_kind = |of: &[&str]| of.iter().any(|it| fields::same(it, &kind));
    let what = fields::text(&json, &["Item", "Path"]).map(Thing::Path);
    let is = |names: &[&str]| names.contains(&event.to_ascii_lowercase().as_str());
    let (hint, told) = if is(&["system.notificationtest", "system.webhooktest"]) {
        (Hint::Test, "it tries whether it is heard".to_owned())
    } else if is_kind(&["Audio", "MusicAlbum", "MusicArtist", "Book", "Photo"]) {
        return Ok(nothing(Source::Emby, format!("{title} is no video")));
    } else if is(&["library.new"]) {
        let is_folder = is_kind(&["Series", "Season", "BoxSet", "Folder"]);
        let hint = match what {
            Some(what) if !is_folder => Hint::Arrived { what, original: None },
            other => Hint::Look(other),
        };
        (hint, format!("{title} was added"))
    } else if is(&["library.deleted"]) {
        (Hint::Gone(what.into_iter().collect()), format!("{title} was deleted"))
    } else if is(&["playback.start"]) {
        let Some(what) = what else {
            return Ok(nothing(Source::Emby, "the message names no file"));
        };
        (Hint::Playing(playing(&json, what)), format!("somebody began to play {title}"))
    } else if let (true, Some(what)) = (is(&["playback.stop"]), what) {
        (Hint::Stopped(what), format!("nobody plays {title} any more"))
    } else {
        return Ok(nothing(Source::Emby, format!("{} is nothing to Kinora", quoted(&event))));
    };
    Ok(Hook { hints: vec![hint], told: format!("{}: {told}", Source::Emby) })
}

fn playing(json: &Value, what: Thing) -> Playing {
    let ticks = ["PlaybackInfo", "PlayState"].iter().find_map(|it| {
        fields::text(json, &[it, "PositionTicks"]).and_then(|it| it.parse::<i64>().ok())
    });
    let position = Ms((ticks.unwrap_or_default() / TICKS_PER_MS).max(0));
    let streams = fields::list(json, &["Item", "MediaStreams"])
        .iter()
        .filter(|it| fields::text(it, &["Type"]).is_some_and(|it| fields::same(&it, "Subtitle")));
    let language = |it: &Value| fields::text(it, &["Language"]);
    let subtitles = streams.map(|it| language(it).unwrap_or_else(|| "und".to_owned())).collect();
    let method = fields::text(json, &["Session", "PlayState", "PlayMethod"]);
    let method = method.or_else(|| fields::text(json, &["PlaybackInfo", "PlayMethod"]));
    let play = method.and_then(|it| match it.as_str() {
        "Transcode" => Some(Play::Transcode { on_gpu: true }),
        "DirectPlay" | "DirectStream" => Some(Play::Direct),
        _ => None,
    });
    Playing { what, position, subtitles, play }
}
