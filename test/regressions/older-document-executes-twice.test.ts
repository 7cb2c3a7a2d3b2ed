import { generateHpkeKeyPair } from "@vaultproof/server/keys/hpke-open";
import t from "tap";
import { createMemoryVault } from "../helpers/memory-vault.js";

const DAY = 86_400;

/**
 * An edge kept the signed document from before the newest transport key. It passes a call on, hides the answer, says
 * that the transport key is unknown, and shows the old document, which is still good and does not list that key. A
 * client that sealed its share anew would send a second call with a nullifier of its own: one fetch, executed twice.
 */
void t.test("an older signed document does not make a client send a call anew", async (t) => {
  const memory = await createMemoryVault(t);
  const { state } = memory.service;
  const older = await (await memory.service.fetch(`${memory.service.url}/.well-known/vaultproof`)).text();
  state.transportKeys = [
    { key: generateHpkeKeyPair(), notAfter: state.clock() + 2 * DAY },
    ...state.transportKeys,
  ];
  const { app } = await memory.openStoredApp();
  memory.service.intercept(async (request, next) => {
    if (request.path === "/.well-known/vaultproof") {
      return new Response(older, {
        headers: { "content-type": "application/json", "vp-source": "vaultproof" },
      });
    }
    const answer = await next();
    if (request.path !== "/api/v1/proxy/call") return answer;
    return Response.json(
      { error: "Key reconstruction failed", reason: "Unknown transport key" },
      { status: 422, headers: { "vp-source": "vaultproof" } },
    );
  });
  t.equal((await app.fetch("/v1/models")).status, 422);
  t.equal(state.executed.length, 1);
});
