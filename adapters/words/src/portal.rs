//! What only the portal says: hints of its pages, what stands in a history, the owner's letter.

use keyward_domain::time::Timestamp;

use crate::message::{Message, Say};

/// A text of the portal that is neither a label of others nor an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortalText {
    /// Beside the field of the license key.
    KeyHint,
    /// What becomes of the license key.
    KeyIsForgotten,
    /// Nobody holds the license.
    NoDevices,
    /// What the table of devices is.
    DevicesOf {
        /// The product.
        product: String,
    },
    /// Head of a column: who did it.
    Who,
    /// The device.
    TheDevice,
    /// Somebody with the license key.
    AKeyHolder,
    /// The owner.
    TheOwner,
    /// The vendor.
    TheVendor,
    /// Something that happened, by the log's word for it; one that is not known is told as it is.
    Happened(Box<str>),
    /// There was nothing.
    NothingHappened,
    /// To older lines.
    Older,
    /// To further devices.
    MoreDevices,
    /// Beside the field of the file.
    FileHint,
    /// The field for the text of a QR code.
    CodeText,
    /// Beside it.
    CodeTextHint,
    /// Title of an answer's page.
    YourAnswer,
    /// The answer gives a right.
    Grants {
        /// On which host; none = it is not known any more.
        host: Option<String>,
    },
    /// The answer confirms a return.
    Confirms,
    /// The answer takes a right away.
    TakesAway,
    /// How an answer crosses as a code.
    ScanIt,
    /// Names a code of several.
    CodeOf {
        /// Which; the first is 1.
        number: u64,
        /// How many there are.
        of: u64,
    },
    /// Title of a refusal's page.
    Refused,
    /// Title of a page that says which file was wrong.
    NotTaken,
    /// Before a code.
    Code,
    /// What to do with a refusal.
    RefusalToo,
    /// How much of the budget of transfers is used up.
    TransfersSpent {
        /// Used up.
        spent: u64,
        /// There are.
        times: u64,
        /// Within so many days.
        days: u64,
    },
    /// Why only the owner frees a slot.
    OwnerConfirms,
    /// The button that has a link sent.
    SendLink,
    /// What the owner's letter is about.
    LetterSubject {
        /// The product.
        product: String,
    },
    /// What it says.
    Letter {
        /// The product.
        product: String,
        /// The host whose slot is to be freed.
        host: String,
        /// The license key, masked.
        key: String,
        /// Where the slot is freed.
        link: String,
        /// Until when.
        until: Timestamp,
    },
    /// What the row of buttons for languages is, and the like, for screen readers.
    MainMenu,
}

impl Say for PortalText {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::KeyHint => plain("portal-key-hint"),
            Self::KeyIsForgotten => plain("portal-key-is-forgotten"),
            Self::NoDevices => plain("portal-no-devices"),
            Self::DevicesOf { product } => plain("portal-devices-of").text("product", product),
            Self::Who => plain("portal-who"),
            Self::TheDevice => plain("portal-the-device"),
            Self::AKeyHolder => plain("portal-a-key-holder"),
            Self::TheOwner => plain("portal-the-owner"),
            Self::TheVendor => plain("portal-the-vendor"),
            Self::Happened(act) => happened(act),
            Self::NothingHappened => plain("portal-nothing-happened"),
            Self::Older => plain("portal-older"),
            Self::MoreDevices => plain("portal-more-devices"),
            Self::FileHint => plain("portal-file-hint"),
            Self::CodeText => plain("portal-code-text"),
            Self::CodeTextHint => plain("portal-code-text-hint"),
            Self::YourAnswer => plain("portal-your-answer"),
            Self::Grants { host: Some(host) } => plain("portal-grants").text("host", host),
            Self::Grants { host: None } => plain("portal-grants-somewhere"),
            Self::Confirms => plain("portal-confirms"),
            Self::TakesAway => plain("portal-takes-away"),
            Self::ScanIt => plain("portal-scan-it"),
            Self::CodeOf { number, of } => plain("portal-code-of").number("number", *number).number("of", *of),
            Self::Refused => plain("portal-refused"),
            Self::NotTaken => plain("portal-not-taken"),
            Self::Code => plain("portal-code"),
            Self::RefusalToo => plain("portal-refusal-too"),
            Self::TransfersSpent { spent, times, days } => {
                plain("portal-transfers-spent").number("spent", *spent).number("times", *times).number("days", *days)
            }
            Self::OwnerConfirms => plain("portal-owner-confirms"),
            Self::SendLink => plain("portal-send-link"),
            Self::LetterSubject { product } => plain("portal-letter-subject").text("product", product),
            Self::Letter { product, host, key, link, until } => {
                let letter = plain("portal-letter").text("product", product).text("host", host).text("key", key);
                letter.text("link", link).instant("until", *until)
            }
            Self::MainMenu => plain("portal-main-menu"),
        }
    }
}

/// The words of a key server's log, and how they are told.
pub(crate) const HAPPENED: [(&str, &str); 17] = [
    ("issued", "portal-happened-issued"),
    ("activated", "portal-happened-activated"),
    ("activated again", "portal-happened-activated-again"),
    ("moved", "portal-happened-moved"),
    ("refreshed", "portal-happened-refreshed"),
    ("returned", "portal-happened-returned"),
    ("returned before", "portal-happened-returned-before"),
    ("told of its revocation", "portal-happened-told"),
    ("told what became of it", "portal-happened-told"),
    ("revoked", "portal-happened-revoked"),
    ("extended", "portal-happened-extended"),
    ("license key replaced", "portal-happened-key-replaced"),
    ("slot freed", "portal-happened-slot-freed"),
    ("asked to free a slot", "portal-happened-asked-to-free"),
    ("answered a request: granted", "portal-happened-answered-granted"),
    ("answered a request: returned", "portal-happened-answered-returned"),
    ("answered a request: taken away", "portal-happened-answered-taken-away"),
];

/// What stands around the code of a refusal in the log's word for it.
pub(crate) const REFUSED: (&str, &str) = ("answered a request: refused (", ")");

fn happened(act: &str) -> Message {
    if let Some(code) = act.strip_prefix(REFUSED.0).and_then(|act| act.strip_suffix(REFUSED.1)) {
        return Message::new("portal-happened-answered-refused").text("code", code);
    }
    match HAPPENED.iter().find(|(known, _)| *known == act) {
        Some((_, id)) => Message::new(id),
        None => Message::untold(act),
    }
}
