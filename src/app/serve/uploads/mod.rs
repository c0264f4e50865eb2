//! Files that are sent over HTTP: they become jobs like any other, and who sent them waits for what comes of it.

mod heard;
mod lines;
mod shelf;

pub(super) use shelf::shown;

use super::daemon::{Daemon, no_job};
use crate::api::daemon::{JobView, Refusal};
use crate::api::uploads::{
    Heard, LinesAsked, Sent, Spool, Spooled, UploadAsked, UploadFile, UploadRefused, UploadTask,
    Uploads,
};
use crate::app::config::Config;
use crate::app::work::{self, Weights, Wishes};
use crate::base::text::counted;
use crate::domain::execution::{Ending, State};
use crate::domain::fault::Fault;
use crate::domain::job::{JobId, Spec, Wish};
use crate::domain::lang::Lang;
use crate::domain::name::Naming;
use crate::domain::order::{ExistingRules, Order, Product, SubtitleMode};
use crate::domain::subtitle::Format;
use crate::domain::time::Ms;
use crate::pipeline::subtitle::is_subtitle;
use crate::pipeline::subtitle::wish::wish_for;
use crate::runtime::Command;
use crate::store::{ExecutionRow, RowStatus};
use shelf::Shelf;
use std::path::{Path, PathBuf};

/// Somebody waits for it: before all that nobody waits for.
const PRIORITY: i8 = 20;
/// Characters of names and words to expect; the recogniser takes no more into account.
const PROMPT_CHARS_MAX: usize = 1000;
/// Largest file that came of an upload, bytes: a transcript of a day is a fraction of it.
const RESULT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What uploads need.
pub(super) struct Desk {
    shelf: Shelf,
    /// What is heard, whatever is there already.
    heard: Order,
    /// Subtitles, as the settings say.
    subtitles: Order,
    /// Lines are translated.
    lines: Order,
}

impl Desk {
    /// Opens it.
    ///
    /// # Errors
    /// Where the folder of uploads cannot be used, or weights are not those that were sought.
    pub(super) fn open(config: &Config, weights: &Weights) -> Result<Desk, Fault> {
        let usual = Wishes {
            to: config.to.clone(),
            formats: config.output.formats.clone(),
            model: config.listen.model.clone(),
            naming: config.output.naming,
            prefer_langs: config.listen.prefer_langs.clone(),
            existing: config.existing,
            translators: config.translate.chain.clone(),
            bilingual: config.bilingual,
            ..Wishes::default()
        };
        let plain = Wishes {
            to: Vec::new(),
            formats: vec![Format::Srt, Format::Vtt],
            naming: Naming::Jellyfin,
            existing: ExistingRules {
                mode: SubtitleMode::Ignore,
                work_anyway: true,
                ..ExistingRules::default()
            },
            translators: Vec::new(),
            bilingual: None,
            ..usual.clone()
        };
        let lines = Wishes {
            formats: vec![Format::Srt],
            translators: config.translate.chain.clone(),
            ..plain.clone()
        };
        let http = &config.http;
        Ok(Desk {
            shelf: Shelf::open(&config.data_dir, http.upload_bytes_max, http.uploads_keep)?,
            heard: Order { transcript: true, ..work::order(config, &plain, weights)? },
            subtitles: work::order(config, &usual, weights)?,
            lines: work::order(config, &lines, weights)?,
        })
    }

    /// The gap at which translating begins a new scene.
    fn scene_gap(&self) -> Ms {
        self.lines.translate.as_ref().map_or(Ms(0), |it| it.cut.scene_gap)
    }

    /// What is wanted of a file that was sent.
    fn order(&self, asked: &UploadAsked) -> Order {
        let mut order = match &asked.task {
            UploadTask::Transcribe => self.heard.clone(),
            UploadTask::Translate => Order { to: english(), ..self.heard.clone() },
            UploadTask::Language => Order { product: Product::Language, ..self.heard.clone() },
            UploadTask::Subtitles(to) if to.is_empty() => self.subtitles.clone(),
            UploadTask::Subtitles(to) => Order { to: to.clone(), ..self.subtitles.clone() },
        };
        order.wish.prefer_langs.splice(0..0, asked.from.clone());
        order.from = asked.from.clone();
        order.listen.prompt = asked.prompt.chars().take(PROMPT_CHARS_MAX).collect();
        order
    }
}

fn english() -> Vec<Lang> {
    Lang::parse("en").into_iter().collect()
}

