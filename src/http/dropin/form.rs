//! Reading what is sent as `multipart/form-data`: files go to the disk as they come, and at most a small piece of them
//! is in memory.

use super::super::answer::wrong;
use super::super::body;
use super::super::routes::App;
use crate::api::problem::Problem;
use crate::api::run::Fault;
use crate::api::uploads::{Sent, Spool, Spooled, UploadRefused};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Query, Request};
use axum::http::{StatusCode, header};
use hyper::body::{Frame, SizeHint};
use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Files that are being sent at the same time; more are told to come later. It bounds the memory they take.
const SPOOLS_MAX: usize = 16;
/// Bytes that go to the disk together.
const PIECE_BYTES: usize = 256 * 1024;
/// Parts of a form.
const PARTS_MAX: usize = 64;
/// Bytes of a part that is no file, and of what may stand between parts.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Bytes that were read and that nobody could use yet: a part's head that never ends, or no part at all.
const UNUSED_BYTES_MAX: usize = 1024 * 1024;

/// How many files may be sent at the same time.
#[derive(Clone, Debug)]
pub(super) struct Spools(Arc<Semaphore>);

impl Default for Spools {
    fn default() -> Spools {
        Spools(Arc::new(Semaphore::new(SPOOLS_MAX)))
    }
}

/// Names with their values, as they stand behind a `?` or in a form; the last of a name counts.
#[derive(Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Those behind the `?`. Unknown ones are no fault: each of the tools sends some of its own.
    pub(super) fn of(request: &Request) -> Params {
        let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
        Params(query.map(|it| it.0).unwrap_or_default())
    }

    /// The value of a name, where it says something.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|it| it.0 == name);
        found.map(|it| it.1.trim()).filter(|it| !it.is_empty())
    }

    /// All values of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |it| it.0 == name).map(|it| it.1.trim())
    }

    /// True for `true`, `1`, `yes` and `on`; `usual` where it is not said.
    pub(super) fn flag(&self, name: &str, usual: bool) -> bool {
        let yes =
            |it: &str| ["true", "1", "yes", "on"].iter().any(|yes| it.eq_ignore_ascii_case(yes));
        self.get(name).map_or(usual, yes)
    }
}

/// What was sent.
#[derive(Debug)]
pub(super) struct Form {
    /// What stands behind the `?`, and the parts that are no files.
    pub(super) params: Params,
    /// The first file.
    pub(super) file: Option<Filed>,
}

/// A file that was sent, on disk.
#[derive(Debug)]
pub(super) struct Filed {
    /// As its sender calls it.
    pub(super) name: String,
    /// Where it is.
    pub(super) file: Spooled,
}

/// Reads a form to its end; the file is the part of this name. When the client goes away meanwhile nothing is left.
///
/// # Errors
/// Where it is no form, breaks off, is too large, or the disk does not take it.
pub(super) async fn receive(
    app: &App,
    request: Request,
    part: &str,
    sent: Sent,
) -> Result<Form, Problem> {
    let mut params = Params::of(&request);
    let permit = permit(&request)?;
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|it| it.to_str().ok()?.parse().ok());
    let (head, body) = request.into_parts();
    let flow = Flow(Arc::new(Mutex::new(Meter { body, unused: 0, rests: false })));
    let request = Request::from_parts(head, Body::new(Metered(flow.clone())));
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| no_form())?;
    let mut file = None;
    let mut parts = 0;
    while let Some(field) = form.next_field().await.map_err(|err| broken(&err))? {
        parts += 1;
        if PARTS_MAX < parts {
            return Err(too_much());
        }
        let name = field.name().unwrap_or_default().to_owned();
        if name == part && file.is_none() {
            let told = field.file_name().unwrap_or_default().to_owned();
            let spool = app.ask(move |it| Ok(it.begin_upload(sent, length))).await??;
            file = Some(Filed { name: told, file: spooled(app, spool, field, &flow).await? });
        } else {
            params.0.push((name, text(field, &flow).await?));
        }
    }
    drop((form, permit));
    flow.finish().await?;
    Ok(Form { params, file })
}

/// What is told where a form has no file.
pub(super) fn no_file(part: &str) -> Problem {
    let what = format!("there is no file in the request's part `{part}`");
    wrong(StatusCode::UNPROCESSABLE_ENTITY, what, "send one")
}

