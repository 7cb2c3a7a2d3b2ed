import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { VaultProofApp } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { NAME_ATTEMPTS } from "../helpers/egress-attempts.js";
import { setEgressStage, type EgressStage } from "../helpers/egress-stage.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openApp } from "../helpers/sdk-clients.js";
import { setTrap } from "../helpers/trap.js";

// Names that lead into the private network, and names that lead elsewhere when they are asked for again.

const skip =
  (process.platform !== "linux" && "only Linux has all of 127.0.0.0/8") ||
  (findReferenceString() === undefined && noReferenceString);

const REBINDING = "rebinding.test";
const LISTED = "127.0.0.2";
const UNLISTED = "127.0.0.3";

void t.test("a name is judged by every address that it has when it is dialled", { skip }, async (t) => {
  const names = Object.fromEntries(NAME_ATTEMPTS.map(({ name, addresses }) => [name, addresses]));
  const rebinding = { [REBINDING]: [[LISTED], [UNLISTED], [LISTED, UNLISTED], [LISTED]] };
  const stage = await setEgressStage(t, { ...names, ...rebinding }, { insecure: [REBINDING] });
  const { trap } = stage;

  await t.test("a listed name is called", async (t) => {
    const { app } = await stage.store(stage.providerUrl);
    t.equal((await app.fetch("/v1/models")).status, 200);
    t.equal(
      stage.stack.provider.requests[0]?.headers.host,
      new URL(stage.providerUrl).host,
      "Host is the name",
    );
  });
  let one: { name: string; bundle: string } | undefined;
  for (const { name } of [...NAME_ATTEMPTS, { name: "localhost" }, { name: "localhost.localdomain.test" }]) {
    const { bundle, app } = await stage.store(`https://${name}:${trap.port}`);
    one ??= { name, bundle };
    await assertRefused(t, app, name);
  }
  await t.test("a name that leads elsewhere the second time", (t) => assertRebinding(t, stage));
  stage.assertNothingLeft(t);
  await t.test("a server that is told to allow it does call, and the trap notices", (t) =>
    assertTrapWorks(t, stage, one?.bundle ?? ""),
  );
});

async function assertRefused(t: Test, app: VaultProofApp, name: string): Promise<void> {
  const answer = await app.fetch("/v1/models");
  const body: unknown = await answer.json();
  t.equal(answer.status, 502, name);
  const reason = /^(?:Address not allowed|Host not found)$/;
  t.match(body, { error: "Upstream request failed", reason }, `${name}: with its reason`);
}

/** One look-up for each connection, and what was judged is what is dialled. */
async function assertRebinding(t: Test, { store, stack }: EgressStage): Promise<void> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.setHeader("connection", "close").end("listed");
  });
  server.listen(0, LISTED);
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const unlisted = await setTrap(t, UNLISTED, port);
  const lookups = (): number => stack.logs().split(`test resolver: ${REBINDING} `).length - 1;

  const { app } = await store(`http://${REBINDING}:${port}`);
  t.equal(await (await app.fetch("/1")).text(), "listed");
  t.equal(lookups(), 1, "asked for once, though it would have been another the second time");
  t.equal(requests[0]?.headers.host, `${REBINDING}:${port}`, "Host is the name");
  await assertRefused(t, app, "now it is another");
  await assertRefused(t, app, "one of two is another");
  t.equal(await (await app.fetch("/4")).text(), "listed");
  t.equal(lookups(), 4, "once for each connection");
  t.equal(requests.length, 2);
  t.equal(unlisted.connections(), 0, "nobody came to the other");
}

async function assertTrapWorks(t: Test, { stack, trap, prover }: EgressStage, bundle: string): Promise<void> {
  if (stack.databaseUrl === undefined) {
    t.pass("not on PGlite, which takes one server");
    return;
  }
  const open = await stack.startServer({ UPSTREAM_ALLOW_PRIVATE: "127.0.0.0/8" });
  const edge = await stack.startEdge(open.url);
  const app = await openApp(t, { url: edge.url, bundle, prover });
  t.equal((await app.fetch("/v1/models")).status, 502, "it closes the connection");
  t.equal(trap.connections(), 1);
}
