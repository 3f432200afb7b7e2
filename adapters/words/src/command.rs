//! What only the command line says: how its lines begin, what it asks to be typed, what is to be done with a request.

use keyward_domain::time::Timestamp;

use crate::message::{Message, Part, Say};

/// A text of the command line that is neither a label of others nor an error of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandText {
    /// Somebody said no. The code stands in brackets in every language, for scripts.
    Refused {
        /// The stable code.
        code: String,
        /// What was said.
        what: String,
    },
    /// This host cannot.
    Failed {
        /// The stable code.
        code: String,
        /// What was said.
        what: String,
    },
    /// Nobody answered.
    NoAnswer {
        /// The stable code.
        code: String,
        /// What was said.
        what: String,
    },
    /// A file that was named cannot be used.
    WrongFile {
        /// The stable code.
        code: String,
        /// What was said.
        what: String,
    },
    /// What was typed cannot be used.
    Wrong {
        /// What was said.
        what: String,
    },
    /// Something said about one thing of several.
    About {
        /// What it is about.
        about: String,
        /// What was said.
        what: String,
    },
    /// A license on one line.
    License {
        /// Product and editions.
        license: String,
        /// What it is worth, in a word or two.
        status: String,
        /// When it ends, if it does.
        until: Option<Timestamp>,
        /// What is in doubt.
        trust: String,
        /// Its row's id.
        id: String,
    },
    /// Nobody knows whether there is a license.
    NotReadable,
    /// No product is named.
    NoProduct,
    /// The product's profile.
    NoProfile {
        /// Its file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// A license key is missing.
    NoKey,
    /// Which row is meant?
    NameARow,
    /// Which request is meant?
    NameARequest,
    /// A return was written down.
    ReturnBegun,
    /// What to do with an activation's or a refresh's request.
    Carry {
        /// The portal's address; none where only people answer it.
        portal: Option<String>,
    },
    /// What to do with a return's request.
    CarryReturn {
        /// The portal's address; none where only people answer it.
        portal: Option<String>,
    },
    /// A code was drawn.
    PictureSaved {
        /// Into which file.
        file: String,
    },
    /// A request is written down, but its file could not be made.
    FileIsMissing,
    /// It does not fit into codes.
    TooManyCodes {
        /// How many codes it would need.
        codes: u64,
        /// How many are the most.
        most: u64,
    },
    /// Nobody answered; there is another way.
    OrByHand,
    /// An answer was not taken.
    NotTaken {
        /// From which file, if it came in one.
        file: Option<String>,
    },
    /// Head of a column: a request.
    Request,
    /// Head of a column: the license that it is about.
    AboutLicense,
    /// Head of a column: since when it waits.
    Since,
    /// Head of a column: what a request is called.
    Name,
    /// How a waiting request's file is made again.
    HowToMakeAgain,
    /// A key server that a vendor's command does not believe.
    CertificateUnbelieved {
        /// Host and port.
        server: String,
    },
    /// Nobody knows whether a vendor's command was done.
    ServerSilent {
        /// What was tried.
        attempt: Message,
    },
    /// It was done, but the answer is in other words.
    DoneButNotRead {
        /// Host and port.
        server: String,
        /// Where it cannot be read.
        line: u64,
        /// The same.
        column: u64,
    },
    /// Who said it.
    ByServer {
        /// Host and port.
        server: String,
    },
    /// The file of an admin token.
    TokenNotRead {
        /// Which.
        file: String,
        /// What the system said.
        why: String,
    },
    /// A file with something else than an admin token.
    TokenIsNone {
        /// Which.
        file: String,
    },
    /// The file of certificate authorities.
    AuthoritiesNotRead {
        /// Which.
        file: String,
        /// What the system said.
        why: String,
    },
    /// The exported root.
    RootNotWritten {
        /// Into which file.
        file: String,
        /// What the system said.
        why: String,
    },
    /// The same.
    RootNotRead {
        /// In which file.
        file: String,
        /// What the system said.
        why: String,
    },
    /// A file with something else than a root.
    RootIsNone {
        /// Which.
        file: String,
    },
    /// No address of a key server.
    NoAddress {
        /// What was typed.
        address: String,
    },
    /// A request was wanted.
    FileIsAnswer {
        /// Which file.
        file: String,
    },
    /// The answer to a request was not written down here.
    AnswerNotLost,
}

