//! The shape of the service's sections: every key, its default and its range; and how they fit together.

use super::keep::LogFormat;
use super::raw::{mib, whole};
use super::raw_hooks::networks;
use super::raw_paths::file_of_secret;
use super::service::{Gpus, Http, Lanes, Retry, Serve};
use super::shapes;
use super::span::{DAY, HOUR, MINUTE, SECOND, Span, shown};
use crate::app::logging;
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::lane::LaneName;
use crate::domain::schedule::Schedule;
use crate::domain::time::Ms;
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A child with less cannot load any weights.
const CHILD_MEMORY_MIN_MIB: u64 = 256;
/// Looking through libraries more often would keep disks from sleeping.
const SCAN_INTERVAL_MIN: Duration = Duration::from_secs(60);

const HTTP_PORT: u16 = 8710;
pub(super) const MIB: u64 = 1024 * 1024;
/// A store, its backup and a film's windows need about so much.
const DISK_FREE_MIN_MIB: u64 = 1024;
const TRIGGER_FILE: &str = ".scan_now";

/// `[http]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawHttp {
    /// Address and port where Kinora listens: `127.0.0.1:8710` for this machine alone, `0.0.0.0:8710` for the whole
    /// network.
    #[serde(deserialize_with = "address")]
    #[schemars(schema_with = "shapes::address")]
    listen: SocketAddr,
    /// The file with the token that clients send; made at the first start, by itself `token` in the data directory.
    #[schemars(schema_with = "shapes::absolute")]
    token_file: Option<PathBuf>,
    /// Names by which Kinora is called besides this machine's, such as `nas` or `nas.home`, without a port.
    #[serde(deserialize_with = "hosts")]
    #[schemars(schema_with = "shapes::hosts")]
    hosts: Vec<String>,
    /// Largest file that is taken when it is sent, in MiB or as text such as `"4 GiB"`.
    #[serde(deserialize_with = "mib::<_, 1, 1_048_576>")]
    #[schemars(schema_with = "shapes::mib::<1, 1_048_576>")]
    upload_max_mib: u64,
    /// For how long files that were sent stay, and what came of them.
    uploads_keep: Span<0, { 365 * DAY }>,
    /// The file with the secret that senders of webhooks must know; made at the first start. Without one it is the
    /// token.
    #[schemars(schema_with = "shapes::absolute")]
    webhook_secret_file: Option<PathBuf>,
    /// Networks whose machines need no token for webhooks and for the addresses that other tools know, such as
    /// `["192.168.1.0/24"]`.
    #[serde(deserialize_with = "networks")]
    #[schemars(schema_with = "shapes::networks")]
    trusted_networks: Vec<IpNet>,
    /// Requests that one other machine may make a minute; 0 for any number.
    #[serde(deserialize_with = "whole::<_, _, 0, 1_000_000>")]
    #[schemars(range(min = 0, max = 1_000_000))]
    rate_per_minute: u32,
}

impl Default for RawHttp {
    fn default() -> RawHttp {
        RawHttp {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), HTTP_PORT),
            token_file: None,
            hosts: Vec::new(),
            upload_max_mib: 4096,
            uploads_keep: Span(Ms(DAY)),
            webhook_secret_file: None,
            trusted_networks: Vec::new(),
            rate_per_minute: 600,
        }
    }
}

impl RawHttp {
    pub(super) fn checked(self, data_dir: &Path) -> Result<Http, Fault> {
        let token_file = match self.token_file {
            Some(path) => file_of_secret("http.token_file", path)?,
            None => data_dir.join("token"),
        };
        let secret_file = self.webhook_secret_file;
        let secret_file = secret_file.map(|it| file_of_secret("http.webhook_secret_file", it));
        Ok(Http {
            listen: self.listen,
            token_file,
            hosts: self.hosts,
            upload_bytes_max: self.upload_max_mib * MIB,
            uploads_keep: self.uploads_keep.duration(),
            webhook_secret_file: secret_file.transpose()?,
            trusted_networks: self.trusted_networks,
            rate_per_minute: NonZeroU32::new(self.rate_per_minute),
        })
    }
}

