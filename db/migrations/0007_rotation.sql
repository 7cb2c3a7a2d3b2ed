-- Changing a slot's share: rotation and refresh by its developer, re-sealing by the operator.

-- Digest of the request that made the current version: a repeat, whose first answer was lost, is told by it from a
-- request that lost against another.
ALTER TABLE key_slots ADD COLUMN change_digest bytea CHECK (octet_length(change_digest) = 32);

-- Which storage keys the shares are sealed to, for the count at a server's start and for re-sealing.
CREATE INDEX key_slots_sealed_for ON key_slots (server_key_id, id) WHERE status = 'active';
