import { createNodeProver } from "@vaultproof/sdk";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { anyDatabase } from "../helpers/any-database.js";
import { postgresSkipReason } from "../helpers/databases.js";
import { beRefused, cancel, failAtTheProvider, meetDeafEars } from "../helpers/memory-scenes.js";
import { PLACEMENTS, setMemoryStage, type MemoryStage } from "../helpers/memory-stage.js";
import { startMoodyProvider, type MoodyProvider } from "../helpers/moody-provider.js";
import { memorySkipReason } from "../helpers/process-memory.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { createSecretSearch, type Secret } from "../helpers/secret-search.js";
import { startStack, type StackOptions } from "../helpers/stack.js";
import { makeCertificate } from "../helpers/tls-certificate.js";

// After calls of every kind, whatever became of them, the memory of the server and of the edge is read from outside and
// searched for the keys, both shares and the records, in every spelling, down to 16 bytes of any of them.

const LEAKY_SERVER = fileURLToPath(new URL("../helpers/leaky-server.js", import.meta.url));
const CALLS_AT_ONCE = 50;
const skip = (findReferenceString() === undefined && noReferenceString) || (await memorySkipReason());

/** A stage on a stack as it runs in production, as far as the database lets it. */
async function setStage(
  t: Test,
  options: Pick<StackOptions, "database" | "serverScript">,
): Promise<{ stage: MemoryStage; plain: MoodyProvider; tls: MoodyProvider }> {
  const certificate = await makeCertificate(t);
  const production = options.database === "postgres" ? { NODE_ENV: "production" } : undefined;
  const stack = await startStack({
    ...options,
    serverEnv: {
      ...(production ?? { REQUIRE_SEALED_SHARES: "on" }),
      NODE_EXTRA_CA_CERTS: certificate.certPath,
      UPSTREAM_HEADERS_TIMEOUT: "8",
    },
    ...(production === undefined ? {} : { edgeEnv: production }),
  });
  t.teardown(() => stack.close());
  const prover = await createNodeProver({ lanes: 2 });
  t.teardown(() => prover.close());
  return {
    stage: await setMemoryStage(t, { stack, prover }),
    plain: await startMoodyProvider(t, undefined),
    tls: await startMoodyProvider(t, certificate),
  };
}

void t.test(
  "nothing of a key outlives its calls, on postgres",
  { skip: skip || (await postgresSkipReason()) },
  async (t) => {
    const { stage, plain, tls } = await setStage(t, { database: "postgres" });
    const secrets: Secret[] = [];
    for (const [provider, transport] of [
      [plain, "HTTP"],
      [tls, "TLS"],
    ] as const) {
      await t.test(`keys in every place over ${transport}`, async (t) => {
        for (const [name, placement] of Object.entries(PLACEMENTS)) {
          const slot = await stage.store(placement, provider.origin);
          secrets.push(...slot.secrets);
          const before = provider.connections();
          for (const init of [{}, {}, { method: "POST", body: "{}" }]) {
            t.equal((await slot.app.fetch("/ok", init)).status, 200, name);
          }
          t.ok(provider.connections() <= before + 1, "on one connection");
          t.ok(provider.presented.has(slot.credential), "with the key in its place");
        }
      });
      await t.test(`whatever may go wrong over ${transport}`, async (t) => {
        const slot = await stage.store(PLACEMENTS.bearer, provider.origin);
        secrets.push(...slot.secrets);
        const place = { stage, provider, slot };
        await failAtTheProvider(t, place);
        await cancel(t, place);
        await meetDeafEars(t, place);
        await beRefused(t, place);
        const length = transport === "TLS" ? CALLS_AT_ONCE : 10;
        const calls = Array.from({ length }, async () => (await slot.app.fetch("/ok")).status);
        t.same(new Set(await Promise.all(calls)), new Set([200]), `${length} calls at once`);
      });
    }
    await t.test("keys that are rotated and shares that are refreshed", async (t) => {
      secrets.push(...(await stage.rotate(t, PLACEMENTS.bearer, tls.origin)));
      secrets.push(...(await stage.rotate(t, PLACEMENTS.longest, plain.origin)));
    });
    t.same(await stage.search(), { server: [], "child of server": [], edge: [] });
    const logs = stage.stack.logs();
    t.match(logs, /"level":\s*10|"level":\s*20/, "logs down to the lowest levels");
    t.same(createSecretSearch(secrets)(Buffer.from(logs)), [], "hold nothing of it either");
  },
);

void t.test("nothing of a key outlives its calls, on pglite", { skip }, async (t) => {
  const { stage, plain, tls } = await setStage(t, { database: "pglite" });
  for (const provider of [plain, tls]) {
    const slot = await stage.store(PLACEMENTS.bearer, provider.origin);
    t.equal((await slot.app.fetch("/ok")).status, 200);
    await beRefused(t, { stage, provider, slot });
    await stage.rotate(t, PLACEMENTS.bearer, provider.origin);
  }
  t.same(await stage.search(), { server: [], "child of server": [], edge: [] });
});

void t.test("a server that keeps what it overwrites is found out", { skip }, async (t) => {
  const { stage, tls } = await setStage(t, { database: await anyDatabase(), serverScript: LEAKY_SERVER });
  const slot = await stage.store(PLACEMENTS.bearer, tls.origin);
  t.equal((await slot.app.fetch("/ok")).status, 200);
  const { server = [], edge } = await stage.search();
  const changed = await stage.rotate(t, PLACEMENTS.custom, tls.origin);
  const leaked = (await stage.search()).server ?? [];
  for (const { name } of slot.secrets) t.ok(server.includes(`${name} as raw bytes`), name);
  for (const { name } of changed) t.ok(leaked.includes(`${name} as raw bytes`), name);
  t.same(edge, []);
});
