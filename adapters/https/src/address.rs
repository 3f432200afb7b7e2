//! Where a server is.

use std::fmt;

use reqwest::Url;
use reqwest::header::HeaderValue;

/// The address of a server: `https://HOST[:PORT]`, with a path before its endpoints if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    base: Url,
    shown: Box<str>,
}

/// A text that is no address of a server. Fits after "could not ...: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address:?} is no address of a key server ({why}); write https://HOST or https://HOST:PORT")]
pub struct BadAddress {
    address: Box<str>,
    why: Box<str>,
}

impl Address {
    /// Reads an address. Without TLS only this very host may be addressed: nothing leaves it unprotected.
    pub(crate) fn parse(text: &str) -> Result<Self, BadAddress> {
        let bad = |why: &str| BadAddress { address: text.into(), why: why.into() };
        let mut base = Url::parse(text.trim()).map_err(|error| bad(&error.to_string()))?;
        let host = base.host_str().unwrap_or_default();
        match base.scheme() {
            "https" => {}
            "http" if is_this_host(host) => {}
            "http" => return Err(bad("without TLS only this computer itself can be addressed")),
            _ => return Err(bad("it does not begin with https://")),
        }
        if !base.username().is_empty() || base.password().is_some() {
            // The text is not repeated: it holds a password.
            return Err(BadAddress { address: host.into(), why: "a user name or password stands in it".into() });
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(bad("it has a ? or a #"));
        }
        let shown = format!("{host}:{}", base.port_or_known_default().unwrap_or_default()).into();
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        Ok(Self { base, shown })
    }

    /// The URL of an endpoint; `path` begins with `/` and may end with a query. It can lead to no other server.
    pub(crate) fn at(&self, path: &str) -> Url {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url.set_query(query);
        url
    }
}

impl fmt::Display for Address {
    /// Host and port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

fn is_this_host(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// A header's value that no log shows.
pub(crate) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_host_and_port_and_leads_nowhere_else() {
        let table = [
            ("https://key.example", "key.example:443", "https://key.example/v1/x?a=b"),
            ("https://key.example:8443/", "key.example:8443", "https://key.example:8443/v1/x?a=b"),
            ("https://key.example/keyward/", "key.example:443", "https://key.example/keyward/v1/x?a=b"),
            ("https://[2001:db8::1]:1", "[2001:db8::1]:1", "https://[2001:db8::1]:1/v1/x?a=b"),
            ("http://127.0.0.1:80", "127.0.0.1:80", "http://127.0.0.1/v1/x?a=b"),
            ("http://[::1]:8080", "[::1]:8080", "http://[::1]:8080/v1/x?a=b"),
            ("http://localhost:8080", "localhost:8080", "http://localhost:8080/v1/x?a=b"),
        ];
        for (text, shown, url) in table {
            let address = Address::parse(text).expect(text);
            assert_eq!((address.to_string().as_str(), address.at("/v1/x?a=b").as_str()), (shown, url));
            assert_eq!(address.at("//evil.example/@evil.example").host_str(), address.base.host_str());
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_how_to_write_one() {
        let table = [
            ("", "relative URL"),
            ("key.example", "relative URL"),
            ("ftp://key.example", "does not begin with https://"),
            ("http://key.example", "without TLS"),
            ("http://192.0.2.1", "without TLS"),
            ("http://localhost.evil.example", "without TLS"),
            ("https://key.example/?a", "has a ?"),
            ("https://me:hunter2@key.example", "user name or password"),
        ];
        for (text, why) in table {
            let said = Address::parse(text).expect_err(text).to_string();
            assert!(said.contains(why) && said.contains("https://HOST") && !said.contains("hunter2"), "{said}");
        }
    }
}
