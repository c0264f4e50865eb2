//! Format 5, of Kinora 0.5: no backups, no daily checks, and nobody was told of anything.

use crate::store::commit::Tables;
use crate::store::place::Broken;

/// Rows stay as they are. Kinds of activity were appended, at which an older Kinora would take the store for damaged;
/// so it is told that this one is not for it.
pub(super) fn to_6(_tables: &mut Tables) -> Result<(), Broken> {
    Ok(())
}
