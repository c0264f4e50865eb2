//! Subtitles against speech: how well they fit, and what would make them fit better: an offset, another frame rate, or
//! pieces with offsets of their own where the film was cut otherwise.

mod signal;
mod lags;
mod cuts;
mod fine;
mod fit;
mod search;
mod told;
#[cfg(test)]
mod tests;

pub use fit::fit;
pub use search::{align, is_enough};

use super::time::{Ms, Span};
use serde::{Deserialize, Serialize};

/// How cues fit the speech.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fit {
    /// Percent of the speech that has a cue.
    pub covered_percent: u8,
    /// Percent of the cues' time in which somebody speaks.
    pub spoken_percent: u8,
    /// Percent of the cues that begin where speech begins, or inside of it.
    pub starts_percent: u8,
}

/// What makes cues fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alignment {
    /// In the order of time, at least one.
    pub pieces: Vec<Piece>,
    /// How the cues fit with it.
    pub fit: Fit,
}

/// A run of cues that moves as one: `time * ratio + offset`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// From cues that start here on, as the subtitle has it, up to the next piece.
    pub from: Ms,
    /// Frame rate of the subtitle by that of the film; 1 mostly.
    pub ratio: f64,
    /// Added after stretching.
    pub offset: Ms,
}

impl Piece {
    /// Where a time of this piece belongs.
    fn place(&self, at: Ms) -> Ms {
        stretched(at, self.ratio) + self.offset
    }
}

impl Alignment {
    /// Where a cue belongs. Cues that are in order stay so, and none begins before the film; one that would end before
    /// it is empty.
    pub fn apply(&self, cue: Span) -> Span {
        let after = self.pieces.partition_point(|it| it.from <= cue.start).max(1);
        let Some(piece) = self.pieces.get(after - 1) else { return cue };
        // A film may lack a scene that the subtitle has: its cues wait, empty, where the film goes on.
        let next = self.pieces[after..].iter().map(|it| it.place(it.from)).min();
        let ends_before = self.pieces.get(after).is_none_or(|it| cue.end <= it.from);
        let limit = |at: Ms| next.map_or(at, |next| at.min(next));
        let place = piece.place(cue.end);
        let start = limit(piece.place(cue.start)).max(Ms(0));
        let end = if ends_before { limit(place) } else { place }.max(start);
        Span { start, end }
    }
}

/// A time at another frame rate.
fn stretched(at: Ms, ratio: f64) -> Ms {
    Ms((at.0 as f64 * ratio).round() as i64)
}
