//! A Jellyfin of a given version on loopback, which keeps the rules of PROTOCOLS.md 1.1 to 1.4: who is let in, what it
//! knows of files and when it looks again, how it labels them, what it does with subtitles that are sent. Every request
//! is held against the official document of its version, and so is every answer; what breaks it fails the test.

mod answers;
mod house;
mod names;
mod official;
mod wire;

use house::House;
pub(crate) use house::Plays;
use kinora::domain::jellyfin::paths::PathMap;
use kinora::engines::jellyfin::{Jellyfin, JellyfinSettings};
use kinora::engines::llm::Secret;
use serde_json::Value;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;
use wire::{Request, Wire};

/// The versions that tests ask.
pub(crate) const VERSIONS: [&str; 3] = ["10.10.7", "10.11.11", "12.0.0"];
/// The longest wait for something that happens soon.
const SOON: Duration = Duration::from_secs(30);

/// What the server is like.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Such as `10.11.11`.
    pub(crate) version: String,
    /// Its base path: empty, or such as `/jellyfin`.
    pub(crate) base: String,
    /// Its key; letters that must be encoded are in it.
    pub(crate) key: String,
    /// The key is one of an administrator.
    pub(crate) admin: bool,
    /// Old ways of telling the key are taken; as the version does it where `None`.
    pub(crate) legacy: Option<bool>,
    /// So many requests find it starting.
    pub(crate) starting: usize,
    /// What it says then; seconds or a date.
    pub(crate) retry_after: String,
    /// Uploads come to stand beside the video.
    pub(crate) saves_beside: bool,
}

impl Options {
    /// The usual ones.
    pub(crate) fn of(version: &str) -> Options {
        Options {
            version: version.to_owned(),
            base: String::new(),
            key: "s3cr3t+key/of=40".to_owned(),
            admin: true,
            legacy: None,
            starting: 0,
            retry_after: "0".to_owned(),
            saves_beside: true,
        }
    }
}

/// A way to be no good server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misdeed {
    /// No byte.
    Hangs,
    /// Half of a JSON document, as if it were whole.
    Garbage,
    /// A page for people.
    WebPage,
    /// Never ends.
    Huge,
    /// A byte now and then, for ever.
    Trickles,
    /// Closes in the middle of the answer.
    ClosesHalfWay,
    /// Announces more than it says, and closes.
    LongLength,
    /// Announces less than it says.
    ShortLength,
    /// This status.
    Fails(u16),
    /// Says what Emby says of itself.
    Emby,
    /// Sends the client elsewhere.
    Redirects(String),
}

/// A running server; it ends when this is dropped, with a panic where a request broke the document.
pub(crate) struct JellyfinStub {
    address: SocketAddr,
    inside: Arc<Inside>,
}

struct Inside {
    options: Options,
    house: Mutex<House>,
    changed: Condvar,
    ended: AtomicBool,
}

impl JellyfinStub {
    /// One of this version, with the usual options.
    pub(crate) fn of(version: &str) -> JellyfinStub {
        JellyfinStub::start(Options::of(version))
    }

    pub(crate) fn start(options: Options) -> JellyfinStub {
        official::get_ready(&options.version);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let house = House::new(&options);
        let inside = Arc::new(Inside {
            options,
            house: Mutex::new(house),
            changed: Condvar::new(),
            ended: AtomicBool::new(false),
        });
        let within = Arc::clone(&inside);
        std::thread::spawn(move || within.accept(&listener));
        JellyfinStub { address, inside }
    }

