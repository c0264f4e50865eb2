//! A reader of SubRip for the yardstick, apart from the product's own: strict, so that a bad file fails the test.

use std::ops::Range;

/// A cue as written; times are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SrtCue {
    /// When it shows.
    pub(crate) span: Range<u64>,
    /// Its lines.
    pub(crate) lines: Vec<String>,
}

/// All cues of a file, in its order. Panics with the block where the file is not SubRip.
pub(crate) fn read(text: &str) -> Vec<SrtCue> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let blocks = text.split("\n\n").map(str::trim).filter(|it| !it.is_empty());
    blocks.map(|it| cue(it).unwrap_or_else(|| panic!("no cue: {it}"))).collect()
}

fn cue(block: &str) -> Option<SrtCue> {
    let mut lines = block.lines();
    lines.next()?.trim().parse::<usize>().ok()?;
    let (start, end) = lines.next()?.split_once(" --> ")?;
    Some(SrtCue { span: time(start)?..time(end)?, lines: lines.map(str::to_owned).collect() })
}

fn time(text: &str) -> Option<u64> {
    let (clock, ms) = text.trim().split_once(',')?;
    let mut parts = clock.split(':').map(|it| it.parse::<u64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + ms.parse::<u64>().ok()?)
}
