import { randomBytes } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import { openPostgres } from "@vaultproof/db/postgres";
import { computeAppRoot } from "@vaultproof/protocol/app-tree";
import { fieldToBytes } from "@vaultproof/protocol/field";
import { appLeaf } from "@vaultproof/protocol/statement";
import { createNodeProver, type Prover } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { postgresSkipReason } from "../helpers/databases.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openApp, openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { startSilentListener } from "../helpers/silent-listener.js";
import { startStack, type Stack } from "../helpers/stack.js";
import { makeUnsentCall, sendCallBody } from "../helpers/unsent-calls.js";

// Somebody who may write to the database, and no more: rows are changed by SQL beside the running server.

const RECONSTRUCTION = { status: 422, body: { error: "Key reconstruction failed" } };
const INVALID_PROOF = {
  status: 403,
  body: { error: "Invalid ZK proof", reason: "Proof verification failed" },
};

/** What is written where; `$1` is the slot, `$2` the value. */
interface Tampering {
  readonly set: string;
  readonly value: unknown;
  readonly answer: { readonly status: number; readonly body: unknown };
}

interface Scene {
  readonly stack: Stack;
  readonly db: Database;
  readonly prover: Prover;
  readonly keySlotId: string;
  readonly bundle: string;
}

const skip = (findReferenceString() === undefined && noReferenceString) || (await postgresSkipReason());

void t.test("a database writer", { skip }, async (t) => {
  const stack = await startStack({ database: "postgres" });
  t.teardown(() => stack.close());
  const db = await openPostgres({ url: stack.databaseUrl ?? "", max: 2 });
  t.teardown(() => db.close());
  const prover = await createNodeProver({ lanes: 1 });
  t.teardown(() => prover.close());
  const vault = await openVault(t, stack);
  const { keySlotId, bundles } = await storeProviderKey(vault, stack);
  const other = await storeProviderKey(vault, stack);
  const stranger = await openVault(t, stack);
  const listener = await startSilentListener(t);
  const scene: Scene = { stack, db, prover, keySlotId, bundle: bundles[0] ?? "" };
  const share1 = await columnOf(scene, "share1_encrypted");

  const tamperings: Record<string, Tampering> = {
    "base URL": { set: "base_url", value: listener.origin, answer: RECONSTRUCTION },
    "header name": { set: "header_name", value: "x-other", answer: RECONSTRUCTION },
    "header template": { set: "header_template", value: "Bearer {key}.", answer: RECONSTRUCTION },
    provider: { set: "provider", value: "openai", answer: RECONSTRUCTION },
    owner: { set: "developer_id", value: stranger.developerId, answer: RECONSTRUCTION },
    version: { set: "version", value: 2, answer: RECONSTRUCTION },
    "a bit of share 1": {
      set: "share1_encrypted",
      value: flipLastBit(share1),
      answer: RECONSTRUCTION,
    },
    "share 1 of another slot": {
      set: "share1_encrypted",
      value: await columnOf({ ...scene, keySlotId: other.keySlotId }, "share1_encrypted"),
      answer: RECONSTRUCTION,
    },
    "share 1 cut short": {
      set: "share1_encrypted",
      value: share1.subarray(0, 20),
      answer: RECONSTRUCTION,
    },
    "share 1 under an unknown key": {
      set: "share1_encrypted",
      value: Buffer.concat([randomBytes(8), share1.subarray(8)]),
      answer: RECONSTRUCTION,
    },
    "vault commitment": { set: "vault_commitment", value: randomField(), answer: INVALID_PROOF },
    "vault commitment beyond the field": {
      set: "vault_commitment",
      value: Buffer.alloc(32, 0xff),
      answer: INVALID_PROOF,
    },
    "root of the apps": { set: "app_root", value: randomField(), answer: INVALID_PROOF },
    "root of the apps beyond the field": {
      set: "app_root",
      value: Buffer.alloc(32, 0xff),
      answer: INVALID_PROOF,
    },
  };
  for (const [name, tampering] of Object.entries(tamperings)) {
    await t.test(name, (t) => assertRefused(t, scene, tampering));
  }

  await t.test("public key of the owner", async (t) => {
    const update = "UPDATE developers SET public_key = $2 WHERE id = $1";
    const { rows } = await db.query<{ key: Uint8Array }>({
      text: "SELECT public_key AS key FROM developers WHERE id = $1",
      values: [vault.developerId],
    });
    await assertAnswerAfter(t, scene, RECONSTRUCTION, async () => {
      await db.query({ text: update, values: [vault.developerId, randomBytes(32)] });
    });
    await db.query({ text: update, values: [vault.developerId, rows[0]?.key] });
    await assertGood(t, scene);
  });

  await t.test("a leaf of the writer's own in the tree", async (t) => {
    const leaf = appLeaf("my-app", BigInt(`0x${randomBytes(31).toString("hex")}`));
    const before = stack.provider.requests.length;
    const call = await makeCall(scene);
    await writeLeaf(scene, leaf);
    const app = await openApp(t, { url: stack.edgeUrl, bundle: scene.bundle, prover });
    const answer = await app.fetch("/v1/models");
    t.equal(answer.status, 404, "the app's own leaf is not in the tree any more");
    t.equal(answer.headers.get("vp-source"), "vaultproof");
    // With its root the tree is whole again, around an app whose secret the writer knows.
    await writeColumn(scene, "app_root", fieldToBytes(computeAppRoot([{ index: 0, leaf }])));
    const sent = await sendCallBody(stack.edgeUrl, call);
    t.same({ status: sent.status, body: await sent.json() }, INVALID_PROOF);
    t.equal(stack.provider.requests.length, before);
  });

  t.equal(listener.connections(), 0, "nobody ever called the writer's own host");
  t.ok(stack.provider.requests.every(({ authorised }) => authorised));
});

