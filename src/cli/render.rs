//! Views as text for people: lines, tables and trees; pure, so that tests can read them.

use super::fold::fold;
use super::table::{Column, lay_out};
use crate::api::run::{Explanation, ItemReport, Status, lines};
use crate::base::text::{clock_duration, counted, show_path};
use std::path::Path;
use std::time::Duration;

/// How many files ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) done: usize,
    pub(crate) skipped: usize,
    pub(crate) no_speech: usize,
    pub(crate) failed: usize,
    pub(crate) interrupted: usize,
    pub(crate) audio_ms: u64,
}

impl Totals {
    /// Counts reports.
    pub(crate) fn of(reports: &[ItemReport]) -> Totals {
        let mut totals = Totals::default();
        for report in reports {
            let count = match report.status {
                // Lines that failed are told with the file.
                Status::Done | Status::Review => &mut totals.done,
                Status::Skipped => &mut totals.skipped,
                Status::NoSpeech => &mut totals.no_speech,
                Status::Failed => &mut totals.failed,
                Status::Interrupted => &mut totals.interrupted,
            };
            *count += 1;
            totals.audio_ms = totals.audio_ms.saturating_add(report.audio_ms);
        }
        totals
    }
}

/// The message about a file that failed: which, what, and what to do.
pub(crate) fn complaint(report: &ItemReport) -> String {
    let said = match &report.fault {
        Some(fault) => fault.to_string(),
        None => report.notices.join("; "),
    };
    format!("{}: {}", show_path(&report.path), one_line(&said))
}

/// One line about a file that ended.
pub(crate) fn ended(report: &ItemReport) -> String {
    let mut parts = vec![status(report.status).to_owned()];
    if matches!(report.status, Status::Done | Status::Review) {
        parts.extend(report.language.as_ref().map(|it| it.tag().to_owned()));
        parts.push(format!("{} cues", report.cues));
        let audio = clock_duration(Duration::from_millis(report.audio_ms));
        let took = clock_duration(Duration::from_millis(report.elapsed_ms));
        parts.push(match speed(report.audio_ms, report.elapsed_ms) {
            Some(speed) => format!("{audio} in {took} ({speed})"),
            None => format!("{audio} in {took}"),
        });
        parts.extend(report.written.iter().map(|it| beside(&report.path, it)));
    }
    let mut line = format!("{}: {}", show_path(&report.path), parts.join(", "));
    for notice in &report.notices {
        line.push_str("; ");
        line.push_str(&one_line(notice));
    }
    line
}

/// The table at the end of a run, and a line that adds it up. `columns_max` as in [`lay_out`].
pub(crate) fn table(
    reports: &[ItemReport],
    elapsed: Duration,
    columns_max: Option<usize>,
) -> String {
    const COLUMNS: [Column; 8] = [
        Column::text("file", 0, 14),
        Column::word("lang", 3),
        Column::word("status", 1),
        Column::number("cues", 2),
        Column::number("audio", 5),
        Column::number("time", 4),
        Column::number("speed", 6),
        Column::text("note", 7, 12),
    ];
    let folder = common_folder(reports);
    let row = |report: &ItemReport| {
        let known = |ms: u64| (ms > 0).then(|| clock_duration(Duration::from_millis(ms)));
        let name = report.path.strip_prefix(folder).unwrap_or(&report.path);
        let note = match &report.fault {
            Some(fault) => one_line(&fault.what),
            None => one_line(&report.notices.join("; ")),
        };
        vec![
            show_path(name),
            report.language.as_ref().map_or(String::new(), |it| it.tag().to_owned()),
            status(report.status).to_owned(),
            if report.cues > 0 { report.cues.to_string() } else { String::new() },
            known(report.audio_ms).unwrap_or_default(),
            known(report.elapsed_ms).unwrap_or_default(),
            speed(report.audio_ms, report.elapsed_ms).unwrap_or_default(),
            note,
        ]
    };
    let rows: Vec<_> = reports.iter().map(row).collect();
    format!("{}\n{}\n", lay_out(&COLUMNS, &rows, columns_max), sum(reports, elapsed))
}

/// The line that adds a run up.
fn sum(reports: &[ItemReport], elapsed: Duration) -> String {
    let totals = Totals::of(reports);
    let counts = [
        (totals.done, Status::Done),
        (totals.skipped, Status::Skipped),
        (totals.no_speech, Status::NoSpeech),
        (totals.failed, Status::Failed),
        (totals.interrupted, Status::Interrupted),
    ];
    let counts = counts.into_iter().filter(|it| it.0 > 0);
    let counts: Vec<_> = counts.map(|(count, it)| format!("{count} {}", status(it))).collect();
    let files = counted(reports.len(), "file", "files");
    let audio = clock_duration(Duration::from_millis(totals.audio_ms));
    format!("{files}: {}; {audio} of audio in {}", counts.join(", "), clock_duration(elapsed))
}

