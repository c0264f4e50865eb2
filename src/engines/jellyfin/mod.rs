//! A Jellyfin server, 10.9 to 12 (PROTOCOLS.md 1).

mod index;
mod link;
mod told;

use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::domain::jellyfin::paths::PathMap;
use crate::domain::jellyfin::{Folder, Item, ItemId, Session};
use crate::engines::llm::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use index::Index;
use link::{Ask, Link, pause};
use serde_json::json;
use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

/// Jellyfin's own server takes bodies up to 30 MB, and base64 makes four bytes of three.
const UPLOAD_BYTES_MAX: usize = 20_000_000;
/// Of one message that files changed.
const UPDATES_MAX: usize = 200;
const FILLING_LOOK: Duration = Duration::from_millis(50);

/// A server: one connection pool, shared by all who ask.
#[derive(Debug)]
pub struct Jellyfin {
    link: Link,
    paths: PathMap,
    /// Forgotten whenever the server was away: it may be another one afterwards.
    version: Mutex<Option<String>>,
    index: Mutex<Index>,
    /// Held by whoever fills the index, so that only one does.
    filling: Mutex<()>,
}

/// What it takes to ask a server.
#[derive(Clone, Debug)]
pub struct JellyfinSettings {
    /// Its address with its base path.
    pub url: String,
    /// Its key.
    pub key: Secret,
    /// Where it sees our files.
    pub paths: PathMap,
    /// What one must not exceed.
    pub limits: JellyfinLimits,
}

/// How long it is waited for, how often it is asked, how much it may say.
#[derive(Clone, Debug)]
pub struct JellyfinLimits {
    /// Silence before an answer's head, and before each part of it.
    pub silence_max: Duration,
    /// For one answer.
    pub answer_max: Duration,
    /// For a server that is starting, each time it is asked.
    pub patience_max: Duration,
    /// All who ask together.
    pub requests_per_second: NonZeroU32,
    /// Items are not walked through more often than this for a path that is not known.
    pub refill_min: Duration,
    /// Items asked for at once.
    pub page_items: usize,
    /// Items that are walked through, and paths that are remembered.
    pub items_max: usize,
    /// Of one answer.
    pub answer_bytes_max: usize,
}

impl Default for JellyfinLimits {
    fn default() -> JellyfinLimits {
        JellyfinLimits {
            silence_max: Duration::from_secs(30),
            answer_max: Duration::from_secs(120),
            patience_max: Duration::from_secs(120),
            requests_per_second: NonZeroU32::MIN.saturating_add(9),
            refill_min: Duration::from_secs(60),
            page_items: 500,
            items_max: 200_000,
            answer_bytes_max: 64 * 1024 * 1024,
        }
    }
}

impl JellyfinSettings {
    /// With the usual limits.
    pub fn new(url: String, key: Secret, paths: PathMap) -> JellyfinSettings {
        JellyfinSettings { url, key, paths, limits: JellyfinLimits::default() }
    }
}

/// True where it is not the key that is refused, but what was asked for with it.
pub fn is_refused_request(fault: &Fault) -> bool {
    fault.what.starts_with(link::REFUSED)
}

/// Which items are walked through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemsQuery {
    /// Only those of this library; `None` for all.
    pub folder: Option<ItemId>,
    /// With their streams, which makes answers long.
    pub streams: bool,
}

/// A subtitle that is uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload<'a> {
    /// Language code, as it stands in the file's name.
    pub language: &'a str,
    /// Extension, without a dot.
    pub format: &'a str,
    /// Holds only what must be read.
    pub is_forced: bool,
    /// For people who hear badly.
    pub is_hearing_impaired: bool,
    /// Its content.
    pub bytes: &'a [u8],
}

impl Jellyfin {
    /// Asks nothing yet.
    ///
    /// # Errors
    /// Where the address is none, the key is missing, or no connection can be made ready.
    pub fn new(settings: JellyfinSettings) -> Result<Jellyfin, Fault> {
        Ok(Jellyfin {
            link: Link::new(&settings)?,
            paths: settings.paths,
            version: Mutex::default(),
            index: Mutex::default(),
            filling: Mutex::default(),
        })
    }

    /// Where it sees our files.
    pub fn paths(&self) -> &PathMap {
        &self.paths
    }

    /// Its version, such as `10.11.11`; asked once, and again after it was away.
    ///
    /// # Errors
    /// Where it does not answer, or is no Jellyfin.
    pub fn version(&self, cancel: &Cancel) -> Result<String, Fault> {
        if let Some(version) = locked(&self.version).clone() {
            return Ok(version);
        }
        let ask = Ask::get(&["System", "Info", "Public"], &[]);
        let info: Option<told::Info> = self.link.document(&ask, cancel)?;
        // Emby answers there as well, and does not say what it is.
        let info =
            info.filter(|it| it.product_name.as_deref().is_some_and(|it| it.contains("Jellyfin")));
        let version = info.and_then(|it| it.version).ok_or_else(|| {
            let remedy = "check jellyfin.url; where Jellyfin has a base path, it ends in that";
            Fault::operator("what answers at jellyfin.url is no Jellyfin", remedy)
        })?;
        *locked(&self.version) = Some(version.clone());
        Ok(version)
    }

