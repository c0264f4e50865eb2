//! What may be typed about subtitles that do not fit their video.

use std::path::PathBuf;

pub(super) const SYNC_EXAMPLES: &str = "\
Examples:
  kinora sync film.en.srt              how it fits the film beside it, and what would make it fit
  kinora sync --apply *.srt            mends all that can be mended
  kinora sync --video film.mkv a.srt   a subtitle that is named otherwise

Only times change, and the file becomes UTF-8; as it was it is kept under backups/subtitles in the data \
directory. What would not fit clearly better is left.";

/// What is asked of `kinora sync`, as typed.
#[derive(Debug, clap::Args)]
pub(crate) struct SyncArgs {
    /// Subtitle files: SubRip, WebVTT, ASS
    #[arg(required = true, value_name = "FILE")]
    pub(crate) paths: Vec<PathBuf>,
    /// The video of these files; without it, the one beside each whose name it has
    #[arg(long, value_name = "PATH")]
    pub(crate) video: Option<PathBuf>,
    /// Audio track to listen to, by its number in `kinora explain`
    #[arg(long, value_name = "INDEX")]
    pub(crate) track: Option<u32>,
    /// Write the files that would fit better
    #[arg(long)]
    pub(crate) apply: bool,
    /// Print JSON for scripts, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}
