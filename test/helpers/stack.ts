import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { anyDatabase } from "./any-database.js";
import { startChild, type Child } from "./child-process.js";
import { createTestDatabase, type TestDatabase } from "./databases.js";
import { hasUnlisted } from "./logged-members.js";
import { startProvider, type LocalProvider } from "./provider.js";
import { referenceStringFolder } from "./reference-string.js";

const SERVER = fileURLToPath(new URL("../../../server/dist/main.js", import.meta.url));
const EDGE = fileURLToPath(new URL("../../../edge/dist/node/main.js", import.meta.url));

export interface ServerProcess {
  readonly url: string;
  readonly opsUrl: string;
  readonly child: Child;
}

export interface EdgeProcess {
  readonly url: string;
  readonly child: Child;
}

/** The real parts as processes of their own: servers on one database, an edge before each, and a local provider. */
export interface Stack {
  readonly servers: ServerProcess[];
  readonly edges: EdgeProcess[];
  /** URL of the first edge. */
  readonly edgeUrl: string;
  /** Fingerprint of the server's identity. */
  readonly identity: string;
  readonly provider: LocalProvider;
  /** PostgreSQL, if that is what the servers run on. */
  readonly databaseUrl: string | undefined;
  /** Folder of PGlite and of the reference string's cache. */
  readonly dataDir: string;
  readonly serverEnv: Readonly<Record<string, string>>;
  readonly edgeSecrets: string;
  /** Starts another server on the same database and secrets. */
  startServer(env?: Readonly<Record<string, string>>): Promise<ServerProcess>;
  /** Starts another edge before a backend. */
  startEdge(backendUrl: string, env?: Readonly<Record<string, string>>): Promise<EdgeProcess>;
  /** What every process wrote so far, the ended ones too. */
  logs(): string;
  close(): Promise<void>;
}

export interface StackOptions {
  /** Whichever is there unless told: for tests that are not about the database. */
  readonly database?: "pglite" | "postgres";
  /** Servers, each with an edge of its own; more than one needs PostgreSQL. 1 unless told. */
  readonly servers?: number;
  readonly serverEnv?: Readonly<Record<string, string>>;
  readonly edgeEnv?: Readonly<Record<string, string>>;
  /** The provider's key; random unless told. */
  readonly providerKey?: string;
  /** A script that starts the server in a way of its own. */
  readonly serverScript?: string;
}

/** Starts the stack with rate limits off and logs at `trace`, so that leaks and races show. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const provider = await startProvider({
    key: options.providerKey ?? `sk-${randomBytes(24).toString("base64url")}`,
  });
  const dataDir = await mkdtemp(join(tmpdir(), "vaultproof-test-"));
  const database: TestDatabase | undefined =
    (options.database ?? (await anyDatabase())) === "postgres" ? await createTestDatabase() : undefined;
  // PGlite compiled a second time, optimised, costs more than such a server does in a test.
  const execArgv = database === undefined ? ["--liftoff-only"] : [];
  const edgeSecrets = `test:${randomBytes(32).toString("base64")}`;
  const serverEnv = {
    ...(database === undefined ? {} : { DATABASE_URL: database.url }),
    DATA_DIR: dataDir,
    SERVER_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    SERVER_IDENTITY_KEY: randomBytes(32).toString("base64"),
    EDGE_SECRETS: edgeSecrets,
    SERVER_PORT: "0",
    OPS_PORT: "0",
    SLOT_CALLS_PER_MINUTE: "0",
    SLOTS_PER_DEVELOPER: "0",
    DEVELOPER_REQUESTS_PER_MINUTE: "0",
    UPSTREAM_ALLOW_INSECURE: "127.0.0.1",
    UPSTREAM_ALLOW_PRIVATE: "127.0.0.1",
    LOG_LEVEL: "trace",
    CRS_PATH: referenceStringFolder,
    ...options.serverEnv,
  };
  const edgeEnv = {
    EDGE_SECRETS: edgeSecrets,
    EDGE_PORT: "0",
    IP_CALLS_PER_MINUTE: "0",
    IP_REGISTRATIONS_PER_MINUTE: "0",
    ...options.edgeEnv,
  };
  const children: Child[] = [];
  const servers: ServerProcess[] = [];
  const edges: EdgeProcess[] = [];

  const startServer = async (env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> => {
    const child = startChild(options.serverScript ?? SERVER, { env: { ...serverEnv, ...env }, execArgv });
    children.push(child);
    const [line] = await child.waitFor(/^.*"msg":"listening".*$/m);
    const { url, opsUrl } = JSON.parse(line) as { url: string; opsUrl: string };
    return { url, opsUrl, child };
  };
  const startEdge = async (
    backendUrl: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<EdgeProcess> => {
    const child = startChild(EDGE, { env: { ...edgeEnv, BACKEND_URL: backendUrl, ...env } });
    children.push(child);
    const [, url = ""] = await child.waitFor(/edge listening on (\S+)/);
    return { url, child };
  };
  const close = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop("SIGKILL")));
    const unlisted = children.map((child) => child.output()).find(hasUnlisted);
    await Promise.all([provider.close(), database?.drop(), rm(dataDir, { recursive: true, force: true })]);
    if (unlisted !== undefined)
      throw new Error(`log-allowlist.ts does not know what was logged: ${unlisted}`);
  };

  try {
    for (let i = 0; i < (options.servers ?? 1); i++) {
      const server = await startServer();
      servers.push(server);
      edges.push(await startEdge(server.url));
    }
    const [server, edge] = [servers[0], edges[0]];
    if (server === undefined || edge === undefined) throw new RangeError("a stack has one server at least");
    const [, identity = ""] = await server.child.waitFor(/"identity":"([A-Za-z0-9_-]{43})"/);
    const logs = (): string => children.map((child) => child.output()).join("\n");
    const databaseUrl = database?.url;
    return {
      servers,
      edges,
      edgeUrl: edge.url,
      identity,
      provider,
      databaseUrl,
      dataDir,
      serverEnv,
      edgeSecrets,
      startServer,
      startEdge,
      logs,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
