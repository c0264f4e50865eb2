//! A text in the operator's pager: in a file that only they may read, which is gone afterwards.

use crate::api::run::Fault;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::Command;
use tempfile::{Builder, NamedTempFile};

/// Where PAGER says nothing.
const DEFAULTS: [&str; 2] = ["less", "more"];
/// Letters of a file's name that are kept in that of its copy: enough to know it by.
const STEM_CHARS_MAX: usize = 48;
const ENDING_CHARS_MAX: usize = 8;

/// Shows a text, in a file whose name is like this one, and waits until the operator has read it. `pager` is a command
/// with its arguments, as in PAGER; no shell reads it.
///
/// # Errors
/// Where there is no place for the file, no such pager, or it did not like what it was told.
pub(super) fn show(name: &str, text: &str, pager: Option<&str>) -> Result<(), Fault> {
    let file = file_of(name, text).map_err(|err| {
        let what = format!("there is no place to put the text into ({err})");
        Fault::operator(what, "make room where TMPDIR says, mostly /tmp")
    })?;
    let said = pager.map(str::trim).filter(|it| !it.is_empty());
    let commands = match said {
        Some(said) => vec![words(said).ok_or_else(|| {
            let what = format!("PAGER is `{said}`, where a quote is never closed");
            Fault::operator(what, "correct it, or leave it out")
        })?],
        None => DEFAULTS.map(|it| vec![it.to_owned()]).to_vec(),
    };
    for command in &commands {
        let Some((program, arguments)) = command.split_first() else { continue };
        // Its path is absolute, so that it is never taken for an option.
        match Command::new(program).args(arguments).arg(file.path()).status() {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => {
                let what = format!("the pager `{program}` did not end well ({status})");
                return Err(Fault::operator(what, "see what PAGER says"));
            }
            Err(err) if err.kind() == ErrorKind::NotFound => {}
            Err(err) => {
                let what = format!("the pager `{program}` cannot be started ({err})");
                return Err(Fault::operator(what, "set PAGER to a program that can"));
            }
        }
    }
    let names: Vec<&str> = commands.iter().filter_map(|it| it.first()).map(|it| &**it).collect();
    let what = format!("there is no pager `{}`", names.join("` or `"));
    Err(Fault::operator(what, "install `less`, or set PAGER to the name of one"))
}

/// The file with the text, which is removed when it is dropped.
fn file_of(name: &str, text: &str) -> std::io::Result<NamedTempFile> {
    let name = Path::new(name);
    let part = |part: Option<&std::ffi::OsStr>, chars_max: usize| -> String {
        let letters = part.unwrap_or_default().to_string_lossy().into_owned();
        let plain = letters.chars().filter(|it| it.is_alphanumeric() || " .,-_()'".contains(*it));
        plain.take(chars_max).collect()
    };
    let stem = part(name.file_stem(), STEM_CHARS_MAX);
    let ending = part(name.extension(), ENDING_CHARS_MAX);
    let ending = if ending.is_empty() { ".txt".to_owned() } else { format!(".{ending}") };
    let folder = fs::canonicalize(std::env::temp_dir())?;
    // Readable by its owner only.
    let mut file =
        Builder::new().prefix(&format!("kinora-{stem}.")).suffix(&ending).tempfile_in(folder)?;
    file.write_all(harmless(text).as_bytes())?;
    file.flush()?;
    Ok(file)
}

/// Without anything that could drive a terminal where a pager passes it on.
fn harmless(text: &str) -> String {
    text.chars().filter(|it| !it.is_control() || matches!(it, '\n' | '\t')).collect()
}

/// The words of a command: spaces part them, but for those in quotes or after a backslash. `None` where a quote is
/// never closed.
fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (it, Some(open)) if it == open => quote = None,
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(letters.next()),
            (it, Some(_)) => word.get_or_insert_default().push(it),
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (it, None) if it.is_whitespace() => words.extend(word.take()),
            (it, None) => word.get_or_insert_default().push(it),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::fs::PermissionsExt;

    /// A pager that notes what it is called with, the file's rights and what is in it.
    fn fake(folder: &Path) -> String {
        let script = folder.join("my pager.sh");
        let out = folder.join("seen");
        let text = format!(
            "#!/bin/sh\nexec > '{}'\nfor it; do echo \"[$it]\"; last=$it; done\nstat -c %a \"$last\"\ncat \"$last\"\n",
            out.display()
        );
        fs::write(&script, text).unwrap();
        fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
        script.display().to_string()
    }

    #[test]
    fn the_pager_gets_its_arguments_and_a_private_file_that_is_gone_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let pager = format!("'{}' -R  \"two words\" $(touch x);", fake(folder.path()));
        let name = "../../M (1931) \u{1b}[2J$HOME.eng.srt";
        show(name, "1\r\n\u{1b}[31mGrüß\u{9b}2J\u{7}\tGott\n", Some(&pager)).unwrap();
        let seen = fs::read_to_string(folder.path().join("seen")).unwrap();
        let lines: Vec<&str> = seen.lines().collect();
        assert_eq!(lines[..4], ["[-R]", "[two words]", "[$(touch]", "[x);]"]);
        let path = lines[4].trim_matches(['[', ']']);
        let file = Path::new(path).file_name().unwrap().to_str().unwrap();
        assert!(file.starts_with("kinora-M (1931) 2JHOME.eng."), "{file}");
        assert!(file.ends_with(".srt") && Path::new(path).is_absolute(), "{path}");
        assert_eq!(lines[5..], ["600", "1", "[31mGrüß2J\tGott"]);
        assert!(!Path::new(path).exists());
    }

    #[test]
    fn what_is_wrong_with_a_pager_is_told_in_a_sentence() {
        for (pager, told) in [
            ("no-such-pager-1927 -R", "there is no pager `no-such-pager-1927`; install `less`"),
            ("'less", "where a quote is never closed"),
            ("/", "the pager `/` cannot be started"),
            ("sh -c 'exit 3'", "the pager `sh` did not end well (exit status: 3)"),
        ] {
            let fault = show("a.srt", "text", Some(pager)).unwrap_err().to_string();
            assert!(fault.contains(told), "{fault}");
        }
    }

    #[test]
    fn commands_are_split_as_people_write_them() {
        for (command, expected) in [
            ("", Some(vec![])),
            (" less  -R\t-X ", Some(vec!["less", "-R", "-X"])),
            ("'a b'c \"d 'e\" ''", Some(vec!["a bc", "d 'e", ""])),
            ("a\\ b 'c\\d' \"e\\\"f\"", Some(vec!["a b", "c\\d", "e\"f"])),
            ("less \"x", None),
        ] {
            let expected: Option<Vec<String>> =
                expected.map(|it| it.into_iter().map(str::to_owned).collect());
            assert_eq!(words(command), expected, "{command}");
        }
    }

    proptest! {
        #[test]
        fn no_text_drives_the_terminal(text in "\\PC*|[\\x00-\\xff]*") {
            let plain = harmless(&text);
            prop_assert!(plain.chars().all(|it| it == '\n' || it == '\t' || !it.is_control()));
        }
    }
}
