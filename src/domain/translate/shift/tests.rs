//! Shifts of a dialogue without digits, repeated neighbours, echoes.

use super::dialogue_texts::DIALOGUE;
use super::*;
use crate::domain::lang::Lang;

/// Languages of the dialogue, in its order.
const LANGS: [&str; 4] = ["en", "de", "fr", "zh-Hans"];
/// Lines of a batch.
const LINES: usize = 20;
/// Batches begin so many lines apart.
const STEP: usize = 4;
/// Fewer shifted lines than these are found where they tell, which is not promised.
const SHIFTED_MIN: usize = 4;

/// Texts of a batch, and one more line that comes after it.
type Texts<'a> = Vec<&'a str>;

/// Ways to go wrong: what is said then, and from which place to which.
fn wrong(said: &Texts<'_>, at: usize) -> Vec<(&'static str, Vec<String>, std::ops::Range<usize>)> {
    let said: Vec<String> = said.iter().map(|it| (*it).to_owned()).collect();
    let (batch, next) = (&said[..LINES], &said[LINES]);
    let from = at % (LINES - SHIFTED_MIN + 1);
    let merged = format!("{} {}", batch[from], batch[from + 1]);
    let tail = |last: &String| {
        [
            &batch[..from],
            std::slice::from_ref(&merged),
            &batch[from + 2..],
            std::slice::from_ref(last),
        ]
        .concat()
    };
    let mut rotated = batch.to_vec();
    rotated.rotate_right(1);
    vec![
        ("merged, shifted, gone on", tail(next), from..LINES),
        ("merged, shifted, last twice", tail(&batch[LINES - 1]), from..LINES),
        (
            "one dropped",
            [&batch[..from], &batch[from + 1..], std::slice::from_ref(next)].concat(),
            from..LINES,
        ),
        ("all by one", said[1..].to_vec(), 0..LINES),
        ("rotated", rotated, 0..LINES),
    ]
}

fn found(sources: &[&str], said: &[String], from: &Lang, to: &Lang) -> Vec<usize> {
    let pairs: Vec<Beside<'_>> =
        sources.iter().zip(said).map(|(source, said)| Beside { source, said }).collect();
    suspicious(&pairs, from, to)
}

#[derive(Default)]
struct Figures {
    batches: usize,
    alarms: usize,
    /// Of each way to go wrong: how often, found, and lines of those that stood wrong and were named, percent.
    wrong: std::collections::BTreeMap<&'static str, (usize, usize, usize)>,
}

impl Figures {
    fn count(&mut self, column: (usize, usize)) {
        let [from, to] = [column.0, column.1].map(|it| Lang::parse(LANGS[it]).unwrap());
        let of = |column: usize| DIALOGUE.iter().map(|it| it[column]).collect::<Vec<&str>>();
        let (sources, said) = (of(column.0), of(column.1));
        for begin in (0..DIALOGUE.len() - LINES).step_by(STEP) {
            let (sources, said) =
                (&sources[begin..begin + LINES], said[begin..=begin + LINES].to_vec());
            let right: Vec<String> = said[..LINES].iter().map(|it| (*it).to_owned()).collect();
            self.batches += 1;
            let alarm = found(sources, &right, &from, &to);
            if !alarm.is_empty() {
                println!(
                    "{from} {to} {:?}",
                    alarm.iter().map(|it| (sources[*it], &right[*it])).collect::<Vec<_>>()
                );
            }
            self.alarms += usize::from(!alarm.is_empty());
            for (name, said, places) in wrong(&said, begin * 7 + column.1) {
                let found = found(sources, &said, &from, &to);
                let named = found.iter().filter(|it| places.contains(it)).count();
                let figures = self.wrong.entry(name).or_default();
                figures.0 += 1;
                figures.1 += usize::from(named > 0);
                figures.2 += named * 100 / places.len();
            }
        }
    }
}

#[test]
fn shifts_are_found_in_a_dialogue_without_digits() {
    let mut all = Figures::default();
    for from in 0..LANGS.len() {
        for to in (0..LANGS.len()).filter(|to| *to != from) {
            all.count((from, to));
        }
    }
    println!("{} batches, {} false alarms", all.batches, all.alarms);
    for (name, (count, found, named)) in &all.wrong {
        println!("{name}: {} % found, {} % of the lines", found * 100 / count, named / count);
    }
    assert!(all.alarms * 100 <= all.batches * 3, "{} of {}", all.alarms, all.batches);
    for (name, (count, found, named)) in all.wrong {
        assert!(found * 100 >= count * 95, "{name}: {found} of {count}");
        assert!(named >= count * 85, "{name}: {} % of the lines", named / count);
    }
}

#[test]
fn two_that_were_swapped_are_found() {
    let de = Lang::parse("de").unwrap();
    let en = Lang::parse("en").unwrap();
    let sources: Vec<&str> = DIALOGUE[..LINES].iter().map(|it| it[0]).collect();
    let mut said: Vec<String> = DIALOGUE[..LINES].iter().map(|it| it[1].to_owned()).collect();
    said.swap(3, 4);
    let found = found(&sources, &said, &en, &de);
    assert!(found.contains(&3) && found.contains(&4) && found.len() <= 4, "{found:?}");
}

#[test]
fn repeated_neighbours_are_found() {
    let (en, zh) = (Lang::parse("en").unwrap(), Lang::parse("zh").unwrap());
    type Row = (&'static [(&'static str, &'static str)], &'static [usize]);
    let table: &[Row] = &[
        (
            &[
                ("I saw him yesterday.", "我昨天看见他了。"),
                ("Give me the money.", "我昨天看见他了。"),
            ],
            &[0, 1],
        ),
        (
            &[
                ("I saw him yesterday.", "我昨天看见他了。"),
                ("I saw him yesterday!", "我昨天看见他了！"),
            ],
            &[],
        ),
        (&[("Yes.", "好的。"), ("All right.", "好的。")], &[]),
        (
            &[
                ("I saw him yesterday.", "我昨天看见他了，把钱给我吧。"),
                ("Give me the money.", "把钱给我吧。"),
            ],
            &[0, 1],
        ),
        (&[], &[]),
        (&[("Hello.", "你好。")], &[]),
    ];
    for (pairs, wanted) in table {
        let sources: Vec<&str> = pairs.iter().map(|it| it.0).collect();
        let said: Vec<String> = pairs.iter().map(|it| it.1.to_owned()).collect();
        assert_eq!(&found(&sources, &said, &en, &zh), wanted, "{pairs:?}");
    }
}

#[test]
fn echoes_name_their_line() {
    let table = [
        ("Where have you been", "Where have you been all night?", true),
        ("where HAVE  you, been", "Where have you been all night?", true),
        ("Where have y", "Where have you been all night?", true),
        ("Where hve you been", "Where have you been all night?", true),
        ("Ou etais", "Où étais-tu ?", true),
        ("你一整晚", "你一整晚都去哪儿了？", true),
        ("No", "No.", true),
        ("I was worried", "I was worried sick.", true),
        ("I was", "I was worried sick.", true),
        ("I was late", "I was worried sick.", false),
        ("Nobody came", "No.", false),
        ("I was worried", "The train was late.", false),
        ("Where were you", "Where have you been all night?", false),
        ("Press 1 to", "Press 2 to hear it.", false),
        ("我都快", "你一整晚都去哪儿了？", false),
        ("", "Where?", false),
        ("Where?", "", false),
        ("...", "?!", true),
    ];
    for (echo, source, wanted) in table {
        assert_eq!(echoes(echo, source), wanted, "{echo:?} for {source:?}");
    }
}
