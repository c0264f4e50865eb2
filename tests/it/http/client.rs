//! The client of the command line against a real server.

use super::support::{House, TOKEN, happened, holmes, parked, running};
use kinora::api::client::{Client, Events, TOKEN_FILE};
use kinora::api::daemon::{
    Act, JobStatus, JobsQuery, MoveTo, PushedEvent, Refusal, ScanRequest, Service, Target,
    WishRequest,
};
use kinora::api::events::EventLog;
use kinora::api::glossary::{GlossaryAct, GlossaryQuery, TermSaid, TermState};
use kinora::domain::fault::{Fault, FaultKind};
use kinora::http::limits::Limits;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn client(house: &House) -> Client {
    Client::new(&format!("http://{}", house.addr), None).unwrap()
}

#[test]
fn all_that_is_asked_comes_back_as_it_was_given() {
    let house = House::open();
    let client = client(&house);
    let query = JobsQuery { status: Some(JobStatus::Done), before: Some(7), limit: Some(2) };
    let page = client.jobs(&query).unwrap();
    assert_eq!((page.jobs, page.next), (vec![running(2), parked(1)], Some(1)));
    client.jobs(&JobsQuery::default()).unwrap();
    assert_eq!(*house.desk.queries.lock().unwrap(), [query, JobsQuery::default()]);
    assert_eq!(client.job(1).unwrap(), house.desk.job(1).unwrap());
    assert!(client.log(1).unwrap().ends_with("schön\n"));
    assert_eq!(client.status().unwrap(), house.desk.status().unwrap());
    assert_eq!(client.workers().unwrap(), house.desk.workers());
    assert_eq!(client.activity(1).unwrap(), house.desk.activity(1).unwrap());
    let wish = WishRequest { path: "/films/\u{5fcd}.mkv".into(), priority: 3, again: true };
    assert_eq!(client.wish(&wish).unwrap(), running(3));
    assert_eq!(*house.desk.wishes.lock().unwrap(), [wish]);
    let scan = ScanRequest { path: Some("/films".into()), accept_disks: true };
    assert_eq!(client.scan(&scan).unwrap().roots, ["/films"]);
    client.scan(&ScanRequest::default()).unwrap();
    let odd = Path::new("/films/\u{5fcd} + 50% & a?b#c.mkv");
    assert_eq!(client.explain(odd).unwrap(), house.desk.explain(odd).unwrap());
    assert_eq!(*house.desk.explained.lock().unwrap(), [odd, odd]);
    assert_eq!(*house.desk.scans.lock().unwrap(), [scan, ScanRequest::default()]);
}

#[test]
fn terms_are_said_and_judged() {
    let house = House::open();
    let client = client(&house);
    assert!(client.is_there());
    let query = GlossaryQuery {
        state: Some(TermState::Proposed),
        scope: Some("work:a & b (2010)".to_owned()),
    };
    assert_eq!(client.glossary(&query).unwrap(), [holmes()]);
    client.glossary(&GlossaryQuery::default()).unwrap();
    assert_eq!(*house.desk.glossary.lock().unwrap(), [query, GlossaryQuery::default()]);
    let said = TermSaid::of(holmes().term().unwrap());
    let acts = [
        GlossaryAct::Say(vec![said.clone()]),
        GlossaryAct::Propose(vec![said.clone()]),
        GlossaryAct::Judge(7, TermState::Refused),
        GlossaryAct::Forget(7),
    ];
    for act in &acts {
        assert_eq!(client.change_glossary(act).unwrap()[0].after, Some(holmes()));
    }
    assert_eq!(*house.desk.judged.lock().unwrap(), acts);
    // More than one request takes.
    let many: Vec<TermSaid> =
        (0..2_000).map(|it| TermSaid { note: "x".repeat(it % 99), ..said.clone() }).collect();
    client.change_glossary(&GlossaryAct::Say(many.clone())).unwrap();
    let judged = house.desk.judged.lock().unwrap();
    let parts = judged[acts.len()..].iter().flat_map(|it| match it {
        GlossaryAct::Say(terms) => terms.clone(),
        other @ (GlossaryAct::Propose(_) | GlossaryAct::Judge(..) | GlossaryAct::Forget(_)) => {
            panic!("{other:?}")
        }
    });
    assert!(parts.eq(many) && judged.len() > acts.len() + 1);
}

#[test]
fn whatever_is_done_arrives() {
    let house = House::open();
    let client = client(&house);
    let lane = |name: &str| Target::Lane(name.to_owned());
    let acts = [
        (Target::Job(4), Act::Pause),
        (Target::Job(4), Act::Resume),
        (Target::Job(4), Act::Cancel),
        (Target::Job(4), Act::Retry),
        (Target::Job(4), Act::Move { to: MoveTo::Top }),
        (Target::Job(4), Act::Move { to: MoveTo::Priority(-9) }),
        (lane("gpu0"), Act::Pause),
        (lane("a/b ?c#d%"), Act::Resume),
        (Target::All, Act::Pause),
        (Target::All, Act::Resume),
        (Target::All, Act::Retry),
    ];
    for (target, act) in &acts {
        client.act(target, act).unwrap();
    }
    assert_eq!(*house.desk.acts.lock().unwrap(), acts);
    let nonsense = client.act(&Target::All, &Act::Cancel).unwrap_err();
    assert_eq!(nonsense.what, "there is no such address here");
}

