import { ERRORS } from "@vaultproof/protocol/errors";
import t, { type Test } from "tap";
import { AUTH_HEADER_ATTEMPTS, baseUrlAttempts } from "../helpers/egress-attempts.js";
import { setEgressStage } from "../helpers/egress-stage.js";
import { registerByHand } from "../helpers/hand-made-developer.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import type { WireAnswer } from "../helpers/signed-requests.js";
import { jsonOf } from "../helpers/wire.js";

// A developer who writes requests by hand asks the server to send a key where none may go. No client checks anything.

const skip = findReferenceString() === undefined && noReferenceString;

void t.test("no key is stored for a destination that none may be sent to", { skip }, async (t) => {
  const stage = await setEgressStage(t);
  const { store } = await registerByHand(stage.stack);
  const good = await store({ baseUrl: stage.providerUrl });
  t.equal(good.status, 201, "a destination that is listed");
  for (const name of ["localhost", "metadata.google.internal", "api.openai.com"]) {
    const answer = await store({ baseUrl: `https://${name}:${stage.trap.port}` });
    t.equal(answer.status, 201, `${name}: a name is judged when it is resolved`);
  }

  const attempts = baseUrlAttempts(stage.trap.port);
  t.ok(attempts.length >= 80, `${attempts.length} base URLs`);
  for (const { name, baseUrl } of attempts) assertRefused(t, await store({ baseUrl }), name);
  for (const provider of ["openai", "anthropic", "google"] as const) {
    const answer = await store({
      provider,
      baseUrl: `https://127.0.0.1:${stage.trap.port}`,
      authHeader: undefined,
    });
    assertRefused(t, answer, `a known provider elsewhere: ${provider}`);
  }
  for (const authHeader of AUTH_HEADER_ATTEMPTS) {
    assertRefused(t, await store({ baseUrl: stage.providerUrl, authHeader }), JSON.stringify(authHeader));
  }
  stage.assertNothingLeft(t);
});

function assertRefused(t: Test, answer: Pick<WireAnswer, "status" | "body">, name: string): void {
  const { error, details } = jsonOf(answer) as { error?: unknown; details?: unknown };
  const isSaid =
    Array.isArray(details) && details.length > 0 && details.every((detail) => typeof detail === "string");
  t.ok(answer.status === 400 && error === ERRORS.invalidRequest.error && isSaid, name, {
    found: `${answer.status} ${Buffer.from(answer.body).toString().slice(0, 300)}`,
  });
}
