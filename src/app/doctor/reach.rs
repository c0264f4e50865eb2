//! Whether those who are told of things can be reached. Nothing is sent to them.

use super::{good, unwell};
use crate::api::doctor::{Check, Health};
use crate::app::config::{Config, NotifySetting};
use crate::domain::fault::Fault;
use crate::engines::doorbell;

/// One check each.
pub(super) fn notified(config: &Config) -> Vec<Check> {
    config.notify.iter().map(check).collect()
}

fn check(setting: &NotifySetting) -> Check {
    let reached = setting.address.read().map(|it| it.0.unwrap_or_default());
    judge(&setting.name, reached.map(|it| doorbell::reaches(&it)))
}

fn judge(name: &str, reached: Result<Result<(), String>, Fault>) -> Check {
    let shown = format!("notify {name}");
    match reached {
        Ok(Ok(())) => {
            good(&shown, "its server can be reached; `kinora notify test` sends a message")
        }
        Ok(Err(why)) => {
            let what = format!("its server cannot be told anything: {why}");
            let remedy =
                "check its address, and that it runs; what happens meanwhile is told later";
            unwell(&shown, Health::Warning, Fault::operator(what, remedy))
        }
        // Nobody would ever be told.
        Err(fault) => unwell(&shown, Health::Bad, fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_be_told_is_a_hint_and_an_address_that_is_not_there_is_bad() {
        let missing = Fault::operator("its address cannot be read", "check the file");
        for (reached, health) in [
            (Ok(Ok(())), Health::Good),
            (Ok(Err("nobody listens there".to_owned())), Health::Warning),
            (Err(missing), Health::Bad),
        ] {
            assert_eq!(judge("phone", reached).health, health);
        }
    }
}
