import type { VaultProofApp } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { DROPPED_HEADERS, HEADER_ATTEMPTS, TARGET_ATTEMPTS } from "../helpers/egress-attempts.js";
import { setEgressStage, type EgressStage } from "../helpers/egress-stage.js";
import { registerByHand } from "../helpers/hand-made-developer.js";
import { openMembersProver, type ProveMembers } from "../helpers/prove-members.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { sendRaw } from "../helpers/wire.js";

// Calls whose proofs hold, by someone who owns a bundle and would have the key sent elsewhere, or two requests for one.

const skip = findReferenceString() === undefined && noReferenceString;
const CALL = "/api/v1/proxy/call";

void t.test("a call goes to its provider and nowhere else", { skip }, async (t) => {
  const stage = await setEgressStage(t);
  const { stack, prover } = stage;
  const { bundle, app } = await stage.store(stage.providerUrl);
  const prove = await openMembersProver({ edgeUrl: stack.edgeUrl, bundle, prover });
  const good = await send(
    stack.edgeUrl,
    await prove({ targetPath: "/v1/models", headers: { accept: "*/*" } }),
  );
  t.equal(good.status, 200, "such a call is good if nothing is wrong with it");

  await t.test("targets", (t) => assertTargets(t, stage, prove));
  await t.test("headers that are refused", (t) => assertHeaders(t, stage, prove));
  await t.test("headers that are dropped", (t) => assertDropped(t, stage, prove));
  await t.test("requests that are two, or none", (t) => assertSmuggling(t, stage, prove));
  await t.test("keys that are two lines", (t) => assertOddKeys(t, stage));
  await t.test("redirects", (t) => assertRedirects(t, stage, app));
  await t.test("a provider that tells the key back", (t) => assertRedacted(t, stage, app));
  stage.assertNothingLeft(t);
});

async function assertTargets(t: Test, { stack }: EgressStage, prove: ProveMembers): Promise<void> {
  const before = stack.provider.requests.length;
  for (const targetPath of TARGET_ATTEMPTS) {
    const name = JSON.stringify(targetPath);
    assertInvalid(t, await send(stack.edgeUrl, await prove({ targetPath })), name, /^targetPath: /);
  }
  t.equal(stack.provider.requests.length, before, "none of them came to the provider");
}

async function assertHeaders(t: Test, { stack }: EgressStage, prove: ProveMembers): Promise<void> {
  const before = stack.provider.requests.length;
  for (const headers of HEADER_ATTEMPTS) {
    const name = JSON.stringify(headers);
    const call = await prove({ targetPath: "/v1/models", headers });
    assertInvalid(t, await send(stack.edgeUrl, call), name, /^headers/);
  }
  const call = await prove({ targetPath: "/v1/models", headers: { accept: "a" } });
  for (const twice of ['"accept":"a","accept":"a"', '"accept":"a","acc\\u0065pt":"b"']) {
    const answer = await send(stack.edgeUrl, call.replace('"accept":"a"', twice));
    assertInvalid(t, answer, twice, /./);
  }
  const twice = await send(
    stack.edgeUrl,
    call.replace('"targetPath":', '"targetPath":"/v1/other","targetPath":'),
  );
  assertInvalid(t, twice, "two targets", /./);
  t.equal(stack.provider.requests.length, before, "none of them came to the provider");
}

async function assertDropped(t: Test, { stack }: EgressStage, prove: ProveMembers): Promise<void> {
  const headers = { ...DROPPED_HEADERS, accept: "text/plain", "idempotency-key": "one" };
  const answer = await send(stack.edgeUrl, await prove({ targetPath: "/v1/models", headers }));
  t.equal(answer.status, 200);
  const arrived = stack.provider.requests.at(-1);
  t.same(arrived?.headers, {
    ...{ accept: "text/plain", "idempotency-key": "one", "accept-encoding": "identity" },
    ...{ authorization: `Bearer ${stack.provider.key}`, connection: "keep-alive" },
    host: `provider.test:${new URL(stack.provider.origin).port}`,
  });
  t.equal(arrived?.rawHeaders.filter((name) => name.toLowerCase() === "authorization").length, 1);
  t.notOk(arrived?.url.includes(stack.provider.key), "no key in the query");
}

