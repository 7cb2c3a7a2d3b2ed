import { VaultProofError } from "@vaultproof/sdk";

/** What goes wrong at the terminal, in one table: the hint says what to do about it. */
const HINTS = {
  "port-in-use": "stop what listens there, or set the variable to another port (0 takes a free one)",
  "folder-in-use": "stop the other process, or set DATA_DIR to another folder",
  "configuration-invalid": "docs/configuration.md lists every variable",
  "database-unreachable": "check DATABASE_URL; without it the stack uses an embedded database in DATA_DIR",
  "provider-invalid": "see `vaultproof demo --help`",
  "provider-call-failed": "check PROVIDER_KEY and the connection to the provider",
  "sdk-failed": "run again with DEBUG=1 for the whole story",
  "no-project": "run `vaultproof init` in the project's folder, or set VAULTPROOF_BUNDLE and VAULTPROOF_URL",
  "projects-unreadable": "restore the folder of settings, or run `vaultproof init` in each project again",
  "bundle-invalid": "copy the app bundle whole, from `vpb_` to its end",
  "app-unclear": "choose one with --app NAME",
  "app-unknown": "see which apps there are with `vaultproof keys list`",
  "command-not-found": "check the name and PATH",
  "command-not-runnable": "check that it is a program and that you may run it",
  interrupted: "nothing is left behind: the temporary folder was removed",
} as const;

/** The closed union of what this command reports by itself. */
export type CliErrorCode = keyof typeof HINTS;

/** A failure that the user can do something about: one line, and what to do. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  readonly hint: string;

  constructor(code: CliErrorCode, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? HINTS[code];
  }
}

/**
 * An error as the terminal shows it: one line and a hint, or all that the SDK says, which tells what to do by itself.
 * The stack only with `DEBUG`, because it helps whoever works on VaultProof and nobody else.
 */
export function describeError(error: unknown, { debug }: { debug: boolean }): string {
  if (debug && error instanceof Error) return withCauses(error);
  if (error instanceof VaultProofError) return `vaultproof: error: ${error.message}`;
  const message = error instanceof Error ? error.message : String(error);
  const lines = [`vaultproof: error: ${firstLine(message)}`];
  const hint = error instanceof CliError ? error.hint : "run again with DEBUG=1 to see where it comes from";
  lines.push(`  hint: ${hint}`);
  return lines.join("\n");
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function withCauses(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${withCauses(error.cause)}` : "";
  return (error.stack ?? error.message) + cause;
}
