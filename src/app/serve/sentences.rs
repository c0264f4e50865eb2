//! What happened to an execution, as sentences for people.

use crate::base::text;
use crate::domain::execution::{Ending, Event, Next, ParkedWhy, Then};
use crate::runtime::put_back_words;
use jiff::Timestamp;
use std::time::Duration;

/// A time in UTC as RFC 3339 writes it, to the second; stored times are milliseconds since the Unix epoch.
pub(super) fn utc(at_unix_ms: u64) -> String {
    let seconds = i64::try_from(at_unix_ms / 1000).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| "-".to_owned(), |it| it.to_string())
}

/// One event as a sentence; `at_unix_ms` is when it happened.
pub(super) fn of_event(event: &Event, at_unix_ms: u64) -> String {
    match event {
        Event::Started { lane } => format!("a worker of lane {lane} took it"),
        Event::GotOn => "it got on; earlier tries are forgiven".to_owned(),
        Event::Succeeded { next: Next::Step(step) } => format!("done; {} is next", step.name()),
        Event::Succeeded { next: Next::End(ending) } => format!("ended: {}", of_ending(*ending)),
        Event::Failed { fault, then } => format!("failed: {fault}{}", of_then(*then, at_unix_ms)),
        Event::Interrupted { then } => {
            format!("Kinora itself ended meanwhile{}", of_then(*then, at_unix_ms))
        }
        Event::PutBack { reason } => {
            format!("put back into the queue: {}", put_back_words(*reason))
        }
        Event::Paused => "paused by a person".to_owned(),
        Event::Resumed => "resumed by a person".to_owned(),
        Event::Cancelled { reason } => format!("cancelled: {reason}"),
        Event::Retried { .. } => "a person asked to try it again".to_owned(),
        Event::Moved { rank } => {
            format!("moved to priority {}, place {}", rank.priority, rank.place)
        }
    }
}

/// How an execution ended well.
pub(super) fn of_ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Written => "subtitles were written",
        Ending::Skipped => "what is wanted is there",
        Ending::NoSpeech => "nobody speaks in it",
        Ending::Review => "subtitles were written; lines that could not be translated need a look",
    }
}

/// Its word in answers.
pub(super) fn ending_word(ending: Ending) -> &'static str {
    match ending {
        Ending::Written => "written",
        Ending::Skipped => "skipped",
        Ending::NoSpeech => "no_speech",
        Ending::Review => "review",
    }
}

/// Its word in answers.
pub(super) fn parked_word(why: ParkedWhy) -> &'static str {
    match why {
        ParkedWhy::NeedsPerson => "needs_person",
        ParkedWhy::TriesUsedUp => "tries_used_up",
        ParkedWhy::AsrFatal => "asr_fatal",
        ParkedWhy::Crashes => "crashes",
        ParkedWhy::Bug => "bug",
    }
}

fn of_then(then: Then, at_unix_ms: u64) -> String {
    match then {
        Then::RetryAt(due) => {
            let wait = Duration::from_millis(due.saturating_sub(at_unix_ms));
            match wait.as_secs() {
                0 => "; tried again at once".to_owned(),
                _ => format!("; tried again in {}", text::clock_duration(wait)),
            }
        }
        Then::Park(why) => format!("; it waits for a person ({})", of_parked(why)),
    }
}

fn of_parked(why: ParkedWhy) -> &'static str {
    match why {
        ParkedWhy::NeedsPerson => "only one can mend it",
        ParkedWhy::TriesUsedUp => "it was tried often enough",
        ParkedWhy::AsrFatal => "listening failed as often as it may; scans leave it alone",
        ParkedWhy::Crashes => "Kinora ended with it too often",
        ParkedWhy::Bug => "this is a fault of Kinora",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::Fault;

    #[test]
    fn times_are_utc_and_failures_say_what_follows() {
        assert_eq!(utc(1_700_000_000_123), "2023-11-14T22:13:20Z");
        let fault = Fault::transient("the service is away", "it is tried again");
        let failed = |then| of_event(&Event::Failed { fault: fault.clone(), then }, 1_000);
        assert_eq!(
            failed(Then::RetryAt(61_000)),
            "failed: the service is away; it is tried again; tried again in 1:00"
        );
        assert!(failed(Then::Park(ParkedWhy::AsrFatal)).ends_with("scans leave it alone)"));
        assert!(failed(Then::RetryAt(900)).ends_with("at once"));
    }
}
