import { checkBackend } from "./check-backend.js";
import { checkOnce } from "./check-once.js";
import { checkSealedShare } from "./check-sealed-share.js";
import { checkServer } from "./check-server.js";
import { checkWithoutProof } from "./check-without-proof.js";
import type { Check } from "./judge-claim.js";

/** A claim of the README, and how it is checked here. */
export interface Claim {
  readonly id: string;
  readonly title: string;
  /** What pressing the button does. */
  readonly does: string;
  readonly check: Check;
}

/** The five claims, in the README's order. */
export const CLAIMS: readonly Claim[] = [
  {
    id: "sealed-share",
    title: "A key leaves this browser only as a sealed share",
    does: "Makes up a key, stores it as yours are stored, and searches everything that is sent for it. The slot is for an address that exists nowhere; it is revoked afterwards.",
    check: checkSealedShare,
  },
  {
    id: "without-proof",
    title: "Without a proof nothing is called",
    does: "Sends the call that anybody can send, and asks for your keys without signing.",
    check: checkWithoutProof,
  },
  {
    id: "once",
    title: "A proof is good for one request, once",
    does: "Proves a call, catches it before it is sent, and sends it altered, as it is, and a second time. The one that is as it is reaches your provider: it lists the models.",
    check: checkOnce,
  },
  {
    id: "backend",
    title: "The backend answers nobody but the edge",
    does: "Has the edge send the backend one request that it did not sign.",
    check: checkBackend,
  },
  {
    id: "server",
    title: "The server is who it says it is, and cannot rewrite the log",
    does: "Checks the server's signature against the identity that this browser pinned, and your newest key's log row by row.",
    check: checkServer,
  },
];
