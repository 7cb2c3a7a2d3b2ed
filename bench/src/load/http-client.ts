import { Agent, request } from "node:http";

/** A request of the load, sent as it is. */
export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One client with as many connections as it sends requests at the same time, all kept open. */
export interface LoadClient {
  /**
   * Sends all of them, `concurrency` at a time.
   *
   * @param expectedStatus of every answer.
   * @returns milliseconds from sending each to the end of its answer.
   * @throws Error on the first other answer: what fails fast must not look fast.
   */
  sendAll(options: {
    readonly requests: readonly LoadRequest[];
    readonly concurrency: number;
    readonly expectedStatus: number;
  }): Promise<number[]>;
  close(): void;
}

export function createLoadClient(origin: string): LoadClient {
  const agent = new Agent({ keepAlive: true, noDelay: true });
  const { hostname, port } = new URL(origin);
  const sendOne = (load: LoadRequest, expectedStatus: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const began = performance.now();
      const headers = { ...load.headers, "content-length": String(Buffer.byteLength(load.body)) };
      const sent = request(
        { agent, hostname, port, method: load.method, path: load.path, headers },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.once("error", reject);
          answer.once("end", () => {
            const took = performance.now() - began;
            if (answer.statusCode === expectedStatus) resolve(took);
            else
              reject(
                new Error(
                  `${load.path} answered ${answer.statusCode ?? 0}: ${String(Buffer.concat(chunks))}`,
                ),
              );
          });
        },
      );
      sent.once("error", reject);
      sent.end(load.body);
    });
  return {
    sendAll: async ({ requests, concurrency, expectedStatus }) => {
      const waiting = [...requests].reverse();
      const times: number[] = [];
      const sendOnAndOn = async (): Promise<void> => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
          times.push(await sendOne(next, expectedStatus));
        }
      };
      await Promise.all(Array.from({ length: concurrency }, sendOnAndOn));
      return times;
    },
    close: () => agent.destroy(),
  };
}
