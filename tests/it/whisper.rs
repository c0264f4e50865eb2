//! The whisper engine with the committed weights on the committed sample: right words, steady results, sure ends.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stand outside the functions marked as tests"
)]

use kinora::domain::fault::{Fault, FaultKind};
use kinora::domain::transcript::{HearParams, RawHeard};
use kinora::engines::child::Launcher;
use kinora::engines::sample;
use kinora::engines::whisper::{EngineError, WhisperEngine, in_flight_max};
use kinora::engines::wire::LoadParams;
use std::path::{Path, PathBuf};

const SECOND: usize = 16_000;
const FRAME: usize = kinora::domain::speech::VAD_FRAME_SAMPLES as usize;

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn start(model: Option<&Path>, vad: &Path, states: u8) -> Result<WhisperEngine, Fault> {
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_kinora"));
    let model = model.map(Path::to_owned);
    WhisperEngine::start(
        &launcher,
        &LoadParams { model, vad: vad.to_owned(), states, threads_per_state: 1, gpu: None },
    )
}

fn base(states: u8) -> WhisperEngine {
    start(Some(&speech_model()), &vad_model(), states).unwrap()
}

fn speech_model() -> PathBuf {
    committed("models/ggml-base-q8_0.bin")
}

fn vad_model() -> PathBuf {
    committed("models/ggml-silero-v6.bin")
}

fn greedy() -> HearParams {
    sample::params()
}

fn words(heard: &RawHeard) -> String {
    let tokens = heard.segments.iter().flat_map(|it| &it.tokens);
    let bytes: Vec<u8> = tokens.flat_map(|it| it.bytes.clone()).collect();
    let text = String::from_utf8(bytes).unwrap().to_lowercase();
    let letters = text.replace(|it: char| !it.is_alphabetic(), " ");
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_word_is_right_and_timed_inside_the_window() {
    let (engine, pcm) = (base(2), sample::pcm());
    assert!(engine.multilingual());
    assert_eq!(engine.kind(), "base");
    let beam = HearParams { beam: 5, ..greedy() };
    let pending = [engine.hear(&pcm, &greedy()), engine.hear(&pcm, &beam)];
    for heard in pending.map(|it| it.wait().unwrap().heard) {
        assert_eq!(words(&heard), sample::TEXT);
        assert_eq!(heard.language, "en");
        let end_cs = pcm.len() as i64 / 160;
        let mut before = 0;
        for token in heard.segments.iter().flat_map(|it| &it.tokens) {
            assert!(before <= token.dtw_cs && token.dtw_cs <= end_cs, "{token:?}");
            assert!(0 <= token.t0_cs && token.t0_cs <= token.t1_cs && token.t1_cs <= end_cs);
            before = token.dtw_cs;
        }
        // The first " country" is spoken up to about 6.4 s; what the heads tell is where a token ends.
        let country = heard.segments.iter().flat_map(|it| &it.tokens);
        let country = country.filter(|it| it.bytes == b" country").map(|it| it.dtw_cs).next();
        assert!((600..700).contains(&country.unwrap()), "{country:?}");
    }
}

#[test]
fn a_result_depends_on_samples_and_parameters_alone() {
    let (engine, pcm) = (base(2), sample::pcm());
    // A sampled decode draws random numbers; a beam draws them too; another encoder length stays in a state.
    let hot = HearParams { temperature: 0.6, beam: 2, ..greedy() };
    let beam = HearParams { beam: 3, audio_ctx: 256, ..greedy() };
    let (first, second) = (&pcm[..4 * SECOND], &pcm[3 * SECOND..8 * SECOND]);
    let asked = [(first, &hot), (second, &beam), (first, &hot), (first, &hot), (second, &beam)];
    let pending: Vec<_> = asked.iter().map(|(pcm, params)| engine.hear(pcm, params)).collect();
    let heard: Vec<_> = pending.into_iter().map(|it| it.wait().unwrap().heard).collect();
    // Speech is known as speech.
    assert!(heard[0].segments.iter().all(|it| it.no_speech_p < 0.3), "{:?}", heard[0]);
    assert_eq!(heard[0], heard[2]);
    assert_eq!(heard[0], heard[3]);
    assert_eq!(heard[1], heard[4]);
    assert_ne!(heard[0], heard[1]);
}

#[test]
fn the_language_is_told_and_the_same_after_a_short_window() {
    let (engine, pcm) = (base(1), sample::pcm());
    let before = engine.detect(&pcm).wait().unwrap();
    engine.hear(&pcm[..SECOND], &HearParams { audio_ctx: 64, ..greedy() }).wait().unwrap();
    let after = engine.detect(&pcm).wait().unwrap();
    assert_eq!(before, after);
    assert_eq!(before[0].0, "en");
    assert!(before[0].1 > 0.8, "{:?}", before[0]);
    assert!(before.is_sorted_by(|(_, a), (_, b)| a >= b));
    let sum: f32 = before.iter().map(|(_, p)| p).sum();
    assert!((sum - 1.0).abs() < 1e-3);
    // This model has no token for Cantonese.
    assert!(before.iter().all(|(language, _)| language != "yue"));
}

#[test]
fn odd_windows_neither_crash_nor_stop_the_engine() {
    let (engine, pcm) = (base(1), sample::pcm());
    let silence = vec![0.0; 3 * SECOND];
    let bad = [f32::NAN, f32::INFINITY, -1e9, 3.0].repeat(6000);
    for window in [&[][..], &pcm[..1], &pcm[..201], &pcm[SECOND..SECOND + 3000], &silence, &bad] {
        let params = HearParams { audio_ctx: 1, temperature_inc: 0.0, ..greedy() };
        let heard = engine.hear(window, &params).wait().unwrap();
        let end_cs = window.len().div_ceil(160) as i64;
        assert!(heard.heard.segments.iter().all(|it| 0 <= it.start_cs && it.end_cs <= end_cs));
    }
    let unknown = HearParams { language: "xx\0".to_owned(), ..greedy() };
    assert!(matches!(engine.hear(&pcm, &unknown).wait(), Err(EngineError::Failed(_))));
    let cantonese = HearParams { language: "yue".to_owned(), ..greedy() };
    assert_eq!(engine.hear(&silence, &cantonese).wait().unwrap().heard.language, "zh");
    assert_eq!(engine.detect(&[]).wait().unwrap().len(), 99);
    assert!(engine.vad(&[]).wait().unwrap().is_empty());
}

#[test]
fn voice_is_seen_where_somebody_speaks() {
    let engine = start(None, &vad_model(), 1).unwrap();
    let mut pcm = sample::pcm();
    let speech_end = pcm.len();
    pcm.resize(speech_end + 3 * SECOND + 7, 0.0);
    let probabilities = engine.vad(&pcm).wait().unwrap();
    assert_eq!(probabilities.len(), pcm.len().div_ceil(FRAME));
    let (speech, silence) = probabilities.split_at(speech_end / FRAME + 16);
    let spoken = speech.iter().filter(|it| **it > 0.5).count();
    assert!(spoken * 2 > speech.len(), "{spoken} of {}", speech.len());
    assert!(silence.iter().all(|it| *it < 0.3), "{silence:?}");
    assert_eq!(probabilities, engine.vad(&pcm).wait().unwrap());
    assert!(matches!(engine.hear(&pcm, &greedy()).wait(), Err(EngineError::Failed(_))));
}

#[test]
fn more_requests_than_there_is_room_for_are_all_answered() {
    let (engine, window) = (start(None, &vad_model(), 1).unwrap(), vec![0.1; 30 * SECOND]);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let asked = (0..in_flight_max(1)).map(|_| engine.vad(&window));
                let pending: Vec<_> = asked.collect();
                assert!(pending.into_iter().all(|it| it.wait().is_ok()));
            });
        }
    });
}

