//! Format 4, of Kinora 0.4: all files were for subtitles and had names without a word of the owner's, Jellyfin was told
//! of none, and no subtitle was written before its film was heard to the end.
//!
//! What is stored of orders and publications is copied here as it was then. A type that is still used as it was is not
//! copied; whoever changes it copies it first.

use super::rewrite;
use crate::domain::cue::CueLimits;
use crate::domain::job::{ExecutionId, Fingerprint, JobKey, Spec};
use crate::domain::lang::Lang;
use crate::domain::name::Naming;
use crate::domain::order::{
    Bilingual, ExistingRules, ListenParams, Order, Product, TranslateParams, os_paths,
};
use crate::domain::subtitle::Format;
use crate::domain::track::TrackWish;
use crate::store::codec::Row;
use crate::store::commit::Tables;
use crate::store::place::Broken;
use crate::store::rows::{JobRow, PendingRow, PublishedRow};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::PathBuf;

/// Jobs tell what is new of them, subtitles that they are whole; all else stays as it is.
pub(super) fn to_5(tables: &mut Tables) -> Result<(), Broken> {
    rewrite::<u64, JobRowV4, JobRow>(&mut tables.jobs)?;
    rewrite::<&'static [u8], PublishedRowV4, PublishedRow>(&mut tables.published)?;
    rewrite::<&'static [u8], PendingRowV4, PendingRow>(&mut tables.pending)
}

#[derive(Serialize, Deserialize)]
struct JobRowV4 {
    key: JobKey,
    fingerprint: Fingerprint,
    spec: SpecV4,
    priority: i8,
    latest: ExecutionId,
    wished_unix_ms: u64,
}

impl Row for JobRowV4 {
    const VERSION: u8 = 3;
}

#[derive(Serialize, Deserialize)]
enum SpecV4 {
    Subtitle {
        #[serde(with = "os_paths")]
        path: PathBuf,
        order: Box<OrderV4>,
    },
}

#[derive(Serialize, Deserialize)]
struct OrderV4 {
    to: Vec<Lang>,
    from: Option<Lang>,
    wish: TrackWish,
    formats: Vec<Format>,
    transcript: bool,
    naming: Naming,
    #[serde(with = "os_paths::optional")]
    output: Option<PathBuf>,
    force: bool,
    listen: ListenParams,
    multilingual: bool,
    cue: CueLimits,
    existing: ExistingRules,
    library: Option<String>,
    translate: Option<TranslateParams>,
    bilingual: Option<Bilingual>,
}

#[derive(Serialize, Deserialize)]
struct PublishedRowV4 {
    content_blake3: [u8; 32],
    video: OsString,
    at_unix_ms: u64,
}

impl Row for PublishedRowV4 {
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
struct PendingRowV4 {
    output: OsString,
    published: PublishedRowV4,
}

impl Row for PendingRowV4 {
    const VERSION: u8 = 1;
}

impl From<JobRowV4> for JobRow {
    fn from(row: JobRowV4) -> JobRow {
        let JobRowV4 { key, fingerprint, spec, priority, latest, wished_unix_ms } = row;
        let SpecV4::Subtitle { path, order } = spec;
        let spec = Spec::Subtitle { path, order: Box::new(Order::from(*order)) };
        JobRow { key, fingerprint, spec, priority, latest, wished_unix_ms }
    }
}

impl From<OrderV4> for Order {
    fn from(order: OrderV4) -> Order {
        Order {
            to: order.to,
            from: order.from,
            wish: order.wish,
            formats: order.formats,
            transcript: order.transcript,
            naming: order.naming,
            output: order.output,
            force: order.force,
            listen: order.listen,
            multilingual: order.multilingual,
            cue: order.cue,
            existing: order.existing,
            library: order.library,
            translate: order.translate,
            bilingual: order.bilingual,
            product: Product::Subtitles,
            label: None,
            cloud: true,
            deliver: None,
        }
    }
}

impl From<PublishedRowV4> for PublishedRow {
    fn from(row: PublishedRowV4) -> PublishedRow {
        let PublishedRowV4 { content_blake3, video, at_unix_ms } = row;
        PublishedRow { content_blake3, video, at_unix_ms, partial: false }
    }
}

impl From<PendingRowV4> for PendingRow {
    fn from(row: PendingRowV4) -> PendingRow {
        PendingRow { output: row.output, published: row.published.into() }
    }
}
