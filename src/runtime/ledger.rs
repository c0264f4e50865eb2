//! What steps look up and write down while they run, kept in the store: windows heard, subtitles published, and what
//! is known of files.

use super::writer::Writer;
use crate::base::clock;
use crate::domain::change::{
    AudioDigest, AudioFile, Made, Phrase, PhraseKey, SpeechKey, Transcribed, TranscriptKey,
};
use crate::domain::fault::Fault;
use crate::domain::job::{ExecutionId, Fingerprint};
use crate::domain::library::{FileId, Placed, Seen};
use crate::domain::terms::{Scope, Term};
use crate::domain::time::Span;
use crate::domain::transcript::RawHeard;
use crate::domain::translate::line::Rendered;
use crate::pipeline::subtitle::listen::Memory;
use crate::pipeline::subtitle::publish::{Ledger, Publication};
use crate::pipeline::subtitle::{FinishedBefore, Library, Phrases};
use crate::store::{PendingRow, PublishedRow, Store, Write};
use std::cell::Cell;
use std::path::{Path, PathBuf};

/// How writes become durable.
type Writes<'a> = dyn Fn(Write) -> Result<(), Fault> + 'a;

/// The store as one step, or one look through a library, sees it.
pub struct Book<'a> {
    store: &'a Store,
    write: Box<Writes<'a>>,
    afresh: bool,
    /// Whose next window or batch tells that it got on.
    of: Cell<Option<ExecutionId>>,
}

impl<'a> Book<'a> {
    /// For whoever takes no step: it writes through the one that writes for everybody.
    pub fn through(store: &'a Store, writer: &'a Writer) -> Book<'a> {
        let write = Box::new(|it| writer.write(it).map(drop));
        Book { store, write, afresh: false, of: Cell::new(None) }
    }

    /// Reads from the store, and writes with `write`, which returns when it is durable. `afresh` recalls no window, no
    /// batch, and of phrases those by hand only, but remembers them all the same; with `of` the first window heard, or
    /// batch translated, tells that this execution got on.
    pub(super) fn new(
        store: &'a Store,
        write: &'a Writes<'a>,
        afresh: bool,
        of: Option<ExecutionId>,
    ) -> Book<'a> {
        Book { store, write: Box::new(write), afresh, of: Cell::new(of) }
    }
}

impl Memory for Book<'_> {
    fn recall(&self, key: &[u8; 32]) -> Result<Option<RawHeard>, Fault> {
        if self.afresh { Ok(None) } else { self.store.window(key) }
    }

    fn remember(&self, key: &[u8; 32], heard: &RawHeard) -> Result<(), Fault> {
        let (key, heard, at_unix_ms) = (*key, heard.clone(), clock::now_unix_ms());
        (self.write)(Write::Window { key, heard, at_unix_ms, of: self.of.take() })
    }
}

impl Phrases for Book<'_> {
    fn batch(&self, key: &[u8; 32]) -> Result<Option<Vec<Rendered>>, Fault> {
        if self.afresh { Ok(None) } else { self.store.batch(key) }
    }

    fn remember_batch(&self, key: &[u8; 32], rendered: &[Rendered]) -> Result<(), Fault> {
        let (key, rendered, at_unix_ms) = (*key, rendered.to_vec(), clock::now_unix_ms());
        (self.write)(Write::Batch { key, rendered, at_unix_ms, of: self.of.take() })
    }

    fn phrase(&self, key: &PhraseKey) -> Result<Option<Phrase>, Fault> {
        Ok(self.store.phrase(key)?.filter(|it| it.by_hand || !self.afresh))
    }

    fn terms(&self, scopes: &[Scope]) -> Result<Vec<Term>, Fault> {
        let terms = self.store.terms()?.into_iter().map(|it| it.1.term);
        Ok(terms.filter(|it| scopes.contains(&it.scope)).collect())
    }

    fn made(&self, output: &Path) -> Result<Option<Made>, Fault> {
        self.store.made(output)
    }
}

impl Ledger for Book<'_> {
    fn lock_folder(&self) -> PathBuf {
        self.store.folder().join("locks")
    }

    fn published(&self, output: &Path) -> Result<Option<Publication>, Fault> {
        let row = self.store.published(output)?;
        Ok(row.map(|it| publication(output.to_path_buf(), it)))
    }

    fn begin(&self, temp: &Path, publication: &Publication) -> Result<(), Fault> {
        let Publication { output, content_blake3, video, at_unix_ms, partial } =
            publication.clone();
        let video = video.into_os_string();
        let published = PublishedRow { content_blake3, video, at_unix_ms, partial };
        let row = PendingRow { output: output.into_os_string(), published };
        (self.write)(Write::PendingBegun { temp: temp.to_owned(), row })
    }

    fn finish(&self, temp: &Path) -> Result<(), Fault> {
        (self.write)(Write::PendingDone { temp: temp.to_owned() })
    }

    fn abandon(&self, temp: &Path) -> Result<(), Fault> {
        (self.write)(Write::PendingGone { temp: temp.to_owned() })
    }

    fn followed(&self, file: &FileId, placed: &Placed, gone: &[PathBuf]) -> Result<(), Fault> {
        let (file, placed, gone) = (*file, placed.clone(), gone.to_vec());
        (self.write)(Write::Followed { file, placed, gone, at_unix_ms: clock::now_unix_ms() })
    }

    fn unfinished(&self) -> Result<Vec<(PathBuf, Publication)>, Fault> {
        let of_row = |it: PendingRow| publication(PathBuf::from(it.output), it.published);
        Ok(self.store.pending()?.into_iter().map(|(temp, row)| (temp, of_row(row))).collect())
    }
}

