//! Connections: how many there may be, who gives way, and how long a client may dawdle.

use super::limits::{BUFFER_BYTES_MAX, HEAD_BYTES_MAX, HEAD_LINES_MAX, Limits};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, IoSlice};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Sleep;

/// How long nobody is let in after the system had no room for a connection.
const FULL_PAUSE: Duration = Duration::from_millis(100);

/// Who connected, on every request.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// From where.
    pub(super) ip: IpAddr,
    /// On which seat.
    pub(super) seat: Arc<Seat>,
}

/// Lets connections in until the end, each with a copy of `serving`.
pub(super) async fn accept(
    listener: TcpListener,
    app: Router,
    seats: Arc<Seats>,
    mut stop: watch::Receiver<bool>,
    serving: mpsc::Sender<()>,
) {
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|it| *it) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => {
                let Some(seat) = Seats::take(&seats) else { continue };
                let peer = Peer { ip: from.ip(), seat: Arc::clone(&seat.0) };
                let serving = serving.clone();
                let (app, stop, limits) = (app.clone(), stop.clone(), seats.limits);
                tokio::spawn(async move {
                    serve(stream, peer, app, stop, &limits).await;
                    drop((seat, serving));
                });
            }
            Err(err) => {
                tracing::warn!("a connection could not be taken ({err})");
                seats.make_room();
                tokio::time::sleep(FULL_PAUSE).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: Peer,
    app: Router,
    mut stop: watch::Receiver<bool>,
    limits: &Limits,
) {
    let seat = Arc::clone(&peer.seat);
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer.clone());
        app.call(request)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head_timeout);
    builder.max_header_size(HEAD_BYTES_MAX).max_headers(HEAD_LINES_MAX);
    builder.max_buf_size(BUFFER_BYTES_MAX);
    let io = TokioIo::new(Hurried::new(stream, limits.stall_timeout));
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut ending = false;
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(err) = result {
                    tracing::debug!("a connection broke off ({err})");
                }
                return;
            }
            () = seat.leave.notified() => return,
            _ = stop.wait_for(|it| *it), if !ending => {
                connection.as_mut().graceful_shutdown();
                ending = true;
            }
        }
    }
}

/// The connections there may be.
#[derive(Debug)]
pub(super) struct Seats {
    limits: Limits,
    turn: AtomicU64,
    taken: Mutex<BTreeMap<u64, Arc<Seat>>>,
}

/// A connection's place.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    number: u64,
    /// Requests that are being answered, and streams.
    working: AtomicUsize,
    /// The turn in which it became idle.
    idle_since: AtomicU64,
    leave: Notify,
}

/// A place that is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Taken(pub(super) Arc<Seat>);

/// While it is there, the connection does not give way to others.
#[derive(Debug)]
pub(super) struct Working(Arc<Seat>);

impl Seats {
    /// As many as the limits say.
    pub(super) fn new(limits: Limits) -> Arc<Seats> {
        Arc::new(Seats { limits, turn: AtomicU64::new(0), taken: Mutex::default() })
    }

    /// How many are taken.
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    /// A free place, or that of the connection that is idle for longest; `None` where all work.
    pub(super) fn take(seats: &Arc<Seats>) -> Option<Taken> {
        if seats.limits.connections_max <= seats.count() && !seats.make_room() {
            return None;
        }
        let number = seats.next_turn();
        let seat = Arc::new(Seat {
            seats: Arc::clone(seats),
            number,
            working: AtomicUsize::new(0),
            idle_since: AtomicU64::new(number),
            leave: Notify::new(),
        });
        seats.lock().insert(number, Arc::clone(&seat));
        Some(Taken(seat))
    }

    /// Sends the connection away that is idle for longest; `false` where there is none.
    fn make_room(&self) -> bool {
        let mut taken = self.lock();
        let idle = taken.values().filter(|it| it.working.load(Ordering::Relaxed) == 0);
        let longest = idle.min_by_key(|it| it.idle_since.load(Ordering::Relaxed));
        let Some(number) = longest.map(|it| it.number) else { return false };
        if let Some(seat) = taken.remove(&number) {
            seat.leave.notify_one();
        }
        true
    }

    fn next_turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Seat>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// From now on it works.
    pub(super) fn work(self: &Arc<Seat>) -> Working {
        self.working.fetch_add(1, Ordering::Relaxed);
        Working(Arc::clone(self))
    }

    /// It is idle from now on only: others give way before it.
    pub(super) fn stir(&self) {
        self.idle_since.store(self.seats.next_turn(), Ordering::Relaxed);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.seats.lock().remove(&self.0.number);
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.stir();
        self.0.working.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream that fails when the other side takes nothing for too long.
#[derive(Debug)]
struct Hurried {
    stream: TcpStream,
    stall_max: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Hurried {
    fn new(stream: TcpStream, stall_max: Duration) -> Hurried {
        Hurried { stream, stall_max, stalled: None }
    }

    fn judge(
        &mut self,
        written: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stall_max = self.stall_max;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall_max)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Hurried {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Hurried {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.judge(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
