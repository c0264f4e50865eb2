//! The server: what a daemon tells and takes over HTTP/1.1, with limits against slow and greedy clients.

mod answer;
mod body;
mod conn;
mod execution;
mod health;
mod jobs;
mod lanes;
mod libraries;
mod logs;
mod library;
pub mod limits;
mod metrics;
mod openapi;
mod rates;
mod routes;
mod rows;
mod glossary;
mod hooks;
mod lacking;
mod outputs;
mod pace;
mod dropin;
mod engines;
mod backup;
mod catalog;
pub mod token;
mod trust;
mod watch;

use crate::api::daemon::Service;
use crate::api::events::EventLog;
use crate::api::run::Fault;
use crate::base::clock::Stopwatch;
use ipnet::IpNet;
use limits::{ASKING_THREADS_MAX, Limits};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use token::Token;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch as signal};

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// What others than this machine must know.
    pub token: Token,
    /// What senders of webhooks may know instead.
    pub webhook_secret: Option<Token>,
    /// Names, besides `localhost`, under which this machine is asked; without a port.
    pub hosts: Vec<String>,
    /// Networks whose machines need no token for webhooks, and for the addresses that other tools know.
    pub trusted_networks: Vec<IpNet>,
    /// What one client may take.
    pub limits: Limits,
}

/// A running server. It lives on a thread of its own, named `http`, and some more for questions that wait for a disk.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    runtime: Runtime,
    stopping: signal::Sender<bool>,
    /// Ends when the last connection does.
    served: mpsc::Receiver<()>,
}

/// Serves on this address; port 0 takes a free one.
///
/// # Errors
/// Where the address cannot be had, or threads cannot be started.
pub fn start(
    listen: SocketAddr,
    service: Arc<dyn Service>,
    events: Arc<EventLog>,
    settings: HttpSettings,
) -> Result<Server, Fault> {
    let listener = TcpListener::bind(listen).map_err(|err| not_ours(listen, &err))?;
    let failed = |err: io::Error| {
        Fault::transient(format!("the HTTP server cannot start ({err})"), "start Kinora again")
    };
    listener.set_nonblocking(true).map_err(failed)?;
    let addr = listener.local_addr().map_err(failed)?;
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).max_blocking_threads(ASKING_THREADS_MAX);
    let runtime = builder.thread_name("http").enable_all().build().map_err(failed)?;
    let (stopping, stop) = signal::channel(false);
    let (serving, served) = mpsc::channel(1);
    let (app, seats) = routes::app(service, events, settings, stop.clone());
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener).map_err(failed)?
    };
    runtime.spawn(conn::accept(listener, app, seats, stop, serving));
    Ok(Server { addr, runtime, stopping, served })
}

impl Server {
    /// Where it answers.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Takes no more requests, ends the streams of events, and lets what is being answered end until the deadline.
    pub fn stop(mut self, deadline: Duration) {
        let watch = Stopwatch::start();
        // Fails only where nobody listens any more.
        let _ = self.stopping.send(true);
        let served = async { tokio::time::timeout(deadline, self.served.recv()).await };
        if self.runtime.block_on(served).is_err() {
            tracing::warn!("HTTP connections were cut off at the end");
        }
        self.runtime.shutdown_timeout(deadline.saturating_sub(watch.elapsed()));
    }
}

fn not_ours(listen: SocketAddr, err: &io::Error) -> Fault {
    let (what, remedy) = if err.kind() == ErrorKind::AddrInUse {
        (
            format!("another program, or another Kinora, already serves on {listen}"),
            "stop it, or set http.listen to another port",
        )
    } else if err.kind() == ErrorKind::AddrNotAvailable {
        (
            format!("this machine has no address {}", listen.ip()),
            "set http.listen to one it has, such as 127.0.0.1:8710",
        )
    } else if err.kind() == ErrorKind::PermissionDenied {
        (
            format!("only root may serve on port {}", listen.port()),
            "set http.listen to a port above 1023",
        )
    } else {
        (format!("{listen} cannot be served on ({err})"), "check http.listen")
    };
    Fault::operator(what, remedy)
}
