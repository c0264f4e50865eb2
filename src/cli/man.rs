//! Manual pages, made from the commands themselves: one for each that an owner may type.

use super::Exit;
use super::args::Args;
use super::out;
use crate::api::run::Fault;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::io;
use std::path::Path;

/// The manual's section of commands.
const SECTION: &str = "1";
/// Where things lie, at the end of the first page.
const FILES: [(&str, &str); 5] = [
    ("/etc/kinora/kinora.toml", "the configuration; ~/.config/kinora/kinora.toml for one user"),
    ("/etc/default/kinora", "variables of the service, such as KINORA__HTTP__LISTEN=0.0.0.0:8710"),
    ("/var/lib/kinora", "what the service remembers; ~/.local/share/kinora for others"),
    ("/usr/share/kinora/models", "models that come with Kinora"),
    ("kinora.service", "the service; `systemctl edit kinora` says which folders it may write"),
];

/// Writes every page to a folder, or prints the first one.
pub(super) fn man(out: Option<&Path>) -> Result<Exit, Fault> {
    let pages = pages().map_err(|err| Fault::bug(format!("a page cannot be made ({err})")))?;
    let Some(folder) = out else {
        let first = pages.last().map(|it| it.text.as_str()).unwrap_or_default();
        out::say(first)?;
        return Ok(Exit::Good);
    };
    std::fs::create_dir_all(folder).map_err(|err| unwritten(folder, &err))?;
    for page in &pages {
        let path = folder.join(&page.name);
        std::fs::write(&path, &page.text).map_err(|err| unwritten(&path, &err))?;
    }
    out::say(&format!("{} pages are in {}\n", pages.len(), folder.display()))?;
    Ok(Exit::Good)
}

fn unwritten(path: &Path, err: &io::Error) -> Fault {
    let what = format!("{} cannot be written ({err})", path.display());
    Fault::operator(what, "name a folder that may be written")
}

/// A page as it is written.
struct Page {
    /// Its file's name, such as `kinora-jobs-list.1`.
    name: String,
    text: String,
}

/// A page for each command that is shown in the help; that of `kinora` itself is the last.
fn pages() -> io::Result<Vec<Page>> {
    let mut root = Args::command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    collect(&root, None, &mut pages)?;
    Ok(pages)
}

fn collect(command: &Command, parent: Option<&str>, pages: &mut Vec<Page>) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        collect(below, Some(name), pages)?;
    }
    pages.push(page(command, name, parent)?);
    Ok(())
}

fn page(command: &Command, name: &str, parent: Option<&str>) -> io::Result<Page> {
    let source = format!("Kinora {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(source).manual("Kinora");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.get_subcommands().any(|it| !it.is_hide_set()) {
        man.render_subcommands_section(&mut text)?;
    }
    let mut rest = Roff::new();
    let after = command.get_after_long_help().or_else(|| command.get_after_help());
    explain(&mut rest, &after.map(ToString::to_string).unwrap_or_default());
    if parent.is_none() {
        files(&mut rest);
    }
    see_also(&mut rest, command, parent);
    rest.to_writer(&mut text)?;
    Ok(Page {
        name: format!("{name}.{SECTION}"),
        text: String::from_utf8_lossy(&text).into_owned(),
    })
}

/// What follows the help: examples keep their lines, all else is text.
fn explain(roff: &mut Roff, after: &str) {
    let mut noted = false;
    for paragraph in after.split("\n\n").filter(|it| !it.trim().is_empty()) {
        if let Some(examples) = paragraph.strip_prefix("Examples:\n") {
            roff.control("SH", ["EXAMPLES"]);
            roff.control("nf", []);
            for line in examples.lines() {
                roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
            }
            roff.control("fi", []);
            continue;
        }
        match noted {
            false => roff.control("SH", ["NOTES"]),
            true => roff.control("PP", []),
        };
        noted = true;
        for line in paragraph.lines() {
            roff.text([roman(line.trim())]);
        }
    }
}

fn files(roff: &mut Roff) {
    roff.control("SH", ["FILES"]);
    for (path, what) in FILES {
        roff.control("TP", []);
        roff.text([roman(path)]);
        roff.text([roman(what)]);
    }
}

fn see_also(roff: &mut Roff, command: &Command, parent: Option<&str>) {
    let Some(parent) = parent else { return };
    let root = Args::command().get_name().to_owned();
    roff.control("SH", ["SEE ALSO"]);
    let mut others = vec![format!("{root}({SECTION})")];
    if parent != root {
        others.push(format!("{parent}({SECTION})"));
    }
    if command.get_name() != "config" && parent == root {
        others.push(format!("{root}-config({SECTION})"));
    }
    roff.text([roman(others.join(", "))]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command an owner may type, by the words that are typed.
    fn typed(command: &Command, before: &[String], all: &mut Vec<String>) {
        let words = [before, &[command.get_name().to_owned()]].concat();
        all.push(words.join("-"));
        for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
            typed(below, &words, all);
        }
    }

    #[test]
    fn every_command_has_a_page_and_hidden_ones_have_none() {
        let mut all = Vec::new();
        typed(&Args::command(), &[], &mut all);
        let mut wanted: Vec<String> = all.iter().map(|it| format!("{it}.1")).collect();
        let pages = pages().unwrap();
        let mut names: Vec<&String> = pages.iter().map(|it| &it.name).collect();
        assert_eq!(names.last().map(|it| it.as_str()), Some("kinora.1"));
        wanted.sort();
        names.sort();
        assert_eq!(names, wanted.iter().collect::<Vec<_>>());
        assert!(names.len() > 30, "commands of commands are there too: {names:?}");
        assert!(
            pages.iter().all(|it| !it.text.contains("kinora\\-engine")),
            "engines are nobody's"
        );
    }

    #[test]
    fn examples_keep_their_lines_and_text_does_not() {
        let mut roff = Roff::new();
        explain(&mut roff, "Examples:\n  kinora a   does a\n  .b\n\nNothing is\nlost.\n\nMore.");
        let text = roff.to_roff();
        assert_eq!(
            text,
            ".SH EXAMPLES\n.nf\nkinora a   does a\n\\&.b\n.fi\n.SH NOTES\nNothing is\nlost.\n.PP\nMore.\n"
        );
    }

    #[test]
    fn the_first_page_tells_where_things_lie() {
        let pages = pages().unwrap();
        let first = &pages.last().unwrap().text;
        for word in ["/etc/kinora/kinora.toml", "/var/lib/kinora", ".SH EXAMPLES", "Exit codes"] {
            assert!(first.contains(word), "{word}");
        }
    }
}
