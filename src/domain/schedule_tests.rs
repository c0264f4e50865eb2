//! What a schedule means, at ordinary times and when clocks are changed.

use super::*;
use jiff::civil::datetime;
use proptest::prelude::*;

// As rules and not by name, so that the tests need no time zone database.
const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
/// Half an hour of summer time: at 2:00 it is 2:30 in October, and 1:30 again in April.
const LORD_HOWE: &str = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
/// Clocks are set back from 1:00 to midnight, and forward over midnight.
const HAVANA: &str = "CST5CDT,M3.2.0/0,M11.1.0/1";
const KATHMANDU: &str = "<+0545>-5:45";
const ZONES: [&str; 5] = [BERLIN, LORD_HOWE, HAVANA, KATHMANDU, "UTC0"];

fn zone(rule: &str) -> TimeZone {
    TimeZone::posix(rule).unwrap()
}

fn schedule(windows: &[&str]) -> Schedule {
    Schedule::parse(windows).unwrap()
}

fn told(window: &str) -> String {
    Schedule::parse(&[window]).expect_err(window).to_string()
}

fn utc(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn no_windows_mean_always() {
    let always = schedule(&[]);
    assert_eq!(always, Schedule::always());
    assert!(always.is_open(datetime(2024, 1, 1, 0, 0, 0, 0)));
    assert_eq!(always.next_change(utc("2024-01-01T00:00:00Z"), &zone(BERLIN)), None);
    let all_day = schedule(&["00:00-24:00"]);
    assert_eq!(all_day.next_change(utc("2024-01-01T00:00:00Z"), &zone(BERLIN)), None);
}

#[test]
fn the_first_minute_is_inside_and_the_last_is_not() {
    // 2024-01-01 is a Monday.
    let at = |day, hour, minute| datetime(2024, 1, day, hour, minute, 59, 0);
    for (window, moment, open) in [
        ("01:00-07:00", at(1, 0, 59), false),
        ("01:00-07:00", at(1, 1, 0), true),
        ("01:00-07:00", at(1, 6, 59), true),
        ("01:00-07:00", at(1, 7, 0), false),
        ("1:00 - 7:00", at(1, 6, 59), true),
        ("22:30-06:00", at(1, 22, 30), true),
        ("22:30-06:00", at(1, 5, 59), true),
        ("22:30-06:00", at(1, 6, 0), false),
        // The day is the one on which it begins.
        ("mon 22:30-06:00", at(1, 5, 0), false),
        ("mon 22:30-06:00", at(1, 23, 0), true),
        ("mon 22:30-06:00", at(2, 5, 59), true),
        ("mon 22:30-06:00", at(2, 23, 0), false),
        ("sun 22:30-06:00", at(1, 5, 0), true),
        ("20:00-00:00", at(1, 23, 59), true),
        ("20:00-00:00", at(2, 0, 0), false),
        ("20:00-24:00", at(1, 23, 59), true),
        ("20:00-24:00", at(2, 0, 0), false),
        ("sat-sun 00:00-24:00", at(5, 23, 59), false),
        ("sat-sun 00:00-24:00", at(6, 0, 0), true),
        ("sat-sun 00:00-24:00", at(7, 23, 59), true),
        ("sat-sun 00:00-24:00", at(8, 0, 0), false),
        ("fri-mon 08:00-09:00", at(1, 8, 0), true),
        ("fri-mon 08:00-09:00", at(2, 8, 0), false),
        ("Monday, WED 08:00-09:00", at(3, 8, 0), true),
        ("Monday, WED 08:00-09:00", at(4, 8, 0), false),
    ] {
        assert_eq!(schedule(&[window]).is_open(moment), open, "{window} at {moment}");
    }
}

#[test]
fn any_window_is_enough() {
    let two = schedule(&["mon 01:00-02:00", "tue 03:00-04:00"]);
    assert!(two.is_open(datetime(2024, 1, 1, 1, 30, 0, 0)));
    assert!(two.is_open(datetime(2024, 1, 2, 3, 30, 0, 0)));
    assert!(!two.is_open(datetime(2024, 1, 2, 1, 30, 0, 0)));
}

#[test]
fn what_is_no_window_is_told() {
    let write = "write it like `01:00-07:00` or `sat-sun 00:00-24:00`";
    for (window, says) in [
        ("", write),
        ("always", write),
        ("01:00", write),
        ("24/7", write),
        ("mo 01:00-07:00", "`mo` is no day of the week; did you mean `mon`?"),
        ("mon-xyz 01:00-07:00", "`xyz` is no day of the week; they are mon, tue"),
        ("mon, 01:00-07:00", "`` is no day of the week"),
        ("01:00-25:00", "`25:00` is no time of day; write it from `00:00` to `24:00`"),
        ("1-7", "`1` is no time of day"),
        ("01:60-07:00", "`01:60` is no time of day"),
        ("01:00-07:00 mon", "`07:00 mon` is no time of day"),
        ("01:0-07:00", "`01:0` is no time of day"),
        ("001:00-07:00", "`001:00` is no time of day"),
        ("24:01-07:00", "`24:01` is no time of day"),
        ("24:00-07:00", "begins at 24:00; write 00:00"),
        ("05:00-05:00", "ends when it begins; write `00:00-24:00`"),
        ("00:00-00:00", "ends when it begins"),
    ] {
        let told = told(window);
        assert!(told.contains(&format!("`{window}`")) && told.contains(says), "{told}");
    }
    let many = vec!["01:00-02:00"; SCHEDULE_WINDOWS_MAX + 1];
    assert_eq!(Schedule::parse(&many), Err(NoSchedule::TooMany(SCHEDULE_WINDOWS_MAX + 1)));
}

/// All changes in a span of time, in UTC.
fn changes(windows: &[&str], rule: &str, from: &str, to: &str) -> Vec<String> {
    let (schedule, zone) = (schedule(windows), zone(rule));
    let mut now = utc(from);
    let mut changes = Vec::new();
    while let Some(next) = schedule.next_change(now, &zone).filter(|it| *it < utc(to)) {
        let word = if schedule.is_open_at(next, &zone) { "opens" } else { "closes" };
        changes.push(format!("{word} {next}"));
        now = next;
    }
    changes
}

#[test]
fn clocks_set_forward_make_a_night_shorter() {
    let day = |windows| changes(windows, BERLIN, "2024-03-30T22:00:00Z", "2024-03-31T22:00:00Z");
    // Five hours long: 2:00 to 3:00 is missing.
    let night = ["opens 2024-03-31T00:00:00Z", "closes 2024-03-31T05:00:00Z"];
    assert_eq!(day(&["01:00-07:00"]), night);
    assert!(day(&["02:10-02:50"]).is_empty(), "all of it is missing");
    let begins_inside = ["opens 2024-03-31T01:00:00Z", "closes 2024-03-31T02:00:00Z"];
    assert_eq!(day(&["02:30-04:00"]), begins_inside);
    let ends_inside = ["opens 2024-03-31T00:00:00Z", "closes 2024-03-31T01:00:00Z"];
    assert_eq!(day(&["01:00-02:30"]), ends_inside);
}

#[test]
fn a_weekly_window_that_is_missing_comes_a_week_later() {
    let window = schedule(&["sun 02:10-02:50"]);
    let next = window.next_change(utc("2024-03-24T02:00:00Z"), &zone(BERLIN));
    assert_eq!(next, Some(utc("2024-04-07T00:10:00Z")));
}

#[test]
fn clocks_set_back_make_a_night_longer() {
    let day = |windows| changes(windows, BERLIN, "2024-10-26T21:00:00Z", "2024-10-27T21:00:00Z");
    // Seven hours long.
    let night = ["opens 2024-10-26T23:00:00Z", "closes 2024-10-27T06:00:00Z"];
    assert_eq!(day(&["01:00-07:00"]), night);
    let twice = [
        "opens 2024-10-27T00:10:00Z",
        "closes 2024-10-27T00:50:00Z",
        "opens 2024-10-27T01:10:00Z",
        "closes 2024-10-27T01:50:00Z",
    ];
    assert_eq!(day(&["02:10-02:50"]), twice);
    let begins_inside = [
        "opens 2024-10-27T00:30:00Z",
        "closes 2024-10-27T01:00:00Z",
        "opens 2024-10-27T01:30:00Z",
        "closes 2024-10-27T03:00:00Z",
    ];
    assert_eq!(day(&["02:30-04:00"]), begins_inside);
}

#[test]
fn half_an_hour_is_a_change_of_clocks_too() {
    let window = &["01:45-02:15"];
    let back = changes(window, LORD_HOWE, "2024-04-06T12:00:00Z", "2024-04-07T12:00:00Z");
    // 1:45 to 2:00 in summer time, then 1:30 to 2:00 again, of which the second half is inside, up to 2:15.
    let opens_twice = [
        "opens 2024-04-06T14:45:00Z",
        "closes 2024-04-06T15:00:00Z",
        "opens 2024-04-06T15:15:00Z",
        "closes 2024-04-06T15:45:00Z",
    ];
    assert_eq!(back, opens_twice);
    let forward = changes(window, LORD_HOWE, "2024-10-05T12:00:00Z", "2024-10-06T12:00:00Z");
    assert_eq!(forward, ["opens 2024-10-05T15:15:00Z", "closes 2024-10-05T15:30:00Z"]);
}

fn any_window() -> impl Strategy<Value = String> {
    let days = prop_oneof![
        3 => Just(String::new()),
        1 => (0..7_usize).prop_map(|it| format!("{} ", DAYS[it])),
        1 => (0..7_usize, 0..7_usize).prop_map(|(a, b)| format!("{}-{} ", DAYS[a], DAYS[b])),
    ];
    (days, 0..1440_u16, 1..1440_u16).prop_map(|(days, from, length)| {
        let to = (from + length) % 1440;
        format!("{days}{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    })
}

/// Moments of 2024, many of them in the hours around a change of clocks.
fn any_moment() -> impl Strategy<Value = (usize, Timestamp)> {
    const MINUTES: i64 = 366 * 24 * 60;
    (0..ZONES.len(), 0..MINUTES, -300..300_i64, any::<bool>(), 0..60_i64).prop_map(
        |(at, minute, around, near, second)| {
            let start = utc("2024-01-01T00:00:00Z");
            let anywhere = start + minute.minutes();
            let change = zone(ZONES[at]).following(anywhere).next().map(|it| it.timestamp());
            let base = change.filter(|_| near).map_or(anywhere, |it| it + around.minutes());
            (at, base + second.seconds())
        },
    )
}

proptest! {
    #[test]
    fn the_next_change_is_what_looking_every_minute_finds(
        windows in proptest::collection::vec(any_window(), 1..4),
        (at, now) in any_moment(),
    ) {
        let (schedule, zone) = (Schedule::parse(&windows).unwrap(), zone(ZONES[at]));
        let open = schedule.is_open_at(now, &zone);
        let change = schedule.next_change(now, &zone);
        // Changes are at whole minutes, in all of these zones.
        let whole = now.as_second().div_euclid(60) * 60;
        let mut minute = Timestamp::from_second(whole).unwrap() + 1.minutes();
        let last = now + (SEARCH_DAYS * 24).hours();
        while change.is_none_or(|it| minute < it) && minute < last {
            prop_assert_eq!(schedule.is_open_at(minute, &zone), open, "{}", minute);
            minute += 1.minutes();
        }
        if let Some(change) = change {
            prop_assert_eq!(minute, change);
            prop_assert_ne!(schedule.is_open_at(change, &zone), open);
        }
    }
}
