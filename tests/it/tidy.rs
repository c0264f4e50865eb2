//! The rules of the house that a machine can keep: layers, owned words, sizes, first lines.

use std::fs;
use std::path::{Path, PathBuf};

/// Who may name whom; the order is the reading order, from the ground up.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("domain", &["base"]),
    ("store", &["base", "domain"]),
    ("engines", &["base", "domain"]),
    ("pipeline", &["base", "domain", "engines"]),
    ("runtime", &["base", "domain", "store", "engines", "pipeline"]),
    ("api", &["base", "domain"]),
    ("http", &["base", "api"]),
    ("app", &["base", "domain", "store", "engines", "pipeline", "runtime", "api", "http"]),
    ("tui", &["base", "api"]),
    ("cli", &["base", "api", "app", "tui"]),
];

/// A word that only these modules may say, and why it is theirs.
const OWNED: &[(&str, &[&str])] = &[
    ("redb::", &["store"]),
    // Of the screen only the operator's pager.
    ("std::process::", &["engines", "tui"]),
    ("SystemTime::now", &["base"]),
    ("Instant::now", &["base"]),
    ("thread::spawn", &[]),
    ("thread::Builder", &["engines", "runtime", "app", "tui"]),
    ("thread::sleep", &["engines"]),
    ("ffmpeg_next", &["engines"]),
    ("ignore::", &["app"]),
    ("whisper_rs", &["engines"]),
    ("reqwest", &["engines", "api"]),
    ("quick_xml", &["engines"]),
    ("axum::", &["http"]),
    ("hyper", &["http"]),
    ("tokio", &["http", "app"]),
    ("prometheus_client", &["http"]),
    ("whatlang", &["domain"]),
    ("csv::", &["domain"]),
    ("candle", &["engines"]),
    ("tokenizers::", &["engines"]),
    ("minijinja", &["engines", "app"]),
    ("clap::", &["cli"]),
    ("indicatif", &["cli"]),
    ("use notify::", &["app"]),
    ("ratatui::", &["tui"]),
    ("tui_input::", &["tui"]),
    ("nucleo_matcher::", &["tui"]),
    (".unwrap()", &[]),
    (".expect(", &[]),
];

/// What a program's end looks like is no engine: the one word of `std::process` for main, cli and app.
const EXCEPT: &str = "std::process::ExitCode";

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 120;

struct Source {
    path: PathBuf,
    text: String,
}

#[test]
fn imports_point_downward() {
    let mut faults = Vec::new();
    for source in sources() {
        let Some(module) = source.module() else { continue };
        let path = source.path.display();
        let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == module) else {
            faults.push(format!("{path}: `{module}` is not on the map"));
            continue;
        };
        for (number, line) in source.code() {
            for named in crate_modules_in(line) {
                if named != module && !allowed.contains(&named.as_str()) {
                    faults.push(format!("{path}:{number}: {module} may not name {named}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn words_stay_with_their_owner() {
    let mut faults = Vec::new();
    for source in sources() {
        let module = source.module();
        for (number, line) in source.code() {
            let line = line.replace(EXCEPT, "");
            for (word, owners) in OWNED {
                let owned = module.as_deref().is_some_and(|it| owners.contains(&it));
                if line.contains(word) && !owned {
                    let path = source.path.display();
                    faults.push(format!("{path}:{number}: {word} belongs to {owners:?}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn unsafe_code_lives_in_one_file_per_foreign_library_and_says_why() {
    let mut faults = Vec::new();
    for source in sources() {
        let path = source.path.display();
        let is_ffi = source.path.file_name().is_some_and(|it| it == "ffi.rs");
        let lines: Vec<&str> = source.text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let line = line.trim();
            if line.starts_with("//") || !line.contains("unsafe {") {
                continue;
            }
            let before = &lines[index.saturating_sub(8)..index];
            if !is_ffi {
                faults.push(format!("{path}:{}: unsafe belongs to an ffi.rs", index + 1));
            } else if !before.iter().any(|it| it.contains("SAFETY:")) {
                faults.push(format!("{path}:{}: unsafe without its SAFETY line", index + 1));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn sizes_stay_readable() {
    let mut faults = Vec::new();
    for source in sources() {
        let path = source.path.display();
        let lines = source.text.lines().count();
        if FILE_LINES_MAX < lines {
            faults.push(format!("{path}: {lines} lines"));
        }
        let first = if path.to_string().ends_with("lib.rs") { "#![doc" } else { "//! " };
        if !source.text.starts_with(first) {
            faults.push(format!("{path}: the first line must say what the module is for"));
        }
        for (number, line) in source.text.lines().enumerate() {
            if LINE_COLUMNS_MAX < line.chars().count() {
                faults.push(format!("{path}:{}: longer than a line", number + 1));
            }
        }
        for (start, length) in functions(&source.text) {
            if FUNCTION_LINES_MAX < length {
                faults.push(format!("{path}:{start}: a function of {length} lines"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["TODO", "FIXME", "XXX", "#[ignore", "#[allow(", "#![allow("];
    let mut faults = Vec::new();
    for source in sources() {
        for (number, line) in source.text.lines().enumerate() {
            if words.iter().any(|it| line.contains(it)) {
                faults.push(format!("{}:{}: {line}", source.path.display(), number + 1));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

impl Source {
    /// The first folder or file under `src`; none for `lib.rs` and `main.rs`, which see all.
    fn module(&self) -> Option<String> {
        let first = self.path.strip_prefix(src()).unwrap().components().next().unwrap();
        let name = Path::new(first.as_os_str()).file_stem().unwrap().to_str().unwrap();
        (name != "lib" && name != "main").then(|| name.to_owned())
    }

    /// Lines of code with their numbers: comments and tests are left out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let name = self.path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        let is_test = name.ends_with("tests.rs");
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
        lines
            .take_while(move |(_, line)| !is_test && *line != "#[cfg(test)]")
            .filter(|(_, line)| !line.starts_with("//"))
    }
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![src()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path, text });
            }
        }
    }
    assert!(found.len() > 40, "the house has more rooms than {}", found.len());
    found
}

fn crate_modules_in(line: &str) -> Vec<String> {
    let after = line.split("crate::").skip(1);
    after
        .map(|rest| rest.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect())
        .collect()
}

/// Functions as rustfmt prints them: from the line of `fn` to the brace at its indent.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let is_fn = code.starts_with("fn ") || code.contains(" fn ");
        if !is_fn || code.starts_with("//") || code.trim_end().ends_with(';') {
            continue;
        }
        let close = format!("{}}}", &line[..indent]);
        if let Some(length) = lines[index..].iter().position(|it| *it == close) {
            found.push((index + 1, length + 1));
        }
    }
    found
}
