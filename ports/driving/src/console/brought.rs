//! Requests that somebody brings to the vendor or a reseller, and the answers that they take along (row M2).
//!
//! What a request asks is told from what its device signed. The summary in its file is for people, may lie, and is not looked at.

use std::fmt;
use std::path::{Path, PathBuf, is_separator};

use keyward_domain::document::{Answer, Ask, Body, Request, RevocationReason};
use keyward_domain::keys::PublicKey;
use keyward_domain::license_key::LastFive;
use keyward_domain::names::{ActivationId, EntitlementId};
use keyward_domain::record::{LogEntry, Lookup, Record};
use keyward_domain::seal::{Document as _, Envelope, Keyward, SealError, Statement, Verified, open_request};
use keyward_domain::time::Timestamp;
use keyward_ports::{Committed, Deed, Document, FileExchange, FileExchangeError, FileName, FilePlace};
use serde::{Deserialize, Serialize};

use super::{Console, ConsoleError};
use crate::answer_file;
use crate::issuer::{Issuer, Says};

/// A request that was brought as a file. Its signatures hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Brought {
    file: PathBuf,
    envelope: Envelope,
    request: Verified<Request>,
}

/// Why a file is not a request that can be answered. Fits after "could not take the file: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotBrought {
    /// The file cannot be read, or is something else.
    #[error(transparent)]
    File(#[from] FileExchangeError),
    /// An answer.
    #[error("{0} is an answer, not a request; load it in the product that asked, and choose the request here")]
    IsAnswer(String),
    /// It does not open.
    #[error("the request in {file} was not taken: {cause}")]
    Sealed {
        /// The file.
        file: String,
        /// Why.
        #[source]
        cause: SealError,
    },
}

impl NotBrought {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::IsAnswer(_) => "request-is-answer",
            Self::Sealed { cause: SealError::NewerKeyward(_) | SealError::Unreadable(_) | SealError::UnknownScheme(_), .. } => {
                "request-newer"
            }
            Self::Sealed { cause: SealError::BadSignature | SealError::UnknownSigner { .. }, .. } => "request-forged",
            Self::Sealed { .. } => "request-damaged",
        }
    }
}

/// What was answered, for whoever carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// The license that the request is about, if the server knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<EntitlementId>,
    /// The last five characters of the license key that it was made with, or that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_five: Option<LastFive>,
    /// When the answer was signed.
    pub issued: Timestamp,
    /// What the answer says.
    pub verdict: Verdict,
    /// The answer as it was signed.
    pub answer: Statement,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "kebab-case")]
pub enum Verdict {
    /// A certificate.
    Granted {
        /// Under which activation.
        activation: ActivationId,
        /// Until when; none = without an end.
        until: Option<Timestamp>,
    },
    /// It was given back.
    Returned {
        /// Which activation.
        activation: ActivationId,
    },
    /// It was taken away.
    Revoked {
        /// Which activation.
        activation: ActivationId,
        /// Why.
        reason: RevocationReason,
    },
    /// No.
    Refused {
        /// The refusal's stable code.
        code: String,
        /// Why.
        why: String,
        /// What to do.
        remedy: String,
    },
}

impl Brought {
    /// Reads a request from a file.
    pub fn read(files: &dyn FileExchange, file: &Path) -> Result<Self, NotBrought> {
        match files.get(file)? {
            Document::Request(envelope) => Self::of(envelope, file),
            Document::Answer(_) => Err(NotBrought::IsAnswer(file.display().to_string())),
        }
    }

    /// A request that was read from a file already, or from several of which this is the first.
    pub fn of(envelope: Envelope, file: &Path) -> Result<Self, NotBrought> {
        let is_answer = || NotBrought::IsAnswer(file.display().to_string());
        let request = open_request(&envelope).map_err(|cause| match cause {
            SealError::OtherType { found, .. } if *found == *Answer::PAYLOAD_TYPE => is_answer(),
            cause => NotBrought::Sealed { file: file.display().to_string(), cause },
        })?;
        Ok(Self { file: file.into(), envelope, request })
    }

