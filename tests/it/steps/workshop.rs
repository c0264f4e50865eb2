//! A store, a worker and a folder of films: what the runtime does with them, one step at a time.

use kinora::base::cancel::Cancel;
use kinora::domain::change::StepDone;
use kinora::domain::execution::{Event, State, Step, Then};
use kinora::domain::fault::Fault;
use kinora::domain::job::ExecutionId;
use kinora::domain::lane::LaneName;
use kinora::domain::order::{Order, Summary};
use kinora::engines::child::Launcher;
use kinora::engines::llm::Translators;
use kinora::engines::metadata::Sources;
use kinora::engines::wire::LoadParams;
use kinora::pipeline::subtitle::ears::EarsLimits;
use kinora::pipeline::subtitle::wish::wish_for;
use kinora::runtime::Viewers;
use kinora::runtime::subtitle::SubtitleHire;
use kinora::runtime::work::{Failure, Hire, Outcome, Progress, Task, TaskCx, Worker};
use kinora::runtime::writer::Writer;
use kinora::store::{Store, StoreFile, Write, Wrote};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const SAMPLE: &str = concat!("-i ", env!("CARGO_MANIFEST_DIR"), "/assets/jfk.wav");
/// No execution takes more.
const STEPS_MAX: usize = 20;

/// What came of an execution.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) execution: ExecutionId,
    pub(super) steps: Vec<Step>,
    pub(super) state: State,
    pub(super) fault: Option<Fault>,
    pub(super) summary: Summary,
}

pub(super) struct Workshop {
    dir: TempDir,
    pub(super) store: Arc<Store>,
    writer: Writer,
    worker: Box<dyn Worker>,
    pub(super) viewers: Arc<Viewers>,
}

/// All as usual: the spoken language, found out, as SubRip beside the film.
pub(super) fn order() -> Order {
    let mut order = crate::support::order::order("test");
    order.listen.beam = 1;
    order.listen.encoder_margin = 64;
    order
}

