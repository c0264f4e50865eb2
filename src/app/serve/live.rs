//! What a running daemon works with: the settings of its start, and those that it took over since.

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

/// What would be in force, if those that hold at once were as in `next`. Each of them is asked for anew whenever it is
/// needed.
pub(super) fn with(now: &Config, next: &Config) -> Config {
    let mut config = now.clone();
    config.listen.asr_fail_alert = next.listen.asr_fail_alert;
    config.listen.asr_max_failures = next.listen.asr_max_failures;
    config.listen.asr_fail_cooldown = next.listen.asr_fail_cooldown;
    config.lanes.schedule.clone_from(&next.lanes.schedule);
    config.retry.clone_from(&next.retry);
    config.serve.scan_interval = next.serve.scan_interval;
    config.serve.poll_interval = next.serve.poll_interval;
    config.serve.trigger_file.clone_from(&next.serve.trigger_file);
    config.serve.stable = next.serve.stable;
    config.serve.lock_expiry = next.serve.lock_expiry;
    config.serve.drain = next.serve.drain;
    config.serve.runs_days = next.serve.runs_days;
    config.serve.log.clone_from(&next.serve.log);
    config.serve.disk_free_min_mib = next.serve.disk_free_min_mib;
    config.backup.clone_from(&next.backup);
    config.check.clone_from(&next.check);
    config.notify.clone_from(&next.notify);
    config
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::config::{AT_ONCE, LISTS_AT_ONCE, Overrides, load};

    /// All that holds at once, and some that does not, is otherwise here.
    const NEXT: &str = "
        to = [\"en\"]
        [listen]
        beam = 5
        asr_fail_alert = true
        asr_max_failures = 9
        asr_fail_cooldown = \"9m\"
        [lanes]
        nice = 3
        schedule = { cpu = \"01:00-02:00\" }
        [retry]
        tries_max = 9
        backoff_first = \"9s\"
        backoff_max = \"9m\"
        crashes_max = 9
        soft_limit = \"19m\"
        hard_limit = \"29m\"
        [serve]
        scan_interval = \"9m\"
        watch = false
        poll_interval = \"9m\"
        trigger_file = \"look\"
        stable = \"9s\"
        lock_expiry = \"9m\"
        drain = \"9s\"
        runs_days = 9
        logs_days = 9
        log = \"debug\"
        log_format = \"json\"
        disk_free_min_mib = 9
        [backup]
        at = \"09:09\"
        folder = \"/nine\"
        second_folder = \"/ninety\"
        keep_days = 9
        [check]
        at = \"09:10\"
        gone_percent_max = 9
        [[notify]]
        name = \"phone\"
        kind = \"ntfy\"
        address_file = \"/ntfy\"
    ";

    fn read(text: &str) -> Config {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("kinora.toml");
        std::fs::write(&file, text).unwrap();
        let home = [("HOME".into(), "/home/ann".into())];
        load(Some(&file), home, Overrides::default()).unwrap()
    }

    /// The lists that clients are told, and what is done, are the same.
    #[test]
    fn what_is_told_to_hold_at_once_does() {
        let (now, next) = (read(""), read(NEXT));
        let (before, wanted, after) = (now.show(), next.show(), with(&now, &next).show());
        for (section, value) in before.as_object().unwrap() {
            let Some(keys) = value.as_object() else {
                let at_once = LISTS_AT_ONCE.contains(&section.as_str());
                let holds = if at_once { &wanted[section] } else { value };
                assert_eq!(&after[section], holds, "{section}");
                assert!(!at_once || &wanted[section] != value, "{section} is not tried here");
                continue;
            };
            for (name, value) in keys {
                let at_once = AT_ONCE.contains(&(section.as_str(), name.as_str()));
                let (wanted, after) = (&wanted[section][name], &after[section][name]);
                assert_eq!(after, if at_once { wanted } else { value }, "{section}.{name}");
                assert!(!at_once || wanted != value, "{section}.{name} is not tried here");
            }
        }
    }
}
