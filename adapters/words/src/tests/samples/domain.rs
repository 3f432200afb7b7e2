//! The words of the domain.

use keyward_domain::document::{Term, Ticket};
use keyward_domain::refusal::Occupant;
use keyward_domain::vault::Loss;

use super::*;

pub(super) fn refusals() -> Vec<Refusal> {
    vec![
        Refusal::OtherVendor,
        Refusal::UnknownKey,
        Refusal::KeyReplaced,
        Refusal::OtherProduct { product: name("viewer") },
        Refusal::UnknownProduct { product: name("viewer") },
        Refusal::UnknownEdition { edition: name("Gold"), editions: vec![name("Professional"), name("Standard"), name("Plus")] },
        Refusal::MaintenanceEnded { version: name("2027"), until: at() },
        Refusal::Expired { until: at() },
        Refusal::Revoked,
        Refusal::NeedsLicenseServer,
        Refusal::NeedsDongle,
        Refusal::StandAloneKeyHasNoServer,
        Refusal::StandAloneDongleHasNoServer,
        Refusal::NoActivationLeft { activations: 1, holders: holders(&["host-a"]) },
        Refusal::NoActivationLeft { activations: 2, holders: holders(&["host-a", "host-b"]) },
        Refusal::MovesSpent { next: Some(at()), moves: 1, days: 1 },
        Refusal::MovesSpent { next: Some(at()), moves: 3, days: 90 },
        Refusal::TransfersSpent { next: Some(at()), transfers: 1, days: 1 },
        Refusal::TransfersSpent { next: Some(at()), transfers: 3, days: 90 },
        Refusal::MovesSpent { next: None, moves: 0, days: 90 },
        Refusal::TransfersSpent { next: None, transfers: 0, days: 90 },
        Refusal::NotThisHost,
        Refusal::UnknownActivation,
        Refusal::CopiedHost,
        Refusal::RequestSpent,
        Refusal::TrialOver { until: at() },
        Refusal::NoTrial,
        Refusal::Unsupported { kind: Kind::Trial },
        Refusal::OtherServer,
        Refusal::NoPool { product: name("viewer") },
        Refusal::UnknownFeature { feature: name("render"), features: vec![name("print")] },
        Refusal::PoolFull { seats: 1, ticket: ticket(), place: 1, holders: vec![occupant(None)] },
        Refusal::PoolFull { seats: 3, ticket: ticket(), place: 2, holders: vec![occupant(None), occupant(Some(at()))] },
        Refusal::PoolFull { seats: 2, ticket: ticket(), place: 3, holders: Vec::new() },
        Refusal::SeatGone,
        Refusal::DelegationEnded { until: at() },
        Refusal::ServerClosed,
        Refusal::ServerRevoked { why: RevocationReason::Revoked },
        Refusal::ServerRevoked { why: RevocationReason::Moved },
        Refusal::ServerRestored { until: at() },
        Refusal::LoansOut { loans: 1, until: at() },
        Refusal::LoansOut { loans: 2, until: at() },
        Refusal::NotBorrowable,
        Refusal::NoLoanLeft { loans: 1, holders: vec![occupant(Some(at()))] },
        Refusal::NoLoanLeft { loans: 2, holders: vec![occupant(Some(at()))] },
        Refusal::LoanTooLong { latest: at() },
        Refusal::OverdraftSpent { overdraft: 1, next: Some(at()) },
        Refusal::OverdraftSpent { overdraft: 2, next: Some(at()) },
        Refusal::OverdraftSpent { overdraft: 0, next: None },
        Refusal::NoSeatFree { seats: 1, holders: vec![occupant(Some(at()))], until: None },
        Refusal::NoSeatFree { seats: 3, holders: vec![occupant(None), occupant(Some(at()))], until: None },
        Refusal::NoSeatFree { seats: 3, holders: vec![occupant(None)], until: Some(at()) },
        Refusal::NoSeatFree { seats: 1, holders: Vec::new(), until: None },
        Refusal::ForLicenseServer { server: key_id() },
    ]
}

fn ticket() -> Ticket {
    Ticket { epoch: 1, number: 1, holder: [1; 16], mac: [2; 16] }
}

fn occupant(due: Option<Timestamp>) -> Occupant {
    Occupant { host: name("drawing-office"), user: name("ada"), since: at(), due }
}

pub(super) const KINDS: [Kind; 8] =
    [Kind::Trial, Kind::Activate, Kind::Delegate, Kind::CheckOut, Kind::Borrow, Kind::Extend, Kind::Refresh, Kind::Return];

pub(super) fn nos_of_the_matrix() -> Vec<NotInMatrix> {
    let mut nos = Vec::new();
    for key_type in KeyType::ALL {
        for medium in Medium::ALL {
            let cells = Right::ALL.iter().map(|right| Cell { key_type: *key_type, medium: *medium, right: *right });
            nos.extend(cells.filter_map(|cell| Matrix::default().allows(cell).err()));
        }
    }
    nos
}

pub(super) fn verdicts() -> Vec<Verdict> {
    vec![
        Verdict::Licensed { until: None },
        Verdict::Licensed { until: Some(at()) },
        Verdict::Grace { flag: Flag::RestoredCopy },
        Verdict::Stopped { reason: Reason::Unlicensed },
    ]
}

