//! The lines of one cue: as few as hold the text, balanced, broken where it reads well.

use super::atoms::Atom;

/// How much one unit of bad place weighs against an unbalanced pair of lines.
const PLACE_WEIGHT: f32 = 1.0;
/// A pair of lines whose widths differ by a full line costs this; the square of the difference counts.
const IMBALANCE_WEIGHT: f32 = 6.0;
/// A longer first line costs this: the lower line may be the longer one.
const TOP_HEAVY: f32 = 0.3;

/// The width of a line of some atoms, spaces between them included.
pub(in crate::domain) fn columns(atoms: &[Atom]) -> usize {
    let inner: usize = atoms.iter().skip(1).map(|it| usize::from(it.space)).sum();
    atoms.iter().map(|it| it.columns).sum::<usize>() + inner
}

/// The text of some atoms on one line.
pub(in crate::domain) fn text(atoms: &[Atom]) -> String {
    let mut text = String::new();
    for (at, it) in atoms.iter().enumerate() {
        if at > 0 && it.space {
            text.push(' ');
        }
        text.push_str(&it.text);
    }
    text
}

/// Where to break a cue into lines.
pub(in crate::domain) struct Layout {
    /// Index of the first atom of every line after the first.
    pub(in crate::domain) breaks: Vec<usize>,
    /// What the breaks cost; 0 for one line.
    pub(in crate::domain) cost: f32,
}

/// The best lines for all of `atoms`, at most `lines_max` of them and each at most `columns_max`
/// wide, as few as hold the
/// text. None where they do not fit. A single atom wider than a line is let through: it cannot be divided.
pub(in crate::domain) fn layout(
    atoms: &[Atom],
    columns_max: usize,
    lines_max: usize,
) -> Option<Layout> {
    (1..=lines_max.max(1)).find_map(|lines| exactly(atoms, columns_max, lines))
}

fn exactly(atoms: &[Atom], columns_max: usize, lines: usize) -> Option<Layout> {
    let width = columns(atoms);
    if lines == 1 {
        return (width <= columns_max || atoms.len() == 1)
            .then(|| Layout { breaks: Vec::new(), cost: 0.0 });
    }
    let mut best: Option<Layout> = None;
    let mut top = 0;
    for cut in 1..atoms.len() {
        top += atoms[cut - 1].columns + usize::from(cut > 1 && atoms[cut - 1].space);
        if top > columns_max && cut > 1 {
            break;
        }
        let Some(mut rest) = exactly(&atoms[cut..], columns_max, lines - 1) else { continue };
        let bottom = columns(&atoms[cut..]) as f32 / (lines - 1) as f32;
        let difference = (top as f32 - bottom) / columns_max.max(1) as f32;
        let heavy = if difference > 0.0 { TOP_HEAVY } else { 0.0 };
        let place = PLACE_WEIGHT * atoms[cut - 1].after.cost;
        rest.cost += place + IMBALANCE_WEIGHT * difference * difference + heavy;
        if best.as_ref().is_none_or(|it| rest.cost < it.cost) {
            rest.breaks.iter_mut().for_each(|it| *it += cut);
            rest.breaks.insert(0, cut);
            best = Some(rest);
        }
    }
    best
}
