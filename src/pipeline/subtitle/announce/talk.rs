//! Talking with Jellyfin about one video: which files it shows, as what, and as what it should.

use super::{AnnounceCx, Report, Trouble};
use crate::base::{clock, disk};
use crate::domain::change::ActivityKind;
use crate::domain::fault::Fault;
use crate::domain::jellyfin::label::{self, Label, Ver};
use crate::domain::jellyfin::{Item, ItemId, Stream, StreamKind};
use crate::domain::sidecar;
use crate::domain::subtitle::Format;
use crate::engines::jellyfin::Jellyfin;
use crate::pipeline::subtitle::publish::{Publication, digest};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A video of Jellyfin's.
pub(super) struct Talk<'a> {
    pub(super) jellyfin: &'a Jellyfin,
    pub(super) cx: &'a AnnounceCx<'a>,
    /// As the server tells it.
    pub(super) version: String,
    pub(super) id: ItemId,
    /// The name of its file without the ending, there.
    pub(super) stem: String,
}

/// A file that Jellyfin should show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Its name, there.
    pub(super) name: String,
    /// For a file that was uploaded: the video and the content, so that it is known as ours where we see it.
    pub(super) uploaded: Option<(PathBuf, [u8; 32])>,
}

impl<'a> Talk<'a> {
    /// Asks for the version.
    pub(super) fn new(
        jellyfin: &'a Jellyfin,
        cx: &'a AnnounceCx<'a>,
        item: &Item,
    ) -> Result<Talk<'a>, Fault> {
        let name = item.path.as_deref().map(last_name).unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |it| it.0).to_owned();
        let version = jellyfin.version(cx.cancel)?;
        Ok(Talk { jellyfin, cx, version, id: item.id.clone(), stem })
    }

    /// How its version labels a name; the outer `None` for versions whose rules are not known, the inner one for what
    /// it takes for no subtitle of the video.
    fn expects(&self, name: &str) -> Option<Option<Label>> {
        Some(label::label(Ver::of(&self.version)?, &self.stem, name))
    }

    /// The item as it is now.
    pub(super) fn item(&self) -> Result<Item, Trouble> {
        let item = self.jellyfin.item(&self.id, self.cx.cancel)?;
        item.ok_or_else(|| Trouble::Unknown(super::unknown()))
    }

    /// Has it look at files that stand beside the video. What changed under its name is only looked at where that is
    /// asked for: text is read from the file on play, but what ASS says of itself is kept, and so is a wrong label.
    pub(super) fn beside(
        &self,
        before: &Item,
        files: &[&Path],
        report: &mut Report,
    ) -> Result<Vec<Told>, Trouble> {
        let mut full = false;
        let mut told = Vec::new();
        for name in files.iter().filter_map(|it| it.file_name()) {
            let Some(shown) = name.to_str().map(str::to_owned) else {
                let shown = name.to_string_lossy();
                report.notice(format!("Jellyfin is not told of {shown}: its name is no UTF-8"));
                continue;
            };
            let label = self.expects(&shown);
            if label == Some(None) {
                report
                    .notice(format!("Jellyfin does not take {shown} for a subtitle of its video"));
                continue;
            }
            if let Some(stream) = named(before, &shown) {
                let is_ass = sidecar::text_format(OsStr::new(&shown)) == Some(Format::Ass);
                let wrong = label.flatten().is_some_and(|it| !self.is_as(stream, &it));
                full |= is_ass || wrong;
            }
            told.push(Told { name: shown, uploaded: None });
        }
        self.jellyfin.refresh(&self.id, full, self.cx.cancel)?;
        Ok(told)
    }

    /// Looks until each file is shown as it should be, or long enough; tells what is not.
    pub(super) fn read_back(&self, told: &[Told], report: &mut Report) -> Result<(), Trouble> {
        let is_right = |item: &Item, it: &Told| {
            let expected = self.expects(&it.name).flatten();
            let stream = named(item, &it.name);
            stream.is_some_and(|stream| expected.is_none_or(|it| self.is_as(stream, &it)))
        };
        let item = self.look_until(|item| told.iter().all(|it| is_right(item, it)))?;
        for it in told {
            let Some(stream) = named(&item, &it.name) else {
                let name = &it.name;
                report.notice(format!("Jellyfin does not show {name} yet, but was told of it"));
                continue;
            };
            self.remember(it, stream)?;
            let Some(Some(expected)) = self.expects(&it.name) else { continue };
            if self.is_as(stream, &expected) {
                let shown = stream.display_title.as_deref().unwrap_or("right");
                report.note(format!("{}: Jellyfin shows it as `{shown}`", it.name));
            } else {
                report.tell(ActivityKind::WrongLabel, self.wrong(&it.name, stream, &expected));
            }
        }
        Ok(())
    }

    /// Looks at the item, a bounded number of times, until it is as it should be; gives what was seen last.
    pub(super) fn look_until(&self, done: impl Fn(&Item) -> bool) -> Result<Item, Trouble> {
        let limits = self.cx.limits;
        let (mut item, mut wait) = (self.item()?, limits.wait_first);
        for _ in 1..limits.looks {
            if done(&item) {
                break;
            }
            self.wait(wait)?;
            wait = (wait * 2).min(limits.wait_max);
            item = self.item()?;
        }
        Ok(item)
    }

    fn wait(&self, wait: std::time::Duration) -> Result<(), Fault> {
        let waited = self.cx.cancel.wait(wait);
        waited.then_some(()).ok_or_else(|| {
            Fault::transient("reading back from Jellyfin was interrupted", "it goes on later")
        })
    }

    /// The same language through Jellyfin's tables, and the same flags. Before 10.11 whether a track is the default one
    /// is told by more than its name.
    fn is_as(&self, stream: &Stream, expected: &Label) -> bool {
        let language = stream.language.as_deref().filter(|it| !it.eq_ignore_ascii_case("und"));
        let same = match (language, expected.language.as_deref()) {
            (Some(shown), Some(expected)) => label::same(shown, expected),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let by_name = Ver::of(&self.version).is_some_and(|it| Ver::V10_11 <= it);
        same && stream.is_forced == expected.is_forced
            && stream.is_hearing_impaired == expected.is_hearing_impaired
            && (stream.is_default == expected.is_default || !by_name)
    }

    fn wrong(&self, name: &str, stream: &Stream, expected: &Label) -> String {
        let version = Ver::of(&self.version).unwrap_or(Ver::V12);
        let shown = Label {
            language: stream.language.clone(),
            title: stream.title.clone(),
            is_default: stream.is_default,
            is_forced: stream.is_forced,
            is_hearing_impaired: stream.is_hearing_impaired,
        };
        format!(
            "Jellyfin {} shows {name} as {}, and its name says {}; refresh the video's metadata there, and look \
             whether another program wrote into the file",
            self.version,
            label::shows(version, &shown),
            label::shows(version, expected),
        )
    }

    /// Enters a file that was uploaded into the book, where we see it: it is ours, and not the owner's.
    fn remember(&self, told: &Told, stream: &Stream) -> Result<(), Fault> {
        let (Some((video, content)), Some(there)) = (&told.uploaded, &stream.path) else {
            return Ok(());
        };
        let here = self.jellyfin.paths().here(there);
        let Ok(folder) = std::fs::canonicalize(disk::folder_of(&here)) else { return Ok(()) };
        let output = folder.join(here.file_name().unwrap_or_default());
        if digest(&output).ok() != Some(*content) {
            return Ok(());
        }
        let publication = Publication {
            output,
            content_blake3: *content,
            video: video.clone(),
            at_unix_ms: clock::now_unix_ms(),
            partial: false,
        };
        let temp = disk::temp_path(&folder);
        self.cx.ledger.begin(&temp, &publication)?;
        self.cx.ledger.finish(&temp)
    }
}

/// The subtitle in a file of its own that has this name.
pub(super) fn named<'a>(item: &'a Item, name: &str) -> Option<&'a Stream> {
    external(item).find(|it| it.1 == name).map(|it| it.0)
}

/// The subtitles in files of their own, with the names of these.
pub(super) fn external(item: &Item) -> impl Iterator<Item = (&Stream, &str)> {
    let files = item.streams.iter().filter(|it| it.is_external && it.kind == StreamKind::Subtitle);
    files.filter_map(|it| Some((it, last_name(it.path.as_deref()?))))
}

/// The last name of a path of whatever system.
fn last_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
