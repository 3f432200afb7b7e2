//! A connection that ends by itself when it is to end and nothing is under way on it, whatever its other end does, and when nothing was asked on
//! it for too long. Hyper ends one of HTTP/2 only when the other end says that it has heard of it, and keeps an idle one as long as the other end
//! answers its pings.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Interval, MissedTickBehavior, Sleep, interval, sleep};

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
    /// How long nothing may be asked, and when that is looked at next.
    idle: (Duration, Pin<Box<Sleep>>),
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
        let (most, idle) = (place.most_stalled(), place.most_idle());
        let idle = (idle, Box::pin(sleep(idle)));
        Self { stream, _place: place, under_way, ends, patience, ending: None, stalled: None, most, idle }
    }

    /// Whether nothing was asked for too long. Wakes whoever reads to be asked again.
    fn is_idle(&mut self, cx: &mut Context<'_>) -> bool {
        let (most, looked_at) = &mut self.idle;
        while looked_at.as_mut().poll(cx).is_ready() {
            let ends = self.under_way.idle_since() + *most;
            if ends <= Instant::now() {
                return true;
            }
            looked_at.as_mut().reset(ends);
        }
        false
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
        if polled.is_pending() && (self.ends_now(cx) || self.is_idle(cx)) { Poll::Ready(Ok(())) } else { polled }
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, duplex};
    use tokio::time::{advance, timeout};

    use super::*;
    use crate::config::{Ceilings, Limits, Timeouts};
    use crate::connections::{Admission, Connections};
    use crate::gates::Callers;
    use crate::house::House;

    const MINUTE: Duration = Duration::from_secs(60);

    /// The time is played.
    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_when_nothing_was_asked_for_too_long_and_not_while_its_client_beats() {
        let timeouts = Timeouts { idle: 31 * MINUTE, ..Timeouts::default() };
        let house = House::new(Vec::new(), Limits::NONE, timeouts, Callers::Computers);
        let connections = Connections::new(Ceilings::default(), house);
        let Admission::In(place) = connections.admit(([192, 0, 2, 1], 1).into()) else { panic!("there is room") };
        let (own, _other) = duplex(64);
        let under_way = UnderWay::none();
        let mut guarded = Guarded::new(own, place, under_way.clone(), Box::pin(std::future::pending()), Patience::Served);
        let mut read = [0; 8];
        for beat in 0..600 {
            let asked = under_way.one();
            advance(Duration::from_millis(20)).await;
            drop(asked);
            let waited = timeout(MINUTE, guarded.read(&mut read)).await;
            assert!(waited.is_err(), "it ended after {beat} beats: {waited:?}");
        }
        let asked = under_way.one();
        assert!(timeout(60 * MINUTE, guarded.read(&mut read)).await.is_err(), "what is under way is waited for");
        drop(asked);
        assert!(timeout(30 * MINUTE, guarded.read(&mut read)).await.is_err(), "not before its time");
        let ended = timeout(2 * MINUTE, guarded.read(&mut read)).await.expect("in its time");
        assert_eq!(ended.expect("as if the other end had left"), 0);
    }
}
