//! A story that uses every kind of write and every kind of event, and a page with all that a store tells.

use crate::support::order::order;
use kinora::domain::change::{
    Activity, ActivityKind, AudioDigest, AudioFile, Change, Counter, Made, Phrase, PhraseKey,
    SpeechKey, StepDone, Transcribed, TranscriptKey,
};
use kinora::domain::execution::Event::{self, GotOn, Moved, Paused, Resumed};
use kinora::domain::execution::{Ending, Next, ParkedWhy, PutBack, Step, Then};
use kinora::domain::existing::{Examined, TextLang};
use kinora::domain::fault::Fault;
use kinora::domain::job::{ExecutionId, Fingerprint, JobKey, Rank, Spec, Wish};
use kinora::domain::lane::LaneName;
use kinora::domain::lang::Lang;
use kinora::domain::library::{FileId, Mount, Placed, Seen, SeenText};
use kinora::domain::media::{AudioTrack, DecodeReport, Disposition, Probe, SubtitleTrack};
use kinora::domain::order::{FailedLine, Summary};
use kinora::domain::subtitle::Format;
use kinora::domain::terms::{Scope, Term, TermId, TermOrigin, TermState};
use kinora::domain::time::{Ms, Span};
use kinora::domain::transcript::{RawHeard, RawSegment, Token, Transcript};
use kinora::domain::translate::line::{How, Rendered};
use kinora::store::{Control, ListQuery, PendingRow, PublishedRow, Store, TermWrite, Write};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Windows of the story.
const WINDOWS: u8 = 3;
const AUDIO: AudioDigest = AudioDigest([0xA0; 32]);
const TRANSCRIPT: TranscriptKey = TranscriptKey([0xB0; 32]);
const FINISHED: Fingerprint = Fingerprint([0xC0; 32]);
const SPEECH: SpeechKey = SpeechKey([0xD0; 32]);
const PHRASES: [PhraseKey; 2] = [PhraseKey([0xF0; 32]), PhraseKey([0xF1; 32])];
const FILE: FileId = FileId { device: 1, inode: 2, size: 3, mtime_ns: 4 };

/// A wish for the film of this number.
pub(crate) fn wish(film: u64) -> Wish {
    let order = order("base-q8_0");
    let path = PathBuf::from(format!("/films/film {film}.mkv"));
    Wish {
        key: JobKey(*blake3::hash(&film.to_le_bytes()).as_bytes()),
        fingerprint: Fingerprint([0; 32]),
        spec: Spec::Subtitle { path, order: Box::new(order) },
        priority: 0,
        again: false,
    }
}

/// What was heard in a window.
pub(crate) fn heard(text: &str) -> RawHeard {
    let token = Token { bytes: text.into(), p: 0.5, t0_cs: 0, t1_cs: 10, dtw_cs: 5 };
    let segment = RawSegment { start_cs: 0, end_cs: 10, no_speech_p: 0.0, tokens: vec![token] };
    RawHeard { segments: vec![segment], language: "en".to_owned() }
}

/// Something happens to an execution.
pub(crate) fn event(execution: u64, event: Event, at_unix_ms: u64) -> Write {
    Write::Event { execution: ExecutionId(execution), event, at_unix_ms, done: None }
}

/// A worker of this lane takes it.
pub(crate) fn started(execution: u64, lane: &str, at_unix_ms: u64) -> Write {
    event(execution, Event::Started { lane: lane.to_owned() }, at_unix_ms)
}

/// The running step succeeds, leaves this, and the next one follows.
pub(crate) fn succeeded(execution: u64, next: Next, changes: Vec<Change>, at: u64) -> Write {
    let failed = FailedLine {
        to: Lang::parse("zh-Hans").unwrap(),
        at: Ms(9_000),
        text: "Mr. Holmes?".to_owned(),
        why: "nobody answers".to_owned(),
    };
    let summary = Summary {
        notices: vec![format!("{next:?} follows")],
        failed_lines: vec![failed],
        ..Summary::default()
    };
    let notes = vec![format!("it was {at}")];
    let done = StepDone { next, body: vec![7; 900], notes, summary, changes };
    Write::Event {
        execution: ExecutionId(execution),
        event: Event::Succeeded { next },
        at_unix_ms: at,
        done: Some(Box::new(done)),
    }
}

