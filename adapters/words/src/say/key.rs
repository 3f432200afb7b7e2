//! The slips of a typing hand, with their place. The key itself is never said.

use keyward_domain::license_key::{LicenseKeyError, Neighbours, Place};

use crate::message::{Join, Message, Part, Say};

impl Say for LicenseKeyError {
    fn message(&self) -> Message {
        match self {
            Self::Length { found } => Message::new("key-length").number("found", *found as u64),
            Self::LetterU { at } => Message::new("key-letter-u").said("at", Part::Text, at),
            Self::Stranger { at, typed } => Message::new("key-stranger").said("at", Part::Text, at).text("typed", typed.escape_debug()),
            Self::Mistyped { at } => Message::new("key-mistyped").said("at", Part::Text, at),
            Self::Swapped { pair } => Message::new("key-swapped").said("pair", Part::Text, pair),
            Self::Suspects { pairs } => Message::new("key-suspects").all("pairs", Part::Text, pairs.iter().map(Say::message), Join::Choice),
            Self::DoesNotCheck => Message::new("key-does-not-check"),
        }
    }
}

impl Say for Place {
    fn message(&self) -> Message {
        Message::new("key-place").number("position", self.position()).number("group", self.group())
    }
}

impl Say for Neighbours {
    fn message(&self) -> Message {
        let (first, second) = (self.first(), self.second());
        if first.group() == second.group() {
            Message::new("key-neighbours")
                .number("first", first.position())
                .number("second", second.position())
                .number("group", first.group())
        } else {
            Message::new("key-neighbours-apart").said("first", Part::Text, &first).said("second", Part::Text, &second)
        }
    }
}
