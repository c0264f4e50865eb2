//! Jobs as text for people: a table, a page about one; pure, so that tests can read them.

use super::render::one_line;
use super::table::{Column, lay_out};
use crate::api::daemon::{JobDetail, JobStatus, JobView};
use crate::base::width::pad;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Columns for the names of facts, as wide as the longest.
const NAME_COLUMNS: usize = "last change".len();

/// A table of jobs, or a sentence where there are none. `more` says that there are older ones.
pub(crate) fn list(
    jobs: &[JobView],
    status: Option<JobStatus>,
    more: bool,
    zone: &TimeZone,
    columns_max: Option<usize>,
) -> String {
    const COLUMNS: [Column; 8] = [
        Column::number("job", 0),
        Column::word("status", 1),
        Column::text("file", 0, 14),
        Column::word("step", 3),
        Column::number("priority", 7),
        Column::number("tries", 6),
        Column::word("last change", 4),
        Column::text("note", 2, 12),
    ];
    if jobs.is_empty() {
        return match status {
            Some(status) => format!("no job is {}\n", status.word()),
            None => "there are no jobs yet; the service makes them when it looks through its \
                     libraries (`kinora scan`)\n"
                .to_owned(),
        };
    }
    let row = |job: &JobView| {
        let unless_zero = |text: String| if text == "0" { String::new() } else { text };
        vec![
            job.id.to_string(),
            job.status.word().to_owned(),
            plain(&job.path),
            step(job),
            unless_zero(job.priority.to_string()),
            unless_zero(job.tries.to_string()),
            local(&job.changed, zone),
            note(job, zone),
        ]
    };
    let mut text = lay_out(&COLUMNS, &jobs.iter().map(row).collect::<Vec<_>>(), columns_max);
    if more {
        text.push_str("\nthere are older ones; --limit N shows more\n");
    }
    text
}

/// All about one job.
pub(crate) fn detail(detail: &JobDetail, zone: &TimeZone) -> String {
    let JobDetail { job, notices, written, language, events, earlier, .. } = detail;
    let mut text = format!("job {}: {}\n", job.id, plain(&job.path));
    let mut fact = |name: &str, said: &str| {
        if !said.is_empty() {
            text.push_str(&format!("  {}  {said}\n", pad(name, NAME_COLUMNS, false)));
        }
    };
    let step = step(job);
    let at = if step.is_empty() { String::new() } else { format!(", at {step}") };
    fact("status", &format!("{}{at}", job.status.word()));
    if let Some(fault) = &job.fault {
        fact("problem", &plain(&fault.what));
        fact("what to do", &plain(&fault.remedy));
    } else {
        fact("result", &note(job, zone));
    }
    if job.tries > 0 {
        fact("tries", &format!("{} (failed or cut short)", job.tries));
    }
    if let Some(due) = &job.due {
        fact("next try", &local(due, zone));
    }
    if job.priority != 0 {
        fact("priority", &job.priority.to_string());
    }
    fact("wished", &local(&job.submitted, zone));
    fact("last change", &local(&job.changed, zone));
    fact("language", &language.as_deref().map_or(String::new(), plain));
    for file in written {
        fact("written", &plain(file));
    }
    for notice in notices {
        fact("note", &plain(notice));
    }
    let numbers: Vec<_> = earlier.iter().map(u64::to_string).collect();
    fact(
        "executions",
        &match numbers.is_empty() {
            true => String::new(),
            false => format!("this is {}; before: {}", job.execution, numbers.join(", ")),
        },
    );
    if !events.is_empty() {
        text.push_str("\nwhat happened\n");
    }
    for event in events {
        let at = shown(&event.at, zone, "%Y-%m-%d %H:%M:%S");
        text.push_str(&format!("  {at}  {}\n", plain(&event.text)));
    }
    text
}

/// A log: its lines are kept, and nothing in them can move the cursor.
pub(crate) fn log(text: &str) -> String {
    if text.trim().is_empty() {
        return "its log is empty\n".to_owned();
    }
    text.lines().map(|line| plain(line) + "\n").collect()
}

/// Text from the daemon on one line.
pub(crate) fn plain(text: &str) -> String {
    one_line(text)
}

/// The step and how far it is: `listen 43 %`.
fn step(job: &JobView) -> String {
    let name = job.step.as_deref().map_or(String::new(), plain);
    match job.progress {
        Some(share) if !name.is_empty() => format!("{name} {}", percent(share)),
        Some(_) | None => name,
    }
}

/// A share from 0 to 1 as a percentage; 100 only when it is whole.
pub(crate) fn percent(share: f32) -> String {
    format!("{} %", (share.clamp(0.0, 1.0) * 100.0).floor())
}

/// What a person should know at a glance.
fn note(job: &JobView, zone: &TimeZone) -> String {
    if let Some(fault) = &job.fault {
        return plain(&fault.what);
    }
    match job.status {
        JobStatus::Waiting => {
            job.due.as_deref().map_or(String::new(), |it| format!("again {}", local(it, zone)))
        }
        JobStatus::Parked => job.parked.as_deref().map_or(String::new(), words),
        JobStatus::Done => job.ending.as_deref().map_or(String::new(), words),
        JobStatus::Queued | JobStatus::Running | JobStatus::Paused | JobStatus::Cancelled => {
            String::new()
        }
    }
}

/// `no_speech` as two words.
fn words(word: &str) -> String {
    plain(&word.replace('_', " "))
}