/// What would be done with a file, and why, as a tree. A sentence longer than a line goes on below its beginning: it is
/// what was asked for, and none of it is left out. `columns_max` is the terminal's width, `None` to break nothing.
pub(crate) fn explanation(explanation: &Explanation, columns_max: Option<usize>) -> String {
    let path = show_path(&explanation.path);
    let head = format!("{path}: {}", one_line(&explanation.decision));
    let mut text = hang("", &head, columns_max);
    for (depth, reason) in lines(&explanation.reasons) {
        let bullet = format!("{}- ", "  ".repeat(depth + 1));
        text.push_str(&hang(&bullet, &one_line(reason), columns_max));
    }
    text
}

/// A sentence behind its bullet, and below it where it is long.
fn hang(bullet: &str, sentence: &str, columns_max: Option<usize>) -> String {
    /// Narrower than this nothing can be read, however deep it stands.
    const SENTENCE_COLUMNS_MIN: usize = 20;
    let Some(columns_max) = columns_max else { return format!("{bullet}{sentence}\n") };
    let space = " ".repeat(bullet.len().max(2));
    let room = columns_max.saturating_sub(space.len()).max(SENTENCE_COLUMNS_MIN);
    let mut text = String::new();
    for (number, line) in fold(sentence, room).into_iter().enumerate() {
        let indent = if number == 0 { bullet } else { &space };
        text.push_str(&format!("{indent}{line}\n"));
    }
    text
}

/// How far a bar is: `12:03 of 1:32:03  18.3x  ETA 4:22`.
pub(crate) fn progress(done: Duration, total: Option<Duration>, elapsed: Duration) -> String {
    let mut text = clock_duration(done);
    if let Some(total) = total {
        text.push_str(&format!(" of {}", clock_duration(total)));
    }
    let rate = done.as_secs_f64() / elapsed.as_secs_f64();
    // In the first moments a rate says nothing.
    if elapsed < Duration::from_secs(1) || rate <= 0.0 || !rate.is_finite() {
        return text;
    }
    text.push_str(&format!("  {rate:.1}x"));
    let left = total.map(|it| it.saturating_sub(done)).filter(|it| !it.is_zero());
    if let Some(Ok(eta)) = left.map(|it| Duration::try_from_secs_f64(it.as_secs_f64() / rate)) {
        text.push_str(&format!("  ETA {}", clock_duration(eta)));
    }
    text
}

/// A status in a word or two.
fn status(status: Status) -> &'static str {
    match status {
        Status::Done => "done",
        Status::Skipped => "skipped",
        Status::NoSpeech => "no speech",
        Status::Review => "review",
        Status::Failed => "failed",
        Status::Interrupted => "interrupted",
    }
}

/// Seconds of audio for each second of work; `None` where either is unknown.
fn speed(audio_ms: u64, elapsed_ms: u64) -> Option<String> {
    (audio_ms > 0 && elapsed_ms > 0).then(|| format!("{:.1}x", audio_ms as f64 / elapsed_ms as f64))
}

/// A written file: its name where it lies beside the video, else its whole path.
fn beside(video: &Path, written: &Path) -> String {
    match written.file_name() {
        Some(name) if written.parent() == video.parent() => show_path(Path::new(name)),
        Some(_) | None => show_path(written),
    }
}

/// The deepest folder all files lie in.
fn common_folder(reports: &[ItemReport]) -> &Path {
    let mut folders = reports.iter().map(|it| it.path.parent().unwrap_or(Path::new("")));
    let first = folders.next().unwrap_or(Path::new(""));
    folders.fold(first, |common, folder| {
        common.ancestors().find(|it| folder.starts_with(it)).unwrap_or(Path::new(""))
    })
}

