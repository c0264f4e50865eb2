//! What may be typed about checks.

use clap::Args;

pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
  kinora check                         shows what is wrong in the store, and what could be repaired
  kinora check --repair                repairs what can be derived from the rest
  kinora check --outputs               holds the subtitles that were written against what is on the disks
  kinora check --outputs --apply       does what that showed
  kinora check --outputs --undo        takes back what was done last

Without --outputs what the service remembers is checked; the service must not run meanwhile. With \
--outputs the subtitles are looked at, whether the service runs or not: what is gone is shown as a \
plan, and only --apply carries that plan out. Files of yours are never touched. The service looks by \
itself every day (`check.at`), and only tells. Exit code 0: all is well or was done; 1: something is \
left.";

/// What is checked.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Repair what can be derived from the rest
    #[arg(long, conflicts_with = "outputs")]
    pub(crate) repair: bool,
    /// Hold the subtitles that were written against what is on the disks
    #[arg(long)]
    pub(crate) outputs: bool,
    /// Do what the last `--outputs` showed
    #[arg(long, requires = "outputs", conflicts_with_all = ["undo", "accept_gone"])]
    pub(crate) apply: bool,
    /// Take back what was done last, or what this file of the folder `undo` tells
    #[arg(long, requires = "outputs", value_name = "FILE", num_args = 0..=1,
          default_missing_value = "", conflicts_with = "accept_gone")]
    pub(crate) undo: Option<String>,
    /// It is meant that so many are gone: plan for them, too
    #[arg(long, requires = "outputs")]
    pub(crate) accept_gone: bool,
    /// Print JSON for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use crate::cli::args::Args;
    use clap::Parser;

    #[test]
    fn it_is_said_what_is_checked() {
        for (line, good) in [
            ("check", true),
            ("check --repair --json", true),
            ("check --outputs", true),
            ("check --outputs --json", true),
            ("check --outputs --accept-gone", true),
            ("check --outputs --apply", true),
            ("check --outputs --undo", true),
            ("check --outputs --undo outputs-20260102T030405.json", true),
            ("check --apply", false),
            ("check --undo", false),
            ("check --accept-gone", false),
            ("check --outputs --repair", false),
            ("check --outputs --apply --undo", false),
            ("check --outputs --apply --accept-gone", false),
        ] {
            let typed = Args::try_parse_from(format!("kinora {line}").split(' '));
            assert_eq!(typed.is_ok(), good, "{line}");
        }
    }
}
