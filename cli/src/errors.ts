import { VaultProofError, type VaultProofErrorCode } from "@vaultproof/sdk/errors";
import { EXIT_CODES, type ExitCode } from "./exit-codes.js";
import { printable } from "./printable.js";

interface ErrorRow {
  readonly exit: ExitCode;
  readonly hint: string;
}

const failed = (hint: string): ErrorRow => ({ exit: EXIT_CODES.failed, hint });
const usage = (hint: string): ErrorRow => ({ exit: EXIT_CODES.usage, hint });

/** What goes wrong at the terminal, in one table: the hint says what to do about it. */
const ERRORS = {
  "port-in-use": failed("stop what listens there, or set the variable to another port (0 takes a free one)"),
  "folder-in-use": failed("stop the other process, or set DATA_DIR to another folder"),
  "configuration-invalid": failed("docs/configuration.md lists every variable"),
  "database-unreachable": failed(
    "check DATABASE_URL; without it the stack uses an embedded database in DATA_DIR",
  ),
  "provider-invalid": failed("see `vaultproof demo --help`"),
  "provider-call-failed": failed("check PROVIDER_KEY and the connection to the provider"),
  "sdk-failed": failed("run again with DEBUG=1 for the whole story"),
  interrupted: failed("nothing is left behind: the temporary folder was removed"),
  cancelled: { exit: EXIT_CODES.interrupted, hint: "nothing was changed" },
  usage: usage("vaultproof --help lists the commands"),
  "key-in-argument": usage(
    "an argument is kept in the shell's history and shown to every user by `ps`; give `-` and the key on standard " +
      "input, or --key-fd N, or nothing to be asked for it",
  ),
  "input-needed": usage("give it as an option: there is no terminal to ask at"),
  "input-invalid": usage("see the command's --help"),
  "not-logged-in": { exit: EXIT_CODES.notLoggedIn, hint: "vaultproof login" },
  "secrets-locked": {
    exit: EXIT_CODES.locked,
    hint: "set VAULTPROOF_PASSPHRASE_FILE to a file that holds the passphrase, or run it at a terminal",
  },
  "state-unreadable": failed("vaultproof doctor says what is wrong with the state on this device"),
  "projects-unreadable": failed("vaultproof doctor says what is wrong with the state on this device"),
  "bundle-invalid": usage("a bundle is what vaultproof apps grant prints, whole"),
  "not-found": failed("vaultproof keys list shows what there is"),
  "no-project": failed(
    "run `vaultproof init` in the project's folder, or set VAULTPROOF_BUNDLE and VAULTPROOF_URL",
  ),
  "app-unclear": usage("choose one with --app NAME"),
  "app-unknown": failed("see which apps there are with `vaultproof keys list`"),
  "command-not-found": { exit: EXIT_CODES.noSuchProgram, hint: "check the name and PATH" },
  "command-not-runnable": {
    exit: EXIT_CODES.notRunnable,
    hint: "check that it is a program and that you may run it",
  },
  "not-a-project": failed("vaultproof init makes this folder a project"),
  "project-elsewhere": failed("run it in the folder that it names"),
  "file-changed": failed("nothing was lost; run it again"),
  "file-unwritable": failed(
    "nothing was lost; see to it that the file and its folder can be written, and run it again",
  ),
  "folder-busy": failed("wait until it has ended, and run it again"),
  "backup-missing": failed(
    "vaultproof keys list shows which keys the vault has; it uses them and gives none of them back",
  ),
  "only-copy": failed(
    "vaultproof init --undo puts it back; to give it up for good: vaultproof init --forget --even-if-lost",
  ),
  "not-certain": {
    exit: EXIT_CODES.unreachable,
    hint: "it must be reachable to make sure; without looking: vaultproof init --forget --even-if-lost",
  },
  "audit-input": usage("see `vaultproof audit verify --help`"),
  "test-failed": failed("vaultproof doctor checks the rest"),
} as const satisfies Record<string, ErrorRow>;

/** The closed union of what this command reports by itself. */
export type CliErrorCode = keyof typeof ERRORS;

/** A failure that the user can do something about: one line, and what to do. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  readonly hint: string;

  constructor(code: CliErrorCode, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? ERRORS[code].hint;
  }
}

/** Exit codes of the SDK's errors; what is not here is 1. */
const SDK_EXITS: Partial<Record<VaultProofErrorCode, ExitCode>> = {
  "invalid-argument": EXIT_CODES.usage,
  "insecure-url": EXIT_CODES.usage,
  refused: EXIT_CODES.refused,
  unauthorized: EXIT_CODES.refused,
  unreachable: EXIT_CODES.unreachable,
  "identity-unpinned": EXIT_CODES.notTrusted,
  "identity-changed": EXIT_CODES.notTrusted,
  "document-invalid": EXIT_CODES.notTrusted,
  "document-expired": EXIT_CODES.notTrusted,
  "circuit-mismatch": EXIT_CODES.notTrusted,
  "answer-unverified": EXIT_CODES.notTrusted,
};

/** The likeliest cause of another identity at the same address, for whoever runs the server themselves. */
export const FOLDER_OF_UP =
  "if it is your own, `vaultproof up` may have been started in another folder: start it where it was, or set DATA_DIR";

/** What to do about an error of the SDK, in terms of this command. */
const SDK_HINTS: Partial<Record<VaultProofErrorCode, string>> = {
  "identity-unpinned":
    "vaultproof login --server-identity FINGERPRINT, as the server prints it at start, or a vp_test_ key",
  "identity-changed":
    `${FOLDER_OF_UP}. If the server was set up anew on purpose: vaultproof config set server-identity FINGERPRINT; ` +
    "otherwise ask its operator",
  unreachable: "start it with `vaultproof up`, or give its address with --url; vaultproof doctor says more",
  unauthorized: "vaultproof doctor compares this device's clock with the server's",
  "state-missing": "use the device that stored the key, or vaultproof recovery restore",
};

/** The exit code of the process for an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return ERRORS[error.code].exit;
  if (error instanceof VaultProofError) return SDK_EXITS[error.code] ?? EXIT_CODES.failed;
  return EXIT_CODES.failed;
}

/** An error for a program to read: what `--json` prints in place of a result. */
export function errorDocument(error: unknown): {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
} {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CliError) return { error: { code: error.code, message, hint: error.hint } };
  if (error instanceof VaultProofError) {
    const hint = SDK_HINTS[error.code];
    return { error: { code: error.code, message, ...(hint === undefined ? {} : { hint }) } };
  }
  return { error: { code: "unexpected", message } };
}

/**
 * An error as the terminal shows it: one line and a hint, or all that the SDK says and what to do here.
 * The stack only with `DEBUG`, because it helps whoever works on VaultProof and nobody else.
 */
export function describeError(error: unknown, { debug }: { debug: boolean }): string {
  return printable(debug && error instanceof Error ? withCauses(error) : inShort(error));
}

function inShort(error: unknown): string {
  if (error instanceof VaultProofError) {
    const hint = SDK_HINTS[error.code];
    return `vaultproof: error: ${error.message}` + (hint === undefined ? "" : `\n  hint: ${hint}`);
  }
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
