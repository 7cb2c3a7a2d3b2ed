import { realpath } from "node:fs/promises";
import t from "tap";
import { CliError, describeError } from "vaultproof/errors";
import { findEnvFiles } from "vaultproof/init/find-env-files";
import { printable } from "vaultproof/printable";
import { table } from "vaultproof/report";
import { madeUpKeys } from "../../helpers/env-shapes.js";
import { createTerminal, duration } from "vaultproof/terminal";

const ESCAPE = "\u001b";

async function written(options: { isTTY: boolean; env: Record<string, string> }) {
  const pieces: string[] = [];
  const errors: string[] = [];
  const output = { isTTY: options.isTTY, write: (text: string) => pieces.push(text) };
  const progress = { isTTY: options.isTTY, write: (text: string) => errors.push(text) };
  const terminal = createTerminal({ output, progress, env: options.env });
  terminal.heading("heading");
  terminal.good("good");
  terminal.bad("bad");
  terminal.note("note");
  terminal.text("text\n\ntwo");
  const { value } = await terminal.timed("working", () => Promise.resolve(7));
  return { text: pieces.join(""), progress: errors.join(""), value };
}

void t.test("what is not a terminal gets neither colours nor a line of progress", async (t) => {
  const { text, progress, value } = await written({ isTTY: false, env: {} });
  t.equal(text, "\nheading\n  ✓ good\n  ✗ bad\n    note\n    text\n\n    two\n");
  t.equal(progress, "");
  t.equal(value, 7);
});

void t.test("a terminal gets both, and the progress on standard error", async (t) => {
  const { text, progress } = await written({ isTTY: true, env: { TERM: "xterm" } });
  t.match(text, `${ESCAPE}[32m✓`);
  t.notMatch(text, "working");
  t.equal(progress, `  … working\r${ESCAPE}[2K`);
});

void t.test("NO_COLOR leaves the progress and takes the colours", async (t) => {
  const { text, progress } = await written({ isTTY: true, env: { TERM: "xterm", NO_COLOR: "1" } });
  t.notMatch(text, `${ESCAPE}[32m`);
  t.match(progress, "… working");
});

void t.test("a dumb terminal gets neither", async (t) => {
  const { text, progress } = await written({ isTTY: true, env: { TERM: "dumb" } });
  t.notMatch(text + progress, ESCAPE);
});

void t.test("the line of progress goes also when the work fails", async (t) => {
  const pieces: string[] = [];
  const terminal = createTerminal({
    output: { isTTY: true, write: () => undefined },
    progress: { isTTY: true, write: (text) => pieces.push(text) },
    env: {},
  });
  await t.rejects(
    terminal.timed("working", () => Promise.reject(new Error("broken"))),
    /broken/,
  );
  t.equal(pieces.at(-1), `\r${ESCAPE}[2K`);
});

void t.test("durations are readable", (t) => {
  t.equal(duration(0.4), "0 ms");
  t.equal(duration(38.2), "38 ms");
  t.equal(duration(1949), "1.9 s");
  t.end();
});

void t.test("an error is one line and a hint; the stack and the causes only with DEBUG", (t) => {
  const error = new CliError("port-in-use", "port 8787 (EDGE_PORT) is in use\nsecond line", {
    cause: new Error("listen EADDRINUSE"),
  });
  const short = describeError(error, { debug: false });
  t.equal(short.split("\n").length, 2);
  t.match(short, "vaultproof: error: port 8787 (EDGE_PORT) is in use\n  hint: ");
  const long = describeError(error, { debug: true });
  t.match(long, "terminal.test");
  t.match(long, "caused by Error: listen EADDRINUSE");
  t.match(describeError("just text", { debug: true }), "vaultproof: error: just text");
  t.end();
});

void t.test("what came from outside does not steer the terminal", async (t) => {
  const folder = await realpath(
    t.testdir({ [".env.\u001b[31mred\nline"]: `OPENAI_API_KEY=${madeUpKeys().openai}\n` }),
  );
  const { files, warnings } = await findEnvFiles(folder);
  t.same(warnings, []);
  t.equal(files[0]?.name, ".env.?[31mred?line");
  t.ok(files[0]?.path.endsWith("\u001b[31mred\nline"), "its path is what it is");
  const shown = table([["A"], ["x\u001b]0;title\u0007\ny\u202e"]]);
  t.equal(shown, "A\nx?]0;title??y?");
  const error = new CliError("not-found", "no \u001b[2Jslot \u009b1m");
  t.match(describeError(error, { debug: false }), /^vaultproof: error: no \?\[2Jslot \?1m\n {2}hint/);
  t.equal(printable("Ångström, 東京 ✓\nnext"), "Ångström, 東京 ✓\nnext");
});
