import { sendBody, type Answer, type Expectation } from "../../call/answer.js";
import { anotherPath, FORGER, pathOf, proofOf, withPath } from "../../call/altered-call.js";
import { catchCall, type CallRequest } from "../../call/caught-call.js";
import { accessBackendDirectly, directAccessCommand } from "../../call/direct-access.js";
import { FORBIDDEN, INVALID_PROOF, REPLAY } from "../../call/expected-refusals.js";
import type { CallableApp } from "../../call/callable-apps.js";
import type { Session } from "../../session/session.js";

/** Something that must be refused. */
export type CheatName = "replay" | "tamper" | "forge" | "direct";

/** What each is about, and what must come back, to the byte. */
export const CHEATS: Readonly<
  Record<CheatName, { readonly title: string; readonly why: string; readonly expected: Expectation }>
> = {
  replay: {
    title: "Replay it",
    why: "Sends the last call a second time, byte for byte, as somebody would who recorded it on its way.",
    expected: REPLAY,
  },
  tamper: {
    title: "Tamper with it",
    why: "Makes a call with a fresh proof, catches it before it is sent and changes its path.",
    expected: INVALID_PROOF,
  },
  forge: {
    title: "Forge a proof",
    why: "Makes the same call with 6,464 random bytes in the place of the proof; everything else in it is right.",
    expected: INVALID_PROOF,
  },
  direct: {
    title: "Call the backend directly",
    why: "Has the edge send the backend one request that it did not sign, as anybody would who found the backend.",
    expected: FORBIDDEN,
  },
};

/** What a cheat is made from. */
export interface CheatMaterial {
  readonly session: Session;
  readonly app: CallableApp;
  readonly request: CallRequest;
  /** The body of the last call that the provider answered. */
  readonly lastBody: string | undefined;
}

/** What was sent and what came back. */
export interface Attempt {
  readonly answer: Answer;
  /** What is worth seeing of what was sent. */
  readonly shown: readonly { readonly label: string; readonly text: string }[];
}

/** Tries one. @throws what catching a call, proving and fetch throw. */
export const TRY_CHEAT: Readonly<Record<CheatName, (material: CheatMaterial) => Promise<Attempt>>> = {
  async replay({ lastBody }) {
    if (lastBody === undefined) throw new Error("There is no call to send again");
    return { answer: await sendBody(lastBody), shown: [] };
  },
  async tamper({ session, app: { kept }, request }) {
    const body = await catchCall({ session, kept, request });
    const path = pathOf(body);
    const other = anotherPath(path);
    const label = "What was changed in the caught call";
    const text = `- "targetPath": ${JSON.stringify(path)}\n+ "targetPath": ${JSON.stringify(other)}`;
    return { answer: await sendBody(withPath(body, other)), shown: [{ label, text }] };
  },
  async forge({ session, app: { kept }, request }) {
    const body = await catchCall({ session, kept, request, prover: FORGER });
    const proof = proofOf(body);
    const text = `"zkProof": "${proof.slice(0, 64)}…" (${proof.length / 2} bytes)`;
    return { answer: await sendBody(body), shown: [{ label: "What stood in the place of the proof", text }] };
  },
  async direct() {
    const { answer, url } = await accessBackendDirectly();
    const label =
      url === null
        ? "From where the backend can be reached"
        : "The same, from where the backend can be reached";
    return { answer, shown: [{ label, text: directAccessCommand(url) }] };
  },
};
