//! The page of models and engines on a stage: in every situation, and each of its acts.

use super::{Answer, Ask};
use crate::api::daemon::{Act, PushedEvent, Target};
use crate::api::engines::{EngineKind, EngineState, EngineTest, EngineView, EnginesView};
use crate::api::models::{ModelState, ModelView, ModelsView, PullStatus, PullView};
use crate::api::run::Fault;
use crate::tui::ask::{Answer as Any, Ask as AnyAsk};
use crate::tui::conn::Told;
use crate::tui::testing::{SIZES, Situation, Stage, snapshots};
use crate::tui::view::PageName;
use std::path::PathBuf;

fn engine(name: &str, kind: EngineKind, title: &str, runs_on: &str) -> EngineView {
    EngineView {
        name: name.to_owned(),
        kind,
        title: title.to_owned(),
        runs_on: runs_on.to_owned(),
        model: None,
        lane: None,
        state: EngineState::Idle,
        why: None,
        testing: false,
        test: None,
    }
}

fn test(passed: bool, told: &str) -> Option<EngineTest> {
    Some(EngineTest {
        at: "2026-11-22T11:57:00Z".to_owned(),
        asked: passed,
        passed,
        took_ms: 3100,
        told: told.to_owned(),
        remedy: (!passed).then(|| "check its driver and its memory".to_owned()),
    })
}

fn gpu(situation: Situation) -> EngineView {
    let gpu = EngineView {
        model: Some("base-q8_0".to_owned()),
        lane: Some("gpu0".to_owned()),
        ..engine(
            "gpu0",
            EngineKind::Whisper,
            "whisper on GPU 0",
            "AMD Radeon RX 6600 (RADV NAVI23)",
        )
    };
    if situation == Situation::Failing {
        let heard = "GPU 0 (AMD Radeon RX 6600) hears the sample as \"!!!!!!\"";
        let why = format!("{heard}; check its driver and its memory");
        let state = EngineState::Quarantined;
        return EngineView { state, why: Some(why), test: test(false, heard), ..gpu };
    }
    let heard =
        "it heard \"And so, my fellow Americans, ask not what your country can do for you\"";
    EngineView { state: EngineState::InUse, test: test(true, heard), ..gpu }
}

fn engines(situation: Situation) -> Vec<EngineView> {
    let cpu = EngineView {
        model: Some("base-q8_0".to_owned()),
        lane: Some("cpu".to_owned()),
        ..engine("cpu", EngineKind::Whisper, "whisper on the processor", "processor, 3 threads")
    };
    let vad = EngineView {
        model: Some("silero-v6".to_owned()),
        ..engine("vad", EngineKind::Vad, "speech detector", "processor, within whisper")
    };
    let media = EngineView {
        model: Some("libavformat 62.3.100, libavcodec 62.11.100".to_owned()),
        ..engine("media", EngineKind::Media, "FFmpeg", "processor, own children")
    };
    if situation == Situation::Empty {
        return vec![cpu, vad, media];
    }
    let (name, title) = match situation {
        Situation::Wide => (
            "translator:\u{7ffb}\u{8bd1}\u{673a}",
            "\u{7ffb}\u{8bd1}\u{673a} \u{5ef6}\u{8fdf}\u{5f88}\u{4f4e}\u{7684}\u{90a3}\u{4e2a}: Ollama",
        ),
        Situation::Empty
        | Situation::Busy
        | Situation::Failing
        | Situation::Away
        | Situation::Many => ("translator:nas", "nas: Ollama"),
    };
    let mut nas = engine(name, EngineKind::Translator, title, "http://10.0.0.5:11434 (at home)");
    nas.model = Some("qwen3:8b".to_owned());
    if situation == Situation::Failing {
        nas.state = EngineState::Away;
        nas.why = Some("it failed several times in a row; it is tried again by itself".to_owned());
    }
    vec![gpu(situation), cpu, vad, media, nas]
}

fn model(name: &str, kind: &str, bytes: u64, state: ModelState) -> ModelView {
    let here = state != ModelState::Missing;
    ModelView {
        name: name.to_owned(),
        kind: kind.to_owned(),
        bytes,
        languages: if kind == "vad" { "any" } else { "99 languages" }.to_owned(),
        licence: "MIT".to_owned(),
        state,
        path: here.then(|| PathBuf::from(format!("/var/lib/kinora/models/ggml-{name}.bin"))),
        memory_mib: bytes / 1_000_000 * 2,
        shipped: false,
        problem: None,
    }
}

fn pulling(done: u64) -> PullView {
    PullView {
        name: "small-q8_0".to_owned(),
        bytes_done: done,
        bytes_total: 264_000_000,
        status: PullStatus::Pulling,
        problem: None,
    }
}