impl Say for CommandText {
    fn message(&self) -> Message {
        let plain = Message::new;
        let coded = |id, code: &str, what: &str| Message::new(id).text("code", code).text("what", what);
        match self {
            Self::Refused { code, what } => coded("command-refused", code, what),
            Self::Failed { code, what } => coded("command-failed", code, what),
            Self::NoAnswer { code, what } => coded("command-no-answer", code, what),
            Self::WrongFile { code, what } => coded("command-wrong-file", code, what),
            Self::Wrong { what } => plain("command-wrong").text("what", what),
            Self::About { about, what } => plain("join-about").text("about", about).text("what", what),
            Self::License { license, status, until, trust, id } => match until {
                Some(until) => plain("command-license").instant("until", *until),
                None => plain("command-license-without-end"),
            }
            .text("license", license)
            .text("status", status)
            .text("trust", trust)
            .text("id", id),
            Self::NotReadable => plain("command-not-readable"),
            Self::NoProduct => plain("command-no-product"),
            Self::NoProfile { file, why } => plain("command-no-profile").text("file", file).text("why", why),
            Self::NoKey => plain("command-no-key"),
            Self::NameARow => plain("command-name-a-row"),
            Self::NameARequest => plain("command-name-a-request"),
            Self::ReturnBegun => plain("command-return-begun"),
            Self::Carry { portal: Some(portal) } => plain("command-carry-to-portal").text("portal", portal),
            Self::Carry { portal: None } => plain("command-carry"),
            Self::CarryReturn { portal: Some(portal) } => plain("command-carry-return-to-portal").text("portal", portal),
            Self::CarryReturn { portal: None } => plain("command-carry-return"),
            Self::PictureSaved { file } => plain("command-picture-saved").text("file", file),
            Self::FileIsMissing => plain("command-file-is-missing"),
            Self::TooManyCodes { codes, most } => plain("command-too-many-codes").number("codes", *codes).number("most", *most),
            Self::OrByHand => plain("command-or-by-hand"),
            Self::NotTaken { file: Some(file) } => plain("command-not-taken-from").text("file", file),
            Self::NotTaken { file: None } => plain("command-not-taken"),
            Self::Request => plain("command-request"),
            Self::AboutLicense => plain("command-about-license"),
            Self::Since => plain("command-since"),
            Self::Name => plain("command-name"),
            Self::HowToMakeAgain => plain("command-how-to-make-again"),
            Self::CertificateUnbelieved { server } => plain("command-certificate-unbelieved").text("server", server),
            Self::ServerSilent { attempt } => plain("command-server-silent").said("attempt", Part::Text, attempt),
            Self::DoneButNotRead { server, line, column } => {
                plain("command-done-but-not-read").text("server", server).number("line", *line).number("column", *column)
            }
            Self::ByServer { server } => plain("command-by-server").text("server", server),
            Self::TokenNotRead { file, why } => plain("command-token-not-read").text("file", file).text("why", why),
            Self::TokenIsNone { file } => plain("command-token-is-none").text("file", file),
            Self::AuthoritiesNotRead { file, why } => plain("command-authorities-not-read").text("file", file).text("why", why),
            Self::RootNotWritten { file, why } => plain("command-root-not-written").text("file", file).text("why", why),
            Self::RootNotRead { file, why } => plain("command-root-not-read").text("file", file).text("why", why),
            Self::RootIsNone { file } => plain("command-root-is-none").text("file", file),
            Self::NoAddress { address } => plain("command-no-address").text("address", address.escape_debug()),
            Self::FileIsAnswer { file } => plain("command-file-is-answer").text("file", file),
            Self::AnswerNotLost => plain("command-answer-not-lost"),
        }
    }
}
