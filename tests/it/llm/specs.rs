//! What Kinora sends, held against the specifications of those it sends it to; where they are at hand.

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

/// Beside what the specification of Ollama has: in its source and change log only (PROTOCOLS.md section 4).
const OLLAMA_MORE: [&str; 2] = ["truncate", "shift"];

struct Spec {
    validator: Validator,
    fields: BTreeSet<String>,
}

static OPENAI_CHAT: LazyLock<Option<Spec>> = LazyLock::new(|| {
    let text = read("openai-openapi-subset.json")?;
    Some(spec(serde_json::from_str(&text).unwrap(), "CreateChatCompletionRequest", &[]))
});
static OLLAMA: LazyLock<Option<[Spec; 3]>> = LazyLock::new(|| {
    let text = read("ollama-openapi.yaml")?;
    let document: Value = serde_saphyr::from_str(&text).unwrap();
    let of = |name, more: &[&str]| spec(document.clone(), name, more);
    let chat = of("ChatRequest", &OLLAMA_MORE);
    Some([chat, of("PullRequest", &[]), of("ShowRequest", &[])])
});

fn read(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: {} is not there", path.display());
    }
    text
}

fn spec(document: Value, name: &str, more: &[&str]) -> Spec {
    let components = document["components"].clone();
    let root = json!({"$ref": format!("#/components/schemas/{name}")});
    let mut fields: BTreeSet<String> = more.iter().map(|it| (*it).to_owned()).collect();
    collect(&root, &components, &mut fields);
    let schema = json!({"$ref": root["$ref"], "components": components});
    Spec { validator: jsonschema::validator_for(&schema).unwrap(), fields }
}

/// The names of all fields: the specifications allow others, Kinora does not.
fn collect(schema: &Value, components: &Value, fields: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|it| it.strip_prefix("#/components")) {
        collect(&components.pointer(name).unwrap().clone(), components, fields);
    }
    let none = Map::new();
    fields.extend(schema["properties"].as_object().unwrap_or(&none).keys().cloned());
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect(part, components, fields);
    }
}

/// What the specification has against a request.
pub(super) fn complaints(line: &str, body: &Value) -> Vec<String> {
    let spec = match line {
        "POST /v1/chat/completions" => OPENAI_CHAT.as_ref(),
        "POST /api/chat" => OLLAMA.as_ref().map(|it| &it[0]),
        "POST /api/pull" => OLLAMA.as_ref().map(|it| &it[1]),
        "POST /api/show" => OLLAMA.as_ref().map(|it| &it[2]),
        "GET /v1/models" | "GET /api/tags" => None,
        _ => return vec![format!("{line} is no known address")],
    };
    let Some(spec) = spec else { return Vec::new() };
    let wrong = spec.validator.iter_errors(body).map(|it| format!("{line}: {it}"));
    let strange = body.as_object().unwrap().keys().filter(|it| !spec.fields.contains(*it));
    wrong.chain(strange.map(|it| format!("{line}: {it} is no known field"))).collect()
}

#[test]
fn the_specifications_see_what_is_wrong() {
    let (chat, line) = ("POST /v1/chat/completions", "POST /api/chat");
    let good = json!({"model": "x", "messages": [{"role": "user", "content": "x"}]});
    assert_eq!(complaints(chat, &good), Vec::<String>::new());
    assert_eq!(complaints(line, &good), Vec::<String>::new());
    if OPENAI_CHAT.is_some() {
        for wrong in [
            json!({"model": "x", "messages": []}),
            json!({"model": "x", "messages": good["messages"], "max_token": 5}),
            json!({"model": "x", "messages": good["messages"], "seed": "1"}),
            json!({"model": "x", "messages": good["messages"],
                "response_format": {"type": "json_schema"}}),
        ] {
            assert_ne!(complaints(chat, &wrong), Vec::<String>::new(), "{wrong}");
        }
    }
    if OLLAMA.is_some() {
        let wrong = json!({"model": "x", "messages": good["messages"], "options": {"seed": "1"}});
        assert_ne!(complaints(line, &wrong), Vec::<String>::new());
    }
}
