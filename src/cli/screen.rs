//! Where a run is shown while it goes on: bars on a terminal, lines elsewhere, JSON for scripts.

use super::{Exit, json, out, render};
use crate::api::run::{Fault, ItemReport, RunEvent, Stage, Status};
use crate::base::clock::Stopwatch;
use crate::base::text::show_path;
use crate::base::width::{clip_middle, pad};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Width of a file's name before its bars.
const NAME_COLUMNS: usize = 28;

/// Files that have bars at the same time; more are not seen on a small terminal.
const FILES_SHOWN_MAX: usize = 8;

/// Said once when the owner first asks to stop.
const STOPPING: &str = "kinora: stopping in order; press Ctrl-C again to stop at once";

/// Where a run is shown.
pub(crate) struct Screen {
    mode: Mode,
    told_stopping: bool,
    /// The first trouble with standard output; the work goes on, its end tells.
    trouble: Option<Fault>,
}

enum Mode {
    /// Standard error is a terminal.
    Bars(Bars),
    /// It is none.
    Lines,
    /// A script reads standard output.
    Json,
}

/// The bars of the files in work. Many files may be begun and wait for their next worker; bars have those that come
/// along.
struct Bars {
    multi: MultiProgress,
    /// Begun, without bars yet.
    begun: BTreeMap<usize, PathBuf>,
    files: BTreeMap<usize, FileBars>,
}

struct FileBars {
    decode: ProgressBar,
    listen: ProgressBar,
    watch: Stopwatch,
    /// How long decoding took, once it is through: its speed stays as it was.
    decoded_in: Option<Duration>,
}

impl Screen {
    /// Looks where output goes and chooses how to show.
    pub(crate) fn new(json: bool) -> Screen {
        let mode = if json {
            Mode::Json
        } else if out::can_draw() {
            Mode::Bars(Bars::on(ProgressDrawTarget::stderr()))
        } else {
            Mode::Lines
        };
        Screen { mode, told_stopping: false, trouble: None }
    }

    /// Shows what happened.
    pub(crate) fn show(&mut self, event: RunEvent, stopping: bool) {
        if stopping && !self.told_stopping {
            self.told_stopping = true;
            self.complain(STOPPING);
        }
        match event {
            RunEvent::Planned { items: 0 } => {
                self.complain("kinora: there is no video or audio file in what was named");
            }
            RunEvent::Planned { .. } => {}
            RunEvent::Started { item, path } => self.started(item, &path),
            RunEvent::Progress { item, stage, decoded, heard, total } => {
                if let Mode::Bars(bars) = &mut self.mode {
                    bars.progress(item, stage, decoded, heard, total);
                }
            }
            RunEvent::Ended { item, report } => self.ended(item, &report),
        }
    }

    fn started(&mut self, item: usize, path: &Path) {
        match &mut self.mode {
            Mode::Bars(bars) => drop(bars.begun.insert(item, path.to_owned())),
            Mode::Lines => {}
            Mode::Json => self.say(&json::started(item, path)),
        }
    }

    fn ended(&mut self, item: usize, report: &ItemReport) {
        match &mut self.mode {
            Mode::Bars(bars) => {
                bars.end(item);
                if report.status != Status::Failed {
                    // Above the bars, where it scrolls away with the shell's own lines.
                    bars.multi.suspend(|| out::complain(&render::ended(report)));
                }
            }
            Mode::Lines if report.status != Status::Failed => {
                self.say(&(render::ended(report) + "\n"));
            }
            Mode::Lines => {}
            Mode::Json => self.say(&json::ended(item, report)),
        }
        if report.status == Status::Failed {
            self.complain(&render::complaint(report));
        }
    }

    /// Shows what came of it all.
    pub(crate) fn end(
        mut self,
        reports: &[ItemReport],
        elapsed: Duration,
        exit: Exit,
    ) -> Result<(), Fault> {
        match &self.mode {
            Mode::Bars(_) | Mode::Lines if reports.is_empty() => {}
            Mode::Bars(_) | Mode::Lines => {
                let table = render::table(reports, elapsed, out::columns_max());
                self.say(&format!("\n{table}"));
            }
            Mode::Json => self.say(&json::summary(reports, elapsed, exit.code())),
        }
        if exit == Exit::Interrupted {
            out::complain("kinora: interrupted; the same command goes on where it stopped");
        }
        self.trouble.map_or(Ok(()), Err)
    }

    fn say(&mut self, text: &str) {
        if let Err(fault) = out::say(text) {
            self.trouble.get_or_insert(fault);
        }
    }

    fn complain(&self, line: &str) {
        match &self.mode {
            Mode::Bars(bars) => bars.multi.suspend(|| out::complain(line)),
            Mode::Lines | Mode::Json => out::complain(line),
        }
    }
}

impl Bars {
    fn on(target: ProgressDrawTarget) -> Bars {
        let multi = MultiProgress::with_draw_target(target);
        Bars { multi, begun: BTreeMap::new(), files: BTreeMap::new() }
    }

