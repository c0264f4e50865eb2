//! Names of backups: `kinora-2026-01-31T013000Z.kinora-backup`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::ffi::OsStr;

const PREFIX: &str = "kinora-";
const SUFFIX: &str = ".kinora-backup";
/// In names there is no colon: some disks of NAS boxes know none.
const FORM: &str = "%Y-%m-%dT%H%M%SZ";

/// The name of one that is made now.
pub(in crate::app) fn of(now_unix_ms: u64) -> String {
    format!("{PREFIX}{}{SUFFIX}", stamp(now_unix_ms))
}

/// A time in a name, UTC.
pub(in crate::app) fn stamp(unix_ms: u64) -> String {
    at(unix_ms).strftime(FORM).to_string()
}

/// A time for answers.
pub(in crate::app) fn rfc3339(unix_ms: u64) -> String {
    at(unix_ms).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time that a clock may have told.
pub(in crate::app) fn at(unix_ms: u64) -> Timestamp {
    let ms = i64::try_from(unix_ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

/// When a backup of this name was made, milliseconds since the Unix epoch; `None` for all names that are not ours.
pub(in crate::app) fn made(name: &OsStr) -> Option<u64> {
    let text = name.to_str()?.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let time = jiff::civil::DateTime::strptime(FORM, text).ok()?;
    let time = time.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let unix_ms = u64::try_from(time.as_millisecond()).ok()?;
    // Otherwise written, it is somebody else's.
    (of(unix_ms) == name.to_str()?).then_some(unix_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_when() {
        let at = 1_769_823_000_000;
        assert_eq!(of(at), "kinora-2026-01-31T013000Z.kinora-backup");
        assert_eq!(made(OsStr::new(&of(at))), Some(at));
        for other in [
            "kinora.kinora-backup",
            "kinora-2026-01-31T01:30:00Z.kinora-backup",
            "kinora-2026-13-31T013000Z.kinora-backup",
            "kinora-2026-1-31T013000Z.kinora-backup",
            "kinora-2026-01-31T013000Z.kinora-backup.tmp",
            "kinora-2026-01-31T013000Z.zip",
            "my-kinora-2026-01-31T013000Z.kinora-backup",
            ".kinora-2026-01-31T013000Z.kinora-backup",
        ] {
            assert_eq!(made(OsStr::new(other)), None, "{other}");
        }
    }
}
