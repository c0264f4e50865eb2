//! Figures for Prometheus, read line by line, and held against the rules that `promtool check metrics` has and those of
//! OpenMetrics 1.0.

use super::support::House;
use std::collections::{BTreeMap, BTreeSet};

/// Units that are no base units, and what names do not say.
const NOT_IN_NAMES: [&str; 14] = [
    "ms",
    "millis",
    "milliseconds",
    "minutes",
    "hours",
    "days",
    "mb",
    "mib",
    "kb",
    "kib",
    "percent",
    "counter",
    "gauge",
    "histogram",
];

/// A family as it is declared.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    unit: String,
    help: String,
}

/// Every sample by its name and labels. Checks each line on the way.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.strip_suffix("# EOF\n").expect("an end").lines();
    let mut samples = BTreeMap::new();
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut ended = BTreeSet::new();
    let mut current = String::new();
    for line in lines {
        if line.starts_with('#') {
            let mut words = line.splitn(4, ' ').skip(1);
            let (key, name, rest) =
                (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
            if name != current {
                assert!(ended.insert(std::mem::replace(&mut current, name.to_owned())), "{line}");
                assert!(!ended.contains(name), "its lines do not stand together: {line}");
            }
            let family = families.entry(name.to_owned()).or_default();
            let place = match key {
                "HELP" => &mut family.help,
                "TYPE" => &mut family.kind,
                "UNIT" => &mut family.unit,
                other => panic!("{other}: {line}"),
            };
            assert!(place.is_empty() && !rest.is_empty(), "twice or empty: {line}");
            rest.clone_into(place);
            continue;
        }
        let (key, value) = line.rsplit_once(' ').unwrap();
        let name = key.split('{').next().unwrap();
        let family = families.get(&current).unwrap_or_else(|| panic!("no family: {line}"));
        let end = name.strip_prefix(&current).unwrap_or_else(|| panic!("not of {current}: {line}"));
        let ends: &[&str] = match family.kind.as_str() {
            "gauge" => &[""],
            "counter" => &["_total"],
            "info" => &["_info"],
            "histogram" => &["_bucket", "_sum", "_count"],
            other => panic!("{other}: {line}"),
        };
        assert!(ends.contains(&end), "{line}");
        let value: f64 = value.parse().unwrap();
        assert!(value.is_finite() && (family.kind == "gauge" || value >= 0.0), "{line}");
        assert!(samples.insert(key.to_owned(), value).is_none(), "twice: {line}");
    }
    for (name, family) in &families {
        lint(name, family);
    }
    histograms(&families, &samples);
    samples
}

fn lint(name: &str, family: &Family) {
    assert!(!family.help.is_empty() && !family.kind.is_empty(), "{name}: {family:?}");
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    assert!(name.starts_with("kinora_") && name.bytes().all(plain), "{name}");
    let words: Vec<&str> = name.split('_').collect();
    assert!(!words.iter().any(|it| it.is_empty() || NOT_IN_NAMES.contains(it)), "{name}");
    assert!(!["total", "count", "sum", "bucket", "info"].contains(words.last().unwrap()), "{name}");
    let unit = ["seconds", "bytes", "ratios"].iter().find(|it| words.contains(it));
    assert_eq!(unit.copied().unwrap_or_default(), family.unit, "{name}");
    assert!(family.unit.is_empty() || name.ends_with(&format!("_{}", family.unit)), "{name}");
}

/// Parts of a histogram rise to the count of all.
fn histograms(families: &BTreeMap<String, Family>, samples: &BTreeMap<String, f64>) {
    for name in families.iter().filter(|it| it.1.kind == "histogram").map(|it| it.0) {
        let mut last: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        for (key, value) in samples {
            let Some(labels) = key.strip_prefix(&format!("{name}_bucket{{")) else { continue };
            let (labels, le) = labels
                .strip_suffix('}')
                .and_then(|it| it.split_once("le=\""))
                .unwrap_or_else(|| panic!("no end: {key}"));
            let (le, more) = le.split_once('"').unwrap();
            let le = if le == "+Inf" { f64::INFINITY } else { le.parse().unwrap() };
            last.entry(format!("{labels}{more}")).or_default().push((le, *value));
        }
        assert!(!last.is_empty(), "{name}");
        for (labels, mut parts) in last {
            parts.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert!(parts.windows(2).all(|it| it[0].1 <= it[1].1), "{name} {labels}: {parts:?}");
            let count = format!("{name}_count{{{}}}", labels.trim_matches(','));
            assert_eq!(parts.last().map(|it| it.1), samples.get(&count).copied(), "{count}");
            assert!(parts.last().unwrap().0.is_infinite(), "{name} {labels}");
        }
    }
}

