//! The first thing to read of a backup: what it is, what it holds, and how each part of it must look.

use crate::api::backup::HoldsView;
use crate::domain::fault::Fault;
use serde::{Deserialize, Serialize};

/// Raised when an older Kinora could not restore it any more.
pub(super) const FORMAT: u32 = 1;

/// Stands beside the parts.
pub(super) const MANIFEST_NAME: &str = "manifest.json";
/// Before the name of a table, which stands for its rows.
pub(super) const TABLES: &str = "tables/";
/// The settings that were changed over HTTP.
pub(super) const SETTINGS: &str = "settings.toml";
/// The configuration in force, word for word.
pub(super) const CONFIGURATION: &str = "kinora.toml";
/// What clients must know.
pub(super) const TOKEN: &str = "token";
/// What senders of webhooks must know.
pub(super) const WEBHOOK_SECRET: &str = "webhook_secret";

/// What every part that is no table may have at most, bytes.
pub(super) const TEXT_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// `manifest.json`. A newer Kinora of the same format may add to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// [`FORMAT`].
    pub(super) format: u32,
    /// The Kinora that made it.
    pub(super) kinora: String,
    /// The format of its store.
    pub(super) schema: u64,
    /// When it was begun, RFC 3339, and in milliseconds since the Unix epoch.
    pub(super) made: String,
    pub(super) made_unix_ms: u64,
    /// The machine.
    pub(super) host: String,
    /// Where the data and the configuration lay.
    pub(super) data_dir: String,
    pub(super) configuration: Option<String>,
    /// Rows and bytes of all parts, as they are without being packed.
    pub(super) rows: u64,
    pub(super) bytes: u64,
    /// The same for people.
    pub(super) holds: HoldsView,
    /// Each part.
    pub(super) parts: Vec<Part>,
    /// Models that were there; they are not in it.
    pub(super) models: Vec<ModelPart>,
}

/// A part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    /// Its name in the file. Nothing is ever written under it.
    pub(super) name: String,
    /// Bytes, without being packed.
    pub(super) bytes: u64,
    /// BLAKE3 of these.
    pub(super) blake3: String,
    /// Rows, where it is a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rows: Option<u64>,
}

/// A model that was there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ModelPart {
    /// As in `kinora models pull`.
    pub(super) name: String,
    /// Size.
    pub(super) bytes: u64,
    /// SHA-256, where it is one that Kinora knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
}

impl Manifest {
    /// Reads it. The format is looked at first: of a newer one nothing else may be what it was.
    pub(super) fn read(bytes: &[u8]) -> Result<Manifest, Fault> {
        #[derive(Deserialize)]
        struct Only {
            format: u32,
        }
        let damaged = |_| Fault::operator("its manifest cannot be read", "use another backup");
        let Only { format } = serde_json::from_slice(bytes).map_err(damaged)?;
        if FORMAT < format {
            return Err(Fault::operator(
                format!("it was made by a newer Kinora (format {format} of backups)"),
                "install that version, or a newer one, to use it",
            ));
        }
        serde_json::from_slice(bytes).map_err(damaged)
    }

    /// The part of this name.
    pub(super) fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|it| it.name == name)
    }
}

/// What tables with so many rows hold.
pub(super) fn holds(parts: &[Part]) -> HoldsView {
    let rows = |table: &str| {
        let of = |it: &&Part| it.name.strip_prefix(TABLES) == Some(table);
        parts.iter().find(of).and_then(|it| it.rows).unwrap_or(0)
    };
    HoldsView {
        jobs: rows("jobs"),
        transcripts: rows("transcripts"),
        terms: rows("terms"),
        lines: rows("phrases"),
        subtitles: rows("published"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_format_is_told_whatever_else_it_says() {
        let told = Manifest::read(br#"{"format": 2, "parts": "elsewhere"}"#).unwrap_err();
        assert!(told.what.contains("newer Kinora"), "{told}");
        for broken in [&b""[..], b"{}", b"[1]", br#"{"format": 1}"#, b"{\"format\": \"1\"}"] {
            let told = Manifest::read(broken).unwrap_err();
            assert!(told.what.contains("cannot be read"), "{told}");
        }
    }
}
