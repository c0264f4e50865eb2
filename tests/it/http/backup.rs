//! Backups over HTTP: what there is, and making one. None is put back that way.

use super::support::House;
use super::support_backup::view;
use kinora::api::client::Client;
use kinora::api::daemon::Refusal;
use kinora::domain::fault::Fault;

#[test]
fn backups_are_told_and_one_is_begun() {
    let house = House::open();
    let client = Client::new(&format!("http://{}", house.addr), None).unwrap();
    assert_eq!(client.backups().unwrap(), view());
    assert_eq!(client.back_up().unwrap().number, 3);
    for (request, body, status) in [
        ("GET /api/v1/backups", "", 200),
        ("POST /api/v1/backups", "", 202),
        ("POST /api/v1/backups", "{}", 202),
        ("POST /api/v1/backups", r#"{"to":"/etc"}"#, 400),
        ("DELETE /api/v1/backups", "", 405),
        ("POST /api/v1/backups/latest/restore", "", 404),
    ] {
        let answer = house.ask(request, body);
        assert_eq!(answer.status, status, "{request} {body}: {answer:?}");
    }
}

#[test]
fn one_at_a_time() {
    let house = House::open();
    let client = Client::new(&format!("http://{}", house.addr), None).unwrap();
    let fault = Fault::operator("a backup is being made already", "wait until it is done");
    *house.desk.refuses.lock().unwrap() = Some(Refusal::Conflict(fault.clone()));
    assert_eq!(house.ask("POST /api/v1/backups", "").status, 409);
    assert_eq!(client.back_up().unwrap_err(), fault);
    *house.desk.refuses.lock().unwrap() = Some(Refusal::Failed(fault));
    assert_eq!(house.ask("GET /api/v1/backups", "").status, 500);
}
