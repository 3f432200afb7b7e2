//! What becomes of hosts: backups, copies, clones, reinstallations, other parts.

use std::sync::Arc;

use keyward_domain::host::PartKind;
use keyward_domain::keys::PublicKey;
use keyward_fakes::world::{Backup, Host};
use keyward_ports::{SecretName, Secrets as _};
use rand::RngExt as _;
use rand::seq::SliceRandom as _;

use crate::acts::Deed;
use crate::by_file;
use crate::observer::HostModel;
use crate::simulation::Simulation;

/// What a host is made of.
const PARTS: [PartKind; 6] = [PartKind::Machine, PartKind::Board, PartKind::Serial, PartKind::Nic, PartKind::Disk, PartKind::Processor];

pub(crate) fn backup(s: &mut Simulation) {
    let host = s.a_host();
    let model = s.model(&host).clone();
    s.note(format_args!("{}: is backed up", host.name()));
    s.backups.push((host.name().into(), host.snapshot(), model));
    if s.backups.len() > 10 {
        s.backups.remove(0);
    }
}

/// A backup of a host that is still there.
fn a_backup(s: &mut Simulation) -> Option<(Arc<Host>, Backup, HostModel)> {
    let all = s.backups.len();
    if all == 0 {
        return None;
    }
    let (name, backup, model) = s.backups[s.dice.random_range(0..all)].clone();
    s.touched.insert(name.clone());
    Some((s.world.host(&name), backup, model))
}

pub(crate) fn restore(s: &mut Simulation) {
    if let Some((host, backup, model)) = a_backup(s) {
        restore_this(s, &host, &backup, model);
    }
}

fn restore_this(s: &mut Simulation, host: &Arc<Host>, backup: &Backup, model: HostModel) {
    s.note(format_args!("{}: its vault is restored", host.name()));
    host.restore(backup);
    let now = s.model(host);
    now.told = model.told;
    now.overrun.clear();
    now.changed.clear();
    now.foreign = model.foreign;
}

pub(crate) fn restore_both(s: &mut Simulation) {
    let Some((host, backup, model)) = a_backup(s) else { return };
    s.note(format_args!("{}: its vault and anchor are restored", host.name()));
    host.restore_both(&backup);
    let changed = s.model(&host).trial_end.is_none();
    *s.model(&host) = HostModel { overrun: Default::default(), changed: Default::default(), ..model };
    if changed {
        s.model(&host).trial_end = None;
    }
}

pub(crate) fn delete(s: &mut Simulation) {
    let host = s.a_host();
    s.note(format_args!("{}: its vault is deleted", host.name()));
    delete_this(s, &host);
}

/// With a vault goes what it knew of its clock: what was worked beyond an end is counted anew.
pub(crate) fn delete_this(s: &mut Simulation, host: &Host) {
    host.delete_vault();
    let model = s.model(host);
    model.told.clear();
    model.overrun.clear();
    model.foreign = None;
}

/// Somebody who installs a host anew, over and over, to spread a license.
pub(crate) fn reinstall_again(s: &mut Simulation) {
    let host = s.a_host();
    if s.model(&host).held.is_empty() {
        let deed = s.an_activation(&host);
        s.act(&host, &deed);
        s.look();
    }
    for _ in 0..5 {
        reinstall_this(s, &host);
        s.look();
    }
}

/// Somebody who returns a license and puts the vault back as it was.
pub(crate) fn return_and_restore(s: &mut Simulation) {
    let host = (0..5).map(|_| s.a_host()).find(|host| host.standing().may_run()).unwrap_or_else(|| s.a_host());
    let (backup, model) = (host.snapshot(), s.model(&host).clone());
    let deed = s.a_return(&host);
    if s.chance(50) {
        s.act(&host, &deed);
    } else {
        by_file::generate_this(s, &host, &deed);
    }
    restore_this(s, &host, &backup, model);
}

pub(crate) fn reinstall(s: &mut Simulation) {
    let host = s.a_host();
    reinstall_this(s, &host);
}

fn reinstall_this(s: &mut Simulation, host: &Arc<Host>) {
    s.touched.insert(host.name().into());
    s.note(format_args!("{}: is installed anew", host.name()));
    let held = std::mem::take(s.model(host)).held;
    host.reinstall();
    let held: Vec<_> = held.into_values().filter_map(|held| held.entitlement).collect();
    let key = s.keys.iter().find(|key| held.contains(&key.id)).map(|key| Arc::clone(&key.key));
    if let Some(key) = key.filter(|_| s.chance(80)) {
        s.act(host, &Deed::Activate(key));
    }
}

pub(crate) fn clone(s: &mut Simulation) {
    let host = s.a_host();
    let name = format!("{}-clone", s.pick(&["x", "y", "z"]));
    if host.name() == name {
        return;
    }
    s.note(format_args!("{}: is cloned to {name}", host.name()));
    let model = s.model(&host).clone();
    s.backups.retain(|(of, _, _)| *of != name);
    let clone = s.world.clone_host(&host, &name);
    s.meet(&clone, model);
}

pub(crate) fn copy(s: &mut Simulation) {
    let (from, to) = (s.a_host(), s.a_host());
    if from.name() == to.name() {
        return;
    }
    s.note(format_args!("{}: its vault is copied to {}", from.name(), to.name()));
    from.copy_vault_to(&to);
    let device = s.model(&from).device;
    // A clone that gets its original's vault has the key.
    let has_key =
        |device: &PublicKey| to.secrets().get(&SecretName::new(&format!("device-{}", device.id()))).is_ok_and(|key| key.is_some());
    let model = s.model(&to);
    model.told.clear();
    model.foreign = device.filter(|device| !has_key(device));
}

pub(crate) fn replace(s: &mut Simulation) {
    let host = s.a_host();
    let parts = s.dice.random_range(1..=6);
    replace_so_many(s, &host, parts);
}

pub(crate) fn replace_so_many(s: &mut Simulation, host: &Arc<Host>, parts: usize) {
    let word = s.dice.random_range(0..1_000_000);
    let mut kinds = PARTS;
    kinds.shuffle(&mut s.dice);
    s.note(format_args!("{}: {parts} of its parts are replaced", host.name()));
    for kind in &kinds[..parts] {
        host.parts().replace_part(*kind, &format!("{kind} of batch {word}"));
    }
    host.restart();
    s.model(host).trial_end = None;
}
