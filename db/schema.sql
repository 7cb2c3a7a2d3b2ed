-- The schema as the migrations leave it, to be read in one piece. Never run by the server: that runs migrations/.
-- A test applies this file to an empty database and compares what comes out. Partitions are made at run time.

CREATE TABLE schema_migrations (
  name        text PRIMARY KEY,
  sha256      bytea NOT NULL,
  applied_at  timestamptz NOT NULL DEFAULT now()
);

-- Developers, their key slots, and the apps granted on each slot.
-- Every time in this schema is an integer count of Unix seconds, as on the wire.

-- The database's clock. clock_timestamp(), not now(): a transaction that waited for a lock must see the time
-- at which it got it, not the time at which it began to wait.
CREATE FUNCTION unix_now() RETURNS bigint
LANGUAGE sql VOLATILE
RETURN floor(extract(epoch FROM clock_timestamp()))::bigint;

-- The advisory lock of a slot: 64 bits of hash, so that two slots hardly ever share one; if they do, they only
-- wait for each other.
CREATE FUNCTION slot_lock_key(slot_id uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(slot_id::text, 7311987);

CREATE TABLE developers (
  id          text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_-]{43}$'),
  public_key  bytea NOT NULL UNIQUE CHECK (octet_length(public_key) = 32),
  label       text NOT NULL,
  status      text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  created_at  bigint NOT NULL DEFAULT unix_now()
);

CREATE TABLE key_slots (
  id                uuid PRIMARY KEY,
  developer_id      text NOT NULL REFERENCES developers (id),
  version           integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  provider          text NOT NULL,
  base_url          text NOT NULL,
  header_name       text NOT NULL,
  header_template   text NOT NULL,
  label             text NOT NULL,
  share1_encrypted  bytea,
  server_key_id     bytea NOT NULL CHECK (octet_length(server_key_id) = 8),
  vault_commitment  bytea NOT NULL CHECK (octet_length(vault_commitment) = 32),
  app_root          bytea NOT NULL CHECK (octet_length(app_root) = 32),
  restrictions      jsonb,
  -- Digest of the request that stored the slot: an identical repeat is told from a conflict by it alone,
  -- also when grants have changed since.
  store_digest      bytea NOT NULL CHECK (octet_length(store_digest) = 32),
  status            text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked')),
  created_at        bigint NOT NULL DEFAULT unix_now(),
  rotated_at        bigint,
  revoked_at        bigint,
  -- Digest of the request that made the current version: a repeat, whose first answer was lost, is told by it from
  -- a request that lost against another.
  change_digest     bytea CHECK (octet_length(change_digest) = 32),
  CONSTRAINT key_slots_share_only_while_active CHECK ((status = 'active') = (share1_encrypted IS NOT NULL)),
  CONSTRAINT key_slots_revoked_at CHECK ((status = 'revoked') = (revoked_at IS NOT NULL))
);

CREATE INDEX key_slots_developer ON key_slots (developer_id, created_at);

-- Which storage keys the shares are sealed to, for the count at a server's start and for re-sealing.
CREATE INDEX key_slots_sealed_for ON key_slots (server_key_id, id) WHERE status = 'active';

-- A row is a leaf of the slot's tree. A revoked row keeps its place and its version until the index is given to
-- the next app; rows are never deleted, so max(version) over a slot only rises.
CREATE TABLE app_grants (
  slot_id       uuid NOT NULL REFERENCES key_slots (id),
  leaf_index    integer NOT NULL CHECK (leaf_index BETWEEN 0 AND 1023),
  app_id        text NOT NULL CHECK (app_id <> ''),
  leaf          bytea NOT NULL CHECK (octet_length(leaf) = 32),
  version       integer NOT NULL CHECK (version >= 1),
  restrictions  jsonb,
  created_at    bigint NOT NULL DEFAULT unix_now(),
  revoked_at    bigint,
  PRIMARY KEY (slot_id, leaf_index)
);

CREATE UNIQUE INDEX app_grants_active_app ON app_grants (slot_id, app_id) WHERE revoked_at IS NULL;

-- What makes a proof good for one call: nullifiers, the watermark below which none is accepted, the call caps,
-- and the function that burns.

