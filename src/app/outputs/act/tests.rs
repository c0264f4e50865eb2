//! Plans carried out and taken back, on real files.

use super::super::look::Progress;
use super::*;
use crate::base::cancel::Cancel;
use crate::domain::change::Change;
use crate::domain::library::{FileId, Placed};
use crate::store::{PendingRow, PublishedRow, StoreFile};
use proptest::prelude::*;

const NOW: u64 = 1_800_000_000_000;
const HOUR_MS: u64 = 60 * 60 * 1000;

/// A store, and a library with so many films and their subtitles.
struct Place {
    folder: tempfile::TempDir,
    store: Store,
}

impl Place {
    fn with(many: usize) -> Place {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("films")).unwrap();
        let store = Store::open(&folder.path().join("data"), StoreFile::Daemon).unwrap();
        let place = Place { folder, store };
        (0..many).for_each(|it| place.publish(it));
        place
    }

    fn film(&self, name: &str) -> PathBuf {
        fs::canonicalize(self.folder.path().join("films")).unwrap().join(name)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn published(&self, number: usize) -> PublishedRow {
        PublishedRow {
            content_blake3: *blake3::hash(b"words").as_bytes(),
            video: self.film(&format!("{number}.mkv")).into(),
            at_unix_ms: NOW - 2 * HOUR_MS,
            partial: false,
        }
    }

    /// As a daemon does: the temporary name, the file, the end.
    fn publish(&self, number: usize) {
        let output = self.film(&format!("{number}.eng.srt"));
        fs::write(self.film(&format!("{number}.mkv")), "film").unwrap();
        fs::write(&output, "words").unwrap();
        let temp = self.film(&format!(".kinora-{number}.tmp"));
        let row = PendingRow { output: output.into(), published: self.published(number) };
        self.commit(vec![
            Write::PendingBegun { temp: temp.clone(), row },
            Write::PendingDone { temp },
        ]);
    }

    fn commit(&self, writes: Vec<Write>) {
        let answers = self.store.commit(&writes).unwrap();
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    }

    fn scope(&self, accept_gone: bool) -> Scope {
        Scope {
            libraries: vec![("Films".to_owned(), self.folder.path().join("films"))],
            sent: self.data().join("uploads"),
            gone_percent_max: 100,
            accept_gone,
        }
    }

    fn look(&self) -> Plan {
        let (progress, cancel) = (Progress::default(), Cancel::default());
        look::look(&self.store, &self.scope(false), NOW, &progress, &cancel).unwrap()
    }

    fn apply(&self, plan: &Plan) -> Result<OutputsDone, Refusal> {
        let commit = |writes: Vec<Write>| self.store.commit(&writes);
        apply(&self.store, &commit, &self.scope(true), &self.data(), plan, NOW)
    }

    fn undo(&self, file: Option<&str>) -> Result<OutputsDone, Refusal> {
        undo(&|writes: Vec<Write>| self.store.commit(&writes), &self.data(), file)
    }

    /// All that a plan may change.
    fn all(&self) -> String {
        let mut files: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(self.film(""))
            .unwrap()
            .map(|it| it.unwrap().path())
            .map(|it| (it.clone(), fs::read(it).unwrap()))
            .collect();
        files.sort();
        let rows = self.store.published_page(None, 1000).unwrap();
        let places = self.store.placed_page(None, 1000).unwrap();
        format!("{files:?}\n{rows:?}\n{:?}\n{places:?}", self.store.pending().unwrap())
    }
}

/// Something that happens to a library.
fn happen(place: &Place, what: u8, number: usize) {
    let (film, output) = (format!("{number}.mkv"), format!("{number}.eng.srt"));
    let remove = |name: &str| {
        let _ = fs::remove_file(place.film(name));
    };
    match what {
        0 => remove(&output),
        1 => {
            remove(&film);
            remove(&output);
        }
        2 => fs::write(place.film(&output), "edited").unwrap(),
        3 => remove(&film),
        4 => {
            let temp = place.film(&format!(".kinora-{number:016x}.tmp"));
            fs::write(&temp, "half").unwrap();
            let mut published = place.published(number);
            published.content_blake3 = [7; 32];
            let row = PendingRow { output: place.film(&output).into(), published };
            place.commit(vec![Write::PendingBegun { temp, row }]);
        }
        _ => {
            let file = FileId { device: 1, inode: number as u64, size: 3, mtime_ns: 4 };
            let placed =
                Placed { video: place.film("away.mkv"), outputs: vec![place.film("away.srt")] };
            let change = Change::Placed { file, placed };
            place.commit(vec![Write::Change { change, at_unix_ms: NOW }]);
        }
    }
}

