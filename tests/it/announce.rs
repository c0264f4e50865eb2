//! The last step against servers of three versions that keep Jellyfin's rules: what they show in the end, what stands
//! on the disk, and what is told where something is wrong.

use crate::jellyfin::{Films, THERE};
use crate::support::jellyfin::{Misdeed, Options, VERSIONS};
use crate::support::order::order;
use kinora::base::cancel::Cancel;
use kinora::domain::change::{ActivityKind, Change, StepDone};
use kinora::domain::execution::{Ending, Next};
use kinora::domain::fault::FaultKind;
use kinora::domain::lang::Lang;
use kinora::domain::order::{Deliver, FailedLine, Order, Summary};
use kinora::domain::time::Ms;
use kinora::engines::jellyfin::{Jellyfin, JellyfinSettings};
use kinora::engines::llm::Secret;
use kinora::pipeline::subtitle::Asked;
use kinora::pipeline::subtitle::announce::{AnnounceCx, AnnounceLimits, Stop, run};
use kinora::pipeline::subtitle::publish::{Ledger, is_ours};
use kinora::store::{Store, StoreFile};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const FILM: &str = "Up (2009)/Up.mkv";

/// A house with films, a Jellyfin, and what Kinora keeps.
struct Scene {
    films: Films,
    data: TempDir,
    store: Store,
}

impl Scene {
    fn at(options: Options) -> Scene {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path(), StoreFile::Run).unwrap();
        Scene { films: Films::at(options, &["Alien.mkv", FILM]), data, store }
    }

    fn of(version: &str) -> Scene {
        Scene::at(Options::of(version))
    }

    fn order(&self, deliver: Deliver) -> Order {
        let output = (deliver == Deliver::Upload).then(|| self.data.path().join("outbox"));
        Order { deliver: Some(deliver), output, ..order("test") }
    }

    /// A file that `publish` wrote: beside the film, or in our folder.
    fn written(&self, deliver: Deliver, name: &str, text: &str) -> PathBuf {
        let folder = match deliver {
            Deliver::Sidecar => self.films.path("Up (2009)"),
            Deliver::Upload => self.data.path().join("outbox/film"),
        };
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), text).unwrap();
        folder.join(name)
    }

    fn announce(
        &self,
        client: &Jellyfin,
        deliver: Deliver,
        files: &[PathBuf],
    ) -> Result<StepDone, Stop> {
        self.announce_with(client, &self.order(deliver), files, 0)
    }

    fn announce_with(
        &self,
        client: &Jellyfin,
        order: &Order,
        files: &[PathBuf],
        failed: u8,
    ) -> Result<StepDone, Stop> {
        let path = self.films.path(FILM);
        let language = Some(Lang::parse("ja").unwrap());
        let summary = Summary { written: files.to_vec(), language, ..Summary::default() };
        let asked = Asked { path: &path, order, records: &BTreeMap::new(), summary: &summary };
        let wait = Duration::from_millis(1);
        run(
            &asked,
            &AnnounceCx {
                jellyfin: Some(client),
                ledger: &self.store,
                limits: &AnnounceLimits { looks: 3, wait_first: wait, wait_max: wait },
                failed,
                cancel: &Cancel::default(),
            },
        )
    }

    /// Language and title of each subtitle in a file of its own, as this Jellyfin has it.
    fn shown(&self) -> Vec<(String, String)> {
        let streams = self.films.stub.streams(&self.films.path(FILM));
        let external = streams.iter().filter(|it| it["IsExternal"] == true);
        let text = |it: &Value| it.as_str().unwrap_or("-").to_owned();
        external.map(|it| (text(&it["Language"]), text(&it["Title"]))).collect()
    }

    fn asked(&self, part: &str) -> usize {
        self.films.stub.asked().iter().filter(|it| it.contains(part)).count()
    }

    fn names(&self) -> Vec<String> {
        self.films.names("Up (2009)")
    }
}

