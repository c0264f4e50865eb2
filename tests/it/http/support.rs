//! A server on a free port, a double of the daemon behind it, and requests as bytes.

use super::sendings::Sendings;
use crate::document::{Answered, Document, document};
use kinora::api::catalog::ItemsQuery;
use kinora::api::daemon::{
    Act, ActivityView, JobDetail, JobEventView, JobStatus, JobView, JobsPage, JobsQuery, LaneView,
    MemoryView, PushedEvent, Refusal, ScanRequest, ScanView, Service, ServiceView, StatusView,
    Target, WishRequest, WorkStage, WorkerView,
};
use kinora::api::events::EventLog;
use kinora::api::glossary::{
    GlossaryAct, GlossaryQuery, TermChange, TermOrigin, TermState, TermView,
};
use kinora::api::hooks::{Heard, Hooks, Source};
use kinora::api::lacking::{Lacking, LackingRequest, LackingView};
use kinora::api::logs::LogsQuery;
use kinora::api::models::{ModelState, ModelView, ModelsView, PullRequest, PullStatus, PullView};
use kinora::api::run::{ExplainVerdict, Explanation, Reason};
use kinora::domain::fault::Fault;
use kinora::http::limits::Limits;
use kinora::http::token::Token;
use kinora::http::{HttpSettings, Server, start};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Nothing in these tests takes longer, on a slow machine either.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// What others than this machine must know.
pub(super) const TOKEN: &str = "open-sesame-1234";
/// What senders of webhooks must know.
pub(super) const SECRET: &str = "hook-secret-5678";
const AT: &str = "2026-01-02T03:04:05Z";

/// A server and what is behind it; stops with it.
pub(super) struct House {
    server: Option<Server>,
    pub(super) addr: SocketAddr,
    pub(super) desk: Arc<Desk>,
    pub(super) events: Arc<EventLog>,
}

impl House {
    /// With everyday limits.
    pub(super) fn open() -> House {
        House::with(Limits::default())
    }

    /// With limits of its own.
    pub(super) fn with(limits: Limits) -> House {
        House::at("127.0.0.1:0", Arc::new(EventLog::new(0xb007)), limits)
    }

    /// With an address and a log of its own.
    pub(super) fn at(addr: &str, events: Arc<EventLog>, limits: Limits) -> House {
        let desk = Arc::new(Desk::default());
        let service = Arc::clone(&desk);
        let token = Token::new(TOKEN).unwrap();
        let settings = HttpSettings {
            token,
            webhook_secret: Token::new(SECRET),
            hosts: vec!["nas.lan".to_owned()],
            trusted_networks: Vec::new(),
            limits,
        };
        let listen = addr.parse().unwrap();
        let server = start(listen, service, Arc::clone(&events), settings).unwrap();
        House { addr: server.addr(), server: Some(server), desk, events }
    }

    /// Asks as a client of this machine would.
    pub(super) fn ask(&self, request: &str, body: &str) -> Answer {
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        self.ask_with(request, &format!("Host: localhost\r\n{kind}"), body)
    }

    /// Asks with these headers.
    pub(super) fn ask_with(&self, request: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let text = format!(
            "{request} HTTP/1.1\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        let mut stream = self.connect();
        stream.write_all(text.as_bytes()).unwrap();
        let answer = Answer::read(&mut stream);
        let Answer { status, body, .. } = &answer;
        let content_type = answer.header("content-type");
        self.document().check(&Answered { request, status: *status, content_type, body });
        answer
    }

    /// What the server says of its addresses.
    pub(super) fn document(&self) -> &'static Document {
        document(|| {
            let mut stream = self.connect();
            let request =
                "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            stream.write_all(request.as_bytes()).unwrap();
            Answer::read(&mut stream).body
        })
    }

    /// A connection that fails instead of waiting for ever.
    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Ends the server.
    pub(super) fn close(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop(PATIENCE);
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop(Duration::from_secs(1));
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    /// Reads to the end of the connection.
    pub(super) fn read(stream: &mut TcpStream) -> Answer {
        let mut bytes = Vec::new();
        // A reset after the answer is how a server ends what it does not want to read.
        let read = stream.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) =
            text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{read:?}: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|it| it.split_once(": "));
        lines.find(|(it, _)| *it == name).map(|(_, value)| value)
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|err| panic!("{err}: {self:?}"))
    }
}

/// A daemon that holds a few jobs, remembers what it was told, and fails when told to.
#[derive(Debug, Default)]
pub(super) struct Desk {
    pub(super) refuses: Mutex<Option<Refusal>>,
    pub(super) panics: AtomicBool,
    pub(super) dead: AtomicBool,
    pub(super) busy: AtomicBool,
    pub(super) log: Mutex<Option<String>>,
    pub(super) queries: Mutex<Vec<JobsQuery>>,
    pub(super) acts: Mutex<Vec<(Target, Act)>>,
    pub(super) wishes: Mutex<Vec<WishRequest>>,
    pub(super) scans: Mutex<Vec<ScanRequest>>,
    pub(super) explained: Mutex<Vec<PathBuf>>,
    pub(super) glossary: Mutex<Vec<GlossaryQuery>>,
    pub(super) judged: Mutex<Vec<GlossaryAct>>,
    pub(super) pulled: Mutex<Vec<String>>,
    pub(super) patches: Mutex<Vec<Value>>,
    pub(super) items: Mutex<Vec<ItemsQuery>>,
    pub(super) logs: Mutex<Vec<LogsQuery>>,
    pub(super) sendings: Sendings,
    pub(super) heard: Mutex<Vec<(Source, String)>>,
}

