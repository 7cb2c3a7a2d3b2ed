import { createHash, randomBytes } from "node:crypto";
import { appPathWitness } from "@vaultproof/protocol/app-tree";
import { parseBundle, type AppBundle } from "@vaultproof/protocol/bundle";
import { canonicalJson } from "@vaultproof/protocol/canonical-json";
import { fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import { BODY_FORM, requestHash, SHARE_FORM } from "@vaultproof/protocol/request-hash";
import { seal } from "@vaultproof/protocol/seal";
import { share2Context } from "@vaultproof/protocol/sealed-message";
import { appIdHash, appLeaf, nullifier, shareHash, vaultCommitment } from "@vaultproof/protocol/statement";
import { createNodeProver, type Prover } from "@vaultproof/sdk";

/** A call with its proof, ready to be sent by anybody, through any edge, as often as wanted. */
export interface ProvedCall {
  /** The body of `POST /api/v1/proxy/call`. */
  readonly body: string;
  /** Its own at the provider, so that the provider's record tells which calls came. */
  readonly targetPath: string;
  /** 64 hex digits. */
  readonly nullifier: string;
}

/** Makes the calls of one app beforehand, so that a test can send many at the same moment. */
export interface CallMaker {
  /**
   * Makes `GET` calls, each to a path of its own, share 2 sealed unless told, good for 5 minutes.
   *
   * @param sent goes in place of share 2, of which the proof still knows: a proof that holds for a share that does not.
   */
  readonly make: (count: number, share?: MakeContext["share"], sent?: Uint8Array) => Promise<ProvedCall[]>;
  /** Makes a `POST` with a body. */
  readonly makePost: (body: CallBody) => Promise<ProvedCall>;
}

/** What a call carries for the provider: JSON, sent as the protocol's canonical bytes, or bytes. */
export type CallBody = { readonly json: unknown } | { readonly bytes: Uint8Array };

/** What came back. */
export interface CallAnswer {
  readonly status: number;
  /** `upstream`, or `vaultproof` for a refusal. */
  readonly source: string | null;
  /** The body, parsed where it is JSON. */
  readonly body: unknown;
}

export const REPLAY = { status: 403, body: { error: "Proof already used (replay detected)" } };
export const INVALID_PROOF = {
  status: 403,
  body: { error: "Invalid ZK proof", reason: "Proof verification failed" },
};

/** Less than the server's 300 s, for the seconds that may pass between this clock and the database's. */
const LIFETIME_SECONDS = 290;

const SHARE_MEMBER = { sealed: "share2_encrypted", clear: "share2" } as const;

interface MakeContext {
  readonly bundle: AppBundle;
  readonly transportKey: Uint8Array;
  readonly prover: Prover;
  readonly share: "sealed" | "clear";
  readonly sent?: Uint8Array | undefined;
  readonly post?: CallBody | undefined;
}

/** A prover that calls of several apps can be made with. */
export async function openProver(edgeUrl: string): Promise<Prover> {
  return await createNodeProver({ service: edgeUrl });
}

/** Reads what an app reads before its first call: the transport key and its path as of now. */
export async function openCallMaker(options: {
  readonly edgeUrl: string;
  readonly bundle: string;
  readonly prover: Prover;
}): Promise<CallMaker> {
  const bundle = parseBundle(options.bundle);
  const leaf = appLeaf(bundle.appId, bundle.appSecret);
  const document = await getJson<{ transportKeys: { publicKey: string }[] }>(
    `${options.edgeUrl}/.well-known/vaultproof`,
  );
  const tree = await getJson<{ index: number; siblings: string[]; appRoot: string }>(
    `${options.edgeUrl}/api/v1/keys/${bundle.slotId}/path?leaf=${fieldToHex(leaf)}`,
  );
  const witness = appPathWitness(leaf, tree.index, tree.siblings.map(fieldFromHex));
  const transportKey = Buffer.from(document.transportKeys[0]?.publicKey ?? "", "base64url");
  const context = { bundle, transportKey, prover: options.prover };
  const path = { ...witness, appRoot: fieldFromHex(tree.appRoot) };
  return {
    make: async (count, share: MakeContext["share"] = "sealed", sent?: Uint8Array) =>
      await Promise.all(Array.from({ length: count }, () => make({ ...context, share, sent }, path))),
    makePost: (post) => make({ ...context, share: "sealed", post }, path),
  };
}

/** Sends a call. */
export async function sendCall(edgeUrl: string, { body }: ProvedCall): Promise<CallAnswer> {
  const response = await fetch(`${edgeUrl}/api/v1/proxy/call`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  const parsed: unknown = isJson ? JSON.parse(text) : text;
  return { status: response.status, source: response.headers.get("vp-source"), body: parsed };
}

async function make(
  { bundle, transportKey, prover, share: form, sent = bundle.share2, post }: MakeContext,
  path: { path: readonly bigint[]; left: readonly bigint[]; appRoot: bigint },
): Promise<ProvedCall> {
  const { slotId, appId, slotSecret, appSecret, share2 } = bundle;
  const expiresAt = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS;
  const targetPath = `/calls/${randomBytes(12).toString("hex")}`;
  const sentShare =
    form === "clear"
      ? Buffer.from(sent).toString("base64")
      : await seal(transportKey, share2Context({ slotId, appId, expiresAt }), sent);
  const method = post === undefined ? "GET" : "POST";
  const { members, ...bodyInHash } = bodyOf(post);
  const hash = requestHash({
    ...{ keySlotId: slotId, appId, method, targetPath, expiresAt },
    shareForm: SHARE_FORM[form],
    shareDigest: sha256(sentShare),
    headersDigest: sha256(canonicalJson({})),
    ...bodyInHash,
    authDigest: sha256(""),
  });
  const nonce = BigInt(`0x${randomBytes(31).toString("hex")}`);
  const share = shareHash(slotId, share2);
  const statement = {
    vaultCommitment: vaultCommitment(slotSecret, share),
    appRoot: path.appRoot,
    appIdHash: appIdHash(appId),
    nullifier: nullifier(slotSecret, nonce, hash),
    requestHash: hash,
  };
  const { proof } = await prover.prove({
    slotSecret,
    appSecret,
    nonce,
    shareHash: share,
    ...path,
    statement,
  });
  const spent = fieldToHex(statement.nullifier);
  const call = { keySlotId: slotId, appId, targetPath, expiresAt, method, nullifier: spent, ...members };
  const zkProof = Buffer.from(proof).toString("hex");
  return {
    body: JSON.stringify({ ...call, [SHARE_MEMBER[form]]: sentShare, zkProof }),
    targetPath,
    nullifier: spent,
  };
}

function bodyOf(post: CallBody | undefined) {
  if (post === undefined) return { bodyForm: BODY_FORM.none, bodyDigest: sha256(""), members: {} };
  if ("json" in post) {
    const bodyDigest = sha256(canonicalJson(post.json));
    return { bodyForm: BODY_FORM.json, bodyDigest, members: { body: post.json } };
  }
  const bodyBase64 = Buffer.from(post.bytes).toString("base64");
  return { bodyForm: BODY_FORM.base64, bodyDigest: sha256(post.bytes), members: { bodyBase64 } };
}

async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}

function sha256(data: string | Uint8Array): Uint8Array {
  return createHash("sha256").update(data).digest();
}