fn told(done: &StepDone) -> Vec<(ActivityKind, String)> {
    let mut told = Vec::new();
    for change in &done.changes {
        if let Change::Tell { kind, text } = change {
            told.push((*kind, text.clone()));
        }
    }
    told
}

fn pair(language: &str, title: &str) -> (String, String) {
    (language.to_owned(), title.to_owned())
}

#[test]
fn files_beside_the_video_are_shown_as_their_names_say_in_each_version() {
    for version in VERSIONS {
        let scene = Scene::of(version);
        let client = scene.films.client();
        let names = ["Up.AI.deu.srt", "Up.繁體中文 AI.zho.srt"];
        let files = names.map(|it| scene.written(Deliver::Sidecar, it, "1"));
        let json = scene.written(Deliver::Sidecar, "Up.json", "{}");
        let files = [&files[..], &[json]].concat();
        let done = scene.announce(&client, Deliver::Sidecar, &files).unwrap();
        assert_eq!(done.next, Next::End(Ending::Written));
        assert_eq!((told(&done), &done.summary.notices), (vec![], &vec![]), "{version}");
        let [german, chinese] = if version == "10.10.7" { ["ger", "chi"] } else { ["deu", "zho"] };
        assert_eq!(scene.shown(), [pair(german, "AI"), pair(chinese, "繁體中文 AI")]);
        let words = if version == "10.10.7" { "AI - Ger -" } else { "AI - German -" };
        assert!(done.notes.iter().any(|it| it.contains(words)), "{:?}", done.notes);
        assert_eq!((scene.asked("Refresh"), scene.asked("metadataRefreshMode=Default")), (1, 1));

        // Once more is as good as once: another content under the same names is read on play.
        scene.written(Deliver::Sidecar, names[0], "2");
        let again = scene.announce(&client, Deliver::Sidecar, &files).unwrap();
        assert_eq!((again.summary, again.next), (done.summary, done.next));
        assert_eq!(scene.asked("FullRefresh"), 0);
    }
}

#[test]
fn what_ass_says_of_itself_and_wrong_labels_are_looked_at_anew() {
    let scene = Scene::of("10.11.11");
    let client = scene.films.client();
    let ass = scene.written(Deliver::Sidecar, "Up.jpn.ass", "[Script Info]");
    for full in [0, 1, 2] {
        scene.announce(&client, Deliver::Sidecar, std::slice::from_ref(&ass)).unwrap();
        assert_eq!(scene.asked("FullRefresh"), full);
    }
    // Labelled wrongly by whatever was there before.
    scene.films.stub.lies("Up.eng.srt", "fra");
    let srt = scene.written(Deliver::Sidecar, "Up.eng.srt", "1");
    scene.films.stub.scan();
    assert_eq!(scene.shown()[0], pair("fra", "-"));
    scene.announce(&client, Deliver::Sidecar, &[srt]).unwrap();
    assert_eq!(scene.asked("FullRefresh"), 3);
}

#[test]
fn a_wrong_label_is_an_alarm_and_one_that_is_late_a_notice() {
    for version in VERSIONS {
        let scene = Scene::of(version);
        let client = scene.films.client();
        scene.films.stub.lies("Up.简体中文.zho.srt", "fre");
        let file = scene.written(Deliver::Sidecar, "Up.简体中文.zho.srt", "1");
        let gone = scene.films.path("Up (2009)/Up.deu.srt");
        let done = scene.announce(&client, Deliver::Sidecar, &[file, gone]).unwrap();
        assert_eq!(done.next, Next::End(Ending::Written));
        let [(ActivityKind::WrongLabel, text)] = &told(&done)[..] else { panic!("{done:?}") };
        let says = format!(
            "Jellyfin {version} shows Up.简体中文.zho.srt as French, titled `简体中文`, and its name says Chinese"
        );
        assert!(text.starts_with(&says), "{text}");
        let late = "Jellyfin does not show Up.deu.srt yet, but was told of it";
        assert_eq!(done.summary.notices, [text.as_str(), late]);
        assert!(scene.asked("ids=") >= 3, "it looked several times");
    }
    // The same Chinese in another version's words is no other language.
    let scene = Scene::of("12.0.0");
    scene.films.stub.lies("Up.zho.srt", "chi");
    let file = scene.written(Deliver::Sidecar, "Up.zho.srt", "1");
    let done = scene.announce(&scene.films.client(), Deliver::Sidecar, &[file]).unwrap();
    assert_eq!(told(&done), []);
}

