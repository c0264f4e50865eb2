//! Kinora's own document of its addresses (OpenAPI 3.1), and whether what a server answers is what the document says.

use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "patch", "trace"];
const PROBLEM: &str = "application/problem+json";

/// The document that servers of this build serve.
pub(crate) struct Document {
    json: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// An answer, as it is held against the document.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    /// Such as `GET /status?x=y`.
    pub(crate) request: &'a str,
    pub(crate) status: u16,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) body: &'a str,
}

/// The document, fetched where it was not yet; all servers of a build serve the same.
pub(crate) fn document(fetch: impl FnOnce() -> String) -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| Document::new(&fetch()))
}

impl Document {
    fn new(text: &str) -> Document {
        let json: Value = serde_json::from_str(text).unwrap_or_else(|err| panic!("{err}: {text}"));
        assert!(json["openapi"].as_str().is_some_and(|it| it.starts_with("3.1.")), "{text}");
        Document { json, validators: Mutex::default() }
    }

    /// All of it.
    pub(crate) fn json(&self) -> &Value {
        &self.json
    }

    /// Every operation: its method in capitals, its path, what is said of it.
    pub(crate) fn operations(&self) -> Vec<(String, &str, &Value)> {
        let paths = self.json["paths"].as_object().unwrap();
        let mut all = Vec::new();
        for (path, item) in paths {
            for method in METHODS {
                if let Some(operation) = item.get(method) {
                    all.push((method.to_uppercase(), path.as_str(), operation));
                }
            }
        }
        all
    }

    /// Panics where that is no answer of the document.
    pub(crate) fn check(&self, answer: &Answered<'_>) {
        if let Err(wrong) = self.judge(answer) {
            panic!("{}: {wrong}: {answer:?}", answer.request);
        }
    }

    /// Panics where that is not of this schema of the document.
    pub(crate) fn check_schema(&self, name: &str, value: &Value) {
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        if let Err(wrong) = self.valid(name, &schema, value) {
            panic!("{name}: {wrong}: {value}");
        }
    }

    fn judge(&self, answer: &Answered<'_>) -> Result<(), String> {
        let kind = answer.content_type.map(|it| it.split(';').next().unwrap_or(it).trim());
        let refused = matches!(answer.status, 400 | 414 | 431);
        if kind.is_none() && answer.body.is_empty() && refused {
            // No HTTP at all, or a head too large: turned away before any address is known.
            return Ok(());
        }
        let (method, target) = answer.request.split_once(' ').ok_or("no request")?;
        let path = target.split('?').next().unwrap_or(target);
        let is_head = method == "HEAD";
        let method = if is_head { "get".to_owned() } else { method.to_lowercase() };
        let item = self.item(path);
        let Some((template, operation)) =
            item.and_then(|(template, item)| Some((template, item.get(&method)?)))
        else {
            let expected: &[u16] = if item.is_some() { &[401, 403, 405] } else { &[401, 403, 404] };
            // What stands in the way of any request, whatever its address.
            let anywhere = [400, 408, 413, 429].contains(&answer.status);
            if !expected.contains(&answer.status) && !anywhere {
                return Err("the document does not know it".to_owned());
            }
            return self.is_problem(kind, answer.body, is_head);
        };
        let known = &operation["responses"][answer.status.to_string()];
        let known = known["$ref"].as_str().map_or(Some(known), |it| self.at(it));
        let known = known.filter(|it| it.is_object()).ok_or("the status is not in the document")?;
        let content = known["content"].as_object();
        let Some(content) = content else {
            let empty = answer.body.is_empty();
            return if empty { Ok(()) } else { Err("it has a body".to_owned()) };
        };
        let kind = kind.ok_or("it has no content type")?;
        let media = content.get(kind).ok_or_else(|| format!("{kind} is not in the document"))?;
        if is_head || !(kind.ends_with("/json") || kind.ends_with("+json")) {
            return Ok(());
        }
        let value = serde_json::from_str(answer.body).map_err(|err| err.to_string())?;
        let key = format!("{method} {template} {} {kind}", answer.status);
        self.valid(&key, &media["schema"], &value)
    }

    fn is_problem(&self, kind: Option<&str>, body: &str, is_head: bool) -> Result<(), String> {
        if kind != Some(PROBLEM) {
            return Err(format!("it is {kind:?}"));
        }
        if is_head {
            return Ok(());
        }
        let value = serde_json::from_str(body).map_err(|err| err.to_string())?;
        self.valid("Problem", &json!({ "$ref": "#/components/schemas/Problem" }), &value)
    }

    /// The path of the document that this one is meant by, with what is said of it; words go before places for them.
    fn item(&self, path: &str) -> Option<(&str, &Value)> {
        let paths = self.json["paths"].as_object().unwrap();
        let is_place = |it: &str| it.starts_with('{');
        let fits = |template: &str| {
            let (mut wanted, mut given) = (template.split('/'), path.split('/'));
            loop {
                match (wanted.next(), given.next()) {
                    (None, None) => return true,
                    (Some(word), Some(it)) if word == it || (is_place(word) && !it.is_empty()) => {}
                    _ => return false,
                }
            }
        };
        let fitting = paths.iter().filter(|(template, _)| fits(template));
        let best = fitting.min_by_key(|(template, _)| template.matches('{').count());
        best.map(|(template, item)| (template.as_str(), item))
    }

    fn at(&self, reference: &str) -> Option<&Value> {
        self.json.pointer(reference.strip_prefix('#')?)
    }

    fn valid(&self, key: &str, schema: &Value, value: &Value) -> Result<(), String> {
        let known = self.validators.lock().unwrap().get(key).cloned();
        let validator = known.unwrap_or_else(|| {
            let whole = json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "components": self.json["components"],
                "allOf": [schema],
            });
            let made = jsonschema::validator_for(&whole);
            let made = Arc::new(made.unwrap_or_else(|err| panic!("{key}: {err}: {schema}")));
            self.validators.lock().unwrap().insert(key.to_owned(), Arc::clone(&made));
            made
        });
        let wrong: Vec<String> = validator
            .iter_errors(value)
            .map(|it| format!("{it} at {}", it.instance_path()))
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}
