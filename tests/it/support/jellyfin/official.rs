//! Requests and answers, held against the official documents in `../shared/data`.

use super::answers::Reply;
use super::wire::Request;
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

/// What stands in an address in the place of a name of its pattern.
type Placed = Vec<(String, String)>;

const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

struct Document {
    paths: Value,
    schemas: Map<String, Value>,
    /// Made when they are needed, by the text of the schema.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

static DOCUMENTS: LazyLock<BTreeMap<&str, Option<Document>>> = LazyLock::new(|| {
    ["10.10.7", "10.11.11", "12.0.0"].into_iter().map(|it| (it, Document::read(it))).collect()
});

fn document(version: &str) -> Option<&'static Document> {
    let name = match version {
        it if it.starts_with("10.9.") || it.starts_with("10.10.") => "10.10.7",
        it if it.starts_with("10.") => "10.11.11",
        _ => "12.0.0",
    };
    DOCUMENTS[name].as_ref()
}

/// Reads the document before anybody waits for an answer.
pub(crate) fn get_ready(version: &str) {
    let _ = document(version);
}

/// What the document of this version has against a request; nothing where it is not here.
pub(crate) fn check_request(version: &str, request: &Request) -> Vec<String> {
    let Some(document) = document(version) else { return Vec::new() };
    let line = format!("{version}: {} {}", request.method, request.target());
    let told = |wrong: Vec<String>| wrong.into_iter().map(|it| format!("{line}: {it}")).collect();
    let (operation, path) = match document.operation(request) {
        Ok(found) => found,
        Err(why) => return vec![format!("{line}: {why}")],
    };
    let mut wrong = document.wrong_parameters(operation, &path, request);
    wrong.extend(document.wrong_body(operation, request));
    let wants_key = operation["security"].as_array().is_some_and(|it| !it.is_empty());
    let scheme = request.header("authorization").and_then(|it| it.split(' ').next());
    if wants_key && scheme != Some("MediaBrowser") {
        wrong.push(format!("Authorization of the scheme {scheme:?}"));
    }
    told(wrong)
}

/// What it has against an answer of ours: a server that does not keep it proves nothing.
pub(crate) fn check_answer(version: &str, request: &Request, reply: &Reply) -> Vec<String> {
    let Some(document) = document(version) else { return Vec::new() };
    let Ok((operation, _)) = document.operation(request) else { return Vec::new() };
    let schema =
        &operation["responses"][reply.status.to_string()]["content"]["application/json"]["schema"];
    if schema.is_null() || reply.status != 200 {
        return Vec::new();
    }
    let body: Value = serde_json::from_slice(&reply.body).expect("an answer of JSON");
    let wrong = document.complaints(schema, &body, false);
    wrong.into_iter().map(|it| format!("answer to {}: {it}", request.target())).collect()
}

