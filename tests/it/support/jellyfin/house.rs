//! What the server knows: libraries, items, the streams in its database, and who plays; and when it looks again.

use super::names::{self, Rules, Said};
use super::{Misdeed, Options};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const VIDEOS: [&str; 3] = ["mkv", "mp4", "avi"];

/// All that it knows, and what it was asked.
pub(crate) struct House {
    pub(crate) version: String,
    pub(crate) rules: Rules,
    pub(crate) libraries: Vec<Library>,
    pub(crate) items: Vec<Item>,
    pub(crate) sessions: Vec<(String, Value)>,
    /// Its own data, with subtitles that are not to stand beside videos.
    pub(crate) metadata: tempfile::TempDir,
    pub(crate) saves_beside: bool,
    /// Requests that still find it starting.
    pub(crate) starting: usize,
    pub(crate) misdeeds: (Misdeed, usize),
    /// Only requests to paths that end so.
    pub(crate) misdeeds_at: String,
    /// Paths it was told of, to look at a minute later.
    pub(crate) told: Vec<String>,
    pub(crate) asked: Vec<String>,
    /// Names of files, and the languages it takes them for whatever they say.
    pub(crate) lies: Vec<(String, String)>,
    pub(crate) bodies: Vec<(String, Value)>,
    pub(crate) complaints: Vec<String>,
}

pub(crate) struct Library {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) here: PathBuf,
    /// Where this server sees it.
    pub(crate) there: String,
}

/// A video.
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) library: usize,
    pub(crate) here: PathBuf,
    pub(crate) there: String,
    embedded: Vec<Value>,
    /// Files with their paths as it sees them, and what their names say; as they stand in the database.
    external: Vec<(PathBuf, String, Said)>,
    /// How often they were read.
    reads: usize,
    rules: Rules,
}

/// How somebody plays.
#[derive(Clone, Debug)]
pub(crate) struct Plays {
    pub(crate) position_ms: i64,
    pub(crate) paused: bool,
    /// `DirectPlay`, `DirectStream` or `Transcode`.
    pub(crate) method: &'static str,
    /// The picture is passed on, and what computes it if not (`nvenc`, `none`); `None` without a transcode.
    pub(crate) transcoding: Option<(bool, &'static str)>,
}

impl Plays {
    /// As it is, from here on.
    pub(crate) fn directly(position_ms: i64) -> Plays {
        Plays { position_ms, paused: false, method: "DirectPlay", transcoding: None }
    }

    /// With its picture computed by this hardware.
    pub(crate) fn transcoded(position_ms: i64, hardware: &'static str) -> Plays {
        let transcoding = Some((false, hardware));
        Plays { position_ms, paused: false, method: "Transcode", transcoding }
    }
}

/// 32 hex digits of a text, as Jellyfin makes ids of paths.
pub(crate) fn id_of(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
}

impl House {
    pub(crate) fn new(options: &Options) -> House {
        House {
            version: options.version.clone(),
            rules: Rules::of(&options.version),
            libraries: Vec::new(),
            items: Vec::new(),
            sessions: Vec::new(),
            metadata: tempfile::tempdir().expect("a folder"),
            saves_beside: options.saves_beside,
            starting: options.starting,
            misdeeds: (Misdeed::Hangs, 0),
            misdeeds_at: String::new(),
            told: Vec::new(),
            asked: Vec::new(),
            lies: Vec::new(),
            bodies: Vec::new(),
            complaints: Vec::new(),
        }
    }

    pub(crate) fn library(&mut self, name: &str, here: &Path, there: &str) {
        let (id, there) = (id_of(name), there.trim_end_matches(['/', '\\']).to_owned());
        self.libraries.push(Library { name: name.to_owned(), id, here: here.to_owned(), there });
        self.scan();
    }

