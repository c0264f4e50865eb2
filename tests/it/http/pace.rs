//! How much came along lately, over HTTP; what lanes compute on.

use super::support::{Desk, House};
use kinora::api::client::Client;
use kinora::api::device::DeviceView;
use kinora::api::pace::{Pace, PaceMinute, PaceQuery, PaceView};

/// The minutes that the double of the daemon knows of.
const FIRST: u64 = 29_700_000;

impl Pace for Desk {
    fn pace(&self, query: &PaceQuery) -> PaceView {
        let minute = |minute| PaceMinute { minute, heard_ms: (minute - FIRST) * 60_000, files: 1 };
        let first = query.since.unwrap_or(FIRST).max(FIRST);
        PaceView { minutes: (first..FIRST + 3).map(minute).collect() }
    }
}

/// What a lane computes on: a GPU of which only the memory is known, or a processor.
pub(super) fn device(lane: &str) -> Option<DeviceView> {
    let gpu = DeviceView {
        name: "NVIDIA GeForce RTX 3060".to_owned(),
        memory_bytes: Some(12 << 30),
        ..DeviceView::default()
    };
    let processor = DeviceView {
        name: "Intel N100".to_owned(),
        load_percent: Some(73),
        memory_bytes: Some(16 << 30),
        memory_used_bytes: Some(5 << 30),
    };
    Some(if lane.starts_with("gpu") { gpu } else { processor })
}

#[test]
fn minutes_are_told_from_the_one_that_is_asked_for() {
    let house = House::open();
    let client = Client::new(&format!("http://{}", house.addr), None).unwrap();
    for (since, first, count) in [
        (None, FIRST, 3),
        (Some(0), FIRST, 3),
        (Some(FIRST + 2), FIRST + 2, 1),
        (Some(FIRST + 3), 0, 0),
        (Some(u64::MAX), 0, 0),
    ] {
        let view = client.pace(&PaceQuery { since }).unwrap();
        assert_eq!(view.minutes.len(), count, "{since:?}");
        assert_eq!(view.minutes.first().map_or(0, |it| it.minute), first, "{since:?}");
    }
    for senseless in ["since=-1", "since=now", "since=1&until=2"] {
        let answer = house.ask(&format!("GET /api/v1/pace?{senseless}"), "");
        assert_eq!(answer.status, 400, "{senseless}: {answer:?}");
    }
}

#[test]
fn a_lane_without_a_device_is_a_lane_too() {
    // As an older daemon tells it.
    let told = r#"{"name":"disk","paused":false,"out_of_hours":false,"quarantined":null,"waiting":0,
        "workers":[{"job":null,"path":null,"step":null,"progress":null,"for_ms":0,"speed":null}]}"#;
    let lane: kinora::api::daemon::LaneView = serde_json::from_str(told).unwrap();
    assert_eq!((lane.device, lane.model, lane.workers[0].left_ms), (None, None, None));
}
