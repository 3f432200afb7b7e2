//! What the outside could not do.

use keyward_ports::{
    AnchorError, Attempt, EntropyError, FileExchangeError, KeyServerError, LedgerError, MailerError, MeetError, SeatsError, SecretsError,
    SignerError, Trouble, VaultError,
};

use crate::message::{Join, Message, Part, Say};

impl Say for KeyServerError {
    fn message(&self) -> Message {
        match self {
            Self::Unreachable { attempts } if attempts.is_empty() => Message::new("server-none-named"),
            Self::Unreachable { attempts } => tried(Message::new("server-unreachable"), attempts),
            Self::Silent { attempts } => tried(Message::new("server-silent"), attempts),
            Self::Rejected { server, status, detail, next, .. } => rejected("server-rejected", server, *status, detail, next),
            Self::Unsupported { kind } => Message::new("server-unsupported").said("kind", Part::Text, kind),
            Self::KeyNeeded => Message::new("server-key-needed"),
            other => Message::untold(other),
        }
    }
}

impl Say for MeetError {
    fn message(&self) -> Message {
        match self {
            Self::NoAnswer(attempt) => tried(Message::new("license-server-unreachable"), std::slice::from_ref(attempt)),
            Self::Rejected { server, status, detail, next, .. } => rejected("license-server-says-nothing", server, *status, detail, next),
            Self::NotBelieved { server, why } => Message::new("license-server-not-believed")
                .text("server", server)
                .said("why", Part::Text, why)
                .said("what-to-do", Part::Remedy, why),
            other => Message::untold(other),
        }
    }
}

impl Say for SeatsError {
    fn message(&self) -> Message {
        match self {
            Self::NoAnswer(attempt) => tried(Message::new("license-server-silent"), std::slice::from_ref(attempt)),
            Self::Rejected { server, status, detail, next, .. } => rejected("server-rejected", server, *status, detail, next),
            other => Message::untold(other),
        }
    }
}

fn rejected(id: &'static str, server: &str, status: u16, detail: &str, next: &str) -> Message {
    Message::new(id).text("server", server).text("status", status).text("detail", fragment(detail)).text("next", fragment(next))
}

/// What a server said, without its full stop: the text has one.
fn fragment(said: &str) -> &str {
    said.trim_end().trim_end_matches('.')
}

/// Each server with its trouble; what to do is said once for each trouble.
pub(super) fn tried(message: Message, attempts: &[Attempt]) -> Message {
    let mut troubles: Vec<Trouble> = Vec::new();
    for attempt in attempts {
        if !troubles.contains(&attempt.trouble) {
            troubles.push(attempt.trouble);
        }
    }
    message.all("attempts", Part::Text, attempts.iter().map(Say::message), Join::Clauses).all(
        "what-to-do",
        Part::Remedy,
        troubles.iter().map(Say::message),
        Join::Sentences,
    )
}

impl Say for Attempt {
    fn message(&self) -> Message {
        let trouble = match (self.trouble, &self.cause) {
            // What a server says of itself is for people; what a library says is not.
            (Trouble::OutOfOrder, Some(said)) => Message::new("trouble-out-of-order-because").text("said", said),
            (trouble, _) => trouble.message(),
        };
        match &self.proxy {
            None => Message::new("attempt").text("server", &self.server),
            Some(proxy) => Message::new("attempt-through-proxy").text("server", &self.server).text("proxy", proxy),
        }
        .said("trouble", Part::Text, &trouble)
    }
}

impl Say for Trouble {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::NoSuchHost => "trouble-no-such-host",
            Self::NoConnection => "trouble-no-connection",
            Self::ProxyUnreachable => "trouble-proxy-unreachable",
            Self::ProxyWantsPassword => "trouble-proxy-wants-password",
            Self::ProxyRefused => "trouble-proxy-refused",
            Self::Certificate => "trouble-certificate",
            Self::OtherKey => "trouble-other-key",
            Self::Timeout => "trouble-timeout",
            Self::Broken => "trouble-broken",
            Self::NotAKeyServer => "trouble-not-a-key-server",
            Self::OutOfOrder => "trouble-out-of-order",
            Self::SkippedAsDead => "trouble-skipped-as-dead",
            other => return Message::untold(other),
        })
    }
}

