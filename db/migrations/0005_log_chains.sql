-- The log becomes tamper-evident: one hash chain for the calls of each slot, one for what each developer manages.
-- Whoever writes appends to the inbox, which has no chain and hence no row that replicas would wait for each other on.
-- One linker at a time moves rows on to call_log, gives them their place in their chain, and signs the chain's head.
ALTER SEQUENCE call_log_id OWNED BY NONE;

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

-- What was logged before is linked like what comes.
INSERT INTO call_log_inbox (id, chain, developer_id, slot_id, app_id, method, endpoint, status_code, latency_ms, outcome,
                            request_hash, nullifier, created_at)
SELECT id, 'slot:' || slot_id::text, developer_id, slot_id, nullif(app_id, ''), nullif(method, ''),
       nullif(endpoint, ''), greatest(status_code, 0), greatest(latency_ms, 0), coalesce(nullif(outcome, ''), 'unknown'),
       request_hash, nullifier, created_at
  FROM call_log
 ORDER BY id;

DROP TABLE call_log;

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
