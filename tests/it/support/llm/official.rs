//! Requests and answers against the vendors' own documents, `../shared/data`.

use super::asked::Api;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

/// What a document says of one kind of message.
struct Rule {
    validator: Validator,
    /// Names of the fields there are.
    fields: BTreeSet<String>,
}

struct Rules {
    request: Rule,
    whole: Rule,
    piece: Rule,
}

/// How a request breaks the protocol; `None` too where the documents are not here.
pub(crate) fn check_request(api: Api, body: &Value) -> Option<String> {
    let rule = &rules(api)?.request;
    let unknown: Vec<&String> =
        body.as_object()?.keys().filter(|it| !rule.fields.contains(*it)).collect();
    if !unknown.is_empty() {
        return Some(format!("{api:?}: a request has no {unknown:?}"));
    }
    broken(rule, body).map(|it| format!("{api:?}: {it} in {body}"))
}

/// How an answer of ours breaks the protocol: a server that does not keep it proves nothing.
pub(crate) fn check_answer(api: Api, streamed: bool, bytes: &str) -> Option<String> {
    let rules = rules(api)?;
    let rule = if streamed { &rules.piece } else { &rules.whole };
    let pieces = bytes.lines().map(|it| it.strip_prefix("data: ").unwrap_or(it));
    let mut values = pieces.filter_map(|it| serde_json::from_str(it).ok());
    values.find_map(|it: Value| Some(format!("{api:?}: {} in {it}", broken(rule, &it)?)))
}

fn broken(rule: &Rule, body: &Value) -> Option<String> {
    let faults: Vec<String> = rule
        .validator
        .iter_errors(body)
        .map(|it| format!("{}: {it}", it.instance_path()))
        .collect();
    (!faults.is_empty()).then(|| faults.join("; "))
}

fn rules(api: Api) -> Option<&'static Rules> {
    static OPENAI: OnceLock<Option<Rules>> = OnceLock::new();
    static OLLAMA: OnceLock<Option<Rules>> = OnceLock::new();
    match api {
        Api::OpenAi => OPENAI.get_or_init(|| {
            let document: Value =
                serde_json::from_str(&read("openai-openapi-subset.json")?).expect("JSON");
            Some(Rules {
                request: rule(&document, "CreateChatCompletionRequest"),
                whole: rule(&document, "CreateChatCompletionResponse"),
                piece: rule(&document, "CreateChatCompletionStreamResponse"),
            })
        }),
        Api::Ollama => OLLAMA.get_or_init(|| {
            let document: Value =
                serde_saphyr::from_str(&read("ollama-openapi.yaml")?).expect("YAML");
            Some(Rules {
                request: rule(&document, "ChatRequest"),
                whole: rule(&document, "ChatResponse"),
                piece: rule(&document, "ChatStreamEvent"),
            })
        }),
    }
    .as_ref()
}

fn read(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("in part skipped: there is no {}", path.display());
    }
    text
}

/// Fields that Ollama reads and its document does not list.
const UNLISTED: [&str; 2] = ["truncate", "shift"];

/// What an older version of the standard says in a word of its own: it may be `null`.
fn with_nulls(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut fields: serde_json::Map<String, Value> =
                fields.iter().map(|(name, it)| (name.clone(), with_nulls(it))).collect();
            match fields.remove("nullable") {
                Some(Value::Bool(true)) => json!({"anyOf": [fields, {"type": "null"}]}),
                Some(_) | None => Value::Object(fields),
            }
        }
        Value::Array(parts) => parts.iter().map(with_nulls).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

fn rule(document: &Value, name: &str) -> Rule {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/components/schemas/{name}"),
        "components": with_nulls(&document["components"]),
    });
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let mut fields = BTreeSet::from(UNLISTED.map(str::to_owned));
    fields_of(document, &document["components"]["schemas"][name], &mut fields);
    Rule { validator, fields }
}

/// Names of all fields, through references and parts.
fn fields_of(document: &Value, schema: &Value, fields: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next()) {
        fields_of(document, &document["components"]["schemas"][name], fields);
    }
    fields.extend(schema["properties"].as_object().into_iter().flatten().map(|it| it.0.clone()));
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fields_of(document, part, fields);
    }
}
