//! Listening, whole: real speech, real weights, real children.

use kinora::base::cancel::Cancel;
use kinora::domain::fault::Fault;
use kinora::domain::media::AudioTrack;
use kinora::domain::speech::SpeechParams;
use kinora::domain::time::Ms;
use kinora::domain::transcript::{RawHeard, Transcript};
use kinora::engines::child::Launcher;
use kinora::engines::media::MediaEngine;
use kinora::engines::wire::LoadParams;
use kinora::pipeline::subtitle::ears::Ears;
use kinora::pipeline::subtitle::listen::{self, Listened, Memory, Spoken};
use kinora::pipeline::subtitle::recipe::ListenParams;
use kinora::pipeline::subtitle::{Cx, detect};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Remembers windows in memory, and counts what is asked of it.
#[derive(Default)]
pub(crate) struct Notebook {
    windows: RefCell<HashMap<[u8; 32], RawHeard>>,
    recalled: RefCell<usize>,
}

impl Memory for Notebook {
    fn recall(&self, key: &[u8; 32]) -> Result<Option<RawHeard>, Fault> {
        let found = self.windows.borrow().get(key).cloned();
        *self.recalled.borrow_mut() += usize::from(found.is_some());
        Ok(found)
    }

    fn remember(&self, key: &[u8; 32], heard: &RawHeard) -> Result<(), Fault> {
        self.windows.borrow_mut().insert(*key, heard.clone());
        Ok(())
    }
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub(crate) fn launcher() -> Launcher {
    Launcher::new(env!("CARGO_BIN_EXE_kinora"))
}

pub(crate) fn params() -> ListenParams {
    ListenParams {
        speech: SpeechParams::default(),
        beam: 5,
        prompt: String::new(),
        encoder_margin: 256,
        model: "test".into(),
    }
}

fn ears() -> Ears {
    let load = LoadParams {
        model: Some(here("models/ggml-base-q8_0.bin")),
        vad: here("models/ggml-silero-v6.bin"),
        states: 2,
        threads_per_state: 1,
        gpu: None,
    };
    Ears::new(launcher(), load)
}

struct Bench {
    media: MediaEngine,
    ears: Ears,
    notebook: Notebook,
}

impl Bench {
    fn new() -> Bench {
        let media = MediaEngine::start(&launcher()).unwrap();
        Bench { media, ears: ears(), notebook: Notebook::default() }
    }

    fn listen(&mut self, path: &Path, translate: &[bool]) -> (Spoken, Listened) {
        let probe = self.media.probe(path).unwrap();
        let track: AudioTrack = probe.audio[0].clone();
        let cancel = Cancel::default();
        let mut heard_until = Ms(0);
        let mut progress = |_decoded: Ms, heard: Ms| {
            assert!(heard_until <= heard, "progress goes forward");
            heard_until = heard;
        };
        let mut cx = Cx {
            media: &mut self.media,
            ears: &mut self.ears,
            memory: &self.notebook,
            cancel: &cancel,
            progress: &mut progress,
        };
        let params = params();
        let verdict = detect::detect(&mut cx, path, &probe, &track, &params.speech, None).unwrap();
        let spoken = Spoken::Voted(verdict.unwrap());
        let listened = listen::listen(&mut cx, path, &track, &spoken, translate, &params).unwrap();
        (spoken, listened)
    }
}

pub(crate) fn text(transcript: &Transcript) -> String {
    let words = transcript.utterances.iter().flat_map(|it| &it.words);
    words.map(|it| it.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_word_of_the_sample_is_right_and_in_its_place() {
    let mut bench = Bench::new();
    let (spoken, listened) = bench.listen(&here("assets/jfk.wav"), &[false]);
    assert_eq!(spoken.main(), "en");
    let transcript = &listened.transcripts[0];
    let said =
        text(transcript).to_lowercase().replace(|it: char| !it.is_alphabetic() && it != ' ', "");
    let want = "and so my fellow americans ask not what your country can do for you ask what you \
                can do for your country";
    assert_eq!(said, want);
    for word in transcript.utterances.iter().flat_map(|it| &it.words) {
        println!("{:>6} {:>6} {:.2} {}", word.span.start.0, word.span.end.0, word.p, word.text);
    }
    println!("{:?}", transcript.speech);
    // Heard again: every window is recalled, and the result is the same.
    let (_, again) = bench.listen(&here("assets/jfk.wav"), &[false]);
    assert_eq!(again.transcripts, listened.transcripts);
    assert_eq!(again.compute, std::time::Duration::ZERO);
    assert!(*bench.notebook.recalled.borrow() > 0);
}
