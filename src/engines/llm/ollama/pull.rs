//! Letting a server fetch a model: told as it goes, watched for standing still, taken up again where it stopped.

use super::super::http::{BROKE_OFF, Refusal, Server, again};
use super::super::problem::Problem;
use super::super::sse::Lines;
use super::super::tries::{Miss, Pause, real_pause};
use super::chat::server;
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::domain::fault::Fault;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a download may bring nothing.
const STALL: Duration = Duration::from_secs(60);
/// How long the other parts of it may take: the digest of a large model on a slow disk.
const CHECK_MAX: Duration = Duration::from_secs(30 * 60);
/// How often in a row it may fail without bringing anything.
const TRIES_MAX: u32 = 5;
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// More than any model has.
const LAYERS_MAX: usize = 1000;

/// Lets the server at `url` fetch a model. `progress` is told what the server does, and bytes done and in all of the
/// parts that it has begun.
///
/// # Errors
/// Where the server does not answer, does not know the model, has no room for it or gets nothing for long, and where
/// `cancel` is set: what has arrived stays for the next time.
pub fn pull(
    url: &str,
    model: &str,
    cancel: &Cancel,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<(), Fault> {
    pull_with(url, model, cancel, &(Arc::new(real_pause) as Pause), progress)
}

/// As [`pull`], with another way to let time pass between tries.
///
/// # Errors
/// As [`pull`].
pub fn pull_with(
    url: &str,
    model: &str,
    cancel: &Cancel,
    pause: &Pause,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<(), Fault> {
    let server = server(url)?;
    let mut layers = Layers::default();
    let mut failures = 0;
    loop {
        let before = layers.completed();
        let (why, after) = match once(&server, model, cancel, &mut layers, progress) {
            Ok(()) => return Ok(()),
            Err(_) if cancel.is_set() => return Err(Miss::Cancelled.into_fault(&server.called)),
            Err(Miss::Again { why, after }) => (why, after),
            Err(miss @ (Miss::Cancelled | Miss::Away(_))) => {
                return Err(miss.into_fault(&server.called));
            }
        };
        failures = if before < layers.completed() { 1 } else { failures + 1 };
        if failures >= TRIES_MAX {
            return Err(Miss::Again { why, after }.into_fault(&server.called));
        }
        let backoff = Duration::from_secs(1 << failures);
        pause(after.unwrap_or(backoff).clamp(backoff, BACKOFF_MAX), cancel);
    }
}

fn once(
    server: &Server,
    model: &str,
    cancel: &Cancel,
    layers: &mut Layers,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<(), Miss> {
    let refused = |refusal| match refusal {
        Refusal::Miss(miss) => miss,
        Refusal::Problem(problem) => give_up(server, &problem, model),
    };
    let sent = server.post(&["api", "pull"], &json!({"model": model, "stream": true}), cancel);
    let mut body = sent.map_err(refused)?.endless();
    let mut lines = Lines::default();
    let watch = Stopwatch::start();
    let mut stall = Stall::default();
    loop {
        // Nothing for a few seconds is no fault yet.
        let part = body.look()?;
        let ended = part.as_ref().is_some_and(Vec::is_empty);
        let mut whole = part.map(|it| lines.push(&it)).unwrap_or_default();
        if ended {
            whole.push(std::mem::take(&mut lines).end());
        }
        for line in whole.iter().filter(|it| !it.trim().is_empty()) {
            let step: Value = serde_json::from_str(line).map_err(|_| again(BROKE_OFF))?;
            if step.get("error").is_some_and(|it| !it.is_null()) {
                return Err(give_up(server, &server.problem(&step), model));
            }
            let status = step.get("status").and_then(Value::as_str).unwrap_or_default();
            if status == "success" {
                return Ok(());
            }
            layers.take(&step);
            stall.take(status, layers.completed(), watch.elapsed());
            progress(status, layers.completed(), layers.total());
        }
        if ended {
            return Err(again("broke off in the middle of the download"));
        }
        if stall.is_over(watch.elapsed()) {
            return Err(again("gets nothing more of the download"));
        }
    }
}

/// What an error of a pull means. They come as text only, mostly within an answer of status 200.
fn give_up(server: &Server, problem: &Problem, model: &str) -> Miss {
    let told = problem.told();
    let about = |words: &[&str]| words.iter().any(|it| told.to_lowercase().contains(it));
    let (what, remedy) = if about(&["no space left", "disk quota"]) {
        (format!("the disk of Ollama's server is full: it {told}"), "make room there")
    } else if about(&["newer version", "requires a newer", "update ollama"]) {
        (format!("Ollama is too old for `{model}`: it {told}"), "update Ollama")
    } else if about(&["file does not exist", "not found", "invalid model name", "unauthorized"]) {
        (
            format!("Ollama cannot get a model named `{model}`: it {told}"),
            "check the name in Ollama's library",
        )
    } else {
        return server.give_up(problem, model, "check the name in Ollama's library");
    };
    Miss::Away(Fault::operator(what, remedy))
}

/// The parts of a model that were begun.
#[derive(Default)]
struct Layers(BTreeMap<String, (u64, u64)>);

impl Layers {
    fn take(&mut self, step: &Value) {
        let count = |name: &str| step.get(name).and_then(Value::as_u64).unwrap_or(0);
        let Some(digest) = step.get("digest").and_then(Value::as_str) else { return };
        if self.0.len() < LAYERS_MAX || self.0.contains_key(digest) {
            let layer = self.0.entry(digest.to_owned()).or_default();
            // Absent at first; and a server that starts a layer anew tells less than before.
            *layer = (count("completed").max(layer.0), count("total").max(layer.1));
        }
    }

    fn completed(&self) -> u64 {
        self.0.values().fold(0, |sum, it| sum.saturating_add(it.0))
    }

    fn total(&self) -> u64 {
        self.0.values().fold(0, |sum, it| sum.saturating_add(it.1))
    }
}

/// Notices that nothing changes, however much is said.
#[derive(Default)]
struct Stall {
    status: String,
    completed: u64,
    changed: Duration,
}

impl Stall {
    fn take(&mut self, status: &str, completed: u64, now: Duration) {
        if self.status != status || self.completed != completed {
            *self = Stall { status: status.to_owned(), completed, changed: now };
        }
    }

    fn is_over(&self, now: Duration) -> bool {
        let checks = ["verifying", "writing", "removing"];
        let checks = checks.iter().any(|it| self.status.starts_with(it));
        let longest = if checks { CHECK_MAX } else { STALL };
        longest < now.saturating_sub(self.changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_download_that_stands_still_is_noticed_however_much_is_said() {
        let mut stall = Stall::default();
        assert!(!stall.is_over(s(60)) && stall.is_over(s(61)));
        for now in 0..100 {
            stall.take("pulling a", 10 + now.min(20), s(now));
        }
        assert!(!stall.is_over(s(80)) && stall.is_over(s(81)));
        stall.take("verifying sha256 digest", 30, s(100));
        assert!(!stall.is_over(s(1900)) && stall.is_over(s(1901)));
    }

    #[test]
    fn layers_add_up_and_never_go_back() {
        let mut layers = Layers::default();
        for (digest, completed, total) in
            [("a", None, 100), ("a", Some(70), 100), ("b", Some(5), 9)]
        {
            layers.take(&json!({"digest": digest, "completed": completed, "total": total}));
        }
        layers.take(&json!({"digest": "a", "completed": 0, "total": 100}));
        layers.take(&json!({"status": "verifying sha256 digest"}));
        assert_eq!((layers.completed(), layers.total()), (75, 109));
    }
}