    /// Finds new videos and drops those that are gone; of those that are known, new names of subtitles are seen.
    pub(crate) fn scan(&mut self) {
        self.items.retain(|it| it.here.exists());
        for number in 0..self.libraries.len() {
            let mut videos = Vec::new();
            collect(&self.libraries[number].here, &mut videos);
            videos.sort();
            for here in videos {
                if self.item_at(&here).is_none() {
                    let there = self.there(number, &here);
                    let (id, rules) = (id_of(&there), self.rules);
                    let embedded = vec![video(), audio("eng")];
                    let (external, reads) = (Vec::new(), 0);
                    let item =
                        Item { id, library: number, here, there, embedded, external, reads, rules };
                    self.items.push(item);
                }
            }
        }
        for index in 0..self.items.len() {
            self.refresh(index, false);
        }
    }

    pub(crate) fn item_at(&self, here: &Path) -> Option<&Item> {
        self.items.iter().find(|it| it.here == here)
    }

    pub(crate) fn inside(&mut self, here: &Path, audios: &[&str], subtitles: &[&str]) {
        let item = self.items.iter_mut().find(|it| it.here == here).expect("an item");
        item.embedded = vec![video()];
        item.embedded.extend(audios.iter().map(|it| audio(it)));
        item.embedded.extend(subtitles.iter().map(|it| {
            let language = if it.is_empty() { Value::Null } else { json!(it) };
            stream("Subtitle", "subrip", &language)
        }));
    }

    /// Looks at an item's files: `Default` where the set of names is another one, `FullRefresh` in any case. A file
    /// that changed under its name changes nothing.
    pub(crate) fn refresh(&mut self, index: usize, full: bool) {
        let found = self.external_of(&self.items[index]);
        let item = &mut self.items[index];
        let names = |list: &[(PathBuf, String, Said)]| {
            list.iter().map(|it| it.0.clone()).collect::<Vec<_>>()
        };
        if full || names(&found) != names(&item.external) {
            item.external = found;
            item.reads += 1;
        }
    }

    /// It looks where it was told to: the nearest known folder of each path, here the whole library.
    pub(crate) fn minute_passes(&mut self) {
        let told = std::mem::take(&mut self.told);
        if told.iter().any(|path| self.libraries.iter().any(|it| path.starts_with(&it.there))) {
            self.scan();
        }
    }

    pub(crate) fn plays(&mut self, session: &str, here: &Path, how: &Plays) {
        let item = self.item_at(here).expect("an item");
        let mut told = json!({
            "Id": session,
            "NowPlayingItem": { "Id": item.id, "MediaType": "Video", "Path": item.there },
            "PlayState": {
                "CanSeek": true, "IsMuted": false,
                "PositionTicks": how.position_ms * 10_000,
                "IsPaused": how.paused,
                "PlayMethod": how.method,
            },
        });
        if let Some((direct, hardware)) = how.transcoding {
            told["TranscodingInfo"] =
                json!({ "IsVideoDirect": direct, "HardwareAccelerationType": hardware });
        }
        self.sessions.retain(|it| it.0 != session);
        self.sessions.push((session.to_owned(), told));
    }

    /// Where this server sees a file, in its own way of writing.
    pub(crate) fn there(&self, library: usize, here: &Path) -> String {
        let library = &self.libraries[library];
        let rest = here.strip_prefix(&library.here).expect("inside").to_str().expect("UTF-8");
        let windows = library.there.contains('\\');
        let rest = if windows { rest.replace('/', "\\") } else { rest.to_owned() };
        format!("{}{}{rest}", library.there, if windows { '\\' } else { '/' })
    }

    pub(crate) fn own_folder(&self, item: &Item) -> PathBuf {
        self.metadata.path().join(&item.id)
    }

    fn external_of(&self, item: &Item) -> Vec<(PathBuf, String, Said)> {
        let stem = item.here.file_stem().expect("a name").to_str().expect("UTF-8");
        let beside = item.here.parent().expect("a folder").to_owned();
        let own = self.own_folder(item);
        let mut found = Vec::new();
        for folder in [&beside, &own] {
            let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
                .map(|it| it.flatten().map(|it| it.path()).collect())
                .unwrap_or_default();
            files.sort();
            for file in files {
                let name = file.file_name().expect("a name").to_string_lossy().into_owned();
                let Some(mut said) = names::read(self.rules, stem, &name) else { continue };
                let lie = self.lies.iter().find(|it| it.0 == name);
                said.language = lie.map(|it| it.1.clone()).or(said.language);
                let there = if folder == &own {
                    file.display().to_string()
                } else {
                    self.there(item.library, &file)
                };
                found.push((file, there, said));
            }
        }
        found
    }
}

impl Item {
    pub(crate) fn name(&self) -> String {
        self.here.file_stem().expect("a name").to_string_lossy().into_owned()
    }

