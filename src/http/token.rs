//! The secret that opens the server to other machines: made at the first start, kept in a file of its owner's.

use crate::api::run::Fault;
use crate::base::{disk, text};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const RANDOM_BYTES: usize = 32;
const RANDOM_SOURCE: &str = "/dev/urandom";
const FILE_BYTES_MAX: u64 = 4096;
/// Rights of others than the owner.
const OTHERS: u32 = 0o077;

/// A bearer token; it is never shown.
#[derive(Clone)]
pub struct Token(String);

/// A token and what its owner should know of its file.
#[derive(Debug)]
pub struct FoundToken {
    /// The token.
    pub token: Token,
    /// What to tell the owner: that others may read the file.
    pub notice: Option<String>,
}

impl Token {
    /// A token of visible ASCII characters, which is what fits into a header; `None` for anything else.
    pub fn new(text: &str) -> Option<Token> {
        let fits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_graphic());
        fits.then(|| Token(text.to_owned()))
    }

    /// Is this the token? Takes as long for a near miss as for a far one: digests are compared, in constant time.
    pub fn is(&self, offered: &[u8]) -> bool {
        blake3::hash(self.0.as_bytes()) == blake3::hash(offered)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Reads the token from its file; makes a new one where there is no file.
///
/// # Errors
/// Where the file cannot be read or made, or holds no token.
pub fn load_or_make(path: &Path) -> Result<FoundToken, Fault> {
    match read(path) {
        Err(err) if err.kind() == ErrorKind::NotFound => make(path)?,
        Ok(_) | Err(_) => (),
    }
    let (content, mode) = read(path).map_err(|err| unusable(path, &format!("({err})")))?;
    let Some(token) = Token::new(content.trim()) else {
        let what = format!("the token file {} holds no token", text::show_path(path));
        return Err(Fault::operator(what, "remove it, and a new one is made at the next start"));
    };
    let notice = (mode & OTHERS != 0).then(|| {
        let shown = text::show_path(path);
        format!("others may read the token file {shown}; run `chmod 600` on it")
    });
    Ok(FoundToken { token, notice })
}

/// Its content and its mode.
fn read(path: &Path) -> io::Result<(String, u32)> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode();
    let mut content = String::new();
    file.take(FILE_BYTES_MAX).read_to_string(&mut content)?;
    Ok((content, mode))
}

fn make(path: &Path) -> Result<(), Fault> {
    let mut random = [0; RANDOM_BYTES];
    let drawn = File::open(RANDOM_SOURCE).and_then(|mut it| it.read_exact(&mut random));
    drawn.map_err(|err| unusable(path, &format!("({RANDOM_SOURCE}: {err})")))?;
    let written = place(path, &format!("{}\n", blake3::Hash::from_bytes(random).to_hex()));
    match written {
        // Somebody else was first: theirs is as good.
        Err(err) if err.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(|err| unusable(path, &format!("({err})"))),
    }
}

/// Temporary files can be read by their owner only, and keep that.
fn place(path: &Path, content: &str) -> io::Result<()> {
    let folder = disk::folder_of(path);
    fs::create_dir_all(folder)?;
    disk::TempFile::write(&disk::temp_path(folder), content.as_bytes())?.place_new(path)
}

fn unusable(path: &Path, why: &str) -> Fault {
    let what = format!("the token file {} cannot be read or made {why}", text::show_path(path));
    Fault::operator(what, "check that the user Kinora runs as may write there")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;

    #[test]
    fn a_token_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kinora/token");
        let made = load_or_make(&path).unwrap();
        assert_eq!(made.notice, None);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let content = fs::read_to_string(&path).unwrap();
        assert_eq!(content.trim().len(), 2 * RANDOM_BYTES);
        assert!(made.token.is(content.trim().as_bytes()));
        assert!(load_or_make(&path).unwrap().token.is(content.trim().as_bytes()));
        let other = load_or_make(&folder.path().join("other")).unwrap();
        assert!(!other.token.is(content.trim().as_bytes()));
    }

    #[test]
    fn an_owner_may_bring_a_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "  open-sesame\n\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let found = load_or_make(&path).unwrap();
        assert!(found.token.is(b"open-sesame"));
        assert!(found.notice.unwrap().contains("chmod 600"));
        assert_eq!(format!("{:?}", found.token), "Token(..)");
    }

    #[test]
    fn a_file_without_a_token_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for content in ["", "\n", "two words", "schlüssel"] {
            fs::write(&path, content).unwrap();
            let fault = load_or_make(&path).unwrap_err();
            assert!(fault.what.ends_with("holds no token"), "{content:?}: {fault}");
        }
        let fault = load_or_make(folder.path()).unwrap_err();
        assert!(fault.what.contains("cannot be read or made"), "{fault}");
    }
}
