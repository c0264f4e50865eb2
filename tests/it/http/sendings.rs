//! What the double of the daemon does with files that are sent.

use super::support::{Desk, running};
use kinora::api::daemon::{JobDetail, JobStatus, JobView, Refusal};
use kinora::api::uploads::{
    Heard, LinesAsked, Sent, Spool, Spooled, UploadAsked, UploadFile, UploadRefused, Uploads,
};
use kinora::domain::fault::Fault;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};
use tempfile::TempDir;

/// The job of all that is sent.
pub(super) const JOB: u64 = 100;
/// Files may be as large as this.
pub(super) const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// What was sent, and what comes of it.
#[derive(Debug, Default)]
pub(super) struct Sendings {
    folder: OnceLock<TempDir>,
    /// What was asked, and the file as it came to the disk.
    pub(super) asked: Mutex<Vec<(UploadAsked, Vec<u8>)>>,
    /// What is heard.
    pub(super) heard: Mutex<Heard>,
    /// Why jobs fail, where they do.
    pub(super) fault: Mutex<Option<Fault>>,
    /// Why nothing is taken, where it is not.
    pub(super) refused: Mutex<Option<UploadRefused>>,
    /// Jobs that nobody waits for any more.
    pub(super) let_go: Mutex<Vec<u64>>,
}

impl Sendings {
    /// Where files come to the disk.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.get_or_init(|| tempfile::tempdir().unwrap()).path().to_owned()
    }

    /// Files that lie there.
    pub(super) fn files(&self) -> usize {
        std::fs::read_dir(self.folder()).unwrap().count()
    }

    /// The job of what was sent.
    pub(super) fn job(&self, id: u64) -> Option<JobDetail> {
        let fault = self.fault.lock().unwrap().clone();
        let status = if fault.is_some() { JobStatus::Parked } else { JobStatus::Done };
        (id == JOB).then(|| JobDetail {
            job: JobView { status, fault, ..running(JOB) },
            notices: Vec::new(),
            written: Vec::new(),
            language: self.heard.lock().unwrap().language.as_ref().map(|it| it.tag().to_owned()),
            events: Vec::new(),
            earlier: Vec::new(),
            steps: Vec::new(),
            decisions: Vec::new(),
        })
    }

    fn judge(&self) -> Result<(), UploadRefused> {
        self.refused.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

impl Uploads for Desk {
    fn begin_upload(&self, sent: Sent, _: Option<u64>) -> Result<Spool, UploadRefused> {
        self.sendings.judge()?;
        Ok(Spool::begin(&self.sendings.folder(), sent, FILE_BYTES_MAX)?)
    }

    fn wish_upload(&self, asked: &UploadAsked, file: Spooled) -> Result<JobView, UploadRefused> {
        let bytes = std::fs::read(&file.file).unwrap();
        self.sendings.asked.lock().unwrap().push((asked.clone(), bytes));
        Ok(running(JOB))
    }

    fn heard(&self, _: u64) -> Result<Heard, Refusal> {
        Ok(self.sendings.heard.lock().unwrap().clone())
    }

    fn wish_lines(&self, _: &LinesAsked) -> Result<JobView, UploadRefused> {
        self.sendings.judge()?;
        Ok(running(JOB))
    }

    fn translated(&self, _: u64, asked: &LinesAsked) -> Result<Vec<String>, Refusal> {
        Ok(asked.lines.iter().map(|it| it.to_uppercase()).collect())
    }

    fn upload_files(&self, _: u64) -> Result<Vec<UploadFile>, Refusal> {
        Ok(vec![UploadFile { name: "Heat.eng.srt".to_owned(), bytes: 5 }])
    }

    fn upload_file(&self, job: u64, name: &str) -> Result<Vec<u8>, Refusal> {
        match (job, name) {
            (JOB, "Heat.eng.srt") => Ok(b"1\n\xff\n\n".to_vec()),
            _ => Err(Refusal::NotFound(Fault::operator("there is no such file", "see the list"))),
        }
    }

    fn let_go(&self, job: u64) {
        self.sendings.let_go.lock().unwrap().push(job);
    }
}
