//! What must hold for any bytes a stranger's file or a broken child may bring: one function for each fuzz target. The
//! tests run the same functions over seeded mutations.

#![allow(dead_code, reason = "each fuzz target uses one of these functions")]

use kinora::domain::cue::{Cue, CueLimits};
use kinora::domain::hook::{self, Hint, Source, Thing};
use kinora::domain::lang::Lang;
use kinora::domain::subtitle::{CUES_MAX, Document, Format, encoding};
use kinora::domain::time::Span;
use kinora::domain::translate::answer::{self, ANSWER_BYTES_MAX};
use kinora::domain::translate::clean::clean;
use kinora::domain::translate::cut::{self, CutLimits};
use kinora::domain::translate::line::SourceCue;
use kinora::domain::translate::prompt::Shape;
use kinora::domain::translate::spread::{spread, wrap};
use kinora::domain::{examine, sidecar};
use kinora::engines::wire;
use serde::{Serialize, de::DeserializeOwned};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Everything that any of the formats would take for markup.
const NASTY: &str =
    "Ünï <b>&amp;</b> {\\an8} 你好\n1 --> 2 -- >\\N\\h{\\\u{2060}<\u{2060}i>\n00:01 --> 00:02 end";

/// SubRip.
pub(crate) fn srt(data: &[u8]) {
    document(data, Format::Srt);
}

/// WebVTT.
pub(crate) fn vtt(data: &[u8]) {
    document(data, Format::Vtt);
}

/// ASS.
pub(crate) fn ass(data: &[u8]) {
    document(data, Format::Ass);
}

/// Encodings, and guessing the format.
pub(crate) fn encoding(data: &[u8]) {
    let (text, name) = encoding::to_utf8(data, None);
    let utf8 = std::str::from_utf8(data);
    if let Some(same) = utf8.ok().filter(|it| !it.contains('\0') && !it.starts_with('\u{FEFF}')) {
        assert_eq!((text.as_str(), name), (same, "UTF-8"));
    }
    if let Ok(document) = Document::parse(data, None) {
        assert_eq!(document.to_bytes(), data);
        assert_eq!(document.encoding(), name);
    }
}

/// Webhooks, of all who send them.
pub(crate) fn hook(data: &[u8]) {
    for source in Source::ALL {
        let Ok(read) = hook::read(source, data) else { continue };
        assert!(!read.hints.is_empty() && read.hints.len() <= hook::FILES_MAX + 2);
        assert!(!read.told.is_empty() && !read.told.contains('\n'));
        for hint in &read.hints {
            if let Hint::Arrived { what: Thing::Path(path), .. } = hint {
                assert!(!path.is_empty());
            }
        }
    }
}

/// Names of files beside a video: the video's without its ending, a zero, the file's.
pub(crate) fn sidecar(data: &[u8]) {
    let at = data.iter().position(|it| *it == 0).unwrap_or(data.len());
    let (stem, name) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    let found = sidecar::parse(OsStr::from_bytes(stem), OsStr::from_bytes(name));
    assert!(found.is_none() || name.len() > stem.len());
}

/// What the text of a file shows.
pub(crate) fn examine(data: &[u8]) {
    if let Ok(found) = examine::examine(data, None, None, 25.0) {
        assert!(found.cues > 0 && found.too_fast_percent <= 100);
        assert!(found.shown.0 >= 0 && found.shown <= found.last - found.first);
    }
}

/// Answers of language models: any, and sound ones of any texts, one for each stretch between zeros.
pub(crate) fn answer(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let count = u16::from(data.first().copied().unwrap_or(1) % 8 + 1);
    for shape in [Shape::Numbered(count), Shape::Echoed(count), Shape::Plain, Shape::Terms] {
        let parsed = answer::parse(&text, &shape);
        // Of one line alone nothing but number 1 is asked.
        let count = if shape == Shape::Plain { 1 } else { count };
        assert!(parsed.said.keys().all(|it| (1..=count).contains(it)));
        assert!(parsed.twice.iter().all(|it| !parsed.said.contains_key(it)));
        assert!(parsed.unknown.iter().all(|it| !(1..=count).contains(it)));
        for said in parsed.said.values() {
            let cleaned = clean(&said.text, &text);
            assert_eq!(clean(&cleaned, &text), cleaned, "clean text stays");
        }
    }
    answer::object(&text);
    let texts: Vec<&str> = text.split('\0').take(50).collect();
    let pairs = (1..).zip(&texts).map(|(number, it)| format!("\"{number}\": \"{}\"", escaped(it)));
    let sound = format!("```json\n{{{}}}\n```", pairs.collect::<Vec<_>>().join(",\n"));
    if sound.len() <= ANSWER_BYTES_MAX {
        let parsed = answer::parse(&sound, &Shape::Numbered(texts.len() as u16));
        assert!(
            parsed.said.values().map(|it| &it.text).eq(&texts),
            "a sound answer gives its texts"
        );
    }
}

fn escaped(text: &str) -> String {
    let escaped = |it: char| match it {
        '"' | '\\' | '\u{0}'..='\u{1f}' => format!("\\u{:04x}", it as u32),
        _ => it.to_string(),
    };
    text.chars().map(escaped).collect()
}

/// Frames between parent and children.
pub(crate) fn wire(data: &[u8]) {
    frames::<wire::ToMedia>(data);
    frames::<wire::FromMedia>(data);
    frames::<wire::ToWhisper>(data);
    frames::<wire::FromWhisper>(data);
}

