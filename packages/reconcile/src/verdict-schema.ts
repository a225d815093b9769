/** The verdicts' store. Times are int64 microseconds since 1970, UTC. */
export const VERDICT_SCHEMA = `
-- One a minute: what the comparison of both sides says. \`report\` is the whole verdict as JSON.
CREATE TABLE IF NOT EXISTS verdicts (
  minute INTEGER PRIMARY KEY, manifest TEXT NOT NULL, digest TEXT NOT NULL, verdict TEXT NOT NULL,
  blocks TEXT NOT NULL CHECK (blocks IN ('none', 'customers', 'all')), report TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS verdicts_naming ON verdicts (minute) WHERE blocks = 'customers';

-- Of a verdict that blocks some customers: whom.
CREATE TABLE IF NOT EXISTS blocked (minute INTEGER NOT NULL, customer TEXT NOT NULL, PRIMARY KEY (minute, customer)) STRICT, WITHOUT ROWID;

-- What the verifier knows of earlier minutes, after the newest one: what differed then and can still be seen. At most one row.
CREATE TABLE IF NOT EXISTS remembered (minute INTEGER PRIMARY KEY, known TEXT NOT NULL) STRICT;
`;
