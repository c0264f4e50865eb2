//! How the service goes, and what a check of its store found, as text for people; pure, so that tests can read it.

use super::render_jobs::{percent, plain};
use super::table::{Column, lay_out};
use crate::api::check::{CheckView, Mend};
use crate::api::daemon::{LaneView, StatusView, WorkerView};
use crate::base::text::{bytes, clock_duration, counted};
use std::time::Duration;

/// The total that is a length of time.
const AUDIO_TOTAL: &str = "audio_ms";

/// How it goes, on one page.
pub(crate) fn status(view: &StatusView, columns_max: Option<usize>) -> String {
    let StatusView {
        version,
        uptime_ms,
        paused,
        draining,
        jobs,
        totals,
        lanes,
        libraries_out_of_hours: closed,
        // Told by the warnings, where one is away.
        services: _,
        memory: _,
        scanning,
        warnings,
        // Among the warnings.
        troubles: _,
        libraries: _,
    } = view;
    let does = match (draining, paused) {
        (true, _) => "is ending: running steps may end, no new ones begin",
        (false, true) => "is paused; `kinora jobs resume --all` lets it go on",
        (false, false) => "serves",
    };
    let up = clock_duration(Duration::from_millis(*uptime_ms));
    let mut text = format!("Kinora {} {does}; up {up}\n", plain(version));
    let counts = jobs.iter().filter(|it| it.1 > 0);
    let counts: Vec<_> =
        counts.map(|(status, count)| format!("{count} {}", status.word())).collect();
    text.push_str(&match counts.is_empty() {
        true => "jobs:   none yet\n".to_owned(),
        false => format!("jobs:   {}\n", counts.join(", ")),
    });
    let sums: Vec<_> = totals.iter().filter(|it| it.1 > 0).map(total).collect();
    if !sums.is_empty() {
        text.push_str(&format!("so far: {}\n", sums.join(", ")));
    }
    if *scanning {
        text.push_str("libraries are being looked through\n");
    }
    if !closed.is_empty() {
        let names: Vec<_> = closed.iter().map(|it| plain(it)).collect();
        text.push_str(&format!("out of hours: {}\n", names.join(", ")));
    }
    for (lane, why) in lanes.iter().filter_map(|it| Some((&it.name, it.held.as_ref()?))) {
        text.push_str(&format!("{} gives way: {}\n", plain(lane), plain(why)));
    }
    for (lane, about) in lanes.iter().filter_map(|it| Some((&it.name, about(it)?))) {
        text.push_str(&format!("{}: {about}\n", plain(lane)));
    }
    for warning in warnings {
        text.push_str(&format!("! {}\n", plain(warning)));
    }
    if !lanes.is_empty() {
        text.push('\n');
        text.push_str(&table(lanes, columns_max));
    }
    text
}

/// What a lane computes on and what listens or translates there; `None` where it does neither.
fn about(lane: &LaneView) -> Option<String> {
    let model = lane.model.as_deref().map(plain)?;
    let Some(device) = &lane.device else { return Some(model) };
    let mut parts = vec![plain(&device.name)];
    parts.extend(device.load_percent.map(|it| format!("{it} % busy")));
    parts.extend(match (device.memory_used_bytes, device.memory_bytes) {
        (Some(used), Some(all)) => Some(format!("{} of {} in use", bytes(used), bytes(all))),
        (None, Some(all)) => Some(bytes(all)),
        (Some(_) | None, None) => None,
    });
    Some(format!("{}; {model}", parts.join(", ")))
}

fn total((name, count): &(String, u64)) -> String {
    if name == AUDIO_TOTAL {
        return format!("{} of audio", clock_duration(Duration::from_millis(*count)));
    }
    // They are named after many: `files_written`.
    let many = plain(&name.replace('_', " "));
    counted(*count, &many.replacen("s ", " ", 1), &many)
}

