//! Where a decoded frame belongs on the video's clock: gaps, overlaps, and time stamps that cannot be true.
//!
//! All numbers are 16 kHz samples counted from the container's start.

use crate::domain::time::SAMPLE_RATE_HZ;

const SECOND: i64 = SAMPLE_RATE_HZ as i64;

/// Time stamps may be this far from the running count of samples: containers round, decoders delay.
pub(super) const TOLERANCE_SAMPLES: i64 = SECOND / 20;
/// The first frame is placed more exactly: nothing has been counted yet. Containers round to a millisecond.
const FIRST_TOLERANCE_SAMPLES: i64 = SECOND / 1000;
/// A jump larger than this is believed only when the next frame confirms it.
const DOUBT_SAMPLES: i64 = SECOND;
/// A larger jump back is a new clock (joined recordings), a smaller one repeats what was heard. FFmpeg's command
/// draws the line here, too.
const JUMP_BACK_SECONDS_MAX: i64 = 10;
/// A longer gap is a new clock, whatever the container's duration says.
const GAP_SECONDS_MAX: i64 = 6 * 3600;
/// How far past the container's duration a time stamp may point and still be believed.
const PAST_END_SECONDS_MAX: i64 = 30;

/// What to do before a frame is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It follows what was played.
    Next,
    /// Silence up to this sample belongs before it.
    After(i64),
    /// So many of its first samples were played already.
    Overlap(i64),
    /// It jumps; hold it until the next frame shows whether the jump is real.
    Doubtful,
}

/// What the frame after a doubtful one has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Not looked at yet.
    Unknown,
    /// It goes on from there: the jump is real.
    Confirmed,
    /// It goes on as if nothing was: the time stamp is wrong.
    Refuted,
}

/// The clock of one decode.
#[derive(Debug)]
pub(super) struct Timeline {
    /// Added to each time stamp, since a new clock began.
    offset: i64,
    /// Last sample the container's duration allows.
    end_max: Option<i64>,
    started: bool,
}

impl Timeline {
    /// For a container of this length, where it tells it.
    pub(super) fn new(duration: Option<i64>) -> Timeline {
        let end_max = duration.map(|it| it.saturating_add(PAST_END_SECONDS_MAX * SECOND));
        Timeline { offset: 0, end_max, started: false }
    }

    /// Starts in the middle: the first frame was placed by the caller.
    pub(super) fn start_here(&mut self) {
        self.started = true;
    }

    /// Places a frame with time stamp `stamp` when `at` is the next sample to be played.
    pub(super) fn place(&mut self, stamp: Option<i64>, at: i64, trust: Trust) -> Place {
        let first = !std::mem::replace(&mut self.started, true);
        let Some(stamp) = stamp.filter(|_| trust != Trust::Refuted) else { return Place::Next };
        let target = stamp.saturating_add(self.offset);
        let drift = target.saturating_sub(at);
        let late_max = if first { FIRST_TOLERANCE_SAMPLES } else { TOLERANCE_SAMPLES };
        if (-TOLERANCE_SAMPLES..=late_max).contains(&drift) {
            return Place::Next;
        }
        if drift.saturating_abs() > DOUBT_SAMPLES && !first && trust == Trust::Unknown {
            return Place::Doubtful;
        }
        let gap_real = drift <= GAP_SECONDS_MAX * SECOND && self.end_max.is_none_or(|it| target <= it);
        if drift > 0 && gap_real {
            return Place::After(target);
        }
        if (-JUMP_BACK_SECONDS_MAX * SECOND..0).contains(&drift) {
            return Place::Overlap(-drift);
        }
        self.offset = self.offset.saturating_sub(drift);
        Place::Next
    }
}

/// Turns a time stamp into samples from `origin_us`: `stamp` counts units of `unit.0 / unit.1` seconds.
pub(super) fn to_samples(stamp: i64, unit: (i32, i32), origin_us: i64) -> i64 {
    let rate = i128::from(SAMPLE_RATE_HZ);
    let den = i128::from(unit.1).max(1);
    let at = (i128::from(stamp) * i128::from(unit.0) * rate).div_euclid(den);
    let origin = (i128::from(origin_us) * rate).div_euclid(1_000_000);
    i64::try_from(at - origin).unwrap_or(if stamp < 0 { i64::MIN / 2 } else { i64::MAX / 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_placed() {
        let s = SECOND;
        // (what, duration, first placed at, then at, stamp, trust, expected)
        type Row = (&'static str, Option<i64>, i64, i64, Trust, Place);
        let rows: [Row; 11] = [
            ("exact", None, 5 * s, 5 * s, Trust::Unknown, Place::Next),
            ("jitter", None, 5 * s, 5 * s + 700, Trust::Unknown, Place::Next),
            ("small gap", None, 5 * s, 5 * s + 900, Trust::Unknown, Place::After(5 * s + 900)),
            ("small overlap", None, 5 * s, 5 * s - 900, Trust::Unknown, Place::Overlap(900)),
            ("large gap, unsure", None, 5 * s, 9 * s, Trust::Unknown, Place::Doubtful),
            ("large gap, sure", None, 5 * s, 9 * s, Trust::Confirmed, Place::After(9 * s)),
            ("one wrong stamp", None, 5 * s, 9 * s, Trust::Refuted, Place::Next),
            ("past the end", Some(20 * s), 5 * s, 90 * s, Trust::Confirmed, Place::Next),
            ("days", None, 5 * s, 90 * 3600 * s, Trust::Confirmed, Place::Next),
            ("overlap, sure", None, 15 * s, 9 * s, Trust::Confirmed, Place::Overlap(6 * s)),
            ("new clock", None, 60 * s, s, Trust::Confirmed, Place::Next),
        ];
        for (what, duration, at, stamp, trust, expected) in rows {
            let mut timeline = Timeline::new(duration);
            timeline.start_here();
            assert_eq!(timeline.place(Some(stamp), at, trust), expected, "{what}");
        }
    }

    #[test]
    fn the_first_frame_is_exact() {
        let late = Timeline::new(None).place(Some(40_000), 0, Trust::Unknown);
        assert_eq!(late, Place::After(40_000));
        let little = Timeline::new(None).place(Some(400), 0, Trust::Unknown);
        assert_eq!(little, Place::After(400));
        let absurd = Timeline::new(Some(SECOND)).place(Some(900 * SECOND), 0, Trust::Unknown);
        assert_eq!(absurd, Place::Next);
    }

    #[test]
    fn a_new_clock_goes_on_where_the_old_one_ended() {
        let mut timeline = Timeline::new(Some(60 * SECOND));
        timeline.start_here();
        assert_eq!(timeline.place(Some(SECOND), 60 * SECOND, Trust::Confirmed), Place::Next);
        assert_eq!(timeline.place(Some(2 * SECOND), 61 * SECOND, Trust::Unknown), Place::Next);
        assert_eq!(timeline.place(None, 62 * SECOND, Trust::Unknown), Place::Next);
    }

    #[test]
    fn time_stamps_become_samples() {
        assert_eq!(to_samples(90_000, (1, 90_000), 0), 16_000);
        assert_eq!(to_samples(216_000, (1, 90_000), 1_400_000), 16_000);
        assert_eq!(to_samples(-21, (1, 1000), 0), -336);
        assert!(to_samples(i64::MAX, (1000, 1), 0) > 0);
        assert!(to_samples(i64::MIN, (1000, 1), i64::MAX) < 0);
    }
}
