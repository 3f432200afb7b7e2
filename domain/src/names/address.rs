//! Where a license server is: what people type, and what a server says of itself.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The port of a license server that was given none.
pub const DEFAULT_PORT: u16 = 27_487;

/// No name in the DNS is longer (RFC 1035 section 2.3.4), nor any part of one than 63.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Host and port of a license server, written `HOST[:PORT]`; an IPv6 address stands in brackets (RFC 3986 section 3.2.2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerAddress {
    host: Host,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Host {
    Name(Box<str>),
    Ip(IpAddr),
}

/// Why a text is no address of a license server. Fits after "could not ...: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no address of a license server ({why}); write HOST or HOST:PORT, such as licenses.example.com or 192.0.2.7:{DEFAULT_PORT}"
)]
pub struct AddressError {
    /// What was given, shortened.
    pub text: Box<str>,
    /// What is wrong with it.
    pub why: AddressFault,
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Nothing was given, or nothing before the colon.
    #[error("it names no host")]
    NoHost,
    /// It begins as the address of a web page.
    #[error("leave out what stands before and after the host's name, as in https://...")]
    Url,
    /// A character that stands in no host's name.
    #[error("{0:?} stands in no host's name; write other scripts in their xn-- form")]
    Character(char),
    /// A part of the name is empty or too long.
    #[error("a host's name has at most 253 characters, in parts of 1 to 63 between its dots")]
    Length,
    /// It looks like an IP address and is none.
    #[error("it is no IP address, and no host's name ends in a number")]
    Number,
    /// An IPv6 address without brackets, or what stands in the brackets is none.
    #[error("an IPv6 address stands in brackets, as in [2001:db8::7] or [2001:db8::7]:{DEFAULT_PORT}")]
    Brackets,
    /// The port is none.
    #[error("a port is a number from 1 to 65535")]
    Port,
}

impl ServerAddress {
    /// This port of an IP address.
    pub fn of_ip(ip: IpAddr, port: u16) -> Self {
        Self { host: Host::Ip(ip), port }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host: its name in small letters, or its IP address without brackets.
    pub fn host(&self) -> String {
        match &self.host {
            Host::Name(name) => name.to_string(),
            Host::Ip(ip) => ip.to_string(),
        }
    }

    /// The IP address, if it is not a name.
    pub fn ip(&self) -> Option<IpAddr> {
        match self.host {
            Host::Name(_) => None,
            Host::Ip(ip) => Some(ip),
        }
    }
}

fn parse(text: &str) -> Result<ServerAddress, AddressFault> {
    if text.contains('/') {
        return Err(AddressFault::Url);
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (ip, rest) = rest.split_once(']').ok_or(AddressFault::Brackets)?;
        let ip: Ipv6Addr = ip.parse().map_err(|_| AddressFault::Brackets)?;
        let port = match rest.strip_prefix(':') {
            Some(digits) => port(digits)?,
            None if rest.is_empty() => DEFAULT_PORT,
            None => return Err(AddressFault::Brackets),
        };
        return Ok(ServerAddress::of_ip(ip.into(), port));
    }
    let (host, port) = match text.split_once(':') {
        Some((_, rest)) if rest.contains(':') => return Err(AddressFault::Brackets),
        Some((host, digits)) => (host, port(digits)?),
        None => (text, DEFAULT_PORT),
    };
    Ok(ServerAddress { host: host_of(host)?, port })
}

fn port(digits: &str) -> Result<u16, AddressFault> {
    // A sign is no digit, though the parser takes one.
    let port = if digits.bytes().all(|digit| digit.is_ascii_digit()) { digits.parse().ok() } else { None };
    port.filter(|port| *port > 0).ok_or(AddressFault::Port)
}

fn host_of(text: &str) -> Result<Host, AddressFault> {
    if let Ok(ip) = text.parse() {
        return Ok(Host::Ip(ip));
    }
    // The dot of the root may stand at the end and says nothing.
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.is_empty() {
        return Err(AddressFault::NoHost);
    }
    if let Some(character) = name.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')) {
        return Err(AddressFault::Character(character));
    }
    if name.len() > LONGEST_NAME || name.split('.').any(|label| label.is_empty() || label.len() > LONGEST_LABEL) {
        return Err(AddressFault::Length);
    }
    // Some resolvers read `1.2` or `0x7f` as an IPv4 address (WHATWG URL section 3.5): then it would be another host on each computer.
    let last = name.rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.get(..2).is_some_and(|it| it.eq_ignore_ascii_case("0x"));
    if last.bytes().all(|byte| byte.is_ascii_digit()) || hexadecimal {
        return Err(AddressFault::Number);
    }
    Ok(Host::Name(name.to_ascii_lowercase().into()))
}

impl FromStr for ServerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        parse(text.trim()).map_err(|why| AddressError { text: text.chars().take(80).collect::<String>().into(), why })
    }
}

impl fmt::Display for ServerAddress {
    /// Host and port, whichever port it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}", self.port),
            Host::Ip(ip) => write!(f, "{ip}:{}", self.port),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

impl TryFrom<String> for ServerAddress {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<ServerAddress> for String {
    fn from(address: ServerAddress) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_written_with_its_port() {
        for (text, written, host) in [
            ("Licenses.Example.com", "licenses.example.com:27487", "licenses.example.com"),
            (" licenses.example.com.:1 ", "licenses.example.com:1", "licenses.example.com"),
            ("cad_server-2", "cad_server-2:27487", "cad_server-2"),
            ("192.0.2.7:65535", "192.0.2.7:65535", "192.0.2.7"),
            ("[2001:DB8::7]", "[2001:db8::7]:27487", "2001:db8::7"),
            ("[::1]:8443", "[::1]:8443", "::1"),
        ] {
            let address: ServerAddress = text.parse().expect(text);
            assert_eq!((address.to_string().as_str(), address.host().as_str()), (written, host));
            assert_eq!(address.to_string().parse(), Ok(address));
        }
    }

    #[test]
    fn what_is_no_address_says_what_is_wrong_and_how_to_write_one() {
        let long = format!("{}.example", "x".repeat(64));
        for (text, why) in [
            ("", AddressFault::NoHost),
            (":27487", AddressFault::NoHost),
            (".", AddressFault::NoHost),
            ("https://licenses.example.com", AddressFault::Url),
            ("licenses.example.com/", AddressFault::Url),
            ("a b", AddressFault::Character(' ')),
            ("me@licenses", AddressFault::Character('@')),
            ("服务器", AddressFault::Character('服')),
            ("a..b", AddressFault::Length),
            (&long, AddressFault::Length),
            ("192.0.2", AddressFault::Number),
            ("192.0.2.256", AddressFault::Number),
            ("0x7f", AddressFault::Number),
            ("::1", AddressFault::Brackets),
            ("[::1", AddressFault::Brackets),
            ("[::1]27487", AddressFault::Brackets),
            ("[192.0.2.7]", AddressFault::Brackets),
            ("[fe80::1%eth0]", AddressFault::Brackets),
            ("licenses:", AddressFault::Port),
            ("licenses:0", AddressFault::Port),
            ("licenses:+80", AddressFault::Port),
            ("licenses:65536", AddressFault::Port),
        ] {
            let error = text.parse::<ServerAddress>().expect_err(text);
            assert_eq!(error.why, why, "{text}");
            assert!(error.to_string().ends_with("such as licenses.example.com or 192.0.2.7:27487"), "{error}");
        }
        assert!(serde_json::from_str::<ServerAddress>("\"::1\"").is_err());
    }
}