-- No foreign key to key_slots: it would lock the slot's row on every call. The slot was read under its advisory
-- lock in the same transaction.
CREATE TABLE nullifiers (
  slot_id     uuid NOT NULL,
  nullifier   bytea NOT NULL CHECK (octet_length(nullifier) = 32),
  expires_at  bigint NOT NULL,
  PRIMARY KEY (slot_id, nullifier, expires_at)
) PARTITION BY RANGE (expires_at);

-- Nonces of developer signatures.
CREATE TABLE used_nonces (
  developer_id  text NOT NULL,
  nonce         text NOT NULL CHECK (length(nonce) BETWEEN 1 AND 256),
  expires_at    bigint NOT NULL,
  PRIMARY KEY (developer_id, nonce, expires_at)
) PARTITION BY RANGE (expires_at);

CREATE TABLE watermark (
  only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  below     bigint NOT NULL
);

INSERT INTO watermark (below) VALUES (0);

CREATE FUNCTION watermark_only_rises() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.below >= OLD.below THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the watermark only rises';
END
$$;

CREATE TRIGGER watermark_only_rises BEFORE UPDATE OR DELETE ON watermark
FOR EACH ROW EXECUTE FUNCTION watermark_only_rises();

CREATE TRIGGER watermark_stays BEFORE TRUNCATE ON watermark
FOR EACH STATEMENT EXECUTE FUNCTION watermark_only_rises();

-- Calls in one window of time. app_id '' counts the whole slot, subject '' all subjects. Kept apart from key_slots, and
-- sparsely filled, so that counting updates a small page in place.
CREATE TABLE call_counts (
  slot_id         uuid NOT NULL,
  app_id          text NOT NULL,
  window_seconds  integer NOT NULL CHECK (window_seconds > 0),
  window_start    bigint NOT NULL,
  count           bigint NOT NULL CHECK (count >= 0),
  subject         text NOT NULL DEFAULT '',
  PRIMARY KEY (slot_id, app_id, subject, window_seconds, window_start)
) WITH (fillfactor = 70);

