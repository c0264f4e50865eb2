//! Fetching models from servers that cut, lie, stall and redirect, and the commands around it.

mod own;

use kinora::api::doctor::{Check, Health};
use kinora::api::models::ModelState;
use kinora::app::config::{Config, Overrides, load};
use kinora::app::models::Asked;
use kinora::app::{doctor, models};
use kinora::base::cancel::Cancel;
use kinora::domain::fault::Fault;
use kinora::engines::child::Launcher;
use kinora::engines::fetch::{Wanted, Watch, copy, fetch};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How the server answers one request; the last way serves all that follow.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Rightly, ranges too.
    Well,
    /// Rightly, but breaks off after so many bytes.
    Cut(usize),
    /// Ignores ranges.
    Whole,
    /// Says 206 and starts elsewhere.
    WrongRange,
    /// Another file of the same length.
    Other,
    /// A file of another length.
    Longer,
    /// Never stops sending, and tells no length.
    Endless,
    /// A status, without a body.
    Status(u16),
    /// A login page.
    Page,
    /// Redirects to itself.
    Circle,
    /// Closes without a word.
    Silent,
}

struct Server {
    address: String,
    /// The ranges asked for; empty for none.
    asked: Arc<Mutex<Vec<String>>>,
}

fn content() -> Vec<u8> {
    (0..300_000_u32).map(|it| (it.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn serve(ways: &[Way]) -> Server {
    serve_file(ways, content())
}

fn serve_file(ways: &[Way], data: Vec<u8>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/model.bin", listener.local_addr().expect("an address"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (ways, log) = (ways.to_vec(), Arc::clone(&asked));
    let work = move || {
        for (count, stream) in listener.incoming().enumerate() {
            let way = ways[count.min(ways.len() - 1)];
            // A client that has seen enough closes early: no fault of the server.
            let _ = stream.and_then(|it| answer(way, it, &data, &log));
        }
    };
    std::thread::Builder::new().name("server".to_owned()).spawn(work).expect("a thread");
    Server { address, asked }
}

fn answer(
    way: Way,
    stream: TcpStream,
    data: &[u8],
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut range = String::new();
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("range: bytes=") {
            range = value.to_owned();
        }
    }
    asked.lock().expect("lock").push(range.clone());
    let from: usize = range.split('-').next().and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut out = &stream;
    let mut send = |status: &str, headers: &str, length: Option<usize>, body: &[u8]| {
        let length = length.map_or(String::new(), |it| format!("Content-Length: {it}\r\n"));
        let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}{length}\r\n");
        out.write_all(head.as_bytes())?;
        out.write_all(body)
    };
    let rest = &data[from.min(data.len())..];
    let part = format!("Content-Range: bytes {from}-{}/{}\r\n", data.len() - 1, data.len());
    let (status, part) = if from > 0 { ("206 Partial", part.as_str()) } else { ("200 OK", "") };
    match way {
        Way::Well => send(status, part, Some(rest.len()), rest),
        Way::Cut(bytes) => send(status, part, Some(rest.len()), &rest[..bytes.min(rest.len())]),
        Way::Whole => send("200 OK", "", Some(data.len()), data),
        Way::WrongRange => {
            let part = format!("Content-Range: bytes 0-9/{}\r\n", data.len());
            send("206 Partial", &part, Some(10), &data[..10])
        }
        Way::Other => send("200 OK", "", Some(data.len()), &vec![7; data.len()]),
        Way::Longer => send("200 OK", "", Some(data.len() + 1), data),
        Way::Endless => {
            send("200 OK", "", None, data)?;
            loop {
                (&stream).write_all(data)?;
            }
        }
        Way::Status(code) => send(&format!("{code} Status"), "", Some(0), b""),
        Way::Page => send("200 OK", "Content-Type: text/html\r\n", None, b"<html>Log in</html>"),
        Way::Circle => send("302 Found", "Location: /model.bin\r\n", Some(0), b""),
        Way::Silent => Ok(()),
    }
}

/// A fetch with its target, and what became of it.
struct Try {
    dir: tempfile::TempDir,
    bytes: u64,
    sha256: String,
    pauses: usize,
    last: (u64, u64),
}

impl Try {
    fn new() -> Try {
        let sha256 = Sha256::digest(content()).iter().map(|it| format!("{it:02x}")).collect();
        let dir = tempfile::tempdir().expect("temporary folder");
        Try { dir, bytes: content().len() as u64, sha256, pauses: 0, last: (0, 0) }
    }

    fn target(&self) -> PathBuf {
        self.dir.path().join("models/model.bin")
    }

    fn part(&self) -> PathBuf {
        self.dir.path().join("models/model.bin.part")
    }

    fn leave(&self, bytes: &[u8]) {
        std::fs::create_dir_all(self.dir.path().join("models")).expect("made");
        std::fs::write(self.part(), bytes).expect("written");
    }

    fn with(
        &mut self,
        cancel_at: u64,
        work: impl FnOnce(&Wanted<'_>, &mut Watch<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (target, cancel) = (self.target(), Cancel::default());
        let wanted = Wanted { bytes: self.bytes, sha256: Some(&self.sha256), target: &target };
        let (last, pauses) = (&mut self.last, &mut self.pauses);
        let mut watch = Watch {
            cancel: &cancel,
            progress: &mut |done, total| {
                *last = (done, total);
                if done >= cancel_at {
                    cancel.set();
                }
            },
            pause: &mut |_: Duration| *pauses += 1,
        };
        work(&wanted, &mut watch)
    }

    fn fetch(&mut self, servers: &[&Server]) -> Result<(), Fault> {
        let sources: Vec<String> = servers.iter().map(|it| it.address.clone()).collect();
        self.with(u64::MAX, |wanted, watch| fetch(&sources, wanted, watch))
    }

    fn is_there(&self) -> bool {
        std::fs::read(self.target()).is_ok_and(|it| it == content()) && !self.part().exists()
    }
}

#[test]
fn a_file_arrives_from_servers_that_fail_now_and_then() {
    for (ways, requests) in [
        (&[Way::Well][..], 1),
        (&[Way::Cut(100_000), Way::Well], 2),
        (&[Way::Cut(100_000), Way::Cut(100_000), Way::Silent, Way::Well], 4),
        (&[Way::Cut(100_000), Way::Whole], 2),
        (&[Way::Cut(100_000), Way::WrongRange, Way::Well], 3),
        (&[Way::Cut(100_000), Way::Status(416), Way::Well], 3),
        (&[Way::Status(503), Way::Status(429), Way::Well], 3),
    ] {
        let (server, mut one) = (serve(ways), Try::new());
        one.fetch(&[&server]).unwrap_or_else(|fault| panic!("{ways:?}: {fault}"));
        assert!(one.is_there(), "{ways:?}");
        assert_eq!(one.last, (300_000, 300_000), "{ways:?}");
        assert_eq!(server.asked.lock().expect("lock").len(), requests, "{ways:?}");
        assert_eq!(one.pauses, requests - 1, "{ways:?}");
    }
}

#[test]
fn what_has_arrived_is_not_fetched_again() {
    let (server, mut one) = (serve(&[Way::Well]), Try::new());
    one.leave(&content()[..200_000]);
    one.fetch(&[&server]).expect("fetched");
    assert!(one.is_there());
    assert_eq!(*server.asked.lock().expect("lock"), ["200000-"]);
    // A part that is whole needs no server at all.
    let (server, mut one) = (serve(&[Way::Status(404)]), Try::new());
    one.leave(&content());
    one.fetch(&[&server]).expect("there already");
    assert!(one.is_there() && server.asked.lock().expect("lock").is_empty());
}

#[test]
fn a_wrong_part_costs_one_more_fetch() {
    for left in [vec![1; 200_000], vec![1; 300_000], vec![1; 400_000]] {
        let (server, mut one) = (serve(&[Way::Well]), Try::new());
        one.leave(&left);
        one.fetch(&[&server]).expect("fetched");
        assert!(one.is_there(), "{}", left.len());
    }
}

#[test]
fn a_server_that_lies_is_refused_and_the_next_one_asked() {
    for (way, says, pauses) in [
        (Way::Other, "sent another file (its digest is wrong)", 0),
        (Way::Longer, "has another file (300001 bytes instead of 300000)", 0),
        (Way::Endless, "sent more than the file has", 0),
        (Way::Page, "sent a web page instead of the file", 0),
        (Way::Status(404), "answered 404", 0),
        (Way::Status(500), "answered 500", 5),
        (Way::Circle, "broke off (too many redirects)", 5),
        (Way::Silent, "broke off", 5),
        (Way::Cut(10), "broke off in the middle", 5),
    ] {
        let (liar, mut one) = (serve(&[way]), Try::new());
        let fault = one.fetch(&[&liar]).expect_err("refused");
        assert!(fault.what.contains(says), "{way:?}: {fault}");
        assert!(!one.target().exists(), "{way:?}");
        assert_eq!(one.pauses, pauses, "{way:?}");
        one.fetch(&[&liar, &serve(&[Way::Well])]).expect("from the second");
        assert!(one.is_there(), "{way:?}");
    }
}

#[test]
fn nobody_listening_and_no_address_are_told() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    for (source, says) in [
        (format!("http://{free}/x"), "127.0.0.1 cannot be reached"),
        (format!("https://{free}/x"), "127.0.0.1 cannot be reached"),
        ("ftp://example.org/x".to_owned(), "is no web address"),
        ("file:///etc/passwd".to_owned(), "is no web address"),
    ] {
        let mut one = Try::new();
        let fault = one.with(u64::MAX, |wanted, watch| fetch(&[source], wanted, watch));
        let fault = fault.expect_err("refused");
        assert!(fault.what.contains(says), "{fault}");
    }
}

#[test]
fn an_interrupted_fetch_goes_on_later() {
    let (server, mut one) = (serve(&[Way::Well]), Try::new());
    let sources = [server.address.clone()];
    let fault = one.with(100_000, |wanted, watch| fetch(&sources, wanted, watch));
    assert!(fault.expect_err("interrupted").what.contains("interrupted"));
    let left = std::fs::metadata(one.part()).expect("left behind").len();
    assert!((100_000..300_000).contains(&left) && !one.target().exists());
    one.fetch(&[&server]).expect("fetched");
    assert_eq!(server.asked.lock().expect("lock")[1], format!("{left}-"));
}

#[test]
fn two_fetches_of_one_file_do_not_mix() {
    let mut one = Try::new();
    one.leave(b"");
    let held = std::fs::File::options().write(true).open(one.part()).expect("opened");
    held.try_lock().expect("locked");
    let fault = one.fetch(&[&serve(&[Way::Well])]).expect_err("refused");
    assert!(fault.what.contains("another download"), "{fault}");
}

#[test]
fn a_local_file_is_checked_as_well() {
    let mut one = Try::new();
    let source = one.dir.path().join("source.bin");
    let mut taken = |bytes: &[u8]| {
        std::fs::write(&source, bytes).expect("written");
        one.with(u64::MAX, |wanted, watch| copy(&source, wanted, watch)).map_err(|it| it.what)
    };
    assert!(taken(&content()[1..]).expect_err("short").contains("299999 bytes instead of 300000"));
    assert!(taken(&[0; 300_000]).expect_err("other").contains("its digest is wrong"));
    assert_eq!(taken(&content()), Ok(()));
    assert!(one.is_there());
    let absent = one.dir.path().join("absent");
    let fault = one.with(u64::MAX, |wanted, watch| copy(&absent, wanted, watch));
    assert!(fault.expect_err("absent").what.contains("cannot be read"));
}

fn config(data_dir: &Path, model: &str) -> Config {
    let file = data_dir.join("kinora.toml");
    std::fs::write(&file, "").expect("written");
    let (data_dir, model) = (Some(data_dir.to_owned()), Some(model.to_owned()));
    load(Some(&file), [], Overrides { data_dir, model, ..Overrides::default() }).expect("read")
}

#[test]
fn the_list_shows_what_is_here() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let config = config(dir.path(), "base-q8_0");
    std::fs::create_dir(dir.path().join("models")).expect("made");
    std::fs::write(dir.path().join("models/ggml-tiny-q8_0.bin"), "cut").expect("written");
    let views = models::list(&config).expect("listed");
    let state = |name: &str| views.iter().find(|it| it.name == name).map(|it| it.state);
    assert_eq!(state("base-q8_0"), Some(ModelState::Present));
    assert_eq!(state("tiny-q8_0"), Some(ModelState::Damaged));
    assert_eq!(state("large-v3"), Some(ModelState::Missing));
    let verified = models::verify(&config, None, &Cancel::default(), &mut |_, _, _| ());
    let verified = verified.expect("verified");
    let found: Vec<_> = verified.iter().map(|it| (it.name.as_str(), it.state)).collect();
    let sound = ModelState::Verified;
    let all = [("base-q8_0", sound), ("silero-v6", sound), ("tiny-q8_0", ModelState::Damaged)];
    assert_eq!(found, all);
    assert!(verified[2].problem.as_ref().is_some_and(|it| it.contains("3 of 43537433 bytes")));
}

