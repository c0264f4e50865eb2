//! What a batch comes to, whatever a model answers.

use super::model_tests::{Chance, Deed, answer, sources, translate};
use super::*;
use crate::domain::lang::Lang;
use crate::domain::time::Span;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn brief() -> Brief {
    Brief {
        from: Lang::parse("en").unwrap(),
        to: Lang::parse("ru").unwrap(),
        title: None,
        synopsis: None,
        heard: false,
        cps_max: 1000.0,
    }
}

fn lines(texts: &[&str]) -> Vec<Line> {
    let line = |(no, text): (u32, &&str)| Line {
        no,
        cues: no as usize..no as usize + 1,
        span: Span::new(i64::from(no) * 5000, i64::from(no) * 5000 + 4000),
        text: (*text).to_owned(),
        group: no / 3,
        scene: 0,
    };
    (0..).zip(texts).map(line).collect()
}

/// Lines as they are spoken, of two words and of twelve; some come twice, some have nothing to translate.
fn spoken(count: usize, chance: &mut Chance) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    while texts.len() < count {
        let text = match chance.below(20) {
            0 => "42".to_owned(),
            1 => "♪".to_owned(),
            2 if !texts.is_empty() => texts[chance.below(texts.len())].clone(),
            _ => sentence(chance),
        };
        texts.push(text);
    }
    texts
}

fn sentence(chance: &mut Chance) -> String {
    let word = |chance: &mut Chance| -> String {
        let letters = 2 + chance.below(8);
        (0..letters).map(|_| char::from(b'a' + chance.below(26) as u8)).collect()
    };
    let words: Vec<String> = (0..2 + chance.below(11)).map(|_| word(chance)).collect();
    let end = [".", "?", "!", "...", ""][chance.below(5)];
    let text = words.join(" ");
    format!("{}{}{end}", text[..1].to_uppercase(), &text[1..])
}

/// Drives a talk to its end; `deed` says what the model does of each request.
fn drive(
    batch: &[Line],
    mut reply: impl FnMut(usize, &Request) -> Reply,
) -> (Vec<Rendered>, usize) {
    let context = Context {
        before: vec![Pair { source: "Before.".to_owned(), target: translate("Before.") }],
        after: vec!["After all of it.".to_owned()],
        terms: Vec::new(),
    };
    let mut talk = Talk::new(&brief(), batch, context);
    for nth in 0.. {
        match talk.turn() {
            Turn::Done(done) => return (done, nth),
            Turn::Ask(request) => {
                assert_eq!(
                    talk.turn(),
                    Turn::Ask(request.clone()),
                    "the same until it is answered"
                );
                talk.answered(&reply(nth, &request));
            }
        }
    }
    unreachable!("no end");
}

