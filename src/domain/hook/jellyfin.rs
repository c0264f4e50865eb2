//! Jellyfin's plugin `Webhook`: all properties as flat JSON, or whatever the owner's template makes of them, which may
//! be no JSON: line breaks are not escaped there, quotes twice. No message has a path.

use super::super::jellyfin::{ItemId, Play};
use super::super::time::Ms;
use super::{Hint, Hook, Playing, Source, Thing, Unreadable, fields, nothing, quoted};
use serde_json::Value;

/// Jellyfin counts in 100 ns.
const TICKS_PER_MS: i64 = 10_000;
/// Streams that are looked for.
const STREAMS_MAX: usize = 100;
/// What templates call the type of a message.
const TYPE_NAMES: [&str; 4] = ["NotificationType", "event", "notification", "type"];

/// The types of messages, as far as they matter.
const TYPES: [(&str, Kind); 25] = [
    ("ItemAdded", Kind::Added),
    ("ItemDeleted", Kind::Deleted),
    ("PlaybackStart", Kind::Start),
    ("PlaybackStop", Kind::Stop),
    ("PlaybackProgress", Kind::Other),
    ("Test", Kind::Test),
    ("SubtitleDownloadFailure", Kind::Other),
    ("AuthenticationFailure", Kind::Other),
    ("AuthenticationSuccess", Kind::Other),
    ("SessionStart", Kind::Other),
    ("PendingRestart", Kind::Other),
    ("TaskCompleted", Kind::Other),
    ("PluginInstallationCancelled", Kind::Other),
    ("PluginInstallationFailed", Kind::Other),
    ("PluginInstalled", Kind::Other),
    ("PluginInstalling", Kind::Other),
    ("PluginUninstalled", Kind::Other),
    ("PluginUpdated", Kind::Other),
    ("UserCreated", Kind::Other),
    ("UserDeleted", Kind::Other),
    ("UserLockedOut", Kind::Other),
    ("UserPasswordChanged", Kind::Other),
    ("UserUpdated", Kind::Other),
    ("UserDataSaved", Kind::Other),
    ("Generic", Kind::Other),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Added,
    Deleted,
    Start,
    Stop,
    Test,
    Other,
}

/// What kind of item it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ItemKind {
    /// One file, as far as is known.
    Video,
    /// A folder of them.
    Folder,
    /// Nothing that has subtitles.
    Other,
}

/// A message, as JSON where it is JSON.
struct Message<'a> {
    content: &'a str,
    json: Option<Value>,
}

impl Message<'_> {
    fn text(&self, name: &str) -> Option<String> {
        match &self.json {
            Some(json) => fields::text(json, &[name]),
            None => fields::fished(self.content, name).map(str::to_owned),
        }
    }

    fn kind(&self) -> Option<(&'static str, Kind)> {
        TYPE_NAMES.iter().find_map(|name| {
            let said = self.text(name)?;
            TYPES.into_iter().find(|it| fields::same(&said, it.0))
        })
    }

    /// The item: by its name, or out of the address of its picture or page.
    fn item(&self) -> Option<ItemId> {
        let named = self.text("ItemId").and_then(|it| ItemId::parse(&it));
        named.or_else(|| fields::item_in_address(self.content))
    }

    fn item_kind(&self) -> ItemKind {
        let Some(said) = self.text("ItemType") else { return ItemKind::Video };
        let is = |of: &[&str]| of.iter().any(|it| fields::same(&said, it));
        if is(&["Series", "Season", "BoxSet", "Folder", "CollectionFolder"]) {
            ItemKind::Folder
        } else if is(&["Audio", "AudioBook", "MusicAlbum", "MusicArtist", "Book", "Photo"]) {
            ItemKind::Other
        } else {
            ItemKind::Video
        }
    }

    fn title(&self) -> String {
        let name = self.text("Name").unwrap_or_else(|| "a title it does not name".to_owned());
        // Quotes are escaped before the JSON is made (PROTOCOLS.md 3).
        let name = name.replace("\\\"", "\"");
        match self.text("SeriesName") {
            Some(series) => quoted(&format!("{series}: {name}")),
            None => quoted(&name),
        }
    }

    fn position(&self) -> Ms {
        let ticks = self.text("PlaybackPositionTicks").and_then(|it| it.parse::<i64>().ok());
        let ms = ticks.map(|it| it / TICKS_PER_MS);
        let clock = || self.text("PlaybackPosition").and_then(|it| of_clock(&it));
        Ms(ms.or_else(clock).unwrap_or_default().max(0))
    }

    fn subtitles(&self) -> Vec<String> {
        let there = (0..STREAMS_MAX).map_while(|nth| {
            let of = |what: &str| self.text(&format!("Subtitle_{nth}_{what}"));
            let language = of("Language");
            language.or_else(|| of("Title").or_else(|| of("Codec")).map(|_| "und".to_owned()))
        });
        there.collect()
    }

    fn play(&self) -> Option<Play> {
        let said = self.text("PlayMethod")?;
        if fields::same(&said, "Transcode") {
            return Some(Play::Transcode { on_gpu: true });
        }
        let direct = ["DirectPlay", "DirectStream"].iter().any(|it| fields::same(&said, it));
        direct.then_some(Play::Direct)
    }
}

