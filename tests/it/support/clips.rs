//! Recorded speech with texts in five languages: the Debian packages asterisk-core-sounds-*-g722 and their texts.

use super::words::words;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The corpus' languages (Whisper's code) with their ISO 639-2/T code and the folder of the recordings.
pub(crate) const LANGS: [(&str, &str, &str); 5] = [
    ("en", "eng", "en_US_f_Allison"),
    ("es", "spa", "es_MX_f_Allison"),
    ("fr", "fra", "fr_CA_f_June"),
    ("it", "ita", "it_IT_m_Carlo"),
    ("ru", "rus", "ru_RU_f_IvrvoiceRU"),
];
/// Samples a second of everything here.
pub(crate) const SAMPLES_PER_S: usize = 16_000;

const SOUNDS: &str = "/usr/share/asterisk/sounds";
const TEXTS: &str = "/usr/share/doc";
const MUSIC: &str = "/usr/share/asterisk/moh";
/// A reference of fewer words is left out: a lone word says little about a recogniser that wants context.
const WORDS_MIN: usize = 2;
/// Folders of letters, digits and silence: no sentences.
const FOLDERS_LEFT_OUT: [&str; 4] = ["digits/", "letters/", "phonetic/", "silence/"];

/// One recorded sentence.
#[derive(Clone, Debug)]
pub(crate) struct Clip {
    /// Name in the packages, e.g. `conf-muted`.
    pub(crate) name: String,
    /// What is said.
    pub(crate) text: String,
    path: PathBuf,
}

impl Clip {
    /// The recording, 16 kHz mono.
    pub(crate) fn samples(&self) -> Vec<f32> {
        decode(&self.path, &["-f", "g722"])
    }
}

/// All usable sentences of a language that exist in every language, by name; `None` where the packages are absent.
///
/// Left out, for our product and the baseline alike: no sentence ([`FOLDERS_LEFT_OUT`]), under [`WORDS_MIN`] words, a
/// text with stage directions or signs (`[tone]`, `#`), and a text that lost its accents to `?`. Misspelt texts stay.
pub(crate) fn clips(lang: &str) -> Option<Vec<Clip>> {
    let mut common: Option<BTreeSet<String>> = None;
    let mut wanted = BTreeMap::new();
    for (code, _, folder) in LANGS {
        let texts = texts(code)?;
        let here = texts.keys().filter(|it| recording(folder, it).is_file()).cloned().collect();
        common = Some(match common {
            Some(before) => before.intersection(&here).cloned().collect(),
            None => here,
        });
        if code == lang {
            wanted = texts.into_iter().map(|(name, text)| (name, (text, folder))).collect();
        }
    }
    let common = common?;
    let usable = wanted.into_iter().filter(|(name, (text, _))| {
        common.contains(name)
            && !FOLDERS_LEFT_OUT.iter().any(|it| name.starts_with(it))
            && is_plain(text)
            && words(text, lang).len() >= WORDS_MIN
    });
    let clips = usable.map(|(name, (text, folder))| {
        let path = recording(folder, &name);
        Clip { name, text, path }
    });
    Some(clips.collect())
}

/// The texts of a language that are sentences, by name: each a person's translation of the English one. `None` where
/// the packages are absent.
pub(crate) fn sentences(lang: &str) -> Option<BTreeMap<String, String>> {
    let is_sentence = |(name, text): &(String, String)| {
        !FOLDERS_LEFT_OUT.iter().any(|it| name.starts_with(it)) && is_plain(text)
    };
    Some(texts(lang)?.into_iter().filter(is_sentence).collect())
}

/// The recorded music, 16 kHz mono, piece by piece; `None` where the package is absent.
pub(crate) fn music() -> Option<Vec<Vec<f32>>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(MUSIC).ok()?.filter_map(|it| Some(it.ok()?.path())).collect();
    paths.retain(|it| it.extension().is_some_and(|it| it == "wav"));
    paths.sort();
    (!paths.is_empty()).then(|| paths.iter().map(|it| decode(it, &[])).collect())
}

fn recording(folder: &str, name: &str) -> PathBuf {
    Path::new(SOUNDS).join(folder).join(format!("{name}.g722"))
}

/// Name and text of every prompt, as the package lists them.
fn texts(lang: &str) -> Option<BTreeMap<String, String>> {
    let list = format!("{TEXTS}/asterisk-core-sounds-{lang}/core-sounds-{lang}.txt.gz");
    let out =
        Command::new("gzip").args(["-dc", &list]).output().ok().filter(|it| it.status.success())?;
    let list = String::from_utf8_lossy(&out.stdout).into_owned();
    let lines = list.lines().filter(|it| !it.trim_start_matches('\u{feff}').starts_with(';'));
    let pairs = lines.filter_map(|it| it.split_once(": "));
    Some(pairs.map(|(name, text)| (name.trim().to_owned(), text.trim().to_owned())).collect())
}

/// No stage directions, no signs that are read aloud in one way or another, no accent lost to a question mark.
fn is_plain(text: &str) -> bool {
    let signs = text.contains(['[', ']', '(', ')', '#', '*', '@', '%', '/', '"', '“', '_']);
    let lost = text.split('?').skip(1).any(|after| {
        let next = after.trim_start().chars().next();
        next.is_some_and(char::is_lowercase)
    });
    !signs && !lost
}

/// What the `ffmpeg` command makes of a file: 16 kHz mono; `before` are its arguments for the input.
pub(crate) fn decode(path: &Path, before: &[&str]) -> Vec<f32> {
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin"])
        .args(before)
        .arg("-i")
        .arg(path)
        .args(["-f", "f32le", "-ac", "1", "-ar", "16000", "-"])
        .output()
        .expect("the ffmpeg command");
    assert!(out.status.success(), "ffmpeg could not read {}", path.display());
    out.stdout.as_chunks::<4>().0.iter().map(|it| f32::from_le_bytes(*it)).collect()
}
