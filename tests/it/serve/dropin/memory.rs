//! A whole film of raw sound in one request: it goes to the disk, not into memory.

use super::support::*;
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a film of two hours has as raw sound; that of `KINORA_SOAK=1`.
const FILM_BYTES: usize = 230_000_000;
/// Enough to tell whether it is gathered somewhere.
const SHORT_BYTES: usize = 96_000_000;
/// The daemon itself may take so much more than while idle, MiB; its children listen.
const MORE_MIB_MAX: f64 = 64.0;

/// Memory of a process of its own, and all that is in its pages now, MiB.
fn memory(pid: i64) -> (f64, f64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|it| it.strip_prefix(name));
        let kib = line.and_then(|it| it.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
        kib.unwrap_or(0.0) / 1024.0
    };
    (of("RssAnon:"), of("VmRSS:"))
}

#[test]
fn a_whole_film_of_raw_sound_takes_no_memory() {
    let soak = std::env::var_os("KINORA_SOAK").is_some();
    let bytes = if soak { FILM_BYTES } else { SHORT_BYTES };
    let house = House::new();
    let daemon = house.serve(&Setup::default());
    // The first small one, so that all is in use that ever is.
    let speech = raw("");
    assert!(
        post(&daemon, "/asr?encode=false&language=en", &bazarrs(&speech))
            .body
            .contains("Americans")
    );
    let idle = memory(daemon.pid());
    let ended = AtomicBool::new(false);
    // In CI samples of all of it shall hold speech, in a soak there shall not be too much to listen to.
    let mut scene = speech.clone();
    scene.resize(if soak { 240 } else { 30 } * 32_000, 0);
    let (most, told) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut most = idle;
            while !ended.load(Ordering::SeqCst) {
                let now = memory(daemon.pid());
                most = (most.0.max(now.0), most.1.max(now.1));
                std::thread::park_timeout(std::time::Duration::from_millis(5));
            }
            most
        });
        // In CI it is enough that it comes to the disk and is a job: listening is its children's memory.
        let path = if soak {
            "/asr?output=srt&encode=false&language=en"
        } else {
            "/detect-language?encode=false"
        };
        let told = told(film(&daemon, path, &scene, bytes));
        ended.store(true, Ordering::SeqCst);
        (watch.join().unwrap(), told)
    });
    let more = (most.0 - idle.0, most.1 - idle.1);
    println!("{bytes} bytes: idle {idle:.1?} MiB (own, all), at most {most:.1?}, {more:.1?} more");
    assert_eq!(told.status, 200, "{told:?}");
    let heard = if soak { "fellow Americans" } else { "\"en\"" };
    assert!(told.body.contains(heard), "{told:?}");
    assert!(more.0.max(more.1) <= MORE_MIB_MAX, "{more:?} MiB more than while idle");
}

/// Sends a film that is this scene again and again.
fn film(daemon: &Daemon, path: &str, scene: &[u8], bytes: usize) -> TcpStream {
    let (start, end) = (part_head("audio_file", Some("audio_file")), format!("\r\n{}", end()));
    let mut stream = TcpStream::connect(daemon.addr).unwrap();
    stream.set_read_timeout(Some(HEARD_WITHIN * 4)).unwrap();
    let length = start.len() + bytes + end.len();
    stream.write_all(head_of(path, length).as_bytes()).unwrap();
    stream.write_all(start.as_bytes()).unwrap();
    let mut left = bytes;
    while left > 0 {
        let piece = &scene[..scene.len().min(left)];
        stream.write_all(piece).unwrap();
        left -= piece.len();
    }
    stream.write_all(end.as_bytes()).unwrap();
    stream
}