/// A time of the daemon on the clock of whoever reads it, to the minute.
fn local(at: &str, zone: &TimeZone) -> String {
    shown(at, zone, "%Y-%m-%d %H:%M")
}

/// The same in another format; as it came where it is no time.
fn shown(at: &str, zone: &TimeZone, format: &str) -> String {
    match at.parse::<Timestamp>() {
        Ok(at) => zone.to_datetime(at).strftime(format).to_string(),
        Err(_) => plain(at),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::api::daemon::{JobEventView, WorkStage};
    use crate::api::run::Fault;

    /// A job that is worked on.
    pub(crate) fn job() -> JobView {
        JobView {
            id: 12,
            execution: 15,
            path: "/films/千と千尋.mkv".into(),
            status: JobStatus::Running,
            step: Some("listen".into()),
            stage: Some(WorkStage::Asr),
            progress: Some(0.4399),
            tries: 0,
            due: None,
            ending: None,
            parked: None,
            fault: None,
            priority: 0,
            place: 1,
            submitted: "2024-05-01T22:03:11Z".into(),
            changed: "2024-05-01T22:05:11Z".into(),
            changes: 3,
        }
    }

    fn parked() -> JobView {
        JobView {
            id: 9,
            execution: 9,
            path: "/films/a\nb.mkv".into(),
            status: JobStatus::Parked,
            step: Some("select".into()),
            progress: None,
            parked: Some("needs_person".into()),
            fault: Some(Fault::operator("the file is empty", "copy it again")),
            priority: 5,
            ..job()
        }
    }

    fn waiting() -> JobView {
        JobView {
            id: 8,
            path: "/films/b.mkv".into(),
            status: JobStatus::Waiting,
            progress: None,
            tries: 2,
            due: Some("2024-05-01T22:30:00Z".into()),
            ..job()
        }
    }

    fn silent() -> JobView {
        JobView {
            id: 7,
            path: "/films/music.flac".into(),
            status: JobStatus::Done,
            step: None,
            progress: None,
            ending: Some("no_speech".into()),
            ..job()
        }
    }

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    #[test]
    fn jobs_are_a_table_that_fits() {
        let jobs = [job(), parked(), waiting(), silent()];
        insta::assert_snapshot!(list(&jobs, None, false, &berlin(), None), @r"
        job  status   file                 step         priority  tries  last change       note
         12  running  /films/千と千尋.mkv  listen 43 %                   2024-05-02 00:05
          9  parked   /films/a\nb.mkv      select              5         2024-05-02 00:05  the file is empty
          8  waiting  /films/b.mkv         listen                     2  2024-05-02 00:05  again 2024-05-02 00:30
          7  done     /films/music.flac                                  2024-05-02 00:05  no speech
        ");
        insta::assert_snapshot!(list(&jobs, None, true, &berlin(), Some(60)), @r"
        job  status   file              step         note
         12  running  /films/…千尋.mkv  listen 43 %
          9  parked   /films/a\nb.mkv   select       the fil…s empty
          8  waiting  /films/b.mkv      listen       again 2…2 00:30
          7  done     /films/m…ic.flac               no speech

        there are older ones; --limit N shows more
        ");
    }

    #[test]
    fn where_there_are_none_it_is_said() {
        let none = |status| list(&[], status, false, &berlin(), None);
        assert_eq!(none(Some(JobStatus::Parked)), "no job is parked\n");
        assert!(none(None).contains("no jobs yet"));
        assert_eq!(log(" \n"), "its log is empty\n");
        assert_eq!(log("a\tb\r\nc\u{1b}[2J\n"), "a\\tb\nc\\u{1b}[2J\n");
    }

    #[test]
    fn one_job_is_a_page() {
        let event = |at: &str, text: &str| JobEventView { at: at.into(), text: text.into() };
        let told = JobDetail {
            job: JobView { tries: 1, ..parked() },
            notices: vec!["2 packets are damaged".into()],
            written: vec![],
            language: None,
            events: vec![
                event("2024-05-01T22:03:11Z", "a worker of lane ffmpeg took it"),
                event("2024-05-01T22:05:11Z", "failed: the file is empty"),
            ],
            earlier: vec![4, 2],
            steps: vec![],
            decisions: vec![],
        };
        insta::assert_snapshot!(detail(&told, &berlin()), @r"
        job 9: /films/a\nb.mkv
          status       parked, at select
          problem      the file is empty
          what to do   copy it again
          tries        1 (failed or cut short)
          priority     5
          wished       2024-05-02 00:03
          last change  2024-05-02 00:05
          note         2 packets are damaged
          executions   this is 9; before: 4, 2

        what happened
          2024-05-02 00:03:11  a worker of lane ffmpeg took it
          2024-05-02 00:05:11  failed: the file is empty
        ");
        let done = JobDetail {
            job: JobView { status: JobStatus::Done, ending: Some("written".into()), ..silent() },
            notices: vec![],
            written: vec!["/films/music.eng.srt".into()],
            language: Some("en".into()),
            events: vec![],
            earlier: vec![],
            steps: vec![],
            decisions: vec![],
        };
        insta::assert_snapshot!(detail(&done, &berlin()), @r"
        job 7: /films/music.flac
          status       done
          result       written
          wished       2024-05-02 00:03
          last change  2024-05-02 00:05
          language     en
          written      /films/music.eng.srt
        ");
    }
}
