//! A whole `kinora run` against plain, sequential Whisper on films that are half speech: time and errors; and what the
//! parent takes over its children.

use crate::support::film::{Film, Layout, film};
use crate::support::kinora;
use crate::support::plain::Plain;
use crate::support::score::{Errors, Score, TABLE_HEAD, word_errors};
use crate::support::words::words;
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
    let (mut score, mut plain_errors) = (Score::default(), Errors::default());
    for lang in LANGS {
        let (clips, music) = crate::recordings(lang);
        let layout = Layout { lang, seed: crate::SEED, length_s: LENGTH_S, pauses_per_long: 11 };
        let film = film(&layout, &clips, &music);
        let run = kinora::run(&film, &["-c:a", "aac", "-ac", "2", "-ar", "48000"], THREADS);
        let (errors, seconds) = plain(&film);
        let (length_s, speech) = (film.length_ms() / 1000, film.speech_percent());
        println!("whole: {lang}: {length_s} s, {speech:.0} % speech, {THREADS} thread(s)");
        println!("  kinora {:.1} s, plain {seconds:.1} s, plain errors {:.2} %", run.wall.as_secs_f64(), errors.percent());
        println!("  {TABLE_HEAD}\n  {}", Score::of(&film, &run.cues));
        ours_s += run.wall.as_secs_f64();
        plain_s += seconds;
        parent_s += run.parent.cpu_s;
        children_s += run.children.values().map(|it| it.cpu_s).sum::<f64>();
        score.add(&Score::of(&film, &run.cues));
        plain_errors = plain_errors + errors;
    }
    let (ratio, overhead) = (ours_s / plain_s, 100.0 * parent_s / children_s);
    println!("whole: {ours_s:.1} s against {plain_s:.1} s, ratio {ratio:.2}");
    println!("whole: errors {:.2} % against {:.2} %", score.errors.percent(), plain_errors.percent());
    println!("whole: processor time: parent {parent_s:.2} s, children {children_s:.2} s, overhead {overhead:.1} %");
    let mut good = crate::held(&format!("time at most {TIME_RATIO_MAX} of plain Whisper's"), ratio <= TIME_RATIO_MAX);
    good &= crate::held("error rate no worse", score.errors.percent() <= plain_errors.percent());
    good &= crate::held(&format!("overhead at most {OVERHEAD_PERCENT_MAX} %"), overhead <= OVERHEAD_PERCENT_MAX);
    good
}

/// The whole film in one call, as whisper-cli does it; loading counts, decoding the file does not.
fn plain(film: &Film) -> (Errors, f64) {
    let start = Instant::now();
    let threads = i32::try_from(THREADS).expect("few threads");
    let heard = Plain::load(Path::new(crate::MODEL), threads).hear(&film.samples, film.lang);
    let seconds = start.elapsed().as_secs_f64();
    let text: Vec<String> = heard.into_iter().map(|it| it.text).collect();
    (word_errors(&film.words, &words(&text.join(" "), film.lang)), seconds)
}
