//! What a film of two hours takes of memory: parent and children at their peak.

use crate::support::film::{Layout, film};
use crate::support::kinora;

const LENGTH_S: usize = 7_200;
const PARENT_MIB_MAX: f64 = 100.0;
const CHILD_MIB_OVER_MODEL_MAX: f64 = 300.0;

/// The film is real speech, silence and music; its sentences come again until two hours are full.
pub(crate) fn run() -> bool {
    let (clips, music) = crate::recordings("en");
    let clips = std::iter::repeat_n(clips, 8).flatten().collect::<Vec<_>>();
    let layout = Layout { lang: "en", seed: crate::SEED, length_s: LENGTH_S, pauses_per_long: 9 };
    let film = film(&layout, &clips, &music);
    let run = kinora::run(&film, &["-c:a", "aac", "-ac", "2", "-ar", "48000"], 0);
    let model_mib =
        std::fs::metadata(crate::MODEL).map_or(0.0, |it| it.len() as f64 / 1024.0 / 1024.0);
    let (length_s, speech, wall_s) =
        (film.length_ms() / 1000, film.speech_percent(), run.wall.as_secs_f64());
    println!(
        "memory: {length_s} s of film, {speech:.0} % speech, {wall_s:.0} s, {} cues",
        run.cues.len()
    );
    println!("memory: parent {:.0} MiB at its peak", run.parent.peak_mib);
    let limit = model_mib + CHILD_MIB_OVER_MODEL_MAX;
    let parent = run.parent.peak_mib;
    let mut good =
        crate::held(&format!("parent at most {PARENT_MIB_MAX} MiB"), parent <= PARENT_MIB_MAX);
    for (word, usage) in &run.children {
        println!("memory: {word} engine {:.0} MiB at its peak", usage.peak_mib);
        good &=
            crate::held(&format!("{word} engine at most {limit:.0} MiB"), usage.peak_mib <= limit);
    }
    good
}