pub(super) fn statuses() -> Vec<Status> {
    vec![
        Status::Enabled,
        Status::Trial,
        Status::Borrowed,
        Status::Returning { refused: None },
        Status::Returning { refused: Some(Refusal::UnknownActivation) },
        Status::Stopped { reason: Reason::Expired { until: at() } },
    ]
}

pub(super) fn flags() -> Vec<Flag> {
    vec![
        Flag::Unverified { until: at() },
        Flag::HostChanged { left: days(13) + Duration::from_secs(4 * 3_600) },
        Flag::ClockSuspect { left: Duration::from_secs(3_660) },
        Flag::ClockSuspect { left: Duration::from_secs(60) },
        Flag::RestoredCopy,
        Flag::SeatLost { left: Duration::from_secs(3_660), why: Loss::Silent },
    ]
}

pub(super) fn reasons() -> Vec<Reason> {
    vec![
        Reason::Unlicensed,
        Reason::Expired { until: at() },
        Reason::TrialOver { until: at() },
        Reason::NotYet { from: at() },
        Reason::ContactOverdue { due: at() },
        Reason::OtherHost,
        Reason::HostChanged,
        Reason::Revoked { why: RevocationReason::Revoked },
        Reason::Returned,
        Reason::LoanOver { until: at() },
        Reason::SeatLost { why: Loss::TakenOver },
        Reason::NotCovered { until: at() },
    ]
}

pub(super) const LOSSES: [Loss; 9] = [
    Loss::Silent,
    Loss::Restored,
    Loss::Ended,
    Loss::TakenOver,
    Loss::Released,
    Loss::Closed,
    Loss::DelegationEnded,
    Loss::Revoked,
    Loss::Reduced,
];

pub(super) const REVOCATIONS: [RevocationReason; 4] =
    [RevocationReason::Revoked, RevocationReason::Moved, RevocationReason::Freed, RevocationReason::Returned];

/// One of each slip, made as a hand makes them.
pub(super) fn slips() -> Vec<LicenseKeyError> {
    let mut typed = vec!["ABCDE".to_owned()];
    for seed in 0..16 {
        let text = LicenseKey::from_random([seed * 15 + 1; 15]).expose().replace('-', "");
        for place in 0..24 {
            let mut letters: Vec<char> = text.chars().collect();
            letters.swap(place, place + 1);
            typed.push(letters.iter().collect());
            for other in ['U', '?', '7'] {
                let mut letters: Vec<char> = text.chars().collect();
                letters[place] = other;
                typed.push(letters.iter().collect());
                letters[24 - place] = '3';
                typed.push(letters.iter().collect());
            }
        }
    }
    let mut seen = BTreeSet::new();
    let errors = typed.iter().filter_map(|text| text.parse::<LicenseKey>().err());
    errors.filter(|error| seen.insert(shape(&error.message()).into_iter().take(2).collect::<Vec<_>>())).collect()
}

/// The names of all texts in a message.
pub(super) fn shape(message: &Message) -> Vec<&'static str> {
    std::iter::once(message.id).chain(message.within().flat_map(|(_, it)| shape(it))).collect()
}

pub(super) fn seal_errors() -> Vec<SealError> {
    use keyward_domain::document::{Answer, Request};
    use keyward_domain::signers::KeyStatement;
    vec![
        SealError::NotAnEnvelope("no JSON at line 1".into()),
        SealError::TooLarge { found: 300_000, most: 262_144 },
        SealError::OtherType { found: Request::PAYLOAD_TYPE.into(), expected: Answer::PAYLOAD_TYPE },
        SealError::OtherType { found: "text/plain".into(), expected: KeyStatement::PAYLOAD_TYPE },
        SealError::UnknownSigner { keyid: "0123456789ab".into() },
        SealError::WrongRole { key: key_id(), found: Role::Holder, expected: Role::Issuer },
        SealError::BadSignature,
        SealError::KeyNotValid { key: key_id(), issued: at() },
        SealError::Unreadable("a field is missing".into()),
        SealError::NewerKeyward(vec!["leases".into(), "loans".into()]),
        SealError::OtherRequest,
        SealError::BadStatement("it names no issuer".into()),
        SealError::NotDelegated,
        SealError::BeyondDelegation(Term::Seat),
        SealError::OtherTlsKey { server: key_id() },
        SealError::UnknownScheme("toy/1".into()),
    ]
}

pub(super) fn activation() -> ActivationId {
    name("A-ABCDEF")
}

pub(super) fn not_taken() -> Vec<NotTaken> {
    vec![
        NotTaken::Sealed(SealError::BadSignature),
        NotTaken::Request,
        NotTaken::RequestToServer { server: key_id() },
        NotTaken::Used,
        NotTaken::OtherHost,
        NotTaken::OtherProduct { product: name("viewer") },
        NotTaken::NotAsked,
        NotTaken::Older { activation: activation(), found: 2, held: 3 },
        NotTaken::Returned { activation: activation() },
    ]
}

pub(super) fn taken() -> Vec<Taken> {
    vec![Taken::Granted(activation()), Taken::Returned(activation()), Taken::Revoked(activation()), Taken::Refused(Refusal::Revoked)]
}

pub(super) fn profile_errors() -> Vec<ProfileError> {
    vec![ProfileError::NoRoot, ProfileError::OtherVendor, ProfileError::NoLanguage]
}
