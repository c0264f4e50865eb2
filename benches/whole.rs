//! A whole `kinora run` against plain, sequential Whisper on films that are half speech: time and errors; and what the
//! parent takes over its children.

use crate::support::film::{Film, Layout, film};
use crate::support::kinora;
use crate::support::plain::{Heard, Plain};
use crate::support::score::{Score, TABLE_HEAD};
use crate::support::srt::SrtCue;
use std::path::Path;
use std::time::Instant;

const LANGS: [&str; 3] = ["en", "es", "ru"];
const LENGTH_S: usize = 300;
const THREADS: usize = 1;
const TIME_RATIO_MAX: f64 = 0.6;
const OVERHEAD_PERCENT_MAX: f64 = 5.0;

/// Both start from the file, load the same weights, know the language and compute with as many threads.
pub(crate) fn run() -> bool {
    let (mut ours_s, mut plain_s, mut parent_s, mut children_s) = (0.0, 0.0, 0.0, 0.0);
    let (mut ours_score, mut plain_score) = (Score::default(), Score::default());
    for lang in LANGS {
        let (clips, music) = crate::recordings(lang);
        let layout = Layout { lang, seed: crate::SEED, length_s: LENGTH_S, pauses_per_long: 11 };
        let film = film(&layout, &clips, &music);
        let run = kinora::run(&film, &["-c:a", "aac", "-ac", "2", "-ar", "48000"], THREADS);
        let (heard, seconds) = plain(&film);
        let (length_s, speech) = (film.length_ms() / 1000, film.speech_percent());
        println!("whole: {lang}: {length_s} s, {speech:.0} % speech, {THREADS} thread(s)");
        let (ours, plain) = (Score::of(&film, &run.cues), Score::of(&film, &heard));
        println!("                   {TABLE_HEAD}");
        println!("  kinora {:7.1} s  {ours}", run.wall.as_secs_f64());
        println!("  plain  {seconds:7.1} s  {plain}");
        ours_s += run.wall.as_secs_f64();
        plain_s += seconds;
        parent_s += run.parent.cpu_s;
        children_s += run.children.values().map(|it| it.cpu_s).sum::<f64>();
        ours_score.add(&ours);
        plain_score.add(&plain);
    }
    let (ratio, overhead) = (ours_s / plain_s, 100.0 * parent_s / children_s);
    let (ours, plain) = (ours_score.errors.percent(), plain_score.errors.percent());
    println!(
        "whole: {ours_s:.1} s against {plain_s:.1} s, ratio {ratio:.2}; errors {ours:.2} % against {plain:.2} %"
    );
    println!(
        "whole: processor time: parent {parent_s:.2} s, children {children_s:.2} s, overhead {overhead:.1} %"
    );
    let fast = crate::held("time at most 0.6 of plain Whisper's", ratio <= TIME_RATIO_MAX);
    let right = crate::held("error rate no worse", ours <= plain);
    let light = crate::held("overhead at most 5 %", overhead <= OVERHEAD_PERCENT_MAX);
    fast && right && light
}

/// The whole film in one call, as whisper-cli does it; loading counts, decoding the file does not.
fn plain(film: &Film) -> (Vec<SrtCue>, f64) {
    let start = Instant::now();
    let threads = i32::try_from(THREADS).expect("few threads");
    let heard = Plain::load(Path::new(crate::MODEL), threads).hear(&film.samples, film.lang);
    let seconds = start.elapsed().as_secs_f64();
    let cue = |it: Heard| SrtCue { span: it.start_ms..it.end_ms, lines: vec![it.text] };
    (heard.into_iter().map(cue).collect(), seconds)
}
