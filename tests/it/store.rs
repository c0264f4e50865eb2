//! The store between processes: locked by one, killed in the middle of its writes.

use kinora::domain::change::Change;
use kinora::domain::job::Fingerprint;
use kinora::domain::transcript::{RawHeard, RawSegment, Token};
use kinora::store::{FinishedRow, Store, StoreFile, Write};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Folder of the store, set in the child that writes.
const FOLDER: &str = "KINORA_TEST_STORE";
/// Windows the child reports before it is killed.
const WINDOWS_BEFORE_KILL: u64 = 40;

fn key(number: u64) -> [u8; 32] {
    *blake3::hash(&number.to_le_bytes()).as_bytes()
}

fn heard(number: u64) -> RawHeard {
    let token =
        Token { bytes: number.to_le_bytes().repeat(200), p: 0.5, t0_cs: 0, t1_cs: 10, dtw_cs: 5 };
    let segment = RawSegment { start_cs: 0, end_cs: 10, no_speech_p: 0.0, tokens: vec![token] };
    RawHeard { segments: vec![segment], language: "en".to_owned() }
}

/// The child: writes window after window and says each that is done, until it is killed.
fn write_for_ever(folder: &Path) {
    let store = Store::open(folder, StoreFile::Run).unwrap();
    assert!(!store.is_private());
    for number in 0.. {
        let (key, heard) = (key(number), heard(number));
        store.commit(&[Write::Window { key, heard, at_unix_ms: number, of: None }]).unwrap();
        println!("\nwritten {number}");
    }
}

/// What a process was told is stored is there after it was killed in the middle of the next write; and while it lives,
/// another process has a store of its own.
#[test]
fn nothing_told_is_forgotten_when_a_process_is_killed() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return write_for_ever(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let silent = FinishedRow { outputs: Vec::new(), language: None, at_unix_ms: 7 };
    for round in 1..=3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "store::nothing_told_is_forgotten_when_a_process_is_killed",
                "--nocapture",
            ])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut told = lines.filter_map(|it| it.strip_prefix("written ")?.parse::<u64>().ok());
        let wanted = WINDOWS_BEFORE_KILL * round;
        let reached = told.by_ref().find(|it| *it == wanted);
        if round == 1 {
            let beside = Store::open(folder.path(), StoreFile::Run).unwrap();
            assert!(beside.is_private());
            let key = Fingerprint([7; 32]);
            let change = Change::Finished { key, outputs: Vec::new(), language: None };
            beside.commit(&[Write::Change { change, at_unix_ms: 7 }]).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let last = told.last().or(reached).unwrap();

        let store = Store::open(folder.path(), StoreFile::Run).unwrap();
        assert!(!store.is_private(), "the lock went with the process");
        for number in 0..=last {
            assert_eq!(
                store.window(&key(number)).unwrap(),
                Some(heard(number)),
                "{number} of {last}"
            );
        }
        assert_eq!(
            store.finished(&Fingerprint([7; 32])).unwrap().as_ref(),
            Some(&silent),
            "taken over from the private store"
        );
    }
}