/// Text that came from a file or the system, without control characters, so that it cannot move the cursor.
pub(crate) fn one_line(text: &str) -> String {
    show_path(Path::new(text))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::api::run::{ExplainVerdict, Fault, Lang, Reason};
    use unicode_width::UnicodeWidthStr;

    /// A film that went well.
    pub(crate) fn film() -> ItemReport {
        ItemReport {
            path: "/films/Spirited Away.mkv".into(),
            status: Status::Done,
            notices: vec!["2 packets are damaged".into()],
            fault: None,
            written: vec!["/films/Spirited Away.jpn.srt".into()],
            language: Some(Lang::parse("ja").unwrap()),
            cues: 812,
            audio_ms: 7_470_000,
            speech_ms: 3_600_000,
            elapsed_ms: 498_000,
        }
    }

    /// A file that is no video.
    pub(crate) fn failed() -> ItemReport {
        ItemReport {
            path: "/films/千と千尋\n/noise.mkv".into(),
            status: Status::Failed,
            notices: Vec::new(),
            fault: Some(Fault::operator("the file is empty", "copy it again")),
            written: Vec::new(),
            language: None,
            cues: 0,
            audio_ms: 0,
            speech_ms: 0,
            elapsed_ms: 0,
        }
    }

    fn silent() -> ItemReport {
        ItemReport {
            path: "/films/music.flac".into(),
            status: Status::NoSpeech,
            audio_ms: 61_000,
            elapsed_ms: 900,
            notices: vec!["nobody speaks".into()],
            fault: None,
            ..failed()
        }
    }

    #[test]
    fn a_line_a_file() {
        insta::assert_snapshot!(ended(&film()).replace("; ", ";\n"), @r"
        /films/Spirited Away.mkv: done, ja, 812 cues, 2:04:30 in 8:18 (15.0x), Spirited Away.jpn.srt;
        2 packets are damaged
        ");
        insta::assert_snapshot!(ended(&silent()), @"/films/music.flac: no speech; nobody speaks");
        let said = r"/films/千と千尋\n/noise.mkv: the file is empty; copy it again";
        assert_eq!(complaint(&failed()), said);
    }

    #[test]
    fn the_table_fits() {
        let reports = [film(), failed(), silent()];
        let elapsed = Duration::from_secs(501);
        insta::assert_snapshot!(table(&reports, elapsed, None), @r"
        file                  lang  status     cues    audio  time  speed  note
        Spirited Away.mkv     ja    done        812  2:04:30  8:18  15.0x  2 packets are damaged
        千と千尋\n/noise.mkv        failed                                 the file is empty
        music.flac                  no speech           1:01  0:00  67.8x  nobody speaks

        3 files: 1 done, 1 no speech, 1 failed; 2:05:31 of audio in 8:21
        ");
        insta::assert_snapshot!(table(&reports, elapsed, Some(80)), @r"
        file               lang  status     cues    audio  time  speed  note
        Spirited Away.mkv  ja    done        812  2:04:30  8:18  15.0x  2 packet…damaged
        千と千尋\n…se.mkv        failed                                 the file…s empty
        music.flac               no speech           1:01  0:00  67.8x  nobody speaks

        3 files: 1 done, 1 no speech, 1 failed; 2:05:31 of audio in 8:21
        ");
        insta::assert_snapshot!(table(&reports, elapsed, Some(40)), @r"
        file               lang  status     cues
        Spirited Away.mkv  ja    done        812
        千と千尋\n…se.mkv        failed
        music.flac               no speech

        3 files: 1 done, 1 no speech, 1 failed; 2:05:31 of audio in 8:21
        ");
    }

    #[test]
    fn progress_tells_speed_and_time_left() {
        let s = Duration::from_secs;
        assert_eq!(progress(s(60), Some(s(600)), s(5)), "1:00 of 10:00  12.0x  ETA 0:45");
        assert_eq!(progress(s(60), None, s(5)), "1:00  12.0x");
        assert_eq!(progress(s(600), Some(s(600)), s(50)), "10:00 of 10:00  12.0x");
        assert_eq!(progress(s(0), Some(s(600)), s(0)), "0:00 of 10:00");
        assert_eq!(progress(s(0), Some(s(600)), s(9)), "0:00 of 10:00");
    }

    #[test]
    fn an_explanation_is_a_tree() {
        let track =
            "track 3 (Chinese, subrip): counts: its text is Chinese (Simplified), as wanted";
        let told = Explanation {
            path: "a\n.mkv".into(),
            verdict: ExplainVerdict::Skip,
            decision: "nothing: what is wanted is there".into(),
            reasons: vec![
                Reason::of("Chinese (Simplified): is there", vec![Reason::leaf(track)]),
                Reason::leaf("千と千尋の神隠し千と千尋の神隠し千と千尋の神隠し"),
                Reason::leaf("\u{1b}[31mred"),
            ],
        };
        insta::assert_snapshot!(explanation(&told, None), @r"
        a\n.mkv: nothing: what is wanted is there
          - Chinese (Simplified): is there
            - track 3 (Chinese, subrip): counts: its text is Chinese (Simplified), as wanted
          - 千と千尋の神隠し千と千尋の神隠し千と千尋の神隠し
          - \u{1b}[31mred
        ");
        insta::assert_snapshot!(explanation(&told, Some(40)), @r"
        a\n.mkv: nothing: what is wanted is
          there
          - Chinese (Simplified): is there
            - track 3 (Chinese, subrip): counts:
              its text is Chinese (Simplified),
              as wanted
          - 千と千尋の神隠し千と千尋の神隠し千と
            千尋の神隠し
          - \u{1b}[31mred
        ");
        for columns in [0, 1, 22, 30, 79] {
            let text = explanation(&told, Some(columns));
            assert!(text.lines().all(|it| it.width() <= columns.max(26)), "{columns}\n{text}");
        }
    }
}