#[test]
fn pulling_tells_what_it_cannot_do() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let config = config(dir.path(), "base-q8_0");
    let pull = |name: &str, from: Option<&Path>| {
        let asked = Asked { name, from, sha256: None };
        models::pull(&config, asked, &Cancel::default(), &mut |_, _| ())
    };
    // What is here and right is left.
    let view = pull("base-q8_0", None).expect("there");
    assert_eq!(view.state, ModelState::Verified);
    let told = |result: Result<_, Fault>| result.map(drop).expect_err("refused").to_string();
    assert!(told(pull("smal-q8_0", None)).contains("did you mean `small-q8_0`?"));
    let liar = serve(&[Way::Status(404)]);
    let told_by_mirror = told(pull("tiny-q8_0", Some(Path::new(&liar.address))));
    assert!(told_by_mirror.contains("answered 404"), "{told_by_mirror}");
    let own = config.source.clone().expect("a file");
    assert!(told(pull("tiny-q8_0", Some(&own))).contains("0 bytes instead of 43537433"));
}

#[test]
fn an_interruption_is_heard_while_a_server_stalls() {
    // Accepts and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/x", listener.local_addr().expect("an address"));
    let dir = tempfile::tempdir().expect("temporary folder");
    let cancel = Cancel::default();
    let (config, setter) = (config(dir.path(), "base-q8_0"), cancel.clone());
    let wait = move || {
        let accepted = listener.accept();
        setter.set();
        accepted
    };
    let waiting = std::thread::Builder::new().name("stall".to_owned()).spawn(wait);
    let from = Some(Path::new(&address));
    let asked = Asked { name: "tiny-q8_0", from, sha256: None };
    let result = models::pull(&config, asked, &cancel, &mut |_, _| ());
    assert!(result.expect_err("interrupted").what.contains("interrupted"));
    assert!(waiting.expect("started").join().expect("joined").is_ok());
}

