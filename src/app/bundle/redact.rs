//! What must not leave the house: known secrets wherever they stand, what looks like one, and names of people.

use crate::app::config::{Config, Key, Setting};
use crate::domain::fault::Fault;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::ffi::OsString;
use std::path::Path;

/// A web address in parts, as far as it can be read.
struct Address<'a> {
    user_info: Option<&'a str>,
    /// Path and query, without the slash before it.
    rest: &'a str,
}

impl<'a> Address<'a> {
    fn of(text: &'a str) -> Option<Address<'a>> {
        let (_, after) = text.split_once("://")?;
        let (door, rest) = after.split_once('/').unwrap_or((after, ""));
        let user_info = door.rsplit_once('@').map(|it| it.0);
        Some(Address { user_info, rest })
    }
}

/// Secrets that are shorter are replaced where they stand alone only: they may be part of any word.
const ANYWHERE_BYTES_MIN: usize = 6;
/// Largest file that holds a token.
const TOKEN_BYTES_MAX: u64 = 64 * 1024;
/// What stands for a secret.
const HIDDEN: &str = "[hidden]";
/// Parts of names of variables and keys that hold secrets.
const SECRET_WORDS: [&str; 8] =
    ["token", "secret", "password", "passwd", "api_key", "apikey", "api-key", "authorization"];
/// What has a meaning of its own in addresses (RFC 3986, 2.3 tells what has none).
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Folders of people's homes.
const HOMES: [&str; 3] = ["/home/", "/homes/", "/Users/"];

/// Replaces what must not leave the house, and counts.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    /// The longest first: one may hold another.
    secrets: Vec<String>,
    pub(super) replaced: usize,
}

