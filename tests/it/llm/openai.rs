//! OpenAI's protocol, and those who speak it with an accent.

use super::script::{Script, Server, Step, says, stream_head, streams, with_headers};
use super::{Play, SOON, numbered, openai, request, text};
use kinora::base::cancel::Cancel;
use kinora::domain::translate::prompt::{Request, Shape, schema, text_rules};
use kinora::domain::translate::talk::Reply;
use kinora::engines::llm::openai::models;
use kinora::engines::llm::{Rung, TranslatorKind, TranslatorSpec, Trouble, Usage};
use serde_json::{Value, json};
use std::time::Duration;

const STREAM: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null}}]}

: keep-alive

data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"{\\\"1\\\": \\\"早\"}}]}

data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"上好\\\"}\"}}]}

data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}

data: {\"choices\":[],\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":7,\
    \"prompt_tokens_details\":{\"cached_tokens\":20}}}

data: [DONE]

";
const SAID: &str = "{\"1\": \"早上好\"}";

fn good() -> Script {
    streams(STREAM, 1000, true)
}

fn play(scripts: Vec<Script>) -> (Server, Play) {
    let server = Server::new(scripts);
    let play = Play::new(openai(&server));
    (server, play)
}

/// The translator of `server`, a little different.
fn changed(server: &Server, change: impl FnOnce(&mut TranslatorSpec)) -> TranslatorSpec {
    let mut spec = openai(server);
    change(&mut spec);
    spec
}

fn no_model(spec: &mut TranslatorSpec) {
    if let TranslatorKind::OpenAi { model, .. } = &mut spec.kind {
        model.clear();
    }
}

#[test]
fn a_stream_is_asked_for_and_read() {
    let (server, play) = play(vec![good()]);
    let usage = Usage { prompt_tokens: 30, cached_tokens: 20, answer_tokens: 7 };
    assert_eq!(play.answer(&numbered()), Ok((text(SAID), usage)));
    assert_eq!(play.translators.rung("lan"), Some(Rung::Schema));
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "POST /v1/chat/completions");
    assert!(asked.head.contains("authorization: bearer sk-most-secret"), "{}", asked.head);
    let format =
        json!({"name": "subtitles", "strict": true, "schema": schema(&Shape::Numbered(1))});
    assert_eq!(
        asked.body,
        json!({
            "model": "qwen3",
            "messages": [
                {"role": "system", "content": "Translate into Chinese. Answer in JSON."},
                {"role": "user", "content": "1: Good morning."},
            ],
            "stream": true, "stream_options": {"include_usage": true},
            "max_tokens": 100, "temperature": 0.3, "seed": 1,
            "response_format": {"type": "json_schema", "json_schema": format},
        })
    );
    assert!(!format!("{:?}", play.translators).contains(super::KEY));
}

