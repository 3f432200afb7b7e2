//! Acts at a license server that did not come to their end.

use keyward_engine::ActError;
use keyward_engine::license_manager::network::NetworkError;
use keyward_ports::{KeyServerError, MeetError};

use super::ports::tried;
use crate::message::{Join, Message, Part, Say};

impl Say for NetworkError {
    fn message(&self) -> Message {
        match self {
            Self::NoServer => Message::new("act-no-license-server"),
            Self::NotMet(all) => match &all[..] {
                [(_, error)] => error.message(),
                several => causes(Message::new("act-no-license-server-met"), several),
            },
            Self::OtherServer { server, row, unmet } if unmet.is_empty() => {
                Message::new("act-other-license-server").text("server", server).text("row", row)
            }
            Self::OtherServer { server, row, unmet } => {
                causes(Message::new("act-other-license-server-unmet").text("server", server).text("row", row), unmet)
            }
            Self::NotBorrowed { row } => Message::new("act-not-borrowed").text("row", row),
            Self::ReturnWaits(error) => Message::new("act-return-waits-at-server").said("cause", Part::Text, &**error),
            Self::Seats(error) => error.message(),
            // Whoever was asked is a license server, not the vendor's key server.
            Self::Act(ActError::Server(KeyServerError::Unreachable { attempts })) if !attempts.is_empty() => {
                tried(Message::new("license-server-unreachable"), attempts)
            }
            Self::Act(ActError::Server(KeyServerError::Silent { attempts })) => tried(Message::new("license-server-silent"), attempts),
            Self::Act(error) => error.message(),
            other => Message::untold(other),
        }
    }
}

/// Fills in why nobody was met at each address, and what to do about the first.
fn causes<A>(message: Message, all: &[(A, MeetError)]) -> Message {
    let messages = || all.iter().map(|(_, error)| error.message());
    message.all("causes", Part::Text, messages(), Join::Sentences).all("what-to-do", Part::Remedy, messages().take(1), Join::Sentences)
}
