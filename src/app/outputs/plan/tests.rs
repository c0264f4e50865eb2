//! What is planned, and what is not.

use super::*;
use proptest::prelude::*;

fn output(number: usize, there: There, video_there: bool) -> Fact {
    Fact::Output { path: PathBuf::from(format!("/films/{number}.eng.srt")), there, video_there }
}

fn films(facts: Vec<Fact>, refused: Option<&str>, percent: u8, accept: bool) -> Plan {
    let mut draft = Draft::new(["Films".to_owned()]);
    facts.into_iter().for_each(|it| draft.saw(Where::Library(0), it));
    draft.plan(vec![refused.map(str::to_owned)], percent, accept, 7)
}

#[test]
fn each_fact_has_its_act_or_its_note() {
    let id = FileId { device: 1, inode: 2, size: 3, mtime_ns: 4 };
    let (temp, out) = (PathBuf::from("/films/.kinora-1.tmp"), PathBuf::from("/films/1.eng.srt"));
    for (fact, acts, notes) in [
        (output(1, There::Same, true), "", ""),
        (
            output(1, There::Same, false),
            "",
            "/films/1.eng.srt is there, but its video is not: it is kept",
        ),
        (
            output(1, There::Changed, true),
            "",
            "/films/1.eng.srt was changed by somebody: it is theirs now, and kept",
        ),
        (
            output(1, There::Unreadable("permission denied".to_owned()), true),
            "",
            "/films/1.eng.srt cannot be read (permission denied): look at its disk and its rights",
        ),
        (
            output(1, There::Gone, true),
            "forget that /films/1.eng.srt was written: it is gone; its video is there, so the next look makes it again",
            "",
        ),
        (
            output(1, There::Gone, false),
            "forget that /films/1.eng.srt was written: it is gone, and so is its video",
            "",
        ),
        (
            Fact::Temp { path: temp.clone(), output: out.clone(), there: true },
            "put the temporary file /films/.kinora-1.tmp aside: it was left when /films/1.eng.srt was written",
            "",
        ),
        (
            Fact::Temp { path: temp, output: out, there: false },
            "forget the temporary file /films/.kinora-1.tmp: it is gone",
            "",
        ),
        (
            Fact::Placed { file: id, video: PathBuf::from("/films/1.mkv") },
            "forget where the subtitles of /films/1.mkv lay: they are gone, and so is it",
            "",
        ),
    ] {
        let plan = films(vec![fact.clone()], None, 100, false);
        let texts: Vec<String> = plan.acts.iter().map(Act::text).collect();
        assert_eq!(
            (texts.join("|").as_str(), plan.notes.join("|").as_str()),
            (acts, notes),
            "{fact:?}"
        );
    }
}

#[test]
fn what_it_comes_to_is_one_sentence() {
    let same = |many: usize| (0..many).map(|it| output(it, There::Same, true)).collect::<Vec<_>>();
    for (mut facts, more, expected) in [
        (same(0), vec![], "no subtitle was written yet"),
        (same(1), vec![], "the one subtitle is as it was written"),
        (same(5120), vec![], "all 5,120 subtitles are as they were written"),
        (
            same(96),
            vec![
                output(96, There::Gone, true),
                output(97, There::Gone, false),
                output(98, There::Gone, true),
                output(99, There::Changed, true),
            ],
            "of 100 subtitles 3 are gone, 1 was changed by somebody",
        ),
        (
            same(1),
            vec![output(1, There::Gone, true)],
            "of 2 subtitles 1 is gone, nothing is done in Films",
        ),
    ] {
        facts.extend(more);
        assert_eq!(films(facts, None, 5, false).summary(), expected);
    }
}

#[test]
fn where_too_much_is_gone_nothing_is_done_until_that_is_accepted() {
    for (gone, of, percent, accept, acts) in [
        (5, 100, 5, false, 5),
        (6, 100, 5, false, 0),
        (6, 100, 5, true, 6),
        (1, 100, 0, false, 0),
        (100, 100, 100, false, 100),
        (1, 19, 5, false, 0),
        (1, 20, 5, false, 1),
    ] {
        let there = |it| if it < gone { There::Gone } else { There::Same };
        let plan =
            films((0..of).map(|it| output(it, there(it), true)).collect(), None, percent, accept);
        assert_eq!(plan.acts.len(), acts, "{gone} of {of} at {percent}");
        let refused = plan.places[0].refused.clone().unwrap_or_default();
        assert_eq!(refused.is_empty(), acts > 0, "{refused}");
        assert!(refused.is_empty() || refused.contains("--accept-gone"), "{refused}");
    }
}

#[test]
fn a_library_that_is_not_to_be_trusted_is_left_and_another_is_not() {
    let mut draft = Draft::new(["Films".to_owned(), "Shows".to_owned()]);
    draft.saw(Where::Library(0), output(1, There::Gone, false));
    draft.saw(Where::Library(1), output(2, There::Gone, false));
    draft.saw(Where::Sent, output(3, There::Gone, false));
    draft.saw(Where::Elsewhere, output(4, There::Gone, false));
    let plan = draft.plan(vec![Some("it is away".to_owned()), None], 100, true, 0);
    let about: Vec<&Path> = plan.acts.iter().map(Act::path).collect();
    assert_eq!(about, [Path::new("/films/2.eng.srt"), Path::new("/films/3.eng.srt")]);
    assert_eq!(plan.elsewhere, 1);
}

fn there() -> impl Strategy<Value = There> {
    prop_oneof![
        Just(There::Same),
        Just(There::Changed),
        Just(There::Gone),
        Just(There::Unreadable("no".to_owned())),
    ]
}

proptest! {
    #[test]
    fn a_plan_only_names_what_is_gone_and_where_it_may(
        found in proptest::collection::vec((0_usize..4, there(), any::<bool>()), 0..60),
        percent in 0_u8..=100,
        accept in any::<bool>(),
    ) {
        let mut draft = Draft::new(["One".to_owned(), "Two".to_owned()]);
        let mut may = Vec::new();
        for (number, (place, there, video)) in found.iter().enumerate() {
            let place = [Where::Library(0), Where::Library(1), Where::Sent, Where::Elsewhere][*place];
            let fact = output(number, there.clone(), *video);
            // The second library is away.
            if *there == There::Gone && matches!(place, Where::Library(0) | Where::Sent) {
                may.push(format!("/films/{number}.eng.srt"));
            }
            draft.saw(place, fact);
        }
        let plan = draft.plan(vec![None, Some("away".to_owned())], percent, accept, 0);
        for act in &plan.acts {
            prop_assert!(may.contains(&show_path(act.path())), "{}", act.text());
        }
        let first = &plan.places[0];
        prop_assert_eq!(first.outputs, first.same + first.changed + first.gone + first.unreadable);
        if found.iter().all(|it| it.1 == There::Same) {
            prop_assert!(plan.acts.is_empty());
        }
        prop_assert_eq!(plan.id(), plan.clone().id());
    }
}
