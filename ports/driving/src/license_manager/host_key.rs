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

/// What a license server's key is kept under. It is there before its vault and whatever becomes of that: pools are signed with it.
pub fn server_key_name() -> SecretName {
    SecretName::new("license-server-key")
}

/// The key for a new vault: a license server's own, or else a new one, which is kept with the vault, not before.
pub(super) fn key_for_vault(ports: &HostPorts) -> Result<(PublicKey, Option<Seed>), ActError> {
    if let Some(server) = server_key(ports)? {
        return Ok((server.public(), None));
    }
    let (device, seed) = make_key(ports)?;
    Ok((device, Some(seed)))
}

/// Makes one.
pub(super) fn make_key(ports: &HostPorts) -> Result<(PublicKey, Seed), ActError> {
    let mut seed = Zeroizing::new([0; 32]);
    ports.entropy.fill(&mut *seed)?;
    Ok((SoftwareSigner::from_seed(&seed).public(), seed))
}

/// The one that is kept.
pub(super) fn load_key(ports: &HostPorts, device: &PublicKey) -> Result<SoftwareSigner, ActError> {
    if let Some(server) = server_key(ports)?.filter(|server| server.public() == *device) {
        return Ok(server);
    }
    read_key(ports, &secret_name(device))?.ok_or(ActError::KeyMissing)
}

fn server_key(ports: &HostPorts) -> Result<Option<SoftwareSigner>, ActError> {
    read_key(ports, &server_key_name())
}

fn read_key(ports: &HostPorts, name: &SecretName) -> Result<Option<SoftwareSigner>, ActError> {
    let Some(secret) = ports.secrets.get(name)? else { return Ok(None) };
    let seed = secret.as_slice().try_into().map_err(|_| ActError::KeyMissing)?;
    Ok(Some(SoftwareSigner::from_seed(seed)))
}