fn file() -> AudioFile {
    AudioFile { device: 1, inode: 2, size: 3, mtime_ns: 4, track: 1 }
}

/// What a look into a film shows: a track of sound, a text track, and one whose text could not be read.
pub(crate) fn seen() -> Seen {
    let disposition = Disposition { default: true, ..Disposition::default() };
    let sound = AudioTrack {
        index: 1,
        codec: "aac".to_owned(),
        decodable: true,
        language: Some("eng".to_owned()),
        title: None,
        disposition,
        channels: 2,
        layout: "stereo".to_owned(),
        sample_rate_hz: 48_000,
        start: Some(Ms(0)),
        program: None,
    };
    let text = SubtitleTrack {
        index: 2,
        codec: "subrip".to_owned(),
        text: true,
        language: Some("chi".to_owned()),
        title: Some("简体".to_owned()),
        disposition,
    };
    let examined = Examined {
        format: Format::Srt,
        encoding: "UTF-8".to_owned(),
        cues: 900,
        shown: Ms(2_700_000),
        first: Ms(1_000),
        last: Ms(5_400_000),
        too_fast_percent: 3,
        lang: Some(TextLang { lang: Lang::parse("zh-Hans").unwrap(), sure: true }),
        digest: [0xE0; 32],
    };
    Seen {
        probe: Probe {
            container: "matroska,webm".to_owned(),
            duration: Some(Ms(5_400_000)),
            start: Ms(0),
            audio: vec![sound],
            subtitles: vec![text.clone(), SubtitleTrack { index: 3, ..text }],
            has_video: true,
        },
        texts: vec![
            SeenText { index: 2, found: Ok(examined) },
            SeenText { index: 3, found: Err("it holds no cue".to_owned()) },
        ],
    }
}

/// Where the first film lay under this name, and its subtitle did.
fn placed(name: &str) -> Placed {
    let at = |ending| PathBuf::from(format!("/films/{name}.{ending}"));
    Placed { video: at("mkv"), outputs: vec![at("en.srt")] }
}

fn failed(then: Then) -> Event {
    Event::Failed { fault: Fault::transient("the disk is away", "it is tried again"), then }
}

fn window(number: u8, of: u64, at_unix_ms: u64) -> Write {
    let heard = heard(&format!("window {number}"));
    Write::Window { key: [number; 32], heard, at_unix_ms, of: Some(ExecutionId(of)) }
}

fn rendered(text: &str, how: How) -> Rendered {
    Rendered { text: text.to_owned(), how, raw: Some(format!("1. {text}")) }
}

fn batch(number: u8, of: u64, at_unix_ms: u64) -> Write {
    let kept = How::Kept("it came back empty".to_owned());
    let rendered = vec![rendered("福尔摩斯", How::Translated), rendered("Mr. Holmes?", kept)];
    Write::Batch { key: [number; 32], rendered, at_unix_ms, of: Some(ExecutionId(of)) }
}

/// How a name is translated in the first film's work.
fn term(source: &str, target: Option<&str>, origin: TermOrigin) -> Term {
    Term {
        source: source.to_owned(),
        target: target.map(str::to_owned),
        from: Some(Lang::parse("en").unwrap()),
        to: Some(Lang::parse("zh-Hans").unwrap()),
        scope: Scope::Work("film (1984)".to_owned()),
        origin,
        state: TermState::Accepted,
        note: "the first one".to_owned(),
    }
}

/// What was translated is remembered: lines, and what the owner of the film said of them.
fn translated() -> Vec<Change> {
    let made = Made {
        from: Lang::parse("en").unwrap(),
        to: Lang::parse("zh-Hans").unwrap(),
        work: "film (1984)".to_owned(),
        lines: vec![("Mr. Holmes?".to_owned(), "福尔摩斯".to_owned())],
    };
    let phrase = |key, text: &str, by_hand| (key, Phrase { text: text.to_owned(), by_hand });
    vec![
        Change::Made { output: "/films/film 1.en.srt".into(), made: Box::new(made) },
        Change::Phrases(vec![
            phrase(PHRASES[0], "a model's", false),
            phrase(PHRASES[1], "by hand", true),
            phrase(PHRASES[1], "a model's", false),
        ]),
        Change::Proposed(vec![
            term("Holmes", Some("霍姆斯"), TermOrigin::Metadata),
            term("Watson", Some("华生"), TermOrigin::Inferred),
            term("BBC", Some("英国广播公司"), TermOrigin::Metadata),
        ]),
    ]
}

