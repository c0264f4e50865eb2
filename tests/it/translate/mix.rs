//! Thousands of lines through a server that gets every third answer wrong, each time in another way.

use super::studio::{IMPATIENT, Speech, Studio, Verdict, judge, lines};
use crate::support::film::Chance;
use crate::support::llm::Script;
use crate::support::llm::asked::Asked;
use crate::support::llm::misdeed::Misdeed;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Lines of a film.
const LINES: usize = 250;
/// Lines of a scene.
const SCENE: usize = 45;
/// Films where somebody waits, and where nobody does: 1,000 lines, and 10,000.
const FILMS: u64 = 4;
const FILMS_SOAK: u64 = 40;
/// Of so many answers one is wrong.
const WRONG_OF: u64 = 3;

/// What a server knows, for all of a film.
#[derive(Clone, Copy, Debug)]
enum Knows {
    Schema,
    Object,
    Text,
}

impl Knows {
    /// What it refuses always.
    fn refuses(self, asked: &Asked) -> Option<Misdeed> {
        use crate::support::llm::asked::Told;
        match (self, asked.told) {
            (Knows::Schema, _) | (_, Told::Nothing) | (Knows::Object, Told::Object) => None,
            (Knows::Object, Told::Schema) => Some(Misdeed::RefusesSchema),
            (Knows::Text, Told::Schema | Told::Object) => Some(Misdeed::RefusesJson),
        }
    }
}

/// Refusals are for ever: they are no part of what happens now and then.
fn now_and_then() -> Vec<Misdeed> {
    let refusals = [Misdeed::RefusesSchema, Misdeed::RefusesJson];
    Misdeed::ALL.iter().copied().filter(|it| !refusals.contains(it)).collect()
}

#[test]
fn every_line_is_there_once_in_order_with_its_own_text() {
    let films = if std::env::var_os("KINORA_SOAK").is_some() { FILMS_SOAK } else { FILMS };
    let (mut sum, mut requests, mut sent, mut cached, mut answered) =
        (Verdict::default(), 0, 0, 0, 0);
    let mut misdeeds: BTreeMap<Misdeed, usize> = BTreeMap::new();
    for film in 0..films {
        let (speech, knows) = match film % 4 {
            0 => (Speech::OpenAi, Knows::Schema),
            1 => (Speech::Ollama, Knows::Schema),
            2 => (Speech::OpenAi, Knows::Object),
            _ => (Speech::OpenAi, Knows::Text),
        };
        let lines = lines(LINES, film, SCENE);
        let studio = Studio::new(speech, moody(film, knows), 4, IMPATIENT);
        let verdict = judge(&lines, &studio.shoot(&lines, 100).unwrap());
        let tally = studio.server.tally();
        println!(
            "film {film}, {speech:?}, {knows:?}: {} lines, {} requests, {verdict}",
            lines.len(),
            tally.requests
        );
        requests += tally.requests;
        sent += tally.sent;
        cached += tally.cached;
        answered += tally.answered;
        sum.right += verdict.right;
        sum.doubtful += verdict.doubtful;
        sum.kept += verdict.kept;
        sum.wrong.extend(verdict.wrong);
        for (misdeed, times) in tally.misdeeds {
            *misdeeds.entry(misdeed).or_default() += times;
        }
    }
    println!(
        "all: {requests} requests, {sent} tokens ({cached} cached), {answered} answered; {sum}; {misdeeds:?}"
    );
    assert!(sum.wrong.is_empty(), "{:#?}", sum.wrong);
    assert_eq!(sum.good(), films as usize * LINES);
    assert!(sum.right * 100 >= sum.good() * 99, "most of it is healed");
    let never: Vec<Misdeed> =
        now_and_then().into_iter().filter(|it| !misdeeds.contains_key(it)).collect();
    assert!(films < FILMS_SOAK || never.is_empty(), "these did not happen: {never:?}");
}

/// Wrong now and then, and by the request alone: when threads ask is chance.
fn moody(film: u64, knows: Knows) -> Script {
    let kinds = now_and_then();
    let script = Script::new(move |asked| {
        if let Some(refusal) = knows.refuses(asked) {
            return Some(refusal);
        }
        let text = format!("{film} {} {:?}", asked.again, asked.lines);
        let hash = blake3::hash(text.as_bytes());
        let mut chance = Chance(u64::from_le_bytes(*hash.as_bytes().first_chunk().unwrap()));
        let wrong = chance.between(1, WRONG_OF) == 1;
        wrong.then(|| kinds[chance.between(0, kinds.len() as u64 - 1) as usize])
    });
    Script { seed: film, ..script }
}

fn any_misdeed() -> impl Strategy<Value = Option<Misdeed>> {
    prop_oneof![
        1 => Just(None),
        // A server that hangs costs a second each time.
        2 => proptest::sample::select(Misdeed::ALL)
            .prop_filter("quick", |it| *it != Misdeed::Hangs)
            .prop_map(Some),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is answered, in whatever order: healed, or kept and told.
    #[test]
    fn no_schedule_of_misdeeds_loses_or_moves_a_line(
        schedule in proptest::collection::vec(any_misdeed(), 1..40),
        seed in 0..1_000_u64,
        count in 1..40_usize,
        ollama in any::<bool>(),
    ) {
        let lines = lines(count, seed, 25);
        let speech = if ollama { Speech::Ollama } else { Speech::OpenAi };
        let script = Script::new(move |it| schedule.get(it.nth).copied().flatten());
        let studio = Studio::new(speech, Script { seed, ..script }, 1, IMPATIENT * 10);
        let verdict = judge(&lines, &studio.shoot(&lines, 100).unwrap());
        prop_assert!(verdict.wrong.is_empty(), "{:#?}", verdict.wrong);
        prop_assert_eq!(verdict.good(), lines.len());
    }
}