#[test]
fn figures_are_open_metrics() {
    let house = House::open();
    house.ask("GET /api/v1/jobs/1", "");
    house.ask("GET /api/v1/jobs/2", "");
    house.ask("GET /api/v1/jobs/3", "");
    house.ask("GET /made-up", "");
    house.ask("BREW /status", "");
    let answer = house.ask("GET /metrics", "");
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.header("content-type"), Some(kind));
    let samples = samples(&answer.body);
    let job = "method=\"GET\",route=\"/api/v1/jobs/{id}\"";
    let requests = |labels: &str, status: u16| {
        format!("kinora_http_requests_total{{{labels},status=\"{status}\"}}")
    };
    for (key, value) in [
        ("kinora_build_info{version=\"9.8.7\"}", 1.0),
        ("kinora_uptime_seconds", 61.5),
        ("kinora_alive", 1.0),
        ("kinora_ready", 1.0),
        ("kinora_paused", 0.0),
        ("kinora_draining", 0.0),
        ("kinora_scanning", 1.0),
        ("kinora_warnings", 1.0),
        ("kinora_http_watchers", 0.0),
        ("kinora_jobs{status=\"queued\"}", 4.0),
        ("kinora_jobs{status=\"waiting\"}", 0.0),
        ("kinora_jobs{status=\"done\"}", 20.0),
        ("kinora_windows_heard_total", 12_345.0),
        ("kinora_audio_seconds_total", 7200.5),
        ("kinora_files_written_total", 20.0),
        ("kinora_lane_workers{lane=\"cpu\"}", 2.0),
        ("kinora_lane_workers_busy{lane=\"cpu\"}", 1.0),
        ("kinora_lane_steps_waiting{lane=\"cpu\"}", 3.0),
        ("kinora_lane_paused{lane=\"ffmpeg\"}", 1.0),
        ("kinora_lane_quarantined{lane=\"gpu0\"}", 1.0),
        ("kinora_lane_quarantined{lane=\"cpu\"}", 0.0),
        ("kinora_lane_speed_ratios{lane=\"cpu\"}", 12.5),
        ("kinora_service_up{service=\"lan\"}", 1.0),
        ("kinora_service_up{service=\"cloud\"}", 0.0),
        ("kinora_process_resident_memory_bytes{process=\"daemon\"}", 52_428_800.0),
        ("kinora_process_resident_memory_bytes{process=\"children\"}", 419_430_400.0),
        (&requests(job, 200), 1.0),
        (&requests(job, 404), 2.0),
        (&requests("method=\"other\",route=\"/status\"", 405), 1.0),
        (&requests("method=\"GET\",route=\"other\"", 404), 1.0),
        ("kinora_http_request_duration_seconds_count{route=\"/api/v1/jobs/{id}\"}", 3.0),
    ] {
        assert_eq!(samples.get(key), Some(&value), "{key} in\n{}", answer.body);
    }
    assert!(samples["kinora_http_connections"] >= 1.0);
    assert_eq!(samples.keys().filter(|it| it.starts_with("kinora_jobs{")).count(), 7);
}

#[test]
fn what_breaks_the_rules_is_noticed() {
    let good = "# HELP kinora_a A.\n# TYPE kinora_a counter\nkinora_a_total 1\n# EOF\n";
    assert_eq!(samples(good).len(), 1);
    for (from, to) in [
        ("# HELP kinora_a A.\n", ""),
        ("_total", ""),
        ("kinora_a", "kinora_a_ms"),
        ("kinora_a", "kinora_a_seconds"),
        ("kinora_a", "a"),
        ("kinora_a_total 1\n", "kinora_a_total 1\nkinora_a_total 2\n"),
        ("# EOF\n", ""),
        (" 1\n", " NaN\n"),
    ] {
        let bad = good.replace(from, to);
        assert!(std::panic::catch_unwind(|| samples(&bad)).is_err(), "{bad}");
    }
}
