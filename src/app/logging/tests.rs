//! Lines of the log in both forms, inside of leases and outside, through what the owner lets through.

use super::*;
use crate::api::logs::LogsQuery;
use serde_json::Value;
use std::io::Write;
use std::sync::Mutex;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Page {
    type Writer = Page;

    fn make_writer(&'a self) -> Page {
        self.clone()
    }
}

/// What is written, and what the ring has, while something is said.
fn written(
    filter: &str,
    form: LogFormat,
    say: impl FnOnce(),
) -> (String, Vec<(Option<u64>, String)>) {
    let page = Page::default();
    let ring = Arc::new(Ring::new(1));
    let layer = fmt::layer().with_writer(page.clone()).with_ansi(false);
    let subscriber = tracing_subscriber::registry()
        .with(Sieve(EnvFilter::new(filter)))
        .with(Leases)
        .with(ToRing(Arc::clone(&ring)))
        .with(layer.event_format(Lines::new(form)));
    tracing::subscriber::with_default(subscriber, say);
    let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    let lines = ring.page(&LogsQuery::default()).lines;
    (text, lines.into_iter().map(|it| (it.job, it.text)).collect())
}

/// As the runtime opens it.
fn lease() -> tracing::span::EnteredSpan {
    let span = tracing::error_span!(
        target: "kinora::runtime::lanes",
        "lease",
        job = 7_u64,
        execution = 9_u64,
        step = %"listen",
        lane = %"cpu",
        attempt = 2_u64
    );
    span.entered()
}

#[test]
fn a_line_for_programs_is_an_object_with_the_lease_it_was_said_in() {
    let (text, _) = written("info", LogFormat::Json, || {
        tracing::info!("be\"gins\n");
        let _lease = lease();
        let inner = tracing::info_span!("inner", job = 99_u64);
        inner.in_scope(
            || tracing::warn!(windows = 3, share = 0.5, why = %"it \u{1f980} hung", "slow"),
        );
        tracing::info!(target: "hyper::client", "a request");
    });
    let lines: Vec<Value> = text.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{text}");
    for line in &lines {
        let time = line["time"].as_str().unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok() && time.ends_with('Z'), "{time}");
        assert_eq!(line["thread"].as_str(), std::thread::current().name());
    }
    assert_eq!(lines[0]["message"], "be\"gins\n");
    assert_eq!(lines[0]["level"], "INFO");
    assert_eq!(lines[0]["target"], "kinora::app::logging::tests");
    assert!(lines[0].get("job").is_none() && lines[0].get("fields").is_none(), "{}", lines[0]);
    let of_lease = serde_json::json!([7, 9, "listen", "cpu", 2]);
    for line in &lines[1..] {
        let told = ["job", "execution", "step", "lane", "attempt"].map(|it| line[it].clone());
        assert_eq!(Value::from(told.to_vec()), of_lease, "{line}");
    }
    let fields = serde_json::json!({"windows": 3, "share": 0.5, "why": "it \u{1f980} hung"});
    assert_eq!((&lines[1]["message"], &lines[1]["fields"]), (&"slow".into(), &fields));
    assert_eq!(lines[2]["target"], "hyper::client");
}

#[test]
fn a_line_for_people_names_the_lease_before_what_is_said() {
    let (text, ring) = written("info", LogFormat::Text, || {
        tracing::warn!(job = 3, "outside");
        let _lease = lease();
        tracing::warn!("inside");
        tracing::warn!(job = 4, "of another");
    });
    let said = "lease{job=7 execution=9 step=listen lane=cpu attempt=2}: inside\n";
    assert!(text.contains(said), "{text}");
    let told: Vec<(Option<u64>, &str)> = ring.iter().map(|it| (it.0, it.1.as_str())).collect();
    assert_eq!(told, [(Some(3), "outside"), (Some(7), "inside"), (Some(4), "of another")]);
}

/// Levels are set by module; the lease is there whatever module the owner looks at.
#[test]
fn levels_hold_by_module_and_never_lose_the_lease() {
    let say = || {
        let _lease = lease();
        tracing::error!(target: "kinora::runtime", "1");
        tracing::warn!(target: "kinora::pipeline::subtitle", "2");
        tracing::debug!(target: "kinora::pipeline::subtitle", "3");
        tracing::trace!(target: "kinora::pipeline", "4");
        tracing::info!(target: "kinora::http", "5");
        tracing::trace!(target: "rustls::client", "6");
    };
    for (filter, expected) in [
        ("off", ""),
        ("error", "1"),
        ("warn", "12"),
        ("info", "125"),
        ("kinora=debug", "1235"),
        ("kinora::pipeline=debug", "23"),
        ("kinora::pipeline::subtitle=debug,kinora::http=warn", "23"),
        ("warn,kinora::pipeline=trace", "1234"),
        ("error,rustls=trace", "16"),
        ("trace", "123456"),
    ] {
        let (text, _) = written(filter, LogFormat::Json, say);
        let lines = text.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
        let lines: Vec<Value> = lines.collect();
        let said: String = lines.iter().map(|it| it["message"].as_str().unwrap()).collect();
        assert_eq!(said, expected, "{filter}");
        assert!(lines.iter().all(|it| it["job"] == 7), "{filter}: {text}");
    }
}
