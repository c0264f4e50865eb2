//! What a running daemon works with: the settings of its start, and those few that it took over since.

use crate::app::config::Config;
use crate::app::logging::Filter;
use std::sync::{Arc, Mutex, PoisonError};

/// The settings in force.
pub(super) struct Live {
    config: Mutex<Arc<Config>>,
    log: Filter,
}

impl Live {
    /// Those of the start.
    pub(super) fn new(config: Config, log: Filter) -> Live {
        Live { config: Mutex::new(Arc::new(config)), log }
    }

    /// What holds now.
    pub(super) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over those of [`AT_ONCE`](crate::app::config::AT_ONCE).
    pub(super) fn take_over(&self, next: &Config) {
        let mut now = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        if now.serve.log != next.serve.log {
            self.log.set(&next.serve.log);
        }
        *now = Arc::new(with(&now, next));
    }
}

/// What would be in force, if those that hold at once were as in `next`.
pub(super) fn with(now: &Config, next: &Config) -> Config {
    let mut config = now.clone();
    config.listen.asr_fail_alert = next.listen.asr_fail_alert;
    config.serve.drain = next.serve.drain;
    config.serve.runs_days = next.serve.runs_days;
    config.serve.log.clone_from(&next.serve.log);
    config
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::config::{AT_ONCE, defaults};

    /// The list that clients are told, and what is done, are the same.
    #[test]
    fn what_is_told_to_hold_at_once_does() {
        let now = defaults([("HOME".into(), "/home/ann".into())]).unwrap();
        let mut next = now.clone();
        next.listen.asr_fail_alert = true;
        next.listen.beam = 5;
        next.serve.drain *= 2;
        next.serve.runs_days += 1;
        next.serve.logs_days += 1;
        next.serve.log = "debug".to_owned();
        let (before, wanted, after) = (now.show(), next.show(), with(&now, &next).show());
        for (section, keys) in before.as_object().unwrap() {
            for (name, value) in keys.as_object().into_iter().flatten() {
                let at_once = AT_ONCE.contains(&(section.as_str(), name.as_str()));
                let (wanted, after) = (&wanted[section][name], &after[section][name]);
                assert_eq!(after, if at_once { wanted } else { value }, "{section}.{name}");
                assert!(!at_once || wanted != value, "{section}.{name} is not tried here");
            }
        }
    }
}
