use std::collections::BTreeMap;
use std::os::unix::fs::symlink;

use keyward_domain::host::{Fingerprint, Part};
use keyward_domain::keys::SigningKey;
use keyward_domain::signers::VendorId;
use keyward_ports::{HostProbe as _, Probed};
use tempfile::TempDir;

use super::*;
use crate::SystemProbe;

/// A host made of files.
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().expect("a folder of its own"));
        tree.folder("sys/class/net").folder("sys/block");
        tree
    }

    fn folder(&self, path: &str) -> &Self {
        fs::create_dir_all(self.0.path().join(path)).expect("the folder is made");
        self
    }

    fn file(&self, path: &str, text: &str) -> &Self {
        self.mode(path, text, 0o444)
    }

    fn mode(&self, path: &str, text: &str, mode: u32) -> &Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        fs::write(&path, format!("{text}\n")).expect("the file is written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("the mode is set");
        self
    }

    fn link(&self, from: &str, to: &str) -> &Self {
        let from = self.0.path().join(from);
        fs::create_dir_all(from.parent().expect("a folder")).expect("the folder is made");
        symlink(self.0.path().join(to), from).expect("the link is made");
        self
    }

    /// A network card below a device.
    fn card(&self, name: &str, device: &str, assigned: &str, address: &str) -> &Self {
        let card = format!("{device}/net/{name}");
        self.file(&format!("{card}/addr_assign_type"), assigned)
            .file(&format!("{card}/address"), address)
            .link(&format!("{card}/device"), device)
            .link(&format!("sys/class/net/{name}"), &card)
    }

    /// A disk below a device, with files that show it.
    fn disk(&self, name: &str, device: &str, files: &[(&str, &str)]) -> &Self {
        let disk = format!("{device}/block/{name}");
        for (file, text) in files {
            match file.strip_prefix("device/") {
                Some(file) => self.file(&format!("{device}/{file}"), text),
                None => self.file(&format!("{disk}/{file}"), text),
            };
        }
        self.folder(&disk).link(&format!("{disk}/device"), device).link(&format!("sys/block/{name}"), &disk)
    }

    fn look(&self) -> Probed {
        SystemProbe::rooted(self.0.path()).look()
    }
}

fn parts(parts: &[(PartKind, &str)]) -> Vec<Part> {
    let mut parts: Vec<_> = parts.iter().map(|(kind, value)| Part::new(*kind, value).expect("no placeholder")).collect();
    parts.sort();
    parts
}

fn print(parts: &[Part]) -> Fingerprint {
    Fingerprint::of(&VendorId::of(&SigningKey::from_seed(&[1; 32]).public()), parts)
}

