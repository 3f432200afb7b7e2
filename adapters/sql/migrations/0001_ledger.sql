-- Records under their keys. `version` counts how often one was written; `body` is its JSON.
CREATE TABLE record (
    number  INTEGER PRIMARY KEY,
    kind    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    body    TEXT    NOT NULL,
    UNIQUE (kind, id)
) STRICT;

-- What records are found by.
CREATE TABLE lookup (
    value  TEXT    NOT NULL,
    record INTEGER NOT NULL REFERENCES record (number),
    PRIMARY KEY (value, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX lookup_of_record ON lookup (record);

-- Answers by the name of their request: SHA-256 of what was signed.
CREATE TABLE answer (
    number INTEGER PRIMARY KEY,
    name   BLOB NOT NULL UNIQUE,
    body   TEXT NOT NULL
) STRICT;

-- Who did what. A position is given once.
CREATE TABLE log (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    entitlement TEXT,
    body        TEXT NOT NULL
) STRICT;
CREATE INDEX log_of_entitlement ON log (entitlement) WHERE entitlement IS NOT NULL;

-- Where the ledger stands: `position` counts deeds, `epoch` is raised by whoever opens or restores it.
CREATE TABLE meta (
    key   TEXT    PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES ('epoch', 0), ('position', 0);
