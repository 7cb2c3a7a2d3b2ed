import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { auditVerify, type AuditVerifyOptions } from "./audit-verify.js";
import { withJson } from "./options.js";

const HELP = `
The two files come from \`vaultproof logs SLOT --csv --out calls.csv\`.

Exit code 0 for a log that is whole and as it was written, 1 for one that is not, 2 for wrong usage.`;

/** `vaultproof audit …`. */
export function registerAudit(program: Command, context: CommandContext): void {
  const audit = program.command("audit").description("check the log of calls and management");
  const verify = audit
    .command("verify")
    .description("check an export of the log offline, and name the first row that is not as it was written")
    .argument("<file.csv>", "the export; - for standard input")
    .option("--head <file.json>", "the head and base that came with it (default: <file.csv>.head.json)")
    .option("--server-identity <fingerprint>", "the server that must have signed them")
    .addHelpText("after", HELP);
  withJson(verify).action(async (file: string, options: Omit<AuditVerifyOptions, "file">) => {
    const { env, stdout: output, stdin: input } = context;
    context.setExitCode(await auditVerify({ file, ...options }, { env, output, input }));
  });
}
