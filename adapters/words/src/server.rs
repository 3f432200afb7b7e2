//! What only a server says to those who work at it: whom it lets do what, and when it cannot.

use keyward_domain::staff::StaffRole;
use keyward_domain::time::Timestamp;

use crate::message::{Message, Part, Say};

/// A no of the admin API itself, before anything is asked of the hexagon; or of a server that cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerText {
    /// No token was shown.
    NoToken,
    /// A token that nobody knows.
    WrongToken,
    /// A token that was taken back.
    TokenRevoked {
        /// When.
        at: Timestamp,
    },
    /// Wrong tokens came from one address.
    TooManyFailures {
        /// How long to wait.
        seconds: u64,
    },
    /// The role of a token does not go so far.
    RoleMayNot {
        /// What the token is called.
        token: String,
        /// Its role.
        role: StaffRole,
    },
    /// Requests came from one address.
    TooManyRequests {
        /// How long to wait.
        seconds: u64,
    },
    /// It took too long.
    TimedOut,
    /// Something failed that only the server's log tells.
    Failed,
}

impl Say for ServerText {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::NoToken => plain("server-no-token"),
            Self::WrongToken => plain("server-wrong-token"),
            Self::TokenRevoked { at } => plain("server-token-revoked").instant("at", *at),
            Self::TooManyFailures { seconds } => plain("server-too-many-failures").number("seconds", *seconds),
            Self::RoleMayNot { token, role } => {
                plain("server-role-may-not").text("token", token).said("role", Part::Title, role).said("duties", Part::Text, role)
            }
            Self::TooManyRequests { seconds } => plain("server-too-many-requests").number("seconds", *seconds),
            Self::TimedOut => plain("server-timed-out"),
            Self::Failed => plain("server-failed"),
        }
    }
}

impl Say for StaffRole {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::Administrator => "staff-administrator",
            Self::Reseller => "staff-reseller",
        })
    }
}
