import type { AppBundle } from "@vaultproof/protocol/bundle";
import { seal } from "@vaultproof/protocol/seal";
import { share2Context } from "@vaultproof/protocol/sealed-message";
import { abortable } from "./abortable.js";
import type { AppPathInTree, AppPaths } from "./app-path.js";
import { bindCall, callJson, callWitness, newFreshness, type Freshness } from "./bound-call.js";
import type { CallerIdentity } from "./caller-identity.js";
import { judgeAnswer, type CurableRefusal, type JudgedAnswer } from "./call-refusal.js";
import type { OutgoingCall } from "./outgoing-call.js";
import type { Prover } from "./prover.js";
import type { ServerDocument } from "./server-document.js";
import { freshestTransportKey, type ServerDocuments } from "./server-documents.js";
import type { ServiceConnection } from "./service-connection.js";

/** What sending a call takes. */
export interface CallSender {
  readonly identity: Pick<CallerIdentity, "auth">;
  readonly connection: ServiceConnection;
  readonly bundle: AppBundle;
  readonly documents: ServerDocuments;
  readonly paths: AppPaths;
  readonly prover: Prover;
}

/** What a retry may change; nonce, expiry and `auth` never. */
interface Sending {
  readonly path: AppPathInTree;
  readonly share: SealedShare;
}

interface SealedShare {
  readonly text: string;
  readonly transportKey: ServerDocument["transportKeys"][number];
  /** Of the signed document that listed the key, Unix seconds. */
  readonly documentNotAfter: number;
}

/**
 * Makes one call: seals share 2, proves, sends, and cures what can be cured, each cure at most once.
 *
 * - Unknown transport key: the signed document is fetched again and, only if it is a later one and no longer lists the
 *   key, the share is sealed anew over the same nonce and expiry. An earlier document, which does not list the key
 *   either, would let whoever withholds the first call and fakes the refusal have both executed: sealing anew makes
 *   another nullifier.
 * - Invalid proof: the path is fetched again and, only if its root changed, the call is proved anew over the same
 *   nonce, expiry and sealed share, hence with the same nullifier. Whoever withholds the first and fakes the refusal
 *   still gets at most one of the two executed.
 *
 * @returns the provider's answer or a refusal.
 * @throws TypeError as fetch does, the signal's reason, VaultProofError when something in between lied.
 */
export async function sendCall(
  sender: CallSender,
  call: OutgoingCall,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const auth = await abortable(sender.identity.auth(), signal);
  const freshness = newFreshness(sender.connection.clock.now(), auth);
  const found = await abortable(sender.paths.current(), signal);
  if ("refusal" in found) return found.refusal;
  const document = await abortable(sender.documents.current(freshness.expiresAt), signal);
  let sending: Sending = { path: found.path, share: await sealShare(sender.bundle, freshness, document) };
  let answer = await attempt({ sender, call, freshness, sending, signal });
  const cures = new Map(CURES);
  while (answer.refusal !== undefined) {
    const cure = cures.get(answer.refusal);
    cures.delete(answer.refusal);
    const cured = cure && (await cure({ sender, freshness, sending, signal }));
    if (cured === undefined) break;
    sending = cured;
    answer = await attempt({ sender, call, freshness, sending, signal });
  }
  return answer.response;
}

/** What is sent differently after a refusal; undefined where sending again would change nothing. */
type Cure = (about: {
  readonly sender: CallSender;
  readonly freshness: Freshness;
  readonly sending: Sending;
  readonly signal: AbortSignal | undefined;
}) => Promise<Sending | undefined>;

const CURES: readonly (readonly [CurableRefusal, Cure])[] = [
  [
    "unknown-transport-key",
    async ({ sender, freshness, sending, signal }) => {
      const latest = await abortable(sender.documents.refetch(), signal);
      if (!hasReplaced(latest, sending.share)) return undefined;
      return { ...sending, share: await sealShare(sender.bundle, freshness, latest) };
    },
  ],
  [
    "invalid-proof",
    async ({ sender, sending, signal }) => {
      const latest = await abortable(sender.paths.refetch(), signal);
      if ("refusal" in latest || latest.path.appRoot === sending.path.appRoot) return undefined;
      return { ...sending, path: latest.path };
    },
  ],
];

async function attempt(about: {
  readonly sender: CallSender;
  readonly call: OutgoingCall;
  readonly freshness: Freshness;
  readonly sending: Sending;
  readonly signal: AbortSignal | undefined;
}): Promise<JudgedAnswer> {
  const { sender, call, freshness, signal } = about;
  const { share, path } = about.sending;
  const { bundle, connection, prover } = sender;
  const bound = await bindCall({ bundle, call, freshness, sealedShare: share.text });
  const began = performance.now();
  const witness = callWitness({ bundle, bound, freshness, path });
  const { proof } = await abortable(prover.prove(witness, { signal }), signal);
  connection.observe({ type: "proof", milliseconds: performance.now() - began });
  const response = await connection.send({
    method: "POST",
    target: "/api/v1/proxy/call",
    headers: { "content-type": "application/json" },
    body: callJson(bound, proof),
    signal,
  });
  return judgeAnswer(response);
}

async function sealShare(
  bundle: AppBundle,
  { expiresAt }: Freshness,
  document: ServerDocument,
): Promise<SealedShare> {
  const transportKey = freshestTransportKey(document);
  const context = share2Context({ slotId: bundle.slotId, appId: bundle.appId, expiresAt });
  const text = await seal(transportKey.publicKey, context, bundle.share2);
  return { text, transportKey, documentNotAfter: document.notAfter };
}

/** Whether a document is later than the one that a share was sealed by, and has dropped its key. */
function hasReplaced(latest: ServerDocument, { transportKey, documentNotAfter }: SealedShare): boolean {
  const { publicKey, notAfter } = transportKey;
  const isLater = latest.notAfter >= documentNotAfter && freshestTransportKey(latest).notAfter >= notAfter;
  return (
    isLater &&
    !latest.transportKeys.some((listed) => listed.publicKey.every((byte, i) => byte === publicKey[i]))
  );
}
