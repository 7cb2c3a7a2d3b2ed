import type { Expectation } from "./answer.js";

// Written out here, not taken from the table that the server answers from: a page that compared the server with itself
// would show nothing.

/** What a call without a proof that holds is answered, whatever is wrong with it. */
export const INVALID_PROOF: Expectation = {
  status: 403,
  body: '{"error":"Invalid ZK proof","reason":"Proof verification failed"}',
  source: "vaultproof",
};

/** What a call that was made before is answered. */
export const REPLAY: Expectation = {
  status: 403,
  body: '{"error":"Proof already used (replay detected)"}',
  source: "vaultproof",
};

/** What the backend answers to whatever no edge has signed, on any path. The edge tells of it here. */
export const FORBIDDEN: Expectation = { status: 403, body: '{"error":"Forbidden"}' };

/** What a management request without a developer's signature is answered. */
export const UNAUTHORIZED: Expectation = {
  status: 401,
  body: '{"error":"Unauthorized"}',
  source: "vaultproof",
};

/** The body of the call that anybody can make: the README's. */
export const SCEPTIC_BODY =
  '{"keySlotId":"any-uuid","share2":"fake","zkProof":"fake-proof","nullifier":"fake","appId":"test",' +
  '"targetPath":"/v1/models","method":"GET"}';
