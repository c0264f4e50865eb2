//! The configuration, read again while Kinora runs (SIGHUP): what can change at once does, all else waits for the next
//! start, and a configuration that is wrong changes nothing.

use super::daemon::Daemon;
use crate::app::config::{self, Config};
use crate::app::work;
use crate::domain::change::ActivityKind;
use crate::domain::fault::Fault;
use serde_json::Value;
use std::sync::PoisonError;

/// Keys that are named in one sentence.
const NAMED_MAX: usize = 8;

impl Daemon {
    /// Reads the configuration anew, takes over what holds at once, and tells what came of it.
    pub(super) fn reload(&self) {
        let text = match self.read_again() {
            Ok(text) => {
                tracing::info!("{text}");
                text
            }
            Err(fault) => {
                let text = format!(
                    "the configuration is wrong and was not taken over, Kinora works with the one before: {fault}"
                );
                tracing::error!("{text}");
                text
            }
        };
        self.teller.tell(ActivityKind::Reloaded, text);
    }

    fn read_again(&self) -> Result<String, Fault> {
        // Nobody changes settings meanwhile.
        let _alone = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let next = config::trace(self.config.source.as_deref(), std::env::vars_os())?.config;
        let before = self.live.config();
        self.take_over(&next);
        let now = self.live.config();
        Ok(sentence(&changed(&before, &now), &changed(&now, &next)))
    }

    /// Works by what of `next` holds at once.
    pub(super) fn take_over(&self, next: &Config) {
        self.live.take_over(next);
        let (limits, hours) = work::pace(&self.live.config());
        self.runtime.set(limits, hours);
    }
}

/// The keys that two configurations have otherwise.
fn changed(one: &Config, other: &Config) -> Vec<String> {
    let (shown, other_shown) = (one.show(), other.show());
    let (Value::Object(a), Value::Object(b)) = (&shown, &other_shown) else { return Vec::new() };
    let names = a.keys().chain(b.keys().filter(|it| !a.contains_key(*it)));
    let mut keys: Vec<String> = Vec::new();
    for name in names.filter(|it| a.get(*it) != b.get(*it)) {
        match (a.get(name), b.get(name)) {
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                let inner = a.keys().chain(b.keys().filter(|it| !a.contains_key(*it)));
                let inner = inner.filter(|it| a.get(*it) != b.get(*it));
                keys.extend(inner.map(|it| format!("{name}.{it}")));
            }
            (Some(Value::Array(_)), Some(Value::Array(_))) if name != "to" => {
                keys.push(format!("[[{name}]]"));
            }
            (_, _) => keys.push(name.clone()),
        }
    }
    let source = |it: &Config| Config { source: None, ..it.clone() };
    if keys.is_empty() && source(one) != source(other) {
        // Keys for servers are not shown.
        keys.push("a secret".to_owned());
    }
    keys
}

fn sentence(now: &[String], later: &[String]) -> String {
    let named = |keys: &[String]| {
        let more = keys.len().saturating_sub(NAMED_MAX);
        let named = keys.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
        if more == 0 { named } else { format!("{named} and {more} more") }
    };
    let restart = |keys: &[String]| {
        let hold = if keys.len() == 1 { "holds" } else { "hold" };
        format!("{} {hold} from the next start on (`systemctl restart kinora`)", named(keys))
    };
    match (now, later) {
        ([], []) => "the configuration was read again: nothing is otherwise".to_owned(),
        ([_, ..], []) => format!("the configuration was read again: now in force {}", named(now)),
        ([], [_, ..]) => format!("the configuration was read again: {}", restart(later)),
        ([_, ..], [_, ..]) => format!(
            "the configuration was read again: now in force {}; {}",
            named(now),
            restart(later)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        config::defaults([("HOME".into(), "/home/ann".into())]).unwrap()
    }

    #[test]
    fn what_changed_is_named_by_its_keys() {
        let (before, mut after) = (config(), config());
        assert_eq!(changed(&before, &after), [""; 0]);
        after.serve.drain *= 2;
        after.cue.lines = 1;
        after.existing.keep_ours = !after.existing.keep_ours;
        assert_eq!(changed(&before, &after), ["remake_on_change", "cue.lines", "serve.drain"]);
        after.translators.clear();
        assert!(changed(&before, &after).contains(&"[[translator]]".to_owned()));
    }

    #[test]
    fn what_holds_and_what_waits_is_one_sentence() {
        let key = |it: &str| it.to_owned();
        let many: Vec<String> = (0..10).map(|it| format!("a.{it}")).collect();
        for (now, later, told) in [
            (vec![], vec![], "nothing is otherwise"),
            (vec![key("a.b")], vec![], "now in force a.b"),
            (vec![], vec![key("a.b")], "a.b holds from the next start on"),
            (vec![key("a.b")], vec![key("c"), key("d")], "now in force a.b; c, d hold from the"),
            (many, vec![], "a.7 and 2 more"),
        ] {
            let said = sentence(&now, &later);
            assert!(said.contains(told), "{said}");
        }
    }
}
