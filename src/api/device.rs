//! What lanes compute on, as people know it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A device at one moment; what the system does not tell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceView {
    /// Its name, as its maker has it.
    pub name: String,
    /// How busy it is, with whatever, in percent.
    pub load_percent: Option<u8>,
    /// Its memory in all, bytes; for the processor, that of the machine.
    pub memory_bytes: Option<u64>,
    /// Of that, what is in use, by whomever.
    pub memory_used_bytes: Option<u64>,
}
