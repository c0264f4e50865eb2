//! An alignment in words.

use super::super::time::Ms;
use super::{Alignment, Piece};

/// Frame rates with their names.
const RATES: [(f64, &str); 3] = [(24.0, "24"), (24_000.0 / 1001.0, "23.976"), (25.0, "25")];
/// Ratios this near are the same.
const SAME_RATIO: f64 = 1e-6;

impl Alignment {
    /// For people: "1.2 s later", "stretched from 25 to 23.976 frames a second, then 0.3 s earlier".
    pub fn told(&self) -> String {
        let mut said = Vec::new();
        let mut ratio = 1.0;
        for (index, piece) in self.pieces.iter().enumerate() {
            let new_ratio = SAME_RATIO < (piece.ratio - ratio).abs();
            ratio = piece.ratio;
            let place = match index {
                0 if self.pieces.len() == 1 => String::new(),
                0 => " from the start".to_owned(),
                _ => format!(" from {} on", clock(piece.from)),
            };
            let stretch = new_ratio.then(|| stretch(piece));
            said.push(match (stretch, piece.offset) {
                (Some(stretch), offset) if is_nothing(offset) => format!("{stretch}{place}"),
                (Some(stretch), offset) => format!("{stretch}, then {}{place}", shift(offset)),
                (None, offset) => format!("{}{place}", shift(offset)),
            });
        }
        said.join("; ")
    }
}

fn stretch(piece: &Piece) -> String {
    let pairs = RATES.iter().flat_map(|from| RATES.iter().map(move |to| (from, to)));
    let mut named = pairs.filter(|(from, to)| (from.0 / to.0 - piece.ratio).abs() < SAME_RATIO);
    match named.next() {
        Some((from, to)) if from.1 != to.1 => {
            format!("stretched from {} to {} frames a second", from.1, to.1)
        }
        Some(_) | None => format!("stretched by {:.3} %", (piece.ratio - 1.0) * 100.0),
    }
}

fn shift(offset: Ms) -> String {
    let seconds = offset.0.unsigned_abs() as f64 / 1000.0;
    if is_nothing(offset) {
        "unchanged".to_owned()
    } else if Ms(0) < offset {
        format!("{seconds:.1} s later")
    } else {
        format!("{seconds:.1} s earlier")
    }
}

/// Nothing to tell, in tenths of a second.
fn is_nothing(offset: Ms) -> bool {
    offset.0.abs() < 50
}

/// Hours, minutes and seconds.
fn clock(at: Ms) -> String {
    let text = at.to_string();
    text.split('.').next().unwrap_or_default().to_owned()
}