fn publication(output: PathBuf, row: PublishedRow) -> Publication {
    let PublishedRow { content_blake3, video, at_unix_ms, partial } = row;
    Publication { output, content_blake3, video: PathBuf::from(video), at_unix_ms, partial }
}

impl Library for Book<'_> {
    fn finished(&self, key: &Fingerprint) -> Result<Option<FinishedBefore>, Fault> {
        Library::finished(self.store, key)
    }

    fn audio_of(&self, file: &AudioFile) -> Result<Option<AudioDigest>, Fault> {
        self.store.audio_of(file)
    }

    fn knows_audio(&self, audio: &AudioDigest) -> Result<bool, Fault> {
        self.store.knows_audio(audio)
    }

    fn transcript(&self, key: &TranscriptKey) -> Result<Option<Transcribed>, Fault> {
        self.store.transcript(key)
    }

    fn seen(&self, file: &FileId) -> Result<Option<Seen>, Fault> {
        self.store.seen(file)
    }

    fn speech(&self, key: &SpeechKey) -> Result<Option<Vec<Span>>, Fault> {
        self.store.speech(key)
    }

    fn placed(&self, file: &FileId) -> Result<Option<Placed>, Fault> {
        self.store.placed(file)
    }
}

/// What is known, for whoever only asks.
impl Library for Store {
    fn finished(&self, key: &Fingerprint) -> Result<Option<FinishedBefore>, Fault> {
        let row = self.finished(key)?;
        Ok(row.map(|it| FinishedBefore { outputs: it.outputs, language: it.language }))
    }

    fn audio_of(&self, file: &AudioFile) -> Result<Option<AudioDigest>, Fault> {
        self.audio_of(file)
    }

    fn knows_audio(&self, audio: &AudioDigest) -> Result<bool, Fault> {
        self.knows_audio(audio)
    }

    fn transcript(&self, key: &TranscriptKey) -> Result<Option<Transcribed>, Fault> {
        self.transcript(key)
    }

    fn seen(&self, file: &FileId) -> Result<Option<Seen>, Fault> {
        self.seen(file)
    }

    fn speech(&self, key: &SpeechKey) -> Result<Option<Vec<Span>>, Fault> {
        self.speech(key)
    }

    fn placed(&self, file: &FileId) -> Result<Option<Placed>, Fault> {
        self.placed(file)
    }
}

/// A store that is written to directly: nobody else does.
impl Phrases for Store {
    fn batch(&self, key: &[u8; 32]) -> Result<Option<Vec<Rendered>>, Fault> {
        self.batch(key)
    }

    fn remember_batch(&self, key: &[u8; 32], rendered: &[Rendered]) -> Result<(), Fault> {
        directly(self, |it| it.remember_batch(key, rendered))
    }

    fn phrase(&self, key: &PhraseKey) -> Result<Option<Phrase>, Fault> {
        self.phrase(key)
    }

    fn terms(&self, scopes: &[Scope]) -> Result<Vec<Term>, Fault> {
        directly(self, |it| it.terms(scopes))
    }

    fn made(&self, output: &Path) -> Result<Option<Made>, Fault> {
        self.made(output)
    }
}

/// As above.
impl Ledger for Store {
    fn lock_folder(&self) -> PathBuf {
        directly(self, |it| it.lock_folder())
    }

    fn published(&self, output: &Path) -> Result<Option<Publication>, Fault> {
        directly(self, |it| it.published(output))
    }

    fn begin(&self, temp: &Path, publication: &Publication) -> Result<(), Fault> {
        directly(self, |it| it.begin(temp, publication))
    }

    fn finish(&self, temp: &Path) -> Result<(), Fault> {
        directly(self, |it| it.finish(temp))
    }

    fn abandon(&self, temp: &Path) -> Result<(), Fault> {
        directly(self, |it| it.abandon(temp))
    }

    fn followed(&self, file: &FileId, placed: &Placed, gone: &[PathBuf]) -> Result<(), Fault> {
        directly(self, |it| it.followed(file, placed, gone))
    }

    fn unfinished(&self) -> Result<Vec<(PathBuf, Publication)>, Fault> {
        directly(self, |it| it.unfinished())
    }
}

fn directly<T>(store: &Store, act: impl FnOnce(&Book<'_>) -> T) -> T {
    let write = |write| store.commit(&[write]).map(drop);
    act(&Book::new(store, &write, false, None))
}
