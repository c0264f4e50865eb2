//! Ollama's own API: contexts that it would cut in silence, models that are not there yet, and getting them.

use super::script::{Script, Server, Step, says, stream_head, streams};
use super::{Play, noting, numbered, ollama, request, text};
use kinora::base::cancel::Cancel;
use kinora::domain::fault::{Fault, FaultKind};
use kinora::domain::translate::prompt::{Request, Shape, schema};
use kinora::domain::translate::talk::Reply;
use kinora::engines::llm::ollama::{Held, models, pull_with};
use kinora::engines::llm::{TranslatorKind, TranslatorSpec, Usage};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const SHOWN: &str = r#"{"capabilities":["completion"],"model_info":{"general.architecture":"qwen3",
    "qwen3.block_count":36,"qwen3.context_length":4096,"vision.context_length":7}}"#;
const SAID: &str = "{\"1\": \"早上好\"}";
const TAGS: &str = r#"{"models":[
    {"name":"nomic-embed","model":"nomic-embed","size":5,"capabilities":["embedding"]},
    {"name":"qwen3:8b","model":"qwen3:8b","size":5225388164,"capabilities":["completion"]},
    {"name":"older","size":7}]}"#;

fn shown() -> Script {
    says(200, SHOWN)
}

fn lines(pieces: &[Value]) -> String {
    pieces.iter().map(|it| format!("{it}\n")).collect()
}

fn word(content: &str) -> Value {
    let message = json!({"role": "assistant", "content": content});
    json!({"model": "qwen3:8b", "created_at": "2026-01-01T00:00:00Z", "message": message, "done": false})
}

fn end(reason: &str, prompt_tokens: u64) -> Value {
    json!({"message": {"role": "assistant", "content": ""}, "done": true, "done_reason": reason,
        "prompt_eval_count": prompt_tokens, "eval_count": 9})
}

fn stream(pieces: &[Value]) -> Script {
    streams(&lines(pieces), 11, true)
}

fn good() -> Script {
    stream(&[word("{\"1\": \"早"), word("上好\"}"), end("stop", 40)])
}

fn play(scripts: Vec<Script>) -> (Server, Play) {
    let server = Server::new(scripts);
    let play = Play::new(ollama(&server));
    (server, play)
}

fn changed(server: &Server, change: impl FnOnce(&mut String, &mut bool)) -> TranslatorSpec {
    let mut spec = ollama(server);
    if let TranslatorKind::Ollama { model, think, .. } = &mut spec.kind {
        change(model, think);
    }
    spec
}

#[test]
fn a_chat_is_constrained_by_a_schema_and_its_context_is_what_the_model_has() {
    let (server, play) = play(vec![shown(), good()]);
    let usage = Usage { prompt_tokens: 40, cached_tokens: 0, answer_tokens: 9 };
    assert_eq!(play.answer(&numbered()), Ok((text(SAID), usage)));
    assert_eq!(play.reply(&request(Shape::Plain)), text(SAID));
    let asked = server.asked();
    let lines: Vec<&str> = asked.iter().map(|it| it.line.as_str()).collect();
    assert_eq!(lines, ["POST /api/show", "POST /api/chat", "POST /api/chat"]);
    assert_eq!(
        asked[1].body,
        json!({
            "model": "qwen3:8b",
            "messages": [
                {"role": "system", "content": "Translate into Chinese. Answer in JSON."},
                {"role": "user", "content": "1: Good morning."},
            ],
            "format": schema(&Shape::Numbered(1)),
            "options": {"num_ctx": 4096, "num_predict": 100, "temperature": 0.3, "seed": 1},
            "stream": true, "think": false, "keep_alive": "5m", "truncate": false, "shift": false,
        })
    );
    assert_eq!(asked[2].body.get("format"), None);
}