#[test]
fn where_all_is_well_nothing_is_planned() {
    let place = Place::with(3);
    let plan = place.look();
    assert_eq!(plan.summary(), "all 3 subtitles are as they were written");
    assert!(matches!(place.apply(&plan), Err(Refusal::Conflict(_))));
    assert!(!place.data().join(UNDO).exists());
}

#[test]
fn a_plan_is_carried_out_once_and_taken_back_once() {
    let place = Place::with(4);
    (0..6).for_each(|it| happen(&place, it, it.into()));
    let before = place.all();
    let plan = place.look();
    assert_eq!(plan.acts.len(), 4, "{:?}", plan.acts);
    assert_eq!(place.all(), before, "a look changes nothing");

    let done = place.apply(&plan).unwrap();
    assert_eq!((done.done, done.left.len()), (4, 0), "{done:?}");
    let after = place.all();
    assert_ne!(after, before);
    assert!(place.look().acts.is_empty());
    assert!(place.film("2.eng.srt").exists(), "what somebody edited is theirs");
    assert!(matches!(place.apply(&plan), Err(Refusal::Conflict(_))), "it is done already");
    assert_eq!(place.all(), after);

    let back = place.undo(None).unwrap();
    assert_eq!((back.done, &back.undo_file), (4, &done.undo_file));
    assert_eq!(place.all(), before);
    assert!(matches!(place.undo(None), Err(Refusal::NotFound(_))), "taken back once");
    let again = place.undo(Some(&format!("{}{TAKEN_BACK}", done.undo_file))).unwrap();
    assert_eq!(again.left, Vec::<String>::new());
    assert_eq!(place.all(), before, "twice is as once");
}

#[test]
fn what_changed_since_is_not_done() {
    let place = Place::with(2);
    happen(&place, 0, 0);
    let plan = place.look();
    place.publish(0);
    let before = place.all();
    let Err(Refusal::Conflict(fault)) = place.apply(&plan) else { panic!("it was done") };
    assert!(fault.what.contains("things changed") && fault.what.contains("0.eng.srt"), "{fault}");
    assert_eq!(place.all(), before);

    // Nor is what was written anew taken back from whoever wrote it.
    happen(&place, 0, 0);
    place.apply(&place.look()).unwrap();
    place.publish(0);
    let written = fs::read(place.film("0.eng.srt")).unwrap();
    let row = place.store.published(&place.film("0.eng.srt")).unwrap().unwrap();
    let mut other = row.clone();
    other.content_blake3 = [1; 32];
    let temp = place.film(".kinora-9.tmp");
    let pending = PendingRow { output: place.film("0.eng.srt").into(), published: other.clone() };
    place.commit(vec![
        Write::PendingBegun { temp: temp.clone(), row: pending },
        Write::PendingDone { temp },
    ]);
    let back = place.undo(None).unwrap();
    assert_eq!(back.left.len(), 1, "{back:?}");
    assert_eq!(place.store.published(&place.film("0.eng.srt")).unwrap(), Some(other));
    assert_eq!(fs::read(place.film("0.eng.srt")).unwrap(), written);
}

#[test]
fn a_library_that_went_meanwhile_is_left_alone() {
    let place = Place::with(2);
    happen(&place, 1, 0);
    let plan = place.look();
    let before = place.all();
    let (films, away) = (place.folder.path().join("films"), place.folder.path().join("away"));
    fs::rename(&films, &away).unwrap();
    let refused = place.look();
    assert!(refused.acts.is_empty() && refused.places[0].refused.is_some(), "{refused:?}");
    assert!(refused.summary().contains("nothing is done in Films"), "{}", refused.summary());
    let Err(Refusal::Conflict(fault)) = place.apply(&plan) else { panic!("it was done") };
    assert!(fault.what.contains("is not there"), "{fault}");
    fs::rename(&away, &films).unwrap();
    assert_eq!(place.all(), before);
}