/// `[lanes]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLanes {
    /// Which GPUs are used: `"auto"`, `"none"` or a list such as `["gpu0"]`.
    #[serde(deserialize_with = "gpus")]
    #[schemars(schema_with = "shapes::gpus")]
    gpu: Gpus,
    /// How many files each GPU listens to at a time.
    #[serde(deserialize_with = "whole::<_, _, 1, 16>")]
    #[schemars(range(min = 1, max = 16))]
    gpu_workers: usize,
    /// How many files the processor listens to at a time.
    #[serde(deserialize_with = "whole::<_, _, 1, 64>")]
    #[schemars(range(min = 1, max = 64))]
    cpu_workers: usize,
    /// How many files are looked into at a time.
    #[serde(deserialize_with = "whole::<_, _, 1, 64>")]
    #[schemars(range(min = 1, max = 64))]
    ffmpeg_workers: usize,
    /// How many files are with servers at a time.
    #[serde(deserialize_with = "whole::<_, _, 1, 64>")]
    #[schemars(range(min = 1, max = 64))]
    net_workers: usize,
    /// How many files are written at a time.
    #[serde(deserialize_with = "whole::<_, _, 1, 16>")]
    #[schemars(range(min = 1, max = 16))]
    disk_workers: usize,
    /// How far engines step back for other programs: 0 not at all, 19 most.
    #[serde(deserialize_with = "whole::<_, _, 0, 19>")]
    #[schemars(range(min = 0, max = 19))]
    nice: u8,
    /// When lanes may work, in local time, such as `{ cpu = "23:00-07:00" }`. One that is not named always may.
    #[schemars(schema_with = "shapes::lanes")]
    schedule: BTreeMap<Lane, Hours>,
    /// An engine that takes more memory is ended, in MiB or as text such as `"2 GiB"`: 256 MiB or more; 0 for no
    /// limit.
    #[serde(deserialize_with = "mib::<_, 0, 1_048_576>")]
    #[schemars(schema_with = "shapes::mib::<0, 1_048_576>")]
    memory_max_mib: u64,
    /// After so many tasks an engine is replaced by a new one.
    #[serde(deserialize_with = "whole::<_, _, 1, 1_000_000>")]
    #[schemars(range(min = 1, max = 1_000_000))]
    max_tasks: u32,
    /// An engine that gives no answer for so long is ended; shorter than `retry.hard_limit`.
    answer_max: Span<{ 10 * SECOND }, { 12 * HOUR }>,
}

impl Default for RawLanes {
    fn default() -> RawLanes {
        RawLanes {
            gpu: Gpus::Auto,
            gpu_workers: 1,
            cpu_workers: 1,
            ffmpeg_workers: 1,
            net_workers: 4,
            disk_workers: 1,
            nice: 10,
            schedule: BTreeMap::new(),
            memory_max_mib: 0,
            max_tasks: 1000,
            answer_max: Span(Ms(10 * MINUTE)),
        }
    }
}

impl RawLanes {
    pub(super) fn checked(self) -> Result<Lanes, Fault> {
        let schedule: BTreeMap<_, _> =
            self.schedule.into_iter().map(|(lane, hours)| (lane.0, hours.0)).collect();
        if let Gpus::Only(only) = &self.gpu {
            let is_left_out = |it: &&LaneName| matches!(it, LaneName::Gpu(_)) && !only.contains(it);
            if let Some(lane) = schedule.keys().find(is_left_out) {
                let what = format!("lanes.schedule names {lane}, which lanes.gpu leaves out");
                return Err(Fault::operator(what, "name it in both or in none"));
            }
        }
        if (1..CHILD_MEMORY_MIN_MIB).contains(&self.memory_max_mib) {
            let what = format!("lanes.memory_max_mib is {}, too little", self.memory_max_mib);
            let remedy = format!("allow {CHILD_MEMORY_MIN_MIB} or more, or 0 for no limit");
            return Err(Fault::operator(what, remedy));
        }
        Ok(Lanes {
            gpu: self.gpu,
            gpu_workers: self.gpu_workers,
            cpu_workers: self.cpu_workers,
            ffmpeg_workers: self.ffmpeg_workers,
            net_workers: self.net_workers,
            disk_workers: self.disk_workers,
            nice: self.nice,
            schedule,
            memory_max_mib: Some(self.memory_max_mib).filter(|it| *it > 0),
            max_tasks: self.max_tasks,
            answer_max: self.answer_max.duration(),
        })
    }
}

/// `[retry]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawRetry {
    /// After so many failures a file waits for a person.
    #[serde(deserialize_with = "whole::<_, _, 1, 20>")]
    #[schemars(range(min = 1, max = 20))]
    tries_max: u8,
    /// The wait after the first failure; each one after it is about twice as long.
    backoff_first: Span<SECOND, { 24 * HOUR }>,
    /// No wait is longer; not shorter than `backoff_first`.
    backoff_max: Span<SECOND, { 7 * DAY }>,
    /// After so many deaths of Kinora itself during one step the file waits for a person.
    #[serde(deserialize_with = "whole::<_, _, 1, 100>")]
    #[schemars(range(min = 1, max = 100))]
    crashes_max: u8,
    /// A step that does not get on for so long is told of.
    soft_limit: Span<MINUTE, { 24 * HOUR }>,
    /// A step that does not get on for so long is stopped; longer than `soft_limit`.
    hard_limit: Span<MINUTE, { 48 * HOUR }>,
}

