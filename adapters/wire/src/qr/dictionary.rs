//! The words of requests and answers as [`packed`](super::packed) writes them, in their order, the rare ones first.
//!
//! Whoever reads a code of version 1 needs these very bytes: they never change. Words that documents learn later cost a little more.

pub(super) const DICTIONARY: &[u8] = b"\
    unknown-key key-replaced other-vendor other-product unknown-product unknown-edition \"edition\":\"needs-license-server needs-dongle \
    moves-spent \",\"next\":\"\",\"moves\":3,\"transfers-spent\",\"transfers\":3,\"days\":90not-this-host unknown-activation copied-host \
    request-spent no-trial unsupported maintenance-ended expired trial-over \",\"version\":\"\",\"until\":\"no-activation-left\",\
    \"activations\":1,\"holders\":[{\"host\":\"\",\"since\":\"\"}],\"revocations\":[{\"activation\":\"A-\",\"device\":\"\xF8\x10\",\
    \"generation\":1,\"reason\":\"moved freed returned revoked\"}]}\"body\":{\"kind\":\"refusal\",\"code\":\"\",\"recount\":\
    \"body\":{\"kind\":\"receipt\",\"activation\":\"A-\"}}\"body\":{\"kind\":\"revocation\",\"activation\":\"A-\
    \"needs\":[\"],\"own_slot\":true},\"nonce\":\"\"ask\":{\"kind\":\"trial\",\"edition\":\"Standard\"},\"nonce\":\"\
    \"revoked_since\":\"\"},{\"key\":\"ed25519:\xF9\x20\",\"role\":\"issuer\",\"from\":\"\",\"until\":\"\
    \"contact\":{\"every\":{\"days\":30,\"grace\":7}},\"hold\":{\"as\":\"trial\"}}}\"hold\":{\"as\":\"loan\",\"seat\":\",\"place\":\
    \"network\",\"medium\":\"dongle\",\"tenure\":\"trial\"},\"tenure\":\"rental\",\"maintenance_until\":\"\"},\"features\":[\"\
    {\"payloadType\":\"application/vnd.keyward.request+json\",\"payload\":\"\xFB\
    {\"to\":\"\xF8\x20\",\"ask\":{\"kind\":\"activate\",\"key\":\"ed25519:\xF9\x20\"},\"nonce\":\"\xF8\x10\
    \",\"ask\":{\"kind\":\"refresh\",\"activation\":\"A-\",\"ask\":{\"kind\":\"return\",\"activation\":\"A-\
    \",\"held\":{\"scheme\":\"keyward/1\",\"bytes\":\"\xFB\
    {\"answer\":{\"payloadType\":\"application/vnd.keyward.answer+json\",\"payload\":\"\xFB\
    {\"request\":\"\xF8\x20\",\"issued\":\"2026-2027-2028-2029-2030-01-01T00:00:00Z\",\"body\":{\"kind\":\"certificate\",\
    \"entitlement\":\"E-\",\"activation\":\"A-\",\"generation\":1,\"binding\":{\"to\":\"host\",\"device\":\"ed25519:\xF9\x20\",\
    \"fingerprint\":[{\"kind\":\"machine\",\"digest\":1},{\"kind\":\"board\",\"digest\":2},{\"kind\":\"serial\",\"digest\":3},\
    {\"kind\":\"nic\",\"digest\":4},{\"kind\":\"processor\",\"digest\":},{\"kind\":\"disk\",\"digest\":]},\
    \"rights\":{\"product\":\"\",\"editions\":[\"Professional\",\"Standard\"],\"key_type\":\"stand-alone\",\"medium\":\"license-key\",\
    \"tenure\":\"perpetual\"},\"window\":{\"from\":\"2026-\",\"until\":\"T00:00:00Z\"},\"hold\":{\"as\":\"activation\"},\"last_five\":\"\
    \"}}\",\"signatures\":[{\"keyid\":\"\xF8\x10\",\"sig\":\"\xFA\x40\"}]},\"keys\":[{\
    \"payloadType\":\"application/vnd.keyward.keys+json\",\"payload\":\"\xFB\
    {\"vendor\":\"\xF8\x20\",\"version\":1,\"issued\":\"\",\"signers\":[{\"key\":\"ed25519:\xF9\x20\",\"role\":\"issuer\",\"from\":\"\
    T00:00:00Z\"}]}\",\"signatures\":[{\"keyid\":\"\xF8\x10\",\"sig\":\"\xFA\x40\"}]}]}\
    \"}},\"nonce\":\"\xF8\x10\",\"product\":\"cad\",\"version\":\"2027\",\"language\":\"en-US\",\"device\":\"ed25519:\xF9\x20\",\
    \"host\":\"\",\"fingerprint\":[{\"kind\":\"machine\",\"digest\":}],\"count\":1,\"created\":\"2026-T00:00:00Z\"}\",\
    \"signatures\":[{\"keyid\":\"ed25519:\xF9\x20\",\"sig\":\"\xFA\x40\"},{\"keyid\":\"ed25519:\xF9\x20\",\"sig\":\"\xFA\x40\"}]}";
