//! The secrets that are handed over once. Their `Debug` shows none of them, and their memory is wiped.

use std::fmt;

use keyward_domain::entitlement::Entitlement;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::pages::TokenLine;

/// What was issued. The server keeps no license key: this is the only time it is seen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The license key, in groups of five.
    pub key: Zeroizing<String>,
    /// What was sold under it.
    pub entitlement: Entitlement,
}

/// A token that was handed out. The server keeps its digest: this is the only time it is seen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedToken {
    /// The token.
    pub secret: Zeroizing<String>,
    /// What is known of it.
    pub token: TokenLine,
}

/// The seed of the vendor's root, to be kept off the server. Whoever has it can name issuers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootSeed {
    /// 32 bytes; base64 (RFC 4648 section 4) in JSON.
    #[serde(with = "base64_seed")]
    pub seed: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("entitlement", &self.entitlement).finish_non_exhaustive()
    }
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken").field("token", &self.token).finish_non_exhaustive()
    }
}

impl fmt::Debug for RootSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootSeed").finish_non_exhaustive()
    }
}

mod base64_seed {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(seed: &Zeroizing<[u8; 32]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(seed.as_slice())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<[u8; 32]>, D::Error> {
        // Errors name no character of it: it is a secret, if a misspelt one.
        let text = Zeroizing::<String>::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text.as_bytes()).map_err(|_| D::Error::custom("the seed is not base64"))?;
        let bytes = Zeroizing::new(bytes);
        let seed: [u8; 32] = bytes.as_slice().try_into().map_err(|_| D::Error::custom("a seed has 32 bytes"))?;
        Ok(Zeroizing::new(seed))
    }
}
