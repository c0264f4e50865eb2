//! Figures for Prometheus, read line by line.

use super::support::House;
use std::collections::{BTreeMap, BTreeSet};

/// Every sample by its name and labels. Checks each line on the way.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.strip_suffix("# EOF\n").expect("an end").lines();
    let mut samples = BTreeMap::new();
    let mut families: BTreeMap<String, String> = BTreeMap::new();
    let mut helped = BTreeSet::new();
    for line in lines {
        let mut words = line.splitn(4, ' ');
        if line.starts_with('#') {
            let (key, family, rest) = (words.nth(1).unwrap(), words.next().unwrap(), words.next());
            assert!(family.starts_with("kinora_"), "{line}");
            match key {
                "HELP" => assert!(helped.insert(family.to_owned()), "twice: {line}"),
                "TYPE" => {
                    let kind = rest.unwrap().to_owned();
                    assert!(["gauge", "counter", "info"].contains(&kind.as_str()), "{line}");
                    assert!(families.insert(family.to_owned(), kind).is_none(), "twice: {line}");
                }
                "UNIT" => assert!(family.ends_with(rest.unwrap()), "{line}"),
                other => panic!("{other}: {line}"),
            }
            continue;
        }
        let (key, value) = line.rsplit_once(' ').unwrap();
        let name = key.split('{').next().unwrap();
        assert!(
            name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_' || it.is_ascii_digit())
        );
        let of = |it: &str| match families.get(it).map(String::as_str) {
            Some("gauge") => name == it,
            Some("counter") => name == format!("{it}_total"),
            Some("info") => name == format!("{it}_info"),
            _ => false,
        };
        assert!(families.keys().any(|it| of(it)), "no family: {line}");
        let value = value.parse().unwrap();
        assert!(samples.insert(key.to_owned(), value).is_none(), "twice: {line}");
    }
    assert_eq!(helped.len(), families.len());
    samples
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
        ("kinora_files_written_total", 20.0),
        ("kinora_lane_workers{lane=\"cpu\"}", 2.0),
        ("kinora_lane_workers_busy{lane=\"cpu\"}", 1.0),
        ("kinora_lane_steps_waiting{lane=\"cpu\"}", 3.0),
        ("kinora_lane_paused{lane=\"ffmpeg\"}", 1.0),
        ("kinora_lane_quarantined{lane=\"gpu0\"}", 1.0),
        ("kinora_lane_quarantined{lane=\"cpu\"}", 0.0),
        ("kinora_http_requests_total{route=\"/api/v1/jobs/{id}\",status=\"200\"}", 1.0),
        ("kinora_http_requests_total{route=\"/api/v1/jobs/{id}\",status=\"404\"}", 2.0),
        ("kinora_http_requests_total{route=\"/status\",status=\"405\"}", 1.0),
        ("kinora_http_requests_total{route=\"other\",status=\"404\"}", 1.0),
    ] {
        assert_eq!(samples.get(key), Some(&value), "{key} in\n{}", answer.body);
    }
    assert!(samples["kinora_http_connections"] >= 1.0);
    assert_eq!(samples.keys().filter(|it| it.starts_with("kinora_jobs{")).count(), 7);
}
