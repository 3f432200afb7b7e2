//! A connection that ends by itself when it is to end and nothing is under way on it, whatever its other end does. Hyper ends one of HTTP/2
//! only when the other end says that it has heard of it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Interval, MissedTickBehavior, Sleep, interval, sleep};

use super::Place;
use super::doorkeeper::UnderWay;

/// How often it is seen whether something is under way.
const GLANCE: Duration = Duration::from_millis(250);

/// How many glances in a row must find nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// What was answered between two glances is sent by the second.
    Served,
    /// Whoever is only told that there are too many connections may take a while to ask, but not as long as it keeps asking.
    Told,
}

impl Patience {
    fn quiet(self) -> u32 {
        match self {
            Self::Served => 2,
            Self::Told => 8,
        }
    }

    fn in_all(self) -> u32 {
        match self {
            Self::Served => u32::MAX,
            Self::Told => 40,
        }
    }
}

/// A connection in its place.
pub(crate) struct Guarded<S> {
    stream: S,
    /// Free again when the connection has ended.
    _place: Place,
    under_way: UnderWay,
    ends: BoxFuture<'static, ()>,
    patience: Patience,
    /// Since it is to end.
    ending: Option<Ending>,
    /// The other end takes nothing in just now, and may do so until then.
    stalled: Option<Pin<Box<Sleep>>>,
    /// How long it may take nothing in.
    most: Duration,
}

struct Ending {
    glances: Interval,
    seen: u32,
    quiet: u32,
    /// Something was sent since the last glance.
    stirred: bool,
}

impl<S> Guarded<S> {
    pub(super) fn new(stream: S, place: Place, under_way: UnderWay, ends: BoxFuture<'static, ()>, patience: Patience) -> Self {
        let most = place.most_stalled();
        Self { stream, _place: place, under_way, ends, patience, ending: None, stalled: None, most }
    }

    /// Whether it ends now. Wakes whoever reads to be asked again.
    fn ends_now(&mut self, cx: &mut Context<'_>) -> bool {
        if self.ending.is_none() && self.ends.as_mut().poll(cx).is_ready() {
            let mut glances = interval(GLANCE);
            glances.set_missed_tick_behavior(MissedTickBehavior::Delay);
            self.ending = Some(Ending { glances, seen: 0, quiet: 0, stirred: false });
        }
        let Some(ending) = &mut self.ending else { return false };
        while ending.glances.poll_tick(cx).is_ready() {
            let busy = self.under_way.any() || self.stalled.is_some() || std::mem::take(&mut ending.stirred);
            ending.quiet = if busy { 0 } else { ending.quiet + 1 };
            ending.seen += 1;
        }
        // The first tick of an interval comes at once.
        ending.quiet > self.patience.quiet() || ending.seen > self.patience.in_all()
    }

    /// Takes note of something that was sent. Flushing what is not there is nothing.
    fn stirred<T>(&mut self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Some(ending) = &mut self.ending
            && polled.is_ready()
        {
            ending.stirred = true;
        }
        polled
    }

    /// Takes note of what became of something that was to be sent. Whoever takes nothing in for too long is hung up on.
    fn sent<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stalled = None;
            return polled;
        }
        let most = self.most;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(most)));
        if stalled.as_mut().poll(cx).is_ready() { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { polled }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        // Nothing more comes, as far as whoever reads is told.
        if polled.is_pending() && self.ends_now(cx) { Poll::Ready(Ok(())) } else { polled }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        let polled = self.stirred(polled);
        self.sent(cx, polled)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        let polled = self.stirred(polled);
        self.sent(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        self.sent(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
