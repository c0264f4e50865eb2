//! How sections name servers, and the keys for them: names, addresses, and where a key is.

use super::Env;
use super::raw_paths::file_of_secret;
use super::translate::{Key, checked_key};
use crate::base::text;
use crate::domain::fault::Fault;
use crate::engines::llm::Secret;
use crate::engines::server_url::ServerUrl;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::path::PathBuf;

const NAME_CHARS_MAX: usize = 40;

/// Where a key is: in at most one place. `field` is its name, and `whose` begins every sentence about it.
pub(super) fn key(
    whose: &str,
    field: &str,
    here: Option<&Secret>,
    file: Option<&PathBuf>,
    variable: Option<&String>,
    env: &Env,
) -> Result<Key, Fault> {
    match (here, file, variable) {
        (None, None, None) => Ok(Key::None),
        (Some(secret), None, None) => Ok(Key::Is(secret.clone())),
        (None, Some(path), None) => {
            file_of_secret(&format!("{whose}{field}_file"), path.clone()).map(Key::File)
        }
        (None, None, Some(name)) => {
            let value = env.get(name).map(|it| it.to_string_lossy().into_owned());
            Ok(Key::Env { variable: name.clone(), value: Secret(value) })
        }
        (_, _, _) => {
            let who = whose.trim_end_matches([':', ' ', '.']);
            let what = format!("{who} has its {field} in more than one place");
            let remedy = format!("keep one of {field}_file, {field}_env and {field}");
            Err(Fault::operator(what, remedy))
        }
    }
}

/// A mistake in a variable, whose value is not repeated.
pub(super) fn mistake(variable: &str, why: &str) -> Fault {
    let (what, remedy) = why.rsplit_once("; ").unwrap_or((why, "correct it"));
    Fault::operator(format!("{variable}: {what}"), remedy)
}

pub(super) fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    let fine = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'_' | b'-');
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.bytes().all(fine) {
        let told = format!(
            "`{}` is no name; write up to {NAME_CHARS_MAX} small letters, digits, `-` and `_`",
            text::clip(&name, NAME_CHARS_MAX)
        );
        return Err(D::Error::custom(told));
    }
    Ok(name)
}

pub(super) fn some_server<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<ServerUrl>, D::Error> {
    let text = String::deserialize(from)?;
    ServerUrl::parse(&text).map(Some).map_err(D::Error::custom)
}

pub(super) fn some_key<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    // What stands here may be a key, whatever its type: it is not repeated.
    let text = String::deserialize(from).map_err(|_| D::Error::custom("a text is expected"))?;
    checked_key(&text).map(Some).map_err(D::Error::custom)
}

pub(super) fn some_variable<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    let fine = |it: u8| it.is_ascii_alphanumeric() || it == b'_';
    // A key that was written here in the place of a variable's name is not repeated.
    if text.is_empty() || !text.bytes().all(fine) {
        let told = "it is no name of a variable; write one like `DEEPSEEK_API_KEY`";
        return Err(D::Error::custom(told));
    }
    Ok(Some(text))
}