    pub(crate) fn kind(&self) -> &'static str {
        let name = self.name().to_lowercase();
        if name.contains("s0") && name.contains('e') { "Episode" } else { "Movie" }
    }

    /// The file of an external stream by its number, as it is now.
    pub(crate) fn external_at(&self, index: i64) -> Option<&Path> {
        let found = self.streams().into_iter().find(|it| it["Index"] == index)?;
        let path = found["Path"].as_str()?;
        self.external.iter().find(|it| it.1 == path).map(|it| it.0.as_path())
    }

    pub(crate) fn has(&self, index: i64) -> bool {
        self.streams().iter().any(|it| it["Index"] == index)
    }

    /// As they stand in the database; those of files have other numbers after each time they were read.
    pub(crate) fn streams(&self) -> Vec<Value> {
        let mut streams: Vec<Value> = Vec::new();
        for (index, stream) in self.embedded.iter().enumerate() {
            let mut stream = stream.clone();
            stream["Index"] = json!(index);
            streams.push(stream);
        }
        let first = self.embedded.len() + self.reads;
        for (number, (_, there, said)) in self.external.iter().enumerate() {
            let codec = match there.rsplit_once('.').map_or("", |it| it.1) {
                "srt" => "subrip",
                "vtt" => "webvtt",
                other => other,
            };
            let language = json!(said.language);
            let mut stream = stream("Subtitle", codec, &language);
            stream["Index"] = json!(first + number);
            stream["IsExternal"] = json!(true);
            stream["Path"] = json!(there);
            stream["IsDefault"] = json!(said.is_default);
            stream["IsForced"] = json!(said.is_forced);
            stream["IsHearingImpaired"] = json!(said.is_hearing_impaired);
            if let Some(title) = &said.title {
                stream["Title"] = json!(title);
            }
            stream["DisplayTitle"] = json!(self.display(said, codec));
            streams.push(stream);
        }
        streams
    }

    /// `[Title - ] Language - [Hearing Impaired] - [Default] - [Forced] - CODEC - External`.
    fn display(&self, said: &Said, codec: &str) -> String {
        let language = said.language.as_deref();
        let language = language.map_or("Undefined".to_owned(), |it| names::shown(self.rules, it));
        let codec = codec.to_uppercase();
        let tags = [
            (true, language.as_str()),
            (said.is_hearing_impaired, "Hearing Impaired"),
            (said.is_default, "Default"),
            (said.is_forced, "Forced"),
            (true, codec.as_str()),
            (true, "External"),
        ];
        let title = said.title.clone().unwrap_or_default();
        let tags = tags.iter().filter(|it| it.0 && !title.contains(it.1)).map(|it| it.1);
        let mut parts = vec![title.as_str()];
        parts.retain(|it| !it.is_empty());
        parts.extend(tags);
        parts.join(" - ")
    }
}

fn collect(folder: &Path, videos: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let is_video =
            path.extension().and_then(|it| it.to_str()).is_some_and(|it| VIDEOS.contains(&it));
        if path.is_dir() {
            collect(&path, videos);
        } else if is_video {
            videos.push(path);
        }
    }
}

fn video() -> Value {
    stream("Video", "h264", &Value::Null)
}

fn audio(language: &str) -> Value {
    stream("Audio", "aac", &json!(language))
}

/// With nulls left out, as Jellyfin does.
fn stream(kind: &str, codec: &str, language: &Value) -> Value {
    let mut stream = json!({
        "Type": kind, "Codec": codec, "IsDefault": false, "IsForced": false,
        "IsHearingImpaired": false, "IsExternal": false,
    });
    if !language.is_null() {
        stream["Language"] = language.clone();
    }
    stream
}
