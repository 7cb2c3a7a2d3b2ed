import { ConfigError, startEdge, type RunningEdge } from "./serve.js";

const edge = await startOrExplain();
console.log(`edge listening on ${edge.url}`);
let stopping = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    // A second signal means now.
    if (stopping) process.exit(1);
    stopping = true;
    void edge.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}

async function startOrExplain(): Promise<RunningEdge> {
  try {
    return await startEdge();
  } catch (error) {
    console.error(error instanceof ConfigError ? `edge: ${error.message}` : error);
    process.exit(1);
  }
}
