-- Wrapped private halves of the transport keys. UNLOGGED: in no WAL, hence in no base backup, archive or replica.
-- After a crash the table is empty and the servers make new keys.
CREATE UNLOGGED TABLE transport_keys (
  id                   bytea PRIMARY KEY CHECK (octet_length(id) = 8),
  wrapped_private_key  bytea NOT NULL,
  not_after            bigint NOT NULL
);
