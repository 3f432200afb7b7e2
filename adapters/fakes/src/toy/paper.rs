//! What the service writes: a first line, `name: value` lines, and a signature over all of them as the last.

use keyward_domain::keys::{PublicKey, SigningKey};
use keyward_domain::seal::{MOST_BYTES, SealError};

const FIRST: &str = "TOY1\n";
const LAST: &str = "\nsignature: ";

/// Lines, in order. No name or value has a line break in it: domain names are printable, the rest is written by the service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Paper(Vec<(String, String)>);

impl Paper {
    /// Adds a line.
    pub(super) fn with(mut self, name: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.0.push((name.into(), value.to_string()));
        self
    }

    /// Adds the lines of another.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Writes and signs it.
    pub(super) fn sign(&self, key: &SigningKey) -> Vec<u8> {
        let lines: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let body = format!("{FIRST}{}", lines.join("\n"));
        let signature = data_encoding::HEXLOWER.encode(&key.sign(body.as_bytes()));
        format!("{body}{LAST}{signature}\n").into_bytes()
    }

    /// Checks the signature, then reads the lines.
    pub(super) fn open(bytes: &[u8], key: &PublicKey) -> Result<Self, SealError> {
        if bytes.len() > MOST_BYTES {
            return Err(SealError::TooLarge { found: bytes.len(), most: MOST_BYTES });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| broken("not text"))?;
        let (body, signature) = text.strip_suffix('\n').and_then(|text| text.rsplit_once(LAST)).ok_or_else(|| broken("no signature"))?;
        let signature = data_encoding::HEXLOWER.decode(signature.as_bytes()).map_err(|_| broken("the signature is not in hexadecimal"))?;
        key.verify(body.as_bytes(), &signature).map_err(|_| SealError::BadSignature)?;
        let lines = body.strip_prefix(FIRST).ok_or_else(|| unreadable("its first line"))?.lines();
        let pairs = lines.map(|line| line.split_once(": ").map(|(name, value)| (name.into(), value.into())));
        pairs.collect::<Option<_>>().map(Self).ok_or_else(|| unreadable("a line without a name"))
    }

    /// The values of all lines of a name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of the one line of a name, if there is one.
    pub(super) fn optional(&self, name: &str) -> Result<Option<&str>, SealError> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(unreadable(name)),
        }
    }

    /// The value of the one line of a name, as what it should be.
    pub(super) fn one<T: std::str::FromStr>(&self, name: &str) -> Result<T, SealError> {
        parse(name, self.optional(name)?.ok_or_else(|| unreadable(name))?)
    }
}

/// A value as what it should be.
pub(super) fn parse<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, SealError> {
    value.parse().map_err(|_| unreadable(name))
}

pub(super) fn unreadable(what: &str) -> SealError {
    SealError::Unreadable(what.into())
}

fn broken(why: &str) -> SealError {
    SealError::NotAnEnvelope(why.into())
}
