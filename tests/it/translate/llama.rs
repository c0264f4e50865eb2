//! The whole protocol with a real server and a real model: llama.cpp, answers constrained by a grammar made of our
//! schema. The model is far too small to translate; what is proved is that it is understood.

use super::studio::{Shelf, brief, judge_shape, lines, params, shoot_with};
use kinora::base::cancel::Cancel;
use kinora::domain::translate::prompt::{Ask, Shape, request};
use kinora::domain::translate::talk::Reply;
use kinora::engines::llm::{self, Rung, Secret, TranslatorKind, TranslatorSpec, Translators};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/translate/llama_server.py");
const WEIGHTS: &str = "models/SmolLM2-135M-Instruct.Q4_1.gguf";
/// A machine that does much else answers late.
const PATIENCE: Duration = Duration::from_secs(300);

/// llama.cpp's server in a process of its own; it ends with its standard input.
struct Llama {
    child: Child,
    url: String,
}

impl Llama {
    /// `None`, and a word why, where `packaging/test.sh` did not install it.
    fn start() -> Option<Llama> {
        let home = PathBuf::from(std::env::var_os("HOME")?);
        let cache = std::env::var_os("XDG_CACHE_HOME").map_or(home.join(".cache"), PathBuf::from);
        let cache = cache.join("kinora");
        let (python, weights) = (cache.join("venv/bin/python"), cache.join(WEIGHTS));
        for path in [&python, &weights] {
            if !path.exists() {
                println!("skipped: there is no {}; packaging/test.sh installs it", path.display());
                return None;
            }
        }
        let mut child = Command::new(python)
            .arg(SCRIPT)
            .arg(weights)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "it listens at {url:?}");
        Some(Llama { child, url })
    }

    fn spec(&self) -> TranslatorSpec {
        TranslatorSpec {
            name: "llama".to_owned(),
            kind: TranslatorKind::OpenAi {
                url: format!("{}/v1", self.url),
                model: String::new(),
                key: Secret(None),
                rung: None,
            },
            parallel: 2,
            silence_max: PATIENCE,
            temperature: 0.0,
        }
    }
}

impl Drop for Llama {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_real_server_takes_our_schema_and_answers_every_number() {
    let Some(llama) = Llama::start() else { return };
    let spec = llama.spec();
    assert_eq!(llm::models(&spec).unwrap().len(), 1, "it says what it has");
    let translators = Translators::new(vec![spec.clone()]);

    let ask = |lines: &[&'static str], shape: Shape| {
        let (brief, lines) = (brief(), lines.to_vec());
        let (wrong, before, after, terms) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let asked =
            request(&brief, &Ask { lines, wrong, before, after, terms, shape: shape.clone() });
        let pending = translators.ask("llama", &asked, &Cancel::default()).unwrap();
        let (reply, usage) = pending.wait(PATIENCE).unwrap().unwrap();
        assert!(usage.prompt_tokens > 0 && usage.answer_tokens > 0, "{usage:?}");
        match reply {
            // One that speaks for ever is cut, and is told to be.
            Reply::Text { cut: true, text } => println!("{shape:?}: cut: {text}"),
            Reply::Text { cut: false, text } => {
                println!("{shape:?}: {text}");
                let object: serde_json::Value = serde_json::from_str(&text).unwrap();
                let numbers: Vec<String> = object.as_object().unwrap().keys().cloned().collect();
                assert_eq!(numbers, ["1", "2", "3"], "every number, in order");
            }
            Reply::TooLong | Reply::Refused => panic!("{reply:?}"),
        }
    };
    let three = ["Good morning.", "Where is Anna?", "Nobody."];
    ask(&three, Shape::Numbered(3));
    ask(&three, Shape::Echoed(3));
    assert_eq!(translators.rung("llama"), Some(Rung::Schema), "the first rung holds");

    let lines = lines(2, 12, 50);
    let rendered = shoot_with(&translators, &Shelf::default(), &params(&spec), &lines).unwrap();
    let (translated, kept) = judge_shape(&lines, &rendered);
    println!("{} lines: {translated} translated, {kept} kept", lines.len());
}