#[test]
fn problems_come_back_as_their_faults() {
    let house = House::open();
    let client = client(&house);
    let fault = client.job(9).unwrap_err();
    assert_eq!(fault, Fault::operator("there is no job 9", "look at `kinora jobs`"));
    for fault in [Fault::bug("it is wrong"), Fault::transient("the disk is slow", "wait")] {
        *house.desk.refuses.lock().unwrap() = Some(Refusal::Failed(fault.clone()));
        assert_eq!(client.status().unwrap_err(), fault);
    }
    let path = PathBuf::from(OsStr::from_bytes(b"/films/\xff.mkv"));
    let slow = client.explain(Path::new("/films/a.mkv")).unwrap_err();
    assert_eq!(slow.what, "the disk is slow");
    assert_eq!(client.explain(&path).unwrap_err().what, "the name is no UTF-8 and cannot be sent");
    let odd = client.wish(&WishRequest { path, priority: 0, again: false }).unwrap_err();
    assert_eq!(odd.kind, FaultKind::Operator);
    assert!(odd.what.contains("no UTF-8"), "{odd}");
}

#[test]
fn it_finds_url_and_token_by_itself() {
    let house = House::open();
    let folder = tempfile::tempdir().unwrap();
    // Without a file it goes without a token; a wrong one is not passed over.
    let find = || Client::find(folder.path(), house.addr, None).unwrap();
    find().status().unwrap();
    std::fs::write(folder.path().join(TOKEN_FILE), format!("{TOKEN}\n")).unwrap();
    find().status().unwrap();
    std::fs::write(folder.path().join(TOKEN_FILE), "another").unwrap();
    let wrong = find().status().unwrap_err();
    assert_eq!(wrong.what, "the token is wrong");
    std::fs::write(folder.path().join(TOKEN_FILE), "a\u{7}b").unwrap();
    let garbled = find().status().unwrap_err();
    assert_eq!(garbled.what, "the token cannot be sent");
    let file = folder.path().join("elsewhere");
    std::fs::write(&file, TOKEN).unwrap();
    Client::find(folder.path(), house.addr, Some(&file)).unwrap().status().unwrap();
}

#[test]
fn a_stranger_on_the_port_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let stranger = std::thread::spawn(move || {
        for answer in ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html", "nonsense\r\n\r\n"] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 4096];
            assert!(stream.read(&mut asked).unwrap() > 0);
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let client = Client::new(&format!("http://{addr}"), None).unwrap();
    let fault = client.status().unwrap_err();
    assert!(fault.what.contains("is no Kinora"), "{fault}");
    let client = Client::new(&format!("http://{addr}"), None).unwrap();
    let fault = client.status().unwrap_err();
    assert!(fault.what.ends_with("broke off"), "{fault}");
    stranger.join().unwrap();
}

#[test]
fn events_go_on_where_they_stopped() {
    let log = Arc::new(EventLog::new(1));
    let mut house = House::at("127.0.0.1:0", Arc::clone(&log), Limits::default());
    let client = client(&house);
    log.push(happened("one"));
    let mut events = client.events(Some("1-0".to_owned())).unwrap();
    assert_eq!(heard(&mut events), Ok(happened("one")));
    house.close();
    assert!(heard(&mut events).unwrap_err().what.contains("broke off"));
    let position = events.position().map(str::to_owned);
    assert_eq!(position.as_deref(), Some("1-1"));
    let fault = client.events(position.clone()).unwrap_err();
    assert!(fault.what.starts_with("no Kinora serves here"), "{fault}");
    log.push(happened("two"));
    let addr = house.addr.to_string();
    let mut house = House::at(&addr, Arc::clone(&log), Limits::default());
    let mut events = client.events(position).unwrap();
    assert_eq!(heard(&mut events), Ok(happened("two")));
    house.close();
    let other = Arc::new(EventLog::new(2));
    other.push(happened("of another life"));
    let _house = House::at(&addr, Arc::clone(&other), Limits::default());
    let mut events = client.events(events.position().map(str::to_owned)).unwrap();
    assert_eq!(heard(&mut events), Ok(PushedEvent::Reset));
    other.push(happened("three"));
    assert_eq!(heard(&mut events), Ok(happened("three")));
    assert_eq!(events.position(), Some("2-2"));
}

/// The next event, however long it takes.
fn heard(events: &mut Events) -> Result<PushedEvent, Fault> {
    loop {
        if let Some(event) = events.next_event()? {
            return Ok(event);
        }
    }
}
