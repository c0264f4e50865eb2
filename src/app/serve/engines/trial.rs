//! What a test of an engine does: the least that shows that it works. Children are its own; those of lanes do not
//! notice.

use super::Engine;
use crate::api::doctor::{Check, Health};
use crate::app::config::{Config, Setting};
use crate::app::doctor::{jellyfin, translators};
use crate::app::work::local_model;
use crate::base::cancel::Cancel;
use crate::base::clock::Stopwatch;
use crate::base::text::{clip, show_path};
use crate::domain::cue::CueLimits;
use crate::domain::fault::Fault;
use crate::domain::lane::LaneName;
use crate::domain::lang::Lang;
use crate::domain::speech::VAD_FRAME_SAMPLES;
use crate::domain::time::SAMPLE_RATE_HZ;
use crate::domain::translate::prompt::{self, Ask, Brief, Shape};
use crate::domain::translate::talk::Reply;
use crate::engines::child::Launcher;
use crate::engines::llm::Trouble;
use crate::engines::media::MediaEngine;
use crate::engines::models;
use crate::engines::sample;
use crate::engines::wire::LoadParams;
use crate::pipeline::subtitle::ears::{Ears, EarsLimits, interrupted};
use crate::runtime::subtitle::SubtitleHire;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

/// The longest silence of what is tested, whatever films may take.
const SILENCE_MAX: Duration = Duration::from_secs(120);
/// How often a wait looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(100);
/// What is translated.
const SENTENCE: &str = "The last train leaves at nine.";
/// Characters of a translation that are told.
const TOLD_CHARS_MAX: usize = 80;
/// Of the sample so much is speech, at least, in percent.
const SPEECH_PERCENT_MIN: usize = 40;
/// Two samples that differ by more are not the same.
const DIFFERENCE_MAX: f32 = 1e-3;

/// Who tests, with what the daemon's lanes have.
pub(super) struct Tester {
    pub(super) config: Arc<Config>,
    pub(super) hire: Arc<SubtitleHire>,
}

impl Tester {
    /// Tests one; tells what was found.
    ///
    /// # Errors
    /// What is wrong with it and what to do, or that it was given up.
    pub(super) fn test(&self, engine: &Engine, cancel: &Cancel) -> Result<String, Fault> {
        let found = match engine {
            Engine::Whisper(lane) => self.whisper(lane, cancel),
            Engine::Vad => self.vad(cancel),
            Engine::Media => self.media(cancel),
            Engine::Translator(name) => self.translator(name, cancel),
            Engine::Jellyfin => judge(jellyfin::checks_unless(&self.config, cancel)),
        };
        if cancel.is_set() { Err(interrupted()) } else { found }
    }

    fn launcher(&self) -> Launcher {
        let launcher = self.hire.launcher.clone();
        Launcher { answer_max: launcher.answer_max.min(SILENCE_MAX), ..launcher }
    }

    /// As a lane's worker would have them.
    fn ears(&self, gpu: Option<u8>) -> Ears {
        let limits = &self.hire.limits;
        let answer_max = limits.answer_max.min(SILENCE_MAX);
        let limits = EarsLimits { answer_max, ..limits.clone() };
        Ears::with_limits(self.launcher(), LoadParams { gpu, ..self.hire.load.clone() }, limits)
    }

    fn whisper(&self, lane: &LaneName, cancel: &Cancel) -> Result<String, Fault> {
        let gpu = match lane {
            LaneName::Gpu(number) => Some(*number),
            LaneName::Cpu | LaneName::Ffmpeg | LaneName::Net | LaneName::Disk => None,
        };
        let dirs = models::search_dirs(&self.config.data_dir);
        let weights = models::find(&self.config.listen.model, &dirs)?.path;
        let mut ears = self.ears(gpu);
        ears.heed(cancel);
        ears.listen_with(&weights);
        let sampled = ears.try_sample()?;
        let (heard, seconds) = (sampled.heard?, sampled.took.as_secs_f64());
        Ok(format!("on the {} it heard \"{heard}\" in {seconds:.1} s", sampled.device))
    }

    fn vad(&self, cancel: &Cancel) -> Result<String, Fault> {
        let probabilities = self.ears(None).vad_alone(&sample::pcm(), cancel)?;
        let speech = probabilities.iter().filter(|it| **it > 0.5).count();
        let seconds =
            |frames: usize| frames as f64 * VAD_FRAME_SAMPLES as f64 / f64::from(SAMPLE_RATE_HZ);
        let all = seconds(probabilities.len());
        let found = format!("it found {:.1} s of speech in {all:.1} s", seconds(speech));
        if probabilities.len() * SPEECH_PERCENT_MIN <= speech * 100 {
            return Ok(found);
        }
        let what = format!("{found} of a speech");
        Err(Fault::operator(what, "run `kinora models verify`, and pull the model again"))
    }

    fn media(&self, cancel: &Cancel) -> Result<String, Fault> {
        let folder = self.config.data_dir.join("work");
        let unwritable = |err: std::io::Error| {
            let what = format!("the sample cannot be written into {} ({err})", show_path(&folder));
            Fault::operator(what, "make room, and let the user Kinora runs as write there")
        };
        let named = tempfile::Builder::new().prefix("sample").suffix(".wav").tempfile_in(&folder);
        let mut file = named.map_err(unwritable)?;
        file.write_all(sample::wav()).map_err(unwritable)?;
        let mut media = MediaEngine::start(&self.launcher())?;
        let probe = media.probe_unless(file.path(), cancel)?;
        let track = probe.audio.first().ok_or_else(unlike)?;
        let mut heard: Vec<f32> = Vec::new();
        let mut sink = |samples: Vec<f32>| {
            heard.extend(samples);
            Ok(())
        };
        media.decode(file.path(), track.index, None, None, cancel, &mut sink)?;
        let wanted = sample::pcm();
        let same = |(a, b): (&f32, &f32)| (a - b).abs() <= DIFFERENCE_MAX;
        if heard.len() != wanted.len() || !heard.iter().zip(&wanted).all(same) {
            return Err(unlike());
        }
        Ok("it read the sample, sample by sample as it is".to_owned())
    }

