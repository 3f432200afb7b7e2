//! Errors of a license server, as problem documents.

use std::time::Duration;

use keyward_domain::refusal::Refusal;
use keyward_engine::{KeeperError, ServerError};
use keyward_ports::{JournalError, KeyServerError};
use keyward_wire::Problem;

use crate::failure::{Failure, log, told};

/// When to come back to a license server whose vendor cannot be reached.
const VENDOR_AWAY: Duration = Duration::from_secs(60);

impl Failure {
    /// What was asked is refused, and there is nobody to sign it for.
    pub(crate) fn refused(refusal: &Refusal) -> Self {
        Self::new(Problem::new(422, refusal.code(), "It is refused", refusal.to_string()).next(refusal.remedy())).says(refusal)
    }

    /// The vendor signs in another way.
    pub(super) fn foreign() -> Self {
        let detail = "the vendor's answer is signed in a way that cannot be carried here";
        Self::new(Problem::new(501, "foreign-answer", "It cannot be carried", detail).next("ask the vendor's key server itself"))
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        let (status, code, title) = match &error {
            ServerError::OtherVendor => (422, "other-vendor", "It is another vendor's"),
            ServerError::WhichLicense { .. } => (422, "which-license", "There are several licenses"),
            ServerError::NoSuchLicense { .. } => (404, "no-license", "There is no such license"),
            ServerError::Gateway(_) | ServerError::Keeper(_) => return of_parts(error),
            _ => return Self::hidden(&error),
        };
        Self::new(told(status, code, title, &error.to_string()))
    }
}

fn of_parts(error: ServerError) -> Failure {
    match error {
        ServerError::Gateway(error) => of_vendor(&error),
        ServerError::Keeper(error) => of_keeper(error),
        other => Failure::hidden(&other),
    }
}

/// What the license server met with on the way to its vendor. Only where nothing arrived it may be said when to come back.
fn of_vendor(error: &KeyServerError) -> Failure {
    match error {
        KeyServerError::Rejected { status, detail, next, after, .. } if (400..500).contains(status) => {
            let problem = Problem::new(*status, "vendor-rejected", "The vendor does not take it", detail.clone()).next(next.clone());
            match after {
                Some(wait) => Failure::new(problem).after(*wait, "then send the same request again"),
                None => Failure::new(problem),
            }
        }
        // Only who says when to come back has certainly taken nothing.
        KeyServerError::Rejected { status: 503, detail, after: Some(wait), .. } => {
            Failure::new(Problem::new(503, "vendor-busy", "The vendor is busy", detail.clone()))
                .after(*wait, "then send the same request again")
        }
        // Each server that was tried is a part of the cause.
        KeyServerError::Unreachable { .. } => {
            let problem = Problem::new(503, "vendor-unreachable", "The vendor cannot be reached", error.to_string());
            Failure::new(problem).after(VENDOR_AWAY, "then send the same request again")
        }
        KeyServerError::Silent { .. } => {
            let words = error.to_string();
            let (cause, next) = words.rsplit_once("; ").unwrap_or((&words, "send the same request again"));
            Failure::new(Problem::new(502, "vendor-silent", "The vendor does not answer", cause).next(next))
        }
        _ => Failure::new(told(502, "vendor-silent", "The vendor does not answer", &error.to_string())),
    }
}

fn of_keeper(error: KeeperError) -> Failure {
    match error {
        unreadable @ KeeperError::Unreadable(_) => {
            let problem = told(400, "unreadable", "The request cannot be read", &unreadable.to_string());
            let next = problem.next.clone().unwrap_or_else(|| "make the request again, or update the product".into());
            Failure::new(problem.next(next))
        }
        KeeperError::ByFileAlone => Failure::new(told(403, "loans-by-file", "Seats are lent by the administrator", &error.to_string())),
        KeeperError::NotActivated => Failure::new(told(503, "not-activated", "The server has no license", &error.to_string())),
        KeeperError::Stopped | KeeperError::Journal(JournalError::Closed) => {
            log(&error);
            Failure::new(told(503, "stopping", "The server is stopping", &KeeperError::Stopped.to_string()))
        }
        KeeperError::Journal(JournalError::Full(_)) => {
            log(&error);
            Failure::new(told(507, "disk-full", "The server's disk is full", &error.to_string()))
        }
        other => Failure::hidden(&other),
    }
}

#[cfg(test)]
mod tests {
    use keyward_ports::{Attempt, Trouble};

    use super::*;

    fn tried(server: &str) -> Attempt {
        Attempt { server: server.into(), proxy: None, trouble: Trouble::NoConnection, cause: None }
    }

    /// Nothing arrived: whoever asked may come back with the same request, and its act is not in doubt.
    #[test]
    fn a_vendor_who_is_busy_is_said_to_be_busy_and_for_how_long() {
        let busy = KeyServerError::Rejected {
            server: "keys.example".into(),
            status: 503,
            detail: "others were always faster".into(),
            next: "wait 5 s".into(),
            after: Some(Duration::from_secs(5)),
        };
        let failure = of_vendor(&busy);
        let problem = failure.problem();
        assert_eq!((problem.status, &*problem.code, &*problem.detail), (503, "vendor-busy", "others were always faster"));
        assert_eq!(failure.retry(), Some(Duration::from_secs(5)));
        let broken = KeyServerError::Rejected { server: "a".into(), status: 503, detail: "b".into(), next: "c".into(), after: None };
        assert_eq!(of_vendor(&broken).status(), 502, "it may have arrived");
    }

    #[test]
    fn each_server_of_the_vendor_that_was_tried_is_named_in_the_cause() {
        let attempts = || vec![tried("one.example"), tried("two.example")];
        let silent = of_vendor(&KeyServerError::Silent { attempts: attempts() });
        let away = of_vendor(&KeyServerError::Unreachable { attempts: attempts() });
        for (failure, code, next) in [(&silent, "vendor-silent", "made again"), (&away, "vendor-unreachable", "wait 60 s")] {
            let problem = failure.problem();
            assert_eq!(&*problem.code, code);
            assert!(["one.example", "two.example"].iter().all(|server| problem.detail.contains(server)), "{problem}");
            let said = problem.next.as_deref().unwrap_or_default();
            assert!(said.contains(next) && !said.contains("example"), "{problem}");
        }
    }
}
