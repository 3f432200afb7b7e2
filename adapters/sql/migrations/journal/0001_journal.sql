-- The pools of a license server, by the entitlement that was delegated to it. `marked`: this is a backup that was restored, and no
-- fact says so yet.
CREATE TABLE pool (
    number      INTEGER PRIMARY KEY,
    entitlement TEXT    NOT NULL UNIQUE,
    marked      INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What happened, in runs of facts that follow each other. `place` is the pool's number times 2^44 plus the position of the first fact, so
-- that a pool's facts lie side by side in their order. `body` is a line of JSON for each fact.
CREATE TABLE run (
    place INTEGER PRIMARY KEY,
    facts INTEGER NOT NULL CHECK (facts > 0),
    body  TEXT    NOT NULL
) STRICT;

-- The newest snapshot of each pool: the JSON of its books. `position` is that of the next fact.
CREATE TABLE snapshot (
    pool     INTEGER PRIMARY KEY REFERENCES pool (number),
    position INTEGER NOT NULL,
    body     TEXT    NOT NULL
) STRICT;