#[test]
fn what_does_not_fit_into_the_context_is_noticed() {
    let long = Request { user: "x".repeat(3 * 4096), ..numbered() };
    let (server, play) = play(vec![shown(), good()]);
    assert_eq!(play.reply(&long), Reply::TooLong);
    assert_eq!(server.asked().len(), 1);

    let refused = says(400, r#"{"error":"the input length exceeds the context length"}"#);
    let cut = Reply::Text { text: "{\"1\": \"早".to_owned(), cut: true };
    for (script, reply) in [
        (stream(&[word(SAID), end("stop", 4087)]), text(SAID)),
        // The server filled the context to the brim: the start of the request is lost.
        (stream(&[word(SAID), end("stop", 4088)]), Reply::TooLong),
        (stream(&[word("{\"1\": \"早"), end("length", 40)]), cut),
        (refused, Reply::TooLong),
    ] {
        let (_server, play) = self::play(vec![shown(), script]);
        assert_eq!(play.reply(&numbered()), reply);
        assert_eq!(play.pauses(), Vec::<u64>::new());
    }
}

#[test]
fn what_passes_is_tried_again() {
    let busy = "server busy, please try again.  maximum pending requests exceeded";
    for script in [
        says(503, &json!({"error": busy}).to_string()),
        says(500, r#"{"error":"llama runner process has terminated"}"#),
        stream(&[word("{"), json!({"error": "an error was encountered while running the model"})]),
        stream(&[word("{"), word("\"1\"")]),
        vec![],
        streams("{\"message\":{\"cont", 5, true),
    ] {
        let (server, play) = play(vec![shown(), script, good()]);
        assert_eq!(play.reply(&numbered()), text(SAID));
        assert_eq!((server.asked().len(), play.pauses()), (3, vec![1]));
    }
    // The question before the first chat is tried again like a chat.
    let (server, play) = play(vec![says(503, ""), shown(), good()]);
    assert_eq!(play.reply(&numbered()), text(SAID));
    assert_eq!((server.asked().len(), play.pauses()), (3, vec![1]));
}

#[test]
fn a_model_that_is_not_there_is_to_be_pulled() {
    let gone = || says(404, r#"{"error":"model \"qwen3:8b\" not found, try pulling it first"}"#);
    let (server, play) = play(vec![gone(), shown(), gone(), shown(), good()]);
    for requests in [1, 3] {
        let (told, after) = play.away(&numbered());
        assert!(told.contains("does not have the model `qwen3:8b`"), "{told}");
        assert!(told.contains("`kinora models pull ollama:qwen3:8b`"), "{told}");
        assert_eq!((server.asked().len(), play.pauses(), after), (requests, vec![], None));
    }
    assert_eq!(play.reply(&numbered()), text(SAID));
    let page = "<!DOCTYPE html><html></html>";
    for (script, words) in [(says(404, "404 page not found"), "/v1"), (says(200, page), "web page")]
    {
        let (_server, play) = self::play(vec![script]);
        let (told, _) = play.away(&numbered());
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn without_a_configured_model_the_first_one_that_chats_is_asked() {
    let server = Server::new(vec![says(200, TAGS), shown(), good()]);
    let play = Play::new(changed(&server, |model, _| model.clear()));
    assert_eq!(play.reply(&numbered()), text(SAID));
    assert_eq!(server.bodies()[2]["model"], "qwen3:8b");
    let server = Server::new(vec![says(200, r#"{"models":[]}"#)]);
    let play = Play::new(changed(&server, |model, _| model.clear()));
    let (told, _) = play.away(&numbered());
    assert!(told.contains("has no model") && told.contains("kinora models pull ollama:"), "{told}");
}

#[test]
fn thinking_is_as_configured_where_the_model_knows_of_it() {
    let mute = says(400, r#"{"error":"\"qwen3:8b\" does not support thinking"}"#);
    let server = Server::new(vec![shown(), mute, good()]);
    let play = Play::new(changed(&server, |_, think| *think = true));
    assert_eq!(play.reply(&numbered()), text(SAID));
    assert_eq!(play.reply(&numbered()), text(SAID));
    let told: Vec<Option<bool>> =
        server.bodies().iter().skip(1).map(|it| it.get("think").and_then(Value::as_bool)).collect();
    assert_eq!(told, [Some(true), None, None]);

    // It thinks although it is told not to, and has no room left for the answer.
    let thinking = json!({"message": {"role": "assistant", "content": "", "thinking": "hm"}});
    let (server, play) = play_thinking(stream(&[thinking, end("length", 40)]));
    assert_eq!(play.reply(&numbered()), text(SAID));
    let bodies = server.bodies();
    assert_eq!(bodies[1]["options"]["num_predict"], 100);
    assert_eq!(bodies[2]["options"]["num_predict"], 100 + 8192);
}

fn play_thinking(first: Script) -> (Server, Play) {
    play(vec![shown(), first, good()])
}

#[test]
fn models_are_listed() {
    let server = Server::new(vec![says(200, TAGS)]);
    let held = Held { name: "qwen3:8b".to_owned(), bytes: 5_225_388_164 };
    assert_eq!(models(&format!("{}/v1", server.url)).unwrap()[1], held);
    assert_eq!(server.asked()[0].line, "GET /api/tags");
}

struct Pulled {
    ended: Result<(), Fault>,
    progress: Vec<(String, u64, u64)>,
    pauses: Vec<u64>,
    requests: usize,
}

fn pulled(scripts: Vec<Script>, cancel: &Cancel, mut at: impl FnMut(&str)) -> Pulled {
    let server = Server::new(scripts);
    let pauses = Arc::new(Mutex::new(Vec::new()));
    let mut progress = Vec::new();
    let mut note = |status: &str, completed: u64, total: u64| {
        progress.push((status.to_owned(), completed, total));
        at(status);
    };
    let ended = pull_with(&server.url, "qwen3:8b", cancel, &noting(&pauses), &mut note);
    assert_eq!(server.bodies()[0], json!({"model": "qwen3:8b", "stream": true}));
    let pauses = pauses.lock().unwrap().clone();
    Pulled { ended, progress, pauses, requests: server.asked().len() }
}

fn layer(digest: &str, completed: Option<u64>, total: u64) -> Value {
    let mut step = json!({"status": format!("pulling {digest}"), "digest": digest, "total": total});
    if let Some(completed) = completed {
        step["completed"] = completed.into();
    }
    step
}

fn status(status: &str) -> Value {
    json!({"status": status})
}

#[test]
fn a_model_is_pulled_and_told_of() {
    let whole = stream(&[
        status("pulling manifest"),
        layer("a", None, 100),
        layer("a", Some(60), 100),
        layer("a", Some(100), 100),
        layer("b", Some(5), 5),
        status("verifying sha256 digest"),
        status("success"),
    ]);
    let pulled = pulled(vec![whole], &Cancel::default(), |_| ());
    assert_eq!((pulled.ended, pulled.requests), (Ok(()), 1));
    let told: Vec<(&str, u64, u64)> =
        pulled.progress.iter().map(|(status, done, all)| (status.as_str(), *done, *all)).collect();
    let expected = [
        ("pulling manifest", 0, 0),
        ("pulling a", 0, 100),
        ("pulling a", 60, 100),
        ("pulling a", 100, 100),
        ("pulling b", 105, 105),
        ("verifying sha256 digest", 105, 105),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_pull_that_breaks_off_is_taken_up_again() {
    let begun = |completed| lines(&[status("pulling manifest"), layer("a", Some(completed), 100)]);
    let timeout = json!({"error": "max retries exceeded: i/o timeout"});
    let scripts = vec![
        streams(&begun(30), 9, false),
        streams(&begun(60), 9, true),
        stream(&[layer("a", Some(60), 100), timeout.clone()]),
        says(503, ""),
        stream(&[layer("a", Some(100), 100), status("success")]),
    ];
    let pulled = pulled(scripts, &Cancel::default(), |_| ());
    assert_eq!((pulled.ended, pulled.requests), (Ok(()), 5));
    assert_eq!(pulled.pauses, [2, 2, 4, 8]);
    // Without getting on it is given up.
    let pulled = self::pulled(vec![stream(&[timeout])], &Cancel::default(), |_| ());
    let fault = pulled.ended.unwrap_err();
    assert_eq!((fault.kind, pulled.requests), (FaultKind::Transient, 5));
    assert!(fault.what.contains("i/o timeout"), "{fault}");
}

#[test]
fn a_pull_that_cannot_succeed_ends_with_a_sentence() {
    for (error, words) in [
        ("pull model manifest: file does not exist", "check the name"),
        ("write /root/.ollama/models/blobs/x: no space left on device", "make room"),
        ("412: requires a newer version of Ollama", "update Ollama"),
    ] {
        let script = stream(&[status("pulling manifest"), json!({"error": error})]);
        let pulled = pulled(vec![script], &Cancel::default(), |_| ());
        let fault = pulled.ended.unwrap_err();
        assert_eq!((fault.kind, pulled.requests), (FaultKind::Operator, 1), "{fault}");
        assert!(fault.to_string().contains(words) && fault.what.contains(error), "{fault}");
    }
}

#[test]
fn a_pull_stops_when_its_owner_interrupts() {
    let cancel = Cancel::default();
    let line =
        b"3e\r\n{\"status\":\"pulling a\",\"digest\":\"a\",\"completed\":1,\"total\":9}\n  \r\n";
    let script = vec![Step::Send(stream_head()), Step::Forever(line)];
    let pulled = pulled(vec![script], &cancel, |_| cancel.set());
    assert!(pulled.ended.unwrap_err().what.contains("interrupted"));
    assert_eq!((pulled.requests, pulled.pauses), (1, vec![]));
}
