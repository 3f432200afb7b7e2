//! A product as the vendor's key server knows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::keys::PublicKey;
use crate::names::{Edition, Language, ProductId, Version};
use crate::profile::{GraceTerms, ProductProfile, TlsTerms, TrialTerms};
use crate::refusal::Refusal;
use crate::rights::Matrix;
use crate::signers::VendorId;
use crate::time::Timestamp;

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// What commands and documents call it.
    pub id: ProductId,
    /// What people call it.
    pub name: String,
    /// Its versions, in the order they were added, and when each was released.
    pub versions: Vec<Release>,
    /// Its editions, in the order to show them.
    pub editions: Vec<Edition>,
    /// Its languages.
    pub languages: Vec<Language>,
    /// Its trials.
    pub trial: TrialTerms,
    /// What can be sold of it.
    #[serde(default)]
    pub matrix: Matrix,
}

/// A version and its day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// When it was released.
    pub released: Timestamp,
}

impl Product {
    /// When a version was released; none if the vendor does not know the version.
    pub fn released(&self, version: &Version) -> Option<Timestamp> {
        self.versions.iter().find(|release| release.version == *version).map(|release| release.released)
    }

    /// Adds a version and whatever editions and languages are new; the rest is taken as it is now.
    pub fn extend(&mut self, newer: Self) {
        for release in newer.versions {
            if self.released(&release.version).is_none() {
                self.versions.push(release);
            }
        }
        for edition in newer.editions {
            if !self.editions.contains(&edition) {
                self.editions.push(edition);
            }
        }
        for language in newer.languages {
            if !self.languages.contains(&language) {
                self.languages.push(language);
            }
        }
        (self.name, self.trial) = (newer.name, newer.trial);
    }

    /// Whether it has an edition.
    pub fn has_edition(&self, edition: &Edition) -> Result<(), Refusal> {
        if self.editions.contains(edition) {
            Ok(())
        } else {
            Err(Refusal::UnknownEdition { edition: edition.clone(), editions: self.editions.clone() })
        }
    }

    /// The profile to ship in its newest version: the one released last, whenever it was added.
    pub fn profile(&self, roots: Vec<PublicKey>, lowest_statement: u64, servers: Vec<String>, tls: TlsTerms) -> Option<ProductProfile> {
        let newest = self.versions.iter().max_by_key(|release| release.released)?;
        Some(ProductProfile {
            vendor: VendorId::of(roots.first()?),
            product: self.id.clone(),
            name: self.name.clone(),
            version: newest.version.clone(),
            released: Some(newest.released),
            editions: self.editions.clone(),
            languages: self.languages.clone(),
            servers,
            roots,
            lowest_statement,
            file_pattern: "{product}{date}".into(),
            trial: self.trial,
            grace: GraceTerms::default(),
            tls,
            links: BTreeMap::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, name, product, root};

    /// K3: a version for an old platform may be added after a newer one.
    #[test]
    fn the_profile_is_for_the_version_that_was_released_last() {
        let mut product = product();
        let released = at("2024-05-01T00:00:00Z");
        product.versions.push(Release { version: name("2024"), released });
        let profile = product.profile(vec![root().public()], 1, Vec::new(), TlsTerms::default()).expect("a profile");
        assert_eq!((profile.version, profile.released), (name("2027"), product.released(&name("2027"))));
    }
}
