//! Prompt acknowledgements. A client of the Runtime API that leaves Nagle's algorithm on, as AWS's own
//! does, sends the second piece of a stream only when the first is acknowledged, and the kernel takes
//! 40 ms to do that of its own accord.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Whether a connection's peer waits for acknowledgements: while it sends a stream.
#[derive(Debug, Clone, Default)]
pub(super) struct Prompt(Arc<AtomicBool>);

impl Prompt {
    pub(super) fn set(&self, prompt: bool) {
        self.0.store(prompt, Ordering::Relaxed);
    }
}

/// A connection that acknowledges at once what it has read where [`Prompt`] says so.
#[derive(Debug)]
pub(super) struct Acknowledging {
    stream: TcpStream,
    prompt: Prompt,
}

impl Acknowledging {
    pub(super) fn new(stream: TcpStream, prompt: Prompt) -> Self {
        Self { stream, prompt }
    }
}

impl AsyncRead for Acknowledging {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.prompt.0.load(Ordering::Relaxed) {
            // Without it the only cost is delay. The kernel forgets it, so it is said each time.
            let _ = self.stream.set_quickack(true);
        }
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