/// One row a worker.
fn table(lanes: &[LaneView], columns_max: Option<usize>) -> String {
    const COLUMNS: [Column; 9] = [
        Column::word("lane", 0),
        Column::word("state", 1),
        Column::number("waiting", 4),
        Column::number("job", 3),
        Column::text("file", 2, 14),
        Column::word("step", 5),
        Column::number("time", 6),
        Column::number("left", 7),
        Column::number("speed", 8),
    ];
    let mut rows = Vec::new();
    for lane in lanes {
        let idle = WorkerView::default();
        let workers =
            if lane.workers.is_empty() { std::slice::from_ref(&idle) } else { &lane.workers };
        for (number, worker) in workers.iter().enumerate() {
            let waiting = Some(lane.waiting).filter(|it| number == 0 && *it > 0);
            rows.push(row(lane, worker, waiting));
        }
    }
    lay_out(&COLUMNS, &rows, columns_max)
}

fn row(lane: &LaneView, worker: &WorkerView, waiting: Option<usize>) -> Vec<String> {
    let WorkerView { job, path, step, progress, for_ms, speed, left_ms } = worker;
    let step = step.as_deref().map_or(String::new(), plain);
    let step = match progress {
        Some(share) => format!("{step} {}", percent(*share)),
        None => step,
    };
    let clock = |ms: u64| clock_duration(Duration::from_millis(ms));
    let time = job.map(|_| clock(*for_ms));
    vec![
        plain(&lane.name),
        state(lane, worker).to_owned(),
        waiting.map_or(String::new(), |it| it.to_string()),
        job.map_or(String::new(), |it| it.to_string()),
        path.as_deref().map_or(String::new(), plain),
        step,
        time.unwrap_or_default(),
        left_ms.map_or(String::new(), clock),
        speed.map_or(String::new(), |it| format!("{it:.1}x")),
    ]
}

/// What a worker is at, in a word or two.
fn state(lane: &LaneView, worker: &WorkerView) -> &'static str {
    if worker.job.is_some() {
        "works"
    } else if lane.quarantined.is_some() {
        "quarantined"
    } else if lane.paused {
        "paused"
    } else if lane.held.is_some() {
        "gives way"
    } else if lane.out_of_hours {
        "out of hours"
    } else {
        "idle"
    }
}

