//! The threads before translators: as many as allowed, in order, gone when nobody needs them.

use super::script::{Script, Server, Step, says};
use super::{Play, SOON, numbered, ollama, openai, spec};
use kinora::base::cancel::Cancel;
use kinora::engines::llm::{Pending, Secret, TranslatorKind, Translators, Trouble};
use std::path::PathBuf;

const DONE: &str = r#"{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}"#;

/// Answers when so many requests have come.
fn after(requests: usize) -> Script {
    let mut script = says(200, DONE);
    script.insert(0, Step::Until(requests));
    script
}

/// Threads of this process whose name starts so.
fn threads(prefix: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|it| std::fs::read_to_string(it.ok()?.path().join("comm")).ok());
    names.filter(|it| it.starts_with(prefix)).count()
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let watch = kinora::base::clock::Stopwatch::start();
    while !holds() {
        assert!(watch.elapsed() < SOON, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn as_many_requests_are_on_their_way_as_allowed() {
    for parallel in [1, 3] {
        // No request is answered before as many have come as may be on their way.
        let scripts = (0..6).map(|it| after((it / parallel + 1) * parallel));
        let server = Server::new(scripts.collect());
        let mut spec = openai(&server);
        spec.name = format!("par{parallel}");
        spec.parallel = parallel as u16;
        let play = Play::new(spec);
        assert_eq!(threads(&format!("mt-par{parallel}")), 0, "threads before they are needed");
        let cancel = Cancel::default();
        let all: Vec<Pending> = (0..6).map(|_| play.pending(&numbered(), &cancel)).collect();
        assert!(all.iter().all(|it| it.wait(SOON).unwrap().is_ok()));
        assert_eq!((server.asked().len(), server.at_once()), (6, parallel));
        assert_eq!(threads(&format!("mt-par{parallel}")), parallel);
    }
}

#[test]
fn what_is_not_wanted_any_more_is_not_asked_when_its_turn_comes() {
    // The first answer comes when the test lets it.
    let server = Server::new(vec![vec![Step::Open, says(200, DONE)[0].clone()], says(200, DONE)]);
    let play = Play::new(openai(&server));
    let cancel = Cancel::default();
    let first = play.pending(&numbered(), &Cancel::default());
    server.wait_for_requests(1);
    let mut waiting: Vec<Pending> = (0..5).map(|_| play.pending(&numbered(), &cancel)).collect();
    let last = play.pending(&numbered(), &Cancel::default());
    // Some are dropped, one is cancelled.
    let cancelled = waiting.pop().unwrap();
    drop(waiting);
    cancel.set();
    server.open();
    assert!(first.wait(SOON).unwrap().is_ok());
    assert_eq!(cancelled.wait(SOON), Some(Err(Trouble::Cancelled)));
    assert!(last.wait(SOON).unwrap().is_ok());
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn threads_end_with_their_translators() {
    let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    let endless = vec![Step::Send(head), Step::Forever(b": keep-alive\n\n")];
    let server = Server::new(vec![says(200, DONE), endless]);
    let mut named = openai(&server);
    named.name = "brief".to_owned();
    let play = Play::new(named);
    play.reply(&numbered());
    let busy = play.pending(&numbered(), &Cancel::default());
    let waiting = play.pending(&numbered(), &Cancel::default());
    server.wait_for_requests(2);
    assert_eq!(threads("mt-brief"), 1);
    drop(play);
    assert_eq!(waiting.wait(SOON), Some(Err(Trouble::Cancelled)));
    assert_eq!(busy.wait(SOON), Some(Err(Trouble::Cancelled)));
    until("the thread ends", || threads("mt-brief") == 0);
}

#[test]
fn a_recipe_knows_what_answers_but_not_where_nor_with_which_key() {
    let server = Server::new(vec![says(200, DONE)]);
    let mut thinking = ollama(&server);
    thinking.name = "deep".to_owned();
    if let TranslatorKind::Ollama { think, .. } = &mut thinking.kind {
        *think = true;
    }
    let local = TranslatorKind::Local {
        weights: PathBuf::from("/models/x.gguf"),
        identity: "abc123".to_owned(),
        context: 4096,
        threads: 2,
    };
    let all = vec![openai(&server), ollama(&server), thinking, spec("own", local)];
    let translators = Translators::new(all);
    let identity = |name: &str| translators.identity(name);
    assert_eq!(identity("lan").as_deref(), Some("openai qwen3 t0.3"));
    assert_eq!(identity("home").as_deref(), Some("ollama qwen3:8b t0.3"));
    assert_eq!(identity("deep").as_deref(), Some("ollama qwen3:8b t0.3 thinking"));
    assert_eq!(identity("own").as_deref(), Some("local abc123 t0.3"));
    assert_eq!(identity("nobody"), None);
    assert!(translators.ask("nobody", &numbered(), &Cancel::default()).is_err());
}

#[test]
fn a_translator_that_cannot_be_addressed_is_away() {
    let (model, rung) = ("x".to_owned(), None);
    let url = "http://me:sk-most-secret@nas/v1".to_owned();
    let kind = TranslatorKind::OpenAi { url, model, key: Secret(None), rung };
    let (told, _) = Play::new(spec("lan", kind)).away(&numbered());
    assert!(told.contains("has a name or a password in it"), "{told}");
}
