//! What may be typed about the glossary.

use super::args::{lang, one_of};
use crate::api::glossary::{Exchange, TermState};
use crate::api::run::Lang;
use clap::{Args, Subcommand};
use std::path::PathBuf;

pub(super) const GLOSSARY_EXAMPLES: &str = "\
Examples:
  kinora glossary add Holmes 福尔摩斯 --from en --to zh --work 'Sherlock (2010)'
  kinora glossary add iPhone --keep           it stays as it is in every translation
  kinora glossary list --state proposed       what models, metadata and your edits propose
  kinora glossary accept 12 13                and from now on these count
  kinora glossary import names.csv --to zh --dry-run
  kinora glossary export names.csv

What you say goes before what your edits taught, that before what a model found, that before \
metadata; of these, what holds for a file goes before its film or series, that before its library, \
and that before everywhere.
Tables have the columns source, target, from, to, scope, state and note; only source is needed, and \
an empty target means that the source is kept.";

/// The commands about the glossary.
#[derive(Debug, Subcommand)]
pub(crate) enum GlossaryCommand {
    /// Show terms: where they hold, who says so, whether they count
    List {
        /// Only those in this state
        #[arg(long, value_name = "STATE", value_parser = one_of(TermState::ALL, TermState::word))]
        state: Option<TermState>,
        #[command(flatten)]
        place: PlaceArgs,
        /// Print JSON for scripts, one object a line
        #[arg(long)]
        json: bool,
    },
    /// Say how something is translated, in place of what was said before
    Add {
        /// As it stands in the source
        source: String,
        /// As it is to stand in the translation
        #[arg(required_unless_present = "keep", conflicts_with = "keep")]
        target: Option<String>,
        /// It is not translated, but kept as it is
        #[arg(long)]
        keep: bool,
        /// For people: who or what it is
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        #[command(flatten)]
        langs: LangArgs,
        #[command(flatten)]
        place: PlaceArgs,
        /// Print JSON for scripts, one object a line
        #[arg(long)]
        json: bool,
    },
    /// Forget terms, and show them once more
    Remove(Chosen),
    /// Accept proposed terms: they count from now on
    Accept(Chosen),
    /// Refuse terms: they do not count, and are not proposed again
    Refuse(Chosen),
    /// Take terms from a file: .csv, .tsv, .json, or lines `source = target`
    Import {
        /// The file
        #[arg(value_name = "FILE")]
        names: PathBuf,
        /// How it is written, where its name does not say
        #[arg(long, value_name = "FORMAT", value_parser = one_of(FORMATS, word))]
        format: Option<Exchange>,
        #[command(flatten)]
        langs: LangArgs,
        #[command(flatten)]
        place: PlaceArgs,
        /// Only show what would change
        #[arg(long)]
        dry_run: bool,
        /// Print JSON for scripts, one object a line
        #[arg(long)]
        json: bool,
    },
    /// Write terms to a file, or print them
    Export {
        /// The file; without it they are printed
        #[arg(value_name = "FILE")]
        names: Option<PathBuf>,
        /// How it is written, where its name does not say
        #[arg(long, value_name = "FORMAT", value_parser = one_of(TABLES, word))]
        format: Option<Exchange>,
        /// Only those in this state
        #[arg(long, value_name = "STATE", value_parser = one_of(TermState::ALL, TermState::word))]
        state: Option<TermState>,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

const FORMATS: [Exchange; 4] = [Exchange::Csv, Exchange::Tsv, Exchange::Json, Exchange::Lines];
const TABLES: [Exchange; 3] = [Exchange::Csv, Exchange::Tsv, Exchange::Json];

fn word(exchange: Exchange) -> &'static str {
    match exchange {
        Exchange::Csv => "csv",
        Exchange::Tsv => "tsv",
        Exchange::Json => "json",
        Exchange::Lines => "lines",
    }
}

/// Terms, by their numbers.
#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// Their numbers in `kinora glossary list`
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<u64>,
    /// Print JSON for scripts, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// For which languages.
#[derive(Debug, Args)]
pub(crate) struct LangArgs {
    /// Language of the source; without it, any
    #[arg(long, value_name = "LANG", value_parser = lang)]
    pub(crate) from: Option<Lang>,
    /// Language of the translation; without it, any
    #[arg(long, value_name = "LANG", value_parser = lang)]
    pub(crate) to: Option<Lang>,
}

/// Where terms hold; without any of it, everywhere.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct PlaceArgs {
    /// In a library, by its name in kinora.toml
    #[arg(long, value_name = "NAME")]
    pub(crate) library: Option<String>,
    /// In a film or series, by its title, with the year where it matters
    #[arg(long, value_name = "TITLE")]
    pub(crate) work: Option<String>,
    /// In one file
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Args, Command};
    use clap::Parser;

    fn asked(line: &str) -> Option<GlossaryCommand> {
        let line = format!("kinora glossary {line}");
        let command = Args::try_parse_from(line.split(' ')).ok()?.command;
        let Command::Glossary(command) = command else { panic!("not about terms: {line}") };
        Some(command)
    }

    #[test]
    fn it_is_said_what_is_meant_and_only_once() {
        for good in [
            "list",
            "list --state proposed --work Sherlock --json",
            "add Holmes 福尔摩斯 --from en --to zh-Hans --library Films --note x",
            "add iPhone --keep --file a.mkv",
            "remove 1 2 --json",
            "accept 1",
            "refuse 1",
            "import a.csv --dry-run --to zh",
            "import names --format lines",
            "export",
            "export a.tsv --state accepted",
        ] {
            assert!(asked(good).is_some(), "{good}");
        }
        for bad in [
            "list --state lost",
            "list --work a --library b",
            "add",
            "add Holmes",
            "add Holmes x --keep",
            "add Holmes x --to klingonisch",
            "remove",
            "remove x",
            "import",
            "export --format lines",
        ] {
            assert!(asked(bad).is_none(), "{bad}");
        }
    }
}
