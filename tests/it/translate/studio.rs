//! A film on its way through [`film`] and a scripted server, and a judge of what came of it.

use crate::support::llm::tongue;
use crate::support::llm::{Script, Server};
use kinora::base::cancel::Cancel;
use kinora::domain::change::{Made, Phrase, PhraseKey};
use kinora::domain::fault::Fault;
use kinora::domain::lang::Lang;
use kinora::domain::order::{TranslateParams, TranslatorRef};
use kinora::domain::terms::{Scope, Term};
use kinora::domain::time::{Ms, Span};
use kinora::domain::translate::cut::{self, CutLimits};
use kinora::domain::translate::line::{How, Line, Rendered, SourceCue};
use kinora::domain::translate::prompt::Brief;
use kinora::engines::llm::{Secret, TranslatorKind, TranslatorSpec, Translators};
use kinora::pipeline::subtitle::Phrases;
use kinora::pipeline::subtitle::onlooker::{Onlooker, SaidLine};
use kinora::pipeline::subtitle::translate::{Crew, Film, Stop, film};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longest silence where a server is honest: a busy machine is no fault of its.
pub(crate) const PATIENT: Duration = Duration::from_secs(60);
/// Longest silence where it hangs on purpose.
pub(crate) const IMPATIENT: Duration = Duration::from_secs(1);

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speech {
    OpenAi,
    Ollama,
}

/// A server, the translators that ask it, and what is durable.
pub(crate) struct Studio {
    pub(crate) server: Arc<Server>,
    pub(crate) translators: Translators,
    pub(crate) shelf: Shelf,
    /// How long was waited between tries.
    pub(crate) pauses: Arc<Mutex<Vec<Duration>>>,
    params: TranslateParams,
}

impl Studio {
    pub(crate) fn new(speech: Speech, script: Script, parallel: u16, silence: Duration) -> Studio {
        let key = script.key;
        let server = Arc::new(Server::start(script));
        let spec = spec(speech, &server.url(), key, parallel, silence);
        Studio::around(server, spec)
    }

    /// Of any server; the scripted one is woken while somebody waits.
    pub(crate) fn around(server: Arc<Server>, spec: TranslatorSpec) -> Studio {
        let pauses: Arc<Mutex<Vec<Duration>>> = Arc::default();
        let (awake, log) = (Arc::downgrade(&server), pauses.clone());
        let params = params(&spec);
        let pause = Arc::new(move |pause: Duration, _: &Cancel| {
            log.lock().expect("no panic").push(pause);
            if let Some(server) = awake.upgrade() {
                server.wakes();
            }
        });
        let translators = Translators::new(vec![spec]).pause(pause);
        Studio { server, translators, shelf: Shelf::default(), pauses, params }
    }

    /// Translates it, again and again where no translator was there, as the runtime does; `Err` where it stays so.
    pub(crate) fn shoot(&self, lines: &[Line], tries: usize) -> Result<Vec<Rendered>, Fault> {
        let once = || shoot_with(&self.translators, &self.shelf, &self.params, lines);
        let mut last = once();
        for _ in 1..tries {
            last = last.or_else(|_| once());
        }
        last
    }
}

/// Translates it once; `Err` where no translator was there.
pub(crate) fn shoot_with(
    translators: &Translators,
    phrases: &Shelf,
    params: &TranslateParams,
    lines: &[Line],
) -> Result<Vec<Rendered>, Fault> {
    let brief = brief();
    let work = Film { brief: &brief, lines, known: &[], terms: &[], params };
    let (cancel, progress) = (&Cancel::default(), &mut |_| {});
    let reader = Reader::default();
    let onlooker: Option<&dyn Onlooker> = Some(&reader);
    match film(&work, &mut Crew { translators, phrases, cancel, progress, onlooker }) {
        Ok(filmed) => {
            reader.judge(lines, &filmed.rendered);
            Ok(filmed.rendered)
        }
        Err(Stop::Away { fault, .. }) => Err(fault),
        Err(Stop::Fault(fault)) => panic!("{fault:?}"),
    }
}

/// Reads along: when each line is said, what it is, and what it means.
#[derive(Default)]
struct Reader(RefCell<Vec<(Span, String, String)>>);

impl Onlooker for Reader {
    fn told(&self, line: &SaidLine<'_>) {
        let (Some(original), Some(meant)) = (line.original, line.translation) else {
            panic!("half a line: {line:?}");
        };
        let line = (line.span, original.text.to_owned(), meant.text.to_owned());
        self.0.borrow_mut().push(line);
    }
}

impl Reader {
    /// Every line that was translated was told, with what it became.
    fn judge(&self, lines: &[Line], rendered: &[Rendered]) {
        for (line, it) in lines.iter().zip(rendered) {
            let told = (line.span, line.text.clone(), it.text.clone());
            let fresh = matches!(it.how, How::Translated | How::Doubtful(_));
            assert_eq!(self.0.borrow().contains(&told), fresh, "{told:?}: {:?}", it.how);
        }
    }
}

pub(crate) fn spec(
    speech: Speech,
    url: &str,
    key: Option<&str>,
    parallel: u16,
    silence_max: Duration,
) -> TranslatorSpec {
    let model = crate::support::llm::said::MODEL.to_owned();
    let kind = match speech {
        Speech::OpenAi => TranslatorKind::OpenAi {
            url: format!("{url}/v1"),
            model,
            key: Secret(key.map(str::to_owned)),
            rung: None,
        },
        Speech::Ollama => {
            TranslatorKind::Ollama { url: url.to_owned(), model, num_ctx: 8192, think: false }
        }
    };
    TranslatorSpec { name: "scripted".to_owned(), kind, parallel, silence_max, temperature: 0.0 }
}

