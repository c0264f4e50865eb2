//! What the operator's screen takes: processor time when nothing changes, bytes to the terminal while ten jobs are
//! under way (it is looked at over thin lines), memory with 100,000 executions.

use crate::idle::{cpu_ticks, daemon, get, mib, start};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const ITEMS: usize = 100_000;
const PER_FOLDER: usize = 500;
const CPU_PERCENT_MAX: f64 = 0.5;
const BYTES_PER_S_MAX: f64 = 20_000.0;
const PRIVATE_DIRTY_MIB_MAX: f64 = 40.0;
/// Jobs under way at the same time.
const WORKERS: usize = 10;
const WATCHED: Duration = Duration::from_secs(60);
const SETTLE: Duration = Duration::from_secs(5);
/// A scan of so many files takes no longer, on a slow disk either; nothing else here does.
const PATIENCE: Duration = Duration::from_secs(1200);
const HERTZ: f64 = 100.0;

pub(crate) fn run() -> bool {
    let idle = idle_and_large();
    busy() && idle
}

/// A daemon with 100,000 queued files, and nothing to do: the overview, then the queue.
fn idle_and_large() -> bool {
    let house = tempfile::tempdir().expect("room on the disk");
    for folder in 0..ITEMS / PER_FOLDER {
        let folder = house.path().join(format!("films/season {folder}"));
        fs::create_dir_all(&folder).expect("room on the disk");
        for number in 0..PER_FOLDER {
            fs::write(folder.join(format!("Episode {number}.mkv")), b"x").expect("room");
        }
    }
    let (mut child, addr) = daemon(house.path(), "");
    until("the scan", || {
        let status = get(&addr, "/status");
        status.contains(&format!("[\"queued\",{ITEMS}]")) && status.contains("\"scanning\":false")
    });
    let mut screen = Screen::open(house.path(), &addr);
    screen.see("1 Overview");
    let mut good = true;
    for (key, page) in [("1", "overview"), ("2", "queue")] {
        screen.press(key);
        screen.rest();
        let (ticks, bytes) = (cpu_ticks(screen.pid), screen.bytes());
        std::thread::park_timeout(WATCHED);
        let seconds = WATCHED.as_secs_f64();
        let percent = 100.0 * (cpu_ticks(screen.pid) - ticks) as f64 / HERTZ / seconds;
        let rate = (screen.bytes() - bytes) as f64 / seconds;
        println!("screen: {page}, nothing changes: {percent:.2} % of a core, {rate:.0} bytes/s");
        let what = format!("at most {CPU_PERCENT_MAX} % of a core ({page})");
        good &= crate::held(&what, percent <= CPU_PERCENT_MAX);
    }
    // All of them were seen, the last as well.
    screen.press("G");
    screen.see("Episode");
    screen.rest();
    let memory = fs::read_to_string(format!("/proc/{}/smaps_rollup", screen.pid)).expect("a Linux");
    let (dirty, resident) = (mib(&memory, "Private_Dirty:"), mib(&memory, "Rss:"));
    println!(
        "screen: {ITEMS} executions: private dirty {dirty:.1} MiB, resident {resident:.1} MiB"
    );
    drop(screen);
    let _ = child.kill();
    let _ = child.wait();
    let what = format!("private dirty at most {PRIVATE_DIRTY_MIB_MAX} MiB");
    crate::held(&what, dirty <= PRIVATE_DIRTY_MIB_MAX) && good
}

