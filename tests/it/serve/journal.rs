//! The log under systemd: entries with fields in the journal, where standard error leads to it, and text elsewhere.

use super::support::*;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// Set where this test runs in a name space of its own.
const FOLDER: &str = "KINORA_TEST_JOURNAL";
const SAID: &str = "the journal heard it";

#[test]
fn what_is_logged_goes_to_the_journal_with_fields() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return in_the_journal(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let script =
        "mount -t tmpfs none /run && mkdir -p /run/systemd/journal || exit 77; exec \"$@\"";
    let name = "serve::journal::what_is_logged_goes_to_the_journal_with_fields";
    among_mounts(name, script, FOLDER, folder.path(), SAID);
}

/// Ends with the test, however that ends.
struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn in_the_journal(folder: &Path) {
    let journal = UnixDatagram::bind("/run/systemd/journal/socket").unwrap();
    journal.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let house = House::new();
    house.write("broken.mkv", b"no film");
    // Standard error as systemd connects it: JOURNAL_STREAM names it.
    let stderr = std::fs::File::create(folder.join("stderr")).unwrap();
    let about = stderr.metadata().unwrap();
    let env = [("KINORA__SERVE__LOG", "kinora=debug".to_owned())];
    let mut command = house.serve_command(&Setup { env: &env, ..Setup::default() });
    command.env("JOURNAL_STREAM", format!("{}:{}", about.dev(), about.ino()));
    let mut daemon = Killed(command.stderr(Stdio::from(stderr)).spawn().unwrap());
    let (mut entries, mut bytes) = (Vec::new(), vec![0; 256 * 1024]);
    let parked = loop {
        let length = journal.recv(&mut bytes).expect("an entry in time");
        let entry = fields(&bytes[..length]);
        let of = |name: &str| entry.iter().find(|it| it.0 == name).map(|it| it.1.clone());
        let found =
            of("MESSAGE").is_some_and(|it| it.contains("broken.mkv") && it.contains("failed"));
        entries.push(entry.clone());
        if found {
            break entry;
        }
    };
    let of = |name: &str| parked.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
    assert_eq!(of("SYSLOG_IDENTIFIER"), Some("kinora"), "{parked:?}");
    assert_eq!(of("PRIORITY"), Some("4"), "a warning: {parked:?}");
    assert_eq!(of("KINORA_JOB"), Some("1"), "{parked:?}");
    let begins = entries.iter().flatten().find(|it| it.1.contains("begins; its data is in"));
    assert!(begins.is_some(), "{entries:?}");
    let step =
        entries.iter().find(|it| it.contains(&("KINORA_STEP".to_owned(), "select".to_owned())));
    let step = step.unwrap_or_else(|| panic!("{entries:?}"));
    for (name, value) in [("KINORA_JOB", "1"), ("KINORA_LANE", "ffmpeg"), ("KINORA_ATTEMPT", "1")] {
        assert!(step.contains(&(name.to_owned(), value.to_owned())), "{name}: {step:?}");
    }
    let infos = entries.iter().filter(|it| it.contains(&("PRIORITY".to_owned(), "6".to_owned())));
    assert!(infos.count() > 1, "{entries:?}");
    signal(i64::from(daemon.0.id()), "TERM");
    daemon.0.wait().unwrap();
    let mut text = String::new();
    std::fs::File::open(folder.join("stderr")).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "", "it goes to one place");
    println!("{SAID}");
}

/// The fields of an entry in the journal's own protocol: `NAME=value`, or the name, a line break, a length and the value.
fn fields(entry: &[u8]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut rest = entry;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    while let Some(end) = rest.iter().position(|it| *it == b'\n') {
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        if let Some(at) = line.iter().position(|it| *it == b'=') {
            fields.push((text(&line[..at]), text(&line[at + 1..])));
            rest = after;
        } else {
            let length = u64::from_le_bytes(after[..8].try_into().unwrap()) as usize;
            fields.push((text(line), text(&after[8..8 + length])));
            rest = &after[8 + length + 1..];
        }
    }
    fields
}

#[test]
fn elsewhere_lines_go_to_standard_error_as_text_or_as_objects() {
    let house = House::new();
    let env = [
        ("JOURNAL_STREAM", "1:1".to_owned()),
        ("KINORA__SERVE__LOG_FORMAT", "json".to_owned()),
        ("KINORA__SERVE__LOG", "kinora=debug".to_owned()),
    ];
    house.write("broken.mkv", b"no film");
    let daemon = house.serve(&Setup { env: &env, ..Setup::default() });
    daemon.wait_for_jobs(1, "parked");
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    let logs = std::fs::read_dir(house.aside("data/logs")).unwrap().flatten();
    let kept: String = logs.map(|it| std::fs::read_to_string(it.path()).unwrap()).collect();
    for text in [said, kept] {
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|it| serde_json::from_str(it).unwrap_or_else(|err| panic!("{err}: {it}")))
            .collect();
        assert!(
            lines.iter().all(|it| it["time"].is_string() && it["thread"].is_string()),
            "{text}"
        );
        assert!(lines.iter().any(|it| it["level"] == "WARN" && it["fields"]["job"] == 1), "{text}");
        let of_lease =
            |it: &&serde_json::Value| it["step"] == "select" && it["thread"] == "ffmpeg-0";
        let line = lines.iter().find(of_lease).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((&line["job"], &line["attempt"]), (&1.into(), &1.into()), "{line}");
    }
}
