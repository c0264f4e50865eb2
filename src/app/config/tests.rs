//! Where data lies and which file is read, without the machine the test runs on.

use super::*;

fn env(pairs: &[(&str, &str)]) -> Env {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect()
}

#[test]
fn the_data_folder_follows_service_superuser_and_home() {
    let home = ("HOME", "/home/ann");
    for (pairs, root, dir) in [
        (vec![("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"), home], true, "/var/lib/a"),
        (vec![home], true, "/var/lib/kinora"),
        (vec![home], false, "/home/ann/.local/share/kinora"),
        (vec![home, ("XDG_DATA_HOME", "/data")], false, "/data/kinora"),
        (vec![home, ("XDG_DATA_HOME", "data")], false, "/home/ann/.local/share/kinora"),
    ] {
        let found = default_data_dir(&env(&pairs), root).map(|it| it.0);
        assert_eq!(found, Ok(PathBuf::from(dir)));
    }
    let fault = default_data_dir(&env(&[]), false).expect_err("nowhere to keep data");
    assert!(fault.remedy.contains("set data_dir"), "{fault}");
}

#[test]
fn the_first_file_there_is_gets_read() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let file = |name: &str| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("made");
        std::fs::write(&path, "").expect("written");
        path
    };
    let (flag, named) = (file("flag.toml"), file("named.toml"));
    let (system, users) = (file("etc/kinora.toml"), file(".config/kinora/kinora.toml"));
    let home = dir.path().to_str().expect("UTF-8");
    let with_home = env(&[("HOME", home)]);
    let with_both = env(&[("HOME", home), ("KINORA_CONFIG", named.to_str().expect("UTF-8"))]);
    let absent = dir.path().join("absent.toml");
    for (named_file, env, system, found) in [
        (Some(&flag), &with_both, &system, Some(&flag)),
        (None, &with_both, &system, Some(&named)),
        (None, &with_home, &system, Some(&system)),
        (None, &with_home, &absent, Some(&users)),
        (None, &Env::new(), &absent, None),
    ] {
        let result = find_file(named_file.map(PathBuf::as_path), env, system);
        assert_eq!(result.as_ref().map(Option::as_ref), Ok(found));
    }
    assert!(find_file(Some(&absent), &with_home, &system).is_err());
}