impl Desk {
    pub(super) fn judge(&self) -> Result<(), Refusal> {
        assert!(!self.panics.load(Ordering::SeqCst), "told to panic");
        self.refuses.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

impl Hooks for Desk {
    fn hear(&self, source: Source, message: &[u8]) -> Result<Heard, Refusal> {
        self.judge()?;
        let message = String::from_utf8_lossy(message).into_owned();
        let taken = !message.contains("Test");
        self.heard.lock().unwrap().push((source, message));
        let jobs = if taken { vec![3] } else { Vec::new() };
        Ok(Heard { told: format!("{source}: something"), done: Vec::new(), jobs, taken })
    }
}

impl Lacking for Desk {
    fn lacking(&self, request: &LackingRequest) -> Result<LackingView, Refusal> {
        self.judge()?;
        Ok(LackingView { dry_run: request.dry_run, items: 1, ..LackingView::default() })
    }
}

impl Service for Desk {
    fn jobs(&self, query: &JobsQuery) -> Result<JobsPage, Refusal> {
        self.judge()?;
        self.queries.lock().unwrap().push(query.clone());
        Ok(JobsPage { jobs: vec![running(2), parked(1)], next: Some(1) })
    }

    fn job(&self, id: u64) -> Result<JobDetail, Refusal> {
        self.judge()?;
        if let Some(job) = self.sendings.job(id) {
            return Ok(job);
        }
        if id != 1 {
            let fault = Fault::operator(format!("there is no job {id}"), "look at `kinora jobs`");
            return Err(Refusal::NotFound(fault));
        }
        Ok(JobDetail {
            job: parked(1),
            notices: vec!["audio track 2 is Japanese".to_owned()],
            written: vec!["/films/Heat.eng.srt".to_owned()],
            language: Some("ja".to_owned()),
            events: vec![JobEventView { at: AT.to_owned(), text: "listening began".to_owned() }],
            earlier: vec![7, 3],
            steps: super::execution::steps(),
            decisions: super::execution::decisions(),
        })
    }

    fn job_log(&self, _: u64) -> Result<String, Refusal> {
        self.judge()?;
        let log = self.log.lock().unwrap().clone();
        Ok(log.unwrap_or_else(|| "03:04:05 it began\n03:04:06 it ended, schön\n".to_owned()))
    }

    fn wish(&self, wish: &WishRequest) -> Result<JobView, Refusal> {
        self.judge()?;
        self.wishes.lock().unwrap().push(wish.clone());
        Ok(running(3))
    }

    fn act(&self, target: &Target, act: &Act) -> Result<(), Refusal> {
        self.judge()?;
        self.acts.lock().unwrap().push((target.clone(), *act));
        Ok(())
    }

    fn scan(&self, request: &ScanRequest) -> Result<ScanView, Refusal> {
        self.judge()?;
        self.scans.lock().unwrap().push(request.clone());
        Ok(ScanView { roots: vec!["/films".to_owned()] })
    }

    fn explain(&self, path: &Path) -> Result<Explanation, Refusal> {
        self.judge()?;
        self.explained.lock().unwrap().push(path.to_owned());
        if !path.starts_with("/films") {
            let what = format!("{} is in no library", path.display());
            let fault = Fault::operator(what, "name a path below a [[library]] of kinora.toml");
            return Err(Refusal::Invalid(fault));
        }
        let counts = Reason::leaf("track 3 (English, subrip): counts: its text is English");
        Ok(Explanation {
            path: path.to_owned(),
            verdict: ExplainVerdict::Skip,
            decision: "nothing: what is wanted is there".to_owned(),
            reasons: vec![
                Reason::leaf("1 subtitle is there"),
                Reason::of("English: is there: track 3 (English, subrip)", vec![counts]),
            ],
        })
    }

    fn glossary(&self, query: &GlossaryQuery) -> Result<Vec<TermView>, Refusal> {
        self.judge()?;
        self.glossary.lock().unwrap().push(query.clone());
        Ok(vec![holmes()])
    }

    fn change_glossary(&self, act: &GlossaryAct) -> Result<Vec<TermChange>, Refusal> {
        self.judge()?;
        self.judged.lock().unwrap().push(act.clone());
        Ok(vec![TermChange { before: None, after: Some(holmes()) }])
    }

    fn models(&self) -> Result<ModelsView, Refusal> {
        self.judge()?;
        let model = ModelView {
            name: "small-q8_0".to_owned(),
            kind: "whisper".to_owned(),
            bytes: 9000,
            languages: "99 languages".to_owned(),
            licence: "MIT".to_owned(),
            state: ModelState::Missing,
            path: None,
            memory_mib: 600,
            shipped: false,
            problem: None,
        };
        Ok(ModelsView { models: vec![model], pulls: vec![pulling("small-q8_0", 4500)] })
    }

    fn pull_model(&self, request: &PullRequest) -> Result<PullView, Refusal> {
        self.judge()?;
        self.pulled.lock().unwrap().push(request.name.clone());
        Ok(pulling(&request.name, 0))
    }

    fn workers(&self) -> Vec<LaneView> {
        lanes()
    }

    fn activity(&self, limit: usize) -> Result<Vec<ActivityView>, Refusal> {
        self.judge()?;
        Ok(vec![told("gave up on Heat"); limit.min(2)])
    }

    fn status(&self) -> Result<StatusView, Refusal> {
        self.judge()?;
        let jobs = JobStatus::ALL.into_iter().zip([4, 1, 0, 0, 1, 20, 2]).collect();
        Ok(StatusView {
            version: "9.8.7".to_owned(),
            uptime_ms: 61_500,
            paused: false,
            draining: false,
            jobs,
            totals: [("windows_heard", 12_345), ("audio_ms", 7_200_500), ("files_written", 20)]
                .map(|(name, count)| (name.to_owned(), count))
                .to_vec(),
            lanes: lanes(),
            libraries_out_of_hours: vec!["Anime".to_owned()],
            services: [("lan", true), ("cloud", false)]
                .map(|(name, up)| ServiceView { name: name.to_owned(), up })
                .to_vec(),
            memory: MemoryView { daemon_bytes: 50 << 20, children_bytes: 400 << 20 },
            scanning: true,
            warnings: vec!["gpu0 is not used any more".to_owned()],
            troubles: Vec::new(),
            libraries: Some(2),
        })
    }

    fn is_alive(&self) -> bool {
        !self.dead.load(Ordering::SeqCst)
    }

    fn is_ready(&self) -> bool {
        !self.busy.load(Ordering::SeqCst)
    }
}

/// A model on its way.
pub(super) fn pulling(name: &str, bytes_done: u64) -> PullView {
    let (name, status) = (name.to_owned(), PullStatus::Pulling);
    PullView { name, bytes_done, bytes_total: 9000, status, problem: None }
}

/// Something that happened.
pub(super) fn told(text: &str) -> ActivityView {
    ActivityView {
        at: AT.to_owned(),
        name: "asr_failed_fatal".to_owned(),
        job: Some(1),
        path: Some("/films/Heat.mkv".to_owned()),
        text: text.to_owned(),
    }
}

/// The same, pushed.
pub(super) fn happened(text: &str) -> PushedEvent {
    PushedEvent::Activity { activity: told(text) }
}

/// A term.
pub(super) fn holmes() -> TermView {
    TermView {
        id: 7,
        source: "Holmes".to_owned(),
        target: Some("\u{798f}\u{5c14}\u{6469}\u{65af}".to_owned()),
        from: None,
        to: Some("zh-Hans".parse().unwrap()),
        scope: "work:sherlock (2010)".to_owned(),
        origin: TermOrigin::Hand,
        state: TermState::Accepted,
        note: String::new(),
    }
}

/// A job that runs.
pub(super) fn running(id: u64) -> JobView {
    JobView {
        id,
        execution: id + 10,
        path: "/films/A \"B\" \u{5fcd}.mkv".to_owned(),
        status: JobStatus::Running,
        step: Some("listen".to_owned()),
        stage: Some(WorkStage::Asr),
        progress: Some(0.25),
        tries: 1,
        due: None,
        ending: None,
        parked: None,
        fault: None,
        priority: 0,
        place: 3,
        submitted: AT.to_owned(),
        changed: AT.to_owned(),
        changes: 4,
    }
}

/// A job that waits for a person.
pub(super) fn parked(id: u64) -> JobView {
    let fault = Fault::operator("the file is empty", "copy it again");
    JobView {
        path: "/films/Heat.mkv".to_owned(),
        status: JobStatus::Parked,
        step: None,
        stage: None,
        progress: None,
        parked: Some("needs_person".to_owned()),
        fault: Some(fault),
        priority: -1,
        ..running(id)
    }
}

fn lanes() -> Vec<LaneView> {
    let busy = WorkerView {
        job: Some(2),
        path: Some("/films/B.mkv".to_owned()),
        step: Some("listen".to_owned()),
        progress: Some(0.5),
        for_ms: 90_000,
        speed: Some(12.5),
        left_ms: Some(90_000),
    };
    let lane = |name: &str, quarantined: Option<&str>, workers| LaneView {
        name: name.to_owned(),
        paused: name == "ffmpeg",
        out_of_hours: false,
        quarantined: quarantined.map(str::to_owned),
        held: None,
        device: super::pace::device(name),
        model: (name != "ffmpeg").then(|| "large-v3-turbo".to_owned()),
        waiting: 3,
        workers,
    };
    vec![
        lane("gpu0", Some("it misheard the sample"), vec![]),
        lane("cpu", None, vec![busy, WorkerView::default()]),
        lane("ffmpeg", None, vec![WorkerView::default()]),
    ]
}
