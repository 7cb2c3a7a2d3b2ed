import { setTimeout as sleep } from "node:timers/promises";
import { createNodeProver } from "@vaultproof/sdk";
import type { CallStep } from "@vaultproof/server/proxy/step-timer";
import { createLoadClient } from "../load/http-client.js";
import { sendRepeatedly } from "../load/repeated-calls.js";
import { openCallMaker } from "../proofs/call-maker.js";
import { withStack } from "../stack/stack.js";
import { distribution, type Distribution } from "../statistics.js";
import { requireDatabase, requireMaterial, type BenchContext } from "./bench-context.js";

/** One step of a call, in microseconds of wall time, one call at a time. */
export interface StepFigures extends Distribution {
  readonly step: CallStep;
}

const TIMED_SERVER = new URL("../children/timed-server.js", import.meta.url);
/** Logs are written after the answer. */
const SETTLE_MS = 300;

/** @throws NotMeasuredError without PostgreSQL or the reference string. */
export async function measureSteps(context: BenchContext): Promise<StepFigures[]> {
  const material = requireMaterial(context);
  const { children, cores, quick } = context;
  const options = { children, crsFolder: material.folder, serverScript: TIMED_SERVER };
  context.say("the steps of a call");
  const database = requireDatabase(context);
  return await database.withDatabase((databaseUrl) =>
    withStack({ ...options, databaseUrl }, async ({ edgeUrl, bundle, server }) => {
      const prover = await createNodeProver({ cacheFolder: material.folder, lanes: cores });
      const client = createLoadClient(edgeUrl);
      try {
        const makeCalls = await openCallMaker({ edgeUrl, bundle, prover });
        const [proofs, warmUp, count] = quick ? [8, 16, 16] : [100, 4_000, 400];
        const requests = await makeCalls(count);
        const again = { requests: await makeCalls(proofs), count: warmUp, concurrency: 1 };
        await sendRepeatedly({ ...again, client, database, databaseUrl });
        await sleep(SETTLE_MS);
        await server.ask("timings so far");
        await client.sendAll({ requests, concurrency: 1, expectedStatus: 200 });
        await sleep(SETTLE_MS);
        const heard = (await server.ask("timings")) as Partial<Record<CallStep, number[]>>;
        return Object.entries(heard).map(([step, times]) => ({
          step: step as CallStep,
          ...distribution(times),
        }));
      } finally {
        client.close();
        await prover.close();
      }
    }),
  );
}
