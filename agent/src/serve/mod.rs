//! The server: one port, on its own thread with its own runtime.
//!
//! gRPC and HTTP/1 share the port; who speaks neither is told so and let go. The number of
//! connections is bounded, and so is what is queued for each of them.

mod grpc;
mod http;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use taskscope_proto::model::Process;
use taskscope_proto::wire::taskscope_server::TaskscopeServer;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tonic::service::Routes;

use crate::profiler::Asker;
use crate::task::behalf::Behalf;

/// Connections at a time; further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 64;
/// Streams at a time on one connection.
const MAX_STREAMS: u32 = 32;
/// How long a connection may keep silent before it says what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server at work. Dropping it ends it and waits until the port is free.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Starts to serve on a socket that is bound already.
    pub(crate) fn start(
        listener: TcpListener,
        process: Arc<Process>,
        asker: Asker,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            let _own = Behalf::agent();
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, process, asker) => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("taskscope-serve".into()).spawn(serve)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It has nothing to finish, so this takes no time; a panic of it was logged.
            drop(thread.join());
        }
    }
}

async fn accept(listener: TcpListener, process: Arc<Process>, asker: Asker) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "taskscope cannot serve on its socket");
            return;
        }
    };
    let service = TaskscopeServer::new(grpc::Service::new(process, asker));
    let router = Routes::new(service).into_axum_router().fallback(http::explain);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    if let Err(error) = connection(stream, router).await {
                        tracing::debug!(%peer, error, "a taskscope connection ended");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: of the service, so leave it alone a while.
                tracing::warn!(%error, "taskscope cannot accept a connection");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: axum::Router) -> Result<(), String> {
    if tokio::time::timeout(PATIENCE, stream.readable()).await.is_err() {
        return Err("it kept silent".into());
    }
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(Some(Duration::from_secs(20)))
        .keep_alive_timeout(Duration::from_secs(20));
    let service = TowerToHyperService::new(router);
    http.serve_connection(TokioIo::new(stream), service).await.map_err(|error| error.to_string())
}
