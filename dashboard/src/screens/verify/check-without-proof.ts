import { ask, CALL_PATH, sendBody } from "../../call/answer.js";
import { INVALID_PROOF, SCEPTIC_BODY, UNAUTHORIZED } from "../../call/expected-refusals.js";
import type { Session } from "../../session/session.js";
import type { Evidence } from "./evidence.js";

const LIST = "/api/v1/keys/list";

/** Claim 2: what anybody can send, who has neither proof nor key. */
export async function checkWithoutProof({ url }: Session, evidence: Evidence): Promise<void> {
  const call = await sendBody(SCEPTIC_BODY);
  evidence.matches("A call with a made-up proof is refused", INVALID_PROOF, call);
  evidence.show(
    "The same in a terminal",
    `curl ${url}${CALL_PATH} -H "Content-Type: application/json" \\\n -d '${SCEPTIC_BODY}'`,
  );
  evidence.matches("The list of keys is refused to whoever does not sign", UNAUTHORIZED, await ask(LIST));
  evidence.show("The same in a terminal, unsigned", `curl ${url}${LIST}`);
}
