//! Kill -9 of the daemon at random instants: every job ends done, as if nothing had happened.

use super::support::*;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

/// Times the daemon is killed, at random instants.
const KILLS: u64 = 10;
const KILLS_SOAK: u64 = 100;
const FILES: usize = 6;
/// The longest life before a kill, milliseconds.
const LIFE_MS_MAX: u64 = 4_000;

/// Six films of several windows, each with another cut of the sample, so that none is recognised as another.
fn films(house: &House) {
    let sample = format!("{}/assets/jfk.wav", env!("CARGO_MANIFEST_DIR"));
    for number in 0..FILES {
        let part = format!("-i {sample} -i {sample} -i {sample}");
        let tempo = 1.0 + number as f64 / 40.0;
        let filter = format!(
            "[0]atempo={tempo},apad=whole_dur=26[a];[1]atrim=start=5,atempo={tempo},apad=whole_dur=28[b];\
             [2]atrim=end=8,atempo={tempo}[c];[a][b][c]concat=n=3:v=0:a=1"
        );
        let name = format!("film{number}.mka");
        house.make_of(&part, name, &format!("-filter_complex {filter} -c:a flac"));
    }
}

fn subtitles(house: &House) -> BTreeMap<OsString, Vec<u8>> {
    let mut listing = house.listing();
    listing.retain(|name, _| name.to_string_lossy().ends_with(".srt"));
    listing
}

#[test]
fn killed_at_any_moment_the_daemon_loses_nothing_and_does_nothing_twice() {
    let undisturbed = House::new();
    films(&undisturbed);
    let daemon = undisturbed.serve(&Setup::default());
    daemon.wait_for_jobs(FILES, "done");
    let windows = daemon.metric("kinora_windows_heard_total");
    assert_eq!(daemon.end().0, Some(0));
    let expected = subtitles(&undisturbed);
    assert_eq!(expected.len(), FILES);

    let house = House::new();
    films(&house);
    let kills = if std::env::var_os("KINORA_SOAK").is_some() { KILLS_SOAK } else { KILLS };
    let mark = house.aside("data").display().to_string();
    let mut seed = 88_172_645_463_325_252_u64;
    let mut finished_at = Vec::new();
    for kill in 0..kills {
        let daemon = house.serve(&Setup::default());
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        // The instant is what the test is about: while it scans, decodes, listens, writes.
        std::thread::park_timeout(Duration::from_millis(seed % LIFE_MS_MAX));
        daemon.kill();
        wait_for("the end of all children", || processes_with(&mark).is_empty().then_some(()));
        for (name, bytes) in subtitles(&house) {
            assert_eq!(bytes, expected[&name], "{name:?} is whole or not there");
        }
        if subtitles(&house).len() == FILES {
            // All over again, so that every kill meets work; what is remembered is forgotten too.
            finished_at.push(kill);
            check_clean(&house, windows, &expected);
            std::fs::remove_dir_all(house.aside("data")).unwrap();
            for name in subtitles(&house).into_keys() {
                std::fs::remove_file(house.film(name)).unwrap();
            }
        }
    }
    check_clean(&house, windows, &expected);
    println!("killed {kills} times, all done after kills {finished_at:?}");
}

/// A last, undisturbed life: all is done, byte by byte, no window was computed twice, nothing else is left.
fn check_clean(house: &House, windows: u64, expected: &BTreeMap<OsString, Vec<u8>>) {
    let daemon = house.serve(&Setup::default());
    daemon.wait_for_jobs(FILES, "done");
    assert_eq!(&subtitles(house), expected);
    // Counted in the transaction that keeps the window: one computed twice would count twice.
    assert_eq!(daemon.metric("kinora_windows_heard_total"), windows, "windows computed");
    let pids = processes_with(&house.aside("data").display().to_string()).len();
    assert!(pids <= 4, "the daemon and its idle children, not {pids}");
    assert_eq!(daemon.end().0, Some(0));
    let mark = house.aside("data").display().to_string();
    wait_for("the end of all children", || processes_with(&mark).is_empty().then_some(()));
    let names: Vec<_> = house.listing().into_keys().collect();
    assert_eq!(names.len(), 2 * FILES, "{names:?}");
    let scratch = house.aside("data/work");
    assert!(!scratch.exists() || listing(&scratch).is_empty(), "scratch is left");
    let check = finish(house.dressed(env!("CARGO_BIN_EXE_kinora")).arg("check"));
    assert_eq!(check.code, Some(GOOD), "{check:?}");
}