/// What its owner does to terms, before and after some are proposed.
fn glossary() -> [Vec<Write>; 3] {
    let write = |writes, at_unix_ms| Write::Terms { writes, at_unix_ms };
    let put = |source, target| TermWrite::Put(term(source, target, TermOrigin::Hand));
    let fetched = term("Baker Street", Some("贝克街"), TermOrigin::Hand);
    [
        vec![write(vec![put("Holmes", Some("福尔摩斯")), put("Hudson", None)], 67)],
        vec![
            write(
                vec![
                    TermWrite::State(TermId(3), TermState::Accepted),
                    TermWrite::State(TermId(4), TermState::Refused),
                    TermWrite::Remove(TermId(2)),
                    put("Mycroft", Some("麦考夫")),
                ],
                68,
            ),
            // Nothing of it is done, since there is no such term.
            write(vec![TermWrite::Remove(TermId(1)), TermWrite::Remove(TermId(99))], 68),
        ],
        vec![Write::TermsReplaced {
            terms: vec![term("Holmes", Some("福尔摩斯"), TermOrigin::Hand), fetched],
            at_unix_ms: 69,
        }],
    ]
}

fn pending() -> (PathBuf, PendingRow) {
    let published = PublishedRow {
        content_blake3: [9; 32],
        video: "/films/film 1.mkv".into(),
        at_unix_ms: 31,
        partial: false,
    };
    let row = PendingRow { output: "/films/film 1.en.srt".into(), published };
    (PathBuf::from("/films/.kinora-1.tmp"), row)
}

/// Batches, each of which ends with one more in the total of audio, so that the total says how many were made durable.
pub(crate) fn story() -> Vec<Vec<Write>> {
    let mut story = first_film();
    story.extend(other_films());
    for (number, batch) in story.iter_mut().enumerate() {
        let change = Change::Count { counter: Counter::AudioMs, by: 1 };
        batch.push(Write::Change { change, at_unix_ms: number as u64 });
    }
    story
}

/// Execution 1 comes to a good end after all that can happen on the way.
fn first_film() -> Vec<Vec<Write>> {
    let transcribed = Transcribed {
        transcripts: vec![Transcript { language: "en".to_owned(), ..Transcript::default() }],
        report: DecodeReport::default(),
        verdict: None,
    };
    let listened = vec![
        Change::AudioKnown { file: file(), audio: AUDIO },
        Change::Transcribed { key: TRANSCRIPT, transcribed: Box::new(transcribed) },
    ];
    let (file, seen) = (FILE, Box::new(seen()));
    let seen = vec![Change::Seen { file, seen }];
    let speech = vec![Span::new(1_000, 2_500), Span::new(61_000, 64_000)];
    let spoke = vec![Change::Spoke { key: SPEECH, speech }];
    let finished = vec![
        Change::Placed { file, placed: placed("film 1") },
        Change::Finished { key: FINISHED, outputs: vec!["a.srt".into()], language: None },
        Change::Count { counter: Counter::FilesWritten, by: 1 },
    ];
    let (temp, row) = pending();
    let again = Event::Retried { at_unix_ms: 8 };
    let put_back = Event::PutBack { reason: PutBack::LanePaused };
    let interrupted = Event::Interrupted { then: Then::RetryAt(4) };
    let told = Activity {
        at_unix_ms: 30,
        kind: ActivityKind::Finished,
        execution: Some(ExecutionId(1)),
        path: Some("/films/film 1.mkv".into()),
        text: "a film is finished".to_owned(),
    };
    vec![
        vec![Write::Wish { wish: wish(1), at_unix_ms: 1 }],
        vec![started(1, "ffmpeg", 2), event(1, interrupted, 3)],
        vec![started(1, "ffmpeg", 5)],
        // The other one waits for its start: it is refused, and this one stands.
        vec![event(2, GotOn, 5), succeeded(1, Next::Step(Step::Detect), seen, 6)],
        vec![started(1, "cpu", 7), event(1, failed(Then::RetryAt(900)), 7)],
        vec![event(1, again, 8), started(1, "cpu", 9)],
        vec![succeeded(1, Next::Step(Step::Listen), spoke, 10), started(1, "gpu0", 11)],
        vec![event(1, Event::Interrupted { then: Then::RetryAt(0) }, 12), started(1, "cpu", 13)],
        vec![window(1, 1, 14), window(2, 1, 15)],
        vec![event(1, put_back, 16), started(1, "cpu", 17), event(1, GotOn, 18)],
        vec![window(3, 1, 19)],
        vec![succeeded(1, Next::Step(Step::Cue), listened, 20), started(1, "disk", 21)],
        vec![succeeded(1, Next::Step(Step::Publish), Vec::new(), 22), started(1, "disk", 23)],
        vec![Write::PendingBegun { temp: temp.clone(), row: row.clone() }],
        vec![Write::PendingDone { temp: temp.clone() }],
        vec![Write::PendingBegun { temp: temp.clone(), row }, Write::PendingGone { temp }],
        vec![succeeded(1, Next::End(Ending::Written), finished, 30), Write::Tell(told)],
    ]
}

