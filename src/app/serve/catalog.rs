//! The settings, and the files of libraries with what is known of them.

use super::daemon::Daemon;
use super::live;
use super::roots::Root;
use super::views;
use crate::api::catalog::{
    AudioTrackView, Catalog, ItemDetail, ItemView, ItemsPage, ItemsQuery, Patch, SettingsView,
    SubtitleView,
};
use crate::api::daemon::{JobView, Refusal};
use crate::app::config::{self, Config, Traced};
use crate::app::intake::{Found, Listing, in_order, list_folder};
use crate::base::clock;
use crate::base::disk;
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::library::Seen;
use crate::domain::media::SubtitleTrack;
use crate::domain::sidecar::{self, Sidecar};
use crate::engines::child::Launcher;
use crate::engines::media::MediaEngine;
use crate::pipeline::subtitle::wish;
use crate::store::Store;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// Files on a page where it is not said, and at most.
const PAGE_DEFAULT: usize = 50;
const PAGE_MAX: usize = 500;
/// Files that are looked at for one page: each costs a read of the store.
const LOOKED_MAX: usize = 5000;

impl Catalog for Daemon {
    fn settings(&self) -> Result<SettingsView, Refusal> {
        let source = self.config.source.as_deref();
        let next = config::trace(source, std::env::vars_os());
        Ok(view_of_settings(&next.map_err(Refusal::Conflict)?, &self.live.config()))
    }

    fn change_settings(&self, patch: &Patch, rehearsal: bool) -> Result<SettingsView, Refusal> {
        // Two changes at once would lose one.
        let _alone = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let source = self.config.source.as_deref();
        // What is wrong before the change is not the fault of who asks for it.
        self.settings()?;
        let change =
            config::change(source, std::env::vars_os(), patch).map_err(Refusal::Invalid)?;
        let next = &change.traced;
        if rehearsal {
            return Ok(view_of_settings(next, &live::with(&self.live.config(), &next.config)));
        }
        change.write().map_err(Refusal::Failed)?;
        self.take_over(&next.config);
        Ok(view_of_settings(next, &self.live.config()))
    }

