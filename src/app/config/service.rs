//! What the service is set to: its address, libraries, lanes, tries and times; checked.

use super::keep::LogFormat;
use crate::domain::lane::LaneName;
use crate::domain::lang::Lang;
use crate::domain::name::Naming;
use crate::domain::order::{Bilingual, ExistingRules};
use crate::domain::schedule::Schedule;
use crate::domain::subtitle::Format;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// `[http]`: who may talk to the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The file with the bearer token; made at the first start.
    pub token_file: PathBuf,
    /// Names and addresses, in small letters and without a port, by which the service may be called besides loopback's.
    pub hosts: Vec<String>,
    /// Largest file that is taken when it is sent, bytes.
    pub upload_bytes_max: u64,
    /// For how long files that were sent stay, and what came of them.
    pub uploads_keep: Duration,
    /// The file with the secret that senders of webhooks must know, where they have one of their own.
    pub webhook_secret_file: Option<PathBuf>,
    /// Networks whose machines need no token for webhooks, and for the addresses that other tools know.
    pub trusted_networks: Vec<IpNet>,
    /// Requests that one other machine may make a minute; `None` for any number.
    pub rate_per_minute: Option<NonZeroU32>,
}

/// `[[library]]`: a folder of videos that is kept subtitled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// What its owner calls it.
    pub name: String,
    /// Its folder, absolute; none lies inside of another.
    pub path: PathBuf,
    /// Languages wanted here, or everywhere; empty for the spoken one.
    pub to: Vec<Lang>,
    /// The spoken language here, or everywhere; `None` to find it out.
    pub from: Option<Lang>,
    /// Only these paths below the folder, as globs that [`globset`] reads where `*` and `?` stop at `/`; empty for all.
    pub include: Vec<String>,
    /// Not these, even where they are included; globs too.
    pub exclude: Vec<String>,
    /// Name of the model here, or everywhere, or a path.
    pub model: String,
    /// Subtitle formats here, or everywhere; at least one, none twice.
    pub formats: Vec<Format>,
    /// How files are named here, or everywhere.
    pub naming: Naming,
    /// A word in every name here, or everywhere.
    pub label: Option<String>,
    /// What existing subtitles count for here, or everywhere.
    pub existing: ExistingRules,
    /// Audio tracks in these languages are preferred here, or everywhere, the first most.
    pub prefer_langs: Vec<Lang>,
    /// When its files may be worked on.
    pub schedule: Schedule,
    /// Who translates here, or everywhere, by name, tried in this order; empty where nothing is translated.
    pub translators: Vec<String>,
    /// Engines outside of the owner's network may be asked about what is in its files.
    pub cloud: bool,
    /// Who would translate here too, were they not outside of the owner's network.
    pub left_out: Vec<String>,
    /// A file with both languages, here or everywhere.
    pub bilingual: Option<Bilingual>,
}

/// `[lanes]`: what work is done side by side, and what it may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lanes {
    /// Which GPUs are used.
    pub gpu: Gpus,
    /// Workers of each GPU.
    pub gpu_workers: usize,
    /// Workers that listen on the processor.
    pub cpu_workers: usize,
    /// Workers that look into files.
    pub ffmpeg_workers: usize,
    /// Workers that talk to services.
    pub net_workers: usize,
    /// Workers that write files.
    pub disk_workers: usize,
    /// Niceness of engine children, 0 to 19.
    pub nice: u8,
    /// When lanes may work; one that is not here always may.
    pub schedule: BTreeMap<LaneName, Schedule>,
    /// An engine child that takes more memory than this, in MiB, is ended; `None` for no limit.
    pub memory_max_mib: Option<u64>,
    /// After so many tasks an engine child is replaced by a new one.
    pub max_tasks: u32,
    /// An engine child that gives no answer for so long is ended.
    pub answer_max: Duration,
}

/// Which GPUs are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gpus {
    /// All that are found.
    Auto,
    /// These and no others; empty for none. Each is a [`LaneName::Gpu`], none is there twice.
    Only(Vec<LaneName>),
}

/// `[retry]`: what becomes of a step that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// After so many failures a file waits for a person.
    pub tries_max: u8,
    /// The wait after the first failure; each one after it is about twice as long.
    pub backoff_first: Duration,
    /// No wait is longer.
    pub backoff_max: Duration,
    /// After so many deaths of Kinora itself during one step the file waits for a person.
    pub crashes_max: u8,
    /// A step that does not get on for so long is told of.
    pub soft_limit: Duration,
    /// A step that does not get on for so long is stopped; longer than `soft_limit`.
    pub hard_limit: Duration,
}

/// `[serve]`: what the service does by the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serve {
    /// How often libraries are looked through; `None` for at the start and when asked only.
    pub scan_interval: Option<Duration>,
    /// Changes in libraries are noticed as they happen, where the file system tells them.
    pub watch: bool,
    /// How often libraries are looked through that lie on a file system that tells no changes.
    pub poll_interval: Duration,
    /// A file of this name in the folder of a library asks for a look through it; `None` for none.
    pub trigger_file: Option<String>,
    /// A file that did not change for so long is whole.
    pub stable: Duration,
    /// A lock file that another program left beside a video is honoured for so long; zero for not at all.
    pub lock_expiry: Duration,
    /// How long running steps may take to end when the service ends.
    pub drain: Duration,
    /// What runs left is kept for so many days.
    pub runs_days: u16,
    /// Logs are kept for so many days.
    pub logs_days: u16,
    /// How lines of the log look.
    pub log_format: LogFormat,
    /// Less room than this, in MiB, where data lies is told of; 0 for never.
    pub disk_free_min_mib: u64,
    /// What is logged: a level, or a filter in the words of `tracing`.
    pub log: String,
}
