//! What can be sold: the guides' matrix of 16 cells (rows K1, K2), and the kinds of a license.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $type:ident ($what:literal) { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $type {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant),+
        }

        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$variant => $word),+ })
            }
        }

        impl FromStr for $type {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { what: $what, text: text.into(), known: &[$($word),+] }),
                }
            }
        }
    };
}

/// A word that is none of those there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {what}; choose {}", known.join(" or "))]
pub struct UnknownWord {
    what: &'static str,
    text: Box<str>,
    known: &'static [&'static str],
}

words! {
    /// Who counts: the host itself, or a license server's pool. The guides call it "encryption type".
    KeyType("key type") {
        /// One host at a time, each with a slot.
        StandAlone = "stand-alone",
        /// Seats of a pool.
        Network = "network",
    }
}
words! {
    /// What carries the right.
    Medium("medium") {
        /// 25 characters that are typed in.
        LicenseKey = "license-key",
        /// A USB device.
        Dongle = "dongle",
    }
}
words! {
    /// For how long it was sold. A vendor can issue a trial for any period.
    TenureKind("tenure") {
        /// Without an end.
        Perpetual = "perpetual",
        /// From a date until a date.
        Rental = "rental",
        /// To try, until a date.
        Trial = "trial",
    }
}
words! {
    /// What a combination of key type and medium may or may not be asked for: a column of the matrix.
    Right("right") {
        /// To be sold without an end.
        Perpetual = "perpetual",
        /// To be sold for a time.
        Rental = "rental",
        /// To take a seat away from the LAN.
        Borrowing = "borrowing",
        /// To be used through a license server.
        Server = "server-connection",
    }
}

/// One cell of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// Row, first half.
    pub key_type: KeyType,
    /// Row, second half.
    pub medium: Medium,
    /// Column.
    pub right: Right,
}

/// A no of the matrix, with its own code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a {key_type} license on a {medium} has no {right}; {remedy}")]
pub struct NotInMatrix {
    /// Its stable code.
    pub code: &'static str,
    key_type: KeyType,
    medium: Medium,
    right: Right,
    remedy: &'static str,
}

type No = Option<(&'static str, &'static str)>;
const YES: No = None;

/// The guides' matrix: a row a combination, a column a right in the order of [`Right::ALL`]; a no has its code and what to do instead.
const MATRIX: [(KeyType, Medium, [No; 4]); 4] = [
    (
        KeyType::StandAlone,
        Medium::LicenseKey,
        [
            YES,
            YES,
            Some(("stand-alone-key-cannot-borrow", "it works away from the LAN as it is")),
            Some(("stand-alone-key-has-no-server", "activate it on the host itself")),
        ],
    ),
    (
        KeyType::StandAlone,
        Medium::Dongle,
        [
            YES,
            Some(("stand-alone-dongle-cannot-be-rented", "sell a rental under a license key")),
            Some(("stand-alone-dongle-cannot-borrow", "take the dongle along")),
            Some(("stand-alone-dongle-has-no-server", "plug it into the host itself")),
        ],
    ),
    (KeyType::Network, Medium::LicenseKey, [YES, YES, YES, YES]),
    (
        KeyType::Network,
        Medium::Dongle,
        [
            YES,
            Some(("network-dongle-cannot-be-rented", "sell a rental under a license key")),
            Some(("network-dongle-cannot-borrow", "use a network license key where seats are to be borrowed")),
            YES,
        ],
    ),
];

/// What a vendor sells: the guides' matrix, and the cells that this vendor opened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Matrix {
    opened: BTreeSet<Cell>,
}

impl Matrix {
    /// Opens a cell that the guides keep shut.
    #[must_use]
    pub fn open(mut self, cell: Cell) -> Self {
        self.opened.insert(cell);
        self
    }

    /// Whether a right can be had; a no has its own code.
    pub fn allows(&self, cell: Cell) -> Result<(), NotInMatrix> {
        let Cell { key_type, medium, right } = cell;
        let column = Right::ALL.iter().position(|known| *known == right);
        let no = MATRIX.iter().find(|(k, m, _)| (*k, *m) == (key_type, medium)).zip(column).and_then(|((_, _, row), column)| row[column]);
        match no {
            Some((code, remedy)) if !self.opened.contains(&cell) => Err(NotInMatrix { code, key_type, medium, right, remedy }),
            _ => Ok(()),
        }
    }

    /// Whether something can be sold for a tenure. A trial ends, as a rental does, but may be tried on any medium.
    pub fn allows_tenure(&self, key_type: KeyType, medium: Medium, tenure: TenureKind) -> Result<(), NotInMatrix> {
        let right = match tenure {
            TenureKind::Perpetual | TenureKind::Trial => Right::Perpetual,
            TenureKind::Rental => Right::Rental,
        };
        self.allows(Cell { key_type, medium, right })
    }
}
