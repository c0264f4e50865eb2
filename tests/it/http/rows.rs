//! All executions as rows, and one act on many jobs.

use super::support::House;
use super::support_rows::page;
use kinora::api::client::Client;
use kinora::api::daemon::{Act, MoveTo, Refusal, Target};
use kinora::api::rows::{JOBS_AT_ONCE_MAX, ManyRequest, RowsQuery};
use kinora::domain::fault::Fault;

fn client(house: &House) -> Client {
    Client::new(&format!("http://{}", house.addr), None).unwrap()
}

#[test]
fn rows_arrive_as_they_are_told() {
    let house = House::open();
    let client = client(&house);
    for query in [
        RowsQuery::default(),
        RowsQuery { before: Some(14), limit: Some(5_000) },
        RowsQuery { before: Some(3), limit: None },
    ] {
        assert_eq!(client.rows(&query).unwrap(), page(&query));
    }
    for wrong in ["limit=5001", "limit=0", "limit=x", "before=-1", "status=parked"] {
        let answer = house.ask(&format!("GET /api/v1/executions?{wrong}"), "");
        assert_eq!(answer.status, 400, "{wrong}");
    }
}

#[test]
fn many_jobs_are_told_at_once_and_those_that_refuse_are_named() {
    let house = House::open();
    let client = client(&house);
    for act in [
        Act::Retry,
        Act::Cancel,
        Act::Pause,
        Act::Resume,
        Act::Move { to: MoveTo::Up },
        Act::Move { to: MoveTo::Priority(-3) },
    ] {
        let view = client.act_on_many(&ManyRequest { jobs: vec![7, 100, 3], act }).unwrap();
        assert_eq!((view.done, view.refused.len()), (2, 1));
        assert_eq!(view.refused[0].fault.what, "there is no job 100");
        let told = std::mem::take(&mut *house.desk.acts.lock().unwrap());
        assert_eq!(told, [(Target::Job(7), act), (Target::Job(3), act)]);
    }
    for (body, status) in [
        (r#"{"jobs":[1],"act":{"move":{"to":"down"}}}"#, 200),
        (r#"{"jobs":[],"act":"retry"}"#, 200),
        (r#"{"jobs":[1],"act":"sing"}"#, 400),
        (r#"{"jobs":[1]}"#, 400),
        (r#"{"jobs":["1"],"act":"retry"}"#, 400),
        (r#"{"jobs":[1],"act":"retry","lane":"cpu"}"#, 400),
        ("", 400),
    ] {
        assert_eq!(house.ask("POST /api/v1/jobs/act", body).status, status, "{body}");
    }
    let fault = Fault::operator(format!("more than {JOBS_AT_ONCE_MAX} jobs at once"), "fewer");
    *house.desk.refuses.lock().unwrap() = Some(Refusal::Invalid(fault.clone()));
    let many = ManyRequest { jobs: vec![1; JOBS_AT_ONCE_MAX + 1], act: Act::Retry };
    assert_eq!(client.act_on_many(&many).unwrap_err(), fault);
}
