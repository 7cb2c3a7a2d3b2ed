import type { Queryable } from "../database.js";

const TEXT = `
  INSERT INTO used_invites (digest, developer_id) VALUES ($1::bytea, $2)
  ON CONFLICT DO NOTHING`;

/**
 * Uses an invite up.
 *
 * @param tx the transaction that registers the developer.
 * @param invite.digest 32 bytes.
 * @returns false if somebody has registered with it before.
 */
export async function useInvite(
  tx: Queryable,
  { digest, developerId }: { readonly digest: Uint8Array; readonly developerId: string },
): Promise<boolean> {
  const { rowCount } = await tx.query({ name: "use_invite", text: TEXT, values: [digest, developerId] });
  return rowCount === 1;
}
