//! Rows as bytes: a version byte, then bincode. The only place that knows how.

use crate::domain::fault::Fault;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest row that is read; more means damage.
pub(super) const ROW_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A kind of row. A change of its fields raises its version and the schema's, and `migrate` rewrites the old rows when
/// a file is opened; [`decode`] reads those of today only.
pub(super) trait Row: Serialize + DeserializeOwned {
    /// Written before each row.
    const VERSION: u8;
}

fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<ROW_BYTES_MAX>()
}

/// The bytes of a row.
pub(super) fn encode<R: Row>(row: &R) -> Result<Vec<u8>, Fault> {
    let mut bytes = vec![R::VERSION];
    let written = bincode::serde::encode_into_std_write(row, &mut bytes, config());
    written.map_err(|it| Fault::bug(format!("a row cannot be stored: {it}")))?;
    Ok(bytes)
}

/// A row from its bytes.
pub(super) fn decode<R: Row>(bytes: &[u8]) -> Result<R, Unreadable> {
    let [version, body @ ..] = bytes else { return Err(Unreadable::Damaged) };
    if *version != R::VERSION {
        return Err(Unreadable::OtherVersion(*version));
    }
    let decoded = bincode::serde::decode_from_slice(body, config());
    decoded.map(|it| it.0).map_err(|_| Unreadable::Damaged)
}

/// Why a row cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// Another Kinora wrote it.
    #[error("a row of format {0}")]
    OtherVersion(u8),
    /// It is no row.
    #[error("a row that cannot be read")]
    Damaged,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sample {
        at: u64,
        text: String,
    }
    impl Row for Sample {
        const VERSION: u8 = 3;
    }

    #[test]
    fn rows_come_back_and_others_are_told_apart() {
        let row = Sample { at: 7, text: "七".to_owned() };
        let bytes = encode(&row).unwrap();
        assert_eq!(bytes[0], 3);
        assert_eq!(decode::<Sample>(&bytes), Ok(row));
        let mut newer = bytes.clone();
        newer[0] = 4;
        assert_eq!(decode::<Sample>(&newer), Err(Unreadable::OtherVersion(4)));
        for cut in
            [&[][..], &bytes[..1], &bytes[..bytes.len() - 1], &[3, 1, 0xff, 0xff, 0xff, 0xff]]
        {
            assert_eq!(decode::<Sample>(cut), Err(Unreadable::Damaged));
        }
    }
}