    /// Such as `http://127.0.0.1:4711/jellyfin`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{}", self.address, self.inside.options.base)
    }

    pub(crate) fn key(&self) -> &str {
        &self.inside.options.key
    }

    /// What a client needs, without pauses; pairs of folders here and there.
    pub(crate) fn settings(&self, pairs: &[(&Path, &str)]) -> JellyfinSettings {
        let pairs = pairs.iter().map(|(here, there)| (here.to_path_buf(), (*there).to_owned()));
        let key = Secret(Some(self.key().to_owned()));
        let mut settings =
            JellyfinSettings::new(self.url(), key, PathMap { pairs: pairs.collect() });
        settings.limits.patience_max = Duration::from_secs(10);
        settings.limits.requests_per_second = NonZeroU32::MAX;
        settings.limits.refill_min = Duration::ZERO;
        settings
    }

    /// A client with those.
    pub(crate) fn client(&self, pairs: &[(&Path, &str)]) -> Jellyfin {
        Jellyfin::new(self.settings(pairs)).expect("a client")
    }

    /// Adds a library: a folder here that this Jellyfin sees elsewhere, and looks through at once.
    pub(crate) fn library(&self, name: &str, here: &Path, there: &str) {
        self.house().library(name, here, there);
    }

    /// It looks through its libraries, as it does every night: new videos come, missing ones go.
    pub(crate) fn scan(&self) {
        self.house().scan();
    }

    /// The minute after `/Library/Media/Updated` is over: it looks where it was told to.
    pub(crate) fn minute_passes(&self) {
        self.house().minute_passes();
    }

    /// The id of the item of a file here.
    pub(crate) fn item_id(&self, here: &Path) -> Option<String> {
        self.house().item_at(here).map(|it| it.id.clone())
    }

    /// `MediaStreams` of the item of a file here, as they stand in its database.
    pub(crate) fn streams(&self, here: &Path) -> Vec<Value> {
        self.house().item_at(here).map(|it| it.streams()).unwrap_or_default()
    }

    /// Sets the languages of the audio tracks and of the subtitles inside a video.
    pub(crate) fn inside(&self, here: &Path, audio: &[&str], subtitles: &[&str]) {
        self.house().inside(here, audio, subtitles);
    }

    /// It takes a file of this name for another language, as soon as it looks at it anew.
    pub(crate) fn lies(&self, name: &str, language: &str) {
        self.house().lies.push((name.to_owned(), language.to_owned()));
    }

    /// Somebody begins to play, or goes on.
    pub(crate) fn plays(&self, session: &str, here: &Path, how: &Plays) {
        self.house().plays(session, here, how);
    }

    /// Nobody plays any more.
    pub(crate) fn nobody_plays(&self) {
        self.house().sessions.clear();
    }

    /// The next requests are not answered as they should.
    pub(crate) fn misbehaves(&self, misdeed: Misdeed, times: usize) {
        self.misbehaves_at("", misdeed, times);
    }

    /// The next requests to paths that end so are not.
    pub(crate) fn misbehaves_at(&self, end: &str, misdeed: Misdeed, times: usize) {
        let mut house = self.house();
        house.misdeeds = (misdeed, times);
        house.misdeeds_at = end.to_owned();
    }

    /// The lines of the requests so far: `GET /Items?ids=...`, without the base path.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.house().asked.clone()
    }

    /// Bodies of the requests so far to paths that end so.
    pub(crate) fn bodies(&self, end: &str) -> Vec<Value> {
        let house = self.house();
        let fits = house.bodies.iter().filter(|(path, _)| path.ends_with(end));
        fits.map(|it| it.1.clone()).collect()
    }

    /// Waits until what was asked is as wanted; `false` where it does not come to that.
    pub(crate) fn until(&self, wanted: impl Fn(&[String]) -> bool) -> bool {
        let waited =
            self.inside.changed.wait_timeout_while(self.house(), SOON, |it| !wanted(&it.asked));
        !waited.expect("no panic").1.timed_out()
    }

    /// What broke the document so far, taken away: a test that breaks it on purpose looks here.
    pub(crate) fn complaints(&self) -> Vec<String> {
        std::mem::take(&mut self.house().complaints)
    }

    /// Where uploads come to stand that do not stand beside the video.
    pub(crate) fn metadata(&self) -> PathBuf {
        self.house().metadata.path().to_owned()
    }

    fn house(&self) -> MutexGuard<'_, House> {
        self.inside.house.lock().expect("no panic")
    }
}

impl Drop for JellyfinStub {
    fn drop(&mut self) {
        self.inside.ended.store(true, Ordering::SeqCst);
        // Whoever waits for connections gets one.
        let _ = TcpStream::connect(self.address);
        if !std::thread::panicking() {
            let complaints = self.complaints();
            assert!(complaints.is_empty(), "requests or answers: {complaints:#?}");
        }
    }
}

impl Inside {
    fn accept(self: Arc<Inside>, listener: &TcpListener) {
        while !self.ended.load(Ordering::SeqCst) {
            let Ok((stream, _)) = listener.accept() else { continue };
            let within = Arc::clone(&self);
            std::thread::spawn(move || within.serve(&mut Wire::new(stream)));
        }
    }

    fn serve(&self, wire: &mut Wire) {
        while let Some(mut request) = wire.request() {
            let Some(path) = request.path.strip_prefix(&self.options.base) else {
                // What a Jellyfin with a base path does with everything else.
                let to = format!("Location: {}/web/\r\n", self.options.base);
                let _ = wire.answer(302, &to, b"");
                continue;
            };
            request.path = path.to_owned();
            let misdeed = self.note(&request);
            let done = match misdeed {
                Some(misdeed) => {
                    let _ = wire.misbehave(&misdeed);
                    return;
                }
                None => self.answer(wire, &request),
            };
            if done.is_err() {
                return;
            }
        }
    }

    /// Holds a request against the document and remembers it; what is done to it, if it is not answered.
    fn note(&self, request: &Request) -> Option<Misdeed> {
        let mut house = self.house.lock().expect("no panic");
        let wrong = official::check_request(&self.options.version, request);
        house.complaints.extend(wrong);
        house.complaints.extend(answers::strange_keys(request));
        house.asked.push(format!("{} {}", request.method, request.target()));
        if let Ok(body) = serde_json::from_slice(&request.body) {
            house.bodies.push((request.path.clone(), body));
        }
        self.changed.notify_all();
        if !request.path.ends_with(&house.misdeeds_at) {
            return None;
        }
        let (misdeed, times) = &mut house.misdeeds;
        let misdeed = (*times > 0).then(|| misdeed.clone());
        *times = times.saturating_sub(1);
        misdeed
    }

    fn answer(&self, wire: &mut Wire, request: &Request) -> std::io::Result<()> {
        let reply = {
            let mut house = self.house.lock().expect("no panic");
            let reply = answers::answer(&self.options, &mut house, request);
            let wrong = official::check_answer(&self.options.version, request, &reply);
            house.complaints.extend(wrong);
            reply
        };
        wire.answer(reply.status, &reply.headers, &reply.body)
    }
}
