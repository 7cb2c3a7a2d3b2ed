import { styleText } from "node:util";
import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { examine } from "../doctor/examine.js";
import type { Finding } from "../doctor/finding.js";
import { EXIT_CODES } from "../exit-codes.js";
import { createReport } from "../report.js";
import { withService, type ServiceOptions } from "./options.js";

const MARKS = { ok: "✓", broken: "✗", skipped: "-" } as const;
const COLOURS = { ok: "green", broken: "red", skipped: "dim" } as const;

/** `vaultproof doctor`. */
export function registerDoctor(program: Command, context: CommandContext): void {
  const command = program
    .command("doctor")
    .description("look at everything that a call needs, and say what to do about what is broken")
    .addHelpText("after", "\nExit code 1 if anything is broken.");
  withService(command).action(async (options: ServiceOptions) => {
    const report = createReport(context, options);
    const findings = await report.during("looking", () => examine(context, options));
    const broken = findings.filter(({ state }) => state === "broken");
    report.result({ healthy: broken.length === 0, findings }, describe(context, findings));
    if (broken.length > 0) context.setExitCode(EXIT_CODES.failed);
  });
}

function describe({ stdout, env }: CommandContext, findings: readonly Finding[]): string {
  const coloured = stdout.isTTY === true && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, state, found, remedy }) => {
    const mark = coloured ? styleText(COLOURS[state], MARKS[state], { validateStream: false }) : MARKS[state];
    const line = `${mark} ${check.padEnd(width)}  ${found}`;
    return remedy === undefined ? [line] : [line, `  ${" ".repeat(width)}  → ${remedy}`];
  });
  const count = findings.filter(({ state }) => state === "broken").length;
  const verdict =
    count === 0 ? "nothing is broken" : count === 1 ? "1 thing is broken" : `${count} things are broken`;
  return [...lines, "", verdict].join("\n");
}
