//! Translators against servers that behave, and that do not: what is sent, what is believed, what is tried again.

mod ollama;
mod openai;
mod pools;
mod script;
mod specs;

use kinora::base::cancel::Cancel;
use kinora::domain::translate::prompt::{Request, Shape};
use kinora::domain::translate::talk::Reply;
use kinora::engines::llm::{
    Answer, Pause, Pending, Secret, TranslatorKind, TranslatorSpec, Translators, Trouble,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A bound for what takes moments.
const SOON: Duration = Duration::from_secs(30);
const KEY: &str = "sk-most-secret";

fn spec(name: &str, kind: TranslatorKind) -> TranslatorSpec {
    let silence_max = Duration::from_secs(20);
    TranslatorSpec { name: name.to_owned(), kind, parallel: 1, silence_max, temperature: 0.3 }
}

fn openai(server: &script::Server) -> TranslatorSpec {
    let key = Secret(Some(KEY.to_owned()));
    let url = format!("{}/v1", server.url);
    spec("lan", TranslatorKind::OpenAi { url, model: "qwen3".to_owned(), key, rung: None })
}

fn ollama(server: &script::Server) -> TranslatorSpec {
    let (url, model) = (server.url.clone(), "qwen3:8b".to_owned());
    spec("home", TranslatorKind::Ollama { url, model, num_ctx: 8192, think: false })
}

fn request(shape: Shape) -> Request {
    Request {
        system: "Translate into Chinese. Answer in JSON.".to_owned(),
        user: "1: Good morning.".to_owned(),
        shape,
        answer_tokens_max: 100,
    }
}

fn numbered() -> Request {
    request(Shape::Numbered(1))
}

/// One translator in virtual time: pauses are noted down, and over at once.
struct Play {
    translators: Translators,
    name: String,
    pauses: Arc<Mutex<Vec<u64>>>,
}

impl Play {
    fn new(spec: TranslatorSpec) -> Play {
        let pauses = Arc::new(Mutex::new(Vec::new()));
        let name = spec.name.clone();
        let translators = Translators::new(vec![spec]).pause(noting(&pauses));
        Play { translators, name, pauses }
    }

    fn pending(&self, request: &Request, cancel: &Cancel) -> Pending {
        self.translators.ask(&self.name, request, cancel).unwrap()
    }

    fn answer(&self, request: &Request) -> Answer {
        self.pending(request, &Cancel::default()).wait(SOON).expect("an answer in time")
    }

    fn reply(&self, request: &Request) -> Reply {
        self.answer(request).unwrap().0
    }

    /// Why there is no answer, and when it may be asked again; no key in it.
    fn away(&self, request: &Request) -> (String, Option<Duration>) {
        match self.answer(request) {
            Err(Trouble::Away { fault, retry_after }) => {
                assert!(!format!("{fault:?}").contains(KEY), "{fault:?}");
                (fault.to_string(), retry_after)
            }
            other => panic!("{other:?}"),
        }
    }

    /// Seconds of the pauses since it was last asked.
    fn pauses(&self) -> Vec<u64> {
        std::mem::take(&mut *self.pauses.lock().unwrap())
    }
}

fn noting(pauses: &Arc<Mutex<Vec<u64>>>) -> Pause {
    let log = Arc::clone(pauses);
    Arc::new(move |it: Duration, _: &Cancel| log.lock().unwrap().push(it.as_secs()))
}

fn text(text: &str) -> Reply {
    Reply::Text { text: text.to_owned(), cut: false }
}
