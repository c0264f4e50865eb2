//! What a stage's daemon tells of libraries and files.

use super::{Answer, Ask};
use crate::api::catalog::{
    AudioTrackView, ItemDetail, ItemView, ItemsPage, ItemsQuery, SubtitleView,
};
use crate::api::daemon::{JobStatus, JobView, ScanView};
use crate::api::libraries::{CoverageView, LibrariesView, LibraryView, NextView};
use crate::api::run::{ExplainVerdict, Explanation, Fault, Reason};
use crate::tui::ask::{Answer as AnyAnswer, Ask as Any};
use crate::tui::testing::{NOW, Situation};
use std::path::Path;

/// Files of the situation with many of them.
const MANY: usize = 100_000;

fn have(language: Option<&str>, files: u64) -> CoverageView {
    CoverageView { language: language.map(|it| it.parse().unwrap()), files }
}

/// One whose spoken language is wanted.
fn home() -> LibraryView {
    LibraryView {
        name: "Home".to_owned(),
        path: "/media/Home".to_owned(),
        wanted: vec![have(None, 12)],
        files: 20,
        done: 12,
        unwished: 8,
        ..LibraryView::default()
    }
}

/// Its libraries.
pub(super) fn libraries(situation: Situation) -> LibrariesView {
    let next = situation.paths().into_iter().zip(3..).skip(2).take(3);
    let next = next.map(|(path, job)| NextView { job, path: path.to_owned() });
    let films = LibraryView {
        name: "Films".to_owned(),
        path: "/media/Films".to_owned(),
        wanted: vec![have(Some("en"), 1212), have(Some("zh-Hans"), 303)],
        files: 1212,
        done: 840,
        skipped: 338,
        running: 2,
        waiting: 29,
        failed: 3,
        next: next.collect(),
        through_unix_ms: Some(NOW + 16_800_000),
        ..LibraryView::default()
    };
    let series = LibraryView {
        name: "Series".to_owned(),
        path: "/media/Series".to_owned(),
        wanted: vec![have(Some("en"), 700)],
        files: 1300,
        done: 700,
        waiting: 600,
        out_of_hours: Some("outside of its hours: it is worked on 01:00-07:00".to_owned()),
        ..LibraryView::default()
    };
    let libraries = match situation {
        Situation::Empty => {
            return LibrariesView { counted_unix_ms: Some(NOW), ..LibrariesView::default() };
        }
        Situation::Busy | Situation::Away => vec![films, series, home()],
        Situation::Failing => {
            let away = "library Home: /media/Home is not there; mount its disk or share, or correct its path";
            let failed = LibraryView { failed: 23, waiting: 9, through_unix_ms: None, ..films };
            vec![failed, series, LibraryView { away: Some(away.to_owned()), ..home() }]
        }
        Situation::Wide => {
            let name = "\u{7535}\u{5f71} \u{5d0}\u{5dc}\u{5e1}".to_owned();
            vec![
                LibraryView { name, path: "/media/\u{7535}\u{5f71}".to_owned(), ..films.clone() },
                films,
            ]
        }
        Situation::Many => vec![LibraryView {
            files: MANY as u64,
            waiting: 61_204,
            done: 37_540,
            failed: 1_207,
            skipped: 49,
            running: 0,
            wanted: vec![
                have(Some("en"), 37_589),
                have(Some("zh-Hans"), 40),
                have(Some("ja"), 99_999),
            ],
            ..films
        }],
    };
    LibrariesView {
        libraries,
        counted_unix_ms: Some(NOW - 12_000),
        counting: situation == Situation::Many,
    }
}

fn item(situation: Situation, job: &JobView) -> ItemView {
    let all = libraries(situation).libraries;
    let library = all.iter().find(|it| job.path.starts_with(&it.path)).or(all.first()).unwrap();
    let languages = if job.status == JobStatus::Done {
        vec!["en".to_owned(), "zh-Hans".to_owned()]
    } else {
        vec![]
    };
    ItemView {
        id: format!("id-{}", job.id),
        library: library.name.clone(),
        path: job.path.clone(),
        languages,
        looked: true,
        job: Some(job.id),
        status: Some(job.status),
    }
}

