//! What the service knows and decides: who bought what, and on which hosts it runs. Its rules are its own, not Keyward's.

use std::collections::BTreeMap;

use keyward_domain::document::Request;
use keyward_domain::host::{Fingerprint, Match};
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::{LastFive, LicenseKey};
use keyward_domain::names::{ActivationId, HostName};
use keyward_domain::seal::{Digest, Sealed};
use keyward_domain::time::Timestamp;

use super::ToyTerms;
use super::paper::Paper;

/// What the service is asked.
pub(super) enum Inquiry<'a> {
    Activate { key: &'a LicenseKey, own_slot: bool },
    Refresh(&'a ActivationId),
    Return(&'a ActivationId),
}

/// Everything the service keeps.
#[derive(Default)]
pub(super) struct Books {
    sold: BTreeMap<Serial, Sold>,
    answered: BTreeMap<Digest, Answered>,
}

/// How the service knows a license key: by its digest.
type Serial = Digest;

struct Sold {
    terms: ToyTerms,
    last_five: LastFive,
    revoked: bool,
    places: Vec<Place>,
}

struct Place {
    activation: ActivationId,
    looks: Fingerprint,
    host: HostName,
    generation: u64,
    since: Timestamp,
}

struct Answered {
    bytes: Vec<u8>,
    /// None = it stands for ever.
    granted: Option<ActivationId>,
}

/// What the service says, and what it granted by it.
enum Saying {
    Granted(Paper, ActivationId),
    Returned(Paper),
    /// Nothing was changed by it.
    Other(Paper),
}

fn serial(key: &LicenseKey) -> Serial {
    Digest::of(key.expose().as_bytes())
}

fn refused(code: &str) -> Saying {
    refused_with(code, Paper::default())
}

fn refused_with(code: &str, more: Paper) -> Saying {
    Saying::Other(Paper::default().with("result", "refused").with("code", code).and(more))
}

impl Books {
    pub(super) fn sell(&mut self, key: &LicenseKey, terms: ToyTerms) {
        let sold = Sold { terms, last_five: key.last_five(), revoked: false, places: Vec::new() };
        self.sold.insert(serial(key), sold);
    }

    pub(super) fn revoke(&mut self, key: &LicenseKey) -> bool {
        self.sold.get_mut(&serial(key)).map(|sold| sold.revoked = true).is_some()
    }

    /// Answers an inquiry; what changed something is remembered, and given again while it stands.
    pub(super) fn answer(&mut self, inquiry: &Inquiry<'_>, request: &Sealed<Request>, now: Timestamp, key: &SigningKey) -> Vec<u8> {
        let name = request.name();
        let saying = match self.answered.get(&name) {
            Some(known) if known.granted.as_ref().is_none_or(|activation| self.stands(activation)) => return known.bytes.clone(),
            Some(_) => refused("E07"),
            None => self.decide(inquiry, request, now),
        };
        let (said, granted) = match saying {
            Saying::Granted(said, activation) => (said, Some(Some(activation))),
            Saying::Returned(said) => (said, Some(None)),
            Saying::Other(said) => (said, None),
        };
        let bytes = Paper::default().with("request", &name).with("issued", &now).and(said).sign(key);
        if let Some(granted) = granted {
            self.answered.insert(name, Answered { bytes: bytes.clone(), granted });
        }
        bytes
    }

    fn stands(&self, activation: &ActivationId) -> bool {
        self.sold.values().any(|sold| !sold.revoked && sold.places.iter().any(|place| place.activation == *activation))
    }

    fn decide(&mut self, inquiry: &Inquiry<'_>, request: &Sealed<Request>, now: Timestamp) -> Saying {
        match inquiry {
            Inquiry::Activate { key, own_slot } => match self.sold.get_mut(&serial(key)) {
                Some(sold) => sold.activate(request, *own_slot, now),
                None => refused("E01"),
            },
            Inquiry::Refresh(activation) => match self.place(activation) {
                Some((sold, at)) => sold.refresh(at, request, now),
                None => refused("E04"),
            },
            Inquiry::Return(activation) => match self.place(activation) {
                Some((sold, at)) => {
                    let place = sold.places.remove(at);
                    Saying::Returned(Paper::default().with("result", "returned").with("activation", &place.activation))
                }
                None => refused("E04"),
            },
        }
    }

    fn place(&mut self, activation: &ActivationId) -> Option<(&mut Sold, usize)> {
        let found = |sold: &Sold| sold.places.iter().position(|place| place.activation == *activation);
        self.sold.values_mut().find_map(|sold| found(sold).map(|at| (sold, at)))
    }
}

impl Sold {
    fn activate(&mut self, request: &Sealed<Request>, own_slot: bool, now: Timestamp) -> Saying {
        let words = request.words();
        if words.product != self.terms.product {
            return refused_with("E02", Paper::default().with("product", &self.terms.product));
        }
        if self.revoked {
            return refused("E05");
        }
        if let Some(over) = self.over(now) {
            return over;
        }
        let alike = |place: &Place| !own_slot && !place.looks.is_empty() && place.looks.judge(&words.fingerprint) == Match::Same;
        if let Some(at) = self.places.iter().position(alike) {
            return self.grant(at, request);
        }
        if self.places.len() as u64 >= u64::from(self.terms.hosts) {
            return self.full();
        }
        self.places.push(Place {
            activation: ActivationId::of(&request.name()),
            looks: words.fingerprint.clone(),
            host: words.host.clone(),
            generation: 0,
            since: now,
        });
        self.grant(self.places.len() - 1, request)
    }

    fn refresh(&mut self, at: usize, request: &Sealed<Request>, now: Timestamp) -> Saying {
        let place = &self.places[at];
        if self.revoked {
            let taken = Paper::default().with("result", "taken").with("activation", &place.activation);
            return Saying::Other(taken.with("generation", &place.generation));
        }
        if place.looks.judge(&request.words().fingerprint) == Match::Other {
            return refused("E06");
        }
        self.over(now).unwrap_or_else(|| self.grant(at, request))
    }

    fn over(&self, now: Timestamp) -> Option<Saying> {
        let until = self.terms.until.filter(|until| *until <= now)?;
        Some(refused_with("E08", Paper::default().with("until", &until)))
    }

    fn full(&self) -> Saying {
        let count = Paper::default().with("hosts", &self.terms.hosts);
        let holders = self.places.iter().map(|place| format!("{} {}", place.since, place.host));
        refused_with("E03", holders.fold(count, |said, holder| said.with("holder", &holder)))
    }

    /// A certificate for a place, one generation higher, bound to what the host looks like now.
    fn grant(&mut self, at: usize, request: &Sealed<Request>) -> Saying {
        let words = request.words();
        let place = &mut self.places[at];
        place.generation += 1;
        (place.looks, place.host) = (words.fingerprint.clone(), words.host.clone());
        let said = Paper::default()
            .with("result", "granted")
            .with("activation", &place.activation)
            .with("generation", &place.generation)
            .with("product", &self.terms.product)
            .with("from", &place.since)
            .with("last-five", self.last_five.as_str());
        let said = self.terms.until.into_iter().fold(said, |said, until| said.with("until", &until));
        let said = self.terms.editions.iter().fold(said, |said, edition| said.with("edition", edition));
        Saying::Granted(said, place.activation.clone())
    }
}