impl Say for VaultError {
    fn message(&self) -> Message {
        match self {
            Self::Led { by: None } => Message::new("vault-led"),
            Self::Led { by: Some(by) } => Message::new("vault-led-by").text("by", by),
            Self::Damaged { place, why } => Message::new("vault-damaged").text("place", place).text("why", why),
            Self::Tampered { place } => Message::new("vault-tampered").text("place", place),
            Self::Newer { place, needs } => Message::new("vault-newer").text("place", place).names("needs", needs),
            Self::Full { place, .. } => Message::new("vault-full").text("place", place),
            Self::Storage { place, .. } => Message::new("vault-storage").text("place", place),
            other => Message::untold(other),
        }
    }
}

impl Say for AnchorError {
    fn message(&self) -> Message {
        match self {
            Self::Damaged { place, why } => Message::new("anchor-damaged").text("place", place).text("why", why),
            Self::Newer { place } => Message::new("anchor-newer").text("place", place),
            Self::Full { place, .. } => Message::new("anchor-full").text("place", place),
            Self::Storage { place, .. } => Message::new("anchor-storage").text("place", place),
            other => Message::untold(other),
        }
    }
}

impl Say for SecretsError {
    fn message(&self) -> Message {
        match self {
            Self::Taken(name) => Message::new("secrets-taken").text("name", name),
            Self::Full { place, .. } => Message::new("secrets-full").text("place", place),
            Self::Storage { place, .. } => Message::new("secrets-storage").text("place", place),
            other => Message::untold(other),
        }
    }
}

impl Say for LedgerError {
    fn message(&self) -> Message {
        match self {
            Self::Full(_) => Message::new("ledger-full"),
            Self::InUse(_) => Message::new("ledger-in-use"),
            Self::Unreadable { why, .. } => Message::new("ledger-unreadable").text("why", why),
            Self::Storage(_) => Message::new("ledger-storage"),
            Self::Closed => Message::new("ledger-closed"),
            other => Message::untold(other),
        }
    }
}

impl Say for FileExchangeError {
    fn message(&self) -> Message {
        let about = |id, place: &str| Message::new(id).text("place", place);
        match self {
            Self::NotFound(place) => about("exchange-not-found", place),
            Self::Taken(place) => about("exchange-taken", place),
            Self::Full(place) => about("exchange-full", place),
            Self::Storage { place, .. } => about("exchange-storage", place),
            Self::TooLarge(place) => about("exchange-too-large", place),
            Self::Unreadable { file, code, why } => match unreadable(code) {
                Some(cause) => {
                    about("exchange-unreadable", file).said("cause", Part::Text, &cause).said("what-to-do", Part::Remedy, &cause)
                }
                None => about("exchange-unreadable-because", file).text("why", why),
            },
            Self::Newer(place) => about("exchange-newer", place),
            other => Message::untold(other),
        }
    }
}

/// What is wrong with a file, by its code alone.
fn unreadable(code: &str) -> Option<Message> {
    match code {
        "web-page" => Some(Message::new("unreadable-web-page")),
        "wrapped" => Some(Message::new("unreadable-wrapped")),
        "cut-short" => Some(Message::new("unreadable-cut-short")),
        "stripped" => Some(Message::new("unreadable-stripped")),
        "picture-too-large" => Some(Message::new("unreadable-large-picture")),
        "no-code" => Some(Message::new("unreadable-no-code")),
        "parts-mixed" => Some(Message::new("unreadable-parts-mixed")),
        "not-keyward" => Some(Message::new("unreadable-something-else")),
        "damaged" => Some(Message::new("unreadable-somehow-damaged")),
        "hostile" => Some(Message::new("unreadable-somehow-hostile")),
        "other-encoding" => Some(Message::new("unreadable-not-utf-8")),
        "parts-missing" => Some(Message::new("unreadable-some-parts-missing")),
        _ => None,
    }
}

impl Say for MailerError {
    fn message(&self) -> Message {
        match self {
            Self::Storage { place, .. } => Message::new("mailer-storage").text("place", place),
            other => Message::untold(other),
        }
    }
}

impl Say for SignerError {
    fn message(&self) -> Message {
        Message::new("signer").text("key", self.key)
    }
}

impl Say for EntropyError {
    fn message(&self) -> Message {
        Message::new("entropy")
    }
}