impl Daemon {
    /// Takes away uploads that nobody asked for lately.
    pub(super) fn tidy_uploads(&self) {
        match self.uploads.shelf.prune(&|it| self.is_busy(it)) {
            Ok(0) => {}
            Ok(count) => {
                let told = counted(count, "upload was", "uploads were");
                tracing::info!("{told} removed with what came of them");
            }
            Err(error) => tracing::warn!(%error, "old uploads stay"),
        }
    }

    /// True while somebody works on an upload, or will. Where the store cannot tell, it is.
    fn is_busy(&self, file: &Path) -> bool {
        let key = crate::pipeline::subtitle::wish::key(file);
        let Ok(job) = self.store.job_by_key(&key) else { return true };
        let Some(job) = job else { return false };
        match self.latest(job.0) {
            Ok((_, row)) => match RowStatus::of(&row.execution.state) {
                RowStatus::Ready | RowStatus::Running | RowStatus::Paused => true,
                RowStatus::Done | RowStatus::Cancelled => false,
                RowStatus::Parked => {
                    // Without its file nobody can try it again.
                    self.let_go(job.0);
                    false
                }
            },
            Err(_) => true,
        }
    }

    /// Gives a file its place and its job.
    fn shelve(&self, file: Spooled, name: &str, order: Order) -> Result<JobView, UploadRefused> {
        let desk = &self.uploads;
        let _hands = desk.shelf.hands();
        let path = desk.shelf.place(file, &format!("{order:?}"), name)?;
        let order = Order { output: desk.shelf.out(&path), ..order };
        let mut wish = wish_for(&path, &order).map_err(Refusal::Failed)?;
        wish.priority = PRIORITY;
        wish.again = self.came_to_nothing(&wish).map_err(Refusal::Failed)?;
        let (job, ..) = self.runtime.wish(wish).map_err(Refusal::Failed)?;
        let (execution, row) = self.latest(job.0)?;
        Ok(self.view_of(execution, &row, &self.runtime.view())?)
    }

    /// True where the same was asked before and there is nothing to show for it.
    fn came_to_nothing(&self, wish: &Wish) -> Result<bool, Fault> {
        let Some(job) = self.store.job_by_key(&wish.key)? else { return Ok(false) };
        let Some(job) = self.store.job(job)? else { return Ok(false) };
        let Some(row) = self.store.execution(job.latest)? else { return Ok(false) };
        Ok(match row.execution.state {
            State::Ready { .. } | State::Running { .. } | State::Paused { .. } => false,
            State::Parked { .. } | State::Cancelled => true,
            State::Done { ending: Ending::NoSpeech } => false,
            State::Done { ending: Ending::Written | Ending::Skipped | Ending::Review } => {
                let out = self.uploads.shelf.out(wish.spec.path()).unwrap_or_default();
                let Spec::Subtitle { order, .. } = &wish.spec;
                order.product == Product::Subtitles
                    && shelf::files_of(&out).is_ok_and(|it| it.is_empty())
            }
        })
    }

    /// Where what comes of an upload is, and how its job stands.
    fn upload(&self, job: u64) -> Result<(PathBuf, ExecutionRow), Refusal> {
        let (_, row) = self.latest(job)?;
        let wished = self.store.job(JobId(job)).map_err(Refusal::Failed)?;
        let wished = wished.ok_or_else(|| no_job(job))?;
        let out = self.uploads.shelf.out(wished.spec.path()).ok_or_else(|| {
            let what = format!("job {job} is no upload");
            Refusal::NotFound(Fault::operator(what, "its files are in its library"))
        })?;
        Ok((out, row))
    }

    /// Where what came of an upload is, once it is done.
    fn done_upload(&self, job: u64) -> Result<(PathBuf, Ending), Refusal> {
        let (out, row) = self.upload(job)?;
        match row.execution.state {
            State::Done { ending } => Ok((out, ending)),
            State::Parked { fault, .. } => Err(Refusal::Failed(fault)),
            State::Ready { .. }
            | State::Running { .. }
            | State::Paused { .. }
            | State::Cancelled => {
                let what = format!("job {job} is not done");
                Err(Refusal::Conflict(Fault::operator(what, "wait for its end, or send it again")))
            }
        }
    }
}

impl Uploads for Daemon {
    fn begin_upload(&self, sent: Sent, bytes: Option<u64>) -> Result<Spool, UploadRefused> {
        self.uploads.shelf.begin(sent, bytes, &|it| self.is_busy(it))
    }

