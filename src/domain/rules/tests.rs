//! What is decided: a table of situations.

use super::*;
use crate::domain::existing::{Examined, Origin, TextLang};
use crate::domain::order::SubtitleMode;
use crate::domain::reason::lines;
use crate::domain::subtitle::Format;
use crate::domain::sync::{Alignment, Fit, Piece};

mod property_tests;

const FILM: Ms = Ms(6_000_000);

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

/// What a film and an owner are; `Facts` and `Policy` borrow from it.
#[derive(Clone, Debug, Default)]
struct Situation {
    done: Option<Done>,
    lock: Option<(String, Ms)>,
    spoken: Option<Lang>,
    mixed: bool,
    existing: Vec<Existing>,
    weighed: BTreeMap<usize, Weighed>,
    to: Vec<Lang>,
    rules: ExistingRules,
    force: bool,
    elsewhere: bool,
    deaf: bool,
    translates: bool,
    endless: bool,
}

impl Situation {
    fn decide(&self) -> Decision {
        let facts = Facts {
            done: self.done.clone(),
            lock: self.lock.clone(),
            spoken: self.spoken.clone(),
            mixed: self.mixed,
            duration: Some(FILM).filter(|_| !self.endless),
            existing: &self.existing,
            weighed: self.weighed.clone(),
        };
        decide(&facts, &self.policy())
    }

    fn policy(&self) -> Policy<'_> {
        Policy {
            to: &self.to,
            existing: self.rules,
            force: self.force,
            elsewhere: self.elsewhere,
            hears_english: !self.deaf,
            translates: self.translates,
        }
    }

    /// Reads a line: words about the film and the wish, then each subtitle behind a `|`. A subtitle begins with where
    /// it is: `3` for a track, `a.srt` for a file, `*a.srt` for one of ours.
    fn read(line: &str) -> Situation {
        let mut parts = line.split('|');
        let mut it = Situation::default();
        for word in parts.next().unwrap().split_whitespace() {
            it.take(word);
        }
        for (index, part) in parts.enumerate() {
            let (existing, weighed) = subtitle(part);
            it.existing.push(existing);
            it.weighed.extend(weighed.map(|it| (index, it)));
        }
        it
    }

    fn take(&mut self, word: &str) {
        let (word, value) = word.split_once('=').unwrap_or((word, ""));
        let names = || value.split(',').filter(|it| !it.is_empty());
        match word {
            "to" => self.to = names().map(lang).collect(),
            "spoken" => self.spoken = Some(lang(value)),
            "mixed" => self.mixed = true,
            "done" => self.done = Some(Done::Written(names().map(str::to_owned).collect())),
            "silent" => self.done = Some(Done::NoSpeech),
            "lock" => self.lock = Some((value.to_owned(), Ms(725_000))),
            "force" => self.force = true,
            "elsewhere" => self.elsewhere = true,
            "deaf" => self.deaf = true,
            "translates" => self.translates = true,
            "endless" => self.endless = true,
            "ignore" => self.rules.mode = SubtitleMode::Ignore,
            "reference" => self.rules.mode = SubtitleMode::Reference,
            "anyway" => self.rules.work_anyway = true,
            "good" => self.rules.good_percent = value.parse().unwrap(),
            other => panic!("`{other}` is no word of this table"),
        }
    }
}

fn subtitle(part: &str) -> (Existing, Option<Weighed>) {
    let mut words = part.split_whitespace();
    let place = words.next().unwrap();
    let origin = match (place.parse(), place.strip_prefix('*')) {
        (Ok(index), _) => Origin::Embedded(index),
        (Err(_), Some(ours)) => Origin::Ours(ours.into()),
        (Err(_), None) => Origin::External(place.into()),
    };
    let mut it = fine(origin);
    let mut weighed = None;
    for word in words {
        let (word, value) = word.split_once('=').unwrap_or((word, ""));
        let examined = it.examined.as_mut().unwrap();
        match word {
            "tag" => it.tag = Some(lang(value)),
            "text" => examined.lang = Some(TextLang { lang: lang(value), sure: true }),
            "seems" => examined.lang = Some(TextLang { lang: lang(value), sure: false }),
            "title" => it.title = Some(value.to_owned()),
            "forced" => it.forced = true,
            "hi" => it.hearing_impaired = true,
            "cues" => examined.cues = value.parse().unwrap(),
            "fast" => examined.too_fast_percent = value.parse().unwrap(),
            "encoding" => examined.encoding = value.to_owned(),
            "last" => examined.last = Ms(value.parse().unwrap()),
            "shown" => examined.shown = Ms(value.parse().unwrap()),
            "fit" => weighed = Some(Weighed { fit: fit(value), alignment: None }),
            "mended" => weighed.as_mut().unwrap().alignment = Some(moved(fit(value))),
            "pictures" => (it.text, it.codec) = (false, "hdmv_pgs_subtitle".to_owned()),
            "trouble" => it.trouble = Some("its text could not be read".to_owned()),
            other => panic!("`{other}` is no word of a subtitle"),
        }
    }
    if !it.text || it.trouble.is_some() {
        it.examined = None;
    }
    (it, weighed)
}

