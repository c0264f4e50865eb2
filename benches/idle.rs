//! What a daemon with nothing to do takes: memory with a library of 100,000 files, and processor time over a minute.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ITEMS: usize = 100_000;
const PER_FOLDER: usize = 500;
/// Some 4 MiB of it tell what was seen of each file, so that an unchanged one costs a `stat`.
const PRIVATE_DIRTY_MIB_MAX: f64 = 44.0;
const RESIDENT_MIB_MAX: f64 = 80.0;
const CPU_PERCENT_MAX: f64 = 0.2;
const WATCHED: Duration = Duration::from_secs(60);
/// A scan of so many files takes no longer, on a slow disk either.
const PATIENCE: Duration = Duration::from_secs(1200);

/// All items are queued and wait for a lane that is closed: the most that can lie in memory.
pub(crate) fn run() -> bool {
    let house = tempfile::tempdir().expect("room on the disk");
    for folder in 0..ITEMS / PER_FOLDER {
        let folder = house.path().join(format!("films/season {folder}"));
        fs::create_dir_all(&folder).expect("room on the disk");
        for number in 0..PER_FOLDER {
            fs::write(folder.join(format!("Episode {number}.mkv")), b"x").expect("room");
        }
    }
    let (mut child, addr) = daemon(house.path(), "");
    let start = Instant::now();
    loop {
        let status = get(&addr, "/status");
        if status.contains(&format!("[\"queued\",{ITEMS}]"))
            && status.contains("\"scanning\":false")
        {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "{status}");
        std::thread::park_timeout(Duration::from_millis(500));
    }
    println!("idle: {ITEMS} files found and queued in {:.1} s", start.elapsed().as_secs_f64());
    // Let it settle, then watch it.
    std::thread::park_timeout(Duration::from_secs(5));
    let before = cpu_ticks(child.id());
    std::thread::park_timeout(WATCHED);
    let ticks = cpu_ticks(child.id()) - before;
    let hertz = 100.0;
    let percent = 100.0 * ticks as f64 / hertz / WATCHED.as_secs_f64();
    let memory = fs::read_to_string(format!("/proc/{}/smaps_rollup", child.id())).expect("a Linux");
    let (dirty, resident) = (mib(&memory, "Private_Dirty:"), mib(&memory, "Rss:"));
    println!(
        "idle: private dirty {dirty:.1} MiB, resident {resident:.1} MiB, {percent:.2} % of a core"
    );
    let _ = child.kill();
    let _ = child.wait();
    let mut good = true;
    for (what, keeps) in [
        (
            format!("private dirty at most {PRIVATE_DIRTY_MIB_MAX} MiB"),
            dirty <= PRIVATE_DIRTY_MIB_MAX,
        ),
        (format!("resident at most {RESIDENT_MIB_MAX} MiB"), resident <= RESIDENT_MIB_MAX),
        (format!("at most {CPU_PERCENT_MAX} % of a core"), percent <= CPU_PERCENT_MAX),
    ] {
        good &= crate::held(&what, keeps);
    }
    good
}

/// A daemon whose films wait for a closed lane, and where it listens; `serve` is more of that section.
pub(crate) fn daemon(house: &Path, serve: &str) -> (Child, String) {
    let config = house.join("kinora.toml");
    let films = house.join("films");
    let closed = closed_hours();
    let text = format!(
        "data_dir = \"{}\"\n[http]\nlisten = \"127.0.0.1:0\"\n[serve]\nstable = \"0s\"\n{serve}\
         [lanes]\nschedule = {{ ffmpeg = [\"{closed}\"] }}\n\
         [[library]]\nname = \"Films\"\npath = \"{}\"\n",
        house.join("data").display(),
        films.display()
    );
    fs::write(&config, text).expect("room on the disk");
    start(&config)
}

/// A daemon of that configuration, and where it listens.
pub(crate) fn start(config: &Path) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kinora"))
        .arg("serve")
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kinora starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let addr = loop {
        let line = lines.next().expect("it listens").expect("text");
        if let Some((_, addr)) = line.split_once("listening on http://") {
            break addr.trim().to_owned();
        }
    };
    std::thread::spawn(move || lines.for_each(drop));
    (child, addr)
}

/// Hours of a weekday three days from now: closed for the time of a bench in every zone.
fn closed_hours() -> String {
    let today = Command::new("date").arg("+%u").output().expect("date").stdout;
    let today: usize = String::from_utf8_lossy(&today).trim().parse().expect("a weekday");
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    format!("{} 10:00-11:00", days[(today + 2) % 7])
}

/// What it answers.
pub(crate) fn get(addr: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(addr).expect("it listens");
    let head = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it takes a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

/// Processor time of a process so far, in ticks of 10 ms.
pub(crate) fn cpu_ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a Linux");
    let after_name = stat.rsplit(") ").next().unwrap_or("");
    let fields: Vec<&str> = after_name.split(' ').collect();
    let field = |index: usize| fields.get(index).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0);
    field(11) + field(12)
}

/// A field of `smaps_rollup`, MiB.
pub(crate) fn mib(rollup: &str, field: &str) -> f64 {
    let line = rollup.lines().find(|it| it.starts_with(field)).unwrap_or("");
    let kib = line.split_whitespace().nth(1).and_then(|it| it.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
