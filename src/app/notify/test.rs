//! Does it arrive? A message to everybody who is to be told, now.

use super::{Message, send};
use crate::api::notify::{NotifyTest, NotifyTests};
use crate::app::config::{Config, NotifyKind};
use crate::base::clock;
use crate::base::text;
use crate::domain::fault::Fault;
use crate::engines::notify::Trouble;

/// Sends a message to each `[[notify]]`, or to the one of this name; each is told as soon as it is known.
///
/// # Errors
/// Where nobody has this name.
pub fn test(
    config: &Config,
    name: Option<&str>,
    told: &mut dyn FnMut(&NotifyTest),
) -> Result<NotifyTests, Fault> {
    let asked = |it: &&crate::app::config::NotifySetting| name.is_none_or(|name| it.name == name);
    let settings: Vec<_> = config.notify.iter().filter(asked).collect();
    if let (Some(name), true) = (name, settings.is_empty()) {
        return Err(nobody(config, name));
    }
    let mut tests = Vec::new();
    for setting in settings {
        let message = Message::test(&setting.name, clock::now_unix_ms());
        let result = send(setting, &message);
        let test = NotifyTest {
            name: setting.name.clone(),
            kind: kind_word(&setting.kind).to_owned(),
            sent: result.is_ok(),
            problem: result.err().map(problem),
        };
        told(&test);
        tests.push(test);
    }
    Ok(NotifyTests { tests })
}

fn nobody(config: &Config, name: &str) -> Fault {
    let names: Vec<&str> = config.notify.iter().map(|it| it.name.as_str()).collect();
    let remedy = match (text::nearest(name, names.iter().copied()), names.as_slice()) {
        (_, []) => "add one to kinora.toml".to_owned(),
        (Some(near), _) => format!("do you mean `{near}`?"),
        (None, names) => format!("there are {}", names.join(", ")),
    };
    Fault::operator(format!("no [[notify]] has the name `{name}`"), remedy)
}

fn problem(trouble: Trouble) -> String {
    match trouble {
        Trouble::Later { why, after: _ } => format!("{why}; try again, or check its address"),
        Trouble::Refused(fault) => fault.to_string(),
    }
}

fn kind_word(kind: &NotifyKind) -> &'static str {
    match kind {
        NotifyKind::Ntfy => "ntfy",
        NotifyKind::Webhook { template: _ } => "webhook",
    }
}
