//! What each of them was told, on disk: `notify.json` in the data directory.

use crate::app::notify::Cursor;
use crate::base::disk;
use crate::base::text::show_path;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The shape of the file.
const VERSION: u32 = 1;

/// How it stands with one who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Standing {
    #[serde(flatten)]
    pub(super) cursor: Cursor,
    /// Since when no message is taken, milliseconds since the Unix epoch.
    #[serde(default)]
    pub(super) failing_since_ms: Option<u64>,
    /// A message was given up, and that was told.
    #[serde(default)]
    pub(super) refused: bool,
}

impl Standing {
    /// All is well.
    pub(super) fn new(cursor: Cursor) -> Standing {
        Standing { cursor, failing_since_ms: None, refused: false }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    version: u32,
    told: BTreeMap<String, Standing>,
}

/// The file, and what it says.
#[derive(Debug)]
pub(super) struct Shelf {
    path: PathBuf,
    told: BTreeMap<String, Standing>,
    /// What is on disk.
    saved: Option<String>,
}

impl Shelf {
    /// What was told before; where the file cannot be read everybody is told from now on.
    pub(super) fn open(path: PathBuf) -> Shelf {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    tracing::warn!(%error, "{} cannot be read", show_path(&path));
                }
                return Shelf { path, told: BTreeMap::new(), saved: None };
            }
        };
        let told = match serde_json::from_str::<File>(&text) {
            Ok(File { version: VERSION, told }) => told,
            Ok(_) | Err(_) => {
                let shown = show_path(&path);
                tracing::warn!("{shown} is of another Kinora: everybody is told from now on");
                BTreeMap::new()
            }
        };
        Shelf { path, told, saved: Some(text) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Standing> {
        self.told.get(name)
    }

    pub(super) fn put(&mut self, name: &str, standing: Standing) {
        self.told.insert(name.to_owned(), standing);
    }

    /// Forgets those who are not known any more; true where there were some.
    pub(super) fn forget_but(&mut self, known: impl Fn(&str) -> bool) -> bool {
        let before = self.told.len();
        self.told.retain(|name, _| known(name));
        before != self.told.len()
    }

    /// Writes it, where something changed. Where that fails it is tried with the next message.
    pub(super) fn save(&mut self) {
        let file = File { version: VERSION, told: self.told.clone() };
        let Ok(text) = serde_json::to_string(&file) else { return };
        if self.saved.as_ref() == Some(&text) {
            return;
        }
        match disk::write_atomic(&self.path, text.as_bytes()) {
            Ok(()) => self.saved = Some(text),
            Err(error) => tracing::warn!(%error, "{} cannot be written", show_path(&self.path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_outlives_a_restart_and_a_bad_file_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify.json");
        let mut shelf = Shelf::open(path.clone());
        let standing = Standing {
            cursor: Cursor { events: 12, batch: 7 },
            failing_since_ms: Some(5),
            refused: true,
        };
        shelf.put("phone", standing);
        shelf.put("gone", Standing::new(Cursor::at(1)));
        shelf.save();
        let mut shelf = Shelf::open(path.clone());
        assert_eq!(shelf.get("phone"), Some(&standing));
        assert!(shelf.forget_but(|it| it == "phone") && !shelf.forget_but(|it| it == "phone"));
        shelf.save();
        assert!(Shelf::open(path.clone()).get("gone").is_none());
        for bad in ["", "{", "{\"version\":2,\"told\":{}}", "{\"version\":1,\"told\":{\"a\":{}}}"] {
            fs::write(&path, bad).unwrap();
            assert!(Shelf::open(path.clone()).is_empty(), "{bad}");
        }
    }
}
