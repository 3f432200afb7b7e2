//! A place in the queue of a full pool, in the hand of who waits.
//!
//! The server keeps no list of tickets that survives it: a ticket proves itself by a MAC that only the server can make.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// A ticket. Lower numbers of lower epochs come first.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ticket {
    /// The epoch of the pool that gave it.
    pub epoch: u64,
    /// Its number in that epoch.
    pub number: u32,
    /// Who waits, in a digest.
    pub holder: [u8; 16],
    /// Proves that the pool gave it.
    pub mac: [u8; 16],
}

const LENGTH: usize = 8 + 4 + 16 + 16;

/// Not a ticket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a ticket of a license server's queue; check the seat out again")]
pub struct BadTicket;

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&self.holder);
        bytes.extend_from_slice(&self.mac);
        f.pad(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl fmt::Debug for Ticket {
    /// What proves it is not printed: who reads a log shall not wait in another's place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({}, {})", self.epoch, self.number)
    }
}

impl FromStr for Ticket {
    type Err = BadTicket;

    fn from_str(text: &str) -> Result<Self, BadTicket> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadTicket)?;
        let (epoch, rest) = bytes.split_first_chunk().ok_or(BadTicket)?;
        let (number, rest) = rest.split_first_chunk().ok_or(BadTicket)?;
        let (holder, rest) = rest.split_first_chunk().ok_or(BadTicket)?;
        let mac = rest.try_into().map_err(|_| BadTicket)?;
        Ok(Self { epoch: u64::from_be_bytes(*epoch), number: u32::from_be_bytes(*number), holder: *holder, mac })
    }
}

impl TryFrom<String> for Ticket {
    type Error = BadTicket;

    fn try_from(text: String) -> Result<Self, BadTicket> {
        text.parse()
    }
}

impl From<Ticket> for String {
    fn from(ticket: Ticket) -> Self {
        ticket.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_read_as_it_was_written_and_does_not_print_its_proof() {
        let ticket = Ticket { epoch: 7, number: 9, holder: [3; 16], mac: [201; 16] };
        let text = ticket.to_string();
        assert_eq!(text.parse(), Ok(ticket));
        assert!(!format!("{ticket:?}").contains("201"));
        for bad in ["", "tea", &text[1..], &format!("{text}AA")] {
            assert_eq!(bad.parse::<Ticket>(), Err(BadTicket), "{bad}");
        }
    }
}
