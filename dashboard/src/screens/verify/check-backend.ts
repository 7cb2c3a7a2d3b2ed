import { ask } from "../../call/answer.js";
import { accessBackendDirectly, directAccessCommand } from "../../call/direct-access.js";
import { FORBIDDEN } from "../../call/expected-refusals.js";
import type { Session } from "../../session/session.js";
import type { Evidence } from "./evidence.js";

/** The same edge, when it does sign. */
const SECURED = '{"status":"ok","service":"vaultproof-edge","secured":true}';

/** Claim 4: what the backend says to a request that no edge has signed, and that it does answer one that an edge has. */
export async function checkBackend(_session: Session, evidence: Evidence): Promise<void> {
  const { answer, url } = await accessBackendDirectly();
  evidence.matches("A request without the edge's signature is refused", FORBIDDEN, answer);
  evidence.show(
    "The edge has told you so. To see it yourself, from where the backend can be reached",
    directAccessCommand(url),
  );
  const health = await ask("/health");
  evidence.matches("A request with it is answered", { status: 200, body: SECURED }, health);
}
