//! What can be sold: the kinds of a license, for cells of tables, and each no of the matrix.

use keyward_domain::rights::{KeyType, Medium, NotInMatrix, Right, TenureKind};

use crate::message::{Message, Say};

impl Say for KeyType {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::StandAlone => "key-type-stand-alone",
            Self::Network => "key-type-network",
        })
    }
}

impl Say for Medium {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::LicenseKey => "medium-license-key",
            Self::Dongle => "medium-dongle",
        })
    }
}

impl Say for TenureKind {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::Perpetual => "tenure-perpetual",
            Self::Rental => "tenure-rental",
            Self::Trial => "tenure-trial",
        })
    }
}

impl Say for Right {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::Perpetual => "right-perpetual",
            Self::Rental => "right-rental",
            Self::Borrowing => "right-borrowing",
            Self::Server => "right-server",
        })
    }
}

impl Say for NotInMatrix {
    fn message(&self) -> Message {
        Message::new(match self.code {
            "stand-alone-key-cannot-borrow" => "no-stand-alone-key-cannot-borrow",
            "stand-alone-key-has-no-server" => "no-stand-alone-key-has-no-server",
            "stand-alone-dongle-cannot-be-rented" => "no-stand-alone-dongle-cannot-be-rented",
            "stand-alone-dongle-cannot-borrow" => "no-stand-alone-dongle-cannot-borrow",
            "stand-alone-dongle-has-no-server" => "no-stand-alone-dongle-has-no-server",
            "network-dongle-cannot-be-rented" => "no-network-dongle-cannot-be-rented",
            "network-dongle-cannot-borrow" => "no-network-dongle-cannot-borrow",
            // A cell that was shut since: a test asks for all of them.
            _ => return Message::untold(self),
        })
    }
}
