import { ConfigError, startEdge } from "./serve.js";

try {
  const edge = await startEdge();
  console.log(`edge listening on ${edge.url}`);
  const stop = () => {
    edge.close().catch(() => process.exit(1));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
} catch (error) {
  console.error(error instanceof ConfigError ? `edge: ${error.message}` : error);
  process.exitCode = 1;
}
