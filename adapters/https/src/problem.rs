//! How a server says no: problem documents (RFC 9457) and `Retry-After` (RFC 9110 section 10.2.3).
//!
//! Both come from outside and are shown to people, so both are bounded, and characters that move a cursor are left out.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use keyward_domain::time::{between, days};
use keyward_wire::Problem;
use keyward_wire::media::PROBLEM;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, RETRY_AFTER};

use crate::call::Received;

/// More characters than that are cut off.
const MOST_CHARACTERS: usize = 400;
/// Nobody is told to wait longer.
const LONGEST_WAIT: Duration = days(1);

/// The header with the id under which the server's log tells of a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The problem document that came, if one of a key server came: a gateway's own has other members. Where the server says that the rest stands in its
/// log, the request's id is said too.
pub(crate) fn problem(received: &Received) -> Option<Problem> {
    if !received.is(PROBLEM) {
        return None;
    }
    let Problem { kind, title, status, detail, code, next } = serde_json::from_slice(&received.body).ok()?;
    let said = |text: &str| Some(plain(text)).filter(|text| !text.is_empty());
    let mut next = next.as_deref().and_then(said);
    if received.status == StatusCode::INTERNAL_SERVER_ERROR
        && let Some(id) = received.headers.get(REQUEST_ID).and_then(|id| said(id.to_str().ok()?))
    {
        let before = next.map(|next| format!("{next}; ")).unwrap_or_default();
        next = Some(format!("{before}this was request {id}"));
    }
    Some(Problem {
        kind: plain(&kind),
        detail: said(&detail).unwrap_or_else(|| plain(&title)),
        title: plain(&title).into(),
        status,
        code: plain(&code).into(),
        next,
    })
}

/// A text from outside, fit to be shown on one line.
pub(crate) fn plain(text: &str) -> String {
    // Besides control characters: what turns the direction of writing (Unicode annex 9) and what breaks lines.
    let moves = |c: char| c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let spaced: String = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).filter(|c| !moves(*c)).collect();
    spaced.trim().chars().take(MOST_CHARACTERS).collect()
}

/// What to do next: what the server says, or when to come back, or else this.
pub(crate) fn next_step(said: Option<String>, after: Option<Duration>, otherwise: &str) -> String {
    said.unwrap_or_else(|| match after {
        Some(wait) => format!("try again in {} s", wait.as_secs()),
        None => otherwise.into(),
    })
}

/// How long to wait, if the server says so: in seconds or until a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => between(now, DateTimeParser::new().parse_timestamp(text).ok()?),
    };
    Some(wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{CONTENT_TYPE, HeaderValue};

    use super::*;

    #[test]
    fn a_wait_is_read_from_seconds_or_a_date_and_is_bounded() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().expect("an instant");
        let table = [
            ("7", Some(7)),
            ("0", Some(0)),
            ("Sat, 21 Nov 2026 12:01:30 GMT", Some(90)),
            ("Sat, 21 Nov 2026 11:00:00 GMT", Some(0)),
            ("999999999999", Some(86_400)),
            ("Sun, 21 Nov 2027 12:00:00 GMT", Some(86_400)),
            ("soon", None),
            ("-1", None),
        ];
        for (text, seconds) in table {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn a_problem_is_bounded_and_moves_no_cursor() {
        let received = |media_type, body: &str| Received {
            status: StatusCode::BAD_REQUEST,
            headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))]),
            body: body.as_bytes().to_vec().into(),
        };
        let body = r#"{"type":"t","title":"short","status":400,"code":"c\u0007","detail":"a\u001b[2Jb\nc\u202ed","next":" ","more":1}"#;
        let said = problem(&received("Application/Problem+JSON; charset=utf-8", body)).expect("a problem");
        assert_eq!((said.detail.as_str(), said.next, said.code.as_ref()), ("a[2Jb cd", None, "c"));
        assert_eq!(plain(&"x".repeat(10_000)).len(), MOST_CHARACTERS);
        let foreign = r#"{"type":"about:blank","title":"Forbidden","status":403,"detail":"a gateway's own"}"#;
        for (media_type, body) in [("application/json", body), (PROBLEM, "{"), (PROBLEM, "[1]"), (PROBLEM, foreign), ("text/html", "<p>")] {
            assert_eq!(problem(&received(media_type, body)), None, "{media_type} {body}");
        }
    }
}
