//! Second step: which language is spoken, by vote over samples from the whole film.

use super::course::{self, Told};
use super::heading;
use super::listen::Spoken;
use super::publish::Ledger;
use super::speech::SpeechFinder;
use super::{Asked, Cx, Library, record};
use crate::domain::change::StepDone;
use crate::domain::execution::{Ending, Next};
use crate::domain::fault::Fault;
use crate::domain::media::{AudioTrack, Probe};
use crate::domain::order::Product;
use crate::domain::speech::{SpeechParams, Window};
use crate::domain::time::Ms;
use crate::domain::vote::{self, Ballot, Verdict};
use std::path::Path;

/// A film up to this length is sampled from its start, in one piece.
const SHORT_FILM_MAX: Ms = Ms(180_000);
/// Length of one sample of a longer film.
const SAMPLE_LEN: Ms = Ms(40_000);
/// Where samples of a longer film lie, in percent; an opening is rarely like the rest. The later ones are asked only
/// where the first ones hold too little speech or disagree.
const SAMPLES_AT_PERCENT: [i64; 9] = [15, 50, 80, 30, 65, 90, 40, 5, 72];
/// A sample with less speech says nothing.
const SPEECH_MIN: Ms = Ms(1_500);
/// Three windows that agree with at least this probability are enough.
const ENOUGH_P_MIN: f32 = 0.8;
/// Ballots at most: more do not make it surer.
const BALLOTS_MAX: usize = 7;

/// Takes the step.
///
/// # Errors
/// Where the file cannot be decoded, the engine keeps dying, nothing that is wanted can be written, or the work shall
/// end.
pub fn run(
    asked: &Asked<'_>,
    cx: &mut Cx<'_>,
    library: &dyn Library,
    ledger: &dyn Ledger,
) -> Result<StepDone, Fault> {
    let Some((selected, mut known)) = record::known(asked)? else {
        return Ok(record::start_again());
    };
    let Asked { path, order, .. } = *asked;
    let (probe, track) = (&selected.probe, selected.track()?);
    let tag = heading::tag(track).and_then(|it| it.to_whisper());
    let verdict = detect(cx, path, probe, track, &order.listen.speech, tag)?;
    if verdict.is_none() && order.product == Product::Language {
        let mut told = Told::of(asked);
        told.notes.push("the samples hold no speech".to_owned());
        return told.done(Next::End(Ending::NoSpeech), &known);
    }
    // Without speech in the samples every window is asked by itself, should there be any.
    let verdict = verdict.unwrap_or_else(|| Verdict {
        language: tag.unwrap_or("en").to_owned(),
        confidence: 0.0,
        mixed: true,
        reason: "the samples hold no speech".to_owned(),
    });
    let mut told = Told::of(asked);
    told.notes.push(format!("language: {}", verdict.reason));
    known.spoken = Some(Spoken::Voted(verdict));
    let next = course::proceed(asked, &selected, &mut known, library, ledger, &mut told)?;
    told.done(next, &known)
}

/// Votes on the language of a track; `None` where the samples hold no speech.
///
/// # Errors
/// Where the file cannot be decoded, or the engine keeps dying.
pub fn detect(
    cx: &mut Cx<'_>,
    path: &Path,
    probe: &Probe,
    track: &AudioTrack,
    params: &SpeechParams,
    tag: Option<&str>,
) -> Result<Option<Verdict>, Fault> {
    let mut ballots: Vec<Ballot> = Vec::new();
    for (from, length) in samples(probe.duration) {
        let windows = sample(cx, path, track, params, from, length)?;
        for window in windows {
            if ballots.len() < BALLOTS_MAX {
                ballots.push(cx.ears.detect(&window.samples, cx.cancel)?);
            }
        }
        // Says that it goes on; there is nothing to count.
        (cx.progress)(Ms(0), Ms(0));
        if is_enough(&ballots) {
            break;
        }
    }
    Ok(vote::count(&ballots, tag))
}

/// Where to listen, from (`None` is the very start) and for how long.
fn samples(duration: Option<Ms>) -> Vec<(Option<Ms>, Ms)> {
    match duration {
        Some(duration) if SHORT_FILM_MAX < duration => SAMPLES_AT_PERCENT
            .iter()
            .map(|percent| (Some(Ms(duration.0 * percent / 100)), SAMPLE_LEN))
            .collect(),
        Some(_) | None => vec![(None, SHORT_FILM_MAX)],
    }
}

fn is_enough(ballots: &[Ballot]) -> bool {
    let Some((first, _)) = ballots.first().and_then(|it| it.first()) else { return false };
    let agrees = |it: &Ballot| it.first().is_some_and(|it| it.0 == *first && ENOUGH_P_MIN <= it.1);
    BALLOTS_MAX <= ballots.len()
        || (vote::WINDOWS_MIN <= ballots.len() && ballots.iter().all(agrees))
}

/// The windows of one sample that hold speech enough.
fn sample(
    cx: &mut Cx<'_>,
    path: &Path,
    track: &AudioTrack,
    params: &SpeechParams,
    from: Option<Ms>,
    length: Ms,
) -> Result<Vec<Window>, Fault> {
    let mut pcm: Vec<f32> = Vec::new();
    let decoded = cx.media.decode(path, track.index, from, Some(length), cx.cancel, &mut |frame| {
        pcm.extend(frame);
        Ok(())
    });
    // A place that cannot be sought to or is damaged says nothing; the whole decode tells what is wrong.
    if decoded.is_err() && from.is_none() {
        decoded?;
    }
    if cx.cancel.is_set() {
        return Err(super::ears::interrupted());
    }
    let mut finder = SpeechFinder::new(params);
    let mut windows = finder.push(&pcm, cx.ears, cx.cancel)?;
    windows.extend(finder.finish(cx.ears, cx.cancel)?);
    let spoken = |it: &Window| it.speech.iter().map(|it| it.len().0).sum::<i64>();
    windows.retain(|it| SPEECH_MIN.0 <= spoken(it));
    if from.is_some() {
        // One ballot a place, from where most is said.
        windows.sort_by_key(|it| -spoken(it));
        windows.truncate(1);
    }
    Ok(windows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_film_is_sampled_all_over_and_a_short_one_from_its_start() {
        let long = samples(Some(Ms(7_200_000)));
        assert!(vote::WINDOWS_MIN <= long.len());
        assert!(long.iter().all(|it| it.0.is_some_and(|at| Ms(0) < at && at < Ms(7_100_000))));
        assert_eq!(samples(Some(Ms(11_000))), [(None, SHORT_FILM_MAX)]);
        assert_eq!(samples(None).len(), 1);
    }

    #[test]
    fn three_sure_ballots_are_enough() {
        let sure: Ballot = vec![("en".into(), 0.9)];
        let unsure: Ballot = vec![("en".into(), 0.5)];
        assert!(!is_enough(&[sure.clone(), sure.clone()]));
        assert!(is_enough(&[sure.clone(), sure.clone(), sure.clone()]));
        assert!(!is_enough(&[sure.clone(), unsure, sure]));
    }
}
