import { bbChildren, cpuMilliseconds } from "../machine/process-cpu.js";
import type { Child } from "../stack/child-processes.js";
import { connectionCpu, type DatabaseServer } from "../stack/database-server.js";
import type { Stack } from "../stack/stack.js";
import { sum } from "../statistics.js";

/** CPU milliseconds, user and system, by whose they are. */
export interface CpuUse {
  readonly server: number;
  /** The server's bb processes. */
  readonly verifiers: number;
  readonly edge: number;
  /** The database's processes for the server's connections; 0 where the database runs elsewhere. */
  readonly database: number;
  /** The peer, @fastify/http-proxy. */
  readonly proxy: number;
}

/** Reads what each process has used so far. */
export interface CpuMeter {
  /** CPU used while `work` ran and until what follows it had settled. */
  during(work: () => Promise<unknown>): Promise<CpuUse>;
}

interface Reading extends CpuUse {
  readonly connections: ReadonlyMap<number, number>;
}

export function createCpuMeter(options: {
  readonly stack: Stack;
  readonly proxy: Child;
  readonly database: DatabaseServer;
  readonly databaseUrl: string;
  /** Resolves when work that answers did not wait for is done. */
  readonly settle: () => Promise<unknown>;
}): CpuMeter {
  const { stack, proxy, database, databaseUrl, settle } = options;
  const read = async (): Promise<Reading> => ({
    server: cpuMilliseconds(stack.server.pid),
    verifiers: sum(bbChildren(stack.server.pid).map(cpuMilliseconds)),
    edge: cpuMilliseconds(stack.edge.pid),
    proxy: cpuMilliseconds(proxy.pid),
    database: 0,
    connections: connectionCpu(await database.connectionsOf(databaseUrl)),
  });
  return {
    during: async (work) => {
      const before = await read();
      await work();
      await settle();
      const after = await read();
      return {
        server: after.server - before.server,
        verifiers: after.verifiers - before.verifiers,
        edge: after.edge - before.edge,
        proxy: after.proxy - before.proxy,
        // A connection that is new began at nothing; one that was closed meanwhile is lost.
        database: sum([...after.connections].map(([pid, used]) => used - (before.connections.get(pid) ?? 0))),
      };
    },
  };
}
