//! Records as they were read last, so that what is read often is parsed once. A record's version says whether it is still the same: each
//! reader asks the ledger for it at its own moment, so nobody is shown what is no longer there, or not there yet.

use std::fmt;
use std::sync::Arc;

use keyward_domain::record::RecordKey;
use keyward_ports::Versioned;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

/// So much is kept, counted in bytes of the records' JSON.
const MOST_BYTES: u64 = 64 << 20;
/// Of about so many records.
const USUALLY: usize = 16_384;
/// In so few parts, on a host of any size, that an entitlement with tens of thousands of slots fits into one.
const SHARDS: usize = 4;

/// Records that were read.
pub(crate) struct Known(Cache<RecordKey, Kept, Bytes>);

#[derive(Clone)]
struct Kept {
    record: Arc<Versioned>,
    bytes: u64,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<RecordKey, Kept> for Bytes {
    fn weight(&self, _: &RecordKey, kept: &Kept) -> u64 {
        kept.bytes.max(1)
    }
}

impl Known {
    pub(crate) fn new() -> Self {
        let mut options = OptionsBuilder::new();
        match options.shards(SHARDS).estimated_items_capacity(USUALLY).weight_capacity(MOST_BYTES).build() {
            Ok(options) => Self(Cache::with_options(options, Bytes, DefaultHashBuilder::default(), DefaultLifecycle::default())),
            // It says so only of options that were not given.
            Err(_) => Self(Cache::with_weighter(USUALLY, MOST_BYTES, Bytes)),
        }
    }

    /// A record as it was last read or written.
    pub(crate) fn get(&self, key: &RecordKey) -> Option<Arc<Versioned>> {
        self.0.get(key).map(|kept| kept.record)
    }

    /// Keeps what was read.
    pub(crate) fn keep(&self, key: RecordKey, record: Arc<Versioned>, json: usize) {
        self.0.insert(key, Kept { record, bytes: json as u64 });
    }

    /// Keeps what was written, if what was there before was read: what nobody reads is not kept.
    pub(crate) fn renew(&self, key: RecordKey, record: Versioned, json: usize) {
        // What is gone meanwhile is read again.
        let _ = self.0.replace(key, Kept { record: Arc::new(record), bytes: json as u64 }, true);
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").finish_non_exhaustive()
    }
}
