import { spawn } from "node:child_process";
import { WorkerDiedError } from "./verifier-worker.js";

/** A running bb that answers requests in order, in the shape of bb.js's asynchronous backends. */
export interface BbProcess {
  /** One msgpack request, one msgpack response. Rejects with {@link WorkerDiedError} if bb ends first. */
  call(request: Uint8Array): Promise<Uint8Array>;
  /** Ends bb at once; resolves when it is gone. */
  destroy(): Promise<void>;
}

/** Size of the length before each message, uint32 little-endian, in both directions. */
const lengthBytes = 4;

/**
 * Starts `bb msgpack run` over its standard input and output, rather than through a backend of bb.js:
 *
 * - bb.js's socket lies in the temporary folder under a name that any local user can guess, and whoever answers there
 *   says which proofs hold; a pipe has no name.
 * - bb.js hands bb the whole environment, with the server's secrets in it; here it gets two variables.
 * - bb ends when its standard input does, so that none is left behind when the server is killed.
 *
 * @param onDeath - called once if bb ends without `destroy`
 */
export function startBbProcess({
  binary,
  crsFolder,
  onDeath,
}: {
  binary: string;
  crsFolder: string;
  onDeath: (error: WorkerDiedError) => void;
}): BbProcess {
  const child = spawn(binary, ["msgpack", "run"], {
    cwd: crsFolder,
    // A group of its own: Ctrl-C goes to the whole group of the terminal, and calls in flight still need their verifier.
    detached: true,
    env: { CRS_PATH: crsFolder, HARDWARE_CONCURRENCY: "1" },
    // bb reports each verification on its standard error; nobody reads that.
    stdio: ["pipe", "pipe", "ignore"],
  });
  const pending: { resolve: (response: Uint8Array) => void; reject: (error: Error) => void }[] = [];
  let death: WorkerDiedError | undefined;
  let destroyed = false;

  const gone = new Promise<void>((resolve) => {
    const end = (reason: string): void => {
      if (death) return;
      death = new WorkerDiedError(`bb ${reason}`);
      for (const { reject } of pending.splice(0)) reject(death);
      if (!destroyed) onDeath(death);
      resolve();
    };
    child.once("error", (error) => end(`could not run: ${error.message}`));
    child.once("exit", (code, signal) =>
      end(signal ? `was ended by ${signal}` : `ended with code ${code ?? "unknown"}`),
    );
  });
  // A write to a bb that just died fails here; its end is reported by the event above.
  child.stdin.on("error", () => undefined);
  child.stdout.on(
    "data",
    splitMessages((message) => pending.shift()?.resolve(message)),
  );

  return {
    call: (request) =>
      new Promise((resolve, reject) => {
        if (death) {
          reject(death);
          return;
        }
        pending.push({ resolve, reject });
        const length = Buffer.alloc(lengthBytes);
        length.writeUInt32LE(request.length);
        child.stdin.cork();
        child.stdin.write(length);
        child.stdin.write(request);
        child.stdin.uncork();
      }),
    destroy: async () => {
      destroyed = true;
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
    while (received.length >= lengthBytes) {
      const end = lengthBytes + received.readUInt32LE(0);
      if (received.length < end) return;
      onMessage(Uint8Array.from(received.subarray(lengthBytes, end)));
      received = received.subarray(end);
    }
  };
}
