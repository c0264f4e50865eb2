//! The check of what was written, over HTTP.

use super::support::House;
use super::support_outputs::PLAN;
use kinora::api::client::Client;
use kinora::api::daemon::Refusal;
use kinora::api::outputs::{OutputsApplyRequest, OutputsCheckRequest, OutputsUndoRequest};
use kinora::domain::fault::Fault;

#[test]
fn a_plan_is_asked_for_looked_at_carried_out_and_taken_back() {
    let house = House::open();
    let client = Client::new(&format!("http://{}", house.addr), None).unwrap();
    let begun = client.check_outputs(&OutputsCheckRequest { accept_gone: true }).unwrap();
    assert_eq!(begun.running.unwrap().of, 1);
    let plan = client.outputs().unwrap().plan.unwrap();
    assert_eq!((plan.id.as_str(), plan.acts.len()), (PLAN, 1));
    let done = client.apply_outputs(&OutputsApplyRequest { plan: plan.id }).unwrap();
    let undo = OutputsUndoRequest { file: Some(done.undo_file.clone()) };
    assert_eq!(client.undo_outputs(&undo).unwrap().undo_file, done.undo_file);
    assert!(client.undo_outputs(&OutputsUndoRequest::default()).is_ok());
}

#[test]
fn what_makes_no_sense_or_cannot_be_is_refused() {
    let house = House::open();
    for (request, body, status) in [
        ("POST /api/v1/outputs/check", "", 202),
        ("POST /api/v1/outputs/check", "{\"accept_gone\": 1}", 400),
        ("POST /api/v1/outputs/check", "{\"all\": true}", 400),
        ("POST /api/v1/outputs/apply", "{\"plan\": \"other\"}", 409),
        ("POST /api/v1/outputs/apply", "{}", 400),
        ("POST /api/v1/outputs/undo", "{\"file\": [\"a\"]}", 400),
        ("DELETE /api/v1/outputs/check", "", 405),
    ] {
        let answer = house.ask(request, body);
        assert_eq!(answer.status, status, "{request} {body}: {answer:?}");
    }
    let fault = Fault::transient("subtitles are being checked already", "ask again");
    *house.desk.refuses.lock().unwrap() = Some(Refusal::Conflict(fault.clone()));
    assert_eq!(house.ask("POST /api/v1/outputs/check", "{}").status, 409);
    *house.desk.refuses.lock().unwrap() = Some(Refusal::NotFound(fault.clone()));
    assert_eq!(house.ask("POST /api/v1/outputs/undo", "{}").status, 404);
    *house.desk.refuses.lock().unwrap() = Some(Refusal::Invalid(fault));
    assert_eq!(house.ask("POST /api/v1/outputs/undo", "{\"file\": \"x\"}").status, 422);
}