    /// The request as it is sent.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The request as it was signed.
    pub fn request(&self) -> &Verified<Request> {
        &self.request
    }

    /// Puts the answer where the guides have it: beside the request or in a folder, called after the request, or under the very name
    /// that was given.
    pub fn put(&self, files: &dyn FileExchange, handed: &Handed, place: Option<&Path>) -> Result<PathBuf, FileExchangeError> {
        let beside = self.file.parent().unwrap_or(Path::new(""));
        let name = || FileName::of_answer(&self.file.file_name().unwrap_or_default().to_string_lossy());
        let place = match place {
            None => FilePlace::Folder(beside.into(), name()),
            Some(folder) if folder.is_dir() || folder.as_os_str().to_string_lossy().ends_with(is_separator) => {
                FilePlace::Folder(folder.into(), name())
            }
            Some(file) => FilePlace::File(file.into()),
        };
        let summary = answer_file::summary(&self.request.product, Some(&self.request.host), &handed.verdict, handed.issued);
        let summary: Vec<_> = summary.iter().map(|(word, what)| (*word, what.as_str())).collect();
        files.put(&Document::Answer(handed.answer.clone()), &summary, &place)
    }

    /// What it asks and what was answered, for people: a word and what it stands for on each line.
    pub fn report(&self, handed: &Handed) -> String {
        let request = &self.request;
        let mut lines = vec![
            ("Asks", asks(&request.ask)),
            ("Product", format!("{} {}, {}", request.product, request.version, request.language)),
            // A claim, and it may have letters that turn the direction of writing.
            ("Host", format!("{:?}", request.host.as_str())),
        ];
        let key = match (&request.ask, &handed.last_five, &handed.license) {
            (_, Some(last_five), Some(license)) => Some(format!("{last_five} ({license})")),
            (Ask::Activate { .. }, None, Some(license)) => Some(format!("replaced by another one ({license})")),
            (Ask::Activate { .. }, _, None) => Some("not known to this server".into()),
            (_, _, license) => license.as_ref().map(ToString::to_string),
        };
        lines.extend(key.map(|key| ("License key", key)));
        lines.push(("Date", format!("{}, by that host's clock", request.created)));
        lines.push(("Answer", handed.verdict.to_string()));
        lines.into_iter().map(|(word, what)| format!("{word:<13}{what}\n")).collect()
    }
}

fn asks(ask: &Ask) -> String {
    match ask {
        Ask::Trial { edition, .. } => format!("for a trial of {edition}"),
        Ask::Activate { own_slot: false, .. } => "to activate".into(),
        Ask::Activate { own_slot: true, .. } => "to activate, with a slot of its own: it says that it is a copy of another host".into(),
        Ask::Delegate { .. } => "for the pool of a license server".into(),
        Ask::CheckOut { .. } => "for a seat".into(),
        Ask::Borrow { .. } => "to borrow a seat".into(),
        Ask::Extend { activation, .. } => format!("to borrow {activation} for longer"),
        Ask::Refresh { activation, .. } => format!("for a new certificate of {activation}"),
        Ask::Return { activation, .. } => format!("to return {activation}"),
    }
}

impl Verdict {
    /// What a body says.
    pub fn of(body: &Body) -> Self {
        match body {
            Body::Certificate(it) => Self::Granted { activation: it.activation.clone(), until: it.window.until },
            Body::Delegation(it) => Self::Granted { activation: it.activation.clone(), until: it.window.until },
            Body::Receipt(it) => Self::Returned { activation: it.activation.clone() },
            Body::Revocation(it) => Self::Revoked { activation: it.activation.clone(), reason: it.reason },
            Body::Refusal(it) => Self::Refused { code: it.code().into(), why: it.to_string(), remedy: it.remedy() },
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted { activation, until: Some(until) } => write!(f, "granted until {until} ({activation})"),
            Self::Granted { activation, until: None } => write!(f, "granted without an end ({activation})"),
            Self::Returned { activation } => write!(f, "returned; another host can have it now ({activation})"),
            Self::Revoked { activation, reason } => write!(f, "taken away: {} ({activation})", reason.code()),
            Self::Refused { code, why, remedy } => write!(f, "refused ({code}): {why}; {remedy}"),
        }
    }
}