/// With nothing wrong, in no language.
fn fine(origin: Origin) -> Existing {
    let examined = Examined {
        format: Format::Srt,
        encoding: "UTF-8".to_owned(),
        cues: 1000,
        shown: Ms(2_000_000),
        first: Ms(60_000),
        last: Ms(5_800_000),
        too_fast_percent: 3,
        lang: None,
        digest: [0; 32],
    };
    Existing {
        origin,
        codec: "subrip".to_owned(),
        text: true,
        tag: None,
        title: None,
        forced: false,
        hearing_impaired: false,
        examined: Some(examined),
        trouble: None,
    }
}

/// `covered/starts`.
fn fit(figures: &str) -> Fit {
    let (covered, starts) = figures.split_once('/').unwrap();
    let percent = |it: &str| it.parse().unwrap();
    Fit { covered_percent: percent(covered), spoken_percent: 60, starts_percent: percent(starts) }
}

fn moved(fit: Fit) -> Alignment {
    let piece = Piece { from: Ms(0), ratio: 1.0, offset: Ms(1200) };
    Alignment { pieces: vec![piece], fit }
}

/// A verdict in few words.
fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Done => "done".to_owned(),
        Verdict::Locked => "locked".to_owned(),
        Verdict::NeedsLanguage => "needs the language".to_owned(),
        Verdict::NeedsWeighing(these) => format!("weigh {these:?}"),
        Verdict::Plan(plans) => {
            let way = |it: &TargetPlan| match &it.way {
                Way::There(index) => format!("{} there {index}", it.lang),
                Way::Adopt(index) => format!("{} adopt {index}", it.lang),
                Way::Listen => format!("{} listen", it.lang),
                Way::ListenInEnglish => format!("{} listen in English", it.lang),
                Way::TranslateExisting(index) => format!("{} translate {index}", it.lang),
                Way::TranslateHeard => format!("{} translate heard", it.lang),
                Way::No(_) => format!("{} no", it.lang),
            };
            plans.iter().map(way).collect::<Vec<_>>().join(", ")
        }
    }
}

/// How a table of situations is decided; `deep` shows all reasons.
fn table(situations: &str, deep: bool) -> String {
    let mut shown = String::new();
    for line in situations.lines().map(str::trim).filter(|it| !it.is_empty()) {
        if let Some(heading) = line.strip_prefix('#') {
            shown.push_str(&format!("\n#{heading}\n"));
            continue;
        }
        let situation = Situation::read(line);
        let decision = situation.decide();
        let moves = situation.weighed.values().filter_map(|it| it.alignment.as_ref());
        let moves: Vec<String> = moves.map(|it| format!("({})", it.told())).collect();
        shown.push_str(&format!("{line}\n  => {}\n", told(&decision.verdict)));
        for (depth, text) in lines(&decision.reasons) {
            // How a move is told is not decided here.
            let text = moves.iter().fold(text.to_owned(), |text, it| text.replace(it, "(moved)"));
            if deep || depth == 0 {
                shown.push_str(&format!("    {}- {text}\n", "  ".repeat(depth)));
            }
        }
    }
    shown
}

const SITUATIONS: &str = "
# before anything is wanted
to=en spoken=fr done=a.eng.srt,a.eng.vtt
to=en spoken=fr silent
to=en spoken=fr lock=a.mkv.lock
to=en spoken=fr done=a.eng.srt lock=a.mkv.lock
to=en spoken=fr force done=a.eng.srt | 3 tag=en text=en fit=95/95
to=en spoken=fr force lock=a.mkv.lock
to=en force

