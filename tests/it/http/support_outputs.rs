//! What the double of the daemon tells of subtitles that were written.

use super::support::Desk;
use kinora::api::daemon::Refusal;
use kinora::api::outputs::{
    OutputAct, OutputActKind, Outputs, OutputsApplyRequest, OutputsCheckRequest, OutputsDone,
    OutputsPlace, OutputsPlan, OutputsProgress, OutputsUndoRequest, OutputsView,
};
use kinora::domain::fault::Fault;

/// The plan that the double knows.
pub(super) const PLAN: &str = "0123456789abcdef";

impl Outputs for Desk {
    fn outputs(&self) -> OutputsView {
        let act = OutputAct {
            kind: OutputActKind::Forget,
            path: "/films/Heat.eng.srt".to_owned(),
            text: "forget that /films/Heat.eng.srt was written: it is gone".to_owned(),
        };
        let place = OutputsPlace {
            name: "Films".to_owned(),
            outputs: 2,
            same: 1,
            gone: 1,
            ..OutputsPlace::default()
        };
        let plan = OutputsPlan {
            id: PLAN.to_owned(),
            summary: "of 2 subtitles 1 is gone".to_owned(),
            places: vec![place],
            acts: vec![act],
            ..OutputsPlan::default()
        };
        OutputsView { plan: Some(plan), ..OutputsView::default() }
    }

    fn check_outputs(&self, request: &OutputsCheckRequest) -> Result<OutputsView, Refusal> {
        self.judge()?;
        let running = Some(OutputsProgress { done: 0, of: u64::from(request.accept_gone) });
        Ok(OutputsView { running, ..self.outputs() })
    }

    fn apply_outputs(&self, request: &OutputsApplyRequest) -> Result<OutputsDone, Refusal> {
        self.judge()?;
        if request.plan != PLAN {
            let fault =
                Fault::operator("the last plan is another one than that", "look at it first");
            return Err(Refusal::Conflict(fault));
        }
        Ok(done("outputs-20260102T030405.json"))
    }

    fn undo_outputs(&self, request: &OutputsUndoRequest) -> Result<OutputsDone, Refusal> {
        self.judge()?;
        Ok(done(request.file.as_deref().unwrap_or("outputs-20260102T030405.json")))
    }
}

fn done(file: &str) -> OutputsDone {
    OutputsDone { done: 1, left: Vec::new(), undo_file: file.to_owned() }
}
