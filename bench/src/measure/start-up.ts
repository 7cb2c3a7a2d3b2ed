import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SERVER, serverEnv, serverSecrets, whenListening } from "../stack/stack.js";
import { distribution, type Distribution } from "../statistics.js";
import { requireMaterial, type BenchContext } from "./bench-context.js";

/** From starting the server's process to its listening, verifiers up, in milliseconds. */
export interface StartUpFigures {
  readonly database: "postgres" | "pglite";
  /** On an empty database: all migrations. */
  readonly first: Distribution;
  /** On the same again. */
  readonly later: Distribution;
}

/** @throws NotMeasuredError without the reference string; without PostgreSQL only PGlite is measured. */
export async function measureStartUp(context: BenchContext): Promise<StartUpFigures[]> {
  const { folder } = requireMaterial(context);
  const rounds = context.quick ? 1 : 5;
  const figures: StartUpFigures[] = [];
  const { found } = context.database;
  if (found !== undefined) {
    context.say("start-up on PostgreSQL");
    const inDatabase = (use: Use): Promise<void> => found.withDatabase((url) => use({ DATABASE_URL: url }));
    figures.push({
      database: "postgres",
      ...(await measureOn(context, { rounds, folder, lend: inDatabase })),
    });
  }
  context.say("start-up on PGlite");
  figures.push({ database: "pglite", ...(await measureOn(context, { rounds, folder, lend: inDataDir })) });
  return figures;
}

/** Takes the variables of a database. */
type Use = (env: Readonly<Record<string, string>>) => Promise<void>;

async function inDataDir(use: Use): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "vaultproof-bench-data-"));
  try {
    await use({ DATA_DIR: folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureOn(
  { children }: BenchContext,
  options: { rounds: number; folder: string; lend: (use: Use) => Promise<void> },
): Promise<Pick<StartUpFigures, "first" | "later">> {
  const [first, later]: [number[], number[]] = [[], []];
  for (let round = 0; round < options.rounds; round++) {
    await options.lend(async (env) => {
      const variables = { ...serverEnv(serverSecrets(), options.folder), ...env };
      const start = async (): Promise<number> => {
        const began = performance.now();
        const server = children.start(SERVER, variables);
        await whenListening(server);
        const took = performance.now() - began;
        await server.end();
        return took;
      };
      first.push(await start());
      later.push(await start());
    });
  }
  return { first: distribution(first), later: distribution(later) };
}
