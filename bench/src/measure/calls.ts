import { setTimeout as sleep } from "node:timers/promises";
import { createNodeProver } from "@vaultproof/sdk";
import { interleave } from "../interleave.js";
import { createLoadClient, type LoadClient, type LoadRequest } from "../load/http-client.js";
import { PROVIDER_CALL } from "../load/provider-call.js";
import { canReadCpu } from "../machine/process-cpu.js";
import { openCallMaker, type CallMaker } from "../proofs/call-maker.js";
import { withStack } from "../stack/stack.js";
import { distribution, sum, type Distribution } from "../statistics.js";
import { openBareVerifier, type BareVerifier } from "./bare-verification-cpu.js";
import { NotMeasuredError, requireDatabase, requireMaterial, type BenchContext } from "./bench-context.js";
import { createCpuMeter, type CpuMeter, type CpuUse } from "./call-cpu.js";

/** The same request over three ways, so many at the same time. */
export interface CallFigures {
  readonly concurrency: number;
  /** Milliseconds until the answer's end. */
  readonly latency: {
    readonly vaultproof: Distribution;
    /** Straight to the provider. */
    readonly direct: Distribution;
    /** Through @fastify/http-proxy. */
    readonly proxy: Distribution;
  };
  /** CPU milliseconds a call. */
  readonly cpu: CpuUse & {
    /** Of one bare verification, in the same rounds. */
    readonly bareVerification: number;
    /** Server and verifiers without the bare verification; 1.5 is the goal. */
    readonly besides: number;
  };
}

const HTTP_PROXY = new URL("../children/http-proxy.js", import.meta.url);
const CONCURRENCIES = [1, 8];
/** A server compiles what it runs often; one that has just started costs a call several times as much. */
const WARM_UP_CALLS = 2_000;
/** Open each round without counting: connections that idled while proofs were made are opened anew first. */
const LEAD_IN = 16;
/** The log of a call is written after its answer; the CPU read before that would miss it. */
const SETTLE_MS = 150;

/** What the rounds work with. */
interface CallBench {
  readonly makeCalls: CallMaker;
  readonly clients: Readonly<Record<"vaultproof" | "direct" | "proxy", LoadClient>>;
  readonly providerKey: string;
  readonly meter: CpuMeter;
  readonly bare: BareVerifier;
}

/** @throws NotMeasuredError without PostgreSQL, the reference string, or a way to read CPU times. */
export async function measureCalls(context: BenchContext): Promise<CallFigures[]> {
  const material = requireMaterial(context);
  const database = requireDatabase(context);
  if (!canReadCpu) throw new NotMeasuredError("CPU times of processes are read from Linux's process table");
  const { children, cores } = context;
  return await database.withDatabase((databaseUrl) =>
    withStack({ children, databaseUrl, crsFolder: material.folder }, async (stack) => {
      const proxy = children.start(HTTP_PROXY, { UPSTREAM: stack.providerUrl });
      const [, proxyUrl = ""] = await proxy.waitFor(/listening on (\S+)/);
      const prover = await createNodeProver({ cacheFolder: material.folder, lanes: cores });
      const bare = await openBareVerifier(material, prover);
      const clients = {
        vaultproof: createLoadClient(stack.edgeUrl),
        direct: createLoadClient(stack.providerUrl),
        proxy: createLoadClient(proxyUrl),
      };
      const settle = (): Promise<unknown> => sleep(SETTLE_MS);
      const bench = {
        ...{ clients, bare, providerKey: stack.providerKey },
        makeCalls: await openCallMaker({ ...stack, prover }),
        meter: createCpuMeter({ stack, proxy, database, databaseUrl, settle }),
      };
      try {
        context.say("calls, warming up");
        await warmUp(bench, context.quick ? 16 : WARM_UP_CALLS);
        const figures: CallFigures[] = [];
        for (const concurrency of CONCURRENCIES) {
          context.say(`calls, ${concurrency} at a time`);
          figures.push(await measureAt(concurrency, context.quick, bench));
        }
        return figures;
      } finally {
        for (const client of Object.values(clients)) client.close();
        await Promise.all([prover.close(), bare.close(), proxy.stop()]);
      }
    }),
  );
}

/** In portions, because a call is good for a few minutes only. */
async function warmUp({ makeCalls, clients, providerKey }: CallBench, calls: number): Promise<void> {
  const portion = Math.min(calls, 100);
  for (let sent = 0; sent < calls; sent += portion) {
    const requests = await makeCalls(portion);
    const plain = requests.map(() => plainRequest(providerKey));
    await clients.vaultproof.sendAll({ requests, concurrency: 8, expectedStatus: 200 });
    await clients.proxy.sendAll({ requests: plain, concurrency: 8, expectedStatus: 200 });
    await clients.direct.sendAll({ requests: plain, concurrency: 8, expectedStatus: 200 });
  }
}

/** What one round of one way took. */
interface Round {
  readonly latencies: readonly number[];
  readonly cpu: CpuUse;
}

async function measureAt(concurrency: number, quick: boolean, bench: CallBench): Promise<CallFigures> {
  const { makeCalls, clients, providerKey, meter, bare } = bench;
  const count = quick ? 16 : 160;
  const plain = Array.from({ length: LEAD_IN + count }, () => plainRequest(providerKey));
  const send = async (client: LoadClient, requests: readonly LoadRequest[]): Promise<Round> => {
    const sendAll = (some: readonly LoadRequest[]): Promise<number[]> =>
      client.sendAll({ requests: some, concurrency, expectedStatus: 200 });
    await sendAll(requests.slice(0, LEAD_IN));
    let latencies: readonly number[] = [];
    const cpu = await meter.during(async () => {
      latencies = await sendAll(requests.slice(LEAD_IN));
    });
    return { latencies, cpu };
  };
  const bareCpu: number[] = [];
  const rounds = await interleave({
    rounds: quick ? 2 : 6,
    prepare: async () => {
      const calls = await makeCalls(LEAD_IN + count);
      bareCpu.push(await bare.cpuOf(count));
      return calls;
    },
    contenders: {
      vaultproof: (calls) => send(clients.vaultproof, calls),
      direct: () => send(clients.direct, plain),
      proxy: () => send(clients.proxy, plain),
    },
  });
  const latency = (of: readonly Round[]): Distribution =>
    distribution(of.flatMap(({ latencies }) => latencies));
  const { vaultproof, direct, proxy } = rounds;
  const perCall = (of: readonly Round[], whose: keyof CpuUse): number =>
    sum(of.map(({ cpu }) => cpu[whose])) / (of.length * count);
  const [server, verifiers] = [perCall(vaultproof, "server"), perCall(vaultproof, "verifiers")];
  const bareVerification = sum(bareCpu) / (bareCpu.length * count);
  return {
    concurrency,
    latency: { vaultproof: latency(vaultproof), direct: latency(direct), proxy: latency(proxy) },
    cpu: {
      ...{ server, verifiers, bareVerification },
      besides: server + verifiers - bareVerification,
      edge: perCall(vaultproof, "edge"),
      database: perCall(vaultproof, "database"),
      proxy: perCall(proxy, "proxy"),
    },
  };
}

/** What reaches the provider through the vault, sent by whoever has the key. */
function plainRequest(providerKey: string): LoadRequest {
  const { method, path, body } = PROVIDER_CALL;
  const headers = { "content-type": "application/json", authorization: `Bearer ${providerKey}` };
  return { method, path, headers, body };
}