#[test]
fn the_doctor_finds_the_bundled_models_and_misses_others() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_kinora"));
    let checks = |config: &Config| doctor::check_with(config, &launcher, &mut |_| ()).checks;
    let health = |checks: &[Check], name: &str| {
        let check = checks.iter().find(|it| it.name == name);
        check.map(|it| (it.health, it.remedy.clone()))
    };
    let mut config_ok = config(dir.path(), "base-q8_0");
    // Threads that spin for each other get nowhere beside other tests.
    config_ok.listen.threads = 1;
    let well = checks(&config_ok);
    for name in ["data folder", "speech model", "voice activity model", "media engine", "sample"] {
        assert_eq!(health(&well, name), Some((Health::Good, None)), "{name}");
    }
    let missing = checks(&config(dir.path(), "large-v3"));
    for name in ["speech model", "sample"] {
        let remedy = Some("run `kinora models pull large-v3`".to_owned());
        assert_eq!(health(&missing, name), Some((Health::Bad, remedy)));
    }
    let nowhere = checks(&Config { data_dir: "/proc/kinora".into(), ..config_ok.clone() });
    assert!(matches!(health(&nowhere, "data folder"), Some((Health::Bad, Some(_)))));
    let deaf = Launcher::new("/bin/false");
    let deaf = doctor::check_with(&config_ok, &deaf, &mut |_| ()).checks;
    for name in ["media engine", "sample"] {
        assert!(matches!(health(&deaf, name), Some((Health::Bad, Some(_)))), "{name}");
    }
}
