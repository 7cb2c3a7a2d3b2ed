-- Figures of calls, counted as the log is written, and the invites that were used.

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