/// Executions 2 to 8: one for each other state.
fn other_films() -> Vec<Vec<Write>> {
    let wished = |film, at_unix_ms| Write::Wish { wish: wish(film), at_unix_ms };
    let again = |film| Write::Wish { wish: Wish { again: true, ..wish(film) }, at_unix_ms: 50 };
    let changed = Wish { fingerprint: Fingerprint([1; 32]), ..wish(3) };
    let park = |why| failed(Then::Park(why));
    let cancelled = || Event::Cancelled { reason: "nobody wants it".to_owned() };
    let control =
        |control, on| Write::Control { control, on, why: "it is warm".to_owned(), at_unix_ms: 60 };
    let rank = Rank { priority: 3, place: -7 };
    let (temp, row) = pending();
    let mount = Mount { point: "/films".into(), kind: "ext4".to_owned(), id: 7 };
    let renamed = first_film_renamed();
    let [said, judged, replaced] = glossary();
    let rung = Write::Rung {
        translator: "den".to_owned(),
        of: "qwen3".to_owned(),
        rung: "schema".to_owned(),
        at_unix_ms: 70,
    };
    let changes = translated().into_iter();
    let translated =
        changes.map(|change| Write::Change { change, at_unix_ms: 67 }).collect::<Vec<_>>();
    vec![
        vec![wished(2, 40), event(2, Moved { rank }, 41)],
        vec![event(2, Paused, 42)],
        vec![event(2, Resumed, 43), started(2, "ffmpeg", 44)],
        vec![event(2, park(ParkedWhy::TriesUsedUp), 45)],
        vec![again(2), started(2, "ffmpeg", 51)],
        vec![succeeded(2, Next::End(Ending::NoSpeech), Vec::new(), 52)],
        vec![wished(3, 53), started(3, "ffmpeg", 54)],
        vec![succeeded(3, Next::Step(Step::Detect), Vec::new(), 55), event(3, cancelled(), 56)],
        vec![again(3), started(4, "ffmpeg", 57)],
        vec![Write::Wish { wish: changed, at_unix_ms: 58 }, wished(2, 59)],
        vec![wished(4, 60), started(6, "ffmpeg", 61)],
        vec![event(6, park(ParkedWhy::AsrFatal), 62)],
        vec![wished(5, 63), started(7, "ffmpeg", 64)],
        // A batch tells that the step got on, as a window does; the second one has no more to tell.
        vec![
            event(7, Event::Interrupted { then: Then::RetryAt(0) }, 64),
            started(7, "net", 64),
            batch(1, 7, 64),
            batch(2, 7, 64),
        ],
        vec![wished(6, 65), event(8, Paused, 66)],
        vec![
            control(Control::PausedAll, true),
            control(Control::Quarantined(LaneName::Gpu(0)), true),
        ],
        vec![control(Control::PausedAll, false), control(Control::PausedLane(LaneName::Net), true)],
        vec![Write::PendingBegun { temp, row }],
        said,
        translated,
        judged,
        replaced,
        vec![rung],
        vec![Write::LibrarySeen { name: "films".to_owned(), mount, at_unix_ms: 70 }],
        renamed,
    ]
}