# the spoken language
to=
to= spoken=fr
to= spoken=fr mixed
to= | 3 tag=fr text=fr fit=95/95
to=fr,fr,en spoken=fr
to=en
to=en | 3 tag=en text=en fit=95/95
to=en,de | 3 tag=en text=en fit=95/95
to=en,de | 3 tag=en text=en

# what does not count
to=en spoken=en | 3 tag=en pictures
to=en spoken=en | 3 tag=en text=en forced fit=95/95
to=en spoken=en | a.en.srt tag=en trouble
to=en spoken=en | a.srt
to=en spoken=en | a.en.srt tag=en text=fr fit=95/95
to=fr spoken=en | a.en.srt tag=en text=fr fit=95/95
to=en spoken=en ignore | 3 tag=en pictures | 4 tag=en forced

# language, script and region
to=zh spoken=en | 3 tag=zh text=zh-Hant fit=95/95
to=zh-Hans spoken=en | 3 tag=zh text=zh-Hant fit=95/95
to=zh-Hans spoken=en | 3 tag=zh-TW text=zh-Hans fit=95/95
to=zh-Hant spoken=en | a.zh-HK.srt tag=zh-HK text=zh-Hant fit=95/95
to=zh-TW spoken=en | a.zh-HK.srt tag=zh-HK fit=95/95
to=zh-Hant spoken=en | a.cht.srt tag=zh-Hant text=zh-Hans fit=95/95
to=zh-Hans spoken=en | 3 tag=zh fit=95/95
to=zh-Hans spoken=en | 3 tag=zh seems=zh-Hans fit=95/95
to=zh-Hans spoken=en | 3 tag=zh-CN text=zh fit=95/95
to=zh-Hans spoken=en | 3 tag=yue fit=95/95
to=pt-BR spoken=en | a.srt tag=pt-PT text=pt fit=95/95
to=pt-BR spoken=en | a.srt tag=pt text=pt fit=95/95
to=pt spoken=en | a.srt tag=pt-PT text=pt fit=95/95
to=en spoken=fr | a.srt tag=en-GB fit=95/95
to=sr-Latn spoken=en | a.srt tag=sr text=sr-Cyrl fit=95/95
to=sr-Latn spoken=en | a.srt tag=sr text=sr-Latn fit=95/95
to=nb spoken=en | a.srt tag=nn fit=95/95
to=nb spoken=en | a.srt tag=no fit=95/95
to=en spoken=fr | a.srt seems=en fit=95/95

# what is worth it
to=en spoken=fr anyway | 3 tag=en text=en fit=95/95
to=en spoken=fr ignore | 3 tag=en text=en fit=5/5
to=en spoken=fr reference | 3 tag=en text=en cues=0
to=en spoken=fr ignore | 3 tag=en | a.en.srt tag=en encoding=GBK | *a.eng.srt tag=en
to=en spoken=fr | 3 tag=en text=en
to=en spoken=fr | *a.eng.srt tag=en | 3 tag=en text=en
to=en spoken=fr | 3 tag=en text=en cues=0
to=en spoken=fr | 3 tag=en text=en fast=60
to=en spoken=fr | 3 tag=en text=en last=90000
to=en spoken=fr | 3 tag=en text=en shown=30000
to=en spoken=fr endless | 3 tag=en text=en last=90000 shown=30000
to=en spoken=fr | 3 tag=en text=en fit=70/70
to=en spoken=fr | 3 tag=en text=en fit=69/99
to=en spoken=fr good=60 | 3 tag=en text=en fit=69/99
to=en spoken=fr | a.en.srt tag=en encoding=windows-1252 fit=95/95
to=en spoken=fr elsewhere | 3 tag=en text=en fit=95/95
to=en spoken=fr elsewhere | *a.eng.srt tag=en
to=en spoken=fr ignore elsewhere | a.en.srt tag=en encoding=GBK
to=en spoken=fr | a.en.srt tag=en fit=30/20 mended=95/96
to=en spoken=fr | a.en.srt tag=en fit=30/20 mended=60/96
to=en spoken=fr | a.en.srt tag=en fit=80/78 mended=95/96
to=en spoken=fr | a.en.srt tag=en fit=88/90 mended=95/96

