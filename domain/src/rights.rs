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

pub(crate) use words;

/// A word that is none of those there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {what}; choose {}", known.join(" or "))]
pub struct UnknownWord {
    pub(crate) what: &'static str,
    pub(crate) text: Box<str>,
    pub(crate) known: &'static [&'static str],
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cells() -> impl Iterator<Item = Cell> {
        let rows = KeyType::ALL.iter().flat_map(|key_type| Medium::ALL.iter().map(move |medium| (*key_type, *medium)));
        rows.flat_map(|(key_type, medium)| Right::ALL.iter().map(move |right| Cell { key_type, medium, right: *right }))
    }

    fn render(matrix: &Matrix) -> String {
        let word = |cell: Cell| matrix.allows(cell).map_or_else(|no| no.code, |()| "yes").to_owned();
        let cells: Vec<_> = cells().collect();
        let line = |row: &[Cell]| {
            let words: Vec<_> = row.iter().map(|cell| word(*cell)).collect();
            format!("{} on {}: {}", row[0].key_type, row[0].medium, words.join(" | "))
        };
        cells.chunks(Right::ALL.len()).map(line).collect::<Vec<_>>().join("\n")
    }

    /// Row K2, in the guides' words: perpetual everywhere; rental only with a license key; borrowing only network and license key;
    /// a server connection only network.
    #[test]
    fn the_matrix_is_the_guides() {
        let columns: Vec<_> = Right::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(columns, ["perpetual", "rental", "borrowing", "server-connection"]);
        let expected = "
stand-alone on license-key: yes | yes | stand-alone-key-cannot-borrow | stand-alone-key-has-no-server
stand-alone on dongle: yes | stand-alone-dongle-cannot-be-rented | stand-alone-dongle-cannot-borrow | stand-alone-dongle-has-no-server
network on license-key: yes | yes | yes | yes
network on dongle: yes | network-dongle-cannot-be-rented | network-dongle-cannot-borrow | yes";
        assert_eq!(render(&Matrix::default()), expected.trim());
        for cell in cells() {
            let guides = match cell.right {
                Right::Perpetual => true,
                Right::Rental => cell.medium == Medium::LicenseKey,
                Right::Borrowing => cell.key_type == KeyType::Network && cell.medium == Medium::LicenseKey,
                Right::Server => cell.key_type == KeyType::Network,
            };
            assert_eq!(Matrix::default().allows(cell).is_ok(), guides, "{cell:?}");
        }
    }

    #[test]
    fn every_no_has_a_code_of_its_own_and_says_what_to_do() {
        let nos: Vec<_> = cells().filter_map(|cell| Matrix::default().allows(cell).err()).collect();
        let codes: BTreeSet<_> = nos.iter().map(|no| no.code).collect();
        assert_eq!((nos.len(), codes.len()), (7, 7));
        for no in nos {
            assert!(!no.remedy.is_empty() && no.to_string().ends_with(no.remedy), "{no}");
        }
    }

    #[test]
    fn an_opened_cell_opens_no_other() {
        for opened in cells() {
            let matrix = Matrix::default().open(opened);
            for cell in cells() {
                let expected = cell == opened || Matrix::default().allows(cell).is_ok();
                assert_eq!(matrix.allows(cell).is_ok(), expected, "{cell:?} after opening {opened:?}");
            }
        }
    }

    /// Row K1: a trial is a tenure too, and can be had wherever something can be bought for good.
    #[test]
    fn a_trial_may_be_on_any_medium() {
        for (key_type, medium) in KeyType::ALL.iter().flat_map(|key_type| Medium::ALL.iter().map(move |medium| (*key_type, *medium))) {
            assert_eq!(Matrix::default().allows_tenure(key_type, medium, TenureKind::Trial), Ok(()));
            let rented = Matrix::default().allows_tenure(key_type, medium, TenureKind::Rental);
            assert_eq!(rented.is_ok(), medium == Medium::LicenseKey);
        }
    }

    #[test]
    fn a_word_is_read_as_it_is_written_and_a_stranger_is_told_the_choice() {
        for medium in Medium::ALL {
            assert_eq!(medium.to_string().parse(), Ok(*medium));
        }
        let error = "usb".parse::<Medium>().expect_err("is no medium").to_string();
        assert_eq!(error, "\"usb\" is no medium; choose license-key or dongle");
    }
}
