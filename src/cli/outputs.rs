//! `kinora check --outputs`: the plan, what was done, and what was taken back.

use super::args_check::CheckArgs;
use super::render_jobs::plain;
use super::{Exit, json, out};
use crate::api::outputs::{OutputsDone, OutputsPlan, OutputsProgress};
use crate::api::run::Fault;
use crate::app::config::Config;
use crate::app::outputs::Outputs;
use crate::base::cancel::Cancel;
use crate::base::text::counted;
use std::cell::Cell;

/// Acts and notes that are shown one by one; more are counted.
const SHOWN_MAX: usize = 200;
/// Subtitles between two lines that tell how far it is.
const TOLD_EVERY: u64 = 10_000;

/// Holds what was written against the disks, or does what was shown, or takes it back.
pub(crate) fn outputs(config: &Config, asked: &CheckArgs) -> Result<Exit, Fault> {
    let outputs = Outputs::open(config)?;
    if let Some(file) = &asked.undo {
        let done = outputs.undo(Some(file.as_str()).filter(|it| !it.is_empty()))?;
        return tell_done(&done, asked.json, "taken back");
    }
    if asked.apply {
        let plan = outputs.last()?.ok_or_else(|| {
            let what = "no plan was shown yet";
            Fault::operator(what, "look at it first with `kinora check --outputs`")
        })?;
        let done = outputs.apply(&plan.id)?;
        return tell_done(&done, asked.json, "done");
    }
    let told = Cell::new(0);
    let tell = |it: OutputsProgress| {
        if told.get() + TOLD_EVERY <= it.done {
            told.set(it.done);
            out::complain(&format!("{} of {} looked at", it.done, it.of));
        }
    };
    let plan = outputs.check(asked.accept_gone, &Cancel::default(), &tell)?;
    out::say(&if asked.json { json::line(&plan) } else { text(&plan) })?;
    Ok(if is_left(&plan) { Exit::Failed } else { Exit::Good })
}

/// Something is to be done, by Kinora or by a person.
fn is_left(plan: &OutputsPlan) -> bool {
    let trouble = plan.places.iter().any(|it| it.refused.is_some() || it.unreadable > 0);
    trouble || !plan.acts.is_empty()
}

fn text(plan: &OutputsPlan) -> String {
    let mut text = String::new();
    let mut lines = |shown: Vec<&str>, more: u64, what: &str| {
        let hidden = shown.len().saturating_sub(SHOWN_MAX) as u64 + more;
        for line in shown.into_iter().take(SHOWN_MAX) {
            text.push_str(&format!("{}\n", plain(line)));
        }
        if hidden > 0 {
            text.push_str(&format!("and {hidden} {what} more; --json shows them\n"));
        }
    };
    lines(plan.notes.iter().map(String::as_str).collect(), plan.more_notes, "notes");
    lines(plan.places.iter().filter_map(|it| it.refused.as_deref()).collect(), 0, "libraries");
    lines(plan.acts.iter().map(|it| it.text.as_str()).collect(), plan.more_acts, "acts");
    if plan.elsewhere > 0 {
        let many = usize::try_from(plan.elsewhere).unwrap_or(usize::MAX);
        let lie = counted(many, "subtitle lies", "subtitles lie");
        text.push_str(&format!("{lie} in no library of kinora.toml: left as they are\n"));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&plain(&plan.summary));
    if !plan.acts.is_empty() {
        let many = counted(plan.acts.len(), "act", "acts");
        text.push_str(&format!(
            "; nothing was done: `kinora check --outputs --apply` does these {many}"
        ));
    }
    text.push('\n');
    text
}

fn tell_done(done: &OutputsDone, as_json: bool, verb: &str) -> Result<Exit, Fault> {
    if as_json {
        out::say(&json::line(done))?;
    } else {
        let mut text = String::new();
        for left in done.left.iter().take(SHOWN_MAX) {
            text.push_str(&format!("{}\n", plain(left)));
        }
        let many = counted(usize::try_from(done.done).unwrap_or(usize::MAX), "act", "acts");
        let file = plain(&done.undo_file);
        text.push_str(&match verb {
            "done" => {
                format!("{many} done; `kinora check --outputs --undo {file}` takes them back\n")
            }
            _ => format!("{many} {verb}, as {file} tells\n"),
        });
        out::say(&text)?;
    }
    Ok(if done.left.is_empty() { Exit::Good } else { Exit::Failed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::outputs::{OutputAct, OutputActKind, OutputsPlace};

    #[test]
    fn a_plan_is_shown_with_what_to_do() {
        let well = OutputsPlan {
            summary: "all 2 subtitles are as they were written".to_owned(),
            ..OutputsPlan::default()
        };
        assert_eq!(text(&well), "all 2 subtitles are as they were written\n");
        assert!(!is_left(&well));
        let act = OutputAct {
            kind: OutputActKind::Forget,
            path: "/films/a.srt".to_owned(),
            text: "forget that /films/a.srt was written: it is gone, and so is its video"
                .to_owned(),
        };
        let place = OutputsPlace {
            refused: Some("library Shows: /shows is not there; mount it".to_owned()),
            ..OutputsPlace::default()
        };
        let plan = OutputsPlan {
            summary: "of 3 subtitles 1 is gone".to_owned(),
            places: vec![place],
            elsewhere: 1,
            acts: vec![act],
            notes: vec![
                "/films/b.srt was changed by somebody: it is theirs now, and kept".to_owned(),
            ],
            more_notes: 4,
            ..OutputsPlan::default()
        };
        assert!(is_left(&plan));
        assert_eq!(
            text(&plan),
            "/films/b.srt was changed by somebody: it is theirs now, and kept\n\
             and 4 notes more; --json shows them\n\
             library Shows: /shows is not there; mount it\n\
             forget that /films/a.srt was written: it is gone, and so is its video\n\
             1 subtitle lies in no library of kinora.toml: left as they are\n\n\
             of 3 subtitles 1 is gone; nothing was done: `kinora check --outputs --apply` does these 1 act\n"
        );
    }
}
