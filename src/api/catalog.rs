//! The settings, and the files of libraries with what is known of them.

use super::daemon::{JobStatus, JobView, Refusal};
use crate::domain::lang::Lang;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// What the HTTP server needs for this.
pub trait Catalog {
    /// The settings, as they hold from the next start on.
    ///
    /// # Errors
    /// Where `kinora.toml` was made wrong since this start.
    fn settings(&self) -> Result<SettingsView, Refusal>;
    /// Changes settings by a merge patch (RFC 7396): all that it says, or nothing. Where it is a rehearsal nothing is
    /// changed, and only what would come of it is told.
    ///
    /// # Errors
    /// Where a value is wrong, or something is not changed over HTTP; says which key, and what is allowed.
    fn change_settings(&self, patch: &Patch, rehearsal: bool) -> Result<SettingsView, Refusal>;
    /// A page of the files of libraries, in the order of their paths.
    ///
    /// # Errors
    /// Where there is no such library or place to go on from, or the store cannot be read.
    fn items(&self, query: &ItemsQuery) -> Result<ItemsPage, Refusal>;
    /// A file, with what is in it and beside it.
    ///
    /// # Errors
    /// Where there is none, or the store cannot be read.
    fn item(&self, id: &str) -> Result<ItemDetail, Refusal>;
}

/// A change of settings: a merge patch (RFC 7396).
pub type Patch = Map<String, Value>;

/// The settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SettingsView {
    /// In the shape of `kinora.toml`: every key, with what holds where nobody said anything. Keys for servers are left
    /// out; where they are to be found is told.
    #[schema(value_type = Object)]
    pub settings: Value,
    /// Kinora works with other settings until it is started anew.
    pub restart_needed: bool,
    /// Every key by itself, in the order of `kinora.toml`.
    #[serde(default)]
    pub keys: Vec<SettingKey>,
}

/// A setting, and what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SettingKey {
    /// As people write it: `to`, `listen.beam`, `library[Films].model`.
    pub key: String,
    /// The section or list it stands in; `null` for those above all sections.
    pub section: Option<String>,
    /// Its place in that list, from 0; `null` where it stands in no list.
    pub place: Option<usize>,
    /// Its name there.
    pub name: String,
    /// What holds from the next start on, as `kinora.toml` would say it; empty where nothing is set. Secrets are not
    /// told.
    pub value: String,
    /// Where that comes from.
    pub origin: SettingOrigin,
    /// Which file or variable that is, where it is one.
    pub origin_name: Option<String>,
    /// Why it is not changed over HTTP, and what to do instead; `null` where it may be changed.
    pub closed: Option<String>,
    /// A change of it holds at once; otherwise from the next start on.
    pub at_once: bool,
    /// What Kinora works with until it is started anew, where that is something else.
    pub in_force: Option<String>,
}

/// Where a setting comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingOrigin {
    /// Nobody said anything: it is so by itself.
    #[default]
    Default,
    /// `kinora.toml`.
    File,
    /// It was changed over HTTP.
    Changed,
    /// A variable of the environment.
    Variable,
}

impl SettingOrigin {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            SettingOrigin::Default => "default",
            SettingOrigin::File => "file",
            SettingOrigin::Changed => "changed",
            SettingOrigin::Variable => "variable",
        }
    }
}

/// How settings are changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangeQuery {
    /// Nothing is changed; only what would come of it is told.
    pub rehearsal: bool,
}

/// Which files are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ItemsQuery {
    /// Only those of the library of this name.
    pub library: Option<String>,
    /// Only those that have no subtitle in this language, as far as that is known.
    #[param(value_type = Option<String>)]
    pub lacks: Option<Lang>,
    /// Only those with this in their path, in whatever case.
    pub q: Option<String>,
    /// Only those whose job stands there.
    pub status: Option<JobStatus>,
    /// Only those after this one: `next` of the page before.
    pub after: Option<String>,
    /// At most so many; 50 where it is not said, 500 at most.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<usize>,
}

/// A page of files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ItemsPage {
    /// The files, in the order of their paths, library by library.
    pub items: Vec<ItemView>,
    /// What to give as `after` for the next page; `null` on the last one. A page may hold fewer files than were asked
    /// for, or none, and not be the last: only so many are looked at for one answer.
    pub next: Option<String>,
}

/// A file of a library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ItemView {
    /// Names it for ever, as long as its path is the same.
    pub id: String,
    /// The library's name.
    pub library: String,
    /// The file; bytes that are no UTF-8 are shown as `\xNN`.
    pub path: String,
    /// Languages of the subtitles that are there, BCP 47, each once: files beside it by their names, and tracks inside
    /// of it where it was looked into. Those that hold only what must be read (forced) do not count.
    pub languages: Vec<String>,
    /// It was looked into, as it is now.
    pub looked: bool,
    /// The number of its job; `null` where there was none.
    pub job: Option<u64>,
    /// Where that stands.
    pub status: Option<JobStatus>,
}

/// A file of a library, with what is in it and beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ItemDetail {
    /// The file.
    pub item: ItemView,
    /// Its size.
    pub bytes: u64,
    /// Its length, milliseconds, where it tells.
    pub duration_ms: Option<u64>,
    /// Audio tracks, in the file's order.
    pub audio: Vec<AudioTrackView>,
    /// Subtitles: tracks in the file's order, then files by name.
    pub subtitles: Vec<SubtitleView>,
    /// Why it cannot be looked into, a sentence.
    pub trouble: Option<String>,
    /// Its job, as the latest execution stands.
    pub job: Option<JobView>,
}

/// An audio track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AudioTrackView {
    /// FFmpeg's stream index.
    pub index: u32,
    /// FFmpeg's codec name.
    pub codec: String,
    /// Its language as the file says.
    pub language: Option<String>,
    /// Its title as the file says.
    pub title: Option<String>,
    /// Number of channels; 0 where unknown.
    pub channels: u16,
}

/// A subtitle that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SubtitleView {
    /// FFmpeg's stream index, where it is a track of the file.
    pub index: Option<u32>,
    /// The file's name, where it is one beside.
    pub file: Option<String>,
    /// FFmpeg's codec name, or the file's ending.
    pub codec: String,
    /// Text, not pictures.
    pub text: bool,
    /// BCP 47, as its tag or name says, or its text.
    pub language: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Only what must be read.
    pub forced: bool,
    /// For the hard of hearing.
    pub hearing_impaired: bool,
    /// Kinora wrote it; somebody may have edited it since.
    pub ours: bool,
}
