//! What visitors hold in the server's stead: fields, a time, and a mark over both (HMAC-SHA-256) that only this server can make.

use hmac::{Hmac, KeyInit as _, Mac as _};
use keyward_domain::time::Timestamp;
use keyward_ports::{Entropy, SecretName, Secrets, SecretsError};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::PortalError;

/// What the secret is called.
const NAME: &str = "portal";
/// So many bytes it has: as many as the mark, so that guessing the one is no easier than guessing the other.
pub(super) const LENGTH: usize = 32;
/// Stands between fields; no id and no key id has it, and it needs no escape in a cookie or an address.
const BETWEEN: char = '~';

/// The secret.
pub(super) struct Stamp(Zeroizing<Vec<u8>>);

/// What a mark is for: one made for one use is none for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A ticket of a visit.
    Visit,
    /// A form.
    Form,
    /// An owner's link that frees a slot.
    Free,
    /// An owner, in their link.
    Owner,
}

impl Use {
    fn word(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Form => "form",
            Self::Free => "free",
            Self::Owner => "owner",
        }
    }
}

impl Stamp {
    /// Takes the secret, or makes it.
    pub(super) fn open(secrets: &dyn Secrets, entropy: &dyn Entropy) -> Result<Self, PortalError> {
        let name = SecretName::new(NAME);
        if let Some(secret) = secrets.get(&name)? {
            return Self::of(secret);
        }
        let mut fresh = Zeroizing::new(vec![0; LENGTH]);
        entropy.fill(&mut fresh)?;
        match secrets.put(&name, &fresh) {
            Ok(()) => Ok(Self(fresh)),
            // A replica was faster.
            Err(SecretsError::Taken(taken)) => Self::of(secrets.get(&name)?.ok_or(SecretsError::Taken(taken))?),
            Err(error) => Err(error.into()),
        }
    }

    fn of(secret: Zeroizing<Vec<u8>>) -> Result<Self, PortalError> {
        if secret.len() == LENGTH { Ok(Self(secret)) } else { Err(PortalError::ShortSecret { found: secret.len() }) }
    }

    /// Writes fields and their time down so that nobody can change them.
    pub(super) fn seal(&self, purpose: Use, fields: &[&str], until: Timestamp) -> String {
        let mut text = fields.join("~");
        text.push(BETWEEN);
        text.push_str(&until.as_second().to_string());
        let mark = self.mark(purpose, &text);
        text.push(BETWEEN);
        text + &mark
    }

    /// Reads what [`Self::seal`] wrote; none if it is something else or its time is over.
    pub(super) fn open_sealed<const N: usize>(&self, purpose: Use, text: &str, now: Timestamp) -> Option<([String; N], Timestamp)> {
        let (text, mark) = text.rsplit_once(BETWEEN)?;
        if !self.is_mark(purpose, text, mark) {
            return None;
        }
        let (fields, until) = text.rsplit_once(BETWEEN)?;
        let until = Timestamp::from_second(until.parse().ok()?).ok()?;
        let fields: Vec<_> = fields.split(BETWEEN).map(String::from).collect();
        (now < until).then_some((fields.try_into().ok()?, until))
    }

    /// The mark of a text for one use.
    pub(super) fn mark(&self, purpose: Use, text: &str) -> String {
        self.mac(purpose, text).map(|mac| data_encoding::BASE64URL_NOPAD.encode(&mac.finalize().into_bytes())).unwrap_or_default()
    }

    /// Whether a mark is the text's, in a time that does not depend on how much of it is right.
    pub(super) fn is_mark(&self, purpose: Use, text: &str, mark: &str) -> bool {
        let Ok(mark) = data_encoding::BASE64URL_NOPAD.decode(mark.as_bytes()) else { return false };
        self.mac(purpose, text).is_some_and(|mac| mac.verify_slice(&mark).is_ok())
    }

    fn mac(&self, purpose: Use, text: &str) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(purpose.word().as_bytes());
        mac.update(b"\n");
        mac.update(text.as_bytes());
        Some(mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("an instant")
    }

    #[test]
    fn what_was_sealed_is_read_until_its_time_is_over_and_for_its_use_alone() {
        let stamp = Stamp(Zeroizing::new(vec![7; 32]));
        let sealed = stamp.seal(Use::Visit, &["E-1", "abc"], at(100));
        assert_eq!(stamp.open_sealed(Use::Visit, &sealed, at(99)), Some((["E-1".into(), "abc".into()], at(100))));
        assert_eq!(stamp.open_sealed::<2>(Use::Visit, &sealed, at(100)), None);
        assert_eq!(stamp.open_sealed::<2>(Use::Free, &sealed, at(99)), None);
        assert_eq!(stamp.open_sealed::<3>(Use::Visit, &sealed, at(99)), None);
    }

    #[test]
    fn a_secret_of_another_length_is_none() {
        for found in [0, 1, LENGTH - 1, LENGTH + 1] {
            let error = Stamp::of(Zeroizing::new(vec![7; found])).err();
            assert!(matches!(error, Some(PortalError::ShortSecret { found: said }) if said == found), "{error:?}");
        }
        assert!(Stamp::of(Zeroizing::new(vec![7; LENGTH])).is_ok());
    }

    #[test]
    fn whoever_changes_one_character_has_nothing() {
        let stamp = Stamp(Zeroizing::new(vec![7; 32]));
        let sealed = stamp.seal(Use::Visit, &["E-1", "abc"], at(100));
        for place in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("it is ASCII");
            assert_eq!(stamp.open_sealed::<2>(Use::Visit, &changed, at(1)), None, "{changed}");
        }
        assert_eq!(Stamp(Zeroizing::new(vec![8; 32])).open_sealed::<2>(Use::Visit, &sealed, at(1)), None);
        for junk in ["", "~", "~~", "E-1~abc~100~", "💾~1~2"] {
            assert_eq!(stamp.open_sealed::<2>(Use::Visit, junk, at(1)), None, "{junk}");
        }
    }
}
