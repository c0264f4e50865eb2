//! What a client asks for, read from its request as a model would read it: from the words of the prompt.

use super::said::Pair;
use super::tongue;
use serde_json::Value;

/// Whose protocol a request speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// OpenAI's.
    OpenAi,
    /// Ollama's own.
    Ollama,
}

/// What the server is told about the shape of its answer, beside the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// A JSON schema.
    Schema,
    /// That it is JSON.
    Object,
    /// Nothing.
    Nothing,
}

/// The shape of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A text for each number.
    Numbered,
    /// The first words of the source, and a text, for each number.
    Echoed,
    /// One text.
    Plain,
    /// What a work is about, and its terms.
    Terms,
}

/// A request to translate.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Whose protocol it speaks.
    pub(crate) api: Api,
    /// The answer is wanted piece by piece.
    pub(crate) streamed: bool,
    /// What the server is told.
    pub(crate) told: Told,
    /// The answer's shape.
    pub(crate) form: Form,
    /// All that is said to the model: the stable part, then the rest.
    pub(crate) prompt: String,
    /// Numbers and sources.
    pub(crate) lines: Vec<(u16, String)>,
    /// The number of this request, from nought.
    pub(crate) nth: usize,
    /// So many requests had the same lines before it.
    pub(crate) again: usize,
    /// Where the schema and the prompt do not agree.
    pub(crate) broken: Vec<String>,
}

impl Asked {
    /// Reads the body of a chat request.
    pub(crate) fn read(api: Api, body: &Value) -> Asked {
        let said = |role: &str| {
            let messages = body["messages"].as_array().into_iter().flatten();
            let of_role = messages.filter(|it| it["role"] == role);
            of_role.filter_map(|it| it["content"].as_str()).collect::<Vec<_>>().join("\n")
        };
        let (system, user) = (said("system"), said("user"));
        let format = match api {
            Api::OpenAi => &body["response_format"],
            Api::Ollama => &body["format"],
        };
        let (told, schema) = match api {
            Api::OpenAi if format["type"] == "json_schema" => {
                (Told::Schema, &format["json_schema"]["schema"])
            }
            Api::OpenAi if format["type"] == "json_object" => (Told::Object, &Value::Null),
            Api::Ollama if format.is_object() => (Told::Schema, format),
            Api::Ollama if format == "json" => (Told::Object, &Value::Null),
            Api::OpenAi | Api::Ollama => (Told::Nothing, &Value::Null),
        };
        let (form, lines) = form_and_lines(&user);
        let mut broken = Vec::new();
        if told == Told::Schema && !agrees(schema, form, &lines) {
            broken.push(format!("schema {schema} and prompt {user}"));
        }
        let streamed = body["stream"].as_bool().unwrap_or(api == Api::Ollama);
        let prompt = format!("{system}\n{user}");
        Asked { api, streamed, told, form, prompt, lines, nth: 0, again: 0, broken }
    }

    /// The lines with their right translations.
    pub(crate) fn pairs(&self) -> Vec<Pair> {
        let pairs = self.lines.iter();
        pairs
            .map(|(number, source)| Pair::new(*number, source, &tongue::translate(source)))
            .collect()
    }
}

/// The shape that the prompt asks for, and its lines.
fn form_and_lines(user: &str) -> (Form, Vec<(u16, String)>) {
    let object = user.lines().rev().find_map(|line| {
        let numbered: serde_json::Map<String, Value> = serde_json::from_str(line.trim()).ok()?;
        let pairs = numbered
            .iter()
            .map(|(number, text)| Some((number.parse().ok()?, text.as_str()?.to_owned())));
        let mut lines: Vec<(u16, String)> = pairs.collect::<Option<_>>()?;
        lines.sort_by_key(|(number, _)| *number);
        Some(lines)
    });
    let echoed = user.contains("{\"s\":");
    match object {
        Some(lines) if echoed => (Form::Echoed, lines),
        Some(lines) => (Form::Numbered, lines),
        None if user.contains("synopsis") => (Form::Terms, Vec::new()),
        None => {
            let last = user.lines().last().unwrap_or_default();
            (Form::Plain, vec![(1, last.to_owned())])
        }
    }
}

/// Does the schema ask for just the numbers that the prompt has, and nothing else?
fn agrees(schema: &Value, form: Form, lines: &[(u16, String)]) -> bool {
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut required: Vec<u16> = required.filter_map(|it| it.parse().ok()).collect();
    required.sort_unstable();
    let numbers: Vec<u16> = lines.iter().map(|(number, _)| *number).collect();
    let fits = match form {
        Form::Numbered | Form::Echoed => required == numbers,
        // A plain text has no schema.
        Form::Plain => false,
        Form::Terms => true,
    };
    fits && schema["additionalProperties"] == false
}
