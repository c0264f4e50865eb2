//! What may be typed about the operator's screen.

use super::args::one_of;
use crate::tui::{Once, PageName};
use clap::Args;
use std::path::PathBuf;

pub(super) const TUI_EXAMPLES: &str = "\
Examples:
  kinora tui                           of the service on this machine; `?` shows the keys, q quits
  ssh -t nas kinora tui                of the service on the machine nas
  kinora tui --url http://nas:8710 --token-file nas.token
                                       the same over HTTP, with a copy of nas's token file
  kinora tui --once --page failures    prints one screen as text, for scripts

It asks the service that runs (`kinora serve`) and never does its work: it may end, or lose its line, \
at any time.";

/// How the screen is wished.
#[derive(Debug, Args)]
pub(crate) struct TuiArgs {
    /// Address of the service, such as http://nas:8710; without it, the one on this machine
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// File with the token of that service
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(crate) token_file: Option<PathBuf>,
    /// Page to begin with
    #[arg(long, value_name = "PAGE", default_value = "overview",
          value_parser = one_of(PageName::ALL, PageName::word))]
    pub(crate) page: PageName,
    /// Print one screen as text, and end
    #[arg(long)]
    once: bool,
    /// Columns and rows of that screen; those of the terminal, or 80x24, where it is not said
    #[arg(long, value_name = "COLUMNSxROWS", requires = "once", value_parser = size)]
    size: Option<(u16, u16)>,
    /// Draw with plain ASCII; without it, as the locale tells
    #[arg(long)]
    pub(crate) ascii: bool,
    /// Dark letters on a light ground; without it, as the terminal tells
    #[arg(long)]
    pub(crate) light: bool,
}

impl TuiArgs {
    /// One screen as text, where that is asked for.
    pub(crate) fn once(&self) -> Option<Once> {
        self.once.then_some(Once { size: self.size })
    }
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let parsed = text
        .split_once('x')
        .and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
    parsed.ok_or_else(|| "write columns, an x and rows, such as 80x24".to_owned())
}
