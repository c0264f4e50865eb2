//! A machine that says no: rights, read-only and full disks. Told for the film at once, and nothing is left.

use super::support::*;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

pub(crate) fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// Kinora as somebody who is not the superuser, to whom rights mean nothing.
pub(crate) fn as_somebody(house: &House) -> Option<Command> {
    let kinora = env!("CARGO_BIN_EXE_kinora");
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout != b"0\n" {
        return Some(house.dressed(kinora));
    }
    if !there_is("setpriv") {
        return None;
    }
    // Where others can reach them: the program, and the models where it looks for them.
    let models = house.aside("share/kinora/models");
    for folder in [&house.aside("bin"), &models, &house.aside("data")] {
        std::fs::create_dir_all(folder).unwrap();
        open_to_all(folder);
    }
    let program = house.aside("bin/kinora");
    std::fs::copy(kinora, &program).unwrap();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    for name in ["ggml-base-q8_0.bin", "ggml-silero-v6.bin"] {
        std::fs::copy(ours.join(name), models.join(name)).unwrap();
    }
    for path in [house.aside("share"), house.aside("share/kinora"), program.clone()] {
        set_mode(&path, 0o755);
    }
    let mut command = house.dressed("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program);
    Some(command)
}

/// Kinora after some commands as root that nobody else sees: `$0` is a folder that is mounted over.
fn after_mounting(house: &House, script: &str, folder: &Path) -> Option<Command> {
    let may_mount = Command::new("unshare").args(["-m", "true"]).output();
    if !is_root() || !may_mount.is_ok_and(|it| it.status.success()) {
        println!("skipped: no mounting here");
        return None;
    }
    let mut command = house.dressed("unshare");
    let script = format!("{script} || exit 99; \"$@\"; code=$?; ls -A \"$0\"; exit $code");
    command.args(["-m", "sh", "-c", &script]).arg(folder).arg(env!("CARGO_BIN_EXE_kinora"));
    Some(command)
}

#[test]
fn without_the_right_to_read_or_to_write() {
    let house = House::new();
    let Some(mut command) = as_somebody(&house) else { return };
    open_to_all(&house.films());
    let made = house.speech("good.mkv");
    let [locked, full] = ["locked", "readonly"].map(|it| house.film(it));
    for folder in [&locked, &full] {
        std::fs::create_dir(folder).unwrap();
        std::fs::copy(&made, folder.join("film.mkv")).unwrap();
    }
    let secret = house.film("secret.mkv");
    std::fs::copy(&made, &secret).unwrap();
    set_mode(&secret, 0o000);
    set_mode(&locked, 0o000);
    set_mode(&full, 0o555);
    command.args(["run", "--from", "en"]).arg(house.films()).arg(locked.join("film.mkv"));
    let ran = finish(&mut command);
    for folder in [&locked, &full] {
        set_mode(folder, 0o755);
    }
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    for (name, what) in [
        ("films/locked: ", "the folder may not be read"),
        ("locked/film.mkv", "may not be read"),
        ("secret.mkv", "may not be read"),
        ("readonly/film.mkv", "may not write into the folder"),
    ] {
        let said = ran.complaint(name);
        assert!(said.contains(what) && said.contains("; "), "{name}: {said}");
    }
    assert!(house.film("good.eng.srt").exists(), "the good one is done: {ran:?}");
    assert_eq!((listing(&locked).len(), listing(&full).len()), (1, 1), "nothing is written");
    assert_eq!(listing(&house.films()).len(), 5, "{:?}", listing(&house.films()).keys());
}

#[test]
fn on_a_read_only_file_system() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\"";
    let Some(mut command) = after_mounting(&house, script, &house.films()) else { return };
    let ran = finish(command.args(["run", "--from", "en"]).arg(film));
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    let said = ran.complaint("film.mkv");
    assert!(said.contains("read-only file system") && said.contains("--output"), "{said}");
    assert!(ran.out.ends_with("\nfilm.mkv\n"), "nothing is written: {}", ran.out);
}

#[test]
fn on_a_full_disk_for_subtitles_and_for_what_is_remembered() {
    let house = House::new();
    let film = house.speech("film.mkv");
    let small = house.aside("small");
    std::fs::create_dir(&small).unwrap();
    let script = "mount -t tmpfs -o size=64k none \"$0\" && head -c 65536 /dev/zero > \"$0/fill\"";
    let Some(mut command) = after_mounting(&house, script, &small) else { return };
    command.args(["run", "--from", "en", "--output"]).arg(&small).arg(&film);
    let ran = finish(&mut command);
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    let said = ran.complaint("film.mkv");
    assert!(said.contains("the disk is full; make room"), "{said}");
    assert!(ran.out.ends_with("\nfill\n"), "nothing is left: {}", ran.out);

    let Some(mut command) = after_mounting(&house, script, &small) else { return };
    command.args(["run", "--from", "en"]).arg(&film).env("KINORA__DATA_DIR", small.join("data"));
    let ran = finish(&mut command);
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    assert!(ran.err.contains("full") && ran.err.contains("; "), "{}", ran.err);
    assert!(!house.film("film.eng.srt").exists());
}