fn models(situation: Situation) -> ModelsView {
    use ModelState::{Damaged, Missing, Present};
    let mut models = vec![
        model("base-q8_0", "whisper", 81_768_585, Present),
        model("small-q8_0", "whisper", 264_000_000, Missing),
        model("large-v3-turbo-q5_0", "whisper", 574_000_000, Missing),
        model("silero-v6", "vad", 885_000, Present),
        model("qwen3-4b-q4_k_m", "translate", 2_500_000_000, Missing),
    ];
    let mut pulls = Vec::new();
    match situation {
        Situation::Empty => {}
        Situation::Failing => {
            models[2] = ModelView {
                problem: Some("its file has 4096 of 574000000 bytes; pull it again".to_owned()),
                ..model("large-v3-turbo-q5_0", "whisper", 574_000_000, Damaged)
            };
            pulls.push(PullView {
                status: PullStatus::Failed,
                problem: Some(
                    "no space is left on the disk; make room, then pull it again".to_owned(),
                ),
                ..pulling(0)
            });
        }
        Situation::Wide => models.push(ModelView {
            licence: String::new(),
            ..model(
                "\u{5343}\u{554f}-\u{7ffb}\u{8a33}-\u{7279}\u{5225}\u{7248}-\u{5927}\u{578b}",
                "translate",
                9_000_000_000,
                Present,
            )
        }),
        Situation::Busy | Situation::Away | Situation::Many => pulls.push(pulling(120_000_000)),
    }
    ModelsView { models, pulls }
}

fn answer(situation: Situation, ask: &AnyAsk) -> Option<Result<Any, Fault>> {
    let AnyAsk::Models(ask) = ask else { return None };
    Some(Ok(Any::Models(match ask {
        Ask::Models => Answer::Models(models(situation)),
        Ask::Engines => Answer::Engines(EnginesView { engines: engines(situation) }),
        Ask::Pull(_) | Ask::Test(_) => return None,
    })))
}

fn stage(situation: Situation) -> Stage {
    let mut stage =
        Stage::in_situation(SIZES[0], PageName::Models, situation, |ask| answer(situation, ask));
    stage.asked();
    stage
}

fn answered(stage: &mut Stage, answer: Answer) {
    stage.answer(Ok(Any::Models(answer)));
}

#[test]
fn in_every_situation() {
    snapshots(PageName::Models, answer);
}

#[test]
fn it_works_on_the_smallest_screen() {
    let mut stage = Stage::in_situation((40, 12), PageName::Models, Situation::Failing, |ask| {
        answer(Situation::Failing, ask)
    });
    insta::assert_snapshot!("models_small", stage.screen());
    for _ in 0..20 {
        stage.press("Down");
        assert!(stage.screen().lines().all(|it| it.chars().count() <= 40));
    }
    // The last one is in sight.
    assert!(stage.screen().contains("qwen3-4"), "{}", stage.screen());
}

#[test]
fn an_engine_is_tested_and_what_came_of_it_is_told() {
    let mut stage = stage(Situation::Busy);
    stage.press("Down");
    stage.press("T");
    assert_eq!(stage.asked(), [AnyAsk::Models(Ask::Test("cpu".to_owned()))]);
    let testing = |at: &str| EngineView {
        testing: true,
        ..engines(Situation::Busy).into_iter().find(|it| it.name == at).unwrap()
    };
    answered(&mut stage, Answer::Testing(testing("cpu")));
    assert!(stage.screen().contains("is being tested"), "{}", stage.screen());
    // Now it is asked for with every tick, and never twice at once.
    let mut view = engines(Situation::Busy);
    for _ in 0..3 {
        stage.tick();
    }
    assert_eq!(stage.asked(), [AnyAsk::Models(Ask::Engines)]);
    view[1].testing = false;
    view[1].test = test(true, "on the processor it heard \"And so\" in 2.9 s");
    answered(&mut stage, Answer::Engines(EnginesView { engines: view }));
    let screen = stage.screen();
    assert!(
        screen.contains("whisper on the processor passed: on the processor it heard"),
        "{screen}"
    );
    // Nothing is tested any more: nothing is asked.
    stage.tick();
    assert_eq!(stage.asked(), []);
}

#[test]
fn a_test_that_fails_or_is_refused_is_told_with_what_to_do() {
    let mut stage = stage(Situation::Busy);
    stage.press("T");
    stage.asked();
    let fault = Fault::transient(
        "`cpu` is being tested, and one at a time is",
        "try again when that is done",
    );
    stage.answer(Err(fault));
    assert!(stage.screen().contains("one at a time is; try again when"), "{}", stage.screen());
    stage.press("T");
    let mut view = engines(Situation::Busy);
    let testing = EngineView { testing: true, ..view[0].clone() };
    answered(&mut stage, Answer::Testing(testing));
    stage.tick();
    view[0].testing = false;
    view[0].test = test(false, "GPU 0 hears nonsense");
    answered(&mut stage, Answer::Engines(EnginesView { engines: view }));
    let screen = stage.screen();
    assert!(
        screen.contains("whisper on GPU 0 failed: GPU 0 hears nonsense; check its driver"),
        "{screen}"
    );
    // Models are not tested.
    stage.press("End");
    stage.press("T");
    assert!(stage.screen().contains("engines are tested"), "{}", stage.screen());
}

