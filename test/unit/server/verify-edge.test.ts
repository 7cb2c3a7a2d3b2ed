import { createHash, createHmac, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { EDGE_SIGNATURE, edgeComponents } from "@vaultproof/protocol/edge-signature";
import {
  contentDigest,
  signMessage,
  type Component,
  type SignatureParameters,
} from "@vaultproof/protocol/message-signatures";
import { edgeVerified, forbid, forbidConnection, requireEdge } from "@vaultproof/server/edge/edge-hook";
import Fastify from "fastify";
import t from "tap";

const SECRETS = [
  { id: "first", secret: randomBytes(32) },
  { id: "second", secret: randomBytes(32) },
] as const;
/** The server's clock; requests are signed by it unless a test says otherwise. */
let now = 1_790_000_000;

interface Signing {
  readonly method?: string;
  readonly target?: string;
  readonly body?: string;
  readonly clientIp?: string;
  readonly origin?: string;
  readonly keyid?: string;
  readonly secret?: Uint8Array;
  readonly components?: readonly Component[];
  readonly parameters?: Partial<Record<keyof SignatureParameters, string | number | undefined>>;
}

interface Signed {
  method: string;
  target: string;
  body: string;
  /** Names and values in turn, as they go over the wire. */
  headers: [string, string][];
}

async function sign(signing: Signing = {}): Promise<Signed> {
  const { method = "POST", target = "/echo?a=1", clientIp = "203.0.113.7", origin } = signing;
  const body = signing.body ?? (method === "GET" ? "" : '{"a":1}');
  const headers: [string, string][] = [
    ["content-type", "application/json"],
    ["content-digest", contentDigest(createHash("sha256").update(body).digest())],
    ["vp-client-ip", clientIp],
    ...(origin === undefined ? [] : [["origin", origin] as [string, string]]),
  ];
  const at = target.indexOf("?");
  const parameters = {
    created: now,
    expires: now + EDGE_SIGNATURE.lifetimeSeconds,
    nonce: randomBytes(16).toString("base64url"),
    keyid: signing.keyid ?? "first",
    alg: EDGE_SIGNATURE.algorithm,
    tag: EDGE_SIGNATURE.tag,
    ...signing.parameters,
  };
  const member = await signMessage({
    message: {
      method,
      path: at === -1 ? target : target.slice(0, at),
      query: at === -1 ? "?" : target.slice(at),
      header: (name) => headers.find(([header]) => header === name)?.[1],
    },
    label: EDGE_SIGNATURE.label,
    components: signing.components ?? edgeComponents(origin !== undefined),
    parameters: parameters as SignatureParameters,
    sign: (base) =>
      createHmac("sha256", signing.secret ?? SECRETS[0].secret)
        .update(base)
        .digest(),
  });
  headers.push(["signature-input", member.signatureInput], ["signature", member.signature]);
  return { method, target, body, headers };
}

interface Answer {
  readonly status: number | undefined;
  readonly source: string | undefined;
  readonly text: string;
}

function setHeader(signed: Signed, name: string, value: string | null): void {
  signed.headers = signed.headers.filter(([header]) => header !== name);
  if (value !== null) signed.headers.push([name, value]);
}

const app = Fastify({
  frameworkErrors: (_error, _request, reply) => void forbid(reply),
  clientErrorHandler: forbidConnection,
  bodyLimit: 1024,
});
requireEdge(app, { secrets: SECRETS, now: () => now });
app.all("/echo", (request) => {
  const { method, path, query, body, clientIp, origin } = edgeVerified(request);
  return { method, path, query, body: body.toString(), clientIp, origin };
});
app.get("/no-edge", () => ({}));
await app.listen({ port: 0, host: "127.0.0.1" });
t.teardown(() => app.close());
const port = (app.server.address() as AddressInfo).port;

function send({ method, target, body, headers }: Signed): Promise<Answer> {
  const all = [["host", `127.0.0.1:${port}`], ...headers];
  if (body !== "") all.push(["content-length", String(Buffer.byteLength(body))]);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        port,
        host: "127.0.0.1",
        method,
        path: target,
        headers: all.flat() as unknown as Record<string, string>,
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode,
            source: response.headers["vp-source"] as string | undefined,
            text,
          }),
        );
      },
    );
    request.on("error", reject).end(body);
  });
}

