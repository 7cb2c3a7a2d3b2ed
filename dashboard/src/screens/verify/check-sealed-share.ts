import type { DeveloperVault } from "@vaultproof/sdk/browser";
import { createKeySearch, type KeySearch, type Spelling } from "../../audit/key-search.js";
import { textOfRequest, type SentRequest } from "../../audit/request-text.js";
import { randomHex, readableBody } from "../../call/altered-call.js";
import type { Session } from "../../session/session.js";
import type { Evidence } from "./evidence.js";

/** `.invalid` is no name of anything, and will be none (RFC 6761). */
const NOWHERE = "https://made-up.invalid";
const LABEL = "Made up by Verify";
const STORE = "/api/v1/keys/store";
const SPELLINGS = ["as text", "in hex", "in base64"] as const;
const WORDS: Readonly<Record<Spelling, (typeof SPELLINGS)[number]>> = {
  "as it is": "as text",
  hex: "in hex",
  base64: "in base64",
  base64url: "in base64",
};

/** Claim 1: stores a key that was made up for it and searches what is sent. */
export async function checkSealedShare(session: Session, evidence: Evidence): Promise<void> {
  const vault = await session.vault();
  const key = `sk-made-up-${randomHex(24)}`;
  const sent: SentRequest[] = [];
  const end = session.observe((event) => {
    if (event.type === "request") sent.push(event);
  });
  try {
    await storeAndRevoke(vault, key);
  } finally {
    end();
  }
  const stored = sent.find(({ url }) => new URL(url).pathname === STORE);
  const body = stored?.body ?? "";
  evidence.show("The made-up key", key);
  evidence.show(`All that was sent of it: body of POST ${STORE}`, readableBody(body));
  evidence.holds(/"share1_encrypted":"0x[0-9a-f]{200,}"/.test(body), "A sealed share was sent");
  const search = createKeySearch(new TextEncoder().encode(key));
  const found = findIn(search, sent.map(textOfRequest));
  evidence.holds(
    found.length === 0,
    found.length === 0
      ? `The key is in none of the ${sent.length} requests that were sent: not as text, not in hex, not in base64`
      : `The key was sent: ${found.join(", ")}`,
  );
  // A search that finds nothing must be one that would have found something.
  const control = SPELLINGS.filter((spelling) =>
    findIn(search, [body.slice(0, -1) + spelt(key, spelling)]).includes(spelling),
  );
  search.end();
  evidence.holds(
    control.length === SPELLINGS.length,
    `The same search finds a key that is put there ${control.join(", ")}`,
  );
}

/** Whatever becomes of it, the slot goes. */
async function storeAndRevoke(vault: DeveloperVault, apiKey: string): Promise<void> {
  const { keySlotId } = await vault.keys.store({
    apiKey,
    provider: "custom",
    baseUrl: NOWHERE,
    label: LABEL,
    apps: ["verify"],
  });
  await vault.keys.revoke(keySlotId);
}

/** How the key is spelt in these texts, each spelling once. */
function findIn(search: KeySearch, texts: readonly string[]): readonly (typeof SPELLINGS)[number][] {
  return [...new Set(texts.flatMap((text) => search.find(text)).map((spelling) => WORDS[spelling]))];
}

function spelt(key: string, spelling: (typeof SPELLINGS)[number]): string {
  const hex = Array.from(key, (digit) => digit.charCodeAt(0).toString(16)).join("");
  return { "as text": key, "in hex": hex, "in base64": btoa(`..${key}`) }[spelling];
}
