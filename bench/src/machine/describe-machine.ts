import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { manifest } from "@vaultproof/circuits/manifest";

/** Where the figures come from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** MiB. */
  readonly memory: number;
  readonly kernel: string;
}

/** What was measured, in exact versions; without `postgres` where none was reached. */
export interface Versions {
  readonly node: string;
  readonly postgres?: string;
  readonly bbJs: string;
  readonly noir: string;
  readonly httpProxy: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 2 ** 20),
    kernel: `${type()} ${release()} ${arch()}`,
  };
}

export function describeVersions(postgres: string | undefined): Versions {
  return {
    node: process.versions.node,
    ...(postgres === undefined ? {} : { postgres }),
    bbJs: manifest.bbJs,
    noir: manifest.noirJs,
    httpProxy: dependencyVersion("@fastify/http-proxy"),
  };
}

/** Load averages over 1, 5 and 15 minutes. */
export function describeLoad(): readonly number[] {
  return loadavg().map((load) => Math.round(100 * load) / 100);
}

function dependencyVersion(name: string): string {
  const { dependencies } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  ) as {
    dependencies: Record<string, string>;
  };
  return dependencies[name] ?? "unknown";
}
