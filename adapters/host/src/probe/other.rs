//! What other systems, macOS above all, show without unsafe code: the machine's own id. Serial numbers and network cards would need IOKit.

use std::path::Path;

use keyward_domain::host::PartKind;

use super::Seen;

pub(super) fn look(_root: &Path, seen: &mut Seen) {
    seen.name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    match machine_uid::get() {
        Ok(id) => {
            seen.part(PartKind::Machine, &id);
        }
        Err(error) => seen.unread(PartKind::Machine, error),
    }
}
