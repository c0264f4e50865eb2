//! What other programs tell over webhooks, read leniently: a hint where to look, never more (PROTOCOLS.md 3).

mod arr;
mod emby;
mod fields;
mod jellyfin;
mod plex;
#[cfg(test)]
mod tests;

use super::jellyfin::{ItemId, Play};
use super::lang::Lang;
use super::time::Ms;
use crate::base::text;
use std::fmt;
use std::path::Path;

/// Files that one message is believed; of a longer list only these are taken, and all libraries are looked through.
pub const FILES_MAX: usize = 500;
/// Characters of a title that are repeated.
const TITLE_CHARS_MAX: usize = 80;

/// Who tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Jellyfin's plugin `Webhook`.
    Jellyfin,
    /// Sonarr's connection `Webhook`.
    Sonarr,
    /// Radarr's connection `Webhook`.
    Radarr,
    /// Emby's notifications.
    Emby,
    /// Plex.
    Plex,
    /// Tautulli's notification agent `Webhook`.
    Tautulli,
}

impl Source {
    /// All of them.
    pub const ALL: [Source; 6] = [
        Source::Jellyfin,
        Source::Sonarr,
        Source::Radarr,
        Source::Emby,
        Source::Plex,
        Source::Tautulli,
    ];

    /// The source of this word, as it stands in an address.
    pub fn parse(word: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Its word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Source::Jellyfin => "jellyfin",
            Source::Sonarr => "sonarr",
            Source::Radarr => "radarr",
            Source::Emby => "emby",
            Source::Plex => "plex",
            Source::Tautulli => "tautulli",
        }
    }

    /// The field of a form that holds its message, for those that send forms.
    pub fn form_field(self) -> Option<&'static str> {
        match self {
            Source::Emby => Some("data"),
            Source::Plex => Some("payload"),
            Source::Jellyfin | Source::Sonarr | Source::Radarr | Source::Tautulli => None,
        }
    }

    /// How its owner lets it tell us, one sentence; `address` is that of the webhook.
    pub fn set_up(self, address: &str) -> String {
        match self {
            Source::Jellyfin => format!(
                "In Jellyfin's plugin Webhook add a Generic Destination with the address {address}, the \
                 notification types Item Added, Item Deleted, Playback Start and Playback Stop, and Send All \
                 Properties."
            ),
            Source::Sonarr => format!(
                "In Sonarr, under Settings, Connect, add a Webhook with the address {address} and the events \
                 On Import, On Upgrade, On Rename and On Episode File Delete."
            ),
            Source::Radarr => format!(
                "In Radarr, under Settings, Connect, add a Webhook with the address {address} and the events \
                 On Import, On Upgrade, On Rename and On Movie File Delete."
            ),
            Source::Emby => format!(
                "In Emby, under Notifications, add a Webhook with the address {address} and the events New Media \
                 Added, Media Deleted and Playback Start."
            ),
            Source::Plex => format!(
                "In Plex, under Settings, Webhooks, add the address {address}; Plex names no files, so that Kinora \
                 looks through its libraries."
            ),
            Source::Tautulli => format!(
                "In Tautulli add a Webhook agent with the address {address}, the method POST, the triggers Recently \
                 Added and Playback Start, and as JSON data {{\"event\": \"added\", \"file\": \"{{file}}\"}}, with \
                 \"played\" for Playback Start."
            ),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Jellyfin => "Jellyfin",
            Source::Sonarr => "Sonarr",
            Source::Radarr => "Radarr",
            Source::Emby => "Emby",
            Source::Plex => "Plex",
            Source::Tautulli => "Tautulli",
        })
    }
}

/// A message, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// What may be done about it, in order.
    pub hints: Vec<Hint>,
    /// What it says, a sentence without a full stop.
    pub told: String,
}

/// What a message hints at. Paths are those of whoever tells: nothing is known of them here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A video came.
    Arrived {
        /// Which.
        what: Thing,
        /// The language it was made in, where that is told.
        original: Option<Lang>,
    },
    /// Files have other names.
    Renamed {
        /// Before.
        from: Vec<String>,
        /// Now.
        to: Vec<String>,
    },
    /// Files or folders are gone.
    Gone(Vec<Thing>),
    /// Something changed there, or anywhere.
    Look(Option<Thing>),
    /// Somebody began to play something.
    Playing(Playing),
    /// Nobody plays it any more.
    Stopped(Thing),
    /// Whoever tells only tries whether we hear.
    Test,
    /// There is nothing to do; why.
    Nothing(String),
}

/// Something that somebody tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A file or folder, where whoever tells sees it.
    Path(String),
    /// An item of Jellyfin, whose path must be asked for.
    Item(ItemId),
}

/// Something that is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playing {
    /// What.
    pub what: Thing,
    /// Where the viewer is.
    pub position: Ms,
    /// The languages of its subtitles as they are told; empty where it has none, or none are told of.
    pub subtitles: Vec<String>,
    /// How it reaches the viewer, where that is told. A transcode counts as one on a GPU: which it is, is not told.
    pub play: Option<Play>,
}

/// A message that cannot be read, and why: a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// Reads a message.
///
/// # Errors
/// Where it is none, whatever leniency.
pub fn read(source: Source, bytes: &[u8]) -> Result<Hook, Unreadable> {
    let content = String::from_utf8_lossy(bytes);
    let content = content.trim_start_matches('\u{FEFF}').trim();
    if content.is_empty() {
        return Err(Unreadable("the message is empty".to_owned()));
    }
    let mut hook = match source {
        Source::Jellyfin => jellyfin::read(content)?,
        Source::Sonarr | Source::Radarr => arr::read(source, content)?,
        Source::Emby => emby::read(content)?,
        Source::Plex => plex::plex(content)?,
        Source::Tautulli => plex::tautulli(content)?,
    };
    if FILES_MAX < hook.hints.len() {
        hook.hints.truncate(FILES_MAX);
        hook.hints.push(Hint::Look(None));
    }
    Ok(hook)
}

/// A message without anything to do.
fn nothing(source: Source, why: impl Into<String>) -> Hook {
    let why = why.into();
    Hook { told: format!("{source}: {why}"), hints: vec![Hint::Nothing(why)] }
}

fn no_json(source: Source) -> Unreadable {
    Unreadable(format!("the message is no JSON, which {source} would send"))
}

/// A stranger's title or word, as it may stand in a sentence.
fn quoted(title: &str) -> String {
    format!("`{}`", text::clip(&text::show_path(Path::new(title)), TITLE_CHARS_MAX))
}
