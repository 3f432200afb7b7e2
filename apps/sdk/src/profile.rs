//! The product profile as TOML, which is how vendors keep it.

use keyward_domain::profile::ProductProfile;

use crate::ConfigError;

/// Reads a product profile.
pub fn profile_from_toml(text: &str) -> Result<ProductProfile, ConfigError> {
    let profile: ProductProfile = toml::from_str(text).map_err(|error| ConfigError::Profile(error.to_string()))?;
    profile.check().map_err(|error| ConfigError::Profile(error.to_string()))?;
    Ok(profile)
}

/// Writes a product profile.
pub fn profile_to_toml(profile: &ProductProfile) -> Result<String, ConfigError> {
    toml::to_string_pretty(profile).map_err(|error| ConfigError::Profile(error.to_string()))
}