impl Default for RawRetry {
    fn default() -> RawRetry {
        RawRetry {
            tries_max: 3,
            backoff_first: Span(Ms(60 * SECOND)),
            backoff_max: Span(Ms(HOUR)),
            crashes_max: 8,
            soft_limit: Span(Ms(55 * MINUTE)),
            hard_limit: Span(Ms(60 * MINUTE)),
        }
    }
}

impl RawRetry {
    pub(super) fn checked(self, answer_max: Duration) -> Result<Retry, Fault> {
        let (first, last) = (self.backoff_first.0.0, self.backoff_max.0.0);
        let (soft, hard) = (self.soft_limit.0.0, self.hard_limit.0.0);
        let answer = i64::try_from(answer_max.as_millis()).unwrap_or(i64::MAX);
        let too_long = |what: &str, of: i64, limit: &str, is: i64| {
            let what = format!("{what} ({}) is too long for {limit} ({})", shown(of), shown(is));
            Err(Fault::operator(what, format!("make {limit} the longer one")))
        };
        if first > last {
            return too_long("retry.backoff_first", first, "retry.backoff_max", last);
        }
        if soft >= hard {
            return too_long("retry.soft_limit", soft, "retry.hard_limit", hard);
        }
        if answer >= hard {
            return too_long("lanes.answer_max", answer, "retry.hard_limit", hard);
        }
        Ok(Retry {
            tries_max: self.tries_max,
            backoff_first: self.backoff_first.duration(),
            backoff_max: self.backoff_max.duration(),
            crashes_max: self.crashes_max,
            soft_limit: self.soft_limit.duration(),
            hard_limit: self.hard_limit.duration(),
        })
    }
}

/// `[serve]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawServe {
    /// How often libraries are looked through: `1m` or more; `0s` for at the start and when asked only.
    scan_interval: Span<0, { 30 * DAY }>,
    /// Notices changes in libraries as they happen, where the file system tells them.
    watch: bool,
    /// How often libraries are looked through that lie on a file system that tells no changes, such as NFS.
    poll_interval: Span<{ 10 * SECOND }, DAY>,
    /// A file of this name in the folder of a library asks for a look through it. Empty for none.
    #[serde(deserialize_with = "file_name")]
    #[schemars(schema_with = "shapes::file_name")]
    trigger_file: Option<String>,
    /// A file that did not change for so long is whole.
    stable: Span<0, DAY>,
    /// A lock file that another program left beside a video is honoured for so long; `0s` for not at all.
    lock_expiry: Span<0, { 30 * DAY }>,
    /// How long running steps may take to end when the service ends.
    drain: Span<0, { 12 * HOUR }>,
    /// What runs left is kept for so many days.
    #[serde(deserialize_with = "whole::<_, _, 1, 3650>")]
    #[schemars(range(min = 1, max = 3650))]
    runs_days: u16,
    /// Logs are kept for so many days.
    #[serde(deserialize_with = "whole::<_, _, 1, 3650>")]
    #[schemars(range(min = 1, max = 3650))]
    logs_days: u16,
    /// What is logged: `error`, `warn`, `info`, `debug` or `trace`, also by module, such as
    /// `info,kinora::engines=debug`.
    #[serde(deserialize_with = "log_filter")]
    #[schemars(length(min = 1))]
    log: String,
    /// How lines of the log look.
    log_format: LogFormat,
    /// Less room than this where data lies is told of, in MiB or as text such as `"1 GiB"`; 0 for never.
    #[serde(deserialize_with = "mib::<_, 0, 1_048_576>")]
    #[schemars(schema_with = "shapes::mib::<0, 1_048_576>")]
    disk_free_min_mib: u64,
}

impl Default for RawServe {
    fn default() -> RawServe {
        RawServe {
            scan_interval: Span(Ms(HOUR)),
            watch: true,
            poll_interval: Span(Ms(5 * MINUTE)),
            trigger_file: Some(TRIGGER_FILE.to_owned()),
            stable: Span(Ms(30 * SECOND)),
            lock_expiry: Span(Ms(2 * HOUR)),
            drain: Span(Ms(30 * SECOND)),
            runs_days: 30,
            logs_days: 30,
            log: logging::DEFAULT_FILTER.to_owned(),
            log_format: LogFormat::default(),
            disk_free_min_mib: DISK_FREE_MIN_MIB,
        }
    }
}

