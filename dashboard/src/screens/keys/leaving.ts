import { VaultProofError } from "@vaultproof/sdk/browser";
import { createKeySearch } from "../../audit/key-search.js";
import { textOfRequest, type SentRequest } from "../../audit/request-text.js";
import type { Session } from "../../session/session.js";

/** What left while a key was at hand, and what was found in it. */
export interface Leaving {
  /** Requests that were made meanwhile, in order. */
  readonly requests: readonly SentRequest[];
  /** Spellings in which the key stood in one of them; such a request was not sent. */
  readonly found: readonly string[];
  /** Whether it was searched for: a key of a few characters occurs by chance. */
  readonly searched: boolean;
}

/**
 * Runs `work` with a key and searches every request before it goes: method, address, headers and body. A request that held
 * the key would not be sent. The key is overwritten in the end, and with it what it was searched by.
 *
 * @param key may be wiped by `work`, as the SDK does once it is split: the search has its own copies.
 */
export async function watchLeaving<T>(
  session: Pick<Session, "observe">,
  key: Uint8Array,
  work: () => Promise<T>,
): Promise<{ readonly outcome: PromiseSettledResult<T>; readonly leaving: Leaving }> {
  const search = createKeySearch(key);
  const requests: SentRequest[] = [];
  const found = new Set<string>();
  const stop = session.observe((event) => {
    if (event.type !== "request") return;
    requests.push(event);
    const spellings = search.find(textOfRequest(event));
    for (const spelling of spellings) found.add(spelling);
    if (spellings.length > 0)
      throw new VaultProofError("invalid-argument", "the key stands in what was to be sent; it was not sent");
  });
  try {
    const [outcome] = await Promise.allSettled([work()]);
    return { outcome, leaving: { requests, found: [...found], searched: search.possible } };
  } finally {
    stop();
    search.end();
    key.fill(0);
  }
}
