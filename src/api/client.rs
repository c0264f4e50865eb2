//! A client of the daemon: what the command line and the operator's screen ask it.

mod backup;
mod engines;
mod events;
mod execution;
mod glossary;
mod lacking;
mod library;
mod rows;
mod outputs;
mod pulse;
mod pace;

pub use events::Events;
pub use pulse::Pulse;

use super::daemon::{
    Act, ActivityView, JobDetail, JobView, JobsPage, JobsQuery, LaneView, MoveTo, ScanRequest,
    ScanView, StatusView, Target, WishRequest,
};
use super::models::{ModelsView, PullRequest, PullView};
use super::problem::Problem;
use super::run::Explanation;
use crate::base::secret::Secret;
use crate::domain::fault::Fault;
use reqwest::blocking::{Client as Http, RequestBuilder, Response};
use reqwest::header::CONTENT_TYPE;
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

/// Where the token lies in the data folder, unless the configuration says otherwise.
pub const TOKEN_FILE: &str = "token";
/// Where in the data folder a daemon that took any free port (port 0 is configured) tells what it listens on.
pub const ADDRESS_FILE: &str = "http.addr";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Of an answer for which others are asked.
const LONG_ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// Shorter than the server's patience with idle connections.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a stream of events may take to begin; who reads it may look up as often as this.
const STREAM_PATIENCE: Duration = Duration::from_secs(2);
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What a daemon says of its health, well or not: `ok`, or the number of a problem.
#[derive(Deserialize)]
struct Health {
    #[serde(rename = "status")]
    _status: serde_json::Value,
}

/// A daemon, over HTTP. Every call waits for its answer, 30 s at most.
#[derive(Debug)]
pub struct Client {
    base: Url,
    token: Secret,
    http: Http,
    /// The same, for streams.
    streams: Http,
}

impl Client {
    /// The daemon on this machine: at the address it listens on, with the token of its file where that may be read.
    ///
    /// # Errors
    /// Where no client can be made; whether the daemon is there shows with the first call.
    pub fn find(
        data_dir: &Path,
        listen: SocketAddr,
        token_file: Option<&Path>,
    ) -> Result<Client, Fault> {
        let default = data_dir.join(TOKEN_FILE);
        // On the same machine it also goes without.
        let token = fs::read_to_string(token_file.unwrap_or(&default)).ok();
        let token = token.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
        let ip: IpAddr = match listen.ip() {
            // It listens everywhere, here too.
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
        };
        Client::new(&format!("http://{}", SocketAddr::new(ip, listen.port())), token)
    }

    /// The daemon at an address.
    ///
    /// # Errors
    /// Where that is no web address, or no client can be made.
    pub fn new(address: &str, token: Option<String>) -> Result<Client, Fault> {
        let base = Url::parse(address).ok().filter(|it| matches!(it.scheme(), "http" | "https"));
        let base = base.filter(Url::has_host).ok_or_else(|| {
            Fault::operator(format!("{address} is no web address"), "start it with http://")
        })?;
        let (http, streams) = (http(ANSWER_TIMEOUT)?, http(STREAM_PATIENCE)?);
        Ok(Client { base, token: Secret(token), http, streams })
    }

    /// A page of jobs.
    ///
    /// # Errors
    /// As the daemon tells, or where it does not answer; so for all calls.
    pub fn jobs(&self, query: &JobsQuery) -> Result<JobsPage, Fault> {
        let mut url = self.url(&["api", "v1", "jobs"])?;
        if let Some(status) = query.status {
            url.query_pairs_mut().append_pair("status", status.word());
        }
        if let Some(before) = query.before {
            url.query_pairs_mut().append_pair("before", &before.to_string());
        }
        if let Some(limit) = query.limit {
            url.query_pairs_mut().append_pair("limit", &limit.to_string());
        }
        self.read(self.http.get(url))
    }

    /// One job with its history.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where there is none.
    pub fn job(&self, id: u64) -> Result<JobDetail, Fault> {
        self.get(&["api", "v1", "jobs", &id.to_string()])
    }

