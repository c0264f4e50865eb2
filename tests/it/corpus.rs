//! What Kinora promises about quality, on recorded speech in five languages with silence and music between.
//!
//! By default a dozen sentences of each language (about ten minutes of film); with `KINORA_SOAK=1` all of them. The
//! baseline, plain Whisper with the same weights on each sentence alone, is measured in the same run. Both hear the
//! same clips, and either text is compared with the same reference as one long text per film.

use crate::support::clips::{self, Clip, LANGS, SAMPLES_PER_S};
use crate::support::film::{Film, Layout, film};
use crate::support::kinora;
use crate::support::plain::Plain;
use crate::support::score::{Score, TABLE_HEAD};
use crate::support::srt::SrtCue;
use std::path::Path;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/ggml-base-q8_0.bin");
/// Sentences of each language where nobody asks for all.
const CLIPS_PER_LANGUAGE: usize = 12;
const SEED: u64 = 2;

const WER_POINTS_OVER_PLAIN_MAX: f64 = 0.5;
const START_ERROR_MEDIAN_MS_MAX: u64 = 120;
const START_ERROR_P95_MS_MAX: u64 = 400;
const FREE_PERCENT_MIN: f64 = 95.0;
const TOO_FAST_PERCENT_MAX: f64 = 1.0;
const LATE_MS: u64 = 500;

/// A film and the clips it was made of.
type Case = (Film, Vec<Clip>);

#[test]
fn films_in_five_languages_are_subtitled_as_promised() {
    let Some(cases) = cases() else {
        println!(
            "skipped: needs the packages asterisk-core-sounds-*-g722 and asterisk-moh-opsound-wav"
        );
        return;
    };
    let (ours, late): (Vec<Score>, Vec<Score>) =
        cases.iter().map(|(film, _)| our_scores(film)).unzip();
    let plain = plain_scores(&cases);
    println!("                     {TABLE_HEAD}");
    let (mut all_ours, mut all_plain) = (Score::default(), Score::default());
    for (((film, _), ours), plain) in cases.iter().zip(&ours).zip(&plain) {
        let (length_s, speech) = (film.length_ms() / 1000, film.speech_percent());
        println!("{} {length_s:6} s, {speech:.0} % speech", film.lang);
        println!("             kinora   {ours}");
        println!("             plain    {plain}");
        all_ours.add(ours);
        all_plain.add(plain);
    }
    println!("all          kinora   {all_ours}");
    println!("all          plain    {all_plain}");
    hold(&all_ours, &all_plain);
    // The yardstick can tell: the same cues, half a second late, are beyond the limit.
    let mut all_late = Score::default();
    late.iter().for_each(|it| all_late.add(it));
    assert!(START_ERROR_MEDIAN_MS_MAX < all_late.start_error_ms(50), "late cues are not noticed");
}

/// The limits that are promised.
fn hold(ours: &Score, plain: &Score) {
    let points = ours.errors.percent() - plain.errors.percent();
    assert!(
        points <= WER_POINTS_OVER_PLAIN_MAX,
        "word errors {points:.2} points over plain Whisper"
    );
    let median = ours.start_error_ms(50);
    assert!(median <= START_ERROR_MEDIAN_MS_MAX, "cue starts are off by {median} ms in the median");
    let p95 = ours.start_error_ms(95);
    assert!(p95 <= START_ERROR_P95_MS_MAX, "cue starts are off by {p95} ms at the 95th percentile");
    let free = ours.free_time_percent().min(ours.free_passages_percent());
    assert!(free >= FREE_PERCENT_MIN, "only {free:.1} % of the silence and music is free of cues");
    let fast = ours.too_fast_percent();
    assert!(fast <= TOO_FAST_PERCENT_MAX, "{fast:.1} % of the cues are too fast to read");
    assert_eq!(ours.too_large, 0, "cues over two lines or 42 columns");
}

/// One film per language; `None` where the packages are absent.
fn cases() -> Option<Vec<Case>> {
    let music = clips::music()?;
    let case = |lang| {
        let mut clips = clips::clips(lang)?;
        if std::env::var_os("KINORA_SOAK").is_none() {
            // Every so manyth, so that short and long, first and last prompts are among them.
            let step = clips.len() / CLIPS_PER_LANGUAGE;
            clips = clips.into_iter().step_by(step).take(CLIPS_PER_LANGUAGE).collect();
        }
        let layout = Layout { lang, seed: SEED, length_s: usize::MAX / 1000, pauses_per_long: 7 };
        Some((film(&layout, &clips, &music), clips))
    };
    LANGS.iter().map(|(lang, _, _)| case(lang)).collect()
}

/// What `kinora run` makes of a film, and the same half a second late.
fn our_scores(film: &Film) -> (Score, Score) {
    let mut run = kinora::run(film, &["-c:a", "flac"], 0);
    let wall_s = run.wall.as_secs_f64();
    println!("{}: {wall_s:.1} s, parent {:?}, children {:?}", film.lang, run.parent, run.children);
    let score = Score::of(film, &run.cues);
    for cue in &mut run.cues {
        cue.span = cue.span.start + LATE_MS..cue.span.end + LATE_MS;
    }
    (score, Score::of(film, &run.cues))
}

/// The baseline's scores, two films at a time: the machine for tests has two cores.
fn plain_scores(cases: &[Case]) -> Vec<Score> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let worker = || {
        let mut plain = Plain::load(Path::new(MODEL), 1);
        let mut scores = Vec::new();
        while let Some((film, clips)) =
            cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
        {
            scores.push((film.lang, plain_score(&mut plain, film, clips)));
        }
        scores
    };
    let mut scores: Vec<(&str, Score)> = std::thread::scope(|scope| {
        let workers = [(); 2].map(|()| scope.spawn(worker));
        workers.into_iter().flat_map(|it| it.join().expect("the baseline listens")).collect()
    });
    scores.sort_by_key(|(lang, _)| cases.iter().position(|(film, _)| film.lang == *lang));
    scores.into_iter().map(|(_, score)| score).collect()
}

/// What plain Whisper hears in each clip alone, as cues at the clip's place in the film.
fn plain_score(plain: &mut Plain, film: &Film, clips: &[Clip]) -> Score {
    let mut cues = Vec::new();
    for said in &film.said {
        let samples = clips[said.clip].samples();
        assert_eq!((samples.len() * 1000 / SAMPLES_PER_S) as u64, said.span.end - said.span.start);
        for heard in plain.hear(&samples, film.lang) {
            let start = said.span.start + heard.start_ms;
            let end = (said.span.start + heard.end_ms).min(said.span.end);
            cues.push(SrtCue { span: start..end, lines: vec![heard.text] });
        }
    }
    Score::of(film, &cues)
}
