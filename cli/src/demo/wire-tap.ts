import type { VaultProofEvent } from "@vaultproof/sdk";
import { CliError } from "../errors.js";

/** A request exactly as the SDK made it. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  /** The body's text. */
  readonly body: string;
}

/** Reads along what the SDK sends. */
export interface WireTap {
  /** Given to the SDK as its observer. */
  observe(event: VaultProofEvent): void;
  /** The last request to `path`. */
  last(path: string): SentRequest;
  /** Milliseconds of the last proof. */
  readonly proofMilliseconds: number;
  /** Runs `work` and keeps its request to `path` from being sent; gives that request. */
  holdBack(path: string, work: () => Promise<unknown>): Promise<SentRequest>;
}

/** Thrown at the SDK in the place of sending. */
class HeldBack extends Error {
  override readonly name = "HeldBack";
}

/** Makes a tap that has seen nothing yet. */
export function createWireTap(): WireTap {
  const sent: SentRequest[] = [];
  let proofMilliseconds = 0;
  let heldPath: string | undefined;

  const last = (path: string): SentRequest => {
    const found = sent.findLast(({ url }) => new URL(url).pathname === path);
    if (found === undefined) throw new CliError("sdk-failed", `the SDK sent nothing to ${path}`);
    return found;
  };
  return {
    observe(event) {
      if (event.type === "proof") {
        proofMilliseconds = event.milliseconds;
        return;
      }
      sent.push({ method: event.method, url: event.url, body: event.body ?? "" });
      if (new URL(event.url).pathname === heldPath) throw new HeldBack("held back by the demo");
    },
    last,
    get proofMilliseconds() {
      return proofMilliseconds;
    },
    async holdBack(path, work) {
      const before = sent.length;
      heldPath = path;
      try {
        await work();
      } catch (error) {
        // The SDK may have wrapped it; what counts is that the request was made and not sent.
        if (sent.length === before) throw error;
        return last(path);
      } finally {
        heldPath = undefined;
      }
      throw new CliError("sdk-failed", `a request to ${path} that was held back was answered all the same`);
    },
  };
}