/// Reads a message.
pub(super) fn read(content: &str) -> Result<Hook, Unreadable> {
    let message = Message { content, json: fields::object(content) };
    let (kind, item) = (message.kind(), message.item());
    if let Some((_, Kind::Test)) = kind {
        let told = format!("{} tries whether it is heard", Source::Jellyfin);
        return Ok(Hook { hints: vec![Hint::Test], told });
    }
    if let Some((name, Kind::Other)) = kind {
        let why = format!("{name} is nothing to Kinora");
        return Ok(nothing(Source::Jellyfin, why));
    }
    let Some(item) = item else {
        if message.json.is_none() && kind.is_none() {
            let what =
                "the message is no JSON, and names no item; let the plugin Send All Properties";
            return Err(Unreadable(what.to_owned()));
        }
        let why = "the message names no item; let the plugin Send All Properties";
        return Ok(nothing(Source::Jellyfin, why));
    };
    Ok(about(&message, kind.map(|it| it.1), Thing::Item(item)))
}

fn about(message: &Message<'_>, kind: Option<Kind>, what: Thing) -> Hook {
    let title = message.title();
    let (hint, told) = match (kind, message.item_kind()) {
        (Some(Kind::Added | Kind::Start), ItemKind::Other) => {
            return nothing(Source::Jellyfin, format!("{title} is no video"));
        }
        (Some(Kind::Added), ItemKind::Folder) => {
            (Hint::Look(Some(what)), format!("{title} was added"))
        }
        (Some(Kind::Added), ItemKind::Video) => {
            (Hint::Arrived { what, original: None }, format!("{title} was added"))
        }
        (Some(Kind::Deleted), _) => (Hint::Gone(vec![what]), format!("{title} was deleted")),
        (Some(Kind::Start), ItemKind::Video | ItemKind::Folder) => {
            let (position, subtitles) = (message.position(), message.subtitles());
            let play = message.play();
            let playing = Playing { what, position, subtitles, play };
            (Hint::Playing(playing), format!("somebody began to play {title}"))
        }
        (Some(Kind::Stop), _) => (Hint::Stopped(what), format!("nobody plays {title} any more")),
        (Some(Kind::Test | Kind::Other) | None, _) => {
            (Hint::Look(Some(what)), format!("something is said of {title}"))
        }
    };
    Hook { hints: vec![hint], told: format!("{}: {told}", Source::Jellyfin) }
}

/// `01:02:03` as milliseconds.
fn of_clock(text: &str) -> Option<i64> {
    let text = text.split('.').next()?;
    let numbers: Option<Vec<i64>> =
        text.split(':').map(|it| it.parse().ok().filter(|it| (0..1000).contains(it))).collect();
    match numbers?.as_slice() {
        [hours, minutes, seconds] => Some(((hours * 60 + minutes) * 60 + seconds) * 1000),
        _ => None,
    }
}
