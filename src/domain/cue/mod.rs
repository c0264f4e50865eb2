//! Cues: what a viewer reads, when, in at most two balanced lines.

use super::time::{Ms, Span};
use serde::{Deserialize, Serialize};

/// One subtitle: when it shows and its lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    /// When it shows.
    pub span: Span,
    /// One or two lines, none empty, no line breaks inside.
    pub lines: Vec<String>,
    /// The least probability of its words, 0 to 1: where a second look pays.
    pub confidence: f32,
}

/// Limits for cues (P-16, +2); every one a setting in `[cue]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CueLimits {
    /// Characters a second a viewer reads with ease; cues are stretched into silence to reach it.
    pub cps_target: f32,
    /// Characters a second never exceeded where the film leaves room.
    pub cps_max: f32,
    /// Columns of a line; for wide scripts (CJK) see `chars_per_line_wide`.
    pub chars_per_line: u16,
    /// Characters of a line in wide scripts.
    pub chars_per_line_wide: u16,
    /// Lines of a cue.
    pub lines: u8,
    /// Shortest time on screen.
    pub duration_min: Ms,
    /// Longest time on screen.
    pub duration_max: Ms,
    /// Least time between two cues.
    pub gap_min: Ms,
}

impl Default for CueLimits {
    fn default() -> CueLimits {
        CueLimits {
            cps_target: 17.0,
            cps_max: 25.0,
            chars_per_line: 42,
            chars_per_line_wide: 18,
            lines: 2,
            duration_min: Ms(1000),
            duration_max: Ms(7000),
            gap_min: Ms(83),
        }
    }
}