    fn translator(&self, name: &str, cancel: &Cancel) -> Result<String, Fault> {
        let setting = self.config.translators.iter().find(|it| it.name == name);
        let setting = setting.ok_or_else(|| Fault::bug(format!("there is no `{name}`")))?;
        match &setting.kind {
            // What is wrong with a server is told best by what the doctor asks it.
            Setting::Ollama { .. } | Setting::OpenAi { .. } => {
                let dirs = models::search_dirs(&self.config.data_dir);
                let mut local = |it: Option<&str>| local_model(it, &dirs);
                judge(vec![translators::check(&self.config, setting, &mut local)])?;
            }
            Setting::Local { .. } => {}
        }
        let (english, german) = (Lang::from_whisper("en"), Lang::from_whisper("de"));
        let other = self.config.to.iter().find(|it| english.as_ref() != Some(*it)).cloned();
        let (Some(from), Some(to)) = (english, other.or(german)) else {
            return Err(Fault::bug("English and German are no languages"));
        };
        let wanted = to.name_en().to_owned();
        let brief = Brief {
            from,
            to,
            title: None,
            synopsis: None,
            heard: false,
            cps_max: CueLimits::default().cps_max,
        };
        let ask = Ask {
            lines: vec![SENTENCE],
            wrong: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            terms: Vec::new(),
            shape: Shape::Plain,
        };
        let said = self.asked(name, &prompt::request(&brief, &ask), cancel)?;
        if said.is_empty() || said == SENTENCE {
            let what = format!("asked for {wanted}, it said \"{said}\" for \"{SENTENCE}\"");
            return Err(Fault::operator(what, "name another model, one that translates"));
        }
        Ok(format!("\"{SENTENCE}\" is \"{said}\" in {wanted}"))
    }

    /// What it says to a request.
    fn asked(
        &self,
        name: &str,
        request: &prompt::Request,
        cancel: &Cancel,
    ) -> Result<String, Fault> {
        let pending = self.hire.translators.ask(name, request, cancel)?;
        let watch = Stopwatch::start();
        loop {
            match pending.wait(LOOK) {
                Some(Ok((Reply::Text { text, .. }, _))) => {
                    return Ok(clip(text.trim(), TOLD_CHARS_MAX));
                }
                Some(Ok((Reply::TooLong, _))) => {
                    let what = "its context is too short for a single line";
                    return Err(Fault::operator(what, "give it a longer one"));
                }
                Some(Ok((Reply::Refused, _))) => {
                    let what = format!("it refuses to translate \"{SENTENCE}\"");
                    return Err(Fault::operator(what, "name another model"));
                }
                Some(Err(Trouble::Away { fault, .. })) => return Err(fault),
                Some(Err(Trouble::Cancelled)) => return Err(interrupted()),
                None if SILENCE_MAX < watch.elapsed() => {
                    let seconds = SILENCE_MAX.as_secs();
                    let what = format!("it did not translate a sentence within {seconds} s");
                    let remedy =
                        "it may be busy with a film: try again later, or choose a smaller model";
                    return Err(Fault::transient(what, remedy));
                }
                None => {}
            }
        }
    }
}

fn unlike() -> Fault {
    let remedy = "install Kinora again; where it stays so, please report it";
    Fault::operator("FFmpeg reads something else in the sample than is in it", remedy)
}

/// What the doctor found, as one: the worst, or all of it.
fn judge(checks: Vec<Check>) -> Result<String, Fault> {
    let rank = |it: &Check| match it.health {
        Health::Good => 0,
        Health::Warning => 1,
        Health::Bad => 2,
    };
    let worst = checks.iter().max_by_key(|it| (rank(it), std::cmp::Reverse(it.name.len())));
    match worst.filter(|it| it.health != Health::Good) {
        Some(it) => Err(Fault::operator(
            it.found.clone(),
            it.remedy.clone().unwrap_or_else(|| "run `kinora doctor`".to_owned()),
        )),
        None => {
            let found: Vec<&str> = checks.iter().map(|it| it.found.as_str()).collect();
            Ok(found.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_the_doctor_found_the_worst_is_told() {
        let check = |name: &str, health, found: &str| Check {
            name: name.to_owned(),
            health,
            found: found.to_owned(),
            remedy: (health != Health::Good).then(|| "mend it".to_owned()),
        };
        let good = || check("a", Health::Good, "it answers");
        let all_good = vec![good(), check("b", Health::Good, "its key is right")];
        assert_eq!(judge(all_good), Ok("it answers; its key is right".to_owned()));
        let warning = || check("library", Health::Warning, "it knows none of its files");
        let bad = check("key", Health::Bad, "its key is wrong");
        for (checks, told) in [
            (vec![good(), warning()], "it knows none of its files"),
            (vec![warning(), bad, good()], "its key is wrong"),
        ] {
            let fault = judge(checks).unwrap_err();
            assert_eq!((fault.what.as_str(), fault.remedy.as_str()), (told, "mend it"));
        }
    }
}
