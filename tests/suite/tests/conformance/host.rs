//! A host that shows its parts as files, as subject.

use std::fs;

use keyward_conformance::host_probe::HostProbeSubject;
use keyward_host::SystemProbe;
use keyward_ports::HostProbe;
use tempfile::TempDir;

/// A Linux host made of files.
pub(crate) struct Tree {
    root: TempDir,
    probe: SystemProbe,
}

const SERIAL: &str = "sys/class/dmi/id/board_serial";
const FILES: [(&str, &str); 8] = [
    ("etc/machine-id", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
    ("proc/sys/kernel/hostname", "office"),
    (SERIAL, "BRD-1"),
    ("sys/class/dmi/id/product_serial", "SYS-1"),
    ("sys/class/dmi/id/product_uuid", "9a4b1c2d-0000-1111-2222-333344445555"),
    ("sys/class/net/eth0/address", "3c:7c:3f:11:22:33"),
    ("sys/class/net/eth0/addr_assign_type", "0"),
    ("sys/block/sda/device/wwid", "naa.5000c5001234"),
];

impl Tree {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder of its own");
        for (name, text) in FILES {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
            fs::write(path, text).expect("the file is written");
        }
        fs::create_dir_all(root.path().join("sys/class/net/eth0/device")).expect("the folder is made");
        Self { probe: SystemProbe::rooted(root.path()), root }
    }
}

impl HostProbeSubject for Tree {
    fn probe(&self) -> &dyn HostProbe {
        &self.probe
    }

    fn hide_a_part(&self) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(self.root.path().join(SERIAL), fs::Permissions::from_mode(0o400)).expect("it is hidden");
    }
}
