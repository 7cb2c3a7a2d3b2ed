import { ConfigError } from "../config.js";
import { EmbeddedSecretsError } from "../embedded-secrets.js";
import { startServer, type RunningServer } from "../start.js";

/** Starts the server and lets signals end it. */
export async function serve(): Promise<void> {
  const server = await startOrExplain();
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      // A second signal means now.
      if (stopping) process.exit(1);
      stopping = true;
      void server.close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }
}

async function startOrExplain(): Promise<RunningServer> {
  try {
    return await startServer();
  } catch (error) {
    // These are for the operator and complete as they are; a stack would only hide them.
    const isExplained = error instanceof ConfigError || error instanceof EmbeddedSecretsError;
    console.error(isExplained ? error.message : error);
    process.exit(1);
  }
}
