//! Somebody's telephone or another program: a message goes to a topic of ntfy (docs.ntfy.sh/publish), or as a POST to
//! any address. Whoever knows the address can write there, so it is never told, and redirects are not followed.

use super::http::{Redirects, client, retry_after, told, web_address};
use crate::base::clock::{Stopwatch, now_unix_ms};
use crate::base::secret::Secret;
use crate::base::text;
use crate::domain::fault::Fault;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::blocking::{RequestBuilder, Response};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{StatusCode, Url};
use serde_json::Value;
use std::io::Read;
use std::time::Duration;

/// How long a server may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(15);
/// For what it says to a message, in all.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: usize = 16 * 1024;
const CHUNK_BYTES: usize = 4 * 1024;
/// Of what a server says, so much is told.
const REASON_CHARS_MAX: usize = 160;
/// Parts of an address that are shorter are words such as `api`.
const TOPIC_CHARS_MIN: usize = 5;

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letter {
    /// To a topic of ntfy.
    Ntfy {
        /// One line.
        title: String,
        /// At most 4096 bytes: more becomes a file that is attached.
        text: String,
        /// 1 (least) to 5 (urgent).
        priority: u8,
        /// Names of ntfy's pictures, such as `warning`.
        tags: Vec<&'static str>,
    },
    /// To any address.
    Post {
        /// Such as `application/json`.
        content_type: &'static str,
        /// What is sent.
        body: String,
    },
}

/// Why a message did not arrive.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// It may be taken later.
    Later {
        /// What happened: "cannot be reached (...)".
        why: String,
        /// When the server says it may be tried again.
        after: Option<Duration>,
    },
    /// It will not be taken until a person acts.
    Refused(Fault),
}

/// Sends a message to an address, with a key as bearer token where there is one. Takes a minute at most.
///
/// # Errors
/// Why it did not arrive; neither the address nor the key is in it.
pub fn send(address: &Secret, key: &Secret, letter: &Letter) -> Result<(), Trouble> {
    let url = address.reveal().and_then(|it| web_address(it.trim())).ok_or_else(|| {
        let remedy = "write one such as `https://ntfy.sh/a-topic-of-yours`";
        Trouble::Refused(Fault::operator("the address is no web address", remedy))
    })?;
    let client = client(&url, SILENCE_MAX, Redirects::None).map_err(|err| {
        let what = format!("no connection can be made ({})", told(&err));
        let remedy = "check the system's certificates and the proxy settings in the environment";
        Trouble::Refused(Fault::operator(what, remedy))
    })?;
    let mut request = written(client.post(url.clone()), letter)?;
    if let Some(key) = key.reveal() {
        let value = HeaderValue::from_str(&format!("Bearer {key}"));
        let mut value = value.map_err(|_| {
            let what = "the key has letters that cannot be sent";
            Trouble::Refused(Fault::operator(what, "write the key alone, on one line"))
        })?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    let answer = request.send().map_err(|err| Trouble::Later { why: told(&err), after: None })?;
    judge(answer, &url, key)
}

fn written(request: RequestBuilder, letter: &Letter) -> Result<RequestBuilder, Trouble> {
    Ok(match letter {
        Letter::Ntfy { title, text, priority, tags } => {
            let request = request
                .header("Title", header(title)?)
                .header("Priority", priority.clamp(&1, &5).to_string())
                .header(CONTENT_TYPE, "text/plain; charset=utf-8");
            let request =
                if tags.is_empty() { request } else { request.header("Tags", tags.join(",")) };
            request.body(text.clone())
        }
        Letter::Post { content_type, body } => {
            request.header(CONTENT_TYPE, *content_type).body(body.clone())
        }
    })
}

/// As a header can have it: what is not ASCII is written as RFC 2047 says, which ntfy reads.
fn header(text: &str) -> Result<HeaderValue, Trouble> {
    let plain: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let plain = match plain.is_ascii() {
        true => plain,
        false => format!("=?UTF-8?B?{}?=", STANDARD.encode(plain)),
    };
    let broken = |_| Trouble::Refused(Fault::bug("a title that cannot be sent"));
    HeaderValue::from_str(&plain).map_err(broken)
}

fn judge(answer: Response, url: &Url, key: &Secret) -> Result<(), Trouble> {
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let after = retry_after(answer.headers(), now_unix_ms());
    let why = match reason(answer, url, key) {
        Some(said) => format!("it answers {} ({said})", status.as_u16()),
        None => format!("it answers {}", status.as_u16()),
    };
    let remedy = match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => None,
        status if status.is_server_error() => None,
        status if status.is_redirection() => Some("write the address it really has"),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Some("check its key, and that the key may write there")
        }
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Some("check its address"),
        StatusCode::PAYLOAD_TOO_LARGE => Some("let it take longer messages, or write a template"),
        _ => Some("check its address, and what it wants to be sent (template)"),
    };
    Err(match remedy {
        None => Trouble::Later { why, after },
        Some(remedy) => Trouble::Refused(Fault::operator(why, remedy)),
    })
}

/// What a server says of a message it does not take, without what is secret; `None` where it says nothing for people.
fn reason(answer: Response, url: &Url, key: &Secret) -> Option<String> {
    let told: Value = serde_json::from_slice(&body(answer)).ok()?;
    let fields = ["error", "errorDescription", "message", "description", "detail"];
    let said = fields.iter().find_map(|it| told.get(it)?.as_str())?;
    let mut said = key.taken_out_of(said);
    let parts = url.path_segments().into_iter().flatten().map(str::to_owned);
    let asked = url.query_pairs().map(|it| it.1.into_owned());
    for part in parts.chain(asked).filter(|it| TOPIC_CHARS_MIN <= it.len()) {
        said = said.replace(&part, "...");
    }
    let plain: String = said.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    Some(text::clip(plain.trim(), REASON_CHARS_MAX)).filter(|it| !it.is_empty())
}

/// The beginning of an answer, as far as it comes in time.
fn body(mut answer: Response) -> Vec<u8> {
    let watch = Stopwatch::start();
    let (mut bytes, mut chunk) = (Vec::new(), [0; CHUNK_BYTES]);
    while bytes.len() < ANSWER_BYTES_MAX && watch.elapsed() < ANSWER_TIME_MAX {
        match answer.read(&mut chunk) {
            Ok(0) | Err(_) => break,
            Ok(length) => bytes.extend_from_slice(chunk.get(..length).unwrap_or_default()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_written_as_headers_can_have_them() {
        for (title, written) in [
            ("Kinora: a file waits", "Kinora: a file waits"),
            ("a\r\nTags: b", "a  Tags: b"),
            ("天気", "=?UTF-8?B?5aSp5rCX?="),
        ] {
            assert_eq!(header(title).unwrap(), written);
        }
    }
}