#[test]
fn a_temporary_file_that_may_be_written_still_is_left() {
    let place = Place::with(1);
    let temp = place.film(".kinora-5.tmp");
    let mut published = place.published(0);
    published.at_unix_ms = NOW - HOUR_MS + 1;
    published.content_blake3 = [7; 32];
    let row = PendingRow { output: place.film("0.eng.srt").into(), published };
    place.commit(vec![Write::PendingBegun { temp, row }]);
    assert!(place.look().acts.is_empty());
}

#[test]
fn only_names_of_the_folder_are_taken_back() {
    let place = Place::with(0);
    for name in ["../kinora.redb", "outputs-1/../x.json", "/etc/passwd", "outputs-.txt", "x.json"] {
        assert!(matches!(place.undo(Some(name)), Err(Refusal::Invalid(_))), "{name}");
    }
    assert!(matches!(place.undo(Some("outputs-1.json")), Err(Refusal::NotFound(_))));
    let folder = place.data().join(UNDO);
    make_private(&folder).unwrap();
    // One that somebody wrote moves nothing that is not ours.
    let stolen = Undo {
        acts: Vec::new(),
        rows: Vec::new(),
        moves: vec![Move { from: place.film("stolen.tmp"), to: place.data().join("kinora.redb") }],
    };
    fs::write(folder.join("outputs-1.json"), serde_json::to_vec(&stolen).unwrap()).unwrap();
    assert_eq!(place.undo(None).unwrap().left.len(), 1);
    assert!(place.data().join("kinora.redb").exists() && !place.film("stolen.tmp").exists());
}

#[test]
fn what_was_done_long_ago_is_forgotten() {
    let place = Place::with(3);
    happen(&place, 4, 0);
    let done = place.apply(&place.look()).unwrap();
    let aside = place.data().join(UNDO).join(done.undo_file.trim_end_matches(SUFFIX));
    assert!(aside.join("0").exists());
    sweep(&place.data(), 30, NOW + 29 * DAY_MS);
    assert!(aside.exists());
    sweep(&place.data(), 30, NOW + 31 * DAY_MS);
    assert!(!aside.exists() && names(&place.data().join(UNDO)).is_empty());
}

/// How long it takes with a large library; the figure is printed.
#[test]
fn a_look_at_many_is_a_stream() {
    if std::env::var_os("KINORA_SOAK").is_none() {
        return;
    }
    let place = Place::with(0);
    let words = "words ".repeat(50_000 / 6);
    for batch in 0..200 {
        let mut writes = Vec::new();
        for number in batch * 500..(batch + 1) * 500 {
            let folder = place.film(&format!("{}", number / 50));
            fs::create_dir_all(&folder).unwrap();
            let (output, temp) = (
                folder.join(format!("{number}.srt")),
                folder.join(format!(".kinora-{number}.tmp")),
            );
            fs::write(&output, &words).unwrap();
            let mut published = place.published(number);
            published.content_blake3 = *blake3::hash(words.as_bytes()).as_bytes();
            let row = PendingRow { output: output.into(), published };
            writes.push(Write::PendingBegun { temp: temp.clone(), row });
            writes.push(Write::PendingDone { temp });
        }
        place.commit(writes);
    }
    fs::write(place.film("film.mkv"), "").unwrap();
    let watch = crate::base::clock::Stopwatch::start();
    let plan = place.look();
    println!("100,000 files of 50 KB: {} in {:?}", plan.summary(), watch.elapsed());
    assert_eq!(plan.places[0].same, 100_000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn taking_back_gives_what_was(happened in proptest::collection::vec((0_u8..6, 0_usize..5), 0..12)) {
        let place = Place::with(5);
        for (what, number) in happened {
            happen(&place, what, number);
        }
        let before = place.all();
        let plan = place.look();
        for act in &plan.acts {
            prop_assert!(act.path().starts_with(place.film("")), "{}", act.text());
        }
        if !plan.acts.is_empty() {
            place.apply(&plan).unwrap();
            prop_assert!(place.look().acts.is_empty());
            place.undo(None).unwrap();
            prop_assert_eq!(place.all(), before);
            prop_assert_eq!(place.look().acts, plan.acts);
        }
    }
}
