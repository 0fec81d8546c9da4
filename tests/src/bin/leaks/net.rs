//! Connections whose other side is silent.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use tokio::net::TcpStream;

use crate::stage::{Fate, spawn};

/// The two ends of a connection: the service's, and the one of the world outside.
pub(crate) fn connection() -> io::Result<(TcpStream, std::net::TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let outside = std::net::TcpStream::connect(listener.local_addr()?)?;
    let (inside, _) = listener.accept()?;
    inside.set_nonblocking(true)?;
    Ok((TcpStream::from_std(inside)?, outside))
}

/// Row 46: a client is gone, and its connection does not know.
///
/// There is no timeout, so each of these reads waits for ever.
///
/// Expected: all connections on `read`, slow at first, since it is up to the outside when they end,
/// and suspect when they have become more for long enough. Only their number and their age tell
/// them from connections that rest.
pub(crate) mod half_open {
    use tokio::io::AsyncReadExt as _;

    use super::{Fate, TcpStream, connection, io, spawn};

    pub(crate) fn start(fate: Fate) {
        let Ok((inside, outside)) = connection() else { return };
        spawn("connection", serve(inside));
        fate.hold(outside);
    }

    async fn serve(mut stream: TcpStream) -> io::Result<usize> {
        let mut request = [0; 64];
        stream.read(&mut request).await // half_open: connection
    }
}

/// Row 56: a server that shuts down waits for connections that are kept alive.
///
/// It waits for its connections, and they for clients that have nothing to ask.
///
/// Expected: all servers on `join_next`, suspect, each held up by its connection; all connections
/// on `read`, suspect later, as in `half_open`. Nothing is proven: a client could still send.
pub(crate) mod graceful_shutdown {
    use taskscope::labels;
    use taskscope::prelude::*;
    use taskscope::task::JoinSet;
    use tokio::io::AsyncReadExt as _;

    use super::{Fate, TcpStream, connection, io, spawn};

    pub(crate) fn start(fate: Fate) {
        let Ok((inside, outside)) = connection() else { return };
        spawn("server", shut_down(inside));
        fate.hold(outside);
    }

    async fn shut_down(connection: TcpStream) {
        let mut connections = JoinSet::new();
        connections.spawn(serve(connection).labeled(labels! { "role" => "connection" }));
        connections.join_next().await; // graceful_shutdown: server
    }

    async fn serve(mut stream: TcpStream) -> io::Result<usize> {
        let mut request = [0; 64];
        stream.read(&mut request).await // graceful_shutdown: connection
    }
}
