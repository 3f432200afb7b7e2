//! What Linux shows of its hardware below `/sys`. Nothing here needs root, and root sees no more than others.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use keyward_domain::host::PartKind;

use super::{Seen, Taken};

const MACHINE_IDS: [&str; 2] = ["etc/machine-id", "var/lib/dbus/machine-id"];
const DMI: [(PartKind, &str); 3] = [
    (PartKind::Board, "sys/class/dmi/id/product_uuid"),
    (PartKind::Serial, "sys/class/dmi/id/board_serial"),
    (PartKind::Serial, "sys/class/dmi/id/product_serial"),
];
/// Boards without SMBIOS, such as a Raspberry Pi, show their serial number here.
const DEVICE_TREE: &str = "sys/firmware/devicetree/base/serial-number";
/// Where a disk may show its number; the first that has one counts.
const DISK_NUMBERS: [&str; 4] = ["serial", "device/serial", "device/wwid", "wwid"];

pub(super) fn look(root: &Path, seen: &mut Seen) {
    let host = Host { root: root.canonicalize().unwrap_or_else(|_| root.to_owned()) };
    seen.name = host.read("proc/sys/kernel/hostname").unwrap_or_default();
    host.machine(seen);
    host.board(seen);
    host.cards(seen);
    host.disks(seen);
}

struct Host {
    root: PathBuf,
}

#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("{0} is not there")]
    Missing(String),
    #[error("{0} is open to the administrator alone")]
    Closed(String),
    #[error("{0} says nothing of its own")]
    Placeholder(String),
    #[error("{0}: {1}")]
    Failed(String, io::Error),
}

impl Host {
    fn machine(&self, seen: &mut Seen) {
        let mut why = None;
        for path in MACHINE_IDS {
            match self.read(path) {
                // What systemd writes into an image until its first boot.
                Ok(id) if id.trim() != "uninitialized" && seen.part(PartKind::Machine, &id) == Taken::Yes => return,
                Ok(_) => why = why.or(Some(Unread::Placeholder(path.into()))),
                Err(unread) => why = why.or(Some(unread)),
            }
        }
        if let Some(why) = why {
            seen.unread(PartKind::Machine, why);
        }
    }

    fn board(&self, seen: &mut Seen) {
        for (kind, path) in DMI {
            match self.read(path) {
                Ok(number) => {
                    seen.part(kind, &number);
                }
                Err(unread) => seen.unread(kind, unread),
            }
        }
        if let Ok(number) = self.read(DEVICE_TREE) {
            seen.part(PartKind::Serial, &number);
        }
    }

    fn cards(&self, seen: &mut Seen) {
        for card in self.list("sys/class/net", PartKind::Nic, seen) {
            // Bridges, tunnels and what else is made of software have no device.
            let Ok(device) = self.root.join(&card).join("device").canonicalize() else { continue };
            if !self.is_built_in(&device) {
                continue;
            }
            match self.permanent_address(&card) {
                Ok(Some(address)) => {
                    seen.part(PartKind::Nic, &address);
                }
                Ok(None) => {}
                Err(unread) => seen.unread(PartKind::Nic, unread),
            }
        }
    }

    /// The address a card was made with; none if it shows only one that was set or drawn at random.
    fn permanent_address(&self, card: &str) -> Result<Option<String>, Unread> {
        // A bond lends its address to its cards, and a radio draws one for each network it joins: both keep the permanent one here.
        for kept in ["bonding_slave/perm_hwaddr", "phy80211/macaddress"] {
            if let Ok(address) = self.read(&format!("{card}/{kept}")) {
                return Ok(Some(address).filter(|address| is_makers(address)));
            }
        }
        let permanent = self.read(&format!("{card}/addr_assign_type"))?.trim() == "0";
        let address = self.read(&format!("{card}/address"))?;
        Ok(Some(address).filter(|address| permanent && is_makers(address)))
    }

