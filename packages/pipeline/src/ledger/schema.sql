-- The ledger: the one source of truth about what happened. Times are int64 microseconds since 1970, UTC.
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

-- The lease that makes one coordinator the writer. The epoch grows with every holder and fences all it writes.
CREATE TABLE IF NOT EXISTS lease (id INTEGER PRIMARY KEY CHECK (id = 1), holder TEXT NOT NULL, epoch INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT;

-- Complete days of batch data, with their batch view and baseline once these are made. A day's correction is a new version.
CREATE TABLE IF NOT EXISTS batch_days (
  day TEXT NOT NULL, version TEXT NOT NULL, registered INTEGER NOT NULL, view TEXT, baseline TEXT,
  PRIMARY KEY (day, version)
) STRICT;

-- `sealed_at`: when it was written, which for a minute that was caught up is long after it was due. The gate's wait begins there.
CREATE TABLE IF NOT EXISTS seals (minute INTEGER PRIMARY KEY, seal TEXT NOT NULL, epoch INTEGER NOT NULL, sealed_at INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS closes (minute INTEGER PRIMARY KEY, close TEXT NOT NULL, manifest TEXT NOT NULL, epoch INTEGER NOT NULL) STRICT;

-- A committed iteration: `folder` is the attempt that won. Once `reclaimed`, nothing of it is there but, while `kept_bytes` is not null, the messages
-- that it did not accept: so many bytes, 0 until they were measured. Its report then lacks what `retention.ts` says.
CREATE TABLE IF NOT EXISTS iterations (
  minute INTEGER PRIMARY KEY, folder TEXT NOT NULL, epoch INTEGER NOT NULL, manifest TEXT NOT NULL, digest TEXT NOT NULL,
  report TEXT NOT NULL, reclaimed INTEGER NOT NULL DEFAULT 0, kept_bytes INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS iterations_whole ON iterations (minute) WHERE reclaimed = 0;
CREATE INDEX IF NOT EXISTS iterations_kept ON iterations (minute, kept_bytes) WHERE kept_bytes IS NOT NULL;

-- What was decided, and what became of it (contract, section 8). `otherwise` is what happens when no verdict has come by `wait_until`; after
-- `valid_until` it is too late for anything. `cause` says by what the state came about.
CREATE TABLE IF NOT EXISTS decisions (
  id TEXT PRIMARY KEY, minute INTEGER NOT NULL, customer TEXT NOT NULL, action TEXT NOT NULL, reason TEXT,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'released', 'held', 'dropped', 'expired')),
  wait_until INTEGER NOT NULL DEFAULT 0, valid_until INTEGER NOT NULL DEFAULT 0, otherwise TEXT NOT NULL DEFAULT 'hold',
  cause TEXT, changed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS decisions_by_minute ON decisions (minute);
CREATE INDEX IF NOT EXISTS decisions_open ON decisions (minute, id) WHERE state IN ('waiting', 'held');

-- The verdict that the gate went by, the newest one given on the committed iteration.
CREATE TABLE IF NOT EXISTS verdicts (minute INTEGER PRIMARY KEY, verdict TEXT NOT NULL, taken INTEGER NOT NULL, epoch INTEGER NOT NULL) STRICT;

-- Releases and drops by hand: who asked for which, and why. Anyone may file one; only the holder of the lease answers it.
CREATE TABLE IF NOT EXISTS interventions (
  number INTEGER PRIMARY KEY AUTOINCREMENT, decision TEXT NOT NULL, wanted TEXT NOT NULL CHECK (wanted IN ('release', 'drop')),
  who TEXT NOT NULL, why TEXT NOT NULL, filed INTEGER NOT NULL, answered INTEGER, answer TEXT, epoch INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS interventions_open ON interventions (number) WHERE answered IS NULL;

-- The newest decision of each (customer, action): what a cool-down is counted from.
CREATE TABLE IF NOT EXISTS last_decisions (customer TEXT NOT NULL, action TEXT NOT NULL, minute INTEGER NOT NULL, PRIMARY KEY (customer, action)) STRICT, WITHOUT ROWID;
