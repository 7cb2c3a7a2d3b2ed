import { spawn } from "node:child_process";

/** A running bb that answers requests in order, in the shape of bb.js's asynchronous backends. */
export interface BbProcess {
  /** One msgpack request, one msgpack response. Rejects with {@link BbEndedError} if bb ends first. */
  call(request: Uint8Array): Promise<Uint8Array>;
  /** Ends bb at once; resolves when it is gone. */
  destroy(): Promise<void>;
}

/** bb is gone, by itself or by another's hand: it says nothing about what it was asked. */
export class BbEndedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BbEndedError";
  }
}

/** What a pipe of a child can do that its declared type does not say. */
interface Referenced {
  ref(): unknown;
  unref(): unknown;
}

/** Size of the length before each message, uint32 little-endian, in both directions. */
const LENGTH_BYTES = 4;

/**
 * Starts `bb msgpack run` over its standard input and output, rather than through a backend of bb.js:
 *
 * - bb.js's socket lies in the temporary folder under a name that any local user can guess, and whoever listens there
 *   first is sent the secrets behind a proof, or says which proofs hold; a pipe has no name.
 * - bb.js hands bb the whole environment, with whatever bundle or key is in it; here it gets two variables.
 * - bb ends when its standard input does, so that none is left behind when this process is killed.
 *
 * It keeps this process alive only while a request waits. Node only.
 */
export function startBbProcess({
  binary,
  crsFolder,
  threads,
  onEnd = () => undefined,
}: {
  readonly binary: string;
  /** Holds the reference string, which bb would otherwise fetch from the network. */
  readonly crsFolder: string;
  readonly threads: number;
  /** Called once if bb ends without `destroy`. */
  readonly onEnd?: (error: BbEndedError) => void;
}): BbProcess {
  const child = spawn(binary, ["msgpack", "run"], {
    // A group of its own, which a terminal's Ctrl-C does not reach: what runs here decides when it ends.
    detached: true,
    env: { CRS_PATH: crsFolder, HARDWARE_CONCURRENCY: String(threads) },
    // bb reports what it does on its standard error; nobody reads that.
    stdio: ["pipe", "pipe", "ignore"],
  });
  const input = child.stdin as typeof child.stdin & Referenced;
  const output = child.stdout as typeof child.stdout & Referenced;
  child.unref();
  input.unref();
  output.unref();
  const pending: { resolve: (response: Uint8Array) => void; reject: (error: Error) => void }[] = [];
  let death: BbEndedError | undefined;
  let destroyed = false;

  const gone = new Promise<void>((resolve) => {
    const end = (reason: string): void => {
      if (death !== undefined) return;
      death = new BbEndedError(`bb ${reason}`);
      output.unref();
      for (const { reject } of pending.splice(0)) reject(death);
      if (!destroyed) onEnd(death);
      resolve();
    };
    child.once("error", (error) => end(`could not run: ${error.message}`));
    child.once("exit", (code, signal) =>
      end(signal ? `was ended by ${signal}` : `ended with code ${code ?? "unknown"}`),
    );
  });
  // A write to a bb that just died fails here; its end is reported by the event above.
  input.on("error", () => undefined);
  output.on(
    "data",
    splitMessages((message) => {
      pending.shift()?.resolve(message);
      if (pending.length === 0) output.unref();
    }),
  );
  return {
    call: (request) =>
      new Promise((resolve, reject) => {
        if (death !== undefined) {
          reject(death);
          return;
        }
        pending.push({ resolve, reject });
        output.ref();
        const message = Buffer.alloc(LENGTH_BYTES + request.length);
        message.writeUInt32LE(request.length);
        message.set(request, LENGTH_BYTES);
        input.write(message);
      }),
    destroy: async () => {
      destroyed = true;
      child.ref();
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Collects chunks until a whole message is there. */
function splitMessages(onMessage: (message: Uint8Array) => void): (chunk: Buffer) => void {
  let received: Buffer = Buffer.alloc(0);
  return (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    while (received.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + received.readUInt32LE(0);
      if (received.length < end) return;
      onMessage(Uint8Array.from(received.subarray(LENGTH_BYTES, end)));
      received = received.subarray(end);
    }
  };
}
