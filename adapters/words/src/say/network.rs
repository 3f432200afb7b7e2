//! Acts at a license server that did not come to their end.

use keyward_engine::license_manager::network::NetworkError;
use keyward_ports::MeetError;

use crate::message::{Join, Message, Part, Say};

impl Say for NetworkError {
    fn message(&self) -> Message {
        match self {
            Self::NoServer => Message::new("act-no-license-server"),
            Self::NotMet(all) => match &all[..] {
                [(_, error)] => error.message(),
                several => not_met(several),
            },
            Self::OtherServer { server, row } => Message::new("act-other-license-server").text("server", server).text("row", row),
            Self::NotBorrowed { row } => Message::new("act-not-borrowed").text("row", row),
            Self::ReturnWaits(error) => Message::new("act-return-waits-at-server").said("cause", Part::Text, &**error),
            Self::Seats(error) => error.message(),
            Self::Act(error) => error.message(),
            other => Message::untold(other),
        }
    }
}

fn not_met<A>(all: &[(A, MeetError)]) -> Message {
    let messages = || all.iter().map(|(_, error)| error.message());
    Message::new("act-no-license-server-met").all("causes", Part::Text, messages(), Join::Sentences).all(
        "what-to-do",
        Part::Remedy,
        messages().take(1),
        Join::Sentences,
    )
}
