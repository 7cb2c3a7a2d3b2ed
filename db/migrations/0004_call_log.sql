-- What happened to each call of a known slot: never a body, a share, a proof or a key.
-- seq, prev_hash and hash are the places for one hash chain a slot; they stay empty until calls are chained.
CREATE SEQUENCE call_log_id AS bigint;

CREATE TABLE call_log (
  id            bigint NOT NULL DEFAULT nextval('call_log_id'),
  slot_id       uuid NOT NULL,
  developer_id  text NOT NULL,
  app_id        text NOT NULL,
  method        text NOT NULL,
  endpoint      text NOT NULL,
  status_code   integer NOT NULL,
  latency_ms    integer NOT NULL,
  outcome       text NOT NULL,
  request_hash  bytea CHECK (octet_length(request_hash) = 32),
  nullifier     bytea CHECK (octet_length(nullifier) = 32),
  created_at    bigint NOT NULL DEFAULT unix_now(),
  seq           bigint,
  prev_hash     bytea CHECK (octet_length(prev_hash) = 32),
  hash          bytea CHECK (octet_length(hash) = 32),
  PRIMARY KEY (slot_id, created_at, id)
) PARTITION BY RANGE (created_at);

ALTER SEQUENCE call_log_id OWNED BY call_log.id;

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