    /// Its libraries.
    ///
    /// # Errors
    /// Where it does not answer, or refuses.
    pub fn folders(&self, cancel: &Cancel) -> Result<Vec<Folder>, Fault> {
        let ask = Ask::get(&["Library", "VirtualFolders"], &[]);
        let told: Option<Vec<told::FolderTold>> = self.document(&ask, cancel)?;
        let told = told.ok_or_else(no_address)?;
        Ok(told.into_iter().map(told::FolderTold::folder).collect())
    }

    /// Walks through films, episodes and other videos, page by page, until it is told to stop.
    ///
    /// # Errors
    /// Where it does not answer, or refuses.
    pub fn items(
        &self,
        query: &ItemsQuery,
        cancel: &Cancel,
        mut each: impl FnMut(Item) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        let limits = self.link.limits();
        let parent = query.folder.as_ref().map(ItemId::dashed);
        let (limit, mut start) = (limits.page_items.to_string(), 0);
        while start < limits.items_max {
            let begin = start.to_string();
            let mut asked = vec![
                ("recursive", "true"),
                ("includeItemTypes", "Movie"),
                ("includeItemTypes", "Episode"),
                ("includeItemTypes", "Video"),
                ("includeItemTypes", "MusicVideo"),
                // Pages of what is in no order would overlap.
                ("sortBy", "DateCreated"),
                ("sortBy", "SortName"),
                ("startIndex", &begin),
                ("limit", &limit),
            ];
            asked.extend(fields(query.streams));
            asked.extend(parent.as_deref().map(|it| ("parentId", it)));
            let page: Option<told::Page> = self.document(&Ask::get(&["Items"], &asked), cancel)?;
            let page = page.ok_or_else(no_address)?;
            let count = page.items.len();
            for item in page.items.into_iter().filter_map(told::ItemTold::item) {
                if each(item).is_break() {
                    return Ok(());
                }
            }
            start += count;
            let total = page.total_record_count.and_then(|it| usize::try_from(it).ok());
            let is_last = total.map_or(count < limits.page_items, |it| it <= start);
            if count == 0 || is_last {
                return Ok(());
            }
        }
        tracing::warn!("Jellyfin has more than {} videos: the rest is left out", limits.items_max);
        Ok(())
    }

    /// An item, as it is now; `None` where there is none of this id.
    ///
    /// # Errors
    /// Where it does not answer, or refuses.
    pub fn item(&self, id: &ItemId, cancel: &Cancel) -> Result<Option<Item>, Fault> {
        // `/Items/{id}` looks for the user, and a key has none.
        let dashed = id.dashed();
        let mut asked = vec![("ids", dashed.as_str())];
        asked.extend(fields(true));
        let page: Option<told::Page> = self.document(&Ask::get(&["Items"], &asked), cancel)?;
        let items = page.ok_or_else(no_address)?.items.into_iter();
        Ok(items.filter_map(told::ItemTold::item).find(|it| it.id == *id))
    }

    /// The item of a file of ours, as it is now; `None` where Jellyfin does not know it (yet).
    ///
    /// # Errors
    /// Where it does not answer, or refuses.
    pub fn item_of(&self, here: &Path, cancel: &Cancel) -> Result<Option<Item>, Fault> {
        if let Some(item) = self.indexed(here, cancel)? {
            return Ok(Some(item));
        }
        self.fill(cancel)?;
        self.indexed(here, cancel)
    }

    /// Asks it to look at an item's files again; `full` where a file changed under its name.
    ///
    /// # Errors
    /// Where it does not answer, or refuses.
    pub fn refresh(&self, id: &ItemId, full: bool, cancel: &Cancel) -> Result<(), Fault> {
        // Its own default is `None`, which looks at nothing.
        let mode = if full { "FullRefresh" } else { "Default" };
        let asked = [
            ("metadataRefreshMode", mode),
            ("imageRefreshMode", "None"),
            ("replaceAllMetadata", "false"),
        ];
        let dashed = id.dashed();
        let path = ["Items", dashed.as_str(), "Refresh"];
        let done = self.ask(&Ask::post(&path, &asked), cancel)?;
        done.map(drop).ok_or_else(no_item)
    }

    /// Tells it that files of ours changed which it knows no item of; it looks a minute later.
    ///
    /// # Errors
    /// Where it does not answer, or refuses.
    pub fn updated(&self, here: &[&Path], cancel: &Cancel) -> Result<(), Fault> {
        let there: Vec<String> = here.iter().filter_map(|it| self.paths.there(it)).collect();
        for part in there.chunks(UPDATES_MAX) {
            let updates = part.iter().map(|it| json!({ "Path": it, "UpdateType": "Created" }));
            let body = json!({ "Updates": updates.collect::<Vec<_>>() });
            let done = self.ask(&Ask::post_json(&["Library", "Media", "Updated"], body), cancel)?;
            done.ok_or_else(no_address)?;
        }
        Ok(())
    }

