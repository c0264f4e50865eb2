//! Answers against OpenAI's own document, `../shared/data`, where it is there.

use serde_json::{Value, json};
use std::path::Path;
use std::sync::OnceLock;

/// Holds an answer against a schema of the document.
pub(crate) fn check(schema: &str, answer: &Value) {
    let Some(document) = document() else { return };
    let of = format!("#/components/schemas/{schema}");
    let whole = json!({ "components": document["components"], "$ref": of });
    let validator = jsonschema::validator_for(&whole).expect("a schema");
    let faults: Vec<String> =
        validator.iter_errors(answer).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert!(faults.is_empty(), "{schema}: {} in {answer}", faults.join("; "));
}

fn document() -> Option<&'static Value> {
    static DOCUMENT: OnceLock<Option<Value>> = OnceLock::new();
    let read = || {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/openai-openapi-subset.json");
        let text = std::fs::read_to_string(&path).ok();
        if text.is_none() {
            println!("skipped: no {}", path.display());
        }
        text.map(|it| serde_json::from_str(&it).expect("JSON"))
    };
    DOCUMENT.get_or_init(read).as_ref()
}
