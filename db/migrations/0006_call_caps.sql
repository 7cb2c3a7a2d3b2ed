-- Caps of slots, apps and subjects, by minute, UTC day and UTC month, counted with the burn; and how many requests a
-- developer makes, counted with the nonce.

-- subject '' counts all subjects: (app '', subject '') is the slot, (app, '') an app of it.
ALTER TABLE call_counts ADD COLUMN subject text NOT NULL DEFAULT '';
ALTER TABLE call_counts DROP CONSTRAINT call_counts_pkey;
ALTER TABLE call_counts ADD PRIMARY KEY (slot_id, app_id, subject, window_seconds, window_start);

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

-- As in migration 0002, which says why it is built so; it counts by count_call, and caps replaces the cap of the slot.
DROP FUNCTION burn_nullifier(uuid, text, integer, integer, bytea, bigint, bigint);

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
