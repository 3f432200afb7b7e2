//! Who works here: bearer tokens (RFC 6750), compared by digest in constant time; failures make an address wait. What a role may not do is
//! refused before anything is looked at.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use keyward_domain::seal::Digest;
use keyward_domain::staff::{Duty, StaffRole, StaffToken};
use keyward_domain::time::Timestamp;
use keyward_wire::Problem;
use keyward_words::ServerText;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use crate::address::Caller;
use crate::config::AdminToken;
use crate::failure::Failure;
use crate::failures::Failures;
use crate::gates::seconds;
use crate::site::Site;

/// The tokens that stand in no ledger, and the failures to show one of either kind.
pub(crate) struct Tokens {
    first: Vec<AdminToken>,
    failures: Mutex<Failures>,
}

/// Somebody who works here and showed their token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    name: Arc<str>,
    role: StaffRole,
    actor: Arc<str>,
}

/// What a token that is shown turns out to be.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    Nothing,
    Known(Member),
    Revoked(Timestamp),
    Stranger,
}

impl Member {
    fn new(name: &str, role: StaffRole) -> Self {
        Self { name: name.into(), role, actor: format!("{role} {name}").into() }
    }

    /// What their token is called.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What the log calls them.
    pub(crate) fn actor(&self) -> &str {
        &self.actor
    }

    /// Whether their role may do it.
    pub(crate) fn check(&self, duty: Duty) -> Result<(), Failure> {
        let Self { name, role, .. } = self;
        if role.may(duty) {
            return Ok(());
        }
        let detail = format!("the token {name} has the role {role}, which may {}", role.duties());
        let problem =
            Problem::new(403, "role-may-not", "The role may not do this", detail).next("have an administrator of the key server do it");
        Err(Failure::new(problem).says(&ServerText::RoleMayNot { token: name.to_string(), role: *role }))
    }
}

impl Tokens {
    pub(crate) fn new(first: Vec<AdminToken>) -> Self {
        Self { first, failures: Mutex::default() }
    }

    /// A token that stands in no ledger: good even while the ledger cannot be read.
    fn first(&self, digest: &Digest) -> Option<Shown> {
        let place = place(self.first.iter().map(|token| &token.digest), digest)?;
        self.first.get(place).map(|token| Shown::Known(Member::new(&token.name, StaffRole::Administrator)))
    }

    /// A right token always passes, so that nobody can lock its holder out; while an address waits, it is not told whether what it shows is
    /// wrong.
    fn judge(&self, caller: Caller, shown: Shown, now: Instant) -> Result<Member, Failure> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Shown::Known(member) = shown {
            return Ok(member);
        }
        if let Some(wait) = failures.wait(caller, now) {
            let problem =
                Problem::new(429, "too-many-failures", "Too many wrong tokens", "this address showed wrong admin tokens too often");
            let says = ServerText::TooManyFailures { seconds: seconds(wait).get().into() };
            return Err(Failure::new(problem).after(wait, "then try again with the right token").says(&says));
        }
        let (problem, says) = match shown {
            Shown::Nothing => {
                let problem = Problem::new(401, "no-token", "An admin token is needed", "the request has no admin token")
                    .next("send it as `Authorization: Bearer TOKEN`; the server wrote one to the file admin-token at its first start");
                return Err(Failure::new(problem).says(&ServerText::NoToken));
            }
            Shown::Revoked(at) => (
                Problem::new(401, "token-revoked", "The token was taken back", format!("this token was taken back at {at}"))
                    .next("ask an administrator of the key server for another one"),
                ServerText::TokenRevoked { at },
            ),
            Shown::Known(_) | Shown::Stranger => (
                Problem::new(401, "wrong-token", "The admin token is wrong", "the server does not know this admin token")
                    .next("take the one in the server's file admin-token, or the one that an administrator handed out"),
                ServerText::WrongToken,
            ),
        };
        failures.note(caller, now);
        tracing::warn!("a wrong admin token was shown");
        Err(Failure::new(problem).says(&says))
    }
}

/// Who shows these headers, where all tokens stand outside a ledger.
pub(crate) fn admit_first(tokens: &Tokens, caller: Caller, headers: &HeaderMap, now: Instant) -> Result<Member, Failure> {
    let found = shown(headers).map_or(Shown::Nothing, |token| tokens.first(&Digest::of(token.as_bytes())).unwrap_or(Shown::Stranger));
    tokens.judge(caller, found, now)
}

