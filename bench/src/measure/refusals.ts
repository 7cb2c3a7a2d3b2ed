import { createNodeProver } from "@vaultproof/sdk";
import { createLoadClient, type LoadClient, type LoadRequest } from "../load/http-client.js";
import { canReadCpu, cpuMilliseconds } from "../machine/process-cpu.js";
import { openCallMaker } from "../proofs/call-maker.js";
import { withStack } from "../stack/stack.js";
import { median, sum } from "../statistics.js";
import { requireDatabase, requireMaterial, type BenchContext } from "./bench-context.js";

/** What refusing costs, for refusals that need no verification. */
export interface RefusalFigures {
  readonly refused: "replay" | "garbage" | "no edge";
  /** Answers a second, the median over the rounds. */
  readonly perSecond: number;
  /** CPU milliseconds of the server for one, where that can be read. */
  readonly serverCpuMs?: number;
}

const CONCURRENCY = 8;

/** Nothing in it is what it should be: the protocol's own example of a forged call. */
const GARBAGE = JSON.stringify({
  keySlotId: "any-uuid",
  share2: "fake",
  zkProof: "fake-proof",
  nullifier: "fake",
  appId: "test",
  targetPath: "/v1/models",
  method: "GET",
});

/** @throws NotMeasuredError without PostgreSQL or the reference string. */
export async function measureRefusals(context: BenchContext): Promise<RefusalFigures[]> {
  const material = requireMaterial(context);
  const { children, quick } = context;
  context.say("cheap refusals");
  return await requireDatabase(context).withDatabase((databaseUrl) =>
    withStack({ children, databaseUrl, crsFolder: material.folder }, async (stack) => {
      const { edgeUrl, serverUrl, bundle, server } = stack;
      const prover = await createNodeProver({ cacheFolder: material.folder, lanes: 1 });
      const [throughEdge, toServer] = [createLoadClient(edgeUrl), createLoadClient(serverUrl)];
      try {
        const calls = await (await openCallMaker({ edgeUrl, bundle, prover }))(1);
        await throughEdge.sendAll({ requests: calls, concurrency: 1, expectedStatus: 200 });
        const garbage = calls.map((call) => ({ ...call, body: GARBAGE }));
        const figures: RefusalFigures[] = [];
        for (const { refused, client, requests } of [
          { refused: "replay", client: throughEdge, requests: calls },
          { refused: "garbage", client: throughEdge, requests: garbage },
          { refused: "no edge", client: toServer, requests: garbage },
        ] as const) {
          figures.push({
            refused,
            ...(await refuse({ client, request: requests[0], pid: server.pid, quick })),
          });
        }
        return figures;
      } finally {
        throughEdge.close();
        toServer.close();
        await prover.close();
      }
    }),
  );
}

/** Sends the same refused request over and over. */
async function refuse(options: {
  readonly client: LoadClient;
  readonly request: LoadRequest | undefined;
  /** Of the server. */
  readonly pid: number;
  readonly quick: boolean;
}): Promise<Omit<RefusalFigures, "refused">> {
  const { client, request, pid, quick } = options;
  if (request === undefined) throw new RangeError("no request to be refused");
  const requests = Array.from({ length: quick ? 50 : 2_000 }, () => request);
  const rates: number[] = [];
  const cpu: number[] = [];
  const used = (): number => (canReadCpu ? cpuMilliseconds(pid) : 0);
  // The first round warms up.
  for (let round = 0; round <= (quick ? 1 : 5); round++) {
    const [began, before] = [performance.now(), used()];
    await client.sendAll({ requests, concurrency: CONCURRENCY, expectedStatus: 403 });
    if (round === 0) continue;
    rates.push((1000 * requests.length) / (performance.now() - began));
    cpu.push(used() - before);
  }
  const perSecond = median(rates);
  return canReadCpu ? { perSecond, serverCpuMs: sum(cpu) / (cpu.length * requests.length) } : { perSecond };
}
