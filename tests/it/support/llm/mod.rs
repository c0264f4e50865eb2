//! A language model server that does as its script says: it speaks OpenAI's chat protocol and Ollama's over real
//! sockets, reads the lines from our prompts, and translates them rightly or gets them wrong in a known way. It counts
//! what it is asked, and holds every request against the vendors' own documents.

pub(crate) mod asked;
pub(crate) mod misdeed;
pub(crate) mod official;
pub(crate) mod said;
pub(crate) mod tally;
pub(crate) mod tongue;
pub(crate) mod wire;

use super::film::Chance;
use asked::{Api, Asked};
use misdeed::Misdeed;
use said::{Act, MODEL, Said, Usage};
use serde_json::{Value, json};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;
use tally::{Tally, tokens};
use wire::{Flow, HttpRequest, Wire};

/// The longest wait for something that happens soon.
const SOON: Duration = Duration::from_secs(10);
/// The longest time without a listener.
const ASLEEP_MAX: Duration = Duration::from_secs(2);

/// Right answers that are held against the documents: the later ones are like them.
const ANSWERS_CHECKED: usize = 3;

/// Which requests are answered wrongly, and how.
pub(crate) type Plan = Box<dyn Fn(&Asked) -> Option<Misdeed> + Send + Sync>;

/// What a server is to do.
pub(crate) struct Script {
    /// How requests are answered.
    pub(crate) plan: Plan,
    /// Decides which line a misdeed is about.
    pub(crate) seed: u64,
    /// How long each answer takes.
    pub(crate) latency: Duration,
    /// The first requests wait until so many are there at the same time.
    pub(crate) gate: usize,
    /// The key it wants to see.
    pub(crate) key: Option<&'static str>,
}

impl Script {
    pub(crate) fn new(plan: impl Fn(&Asked) -> Option<Misdeed> + Send + Sync + 'static) -> Script {
        let plan = Box::new(plan);
        Script { plan, seed: 1, latency: Duration::ZERO, gate: 0, key: None }
    }

    /// Every answer is right.
    pub(crate) fn good() -> Script {
        Script::new(|_| None)
    }
}

/// A running server; it ends when this is dropped, with a panic where a request broke the protocol.
pub(crate) struct Server {
    address: SocketAddr,
    inside: Arc<Inside>,
}

struct Inside {
    script: Script,
    tally: Mutex<Tally>,
    changed: Condvar,
    ended: AtomicBool,
    asleep: AtomicBool,
}

impl Server {
    pub(crate) fn start(script: Script) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let inside = Arc::new(Inside {
            script,
            tally: Mutex::default(),
            changed: Condvar::new(),
            ended: AtomicBool::new(false),
            asleep: AtomicBool::new(false),
        });
        let within = inside.clone();
        std::thread::spawn(move || within.accept(listener, address));
        Server { address, inside }
    }

    /// Such as `http://127.0.0.1:4711`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked so far.
    pub(crate) fn tally(&self) -> Tally {
        self.inside.tally().clone()
    }

    /// Ends a time without a listener: whoever was refused waited.
    pub(crate) fn wakes(&self) {
        self.inside.asleep.store(false, Ordering::SeqCst);
        self.inside.changed.notify_all();
    }

    /// Waits until the tally is as wanted; `false` where it does not come to that.
    pub(crate) fn until(&self, wanted: impl Fn(&Tally) -> bool) -> bool {
        let tally = self.inside.tally();
        let waited = self.inside.changed.wait_timeout_while(tally, SOON * 6, |it| !wanted(it));
        !waited.expect("no panic").1.timed_out()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.inside.ended.store(true, Ordering::SeqCst);
        self.wakes();
        // Whoever waits for connections gets one.
        let _ = TcpStream::connect(self.address);
        let broken = self.inside.tally().broken.clone();
        assert!(broken.is_empty() || std::thread::panicking(), "requests: {broken:#?}");
    }
}

