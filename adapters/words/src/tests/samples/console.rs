//! Samples of what a vendor's administration does not do.

use keyward_domain::document::Term;
use keyward_domain::entitlement::TermsError;
use keyward_domain::names::{Allowed, NameError, NameKind};
use keyward_domain::rights::{Matrix, TenureKind};
use keyward_domain::signers::SignersError;
use keyward_domain::staff::StaffError;
use keyward_domain::time::{BadDate, typed_end};
use keyward_engine::ConsoleError;

use super::*;

pub(super) fn console_errors() -> Vec<ConsoleError> {
    vec![
        ConsoleError::NoProduct(name("cad")),
        ConsoleError::NoEntitlement(name("L-ABCDEF")),
        ConsoleError::Bare("version"),
        ConsoleError::Bare("edition"),
        ConsoleError::Bare("language"),
        ConsoleError::Terms(TermsError::ForNobody),
        ConsoleError::Refused(Refusal::Revoked),
        ConsoleError::Signers(SignersError::Unknown(key_id())),
        ConsoleError::Keys(KeysError::NotBegun),
        ConsoleError::OtherStatement("its version is 3".into()),
        ConsoleError::NotExported,
        ConsoleError::NoSlot { entitlement: name("L-ABCDEF"), activation: name("A-ABCDEF") },
        ConsoleError::Staff(StaffError::TooMany),
        ConsoleError::Issuer(IssuerError::Busy),
        ConsoleError::Seal(SealError::BeyondDelegation(Term::Seat)),
        ConsoleError::Begun,
        ConsoleError::Ledger(LedgerError::Closed),
        ConsoleError::Entropy(EntropyError(cause())),
        ConsoleError::Busy,
    ]
}

pub(super) fn terms_errors() -> Vec<TermsError> {
    let matrix = Matrix::default();
    let no = KeyType::ALL.iter().flat_map(|key| Medium::ALL.iter().map(move |medium| (*key, *medium)));
    let no = no.flat_map(|(key, medium)| TenureKind::ALL.iter().map(move |kind| (key, medium, *kind)));
    let no = no.filter_map(|(key, medium, kind)| matrix.allows_tenure(key, medium, kind).err()).next().expect("the matrix has a no");
    vec![
        TermsError::Matrix(no),
        TermsError::Edition { product: name("cad"), edition: name("Gold"), editions: vec![name("Professional"), name("Standard")] },
        TermsError::NoEdition,
        TermsError::NoEnd(TenureKind::Rental),
        TermsError::PerpetualEnds,
        TermsError::Backwards { from: at(), until: at() },
        TermsError::ForNobody,
        TermsError::ShortDelegation { days: 20, longest: 30 },
        TermsError::Allowance,
    ]
}

pub(super) fn signers_errors() -> Vec<SignersError> {
    vec![SignersError::Unknown(key_id()), SignersError::Last(key_id())]
}

pub(super) fn staff_errors() -> Vec<StaffError> {
    vec![StaffError::NameTaken(name("north")), StaffError::TooMany, StaffError::Unknown(name("north"))]
}

pub(super) const NAME_KINDS: [NameKind; 11] = [
    NameKind::Product,
    NameKind::Edition,
    NameKind::Version,
    NameKind::Language,
    NameKind::Feature,
    NameKind::Host,
    NameKind::User,
    NameKind::Entitlement,
    NameKind::Token,
    NameKind::Activation,
    NameKind::Scheme,
];

pub(super) const ALLOWED: [Allowed; 4] = [Allowed::Identifier, Allowed::LanguageTag, Allowed::Printable, Allowed::Visible];

pub(super) fn name_errors() -> Vec<NameError> {
    vec![
        NameError::Empty { what: NameKind::Feature },
        NameError::TooLong { what: NameKind::Product, found: 70, most: 64 },
        NameError::Character { what: NameKind::Entitlement, character: '/', allowed: Allowed::Identifier },
        NameError::Address { text: "nobody".into(), why: "there is no @".into() },
    ]
}

pub(super) fn bad_date() -> BadDate {
    typed_end("tomorrow").expect_err("it is no date")
}
