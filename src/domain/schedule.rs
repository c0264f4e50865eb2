//! Hours in which a lane or a library may be worked on, by the clock on the wall.

use crate::base::text;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

/// A schedule has no more windows than this.
pub const SCHEDULE_WINDOWS_MAX: usize = 64;

/// Minutes of a day; as the end of a window, midnight.
const DAY_MINUTES: u16 = 24 * 60;
/// How far ahead a change is sought. A weekly window may fall into the hour that is left out in spring, so that the
/// next one is two weeks away.
const SEARCH_DAYS: i64 = 16;
/// All days of the week, one bit each.
const EVERY_DAY: u8 = 0b111_1111;

/// The names of days, as they are written; a bit's place in [`Window::days`].
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Hours in which something may be done: any of its windows, or always where there are none.
///
/// A window is `01:00-07:00`, or for some days only `sat-sun 00:00-24:00`, `mon,wed 22:30-06:00`. Its first minute is
/// inside, its last one is not. A window that passes midnight belongs to the day on which it begins.
///
/// Times are those on the wall. Where clocks are set forward, the minutes that are left out are missing in the window
/// too: `01:00-07:00` is an hour shorter on that day, and `02:10-02:50` does not come at all. Where clocks are set
/// back, the minutes that come twice are inside twice: `01:00-07:00` is an hour longer, and `02:10-02:50` comes twice,
/// with a pause between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    windows: Vec<Window>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    /// The days on which it begins, Monday in the lowest bit.
    days: u8,
    /// First minute of the day that is inside.
    from: u16,
    /// First minute that is not; not above `from` where the window passes midnight.
    to: u16,
}

/// A text that is no window of hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSchedule {
    /// No days, no hours.
    #[error("`{0}` is no window of hours; write it like `01:00-07:00` or `sat-sun 00:00-24:00`")]
    Shape(String),
    /// A day that is none.
    #[error("`{window}`: `{day}` is no day of the week; {hint}")]
    Day {
        /// The whole window.
        window: String,
        /// The part that is wrong.
        day: String,
        /// What was probably meant.
        hint: String,
    },
    /// A time that is none.
    #[error("`{window}`: `{time}` is no time of day; write it from `00:00` to `24:00`")]
    Time {
        /// The whole window.
        window: String,
        /// The part that is wrong.
        time: String,
    },
    /// It ends when it begins.
    #[error(
        "`{0}` ends when it begins; write `00:00-24:00` for the whole day, or nothing for always"
    )]
    Empty(String),
    /// It begins when the day is over.
    #[error("`{0}` begins at 24:00; write 00:00, and the day after")]
    Begins(String),
    /// More windows than anybody needs.
    #[error("{0} windows are too many; write at most {SCHEDULE_WINDOWS_MAX}")]
    TooMany(usize),
}

impl Schedule {
    /// No hours are left out.
    pub fn always() -> Schedule {
        Schedule::default()
    }

    /// Reads windows; none mean always.
    ///
    /// # Errors
    /// Where a text is no window; says which, what is wrong with it, and what is near.
    pub fn parse<T: AsRef<str>>(windows: &[T]) -> Result<Schedule, NoSchedule> {
        if windows.len() > SCHEDULE_WINDOWS_MAX {
            return Err(NoSchedule::TooMany(windows.len()));
        }
        let windows = windows.iter().map(|it| Window::parse(it.as_ref()));
        Ok(Schedule { windows: windows.collect::<Result<_, _>>()? })
    }

    /// Its windows as an owner would write them; [`Schedule::parse`] reads them again.
    pub fn windows(&self) -> Vec<String> {
        self.windows.iter().map(ToString::to_string).collect()
    }

    /// Nothing is left out.
    pub fn is_always(&self) -> bool {
        self.windows.is_empty()
    }

    /// Is this moment, by the clock on the wall, inside?
    pub fn is_open(&self, local: DateTime) -> bool {
        self.is_always() || self.windows.iter().any(|it| it.holds(local))
    }

    /// Is this moment inside, where clocks go by `zone`?
    pub fn is_open_at(&self, now: Timestamp, zone: &TimeZone) -> bool {
        self.is_open(zone.to_datetime(now))
    }

    /// The next moment at which [`Schedule::is_open`] says something else than now; `None` where that does not come.
    pub fn next_change(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        if self.is_always() {
            return None;
        }
        let open = self.is_open_at(now, zone);
        self.moments(now, zone).into_iter().find(|it| self.is_open_at(*it, zone) != open)
    }

