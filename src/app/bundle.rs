//! `kinora doctor --bundle`: an archive for whoever is to help, without what must not leave the house.

mod gather;
mod names;
mod redact;

use crate::api::bundle::{BundlePiece, BundleView};
use crate::api::doctor::DoctorView;
use crate::app::config::Config;
use crate::base::disk::{self, TempFile};
use crate::base::text::show_path;
use crate::domain::fault::Fault;
use gather::Piece;
use names::Names;
use redact::Redactor;
use std::ffi::OsString;
use std::io::{self, Cursor, ErrorKind, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A support archive that is not written yet.
#[derive(Debug)]
pub struct Bundle {
    file: PathBuf,
    pieces: Vec<Piece>,
    replaced: usize,
}

impl Bundle {
    /// Gathers and cleans what goes into `file`; writes nothing. `env` is the environment, whose keys are secrets too;
    /// with `anonymous` films are not named.
    ///
    /// # Errors
    /// Where a file of that name is there.
    pub fn gather(
        config: &Config,
        doctor: &DoctorView,
        file: &Path,
        env: impl IntoIterator<Item = (OsString, OsString)>,
        anonymous: bool,
    ) -> Result<Bundle, Fault> {
        if file.symlink_metadata().is_ok() {
            return Err(there_already(file));
        }
        let mut redactor = Redactor::of(config, env);
        let mut pieces = gather::pieces(config, doctor);
        for piece in &mut pieces {
            piece.text = redactor.clean(&piece.text);
            piece.name = redactor.clean(&piece.name);
        }
        if anonymous {
            hide_films(config, &mut pieces, &mut redactor);
        }
        Ok(Bundle { file: file.to_owned(), pieces, replaced: redactor.replaced })
    }

    /// What is in it.
    pub fn view(&self) -> BundleView {
        let piece = |it: &Piece| BundlePiece {
            name: it.name.clone(),
            about: it.about.clone(),
            bytes: it.text.len() as u64,
        };
        BundleView {
            file: show_path(&self.file),
            pieces: self.pieces.iter().map(piece).collect(),
            replaced: self.replaced,
        }
    }

    /// Writes it, whole or not at all; only its owner can read it.
    ///
    /// # Errors
    /// Where it cannot be written, or a file of that name appeared.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's enum is open")]
    pub fn write(&self) -> Result<(), Fault> {
        let packed =
            self.pack().map_err(|err| Fault::bug(format!("no archive can be made ({err})")))?;
        let temp = disk::temp_path(disk::folder_of(&self.file));
        let written = TempFile::write(&temp, &packed).and_then(|it| it.place_new(&self.file));
        written.map_err(|err| match err.kind() {
            ErrorKind::AlreadyExists => there_already(&self.file),
            _ => {
                let what = format!("{} cannot be written ({err})", show_path(&self.file));
                Fault::operator(what, disk::remedy(&err))
            }
        })
    }

    /// Not packed tighter: every program opens it.
    fn pack(&self) -> io::Result<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .unix_permissions(0o600);
        for piece in &self.pieces {
            zip.start_file(piece.name.as_str(), options)?;
            zip.write_all(piece.text.as_bytes())?;
        }
        Ok(zip.finish()?.into_inner())
    }
}

/// Films lie below libraries, here and as others see them.
fn hide_films(config: &Config, pieces: &mut [Piece], redactor: &mut Redactor) {
    let roots: Vec<String> = config
        .libraries
        .iter()
        .flat_map(|it| {
            let there =
                config.jellyfin.as_ref().and_then(|jellyfin| jellyfin.paths.there(&it.path));
            [it.path.to_str().map(str::to_owned), there]
        })
        .flatten()
        // As it stands in the pieces.
        .map(|it| redactor.clean(&it))
        .collect();
    let salt = std::fs::read_to_string(&config.http.token_file).unwrap_or_default();
    let mut names = Names::new(roots, &salt);
    pieces.iter().for_each(|it| names.learn(&it.text));
    pieces.iter_mut().for_each(|it| it.text = names.hide(&it.text));
}

fn there_already(file: &Path) -> Fault {
    let what = format!("{} is there already", show_path(file));
    Fault::operator(what, "name another file, or move that one away")
}