impl Document {
    fn read(version: &str) -> Option<Document> {
        let name = format!("../shared/data/jellyfin-openapi-{version}.json");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("skipped: requests are not checked, {} is not there", path.display());
            return None;
        };
        let mut document: Value = serde_json::from_str(&text).expect("JSON");
        plain_nulls(&mut document);
        let schemas = document["components"]["schemas"].as_object().expect("schemas").clone();
        Some(Document { paths: document["paths"].take(), schemas, validators: Mutex::default() })
    }

    /// The operation of a request, and the values of its path.
    fn operation(&self, request: &Request) -> Result<(&Value, Placed), String> {
        let parts: Vec<&str> = request.path.split('/').collect();
        let mut best: Option<(&Value, Vec<(String, String)>)> = None;
        for (template, operations) in self.paths.as_object().expect("paths") {
            let wanted: Vec<&str> = template.split('/').collect();
            let mut values = Vec::new();
            let fits = wanted.len() == parts.len()
                && wanted.iter().zip(&parts).all(|(wanted, part)| {
                    let name = wanted.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
                    name.map(|it| values.push((it.to_owned(), (*part).to_owned()))).is_some()
                        || wanted == part
                });
            // One with fewer wildcards is meant.
            if fits && best.as_ref().is_none_or(|it| values.len() < it.1.len()) {
                best = Some((operations, values));
            }
        }
        let (operations, values) = best.ok_or("there is no such path")?;
        let method = request.method.to_lowercase();
        assert!(METHODS.contains(&method.as_str()), "{method}");
        let operation = operations.get(&method).ok_or("the path has no such method")?;
        Ok((operation, values))
    }

    fn wrong_parameters(
        &self,
        operation: &Value,
        path: &[(String, String)],
        request: &Request,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        let known: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
        let sent =
            |place: &str| if place == "path" { path.to_vec() } else { request.query.clone() };
        for (place, pairs) in [("path", sent("path")), ("query", sent("query"))] {
            let of_place: Vec<&&Value> = known.iter().filter(|it| it["in"] == place).collect();
            let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (name, value) in &pairs {
                by_name.entry(name).or_default().push(value);
            }
            for (name, values) in &by_name {
                match of_place.iter().find(|it| it["name"] == *name) {
                    Some(rule) => wrong.extend(
                        self.wrong_values(&rule["schema"], values)
                            .into_iter()
                            .map(|it| format!("{name}: {it}")),
                    ),
                    None => wrong.push(format!("{name} is no parameter in the {place}")),
                }
            }
            let is_missing = |it: &&&&Value| {
                it["required"] == true
                    && !by_name.contains_key(it["name"].as_str().unwrap_or_default())
            };
            wrong.extend(
                of_place.iter().filter(is_missing).map(|it| format!("{} is missing", it["name"])),
            );
        }
        wrong
    }

    /// Texts of the query or the path, read as their schema wants them; lists repeat their key.
    fn wrong_values(&self, schema: &Value, values: &[&str]) -> Vec<String> {
        // One that may be null is none in an address.
        let schema = schema["anyOf"].get(1).unwrap_or(schema);
        if schema["type"] == "array" {
            let list = values.iter().map(|it| self.typed(&schema["items"], it)).collect();
            return self.complaints(schema, &Value::Array(list), true);
        }
        match values {
            [value] => self.complaints(schema, &self.typed(schema, value), true),
            _ => vec!["it is no list, and there twice".to_owned()],
        }
    }

    fn typed(&self, schema: &Value, text: &str) -> Value {
        let text_value = || json!(text);
        match schema["type"].as_str() {
            Some("integer") => text.parse::<i64>().map_or_else(|_| text_value(), |it| json!(it)),
            Some("number") => text.parse::<f64>().map_or_else(|_| text_value(), |it| json!(it)),
            Some("boolean") => text.parse::<bool>().map_or_else(|_| text_value(), |it| json!(it)),
            _ => text_value(),
        }
    }

    fn wrong_body(&self, operation: &Value, request: &Request) -> Vec<String> {
        let rule = &operation["requestBody"];
        if rule.is_null() {
            let wrong = (!request.body.is_empty()).then(|| "it takes no body".to_owned());
            return wrong.into_iter().collect();
        }
        if request.body.is_empty() {
            let wrong = (rule["required"] == true).then(|| "its body is missing".to_owned());
            return wrong.into_iter().collect();
        }
        let kind = request.header("content-type").unwrap_or_default();
        let schema = &rule["content"][kind]["schema"];
        if schema.is_null() {
            return vec![format!("a body of the type `{kind}`")];
        }
        match serde_json::from_slice(&request.body) {
            Ok(body) => self.complaints(schema, &body, true),
            Err(err) => vec![format!("a body that is no JSON: {err}")],
        }
    }

    /// What a schema has against a value. Ids of answers have no dashes, so formats are not for them.
    fn complaints(&self, schema: &Value, value: &Value, formats: bool) -> Vec<String> {
        let key = format!("{formats} {schema}");
        let mut validators = self.validators.lock().expect("no panic");
        let validator =
            validators.entry(key).or_insert_with(|| Arc::new(self.validator(schema, formats)));
        let validator = Arc::clone(validator);
        drop(validators);
        let errors = validator.iter_errors(value);
        errors.map(|it| format!("{} {it}", it.instance_path())).collect()
    }

    /// With the schemas that this one needs, and no others: there are hundreds.
    fn validator(&self, schema: &Value, formats: bool) -> Validator {
        let mut needed: BTreeMap<String, Value> = BTreeMap::new();
        let mut open = Vec::new();
        references(schema, &mut open);
        while let Some(name) = open.pop() {
            if let Entry::Vacant(place) = needed.entry(name) {
                let found = self.schemas[place.key()].clone();
                references(&found, &mut open);
                place.insert(found);
            }
        }
        let whole = json!({ "allOf": [schema], "components": { "schemas": needed } });
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft4);
        // Of the formats only this one matters; in the document it has dashes.
        let options = options.should_validate_formats(formats).with_format("uuid", is_uuid);
        options.build(&whole).expect("a schema")
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|it| it == b'-' || it.is_ascii_hexdigit())
}

