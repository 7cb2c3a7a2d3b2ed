import { ERRORS, type ErrorCode } from "@vaultproof/protocol/errors";
import { Counter, Histogram, type Registry } from "prom-client";
import type { CallEnd, CallWatch, WatchCall } from "../proxy/call-watch.js";
import type { OnTiming } from "../proxy/step-timer.js";

const ENDS: readonly CallEnd[] = [
  ...(["answered", "interrupted", "caller gone"] as const),
  ...(Object.keys(ERRORS) as ErrorCode[]),
];
// From a few verifications at once to a queue that is full; a verification itself takes three milliseconds.
const VERIFICATION_SECONDS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
// Up to UPSTREAM_HEADERS_TIMEOUT.
const UPSTREAM_SECONDS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300];
const STEP_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5, 30, 300];

/** What is counted and timed of calls. */
export function createCallMetrics(registry: Registry): {
  readonly onTiming: OnTiming;
  readonly watchCall: WatchCall;
} {
  const registers = [registry];
  const calls = new Counter({
    name: "vaultproof_calls_total",
    help: "Requests to the path of calls that have ended, by how: answered, interrupted, caller gone, or the error",
    labelNames: ["outcome"],
    registers,
  });
  // What has not happened yet is 0, not absent: a rate over its first time would miss it.
  for (const outcome of ENDS) calls.inc({ outcome }, 0);
  const verification = new Histogram({
    name: "vaultproof_verification_seconds",
    help: "Time until a proof is judged, its wait in the queue included",
    buckets: VERIFICATION_SECONDS,
    registers,
  });
  const upstream = new Histogram({
    name: "vaultproof_upstream_seconds",
    help: "Time from the key being ready to the head of the provider's answer, or to its failure",
    buckets: UPSTREAM_SECONDS,
    registers,
  });
  const steps = new Histogram({
    name: "vaultproof_call_step_seconds",
    help: "Time of the steps of a call; edgeSignature and contentDigest of every request, log of a written batch",
    labelNames: ["step"],
    buckets: STEP_SECONDS,
    registers,
  });
  const onTiming: OnTiming = (step, microseconds) => steps.observe({ step }, microseconds / 1e6);

  const watchCall = (): CallWatch => {
    let sendingSince = 0;
    return {
      step(step, { began, ended, failed }) {
        if (failed) onTiming(step, (ended - began) * 1000);
        if (step === "verifyProof") verification.observe((ended - began) / 1000);
        if (step === "sendUpstream") sendingSince = began;
        const isUpstreamOver = step === "awaitAnswer" || (step === "sendUpstream" && failed);
        if (isUpstreamOver) upstream.observe((ended - sendingSince) / 1000);
      },
      end: (outcome) => calls.inc({ outcome }),
    };
  };
  return { onTiming, watchCall };
}
