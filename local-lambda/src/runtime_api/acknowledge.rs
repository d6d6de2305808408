//! Prompt acknowledgements. A client of the Runtime API that leaves Nagle's algorithm on, as AWS's own
//! does, sends the second piece of a stream only when the first is acknowledged, and the kernel takes
//! 40 ms to do that of its own accord.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Whether a connection's peer waits for acknowledgements: while it sends a stream.
#[derive(Debug, Clone)]
pub(super) struct Prompt(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    on: AtomicBool,
    socket: OwnedFd,
}

impl Prompt {
    pub(super) fn set(&self, on: bool) {
        self.0.on.store(on, Ordering::Relaxed);
        // What has come so far may not be acknowledged yet.
        self.acknowledge();
    }

    /// The kernel forgets it, so it is said after each read.
    fn acknowledge(&self) {
        if self.0.on.load(Ordering::Relaxed) {
            // Without it the only cost is delay.
            let _ = SockRef::from(&self.0.socket).set_tcp_quickack(true);
        }
    }
}

/// A connection that acknowledges at once what it has read where its [`Prompt`] says so.
#[derive(Debug)]
pub(super) struct Acknowledging {
    stream: TcpStream,
    prompt: Prompt,
}

impl Acknowledging {
    /// # Errors
    /// If the process has no descriptor left.
    pub(super) fn new(stream: TcpStream) -> io::Result<(Self, Prompt)> {
        let socket = stream.as_fd().try_clone_to_owned()?;
        let prompt = Prompt(Arc::new(Shared { on: AtomicBool::new(false), socket }));
        Ok((Self { stream, prompt: prompt.clone() }, prompt))
    }
}

impl AsyncRead for Acknowledging {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.prompt.acknowledge();
        read
    }
}

impl AsyncWrite for Acknowledging {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
