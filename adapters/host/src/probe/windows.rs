//! What Windows shows of its hardware in the registry, where everybody may read it.
//!
//! Network cards are left out: their permanent addresses stand nowhere that can be read without unsafe code.

use std::path::Path;

use keyward_domain::host::PartKind;
use windows_registry::{Key, LOCAL_MACHINE, Result};

use super::{Seen, Taken};
use crate::smbios;

const NAME: &str = r"SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName";
const SMBIOS: &str = r"SYSTEM\CurrentControlSet\Services\mssmbios\Data";
const SCSI: &str = r"HARDWARE\DEVICEMAP\Scsi";
/// Drivers of disks that are no part of the host: in a USB case, in a file, in a pool, across a network.
const FOREIGN: [&str; 5] = ["uaspstor", "usbstor", "vhdmp", "spaceport", "iscsiprt"];

pub(super) fn look(_root: &Path, seen: &mut Seen) {
    seen.name = LOCAL_MACHINE.open(NAME).and_then(|key| key.get_string("ComputerName")).unwrap_or_default();
    match machine_uid::get() {
        Ok(id) => {
            seen.part(PartKind::Machine, &id);
        }
        Err(error) => seen.unread(PartKind::Machine, error),
    }
    match LOCAL_MACHINE.open(SMBIOS).and_then(|key| key.get_value("SMBiosData")) {
        Ok(raw) => board(&raw, seen),
        Err(error) => seen.unread(PartKind::Board, format_args!("{SMBIOS}: {error}")),
    }
    if let Err(error) = disks(seen) {
        seen.unread(PartKind::Disk, format_args!("{SCSI}: {error}"));
    }
}

fn board(raw: &[u8], seen: &mut Seen) {
    // The table stands behind eight bytes: its version and its length (RawSMBIOSData).
    let numbers = smbios::numbers(raw.get(8..).unwrap_or_default());
    if let Some(uuid) = numbers.uuid {
        seen.part(PartKind::Board, &uuid);
    }
    for serial in numbers.serials {
        seen.part(PartKind::Serial, &serial);
    }
}

/// Port, bus, target, unit: a disk is a unit.
fn disks(seen: &mut Seen) -> Result<()> {
    for (_, port) in below(&LOCAL_MACHINE.open(SCSI)?)? {
        let driver = port.get_string("Driver").unwrap_or_default().to_ascii_lowercase();
        if FOREIGN.contains(&driver.as_str()) {
            continue;
        }
        for (_, bus) in below(&port)? {
            for (_, target) in below(&bus)? {
                for (name, unit) in below(&target)? {
                    disk(&name, &unit, seen);
                }
            }
        }
    }
    Ok(())
}

fn disk(name: &str, unit: &Key, seen: &mut Seen) {
    if unit.get_string("DeviceType").is_ok_and(|kind| kind == "DiskPeripheral") {
        let number = unit.get_string("SerialNumber").unwrap_or_default();
        if seen.part(PartKind::Disk, &number) == Taken::Placeholder {
            seen.unread(PartKind::Disk, format_args!("a disk ({name}) shows no serial number"));
        }
    }
}

/// The keys below a key that can be opened.
fn below(key: &Key) -> Result<Vec<(String, Key)>> {
    Ok(key.keys()?.filter_map(|name| key.open(&name).ok().map(|key| (name, key))).collect())
}
