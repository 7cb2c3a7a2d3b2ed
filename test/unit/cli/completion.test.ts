import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import t from "tap";
import { completionScript } from "vaultproof/completion/scripts";
import { EXIT_CODE_MEANINGS, EXIT_CODES } from "vaultproof/exit-codes";
import { createProgram } from "vaultproof/main";

const program = await createProgram({
  env: {},
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  cwd: "/",
  setExitCode: () => undefined,
});

function complete(words: readonly string[]): string[] {
  const script = `${completionScript("bash", program)}
COMP_WORDS=(vaultproof ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _vaultproof
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim().split("\n");
}

void t.test("bash completes commands, commands below them, and options", (t) => {
  t.same(complete(["log"]).includes("login"), true);
  t.ok(complete(["keys", ""]).includes("store"));
  t.notOk(complete(["keys", ""]).includes("login"));
  t.same(complete(["keys", "store", "--prov"]), ["--provider"]);
  t.same(complete(["--json", "keys", "revo"]), ["revoke"]);
  t.end();
});

void t.test("the scripts are well-formed where the shells are at hand", (t) => {
  for (const shell of ["bash", "zsh", "fish"] as const) {
    const { status, error } = spawnSync(shell, ["-n"], { input: completionScript(shell, program) });
    if (error === undefined) t.equal(status, 0, shell);
    else t.comment(`${shell} is not here`);
    t.match(completionScript(shell, program), "store");
  }
  t.end();
});

void t.test("every command and option says what it is for", (t) => {
  const commands = [...program.commands, ...program.commands.flatMap((command) => [...command.commands])];
  for (const command of commands) {
    t.ok(command.description(), command.name());
    for (const { long, description } of command.options)
      t.ok(description, `${command.name()} ${String(long)}`);
  }
  t.end();
});

void t.test("help and manual name every exit code", (t) => {
  const manual = readFileSync(new URL("../../../../docs/cli.md", import.meta.url), "utf8");
  let help = "";
  program.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  for (const [name, code] of Object.entries(EXIT_CODES)) {
    const meaning = EXIT_CODE_MEANINGS[name as keyof typeof EXIT_CODES];
    t.ok(manual.includes(`| ${code} | ${meaning} |`), `${code} in the manual`);
    t.match(help, new RegExp(`^ +${code}  ${meaning.slice(0, 30)}`, "m"));
  }
  t.end();
});
