//! What the double of the daemon tells of backups.

use super::support::Desk;
use kinora::api::backup::{
    BackupEndView, BackupRunView, BackupView, Backups, BackupsView, HoldsView,
};
use kinora::api::daemon::Refusal;

impl Backups for Desk {
    fn backups(&self) -> Result<BackupsView, Refusal> {
        self.judge()?;
        Ok(view())
    }

    fn back_up(&self) -> Result<BackupRunView, Refusal> {
        self.judge()?;
        Ok(BackupRunView { number: 3, ..BackupRunView::default() })
    }
}

/// One that can be used, one that cannot, and one that is being made.
pub(super) fn view() -> BackupsView {
    let good = BackupView {
        name: "kinora-2026-01-31T013000Z.kinora-backup".to_owned(),
        path: "/var/lib/kinora/backups/kinora-2026-01-31T013000Z.kinora-backup".to_owned(),
        made: "2026-01-31T01:30:00Z".to_owned(),
        bytes: 9_000,
        rows: Some(120),
        version: Some("9.8.7".to_owned()),
        host: Some("nas".to_owned()),
        holds: Some(HoldsView { jobs: 7, transcripts: 3, terms: 1, lines: 80, subtitles: 9 }),
        problem: None,
    };
    let damaged = BackupView {
        name: "kinora-2026-01-30T013000Z.kinora-backup".to_owned(),
        rows: None,
        version: None,
        host: None,
        holds: None,
        problem: Some("it is damaged".to_owned()),
        ..good.clone()
    };
    BackupsView {
        folder: "/var/lib/kinora/backups".to_owned(),
        second_folder: None,
        next: Some("2026-02-01T01:30:00Z".to_owned()),
        running: Some(BackupRunView { number: 3, rows_done: 40, rows_total: 120, for_ms: 7 }),
        last: Some(BackupEndView {
            number: 2,
            at: "2026-01-31T01:30:00Z".to_owned(),
            took_ms: 1_500,
            backup: Some(good.clone()),
            problem: Some("the second folder /mnt/usb is not there".to_owned()),
        }),
        backups: vec![good, damaged],
    }
}
