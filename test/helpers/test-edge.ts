import { startEdge } from "@vaultproof/edge/node";
import type { Test } from "tap";
import type { TestApp } from "./test-app.js";

/** Puts a real edge before a server under test, both in this process and on sockets; gives the edge's URL. */
export async function startTestEdge(t: Test, { app, edge }: Pick<TestApp, "app" | "edge">): Promise<string> {
  const backendUrl = new URL(await app.listen({ port: 0, host: "127.0.0.1" }));
  const limits = { ipCallsPerMinute: 0, ipRegistrationsPerMinute: 0 };
  const running = await startEdge({}, { port: 0, secrets: [edge], ...limits, backendUrl });
  t.teardown(() => running.close());
  return running.url;
}
