//! What must hold of framed answers, with models made of words.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A model that says these tokens one after the other, taking the next allowed one where one is not.
struct Parrot {
    words: Vec<Vec<u8>>,
    script: Vec<u32>,
    at: usize,
    spent: u32,
    frames: String,
}

/// The token that ends an answer.
const END: u32 = 0;

impl Parrot {
    fn new(words: &[&str], script: &[u32]) -> Parrot {
        let end = std::iter::once(Vec::new());
        let words = end.chain(words.iter().map(|it| it.as_bytes().to_vec())).collect();
        Parrot { words, script: script.to_vec(), at: 0, spent: 0, frames: String::new() }
    }

    /// Says each word of a list, in order.
    fn saying(words: &[&str]) -> Parrot {
        let script: Vec<u32> = (1..=words.len() as u32).collect();
        Parrot::new(words, &script)
    }
}

impl Voice for Parrot {
    fn next(&mut self, allowed: &dyn Fn(&Self, u32) -> bool) -> Option<u32> {
        loop {
            let token = self.script.get(self.at).copied();
            self.at += 1;
            match token {
                None if allowed(self, END) => return Some(END),
                None => return None,
                Some(token) if allowed(self, token) => return Some(token),
                Some(_) => {}
            }
        }
    }

    fn say(&mut self, _token: u32) -> Result<(), String> {
        self.spent += 1;
        Ok(())
    }

    fn frame(&mut self, text: &str) -> Result<(), String> {
        self.frames.push_str(text);
        self.spent += 3;
        Ok(())
    }

    fn spent(&self) -> u32 {
        self.spent
    }

    fn bytes(&self, token: u32) -> &[u8] {
        self.words.get(token as usize).map_or(&[], Vec::as_slice)
    }

    fn ends(&self, token: u32) -> bool {
        token == END
    }
}

fn written(shape: &Shape, words: &[&str]) -> Written {
    write(&mut Parrot::saying(words), shape, 1000).unwrap()
}

#[test]
fn slots_close_at_the_first_quote_wherever_it_hides() {
    for (words, text) in [
        (&["Hal", "lo", "\"", "Welt", "\""][..], r#"{"1": "Hallo", "2": "Welt"}"#),
        (&["Hallo", ".\",", " Welt", "\"}"], r#"{"1": "Hallo.", "2": "Welt"}"#),
        (&["Hallo", "\n", "Welt", "!\n\n"], r#"{"1": "Hallo", "2": "Welt!"}"#),
        // Escaped quotes are text, also where the backslash is a token of its own.
        (&["\\\"", "Ja", "\\", "\"", "\",", "b", "\""], r#"{"1": "\"Ja\"", "2": "b"}"#),
        (&["a\\\\", "\"", "b", "\""], r#"{"1": "a\\", "2": "b"}"#),
        (&["\\u00e9t\\u00e9", "\"", "a\\qb", "\""], r#"{"1": "été", "2": "aqb"}"#),
        // No slot is left empty, and white space is none of a line's text.
        (&["\"", "\n", " ", "\"", "a", "\"", "\"}", "b ", "\""], r#"{"1": "a", "2": "b"}"#),
        // The answer may end early; what is not said is empty.
        (&["a"], r#"{"1": "a", "2": ""}"#),
    ] {
        let told = written(&Shape::Numbered(2), words);
        assert_eq!(told, Written { text: text.to_owned(), cut: false }, "{words:?}");
    }
}

#[test]
fn the_frame_is_put_before_the_model() {
    let mut parrot = Parrot::saying(&["a", "\"", "b", "\"", "c", "\""]);
    write(&mut parrot, &Shape::Numbered(3), 1000).unwrap();
    assert_eq!(parrot.frames, r#"", "2": "", "3": ""#);
    let mut parrot = Parrot::saying(&["a", "\"", "b", "\"", "c", "\"", "d", "\""]);
    let told = write(&mut parrot, &Shape::Echoed(2), 1000).unwrap();
    assert_eq!(told.text, r#"{"1": {"s": "a", "t": "b"}, "2": {"s": "c", "t": "d"}}"#);
    assert_eq!(parrot.frames, r#"", "t": ""}, "2": {"s": "", "t": ""#);
}

#[test]
fn a_slot_that_never_ends_is_empty_and_the_others_are_not() {
    let words: Vec<String> = (0..200).map(|it| format!("w{it} ")).collect();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.extend(["b", "\""]);
    // 60 tokens in all, two lines: 90 tokens for a slot at most, and nothing is left for the second.
    let told = write(&mut Parrot::saying(&words), &Shape::Numbered(2), 60).unwrap();
    assert_eq!(told, Written { text: r#"{"1": ""}"#.to_owned(), cut: true });
    // Of ten lines one may have three shares of the answer, and leaves the rest to the others.
    words.truncate(60);
    words.extend(["b", "\"", "c", "\""]);
    let told = write(&mut Parrot::saying(&words), &Shape::Numbered(10), 200).unwrap();
    assert!(told.text.starts_with(r#"{"1": "", "2": "b", "3": "c", "4": "", "#), "{}", told.text);
    // What goes round is stopped long before.
    let mut script = vec![1; 500];
    script[LOOP_LENGTH..LOOP_LENGTH + 2].copy_from_slice(&[2, 3]);
    let mut parrot = Parrot::new(&["ha ", "b", "\""], &script);
    let told = write(&mut parrot, &Shape::Numbered(2), 1000).unwrap();
    assert_eq!(told, Written { text: r#"{"1": "", "2": "b"}"#.to_owned(), cut: false });
}

#[test]
fn a_plain_line_ends_with_its_line() {
    assert_eq!(
        written(&Shape::Plain, &["\n", "Sie", " \"sagt\"", " es.\nUnd"]).text,
        "Sie \"sagt\" es."
    );
    let words: Vec<String> = (0..50).map(|it| format!("w{it} ")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let told = write(&mut Parrot::saying(&words), &Shape::Plain, 10).unwrap();
    assert!(told.cut && told.text.ends_with("w9"), "{told:?}");
}

#[test]
fn terms_end_with_their_last_brace() {
    let words = [
        "\"syn",
        "opsis\": \"a } b\"",
        ", \"terms\": [{\"source\": \"x\\\"}\"}",
        "]}",
        " That is all",
    ];
    let told = written(&Shape::Terms, &words);
    assert_eq!(told.text, "{\"synopsis\": \"a } b\", \"terms\": [{\"source\": \"x\\\"}\"}]}");
    assert!(!told.cut);
}

proptest! {
    /// Whatever a model says: JSON, with each number where the answer was not cut, and no number beside.
    #[test]
    fn answers_are_json_with_all_their_numbers(
        words in prop::collection::vec("[a-c \"\\\\\n{}é,]{0,4}", 1..12),
        script in prop::collection::vec(0_u32..13, 0..200),
        count in 1_u16..8,
        tokens_max in 1_u32..120,
        echoed in any::<bool>(),
    ) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let shape = if echoed { Shape::Echoed(count) } else { Shape::Numbered(count) };
        let told = write(&mut Parrot::new(&words, &script), &shape, tokens_max).unwrap();
        let lines: BTreeMap<u16, serde_json::Value> = serde_json::from_str(&told.text).unwrap();
        let found: Vec<u16> = lines.keys().copied().collect();
        let wanted: Vec<u16> = (1..=count).collect();
        prop_assert!(wanted.starts_with(&found));
        prop_assert_eq!(told.cut, found != wanted);
    }
}
