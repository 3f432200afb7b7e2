//! The portal's cookies: the ticket of a visit, what binds a guest's forms to them, and the chosen language.

use axum::http::header::{COOKIE, HeaderValue};
use axum::http::{HeaderMap, header};

/// How cookies are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookies {
    /// Over TLS: no other host and no plain connection can set or read them.
    Secure,
    /// Over loopback without TLS.
    Plain,
}

/// A cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The ticket.
    Visit,
    /// What a guest is known by while they log in.
    Guest,
    /// The language; nothing depends on it.
    Language,
}

/// How long a choice of language is kept: a year.
const LANGUAGE_SECONDS: u32 = 31_536_000;

impl Cookies {
    /// The value that came of a cookie.
    pub(crate) fn get(self, cookie: Cookie, headers: &HeaderMap) -> Option<&str> {
        let name = self.name(cookie);
        let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
        pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// Sets a cookie in an answer.
    pub(crate) fn set(self, cookie: Cookie, value: &str, headers: &mut HeaderMap) {
        let lasts = if cookie == Cookie::Language { format!("; Max-Age={LANGUAGE_SECONDS}") } else { String::new() };
        self.write(cookie, &format!("{value}{lasts}"), headers);
    }

    /// Has a cookie forgotten.
    pub(crate) fn clear(self, cookie: Cookie, headers: &mut HeaderMap) {
        self.write(cookie, "; Max-Age=0", headers);
    }

    fn write(self, cookie: Cookie, value: &str, headers: &mut HeaderMap) {
        let secure = match self {
            Self::Secure => "; Secure",
            Self::Plain => "",
        };
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}", self.name(cookie));
        // Tickets, marks and tags are letters, digits and a few signs that need no escape.
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.append(header::SET_COOKIE, value);
        }
    }

    fn name(self, cookie: Cookie) -> &'static str {
        match (self, cookie) {
            (Self::Secure, Cookie::Visit) => "__Host-keyward-visit",
            (Self::Secure, Cookie::Guest) => "__Host-keyward-guest",
            (Self::Secure, Cookie::Language) => "__Host-keyward-language",
            (Self::Plain, Cookie::Visit) => "keyward-visit",
            (Self::Plain, Cookie::Guest) => "keyward-guest",
            (Self::Plain, Cookie::Language) => "keyward-language",
        }
    }
}
