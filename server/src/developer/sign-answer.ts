import { createHash } from "node:crypto";
import { ANSWER_SIGNATURE } from "@vaultproof/protocol/developer-signature";
import { contentDigest, signMessage, type SignedRequest } from "@vaultproof/protocol/message-signatures";
import type { ServerIdentity } from "../keys/identity.js";

/** Fields that make an answer the server's own, by lowercase name. */
export type AnswerFields = Readonly<Record<"content-digest" | "signature-input" | "signature", string>>;

/**
 * Signs an answer to a developer: over its status, the exact bytes of its body, and the developer's signature that it
 * answers.
 *
 * @param answer.created Unix seconds.
 */
export async function signAnswer(
  identity: ServerIdentity,
  answer: {
    readonly status: number;
    readonly body: Uint8Array;
    readonly request: SignedRequest;
    readonly created: number;
  },
): Promise<AnswerFields> {
  const digest = contentDigest(createHash("sha256").update(answer.body).digest());
  const { signatureInput, signature } = await signMessage({
    message: {
      status: answer.status,
      header: (name) => (name === "content-digest" ? digest : undefined),
      request: answer.request,
    },
    label: ANSWER_SIGNATURE.label,
    components: ANSWER_SIGNATURE.components,
    parameters: { created: answer.created, keyid: identity.fingerprint, tag: ANSWER_SIGNATURE.tag },
    sign: (base) => identity.sign(base),
  });
  return { "content-digest": digest, "signature-input": signatureInput, signature };
}
