//! Lines, groups, scenes and batches of any film.

use super::*;
use proptest::prelude::*;
use proptest::sample::select;

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

fn cue(start: i64, end: i64, text: &str) -> SourceCue {
    SourceCue { span: Span::new(start, end), text: text.to_owned() }
}

/// Cues of two seconds, 100 ms apart.
fn film(texts: &[&str]) -> Vec<SourceCue> {
    let at = |index: usize| 2100 * index as i64;
    texts.iter().enumerate().map(|(index, it)| cue(at(index), at(index) + 2000, it)).collect()
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|it| it.text.as_str()).collect()
}

/// Language, cues, lines.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const JOINED: [Row; 26] = [
    ("en", &["We will go to", "the station tomorrow."], &["We will go to the station tomorrow."]),
    (
        "en",
        &["When we get there,", "Mary will", "be gone.", "Really?"],
        &["When we get there, Mary will be gone.", "Really?"],
    ),
    ("en", &["I spoke to Mr.", "Smith today."], &["I spoke to Mr. Smith today."]),
    ("en", &["I think", "I'm late."], &["I think I'm late."]),
    ("en", &["It happened in", "1984.", "Yes."], &["It happened in 1984.", "Yes."]),
    ("en", &["\"Go home.\"", "he said."], &["\"Go home.\" he said."]),
    ("en", &["\"Why?\"", "he said."], &["\"Why?\" he said."]),
    ("en", &["Hello", "My name is Ann."], &["Hello", "My name is Ann."]),
    ("en", &["I was going to", "- No!"], &["I was going to", "- No!"]),
    ("en", &["- Who is", "there? - Me."], &["- Who is", "there? - Me."]),
    ("en", &["I saw", "MARY: me too."], &["I saw", "MARY: me too."]),
    ("en", &["and then", "[door slams]", "he left."], &["and then", "[door slams]", "he left."]),
    ("en", &["♪ we are ♪", "the same."], &["♪ we are ♪", "the same."]),
    ("en", &["I thought...", "that you knew."], &["I thought... that you knew."]),
    ("en", &["I thought...", "You did?"], &["I thought...", "You did?"]),
    ("en", &["one", "♪", "two."], &["one", "two."]),
    ("en", &["he", "she", "it", "we."], &["he she it", "we."]),
    (
        "en",
        &["no stops here", "none at all", "nothing", "ever", "ends"],
        &["no stops here", "none at all", "nothing", "ever", "ends"],
    ),
    ("de", &["Ich habe das", "Haus gesehen."], &["Ich habe das Haus gesehen."]),
    ("zh", &["我们明天", "早上见面。", "好。"], &["我们明天早上见面。", "好。"]),
    ("zh", &["我用iPhone", "ok吗？"], &["我用iPhone ok吗？"]),
    (
        "zh",
        &["我们走吧", "好的", "再见", "明天见", "晚安"],
        &["我们走吧", "好的", "再见", "明天见", "晚安"],
    ),
    ("ja", &["明日の朝、", "駅で会いましょう。"], &["明日の朝、駅で会いましょう。"]),
    ("ar", &["سنذهب غدا", "إلى المحطة."], &["سنذهب غدا إلى المحطة."]),
    ("ru", &["Мы пойдём", "на вокзал.", "— Да."], &["Мы пойдём на вокзал.", "— Да."]),
    ("th", &["พรุ่งนี้เราจะไป", "ที่สถานี"], &["พรุ่งนี้เราจะไป", "ที่สถานี"]),
];

#[test]
fn a_sentence_over_several_cues_is_one_line() {
    for (tag, cues, wanted) in JOINED {
        let lines = lines(&film(cues), &lang(tag), &CutLimits::default());
        assert_eq!(texts(&lines), wanted, "{tag} {cues:?}");
    }
}

#[test]
fn pauses_lengths_and_overlaps_end_a_line() {
    let limits = CutLimits::default();
    let count = |cues: &[SourceCue], limits: &CutLimits| lines(cues, &lang("en"), limits).len();
    let two = |from: i64, to: i64| [cue(0, 2000, "we will go"), cue(from, to, "to the station.")];
    assert_eq!(count(&two(2000, 4000), &limits), 1);
    assert_eq!(count(&two(3000, 5000), &limits), 1);
    assert_eq!(count(&two(3001, 5000), &limits), 2);
    assert_eq!(count(&two(1900, 5000), &limits), 1);
    assert_eq!(count(&two(1899, 5000), &limits), 2);
    assert_eq!(count(&two(2000, 16_000), &limits), 1);
    assert_eq!(count(&two(2000, 16_001), &limits), 2);
    assert_eq!(count(&two(2000, 4000), &CutLimits { batch_chars: 25, ..limits }), 2);
    let long = "x".repeat(230);
    assert_eq!(count(&[cue(0, 9, &long), cue(9, 20, "and more, more.")], &limits), 2);
}