/// Its subtitle, recorded where it comes to lie, and no more where it lay.
fn first_film_renamed() -> Vec<Write> {
    let (before, after) = (placed("film 1"), placed("film one"));
    let (_, row) = pending();
    let temp = PathBuf::from("/films/.kinora-2.tmp");
    let output = after.outputs[0].clone().into_os_string();
    let row = PendingRow { output, ..row };
    vec![
        Write::PendingBegun { temp: temp.clone(), row },
        Write::PendingDone { temp },
        Write::Followed { file: FILE, placed: after, gone: before.outputs, at_unix_ms: 71 },
    ]
}

/// Plays a story from this batch on; answers with how many were told durable, and whether all were.
pub(crate) fn play(store: &Store, story: &[Vec<Write>], from: usize) -> (usize, bool) {
    for (number, batch) in story.iter().enumerate().skip(from) {
        if store.commit(batch).is_err() {
            return (number, false);
        }
    }
    (story.len(), true)
}

/// All that a store tells, for people and for comparing.
pub(crate) fn page(store: &Store) -> String {
    let mut page = String::new();
    let mut line = |text: String| writeln!(page, "{text}").unwrap();
    let mut jobs = std::collections::BTreeSet::new();
    let mut all = store.list(&ListQuery { status: None, before: None, limit: 1_000 }).unwrap();
    all.reverse();
    for (id, row) in all {
        line(format!("execution {}: {row:?}", id.0));
        for (at, event) in store.events(id).unwrap() {
            line(format!("  at {at}: {event:?}"));
        }
        for (step, record) in store.records(id).unwrap() {
            let (at, notes, body) = (record.at_unix_ms, record.notes, record.body.len());
            line(format!("  left by {}: at {at}, {body} bytes, {notes:?}", step.name()));
        }
        line(format!("  {:?}", store.summary(id).unwrap()));
        jobs.insert(row.job);
    }
    for id in jobs {
        let job = store.job(id).unwrap().unwrap();
        assert_eq!(store.job_by_key(&job.key).unwrap(), Some(id));
        line(format!("job {}: {:?} {job:?}", id.0, store.executions_of(id).unwrap()));
    }
    line(format!("active: {:?}", store.active().unwrap()));
    line(format!("counts: {:?}", store.counts().unwrap()));
    for counter in Counter::ALL {
        line(format!("{}: {}", counter.name(), store.total(counter).unwrap()));
    }
    line(format!("activity: {:?}", store.activity(10).unwrap()));
    line(format!("controls: {:?}", store.controls().unwrap()));
    line(format!("pending: {:?}", store.pending().unwrap()));
    for output in ["/films/film 1.en.srt", "/films/film one.en.srt"].map(Path::new) {
        line(format!("published: {:?}", store.published(output).unwrap()));
        line(format!("made: {:?}", store.made(output).unwrap()));
    }
    for number in 1..=2 {
        line(format!("batch: {:?}", store.batch(&[number; 32]).unwrap()));
    }
    for key in PHRASES {
        line(format!("phrase: {:?}", store.phrase(&key).unwrap()));
    }
    for (id, row) in store.terms().unwrap() {
        line(format!("term {}: {row:?}", id.0));
    }
    line(format!("rung: {:?}", store.rung("den", "qwen3").unwrap()));
    line(format!("finished: {:?}", store.finished(&FINISHED).unwrap()));
    for number in 1..=WINDOWS {
        line(format!("window: {:?}", store.window(&[number; 32]).unwrap()));
    }
    line(format!("transcript: {:?}", store.transcript(&TRANSCRIPT).unwrap()));
    let known = store.knows_audio(&AUDIO).unwrap();
    line(format!("audio: {:?}, known: {known}", store.audio_of(&file()).unwrap()));
    line(format!("seen: {:?}", store.seen(&FILE).unwrap()));
    line(format!("speech: {:?}", store.speech(&SPEECH).unwrap()));
    line(format!("placed: {:?}", store.placed(&FILE).unwrap()));
    line(format!("library: {:?}", store.library_seen("films").unwrap()));
    page
}
