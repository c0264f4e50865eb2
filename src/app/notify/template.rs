//! What an owner wants to be sent: a template over the fields of a message. Templates come from the owner, and mistakes
//! happen: what runs too long, grows too large or names what is not there is told, and harms nothing.

use super::message::Message;
use crate::domain::fault::Fault;
use crate::engines::notify::Letter;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};
use std::io;

/// Steps a template may take, some for each thing it writes.
const STEPS_MAX: u64 = 100_000;
/// Bytes it may write.
const BYTES_MAX: usize = 64 * 1024;
/// How deep it may call itself.
const DEPTH_MAX: usize = 20;
pub(super) const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// What a template makes of a message: JSON where it is that, otherwise text.
///
/// # Errors
/// What is wrong with it, and where.
pub(super) fn render(template: &str, message: &Message) -> Result<Letter, Fault> {
    let body = rendered(template, message).map_err(|why| {
        let remedy = "correct it, or leave it out to send JSON";
        Fault::operator(format!("the template cannot be used: {why}"), remedy)
    })?;
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&body).is_ok();
    Ok(Letter::Post { content_type: if is_json { JSON } else { TEXT }, body })
}

/// Tries a template on a message with something in every field.
///
/// # Errors
/// What is wrong with it, and where.
pub(in crate::app) fn check(template: &str) -> Result<(), String> {
    rendered(template, &Message::sample()).map(drop)
}

fn rendered(template: &str, message: &Message) -> Result<String, String> {
    let mut place = Environment::new();
    place.set_undefined_behavior(UndefinedBehavior::Strict);
    place.set_fuel(Some(STEPS_MAX));
    place.set_recursion_limit(DEPTH_MAX);
    place.add_filter("tojson", to_json);
    let template = place.template_from_str(template).map_err(|it| told(&it))?;
    let mut page = Page(Vec::new());
    let fields = Value::from_serialize(message.json());
    match template.render_captured_to(fields, &mut page) {
        Ok(_) => String::from_utf8(page.0).map_err(|_| "it writes no text".to_owned()),
        Err(_) if page.is_full() => Err(format!("it writes more than {BYTES_MAX} bytes")),
        Err(err) => Err(told(&err)),
    }
}

/// As JSON: a text with its quotes.
fn to_json(value: &Value) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|err| Error::new(ErrorKind::BadSerialization, err.to_string()))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's enum is open")]
fn told(err: &Error) -> String {
    let what = match err.kind() {
        ErrorKind::UndefinedError => {
            "it names what no message has; there are title, text, priority, at, kinds, events, more, batch and version"
                .to_owned()
        }
        ErrorKind::OutOfFuel => format!("it takes more than {STEPS_MAX} steps"),
        kind => err.detail().map_or_else(|| kind.to_string(), str::to_owned),
    };
    err.line().map_or_else(|| what.clone(), |line| format!("line {line}: {what}"))
}

/// What is written, up to a limit.
struct Page(Vec<u8>);

impl Page {
    fn is_full(&self) -> bool {
        BYTES_MAX < self.0.len()
    }
}

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        if self.is_full() {
            return Err(io::Error::other("too much"));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(template: &str) -> (&'static str, String) {
        match render(template, &Message::sample()) {
            Ok(Letter::Post { content_type, body }) => (content_type, body),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn templates_of_known_programs_make_what_these_take() {
        for (template, expected) in [
            // Discord.
            (r#"{"content": {{ (title ~ "\n" ~ text)|tojson }}}"#, "content"),
            // Slack.
            (r#"{"text": {{ text|tojson }}}"#, "text"),
            // Gotify.
            (
                r#"{"title": {{ title|tojson }}, "message": {{ text|tojson }}, "priority": {{ priority * 2 }}}"#,
                "message",
            ),
            // Telegram.
            (r#"{"chat_id": "-100", "text": {{ (title ~ "\n" ~ text)|tojson }}}"#, "chat_id"),
        ] {
            let (content_type, body) = body(template);
            assert_eq!(content_type, JSON, "{body}");
            let told: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert!(told[expected].is_string(), "{body}");
        }
        let (content_type, text) =
            body("{% for it in events %}{{ it.kind }} {{ it.path }} {{ it.job }}{% endfor %}");
        assert_eq!((content_type, text.as_str()), (TEXT, "parked /films/A film.mkv 1"));
    }

    #[test]
    fn a_template_that_is_wrong_is_told_and_one_that_never_ends_does() {
        let forever =
            "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
        let large = "{% for a in range(2000) %}{{ 'x' * 100 }}{% endfor %}";
        for (template, told) in [
            ("{{ tittle }}", "line 1: it names what no message has; there are title, text"),
            ("\n{{ events[0].paths }}", "line 2: it names what no message has"),
            ("{{ title|nofilter }}", "line 1: filter nofilter is unknown"),
            ("{% for it in events %}", "line 1: "),
            (forever, "it takes more than 100000 steps"),
            (large, "it writes more than 65536 bytes"),
            ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "line 1: "),
            ("{{ title.x.y }}", "line 1: "),
        ] {
            let why = check(template).expect_err(template);
            assert!(why.contains(told), "{template}: {why}");
        }
    }
}
