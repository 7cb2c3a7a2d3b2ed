import { be, fieldHex, jcs, P, number, seeded, sha256, toField, type Part } from "./encodings.js";
import { SLOT, OTHER_SLOT } from "./key-vectors.js";
import type { CircuitHashes } from "./poseidon2.js";

/** The members of a call that a proof is bound to, as sent. */
export interface VectorCall {
  keySlotId: string;
  appId: string;
  method: string;
  targetPath: string;
  expiresAt: number;
  share2?: string;
  share2_encrypted?: string;
  headers?: Record<string, string>;
  body?: unknown;
  bodyBase64?: string;
  auth?: Record<string, string>;
}

/** What the proof of a call is bound to. */
export function requestHash(call: VectorCall): bigint {
  const share = call.share2_encrypted ?? call.share2 ?? "";
  let body: [form: number, bytes: Part] = [0, ""];
  if ("body" in call) body = [1, jcs(call.body)];
  if (call.bodyBase64 !== undefined) body = [2, Buffer.from(call.bodyBase64, "base64")];
  return toField(
    "vaultproof call v1",
    call.keySlotId,
    call.appId,
    call.method,
    call.targetPath,
    be(call.expiresAt, 8),
    Buffer.concat([be(call.share2_encrypted === undefined ? 0 : 1, 1), sha256(share)]),
    sha256(jcs(call.headers ?? {})),
    Buffer.concat([be(body[0], 1), sha256(body[1])]),
    sha256(call.auth === undefined ? "" : jcs(call.auth)),
  );
}

const base: VectorCall = {
  keySlotId: SLOT,
  appId: "my-app",
  method: "POST",
  targetPath: "/v1/chat/completions?stream=true",
  expiresAt: 1790000000,
  share2_encrypted: "0xabcdef",
  headers: { accept: "text/event-stream", "content-type": "application/json" },
  bodyBase64: "e30=",
  auth: { identityToken: "a.b.c" },
};

function without(member: keyof VectorCall, instead: Partial<VectorCall> = {}): VectorCall {
  const rest: Partial<VectorCall> = { ...base };
  Reflect.deleteProperty(rest, member);
  return { ...rest, ...instead } as VectorCall;
}

/** One call and what each altered member makes of its hash; groups name those that must agree. */
export function requests() {
  const cases: { name: string; call: VectorCall }[] = [
    { name: "as it is", call: base },
    { name: "another slot", call: { ...base, keySlotId: OTHER_SLOT } },
    { name: "another app", call: { ...base, appId: "my-app2" } },
    { name: "another method", call: { ...base, method: "PUT" } },
    { name: "another path", call: { ...base, targetPath: "/v1/chat/completions?stream=false" } },
    { name: "another expiry", call: { ...base, expiresAt: base.expiresAt + 1 } },
    { name: "another share", call: { ...base, share2_encrypted: "0xabcdee" } },
    { name: "the same share text in clear", call: without("share2_encrypted", { share2: "0xabcdef" }) },
    { name: "another header", call: { ...base, headers: { ...base.headers, accept: "*/*" } } },
    { name: "no headers", call: without("headers") },
    { name: "empty headers", call: { ...base, headers: {} } },
    { name: "another body", call: { ...base, bodyBase64: "e31=".replace("1", "Q") } },
    { name: "the same body as JSON", call: without("bodyBase64", { body: {} }) },
    { name: "a JSON body of null", call: without("bodyBase64", { body: null }) },
    { name: "a JSON body in another order", call: without("bodyBase64", { body: { b: 1.0, a: "\u20ac" } }) },
    { name: "no body", call: without("bodyBase64") },
    { name: "an empty body", call: { ...base, bodyBase64: "" } },
    { name: "another token", call: { ...base, auth: { identityToken: "a.b.d" } } },
    { name: "no auth", call: without("auth") },
    { name: "empty auth", call: { ...base, auth: {} } },
    { name: "app and method moved", call: { ...base, appId: "my-appP", method: "OST" } },
  ];
  return cases.map(({ name, call }) => ({ name, call, requestHash: fieldHex(requestHash(call)) }));
}

/** Every value of a statement from the secrets behind it. */
export function statements({ compress }: CircuitHashes) {
  return [1, 2, 3].map((round) => {
    const secret = (name: string): bigint => number(seeded(`${name} ${round}`, 31));
    const [slotSecret, appSecret, nonce] = [secret("slot secret"), secret("app secret"), secret("nonce")];
    const appId = `app-${round}`;
    const share2 = seeded(`statement share ${round}`, 96 * round);
    const request = secret("request");
    const shareHash = toField("vaultproof share v1", SLOT, share2);
    const appIdHash = toField("vaultproof app id v1", appId);
    return {
      slotId: SLOT,
      appId,
      slotSecret: fieldHex(slotSecret),
      appSecret: fieldHex(appSecret),
      nonce: fieldHex(nonce),
      share2: share2.toString("hex"),
      requestHash: fieldHex(request),
      shareHash: fieldHex(shareHash),
      appIdHash: fieldHex(appIdHash),
      vaultCommitment: fieldHex(compress(1n, slotSecret, shareHash, 0n)),
      leaf: fieldHex(compress(2n, appIdHash, appSecret, 0n)),
      nullifier: fieldHex(compress(4n, slotSecret, nonce, request)),
    };
  });
}

/** Roots, paths and what the circuit takes for them, from full trees. */
export function appTrees({ tree }: CircuitHashes) {
  const leaf = (name: string): bigint => number(seeded(`leaf ${name}`, 31));
  const trees: ReadonlyMap<number, bigint>[] = [
    new Map(),
    new Map([[0, leaf("one")]]),
    new Map([[1023, P - 1n]]),
    new Map([5, 6, 7, 512, 1022].map((index) => [index, leaf(String(index))])),
  ];
  return trees.map((leaves) => {
    const levels = tree(leaves);
    const paths = [0, 1, 6, 513, 1022, 1023].map((index) => {
      const at = (height: number, place: number): string => fieldHex(levels[height]?.[place] ?? 0n);
      const heights = Array.from({ length: 10 }, (_, height) => height);
      return {
        index,
        siblings: heights.map((height) => at(height, (index >> height) ^ 1)),
        left: heights.map((height) => at(height, (index >> height) & ~1)),
      };
    });
    return {
      leaves: [...leaves].map(([index, value]) => ({ index, leaf: fieldHex(value) })),
      appRoot: fieldHex(levels[10]?.[0] ?? 0n),
      paths,
    };
  });
}
