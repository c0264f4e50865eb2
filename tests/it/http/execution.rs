//! One execution, looked at closely: what the double of the daemon tells, and how it is told over HTTP.

use super::support::{Desk, House, parked};
use kinora::api::client::Client;
use kinora::api::daemon::{JobDetail, JobView, Refusal, Service};
use kinora::api::execution::{
    CloseUp, DecisionView, HeardLine, HeardQuery, HeardView, OfQuery, StepStatus, StepView,
};
use kinora::domain::fault::Fault;

const AT: &str = "2026-01-02T03:04:05Z";
const TEXT: &str = "1\n00:00:01,000 --> 00:00:02,000\nGrüß Gott, \u{5fcd}\n";

/// The steps of the job of the double.
pub(super) fn steps() -> Vec<StepView> {
    let select = StepView {
        name: "select".to_owned(),
        status: StepStatus::Failed,
        began: Some(AT.to_owned()),
        taken: Some(AT.to_owned()),
        ended: Some(AT.to_owned()),
        lane: Some("ffmpeg".to_owned()),
        took_ms: 1500,
        tries: 2,
        fault: Some(Fault::operator("the file is empty", "copy it again")),
    };
    vec![select]
}

/// What was decided.
pub(super) fn decisions() -> Vec<DecisionView> {
    let text = "audio track 2 is taken: it is the only Japanese one".to_owned();
    vec![DecisionView { step: "select".to_owned(), text }]
}

fn line(number: u64) -> HeardLine {
    HeardLine {
        number,
        line: number,
        start_ms: 61_000,
        end_ms: 62_500,
        text: Some("はい".to_owned()),
        language: Some("ja".to_owned()),
        translation: (number == 8).then(|| "Yes".to_owned()),
        translation_language: (number == 8).then(|| "en".to_owned()),
    }
}

fn none(what: String) -> Refusal {
    Refusal::NotFound(Fault::operator(what, "look at the list"))
}

impl CloseUp for Desk {
    fn execution(&self, job: u64, execution: u64) -> Result<JobDetail, Refusal> {
        let detail = self.job(job)?;
        if !detail.earlier.contains(&execution) {
            return Err(none(format!("job {job} has no execution {execution}")));
        }
        let job = JobView { execution, ..detail.job };
        Ok(JobDetail { job, earlier: vec![3], ..detail })
    }

    fn heard_lines(&self, job: u64, query: &HeardQuery) -> Result<HeardView, Refusal> {
        let execution = self.job(job)?.job.execution;
        let after = query.after.unwrap_or(0);
        let lines = [7, 8].into_iter().filter(|it| after < *it).map(line).collect();
        Ok(HeardView { execution, last: 8, lines })
    }

    fn written_text(&self, job: u64, number: usize, of: &OfQuery) -> Result<String, Refusal> {
        let detail = self.job(job)?;
        match (number, of.execution) {
            (0, None | Some(11)) => Ok(TEXT.to_owned()),
            (0, Some(7)) => {
                let what = format!("{} is not as Kinora wrote it any more", detail.written[0]);
                Err(Refusal::Conflict(Fault::operator(what, "open it where it lies")))
            }
            (_, _) => Err(none(format!("job {job} wrote no file of number {number}"))),
        }
    }
}

#[test]
fn an_execution_is_told_closely() {
    let house = House::open();
    let client = Client::new(&format!("http://{}", house.addr), None).unwrap();
    let detail = client.execution(1, 7).unwrap();
    assert_eq!(detail.job, JobView { execution: 7, ..parked(1) });
    assert_eq!((detail.steps, detail.decisions), (steps(), decisions()));
    let heard = client.heard(1, 0).unwrap();
    assert_eq!(heard, house.desk.heard_lines(1, &HeardQuery::default()).unwrap());
    assert_eq!(client.heard(1, 7).unwrap().lines, [line(8)]);
    assert_eq!(client.written_text(1, 0, 11).unwrap(), TEXT);
    let refused = client.written_text(1, 0, 7).unwrap_err();
    assert!(refused.what.contains("not as Kinora wrote it"), "{refused}");
}

#[test]
fn what_is_not_there_is_refused_in_a_sentence() {
    let house = House::open();
    let answer = house.ask("GET /api/v1/jobs/1/subtitles/0", "");
    assert_eq!((answer.status, answer.body.as_str()), (200, TEXT));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    for (request, status) in [
        ("GET /api/v1/jobs/1/heard", 200),
        ("GET /api/v1/jobs/2/heard", 404),
        ("GET /api/v1/jobs/1/heard?after=-1", 400),
        ("GET /api/v1/jobs/1/heard?since=1", 400),
        ("GET /api/v1/jobs/1/executions/7", 200),
        ("GET /api/v1/jobs/1/executions/99", 404),
        ("GET /api/v1/jobs/1/executions/x", 404),
        ("GET /api/v1/jobs/1/subtitles/1", 404),
        ("GET /api/v1/jobs/1/subtitles/0?execution=7", 409),
        ("GET /api/v1/jobs/1/subtitles/..%2F..%2Fetc", 404),
        ("GET /api/v1/jobs/1/subtitles/-1", 404),
    ] {
        let answer = house.ask(request, "");
        assert_eq!(answer.status, status, "{request}: {}", answer.body);
        if status != 200 {
            assert!(answer.json()["detail"].is_string(), "{request}: {}", answer.body);
        }
    }
}
