//! A real language model in a child: its answers keep to their shape, and it is surely ended.

use crate::listen::launcher;
use kinora::base::cancel::Cancel;
use kinora::domain::fault::{Fault, FaultKind};
use kinora::domain::translate::prompt::{Request, Shape};
use kinora::engines::child::Launcher;
use kinora::engines::translate::{LocalModel, Told};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const LINES: [&str; 5] = [
    "Good morning, John.",
    "Did you sleep well?",
    "No. The neighbours were \"celebrating\" again.",
    "I will talk to them.",
    "Thank you!",
];

/// The model that `packaging/test.sh` fetches, or another one that is named.
pub(crate) fn weights() -> Option<PathBuf> {
    let named = std::env::var_os("KINORA_TEST_GGUF").map(PathBuf::from);
    let cached = std::env::var_os("HOME")
        .map(|it| PathBuf::from(it).join(".cache/kinora/models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    let found = named.or(cached).filter(|it| it.is_file());
    if found.is_none() {
        println!("skipped: no language model here");
    }
    found
}

fn model(weights: &Path) -> LocalModel {
    LocalModel::new(launcher(), weights, 2048, 1)
}

fn request(shape: Shape, answer_tokens_max: u32) -> Request {
    let numbered = LINES.iter().enumerate().map(|(at, it)| format!("\"{}\": {it:?}", at + 1));
    let lines = numbered.collect::<Vec<_>>().join(", ");
    let system = "You translate subtitles from English to Spanish. Answer with a JSON object that has the same \
        numbers as keys and the translations as values, and nothing else. Keep names. Keep the tone of the \
        speakers. Never explain anything. Never join or split lines. A line that cannot be translated is repeated \
        as it is. The film is about two neighbours in a small town who do not like each other at first, and then \
        become friends because of a dog that both of them feed without knowing of each other. John is a teacher. \
        Mary is a nurse who works at night, and that is why she sleeps badly when there is noise in the morning.";
    let user = format!("Translate: {{{lines}}}");
    Request { system: system.to_owned(), user, shape, answer_tokens_max }
}

fn ask(model: &mut LocalModel, request: &Request) -> Result<Told, Fault> {
    model.ask(request, 0.0, &Cancel::default())
}

fn text(told: Told) -> (String, u32) {
    match told {
        Told::Answer { text, cut: false, cached_tokens, .. } => (text, cached_tokens),
        other @ (Told::Answer { .. } | Told::TooLong) => panic!("no whole answer: {other:?}"),
    }
}

#[test]
fn answers_have_all_their_numbers_and_are_the_same_each_time() {
    let Some(weights) = weights() else { return };
    let mut model = model(&weights);
    let numbered = request(Shape::Numbered(5), 600);
    let (first, cached) = text(ask(&mut model, &numbered).unwrap());
    let lines: BTreeMap<String, String> = serde_json::from_str(&first).unwrap();
    assert_eq!(lines.keys().cloned().collect::<Vec<_>>(), ["1", "2", "3", "4", "5"]);
    assert!(lines.values().any(|it| !it.is_empty()), "{first}");
    println!("{first}");
    assert_eq!(cached, 0);
    // The beginning is not read again, and makes no difference.
    let (again, cached) = text(ask(&mut model, &numbered).unwrap());
    assert_eq!(again, first);
    assert!(cached >= 128, "{cached}");
    let echoed = request(Shape::Echoed(5), 900);
    let (answer, cached) = text(ask(&mut model, &echoed).unwrap());
    let lines: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&answer).unwrap();
    assert!(lines.len() == 5 && lines.values().all(|it| it.len() == 2), "{answer}");
    assert!(cached >= 128, "{cached}");
    let told = ask(&mut model, &request(Shape::Plain, 100)).unwrap();
    let Told::Answer { text: line, .. } = &told else { panic!("{told:?}") };
    assert!(!line.is_empty() && !line.contains('\n'), "{line}");
    let told = ask(&mut model, &request(Shape::Terms, 60)).unwrap();
    assert!(matches!(&told, Told::Answer { text, .. } if text.starts_with('{')), "{told:?}");
    // Chance has a fixed beginning, and changes nothing for those who come later.
    let mut hot = || model.ask(&numbered, 3.0, &Cancel::default()).unwrap();
    let one = hot();
    assert_eq!(hot(), one);
    let cold = ask(&mut model, &numbered).unwrap();
    assert_ne!(one, cold);
    assert_eq!(text(cold).0, first);
}

/// A line of the child's status, in kB.
fn status(id: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_child_takes_little_more_than_its_weights() {
    let Some(weights) = weights() else { return };
    let mut model = model(&weights);
    let begun = Instant::now();
    ask(&mut model, &Request { system: String::new(), ..request(Shape::Plain, 1) }).unwrap();
    println!("loading: {:?}", begun.elapsed());
    let id = model.process().unwrap().id();
    let loaded = status(id, "VmRSS");
    let begun = Instant::now();
    let told = ask(&mut model, &request(Shape::Plain, 1)).unwrap();
    let reading = begun.elapsed();
    let Told::Answer { prompt_tokens, .. } = told else { panic!("{told:?}") };
    let speed = f64::from(prompt_tokens) / reading.as_secs_f64();
    println!("reading: {prompt_tokens} tokens in {reading:?}, {speed:.0} a second");
    let begun = Instant::now();
    let told = ask(&mut model, &request(Shape::Numbered(5), 400)).unwrap();
    let writing = begun.elapsed();
    let Told::Answer { answer_tokens, cached_tokens, .. } = told else { panic!("{told:?}") };
    let speed = f64::from(answer_tokens) / writing.as_secs_f64();
    println!(
        "writing: {answer_tokens} tokens in {writing:?} ({cached_tokens} not read again), {speed:.0} a second"
    );
    let (most, file) = (status(id, "VmHWM"), std::fs::metadata(&weights).unwrap().len() / 1024);
    println!("memory: {loaded} kB loaded, {most} kB at most; the file has {file} kB");
    assert!(most < 4 * file + 200 * 1024, "{most} kB");
}

#[test]
fn a_request_that_is_too_long_is_told_so() {
    let Some(weights) = weights() else { return };
    let mut model = LocalModel::new(launcher(), &weights, 256, 1);
    let mut long = request(Shape::Numbered(5), 100);
    assert_eq!(ask(&mut model, &long), Ok(Told::TooLong));
    long.system.truncate(60);
    assert!(matches!(ask(&mut model, &long), Ok(Told::Answer { .. })));
}

#[test]
fn who_interrupts_waits_no_longer() {
    let Some(weights) = weights() else { return };
    let mut model = model(&weights);
    // Loaded first, so that what is interrupted is the answer.
    ask(&mut model, &request(Shape::Plain, 4)).unwrap();
    let process = model.process().unwrap();
    let cancel = Cancel::default();
    let setter = cancel.clone();
    let spent = format!("/proc/{}/stat", process.id());
    let ticks = move || -> u64 {
        let stat = std::fs::read_to_string(&spent).unwrap_or_default();
        stat.rsplit(") ").next().and_then(|it| it.split(' ').nth(11)?.parse().ok()).unwrap_or(0)
    };
    let before = ticks();
    // Set once the child has computed for 50 ms on the request.
    let wait = move || {
        while ticks() < before + 5 {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        setter.set();
        Instant::now()
    };
    let waiting = std::thread::Builder::new().name("setter".to_owned()).spawn(wait).unwrap();
    let told = model.ask(&request(Shape::Numbered(60), 1200), 0.0, &cancel);
    let took = waiting.join().unwrap().elapsed();
    assert!(told.unwrap_err().what.contains("was interrupted"));
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert!(model.process().is_none() && !alive(process.id()));
}

fn alive(id: u32) -> bool {
    Path::new(&format!("/proc/{id}")).exists()
}

#[test]
fn a_child_that_was_killed_is_replaced_and_its_memory_goes_back() {
    let Some(weights) = weights() else { return };
    let mut model = model(&weights);
    let line = request(Shape::Plain, 8);
    let first = text_of(ask(&mut model, &line));
    let killed = model.process().unwrap();
    killed.kill();
    assert_eq!(text_of(ask(&mut model, &line)), first);
    let second = model.process().unwrap();
    assert_ne!(second.id(), killed.id());
    model.rest();
    assert!(model.process().is_none() && !alive(second.id()));
    assert_eq!(text_of(ask(&mut model, &line)), first);
}

fn text_of(told: Result<Told, Fault>) -> String {
    let Told::Answer { text, .. } = told.unwrap() else { panic!("too long") };
    text
}

#[test]
fn a_child_over_its_memory_is_ended_and_what_is_no_model_is_refused() {
    let Some(weights) = weights() else { return };
    let small = Launcher { memory_max_mib: Some(40), ..launcher() };
    let mut model = LocalModel::new(small, &weights, 2048, 1);
    let told = ask(&mut model, &request(Shape::Numbered(60), 1500)).unwrap_err();
    assert!(told.what.contains("grew past 40 MiB"), "{told}");
    assert_eq!(told.kind, FaultKind::Transient);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.gguf");
    let mut bytes = std::fs::read(&weights).unwrap();
    bytes.truncate(1_000_000);
    for (content, says) in
        [(&b"once upon a time"[..], "not a language model"), (&bytes, "is truncated")]
    {
        std::fs::write(&path, content).unwrap();
        let told = ask(&mut LocalModel::new(launcher(), &path, 512, 1), &request(Shape::Plain, 8));
        let fault = told.unwrap_err();
        assert!(fault.what.contains(says) && fault.kind == FaultKind::Operator, "{fault}");
    }
}
