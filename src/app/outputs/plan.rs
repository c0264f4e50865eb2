//! What is done about subtitles that are not as they were written. Pure: what is on the disks comes in, fact by fact,
//! so that it need not be held, and a plan comes out.

use crate::api::outputs::{OutputAct, OutputActKind, OutputsPlace, OutputsPlan};
use crate::base::text::{counted, show_path};
use crate::domain::library::FileId;
use crate::domain::order::os_paths;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Acts of one plan; what is more is for the next one.
pub(crate) const ACTS_MAX: usize = 20_000;
/// Notes of one plan.
pub(crate) const NOTES_MAX: usize = 1_000;

/// Which place a file is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// The library of this number.
    Library(usize),
    /// Among files that were sent: nobody but Kinora removes them.
    Sent,
    /// In none that is configured.
    Elsewhere,
}

/// How a file stands on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum There {
    /// With the content that was written.
    Same,
    /// With another one, or as something else than a file.
    Changed,
    /// There is nothing of this name, for sure.
    Gone,
    /// Nobody knows: why.
    Unreadable(String),
}

/// What was found out about one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// A subtitle that was written.
    Output { path: PathBuf, there: There, video_there: bool },
    /// A temporary file that was begun long ago.
    Temp { path: PathBuf, output: PathBuf, there: bool },
    /// A file with subtitles, neither of which is where it was.
    Placed { file: FileId, video: PathBuf },
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// The row of a subtitle goes.
    Forget {
        #[serde(with = "os_paths")]
        output: PathBuf,
        video_there: bool,
    },
    /// The row of a temporary file goes, and the file where there is one.
    PutAside {
        #[serde(with = "os_paths")]
        temp: PathBuf,
        #[serde(with = "os_paths")]
        output: PathBuf,
        there: bool,
    },
    /// The row of where a file lay goes.
    ForgetPlace {
        file: FileId,
        #[serde(with = "os_paths")]
        video: PathBuf,
    },
}

impl Act {
    /// The file it is about.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Act::Forget { output: path, .. }
            | Act::PutAside { temp: path, .. }
            | Act::ForgetPlace { video: path, .. } => path,
        }
    }

    /// What is done, and why.
    pub(crate) fn text(&self) -> String {
        let path = show_path(self.path());
        match self {
            Act::Forget { video_there: true, .. } => format!(
                "forget that {path} was written: it is gone; its video is there, so the next look makes it again"
            ),
            Act::Forget { video_there: false, .. } => {
                format!("forget that {path} was written: it is gone, and so is its video")
            }
            Act::PutAside { output, there: true, .. } => {
                let output = show_path(output);
                format!(
                    "put the temporary file {path} aside: it was left when {output} was written"
                )
            }
            Act::PutAside { there: false, .. } => {
                format!("forget the temporary file {path}: it is gone")
            }
            Act::ForgetPlace { .. } => {
                format!("forget where the subtitles of {path} lay: they are gone, and so is it")
            }
        }
    }

    fn view(&self) -> OutputAct {
        let kind = match self {
            Act::Forget { .. } => OutputActKind::Forget,
            Act::PutAside { .. } => OutputActKind::PutAside,
            Act::ForgetPlace { .. } => OutputActKind::ForgetPlace,
        };
        OutputAct { kind, path: show_path(self.path()), text: self.text() }
    }
}

/// A plan: what was found, and what would be done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) made_unix_ms: u64,
    pub(crate) applied: bool,
    pub(crate) places: Vec<OutputsPlace>,
    pub(crate) elsewhere: u64,
    pub(crate) acts: Vec<Act>,
    pub(crate) more_acts: u64,
    pub(crate) notes: Vec<String>,
    pub(crate) more_notes: u64,
}

impl Plan {
    /// What tells it from another: what it would do.
    pub(crate) fn id(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for act in &self.acts {
            hasher.update(format!("{act:?}\n").as_bytes());
        }
        hasher.finalize().to_hex()[..16].to_owned()
    }

    /// Nothing is gone, changed, or in the way.
    pub(crate) fn all_is_well(&self) -> bool {
        let well =
            |it: &OutputsPlace| it.refused.is_none() && it.changed + it.gone + it.unreadable == 0;
        self.acts.is_empty() && self.places.iter().all(well)
    }

    /// What it comes to.
    pub(crate) fn summary(&self) -> String {
        let sum = |of: fn(&OutputsPlace) -> u64| self.places.iter().map(of).sum::<u64>();
        let many = sum(|it| it.outputs);
        if self.all_is_well() {
            return match many {
                0 => "no subtitle was written yet".to_owned(),
                1 => "the one subtitle is as it was written".to_owned(),
                many => format!("all {} subtitles are as they were written", grouped(many)),
            };
        }
        let mut parts = Vec::new();
        let (gone, changed, lost) =
            (sum(|it| it.gone), sum(|it| it.changed), sum(|it| it.unreadable));
        let is = |count: u64| if count == 1 { "is" } else { "are" };
        let was = |count: u64| if count == 1 { "was" } else { "were" };
        if gone > 0 {
            parts.push(format!("{} {} gone", grouped(gone), is(gone)));
        }
        if changed > 0 {
            parts.push(format!("{} {} changed by somebody", grouped(changed), was(changed)));
        }
        if lost > 0 {
            parts.push(format!("{} could not be read", grouped(lost)));
        }
        let temps = self.acts.iter().filter(|it| matches!(it, Act::PutAside { .. })).count();
        if temps > 0 {
            parts.push(counted(temps, "temporary file was left", "temporary files were left"));
        }
        let refused: Vec<&str> = self
            .places
            .iter()
            .filter(|it| it.refused.is_some())
            .map(|it| it.name.as_str())
            .collect();
        if !refused.is_empty() {
            parts.push(format!("nothing is done in {}", refused.join(", ")));
        }
        if parts.is_empty() {
            parts.push("files that had subtitles are gone".to_owned());
        }
        format!("of {} subtitles {}", grouped(many), parts.join(", "))
    }

