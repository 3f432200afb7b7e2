-- One row where these journals were once restored from a backup: a pool that is not among them may have been made after it.
CREATE TABLE restored (
    once INTEGER PRIMARY KEY CHECK (once = 1)
) STRICT;
INSERT INTO restored (once) SELECT 1 WHERE EXISTS (SELECT 1 FROM pool WHERE marked);
