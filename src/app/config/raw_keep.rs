//! The shape of `[backup]`, `[check]` and `[[notify]]`: every key, its default and its range.

use super::Env;
use super::keep::{Backup, Check, Notable, NotifyKind, NotifySetting};
use super::raw::whole;
use super::raw_keys::{key, name, some_key, some_variable};
use super::raw_paths::absolute;
use super::shapes;
use super::span::{DAY, MINUTE, Span};
use super::translate::Key;
use crate::app::notify::check_template;
use crate::base::text;
use crate::domain::daily::DailyTime;
use crate::domain::fault::Fault;
use crate::domain::time::Ms;
use crate::engines::llm::Secret;
use crate::engines::server_url::ServerUrl;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::path::{Path, PathBuf};

/// More than anybody wants to be told.
const NOTIFY_MAX: usize = 20;
const TEMPLATE_BYTES_MAX: usize = 16 * 1024;
const BACKUP_AT: &str = "01:30";
const CHECK_AT: &str = "03:30";

/// `[backup]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawBackup {
    /// When a backup is made, every day, in local time. Empty for only when asked.
    #[schemars(schema_with = "shapes::daily")]
    at: Daily,
    /// Where backups lie; by itself `backups` in the data directory.
    #[schemars(schema_with = "shapes::absolute")]
    folder: Option<PathBuf>,
    /// Where each backup is copied to, best on another disk. Empty for nowhere.
    #[schemars(schema_with = "shapes::absolute_or_none")]
    second_folder: Option<PathBuf>,
    /// Backups are kept for so many days, in both folders.
    #[serde(deserialize_with = "whole::<_, _, 1, 3650>")]
    #[schemars(range(min = 1, max = 3650))]
    keep_days: u16,
}

impl Default for RawBackup {
    fn default() -> RawBackup {
        let at = Daily(DailyTime::parse(BACKUP_AT).ok());
        RawBackup { at, folder: None, second_folder: None, keep_days: 30 }
    }
}

impl RawBackup {
    pub(super) fn checked(self, data_dir: &Path) -> Result<Backup, Fault> {
        let folder = match self.folder {
            Some(path) => absolute("backup.folder", path)?,
            None => data_dir.join("backups"),
        };
        let second = self.second_folder.filter(|it| !it.as_os_str().is_empty());
        let second = second.map(|it| absolute("backup.second_folder", it)).transpose()?;
        if second.as_ref() == Some(&folder) {
            let what = "backup.second_folder is the folder of the backups itself";
            return Err(Fault::operator(what, "name one on another disk"));
        }
        Ok(Backup { at: self.at.0, folder, second_folder: second, keep_days: self.keep_days })
    }
}

/// `[check]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawCheck {
    /// When that is looked at, every day, in local time. Empty for only when asked.
    #[schemars(schema_with = "shapes::daily")]
    at: Daily,
    /// Where more than so many of a hundred are gone, something else is wrong, such as a disk, and nothing is done.
    #[serde(deserialize_with = "whole::<_, _, 0, 100>")]
    #[schemars(range(min = 0, max = 100))]
    gone_percent_max: u8,
}

impl Default for RawCheck {
    fn default() -> RawCheck {
        RawCheck { at: Daily(DailyTime::parse(CHECK_AT).ok()), gone_percent_max: 5 }
    }
}

impl RawCheck {
    pub(super) fn checked(self) -> Check {
        Check { at: self.at.0, gone_percent_max: self.gone_percent_max }
    }
}

/// `[[notify]]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNotify {
    /// What it is called: small letters, digits, `-` and `_`.
    #[serde(deserialize_with = "name")]
    #[schemars(schema_with = "shapes::name")]
    name: String,
    /// In which way it is told.
    kind: Kind,
    /// The address, such as `https://ntfy.sh/a-topic-of-yours`. Whoever knows it can read along, so it is best in a
    /// file: see `address_file`.
    #[serde(default, deserialize_with = "some_key")]
    #[schemars(schema_with = "shapes::secret")]
    address: Option<Secret>,
    /// The file with the address.
    #[serde(default)]
    #[schemars(schema_with = "shapes::absolute")]
    address_file: Option<PathBuf>,
    /// The environment variable with the address.
    #[serde(default, deserialize_with = "some_variable")]
    #[schemars(schema_with = "shapes::variable")]
    address_env: Option<String>,
    /// A token that is sent with it, where the receiver wants one. Better in a file: see `key_file`.
    #[serde(default, deserialize_with = "some_key")]
    #[schemars(schema_with = "shapes::secret")]
    key: Option<Secret>,
    /// The file with that token.
    #[serde(default)]
    #[schemars(schema_with = "shapes::absolute")]
    key_file: Option<PathBuf>,
    /// The environment variable with that token.
    #[serde(default, deserialize_with = "some_variable")]
    #[schemars(schema_with = "shapes::variable")]
    key_env: Option<String>,
    /// What is told. Empty for everything.
    #[serde(default)]
    on: Vec<Notable>,
    /// What happens within so long goes into one message.
    #[serde(default = "gather")]
    gather: Span<0, DAY>,
    /// What a webhook sends, a MiniJinja template. Without one it is JSON with all that is known.
    template: Option<String>,
}