#[test]
fn an_upload_takes_the_place_of_the_one_before() {
    for (version, saves_beside) in VERSIONS.iter().flat_map(|it| [(it, true), (it, false)]) {
        let scene = Scene::at(Options { saves_beside, ..Options::of(version) });
        let client = scene.films.client();
        for text in ["one", "two", "three"] {
            let name = "Up.简体中文 AI.zho.srt";
            let file = scene.written(Deliver::Upload, name, text);
            let spoken = scene.written(Deliver::Upload, "Up.srt", text);
            let done = scene.announce(&client, Deliver::Upload, &[file, spoken]).unwrap();
            assert_eq!((told(&done), done.summary.notices.len()), (vec![], 0), "{:?}", done.notes);
            let code = if *version == "10.10.7" { "chi" } else { "zho" };
            let mut shown = scene.shown();
            shown.sort();
            let mut wanted = [pair(code, "简体中文 ai"), pair("jpn", "-")];
            wanted.sort();
            assert_eq!(shown, wanted, "{version}");
            let folder = match saves_beside {
                true => scene.films.path("Up (2009)"),
                false => scene
                    .films
                    .stub
                    .metadata()
                    .join(scene.films.stub.item_id(&scene.films.path(FILM)).unwrap()),
            };
            let uploaded = folder.join("Up.简体中文 ai.zho.srt");
            assert_eq!(fs::read_to_string(&uploaded).unwrap(), text);
            let count = fs::read_dir(&folder).unwrap().count();
            assert_eq!(count, if saves_beside { 3 } else { 2 }, "none is numbered");
            // A scan does not take it for the owner's.
            assert!(is_ours(&uploaded, &scene.store).unwrap());
            assert_eq!(scene.store.unfinished().unwrap(), []);
        }
        assert_eq!(scene.asked("DELETE"), 4);
    }
}

#[test]
fn what_is_the_owners_stays_where_it_is() {
    for known in [true, false] {
        let scene = Scene::of("10.11.11");
        let client = scene.films.client();
        let file = scene.written(Deliver::Upload, "Up.zho.srt", "ours");
        fs::write(scene.films.path("Up (2009)/Up.zho.srt"), "theirs").unwrap();
        if known {
            scene.films.stub.scan();
        }
        // The second time it is as it was the first time.
        for _ in 0..2 {
            let done =
                scene.announce(&client, Deliver::Upload, std::slice::from_ref(&file)).unwrap();
            let notice = "a subtitle of this name that Kinora did not upload is there and was left";
            assert!(done.summary.notices[0].contains(notice), "{:?}", done.summary);
            assert_eq!(scene.names(), ["Up.mkv", "Up.zho.srt"], "known: {known}");
            let there = fs::read_to_string(scene.films.path("Up (2009)/Up.zho.srt")).unwrap();
            assert_eq!(there, "theirs");
        }
        let order = Order { force: true, ..scene.order(Deliver::Upload) };
        scene.announce_with(&client, &order, &[file], 0).unwrap();
        let there = fs::read_to_string(scene.films.path("Up (2009)/Up.zho.srt")).unwrap();
        assert_eq!((there.as_str(), scene.names().len()), ("ours", 2), "as --force asks");
    }
}