/// A daemon that listens to ten films at the same time.
fn busy() -> bool {
    let house = tempfile::tempdir().expect("room on the disk");
    let films = house.path().join("films");
    fs::create_dir(&films).expect("room on the disk");
    for number in 0..WORKERS {
        let tempo = format!("atempo=1.{number:02}");
        let status = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-stream_loop", "300", "-i"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/jfk.wav"))
            .args(["-af", &tempo, "-c:a", "flac"])
            .arg(films.join(format!("Film {number}.mka")))
            .status()
            .expect("ffmpeg");
        assert!(status.success(), "ffmpeg makes films");
    }
    let config = house.path().join("kinora.toml");
    let text = format!(
        "data_dir = \"{}\"\n[http]\nlisten = \"127.0.0.1:0\"\n[serve]\nstable = \"0s\"\n\
         [listen]\nfrom = \"en\"\nthreads = 1\nbeam = 1\n[lanes]\ncpu_workers = {WORKERS}\n\
         [[library]]\nname = \"Films\"\npath = \"{}\"\n",
        house.path().join("data").display(),
        films.display()
    );
    fs::write(&config, text).expect("room on the disk");
    let (mut child, addr) = start(&config);
    until("ten jobs under way", || {
        get(&addr, "/status").matches("\"step\":\"listen\"").count() == WORKERS
    });
    let mut screen = Screen::open(house.path(), &addr);
    screen.see("1 Overview");
    let mut good = true;
    for (key, page) in [("1", "overview"), ("2", "queue")] {
        screen.press(key);
        std::thread::park_timeout(SETTLE);
        let (ticks, bytes) = (cpu_ticks(screen.pid), screen.bytes());
        std::thread::park_timeout(WATCHED);
        let seconds = WATCHED.as_secs_f64();
        let percent = 100.0 * (cpu_ticks(screen.pid) - ticks) as f64 / HERTZ / seconds;
        let rate = (screen.bytes() - bytes) as f64 / seconds;
        println!(
            "screen: {page}, {WORKERS} under way: {rate:.0} bytes/s, {percent:.2} % of a core"
        );
        let what = format!("at most {BYTES_PER_S_MAX} bytes/s to the terminal ({page})");
        good &= crate::held(&what, rate <= BYTES_PER_S_MAX);
    }
    drop(screen);
    let _ = child.kill();
    let _ = child.wait();
    good
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what} did not come");
        std::thread::park_timeout(Duration::from_millis(200));
    }
}

/// `kinora tui` in a terminal of 80 x 24, which `script` makes and whose bytes are counted.
struct Screen {
    script: Child,
    keys: ChildStdin,
    pid: u32,
    count: Arc<AtomicU64>,
    /// All that came lately, without what moves the cursor.
    tail: Arc<Mutex<String>>,
}

impl Screen {
    fn open(house: &Path, addr: &str) -> Screen {
        let told = house.join("screen.pid");
        let line = format!(
            "stty cols 80 rows 24; echo $$ >{}; exec {} tui --url http://{addr}",
            told.display(),
            env!("CARGO_BIN_EXE_kinora")
        );
        let mut script = Command::new("script")
            .args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"])
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script, of util-linux");
        let (count, tail) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(String::new())));
        let mut output = script.stdout.take().expect("a pipe");
        let (counted, seen) = (Arc::clone(&count), Arc::clone(&tail));
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                counted.fetch_add(read as u64, Ordering::Relaxed);
                let mut seen = seen.lock().expect("a whole text");
                seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
                if seen.len() > 1 << 20 {
                    seen.clear();
                }
            }
        });
        until("the screen", || {
            count.load(Ordering::Relaxed) > 0
                && fs::read_to_string(&told).is_ok_and(|it| it.ends_with('\n'))
        });
        let pid = fs::read_to_string(&told).expect("a number").trim().parse().expect("a number");
        let keys = script.stdin.take().expect("a pipe");
        Screen { script, keys, pid, count, tail }
    }

    fn press(&mut self, key: &str) {
        self.tail.lock().expect("a whole text").clear();
        self.keys.write_all(key.as_bytes()).and_then(|()| self.keys.flush()).expect("a terminal");
    }

    /// Waits until this was drawn.
    fn see(&self, text: &str) {
        until(text, || self.tail.lock().expect("a whole text").contains(text));
    }

    /// Waits until nothing but ages is drawn.
    fn rest(&self) {
        until("rest", || {
            let before = self.bytes();
            std::thread::park_timeout(SETTLE);
            self.bytes() - before < 4_000
        });
    }

    fn bytes(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.keys.write_all(b"q");
        let _ = self.keys.flush();
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}
