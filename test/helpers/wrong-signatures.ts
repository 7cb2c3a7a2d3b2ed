import { createHash } from "node:crypto";
import { DEVELOPER_SIGNATURE } from "@vaultproof/protocol/developer-signature";
import { contentDigest, type SignatureParameters } from "@vaultproof/protocol/message-signatures";
import {
  makeDeveloper,
  plainRequest,
  signAsDeveloper,
  type TestDeveloper,
  type WireRequest,
} from "./signed-requests.js";

/** A request as it should be, and who may sign it for which server. */
export interface RightRequest {
  readonly method: string;
  readonly url: string;
  readonly body?: unknown;
  readonly developer: TestDeveloper;
  /** Fingerprint. */
  readonly server: string;
}

/** Makes a request that differs from the right one in one thing. */
export type WrongRequest = (right: RightRequest) => Promise<WireRequest>;

const bare = ({ method, url, body }: RightRequest): WireRequest => plainRequest(method, url, { body });

/** The request as it should be, with a fresh nonce. */
export async function signRight(right: RightRequest, changes: SigningChanges = {}): Promise<WireRequest> {
  return await signAsDeveloper(bare(right), { ...right, ...changes });
}

type SigningChanges = Partial<
  Pick<Parameters<typeof signAsDeveloper>[1], "developer" | "server" | "components">
> & {
  readonly parameters?: Partial<SignatureParameters>;
};

function signedOtherwise(changes: (right: RightRequest) => SigningChanges): WrongRequest {
  return (right) => signRight(right, changes(right));
}

/** Signs `change(right)`, and sends it in the clothes of the right one. */
function signedForAnother(change: (right: RightRequest) => Partial<RightRequest>): WrongRequest {
  return async (right) => {
    const { headers } = await signRight({ ...right, ...change(right) });
    const { method, url, body } = bare(right);
    const digest = contentDigest(createHash("sha256").update(body).digest());
    return { method, url, body, headers: { ...headers, "content-digest": digest } };
  };
}

/** Bytes that differ from the body in one that JSON does not mind. */
export function alteredBody(request: WireRequest): WireRequest {
  return { ...request, body: Buffer.concat([request.body, Buffer.from(" ")]) };
}

/** The same with a digest that is right about the altered body. */
export function alteredWithDigest(request: WireRequest): WireRequest {
  const altered = alteredBody(request);
  const digest = contentDigest(createHash("sha256").update(altered.body).digest());
  return { ...altered, headers: { ...altered.headers, "content-digest": digest } };
}

const now = (): number => Math.floor(Date.now() / 1000);
const twice = (value = ""): string => `${value}, ${value}`;

/** Requests that are answered 401, by what is wrong with them; each route refuses each of them. */
export const WRONG_SIGNATURES: Readonly<Record<string, WrongRequest>> = {
  "no signature": (right) => Promise.resolve(bare(right)),
  "a signature of zeros": async (right) => {
    const signed = await signRight(right);
    const signature = `vp-developer=:${Buffer.alloc(64).toString("base64")}:`;
    return { ...signed, headers: { ...signed.headers, signature } };
  },
  "another method": signedForAnother(({ method }) => ({ method: method === "GET" ? "POST" : "GET" })),
  "another path": signedForAnother(({ url }) => ({ url: url.replace(/^([^?]*)/, "$1/") })),
  "another query": signedForAnother(({ url }) => ({ url: `${url}${url.includes("?") ? "&" : "?"}page=2` })),
  "a query that was not signed": async (right) => {
    const signed = await signRight(right);
    return { ...signed, url: `${signed.url}${signed.url.includes("?") ? "&" : "?"}page=2` };
  },
  "another server's fingerprint": signedOtherwise(() => ({ server: makeDeveloper().keyid })),
  "another server's, changed to this one's": async (right) => {
    const signed = await signRight(right, { server: makeDeveloper().keyid });
    return { ...signed, headers: { ...signed.headers, "vp-server": right.server } };
  },
  expired: signedOtherwise(() => ({ parameters: { created: now() - 120 } })),
  "expired by a second": signedOtherwise(() => ({ parameters: { created: now() - 61 } })),
  "made ahead of time": signedOtherwise(() => ({ parameters: { created: now() + 90 } })),
  "valid for longer than a minute": signedOtherwise(() => ({
    parameters: { created: now() - 120, expires: now() + 30 },
  })),
  "without an expiry": async (right) => {
    const signed = await signRight(right);
    const input = signed.headers["signature-input"]?.replace(/;expires=\d+/, "") ?? "";
    return { ...signed, headers: { ...signed.headers, "signature-input": input } };
  },
  "of another tag": signedOtherwise(() => ({ parameters: { tag: "vaultproof-answer" } })),
  "of another algorithm": signedOtherwise(() => ({ parameters: { alg: "hmac-sha256" } })),
  "of a short nonce": signedOtherwise(() => ({ parameters: { nonce: "short" } })),
  "by another key under this one's id": signedOtherwise(({ developer }) => ({
    developer: { ...makeDeveloper(), keyid: developer.keyid },
  })),
  "given twice": async (right) => {
    const signed = await signRight(right);
    const { signature, "signature-input": input } = signed.headers;
    return {
      ...signed,
      headers: { ...signed.headers, signature: twice(signature), "signature-input": twice(input) },
    };
  },
  "under another label": async (right) => {
    const signed = await signRight(right);
    const rename = (value = ""): string => value.replace("vp-developer=", "vp-edge=");
    const { signature, "signature-input": input } = signed.headers;
    return {
      ...signed,
      headers: { ...signed.headers, signature: rename(signature), "signature-input": rename(input) },
    };
  },
  ...Object.fromEntries(
    DEVELOPER_SIGNATURE.components.map((left) => [
      `that does not cover ${JSON.stringify(left)}`,
      signedOtherwise(() => ({
        components: DEVELOPER_SIGNATURE.components.filter((component) => component !== left),
      })),
    ]),
  ),
};