    /// A job's log, as text for people.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where there is none.
    pub fn log(&self, id: u64) -> Result<String, Fault> {
        let url = self.url(&["api", "v1", "jobs", &id.to_string(), "log"])?;
        let bytes = self.answer(self.http.get(url))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Wishes for a file.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where the path is refused.
    pub fn wish(&self, wish: &WishRequest) -> Result<JobView, Fault> {
        self.read(self.post(self.url(&["api", "v1", "jobs"])?, wish)?)
    }

    /// The models it knows, and what it fetches.
    ///
    /// # Errors
    /// As [`Client::jobs`].
    pub fn models(&self) -> Result<ModelsView, Fault> {
        self.get(&["api", "v1", "models"])
    }

    /// Lets it fetch a model; events tell how it goes.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where that can be no name, or too many are fetched at once.
    pub fn pull_model(&self, request: &PullRequest) -> Result<PullView, Fault> {
        self.read(self.post(self.url(&["api", "v1", "models", "pull"])?, request)?)
    }

    /// Does something with a job, a lane or everything.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where there is no such thing, or its state does not allow it.
    pub fn act(&self, target: &Target, act: &Act) -> Result<(), Fault> {
        #[derive(Serialize)]
        struct Move {
            to: MoveTo,
        }
        let verb = match act {
            Act::Pause => "pause",
            Act::Resume => "resume",
            Act::Cancel => "cancel",
            Act::Retry => "retry",
            Act::Move { .. } => "move",
        };
        let url = match target {
            Target::Job(id) => self.url(&["api", "v1", "jobs", &id.to_string(), verb])?,
            Target::Lane(lane) => self.url(&["api", "v1", "workers", lane, verb])?,
            Target::All => self.url(&["api", "v1", verb])?,
        };
        let request = match act {
            Act::Move { to } => self.post(url, &Move { to: *to })?,
            Act::Pause | Act::Resume | Act::Cancel | Act::Retry => self.http.post(url),
        };
        self.answer(request).map(drop)
    }

    /// Has libraries looked through.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where the path is in no library.
    pub fn scan(&self, request: &ScanRequest) -> Result<ScanView, Fault> {
        self.read(self.post(self.url(&["api", "v1", "scan"])?, request)?)
    }

    /// What would be done with a file, and why.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where the path is in no library, or is no UTF-8.
    pub fn explain(&self, path: &Path) -> Result<Explanation, Fault> {
        let mut url = self.url(&["api", "v1", "explain"])?;
        let path = path.to_str().ok_or_else(unsendable)?;
        url.query_pairs_mut().append_pair("path", path);
        self.read(self.http.get(url))
    }

    /// Whether a daemon answers there.
    pub fn is_there(&self) -> bool {
        let asked = self.url(&["health", "live"]).map(|it| self.http.get(it).send());
        let answer = asked.ok().and_then(Result::ok).and_then(|it| self.body(it).ok());
        answer.and_then(|it| serde_json::from_slice::<Health>(&it).ok()).is_some()
    }

    /// How it goes.
    ///
    /// # Errors
    /// As [`Client::jobs`].
    pub fn status(&self) -> Result<StatusView, Fault> {
        self.get(&["status"])
    }

    /// The lanes.
    ///
    /// # Errors
    /// As [`Client::jobs`].
    pub fn workers(&self) -> Result<Vec<LaneView>, Fault> {
        self.get(&["api", "v1", "workers"])
    }

    /// What happened lately, newest first.
    ///
    /// # Errors
    /// As [`Client::jobs`].
    pub fn activity(&self, limit: usize) -> Result<Vec<ActivityView>, Fault> {
        let mut url = self.url(&["api", "v1", "activity"])?;
        url.query_pairs_mut().append_pair("limit", &limit.to_string());
        self.read(self.http.get(url))
    }

    fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, Fault> {
        self.read(self.http.get(self.url(path)?))
    }

    fn post(&self, url: Url, body: &impl Serialize) -> Result<RequestBuilder, Fault> {
        self.with_json(self.http.post(url), body)
    }

    fn with_json(
        &self,
        request: RequestBuilder,
        body: &impl Serialize,
    ) -> Result<RequestBuilder, Fault> {
        // Of all we send, only a path can be no JSON.
        let body = serde_json::to_vec(body).map_err(|_| unsendable())?;
        Ok(request.header(CONTENT_TYPE, "application/json").body(body))
    }

    /// An address below ours; names with odd letters are escaped.
    fn url(&self, path: &[&str]) -> Result<Url, Fault> {
        let mut url = self.base.clone();
        let no_path = |()| Fault::operator(format!("{} has no pages", self.place()), "check it");
        url.path_segments_mut().map_err(no_path)?.pop_if_empty().extend(path);
        Ok(url)
    }

    fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Fault> {
        serde_json::from_slice(&self.answer(request)?).map_err(|_| self.stranger())
    }

    fn answer(&self, request: RequestBuilder) -> Result<Vec<u8>, Fault> {
        let response = self.send(request)?;
        self.body(response)
    }

    /// The answer's head, whatever it says.
    fn sent(&self, mut request: RequestBuilder) -> Result<Response, Fault> {
        if let Some(token) = self.token.reveal() {
            request = request.bearer_auth(token);
        }
        request.send().map_err(|err| self.silent(&err))
    }

    /// The answer's head, where it is a good one.
    fn send(&self, request: RequestBuilder) -> Result<Response, Fault> {
        let response = self.sent(request)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let problem = serde_json::from_slice::<Problem>(&self.body(response)?);
        Err(problem.map_or_else(|_| self.stranger(), |it| self.told(status, it)))
    }

    /// A problem as a fault; those who have no token learn where it is.
    fn told(&self, status: StatusCode, problem: Problem) -> Fault {
        let fault = problem.into_fault();
        if status != StatusCode::UNAUTHORIZED || self.token.reveal().is_some() {
            return fault;
        }
        let remedy = "run this as the user Kinora serves as, or let it read Kinora's token file";
        Fault::operator(fault.what, remedy)
    }

    fn body(&self, response: Response) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        match response.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(err) => Err(self.cut(&err)),
        }
    }

    /// Where it was asked, without any secret that the address may hold.
    fn place(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        match self.base.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    fn silent(&self, err: &reqwest::Error) -> Fault {
        let place = self.place();
        if err.is_builder() {
            let remedy = "check the token file: it holds one line of plain letters";
            return Fault::operator("the token cannot be sent", remedy);
        }
        if let Some(fault) = pulse::unreachable(err, &place) {
            return fault;
        }
        if err.is_connect() {
            return Fault::operator(
                format!("no Kinora serves here (nothing answers at {place})"),
                "start it with `kinora serve`",
            );
        }
        let how = if err.is_timeout() { "did not answer in time" } else { "broke off" };
        Fault::transient(format!("Kinora at {place} {how}"), "try again, and look at its log")
    }

    fn cut(&self, err: &std::io::Error) -> Fault {
        let what = format!("the answer of Kinora at {} broke off ({err})", self.place());
        Fault::transient(what, "try again")
    }

    fn stranger(&self) -> Fault {
        Fault::operator(
            format!("what answers at {} is no Kinora, or one of another version", self.place()),
            "check http.listen, and restart `kinora serve` after an update",
        )
    }
}

fn unsendable() -> Fault {
    let remedy = "rename it, or name the folder it is in";
    Fault::operator("the name is no UTF-8 and cannot be sent", remedy)
}

/// A client for machines nearby: no proxy, no redirects.
fn http(timeout: Duration) -> Result<Http, Fault> {
    // Fails only where a provider is installed already, which then serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Http::builder()
        .user_agent(concat!("kinora/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        // Of the blocking client: for the answer's head, and anew for each read.
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    let failed = |err| Fault::bug(format!("no HTTP client can be made ({err})"));
    builder.build().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_is_not_there_is_told_in_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let everywhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), free.port());
        let client = Client::find(folder.path(), everywhere, None).unwrap();
        let told = client.status().unwrap_err().to_string();
        assert_eq!(
            told,
            format!(
                "no Kinora serves here (nothing answers at {free}); start it with `kinora serve`"
            )
        );
        assert!(Client::new("ftp://nas", None).is_err());
    }
}
