//! Format 3, of Kinora 0.3: nothing was translated, so no order told how, and no summary what could not be.
//!
//! What is stored of orders and summaries is copied here as it was then. A type that is still used as it was is not
//! copied; whoever changes it copies it first.

use super::rewrite;
use crate::domain::cue::CueLimits;
use crate::domain::job::{ExecutionId, Fingerprint, JobKey, Spec};
use crate::domain::lang::Lang;
use crate::domain::name::Naming;
use crate::domain::order::{ExistingRules, ListenParams, Order, Product, Summary, os_paths};
use crate::domain::subtitle::Format;
use crate::domain::time::Ms;
use crate::domain::track::TrackWish;
use crate::store::codec::Row;
use crate::store::commit::Tables;
use crate::store::place::Broken;
use crate::store::rows::JobRow;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Jobs and summaries tell that nothing was translated; all else stays as it is.
pub(super) fn to_4(tables: &mut Tables) -> Result<(), Broken> {
    rewrite::<u64, JobRowV3, JobRow>(&mut tables.jobs)?;
    rewrite::<u64, SummaryV3, Summary>(&mut tables.summaries)
}

#[derive(Serialize, Deserialize)]
struct JobRowV3 {
    key: JobKey,
    fingerprint: Fingerprint,
    spec: SpecV3,
    priority: i8,
    latest: ExecutionId,
    wished_unix_ms: u64,
}

impl Row for JobRowV3 {
    const VERSION: u8 = 2;
}

#[derive(Serialize, Deserialize)]
enum SpecV3 {
    Subtitle {
        #[serde(with = "os_paths")]
        path: PathBuf,
        order: Box<OrderV3>,
    },
}

#[derive(Serialize, Deserialize)]
struct OrderV3 {
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
}

#[derive(Serialize, Deserialize)]
struct SummaryV3 {
    notices: Vec<String>,
    #[serde(with = "os_paths::list")]
    written: Vec<PathBuf>,
    language: Option<Lang>,
    cues: u64,
    audio: Ms,
    speech: Ms,
}

impl Row for SummaryV3 {
    const VERSION: u8 = 1;
}

impl From<JobRowV3> for JobRow {
    fn from(row: JobRowV3) -> JobRow {
        let JobRowV3 { key, fingerprint, spec, priority, latest, wished_unix_ms } = row;
        let SpecV3::Subtitle { path, order } = spec;
        let spec = Spec::Subtitle { path, order: Box::new(Order::from(*order)) };
        JobRow { key, fingerprint, spec, priority, latest, wished_unix_ms }
    }
}

impl From<OrderV3> for Order {
    fn from(order: OrderV3) -> Order {
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
            translate: None,
            bilingual: None,
            product: Product::Subtitles,
            label: None,
            cloud: true,
            deliver: None,
        }
    }
}

impl From<SummaryV3> for Summary {
    fn from(summary: SummaryV3) -> Summary {
        let SummaryV3 { notices, written, language, cues, audio, speech } = summary;
        Summary { notices, written, language, cues, audio, speech, failed_lines: Vec::new() }
    }
}