/// In which way somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Ntfy,
    Webhook,
}

fn gather() -> Span<0, DAY> {
    Span(Ms(5 * MINUTE))
}

/// Those who are told.
pub(super) fn notify(raw: Vec<RawNotify>, env: &Env) -> Result<Vec<NotifySetting>, Fault> {
    if NOTIFY_MAX < raw.len() {
        let what = format!("{} sections [[notify]] are too many", raw.len());
        return Err(Fault::operator(what, format!("write at most {NOTIFY_MAX}")));
    }
    let mut settings: Vec<NotifySetting> = Vec::new();
    for raw in raw {
        let setting = raw.checked(env)?;
        if settings.iter().any(|it| it.name == setting.name) {
            let what = format!("there are two [[notify]] with the name `{}`", setting.name);
            return Err(Fault::operator(what, "give one of them another name"));
        }
        settings.push(setting);
    }
    Ok(settings)
}

impl RawNotify {
    fn checked(self, env: &Env) -> Result<NotifySetting, Fault> {
        let whose = format!("notify[{}]", self.name);
        let (file, variable) = (self.address_file.as_ref(), self.address_env.as_ref());
        let prefix = format!("{whose}: ");
        let address = key(&prefix, "address", self.address.as_ref(), file, variable, env)?;
        check_address(&whose, &address)?;
        let (file, variable) = (self.key_file.as_ref(), self.key_env.as_ref());
        let key = key(&prefix, "key", self.key.as_ref(), file, variable, env)?;
        let mut on = self.on;
        if on.is_empty() {
            on = Notable::ALL.to_vec();
        }
        on.sort_unstable();
        on.dedup();
        Ok(NotifySetting {
            kind: kind(&whose, self.kind, self.template)?,
            name: self.name,
            address,
            key,
            on,
            gather: self.gather.duration(),
        })
    }
}

fn kind(whose: &str, kind: Kind, template: Option<String>) -> Result<NotifyKind, Fault> {
    match (kind, template) {
        (Kind::Ntfy, None) => Ok(NotifyKind::Ntfy),
        (Kind::Ntfy, Some(_)) => {
            let what = format!("{whose}: ntfy takes no template");
            Err(Fault::operator(what, "leave it out, or set kind = \"webhook\""))
        }
        (Kind::Webhook, None) => Ok(NotifyKind::Webhook { template: None }),
        (Kind::Webhook, Some(text)) => {
            let told = match text.len() {
                TEMPLATE_BYTES_MAX.. => Some(format!("it is {TEMPLATE_BYTES_MAX} bytes or more")),
                _ => check_template(&text).err(),
            };
            match told {
                None => Ok(NotifyKind::Webhook { template: Some(text) }),
                Some(why) => {
                    let what = format!("{whose}.template cannot be used: {why}");
                    Err(Fault::operator(what, "correct it, or leave it out to send JSON"))
                }
            }
        }
    }
}

/// What is known now is looked at now; a file is read when somebody is told.
fn check_address(whose: &str, address: &Key) -> Result<(), Fault> {
    let text = match address {
        Key::None => {
            let what = format!("{whose} has no address");
            let remedy = "write one such as `https://ntfy.sh/a-topic-of-yours`, best in a file named by address_file";
            return Err(Fault::operator(what, remedy));
        }
        Key::File(_) | Key::Is(Secret(None)) | Key::Env { variable: _, value: Secret(None) } => {
            return Ok(());
        }
        Key::Is(Secret(Some(text))) | Key::Env { variable: _, value: Secret(Some(text)) } => text,
    };
    // A query may be part of such an address; it is never repeated.
    let bare = text.split_once('?').map_or(text.as_str(), |it| it.0);
    ServerUrl::parse(bare).map(drop).map_err(|_| {
        let what = format!("{whose}.address is no web address");
        Fault::operator(what, "write it like `https://ntfy.sh/a-topic-of-yours`")
    })
}

/// A time of day, or nothing for never.
#[derive(Clone, Copy, Debug)]
struct Daily(Option<DailyTime>);

impl<'de> Deserialize<'de> for Daily {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Daily, D::Error> {
        let wrong = || D::Error::custom("a time of day such as \"01:30\" is expected");
        let text = String::deserialize(from).map_err(|_| wrong())?;
        if text.trim().is_empty() {
            return Ok(Daily(None));
        }
        let told = |it: crate::domain::daily::NoDailyTime| {
            D::Error::custom(text::clip(&it.to_string(), 200))
        };
        DailyTime::parse(&text).map(|it| Daily(Some(it))).map_err(told)
    }
}