fn frames<M: Serialize + DeserializeOwned>(data: &[u8]) {
    let mut from = data;
    while let Ok(Some(frame)) = wire::read_frame::<M>(&mut from) {
        let mut again = Vec::new();
        match frame {
            wire::Frame::Message(it) => wire::write_message(&mut again, &it),
            wire::Frame::Pcm(it) => wire::write_pcm(&mut again, &it),
        }
        .expect("what was read can be written");
        let read = wire::read_frame::<M>(&mut again.as_slice());
        assert!(matches!(read, Ok(Some(_))), "what was written can be read");
    }
}

fn document(data: &[u8], hint: Format) {
    let Ok(mut document) = Document::parse(data, Some(hint)) else {
        return assert!(data.len() > CUES_MAX, "with a hint only limits refuse");
    };
    assert_eq!(document.to_bytes(), data);
    let cues = document.cues();
    for cue in &cues {
        assert!(cue.span.start <= cue.span.end);
        let clean =
            |it: &String| !it.is_empty() && it.trim() == it && !it.contains(char::is_control);
        assert!(cue.lines.iter().all(clean), "{cue:?}");
    }
    for (index, cue) in cues.iter().enumerate() {
        document.set_text(index, &cue.lines.join("\n"));
    }
    assert_eq!(document.to_bytes(), data, "the same text changes nothing");
    if cues.is_empty() {
        return;
    }
    let index = data.len() % cues.len();
    moved(&mut document, data, index);
    document.set_text(index, NASTY);
    let mut wanted = cues.clone();
    wanted[index].lines = NASTY.lines().map(str::to_owned).collect();
    assert_eq!(document.cues(), wanted);
    let changed = document.to_bytes();
    let (text, _) = encoding::to_utf8(data, None);
    // Zeros look like UTF-16, and a second BOM comes to the front of the new file.
    if !text.contains('\0') && !text.starts_with('\u{FEFF}') {
        let again = Document::parse(&changed, Some(document.format())).expect("it was read once");
        assert_eq!(again.cues(), wanted, "in {:?}", String::from_utf8_lossy(&changed));
    }
    doubled(&mut document, &wanted, index, &text);
    document.set_text(index, &cues[index].lines.join("\n"));
    assert_eq!(document.to_bytes(), data, "the old text brings back the old bytes");
    translated(&cues, data.len());
}

/// Below the text that was set there is a second one, and nothing else is new.
fn doubled(document: &mut Document, cues: &[Cue], index: usize, text: &str) {
    let mut wanted = cues.to_vec();
    wanted[index].lines.push("{\\r} <v B>\\".to_owned());
    document.set_two(index, NASTY, "{\\r} <v B>\\");
    assert_eq!(document.cues(), wanted);
    if !text.contains('\0') && !text.starts_with('\u{FEFF}') {
        let again = Document::parse(&document.to_utf8(), Some(document.format()));
        let again = again.expect("it was read once");
        assert_eq!(again.cues(), wanted, "in {:?}", String::from_utf8_lossy(&document.to_utf8()));
    }
}

/// Lines to translate hold all words of the cues once, and go back over them.
fn translated(cues: &[Cue], seed: usize) {
    let lang = Lang::parse(["en", "zh", "th", "ar"][seed % 4]).expect("it is a language");
    let source: Vec<SourceCue> = cues.iter().map(|it| cut::source(it, &lang)).collect();
    let limits = CutLimits::default();
    let lines = cut::lines(&source, &lang, &limits);
    let shown: Vec<usize> = lines.iter().flat_map(|it| it.cues.clone()).collect();
    let said = (0..source.len()).filter(|at| cut::has_words(&source[*at].text));
    assert_eq!(shown, said.collect::<Vec<_>>());
    let batches = cut::batches(&lines, &limits);
    assert!(batches.iter().cloned().flatten().eq(0..lines.len()));
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    for line in &lines {
        let over = &source[line.cues.clone()];
        assert_eq!(bare(&line.text), over.iter().map(|it| bare(&it.text)).collect::<String>());
        if let Some(parts) = spread(&line.text, over, &lang) {
            assert_eq!(parts.len(), over.len());
            assert!(parts.iter().all(|it| cut::has_words(it)), "{parts:?}");
            assert_eq!(bare(&parts.concat()), bare(&line.text));
        } else {
            assert!(over.len() > 1, "one cue takes any text: {line:?}");
        }
        let wrapped = wrap(&line.text, &lang, &CueLimits::default());
        assert_eq!(bare(&wrapped.concat()), bare(&line.text));
    }
}

/// A moved cue is where it was put, and its own times bring back the old bytes.
fn moved(document: &mut Document, data: &[u8], index: usize) {
    let cues = document.cues();
    for (index, cue) in cues.iter().enumerate() {
        document.set_span(index, cue.span);
    }
    assert_eq!(document.to_bytes(), data, "the same times change nothing");
    document.set_span(index, Span::new(data.len() as i64 * 7919, data.len() as i64 * 7937));
    let mut wanted = cues.clone();
    wanted[index].span = document.cues()[index].span;
    assert_eq!(document.cues(), wanted);
    let (text, _) = encoding::to_utf8(data, None);
    if !text.contains('\0') && !text.starts_with('\u{FEFF}') {
        let again = Document::parse(&document.to_utf8(), Some(document.format()));
        assert_eq!(again.expect("it was read once").cues(), wanted);
    }
    document.set_span(index, cues[index].span);
    assert_eq!(document.to_bytes(), data, "the old times bring back the old bytes");
}