impl RawServe {
    pub(super) fn checked(self) -> Result<Serve, Fault> {
        let scan_interval = Some(self.scan_interval.duration()).filter(|it| !it.is_zero());
        if scan_interval.is_some_and(|it| it < SCAN_INTERVAL_MIN) {
            let what =
                format!("serve.scan_interval ({}) is too short", shown(self.scan_interval.0.0));
            return Err(Fault::operator(what, "write 1m or more, or 0s for never"));
        }
        Ok(Serve {
            scan_interval,
            watch: self.watch,
            poll_interval: self.poll_interval.duration(),
            trigger_file: self.trigger_file,
            stable: self.stable.duration(),
            lock_expiry: self.lock_expiry.duration(),
            drain: self.drain.duration(),
            runs_days: self.runs_days,
            logs_days: self.logs_days,
            log: self.log,
            log_format: self.log_format,
            disk_free_min_mib: self.disk_free_min_mib,
        })
    }
}

/// Windows of hours, as a list, or one alone as text.
#[derive(Debug, Deserialize)]
#[serde(try_from = "OneOrMany")]
pub(super) struct Hours(pub(super) Schedule);

#[derive(Deserialize)]
#[serde(untagged, expecting = "a list of hours such as [\"01:00-07:00\"] is expected")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn list(self) -> Vec<String> {
        match self {
            OneOrMany::One(text) => vec![text],
            OneOrMany::Many(texts) => texts,
        }
    }
}

impl TryFrom<OneOrMany> for Hours {
    type Error = crate::domain::schedule::NoSchedule;
    fn try_from(texts: OneOrMany) -> Result<Hours, Self::Error> {
        Schedule::parse(&texts.list()).map(Hours)
    }
}

/// A lane by name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct Lane(LaneName);

impl TryFrom<String> for Lane {
    type Error = String;
    fn try_from(text: String) -> Result<Lane, String> {
        // The way back must be the same text: `gpu+1` and `gpu01` are no names.
        let lane = LaneName::parse(&text).filter(|it| it.to_string() == text);
        lane.map(Lane).ok_or_else(|| {
            let known = ["cpu", "ffmpeg", "net", "disk", "gpu0", "gpu1"];
            match text::nearest(&text, known) {
                Some(near) => format!("`{text}` is no lane; did you mean `{near}`?"),
                None => format!("`{text}` is no lane; they are cpu, gpu0, gpu1, ffmpeg, net, disk"),
            }
        })
    }
}

fn gpus<'de, D: Deserializer<'de>>(from: D) -> Result<Gpus, D::Error> {
    let how = "write \"auto\", \"none\" or a list such as [\"gpu0\"]";
    let texts = match OneOrMany::deserialize(from) {
        Ok(OneOrMany::One(text)) if text == "auto" => return Ok(Gpus::Auto),
        Ok(OneOrMany::One(text)) if text == "none" => return Ok(Gpus::Only(Vec::new())),
        Ok(texts) => texts.list(),
        Err(_) => return Err(D::Error::custom(how)),
    };
    if texts.is_empty() {
        return Err(D::Error::custom(format!("it names no GPU; {how}")));
    }
    let mut only = Vec::new();
    for text in texts {
        match Lane::try_from(text.clone()) {
            Ok(Lane(gpu @ LaneName::Gpu(_))) if !only.contains(&gpu) => only.push(gpu),
            Ok(Lane(LaneName::Gpu(_))) => {
                return Err(D::Error::custom(format!("`{text}` is there twice; name it once")));
            }
            Ok(_) | Err(_) => {
                return Err(D::Error::custom(format!("`{text}` is no GPU; {how}")));
            }
        }
    }
    Ok(Gpus::Only(only))
}

/// A name without a folder; empty for none.
fn file_name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() {
        return Ok(None);
    }
    if text.contains(['/', '\0']) || text == "." || text == ".." {
        let told = "is no name of a file; write it like `.scan_now`, without a folder";
        return Err(D::Error::custom(format!("`{text}` {told}")));
    }
    Ok(Some(text))
}

/// What is logged: a level, or a filter in the words of `tracing`.
fn log_filter<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if logging::is_filter(&text) {
        return Ok(text);
    }
    let told = "says not what is logged; write error, warn, info, debug or trace";
    Err(D::Error::custom(format!("`{text}` {told}")))
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(from)?;
    let told = "is no address with a port; write it like `127.0.0.1:8710`, `0.0.0.0:8710` or";
    text.parse().map_err(|_| D::Error::custom(format!("`{text}` {told} `[::]:8710`")))
}

fn hosts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let hosts = Vec::<String>::deserialize(from)?;
    let read = hosts.into_iter().map(|host| {
        let is_name = |it: &str| {
            let fine = |it: char| it.is_alphanumeric() || matches!(it, '.' | '-' | '_');
            !it.is_empty() && it.chars().all(fine)
        };
        if is_name(&host) || host.parse::<IpAddr>().is_ok() {
            return Ok(host.to_lowercase());
        }
        let told = "is no name of a host; write it like `nas` or `nas.home`, without a port";
        Err(D::Error::custom(format!("`{host}` {told}")))
    });
    read.collect()
}
