//! Times: milliseconds on the audio's or the video's clock, and samples of 16 kHz audio.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Samples a second of all audio inside Kinora: what Whisper and Silero were trained on.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Milliseconds from the start of the video (or of a window, where said); may be negative before it is clamped.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Ms(pub i64);

impl Ms {
    /// The time at which sample `index` of 16 kHz audio is played, rounded down.
    pub fn of_sample(index: u64) -> Ms {
        Ms((index * 1000 / u64::from(SAMPLE_RATE_HZ)) as i64)
    }

    /// The sample played at this time; zero for times before the start.
    pub fn to_sample(self) -> u64 {
        u64::try_from(self.0).unwrap_or(0) * u64::from(SAMPLE_RATE_HZ) / 1000
    }
}

impl std::ops::Add for Ms {
    type Output = Ms;
    fn add(self, other: Ms) -> Ms {
        Ms(self.0 + other.0)
    }
}

impl std::ops::Sub for Ms {
    type Output = Ms;
    fn sub(self, other: Ms) -> Ms {
        Ms(self.0 - other.0)
    }
}

impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        write!(f, "{sign}{h:02}:{m:02}:{s:02}.{:03}", ms % 1000)
    }
}

/// From `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First instant.
    pub start: Ms,
    /// First instant after it; never before `start`.
    pub end: Ms,
}

impl Span {
    /// A span from milliseconds; an end before the start is moved to the start.
    pub fn new(start: i64, end: i64) -> Span {
        Span { start: Ms(start), end: Ms(end.max(start)) }
    }

    /// Length in milliseconds.
    pub fn len(self) -> Ms {
        self.end - self.start
    }

    /// True where nothing is inside.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// How many milliseconds two spans share.
    pub fn overlap(self, other: Span) -> Ms {
        Ms((self.end.0.min(other.end.0) - self.start.0.max(other.start.0)).max(0))
    }
}
