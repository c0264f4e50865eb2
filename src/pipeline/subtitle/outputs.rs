//! Which files are written of a video, and where they go.

use super::publish::{self, Ledger, PublishPlan};
use super::select::{Source, Target};
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::name::{self, OutputKind};
use crate::domain::order::Order;
use std::path::{Path, PathBuf};

/// Where one file is to go, and what the owner should know about its name.
pub(super) fn plan(
    video: &Path,
    order: &Order,
    target: &Target,
    extension: &str,
) -> (PublishPlan, Option<String>) {
    let kind = match target.source {
        Source::English => OutputKind::Translated,
        Source::Spoken | Source::Existing(_) => OutputKind::Spoken,
    };
    let video_name = video.file_name().unwrap_or_default();
    let named = name::output_name(order.naming, video_name, &target.lang, kind, extension);
    let path = match &order.output {
        Some(folder) => folder.join(named.name),
        // As the video is named, without a `./` that its owner did not type.
        None => video.with_file_name(named.name),
    };
    (PublishPlan { path, like: video.to_path_buf(), force: order.force }, named.notice)
}

/// Why each file is left, where every file that would be written is there and would be left; `None` else.
pub(super) fn all_taken(
    path: &Path,
    order: &Order,
    targets: &[Target],
    ledger: &dyn Ledger,
) -> Result<Option<Vec<String>>, Fault> {
    let mut reasons = Vec::new();
    for target in targets {
        for extension in extensions(order) {
            let (plan, _) = plan(path, order, target, extension);
            match publish::leaves_alone(&plan, ledger)? {
                Some(reason) => reasons.push(format!("{}: {reason}", file_name(&plan.path))),
                None => return Ok(None),
            }
        }
    }
    Ok(Some(reasons))
}

/// Endings of the files wanted of each target.
pub(super) fn extensions(order: &Order) -> Vec<&'static str> {
    let transcript = order.transcript.then_some("json");
    order.formats.iter().map(|it| it.extension()).chain(transcript).collect()
}

/// Where the files of a video go.
pub(super) fn folder_of(video: &Path, order: &Order) -> PathBuf {
    let beside = video.parent().filter(|it| !it.as_os_str().is_empty());
    let beside = beside.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    order.output.clone().unwrap_or(beside)
}

/// A file's name, for people.
pub(super) fn file_name(path: &Path) -> String {
    text::show_path(Path::new(path.file_name().unwrap_or_default()))
}
