import { PassThrough } from "node:stream";
import t from "tap";
import { createProgram } from "vaultproof/main";

/** What a wrong command line says, and the hint for programs. */
async function refused(args: readonly string[]): Promise<{ said: string; hint: unknown }> {
  const stream = new PassThrough();
  const context = { env: {}, stdin: stream, stdout: stream, stderr: stream, cwd: "/" };
  const program = await createProgram({ ...context, setExitCode: () => undefined });
  let said = "";
  const output = { writeErr: (text: string) => (said += text) };
  const all = [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)];
  for (const command of all) command.configureOutput(output);
  const error: unknown = await program
    .parseAsync(["node", "vaultproof", ...args])
    .catch((error: unknown) => error);
  return { said, hint: (error as { hint?: unknown }).hint };
}

void t.test("a wrong command line points at the help of its own command", async (t) => {
  for (const [args, hint] of [
    [["keys", "list", "--frob"], "vaultproof keys list --help shows its options"],
    [["keys", "lst"], "vaultproof keys --help lists its commands"],
    [["keys", "revoke"], "vaultproof keys revoke --help shows its options"],
    [["up", "--port"], "vaultproof up --help shows its options"],
  ] as const) {
    const { said, hint: given } = await refused(args);
    t.match(said, `  hint: ${hint}\n`, args.join(" "));
    t.equal(given, hint);
  }
  t.match((await refused(["dwon"])).said, "  hint: vaultproof --help lists the commands\n");
});
