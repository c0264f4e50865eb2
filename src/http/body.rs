//! The bodies of requests: most are read whole before anybody looks at them, files that are sent pass through. Which it
//! is, and how much of it, is a table by route.

use super::answer::wrong;
use super::conn::{Seat, Working};
use super::limits::{
    API_BODY_BYTES_MAX, BODY_BYTES_MAX, Limits, UPLOAD_BYTES_PER_S_MIN, UPLOAD_GRACE,
    WEBHOOK_BODY_BYTES_MAX,
};
use crate::api::problem::Problem;
use crate::base::clock::Stopwatch;
use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, StatusCode, header};
use hyper::body::{Frame, SizeHint};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// What becomes of a request's body before anybody looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyRule {
    /// It is read whole first.
    Whole {
        /// One that is larger is refused.
        bytes_max: usize,
    },
    /// It passes through as it comes; whoever reads it gets an error, see [`cut`], where it breaks the rule.
    Stream {
        /// One that is larger is refused, or cut off.
        bytes_max: u64,
        /// How long the client may send nothing.
        idle: Duration,
    },
}

/// Addresses, by pattern, that take files: their handlers read bodies themselves.
pub(super) const UPLOADS: [&str; 5] = [
    "/asr",
    "/detect-language",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
    "/api/v1/upload",
];
/// Addresses that take whole subtitles, or many terms.
const LARGE: [&str; 1] = ["/api/translate/content"];
/// Addresses of other programs' webhooks.
pub(super) const WEBHOOKS: [&str; 6] =
    ["/webhook/{source}", "/webhook/{source}/{secret}", "/jellyfin", "/emby", "/plex", "/tautulli"];

/// The rule of a route, by its pattern.
pub(super) fn body_of(route: &str, limits: &Limits) -> BodyRule {
    let stream =
        BodyRule::Stream { bytes_max: limits.upload_bytes_max, idle: limits.chunk_timeout };
    if UPLOADS.contains(&route) {
        stream
    } else if WEBHOOKS.contains(&route) {
        BodyRule::Whole { bytes_max: WEBHOOK_BODY_BYTES_MAX }
    } else if LARGE.contains(&route) {
        BodyRule::Whole { bytes_max: API_BODY_BYTES_MAX }
    } else {
        BodyRule::Whole { bytes_max: BODY_BYTES_MAX }
    }
}

/// Refuses what is packed: a small body could become a very large one.
pub(super) fn check_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    let plain = |it: &[u8]| it.trim_ascii().is_empty() || it.trim_ascii() == b"identity";
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    if encodings.all(|it| plain(&it.as_bytes().to_ascii_lowercase())) {
        return Ok(());
    }
    let what = "the request is packed, and nothing is unpacked here";
    let remedy = "send it without the header Content-Encoding";
    Err(wrong(StatusCode::UNSUPPORTED_MEDIA_TYPE, what, remedy))
}

/// The body as the rule wants it; `seat` counts as working from the moment the body is there.
pub(super) async fn admit(
    body: Body,
    rule: BodyRule,
    limits: &Limits,
    seat: &Arc<Seat>,
) -> Result<(Body, Held), Problem> {
    let held = Held::default();
    if body.is_end_stream() {
        held.work(seat);
        return Ok((body, held));
    }
    match rule {
        BodyRule::Whole { bytes_max } => {
            let whole = read_whole(body, bytes_max, limits.body_timeout).await?;
            // Only from here on: whoever still sends gives way to others.
            held.work(seat);
            Ok((Body::from(whole), held))
        }
        BodyRule::Stream { bytes_max, idle } => {
            if bytes_max < body.size_hint().lower() {
                return Err(too_large(bytes_max));
            }
            let watch = Stopwatch::start();
            let (seat, held_too) = (Arc::clone(seat), held.clone());
            let passed = Passed {
                body,
                bytes: 0,
                bytes_max,
                idle,
                waited: None,
                watch,
                seat,
                held: held_too,
            };
            Ok((Body::new(passed), held))
        }
    }
}

/// What keeps a connection from giving way to others, once its request is there.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<Mutex<Option<Working>>>);

impl Held {
    fn work(&self, seat: &Arc<Seat>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(seat.work());
    }

    /// It is answered.
    pub(super) fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

async fn read_whole(body: Body, bytes_max: usize, patience: Duration) -> Result<Bytes, Problem> {
    let read = tokio::time::timeout(patience, gather(body, bytes_max)).await;
    read.unwrap_or_else(|_| Err(Cut::Slow.problem()))
}

async fn gather(mut body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    if (bytes_max as u64) < body.size_hint().lower() {
        return Err(too_large(bytes_max as u64));
    }
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let data = frame.map_err(|_| broke_off())?.into_data().unwrap_or_default();
        if bytes_max < bytes.len() + data.len() {
            return Err(too_large(bytes_max as u64));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.into())
}

/// Why a body that passes through was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// It is larger than this many bytes.
    TooLarge(u64),
    /// Nothing came for too long, or too little.
    Slow,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cut::TooLarge(_) => "the request is too large",
            Cut::Slow => "the rest of the request did not come in time",
        })
    }
}

impl std::error::Error for Cut {}

impl Cut {
    fn problem(self) -> Problem {
        match self {
            Cut::TooLarge(bytes_max) => too_large(bytes_max),
            Cut::Slow => {
                wrong(StatusCode::REQUEST_TIMEOUT, Cut::Slow.to_string(), "send it faster")
            }
        }
    }
}