/// What a check found, what was or could be repaired, and what to do about the rest.
pub(crate) fn check(view: &CheckView, repair: bool) -> String {
    let CheckView { store, problems } = view;
    let store = plain(store);
    if problems.is_empty() {
        return format!("{store}: all is well\n");
    }
    let mut text = String::new();
    for problem in problems {
        let word = match problem.mend {
            Mend::Possible => "can be repaired",
            Mend::Done => "repaired",
            Mend::Impossible => "CANNOT be repaired",
        };
        text.push_str(&format!("{}: {word}\n", plain(&problem.what)));
    }
    let count = |mend| problems.iter().filter(|it| it.mend == mend).count();
    let (possible, impossible) = (count(Mend::Possible), count(Mend::Impossible));
    let found = counted(problems.len(), "problem", "problems");
    text.push_str(&format!("\n{store}: {found}"));
    if possible > 0 && !repair {
        text.push_str(&format!("; `kinora check --repair` repairs {possible}"));
    }
    if repair {
        text.push_str(&format!(", {} repaired", count(Mend::Done)));
    }
    if impossible > 0 {
        text.push_str(&format!("; for {impossible} restore a backup of the store"));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::check::CheckProblem;
    use crate::api::daemon::JobStatus;
    use crate::api::device::DeviceView;

    fn lane(name: &str) -> LaneView {
        LaneView {
            name: name.into(),
            paused: false,
            out_of_hours: false,
            quarantined: None,
            held: None,
            device: None,
            model: None,
            waiting: 0,
            workers: vec![WorkerView::default()],
        }
    }

    fn busy(job: u64, path: &str, step: &str) -> WorkerView {
        WorkerView {
            job: Some(job),
            path: Some(path.into()),
            step: Some(step.into()),
            progress: Some(0.5),
            for_ms: 62_000,
            speed: Some(11.04),
            left_ms: Some(61_900),
        }
    }

    #[test]
    fn status_is_one_page() {
        let film = busy(12, "/films/千と千尋の神隠し.mkv", "listen");
        let card = DeviceView {
            name: "AMD Radeon RX 7900 XT".into(),
            load_percent: Some(97),
            memory_bytes: Some(20 << 30),
            memory_used_bytes: Some(6_550_000_000),
        };
        let view = StatusView {
            version: "0.1.0".into(),
            uptime_ms: 10_931_000,
            jobs: JobStatus::ALL.map(|it| (it, u64::from(it == JobStatus::Parked) * 2)).to_vec(),
            totals: vec![
                ("files_written".into(), 12),
                ("audio_ms".into(), 7_470_000),
                ("windows_heard".into(), 1),
                ("steps_failed".into(), 0),
            ],
            lanes: vec![
                LaneView {
                    waiting: 3,
                    workers: vec![film, WorkerView::default()],
                    device: Some(card),
                    model: Some("large-v3-turbo".into()),
                    ..lane("gpu0")
                },
                LaneView { quarantined: Some("its canary failed".into()), ..lane("gpu1") },
                LaneView { out_of_hours: true, waiting: 1, ..lane("cpu") },
                LaneView { paused: true, model: Some("house (qwen3:8b)".into()), ..lane("net") },
                LaneView {
                    held: Some("somebody watches Heat (transcode)".into()),
                    waiting: 2,
                    ..lane("gpu2")
                },
                lane("disk"),
            ],
            libraries_out_of_hours: vec!["Anime".into(), "Films".into()],
            scanning: true,
            warnings: vec!["2 files wait for a person: `kinora jobs list --status parked`".into()],
            ..StatusView::default()
        };
        insta::assert_snapshot!(status(&view, Some(80)), @r"
        Kinora 0.1.0 serves; up 3:02:11
        jobs:   2 parked
        so far: 12 files written, 2:04:30 of audio, 1 window heard
        libraries are being looked through
        out of hours: Anime, Films
        gpu2 gives way: somebody watches Heat (transcode)
        gpu0: AMD Radeon RX 7900 XT, 97 % busy, 6.1 GiB of 20.0 GiB in use; large-v3-turbo
        net: house (qwen3:8b)
        ! 2 files wait for a person: `kinora jobs list --status parked`

        lane  state         waiting  job  file            step         time  left  speed
        gpu0  works               3   12  /films…し.mkv   listen 50 %  1:02  1:01  11.0x
        gpu0  idle
        gpu1  quarantined
        cpu   out of hours        1
        net   paused
        gpu2  gives way           2
        disk  idle
        ");
        let idle = StatusView { version: "0.1.0".into(), paused: true, ..StatusView::default() };
        insta::assert_snapshot!(status(&idle, Some(80)), @r"
        Kinora 0.1.0 is paused; `kinora jobs resume --all` lets it go on; up 0:00
        jobs:   none yet
        ");
        let ending = StatusView { draining: true, ..idle };
        assert!(status(&ending, None).contains("is ending"));
    }

    #[test]
    fn a_check_shows_its_plan_and_repairs_only_when_told() {
        let view = |problems: &[(&str, Mend)]| CheckView {
            store: "/data/kinora.redb".into(),
            problems: problems
                .iter()
                .map(|(what, mend)| CheckProblem { what: (*what).into(), mend: *mend })
                .collect(),
        };
        assert_eq!(check(&view(&[]), false), "/data/kinora.redb: all is well\n");
        let (index, log) = ("an index lost execution 3", "the log of execution 4 is damaged");
        let plan = view(&[(index, Mend::Possible), (log, Mend::Impossible)]);
        insta::assert_snapshot!(check(&plan, false).replace("; ", ";\n"), @r"
        an index lost execution 3: can be repaired
        the log of execution 4 is damaged: CANNOT be repaired

        /data/kinora.redb: 2 problems;
        `kinora check --repair` repairs 1;
        for 1 restore a backup of the store
        ");
        let done = view(&[(index, Mend::Done)]);
        insta::assert_snapshot!(check(&done, true), @r"
        an index lost execution 3: repaired

        /data/kinora.redb: 1 problem, 1 repaired
        ");
    }
}
