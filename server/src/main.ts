import { EXIT, UsageError } from "./commands/exit-codes.js";

const USAGE = `Usage: vaultproof-server                    starts the server
       vaultproof-server rotate-keys [--dry-run] [--batch N]
           seals what is sealed to a key of SERVER_ENCRYPTION_KEYS_OLD to SERVER_ENCRYPTION_KEY

Settings come from the environment: docs/configuration.md, docs/key-rotation.md.
Exit codes of rotate-keys: 0 all done, 1 shares left that do not open, 2 wrong usage, 3 it could not be done.`;

const [command, ...args] = process.argv.slice(2);

if (command === undefined) {
  const { serve } = await import("./commands/serve.js");
  await serve();
} else if (command === "rotate-keys") {
  const { rotateKeys } = await import("./commands/rotate-keys.js");
  process.exitCode = await rotateKeys(args, process.env, {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
  }).catch(orUsage);
} else if (command === "--help" || command === "-h") {
  console.log(USAGE);
} else {
  process.exitCode = orUsage(new UsageError(`unknown command ${JSON.stringify(command)}`));
}

function orUsage(error: unknown): number {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  return EXIT.usage;
}
