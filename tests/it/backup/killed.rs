//! Kill -9 in the middle of a backup and of a restore: all or nothing, and the next one tidies up.

use super::tree;
use crate::house::{GOOD, House, finish, wait_for};
use crate::store_story::{heard, page, play, story};
use kinora::store::{Store, StoreFile, Write};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Windows of a store that takes a while.
const WINDOWS: u64 = 20_000;
const ROUNDS: usize = 3;

fn large(folder: &Path) -> String {
    fs::create_dir_all(folder).unwrap();
    let store = Store::open(folder, StoreFile::Daemon).unwrap();
    assert_eq!(play(&store, &story(), 0), (story().len(), true));
    for first in (0..WINDOWS).step_by(5_000) {
        let windows: Vec<Write> = (first..first + 5_000)
            .map(|number| {
                let key = *blake3::hash(&number.to_le_bytes()).as_bytes();
                let text = blake3::hash(&key).to_hex().repeat(8);
                Write::Window { key, heard: heard(&text), at_unix_ms: number, of: None }
            })
            .collect();
        store.commit(&windows).unwrap();
    }
    page(&store)
}

/// Starts a command and kills it as soon as another file of such a name is in the folder; true where it was not done.
fn killed(command: &mut Command, folder: &Path, begins: &str) -> bool {
    let there = || -> Vec<_> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|it| it.file_name().into_string().ok());
        names.filter(|it| it.starts_with(begins)).collect()
    };
    let before = there();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for("its file, or its end", || {
        let has_begun = there().iter().any(|it| !before.contains(it));
        (has_begun || child.try_wait().unwrap().is_some()).then_some(())
    });
    let _ = child.kill();
    !child.wait().unwrap().success()
}

fn names(folder: &Path, part: &str) -> usize {
    tree(folder)
        .keys()
        .filter(|it| it.file_name().unwrap().to_str().unwrap().contains(part))
        .count()
}

#[test]
fn a_kill_leaves_all_or_nothing() {
    let house = House::new();
    let data = house.aside("data");
    let told = large(&data);
    let backups = data.join("backups");
    let kinora = |line: &str| {
        let mut command = house.dressed(env!("CARGO_BIN_EXE_kinora"));
        command.arg("backup").args(line.split(' '));
        command
    };
    let mut kills = 0;
    for _ in 0..ROUNDS {
        if killed(&mut kinora("create"), &backups, ".kinora-") {
            kills += 1;
            assert_eq!(names(&backups, ".kinora-backup"), 0, "nothing half-written has a name");
        } else {
            fs::remove_dir_all(&backups).unwrap();
        }
    }
    assert!(kills > 0, "a backup takes longer than a look at its folder");
    let made = finish(&mut kinora("create --json"));
    assert_eq!(made.code, Some(GOOD), "{made:?}");
    assert_eq!(names(&backups, ".tmp"), 0, "what was left is gone");
    assert_eq!(names(&backups, ".kinora-backup"), 1);

    let store = Store::open(&data, StoreFile::Daemon).unwrap();
    store
        .commit(&[Write::Wish {
            wish: crate::store_story::wish(99),
            at_unix_ms: 5_000_000_000_000,
        }])
        .unwrap();
    let newer = page(&store);
    drop(store);
    let mut kills = 0;
    for _ in 0..ROUNDS {
        if killed(&mut kinora("restore latest --force"), &data, ".kinora-new-restore-") {
            kills += 1;
        }
        let store = Store::open(&data, StoreFile::Daemon).unwrap();
        let now = page(&store);
        assert!(now == newer || now == told, "the old one or the new one, whole");
        assert_eq!(store.check(), Ok(Vec::new()));
    }
    assert!(kills > 0, "a restore takes longer than a look at its folder");
    let done = finish(&mut kinora("restore latest --force"));
    assert_eq!(done.code, Some(GOOD), "{done:?}");
    assert!(done.out.contains("it is restored; start Kinora again"), "{done:?}");
    assert_eq!(names(&data, ".kinora-new-"), 0, "what was left is gone");
    assert_eq!(page(&Store::open(&data, StoreFile::Daemon).unwrap()), told);
}