impl Redactor {
    /// All secrets of this configuration and environment. A key file that cannot be read holds none that got anywhere.
    pub(super) fn of(
        config: &Config,
        env: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Redactor {
        let mut secrets = Vec::new();
        let mut keep = |it: Result<Option<String>, Fault>| secrets.extend(it.ok().flatten());
        let read = |key: &Key| key.read().map(|it| it.0);
        for it in &config.notify {
            keep(read(&it.key));
            keep(read(&it.address));
        }
        let mut addresses: Vec<String> =
            config.notify.iter().filter_map(|it| read(&it.address).ok().flatten()).collect();
        for it in &config.translators {
            match &it.kind {
                Setting::OpenAi { url, key, .. } => {
                    keep(read(key));
                    addresses.push(url.clone());
                }
                Setting::Ollama { url, .. } => addresses.push(url.clone()),
                Setting::Local { .. } => {}
            }
        }
        if let Some(it) = &config.jellyfin {
            keep(read(&it.key));
            addresses.push(it.url.clone());
        }
        keep(read(&config.metadata.tmdb_key));
        addresses
            .extend([&config.metadata.tmdb_url, &config.metadata.bangumi_url].map(Clone::clone));
        keep(Ok(content(&config.http.token_file)));
        keep(Ok(config.http.webhook_secret_file.as_deref().and_then(content)));
        let told = config.notify.iter().filter_map(|it| read(&it.address).ok().flatten());
        // Whoever knows the topic can read along.
        let topics = told.filter_map(|it| Address::of(&it).map(|it| it.rest.to_owned()));
        secrets.extend(topics.collect::<Vec<_>>());
        secrets.extend(addresses.iter().flat_map(|it| of_address(it)));
        for (name, value) in env {
            let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
            let name = name.to_lowercase();
            let is_file = name.ends_with("_file") || name.starts_with("file__");
            if !is_file && (name.contains("key") || SECRET_WORDS.iter().any(|it| name.contains(it)))
            {
                secrets.push(value.trim().to_owned());
            }
            secrets.extend(of_address(&value));
        }
        Redactor::over(secrets)
    }

    fn over(secrets: Vec<String>) -> Redactor {
        let mut all: Vec<String> = secrets.iter().flat_map(|it| forms(it)).collect();
        all.retain(|it| !it.trim().is_empty());
        all.sort_by_key(|it| (std::cmp::Reverse(it.len()), it.clone()));
        all.dedup();
        Redactor { secrets: all, replaced: 0 }
    }

    /// The text without them.
    pub(super) fn clean(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in std::mem::take(&mut self.secrets) {
            text = self.without(&text, &secret);
            self.secrets.push(secret);
        }
        let text = self.without_likely(&text);
        self.without_people(&text)
    }

    fn without(&mut self, text: &str, secret: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(secret) {
            let end = at + secret.len();
            let inside = |it: Option<char>| it.is_some_and(char::is_alphanumeric);
            let alone =
                !inside(rest[..at].chars().next_back()) && !inside(rest[end..].chars().next());
            clean.push_str(&rest[..at]);
            if alone || ANYWHERE_BYTES_MIN <= secret.len() {
                clean.push_str(HIDDEN);
                self.replaced += 1;
            } else {
                clean.push_str(secret);
            }
            rest = &rest[end..];
        }
        clean.push_str(rest);
        clean
    }

    /// What nobody told us of, and looks like a secret: `token=...`, `Bearer ...`, `//user:password@`.
    fn without_likely(&mut self, text: &str) -> String {
        text.split_inclusive('\n').map(|line| self.likely_line(line)).collect()
    }

    fn likely_line(&mut self, line: &str) -> String {
        let mut line = line.to_owned();
        let small = |line: &str| line.to_ascii_lowercase();
        for word in SECRET_WORDS.into_iter().chain(["bearer"]) {
            let mut from = 0;
            while let Some(at) = small(&line)[from..].find(word).map(|it| it + from + word.len()) {
                from = at;
                let Some(value) = value_after(&line[at..], word == "bearer") else { continue };
                let (start, end) = (at + value.0, at + value.1);
                let is_path = line[start..end].starts_with('/');
                let said = ["null", "none", "true", "false", "bearer", HIDDEN];
                if is_path || said.contains(&small(&line[start..end]).as_str()) {
                    continue;
                }
                line.replace_range(start..end, HIDDEN);
                self.replaced += 1;
                from = start + HIDDEN.len();
            }
        }
        let mut from = 0;
        while let Some(at) = line[from..].find("://").map(|it| it + from + 3) {
            from = at;
            let door = line[at..].find(['/', ' ', '"', '\n', '>']).map_or(line.len(), |it| it + at);
            if let Some(end) = line[at..door].rfind('@').map(|it| it + at)
                && line[at..end] != *HIDDEN
            {
                line.replace_range(at..end, HIDDEN);
                self.replaced += 1;
            }
        }
        line
    }

    fn without_people(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for home in HOMES {
            let mut from = 0;
            while let Some(at) = text[from..].find(home).map(|it| it + from + home.len()) {
                let ends = |it: char| !(it.is_alphanumeric() || "._-@".contains(it));
                let end = text[at..].find(ends).map_or(text.len(), |it| it + at);
                text.replace_range(at..end, "USER");
                self.replaced += 1;
                from = at;
            }
        }
        text
    }
}

/// Where the value of a key stands behind its name: after `=`, `:` or a blank, quoted or not.
fn value_after(rest: &str, blank_is_enough: bool) -> Option<(usize, usize)> {
    let name_ends = rest.find(|it: char| !(it.is_alphanumeric() || it == '_' || it == '-'))?;
    let mut chars = rest[name_ends..].char_indices();
    let mut divided = blank_is_enough;
    let start = chars.find_map(|(at, it)| match it {
        '=' | ':' => {
            divided = true;
            None
        }
        '"' | '\'' | ' ' => None,
        _ => Some(at + name_ends),
    })?;
    if !divided || rest[start..].starts_with(['[', '{', ',', '}', '\n']) {
        return None;
    }
    let ends = |it: char| it.is_whitespace() || "\"',;&<>)}".contains(it);
    let end = rest[start..].find(ends).map_or(rest.len(), |it| it + start);
    (start < end).then_some((start, end))
}

/// A secret as it is, as it stands in web addresses, in JSON, and as a log shows it.
fn forms(secret: &str) -> Vec<String> {
    let secret = secret.trim();
    // As most write it in addresses, and as those do who escape all they can.
    let escaped = utf8_percent_encode(secret, &RESERVED).to_string();
    let fully = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let quoted = serde_json::to_string(secret).unwrap_or_default();
    let quoted = quoted.trim_matches('"').to_owned();
    let shown = format!("{secret:?}").trim_matches('"').to_owned();
    vec![secret.to_owned(), escaped, fully, quoted, shown]
}

/// Names, passwords and values in a web address.
fn of_address(text: &str) -> Vec<String> {
    let Some(address) = Address::of(text) else { return Vec::new() };
    let mut found = Vec::new();
    if let Some(user_info) = address.user_info {
        found.push(user_info.to_owned());
        found.extend(user_info.split_once(':').map(|it| it.1.to_owned()));
    }
    let query = address.rest.split_once('?').map_or("", |it| it.1);
    found.extend(query.split('&').filter_map(|it| Some(it.split_once('=')?.1.to_owned())));
    found
}

fn content(path: &Path) -> Option<String> {
    let small = std::fs::metadata(path).is_ok_and(|it| it.len() <= TOKEN_BYTES_MAX);
    let text = small.then(|| std::fs::read_to_string(path).ok())?;
    text.map(|it| it.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_in_every_form() {
        let mut redactor = Redactor::over(vec!["s3cr\"et/x y".to_owned(), "abc".to_owned()]);
        for (text, clean) in [
            ("key s3cr\"et/x y.", "key [hidden]."),
            (r#"{"x":"s3cr\"et/x y"}"#, r#"{"x":"[hidden]"}"#),
            ("GET /?x=s3cr%22et%2Fx%20y HTTP", "GET /?x=[hidden] HTTP"),
            ("abc, abcd", "[hidden], abcd"),
        ] {
            assert_eq!(redactor.clean(text), clean);
        }
        assert_eq!(redactor.replaced, 4);
    }

    #[test]
    fn what_looks_like_a_secret_is_hidden_too() {
        let mut redactor = Redactor::default();
        for (text, clean) in [
            ("GET /x?api_key=0123&y=1", "GET /x?api_key=[hidden]&y=1"),
            (r#""token": "abcdef","#, r#""token": "[hidden]","#),
            ("Authorization: Bearer abcdef", "Authorization: Bearer [hidden]"),
            ("http://ben:pass@nas:80/x", "http://[hidden]@nas:80/x"),
            (r#""token_file": "/data/token""#, r#""token_file": "/data/token""#),
            ("no token is needed", "no token is needed"),
            (r#""secret": null"#, r#""secret": null"#),
            ("/home/ben/films/x.mkv", "/home/USER/films/x.mkv"),
            ("(/home/ben)", "(/home/USER)"),
        ] {
            assert_eq!(redactor.clean(text), clean);
        }
    }
}
