//! Why something in a library is not looked at, as a sentence for its owner.

use std::fmt;

/// Why a file or a folder, and all that is in it, is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// It or a folder it is in starts with a dot.
    Hidden,
    /// It is in a folder that a NAS or an operating system keeps for itself; its name.
    System(String),
    /// A pattern of `exclude` matches; the pattern.
    Excluded(String),
    /// There are patterns of `include`, and none matches.
    NotIncluded,
    /// It is an extra by Jellyfin's rules; of what kind.
    Extra(&'static str),
    /// It is a sample of a release.
    Sample,
    /// It is a trailer.
    Trailer,
    /// It is the menu of a DVD.
    DvdMenu,
    /// A marker file (`.nomedia`, `.ignore`, `.kinoraignore`) tells so: where it lies, after the line if it has some.
    Marked(String),
    /// It is a link to a folder, or in one: those may lead in a circle or out of the library.
    LinkToFolder,
    /// Its name is that of no video and no audio file.
    NotMedia,
    /// It is a pipe, a socket or a device.
    NotAFile,
}

impl fmt::Display for LeftOut {
    /// A clause whose subject is the file: "it is a sample".
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LeftOut::Hidden => out.write_str("it is hidden: its name, or that of a folder it is in, starts with a dot"),
            LeftOut::System(name) => write!(out, "it is in {name}, a folder that the system keeps for itself"),
            LeftOut::Excluded(pattern) => write!(out, "the library's exclude pattern {pattern:?} matches it"),
            LeftOut::NotIncluded => out.write_str("none of the library's include patterns matches it"),
            LeftOut::Extra(kind) => write!(out, "by its name or folder it is an extra ({kind})"),
            LeftOut::Sample => out.write_str("by its name or folder it is a sample"),
            LeftOut::Trailer => out.write_str("by its name or folder it is a trailer"),
            LeftOut::DvdMenu => out.write_str("it is the menu of a DVD"),
            LeftOut::Marked(marker) => write!(out, "{marker} asks to leave it out"),
            LeftOut::LinkToFolder => {
                out.write_str("it is a link to a folder, or in one; links may lead in a circle and are not followed")
            }
            LeftOut::NotMedia => out.write_str("it is no video or audio file by its name"),
            LeftOut::NotAFile => out.write_str("it is a pipe, a socket or a device, not a file"),
        }
    }
}