/// Whether each line is right, or is kept with a reason.
fn faults(batch: &[Line], done: &[Rendered]) -> Vec<String> {
    let mut faults = Vec::new();
    if batch.len() != done.len() {
        faults.push(format!("{} lines became {}", batch.len(), done.len()));
    }
    for (line, it) in batch.iter().zip(done) {
        let wanted = match &it.how {
            How::Translated | How::Doubtful(_) => translate(&line.text),
            How::AsIs | How::Kept(_) => line.text.clone(),
            How::Remembered => "nothing is remembered here".to_owned(),
        };
        // A short line that stays as it is may be a name.
        if it.text != wanted && it.text != line.text {
            faults.push(format!("{:?} became {:?}, {:?}", line.text, it.text, it.how));
        }
    }
    faults
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_line_gets_another_ones_text(seed: u64, count in 1_usize..24, bad in 0_usize..=100) {
        let mut chance = Chance(seed);
        let texts = spoken(count, &mut chance);
        let batch = lines(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let mut deeds = Vec::new();
        let (done, requests) = drive(&batch, |_, request| {
            let any = Deed::ALL[chance.below(Deed::ALL.len())];
            let deed = if chance.below(100) < bad { any } else { Deed::Behave };
            deeds.push((deed, request.shape.clone()));
            answer(request, deed, &mut chance)
        });
        let faults = faults(&batch, &done);
        prop_assert!(faults.is_empty(), "{faults:#?} of {texts:#?} after {deeds:?}");
        prop_assert!(requests <= requests_max(count), "{requests} for {count} lines: {deeds:?}");
    }

    #[test]
    fn what_behaves_in_time_loses_nothing(seed: u64, count in 4_usize..24, until in 1_usize..3) {
        let mut chance = Chance(seed);
        let texts: Vec<String> = (0..count).map(|_| sentence(&mut chance)).collect();
        let batch = lines(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let mut deeds = Vec::new();
        let (done, _) = drive(&batch, |nth, request| {
            let any = Deed::ALL[chance.below(Deed::ALL.len())];
            let deed = if nth < until { any } else { Deed::Behave };
            deeds.push(deed);
            answer(request, deed, &mut chance)
        });
        let faults = faults(&batch, &done);
        prop_assert!(faults.is_empty(), "{faults:#?} of {texts:#?} after {deeds:?}");
        let kept: Vec<&Rendered> = done.iter().filter(|it| matches!(it.how, How::Kept(_))).collect();
        prop_assert!(kept.is_empty(), "{kept:#?} of {texts:#?} after {deeds:?}");
    }

    #[test]
    fn requests_are_bounded_whatever_comes(seed: u64, count in 0_usize..30, kind in 0_usize..4) {
        let mut chance = Chance(seed);
        let texts = spoken(count, &mut chance);
        let batch = lines(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let (done, requests) = drive(&batch, |_, request| match (kind, chance.below(2)) {
            (0, 0) | (1, _) => Reply::TooLong,
            (0, _) | (2, _) => Reply::Refused,
            (_, _) => answer(request, Deed::Greek, &mut chance),
        });
        prop_assert_eq!(done.len(), count);
        prop_assert!(requests <= requests_max(count), "{} for {} lines", requests, count);
        let translated = done.iter().filter(|it| it.how == How::Translated).count();
        prop_assert_eq!(translated, 0);
    }
}

#[test]
fn one_request_is_enough_where_all_is_well() {
    let batch = lines(&["Where is he?", "♪", "He left the house an hour ago.", "Oh!"]);
    let mut asked = Vec::new();
    let (done, requests) = drive(&batch, |_, request| {
        asked.push(sources(request));
        answer(request, Deed::Behave, &mut Chance(1))
    });
    assert_eq!((requests, faults(&batch, &done)), (1, Vec::new()));
    assert_eq!(asked, [vec!["Where is he?", "He left the house an hour ago.", "Oh!", END_MARK]]);
    assert_eq!(done[1], Rendered { text: "♪".to_owned(), how: How::AsIs, raw: None });
    let (done, requests) =
        drive(&lines(&["42", "♪"]), |_, _| unreachable!("nothing is to be asked"));
    assert_eq!((done.len(), requests), (2, 0));
    assert_eq!(drive(&[], |_, _| unreachable!("there is nothing")), (Vec::new(), 0));
}

/// A numbered answer of these texts.
fn say(texts: &[(u16, &str)]) -> Reply {
    let each =
        texts.iter().map(|(number, text)| format!("\"{number}\":{}", serde_json::json!(text)));
    let text = format!("{{{}}}", each.collect::<Vec<_>>().join(","));
    Reply::Text { text, cut: false }
}

/// The requests of a talk in short: shape, sources, and what was named as wrong.
fn follow(
    texts: &[&str],
    mut reply: impl FnMut(usize, &Request) -> Reply,
) -> (Vec<Rendered>, Vec<String>) {
    let mut asked = Vec::new();
    let (done, _) = drive(&lines(texts), |nth, request| {
        let wrong = request.user.lines().skip_while(|it| !it.starts_with("Wrong")).skip(1);
        let wrong: Vec<&str> =
            wrong.take_while(|it| it.starts_with(|it: char| it.is_ascii_digit())).collect();
        let mut told = format!("{:?} {}", request.shape, sources(request).join(" "));
        if !wrong.is_empty() {
            told.push_str(&format!(" ({})", wrong.join(", ")));
        }
        asked.push(told);
        reply(nth, request)
    });
    (done, asked)
}

const FOUR: [&str; 4] =
    ["Where is he?", "Gone!", "I told you that he would leave the house tonight.", "Oh, never."];

#[test]
fn what_is_missing_is_asked_again_with_the_lines_beside_it() {
    let (done, asked) = follow(&FOUR, |nth, request| {
        let deed = if nth == 0 { Deed::DropOne } else { Deed::Behave };
        answer(request, deed, &mut Chance(2))
    });
    assert_eq!(faults(&lines(&FOUR), &done), Vec::<String>::new());
    insta::assert_snapshot!(asked.join("\n"));
}

#[test]
fn what_is_never_said_is_asked_alone_in_the_end_and_kept() {
    // The model knows all lines but the second one.
    let (done, asked) = follow(&FOUR, |_, request| {
        let known = sources(request).into_iter().zip(1..).filter(|it| it.0 != FOUR[1]);
        let known: Vec<(u16, String)> =
            known.map(|(source, number)| (number, translate(&source))).collect();
        match (&request.shape, known.first()) {
            (Shape::Plain, first) => {
                let text = first.map(|it| it.1.clone()).unwrap_or_default();
                Reply::Text { text, cut: false }
            }
            (_, _) => say(&known.iter().map(|it| (it.0, it.1.as_str())).collect::<Vec<_>>()),
        }
    });
    assert_eq!(faults(&lines(&FOUR), &done), Vec::<String>::new());
    let kept: Vec<usize> = (0..4).filter(|it| matches!(done[*it].how, How::Kept(_))).collect();
    assert_eq!(kept, [1]);
    insta::assert_snapshot!(format!("{}\n{:?}", asked.join("\n"), done[1].how));
}

#[test]
fn only_the_line_that_is_refused_is_kept() {
    for reply in [Reply::Refused, Reply::TooLong] {
        let (done, asked) = follow(&FOUR, |_, request| {
            let offends = sources(request).iter().any(|it| it == FOUR[2]);
            if offends { reply.clone() } else { answer(request, Deed::Behave, &mut Chance(1)) }
        });
        assert_eq!(faults(&lines(&FOUR), &done), Vec::<String>::new());
        let kept: Vec<usize> = (0..4).filter(|it| matches!(done[*it].how, How::Kept(_))).collect();
        assert_eq!(kept, [2], "{asked:?}");
        assert_eq!(asked.len(), 5, "all, left half, right half, both of it: {asked:?}");
        let How::Kept(why) = &done[2].how else { panic!("{:?}", done[2]) };
        assert!(why.contains("translator"), "{why}");
    }
}

#[test]
fn of_an_answer_that_was_cut_what_is_complete_counts() {
    let (done, asked) = follow(&FOUR, |nth, request| match nth {
        0 => {
            let Reply::Text { text, .. } = say(&[(1, "Где он?"), (2, "Ушёл!"), (3, "Я же тебе")])
            else {
                unreachable!()
            };
            Reply::Text { text: text.strip_suffix("\"}").unwrap().to_owned(), cut: true }
        }
        _ => answer(request, Deed::Behave, &mut Chance(1)),
    });
    assert_eq!((done[0].text.as_str(), done[2].text.clone()), ("Где он?", translate(FOUR[2])));
    assert!(asked[1].contains(FOUR[2]) && !asked[1].contains(FOUR[0]), "{asked:?}");
}

#[test]
fn an_echo_tells_whose_text_it_is() {
    let (done, asked) = follow(&FOUR, |nth, request| {
        let deed = if nth < 2 { Deed::Rotate } else { Deed::Behave };
        answer(request, deed, &mut Chance(1))
    });
    assert_eq!(faults(&lines(&FOUR), &done), Vec::<String>::new());
    assert!(done.iter().all(|it| it.how == How::Translated), "{done:?}");
    insta::assert_snapshot!(asked.join("\n"));
}

#[test]
fn what_is_too_long_to_read_is_asked_again_once_and_then_kept_all_the_same() {
    let slow = |talk: &mut Talk, texts: [&str; 2]| {
        talk.answered(&say(&[(1, "Да."), (2, texts[0]), (3, "Нет."), (4, END_MARK)]));
        for text in &texts[1..] {
            talk.answered(&say(&[(1, text)]));
            if let Turn::Done(done) = talk.turn() {
                return done;
            }
            talk.tasks.iter().for_each(|it| assert_eq!(it.lines, [1], "the others are settled"));
        }
        panic!("{:?}", talk.turn())
    };
    let mut batch = lines(&["Yes.", "I told you he would go.", "No."]);
    batch[1].span = Span::new(5000, 6000);
    let brief = Brief { cps_max: 15.0, ..brief() };
    let start = || Talk::new(&brief, &batch, Context::default());
    let (long, longer) = (
        "Я говорил тебе, что он уедет из дома.",
        "Я же тебе говорил, что он из дома уедет сегодня.",
    );
    let done = slow(&mut start(), [long, longer]);
    assert_eq!(done[1].text, long);
    assert!(matches!(done[1].how, How::Doubtful(_)), "{:?}", done[1]);
}

#[test]
fn history_is_what_was_translated() {
    let hows = [
        How::Translated,
        How::Kept("why".to_owned()),
        How::Remembered,
        How::AsIs,
        How::Doubtful("long".to_owned()),
    ];
    let texts = ["a", "b", "c", "d", "e"];
    let rendered = |how: &How| Rendered { text: "х".to_owned(), how: how.clone(), raw: None };
    let done: Vec<(Line, Rendered)> =
        lines(&texts).into_iter().zip(hows.iter().map(rendered)).collect();
    let told = |count| history(&done, count).iter().map(|it| it.source.clone()).collect::<String>();
    assert_eq!((told(8), told(2), told(0)), ("ace".to_owned(), "ce".to_owned(), String::new()));
}
