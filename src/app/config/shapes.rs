//! What values look like, for the schema that editors read. It refuses less than the reading does, and never more.

use super::names::{LABEL_CHARS_MAX, LABEL_NEVER};
use super::span::{self, Span};
use crate::domain::jellyfin::label::Ver;
use crate::engines::models::DEFAULT_MODEL;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// The range of a length of time: two texts in the words of [`Span`].
pub(super) const RANGE: &str = "x-range";

const HOURS: &str = "^ *([A-Za-z, -]+ )?[0-9]{1,2}:[0-9]{2} *- *[0-9]{1,2}:[0-9]{2} *$";
const LANES: &str = "^(cpu|ffmpeg|net|disk|gpu[0-9]+)$";

fn text(pattern: &str) -> Schema {
    json_schema!({ "type": "string", "pattern": pattern })
}

fn texts(pattern: &str) -> Schema {
    json_schema!({ "type": "array", "items": text(pattern) })
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Span<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Span{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9.]+ *(ms|s|m|h|d)$",
            RANGE: [span::shown(MIN), span::shown(MAX)],
        })
    }
}

/// A language, or `auto`.
pub(super) fn lang(_: &mut SchemaGenerator) -> Schema {
    text("^ *[A-Za-z]")
}

/// Languages.
pub(super) fn langs(from: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": lang(from) })
}

/// An absolute path.
pub(super) fn absolute(_: &mut SchemaGenerator) -> Schema {
    text("^/")
}

/// An absolute path, or nothing.
pub(super) fn absolute_or_none(_: &mut SchemaGenerator) -> Schema {
    text("^(/|$)")
}

/// A web address.
pub(super) fn url(_: &mut SchemaGenerator) -> Schema {
    text("^ *[Hh][Tt][Tt][Pp][Ss]?:")
}

/// A key.
pub(super) fn secret(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1 })
}

/// The name of an environment variable.
pub(super) fn variable(_: &mut SchemaGenerator) -> Schema {
    text("^[A-Za-z0-9_]+$")
}

/// A name in small letters.
pub(super) fn name(_: &mut SchemaGenerator) -> Schema {
    text("^[a-z0-9_-]{1,40}$")
}

/// A word in names of files.
pub(super) fn label(_: &mut SchemaGenerator) -> Schema {
    let never = LABEL_NEVER.replace('\\', "\\\\");
    json_schema!({
        "type": "string",
        "pattern": format!("^[^{never}]*$"),
        "maxLength": LABEL_CHARS_MAX,
    })
}

/// A version of Jellyfin.
pub(super) fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "examples": Ver::ALL.map(Ver::word) })
}

/// Patterns of paths.
pub(super) fn globs(_: &mut SchemaGenerator) -> Schema {
    texts("^[^/]")
}

/// Hours, as a list, or one alone as text.
pub(super) fn hours(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [text(HOURS), texts(HOURS)] })
}

/// Hours of lanes.
pub(super) fn lanes(from: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "patternProperties": { LANES: hours(from) },
        "additionalProperties": false,
    })
}

/// Which GPUs are used.
pub(super) fn gpus(_: &mut SchemaGenerator) -> Schema {
    let many = json_schema!({
        "type": "array",
        "items": text("^gpu[0-9]+$"),
        "minItems": 1,
        "uniqueItems": true,
    });
    json_schema!({ "anyOf": [text("^(auto|none|gpu[0-9]+)$"), many] })
}

/// An address with its port.
pub(super) fn address(_: &mut SchemaGenerator) -> Schema {
    text("^(\\[[0-9A-Fa-f:.%]+\\]|[0-9.]+):[0-9]{1,5}$")
}

/// Names of hosts.
pub(super) fn hosts(_: &mut SchemaGenerator) -> Schema {
    texts("^[^/ ]+$")
}

/// Networks, or single machines.
pub(super) fn networks(_: &mut SchemaGenerator) -> Schema {
    texts("^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$")
}

/// A name of a file, or nothing.
pub(super) fn file_name(_: &mut SchemaGenerator) -> Schema {
    text("^[^/]*$")
}

/// A time of day, or nothing.
pub(super) fn daily(_: &mut SchemaGenerator) -> Schema {
    text("^ *([0-9]{1,2}:[0-9]{2} *)?$")
}

/// A size: a number of MiB, or text with its unit.
pub(super) fn mib<const MIN: i64, const MAX: i64>(_: &mut SchemaGenerator) -> Schema {
    let number = json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX });
    json_schema!({ "anyOf": [number, text("^[0-9]+ *(MiB|GiB|TiB)$")] })
}

/// The name of a model.
pub(super) fn model(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1, "examples": [DEFAULT_MODEL] })
}
