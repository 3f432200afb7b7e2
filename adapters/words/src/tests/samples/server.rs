//! Samples of what a server says to those who work at it.

use keyward_domain::staff::StaffRole;

use super::at;
use crate::ServerText;

pub(super) fn texts() -> Vec<ServerText> {
    vec![
        ServerText::NoToken,
        ServerText::WrongToken,
        ServerText::TokenRevoked { at: at() },
        ServerText::TooManyFailures { seconds: 1 },
        ServerText::TooManyFailures { seconds: 60 },
        ServerText::RoleMayNot { token: "shop".into(), role: StaffRole::Reseller },
        ServerText::TooManyRequests { seconds: 1 },
        ServerText::TooManyRequests { seconds: 30 },
        ServerText::TimedOut,
        ServerText::Failed,
    ]
}