impl Inside {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().expect("no panic")
    }

    fn accept(self: Arc<Inside>, mut listener: TcpListener, address: SocketAddr) {
        while !self.ended.load(Ordering::SeqCst) {
            let Ok((stream, _)) = listener.accept() else { continue };
            if !self.asleep.load(Ordering::SeqCst) {
                let within = self.clone();
                std::thread::spawn(move || within.serve(&mut Wire::new(stream), address));
                continue;
            }
            drop((stream, listener));
            let tally = self.tally();
            let asleep = |_: &mut Tally| self.asleep.load(Ordering::SeqCst);
            drop(self.changed.wait_timeout_while(tally, ASLEEP_MAX, asleep));
            self.asleep.store(false, Ordering::SeqCst);
            listener = std::iter::repeat_with(|| TcpListener::bind(address))
                .take(1_000)
                .find_map(Result::ok)
                .expect("its own port again");
        }
    }

    /// One request after the other, until one of them ends the connection.
    fn serve(&self, wire: &mut Wire, address: SocketAddr) {
        while let Some(request) = wire.request() {
            if self.asleep.load(Ordering::SeqCst) {
                return;
            }
            let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
            let done = match (request.method.as_str(), request.path.as_str()) {
                ("POST", "/v1/chat/completions") => {
                    self.chat(wire, Api::OpenAi, &request, &body, address)
                }
                ("POST", "/api/chat") => self.chat(wire, Api::Ollama, &request, &body, address),
                ("POST", "/api/pull") => wire.stream("application/x-ndjson", PULLED, Flow::Whole),
                (_, path) => match facts(path) {
                    Some(facts) => wire.answer("200 OK", JSON, &facts),
                    None => wire.answer("404 Not Found", JSON, "{\"error\":\"not found\"}"),
                },
            };
            if done.is_err() || done.is_ok() && wire.is_over() {
                return;
            }
        }
    }

    fn chat(
        &self,
        wire: &mut Wire,
        api: Api,
        request: &HttpRequest,
        body: &Value,
        address: SocketAddr,
    ) -> io::Result<()> {
        let (asked, cached) = self.enters(api, request, body);
        let misdeed = (self.script.plan)(&asked);
        let mut chance = Chance(self.script.seed ^ asked.nth as u64);
        let act = misdeed.map_or_else(
            || Act::Says(Said::new(&asked, &asked.pairs())),
            |it| it.act(&asked, &mut chance),
        );
        if !self.script.latency.is_zero() {
            std::thread::sleep(self.script.latency);
        }
        let mut usage = Usage { sent: tokens(&asked.prompt), cached, answered: 0 };
        if let Act::Says(said) = &act {
            usage.answered = tokens(said.text.as_deref().unwrap_or_default());
        }
        // Before the last byte: whoever has it may ask again at once.
        self.leaves(misdeed, usage);
        match act {
            Act::Says(said) if asked.streamed => {
                let (kind, bytes) = said.streamed(&asked, usage);
                if misdeed.is_none() && asked.nth < ANSWERS_CHECKED {
                    self.note(official::check_answer(api, true, &bytes));
                }
                if said.flow == Flow::Torn || said.noise == said::Noise::Error {
                    wire.ends();
                }
                wire.stream(kind, &bytes, said.flow)
            }
            Act::Says(said) => {
                let bytes = said.whole(&asked, usage);
                if misdeed.is_none() && asked.nth < ANSWERS_CHECKED {
                    self.note(official::check_answer(api, false, &bytes));
                }
                wire.answer("200 OK", JSON, &bytes)
            }
            Act::Fails(fault) => {
                let kind = if fault.body.starts_with('<') { HTML } else { JSON };
                wire.answer(fault.status, &format!("{kind}{}", fault.headers), &fault.body)
            }
            Act::Hangs => {
                wire.ends();
                wire.wait_for_end();
                Ok(())
            }
            Act::Resets => {
                wire.ends();
                Ok(())
            }
            Act::Refuses => {
                self.asleep.store(true, Ordering::SeqCst);
                // Whoever waits for connections notices by one.
                let _ = TcpStream::connect(address);
                wire.ends();
                Ok(())
            }
        }
    }

    /// Reads and counts a request; what of its prompt is known, tokens.
    fn enters(&self, api: Api, request: &HttpRequest, body: &Value) -> (Asked, usize) {
        let mut asked = Asked::read(api, body);
        let mut tally = self.tally();
        tally.broken.extend(official::check_request(api, body));
        tally.broken.append(&mut asked.broken);
        let bearer = request.authorization.as_deref().and_then(|it| it.strip_prefix("Bearer "));
        if self.script.key != bearer {
            tally.broken.push(format!("the key {bearer:?}"));
        }
        let cached = tally.enters(&mut asked);
        self.changed.notify_all();
        // The gate: so many at the same time, or the test fails for want of them.
        let few = |tally: &mut Tally| tally.most_at_once < self.script.gate;
        drop(self.changed.wait_timeout_while(tally, SOON, few));
        (asked, cached)
    }

    fn leaves(&self, misdeed: Option<Misdeed>, usage: Usage) {
        self.tally().leaves(misdeed, usage);
        self.changed.notify_all();
    }

    fn note(&self, broken: Option<String>) {
        self.tally().broken.extend(broken);
    }
}

const JSON: &str = "content-type: application/json\r\n";
const HTML: &str = "content-type: text/html\r\n";
const PULLED: &str = "{\"status\":\"pulling manifest\"}\n\
    {\"status\":\"pulling 0123456789ab\",\"digest\":\"sha256:0123456789ab\",\"total\":1000}\n\
    {\"status\":\"pulling 0123456789ab\",\"digest\":\"sha256:0123456789ab\",\"total\":1000,\"completed\":1000}\n\
    {\"status\":\"verifying sha256 digest\"}\n{\"status\":\"writing manifest\"}\n{\"status\":\"success\"}\n";

/// What a server tells of itself.
fn facts(path: &str) -> Option<String> {
    let details = json!({
        "format": "gguf", "family": "llama", "families": ["llama"], "parameter_size": "1B",
        "quantization_level": "Q4_0",
    });
    match path {
        "/" => Some("Ollama is running".to_owned()),
        "/api/version" => Some(json!({"version": "0.33.0"}).to_string()),
        "/v1/models" => Some(
            json!({"object": "list", "data": [
                {"id": MODEL, "object": "model", "created": 1_700_000_000, "owned_by": "test"},
            ]})
            .to_string(),
        ),
        "/api/tags" => Some(
            json!({"models": [{
                "name": MODEL, "model": MODEL, "modified_at": "2026-01-01T00:00:00Z",
                "size": 1_000, "digest": "0123456789ab", "details": details,
            }]})
            .to_string(),
        ),
        "/api/show" => Some(
            json!({
                "details": details, "capabilities": ["completion"],
                "model_info": {"general.architecture": "llama", "llama.context_length": 8192},
            })
            .to_string(),
        ),
        "/api/ps" => Some(
            json!({"models": [{
                "name": MODEL, "model": MODEL, "size": 1_000, "digest": "0123456789ab",
                "details": details, "context_length": 8192,
            }]})
            .to_string(),
        ),
        _ => None,
    }
}
