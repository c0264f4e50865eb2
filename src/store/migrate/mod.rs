//! Bringing older files up to date, in one transaction; a file for each format before today's.

mod v1;
mod v2;
mod v3;

use super::commit::Tables;
use super::place::Broken;
use crate::domain::fault::Fault;

/// Brings a file of this version up to date. All tables of today are open, new ones are empty.
pub(super) fn from(version: u64, tables: &mut Tables) -> Result<(), Broken> {
    match version {
        1 => {
            v1::to_2(tables)?;
            v2::to_3(tables)?;
            v3::to_4(tables)
        }
        2 => {
            v2::to_3(tables)?;
            v3::to_4(tables)
        }
        3 => v3::to_4(tables),
        unknown => Err(Fault::bug(format!("there never was a store of format {unknown}")).into()),
    }
}
