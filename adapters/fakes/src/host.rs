//! A host whose parts can be exchanged.

use std::collections::BTreeMap;
use std::sync::Mutex;

use keyward_domain::host::{Part, PartKind};
use keyward_domain::names::{HostName, NameError};
use keyward_ports::{HostProbe, Probed};

use crate::locked;

const KINDS: [PartKind; 6] = [PartKind::Machine, PartKind::Board, PartKind::Serial, PartKind::Nic, PartKind::Disk, PartKind::Processor];

/// A host made of one part of each kind. A clone of it has the same parts and is another host.
#[derive(Debug)]
pub struct FakeHost {
    body: Mutex<Body>,
}

#[derive(Debug, Clone)]
struct Body {
    name: HostName,
    /// None = it is there and cannot be read.
    parts: BTreeMap<PartKind, Option<Part>>,
}

impl FakeHost {
    /// A host with parts of its own: two hosts share a part only if they share the name.
    pub fn named(name: &str) -> Result<Self, NameError> {
        let parts = KINDS.map(|kind| (kind, Part::new(kind, &format!("{kind} built into {name}"))));
        Ok(Self { body: Mutex::new(Body { name: name.parse()?, parts: parts.into() }) })
    }

    /// Calls the host something else. Its parts stay.
    pub fn rename(&self, name: HostName) {
        locked(&self.body).name = name;
    }

    /// Exchanges one part. A number that is a placeholder is no part: there is one less then.
    pub fn replace_part(&self, kind: PartKind, number: &str) {
        let mut body = locked(&self.body);
        match Part::new(kind, number) {
            Some(part) => body.parts.insert(kind, Some(part)),
            None => body.parts.remove(&kind),
        };
    }

    /// Takes the right to read a part away, as a container or a missing permission does.
    pub fn hide_part(&self, kind: PartKind) {
        locked(&self.body).parts.insert(kind, None);
    }
}

impl Clone for FakeHost {
    fn clone(&self) -> Self {
        Self { body: Mutex::new(locked(&self.body).clone()) }
    }
}

impl HostProbe for FakeHost {
    fn look(&self) -> Probed {
        let body = locked(&self.body);
        let unread = body.parts.iter().filter(|(_, part)| part.is_none()).map(|(kind, _)| format!("{kind}: hidden"));
        Probed { name: body.name.clone(), parts: body.parts.values().flatten().cloned().collect(), unread: unread.collect() }
    }
}
