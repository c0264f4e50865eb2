//! What holds whatever is there.

use super::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn a_lang() -> impl Strategy<Value = Lang> {
    const TAGS: &[&str] =
        &["en", "en-GB", "fr", "de", "zh", "zh-Hans", "zh-TW", "pt-BR", "pt", "nb", "no"];
    select(TAGS).prop_map(lang)
}

fn percent() -> impl Strategy<Value = u8> {
    prop_oneof![0_u8..=100, Just(0), Just(70), Just(100)]
}

prop_compose! {
    fn a_fit()(covered_percent in percent(), spoken_percent in percent(), starts_percent in percent()) -> Fit {
        Fit { covered_percent, spoken_percent, starts_percent }
    }
}

prop_compose! {
    fn a_weighed()(fit in a_fit(), mended in option::of(a_fit())) -> Weighed {
        Weighed { fit, alignment: mended.map(moved) }
    }
}

fn a_mode() -> impl Strategy<Value = SubtitleMode> {
    prop_oneof![
        1 => Just(SubtitleMode::Ignore),
        1 => Just(SubtitleMode::Reference),
        4 => Just(SubtitleMode::ReuseIfGood),
    ]
}

fn an_origin() -> impl Strategy<Value = Origin> {
    prop_oneof![
        (0..9_u32).prop_map(Origin::Embedded),
        Just(Origin::External("a.srt".into())),
        Just(Origin::Ours("b.srt".into())),
    ]
}

prop_compose! {
    fn an_existing()(
        origin in an_origin(),
        flags in any::<[bool; 5]>(),
        tag in option::of(a_lang()),
        text in option::of((a_lang(), any::<bool>())),
        bad in 0_u8..8,
        examined in proptest::bool::weighted(0.9),
    ) -> Existing {
        let [pictures, forced, hearing_impaired, trouble, utf8] = flags;
        let mut it = fine(origin);
        it.text = !(pictures && bad == 0);
        it.forced = forced && bad < 3;
        it.hearing_impaired = hearing_impaired;
        it.tag = tag;
        it.trouble = (trouble && bad == 1).then(|| "broken".to_owned());
        let looked = it.examined.as_mut().unwrap();
        looked.lang = text.map(|(lang, sure)| TextLang { lang, sure });
        looked.cues = if bad == 7 { 0 } else { 1000 };
        looked.encoding = if utf8 { "UTF-8" } else { "Big5" }.to_owned();
        it.examined = it.examined.filter(|_| examined && it.text && it.trouble.is_none());
        it
    }
}

prop_compose! {
    fn a_situation()(
        existing in vec(an_existing(), 0..7),
        weighed in vec(option::of(a_weighed()), 7),
        to in vec(a_lang(), 0..4),
        spoken in option::of(a_lang()),
        flags in any::<[bool; 8]>(),
        mode in a_mode(),
        rare in 0..20,
    ) -> Situation {
        let [mixed, anyway, elsewhere, deaf, translates, force, done, lock] = flags;
        let weighed = weighed.into_iter().enumerate().take(existing.len());
        Situation {
            done: (done && rare == 0).then_some(Done::NoSpeech),
            lock: (lock && rare == 1).then(|| ("x.lock".to_owned(), Ms(1))),
            weighed: weighed.filter_map(|(index, it)| Some((index, it?))).collect(),
            rules: ExistingRules { mode, work_anyway: anyway && rare < 5, good_percent: 70, keep_ours: false },
            force: force && rare < 5,
            existing, to, spoken, mixed, elsewhere, deaf, translates, endless: rare == 6,
        }
    }
}

proptest! {
    #[test]
    fn the_same_facts_give_the_same_decision(it in a_situation()) {
        let decision = it.decide();
        prop_assert_eq!(&decision, &it.decide());
        prop_assert!(!decision.reasons.is_empty());
    }

    #[test]
    fn a_plan_has_each_wanted_language_once_and_uses_no_pictures_and_nothing_forced(it in a_situation()) {
        let Verdict::Plan(plans) = it.decide().verdict else { return Ok(()) };
        let planned: Vec<&Lang> = plans.iter().map(|it| &it.lang).collect();
        let spoken: Vec<Lang> = it.spoken.iter().cloned().collect();
        let wanted = if it.to.is_empty() { &spoken } else { &it.to };
        let mut once = Vec::new();
        for lang in wanted {
            if !once.contains(&lang) {
                once.push(lang);
            }
        }
        prop_assert_eq!(planned, once);
        for plan in &plans {
            match plan.way {
                Way::There(index) | Way::Adopt(index) | Way::TranslateExisting(index) => {
                    let used = &it.existing[index];
                    prop_assert!(used.text && !used.forced && used.trouble.is_none());
                    prop_assert!(!it.force);
                    let same = used.lang().unwrap().same_language(&plan.lang);
                    let translated = matches!(plan.way, Way::TranslateExisting(_));
                    prop_assert!(same || translated);
                }
                Way::Listen | Way::ListenInEnglish | Way::TranslateHeard | Way::No(_) => {}
            }
        }
    }

    #[test]
    fn finding_out_what_is_asked_for_comes_to_an_end(
        it in a_situation(), found in vec(a_weighed(), 7), language in a_lang(),
    ) {
        let mut it = it;
        for _ in 0..=it.existing.len() + 1 {
            match it.decide().verdict {
                Verdict::NeedsLanguage => {
                    prop_assert!(it.spoken.is_none());
                    it.spoken = Some(language.clone());
                }
                Verdict::NeedsWeighing(these) => {
                    prop_assert!(!these.is_empty() && these.is_sorted());
                    for index in these {
                        prop_assert!(!matches!(it.existing[index].origin, Origin::Ours(_)));
                        let before = it.weighed.insert(index, found[index].clone());
                        prop_assert!(before.is_none(), "{} was weighed already", index);
                    }
                }
                Verdict::Done | Verdict::Locked | Verdict::Plan(_) => return Ok(()),
            }
        }
        prop_assert!(false, "still asking: {:?}", it.decide().verdict);
    }

    /// Once a language is there and needs nothing, knowing more of others does not make work.
    #[test]
    fn what_is_good_is_not_done_again(it in a_situation(), found in vec(a_weighed(), 7)) {
        let Verdict::Plan(plans) = it.decide().verdict else { return Ok(()) };
        let mut more = it.clone();
        for (index, weighed) in found.into_iter().enumerate().take(it.existing.len()) {
            more.weighed.entry(index).or_insert(weighed);
        }
        let Verdict::Plan(then) = more.decide().verdict else { return Err(TestCaseError::fail("no plan")) };
        for (plan, then) in plans.iter().zip(&then) {
            prop_assert_eq!(matches!(plan.way, Way::There(_)), matches!(then.way, Way::There(_)));
        }
    }
}