    fn wish_upload(&self, asked: &UploadAsked, file: Spooled) -> Result<JobView, UploadRefused> {
        let invalid = |what: &str, remedy: &str| {
            UploadRefused::from(Refusal::Invalid(Fault::operator(what, remedy)))
        };
        if file.bytes == 0 {
            return Err(invalid(
                "the file that was sent is empty",
                "send one with something in it",
            ));
        }
        let order = self.uploads.order(asked);
        let name = match (&asked.task, shelf::clean(&asked.name)) {
            (UploadTask::Subtitles(_), Some(name)) => {
                if is_subtitle(name.as_ref()) && order.to.is_empty() {
                    let what = "it is a subtitle file, and no language to translate it to is named";
                    return Err(invalid(what, "name one with `to`"));
                }
                name
            }
            (UploadTask::Subtitles(_), None) => {
                let what = "it is no video, audio or subtitle file by the ending of its name";
                return Err(invalid(what, "send its name with it, such as `film.mkv`"));
            }
            // One name for all: what a client calls it changes nothing of what is heard.
            (UploadTask::Transcribe | UploadTask::Translate | UploadTask::Language, name) => {
                let ending = name.filter(|it| !is_subtitle(it.as_ref()));
                let ending = ending.as_deref().and_then(|it| it.rsplit_once('.'));
                format!("audio.{}", ending.map_or("bin", |it| it.1))
            }
        };
        self.shelve(file, &name, order)
    }

    fn heard(&self, job: u64) -> Result<Heard, Refusal> {
        let (out, ending) = self.done_upload(job)?;
        let (execution, _) = self.latest(job)?;
        let summary = self.store.summary(execution).map_err(Refusal::Failed)?.unwrap_or_default();
        heard::read(&out, ending, &summary)
    }

    fn wish_lines(&self, asked: &LinesAsked) -> Result<JobView, UploadRefused> {
        if self.uploads.lines.translate.is_none() {
            let what = "nobody translates here";
            let remedy = "name a translator in kinora.toml, or install a model of kind translate";
            return Err(UploadRefused::Unavailable(Fault::operator(what, remedy)));
        }
        let text = lines::written(asked, self.uploads.scene_gap())?;
        let mut spool = self.begin_upload(Sent::File, Some(text.len() as u64))?;
        spool.write(text.as_bytes())?;
        let order = Order {
            from: Some(asked.from.clone()),
            to: vec![asked.to.clone()],
            ..self.uploads.lines.clone()
        };
        self.shelve(spool.finish()?, &shelf::titled(&asked.title), order)
    }

    fn translated(&self, job: u64, asked: &LinesAsked) -> Result<Vec<String>, Refusal> {
        let (out, _) = self.done_upload(job)?;
        let file = heard::only(&out, ".srt")?;
        lines::read(asked, self.uploads.scene_gap(), file.as_deref().unwrap_or_default())
    }

    fn upload_files(&self, job: u64) -> Result<Vec<UploadFile>, Refusal> {
        let (out, _) = self.upload(job)?;
        let files = shelf::files_of(&out).map_err(|err| heard::unreadable(&err))?;
        Ok(files.into_iter().map(|(name, bytes)| UploadFile { name, bytes }).collect())
    }

    fn upload_file(&self, job: u64, name: &str) -> Result<Vec<u8>, Refusal> {
        let (out, _) = self.upload(job)?;
        // Only what is listed: a name that leads elsewhere is none of them.
        let is_there = self.upload_files(job)?.into_iter().find(|it| it.name == name);
        let there = is_there.filter(|it| it.bytes <= RESULT_BYTES_MAX).ok_or_else(|| {
            let what = format!("no file `{name}` came of job {job}");
            Refusal::NotFound(Fault::operator(what, "ask for the list of its files"))
        })?;
        std::fs::read(out.join(there.name)).map_err(|err| heard::unreadable(&err))
    }

    fn let_go(&self, job: u64) {
        let Ok((_, row)) = self.upload(job) else { return };
        if RowStatus::of(&row.execution.state) == RowStatus::Parked {
            let why = "whoever sent it was told, and sends it again where it is wanted".to_owned();
            // Fails where somebody tries it again in this instant: so be it.
            let _ = self.runtime.command(Command::Cancel(JobId(job), why));
        }
    }
}