#[test]
fn a_line_says_where_it_stands() {
    let cues = film(&["", "We go", "home now.", "♪ - !", "Good."]);
    let lines = lines(&cues, &lang("en"), &CutLimits::default());
    let wanted = [(0, 1..3, Span::new(2100, 6200)), (1, 4..5, Span::new(8400, 10_400))];
    let found: Vec<_> = lines.iter().map(|it| (it.no, it.cues.clone(), it.span)).collect();
    assert_eq!(found, wanted);
}

#[test]
fn what_a_cue_says_is_one_line() {
    let rows: [(&str, &[&str], &str); 5] = [
        ("en", &["Hello", "world"], "Hello world"),
        ("zh", &["你好，", "世界"], "你好，世界"),
        ("zh", &["- 你好", "- 世界"], "- 你好 - 世界"),
        ("he", &["\u{202b}שלום,\u{202c}", "עולם"], "שלום, עולם"),
        ("ko", &["안녕", "하세요"], "안녕 하세요"),
    ];
    for (tag, lines, wanted) in rows {
        let lines = lines.iter().map(|it| (*it).to_owned()).collect();
        let cue = Cue { span: Span::new(1, 2), lines, confidence: 1.0 };
        assert_eq!(source(&cue, &lang(tag)).text, wanted);
    }
}

/// A cue each second that ends a sentence, with longer gaps before some.
fn gaps(count: i64, longer: &[(i64, i64)]) -> Vec<SourceCue> {
    let mut at = 0;
    let cue = |index: i64| {
        at += 1000 + longer.iter().find(|it| it.0 == index).map_or(0, |it| it.1);
        cue(at - 900, at, &format!("This is cue {index}."))
    };
    (0..count).map(cue).collect()
}

#[test]
fn long_gaps_part_scenes_where_lines_enough_are_left() {
    type Row<'a> = (i64, &'a [(i64, i64)], &'a [usize]);
    let rows: [Row<'_>; 7] = [
        (12, &[], &[]),
        (12, &[(6, 29_800)], &[]),
        (12, &[(6, 29_900)], &[6]),
        (12, &[(2, 60_000)], &[]),
        (12, &[(5, 40_000), (6, 60_000)], &[6]),
        (12, &[(5, 60_000), (6, 40_000)], &[5]),
        (6, &[(1, 90_000), (2, 90_000), (3, 90_000), (4, 90_000), (5, 90_000)], &[]),
    ];
    for (count, longer, wanted) in rows {
        let lines = lines(&gaps(count, longer), &lang("en"), &CutLimits::default());
        let cuts: Vec<usize> =
            (1..lines.len()).filter(|at| lines[*at].scene != lines[at - 1].scene).collect();
        assert_eq!(cuts, wanted, "{count} {longer:?}");
    }
}

#[test]
fn groups_end_where_it_pauses() {
    let longer = [(3, 1500), (6, 1500), (9, 2900), (10, 1000)];
    let lines = lines(&gaps(12, &longer), &lang("en"), &CutLimits::default());
    let groups: Vec<u32> = lines.iter().map(|it| it.group).collect();
    // Before cue 3 the group is short still, before cue 10 again.
    assert_eq!(groups, [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2]);
}

#[test]
fn requests_are_of_one_size_and_of_whole_groups() {
    let lines = lines(&gaps(50, &[]), &lang("en"), &CutLimits::default());
    let cut = |batch_lines, batch_chars| {
        let limits = CutLimits { batch_lines, batch_chars, ..CutLimits::default() };
        batches(&lines, &limits).into_iter().map(|it| it.len()).collect::<Vec<_>>()
    };
    assert_eq!(cut(20, 1500), [20, 10, 20]);
    assert_eq!(cut(40, 1500), [30, 20]);
    assert_eq!(cut(50, 1500), [50]);
    assert_eq!(cut(20, 1), vec![1; 50]);
    // Groups of ten fit no request of seven.
    assert_eq!(cut(7, 1500), [7, 7, 6, 6, 6, 6, 6, 6]);
}

const WORDS: &[&str] = &[
    "the",
    "house",
    "and",
    "Mr.",
    "home.",
    "well,",
    "I",
    "why?",
    "—",
    "- ",
    "-",
    "NAME:",
    "[door]",
    "♪",
    "...",
    "…",
    "дом.",
    "и",
    "שלום",
    "مرحبا،",
    "今天",
    "很好。",
    "「東京",
    "は",
    "สวัสดี",
    "한국어",
    "\"",
    "1984",
    "\n",
    "\u{3000}",
];

