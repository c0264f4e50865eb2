//! Lanes: fixed sets of workers, each on one resource.

use serde::{Deserialize, Serialize};

/// What a lane's workers need for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LaneKind {
    /// A recogniser: a GPU, or the processor.
    Device,
    /// FFmpeg.
    Ffmpeg,
    /// Services over the network.
    Network,
    /// Disks.
    Disk,
}

/// A lane by name: `gpu0`, `gpu1`, ..., `cpu`, `ffmpeg`, `net`, `disk`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LaneName {
    /// The GPU with this number.
    Gpu(u8),
    /// Inference on the processor.
    Cpu,
    /// FFmpeg.
    Ffmpeg,
    /// The network.
    Net,
    /// Disks.
    Disk,
}

impl LaneName {
    /// What its workers need.
    pub fn kind(&self) -> LaneKind {
        match self {
            LaneName::Gpu(_) | LaneName::Cpu => LaneKind::Device,
            LaneName::Ffmpeg => LaneKind::Ffmpeg,
            LaneName::Net => LaneKind::Network,
            LaneName::Disk => LaneKind::Disk,
        }
    }

    /// The lane of this name.
    pub fn parse(text: &str) -> Option<LaneName> {
        match text {
            "cpu" => Some(LaneName::Cpu),
            "ffmpeg" => Some(LaneName::Ffmpeg),
            "net" => Some(LaneName::Net),
            "disk" => Some(LaneName::Disk),
            gpu => gpu.strip_prefix("gpu")?.parse().ok().map(LaneName::Gpu),
        }
    }
}

impl std::fmt::Display for LaneName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LaneName::Gpu(number) => write!(f, "gpu{number}"),
            LaneName::Cpu => f.write_str("cpu"),
            LaneName::Ffmpeg => f.write_str("ffmpeg"),
            LaneName::Net => f.write_str("net"),
            LaneName::Disk => f.write_str("disk"),
        }
    }
}
