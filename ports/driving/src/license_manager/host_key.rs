//! The key of a host's vault: it signs every request of the host, and lies behind `Secrets`.

use keyward_domain::keys::PublicKey;
use keyward_ports::{SecretName, Signer as _, SoftwareSigner};
use zeroize::Zeroizing;

use super::{ActError, HostPorts};

/// The private half.
pub(super) type Seed = Zeroizing<[u8; 32]>;

/// What it is kept under.
pub(super) fn secret_name(device: &PublicKey) -> SecretName {
    SecretName::new(&format!("device-{}", device.id()))
}

/// Makes one. It is kept with the vault, not before.
pub(super) fn make_key(ports: &HostPorts) -> Result<(PublicKey, Seed), ActError> {
    let mut seed = Zeroizing::new([0; 32]);
    ports.entropy.fill(&mut *seed)?;
    Ok((SoftwareSigner::from_seed(&seed).public(), seed))
}

/// The one that is kept.
pub(super) fn load_key(ports: &HostPorts, device: &PublicKey) -> Result<SoftwareSigner, ActError> {
    let secret = ports.secrets.get(&secret_name(device))?.ok_or(ActError::KeyMissing)?;
    let seed = secret.as_slice().try_into().map_err(|_| ActError::KeyMissing)?;
    Ok(SoftwareSigner::from_seed(seed))
}