fn files(situation: Situation, query: &ItemsQuery) -> ItemsPage {
    if situation == Situation::Many {
        let from: usize = query.after.as_ref().map_or(0, |it| it.parse().unwrap());
        let to = (from + query.limit.unwrap()).min(MANY);
        let one = |at: usize| ItemView {
            id: format!("id-{at}"),
            library: "Films".to_owned(),
            path: format!("/media/Films/Film {at:06} (1927)/Film {at:06} (1927).mkv"),
            languages: if at.is_multiple_of(3) { vec!["en".to_owned()] } else { vec![] },
            looked: at.is_multiple_of(3),
            job: Some(at as u64),
            status: Some(JobStatus::ALL[at % 7]),
        };
        let next = (to < MANY).then(|| to.to_string());
        return ItemsPage { items: (from..to).map(one).collect(), next };
    }
    let items = situation.jobs().into_iter().map(|it| item(situation, &it));
    let wanted = |it: &ItemView| {
        query.library.as_ref().is_none_or(|name| it.library == *name)
            && query.q.as_ref().is_none_or(|q| it.path.to_lowercase().contains(&q.to_lowercase()))
            && query.status.is_none_or(|status| it.status == Some(status))
            && query.lacks.as_ref().is_none_or(|lang| !it.languages.contains(&lang.to_string()))
    };
    ItemsPage { items: items.filter(wanted).collect(), next: None }
}

fn detail(situation: Situation, id: &str) -> ItemDetail {
    let jobs = situation.jobs();
    let job = jobs.into_iter().find(|it| format!("id-{}", it.id) == id).unwrap();
    let audio = |index, language: &str| AudioTrackView {
        index,
        codec: "ac3".to_owned(),
        language: Some(language.to_owned()),
        title: Some("Original \u{202e}txt".to_owned()),
        channels: 6,
    };
    let subtitle = |file: Option<&str>, language: &str, ours| SubtitleView {
        index: file.is_none().then_some(3),
        file: file.map(str::to_owned),
        codec: "srt".to_owned(),
        text: true,
        language: Some(language.to_owned()),
        title: None,
        forced: file.is_none(),
        hearing_impaired: false,
        ours,
    };
    ItemDetail {
        item: item(situation, &job),
        bytes: 8 << 30,
        duration_ms: Some(9_190_000),
        audio: vec![audio(1, "ger")],
        subtitles: vec![
            subtitle(None, "en", false),
            subtitle(Some("M (1931).zh-Hans.srt"), "zh-Hans", true),
        ],
        trouble: None,
        job: Some(job),
    }
}

fn why(path: &Path) -> Explanation {
    let counts = Reason::leaf("M (1931).zh-Hans.srt: counts: Kinora made it of this audio");
    Explanation {
        path: path.to_owned(),
        verdict: ExplainVerdict::Skip,
        decision: "nothing: what is wanted is there".to_owned(),
        reasons: vec![Reason::of("Chinese: is there", vec![counts])],
    }
}

/// What it answers.
#[expect(clippy::unnecessary_wraps, reason = "the shape that a stage asks for")]
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is asked is left open")]
pub(super) fn answer(situation: Situation, ask: &Any) -> Option<Result<AnyAnswer, Fault>> {
    let answer = match ask {
        Any::Library(Ask::Libraries) => Answer::Libraries(libraries(situation)),
        Any::Library(Ask::Files { choice, page, query }) => {
            let files = files(situation, query);
            Answer::Files { choice: *choice, page: *page, files }
        }
        Any::Library(Ask::File(id)) => Answer::File(Box::new(detail(situation, id))),
        Any::Library(Ask::Why(path)) => Answer::Why(why(path)),
        Any::Library(Ask::Wish(wish)) => {
            let mut job = situation.jobs().remove(3);
            job.path = wish.path.display().to_string();
            Answer::Wished(Box::new(job))
        }
        Any::Scan(request) => {
            let all = || vec!["/media/Films".to_owned(), "/media/Series".to_owned()];
            let roots = request.path.as_ref().map_or_else(all, |it| vec![it.display().to_string()]);
            return Some(Ok(AnyAnswer::Scanned(ScanView { roots })));
        }
        Any::Explain(path) => return Some(Ok(AnyAnswer::Explained(why(path)))),
        Any::Act(..) => return Some(Ok(AnyAnswer::Acted)),
        other => panic!("{other:?}"),
    };
    Some(Ok(AnyAnswer::Library(answer)))
}
