//! Made-up films are fit for their purpose.

use crate::support::llm::tally::tokens;
use crate::support::llm::tongue;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn lines_have_no_digits_and_each_its_own_translation() {
    let lines = tongue::lines(10_000, 5);
    let mut of: BTreeMap<String, &str> = BTreeMap::new();
    for line in &lines {
        assert!(!line.contains(|it: char| it.is_ascii_digit()), "{line}");
        let said = tongue::translate(line);
        assert!(!said.contains(|it: char| it.is_ascii_alphabetic()), "{said}");
        let other = of.insert(said, line);
        assert!(other.is_none_or(|it| it == line), "{line} and {other:?}");
    }
    let lengths: BTreeSet<usize> = lines.iter().map(String::len).collect();
    assert!(lengths.len() > 60, "of all lengths: {lengths:?}");
    let short = lines.iter().filter(|it| it.len() < 12).count();
    assert!((1_000..4_000).contains(&short), "{short} are short");
    assert!(of.len() > 4_500, "{} are different", of.len());
    let example = "Who found our train tonight?";
    assert_eq!(tongue::translate(example), "Кто нашёл наш поезд сегодня?");
    assert_eq!(tokens(example), 7, "a long word is two");
}
