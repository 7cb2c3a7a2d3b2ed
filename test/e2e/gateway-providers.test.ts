import { createHash, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { PROVIDERS, type KnownProvider } from "@vaultproof/protocol/providers";
import { createNodeProver } from "@vaultproof/sdk";
import t from "tap";
import { fixedProjects } from "vaultproof/gateway/served-projects";
import { startGateway } from "vaultproof/gateway/start-gateway";
import { gatewayTokenDigest, newGatewayToken } from "vaultproof/projects/gateway-token";
import { projectSlot, type ProjectSlot } from "vaultproof/projects/project";
import { startProvider, type LocalProvider, type ProviderRequest } from "../helpers/provider.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openVault } from "../helpers/sdk-clients.js";
import { startStack } from "../helpers/stack.js";

// The providers whose SDKs are not installed here: requests as their manuals write them, through the gateway and the
// real stack, to a provider each that takes its key only where the real one does.

const skip = findReferenceString() === undefined && noReferenceString;
type Slug = Exclude<KnownProvider, "openai" | "anthropic">;

interface Call {
  readonly method?: string;
  readonly path: string;
  readonly body?: object | FormData;
}

const MESSAGES = [{ role: "user", content: "hello" }];
const CONTENTS = [{ role: "user", parts: [{ text: "hello" }] }];
const GEMINI = "/v1beta/models/gemini-2.5-flash";

/** Each as the provider's API reference has it; a body of streaming, if any, last. */
const CALLS: Readonly<Record<Slug, readonly Call[]>> = {
  google: [
    { path: "/v1beta/models?pageSize=50" },
    { path: `${GEMINI}:generateContent`, body: { contents: CONTENTS } },
    { path: "/v1beta/models/gemini-embedding-001:embedContent", body: { content: CONTENTS[0] } },
    { path: "/v1beta/openai/chat/completions", body: { model: "gemini-2.5-flash", messages: MESSAGES } },
    { method: "DELETE", path: "/v1beta/files/abc-123" },
    { path: `${GEMINI}:streamGenerateContent?alt=sse`, body: { contents: CONTENTS } },
  ],
  groq: [
    { path: "/openai/v1/models" },
    { path: "/openai/v1/audio/transcriptions", body: upload({ model: "whisper-large-v3" }) },
    { path: "/openai/v1/chat/completions", body: { model: "llama", messages: MESSAGES, stream: true } },
  ],
  together: [
    { path: "/v1/models" },
    { path: "/v1/embeddings", body: { model: "BAAI/bge-large-en-v1.5", input: "hello" } },
    { path: "/v1/completions", body: { model: "meta-llama/x", prompt: "hello", stream: true } },
  ],
  mistral: [
    {
      path: "/v1/fim/completions",
      body: { model: "codestral-latest", prompt: "def f(", suffix: "return a" },
    },
    { path: "/v1/files", body: upload({ purpose: "ocr" }) },
    { path: "/v1/chat/completions", body: { model: "m", messages: MESSAGES, stream: true } },
  ],
  deepseek: [
    { path: "/user/balance" },
    { path: "/beta/completions", body: { model: "deepseek-chat", prompt: "a", suffix: "b" } },
    { path: "/chat/completions", body: { model: "deepseek-chat", messages: MESSAGES, stream: true } },
  ],
};
const PIECES = ["one", "two", "three"].map((text) => `data: {"text":"${text}"}\r\n\r\n`);

function upload(fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([new Uint8Array(1000).fill(7)]), "a.bin");
  return form;
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Tells what it was sent, or streams. */
function answer({ method, url, headers, body }: ProviderRequest, response: ServerResponse): void {
  if (url.includes("alt=sse") || body.includes('"stream":true')) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of PIECES) response.write(piece);
    response.end();
    return;
  }
  response.writeHead(200, { "content-type": "application/json; charset=UTF-8" });
  response.end(JSON.stringify({ method, url, type: headers["content-type"] ?? null, sha256: digest(body) }));
}

async function startKnown(slug: Slug): Promise<LocalProvider> {
  const { headerName: header, headerTemplate: template } = PROVIDERS[slug];
  const provider = await startProvider({ key: randomBytes(24).toString("base64url"), header, template });
  provider.respond(answer);
  return provider;
}

await t.test("providers without an SDK here, through the gateway", { skip }, async (t) => {
  const stack = await startStack();
  t.teardown(() => stack.close());
  const vault = await openVault(t, stack);
  const prover = await createNodeProver({});
  t.teardown(() => prover.close());
  const token = newGatewayToken();
  const slots = new Map<string, ProjectSlot>();
  const providers = new Map<Slug, LocalProvider>();
  for (const slug of Object.keys(CALLS) as Slug[]) {
    const provider = await startKnown(slug);
    t.teardown(() => provider.close());
    const about = { apiKey: provider.key, provider: slug, baseUrl: provider.origin, label: slug };
    const { bundles } = await vault.keys.store({ ...about, apps: ["my-app"] });
    slots.set(slug, projectSlot({ slug, bundle: bundles["my-app"] ?? "", url: stack.edgeUrl }));
    providers.set(slug, provider);
  }
  const project = { folder: "/p", tokenDigest: gatewayTokenDigest(token), slots };
  const gateway = await startGateway({
    port: 0,
    prover,
    bodyLimit: 1_000_000,
    projects: () => Promise.resolve(fixedProjects([project])),
  });
  t.teardown(() => gateway.close(0));

  for (const [slug, provider] of providers) {
    await t.test(slug, async (t) => {
      const header = PROVIDERS[slug].headerName;
      const key = { [header]: PROVIDERS[slug].headerTemplate.replace("{key}", token) };
      for (const { path, body, method = body === undefined ? "GET" : "POST" } of CALLS[slug]) {
        const request = new Request(`${gateway.url}/${slug}${path}`, {
          method,
          ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
        });
        const type = body instanceof FormData ? request.headers.get("content-type") : "application/json";
        const bytes = new Uint8Array(await request.arrayBuffer());
        const response = await fetch(request.url, {
          method,
          headers: { ...key, ...(body === undefined ? {} : { "content-type": type ?? "" }) },
          ...(body === undefined ? {} : { body: bytes }),
        });
        const text = await response.text();
        t.equal(response.status, 200, `${path}: ${text}`);
        t.equal(response.headers.get("vp-source"), "upstream");
        if (text.startsWith("data:")) t.equal(text, PIECES.join(""), "every byte of the stream");
        else {
          const sent = { method, url: path, type: body === undefined ? null : type, sha256: digest(bytes) };
          t.same(JSON.parse(text), sent, path);
        }
      }
      const all = provider.requests;
      t.equal(all.length, CALLS[slug].length);
      t.ok(all.every(({ authorised }) => authorised));
      t.notOk(
        JSON.stringify(all.map(({ rawHeaders }) => rawHeaders)).includes(token),
        "the token stays here",
      );
    });
  }

  await t.test("Google's key in the URL is refused, in Google's words", async (t) => {
    const sent = providers.get("google")?.requests.length;
    const refused = await fetch(`${gateway.url}/google${GEMINI}:generateContent?key=${token}`, {
      method: "POST",
      body: "{}",
    });
    t.equal(refused.status, 400);
    t.match(await refused.json(), {
      error: { code: 400, status: "INVALID_ARGUMENT", message: /^VaultProof: / },
    });
    t.equal(providers.get("google")?.requests.length, sent);
  });
});
