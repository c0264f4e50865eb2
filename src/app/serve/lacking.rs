//! Wishes for every item of Jellyfin's that lacks a language.

use super::daemon::Daemon;
use super::roots::Root;
use crate::api::daemon::Refusal;
use crate::api::lacking::{FILES_TOLD_MAX, Lacking, LackingRequest, LackingView};
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::base::text::{nearest, show_path};
use crate::domain::fault::Fault;
use crate::domain::jellyfin::lacks::{Spoken, lacks, spoken};
use crate::domain::jellyfin::{Item, ItemId};
use crate::domain::job::Wish;
use crate::domain::lang::Lang;
use crate::domain::order::Order;
use crate::engines::jellyfin::{ItemsQuery, Jellyfin};
use crate::pipeline::subtitle::wish::wish_for;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

/// For one question: whoever asks waits for it.
const TIME_MAX: Duration = Duration::from_secs(40);
/// Wishes that are written together.
const BATCH_WISHES: usize = 256;

/// A question, read.
struct Wanted {
    language: Lang,
    audio: Option<Lang>,
    dry_run: bool,
}

/// What becomes of an item that lacks the language.
enum Fate {
    Wished { path: PathBuf, wish: Box<Wish> },
    Elsewhere,
    Untranslatable,
}

impl Lacking for Daemon {
    fn lacking(&self, request: &LackingRequest) -> Result<LackingView, Refusal> {
        let jellyfin = self.jellyfin.as_deref().ok_or_else(|| {
            let remedy = "write [jellyfin] with its url and key_file into kinora.toml";
            Refusal::Conflict(Fault::operator("no Jellyfin is configured", remedy))
        })?;
        let wanted = Wanted {
            language: language(&request.language)?,
            audio: request.audio_language.as_deref().map(language).transpose()?,
            dry_run: request.dry_run,
        };
        let cancel = Cancel::default();
        let name = request.library.as_deref();
        let folder = name.map(|it| folder(jellyfin, it, &cancel)).transpose()?;
        let (watch, mut batch) = (Stopwatch::start(), Vec::new());
        let mut view = LackingView { dry_run: wanted.dry_run, ..LackingView::default() };
        let mut failed = None;
        let walk = jellyfin.items(&ItemsQuery { folder, streams: true }, &cancel, |item| {
            view.items += 1;
            if self.consider(jellyfin, &item, &wanted, &mut view, &mut batch).is_err_and(|it| {
                failed = Some(it);
                true
            }) {
                return ControlFlow::Break(());
            }
            view.incomplete = TIME_MAX < watch.elapsed();
            if view.incomplete { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        // What was found before it failed is wished for.
        self.bring(&mut batch)?;
        walk.map_err(Refusal::Failed)?;
        failed.map_or(Ok(view), Err)
    }
}

impl Daemon {
    fn consider(
        &self,
        jellyfin: &Jellyfin,
        item: &Item,
        wanted: &Wanted,
        view: &mut LackingView,
        batch: &mut Vec<Wish>,
    ) -> Result<(), Refusal> {
        let of_audio = wanted.audio.as_ref().is_none_or(|it| spoken(item, it) == Spoken::Yes);
        if !of_audio || !lacks(item, &wanted.language) {
            return Ok(());
        }
        view.lacking += 1;
        match self.fate(jellyfin, item, wanted) {
            Fate::Wished { path, wish } => {
                view.wished += 1;
                if view.files.len() < FILES_TOLD_MAX {
                    view.files.push(show_path(&path));
                }
                if !wanted.dry_run {
                    batch.push(*wish);
                }
            }
            Fate::Elsewhere => view.elsewhere += 1,
            Fate::Untranslatable => view.untranslatable += 1,
        }
        if BATCH_WISHES <= batch.len() { self.bring(batch) } else { Ok(()) }
    }

    fn fate(&self, jellyfin: &Jellyfin, item: &Item, wanted: &Wanted) -> Fate {
        let path = item.path.as_deref().map(|it| jellyfin.paths().here(it));
        let Some((root, path)) = path.and_then(|it| self.placed(&it).ok()) else {
            return Fate::Elsewhere;
        };
        let heard = spoken(item, &wanted.language);
        let Some(order) = order(root, &wanted.language, heard) else {
            return Fate::Untranslatable;
        };
        match wish_for(&path, &order) {
            // A person asks: what ended without this language is looked at again.
            Ok(wish) => Fate::Wished { path, wish: Box::new(Wish { again: true, ..wish }) },
            Err(_) => Fate::Elsewhere,
        }
    }

    fn bring(&self, batch: &mut Vec<Wish>) -> Result<(), Refusal> {
        if batch.is_empty() {
            return Ok(());
        }
        self.runtime.wish_all(std::mem::take(batch)).map_err(Refusal::Failed)
    }
}

/// What the library wants of its files, and this language; `None` where nobody can make it.
fn order(root: &Root, language: &Lang, heard: Spoken) -> Option<Order> {
    let mut order = root.order.clone();
    if order.translate.is_none() && heard == Spoken::No {
        return None;
    }
    let is_made = order.to.contains(language) || (order.to.is_empty() && heard == Spoken::Yes);
    if !is_made {
        order.to.push(language.clone());
    }
    Some(order)
}

fn language(text: &str) -> Result<Lang, Refusal> {
    Lang::parse(text).map_err(|err| {
        Refusal::Invalid(Fault::operator(
            err.to_string(),
            "write a code like `zh-Hans`, `en` or `ja`",
        ))
    })
}

/// The library of this name.
fn folder(jellyfin: &Jellyfin, name: &str, cancel: &Cancel) -> Result<ItemId, Refusal> {
    let folders = jellyfin.folders(cancel).map_err(Refusal::Failed)?;
    let lower = name.trim().to_lowercase();
    let found = folders.iter().find(|it| it.name.to_lowercase() == lower);
    found.and_then(|it| it.id.clone()).ok_or_else(|| {
        let names: Vec<&str> = folders.iter().map(|it| it.name.as_str()).collect();
        let remedy = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", names.join(", ")),
        };
        let what = format!("Jellyfin has no library `{name}`");
        Refusal::Invalid(Fault::operator(what, remedy))
    })
}
