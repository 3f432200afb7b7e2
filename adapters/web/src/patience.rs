//! Patience with a connection that says nothing. Hyper waits without end for the first bytes, by which it tells HTTP/1.1 from HTTP/2;
//! its own timeouts begin only then.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// By then it is known which HTTP is spoken: the length of HTTP/2's preface (RFC 9113 section 3.4). Every request of HTTP/1.1 is longer.
const PREFACE: usize = 24;

/// Accepts as another acceptor does, and hangs up on who stays silent.
#[derive(Debug, Clone)]
pub(crate) struct Patience<A> {
    acceptor: A,
    most: Duration,
}

impl<A> Patience<A> {
    pub(crate) fn new(acceptor: A, most: Duration) -> Self {
        Self { acceptor, most }
    }
}

impl<A, I, S> Accept<I, S> for Patience<A>
where
    A: Accept<I, S, Future: Send + 'static>,
{
    type Stream = Impatient<A::Stream>;
    type Service = A::Service;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let most = self.most;
        let accepted = self.acceptor.accept(stream, service);
        Box::pin(async move {
            let (stream, service) = accepted.await?;
            Ok((Impatient { stream, read: 0, deadline: Some(Box::pin(sleep(most))) }, service))
        })
    }
}

/// A connection that ends if its first bytes do not come in time.
#[derive(Debug)]
pub(crate) struct Impatient<S> {
    stream: S,
    read: usize,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Some(deadline) = &mut self.deadline {
            match polled {
                Poll::Pending if deadline.as_mut().poll(cx).is_ready() => return Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => (),
                Poll::Ready(_) => {
                    self.read += buf.filled().len() - before;
                    if self.read >= PREFACE {
                        self.deadline = None;
                    }
                }
            }
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
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
