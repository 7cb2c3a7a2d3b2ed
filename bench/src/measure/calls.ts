import { setTimeout as sleep } from "node:timers/promises";
import { createNodeProver } from "@vaultproof/sdk";
import { interleave } from "../interleave.js";
import { createLoadClient, type LoadClient, type LoadRequest } from "../load/http-client.js";
import { PROVIDER_CALL } from "../load/provider-call.js";
import { sendRepeatedly } from "../load/repeated-calls.js";
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
/** A server compiles what it runs often, for some thousand calls; one that has just started costs several times as much. */
const WARM_UP_CALLS = 8_000;
/** Of which so many are different; they are sent again and again. */
const WARM_UP_PROOFS = 200;
/**
 * Open each round without counting: while its proofs are made, connections are closed and V8 drops what it compiled,
 * neither of which happens to a server that is called all the time.
 */
const LEAD_IN_CALLS = 1_000;
const LEAD_IN_PROOFS = 50;
/** The log of a call is written after its answer; the CPU read before that would miss it. */
const SETTLE_MS = 150;

/** What the rounds work with. */
interface CallBench {
  readonly makeCalls: CallMaker;
  readonly clients: Readonly<Record<"vaultproof" | "direct" | "proxy", LoadClient>>;
  readonly providerKey: string;
  readonly meter: CpuMeter;
  readonly bare: BareVerifier;
  /** Lets the server see the same calls again, to warm it up. */
  readonly sendRepeatedly: (
    calls: readonly LoadRequest[],
    count: number,
    concurrency: number,
  ) => Promise<void>;
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
        sendRepeatedly: (requests: readonly LoadRequest[], count: number, concurrency: number) =>
          sendRepeatedly({ requests, count, concurrency, client: clients.vaultproof, database, databaseUrl }),
      };
      try {
        context.say("calls, warming up");
        await warmUp(bench, context.quick);
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

async function warmUp(bench: CallBench, quick: boolean): Promise<void> {
  const { makeCalls, clients, providerKey } = bench;
  const [proofs, calls] = quick ? [8, 16] : [WARM_UP_PROOFS, WARM_UP_CALLS];
  await bench.sendRepeatedly(await makeCalls(proofs), calls, 8);
  const requests = Array.from({ length: calls }, () => plainRequest(providerKey));
  await clients.proxy.sendAll({ requests, concurrency: 8, expectedStatus: 200 });
  await clients.direct.sendAll({ requests, concurrency: 8, expectedStatus: 200 });
}

/** What one round of one way took. */
interface Round {
  readonly latencies: readonly number[];
  readonly cpu: CpuUse;
}

async function measureAt(concurrency: number, quick: boolean, bench: CallBench): Promise<CallFigures> {
  const { makeCalls, clients, providerKey, meter, bare } = bench;
  const [count, proofs, leadIn] = quick ? [16, 4, 16] : [160, LEAD_IN_PROOFS, LEAD_IN_CALLS];
  const plain = Array.from({ length: leadIn + count }, () => plainRequest(providerKey));
  const measured = async (client: LoadClient, requests: readonly LoadRequest[]): Promise<Round> => {
    let latencies: readonly number[] = [];
    const cpu = await meter.during(async () => {
      latencies = await client.sendAll({ requests, concurrency, expectedStatus: 200 });
    });
    return { latencies, cpu };
  };
  const measuredPlain = async (client: LoadClient): Promise<Round> => {
    await client.sendAll({ requests: plain.slice(count), concurrency, expectedStatus: 200 });
    return await measured(client, plain.slice(0, count));
  };
  const bareCpu: number[] = [];
  const rounds = await interleave({
    rounds: quick ? 2 : 6,
    prepare: async () => {
      const calls = { leadIn: await makeCalls(proofs), measured: await makeCalls(count) };
      bareCpu.push(await bare.cpuOf(count));
      return calls;
    },
    contenders: {
      vaultproof: async (calls) => {
        await bench.sendRepeatedly(calls.leadIn, leadIn, concurrency);
        return await measured(clients.vaultproof, calls.measured);
      },
      direct: () => measuredPlain(clients.direct),
      proxy: () => measuredPlain(clients.proxy),
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
