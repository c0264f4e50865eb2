//! How much came along lately: what was heard, and what was finished, minute by minute.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Minutes that are remembered, the one that runs among them.
pub const MINUTES_MAX: usize = 60;

/// Which minutes are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PaceQuery {
    /// Only those from this one on, as `minute` numbers them; all of the last hour where it is not said.
    pub since: Option<u64>,
}

/// The last hour. It is kept in memory only: after a start it begins with nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaceView {
    /// The minutes, the oldest first; the last one runs still. Those in which nothing happened are there too.
    pub minutes: Vec<PaceMinute>,
}

/// A minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaceMinute {
    /// Which one: whole minutes since the Unix epoch.
    pub minute: u64,
    /// How much audio was listened to, milliseconds; of all lanes together.
    pub heard_ms: u64,
    /// Files that were finished: what is wanted of them is there.
    pub files: u32,
}

/// What the HTTP server needs for this.
pub trait Pace {
    /// The last minutes.
    fn pace(&self, query: &PaceQuery) -> PaceView;
}