/// What is said in a SubRip file: small letters and single blanks.
pub(super) fn srt_words(text: &str) -> String {
    let cues = crate::support::srt::read(text);
    let lines: Vec<String> = cues.into_iter().flat_map(|it| it.lines).collect();
    let text = lines.join(" ").to_lowercase();
    let letters: String =
        text.chars().map(|it| if it.is_alphabetic() { it } else { ' ' }).collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn hire(program: impl Into<PathBuf>) -> SubtitleHire {
    let here = |path: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    SubtitleHire {
        launcher: Launcher::new(program),
        translators: Arc::new(Translators::new(Vec::new())),
        sources: Sources::default(),
        home_only: Default::default(),
        jellyfin: None,
        viewers: Arc::default(),
        slates: Arc::default(),
        canaries: Arc::default(),
        load: LoadParams {
            model: None,
            vad: here("models/ggml-silero-v6.bin"),
            states: 1,
            threads_per_state: 1,
            gpu: None,
        },
        models: BTreeMap::from([("test".to_owned(), here("models/ggml-base-q8_0.bin"))]),
        limits: EarsLimits::default(),
        idle_unload: Duration::from_secs(60),
    }
}

impl Workshop {
    pub(super) fn new() -> Workshop {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(&dir.path().join("data"), StoreFile::Run).unwrap());
        let writer = Writer::start(Arc::clone(&store)).unwrap();
        std::fs::create_dir(dir.path().join("films")).unwrap();
        // Children carry this workshop's folder in their environment, so that they can be counted.
        let engine = dir.path().join("engine.sh");
        let script = format!(
            "#!/bin/sh\nKINORA_TEST_WORKSHOP={} exec {} \"$@\"\n",
            dir.path().display(),
            env!("CARGO_BIN_EXE_kinora")
        );
        std::fs::write(&engine, script).unwrap();
        std::fs::set_permissions(&engine, PermissionsExt::from_mode(0o755)).unwrap();
        let hire = hire(engine);
        let (worker, viewers) = (hire.hire(&LaneName::Cpu, 0), Arc::clone(&hire.viewers));
        Workshop { dir, store, writer, worker, viewers }
    }

    /// Hires workers of this workshop.
    pub(super) fn hire(&self) -> SubtitleHire {
        hire(self.dir.path().join("engine.sh"))
    }

    /// A worker of its own, with this program as engine.
    pub(super) fn worker(program: &str) -> Box<dyn Worker> {
        hire(program).hire(&LaneName::Cpu, 1)
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join("films").join(name)
    }

    pub(super) fn read(&self, name: &str) -> String {
        let path = self.at(name);
        std::fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
    }

    /// All files of a folder with their bytes.
    pub(super) fn listing(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let entries = std::fs::read_dir(self.at(folder)).unwrap().map(Result::unwrap);
        let name = |it: &std::fs::DirEntry| it.file_name().to_string_lossy().into_owned();
        entries.map(|it| (name(&it), std::fs::read(it.path()).unwrap())).collect()
    }

    /// The sample as a film.
    pub(super) fn film(&self, name: &str, args: &str) -> PathBuf {
        self.ffmpeg(&format!("{SAMPLE} {args}"), name)
    }

    /// A film made by the `ffmpeg` command; `args` are split at blanks.
    pub(super) fn ffmpeg(&self, args: &str, name: &str) -> PathBuf {
        let path = self.at(name);
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-y", "-bitexact"]).args(args.split(' '));
        assert!(command.arg(&path).status().unwrap().success(), "ffmpeg {args}");
        path
    }

    pub(super) fn wish(&self, path: &Path, order: &Order, again: bool) -> ExecutionId {
        let mut wish = wish_for(path, order).unwrap();
        wish.again |= again;
        let wrote = self.writer.write(Write::Wish { wish, at_unix_ms: 1 }).unwrap();
        let Wrote::Wished { execution, .. } = wrote else { panic!("{wrote:?}") };
        execution
    }

    pub(super) fn state(&self, execution: ExecutionId) -> State {
        self.store.execution(execution).unwrap().unwrap().execution.state
    }

    fn event(&self, execution: ExecutionId, event: Event, done: Option<StepDone>) {
        let done = done.map(Box::new);
        self.writer.write(Write::Event { execution, event, at_unix_ms: 1, done }).unwrap();
    }

    /// Starts the next step; `None` where there is none.
    pub(super) fn next(&self, execution: ExecutionId) -> Option<Task> {
        let row = self.store.execution(execution).unwrap().unwrap();
        let State::Ready { step, tries, .. } = row.execution.state else { return None };
        self.event(execution, Event::Started { lane: "cpu".to_owned() }, None);
        let records = self.store.records(execution).unwrap();
        Some(Task {
            execution,
            job: row.job,
            step,
            spec: self.store.job(row.job).unwrap().unwrap().spec,
            records: records.into_iter().map(|(step, record)| (step, record.body)).collect(),
            summary: self.store.summary(execution).unwrap().unwrap_or_default(),
            tries,
            lane: LaneName::Cpu,
        })
    }

    /// The same task at another step.
    pub(super) fn at_step(task: &Task, step: Step) -> Task {
        Task { step, ..task.clone() }
    }

    pub(super) fn work(&mut self, task: &Task, cancel: &Cancel) -> Outcome {
        self.work_telling(task, cancel, &|_| ())
    }

    pub(super) fn work_telling(
        &mut self,
        task: &Task,
        cancel: &Cancel,
        progress: &dyn Fn(Progress),
    ) -> Outcome {
        let (store, writer) = (&*self.store, &self.writer);
        self.worker.work(task, &TaskCx { cancel, store, writer, progress })
    }

    pub(super) fn work_with(&self, worker: &mut dyn Worker, task: &Task) -> Outcome {
        let (store, writer, cancel) = (&*self.store, &self.writer, &Cancel::default());
        worker.work(task, &TaskCx { cancel, store, writer, progress: &|_| () })
    }

    pub(super) fn succeed(&self, execution: ExecutionId, done: StepDone) {
        self.event(execution, Event::Succeeded { next: done.next }, Some(done));
    }

    /// The process dies with the next step, and starts again.
    pub(super) fn crash(&self, execution: ExecutionId) {
        self.event(execution, Event::Started { lane: "cpu".to_owned() }, None);
        self.event(execution, Event::Interrupted { then: Then::RetryAt(1) }, None);
    }

    /// Wishes, and works to the end or to a fault.
    pub(super) fn make(&mut self, path: &Path, order: &Order) -> Made {
        let execution = self.wish(path, order, false);
        self.work_to_the_end(execution)
    }

    /// The same, and it is meant.
    pub(super) fn make_again(&mut self, path: &Path, order: &Order) -> Made {
        let execution = self.wish(path, order, true);
        self.work_to_the_end(execution)
    }

    pub(super) fn work_to_the_end(&mut self, execution: ExecutionId) -> Made {
        let (mut steps, mut fault) = (Vec::new(), None);
        while let Some(task) = self.next(execution) {
            steps.push(task.step);
            assert!(steps.len() < STEPS_MAX, "{steps:?}");
            match self.work(&task, &Cancel::default()) {
                Ok(done) => self.succeed(execution, done),
                Err(Failure::Step(it)) => {
                    fault = Some(it);
                    break;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        let summary = self.store.summary(execution).unwrap().unwrap_or_default();
        Made { execution, steps, state: self.state(execution), fault, summary }
    }

    pub(super) fn idle(&mut self, idle_for: Duration) {
        self.worker.idle(idle_for);
    }

    /// Engines that run now.
    pub(super) fn children(&self) -> usize {
        let mark = format!("KINORA_TEST_WORKSHOP={}", self.dir.path().display());
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let has = |path: PathBuf| {
            let environment = std::fs::read(path.join("environ")).unwrap_or_default();
            environment.windows(mark.len()).any(|it| it == mark.as_bytes())
        };
        entries.filter(|it| has(it.path())).count()
    }
}
