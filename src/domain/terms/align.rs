//! Which cue of an edited file was which line of the translation.

use super::super::change::Made;
use super::super::cue::Cue;

/// Most pairs that are compared to find equal cues; where there are more, only equal beginnings and ends are used.
const CELLS_MAX: usize = 16 * 1024 * 1024;

/// Source, our translation, and what stands there now, for each line whose cue is still told: one by one where there
/// are as many cues as there were; else by the cues that did not change, and between two of these one by one where as
/// many are left.
pub fn align(made: &Made, theirs: &[Cue]) -> Vec<(String, String, String)> {
    let theirs: Vec<String> = theirs
        .iter()
        .map(|it| it.lines.join(if made.to.has_spaces() { " " } else { "" }))
        .collect();
    let plain = |text: &str| -> String {
        let mut words = text.split_whitespace();
        if made.to.has_spaces() {
            words.collect::<Vec<_>>().join(" ")
        } else {
            words.by_ref().collect()
        }
    };
    let ours_plain: Vec<String> = made.lines.iter().map(|it| plain(&it.1)).collect();
    let theirs_plain: Vec<String> = theirs.iter().map(|it| plain(it)).collect();
    pairs(&ours_plain, &theirs_plain)
        .into_iter()
        .filter_map(|(our, their)| {
            let (source, ours) = made.lines.get(our)?;
            Some((source.clone(), ours.clone(), theirs.get(their)?.clone()))
        })
        .collect()
}

fn pairs(ours: &[String], theirs: &[String]) -> Vec<(usize, usize)> {
    if ours.len() == theirs.len() {
        return (0..ours.len()).map(|it| (it, it)).collect();
    }
    let mut anchors = anchors(ours, theirs);
    anchors.push((ours.len(), theirs.len()));
    let (mut pairs, mut our, mut their) = (Vec::new(), 0, 0);
    for anchor in anchors {
        if anchor.0 - our == anchor.1 - their {
            pairs.extend((our..anchor.0).zip(their..anchor.1));
        }
        if anchor.0 < ours.len() && anchor.1 < theirs.len() {
            pairs.push(anchor);
        }
        (our, their) = (anchor.0 + 1, anchor.1 + 1);
    }
    pairs
}

/// Equal texts in the same order, as many as there are.
fn anchors(ours: &[String], theirs: &[String]) -> Vec<(usize, usize)> {
    let head = ours.iter().zip(theirs).take_while(|(it, other)| it == other).count();
    let (our, their) = (&ours[head..], &theirs[head..]);
    let tail =
        our.iter().rev().zip(their.iter().rev()).take_while(|(it, other)| it == other).count();
    let (our, their) = (&our[..our.len() - tail], &their[..their.len() - tail]);
    let mut anchors: Vec<(usize, usize)> = (0..head).map(|it| (it, it)).collect();
    if our.len().saturating_mul(their.len()) <= CELLS_MAX {
        anchors.extend(common(our, their).into_iter().map(|(a, b)| (a + head, b + head)));
    }
    let ends = (head + our.len()..ours.len()).zip(head + their.len()..theirs.len());
    anchors.extend(ends);
    anchors
}

/// The longest common subsequence of two lists, as places in both.
pub(super) fn common<T: PartialEq>(a: &[T], b: &[T]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    // From each pair of places on: how many are common.
    let mut table = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i * width + j] = if a[i] == b[j] {
                table[(i + 1) * width + j + 1] + 1
            } else {
                table[(i + 1) * width + j].max(table[i * width + j + 1])
            };
        }
    }
    let (mut pairs, mut i, mut j) = (Vec::new(), 0, 0);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if table[(i + 1) * width + j] >= table[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::super::tests::lang;
    use super::*;
    use crate::domain::time::Span;
    use proptest::prelude::*;

    fn made(lines: &[&str], to: &str) -> Made {
        let lines = lines.iter().map(|it| (format!("<{it}>"), (*it).to_owned())).collect();
        Made { from: lang("en"), to: lang(to), work: "film".to_owned(), lines }
    }

    fn cues(texts: &[&str]) -> Vec<Cue> {
        let cue = |text: &&str| Cue {
            span: Span::new(0, 1000),
            lines: text.split('|').map(str::to_owned).collect(),
            confidence: 1.0,
        };
        texts.iter().map(cue).collect()
    }

    /// `ours>theirs`.
    fn aligned(ours: &[&str], theirs: &[&str]) -> String {
        let aligned = align(&made(ours, "de"), &cues(theirs));
        let shown = aligned.iter().map(|(source, ours, theirs)| {
            assert_eq!(*source, format!("<{ours}>"));
            format!("{ours}>{theirs}")
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lines_find_their_cues() {
        let table: [(&[&str], &[&str], &str); 8] = [
            (&["a", "b"], &["x", "y"], "a>x b>y"),
            (&["a", "b", "c"], &["a", "b2", "c", "ad"], "a>a b>b2 c>c"),
            (&["a", "b", "c"], &["ad", "a", "b2", "c"], "a>a b>b2 c>c"),
            (&["a", "b", "c", "d"], &["a", "c", "d2"], "a>a c>c d>d2"),
            (&["a", "b", "c", "d"], &["a", "bc", "d"], "a>a d>d"),
            (&["a", "b"], &[], ""),
            (&[], &["a"], ""),
            (&["a b", "c"], &["a|b", "c", "d"], "a b>a b c>c"),
        ];
        for (ours, theirs, wanted) in table {
            assert_eq!(aligned(ours, theirs), wanted, "{ours:?} {theirs:?}");
        }
        let chinese = align(&made(&["你 好吗", "x"], "zh"), &cues(&["你|好吗"]));
        assert_eq!(chinese.len(), 1);
    }

    proptest! {
        #[test]
        fn an_unchanged_line_keeps_its_cue(
            lines in proptest::collection::vec("[a-e]", 1..20),
            at in any::<prop::sample::Index>(),
        ) {
            // One more cue, which is none of ours.
            let ours: Vec<&str> = lines.iter().map(String::as_str).collect();
            let mut theirs = ours.clone();
            theirs.insert(at.index(ours.len() + 1), "new");
            let wanted: Vec<String> = ours.iter().map(|it| format!("{it}>{it}")).collect();
            prop_assert_eq!(aligned(&ours, &theirs), wanted.join(" "));
        }
    }
}