-- The window of the calendar that a moment lies in: where it starts, and where the next one does, in Unix seconds. Days
-- and months are those of UTC, whatever the session's time zone is. NULL for any other kind.
CREATE FUNCTION cap_window_start(kind text, at_time bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE kind
  WHEN 'minute' THEN at_time - at_time % 60
  WHEN 'day' THEN at_time - at_time % 86400
  WHEN 'month' THEN extract(epoch FROM date_trunc('month', to_timestamp(at_time) AT TIME ZONE 'UTC'))::bigint
END;

CREATE FUNCTION cap_window_end(kind text, at_time bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE kind
  WHEN 'minute' THEN at_time - at_time % 60 + 60
  WHEN 'day' THEN at_time - at_time % 86400 + 86400
  WHEN 'month' THEN extract(
    epoch FROM date_trunc('month', to_timestamp(at_time) AT TIME ZONE 'UTC') + interval '1 month'
  )::bigint
END;

-- Counts a call in the windows of all its caps, or in none of them when one is reached.
--
-- caps: [{"app", "subject", "window", "limit"}, …], ascending by app, subject and length of the window. Of them,
-- cap_index is the place (from 0) of the one that refused, or of the fullest one; used is what its window holds now.
--
-- Rows are locked in that one order everywhere, so that calls under several caps wait for each other instead of locking
-- each other up. Rows that were counted before another one refused are taken back: nobody has seen that, their locks
-- are held until the end of the transaction.
CREATE FUNCTION count_call(
  counted_slot_id uuid,
  caps jsonb,
  at_time bigint,
  OUT admitted boolean,
  OUT cap_index integer,
  OUT used bigint,
  OUT resets_at bigint
)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  last integer := jsonb_array_length(caps) - 1;
  cap jsonb;
  cap_app text COLLATE "C";
  cap_subject text COLLATE "C";
  cap_limit bigint;
  before_app text COLLATE "C";
  before_subject text COLLATE "C";
  before_seconds bigint;
  starts bigint;
  ends bigint;
  counted bigint;
  fullest_limit bigint;
BEGIN
  -- Most calls over a limit find it reached already: under several caps those take no lock and write nothing. Of
  -- several that are reached the caller is told the one that opens last.
  IF last > 0 THEN
    FOR i IN 0 .. last LOOP
      cap := caps -> i;
      starts := cap_window_start(cap ->> 'window', at_time);
      ends := cap_window_end(cap ->> 'window', at_time);
      SELECT n.count INTO counted
        FROM call_counts n
       WHERE n.slot_id = counted_slot_id AND n.app_id = cap ->> 'app' AND n.subject = cap ->> 'subject'
         AND n.window_seconds = ends - starts AND n.window_start = starts;
      IF counted >= (cap ->> 'limit')::bigint AND (cap_index IS NULL OR ends > resets_at) THEN
        cap_index := i;
        used := counted;
        resets_at := ends;
      END IF;
    END LOOP;
    IF cap_index IS NOT NULL THEN
      admitted := false;
      RETURN;
    END IF;
  END IF;

  FOR i IN 0 .. last LOOP
    cap := caps -> i;
    cap_app := cap ->> 'app';
    cap_subject := cap ->> 'subject';
    cap_limit := cap ->> 'limit';
    starts := cap_window_start(cap ->> 'window', at_time);
    ends := cap_window_end(cap ->> 'window', at_time);
    IF cap_limit < 1 OR (before_app, before_subject, before_seconds) >= (cap_app, cap_subject, ends - starts) THEN
      RAISE EXCEPTION 'caps are 1 or more, and in order';
    END IF;
    before_app := cap_app;
    before_subject := cap_subject;
    before_seconds := ends - starts;
    INSERT INTO call_counts AS n (slot_id, app_id, subject, window_seconds, window_start, count)
    VALUES (counted_slot_id, cap_app, cap_subject, ends - starts, starts, 1)
    ON CONFLICT (slot_id, app_id, subject, window_seconds, window_start)
    DO UPDATE SET count = n.count + 1 WHERE n.count < cap_limit
    RETURNING n.count INTO counted;
    IF NOT FOUND THEN
      admitted := false;
      cap_index := i;
      resets_at := ends;
      SELECT n.count INTO used
        FROM call_counts n
       WHERE n.slot_id = counted_slot_id AND n.app_id = cap_app AND n.subject = cap_subject
         AND n.window_seconds = ends - starts AND n.window_start = starts;
      FOR earlier IN 0 .. i - 1 LOOP
        cap := caps -> earlier;
        starts := cap_window_start(cap ->> 'window', at_time);
        ends := cap_window_end(cap ->> 'window', at_time);
        UPDATE call_counts n
           SET count = n.count - 1
         WHERE n.slot_id = counted_slot_id AND n.app_id = cap ->> 'app' AND n.subject = cap ->> 'subject'
           AND n.window_seconds = ends - starts AND n.window_start = starts;
      END LOOP;
      RETURN;
    END IF;
    IF fullest_limit IS NULL OR counted * fullest_limit > used * cap_limit THEN
      cap_index := i;
      used := counted;
      resets_at := ends;
      fullest_limit := cap_limit;
    END IF;
  END LOOP;
  admitted := true;
END
$$;

-- Burns a nullifier and hands out the sealed share of the slot version that the proof was checked against.
-- Called on its own, it is one transaction in one round trip.
--
-- The advisory lock is what a revocation waits for and what makes a call wait for a revocation. It helps only if
-- the slot is read in a snapshot taken after the lock was granted. In a VOLATILE function every statement takes
-- its own snapshot as long as the transaction is READ COMMITTED, so the SELECT below sees whatever the last
-- holder of the exclusive lock committed. At a higher isolation level it would not; hence the first check.
-- (PostgreSQL manual, 38.7 "Function Volatility Categories", 13.2.1 "Read Committed Isolation Level".)
CREATE FUNCTION burn_nullifier(
  burn_slot_id uuid,
  burn_app_id text,
  checked_slot_version integer,
  checked_grant_version integer,
  used_nullifier bytea,
  burn_expires_at bigint,
  caps jsonb,
  OUT outcome text,
  OUT sealed_share bytea,
  OUT sealed_for bytea,
  OUT cap_index integer,
  OUT used bigint,
  OUT resets_at bigint
)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  at_time bigint;
  admitted boolean;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'burn_nullifier needs READ COMMITTED';
  END IF;

  PERFORM pg_advisory_xact_lock_shared(slot_lock_key(burn_slot_id));

  at_time := unix_now();

  SELECT s.share1_encrypted, s.server_key_id
    INTO sealed_share, sealed_for
    FROM key_slots s
    JOIN developers d ON d.id = s.developer_id AND d.status = 'active'
    JOIN app_grants g ON g.slot_id = s.id AND g.app_id = burn_app_id AND g.revoked_at IS NULL
   WHERE s.id = burn_slot_id
     AND s.status = 'active'
     AND s.version = checked_slot_version
     AND g.version = checked_grant_version
     AND burn_expires_at >= at_time
     AND burn_expires_at >= (SELECT w.below FROM watermark w);
  IF NOT FOUND THEN
    outcome := 'inactive';
    RETURN;
  END IF;

  INSERT INTO nullifiers (slot_id, nullifier, expires_at)
  VALUES (burn_slot_id, used_nullifier, burn_expires_at)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    outcome := 'replay';
    sealed_share := NULL;
    sealed_for := NULL;
    RETURN;
  END IF;

  IF caps IS NOT NULL THEN
    SELECT c.admitted, c.cap_index, c.used, c.resets_at
      INTO admitted, cap_index, used, resets_at
      FROM count_call(burn_slot_id, caps, at_time) AS c;
    IF NOT admitted THEN
      -- The nullifier stays used: an app that is told to wait makes another proof later, and this one must not be
      -- spent besides by somebody who kept it.
      outcome := 'limited';
      sealed_share := NULL;
      sealed_for := NULL;
      RETURN;
    END IF;
  END IF;

  outcome := 'burnt';
END
$$;

-- Signed requests of a developer in one minute.
CREATE TABLE request_counts (
  developer_id  text NOT NULL,
  window_start  bigint NOT NULL,
  count         bigint NOT NULL CHECK (count >= 0),
  PRIMARY KEY (developer_id, window_start)
) WITH (fillfactor = 70);

-- Uses a nonce up and counts the request: 'fresh', 'used' for a nonce that was used before or has expired, 'limited'
-- when the developer has made per_minute (0: no limit) requests in this minute. A nonce that is used counts for nothing;
-- one that is refused by the limit stays used, as a nullifier does.
CREATE FUNCTION use_nonce(
  nonce_developer_id text,
  used_nonce text,
  nonce_expires_at bigint,
  per_minute bigint,
  OUT outcome text,
  OUT used bigint,
  OUT resets_at bigint
)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  at_time bigint := unix_now();
  minute bigint := at_time - at_time % 60;
BEGIN
  INSERT INTO used_nonces (developer_id, nonce, expires_at)
  SELECT nonce_developer_id, used_nonce, nonce_expires_at
   WHERE nonce_expires_at >= at_time AND nonce_expires_at >= (SELECT w.below FROM watermark w)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    outcome := 'used';
    RETURN;
  END IF;

  IF per_minute > 0 THEN
    resets_at := minute + 60;
    INSERT INTO request_counts AS c (developer_id, window_start, count)
    VALUES (nonce_developer_id, minute, 1)
    ON CONFLICT (developer_id, window_start)
    DO UPDATE SET count = c.count + 1 WHERE c.count < per_minute
    RETURNING c.count INTO used;
    IF NOT FOUND THEN
      SELECT c.count INTO used FROM request_counts c
       WHERE c.developer_id = nonce_developer_id AND c.window_start = minute;
      outcome := 'limited';
      RETURN;
    END IF;
  END IF;

  outcome := 'fresh';
END
$$;

-- Wrapped private halves of the transport keys. UNLOGGED: in no WAL, hence in no base backup, archive or replica.
-- After a crash the table is empty and the servers make new keys.
CREATE UNLOGGED TABLE transport_keys (
  id                   bytea PRIMARY KEY CHECK (octet_length(id) = 8),
  wrapped_private_key  bytea NOT NULL,
  not_after            bigint NOT NULL
);

-- What happened: never a body, a share, a proof or a key. One hash chain for the calls of each slot, one for what each
-- developer manages. Whoever writes appends to the inbox, which has no chain and hence no row that replicas would wait
-- for each other on. One linker at a time moves rows on to call_log, gives them their place in their chain, and signs
-- the chain's head.
CREATE SEQUENCE call_log_id AS bigint;

CREATE TABLE call_log_inbox (
  id            bigint PRIMARY KEY DEFAULT nextval('call_log_id'),
  chain         text NOT NULL,
  developer_id  text NOT NULL,
  slot_id       uuid,
  app_id        text CHECK (app_id <> ''),
  subject       text CHECK (subject <> ''),
  method        text CHECK (method <> ''),
  endpoint      text CHECK (endpoint <> ''),
  status_code   integer CHECK (status_code >= 0),
  latency_ms    integer CHECK (latency_ms >= 0),
  outcome       text NOT NULL CHECK (outcome <> ''),
  count         bigint NOT NULL DEFAULT 1 CHECK (count >= 1),
  request_hash  bytea CHECK (octet_length(request_hash) = 32),
  nullifier     bytea CHECK (octet_length(nullifier) = 32),
  root          bytea CHECK (octet_length(root) = 32),
  created_at    bigint NOT NULL DEFAULT unix_now() CHECK (created_at >= 0),
  CONSTRAINT call_log_chain CHECK (chain IN (coalesce('slot:' || slot_id::text, ''), 'developer:' || developer_id))
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

ALTER SEQUENCE call_log_id OWNED BY call_log_inbox.id;

-- Rows of one chain follow each other in seq and never go back in created_at, so that the oldest partition of months
-- always holds the beginning of each chain that it has rows of.
CREATE TABLE call_log (
  LIKE call_log_inbox INCLUDING CONSTRAINTS,
  seq        bigint NOT NULL CHECK (seq >= 1),
  prev_hash  bytea NOT NULL CHECK (octet_length(prev_hash) = 32),
  hash       bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (chain, seq, created_at)
) PARTITION BY RANGE (created_at);

CREATE INDEX call_log_developer ON call_log (developer_id, created_at);

CREATE FUNCTION call_log_is_append_only() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the call log is append-only';
END
$$;

CREATE TRIGGER call_log_is_append_only BEFORE UPDATE OR DELETE ON call_log
FOR EACH ROW EXECUTE FUNCTION call_log_is_append_only();

CREATE TRIGGER call_log_is_kept BEFORE TRUNCATE ON call_log
FOR EACH STATEMENT EXECUTE FUNCTION call_log_is_append_only();

-- How far each chain reaches, and up to where its rows were dropped, both signed by the server: its key and the
-- signature stand beside them. base_seq is 0 while nothing was dropped.
CREATE TABLE log_chains (
  chain           text PRIMARY KEY,
  developer_id    text NOT NULL,
  head_seq        bigint NOT NULL CHECK (head_seq >= 1),
  head_hash       bytea NOT NULL CHECK (octet_length(head_hash) = 32),
  head_at         bigint NOT NULL,
  head_identity   bytea NOT NULL CHECK (octet_length(head_identity) = 32),
  head_signature  bytea NOT NULL CHECK (octet_length(head_signature) = 64),
  base_seq        bigint NOT NULL DEFAULT 0,
  base_hash       bytea CHECK (octet_length(base_hash) = 32),
  base_at         bigint,
  base_identity   bytea CHECK (octet_length(base_identity) = 32),
  base_signature  bytea CHECK (octet_length(base_signature) = 64),
  CONSTRAINT log_chains_base_whole
    CHECK (num_nulls(base_hash, base_at, base_identity, base_signature) = CASE WHEN base_seq = 0 THEN 4 ELSE 0 END)
) WITH (fillfactor = 70);

-- Who answered a call, and how. 'answered' and 'failed' are the provider's doing, 'interrupted' is an answer that
-- broke off or a caller who left; whatever else stands in the log was refused by VaultProof itself.
CREATE FUNCTION call_kind(outcome text, status_code integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN outcome = 'answered' AND coalesce(status_code, 0) < 400 THEN 'answered'
  WHEN outcome IN ('answered', 'upstreamFailed', 'upstreamTimeout') THEN 'failed'
  WHEN outcome IN ('interrupted', 'caller gone') THEN 'interrupted'
  ELSE 'refused'
END;

-- A latency in eighths of a power of two: bucket 0 is less than a millisecond, bucket b > 0 begins at 2^((b - 1) / 8)
-- milliseconds. What is read from the middle of a bucket is wrong by 4.5 % at most.
CREATE FUNCTION latency_bucket(latency_ms integer) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN coalesce(latency_ms, 0) < 1 THEN 0
            ELSE 1 + floor(8 * ln(latency_ms::float8) / ln(2::float8)) END::smallint;

-- A developer's calls in one hour. bucket is 0 where the latency says nothing: it was not the provider's.
CREATE TABLE call_hours (
  developer_id  text NOT NULL,
  hour          bigint NOT NULL CHECK (hour % 3600 = 0),
  kind          text NOT NULL CHECK (kind IN ('answered', 'failed', 'interrupted', 'refused')),
  bucket        smallint NOT NULL,
  count         bigint NOT NULL CHECK (count > 0),
  PRIMARY KEY (developer_id, hour, kind, bucket)
) WITH (fillfactor = 70);

CREATE INDEX call_hours_hour ON call_hours (hour);

-- A slot's calls on one day, UTC. last_used_at is of calls that were not refused.
CREATE TABLE slot_days (
  developer_id  text NOT NULL,
  day           bigint NOT NULL CHECK (day % 86400 = 0),
  slot_id       uuid NOT NULL,
  calls         bigint NOT NULL CHECK (calls >= 0),
  refused       bigint NOT NULL CHECK (refused >= 0),
  last_used_at  bigint,
  PRIMARY KEY (developer_id, day, slot_id)
) WITH (fillfactor = 70);

CREATE INDEX slot_days_day ON slot_days (day);

-- Once a statement, not once a row. Rows are locked in the order of their keys, so that two writers who count the
-- same ones wait for each other and never in a circle.
CREATE FUNCTION tally_logged_calls() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO call_hours AS h (developer_id, hour, kind, bucket, count)
  SELECT c.developer_id, c.hour, c.kind, c.bucket, sum(c.count)
    FROM (SELECT l.developer_id, l.created_at - l.created_at % 3600 AS hour, k.kind, l.count,
                 CASE WHEN k.kind IN ('answered', 'failed') THEN latency_bucket(l.latency_ms) ELSE 0 END AS bucket
            FROM logged l, LATERAL call_kind(l.outcome, l.status_code) AS k (kind)
           WHERE l.chain = 'slot:' || l.slot_id::text) AS c
   GROUP BY c.developer_id, c.hour, c.kind, c.bucket
   ORDER BY c.developer_id, c.hour, c.kind, c.bucket
  ON CONFLICT (developer_id, hour, kind, bucket) DO UPDATE SET count = h.count + excluded.count;

  INSERT INTO slot_days AS d (developer_id, day, slot_id, calls, refused, last_used_at)
  SELECT c.developer_id, c.day, c.slot_id, coalesce(sum(c.count) FILTER (WHERE NOT c.refused), 0),
         coalesce(sum(c.count) FILTER (WHERE c.refused), 0), max(c.created_at) FILTER (WHERE NOT c.refused)
    FROM (SELECT l.developer_id, l.created_at - l.created_at % 86400 AS day, l.slot_id, l.created_at, l.count,
                 call_kind(l.outcome, l.status_code) = 'refused' AS refused
            FROM logged l
           WHERE l.chain = 'slot:' || l.slot_id::text) AS c
   GROUP BY c.developer_id, c.day, c.slot_id
   ORDER BY c.developer_id, c.day, c.slot_id
  ON CONFLICT (developer_id, day, slot_id) DO UPDATE
    SET calls = d.calls + excluded.calls,
        refused = d.refused + excluded.refused,
        last_used_at = greatest(d.last_used_at, excluded.last_used_at);
  RETURN NULL;
END
$$;

CREATE TRIGGER tally_logged_calls AFTER INSERT ON call_log
REFERENCING NEW TABLE AS logged
FOR EACH STATEMENT EXECUTE FUNCTION tally_logged_calls();

-- Invites that a developer has registered with, by their digest. A row stays when its developer is disabled.
CREATE TABLE used_invites (
  digest        bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
  developer_id  text NOT NULL,
  used_at       bigint NOT NULL DEFAULT unix_now()
);
