//! A byte that is changed, or a piece that is missing, anywhere: it is told, and nothing is touched.

use super::{Chance, Scene, create, restore, tree};
use kinora::app::backup::{self, Which};
use kinora::base::cancel::Cancel;
use std::fs;

const PLACES: usize = 60;

#[test]
fn damage_anywhere_is_told_and_nothing_is_touched() {
    let scene = Scene::new();
    let (one, two) = (scene.config("one"), scene.config("two"));
    scene.told("one");
    let made = create(&one).unwrap();
    let whole = fs::read(&made.path).unwrap();
    fs::create_dir(scene.at("two")).unwrap();
    let verify = |quick| {
        backup::verify(
            &two,
            &Which::File(made.path.clone().into()),
            quick,
            &Cancel::default(),
            &mut |_, _| (),
        )
    };
    assert!(verify(true).is_ok() && verify(false).is_ok());
    let mut chance = Chance(0xDA3A);
    for round in 0..PLACES {
        let at = chance.below(whole.len());
        let mut bytes = whole.clone();
        match round % 3 {
            0 => bytes[at] ^= 1 << chance.below(8),
            1 => bytes.truncate(at),
            _ => bytes[at..].fill(0),
        }
        fs::write(&made.path, &bytes).unwrap();
        let when = format!("round {round}, byte {at} of {}", whole.len());
        for told in [verify(true).err(), verify(false).err()] {
            let told = told.unwrap_or_else(|| panic!("{when}: nothing was told")).to_string();
            assert!(told.contains("damaged") || told.contains("cannot be used"), "{when}: {told}");
        }
        assert!(restore(&two, &Which::File(made.path.clone().into()), true).is_err(), "{when}");
        assert_eq!(tree(&scene.at("two")).len(), 0, "{when}");
        // It is listed as well: damaged ones are not hidden.
        assert_eq!(backup::list(&scene.at("backups")).unwrap().len(), 1, "{when}");
    }
    // The newest that can be used is taken, not the newest.
    fs::write(&made.path, &whole).unwrap();
    let newer = scene.at("backups/kinora-2999-01-01T000000Z.kinora-backup");
    fs::write(newer, &whole[..whole.len() / 2]).unwrap();
    let listed = backup::list(&scene.at("backups")).unwrap();
    assert!(listed[0].problem.is_some() && listed[1].problem.is_none(), "{listed:?}");
    let done = restore(&two, &Which::Latest, false).unwrap();
    assert_eq!(done.backup.name, made.name);
}