/// What to tell a client whose body could not be read to its end.
pub(super) fn cut(err: &(dyn std::error::Error + 'static)) -> Problem {
    let mut source = Some(err);
    while let Some(err) = source {
        if let Some(cut) = err.downcast_ref::<Cut>() {
            return cut.problem();
        }
        source = err.source();
    }
    broke_off()
}

fn too_large(bytes_max: u64) -> Problem {
    let what = format!("the request is larger than {bytes_max} bytes");
    wrong(StatusCode::PAYLOAD_TOO_LARGE, what, "send less")
}

fn broke_off() -> Problem {
    wrong(StatusCode::BAD_REQUEST, "the request broke off", "send it again")
}

/// A body that passes through, watched.
struct Passed {
    body: Body,
    bytes: u64,
    bytes_max: u64,
    idle: Duration,
    waited: Option<Pin<Box<Sleep>>>,
    watch: Stopwatch,
    seat: Arc<Seat>,
    held: Held,
}

impl Passed {
    /// Counts a piece. Whoever sends gives way after those who do not.
    fn took(&mut self, bytes: usize) -> Result<(), Cut> {
        self.waited = None;
        self.seat.stir();
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes_max < self.bytes {
            return Err(Cut::TooLarge(self.bytes_max));
        }
        // A byte now and then would hold a place for days.
        let took = self.watch.elapsed();
        let due = took.saturating_sub(UPLOAD_GRACE).as_secs() * UPLOAD_BYTES_PER_S_MIN;
        if self.bytes < due { Err(Cut::Slow) } else { Ok(()) }
    }
}

impl HttpBody for Passed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                Poll::Ready(Some(self.took(bytes).map(|()| frame).map_err(Into::into)))
            }
            Poll::Ready(Some(Err(err))) => Poll::Ready(Some(Err(err.into()))),
            Poll::Ready(None) => {
                self.held.work(&self.seat);
                Poll::Ready(None)
            }
            Poll::Pending => {
                let idle = self.idle;
                let waited = self.waited.get_or_insert_with(|| Box::pin(tokio::time::sleep(idle)));
                std::task::ready!(waited.as_mut().poll(cx));
                Poll::Ready(Some(Err(Cut::Slow.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::conn::Seats;
    use std::collections::VecDeque;

    /// Sends these pieces, and then nothing more, or ends.
    struct Pieces {
        pieces: VecDeque<Vec<u8>>,
        ends: bool,
    }

    impl HttpBody for Pieces {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            match self.pieces.pop_front() {
                Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece.into())))),
                None if self.ends => Poll::Ready(None),
                None => Poll::Pending,
            }
        }
    }

    fn pieces(count: usize, bytes: usize, ends: bool) -> Body {
        Body::new(Pieces { pieces: vec![vec![b'x'; bytes]; count].into(), ends })
    }

    /// What of a body arrives, or the status it is cut off with; and whether the connection then counts as working.
    fn arrives(body: Body, rule: BodyRule) -> (Result<usize, u16>, bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let patience = Duration::from_millis(50);
            let limits = Limits { body_timeout: patience, ..Limits::default() };
            let seats = Seats::new(limits);
            let seat = Seats::take(&seats).unwrap();
            let (body, held) = match admit(body, rule, &limits, &seat.0).await {
                Ok(admitted) => admitted,
                Err(problem) => return (Err(problem.status), false),
            };
            let read = axum::body::to_bytes(body, usize::MAX).await;
            let works = held.0.lock().unwrap().is_some();
            (read.map(|it| it.len()).map_err(|err| cut(&err).status), works)
        })
    }

    #[test]
    fn bodies_keep_to_the_rule_of_their_route() {
        let whole = BodyRule::Whole { bytes_max: 100 };
        let stream = BodyRule::Stream { bytes_max: 100, idle: Duration::from_millis(50) };
        for (rule, count, ends, expected) in [
            (whole, 10, true, (Ok(100), true)),
            (whole, 11, true, (Err(413), false)),
            (whole, 5, false, (Err(408), false)),
            (stream, 10, true, (Ok(100), true)),
            (stream, 11, true, (Err(413), false)),
            (stream, 5, false, (Err(408), false)),
        ] {
            assert_eq!(arrives(pieces(count, 10, ends), rule), expected, "{rule:?} {count} {ends}");
        }
        assert_eq!(arrives(Body::from(vec![0; 101]), stream), (Err(413), false), "said beforehand");
        assert_eq!(arrives(Body::empty(), stream), (Ok(0), true));
    }

    #[test]
    fn every_route_has_its_rule() {
        let limits = Limits::default();
        let stream =
            BodyRule::Stream { bytes_max: limits.upload_bytes_max, idle: limits.chunk_timeout };
        for (route, rule) in [
            ("/asr", stream),
            ("/api/v1/upload", stream),
            ("/v1/audio/transcriptions", stream),
            ("/webhook/{source}", BodyRule::Whole { bytes_max: WEBHOOK_BODY_BYTES_MAX }),
            ("/plex", BodyRule::Whole { bytes_max: WEBHOOK_BODY_BYTES_MAX }),
            ("/api/translate/content", BodyRule::Whole { bytes_max: API_BODY_BYTES_MAX }),
            ("/api/v1/jobs", BodyRule::Whole { bytes_max: BODY_BYTES_MAX }),
            ("other", BodyRule::Whole { bytes_max: BODY_BYTES_MAX }),
        ] {
            assert_eq!(body_of(route, &limits), rule, "{route}");
        }
    }

    #[test]
    fn what_is_packed_is_refused() {
        for (value, fine) in [("identity", true), ("", true), ("gzip", false), ("Identity", true)] {
            let headers =
                HeaderMap::from_iter([(header::CONTENT_ENCODING, value.parse().unwrap())]);
            assert_eq!(check_encoding(&headers).is_ok(), fine, "{value}");
        }
        assert!(check_encoding(&HeaderMap::new()).is_ok());
    }
}
