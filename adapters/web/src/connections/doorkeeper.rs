//! Lets connections in and counts what is under way on each.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::http::header::{CONNECTION, HeaderValue};
use axum::http::{Request, Version};
use axum::response::{IntoResponse as _, Response};
use axum_server::accept::Accept;
use futures_util::future::BoxFuture;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tower::Service;

use super::guarded::{Guarded, Patience};
use super::{Admission, Ceiling, Connections};
use crate::failure::Failure;

/// Accepts as another acceptor does whom the ceilings let in.
#[derive(Clone)]
pub(crate) struct Doorkeeper<A> {
    acceptor: A,
    connections: Arc<Connections>,
}

impl<A> Doorkeeper<A> {
    pub(crate) fn new(acceptor: A, connections: Arc<Connections>) -> Self {
        Self { acceptor, connections }
    }
}

impl<A, S> Accept<TcpStream, S> for Doorkeeper<A>
where
    A: Accept<TcpStream, S, Future: Send + 'static>,
{
    type Stream = Guarded<A::Stream>;
    type Service = Tended<A::Service>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let _looked_at = self.connections.looked_at();
        let admission = stream.peer_addr().map(|address| self.connections.admit(address));
        let admitted = match admission {
            Ok(Admission::In(place)) => Ok((place, None)),
            Ok(Admission::Told(place, ceiling)) => Ok((place, Some(ceiling))),
            Ok(Admission::Full) => Err(io::ErrorKind::ConnectionRefused.into()),
            Err(gone) => Err(gone),
        };
        let (place, ceiling) = match admitted {
            Ok(admitted) => admitted,
            Err(error) => {
                // Its file is closed before there is room for another.
                drop(stream);
                return Box::pin(async { Err(error) });
            }
        };
        let (accepted, ended) = (self.acceptor.accept(stream, service), self.connections.ended());
        let told = ceiling.map(|_| Box::pin(std::future::ready(())) as BoxFuture<'static, ()>);
        let ends = told.unwrap_or_else(|| self.connections.ended());
        Box::pin(async move {
            // Whoever has not even said hello has nothing under way.
            let (stream, service) = tokio::select! {
                accepted = accepted => accepted?,
                () = ended => return Err(io::ErrorKind::Interrupted.into()),
            };
            let under_way = UnderWay::none();
            let patience = if ceiling.is_some() { Patience::Told } else { Patience::Served };
            let guarded = Guarded::new(stream, place, under_way.clone(), ends, patience);
            Ok((guarded, Tended { service, under_way, ceiling }))
        })
    }
}

/// How many requests are under way on a connection, and since when there is none.
#[derive(Debug, Clone)]
pub(super) struct UnderWay(Arc<Requests>);

#[derive(Debug)]
struct Requests {
    count: AtomicUsize,
    /// When the last was answered, or the connection began.
    last: Mutex<Instant>,
}

impl UnderWay {
    pub(super) fn none() -> Self {
        Self(Arc::new(Requests { count: AtomicUsize::new(0), last: Mutex::new(Instant::now()) }))
    }

    pub(super) fn any(&self) -> bool {
        self.0.count.load(Ordering::Acquire) > 0
    }

    /// Since when there is none; now, if there is one.
    pub(super) fn idle_since(&self) -> Instant {
        if self.any() { Instant::now() } else { *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    pub(super) fn one(&self) -> One {
        self.0.count.fetch_add(1, Ordering::AcqRel);
        One(self.clone())
    }
}

pub(super) struct One(UnderWay);

impl Drop for One {
    fn drop(&mut self) {
        let requests = &self.0.0;
        *requests.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        requests.count.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The service of one connection.
#[derive(Clone)]
pub(crate) struct Tended<S> {
    service: S,
    under_way: UnderWay,
    /// Why nothing is served on it.
    ceiling: Option<Ceiling>,
}

impl<S, B> Service<Request<B>> for Tended<S>
where
    S: Service<Request<B>, Response = Response, Future: Send + 'static>,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if let Some(ceiling) = self.ceiling {
            let version = request.version();
            return Box::pin(async move { Ok(turned_away(ceiling, version)) });
        }
        let (one, answer) = (self.under_way.one(), self.service.call(request));
        Box::pin(async move {
            let answer = answer.await;
            drop(one);
            answer
        })
    }
}

fn turned_away(ceiling: Ceiling, version: Version) -> Response {
    let mut response = Failure::crowded(ceiling).into_response();
    // HTTP/2 knows no such header (RFC 9113 section 8.2.2).
    if version <= Version::HTTP_11 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