    fn items(&self, query: &ItemsQuery) -> Result<ItemsPage, Refusal> {
        let after = query.after.as_deref().map(|it| path_of(it).ok_or_else(nowhere)).transpose()?;
        let roots = self.roots_after(query.library.as_deref(), after.as_deref())?;
        let wanted = Wanted { query, q: query.q.as_ref().map(|it| it.to_lowercase()) };
        let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
        let (mut page, mut left) = (ItemsPage::default(), LOOKED_MAX);
        let mut fault = None;
        for root in roots {
            let after = after.as_deref().filter(|it| it.starts_with(&root.path));
            in_order(&root.places, after, &mut |listing, found| {
                left -= 1;
                let path = listing.folder.join(&found.name);
                match self.item_of(root, &path, listing, found, &wanted) {
                    Ok(item) => page.items.extend(item),
                    Err(it) => fault = Some(it),
                }
                let full = page.items.len() == limit || left == 0;
                page.next = full.then(|| id_of(&path));
                if full || fault.is_some() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            if let Some(fault) = fault {
                return Err(Refusal::Failed(fault));
            }
            if page.next.is_some() {
                break;
            }
        }
        Ok(page)
    }

    fn item(&self, id: &str) -> Result<ItemDetail, Refusal> {
        let path = path_of(id).ok_or_else(no_item)?;
        let (root, path) = self.placed(&path).map_err(|_| no_item())?;
        if root.places.why_left_out(&path).is_some() {
            return Err(no_item());
        }
        let listing = list_folder(&root.places, disk::folder_of(&path));
        let found = listing.videos.iter().find(|it| path.file_name() == Some(&it.name));
        let found = found.ok_or_else(no_item)?;
        let all = Wanted { query: &ItemsQuery::default(), q: None };
        let item = self.item_of(root, &path, &listing, found, &all).map_err(Refusal::Failed)?;
        let mut item = item.ok_or_else(no_item)?;
        let seen = self.store.seen(&found.id).map_err(Refusal::Failed)?;
        let (seen, trouble) = match seen {
            Some(seen) => (Some(seen), None),
            None => match look(&path) {
                Ok(seen) => (Some(seen), None),
                Err(fault) => (None, Some(fault.to_string())),
            },
        };
        let mut subtitles: Vec<SubtitleView> = seen.iter().flat_map(inside).collect();
        for (name, said) in beside(&listing, found) {
            let ours =
                self.store.published(&path.with_file_name(&name)).map_err(Refusal::Failed)?;
            subtitles.push(of_file(&name, said, ours.is_some()));
        }
        item.languages = languages(&subtitles);
        let probe = seen.as_ref().map(|it| &it.probe);
        let audio = probe.iter().flat_map(|it| &it.audio).map(|it| AudioTrackView {
            index: it.index,
            codec: it.codec.clone(),
            language: it.language.clone(),
            title: it.title.clone(),
            channels: it.channels,
        });
        Ok(ItemDetail {
            bytes: found.id.size,
            duration_ms: probe.and_then(|it| u64::try_from(it.duration?.0).ok()),
            audio: audio.collect(),
            subtitles,
            trouble,
            job: self.job_view(&path)?,
            item,
        })
    }
}

/// What a page is asked for.
struct Wanted<'a> {
    query: &'a ItemsQuery,
    /// In small letters.
    q: Option<String>,
}

fn view_of_settings(next: &Traced, in_force: &Config) -> SettingsView {
    let settings = next.config.show();
    SettingsView {
        restart_needed: settings != in_force.show(),
        settings,
        keys: next.keys(in_force),
    }
}

impl Daemon {
    /// The libraries that are asked for; where it goes on, the one it goes on in, and those behind it.
    fn roots_after(&self, name: Option<&str>, after: Option<&Path>) -> Result<Vec<&Root>, Refusal> {
        let named = |it: &&Root| name.is_none_or(|name| it.name == name);
        let roots: Vec<&Root> = self.roots.iter().filter(named).collect();
        if let (true, Some(name)) = (roots.is_empty(), name) {
            let what = format!("there is no library `{}`", show_path(Path::new(name)));
            let remedy = "name one as kinora.toml does";
            return Err(Refusal::NotFound(Fault::operator(what, remedy)));
        }
        let Some(after) = after else { return Ok(roots) };
        let behind: Vec<&Root> =
            roots.into_iter().skip_while(|it| !after.starts_with(&it.path)).collect();
        if behind.is_empty() { Err(nowhere()) } else { Ok(behind) }
    }

    /// A file that was found, where it is wanted.
    fn item_of(
        &self,
        root: &Root,
        path: &Path,
        listing: &Listing,
        found: &Found,
        wanted: &Wanted<'_>,
    ) -> Result<Option<ItemView>, Fault> {
        let shown = show_path(path);
        if wanted.q.as_ref().is_some_and(|it| !shown.to_lowercase().contains(it)) {
            return Ok(None);
        }
        let (looked, languages) = known_languages(&self.store, listing, found)?;
        if wanted.query.lacks.as_ref().is_some_and(|it| has(&languages, it)) {
            return Ok(None);
        }
        let job = self.store.job_by_key(&wish::key(path))?;
        let row = job.map(|it| self.store.job(it)).transpose()?.flatten();
        let latest = row.map(|it| self.store.execution(it.latest)).transpose()?.flatten();
        let now = clock::now_unix_ms();
        let status = latest.map(|it| views::status(&it.execution.state, now));
        if wanted.query.status.is_some_and(|it| status != Some(it)) {
            return Ok(None);
        }
        Ok(Some(ItemView {
            id: id_of(path),
            library: root.name.clone(),
            path: shown,
            languages,
            looked,
            job: job.map(|it| it.0),
            status,
        }))
    }

