import { startEdge } from "@vaultproof/edge/node";
import { dataFolder, withEmbeddedSecrets } from "@vaultproof/server/embedded-secrets";
import { startServer } from "@vaultproof/server/start";
import { ownPageFolder } from "./page-folder.js";
import { referenceStringFor } from "./reference-string.js";
import { explainStartError } from "./start-errors.js";
import type { Environment } from "../environment.js";

/** Server and edge in this process. */
export interface EmbeddedStack {
  /** What apps and developers talk to. */
  readonly edgeUrl: string;
  /** Answers nothing but what an edge has signed. */
  readonly serverUrl: string;
  /** The page in a browser; undefined where none is served. */
  readonly pageUrl: string | undefined;
  /** Whether it has what a page needs to make proofs. */
  readonly servesReferenceString: boolean;
  /** Liveness, readiness, metrics and the description of the API. */
  readonly opsUrl: string;
  /** Absolute path of the folder with the embedded database and the secrets made for it. */
  readonly dataFolder: string;
  /** Fingerprint of the server's identity. */
  readonly identity: string;
  /** Stops both; calls in flight may end first. */
  close(): Promise<void>;
}

/**
 * Starts server and edge with the variables of docs/configuration.md. Secrets that are not among them are made once
 * and kept in `DATA_DIR`.
 *
 * @throws CliError when a port, the data folder, the database or a variable is the cause.
 */
export async function startEmbeddedStack(env: Environment): Promise<EmbeddedStack> {
  try {
    return await start(await withEmbeddedSecrets(env));
  } catch (error) {
    throw explainStartError(error, env);
  }
}

async function start(env: Environment): Promise<EmbeddedStack> {
  const referenceString = await referenceStringFor(env);
  const server = await startServer(
    referenceString === undefined ? env : { ...env, CRS_PATH: referenceString },
  );
  try {
    const edge = await startEdge({
      ...env,
      BACKEND_URL: reachable(server.url),
      // What is set wins, `off` too; what is set to nothing counts as not set.
      DASHBOARD_DIR: (env.DASHBOARD_DIR ?? "") === "" ? ownPageFolder() : env.DASHBOARD_DIR,
    });
    return {
      edgeUrl: edge.url,
      pageUrl: edge.servesPage ? `${reachable(edge.url)}/` : undefined,
      servesReferenceString: referenceString !== undefined,
      serverUrl: server.url,
      opsUrl: server.opsUrl,
      dataFolder: dataFolder(env),
      identity: server.identity,
      async close() {
        // The edge first: what it still answers needs the server.
        await edge.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** A server that listens on every address is reached over the loopback. */
function reachable(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
