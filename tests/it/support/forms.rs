//! Forms as HTTP clients send them.

/// What stands between the parts.
pub(crate) const BOUNDARY: &str = "0f2c8a6b7d1e4f53";

/// A form of these parts: name, file name, content. No part tells its type, as Python's requests sends them.
pub(crate) fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, file, content) in parts {
        bytes.extend_from_slice(part_head(name, *file).as_bytes());
        bytes.extend_from_slice(content);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(end().as_bytes());
    bytes
}

/// What stands before the content of a part.
pub(crate) fn part_head(name: &str, file: Option<&str>) -> String {
    let file = file.map(|it| format!("; filename=\"{it}\"")).unwrap_or_default();
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
}

/// What stands behind the last part's line break.
pub(crate) fn end() -> String {
    format!("--{BOUNDARY}--\r\n")
}