    /// Gives a file its bars, where it has none and there is room. Probing is quick, and all files may be probed before
    /// the first one is listened to: that is shown where there is nothing else to see.
    fn show(&mut self, item: usize, stage: Stage) {
        let room = match stage {
            Stage::Probe => self.files.is_empty(),
            Stage::Detect
            | Stage::Weigh
            | Stage::Listen
            | Stage::Translate
            | Stage::Cue
            | Stage::Publish => self.files.len() < FILES_SHOWN_MAX,
        };
        if !room {
            return;
        }
        let Some(path) = self.begun.remove(&item) else { return };
        let name = path.file_name().map_or(path.as_path(), Path::new);
        let name = pad(&clip_middle(&show_path(name), NAME_COLUMNS), NAME_COLUMNS, false);
        let bar = || self.multi.add(ProgressBar::no_length().with_style(style(false)));
        let (decode, listen) = (bar(), bar());
        decode.set_prefix(format!("{name} decode"));
        listen.set_prefix(format!("{} {}", " ".repeat(NAME_COLUMNS), doing(Stage::Listen)));
        self.files
            .insert(item, FileBars { decode, listen, watch: Stopwatch::start(), decoded_in: None });
    }

    fn progress(
        &mut self,
        item: usize,
        stage: Stage,
        decoded: Duration,
        heard: Duration,
        total: Option<Duration>,
    ) {
        self.show(item, stage);
        let Some(file) = self.files.get_mut(&item) else { return };
        let elapsed = file.watch.elapsed();
        // A step that is tried again decodes again.
        let is_decoded = total.is_some_and(|it| decoded >= it);
        file.decoded_in = is_decoded.then(|| file.decoded_in.unwrap_or(elapsed));
        let decode = (&file.decode, decoded, file.decoded_in.unwrap_or(elapsed));
        for (bar, done, elapsed) in [decode, (&file.listen, heard, elapsed)] {
            if let Some(total) = total
                && bar.length().is_none()
            {
                bar.set_length(millis(total));
                bar.set_style(style(true));
            }
            bar.set_message(render::progress(done, total, elapsed));
            bar.set_position(millis(done));
        }
        let indent = " ".repeat(NAME_COLUMNS);
        file.listen.set_prefix(format!("{indent} {}", doing(stage)));
    }

    fn end(&mut self, item: usize) {
        self.begun.remove(&item);
        if let Some(FileBars { decode, listen, .. }) = self.files.remove(&item) {
            for bar in [decode, listen] {
                bar.finish_and_clear();
                self.multi.remove(&bar);
            }
        }
    }
}

/// The look of a bar; where the length is unknown there is nothing to fill.
fn style(has_length: bool) -> ProgressStyle {
    let template = if has_length { "{prefix} {wide_bar} {msg}" } else { "{prefix} {msg}" };
    // The templates are ours and sound; were one not, the default look serves.
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─")
}

/// What the second bar is called, all equally long.
fn doing(stage: Stage) -> &'static str {
    match stage {
        Stage::Probe => "probe ",
        Stage::Detect => "detect",
        Stage::Weigh => "weigh ",
        Stage::Listen => "listen",
        Stage::Translate => "transl",
        Stage::Cue => "cues  ",
        Stage::Publish => "write ",
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(files: usize) -> Bars {
        let mut bars = Bars::on(ProgressDrawTarget::hidden());
        bars.begun.extend((0..files).map(|it| (it, PathBuf::from(format!("/films/{it}.mkv")))));
        bars
    }

    fn along(bars: &mut Bars, item: usize, stage: Stage, seconds: u64) {
        let (at, total) = (Duration::from_secs(seconds), Duration::from_secs(100));
        bars.progress(item, stage, at, at, Some(total));
    }

    fn shown(bars: &Bars) -> Vec<usize> {
        bars.files.keys().copied().collect()
    }

    #[test]
    fn files_that_come_along_have_bars_and_those_that_wait_have_none() {
        let mut bars = begun(100);
        for item in 0..100 {
            along(&mut bars, item, Stage::Probe, 0);
        }
        assert_eq!(shown(&bars), [0], "the first, since there is nothing else to see");
        along(&mut bars, 2, Stage::Listen, 30);
        along(&mut bars, 1, Stage::Detect, 10);
        along(&mut bars, 0, Stage::Listen, 20);
        assert_eq!(shown(&bars), [0, 1, 2]);
        let position = |bars: &Bars, item: usize| bars.files[&item].listen.position();
        assert_eq!([0, 1, 2].map(|it| position(&bars, it)), [20_000, 10_000, 30_000]);
        bars.end(1);
        bars.end(50);
        along(&mut bars, 1, Stage::Publish, 100);
        along(&mut bars, 50, Stage::Publish, 100);
        assert_eq!(shown(&bars), [0, 2], "what ended does not come again");
    }

    #[test]
    fn there_is_room_for_a_few_and_others_follow() {
        let mut bars = begun(20);
        for item in 0..20 {
            along(&mut bars, item, Stage::Listen, 1);
        }
        assert_eq!(shown(&bars), (0..FILES_SHOWN_MAX).collect::<Vec<_>>());
        bars.end(3);
        along(&mut bars, 19, Stage::Listen, 2);
        assert_eq!(shown(&bars), [0, 1, 2, 4, 5, 6, 7, 19]);
    }

    #[test]
    fn a_step_that_is_tried_again_is_measured_again() {
        let mut bars = begun(1);
        along(&mut bars, 0, Stage::Listen, 100);
        assert!(bars.files[&0].decoded_in.is_some());
        along(&mut bars, 0, Stage::Listen, 5);
        assert_eq!(bars.files[&0].decoded_in, None);
        assert_eq!(bars.files[&0].decode.position(), 5000);
    }
}