#[test]
fn a_killed_engine_is_told_to_everyone_who_waits() {
    let (engine, pcm) = (base(1), sample::pcm());
    let pending: Vec<_> = (0..4).map(|_| engine.hear(&pcm, &greedy())).collect();
    engine.kill();
    for it in pending {
        assert!(matches!(it.wait(), Err(EngineError::Died(_))));
    }
    let Err(EngineError::Died(fault)) = engine.vad(&pcm).wait() else { panic!("it lives") };
    assert_eq!(fault.kind, FaultKind::Transient);
    assert!(fault.what.contains("killed"), "{fault}");
}

#[test]
fn files_that_are_no_such_model_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let (speech, vad) =
        (std::fs::read(speech_model()).unwrap(), std::fs::read(vad_model()).unwrap());
    let mut lying = speech.clone();
    lying[20..24].copy_from_slice(&i32::MAX.to_le_bytes());
    let cases = [
        (write("empty", b""), "empty file"),
        (write("garbage", &[0x5a; 9000]), "no model in the ggml format"),
        (write("header", &speech[..30]), "truncated"),
        (write("words", &speech[..200_000]), "truncated"),
        (write("half", &speech[..speech.len() / 2]), "truncated"),
        (write("nearly", &speech[..speech.len() - 1]), "truncated"),
        (write("more", &[&speech[..], &[1; 64]].concat()), "damaged"),
        (write("lying", &lying), "sizes"),
        (vad_model(), "is a voice activity model"),
        (folder.path().join("missing"), "there is no model file"),
        (folder.path().to_owned(), "is no file"),
    ];
    for (path, why) in cases {
        let fault = start(Some(&path), &vad_model(), 1).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Operator);
        assert!(fault.what.contains(why), "{}: {fault}", path.display());
    }
    let cases = [
        (write("half.vad", &vad[..vad.len() / 2]), "truncated"),
        (write("nearly.vad", &vad[..vad.len() - 1]), "truncated"),
        (write("header.vad", &vad[..9]), "truncated"),
        (speech_model(), "is a speech model"),
    ];
    for (path, why) in cases {
        let fault = start(None, &path, 1).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Operator);
        assert!(fault.what.contains(why), "{}: {fault}", path.display());
    }
}
