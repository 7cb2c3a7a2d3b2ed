import { listAnswerSchema, type KeySlot, type ListPage } from "@vaultproof/protocol/developer-routes";
import type { DeveloperSession } from "./developer-session.js";

/** Listing may be said again. */
const ATTEMPTS = 3;

/** All of this developer's slots as the server has them, page by page, oldest first. */
export async function listSlots(session: DeveloperSession): Promise<readonly KeySlot[]> {
  const request = { method: "GET", path: "/api/v1/keys/list", answer: listAnswerSchema } as const;
  const keySlots: KeySlot[] = [];
  let after: string | null = null;
  do {
    const query = after === null ? {} : { query: `after=${after}` };
    const page: ListPage = await session.request({ ...request, ...query, attempts: ATTEMPTS });
    keySlots.push(...(page.keySlots as KeySlot[]));
    after = page.next;
  } while (after !== null);
  return keySlots;
}
