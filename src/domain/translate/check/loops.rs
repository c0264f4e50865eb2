//! Models that do not stop: one phrase again and again.

use super::{Case, Complaint};

/// Words, and characters, of a phrase that may repeat.
const PERIOD_WORDS_MAX: usize = 10;
const PERIOD_CHARS_MAX: usize = 16;
/// A phrase is said so often at most, if the source does not say something as often.
const WORD_TIMES_MAX: usize = 5;
const CHAR_TIMES_MAX: usize = 9;
/// Long texts are not looked at to the end: their length alone speaks.
const LOOKED_AT_MAX: usize = 1500;

/// A phrase repeated more than people do, and more than twice as often as in the source.
pub(super) fn repeats_itself(case: Case<'_>) -> Option<Complaint> {
    let words =
        |text: &str| most_repeats(&text.split_whitespace().collect::<Vec<_>>(), PERIOD_WORDS_MAX);
    let chars = |text: &str| most_repeats(&text.chars().collect::<Vec<_>>(), PERIOD_CHARS_MAX);
    let in_source = words(case.source).max(chars(case.source));
    let too_many = |times: usize, times_max: usize| times > times_max && times > 2 * in_source;
    let found =
        too_many(words(case.said), WORD_TIMES_MAX) || too_many(chars(case.said), CHAR_TIMES_MAX);
    found.then(|| Complaint::fatal("It repeats itself: say everything once."))
}

/// How often in a row a phrase comes that is no longer than `period_max`.
fn most_repeats<T: PartialEq>(items: &[T], period_max: usize) -> usize {
    let items = &items[..items.len().min(LOOKED_AT_MAX)];
    let mut most = usize::from(!items.is_empty());
    for period in 1..=period_max.min(items.len() / 2) {
        let mut same = 0;
        for at in period..items.len() {
            same = if items[at] == items[at - period] { same + 1 } else { 0 };
            most = most.max(same / period + 1);
        }
    }
    most
}
