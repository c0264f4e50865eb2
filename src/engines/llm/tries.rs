//! Trying again: what failed for a reason that passes is asked again, a few times, as late as the server says.

use super::Trouble;
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::engines::fetch;
use std::sync::Arc;
use std::time::Duration;

/// How often a request is sent in all.
const TRIES_MAX: u32 = 3;
/// Before the second try; doubled before each further one.
const BACKOFF: Duration = Duration::from_secs(1);
/// A server that wants to be left alone for longer is away: another translator may do meanwhile.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// Lets time pass; ends early once the flag is set.
pub type Pause = Arc<dyn Fn(Duration, &Cancel) + Send + Sync>;

/// A [`Pause`] that really waits.
pub fn real_pause(duration: Duration, cancel: &Cancel) {
    fetch::pause(cancel)(duration);
}

/// How a try ended that brought no reply.
#[derive(Debug, PartialEq)]
pub(super) enum Miss {
    /// Nobody wants it any more.
    Cancelled,
    /// Another try may bring it.
    Again {
        /// What happened, as a part of a sentence: "did not answer in time".
        why: String,
        /// When the server says it may be asked again.
        after: Option<Duration>,
    },
    /// Somebody must do something first.
    Away(Fault),
}

impl Miss {
    /// For those who try once.
    pub(super) fn into_fault(self, called: &str) -> Fault {
        match self {
            Miss::Cancelled => Fault::transient("it was interrupted", "run it again"),
            Miss::Again { why, .. } => passing(called, &why),
            Miss::Away(fault) => fault,
        }
    }
}

fn passing(called: &str, why: &str) -> Fault {
    let remedy = "try again later; where it stays so, check that it runs, and the network";
    Fault::transient(format!("{called} {why}"), remedy)
}

/// Tries until there is something, or no sense in it.
pub(super) fn persist<T>(
    called: &str,
    pause: &Pause,
    cancel: &Cancel,
    mut once: impl FnMut() -> Result<T, Miss>,
) -> Result<T, Trouble> {
    let mut backoff = BACKOFF;
    let mut tries = 0;
    loop {
        if cancel.is_set() {
            return Err(Trouble::Cancelled);
        }
        let (why, after) = match once() {
            Ok(reply) => return Ok(reply),
            // What broke off because nobody wants it is no fault of the server.
            Err(_) if cancel.is_set() => return Err(Trouble::Cancelled),
            Err(Miss::Cancelled) => return Err(Trouble::Cancelled),
            Err(Miss::Away(fault)) => return Err(Trouble::Away { fault, retry_after: None }),
            Err(Miss::Again { why, after }) => (why, after),
        };
        tries += 1;
        if tries >= TRIES_MAX || after.is_some_and(|it| RETRY_AFTER_MAX < it) {
            return Err(Trouble::Away { fault: passing(called, &why), retry_after: after });
        }
        pause(after.map_or(backoff, |it| it.max(backoff)), cancel);
        backoff *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Runs a script of misses; the pauses that were made, in seconds, and how it ended.
    fn play(misses: &[Option<u64>], cancel: &Cancel) -> (Vec<u64>, Result<u32, Trouble>) {
        let pauses = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&pauses);
        let pause: Pause = Arc::new(move |it: Duration, _: &Cancel| {
            log.lock().expect("lock").push(it.as_secs());
        });
        let mut count = 0;
        let end = persist("translator `lan`", &pause, cancel, || {
            count += 1;
            match misses.get(count as usize - 1) {
                Some(after) => Err(Miss::Again {
                    why: "is busy".to_owned(),
                    after: after.map(Duration::from_secs),
                }),
                None => Ok(count),
            }
        });
        let pauses = pauses.lock().expect("lock").clone();
        (pauses, end)
    }

    #[test]
    fn tries_are_few_and_ever_later() {
        let cancel = Cancel::default();
        assert_eq!(play(&[], &cancel), (vec![], Ok(1)));
        assert_eq!(play(&[None, None], &cancel), (vec![1, 2], Ok(3)));
        assert_eq!(play(&[Some(7), Some(0)], &cancel), (vec![7, 2], Ok(3)));
        let (pauses, end) = play(&[None, None, Some(60), None], &cancel);
        let Err(Trouble::Away { fault, retry_after }) = end else { panic!("{end:?}") };
        assert_eq!((pauses, retry_after), (vec![1, 2], Some(Duration::from_secs(60))));
        assert_eq!(fault.what, "translator `lan` is busy");
    }

    #[test]
    fn a_server_that_wants_to_be_left_alone_for_long_is_away_at_once() {
        let (pauses, end) = play(&[Some(61)], &Cancel::default());
        let after = Some(Duration::from_secs(61));
        assert!(matches!(&end, Err(Trouble::Away { retry_after, .. }) if *retry_after == after));
        assert_eq!(pauses, Vec::<u64>::new());
    }

    #[test]
    fn nobody_is_asked_once_nobody_wants_it() {
        let cancel = Cancel::default();
        let flag = cancel.clone();
        let pause: Pause = Arc::new(move |_: Duration, _: &Cancel| flag.set());
        let mut count = 0;
        let end = persist::<()>("translator `lan`", &pause, &cancel, || {
            count += 1;
            Err(Miss::Again { why: String::new(), after: None })
        });
        assert_eq!((count, end), (1, Err(Trouble::Cancelled)));
    }
}