# among several
to=en spoken=fr | 3 tag=en fit=95/95 | a.en.srt tag=en fit=80/80
to=en spoken=fr | 3 tag=en fit=95/95 | a.en.srt tag=en fit=20/20
to=en spoken=fr | 3 tag=en fit=95/95 | a.en.srt tag=en fit=20/20 mended=90/90
to=en spoken=fr | 3 tag=en hi fit=95/95 | 4 tag=en fit=80/80
to=en spoken=fr | 3 tag=en fit=80/80 | 4 tag=en fit=85/85
to=en spoken=fr | 3 tag=en fit=80/80 | a.en.srt tag=en
to=en spoken=fr | a.en.srt tag=en fit=80/80 | 3 tag=en
to=en,fr spoken=fr | 3 tag=en | 4 tag=fr | 5 tag=en forced

# what is not there
to=fr spoken=fr
to=zh-Hant spoken=zh-Hans
to=en spoken=fr
to=en spoken=en mixed
to=en spoken=fr mixed
to=fr spoken=fr mixed
to=en spoken=en mixed deaf
to=en spoken=fr deaf
to=de,en spoken=fr
to=de spoken=fr | 3 tag=en pictures | 4 tag=en text=en | 5 tag=fr text=fr
to=de spoken=fr reference | 4 tag=en text=en

# translated
to=de spoken=fr translates
to=en spoken=fr translates
to=en spoken=fr mixed translates
to=en spoken=en mixed translates
to=de spoken=fr translates | 3 tag=en text=en
to=de spoken=fr translates | 3 tag=en text=en fit=95/95
to=de spoken=fr translates | 3 tag=en text=en fit=10/10
to=de spoken=fr translates | 3 tag=en text=en fit=10/10 mended=90/90
to=de spoken=fr translates | a.en.srt tag=en fit=95/95 | 3 tag=fr fit=80/80
to=de spoken=fr translates | a.fr.srt tag=fr fit=80/80 | *a.fra.srt tag=fr
to=de spoken=fr translates | *a.fra.srt tag=fr
to=de spoken=fr translates ignore | 3 tag=en text=en fit=95/95
to=zh-Hant spoken=en translates | 3 tag=en fit=95/95 | 4 tag=zh text=zh-Hans fit=80/80
to=de spoken=fr translates anyway | a.de.srt tag=de fit=95/95
to=de translates | 3 tag=en text=en fit=95/95
";

#[test]
fn situations_and_what_is_decided() {
    insta::assert_snapshot!(table(SITUATIONS, false));
}

#[test]
fn all_reasons_of_a_film_with_much_in_it() {
    let situations = "
        to=zh-Hans,en,de spoken=fr | 2 tag=en forced title=Signs | 3 tag=zh text=zh-Hant fit=90/90 | 4 tag=zh pictures \
         | 5 tag=zh text=zh-Hans fit=92/95 | a.en.srt tag=en text=fr | a.eng.srt tag=en encoding=UTF-16LE fit=81/90 \
         | b.eng.srt tag=en fit=41/90 | *a.fra.srt tag=fr
        to=de spoken=fr translates | 3 tag=en fit=20/30 | 4 tag=fr fit=88/90 | a.de.srt tag=de fast=70
    ";
    insta::assert_snapshot!(table(situations, true));
}

#[test]
fn what_is_mended_says_how() {
    let situation = Situation::read("to=en spoken=fr | a.en.srt tag=en fit=30/20 mended=95/96");
    let told = situation.weighed[&0].alignment.as_ref().unwrap().told();
    let decision = situation.decide();
    let text = &decision.reasons.last().unwrap().text;
    assert!(text.contains(&format!("to be in sync ({told})")), "{text}");
    assert!(mending(&situation.weighed[&0], situation.rules).is_some());
}

/// Without a translator and subtitles, what is heard follows from languages alone, mixed films in English wholly.
#[test]
fn listening_is_as_it_was() {
    for spoken in ["fr", "en", "zh-Hans", "nb"] {
        for mixed in [false, true] {
            for to in ["fr", "en", "en-GB", "de", "zh-Hant", "nn"] {
                let (wanted, is) = (lang(to), lang(spoken));
                let english = wanted.primary() == "en";
                let expected = if english && mixed {
                    Some(Way::ListenInEnglish)
                } else if wanted.same_language(&is) {
                    Some(Way::Listen)
                } else {
                    english.then_some(Way::ListenInEnglish)
                };
                let situation =
                    Situation { spoken: Some(is), mixed, to: vec![wanted], ..Situation::default() };
                let Verdict::Plan(plans) = situation.decide().verdict else { panic!("no plan") };
                let way = Some(plans[0].way.clone()).filter(|it| !matches!(it, Way::No(_)));
                assert_eq!(way, expected, "{spoken} {mixed} {to}");
            }
        }
    }
}