    fn disks(&self, seen: &mut Seen) {
        for disk in self.list("sys/block", PartKind::Disk, seen) {
            let Ok(device) = self.root.join(&disk).canonicalize() else { continue };
            let taken_out = self.says(&disk, "removable", "1") || self.says(&disk, "device/type", "SD");
            if taken_out || !self.is_built_in(&device) || !self.is_attached_locally(&disk) {
                continue;
            }
            let numbers = DISK_NUMBERS.iter().filter_map(|number| self.read(&format!("{disk}/{number}")).ok());
            if !numbers.into_iter().any(|number| seen.part(PartKind::Disk, &number) == Taken::Yes) {
                seen.unread(PartKind::Disk, format_args!("{disk} shows no serial number"));
            }
        }
    }

    /// Whether a device is part of the host: not plugged in from outside, not made of software, not reached over a network.
    fn is_built_in(&self, device: &Path) -> bool {
        let Ok(below) = device.strip_prefix(&self.root) else { return false };
        let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
        let numbered = |name: &str, kind: &str| {
            name.strip_prefix(kind).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let foreign = names.iter().any(|name| numbered(name, "usb") || numbered(name, "session") || name.starts_with("rport-"));
        // A disk with two ways to it stands below `virtual`, though it is none.
        let software = names.iter().any(|name| name == "virtual") && !names.iter().any(|name| name == "nvme-subsystem");
        let plugged =
            || device.ancestors().take_while(|above| *above != self.root).any(|above| says(&above.join("removable"), "removable"));
        !foreign && !software && !plugged()
    }

    /// NVMe disks come over networks, too. The disk itself says how, or each of the ways to it.
    fn is_attached_locally(&self, disk: &str) -> bool {
        let device = self.root.join(disk).join("device");
        let ways = fs::read_dir(&device).into_iter().flatten().flatten().map(|way| way.path().join("transport"));
        let transports = ways.chain([device.join("transport")]).filter_map(|path| fs::read_to_string(path).ok());
        !transports.into_iter().any(|transport| matches!(transport.trim(), "tcp" | "rdma" | "fc" | "loop"))
    }

    fn says(&self, folder: &str, file: &str, word: &str) -> bool {
        says(&self.root.join(folder).join(file), word)
    }

    /// What is in a folder, in order.
    fn list(&self, folder: &str, kind: PartKind, seen: &mut Seen) -> Vec<String> {
        match fs::read_dir(self.root.join(folder)) {
            Ok(entries) => {
                let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
                let mut paths: Vec<_> = names.map(|name| format!("{folder}/{name}")).collect();
                paths.sort();
                paths
            }
            Err(error) => {
                seen.unread(kind, unread(folder, error));
                Vec::new()
            }
        }
    }

    /// A file's text, if everybody may read it: what root alone sees would make root's host another host.
    fn read(&self, path: &str) -> Result<String, Unread> {
        let file = self.root.join(path);
        let mode = fs::metadata(&file).map_err(|error| unread(path, error))?.permissions().mode();
        if mode & 0o004 == 0 {
            return Err(Unread::Closed(path.into()));
        }
        let bytes = fs::read(&file).map_err(|error| unread(path, error))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn unread(path: &str, error: io::Error) -> Unread {
    if error.kind() == io::ErrorKind::NotFound { Unread::Missing(path.into()) } else { Unread::Failed(path.into(), error) }
}

fn says(file: &Path, word: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text.trim() == word)
}

/// Whether an address was given by its card's maker: six octets, neither a group's nor locally administered (IEEE 802, 8.2).
fn is_makers(address: &str) -> bool {
    let octets: Option<Vec<u8>> = address.trim().split(':').map(|octet| u8::from_str_radix(octet, 16).ok()).collect();
    octets.is_some_and(|octets| octets.len() == 6 && octets[0] & 0b11 == 0)
}

#[cfg(test)]
mod tests;
