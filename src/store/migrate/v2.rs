//! Format 2, of Kinora 0.2: jobs, but no order told what existing subtitles count for, and nothing was known of files
//! but their audio.
//!
//! What is stored of an order is copied here as it was then. A type that is still used as it was is not copied; whoever
//! changes it copies it first.

use super::rewrite;
use crate::domain::cue::CueLimits;
use crate::domain::job::{ExecutionId, Fingerprint, JobKey, Spec};
use crate::domain::lang::Lang;
use crate::domain::name::Naming;
use crate::domain::order::{ExistingRules, ListenParams, Order, Product, os_paths};
use crate::domain::subtitle::Format;
use crate::domain::track::{Named, TrackWish};
use crate::store::codec::Row;
use crate::store::commit::Tables;
use crate::store::place::Broken;
use crate::store::rows::JobRow;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Jobs get today's orders, with what is usual for what they did not tell, and are done with then; all else stays as it
/// is.
pub(super) fn to_3(tables: &mut Tables) -> Result<(), Broken> {
    rewrite::<u64, JobRowV2, JobRow>(&mut tables.jobs)
}

#[derive(Serialize, Deserialize)]
struct JobRowV2 {
    key: JobKey,
    fingerprint: Fingerprint,
    spec: SpecV2,
    priority: i8,
    latest: ExecutionId,
    wished_unix_ms: u64,
}

impl Row for JobRowV2 {
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
enum SpecV2 {
    Subtitle {
        #[serde(with = "os_paths")]
        path: PathBuf,
        order: Box<OrderV2>,
    },
}

#[derive(Serialize, Deserialize)]
struct OrderV2 {
    to: Vec<Lang>,
    from: Option<Lang>,
    wish: TrackWishV2,
    formats: Vec<Format>,
    transcript: bool,
    naming: Naming,
    #[serde(with = "os_paths::optional")]
    output: Option<PathBuf>,
    force: bool,
    listen: ListenParams,
    multilingual: bool,
    cue: CueLimits,
}

#[derive(Serialize, Deserialize)]
struct TrackWishV2 {
    named: Option<Named>,
    prefer_langs: Vec<Lang>,
}

impl From<JobRowV2> for JobRow {
    fn from(row: JobRowV2) -> JobRow {
        let JobRowV2 { key, fingerprint, spec, priority, latest, wished_unix_ms } = row;
        let SpecV2::Subtitle { path, order } = spec;
        let spec = Spec::Subtitle { path, order: Box::new(Order::from(*order)) };
        JobRow { key, fingerprint, spec, priority, latest, wished_unix_ms }
    }
}

impl From<OrderV2> for Order {
    fn from(order: OrderV2) -> Order {
        let TrackWishV2 { named, prefer_langs } = order.wish;
        Order {
            to: order.to,
            from: order.from,
            wish: TrackWish { named, prefer_langs, original: None },
            formats: order.formats,
            transcript: order.transcript,
            naming: order.naming,
            output: order.output,
            force: order.force,
            listen: order.listen,
            multilingual: order.multilingual,
            cue: order.cue,
            existing: ExistingRules::default(),
            library: None,
            translate: None,
            bilingual: None,
            product: Product::Subtitles,
            label: None,
            cloud: true,
            deliver: None,
        }
    }
}
