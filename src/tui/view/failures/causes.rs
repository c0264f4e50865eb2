//! What is parked, put together by its cause: what a fault says, without what is of one file only.

use crate::api::daemon::JobView;
use crate::api::run::{Fault, FaultKind};
use crate::tui::parts::when::unix_ms;
use std::collections::BTreeMap;

/// Files that are kept; the newest.
pub(super) const FILES_MAX: usize = 5_000;
/// Words whose number is the cause itself.
const TELLING: [&str; 5] = ["code", "error", "status", "signal", "HTTP"];

/// Why something waits for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cause {
    /// What it waits for, as a job tells it.
    pub(super) parked: String,
    /// What happened, with `…` for what is of one file.
    pub(super) what: String,
    /// What to do.
    pub(super) remedy: String,
}

/// A file that waits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parked {
    pub(super) job: u64,
    pub(super) execution: u64,
    pub(super) path: String,
    pub(super) fault: Fault,
    pub(super) changed_unix_ms: u64,
    changes: u32,
}

/// A cause and what waits because of it, newest first.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) cause: Cause,
    pub(super) kind: FaultKind,
    pub(super) files: Vec<Parked>,
}

impl Group {
    /// When the newest was parked, milliseconds since the Unix epoch.
    pub(super) fn newest_unix_ms(&self) -> u64 {
        self.files.first().map_or(0, |it| it.changed_unix_ms)
    }

    /// Who must act, in a sentence.
    pub(super) fn who(&self) -> &'static str {
        match (self.kind, self.cause.parked.as_str()) {
            (_, "asr_fatal") => {
                "you: listening failed as often as it may, and scans leave it alone"
            }
            (FaultKind::Operator, _) => "you",
            (FaultKind::Transient, _) => "nobody, perhaps: it may work when it is tried again",
            (FaultKind::Bug, _) => "whoever makes Kinora: please report it with the log",
        }
    }
}

/// What a job waits for, in a few words.
pub(super) fn parked_words(parked: &str) -> &str {
    match parked {
        "needs_person" => "needs you",
        "tries_used_up" => "tried often enough",
        "asr_fatal" => "listening failed for good",
        "crashes" => "Kinora crashed with it",
        "bug" => "a fault of Kinora",
        other => other,
    }
}

/// All that is parked.
#[derive(Debug, Default)]
pub(super) struct Causes {
    files: BTreeMap<u64, (Cause, Parked)>,
    /// Some are not kept.
    pub(super) more: bool,
}

impl Causes {
    /// How many files.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Why a job waits, without what is of one file.
    pub(super) fn cause_of(&self, job: u64) -> Option<&Cause> {
        self.files.get(&job).map(|it| &it.0)
    }

    /// All causes, some several times.
    pub(super) fn all(&self) -> impl Iterator<Item = &Cause> {
        self.files.values().map(|it| &it.0)
    }

    /// Takes a job as it stands; one that is not parked any more leaves. Whether something changed.
    pub(super) fn take(&mut self, job: &JobView) -> bool {
        let newer = |it: &Parked| (it.execution, it.changes) < (job.execution, job.changes);
        let known = self.files.get(&job.id);
        if known.is_some_and(|it| !newer(&it.1)) {
            return false;
        }
        let Some(parked) = &job.parked else { return self.files.remove(&job.id).is_some() };
        if known.is_none() && FILES_MAX <= self.files.len() {
            self.more = true;
            return false;
        }
        let fault = job.fault.clone().unwrap_or_else(|| Fault::bug("nothing was said of it"));
        let cause = Cause {
            parked: parked.clone(),
            what: general(&fault.what, &job.path),
            remedy: general(&fault.remedy, &job.path),
        };
        let parked = Parked {
            job: job.id,
            execution: job.execution,
            path: job.path.clone(),
            fault,
            changed_unix_ms: unix_ms(&job.changed).unwrap_or(0),
            changes: job.changes,
        };
        self.files.insert(job.id, (cause, parked));
        true
    }

    /// By cause: what most files wait for first.
    pub(super) fn groups(&self) -> Vec<Group> {
        let mut groups: BTreeMap<&Cause, Vec<&Parked>> = BTreeMap::new();
        for (cause, file) in self.files.values() {
            groups.entry(cause).or_default().push(file);
        }
        let mut groups: Vec<Group> = groups
            .into_iter()
            .map(|(cause, mut files)| {
                files.sort_by_key(|it| std::cmp::Reverse((it.changed_unix_ms, it.execution)));
                let kind = files.first().map_or(FaultKind::Bug, |it| it.fault.kind);
                let mut cause = cause.clone();
                // Of a single file all is told.
                if let [only] = files[..] {
                    cause.what.clone_from(&only.fault.what);
                    cause.remedy.clone_from(&only.fault.remedy);
                }
                Group { cause, kind, files: files.into_iter().cloned().collect() }
            })
            .collect();
        groups.sort_by_key(|it| std::cmp::Reverse((it.files.len(), it.newest_unix_ms())));
        groups
    }
}

/// A sentence without what is of one file only: its names, what stands between quotes, paths, numbers that are no
/// codes.
fn general(sentence: &str, path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |it| it.0);
    let mut text = sentence.to_owned();
    for own in [path, name, stem] {
        // A film may be called `a`.
        if 3 <= own.chars().count() {
            text = text.replace(own, "…");
        }
    }
    let mut words: Vec<String> = Vec::new();
    let mut quoted = None;
    for word in text.split(' ') {
        if let Some(end) = quoted {
            if word.trim_end_matches([',', '.', ';', ':', ')']).ends_with(end) {
                quoted = None;
            }
            continue;
        }
        let bare = word.trim_start_matches('(');
        let opens = bare.chars().next().filter(|it| matches!(it, '`' | '"' | '\''));
        if let Some(sign) = opens {
            let rest = &bare[sign.len_utf8()..];
            if !rest.contains(sign) {
                quoted = Some(sign);
            }
            words.push("…".to_owned());
            continue;
        }
        let told = words.last().is_some_and(|it| TELLING.contains(&it.trim_start_matches('(')));
        words.push(match bare {
            _ if bare.starts_with('/') => "…".to_owned(),
            _ if told => word.to_owned(),
            _ => without_numbers(word),
        });
    }
    words.join(" ")
}

fn without_numbers(word: &str) -> String {
    let mut text = String::new();
    for letter in word.chars() {
        if !letter.is_ascii_digit() {
            text.push(letter);
        } else if !text.ends_with('…') {
            text.push('…');
        }
    }
    // `1.5` and `0:12:33` are one number.
    text.replace("….…", "…").replace("…:…:…", "…").replace("…:…", "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_one_file_only_makes_no_cause_of_its_own() {
        let path = "/media/Films/Heat (1995)/Heat (1995).mkv";
        for (told, cause) in [
            ("the file is empty", "the file is empty"),
            ("/media/Films/Heat (1995)/Heat (1995).mkv is not there", "… is not there"),
            ("Heat (1995).mkv cannot be read (os error 5)", "… cannot be read (os error 5)"),
            ("`/tmp/a b/x.srt` is locked (by `Bazarr`)", "… is locked (by …"),
            ("at 0:12:33 no speech, 1.5 GB are free", "at … no speech, … GB are free"),
            ("ffmpeg ended with code 69", "ffmpeg ended with code 69"),
            ("track 3 is broken", "track … is broken"),
        ] {
            let general = general(told, path);
            assert!(general == cause || general.starts_with(cause), "{told}: {general}");
        }
        assert_eq!(general("a b c", "/a"), "a b c");
    }
}
