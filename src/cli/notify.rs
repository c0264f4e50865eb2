//! `kinora notify`: do messages arrive?

use super::args_notify::NotifyCommand;
use super::{Exit, json, out};
use crate::api::notify::NotifyTest;
use crate::api::run::Fault;
use crate::app;
use crate::app::config::Config;

/// Does what is asked about messages.
pub(crate) fn notify(config: &Config, asked: &NotifyCommand) -> Result<Exit, Fault> {
    match asked {
        NotifyCommand::Test { name, json } => test(config, name.as_deref(), *json),
    }
}

fn test(config: &Config, name: Option<&str>, json: bool) -> Result<Exit, Fault> {
    let mut said = Ok(());
    let view = app::notify::test(config, name, &mut |test| {
        // Each as it is known: a server that is away takes a while.
        if !json && said.is_ok() {
            said = out::say(&text(test));
        }
    })?;
    said?;
    if json {
        out::say(&json::line(&view))?;
    } else if view.tests.is_empty() {
        out::say("nobody is told; add [[notify]] to kinora.toml\n")?;
    }
    let failed = view.tests.iter().any(|it| !it.sent);
    Ok(if failed { Exit::Failed } else { Exit::Good })
}

fn text(test: &NotifyTest) -> String {
    let NotifyTest { name, kind, sent: _, problem } = test;
    match problem {
        None => format!("good  {name} ({kind}) took the message\n"),
        Some(problem) => format!("BAD   {name} ({kind}): {problem}\n"),
    }
}
