//! Back again: elsewhere, over damage, over what is newer, and from every format there was.

use super::{Chance, Scene, create, restore, tree};
use crate::store_fixtures::fixture_copy;
use crate::store_story::{page, wish};
use kinora::api::backup::Becomes;
use kinora::app::backup::{self, Which};
use kinora::base::cancel::Cancel;
use kinora::store::{Hold, Store, StoreFile, Write};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

/// Where a store is cut.
const CUTS: usize = 20;

#[test]
fn all_comes_back_where_nothing_is_left() {
    let scene = Scene::new();
    let (one, two) = (scene.config("one"), scene.config("two"));
    let told = scene.told("one");
    fs::write(scene.at("one/settings.toml"), "to = [\"de\"]\n").unwrap();
    fs::write(scene.at("one/token"), "a-token\n").unwrap();
    let made = create(&one).unwrap();
    let mode = fs::metadata(&made.path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "it holds keys");
    assert_eq!(made.holds.unwrap().jobs, 6);
    fs::remove_dir_all(scene.at("one")).unwrap();

    let plan = backup::plan(&two, &Which::Latest, false).unwrap();
    assert_eq!(plan.view().refused, None);
    assert!(plan.view().files.iter().all(|it| it.becomes == Becomes::Made), "{:?}", plan.view());
    assert!(!scene.at("two").exists(), "a plan changes nothing");
    let done = restore(&two, &Which::Latest, false).unwrap();
    assert!(done.done && done.problems.is_empty(), "{done:?}");
    assert_eq!(scene.page("two"), told);
    assert_eq!(fs::read_to_string(scene.at("two/settings.toml")).unwrap(), "to = [\"de\"]\n");
    assert_eq!(fs::read_to_string(scene.at("two/token")).unwrap(), "a-token\n");
    let mode = fs::metadata(scene.at("two/token")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert_eq!(tree(&scene.at("two")).len(), 3, "{:?}", tree(&scene.at("two")).keys());
    let verified = backup::verify(&two, &Which::Latest, false, &Cancel::default(), &mut |_, _| ());
    assert!(verified.is_ok_and(|it| it.restored && it.problems.is_empty()));
    // What comes back is what was there, byte for byte where it counts: a backup of it holds the same.
    let again = backup::create(
        &two,
        &backup::To::Path(scene.at("again")),
        &Cancel::default(),
        &mut |_, _| (),
    );
    assert_eq!(again.unwrap().rows, made.rows);
}

#[test]
fn a_store_that_is_cut_anywhere_gives_way_and_is_kept() {
    let scene = Scene::new();
    let config = scene.config("one");
    let told = scene.told("one");
    create(&config).unwrap();
    let path = scene.at("one/kinora.redb");
    let whole = fs::read(&path).unwrap();
    let mut chance = Chance(0xB4C5);
    for cut in (0..CUTS).map(|_| chance.below(whole.len())) {
        fs::remove_dir_all(scene.at("one")).unwrap();
        fs::create_dir(scene.at("one")).unwrap();
        fs::write(&path, &whole[..cut]).unwrap();
        let done =
            restore(&config, &Which::Latest, false).unwrap_or_else(|it| panic!("{cut}: {it}"));
        assert_eq!(scene.page("one"), told, "cut at {cut}");
        let kept = done.files[0].kept_as.as_ref().unwrap_or_else(|| panic!("{cut}: {done:?}"));
        assert!(kept.contains("kinora.redb.before-restore-"), "{kept}");
        assert!(fs::metadata(kept).is_ok(), "cut at {cut}: {kept}");
        let names = tree(&scene.at("one"));
        assert_eq!(names.len(), 2, "cut at {cut}: {:?}", names.keys());
    }
}

#[test]
fn a_whole_store_that_is_newer_is_only_replaced_by_force() {
    let scene = Scene::new();
    let config = scene.config("one");
    let told = scene.told("one");
    let made = create(&config).unwrap();
    // As old as the story, whose times are long ago: nothing is lost.
    restore(&config, &Which::Latest, false).unwrap();
    let store = Store::open(&scene.at("one"), StoreFile::Daemon).unwrap();
    let later = Write::Wish { wish: wish(77), at_unix_ms: 4_000_000_000_000 };
    store.commit(&[later]).unwrap();
    let newer = page(&store);

    let taken = backup::plan(&config, &Which::Latest, true).err().unwrap();
    assert!(taken.what.contains("in use"), "it is served, so never: {taken}");
    drop(store);
    let before = tree(&scene.at("one"));
    let plan = backup::plan(&config, &Which::Latest, false).unwrap();
    let refused = plan.view().refused.clone().unwrap();
    assert!(refused.contains("newer") && refused.contains("--force"), "{refused}");
    let told_so = plan.apply(&config, &Cancel::default(), &mut |_, _| ()).unwrap_err();
    assert_eq!(told_so.what, refused);
    assert_eq!(tree(&scene.at("one")).len(), before.len());
    assert_eq!(scene.page("one"), newer);

    let done = restore(&config, &Which::File(made.path.into()), true).unwrap();
    assert_eq!(scene.page("one"), told);
    // And back again: nothing is lost.
    fs::rename(done.files[0].kept_as.as_ref().unwrap(), scene.at("one/kinora.redb")).unwrap();
    assert_eq!(scene.page("one"), newer);
}

#[test]
fn nobody_begins_to_serve_a_store_that_is_being_replaced() {
    let scene = Scene::new();
    scene.told("one");
    let hold = Hold::take(&scene.at("one")).unwrap();
    let told = Store::open(&scene.at("one"), StoreFile::Daemon).unwrap_err();
    assert!(told.what.contains("in use"), "{told}");
    drop(hold);
    Store::open(&scene.at("one"), StoreFile::Daemon).unwrap();
}

#[test]
fn a_backup_of_every_format_comes_back_as_one_of_today() {
    for version in 1..=5 {
        let scene = Scene::new();
        let path = scene.at("one/kinora.redb");
        fs::rename(fixture_copy(version, &scene.at("one")), &path).unwrap();
        create(&scene.config("one")).unwrap();
        // It was copied as it is, so that the older Kinora could have it back.
        let store = Store::open_as_it_is(&scene.at("one")).unwrap().unwrap();
        drop(store);
        let today = scene.page("one");
        restore(&scene.config("two"), &Which::Latest, false).unwrap();
        assert_eq!(scene.page("two"), today, "format {version}");
    }
}

#[test]
fn what_another_one_configured_is_put_beside() {
    let scene = Scene::new();
    scene.told("one");
    let (mut one, mut two) = (scene.config("one"), scene.config("two"));
    fs::write(scene.at("kinora.toml"), "to = [\"en\"]\n").unwrap();
    fs::write(scene.at("secret"), "hush\n").unwrap();
    one.source = Some(scene.at("kinora.toml"));
    one.http.webhook_secret_file = Some(scene.at("secret"));
    create(&one).unwrap();
    let done = restore(&two, &Which::Latest, false).unwrap();
    let beside = scene.at("two/kinora.toml.from-backup");
    assert_eq!(fs::read_to_string(&beside).unwrap(), "to = [\"en\"]\n");
    assert_eq!(fs::read_to_string(scene.at("two/webhook_secret.from-backup")).unwrap(), "hush\n");
    let hints = done.hints.join("\n");
    assert!(hints.contains("kinora.toml.from-backup") && hints.contains("not in force"), "{hints}");
    // The same one is left as it is.
    fs::remove_dir_all(scene.at("two")).unwrap();
    two.source = Some(scene.at("kinora.toml"));
    let plan = backup::plan(&two, &Which::Latest, false).unwrap();
    let of = plan.view().files.iter().find(|it| it.what == "configuration").unwrap();
    assert_eq!(of.becomes, Becomes::Same);
}

/// What root puts back belongs to whoever the data belongs to.
#[test]
fn what_root_restores_belongs_to_the_owner_of_the_data() {
    if !crate::house::is_root() {
        return;
    }
    let scene = Scene::new();
    scene.told("one");
    fs::write(scene.at("one/token"), "a-token\n").unwrap();
    create(&scene.config("one")).unwrap();
    fs::create_dir(scene.at("two")).unwrap();
    std::os::unix::fs::chown(scene.at("two"), Some(4711), Some(4712)).unwrap();
    restore(&scene.config("two"), &Which::Latest, false).unwrap();
    for path in tree(&scene.at("two")).keys() {
        let about = fs::metadata(path).unwrap();
        assert_eq!((about.uid(), about.gid()), (4711, 4712), "{}", path.display());
    }
}