    /// The only moments after `now` at which something can change, in order: ends of windows, and changes of clocks.
    fn moments(&self, now: Timestamp, zone: &TimeZone) -> Vec<Timestamp> {
        let mut ends: Vec<u16> = self.windows.iter().flat_map(|it| [it.from, it.to]).collect();
        ends.iter_mut().for_each(|it| *it %= DAY_MINUTES);
        ends.sort_unstable();
        ends.dedup();
        let today = zone.to_datetime(now).date();
        let last = now.checked_add((SEARCH_DAYS * 24).hours()).unwrap_or(Timestamp::MAX);
        // The day before too: clocks that are set back over midnight make yesterday come again.
        let days = (-1..=SEARCH_DAYS).filter_map(|day| today.checked_add(day.days()).ok());
        let walls = days.flat_map(|day| {
            let midnight = day.at(0, 0, 0, 0);
            ends.iter().filter_map(move |it| midnight.checked_add(i64::from(*it).minutes()).ok())
        });
        let mut moments: Vec<Timestamp> =
            walls.flat_map(|it| instants(it, zone)).flatten().collect();
        let clock_changes = zone.following(now).map(|it| it.timestamp());
        moments.extend(clock_changes.take_while(|it| *it <= last));
        moments.retain(|it| *it > now);
        moments.sort_unstable();
        moments
    }
}

/// The moments at which the clock on the wall shows this: none, one or two.
fn instants(wall: DateTime, zone: &TimeZone) -> [Option<Timestamp>; 2] {
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => [offset.to_timestamp(wall).ok(), None],
        AmbiguousOffset::Gap { .. } => [None, None],
        AmbiguousOffset::Fold { before, after } => {
            [before.to_timestamp(wall).ok(), after.to_timestamp(wall).ok()]
        }
    }
}

impl Window {
    fn parse(text: &str) -> Result<Window, NoSchedule> {
        let shape = || NoSchedule::Shape(text.to_owned());
        let trimmed = text.trim();
        let times_at = trimmed.find(|it: char| it.is_ascii_digit()).ok_or_else(shape)?;
        let (days, times) = trimmed.split_at(times_at);
        let (from, to) = times.split_once('-').ok_or_else(shape)?;
        let time = |time: &str| {
            let wrong = || NoSchedule::Time { window: text.to_owned(), time: time.to_owned() };
            minutes(time).ok_or_else(wrong)
        };
        let (from, to) = (time(from.trim())?, time(to.trim())?);
        if from % DAY_MINUTES == to {
            return Err(NoSchedule::Empty(text.to_owned()));
        }
        if from == DAY_MINUTES {
            return Err(NoSchedule::Begins(text.to_owned()));
        }
        let days = if days.trim().is_empty() { EVERY_DAY } else { self::days(days, text)? };
        Ok(Window { days, from, to })
    }

    fn holds(self, local: DateTime) -> bool {
        let minute =
            u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let begins_on = |day: Weekday| self.days & (1 << day.to_monday_zero_offset()) != 0;
        let today = local.weekday();
        if self.from < self.to {
            return begins_on(today) && (self.from..self.to).contains(&minute);
        }
        (begins_on(today) && minute >= self.from)
            || (begins_on(today.previous()) && minute < self.to)
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.days != EVERY_DAY {
            let on = DAYS.iter().enumerate().filter(|(place, _)| self.days & (1 << place) != 0);
            let on: Vec<&str> = on.map(|it| *it.1).collect();
            write!(f, "{} ", on.join(","))?;
        }
        let (from, to) = (self.from, self.to);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

/// `7:05` and `07:05` up to `24:00`, as minutes of the day.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=2).contains(&hour.len()) || minute.len() != 2 || !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let whole = hour * 60 + minute;
    (minute < 60 && whole <= DAY_MINUTES).then_some(whole)
}

/// `mon,wed` and `sat-mon`, as bits.
fn days(list: &str, window: &str) -> Result<u8, NoSchedule> {
    let mut days = 0;
    for part in list.split(',').map(str::trim) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first.trim(), window)?, day(last.trim(), window)?);
        let length = (last + 7 - first) % 7;
        for ahead in 0..=length {
            days |= 1 << ((first + ahead) % 7);
        }
    }
    Ok(days)
}

/// The place of a day in the week, from Monday; whole English names too.
fn day(text: &str, window: &str) -> Result<usize, NoSchedule> {
    const WHOLE: [&str; 7] =
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let lower = text.to_lowercase();
    let found = (0..7).find(|it| DAYS[*it] == lower || WHOLE[*it] == lower);
    found.ok_or_else(|| {
        let hint = match text::nearest(text, DAYS.into_iter().chain(WHOLE)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("they are {}", DAYS.join(", ")),
        };
        NoSchedule::Day { window: window.to_owned(), day: text.to_owned(), hint }
    })
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