#[test]
fn a_kill_at_any_point_of_an_upload_leaves_one_file_in_the_end() {
    for kill in ["before", "after the delete", "after the upload, seen", "after the upload, unseen"]
    {
        let scene = Scene::of("10.11.11");
        let client = scene.films.client();
        let file = scene.written(Deliver::Upload, "Up.zho.srt", "old");
        let there = scene.films.path("Up (2009)/Up.zho.srt");
        scene.announce(&client, Deliver::Upload, std::slice::from_ref(&file)).unwrap();
        scene.written(Deliver::Upload, "Up.zho.srt", "new");
        match kill {
            "before" => {}
            "after the delete" => {
                fs::remove_file(&there).unwrap();
                scene.films.stub.scan();
            }
            "after the upload, seen" => fs::write(&there, "new").unwrap(),
            _ => {
                fs::remove_file(&there).unwrap();
                scene.films.stub.scan();
                fs::write(&there, "new").unwrap();
            }
        }
        scene.announce(&client, Deliver::Upload, &[file]).unwrap();
        assert_eq!(scene.names(), ["Up.mkv", "Up.zho.srt"], "{kill}");
        assert_eq!(fs::read_to_string(&there).unwrap(), "new", "{kill}");
        assert_eq!(scene.shown(), [pair("zho", "-")], "{kill}");
    }
}

#[test]
fn where_uploads_are_refused_the_file_is_written_beside_the_video() {
    let scene = Scene::of("10.11.7");
    let client = scene.films.client();
    for text in ["one", "two"] {
        let file = scene.written(Deliver::Upload, "Up.简体中文.zho.srt", text);
        let done = scene.announce(&client, Deliver::Upload, std::slice::from_ref(&file)).unwrap();
        let notice = "Jellyfin 10.11.7 takes no uploads; Up.简体中文.zho.srt was written beside the video instead";
        assert_eq!(done.summary.notices, [notice]);
        let beside = scene.films.path("Up (2009)/Up.简体中文.zho.srt");
        assert_eq!(done.summary.written, [file, beside.clone()]);
        assert_eq!(fs::read_to_string(&beside).unwrap(), text);
        assert!(is_ours(&beside, &scene.store).unwrap());
        assert_eq!(scene.shown(), [pair("zho", "简体中文")]);
        assert_eq!((done.next, told(&done)), (Next::End(Ending::Written), vec![]));
    }
    // What another version does not take goes the same way.
    let scene = Scene::of("10.11.11");
    let client = scene.films.client();
    let file = scene.written(Deliver::Upload, "Up.deu.srt", "1");
    scene.films.stub.misbehaves_at("/Subtitles", Misdeed::Fails(400), 1);
    let done = scene.announce(&client, Deliver::Upload, &[file]).unwrap();
    assert!(done.summary.notices[0].contains("refuses a request (400"), "{:?}", done.summary);
    assert_eq!(scene.names(), ["Up.deu.srt", "Up.mkv"]);
}

#[test]
fn a_jellyfin_that_is_away_is_waited_for_and_one_that_refuses_is_not() {
    for deliver in [Deliver::Sidecar, Deliver::Upload] {
        let scene = Scene::of("12.0.0");
        let client = scene.films.client();
        let file = scene.written(deliver, "Up.deu.srt", "1");
        let files = std::slice::from_ref(&file);
        scene.films.stub.misbehaves(Misdeed::Fails(502), usize::MAX);
        let Err(Stop::Away(fault)) = scene.announce(&client, deliver, files) else { panic!() };
        assert_eq!(fault.kind, FaultKind::Transient);
        // In the end nobody waits any more: the files are there.
        let order = scene.order(deliver);
        let done = scene.announce_with(&client, &order, files, 10).unwrap();
        assert_eq!(
            (done.next, told(&done)[0].0),
            (Next::End(Ending::Written), ActivityKind::NotTold)
        );
        scene.films.stub.misbehaves(Misdeed::Fails(502), 0);
        let done = scene.announce(&client, deliver, files).unwrap();
        assert_eq!((told(&done), scene.shown()), (vec![], vec![pair("deu", "-")]));

        for (key, admin) in [("wrong", true), (scene.films.stub.key(), false)] {
            let scene = Scene::at(Options { admin, ..Options::of("12.0.0") });
            let settings = scene.films.stub.settings(&[(scene.films.dir.path(), THERE)]);
            let key = Secret(Some(key.to_owned()));
            let client = Jellyfin::new(JellyfinSettings { key, ..settings }).unwrap();
            let file = scene.written(deliver, "Up.deu.srt", "1");
            let done = scene.announce(&client, deliver, &[file]).unwrap();
            assert_eq!(done.next, Next::End(Ending::Written));
            let [(ActivityKind::NotTold, text)] = &told(&done)[..] else { panic!("{done:?}") };
            assert_eq!(done.summary.notices, [text.as_str()]);
            assert!(text.starts_with("Jellyfin was not told of the files: Jellyfin"), "{text}");
        }
    }
}

