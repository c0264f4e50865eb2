//! Format 1, of Kinora 0.1: windows, finished and published files; no jobs, and nothing was counted.

use crate::domain::change::Counter;
use crate::store::commit::Tables;
use crate::store::place::Broken;
use redb::ReadableTableMetadata;

/// Rows stay as they are. Each window that is there was heard at least once.
pub(super) fn to_2(tables: &mut Tables) -> Result<(), Broken> {
    let windows = tables.windows.len()?;
    tables.count(Counter::WindowsHeard, windows)
}
