//! The shape of `[jellyfin]`: every key, its default and its range; and what `JELLYFIN_API_KEY` stands for.
//! (`JELLYFIN_BASE_URL` is one of the aliases that simply stand for a key of the file.)

use super::Env;
use super::jellyfin::{JellyfinSetting, YieldTo};
use super::layers::shown;
use super::raw_keys::{key, mistake, some_key, some_server, some_variable};
use super::raw_paths::{RawPair, path_map};
use super::shapes;
use super::span::{MINUTE, SECOND, Span};
use super::translate::{Key, checked_key};
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::jellyfin::paths::PathMap;
use crate::domain::order::Deliver;
use crate::domain::time::Ms;
use crate::engines::llm::Secret;
use crate::engines::server_url::ServerUrl;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

const KEY_VARIABLE: &str = "JELLYFIN_API_KEY";
/// Those beat it, as they do with every alias.
const KEY_OVERRIDES: [&str; 3] =
    ["KINORA__JELLYFIN__KEY", "KINORA__JELLYFIN__KEY_FILE", "KINORA__JELLYFIN__KEY_ENV"];

/// `[jellyfin]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawJellyfin {
    /// Its address, such as `http://10.0.0.5:8096`. Without one Jellyfin is not asked.
    #[serde(deserialize_with = "some_server")]
    #[schemars(schema_with = "shapes::url")]
    url: Option<ServerUrl>,
    /// Its API key. Better in a file: see `key_file`; one of the three is enough.
    #[serde(deserialize_with = "some_key")]
    #[schemars(schema_with = "shapes::secret")]
    key: Option<Secret>,
    /// The file with its API key, which Jellyfin makes in Dashboard > API Keys.
    #[schemars(schema_with = "shapes::absolute")]
    key_file: Option<PathBuf>,
    /// The environment variable with its API key.
    #[serde(deserialize_with = "some_variable")]
    #[schemars(schema_with = "shapes::variable")]
    key_env: Option<String>,
    /// Where Jellyfin sees folders elsewhere, such as `[{ here = "/media", there = "/data" }]`.
    paths: Vec<RawPair>,
    /// How files come to Jellyfin.
    deliver: Deliver,
    /// What of a viewer makes lanes wait.
    #[serde(rename = "yield")]
    yield_to: YieldTo,
    /// How often Jellyfin is asked who plays something.
    poll_interval: Span<SECOND, { 10 * MINUTE }>,
}

impl Default for RawJellyfin {
    fn default() -> RawJellyfin {
        RawJellyfin {
            url: None,
            key: None,
            key_file: None,
            key_env: None,
            paths: Vec::new(),
            deliver: Deliver::default(),
            yield_to: YieldTo::default(),
            poll_interval: Span(Ms(5 * SECOND)),
        }
    }
}

impl RawJellyfin {
    pub(super) fn checked(self, env: &Env) -> Result<Option<JellyfinSetting>, Fault> {
        let Some(url) = &self.url else {
            // A key in the environment alone calls nobody: it may lie there for other programs.
            let has_key = self.key.is_some() || self.key_file.is_some() || self.key_env.is_some();
            if has_key || !self.paths.is_empty() {
                let remedy = "write one like `http://10.0.0.5:8096`";
                return Err(Fault::operator("jellyfin has no url", remedy));
            }
            return Ok(None);
        };
        let key = self.key(env)?;
        if key == Key::None {
            let remedy = "make one in Jellyfin's Dashboard > API Keys, write it into a file and name that with \
                          jellyfin.key_file";
            return Err(Fault::operator("jellyfin has a url but no key", remedy));
        }
        if !url.encrypted && !url.at_home {
            let what = "jellyfin.url would send the key over the internet for all to read";
            return Err(Fault::operator(
                what,
                "write https://, or the server's number such as 10.0.0.5",
            ));
        }
        Ok(Some(JellyfinSetting {
            url: url.text.clone(),
            key,
            paths: own_paths(self.paths)?,
            deliver: self.deliver,
            yield_to: self.yield_to,
            poll_interval: self.poll_interval.duration(),
        }))
    }

    fn key(&self, env: &Env) -> Result<Key, Fault> {
        if let Some(text) = key_variable(env).and_then(|it| env.get(it)) {
            let text = text.to_string_lossy();
            return checked_key(&text)
                .map(Key::Is)
                .map_err(|why| mistake(&shown(KEY_VARIABLE, env), &why));
        }
        let (file, variable) = (self.key_file.as_ref(), self.key_env.as_ref());
        key("jellyfin.", "key", self.key.as_ref(), file, variable, env)
    }
}

/// The variable that holds the key, where it counts.
pub(super) fn key_variable(env: &Env) -> Option<&'static str> {
    let is_beaten = KEY_OVERRIDES.iter().any(|it| env.contains_key(*it));
    (env.contains_key(KEY_VARIABLE) && !is_beaten).then_some(KEY_VARIABLE)
}

/// The map; a folder of ours is one folder there.
fn own_paths(raw: Vec<RawPair>) -> Result<PathMap, Fault> {
    let map = path_map("jellyfin.paths", raw)?;
    let mut seen = BTreeSet::new();
    match map.pairs.iter().find(|it| !seen.insert(&it.0)) {
        Some((here, _)) => {
            let what = format!("jellyfin.paths names {} twice", text::show_path(here));
            Err(Fault::operator(what, "keep one of the two"))
        }
        None => Ok(map),
    }
}
