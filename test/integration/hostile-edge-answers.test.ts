import { VaultProofError, type VaultProof } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { openDevice, type Device } from "../helpers/device.js";
import {
  fakeAnswer,
  startHostileEdge,
  type EdgeBehaviour,
  type HostileEdge,
} from "../helpers/hostile-edge.js";
import { storeProviderKey } from "../helpers/sdk-clients.js";
import type { WireAnswer, WireRequest } from "../helpers/signed-requests.js";
import { startStack, type Stack } from "../helpers/stack.js";
import { edgeOf, jsonOf } from "../helpers/wire.js";

// An edge that answers developers by itself: a faked "stored", "granted" or "revoked" must change nothing.

void t.test("a hostile edge that fakes answers", async (t) => {
  const stack = await startStack();
  t.teardown(() => stack.close());
  const edge = await startHostileEdge({ backendUrl: stack.servers[0]?.url ?? "", edge: edgeOf(stack) });
  t.teardown(() => edge.close());
  const device = await openDevice(t, { url: edge.url, identity: stack.identity });
  const { keySlotId } = await storeProviderKey(device.vault, stack);
  await fakesAnswers(t, { stack, edge, device, keySlotId });
});

async function fakesAnswers(
  t: Test,
  about: { stack: Stack; edge: HostileEdge; device: Device; keySlotId: string },
): Promise<void> {
  const { stack, edge, device, keySlotId } = about;
  const { vault } = device;
  const { keys, apps } = vault;
  await apps.grant(keySlotId, "granted-before");
  const root = "1".repeat(64).replace(/^./, "0");
  const operations: Record<string, { run: () => Promise<unknown>; fakes: (r: WireRequest) => WireAnswer[] }> =
    {
      store: {
        run: () => storeProviderKey(vault, stack),
        fakes: (request) => [
          fakeAnswer(201, {
            keySlotId: (jsonOf(request) as { keySlotId: string }).keySlotId,
            status: "stored",
            version: 1,
          }),
          fakeAnswer(409, { error: "Key slot already exists" }),
          fakeAnswer(422, { error: "Sealed share could not be opened" }),
        ],
      },
      revoke: {
        run: () => keys.revoke(keySlotId),
        fakes: () => [fakeAnswer(200, { status: "revoked" }), fakeAnswer(404, { error: "Not found" })],
      },
      grant: {
        run: () => apps.grant(keySlotId, "granted-later"),
        fakes: () => [
          fakeAnswer(201, { status: "granted", index: 3, appRoot: root }),
          fakeAnswer(409, { error: "Key slot has no free place for another app" }),
        ],
      },
      "grant of an app that has one": {
        run: () => apps.grant(keySlotId, "my-app"),
        fakes: () => [
          fakeAnswer(201, { status: "granted", index: 0, appRoot: root }),
          fakeAnswer(400, { error: "Invalid request", details: ["no"] }),
        ],
      },
      "revoke an app": {
        run: () => apps.revoke(keySlotId, "granted-before"),
        fakes: () => [
          fakeAnswer(200, { status: "revoked", appRoot: root }),
          fakeAnswer(404, { error: "Not found" }),
        ],
      },
      list: {
        run: () => keys.list(),
        fakes: () => [fakeAnswer(200, { keySlots: [] }), fakeAnswer(500, { error: "Internal error" })],
      },
    };
  const earlier = await recordSignedAnswer(edge, device);
  for (const [name, { run, fakes }] of Object.entries(operations)) {
    const ways = fakes({ method: "", url: "", headers: {}, body: Buffer.from("{}") }).length;
    for (let way = 0; way < ways; way++) {
      const pick = (request: WireRequest) => fakes(request)[way] ?? fakeAnswer(500, {});
      await assertNothingChanges(t, { ...about, name, run, answer: pick });
      // The same under the headers of an answer that the server did sign, to another request.
      const dressed = (request: WireRequest) => ({ ...pick(request), headers: earlier.headers });
      await assertNothingChanges(t, { ...about, name: `${name}, dressed up`, run, answer: dressed });
    }
    await assertNothingChanges(t, { ...about, name: `${name}, played back`, run, answer: () => earlier });
  }
  edge.behave(undefined);
  const slots = await keys.list();
  const slot = slots.find(({ id }) => id === keySlotId);
  t.equal(slot?.status, "active");
  t.same(slot?.appGrants.map(({ appId }) => appId).sort(), ["granted-before", "my-app"]);
  await assertNextAnswerAlteredIsRefused(t, edge, vault);
}

/** Runs an operation that the edge answers by itself: the SDK says so and the device is as it was when it asked. */
async function assertNothingChanges(
  t: Test,
  about: {
    edge: HostileEdge;
    device: Device;
    name: string;
    run: () => Promise<unknown>;
    answer: (request: WireRequest) => WireAnswer;
  },
): Promise<void> {
  const { edge, device, name, run, answer } = about;
  let asked: Map<string, Buffer> | undefined;
  let status = 0;
  edge.behave(async (request, forward) => {
    if (!request.url.startsWith("/api/v1/keys/")) return await forward(request);
    asked = await device.files();
    const fake = answer(request);
    ({ status } = fake);
    return fake;
  });
  const error = await assertUnverified(t, run(), undefined, name);
  t.equal(error?.status, status, `${name}: it names the status`);
  t.same(await device.files(), asked, `${name}: no file of the state has changed since it was sent`);
}

/** An answer that is signed for its request but whose bytes or status the edge altered. */
async function assertNextAnswerAlteredIsRefused(
  t: Test,
  edge: HostileEdge,
  vault: VaultProof,
): Promise<void> {
  const altered: Record<string, (answer: WireAnswer) => WireAnswer> = {
    "another body": (answer) => ({ ...answer, body: Buffer.from('{"keySlots":[]}') }),
    "another status": (answer) => ({ ...answer, status: 201 }),
    "no signature": (answer) => ({ ...answer, headers: { ...answer.headers, signature: undefined } }),
    "no digest": (answer) => ({ ...answer, headers: { ...answer.headers, "content-digest": undefined } }),
  };
  for (const [name, alter] of Object.entries(altered)) {
    edge.behave(async (request, forward) => alter(await forward(request)));
    await assertUnverified(t, vault.keys.list(), undefined, name);
  }
  edge.behave(undefined);
  t.ok((await vault.keys.list()).length > 0);
}

async function assertUnverified(
  t: Test,
  operation: Promise<unknown>,
  status?: number,
  name = "a faked answer",
): Promise<VaultProofError | undefined> {
  const error: unknown = await operation.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof VaultProofError)) {
    t.fail(`${name}: was believed, or failed in another way`, { found: error });
    return undefined;
  }
  t.equal(error.code, "answer-unverified", name);
  t.match(error.message, /not signed by the server/, name);
  if (status !== undefined) t.equal(error.status, status, name);
  return error;
}

async function recordSignedAnswer(edge: HostileEdge, device: Device): Promise<WireAnswer> {
  const answers: WireAnswer[] = [];
  const record: EdgeBehaviour = async (request, forward) => {
    const answer = await forward(request);
    answers.push(answer);
    return answer;
  };
  edge.behave(record);
  await device.vault.keys.list();
  edge.behave(undefined);
  const [answer] = answers;
  if (answer === undefined) throw new Error("no answer came");
  return answer;
}