#[test]
fn a_video_that_jellyfin_does_not_know_yet_is_told_of() {
    let scene = Scene::of("10.10.7");
    let client = scene.films.client();
    let file = scene.written(Deliver::Sidecar, "Up.deu.srt", "1");
    fs::rename(scene.films.path(FILM), scene.films.path("Up (2009)/other")).unwrap();
    scene.films.stub.scan();
    fs::rename(scene.films.path("Up (2009)/other"), scene.films.path(FILM)).unwrap();

    let done = scene.announce(&client, Deliver::Sidecar, &[file]).unwrap();
    assert!(done.summary.notices[0].contains("does not know the video yet"), "{:?}", done.summary);
    assert_eq!(done.next, Next::End(Ending::Written));
    let upload = scene.written(Deliver::Upload, "Up.deu.srt", "1");
    let stop = scene.announce(&client, Deliver::Upload, &[upload]).unwrap_err();
    assert!(matches!(&stop, Stop::Fault(it) if it.kind == FaultKind::Transient), "{stop:?}");
    let bodies = scene.films.stub.bodies("/Library/Media/Updated");
    assert_eq!(bodies[0]["Updates"][0]["Path"], "/media/films/Up (2009)/Up.deu.srt");
    assert_eq!(bodies[1]["Updates"][0]["Path"], "/media/films/Up (2009)/Up.mkv");
    scene.films.stub.minute_passes();
    assert_eq!(scene.shown(), [pair("ger", "-")]);
}

#[test]
fn nobody_waits_when_the_work_is_to_end_and_lines_that_failed_stay_told() {
    let scene = Scene::of("12.0.0");
    let client = scene.films.client();
    let path = scene.films.path(FILM);
    let order = scene.order(Deliver::Sidecar);
    let (cancel, limits) = (Cancel::default(), AnnounceLimits::default());
    let failed = FailedLine {
        to: Lang::parse("de").unwrap(),
        at: Ms(0),
        text: "Up".to_owned(),
        why: "nobody knows".to_owned(),
    };
    let written = vec![scene.written(Deliver::Sidecar, "Up.deu.srt", "1")];
    let summary = Summary { failed_lines: vec![failed], written, ..Summary::default() };
    let asked = Asked { path: &path, order: &order, records: &BTreeMap::new(), summary: &summary };
    let cx = |jellyfin| AnnounceCx {
        jellyfin,
        ledger: &scene.store,
        limits: &limits,
        failed: 0,
        cancel: &cancel,
    };
    assert_eq!(run(&asked, &cx(Some(&client))).unwrap().next, Next::End(Ending::Review));
    // The configuration has none any more.
    let done = run(&asked, &cx(None)).unwrap();
    assert_eq!((done.next, told(&done)[0].0), (Next::End(Ending::Review), ActivityKind::NotTold));
    cancel.set();
    assert!(matches!(run(&asked, &cx(Some(&client))), Err(Stop::Fault(_))));
    assert!(Path::new(&summary.written[0]).exists());
}
