//! Values by name, whatever the case they are written in; fished out of the text where it is no JSON.

use super::super::jellyfin::ItemId;
use serde_json::Value;

/// No name is longer.
const NAME_BYTES_MAX: usize = 64;

/// An object; `None` for anything else.
pub(super) fn object(content: &str) -> Option<Value> {
    serde_json::from_str(content).ok().filter(Value::is_object)
}

/// The value of a name, in an object or in one below it; `None` for nulls and what is not there.
pub(super) fn value<'a>(of: &'a Value, names: &[&str]) -> Option<&'a Value> {
    let found = names.iter().try_fold(of, |of, name| {
        let mut fields = of.as_object()?.iter();
        fields.find(|it| same(it.0, name)).map(|it| it.1)
    });
    found.filter(|it| !it.is_null())
}

/// Text that is not empty, or a number as text.
pub(super) fn text(of: &Value, names: &[&str]) -> Option<String> {
    let text = match value(of, names)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(text).filter(|it| !it.is_empty())
}

/// A list's values; none where there is no list.
pub(super) fn list<'a>(of: &'a Value, names: &[&str]) -> &'a [Value] {
    value(of, names).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// One name, however it is written: `ItemId`, `itemId`, `item_id`.
pub(super) fn same(one: &str, other: &str) -> bool {
    let letters = |it: &str| {
        let plain: Vec<u8> = it.bytes().filter(u8::is_ascii_alphanumeric).collect();
        plain.to_ascii_lowercase()
    };
    one.len() <= NAME_BYTES_MAX && letters(one) == letters(other)
}

/// The value of a name in what should be JSON and is not.
pub(super) fn fished<'a>(content: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = content;
    while let Some((_, after)) = rest.split_once('"') {
        let (word, behind) = after.split_once('"')?;
        if same(word, name)
            && let Some(value) = behind.trim_start().strip_prefix(':')
        {
            let value = value.trim_start();
            let value = value.strip_prefix('"').unwrap_or(value);
            let value = value.split(['"', ',', '}', '\n', '\\']).next().unwrap_or_default().trim();
            return Some(value).filter(|it| !it.is_empty());
        }
        // The quote that ends this word may begin the next one: in broken text nobody knows.
        rest = after;
    }
    None
}

/// The item of an address of Jellyfin's pages or pictures in a text.
pub(super) fn item_in_address(content: &str) -> Option<ItemId> {
    let lower = content.to_ascii_lowercase();
    ["/items/", "items/", "details?id=", "&id="].iter().find_map(|before| {
        lower.match_indices(before).find_map(|(at, _)| {
            let rest = &lower[at + before.len()..];
            let end = rest.find(|it: char| !it.is_ascii_hexdigit() && it != '-');
            ItemId::parse(&rest[..end.unwrap_or(rest.len())])
        })
    })
}
