import { connect } from "node:net";
import type { Test } from "tap";
import { gatewayTokenDigest, newGatewayToken } from "vaultproof/projects/gateway-token";
import { fixedProjects } from "vaultproof/gateway/served-projects";
import { startGateway, type RunningGateway } from "vaultproof/gateway/start-gateway";
import { projectSlot } from "vaultproof/projects/project";
import { createMemoryVault, type MemoryVault } from "./memory-vault.js";

/** A gateway in this process, before a service that is a function. */
export interface MemoryGateway {
  readonly memory: MemoryVault;
  readonly gateway: RunningGateway;
  /** Port of the gateway. */
  readonly port: number;
  /** Serves every slug of {@link SLUGS}. */
  readonly token: string;
  /** Serves `openai` only. */
  readonly otherToken: string;
  readonly bundle: string;
  /** Sends bytes as they are, and gives what comes back until the connection ends. */
  raw(text: string): Promise<string>;
}

export const SLUGS = ["openai", "anthropic", "google", "mine"] as const;

/** Starts it; it ends with the test. */
export async function openMemoryGateway(
  t: Test,
  options: { bodyLimit?: number; capacity?: { calls: number; bytes: number } } = {},
): Promise<MemoryGateway> {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const { url, fetch } = memory.service;
  memory.service.requests.length = 0;
  const [token, otherToken] = [newGatewayToken(), newGatewayToken()];
  const slots = (slugs: readonly string[]) =>
    new Map(slugs.map((slug) => [slug, projectSlot({ slug, bundle, url })]));
  const projects = fixedProjects([
    { folder: "/one", tokenDigest: gatewayTokenDigest(token), slots: slots(SLUGS) },
    { folder: "/two", tokenDigest: gatewayTokenDigest(otherToken), slots: slots(["openai"]) },
  ]);
  const gateway = await startGateway({
    port: 0,
    prover: memory.prover,
    bodyLimit: options.bodyLimit ?? 1000,
    projects: () => Promise.resolve(projects),
    service: { fetch, close: () => undefined },
    capacity: options.capacity,
  });
  t.teardown(() => gateway.close(0));
  const port = Number(new URL(gateway.url).port);
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect(port, "127.0.0.1", () => socket.write(text));
      socket.setEncoding("latin1").on("data", (chunk: string) => (answer += chunk));
      socket.on("error", reject).on("close", () => resolve(answer));
    });
  return { memory, gateway, port, token, otherToken, bundle, raw };
}