const FORBIDDEN: Answer = { status: 403, source: "vaultproof", text: '{"error":"Forbidden"}' };

void t.test("what an edge signed comes through with what the edge says of it", async (t) => {
  const answer = await send(await sign({ origin: "https://app.example", clientIp: "2001:db8::1" }));
  t.equal(answer.status, 200);
  t.same(JSON.parse(answer.text), {
    method: "POST",
    path: "/echo",
    query: "?a=1",
    body: '{"a":1}',
    clientIp: "2001:db8::1",
    origin: "https://app.example",
  });
  const accepted: Record<string, Signing> = {
    "a second secret": { keyid: "second", secret: SECRETS[1].secret },
    "no query": { target: "/echo" },
    "a GET": { method: "GET" },
    "a body that is not JSON": { body: "\u0000{[" },
    "an encoded target": { target: "/echo?x=%2F..%2f&y=a%20b" },
    "no alg": { parameters: { alg: undefined } },
    "5 s ahead": { parameters: { created: now + 5, expires: now + 35 } },
    "at its last second": { parameters: { created: now - 30, expires: now } },
    "an empty body": { body: "" },
  };
  for (const [name, signing] of Object.entries(accepted)) {
    t.equal((await send(await sign(signing))).status, 200, name);
  }
});

void t.test("what no edge signed so is refused, always with the same answer", async (t) => {
  const refused: Record<string, Signing> = {
    "another secret": { secret: randomBytes(32) },
    "an unknown keyid": { keyid: "third" },
    "the other secret's keyid": { keyid: "second" },
    "no keyid": { parameters: { keyid: undefined } },
    "no nonce": { parameters: { nonce: undefined } },
    "an empty nonce": { parameters: { nonce: "" } },
    "an endless nonce": { parameters: { nonce: "n".repeat(129) } },
    "no expiry": { parameters: { expires: undefined } },
    expired: { parameters: { created: now - 31, expires: now - 1 } },
    "6 s ahead": { parameters: { created: now + 6, expires: now + 36 } },
    "a longer life": { parameters: { expires: now + 31 } },
    "an expiry before its making": { parameters: { created: now + 3, expires: now + 1 } },
    "another tag": { parameters: { tag: "vaultproof-developer" } },
    "no tag": { parameters: { tag: undefined } },
    "another algorithm": { parameters: { alg: "ed25519" } },
    "a component missing": { components: EDGE_SIGNATURE.components.slice(0, -1) },
    "a component more": { components: [...EDGE_SIGNATURE.components, "content-type"] },
    "components in another order": { components: [...EDGE_SIGNATURE.components].reverse() },
    "an origin that is not covered": { origin: "https://app.example", components: EDGE_SIGNATURE.components },
    "a client that is no address": { clientIp: "localhost" },
  };
  for (const [name, signing] of Object.entries(refused))
    t.same(await send(await sign(signing)), FORBIDDEN, name);
});

