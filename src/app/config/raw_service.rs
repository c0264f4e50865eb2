//! The shape of the service's sections: every key, its default and its range; and how they fit together.

use super::raw::whole;
use super::raw_hooks::networks;
use super::service::{Gpus, Http, Lanes, Retry, Serve};
use super::span::{DAY, HOUR, MINUTE, SECOND, Span, shown};
use crate::app::logging;
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::lane::LaneName;
use crate::domain::schedule::Schedule;
use crate::domain::time::Ms;
use ipnet::IpNet;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// A child with less cannot load any weights.
const CHILD_MEMORY_MIN_MIB: u64 = 256;
/// Looking through libraries more often would keep disks from sleeping.
const SCAN_INTERVAL_MIN: Duration = Duration::from_secs(60);

const HTTP_PORT: u16 = 8710;
pub(super) const MIB: u64 = 1024 * 1024;
const TRIGGER_FILE: &str = ".scan_now";

/// `[http]`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawHttp {
    #[serde(deserialize_with = "address")]
    listen: SocketAddr,
    token_file: Option<PathBuf>,
    #[serde(deserialize_with = "hosts")]
    hosts: Vec<String>,
    #[serde(deserialize_with = "whole::<_, _, 1, 1_048_576>")]
    upload_max_mib: u64,
    uploads_keep: Span<0, { 365 * DAY }>,
    webhook_secret_file: Option<PathBuf>,
    #[serde(deserialize_with = "networks")]
    trusted_networks: Vec<IpNet>,
    #[serde(deserialize_with = "whole::<_, _, 0, 1_000_000>")]
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
            Some(path) => absolute("http.token_file", path)?,
            None => data_dir.join("token"),
        };
        let secret_file = self.webhook_secret_file;
        let secret_file = secret_file.map(|it| absolute("http.webhook_secret_file", it));
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
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLanes {
    #[serde(deserialize_with = "gpus")]
    gpu: Gpus,
    #[serde(deserialize_with = "whole::<_, _, 1, 16>")]
    gpu_workers: usize,
    #[serde(deserialize_with = "whole::<_, _, 1, 64>")]
    cpu_workers: usize,
    #[serde(deserialize_with = "whole::<_, _, 1, 64>")]
    ffmpeg_workers: usize,
    #[serde(deserialize_with = "whole::<_, _, 1, 64>")]
    net_workers: usize,
    #[serde(deserialize_with = "whole::<_, _, 1, 16>")]
    disk_workers: usize,
    #[serde(deserialize_with = "whole::<_, _, 0, 19>")]
    nice: u8,
    schedule: BTreeMap<Lane, Hours>,
    #[serde(deserialize_with = "whole::<_, _, 0, 1_048_576>")]
    memory_max_mib: u64,
    #[serde(deserialize_with = "whole::<_, _, 1, 1_000_000>")]
    max_tasks: u32,
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
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawRetry {
    #[serde(deserialize_with = "whole::<_, _, 1, 20>")]
    tries_max: u8,
    backoff_first: Span<SECOND, { 24 * HOUR }>,
    backoff_max: Span<SECOND, { 7 * DAY }>,
    #[serde(deserialize_with = "whole::<_, _, 1, 100>")]
    crashes_max: u8,
    soft_limit: Span<MINUTE, { 24 * HOUR }>,
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
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawServe {
    scan_interval: Span<0, { 30 * DAY }>,
    watch: bool,
    poll_interval: Span<{ 10 * SECOND }, DAY>,
    #[serde(deserialize_with = "file_name")]
    trigger_file: Option<String>,
    stable: Span<0, DAY>,
    lock_expiry: Span<0, { 30 * DAY }>,
    drain: Span<0, { 12 * HOUR }>,
    #[serde(deserialize_with = "whole::<_, _, 1, 3650>")]
    runs_days: u16,
    #[serde(deserialize_with = "whole::<_, _, 1, 3650>")]
    logs_days: u16,
    #[serde(deserialize_with = "log_filter")]
    log: String,
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

/// A path that begins with `/` and does not go back up.
pub(super) fn absolute(what: &str, path: PathBuf) -> Result<PathBuf, Fault> {
    let shown = text::show_path(&path);
    if !path.is_absolute() {
        return Err(Fault::operator(
            format!("{what} `{shown}` is no absolute path"),
            "start it with /",
        ));
    }
    if path.components().any(|it| it == Component::ParentDir) {
        return Err(Fault::operator(
            format!("{what} `{shown}` has `..` in it"),
            "write it without",
        ));
    }
    Ok(path)
}
