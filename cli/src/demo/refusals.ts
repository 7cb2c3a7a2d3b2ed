import type { Expectation } from "./expectation.js";

/** Where calls go. */
export const CALL_PATH = "/api/v1/proxy/call";

/** The five requests that must be refused, in the order in which the demo makes them. */
export type RefusalName = "sceptic" | "replay" | "altered-path" | "past-the-edge" | "revoked";

interface Refusal {
  readonly title: string;
  readonly why: string;
  readonly expected: Expectation;
}

// Written out here, not taken from the table that the server answers from: a demo that compared the server with
// itself would show nothing.
const INVALID_PROOF = '{"error":"Invalid ZK proof","reason":"Proof verification failed"}';
const REPLAY = '{"error":"Proof already used (replay detected)"}';
const FORBIDDEN = '{"error":"Forbidden"}';

/** What each refusal is about and what must come back, to the byte. */
export const REFUSALS: Readonly<Record<RefusalName, Refusal>> = {
  sceptic: {
    title: "without a proof",
    why: "Anybody can send this:",
    expected: { status: 403, body: INVALID_PROOF, source: "vaultproof" },
  },
  replay: {
    title: "a replay",
    why: "The first proved call of step 3, sent a second time, byte for byte.",
    expected: { status: 403, body: REPLAY, source: "vaultproof" },
  },
  "altered-path": {
    title: "an altered path",
    why: "A call with a fresh proof is caught before it is sent; its targetPath is changed.",
    expected: { status: 403, body: INVALID_PROOF, source: "vaultproof" },
  },
  "past-the-edge": {
    title: "straight to the backend",
    why: "The caught call, unaltered, is sent to the backend without passing the edge.",
    expected: { status: 403, body: FORBIDDEN },
  },
  revoked: {
    title: "after revocation",
    why: "The developer revokes the slot; the app calls again, with a new and honest proof.",
    expected: { status: 403, body: INVALID_PROOF, source: "vaultproof" },
  },
};

/** The body of the sceptic's request. */
export const SCEPTIC_BODY =
  '{"keySlotId":"any-uuid","share2":"fake","zkProof":"fake-proof","nullifier":"fake","appId":"test",' +
  '"targetPath":"/v1/models","method":"GET"}';

/** The sceptic's request as one types it. */
export function scepticCommand(edgeUrl: string): string {
  return `curl ${edgeUrl}${CALL_PATH} -H "Content-Type: application/json" \\\n -d '${SCEPTIC_BODY}'`;
}
