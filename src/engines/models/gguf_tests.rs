//! What must hold of looks into GGUF files, sound ones and others.

use super::*;
use proptest::prelude::*;
use std::fs;

/// A file as `docs/gguf.md` of ggml describes it, with one tensor of 32 numbers in Q8_0.
fn file(pairs: &[(&str, Value)]) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3_u32.to_le_bytes());
    out.extend(1_u64.to_le_bytes());
    out.extend((pairs.len() as u64).to_le_bytes());
    for (key, value) in pairs {
        put(&mut out, key);
        match value {
            Value::Text(text) => {
                out.extend(KIND_TEXT.to_le_bytes());
                put(&mut out, text);
            }
            Value::Number(number) => {
                out.extend(4_u32.to_le_bytes());
                out.extend(number.to_le_bytes());
            }
            Value::Texts(texts) => {
                out.extend(KIND_ARRAY.to_le_bytes());
                out.extend(KIND_TEXT.to_le_bytes());
                out.extend((texts.len() as u64).to_le_bytes());
                texts.iter().for_each(|it| put(&mut out, it));
            }
        }
    }
    put(&mut out, "token_embd.weight");
    out.extend(1_u32.to_le_bytes());
    out.extend(32_u64.to_le_bytes());
    out.extend(8_u32.to_le_bytes());
    out.extend(0_u64.to_le_bytes());
    out.resize(out.len().next_multiple_of(32) + 34, 7);
    out
}

enum Value {
    Text(&'static str),
    Number(u32),
    Texts(&'static [&'static str]),
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn sound() -> Vec<u8> {
    file(&[
        ("general.architecture", Value::Text("qwen2")),
        ("general.name", Value::Text("Qwen 2.5")),
        ("qwen2.context_length", Value::Number(32_768)),
        ("tokenizer.ggml.model", Value::Text("gpt2")),
        ("tokenizer.ggml.tokens", Value::Texts(&["a", "b", "ab"])),
        ("tokenizer.chat_template", Value::Text("{{ messages }}")),
    ])
}

fn inspected(bytes: &[u8]) -> Result<Gguf, Flaw> {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("x.gguf");
    fs::write(&path, bytes).expect("written");
    inspect(&path).map(|(gguf, _)| gguf)
}

#[test]
fn a_sound_file_tells_what_it_is() {
    let told = inspected(&sound()).expect("sound");
    let wanted = Gguf {
        architecture: "qwen2".into(),
        name: Some("Qwen 2.5".into()),
        context: 32_768,
        packing: "Q8_0",
        parameters: 32,
        instructed: true,
        tokenizer: "gpt2".into(),
    };
    assert_eq!(told, wanted);
    assert_eq!(told.obstacle(), None);
}

#[test]
fn what_cannot_translate_says_why() {
    let sound = inspected(&sound()).expect("sound");
    for (gguf, says) in [
        (Gguf { architecture: "gemma3".into(), ..sound.clone() }, "do not compute rightly"),
        (Gguf { architecture: "phi3".into(), ..sound.clone() }, "its family `phi3`"),
        (Gguf { tokenizer: "llama".into(), ..sound.clone() }, "its tokenizer of the kind `llama`"),
        (Gguf { instructed: false, ..sound.clone() }, "not taught to follow"),
    ] {
        let told = gguf.obstacle().expect("refused");
        assert!(told.contains(says), "{told}");
    }
}

#[test]
fn a_file_cut_anywhere_is_truncated() {
    let whole = sound();
    for cut in 1..whole.len() {
        assert!(matches!(inspected(&whole[..cut]), Err(Flaw::Truncated { .. })), "cut at {cut}");
    }
}

#[test]
fn what_is_something_else_is_told_apart() {
    for (bytes, says) in [
        (&b"lmgg1234"[..], "a model for listening"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"version https://git-lfs", "a pointer of Git LFS"),
    ] {
        assert!(matches!(inspected(bytes), Err(Flaw::Other(it)) if it.contains(says)), "{says}");
    }
    let mut version = sound();
    version[4] = 9;
    assert!(matches!(inspected(&version), Err(Flaw::Odd(_))));
    let mut counts = sound();
    counts[8..24].fill(0xFF);
    assert!(matches!(inspected(&counts), Err(Flaw::Odd(_))));
    assert!(matches!(inspected(&file(&[])), Err(Flaw::Odd(_))));
}

proptest! {
    /// Bytes by chance, behind a right beginning: refused or read, never a panic, and nothing large is made for them.
    #[test]
    fn garbage_is_never_believed(tail in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(&tail);
        prop_assert!(inspected(&bytes).is_err());
    }

    /// A sound file with some bytes changed.
    #[test]
    fn damage_is_refused_or_harmless(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = sound();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(gguf) = inspected(&bytes) {
            prop_assert!(gguf.parameters <= 32 * 1024);
        }
    }
}