    fn job_view(&self, path: &Path) -> Result<Option<JobView>, Refusal> {
        let Some(job) = self.store.job_by_key(&wish::key(path)).map_err(Refusal::Failed)? else {
            return Ok(None);
        };
        let (execution, row) = self.latest(job.0)?;
        self.view_of(execution, &row, &self.runtime.view()).map(Some)
    }
}

/// An id is the path itself, in letters that an address takes.
fn id_of(path: &Path) -> String {
    URL_SAFE_NO_PAD.encode(path.as_os_str().as_bytes())
}

fn path_of(id: &str) -> Option<PathBuf> {
    let bytes = URL_SAFE_NO_PAD.decode(id).ok().filter(|it| !it.contains(&0))?;
    Some(PathBuf::from(OsString::from_vec(bytes))).filter(|it| it.is_absolute())
}

fn no_item() -> Refusal {
    let what = "there is no such file in a library";
    Refusal::NotFound(Fault::operator(what, "use the id that a page of items tells"))
}

fn nowhere() -> Refusal {
    let what = "`after` is no place to go on from";
    Refusal::Invalid(Fault::operator(what, "use `next` of the page before, and the same library"))
}

/// Looks into a file that was not looked into yet.
fn look(path: &Path) -> Result<Seen, Fault> {
    let probe = MediaEngine::start(&Launcher::own()?)?.probe(path)?;
    Ok(Seen { probe, texts: Vec::new() })
}

/// Whether a video was looked into as it is now, and the languages of its subtitles as far as they are known.
///
/// # Errors
/// Where the store cannot be read.
pub(super) fn known_languages(
    store: &Store,
    listing: &Listing,
    found: &Found,
) -> Result<(bool, Vec<String>), Fault> {
    let seen = store.seen(&found.id)?;
    let mut there: Vec<SubtitleView> = seen.iter().flat_map(inside).collect();
    there.extend(beside(listing, found).map(|(name, said)| of_file(&name, said, false)));
    Ok((seen.is_some(), languages(&there)))
}

/// One of the languages is this one.
pub(super) fn has(languages: &[String], lang: &Lang) -> bool {
    let tags = languages.iter().filter_map(|it| Lang::parse(it).ok());
    tags.into_iter().any(|it| it.same_language(lang))
}

/// Subtitles inside of a file.
fn inside(seen: &Seen) -> impl Iterator<Item = SubtitleView> {
    let of = |track: &SubtitleTrack| {
        let tag = track.language.as_deref().and_then(|it| Lang::parse(it).ok());
        let text = seen.texts.iter().find(|it| it.index == track.index);
        let told =
            text.and_then(|it| it.found.as_ref().ok()?.lang.as_ref()).map(|it| it.lang.clone());
        SubtitleView {
            index: Some(track.index),
            file: None,
            codec: track.codec.clone(),
            text: track.text,
            language: tag.or(told).map(String::from),
            title: track.title.clone(),
            forced: track.disposition.forced
                || track.title.as_deref().is_some_and(sidecar::partial_title),
            hearing_impaired: track.disposition.hearing_impaired,
            ours: false,
        }
    };
    seen.probe.subtitles.iter().map(of).collect::<Vec<_>>().into_iter()
}

/// Subtitle files beside a video, by name: those whose name is not nearer to another video's.
fn beside<'a>(
    listing: &'a Listing,
    found: &'a Found,
) -> impl Iterator<Item = (OsString, Sidecar)> + 'a {
    let stem = stem_of(&found.name);
    let is_longer =
        move |it: &&OsStr| stem.len() < it.len() && it.as_bytes().starts_with(stem.as_bytes());
    let nearer = move |name: &OsStr| {
        let others = listing.videos.iter().map(|it| stem_of(&it.name)).filter(is_longer);
        others.into_iter().any(|it| sidecar::parse(it, name).is_some())
    };
    let said = move |it: &Found| Some((it.name.clone(), sidecar::parse(stem, &it.name)?));
    listing.beside_of(&found.name).filter_map(said).filter(move |it| !nearer(&it.0))
}

fn stem_of(name: &OsStr) -> &OsStr {
    Path::new(name).file_stem().unwrap_or(name)
}

fn of_file(name: &OsStr, said: Sidecar, ours: bool) -> SubtitleView {
    SubtitleView {
        index: None,
        file: Some(show_path(Path::new(name))),
        codec: said.codec,
        text: said.text,
        language: said.tag.map(String::from),
        title: said.title,
        forced: said.forced,
        hearing_impaired: said.hearing_impaired,
        ours,
    }
}

/// Each language once, in the order of the subtitles; those that hold only what must be read do not count.
fn languages(subtitles: &[SubtitleView]) -> Vec<String> {
    let mut languages: Vec<String> = Vec::new();
    for language in subtitles.iter().filter(|it| !it.forced).filter_map(|it| it.language.as_ref()) {
        if !languages.contains(language) {
            languages.push(language.clone());
        }
    }
    languages
}
