import type { CallStep } from "@vaultproof/server/proxy/step-timer";
import { startServer } from "@vaultproof/server/start";

// The server as it is, with its own step timer listened to. Asked for it, it hands over what it heard since last time.

let timings: Partial<Record<CallStep, number[]>> = {};
await startServer(process.env, {
  onCallTiming: (step, microseconds) => void (timings[step] ??= []).push(microseconds),
});
process.on("message", () => {
  process.send?.(timings);
  timings = {};
});
process.once("disconnect", () => process.exit());
