//! Errors, as RFC 9457 wants them, with a stable code for programs and the next step for people (promise 10).

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a request over HTTP was not served. It says nothing about a license: a refusal is a signed answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:keyward:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, for people; always the same for one code.
    pub title: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// The kind of problem, for programs; never changes.
    pub code: Cow<'static, str>,
    /// What to do, where `detail` does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(status: u16, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let kind = format!("urn:keyward:problem:{code}");
        Self { kind, title: title.into(), status, detail: detail.into(), code: code.into(), next: None }
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn next(self, step: impl Into<String>) -> Self {
        Self { next: Some(step.into()), ..self }
    }
}

/// What happened and what to do; fits after "could not ...: ".
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        match &self.next {
            Some(next) => write!(f, "; {next}"),
            None => Ok(()),
        }
    }
}