    /// As it is shown.
    pub(crate) fn view(&self) -> OutputsPlan {
        OutputsPlan {
            id: self.id(),
            made_unix_ms: self.made_unix_ms,
            applied: self.applied,
            summary: self.summary(),
            places: self.places.clone(),
            elsewhere: self.elsewhere,
            acts: self.acts.iter().map(Act::view).collect(),
            more_acts: self.more_acts,
            notes: self.notes.clone(),
            more_notes: self.more_notes,
        }
    }
}

/// A number that people read.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A plan that is being made.
pub(crate) struct Draft {
    libraries: Vec<Part>,
    sent: Part,
    elsewhere: u64,
    notes: Vec<String>,
    more_notes: u64,
}

/// What was found in one place, and would be done there.
#[derive(Default)]
struct Part {
    place: OutputsPlace,
    acts: Vec<Act>,
    more_acts: u64,
}

impl Draft {
    /// Nothing was found yet in these libraries.
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Draft {
        let part = |name| Part {
            place: OutputsPlace { name, ..OutputsPlace::default() },
            ..Part::default()
        };
        Draft {
            libraries: names.into_iter().map(part).collect(),
            sent: part("files that were sent".to_owned()),
            elsewhere: 0,
            notes: Vec::new(),
            more_notes: 0,
        }
    }

    /// A fact more.
    pub(crate) fn saw(&mut self, place: Where, fact: Fact) {
        let part = match place {
            Where::Library(number) => self.libraries.get_mut(number),
            Where::Sent => Some(&mut self.sent),
            Where::Elsewhere => None,
        };
        let Some(part) = part else {
            self.elsewhere += u64::from(matches!(fact, Fact::Output { .. }));
            return;
        };
        match fact {
            Fact::Output { path, there, video_there } => {
                part.place.outputs += 1;
                let shown = show_path(&path);
                match there {
                    There::Same => {
                        part.place.same += 1;
                        if !video_there {
                            self.note(format!(
                                "{shown} is there, but its video is not: it is kept"
                            ));
                        }
                    }
                    There::Changed => {
                        part.place.changed += 1;
                        self.note(format!(
                            "{shown} was changed by somebody: it is theirs now, and kept"
                        ));
                    }
                    There::Unreadable(why) => {
                        part.place.unreadable += 1;
                        self.note(format!(
                            "{shown} cannot be read ({why}): look at its disk and its rights"
                        ));
                    }
                    There::Gone => {
                        part.place.gone += 1;
                        part.act(Act::Forget { output: path, video_there });
                    }
                }
            }
            Fact::Temp { path, output, there } => {
                part.act(Act::PutAside { temp: path, output, there })
            }
            Fact::Placed { file, video } => part.act(Act::ForgetPlace { file, video }),
        }
    }

    /// A subtitle in a library that is not to be trusted: it is not looked at.
    pub(crate) fn away(&mut self, place: Where) {
        if let Where::Library(number) = place
            && let Some(part) = self.libraries.get_mut(number)
        {
            part.place.outputs += 1;
        }
    }

    fn note(&mut self, text: String) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(text);
        } else {
            self.more_notes += 1;
        }
    }

    /// The plan. `refused` tells of each library why it is not to be trusted, where it is not; where more of a hundred
    /// are gone than `gone_percent_max`, nothing is done in a library unless that is accepted.
    pub(crate) fn plan(
        self,
        refused: Vec<Option<String>>,
        gone_percent_max: u8,
        accept_gone: bool,
        made_unix_ms: u64,
    ) -> Plan {
        let Draft { libraries, sent, elsewhere, notes, more_notes } = self;
        let mut plan = Plan { made_unix_ms, elsewhere, notes, more_notes, ..Plan::default() };
        let mut refused = refused.into_iter();
        for mut part in libraries {
            let why = refused.next().flatten();
            part.place.refused = why
                .or_else(|| too_many_gone(&part.place, gone_percent_max).filter(|_| !accept_gone));
            plan.take(part);
        }
        if sent.place.outputs > 0 || !sent.acts.is_empty() {
            plan.take(sent);
        }
        plan
    }
}

impl Part {
    fn act(&mut self, act: Act) {
        if self.acts.len() < ACTS_MAX {
            self.acts.push(act);
        } else {
            self.more_acts += 1;
        }
    }
}

impl Plan {
    fn take(&mut self, part: Part) {
        let Part { place, acts, more_acts } = part;
        if place.refused.is_none() {
            let room = ACTS_MAX - self.acts.len();
            self.more_acts += more_acts + acts.len().saturating_sub(room) as u64;
            self.acts.extend(acts.into_iter().take(room));
        }
        self.places.push(place);
    }
}

/// Why so much cannot be gone by itself.
fn too_many_gone(place: &OutputsPlace, percent_max: u8) -> Option<String> {
    let OutputsPlace { name, outputs, gone, .. } = place;
    (*gone * 100 > u64::from(percent_max) * outputs && *gone > 0).then(|| {
        format!(
            "library {name}: {} of {} subtitles are gone, more than {percent_max} of a hundred; look whether all of \
             its disks are there, or, if this is meant, run `kinora check --outputs --accept-gone`",
            grouped(*gone),
            grouped(*outputs)
        )
    })
}

#[cfg(test)]
mod tests;