/// Who shows these headers.
pub(crate) async fn admit(site: &Site, caller: Caller, headers: &HeaderMap, now: Instant) -> Result<Member, Failure> {
    let found = match shown(headers).map(|token| Digest::of(token.as_bytes())) {
        None => Shown::Nothing,
        Some(digest) => match site.house.tokens.first(&digest) {
            Some(found) => found,
            None => of_staff(site.console.staff().await?.tokens(), &digest),
        },
    };
    site.house.tokens.judge(caller, found, now)
}

fn of_staff(staff: &[StaffToken], digest: &Digest) -> Shown {
    match place(staff.iter().map(|token| &token.digest), digest).and_then(|place| staff.get(place)) {
        None => Shown::Stranger,
        Some(StaffToken { revoked: Some(at), .. }) => Shown::Revoked(*at),
        Some(StaffToken { name, role, .. }) => Shown::Known(Member::new(name.as_str(), *role)),
    }
}

/// The place of a digest. Takes the same time wherever it is, or if it is nowhere.
fn place<'a>(known: impl Iterator<Item = &'a Digest>, digest: &Digest) -> Option<usize> {
    let (mut found, mut place) = (Choice::from(0), u64::MAX);
    for (index, known) in (0_u64..).zip(known) {
        let same = known.bytes().ct_eq(digest.bytes());
        place.conditional_assign(&index, same);
        found |= same;
    }
    bool::from(found).then_some(place).and_then(|place| usize::try_from(place).ok())
}

/// Lets only administrators pass.
pub(crate) async fn administrators_only(
    State(site): State<Arc<Site>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    pass(&site, address, Duty::Administer, request, next).await
}

/// Lets all who work here pass: what is behind is for those who answer requests.
pub(crate) async fn staff_only(
    State(site): State<Arc<Site>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    pass(&site, address, Duty::Answer, request, next).await
}

async fn pass(site: &Site, address: SocketAddr, duty: Duty, mut request: Request, next: Next) -> Result<Response, Failure> {
    let who = admit(site, Caller::of(address), request.headers(), Instant::now()).await?;
    who.check(duty)?;
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

    fn judged(tokens: &Tokens, staff: &[StaffToken], caller: Caller, headers: &HeaderMap, now: Instant) -> Result<Member, Failure> {
        let found = match shown(headers).map(|token| Digest::of(token.as_bytes())) {
            None => Shown::Nothing,
            Some(digest) => tokens.first(&digest).unwrap_or_else(|| of_staff(staff, &digest)),
        };
        tokens.judge(caller, found, now)
    }

    #[test]
    fn a_token_is_known_by_its_digest_and_names_its_owner() {
        let tokens = Tokens::new(vec![AdminToken::of("ada", "first"), AdminToken::of("grace", "second")]);
        let issued = "2027-01-01T00:00:00Z".parse().expect("an instant");
        let handed_out = |name: &str, role, revoked| StaffToken {
            name: name.parse().expect("a name"),
            digest: Digest::of(name.as_bytes()),
            role,
            issued,
            revoked,
        };
        let staff = [
            handed_out("hedy", StaffRole::Administrator, None),
            handed_out("shop", StaffRole::Reseller, None),
            handed_out("gone", StaffRole::Administrator, Some(issued)),
        ];
        for (value, who) in [
            ("Bearer hedy", Some("administrator hedy")),
            ("Bearer shop", Some("reseller shop")),
            ("Bearer gone", None),
            ("Bearer first", Some("administrator ada")),
            ("bearer second", Some("administrator grace")),
            ("Bearer third", None),
            ("Bearer ", None),
            ("Basic first", None),
            ("first", None),
        ] {
            let admitted = judged(&tokens, &staff, caller("192.0.2.1:1"), &showing(value), Instant::now());
            assert_eq!(admitted.ok().as_ref().map(Member::actor), who, "{value}");
        }
        assert!(judged(&Tokens::new(Vec::new()), &[], caller("192.0.2.1:1"), &showing("Bearer first"), Instant::now()).is_err());
    }

    #[test]
    fn who_fails_too_often_waits_longer_each_time_and_others_do_not() {
        let tokens = Tokens::new(vec![AdminToken::of("ada", "right")]);
        let (bad, good) = (caller("192.0.2.1:1"), caller("192.0.2.2:1"));
        let mut now = Instant::now();
        let try_it = |who, token: &str, now| match judged(&tokens, &[], who, &showing(&format!("Bearer {token}")), now) {
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
        assert_eq!(try_it(bad, "wrong", now), 429, "a right token shortens no wait");
        assert_eq!(try_it(bad, "right", now), 200);
    }
}