#[test]
fn a_quarantined_lane_is_used_again_when_somebody_says_so() {
    let mut stage = stage(Situation::Failing);
    stage.press("r");
    let screen = stage.screen();
    for told in ["Use gpu0 again?", "It was put out of use", "no film is spoilt"] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    assert_eq!(stage.asked(), []);
    stage.press("n");
    assert_eq!(stage.asked(), []);
    stage.press("r");
    stage.press("y");
    let resume = || AnyAsk::Act(Target::Lane("gpu0".to_owned()), Act::Resume);
    assert_eq!(stage.asked(), [resume()]);
    stage.answer(Ok(Any::Acted));
    assert!(stage.screen().contains("gpu0 goes on"), "{}", stage.screen());
    assert_eq!(stage.asked(), [AnyAsk::Models(Ask::Engines)]);
    answered(&mut stage, Answer::Engines(EnginesView { engines: engines(Situation::Failing) }));
    // It is refused.
    stage.press("r");
    stage.press("Enter");
    stage.answer(Err(Fault::operator("there is no lane `gpu0`", "see `kinora status`")));
    assert!(stage.screen().contains("there is no lane `gpu0`; see"), "{}", stage.screen());
    // One that works is paused, without a plan: nothing is lost.
    stage.press("Down");
    stage.press("r");
    assert!(stage.screen().contains("cpu is not stopped"), "{}", stage.screen());
    stage.press("p");
    let pause = AnyAsk::Act(Target::Lane("cpu".to_owned()), Act::Pause);
    assert!(stage.asked().contains(&pause));
}

#[test]
fn a_model_is_downloaded_after_size_and_licence_are_shown() {
    let mut stage = stage(Situation::Empty);
    for _ in 0..4 {
        stage.press("Down");
    }
    stage.press("d");
    let screen = stage.screen();
    for told in ["Download small-q8_0?", "251.8 MiB", "Licence: MIT", "99 languages"] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    stage.press("y");
    assert_eq!(stage.asked(), [AnyAsk::Models(Ask::Pull("small-q8_0".to_owned()))]);
    answered(&mut stage, Answer::Pulling(pulling(0)));
    for (after_ms, done) in [(0, 20_000_000), (10_000, 120_000_000)] {
        stage.now += after_ms;
        stage.told(Told::Pushed(PushedEvent::Model(pulling(done))));
    }
    let screen = stage.screen();
    for told in ["45 %", "0:12 left", "Downloading: 114.4 MiB of 251.8 MiB, 11.4 MiB/s"] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    stage.press("d");
    assert!(stage.screen().contains("being downloaded already"), "{}", stage.screen());
    let done = PullView { status: PullStatus::Done, ..pulling(264_000_000) };
    stage.told(Told::Pushed(PushedEvent::Model(done)));
    assert!(stage.screen().contains("small-q8_0 is here"), "{}", stage.screen());
    assert_eq!(stage.asked(), [AnyAsk::Models(Ask::Models)]);
}

#[test]
fn a_download_that_fails_is_told_and_one_by_name_is_planned() {
    let mut stage = stage(Situation::Busy);
    let failed = PullView {
        status: PullStatus::Failed,
        problem: Some("no space is left on the disk".to_owned()),
        ..pulling(5)
    };
    stage.told(Told::Pushed(PushedEvent::Model(failed)));
    let screen = stage.screen();
    assert!(screen.contains("small-q8_0 was not downloaded; no space is left"), "{screen}");
    assert!(screen.contains("download failed"), "{screen}");
    stage.press("D");
    // Letters are letters while somebody types.
    stage.type_text("ollama:q");
    stage.press("Enter");
    assert!(stage.screen().contains("Ollama fetches it"), "{}", stage.screen());
    stage.press("Enter");
    assert_eq!(stage.asked(), [AnyAsk::Models(Ask::Pull("ollama:q".to_owned()))]);
    stage.answer(Err(Fault::operator("2 models are being fetched already", "ask again later")));
    assert!(stage.screen().contains("2 models are being fetched already"), "{}", stage.screen());
    stage.press("D");
    stage.press("Esc");
    assert_eq!(stage.asked(), []);
}

#[test]
fn all_of_a_row_can_be_read() {
    let mut stage = stage(Situation::Failing);
    stage.press("Enter");
    let screen = stage.screen();
    assert!(screen.contains("Its last test showed that, 3 min ago"), "{screen}");
}

#[test]
fn a_daemon_that_does_not_tell_is_told() {
    let mut stage = Stage::new(SIZES[0], PageName::Models);
    assert!(stage.screen().contains("is asked for its models"));
    assert_eq!(stage.asked().len(), 2);
    for _ in 0..2 {
        stage.answer(Err(Fault::operator("what answers is no Kinora", "check http.listen")));
    }
    assert!(stage.screen().contains("are not known: what answers is no Kinora"));
}