fn any_film() -> impl Strategy<Value = Vec<SourceCue>> {
    let gap = prop_oneof![8 => -300..1500_i64, 2 => 0..9000_i64, 1 => -90_000..90_000_i64];
    let text = prop_oneof![
        9 => prop::collection::vec(select(WORDS), 0..7).prop_map(|it| it.join(" ")),
        1 => any::<String>(),
        1 => "[a-z ]{0,300}",
    ];
    prop::collection::vec((gap, 1..5000_i64, text), 0..60).prop_map(|rows| {
        let mut at = 0;
        let cue = |(gap, length, text): (i64, i64, String)| {
            let start = at + gap;
            at = start + length;
            SourceCue { span: Span::new(start, at), text }
        };
        rows.into_iter().map(cue).collect()
    })
}

fn any_limits() -> impl Strategy<Value = CutLimits> {
    (prop_oneof![Just(30_000), 0..60_000_i64], 0..40_u16, 0..2000_u16).prop_map(
        |(gap, batch_lines, batch_chars)| CutLimits {
            scene_gap: Ms(gap),
            batch_lines,
            batch_chars,
        },
    )
}

fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

proptest! {
    #[test]
    fn every_cue_with_words_is_in_one_line(
        cues in any_film(),
        limits in any_limits(),
        tag in select(vec!["en", "de", "ru", "zh", "ja", "th", "ar", "ko"]),
    ) {
        let lines = lines(&cues, &lang(tag), &limits);
        let shown: Vec<usize> = lines.iter().flat_map(|it| it.cues.clone()).collect();
        let said: Vec<usize> = (0..cues.len()).filter(|at| has_words(&cues[*at].text)).collect();
        prop_assert_eq!(shown, said);
        for (no, line) in lines.iter().enumerate() {
            prop_assert_eq!(line.no as usize, no);
            let own = &cues[line.cues.clone()];
            prop_assert!(own.len() <= SENTENCE_CUES_MAX);
            let text: String = own.iter().map(|it| it.text.as_str()).collect();
            prop_assert_eq!(bare(&line.text), bare(&text));
            prop_assert!(!line.text.contains(['\n', '\r']) && line.text.trim() == line.text);
            prop_assert_eq!(line.span.start, own[0].span.start);
            prop_assert_eq!(Some(line.span.end), own.iter().map(|it| it.span.end).max());
            if own.len() > 1 {
                prop_assert!(line.span.len().0 <= SENTENCE_MS_MAX);
                prop_assert!(line.text.chars().count() <= SENTENCE_CHARS_MAX.min(limits.batch_chars.into()));
                prop_assert!(!own.iter().any(|it| is_dialogue(it.text.trim())));
            }
        }
        for pair in lines.windows(2) {
            let (scene, group) = (pair[1].scene - pair[0].scene, pair[1].group - pair[0].group);
            prop_assert!(scene <= 1 && group <= 1 && group >= scene);
        }
        if let Some(first) = lines.first() {
            prop_assert_eq!((first.scene, first.group), (0, 0));
        }
    }

    #[test]
    fn batches_cover_all_lines_within_limits(cues in any_film(), limits in any_limits(), drop in 0..5_usize) {
        let mut lines = lines(&cues, &lang("en"), &limits);
        // Lines that are known already are in no batch.
        let mut index = 0;
        lines.retain(|_| {
            index += 1;
            drop == 0 || index % (drop + 1) != 0
        });
        let batches = batches(&lines, &limits);
        let covered: Vec<usize> = batches.iter().cloned().flatten().collect();
        prop_assert_eq!(covered, (0..lines.len()).collect::<Vec<_>>());
        let chars = |it: &Range<usize>| lines[it.clone()].iter().map(|it| it.text.chars().count()).sum::<usize>();
        let fits = |it: &Range<usize>| it.len() <= limits.batch_lines.into() && chars(it) <= limits.batch_chars.into();
        for batch in &batches {
            prop_assert!(batch.len() == 1 || fits(batch));
            prop_assert_eq!(lines[batch.start].scene, lines[batch.end - 1].scene);
            let cut = batch.end < lines.len() && lines[batch.end - 1].group == lines[batch.end].group;
            let of_group = |group| lines.iter().position(|it| it.group == group).unwrap_or(0)
                ..lines.iter().rposition(|it| it.group == group).unwrap_or(0) + 1;
            prop_assert!(!cut || !fits(&of_group(lines[batch.end].group)), "a group that fits is whole");
        }
        for pair in batches.windows(2) {
            let (a, b) = (&lines[pair[0].start], &lines[pair[1].start]);
            let both = pair[0].start..pair[1].end;
            prop_assert!(a.scene != b.scene || !fits(&both), "no more batches than there must be");
        }
    }
}
