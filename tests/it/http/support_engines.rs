//! What the double of the daemon tells of engines.

use super::support::Desk;
use kinora::api::daemon::Refusal;
use kinora::api::engines::{EngineKind, EngineState, EngineTest, EngineView, Engines, EnginesView};
use kinora::domain::fault::Fault;

impl Engines for Desk {
    fn engines(&self) -> EnginesView {
        EnginesView { engines: vec![gpu(false), nas()] }
    }

    fn test_engine(&self, name: &str) -> Result<EngineView, Refusal> {
        self.judge()?;
        match name {
            "gpu0" => Ok(gpu(true)),
            "translator:nas b\u{e4}r" => {
                let fault = Fault::transient("`gpu0` is being tested", "try again");
                Err(Refusal::Conflict(fault))
            }
            _ => {
                let what = format!("there is no engine `{name}`");
                Err(Refusal::NotFound(Fault::operator(what, "use another name")))
            }
        }
    }
}

pub(super) fn gpu(testing: bool) -> EngineView {
    EngineView {
        name: "gpu0".to_owned(),
        kind: EngineKind::Whisper,
        title: "whisper on GPU 0".to_owned(),
        runs_on: "Radeon".to_owned(),
        model: Some("base-q8_0".to_owned()),
        lane: Some("gpu0".to_owned()),
        state: EngineState::Quarantined,
        why: Some("it hears nonsense; check its driver".to_owned()),
        testing,
        test: Some(EngineTest {
            at: "2026-01-02T03:04:05Z".to_owned(),
            asked: false,
            passed: false,
            took_ms: 3100,
            told: "GPU 0 hears the sample as \"!!!\"".to_owned(),
            remedy: Some("check its driver".to_owned()),
        }),
    }
}

fn nas() -> EngineView {
    EngineView {
        name: "translator:nas b\u{e4}r".to_owned(),
        kind: EngineKind::Translator,
        title: "nas b\u{e4}r: Ollama".to_owned(),
        model: None,
        lane: None,
        state: EngineState::Away,
        why: Some("it failed several times in a row".to_owned()),
        test: None,
        ..gpu(false)
    }
}
