//! Labels: what stands on tabs, buttons, fields and in the heads of tables. They take no parameters.

use crate::message::{Message, Say};

macro_rules! labels {
    ($($(#[$doc:meta])* $label:ident = $id:literal),+ $(,)?) => {
        /// A short text of the portal, the command line or the window.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Label {
            $($(#[$doc])* $label),+
        }

        impl Label {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$label),+];
        }

        impl Say for Label {
            fn message(&self) -> Message {
                Message::new(match self { $(Self::$label => $id),+ })
            }
        }
    };
}

labels! {
    /// The language's own name, for whoever looks for it.
    ThisLanguage = "label-this-language",
    /// Names the choice of languages.
    Languages = "label-languages",

    // Titles and pages (rows W1, M3, M4).
    /// The window's and the portal's title.
    LicenseManager = "label-license-manager",
    /// The portal's title.
    Portal = "label-portal",
    /// Menu: the table of licenses.
    LicenseInformation = "label-license-information",
    /// Menu and field: license key.
    LicenseKey = "label-license-key",
    /// Menu: what is done with dongles.
    UsbDongle = "label-usb-dongle",
    /// Menu and tab: return.
    ReturnLicense = "label-return-license",
    /// Tab: the table of what was sold.
    LicenseManagement = "label-license-management",
    /// Tab: activation by file.
    Activation = "label-activation",
    /// Menu: sign in to an account.
    Account = "label-account",
    /// Menu: how the server is reached.
    ProxySettings = "label-proxy-settings",

    // Ways (row W3).
    /// Over the network.
    OnlineActivation = "label-online-activation",
    /// By file.
    ManualActivation = "label-manual-activation",
    /// A seat of a license server.
    NetworkLicense = "label-network-license",
    /// A seat that is taken along.
    BorrowLicense = "label-borrow-license",
    /// A dongle in this computer.
    StandaloneDongle = "label-standalone-dongle",
    /// A dongle in a license server.
    NetworkDongle = "label-network-dongle",
    /// Over the network.
    OnlineReturn = "label-online-return",
    /// By file.
    ManualReturn = "label-manual-return",
    /// A borrowed seat before it is due.
    BorrowedReturn = "label-borrowed-return",

    // Heads of tables (rows W2, M5).
    /// A row's number.
    Number = "label-number",
    /// What it is for, in one cell.
    ProductVersionLanguage = "label-product-version-language",
    /// The product.
    Product = "label-product",
    /// Its version.
    Version = "label-version",
    /// Its edition.
    Edition = "label-edition",
    /// Its language.
    Language = "label-language",
    /// What a license is worth now.
    Status = "label-status",
    /// When it ends.
    ExpirationDate = "label-expiration-date",
    /// What is in doubt.
    TrustFlag = "label-trust-flag",
    /// Stand-alone or network.
    EncryptionType = "label-encryption-type",
    /// Perpetual, rental or trial.
    LicenseType = "label-license-type",
    /// From when until when.
    ServicePeriod = "label-service-period",
    /// What was sold is worth now.
    LicenseStatus = "label-license-status",
    /// The answer, to take along.
    ResponseXml = "label-response-xml",
    /// Who holds it.
    Device = "label-device",
    /// When it was heard from.
    LastSeen = "label-last-seen",
    /// What happened.
    History = "label-history",
    /// When something happened.
    Time = "label-time",
    /// What happened, in a history.
    Event = "label-event",
    /// Slots, used and there are.
    Activations = "label-activations",
    /// The file of the host's question.
    RequestFile = "label-request-file",
    /// The file of the issuer's answer.
    AnswerFile = "label-answer-file",
    /// The same as a picture.
    QrCode = "label-qr-code",

    // Buttons.
    /// Activate.
    Activate = "label-activate",
    /// Begin a trial.
    StartTrial = "label-start-trial",
    /// Ask the issuer again.
    Refresh = "label-refresh",
    /// Give back.
    Return = "label-return",
    /// Borrow.
    Borrow = "label-borrow",
    /// Ask a server what it has.
    Query = "label-query",
    /// Make a request file.
    Generate = "label-generate",
    /// Take an answer file in.
    Load = "label-load",
    /// Send a form.
    Submit = "label-submit",
    /// Fetch a file.
    Download = "label-download",
    /// Choose a file.
    ChooseFile = "label-choose-file",
    /// Save.
    Save = "label-save",
    /// Leave off.
    Cancel = "label-cancel",
    /// Close.
    Close = "label-close",
    /// Go back.
    Back = "label-back",
    /// Let oneself in.
    LogIn = "label-log-in",
    /// Leave.
    LogOut = "label-log-out",
    /// Free the slot of a device that is lost.
    FreeSlot = "label-free-slot",
    /// Explain.
    Help = "label-help",
    /// A link that leads past the menu, for keyboards and screen readers.
    SkipToContent = "label-skip-to-content",

    // Cells.
    /// It has no end.
    NeverExpires = "label-never-expires",
    /// Nothing is in doubt.
    FullyTrusted = "label-fully-trusted",
    /// It is bound to another host.
    NotThisHost = "label-not-this-host",
    /// There are no rows.
    NoLicenses = "label-no-licenses",
    /// There is no file yet.
    NoAnswerYet = "label-no-answer-yet",
    /// What was sold can be used.
    Valid = "label-valid",
    /// What was sold has ended.
    Expired = "label-expired",
    /// What was sold has not begun.
    NotYetValid = "label-not-yet-valid",
    /// What was sold was taken away.
    Revoked = "label-revoked",
    /// Nobody knows.
    Unknown = "label-unknown",

    // Words before a text.
    /// Before a cause.
    Cause = "label-cause",
    /// Before a remedy.
    WhatToDo = "label-what-to-do",
    /// Before an error.
    Error = "label-error",
    /// Before a remark.
    Note = "label-note",
}