/// A desktop with what is in it and what is plugged into it.
fn desktop() -> Tree {
    let tree = Tree::new();
    tree.file("etc/machine-id", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
        .file("proc/sys/kernel/hostname", "drawing-room")
        .mode("sys/class/dmi/id/product_uuid", "9a4b1c2d-0000-1111-2222-333344445555", 0o400)
        .file("sys/class/dmi/id/board_serial", "BRD-1")
        .file("sys/class/dmi/id/product_serial", "To be filled by O.E.M.")
        .card("enp0s31f6", "sys/devices/pci0000:00/0000:00:1f.6", "0", "3c:7c:3f:11:22:33")
        .card("wlp2s0", "sys/devices/pci0000:00/0000:02:00.0", "3", "b6:9a:01:02:03:04")
        .file("sys/devices/pci0000:00/0000:02:00.0/net/wlp2s0/phy80211/macaddress", "3c:7c:3f:44:55:66")
        .disk("nvme0n1", "sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0", &[("device/serial", "S5GX-NVME "), ("device/transport", "pcie")])
        .disk(
            "sda",
            "sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0",
            &[("removable", "0"), ("device/wwid", "naa.5000c5001234")],
        );
    tree
}

const BUILT_IN: [(PartKind, &str); 6] = [
    (PartKind::Machine, "0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
    (PartKind::Serial, "brd-1"),
    (PartKind::Nic, "3c:7c:3f:11:22:33"),
    (PartKind::Nic, "3c:7c:3f:44:55:66"),
    (PartKind::Disk, "s5gx-nvme"),
    (PartKind::Disk, "naa.5000c5001234"),
];

#[test]
fn what_is_built_in_is_seen_and_two_looks_are_alike() {
    let tree = desktop();
    let (one, two) = (tree.look(), tree.look());
    assert_eq!(one.name.as_str(), "drawing-room");
    assert_eq!(one.parts, parts(&BUILT_IN));
    assert_eq!((&one.parts, &one.unread), (&two.parts, &two.unread));
    assert_eq!(one.unread, ["board: sys/class/dmi/id/product_uuid is open to the administrator alone"]);
    assert!(!format!("{one:?}").contains("3c:7c"), "{one:?}");
}

#[test]
fn what_is_plugged_in_or_made_of_software_or_drawn_at_random_is_no_part() {
    type Add = fn(&Tree) -> &Tree;
    const PCI: &str = "sys/devices/pci0000:00";
    let strangers: BTreeMap<&str, Add> = BTreeMap::from([
        ("a USB card", (|tree| tree.card("enx1", &format!("{PCI}/0000:00:14.0/usb1/1-1/1-1:1.0"), "0", "3c:7c:3f:77:00:01")) as Add),
        ("a card in a dock", |tree| {
            tree.card("enp9", &format!("{PCI}/0000:00:1c.0/0000:09:00.0"), "0", "3c:7c:3f:77:00:02")
                .file(&format!("{PCI}/0000:00:1c.0/removable"), "removable")
        }),
        ("a card whose address was set", |tree| tree.card("eth5", &format!("{PCI}/0000:00:05.0"), "3", "3c:7c:3f:77:00:03")),
        ("a card whose address was drawn", |tree| tree.card("eth6", &format!("{PCI}/0000:00:06.0/virtio1"), "0", "52:54:00:12:34:56")),
        ("a bridge", |tree| {
            tree.file("sys/devices/virtual/net/br0/addr_assign_type", "0")
                .file("sys/devices/virtual/net/br0/address", "3c:7c:3f:77:00:04")
                .link("sys/class/net/br0", "sys/devices/virtual/net/br0")
        }),
        ("a virtual card with a device", |tree| tree.card("vnet0", "sys/devices/virtual/vnet", "0", "3c:7c:3f:77:00:05")),
        ("an InfiniBand card", |tree| {
            tree.card("ib0", &format!("{PCI}/0000:00:07.0"), "0", "80:00:02:08:fe:80:00:00:00:00:00:00:00:11:22:33:44:55:66:77")
        }),
        ("a USB disk", |tree| tree.disk("sdb", &format!("{PCI}/0000:00:14.0/usb2/2-1/host6/6:0:0:0"), &[("device/wwid", "naa.usb1")])),
        ("a disk that can be taken out", |tree| {
            tree.disk("sdc", &format!("{PCI}/0000:00:17.0/ata3"), &[("removable", "1"), ("device/wwid", "naa.out1")])
        }),
        ("an SD card", |tree| {
            tree.disk("mmcblk0", "sys/devices/platform/mmc0/mmc0:1", &[("device/type", "SD"), ("device/serial", "0x7a")])
        }),
        ("a disk over iSCSI", |tree| tree.disk("sdd", "sys/devices/platform/host7/session1/target7:0:0", &[("device/wwid", "naa.net1")])),
        ("a disk over Fibre Channel", |tree| {
            tree.disk("sde", &format!("{PCI}/0000:00:18.0/host8/rport-8:0-0/target8:0:0"), &[("device/wwid", "naa.net2")])
        }),
        ("an NVMe disk over TCP", |tree| {
            tree.disk("nvme3n1", "sys/devices/virtual/nvme-subsystem/nvme-subsys3", &[("device/serial", "NET-3")])
                .file("sys/devices/virtual/nvme-subsystem/nvme-subsys3/nvme3/transport", "tcp")
        }),
        ("a loop device", |tree| {
            tree.file("sys/devices/virtual/block/loop0/serial", "L-1").link("sys/block/loop0", "sys/devices/virtual/block/loop0")
        }),
    ]);
    for (what, add) in strangers {
        let tree = desktop();
        add(&tree);
        let seen = tree.look();
        assert_eq!(print(&seen.parts), print(&parts(&BUILT_IN)), "{what}: {:?}", seen.parts);
        assert_eq!(seen.unread.len(), 1, "{what}: {:?}", seen.unread);
    }
}

#[test]
fn what_is_built_in_counts_however_it_is_attached() {
    type Add = fn(&Tree) -> &Tree;
    let parts_of_others: [(Add, PartKind, &str); 5] = [
        (
            |tree| {
                tree.card("eth1", "sys/devices/pci0000:00/0000:00:08.0", "3", "3c:7c:3f:11:22:33")
                    .file("sys/devices/pci0000:00/0000:00:08.0/net/eth1/bonding_slave/perm_hwaddr", "3c:7c:3f:88:00:01")
            },
            PartKind::Nic,
            "3c:7c:3f:88:00:01",
        ),
        (
            |tree| tree.card("eth2", "sys/devices/pci0000:00/0000:00:09.0/virtio2", "0", "00:0c:29:88:00:02"),
            PartKind::Nic,
            "00:0c:29:88:00:02",
        ),
        (
            |tree| {
                tree.disk("nvme4n1", "sys/devices/virtual/nvme-subsystem/nvme-subsys4", &[("device/serial", "TWO-WAYS")])
                    .file("sys/devices/virtual/nvme-subsystem/nvme-subsys4/nvme4/transport", "pcie")
            },
            PartKind::Disk,
            "two-ways",
        ),
        (|tree| tree.disk("vda", "sys/devices/pci0000:00/0000:00:0a.0/virtio3", &[("serial", "VOL-9")]), PartKind::Disk, "vol-9"),
        (|tree| tree.file("sys/firmware/devicetree/base/serial-number", "10000000abcd1234\0"), PartKind::Serial, "10000000abcd1234"),
    ];
    for (add, kind, number) in parts_of_others {
        let tree = desktop();
        add(&tree);
        let seen = tree.look();
        let expected: Vec<_> = BUILT_IN.into_iter().chain([(kind, number)]).collect();
        assert_eq!(print(&seen.parts), print(&parts(&expected)), "{number}: {:?}", seen.parts);
    }
}

#[test]
fn what_cannot_be_read_is_named_and_nothing_fails() {
    let bare = tempfile::tempdir().expect("a folder of its own");
    let seen = SystemProbe::rooted(bare.path()).look();
    assert_eq!((seen.name.as_str(), &seen.parts), ("unnamed-host", &Vec::new()));
    assert_eq!(
        seen.unread,
        [
            "machine: etc/machine-id is not there",
            "board: sys/class/dmi/id/product_uuid is not there",
            "serial: sys/class/dmi/id/board_serial is not there",
            "serial: sys/class/dmi/id/product_serial is not there",
            "nic: sys/class/net is not there",
            "disk: sys/block is not there",
        ]
    );

    let tree = desktop();
    tree.disk("vdb", "sys/devices/pci0000:00/0000:00:0b.0/virtio4", &[("serial", "")]);
    tree.folder("sys/devices/pci0000:00/0000:00:0c.0/net/eth9")
        .link("sys/devices/pci0000:00/0000:00:0c.0/net/eth9/device", "sys/devices/pci0000:00/0000:00:0c.0")
        .link("sys/class/net/eth9", "sys/devices/pci0000:00/0000:00:0c.0/net/eth9");
    let unread = tree.look().unread;
    assert_eq!(unread[1..], ["nic: sys/class/net/eth9/addr_assign_type is not there", "disk: sys/block/vdb shows no serial number"]);
    assert_eq!(tree.look().parts, parts(&BUILT_IN));
}

#[test]
fn an_image_that_was_never_booted_has_no_machine_id_and_the_second_place_is_asked() {
    let tree = Tree::new();
    tree.file("etc/machine-id", "uninitialized");
    assert_eq!(tree.look().parts, []);
    assert_eq!(tree.look().unread[0], "machine: etc/machine-id says nothing of its own");
    tree.file("var/lib/dbus/machine-id", "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
    assert_eq!(tree.look().parts, parts(&[(PartKind::Machine, "0f1e2d3c4b5a69788796a5b4c3d2e1f0")]));
}
