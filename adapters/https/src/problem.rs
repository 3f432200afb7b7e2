//! How a server says no: problem documents (RFC 9457) and `Retry-After` (RFC 9110 section 10.2.3).
//!
//! Both come from outside and are shown to people, so both are bounded, and characters that move a cursor are left out.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use keyward_domain::time::{between, days};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;

use crate::call::Received;

/// The content type of a problem document.
const PROBLEM: &str = "application/problem+json";
/// More characters than that are cut off.
const MOST_CHARACTERS: usize = 400;
/// Nobody is told to wait longer.
const LONGEST_WAIT: Duration = days(1);

/// What a problem document says.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    title: Option<String>,
    detail: Option<String>,
    /// Ours: what to do next.
    next: Option<String>,
    /// Ours: the refusal's code.
    code: Option<String>,
}

impl Problem {
    /// The problem document that came, if one came.
    pub(crate) fn of(received: &Received) -> Option<Self> {
        received.is(PROBLEM).then(|| serde_json::from_slice(&received.body).ok()).flatten()
    }

    /// What is wrong.
    pub(crate) fn detail(&self) -> Option<String> {
        said(self.detail.as_ref()).or_else(|| said(self.title.as_ref()))
    }

    /// What to do next.
    pub(crate) fn next(&self) -> Option<String> {
        said(self.next.as_ref())
    }

    /// The refusal's code.
    pub(crate) fn code(&self) -> Option<String> {
        said(self.code.as_ref())
    }
}

fn said(text: Option<&String>) -> Option<String> {
    text.map(|text| plain(text)).filter(|text| !text.is_empty())
}

/// A text from outside, fit to be shown on one line.
pub(crate) fn plain(text: &str) -> String {
    // Besides control characters: what turns the direction of writing (Unicode annex 9) and what breaks lines.
    let moves = |c: char| c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let spaced: String = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).filter(|c| !moves(*c)).collect();
    spaced.trim().chars().take(MOST_CHARACTERS).collect()
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
    use reqwest::StatusCode;
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
            body: body.as_bytes().to_vec(),
        };
        let body = r#"{"type":"x","title":"short","detail":"a\u001b[2Jb\nc\u202ed","next":" ","status":400}"#;
        let problem = Problem::of(&received("Application/Problem+JSON; charset=utf-8", body)).expect("a problem");
        assert_eq!((problem.detail().as_deref(), problem.next(), problem.code()), (Some("a[2Jb cd"), None, None));
        assert_eq!(plain(&"x".repeat(10_000)).len(), MOST_CHARACTERS);
        for (media_type, body) in [("application/json", body), (PROBLEM, "{"), (PROBLEM, "[1]x"), ("text/html", "<p>")] {
            assert_eq!(Problem::of(&received(media_type, body)), None, "{media_type} {body}");
        }
    }
}
