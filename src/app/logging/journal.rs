//! The system's journal, where systemd started us with standard error connected to it: lines go there as entries with
//! fields instead of as text.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use tracing_journald::{Layer, Priority, PriorityMappings};

/// What `journalctl -t` asks for.
const IDENTIFIER: &str = "kinora";
/// Before the names of our fields, so that none is taken for one of the journal's own: `journalctl KINORA_JOB=12`.
const FIELDS: &str = "KINORA";

/// The journal, where standard error leads to it.
///
/// # Errors
/// Where it does, and the journal does not listen; why.
pub(super) fn find() -> Result<Option<Layer>, String> {
    let named = std::env::var_os("JOURNAL_STREAM");
    let (Some(named), Some(stderr)) = (named, stderr()) else { return Ok(None) };
    if !is_stream(&named, stderr) {
        return Ok(None);
    }
    let layer = tracing_journald::layer().map_err(|err| err.to_string())?;
    let levels = PriorityMappings {
        error: Priority::Error,
        warn: Priority::Warning,
        info: Priority::Informational,
        debug: Priority::Debug,
        trace: Priority::Debug,
    };
    let layer = layer.with_syslog_identifier(IDENTIFIER.to_owned());
    Ok(Some(layer.with_field_prefix(Some(FIELDS.to_owned())).with_priority_mappings(levels)))
}

/// Device and inode of standard error.
fn stderr() -> Option<(u64, u64)> {
    let file = File::from(std::io::stderr().as_fd().try_clone_to_owned().ok()?);
    let about = file.metadata().ok()?;
    Some((about.dev(), about.ino()))
}

/// Whether `JOURNAL_STREAM` names this: `device:inode`, decimal (systemd.exec(5)). Who was started with it may have
/// been redirected since, so the variable alone says nothing.
fn is_stream(named: &OsStr, (device, inode): (u64, u64)) -> bool {
    named.to_str() == Some(&format!("{device}:{inode}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_is_taken_only_where_standard_error_leads_to_it() {
        for (named, is) in [
            ("8:29382", true),
            ("8:29383", false),
            ("9:29382", false),
            ("29382", false),
            ("", false),
            (" 8:29382", false),
            ("8:29382:1", false),
        ] {
            assert_eq!(is_stream(OsStr::new(named), (8, 29382)), is, "{named:?}");
        }
        assert!(stderr().is_some());
    }
}