async function assertRefused(t: Test, scene: Scene, { set, value, answer }: Tampering): Promise<void> {
  const before = await columnOf<unknown>(scene, set);
  await assertAnswerAfter(t, scene, answer, () => writeColumn(scene, set, value));
  await writeColumn(scene, set, before);
  await assertGood(t, scene);
}

/** Makes a call, tampers, and only then sends it: what was proved is right, what it meets is not. */
async function assertAnswerAfter(
  t: Test,
  scene: Scene,
  expected: Tampering["answer"],
  tamper: () => Promise<void>,
): Promise<void> {
  const { stack } = scene;
  const call = await makeCall(scene);
  const before = stack.provider.requests.length;
  await tamper();
  const answer = await sendCallBody(stack.edgeUrl, call);
  t.equal(answer.status, expected.status);
  t.same(await answer.json(), expected.body);
  t.equal(answer.headers.get("vp-source"), "vaultproof");
  t.equal(stack.provider.requests.length, before, "the provider was not called either");
}

/** With the row as it was, a call of the same app goes through: the change alone was what refused the other. */
async function assertGood(t: Test, scene: Scene): Promise<void> {
  t.equal((await sendCallBody(scene.stack.edgeUrl, await makeCall(scene))).status, 200);
}

function makeCall({ stack, bundle, prover }: Scene): ReturnType<typeof makeUnsentCall> {
  return makeUnsentCall({ url: stack.edgeUrl, bundle, prover, path: "/v1/models" });
}

async function columnOf<T = Uint8Array>(
  { db, keySlotId }: Pick<Scene, "db" | "keySlotId">,
  column: string,
): Promise<T> {
  const text = `SELECT ${column} AS value FROM key_slots WHERE id = $1`;
  const { rows } = await db.query<{ value: T }>({ text, values: [keySlotId] });
  if (rows[0] === undefined) throw new Error("no such slot");
  return rows[0].value;
}

async function writeColumn({ db, keySlotId }: Scene, column: string, value: unknown): Promise<void> {
  const text = `UPDATE key_slots SET ${column} = $2 WHERE id = $1`;
  const { rowCount } = await db.query({ text, values: [keySlotId, value] });
  if (rowCount !== 1) throw new Error("nothing was changed");
}

async function writeLeaf({ db, keySlotId }: Scene, leaf: bigint): Promise<void> {
  const text = "UPDATE app_grants SET leaf = $2 WHERE slot_id = $1 AND leaf_index = 0";
  const { rowCount } = await db.query({ text, values: [keySlotId, Buffer.from(fieldToBytes(leaf))] });
  if (rowCount !== 1) throw new Error("nothing was changed");
}

function flipLastBit(bytes: Uint8Array): Buffer {
  const flipped = Buffer.from(bytes);
  const last = flipped.length - 1;
  flipped[last] = (flipped[last] ?? 0) ^ 1;
  return flipped;
}

function randomField(): Buffer {
  return Buffer.concat([Buffer.alloc(1), randomBytes(31)]);
}