async function assertSmuggling(t: Test, { stack, trap }: EgressStage, prove: ProveMembers): Promise<void> {
  const before = stack.provider.requests.length;
  const body = await prove({ targetPath: "/smuggled" });
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const length = `content-length: ${body.length}`;
  const inner = `POST ${CALL} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n${body}`;
  const attempts: Readonly<Record<string, { target?: string; headers: readonly string[]; body: string }>> = {
    "absolute form": { target: `http://127.0.0.1:${trap.port}${CALL}`, headers: [length], body },
    "another authority": { target: `//127.0.0.1:${trap.port}${CALL}`, headers: [length], body },
    "a dot segment": { target: `/x/..${CALL}`, headers: [length], body },
    "length and chunks": { headers: [length, "transfer-encoding: chunked"], body: chunked },
    "chunks, twice": { headers: ["transfer-encoding: chunked", "transfer-encoding: chunked"], body: chunked },
    "chunks that are none": { headers: ["transfer-encoding: xchunked"], body: chunked },
    "chunks first": { headers: ["transfer-encoding: chunked, identity"], body: chunked },
    "a space before the colon": { headers: ["transfer-encoding : chunked", length], body },
    "a folded line": { headers: ["x-a: b", " transfer-encoding: chunked", length], body },
    "two lengths": { headers: [length, "content-length: 0"], body },
    "a list of lengths": { headers: [`content-length: ${body.length}, 0`], body },
    "a signed length": { headers: [`content-length: +${body.length}`], body },
    "a length in hexadecimal": { headers: [`content-length: 0x${body.length.toString(16)}`], body },
    "a bare carriage return": { headers: [`x-a: b\rcontent-length: 0`, length], body },
    "a null byte": { headers: ["x-a: b\u0000", length], body },
    "an odd chunk size": { headers: ["transfer-encoding: chunked"], body: `-1\r\n${chunked}` },
    "a request in a GET": { headers: ["content-length: 5"], body: `xxxxxGET / HTTP/9\r\n\r\n` },
    "a request behind a length of none": {
      headers: ["content-length: 0"],
      body: inner.replace(CALL, "/other"),
    },
  };
  for (const [name, { target = CALL, headers, body }] of Object.entries(attempts)) {
    const head = ["host: x", "connection: close", "content-type: application/json", ...headers];
    const answer = await sendRaw(
      stack.edgeUrl,
      `POST ${target} HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n${body}`,
    );
    t.match(answer, /^HTTP\/1\.1 4\d\d [\s\S]*"error":"[^"]+"/, name);
    t.equal(answer.split(/HTTP\/1\.1 \d/).length, 2, `${name}: one answer`);
  }
  t.equal(stack.provider.requests.length, before, "none of them came to the provider");
  t.equal((await send(stack.edgeUrl, body)).status, 200, "and the call in them was good, and not spent");
}

/** As good a record as any, by a developer without a client; the proof holds and everything fits together. */
async function assertOddKeys(t: Test, { stack, prover, providerUrl }: EgressStage): Promise<void> {
  const { edgeUrl, provider } = stack;
  const developer = await registerByHand(stack);
  const callWith = async (key: string): Promise<Answer> => {
    const bundle = await developer.storeOddKey(Buffer.from(key, "latin1"), providerUrl);
    const prove = await openMembersProver({ edgeUrl, bundle, prover });
    return await send(edgeUrl, await prove({ targetPath: "/v1/models" }));
  };
  t.equal((await callWith(provider.key)).status, 200, "the right key, stored by hand");
  const before = provider.requests.length;
  const request = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
  for (const odd of [
    "\r\nx-admin: 1",
    `\r\n\r\n${request}`,
    "\n",
    "\r",
    "\u0000",
    " ",
    "\t",
    "\u007f",
    "\u00e9",
  ]) {
    const answer = await callWith(provider.key + odd);
    t.same(answer, { status: 422, body: { error: "Key reconstruction failed" } }, JSON.stringify(odd));
  }
  t.equal(provider.requests.length, before, "none of them came to the provider");
}

async function assertRedirects(t: Test, { stack, trap }: EgressStage, app: VaultProofApp): Promise<void> {
  const elsewhere = `http://127.0.0.1:${trap.port}/`;
  for (const status of [300, 301, 302, 303, 307, 308]) {
    stack.provider.respond((_request, response) => {
      const headers = {
        location: elsewhere,
        refresh: `0;url=${elsewhere}`,
        link: `<${elsewhere}>`,
        "set-cookie": "a=b",
      };
      response.writeHead(status, {
        ...headers,
        "content-type": "text/plain",
        "alt-svc": `h2=":${trap.port}"`,
      });
      response.end("moved");
    });
    const answer = await app.fetch("/v1/models", { redirect: "manual" });
    t.equal(answer.status, status);
    const passed = [...answer.headers.keys()].filter((name) =>
      /location|refresh|link|cookie|alt-svc/.test(name),
    );
    t.same(passed, [], `${status}: nothing that leads away passes`);
    t.equal(await answer.text(), "moved");
  }
  stack.provider.respond(undefined);
}

async function assertRedacted(t: Test, { stack }: EgressStage, app: VaultProofApp): Promise<void> {
  const { key } = stack.provider;
  stack.provider.respond((request, response) => {
    const told = request.headers.authorization ?? "";
    const body = `${told} ${Buffer.from(told).toString("base64")} ${encodeURIComponent(told)}\n`;
    response.writeHead(200, {
      "content-type": "text/plain",
      "content-length": body.length,
      "x-request-id": told,
    });
    response.write(body.slice(0, 20));
    setImmediate(() => response.end(body.slice(20)));
  });
  const answer = await app.fetch("/v1/models");
  const body = await answer.text();
  const header = answer.headers.get("x-request-id") ?? "";
  t.match(body, /^Bearer \[redacted\]/);
  t.equal(header, `Bearer ${"[redacted]".padEnd(key.length, "*")}`);
  const base64 = Buffer.from(body.split(" ")[2] ?? "", "base64").toString("latin1");
  for (const text of [body, header, base64]) t.notOk(text.includes(key.slice(2, 14)), "no part of the key");
  stack.provider.respond(undefined);
}

/** What came back of a call that anybody sent. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function send(edgeUrl: string, body: string): Promise<Answer> {
  const answer = await fetch(edgeUrl + CALL, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  return { status: answer.status, body: await answer.json() };
}

function assertInvalid(t: Test, { status, body }: Answer, name: string, reason: RegExp): void {
  const { error, details } = body as { error?: string; details?: string[] };
  const isSaid = details?.length === 1 && details.every((detail) => reason.test(detail));
  t.ok(status === 400 && error === "Invalid request" && isSaid, name, {
    found: `${status} ${JSON.stringify(body)}`,
  });
}
