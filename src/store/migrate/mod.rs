//! Bringing older files up to date, in one transaction; a file for each format before today's.

mod v1;
mod v2;
mod v3;
mod v4;
mod v5;

use super::codec::{self, Row};
use super::commit::Tables;
use super::place::Broken;
use super::tables::Bytes;
use crate::domain::fault::Fault;
use redb::{Key, ReadableTable, Table};

/// From one format to the next.
type Step = fn(&mut Tables) -> Result<(), Broken>;

/// Brings a file of this version up to date. All tables of today are open, new ones are empty.
pub(super) fn from(version: u64, tables: &mut Tables) -> Result<(), Broken> {
    let steps: [Step; 5] = [v1::to_2, v2::to_3, v3::to_4, v4::to_5, v5::to_6];
    let known = usize::try_from(version).ok().and_then(|it| it.checked_sub(1));
    let Some(steps) = known.and_then(|it| steps.get(it..)).filter(|it| !it.is_empty()) else {
        return Err(Fault::bug(format!("there never was a store of format {version}")).into());
    };
    steps.iter().try_for_each(|step| step(tables))
}

/// A kind of key of rows that are rewritten.
trait RowKey: Key + 'static {
    /// It, for longer than its row is looked at.
    type Owned;
    fn owned(key: Self::SelfType<'_>) -> Self::Owned;
    fn lent(key: &Self::Owned) -> Self::SelfType<'_>;
}

impl RowKey for u64 {
    type Owned = u64;
    fn owned(key: u64) -> u64 {
        key
    }
    fn lent(key: &u64) -> u64 {
        *key
    }
}

impl RowKey for &'static [u8] {
    type Owned = Vec<u8>;
    fn owned(key: &[u8]) -> Vec<u8> {
        key.to_vec()
    }
    fn lent(key: &Vec<u8>) -> &[u8] {
        key
    }
}

/// Rows of then become rows of the format after. One that is no row of then is of later already, or left for `check`
/// to tell.
fn rewrite<K: RowKey, Then: Row, Later: Row + From<Then>>(
    table: &mut Table<'_, K, Bytes>,
) -> Result<(), Broken> {
    let keys: Vec<K::Owned> =
        table.iter()?.map(|it| Ok(K::owned(it?.0.value()))).collect::<Result<_, Broken>>()?;
    for key in keys {
        let row = table.get(K::lent(&key))?.map(|it| codec::decode::<Then>(it.value()));
        let Some(Ok(row)) = row else { continue };
        table.insert(K::lent(&key), codec::encode(&Later::from(row))?.as_slice())?;
    }
    Ok(())
}