#[test]
fn chunks_may_end_anywhere_and_a_document_may_come_instead() {
    let document = json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": SAID},
        "finish_reason": "stop"}]});
    for script in [
        streams(STREAM, 1, true),
        streams(STREAM, 7, true),
        streams(&STREAM.replace('\n', "\r\n"), 3, true),
        // Only the end of the connection is not as it should be.
        streams(STREAM, 100, false),
        says(200, &document.to_string()),
        says(200, &format!("\n\n\r\n{document}")),
    ] {
        let (server, play) = play(vec![script]);
        assert_eq!(play.reply(&numbered()), text(SAID));
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn endings_are_told_apart() {
    let whole = |content: &str, finish: &str| {
        let message = json!({"role": "assistant", "content": content});
        let choice = json!({"index": 0, "message": message, "finish_reason": finish});
        says(200, &json!({"choices": [choice]}).to_string())
    };
    let error = |status, message: &str| says(status, &json!({"error": message}).to_string());
    let cut = Reply::Text { text: "{\"1\":".to_owned(), cut: true };
    for (script, reply) in [
        (whole("{\"1\":", "length"), cut),
        (whole("", "stop"), text("")),
        (whole("half of it", "content_filter"), Reply::Refused),
        (error(400, "This model's maximum context length is 4096 tokens"), Reply::TooLong),
        (says(413, ""), Reply::TooLong),
        (error(400, "Content Exists Risk"), Reply::Refused),
    ] {
        let (server, play) = play(vec![script]);
        assert_eq!(play.reply(&numbered()), reply);
        assert_eq!((server.asked().len(), play.pauses()), (1, vec![]));
    }
}

fn format_of(body: &Value) -> &str {
    body.pointer("/response_format/type").and_then(Value::as_str).unwrap_or("none")
}

#[test]
fn a_server_that_takes_no_schema_is_asked_for_less_and_this_is_remembered() {
    let unavailable = r#"{"error":{"message":"This response_format type is unavailable now"}}"#;
    let mute = r#"{"error":{"message":"bad request"}}"#;
    for (status, body) in [(400, unavailable), (422, unavailable), (422, "{}"), (400, mute)] {
        let no = || says(status, body);
        let (server, play) = play(vec![no(), good(), good(), no(), good()]);
        assert_eq!(play.reply(&numbered()), text(SAID));
        assert_eq!(play.translators.rung("lan"), Some(Rung::Object));
        assert_eq!(play.reply(&numbered()), text(SAID));
        assert_eq!(play.reply(&numbered()), text(SAID));
        assert_eq!(play.translators.rung("lan"), Some(Rung::Text));
        let bodies = server.bodies();
        let formats: Vec<&str> = bodies.iter().map(format_of).collect();
        let expected = ["json_schema", "json_object", "json_object", "json_object", "none"];
        assert_eq!((formats, play.pauses()), (expected.to_vec(), vec![]));
        let user = bodies[4]["messages"][1]["content"].as_str().unwrap();
        let rules = text_rules(&Shape::Numbered(1));
        assert!(user.ends_with(&rules) && !rules.is_empty(), "{user}");
    }
}

#[test]
fn a_known_rung_is_where_it_begins() {
    let (server, play) = play(vec![good()]);
    assert_eq!(play.translators.rung("lan"), None);
    play.translators.set_rung("lan", Rung::Object);
    play.reply(&numbered());
    // Nothing constrains the text of one line, and that says nothing of rungs.
    play.reply(&request(Shape::Plain));
    let formats: Vec<String> = server.bodies().iter().map(|it| format_of(it).to_owned()).collect();
    assert_eq!(formats, ["json_object", "none"]);

    let configured = changed(&server, |it| {
        if let TranslatorKind::OpenAi { rung, .. } = &mut it.kind {
            *rung = Some(Rung::Text);
        }
    });
    let play = Play::new(configured);
    play.translators.set_rung("lan", Rung::Schema);
    play.reply(&numbered());
    assert_eq!(play.translators.rung("lan"), Some(Rung::Text));

    // A request that does not say the word without which JSON is refused.
    let play = Play::new(openai(&server));
    play.translators.set_rung("lan", Rung::Object);
    play.reply(&Request { system: "Translate.".to_owned(), ..numbered() });
    let last = server.bodies().pop().unwrap();
    assert!(last["messages"][1]["content"].as_str().unwrap().contains("json"), "{last}");
}

#[test]
fn what_a_server_does_not_take_is_left_out_and_this_is_remembered() {
    let no = |message: &str| says(400, &json!({"error": {"message": message}}).to_string());
    let (server, play) = play(vec![
        no("Unrecognized request argument: stream_options"),
        no("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        no("'temperature' does not support 0.3 with this model."),
        says(422, r#"{"detail":[{"type":"extra_forbidden","loc":["body","seed"]}]}"#),
        good(),
    ]);
    assert_eq!(play.reply(&numbered()), text(SAID));
    assert_eq!(play.reply(&numbered()), text(SAID));
    assert_eq!((server.asked().len(), play.pauses()), (6, vec![]));
    for body in &server.bodies()[4..] {
        for left_out in ["stream_options", "max_tokens", "temperature", "seed"] {
            assert_eq!(body.get(left_out), None, "{body}");
        }
        assert_eq!(body["max_completion_tokens"], 100);
        assert_eq!(format_of(body), "json_schema");
    }
}

#[test]
fn what_passes_is_tried_again() {
    let overloaded = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n\
        data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n";
    let half = &STREAM[..STREAM.find("data: {\"choices\":[{\"index\":0,\"delta\":{},").unwrap()];
    for (script, pause) in [
        (says(500, ""), 1),
        (says(502, "<html><h1>Bad Gateway</h1></html>"), 1),
        (with_headers(503, "Retry-After: 7\r\n", "{}"), 7),
        (with_headers(429, "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\n", "{}"), 1),
        (streams(half, 50, true), 1),
        (streams(half, 50, false), 1),
        (streams("", 50, true), 1),
        (streams(overloaded, 50, true), 1),
        (vec![], 1),
        (says(200, "{\"choices\": [{\"message\":"), 1),
        (says(200, ""), 1),
    ] {
        let (server, play) = play(vec![script, good()]);
        assert_eq!(play.reply(&numbered()), text(SAID));
        assert_eq!((server.asked().len(), play.pauses()), (2, vec![pause]));
    }
}

#[test]
fn what_does_not_pass_is_given_up_with_a_sentence() {
    let (server, play) = play(vec![says(503, r#"{"error":{"message":"busy sk-most-secret"}}"#)]);
    let (told, after) = play.away(&numbered());
    assert!(told.starts_with("translator `lan` answers 503 (busy (key));"), "{told}");
    assert_eq!((server.asked().len(), play.pauses(), after), (3, vec![1, 2], None));

    let (server, play) = self::play(vec![with_headers(429, "Retry-After: 61\r\n", "{}")]);
    let (_, after) = play.away(&numbered());
    let expected = (1, vec![], Some(Duration::from_secs(61)));
    assert_eq!((server.asked().len(), play.pauses(), after), expected);

    // Nobody listens there any more.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    drop(server);
    let (server, _) = self::play(vec![]);
    let play = Play::new(changed(&server, |it| {
        if let TranslatorKind::OpenAi { url: of, .. } = &mut it.kind {
            *of = url;
        }
    }));
    assert!(play.away(&numbered()).0.contains("cannot be reached"));
    assert_eq!(play.pauses(), [1, 2]);
}

#[test]
fn what_an_owner_must_mend_is_told_at_once() {
    let page = "<!DOCTYPE html><html><h1>Log in</h1></html>";
    let error = |message: &str| json!({"error": {"message": message}}).to_string();
    for (script, words) in [
        (says(401, &error("wrong key sk-most-secret")), "key_file"),
        (says(403, page), "key_file"),
        (says(402, &error("Insufficient Balance")), "no money"),
        (says(404, &error("The model `qwen3` does not exist")), "does not have the model `qwen3`"),
        (says(404, "404 page not found"), "ends in /v1"),
        (says(405, ""), "ends in /v1"),
        (with_headers(200, "Content-Type: text/html\r\n", page), "a web page"),
        (with_headers(307, "Location: /v1/chat/completions\r\n", ""), "redirects in a circle"),
        (says(418, &error("I am a\nteapot")), "answers 418 (I am a teapot)"),
    ] {
        let (server, play) = play(vec![script]);
        let (told, after) = play.away(&numbered());
        assert!(told.contains(words), "{told}");
        let requests = if words.starts_with("redirects") { 4 } else { 1 };
        assert_eq!((server.asked().len(), play.pauses(), after), (requests, vec![], None));
    }
}

#[test]
fn a_server_that_falls_silent_is_left() {
    let begun: Script = vec![Step::Send(stream_head()), Step::Hang];
    for (script, words) in [(vec![Step::Hang], "did not answer in time"), (begun, "fell silent")] {
        let server = Server::new(vec![script]);
        let spec = changed(&server, |it| it.silence_max = Duration::from_millis(200));
        let play = Play::new(spec);
        let (told, _) = play.away(&numbered());
        assert!(told.contains(words), "{told}");
        server.wait_for_hang_ups(3);
    }
}

#[test]
fn a_server_that_never_ends_is_left() {
    const COMMENTS: &[u8] = &[b':'; 1 << 20];
    let comments = |count: usize| -> Script {
        let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
        let mut steps = vec![Step::Send(head)];
        steps.extend((0..count).map(|_| Step::Send(COMMENTS.to_vec())));
        steps
    };
    let (_server, play) = play(vec![comments(18)]);
    assert!(play.away(&numbered()).0.contains("does not stop answering"));
}

#[test]
fn nobody_computes_for_what_nobody_wants() {
    let endless = || -> Script {
        let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
        vec![Step::Send(head), Step::Forever(b": keep-alive\n\n")]
    };
    let (server, play) = play(vec![endless(), endless(), good()]);
    let cancel = Cancel::default();
    let pending = play.pending(&numbered(), &cancel);
    server.wait_for_requests(1);
    cancel.set();
    assert_eq!(pending.wait(SOON), Some(Err(Trouble::Cancelled)));
    server.wait_for_hang_ups(1);

    let pending = play.pending(&numbered(), &Cancel::default());
    server.wait_for_requests(2);
    drop(pending);
    server.wait_for_hang_ups(2);
    assert_eq!(play.reply(&numbered()), text(SAID));
    assert_eq!(play.pauses(), Vec::<u64>::new());
}

#[test]
fn a_model_that_thinks_first_gets_room_for_it() {
    let thinking = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"},\
        \"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n";
    let (server, play) = play(vec![streams(thinking, 99, true), good()]);
    assert_eq!(play.reply(&numbered()), text(SAID));
    assert_eq!(play.reply(&numbered()), text(SAID));
    let limits: Vec<Value> = server.bodies().iter().map(|it| it["max_tokens"].clone()).collect();
    assert_eq!(limits, [json!(100), json!(8292), json!(8292)]);
}

#[test]
fn without_a_configured_model_the_first_one_of_the_server_is_asked() {
    let list = r#"{"object":"list","data":[{"id":"text-embed-3"},{"id":"a"},{"id":"b"}]}"#;
    let gone = || says(404, r#"{"error":{"message":"The model `a` does not exist"}}"#);
    let scripts =
        vec![says(503, ""), says(200, list), good(), good(), gone(), says(200, list), good()];
    let server = Server::new(scripts);
    let play = Play::new(changed(&server, no_model));
    assert_eq!(play.reply(&numbered()), text(SAID));
    assert_eq!(play.reply(&numbered()), text(SAID));
    assert_eq!(play.pauses(), [1]);
    play.away(&numbered());
    assert_eq!(play.reply(&numbered()), text(SAID));
    let asked: Vec<String> = server.asked().into_iter().map(|it| it.line).collect();
    assert_eq!(asked[0..2], ["GET /v1/models", "GET /v1/models"]);
    assert_eq!(server.bodies()[2]["model"], "a");

    assert_eq!(models(&openai(&Server::new(vec![says(200, list)]))).unwrap()[1], "a");
    let server = Server::new(vec![says(200, r#"{"data":[]}"#)]);
    let (told, _) = Play::new(changed(&server, no_model)).away(&numbered());
    assert!(told.contains("lists no model; set its model"), "{told}");
    let fault = models(&openai(&Server::new(vec![says(401, "")]))).unwrap_err();
    assert!(fault.remedy.contains("key_file"), "{fault}");
}