    /// Puts a subtitle beside an item's video; it never overwrites one.
    ///
    /// # Errors
    /// Where it does not answer, or refuses; 10.11.7 refuses all.
    pub fn upload(&self, id: &ItemId, upload: &Upload<'_>, cancel: &Cancel) -> Result<(), Fault> {
        if UPLOAD_BYTES_MAX < upload.bytes.len() {
            let what =
                format!("a subtitle of {} bytes is more than Jellyfin takes", upload.bytes.len());
            return Err(Fault::operator(what, "set jellyfin.deliver to \"sidecar\""));
        }
        let body = json!({
            "Language": upload.language,
            "Format": upload.format,
            "IsForced": upload.is_forced,
            "IsHearingImpaired": upload.is_hearing_impaired,
            "Data": STANDARD.encode(upload.bytes),
        });
        let dashed = id.dashed();
        let path = ["Videos", dashed.as_str(), "Subtitles"];
        let done = self.ask(&Ask::post_json(&path, body), cancel)?;
        done.map(drop).ok_or_else(no_item)
    }

    /// Deletes the file of an external subtitle; the number is that of the item as it is now. None there is as good.
    ///
    /// # Errors
    /// Where it does not answer, or refuses.
    pub fn delete_subtitle(&self, id: &ItemId, index: i32, cancel: &Cancel) -> Result<(), Fault> {
        let (dashed, index) = (id.dashed(), index.to_string());
        let path = ["Videos", dashed.as_str(), "Subtitles", index.as_str()];
        self.ask(&Ask::delete(&path), cancel).map(drop)
    }

    /// Who plays a video.
    ///
    /// # Errors
    /// Where it does not answer, or refuses.
    pub fn sessions(&self, cancel: &Cancel) -> Result<Vec<Session>, Fault> {
        let told: Option<Vec<told::SessionTold>> =
            self.document(&Ask::get(&["Sessions"], &[]), cancel)?;
        let told = told.ok_or_else(no_address)?;
        Ok(told.into_iter().filter_map(told::SessionTold::session).collect())
    }

    fn document<T: serde::de::DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        cancel: &Cancel,
    ) -> Result<Option<T>, Fault> {
        self.link.document(ask, cancel).inspect_err(|fault| self.noted(fault))
    }

    fn ask(&self, ask: &Ask<'_>, cancel: &Cancel) -> Result<Option<Vec<u8>>, Fault> {
        self.link.ask(ask, cancel).inspect_err(|fault| self.noted(fault))
    }

    /// A server that was away may come back as another version.
    fn noted(&self, fault: &Fault) {
        if fault.kind == crate::domain::fault::FaultKind::Transient {
            *locked(&self.version) = None;
        }
    }

    /// The item that the index has for a file, where it still lies there.
    fn indexed(&self, here: &Path, cancel: &Cancel) -> Result<Option<Item>, Fault> {
        let Some(id) = locked(&self.index).get(here) else { return Ok(None) };
        let item = self.item(&id, cancel)?;
        let lies_here =
            |it: &Item| it.path.as_deref().is_some_and(|it| self.paths.here(it) == here);
        let item = item.filter(lies_here);
        if item.is_none() {
            locked(&self.index).forget(here);
        }
        Ok(item)
    }

    /// Walks through all items for their paths, unless that was just done.
    fn fill(&self, cancel: &Cancel) -> Result<(), Fault> {
        let limits = self.link.limits();
        let _only = loop {
            match self.filling.try_lock() {
                Ok(only) => break only,
                Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => pause(FILLING_LOOK, cancel)?,
            }
        };
        if !locked(&self.index).is_stale(limits.refill_min) {
            return Ok(());
        }
        let mut fresh = Index::default();
        self.items(&ItemsQuery::default(), cancel, |item| {
            let here = item.path.as_deref().map(|it| self.paths.here(it));
            let room = here.is_none_or(|it| fresh.put(&it, item.id, limits.items_max));
            if room { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        *locked(&self.index) = fresh.filled();
        Ok(())
    }
}

/// What is asked of each item beside what always comes; pictures and viewers' own data are left out.
fn fields<'a>(streams: bool) -> impl Iterator<Item = (&'a str, &'a str)> {
    let always = [("enableImages", "false"), ("enableUserData", "false"), ("fields", "Path")];
    always.into_iter().chain(streams.then_some(("fields", "MediaStreams")))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no_address() -> Fault {
    let remedy = "check jellyfin.url; where Jellyfin has a base path, it ends in that";
    Fault::operator("what answers at jellyfin.url does not know Jellyfin's addresses (404)", remedy)
}

fn no_item() -> Fault {
    Fault::transient("Jellyfin does not know the item any more", "look through the library again")
}
