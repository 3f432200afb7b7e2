//! Who may administer: bearer tokens (RFC 6750), compared by digest in constant time; failures make an address wait.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use keyward_domain::seal::Digest;
use keyward_wire::Problem;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use crate::address::Caller;
use crate::config::AdminToken;
use crate::failure::Failure;
use crate::failures::Failures;
use crate::site::Site;

/// The tokens, and the failures to show one.
pub(crate) struct Tokens {
    known: Vec<AdminToken>,
    failures: Mutex<Failures>,
}

/// An administrator, as the log names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Administrator(Arc<str>);

impl Administrator {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Tokens {
    pub(crate) fn new(known: Vec<AdminToken>) -> Self {
        Self { known, failures: Mutex::default() }
    }

    /// Who shows these headers. A right token always passes, so that nobody can lock an administrator out; while an address waits, it is
    /// not told whether what it shows is wrong.
    pub(crate) fn admit(&self, caller: Caller, headers: &HeaderMap, now: Instant) -> Result<Administrator, Failure> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = shown(headers).and_then(|token| self.find(token)) {
            failures.forgive(caller);
            return Ok(Administrator(format!("administrator {name}").into()));
        }
        if let Some(wait) = failures.wait(caller, now) {
            let problem =
                Problem::new(429, "too-many-failures", "Too many wrong tokens", "this address showed wrong admin tokens too often");
            return Err(Failure::new(problem).after(wait, "then try again with the right token"));
        }
        match shown(headers) {
            None => Err(Failure::from(
                Problem::new(401, "no-token", "An admin token is needed", "the request has no admin token")
                    .next("send it as `Authorization: Bearer TOKEN`; the server wrote it to the file admin-token at its first start"),
            )),
            Some(_) => {
                failures.note(caller, now);
                tracing::warn!("a wrong admin token was shown");
                Err(Failure::from(
                    Problem::new(401, "wrong-token", "The admin token is wrong", "the server does not know this admin token")
                        .next("take the one in the server's file admin-token"),
                ))
            }
        }
    }

    /// The name of a token's owner. Takes the same time whichever token it is, or none.
    fn find(&self, token: &str) -> Option<&str> {
        let digest = Digest::of(token.as_bytes());
        let (mut found, mut place) = (Choice::from(0), u64::MAX);
        for (index, known) in (0_u64..).zip(&self.known) {
            let same = known.digest.bytes().ct_eq(digest.bytes());
            place.conditional_assign(&index, same);
            found |= same;
        }
        let known = usize::try_from(place).ok().and_then(|place| self.known.get(place))?;
        bool::from(found).then_some(&*known.name)
    }
}

/// Lets only administrators pass.
pub(crate) async fn administrators_only(
    State(site): State<Arc<Site>>,
    ConnectInfo(address): ConnectInfo<std::net::SocketAddr>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let who = site.tokens.admit(Caller::of(address), request.headers(), Instant::now())?;
    request.extensions_mut().insert(who);
    Ok(next.run(request).await)
}

fn shown(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::failures::FREE_FAILURES;

    fn caller(address: &str) -> Caller {
        Caller::of(address.parse().expect("an address"))
    }

    fn showing(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, value.parse().expect("a header"))])
    }

    #[test]
    fn a_token_is_known_by_its_digest_and_names_its_owner() {
        let tokens = Tokens::new(vec![AdminToken::of("ada", "first"), AdminToken::of("grace", "second")]);
        for (value, who) in [
            ("Bearer first", Some("administrator ada")),
            ("bearer second", Some("administrator grace")),
            ("Bearer third", None),
            ("Bearer ", None),
            ("Basic first", None),
            ("first", None),
        ] {
            let admitted = tokens.admit(caller("192.0.2.1:1"), &showing(value), Instant::now());
            assert_eq!(admitted.ok().as_ref().map(Administrator::as_str), who, "{value}");
        }
        assert!(Tokens::new(Vec::new()).admit(caller("192.0.2.1:1"), &showing("Bearer first"), Instant::now()).is_err());
    }

    #[test]
    fn who_fails_too_often_waits_longer_each_time_and_others_do_not() {
        let tokens = Tokens::new(vec![AdminToken::of("ada", "right")]);
        let (bad, good) = (caller("192.0.2.1:1"), caller("192.0.2.2:1"));
        let mut now = Instant::now();
        let try_it = |who, token: &str, now| match tokens.admit(who, &showing(&format!("Bearer {token}")), now) {
            Ok(_) => 200,
            Err(failure) => failure.status(),
        };
        for _ in 0..FREE_FAILURES {
            assert_eq!(try_it(bad, "wrong", now), 401);
        }
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(try_it(bad, "wrong too", now), 429, "nobody is told what is wrong during a wait");
            assert_eq!(try_it(good, "right", now), 200);
            now += Duration::from_secs(wait) - Duration::from_millis(1);
            assert_eq!(try_it(bad, "wrong", now), 429);
            now += Duration::from_millis(1);
            assert_eq!(try_it(bad, "wrong", now), 401);
        }
        assert_eq!(try_it(bad, "right", now), 200, "nobody locks an administrator out");
        assert_eq!(try_it(bad, "wrong", now), 401, "the count begins anew");
        assert_eq!(try_it(bad, "right", now), 200);
    }
}