impl Console {
    /// Answers a request that somebody brought, and writes down who brought it. Another vendor's is not answered: its product would not
    /// believe what this server signs.
    pub async fn answer(&self, issuer: &Issuer, request: Verified<Request>, actor: &str) -> Result<(Handed, Says), ConsoleError> {
        let (_, signers) = self.keys.signers().await?;
        if request.to != *self.keys.trust(&signers)?.vendor() {
            return Err(ConsoleError::Refused(crate::issuer::not_for_vendor(request.to)));
        }
        let (name, host, device, ask) = (request.name(), request.host.clone(), request.device, request.ask.clone());
        let statement = issuer.answer_verified(request).await?.statement;
        // The request may have brought newer keys to a server that was restored.
        let (_, signers) = self.keys.signers().await?;
        let answer = Keyward::open_any(statement.bytes(), &self.keys.trust(&signers)?).map_err(ConsoleError::Seal)?;
        let (license, last_five) = self.license_of(&ask, &device).await?;
        let (verdict, says) = (Verdict::of(&answer.body), Says::of(&answer.body));
        let (act, activation) = match &verdict {
            Verdict::Granted { activation, .. } => ("answered a request: granted".into(), Some(activation)),
            Verdict::Returned { activation } => ("answered a request: returned".into(), Some(activation)),
            Verdict::Revoked { activation, .. } => ("answered a request: taken away".into(), Some(activation)),
            Verdict::Refused { code, .. } => (format!("answered a request: refused ({code})"), None),
        };
        let entry = self.entry(actor, &act, license.clone(), activation.cloned());
        let log = vec![LogEntry { host: Some(host), request: Some(name), ..entry }];
        // Before it is handed over: nobody takes an answer along of which the log does not tell.
        if self.ledger.commit(Deed { log, ..Deed::default() }).await? != Committed::Done {
            return Err(ConsoleError::Busy);
        }
        Ok((Handed { license, last_five, issued: answer.issued, verdict, answer: statement }, says))
    }

    /// The license that a request is about, and the end of the key that it was made with. An activation's id proves nothing: its license is
    /// named only to a device that holds it or held it.
    async fn license_of(&self, ask: &Ask, device: &PublicKey) -> Result<(Option<EntitlementId>, Option<LastFive>), ConsoleError> {
        let lookup = match ask {
            Ask::Trial { .. } | Ask::CheckOut { .. } | Ask::Borrow { .. } => return Ok((None, None)),
            Ask::Activate { key, .. } | Ask::Delegate { key } => Lookup::LicenseKey(key.id()),
            Ask::Extend { activation, .. } | Ask::Refresh { activation, .. } | Ask::Return { activation, .. } => {
                Lookup::Activation(activation.clone())
            }
        };
        for found in self.ledger.find(&lookup).await? {
            if let Some(Record::Entitlement(it)) = self.ledger.read(&found).await?.map(|it| it.record) {
                let is_known = match ask {
                    Ask::Trial { .. } | Ask::CheckOut { .. } | Ask::Borrow { .. } | Ask::Activate { .. } | Ask::Delegate { .. } => true,
                    Ask::Extend { activation, .. } | Ask::Refresh { activation, .. } | Ask::Return { activation, .. } => {
                        it.knew(activation, device)
                    }
                };
                if !is_known {
                    continue;
                }
                let is_current = !matches!(ask, Ask::Activate { key, .. } | Ask::Delegate { key } if it.key != Some(*key));
                return Ok((Some(it.id), it.last_five.filter(|_| is_current)));
            }
        }
        Ok((None, None))
    }
}
