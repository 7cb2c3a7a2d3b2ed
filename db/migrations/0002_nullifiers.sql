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

-- Calls in one window of time. app_id '' counts the whole slot. Kept apart from key_slots, and sparsely filled,
-- so that counting updates a small page in place.
CREATE TABLE call_counts (
  slot_id         uuid NOT NULL,
  app_id          text NOT NULL,
  window_seconds  integer NOT NULL CHECK (window_seconds > 0),
  window_start    bigint NOT NULL,
  count           bigint NOT NULL CHECK (count >= 0),
  PRIMARY KEY (slot_id, app_id, window_seconds, window_start)
) WITH (fillfactor = 70);

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
  slot_calls_per_minute bigint,
  OUT outcome text,
  OUT sealed_share bytea,
  OUT sealed_for bytea,
  OUT calls bigint,
  OUT resets_at bigint
)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  at_time bigint;
  minute bigint;
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

  IF slot_calls_per_minute > 0 THEN
    minute := at_time - at_time % 60;
    resets_at := minute + 60;
    INSERT INTO call_counts AS c (slot_id, app_id, window_seconds, window_start, count)
    VALUES (burn_slot_id, '', 60, minute, 1)
    ON CONFLICT (slot_id, app_id, window_seconds, window_start)
    DO UPDATE SET count = c.count + 1 WHERE c.count < slot_calls_per_minute
    RETURNING c.count INTO calls;
    IF NOT FOUND THEN
      -- The nullifier stays used: an app that is told to wait makes another proof later, and this one must not be
      -- spent besides by somebody who kept it.
      SELECT c.count INTO calls FROM call_counts c
       WHERE c.slot_id = burn_slot_id AND c.app_id = '' AND c.window_seconds = 60 AND c.window_start = minute;
      outcome := 'limited';
      sealed_share := NULL;
      sealed_for := NULL;
      RETURN;
    END IF;
  END IF;

  outcome := 'burnt';
END
$$;
