//! The disk is full in the middle: nothing half-written has a name, what was there is there, and with room it goes on.

use super::{config, create, restore, tree};
use crate::house::among_mounts;
use crate::store_story::{heard, page, play, story};
use kinora::app::backup::Which;
use kinora::store::{Store, StoreFile, Write};
use std::fs;
use std::path::Path;

/// Folder with a small disk in it, set in the process that has it.
const DISK: &str = "KINORA_TEST_BACKUP_DISK";
/// Windows that make a store larger than the small disk, each of some 2 KB without meaning.
const WINDOWS: u64 = 1_500;

#[test]
fn a_full_disk_is_told_and_leaves_what_was_there() {
    if let Some(disk) = std::env::var_os(DISK) {
        let disk = Path::new(&disk);
        backup_on_a_small_disk(disk);
        restore_on_a_small_disk(disk);
        println!("both were told");
        return;
    }
    let disk = tempfile::tempdir().unwrap();
    fs::create_dir(disk.path().join("small")).unwrap();
    let script = "mount -t tmpfs -o size=2600k tmpfs \"$KINORA_TEST_BACKUP_DISK/small\" || exit 77; exec \"$@\"";
    let name = "backup::full::a_full_disk_is_told_and_leaves_what_was_there";
    among_mounts(name, script, DISK, disk.path(), "both were told");
}

/// A store of this many windows that cannot be packed.
fn large(folder: &Path) -> String {
    fs::create_dir_all(folder).unwrap();
    let store = Store::open(folder, StoreFile::Daemon).unwrap();
    assert_eq!(play(&store, &story(), 0), (story().len(), true));
    let windows: Vec<Write> = (0..WINDOWS)
        .map(|number| {
            let key = *blake3::hash(&number.to_le_bytes()).as_bytes();
            let mut noise = [0; 1024];
            blake3::Hasher::new().update(&key).finalize_xof().fill(&mut noise);
            let text: String = noise.iter().map(|it| char::from(*it)).collect();
            Write::Window { key, heard: heard(&text), at_unix_ms: number, of: None }
        })
        .collect();
    store.commit(&windows).unwrap();
    page(&store)
}

fn names(folder: &Path) -> Vec<String> {
    let name = |it: &std::path::PathBuf| it.file_name().unwrap().to_str().unwrap().to_owned();
    tree(folder).keys().map(name).collect()
}

fn backup_on_a_small_disk(disk: &Path) {
    let small = disk.join("small");
    let config = config(&disk.join("one"), &small);
    let told = large(&config.data_dir);
    fs::write(small.join("fill"), vec![0; 1_500_000]).unwrap();
    for _ in 0..2 {
        let full = create(&config).unwrap_err();
        assert!(full.what.contains("is full"), "{full}");
        assert_eq!(names(&small), ["fill"], "nothing is left");
    }
    fs::remove_file(small.join("fill")).unwrap();
    let made = create(&config).unwrap();
    assert_eq!(names(&small), [made.name]);
    let store = Store::open(&config.data_dir, StoreFile::Daemon).unwrap();
    assert_eq!(page(&store), told);
    // For what follows.
    fs::rename(made.path.as_str(), disk.join("backup")).unwrap_or_else(|_| {
        fs::copy(made.path.as_str(), disk.join("backup")).unwrap();
        fs::remove_file(made.path.as_str()).unwrap();
    });
}

fn restore_on_a_small_disk(disk: &Path) {
    let config = config(&disk.join("small"), &disk.join("backups"));
    // A small store is there already.
    let store = Store::open(&config.data_dir, StoreFile::Daemon).unwrap();
    assert_eq!(play(&store, &story(), 0), (story().len(), true));
    let told = page(&store);
    drop(store);
    let before = names(&config.data_dir);
    let which = Which::File(disk.join("backup"));
    let full = restore(&config, &which, true).unwrap_err();
    assert!(
        full.what.contains("is full") && full.remedy.contains("nothing that was there was touched"),
        "{full}"
    );
    assert_eq!(names(&config.data_dir), before, "nothing is left");
    let store = Store::open(&config.data_dir, StoreFile::Daemon).unwrap();
    assert_eq!(page(&store), told);
    assert_eq!(store.check(), Ok(Vec::new()));
}
