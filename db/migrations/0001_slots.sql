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
  CONSTRAINT key_slots_share_only_while_active CHECK ((status = 'active') = (share1_encrypted IS NOT NULL)),
  CONSTRAINT key_slots_revoked_at CHECK ((status = 'revoked') = (revoked_at IS NOT NULL))
);

CREATE INDEX key_slots_developer ON key_slots (developer_id, created_at);

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