pub(crate) fn params(spec: &TranslatorSpec) -> TranslateParams {
    let translator = TranslatorRef { name: spec.name.clone(), identity: spec.identity() };
    TranslateParams {
        translators: vec![translator],
        cut: CutLimits::default(),
        history_lines: 10,
        infer_terms: false,
    }
}

pub(crate) fn brief() -> Brief {
    Brief {
        from: Lang::parse("en").expect("a language"),
        to: Lang::parse("ru").expect("a language"),
        title: Some("The Lighthouse".to_owned()),
        synopsis: Some("A captain looks for his brother on an island.".to_owned()),
        heard: false,
        cps_max: 25.0,
    }
}

/// Cues of these texts, in scenes of so many; each is shown long enough to be read.
pub(crate) fn cues(texts: &[String], scene: usize) -> Vec<SourceCue> {
    let mut at = 1_000;
    let cue = |(number, text): (usize, &String)| {
        at += if number > 0 && number % scene == 0 { 60_000 } else { 500 };
        let start = at;
        at += 1_000 + 90 * text.chars().count() as i64;
        SourceCue { span: Span { start: Ms(start), end: Ms(at) }, text: text.clone() }
    };
    texts.iter().enumerate().map(cue).collect()
}

/// The lines of a made-up film, in scenes of so many.
pub(crate) fn lines(count: usize, seed: u64, scene: usize) -> Vec<Line> {
    let brief = brief();
    cut::lines(&cues(&tongue::lines(count, seed), scene), &brief.from, &CutLimits::default())
}

/// What came of a film.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Lines that have their own translation.
    pub(crate) right: usize,
    /// Lines with a text of their own that somebody doubts, and says so.
    pub(crate) doubtful: usize,
    /// Lines that keep their own source, and say so.
    pub(crate) kept: usize,
    /// Lines that are none of it.
    pub(crate) wrong: Vec<String>,
}

impl Verdict {
    /// Lines that are healed or told.
    pub(crate) fn good(&self) -> usize {
        self.right + self.doubtful + self.kept
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Verdict { right, doubtful, kept, wrong } = self;
        let wrong = wrong.len();
        write!(f, "{right} right, {doubtful} doubtful, {kept} kept, {wrong} wrong")
    }
}

/// Every line once, in order, and none with another line's text.
pub(crate) fn judge(lines: &[Line], rendered: &[Rendered]) -> Verdict {
    assert_eq!(lines.len(), rendered.len(), "every line once");
    let mut verdict = Verdict::default();
    for (line, it) in lines.iter().zip(rendered) {
        let other = lines.iter().find(|other| it.text == tongue::translate(&other.text));
        let own = it.text == tongue::translate(&line.text);
        let same = it.text == line.text;
        let told = |why: &str| other.is_none() && !why.is_empty();
        match &it.how {
            How::Translated | How::Remembered | How::Doubtful(_) if own => verdict.right += 1,
            How::Doubtful(why) if told(why) => verdict.doubtful += 1,
            How::Kept(why) if same && told(why) => verdict.kept += 1,
            How::Translated | How::Remembered | How::Doubtful(_) | How::AsIs | How::Kept(_) => {
                let whose =
                    other.map_or("nobody's".to_owned(), |it| format!("that of `{}`", it.text));
                verdict.wrong.push(format!(
                    "line {} `{}` has `{}`, {whose} ({:?})",
                    line.no, line.text, it.text, it.how
                ));
            }
        }
    }
    verdict
}

/// How many lines are translated, and how many keep their source and say why, whatever the model knows.
pub(crate) fn judge_shape(lines: &[Line], rendered: &[Rendered]) -> (usize, usize) {
    assert_eq!(lines.len(), rendered.len(), "every line once");
    let kept = lines.iter().zip(rendered).filter(|(line, it)| match &it.how {
        How::Kept(why) => {
            assert!(it.text == line.text && !why.is_empty(), "{it:?}");
            true
        }
        How::Translated | How::Doubtful(_) | How::Remembered | How::AsIs => {
            assert!(!it.text.trim().is_empty(), "{it:?}");
            false
        }
    });
    let kept = kept.count();
    (lines.len() - kept, kept)
}

/// What is durable, in memory.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    batches: Mutex<HashMap<[u8; 32], Vec<Rendered>>>,
}

impl Phrases for Shelf {
    fn batch(&self, key: &[u8; 32]) -> Result<Option<Vec<Rendered>>, Fault> {
        Ok(self.batches.lock().expect("no panic").get(key).cloned())
    }

    fn remember_batch(&self, key: &[u8; 32], rendered: &[Rendered]) -> Result<(), Fault> {
        self.batches.lock().expect("no panic").insert(*key, rendered.to_vec());
        Ok(())
    }

    fn phrase(&self, _: &PhraseKey) -> Result<Option<Phrase>, Fault> {
        Ok(None)
    }

    fn terms(&self, _: &[Scope]) -> Result<Vec<Term>, Fault> {
        Ok(Vec::new())
    }

    fn made(&self, _: &Path) -> Result<Option<Made>, Fault> {
        Ok(None)
    }
}