void t.test("a signed request that was altered on the way is refused", async (t) => {
  const alterations: Record<string, (signed: Signed) => void> = {
    method: (signed) => (signed.method = "PUT"),
    path: (signed) => (signed.target = "/no-edge?a=1"),
    "path case": (signed) => (signed.target = "/Echo?a=1"),
    "path spelling": (signed) => (signed.target = "/%65cho?a=1"),
    query: (signed) => (signed.target = "/echo?a=2"),
    "no query": (signed) => (signed.target = "/echo"),
    body: (signed) => (signed.body = '{"a":2}'),
    "a longer body": (signed) => (signed.body += " "),
    "no body": (signed) => (signed.body = ""),
    "client address": (signed) => setHeader(signed, "vp-client-ip", "203.0.113.8"),
    "no client address": (signed) => setHeader(signed, "vp-client-ip", null),
    origin: (signed) => setHeader(signed, "origin", "https://evil.example"),
    "no origin": (signed) => setHeader(signed, "origin", null),
    "no digest": (signed) => setHeader(signed, "content-digest", null),
    "no signature": (signed) => setHeader(signed, "signature", null),
    "no signature input": (signed) => setHeader(signed, "signature-input", null),
    "a signature of nonsense": (signed) => setHeader(signed, "signature", "vp-edge=:AAAA:"),
    "an unreadable signature": (signed) => setHeader(signed, "signature", "vp-edge=((("),
    "two signatures": (signed) => signed.headers.push(["signature", "vp-edge=:AAAA:"]),
    "two signature inputs": (signed) => signed.headers.push(["signature-input", "sig=()"]),
    "two client addresses": (signed) => signed.headers.push(["vp-client-ip", "203.0.113.7"]),
    "two origins": (signed) => signed.headers.push(["origin", "https://app.example"]),
    "two digests": (signed) => signed.headers.push(["content-digest", "sha-512=:AAAA:"]),
    "two media types": (signed) => signed.headers.push(["content-type", "text/plain"]),
    "two servers": (signed) => signed.headers.push(["vp-server", "a"], ["vp-server", "b"]),
  };
  for (const [name, alter] of Object.entries(alterations)) {
    const signed = await sign({ origin: "https://app.example" });
    alter(signed);
    t.same(await send(signed), FORBIDDEN, name);
  }
  t.same(await send({ ...(await sign()), headers: [] }), FORBIDDEN, "nothing but the body");
});

void t.test("a body where the method has none is not left unread and unchecked", async (t) => {
  const signed = await sign({ method: "GET" });
  signed.body = "surprise";
  t.same(await send(signed), FORBIDDEN);
});

void t.test("a nonce is good once, for as long as its signature could be", async (t) => {
  const signed = await sign();
  t.equal((await send(signed)).status, 200);
  t.same(await send(signed), FORBIDDEN, "at once");
  const nonce = randomBytes(16).toString("base64url");
  t.equal((await send(await sign({ parameters: { nonce } }))).status, 200);
  t.same(await send(await sign({ target: "/echo", parameters: { nonce } })), FORBIDDEN, "on another request");
  const other = { nonce, keyid: "second" };
  t.equal(
    (await send(await sign({ secret: SECRETS[1].secret, parameters: other }))).status,
    200,
    "of another edge",
  );

  const early = await sign({ parameters: { created: now + 5, expires: now + 35 } });
  t.equal((await send(early)).status, 200);
  for (const seconds of [1, 30, 4]) {
    now += seconds;
    t.same(await send(early), FORBIDDEN, `${seconds} s later`);
  }
  t.equal((await send(await sign())).status, 200, "others still come through");

  const forged = await sign({ secret: randomBytes(32), parameters: { nonce: "chosen" } });
  t.same(await send(forged), FORBIDDEN);
  t.equal(
    (await send(await sign({ parameters: { nonce: "chosen" } }))).status,
    200,
    "a forgery spends no nonce",
  );
});

void t.test("unknown paths and unreadable targets tell nothing apart", async (t) => {
  for (const target of ["/", "/nowhere", "/echo/", "/%zz", "/..", "/\u00e4"]) {
    for (const method of ["GET", "POST", "DELETE", "OPTIONS", "PROPFIND"]) {
      const text = await sendRaw(`${method} ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
      t.match(text, /^HTTP\/1\.1 403 [^]*\{"error":"Forbidden"\}$/, `${method} ${target}`);
    }
  }
  t.equal((await send(await sign({ target: "/nowhere" }))).status, 404, "an edge is told");
  t.same(
    await send(await sign({ target: "http://elsewhere.example/echo" })),
    FORBIDDEN,
    "an absolute target",
  );
});

void t.test("without a signature a body is not even read", async (t) => {
  const unread = await sendRaw(
    "POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n\r\n",
  );
  t.match(unread, /^HTTP\/1\.1 403 [^]*\{"error":"Forbidden"\}$/);
  t.equal((await send(await sign({ body: "x".repeat(1025) }))).status, 413, "an edge's is limited");
});

function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text, "latin1"));
    socket.setEncoding("latin1").on("data", (chunk: string) => (answer += chunk));
    socket.on("error", reject).on("close", () => resolve(answer));
  });
}
