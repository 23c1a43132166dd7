//! The accept loop: connections come in one at a time and only so many at the same time.
//!
//! When the process has no file left to open, accepting fails; the loop says so once, waits a
//! little and goes on, for connections end and files are closed. A connection over the bound is
//! closed at once, so that whoever sent it knows, and those that are there stay.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::{Connected, TcpConnectInfo};
use tracing::warn;

/// How long to wait before accepting again after an error of the system.
const PAUSE: Duration = Duration::from_millis(50);
/// Files that the ledger and the runtime need, whatever connections there are.
const FILES_RESERVED: u64 = 160;
/// Connections that are let in however few files may be open.
const CONNECTIONS_MIN: u64 = 8;

/// A connection, counted as long as it lives.
pub(super) struct Connection {
    stream: TcpStream,
    _counted: OwnedSemaphorePermit,
}

/// Connections as they come, until the receiver is dropped.
pub(super) fn incoming(
    listener: TcpListener,
    connections_max: usize,
) -> ReceiverStream<io::Result<Connection>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(accept(listener, bound(connections_max), sender));
    ReceiverStream::new(receiver)
}

/// The bound, or what the system's bound on open files leaves for connections.
fn bound(connections_max: usize) -> usize {
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let Some(files) = files else {
        return connections_max;
    };
    let left = files.saturating_sub(FILES_RESERVED).max(CONNECTIONS_MIN);
    connections_max.min(usize::try_from(left).unwrap_or(usize::MAX))
}

async fn accept(
    listener: TcpListener,
    connections_max: usize,
    sender: mpsc::Sender<io::Result<Connection>>,
) {
    let room = Arc::new(Semaphore::new(connections_max));
    let (mut failing, mut full) = (false, false);
    loop {
        let accepted = tokio::select! {
            () = sender.closed() => return,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _peer)) => stream,
            Err(error) => {
                if !failing {
                    warn!(%error, "no connection can be accepted; trying on");
                }
                failing = true;
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        failing = false;
        let Ok(counted) = Arc::clone(&room).try_acquire_owned() else {
            if !full {
                warn!(
                    connections_max,
                    "there are as many connections as there may be"
                );
            }
            full = true;
            continue;
        };
        full = false;
        // Without it answers wait for acknowledgements of the network; that is no reason to end.
        let _kept = stream.set_nodelay(true);
        let connection = Connection {
            stream,
            _counted: counted,
        };
        if sender.send(Ok(connection)).await.is_err() {
            return;
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
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