fn references(schema: &Value, open: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            let name = map.get("$ref").and_then(Value::as_str);
            open.extend(
                name.and_then(|it| it.strip_prefix("#/components/schemas/")).map(str::to_owned),
            );
            map.values().for_each(|it| references(it, open));
        }
        Value::Array(list) => list.iter().for_each(|it| references(it, open)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

/// `nullable: true` of OpenAPI 3.0, which JSON Schema does not know, becomes a choice.
fn plain_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(plain_nulls);
            if map.get("nullable") == Some(&Value::Bool(true)) {
                map.remove("nullable");
                let inner = Value::Object(std::mem::take(map));
                map.insert("anyOf".to_owned(), json!([{ "type": "null" }, inner]));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(plain_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

#[test]
fn the_documents_see_what_is_wrong() {
    let id = "01234567-89ab-cdef-0123-456789abcdef";
    let asked = |method: &str, target: &str, body: &str| {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs = query.split('&').filter_map(|it| it.split_once('='));
        let headers =
            [("authorization", "MediaBrowser Token=\"x\""), ("content-type", "application/json")];
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            headers: headers.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect(),
            body: body.as_bytes().to_vec(),
        }
    };
    let upload = |body: &str| asked("POST", &format!("/Videos/{id}/Subtitles"), body);
    let fine = r#"{"Language":"zho","Format":"srt","IsForced":false,"IsHearingImpaired":false,"Data":"QQ=="}"#;
    for version in super::VERSIONS {
        if document(version).is_none() {
            return;
        }
        let good = [
            asked(
                "GET",
                &format!("/Items?recursive=true&ids={id}&fields=Path&fields=MediaStreams"),
                "",
            ),
            asked("POST", &format!("/Items/{id}/Refresh?metadataRefreshMode=Default"), ""),
            asked("DELETE", &format!("/Videos/{id}/Subtitles/3"), ""),
            upload(fine),
        ];
        for request in good {
            assert_eq!(check_request(version, &request), Vec::<String>::new());
        }
        let bad = [
            asked("GET", "/Items?fields=Path,MediaStreams", ""),
            asked("GET", "/Items?Recursive=true", ""),
            asked("GET", "/Items?recursive=yes", ""),
            asked("GET", "/Items?limit=many", ""),
            asked("GET", "/Items?limit=1&limit=2", ""),
            asked("GET", "/Items?ids=17", ""),
            asked("GET", "/Items?includeItemTypes=Film", ""),
            asked("GET", "/Films", ""),
            asked("GET", "/items", ""),
            asked("POST", "/Items", ""),
            asked("GET", "/Sessions?x=1", ""),
            asked("POST", &format!("/Items/{id}/Refresh?metadataRefreshMode=Some"), ""),
            asked("DELETE", &format!("/Videos/{id}/Subtitles/first"), ""),
            asked("DELETE", &format!("/Videos/{id}/Subtitles/3"), "{}"),
            upload(""),
            upload("{"),
            upload(&fine.replace("IsForced", "isForced")),
            upload(&fine.replace("\"IsForced\":false,", "")),
            upload(&fine.replace('{', "{\"Title\":\"x\",")),
            upload(&fine.replace("false", "\"false\"")),
            Request { headers: Vec::new(), ..asked("GET", "/Sessions", "") },
        ];
        for request in bad {
            let wrong = check_request(version, &request);
            assert_ne!(
                wrong,
                Vec::<String>::new(),
                "{version}: {} {}",
                request.method,
                request.target()
            );
        }
    }
}