fn permit(request: &Request) -> Result<OwnedSemaphorePermit, Problem> {
    let spools = request.extensions().get::<Spools>().cloned().unwrap_or_default();
    spools.0.try_acquire_owned().map_err(|_| {
        let what = "as many files as are allowed are being sent already";
        Problem::from(UploadRefused::Unavailable(Fault::transient(what, "try again later")))
    })
}

/// Writes a part to the disk, piece by piece.
async fn spooled(
    app: &App,
    mut spool: Spool,
    mut field: Field<'_>,
    flow: &Flow,
) -> Result<Spooled, Problem> {
    let mut piece = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|err| broken(&err))? {
        flow.used(chunk.len());
        piece.extend_from_slice(&chunk);
        if PIECE_BYTES <= piece.len() {
            (spool, piece) = write(app, spool, piece).await?;
        }
    }
    let (spool, _) = write(app, spool, piece).await?;
    let finished = app.ask(move |_| Ok(spool.finish())).await?;
    finished.map_err(|err| Problem::from(UploadRefused::from(err)))
}

async fn write(
    app: &App,
    mut spool: Spool,
    mut piece: Vec<u8>,
) -> Result<(Spool, Vec<u8>), Problem> {
    let written = app.ask(move |_| {
        let written = spool.write(&piece);
        piece.clear();
        Ok(written.map(|()| (spool, piece)))
    });
    written.await?.map_err(|stop| Problem::from(UploadRefused::from(stop)))
}

async fn text(mut field: Field<'_>, flow: &Flow) -> Result<String, Problem> {
    let mut text = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|err| broken(&err))? {
        flow.used(chunk.len());
        if TEXT_BYTES_MAX < text.len() + chunk.len() {
            return Err(too_much());
        }
        text.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn no_form() -> Problem {
    let what = "the request is no form";
    let remedy = "send it with the header `Content-Type: multipart/form-data` and its boundary";
    wrong(StatusCode::UNSUPPORTED_MEDIA_TYPE, what, remedy)
}

fn too_much() -> Problem {
    let what = "a part of the form that is no file is too large, or there are too many";
    wrong(StatusCode::PAYLOAD_TOO_LARGE, what, "send the file alone")
}

fn broken(err: &MultipartError) -> Problem {
    let mut source: Option<&(dyn Error + 'static)> = Some(err);
    while let Some(err) = source {
        if err.is::<Unused>() {
            return too_much();
        }
        source = err.source();
    }
    // What is wrong with the form itself is told so; all else is how it came.
    if err.status() == StatusCode::BAD_REQUEST {
        let what = format!("the form cannot be read: {}", err.body_text());
        return wrong(StatusCode::BAD_REQUEST, what, "send it again");
    }
    body::cut(err)
}

/// A request's body that its reader and who waits for its end share.
#[derive(Clone)]
struct Flow(Arc<Mutex<Meter>>);

struct Meter {
    body: Body,
    /// Bytes that were read and are in no part yet.
    unused: usize,
    /// The reader comes back for the next piece: it takes all there is at once, and each is to be used before the next.
    rests: bool,
}

impl Flow {
    fn with<T>(&self, act: impl FnOnce(&mut Meter) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn used(&self, bytes: usize) {
        self.with(|it| it.unused = it.unused.saturating_sub(bytes));
    }

    /// Reads what stands behind the last part: the request is not there before its end is.
    async fn finish(&self) -> Result<(), Problem> {
        let mut left = TEXT_BYTES_MAX;
        loop {
            let frame = poll_fn(|cx| self.with(|it| Pin::new(&mut it.body).poll_frame(cx))).await;
            let Some(frame) = frame else { return Ok(()) };
            let frame = frame.map_err(|err| body::cut(&err))?;
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            left = left.checked_sub(bytes).ok_or_else(too_much)?;
        }
    }
}

/// The body, piece by piece.
struct Metered(Flow);

/// Nobody can use what is sent.
#[derive(Debug, thiserror::Error)]
#[error("there is no end to what stands between the parts of the form")]
struct Unused;

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        self.0.with(|it| {
            if std::mem::take(&mut it.rests) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let polled = std::task::ready!(Pin::new(&mut it.body).poll_frame(cx));
            if let Some(Ok(frame)) = &polled {
                it.rests = true;
                it.unused += frame.data_ref().map_or(0, Bytes::len);
                if UNUSED_BYTES_MAX < it.unused {
                    return Poll::Ready(Some(Err(Unused.into())));
                }
            }
            Poll::Ready(polled.map(|it| it.map_err(Into::into)))
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.0.with(|it| it.body.size_hint())
    }
}
