//! Jellyfin's things, as plain data: items with their streams, sessions, and where it sees files.

pub mod check;
pub mod label;
pub mod lacks;
pub mod paths;

use super::time::Ms;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An item's id: 32 hex digits, lower case, without dashes, which is how Jellyfin writes them (PROTOCOLS.md 1.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemId(String);

impl ItemId {
    const DIGITS: usize = 32;

    /// Reads an id with or without dashes; `None` where it is none, or that of no item.
    pub fn parse(text: &str) -> Option<ItemId> {
        let digits: String = text.trim().chars().filter(|it| *it != '-').collect();
        let is_id =
            digits.len() == ItemId::DIGITS && digits.bytes().all(|it| it.is_ascii_hexdigit());
        let id = digits.to_ascii_lowercase();
        (is_id && id.bytes().any(|it| it != b'0')).then_some(ItemId(id))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// With dashes, which is how Jellyfin's own document wants ids in requests; its server reads both.
    pub fn dashed(&self) -> String {
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|it| &self.0[it]);
        parts.join("-")
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A library of Jellyfin's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// What its owner calls it.
    pub name: String,
    /// Its id; `None` where it has none yet.
    pub id: Option<ItemId>,
    /// Its folders, as Jellyfin sees them.
    pub locations: Vec<String>,
    /// Subtitles that are uploaded come to stand beside the video, not among Jellyfin's own data.
    pub saves_beside: bool,
}

/// A film, an episode or another video of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Its title.
    pub name: String,
    /// Where Jellyfin sees its file; `None` for what is no file on a disk.
    pub path: Option<String>,
    /// Its streams, as Jellyfin knows them.
    pub streams: Vec<Stream>,
}

/// A stream of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// Its number; another one after each refresh.
    pub index: i32,
    /// What it is.
    pub kind: StreamKind,
    /// Codec, in FFmpeg's words for the most part.
    pub codec: Option<String>,
    /// Language code as Jellyfin stores it: compare it through [`label`], never as text.
    pub language: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// What viewers read.
    pub display_title: Option<String>,
    /// Chosen by itself.
    pub is_default: bool,
    /// Holds only what must be read.
    pub is_forced: bool,
    /// For people who hear badly.
    pub is_hearing_impaired: bool,
    /// It lies in a file of its own.
    pub is_external: bool,
    /// Where that file is, as Jellyfin sees it.
    pub path: Option<String>,
}

/// Kinds of streams, as far as they matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamKind {
    /// Sound.
    Audio,
    /// Subtitles.
    Subtitle,
    /// Anything else.
    #[default]
    Other,
}

/// Somebody who plays something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// What is played.
    pub item: ItemId,
    /// Where the viewer is.
    pub position: Ms,
    /// It stands still.
    pub paused: bool,
    /// How it reaches the viewer.
    pub play: Play,
}

/// How something reaches a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Play {
    /// As it is, or in another container: no picture is computed.
    Direct,
    /// Its picture is computed anew.
    Transcode {
        /// A GPU does it.
        on_gpu: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_either_form_and_none_is_none() {
        let plain = "0123456789abcdef0123456789abcdef";
        let id = ItemId::parse("01234567-89AB-cdef-0123-456789abcdef").expect("an id");
        assert_eq!((id.as_str(), ItemId::parse(plain)), (plain, Some(id.clone())));
        assert_eq!(id.dashed(), "01234567-89ab-cdef-0123-456789abcdef");
        for no in
            ["", "0123", "00000000000000000000000000000000", "0123456789abcdef0123456789abcdeg"]
        {
            assert_eq!(ItemId::parse(no), None, "{no}");
        }
    }
}
