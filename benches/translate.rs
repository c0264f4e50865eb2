//! Translating a film of 1,000 cues through a scripted server: requests, tokens, and requests at the same time.

use crate::studio::{PATIENT, Speech, Studio, judge, lines};
use crate::support::llm::Script;
use crate::support::llm::tally::tokens;
use std::time::{Duration, Instant};

const CUES: usize = 1_000;
/// Cues of a scene.
const SCENE: usize = 50;
/// What is sent beyond what servers have in their cache, and answered, over the texts of the cues and the answers.
const RATIO_MAX: f64 = 2.0;
/// How long an answer takes where that matters.
const LATENCY: Duration = Duration::from_millis(200);
const PARALLEL: u16 = 4;
/// So much sooner a film is done, at least, where so many may be asked at the same time.
const GAIN_MIN: f64 = 2.5;

pub(crate) fn run() -> bool {
    let lines = lines(CUES, crate::SEED, SCENE);
    let cues: usize = lines.iter().map(|it| tokens(&it.text)).sum();
    println!("translate: {} lines, {cues} tokens", lines.len());
    println!("translate: server    requests   sent  of it cached  answered  ratio");
    let mut good = true;
    for speech in [Speech::OpenAi, Speech::Ollama] {
        let studio = Studio::new(speech, Script::good(), 1, PATIENT);
        let rendered = studio.shoot(&lines, 1).expect("a translation");
        good &= judge(&lines, &rendered).right == lines.len();
        let tally = studio.server.tally();
        let cost = tally.sent - tally.cached + tally.answered;
        let ratio = cost as f64 / (cues + tally.answered) as f64;
        println!(
            "translate: {:8} {:9} {:6} {:13} {:9} {ratio:6.2}",
            format!("{speech:?}"),
            tally.requests,
            tally.sent,
            tally.cached,
            tally.answered
        );
        good &= crate::held(&format!("at most {RATIO_MAX} times the texts"), ratio <= RATIO_MAX);
    }
    let timed = |parallel: u16| {
        let script = Script { latency: LATENCY, ..Script::good() };
        let studio = Studio::new(Speech::OpenAi, script, parallel, PATIENT);
        let start = Instant::now();
        let rendered = studio.shoot(&lines, 1).expect("a translation");
        let took = start.elapsed().as_secs_f64();
        assert_eq!(judge(&lines, &rendered).right, lines.len(), "order is kept");
        (took, studio.server.tally().most_at_once)
    };
    let ((one, _), (many, at_once)) = (timed(1), timed(PARALLEL));
    let gain = one / many;
    println!(
        "translate: answers in {} ms: {one:.1} s one at a time, {many:.1} s with at most {at_once} at once, \
         {gain:.1} times sooner",
        LATENCY.as_millis()
    );
    good &=
        crate::held(&format!("{PARALLEL} at once, never more"), at_once == usize::from(PARALLEL));
    good & crate::held(&format!("at least {GAIN_MIN} times sooner"), GAIN_MIN <= gain)
}
