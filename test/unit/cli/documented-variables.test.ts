import { readFileSync } from "node:fs";
import t from "tap";

// The manual and the code name the same variables.

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");

/** Variables of the manual's tables whose second column names the process. */
function documented(process: "server" | "edge"): string[] {
  const rows = read("docs/configuration.md")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, , readBy]) => readBy?.split(", ").includes(process));
  return rows.flatMap(([, names = ""]) => names.match(/[A-Z][A-Z_]+/g) ?? []).sort();
}

/** Names that the code asks for, as `pattern` finds them. */
function used(path: string, pattern: RegExp): string[] {
  return [...new Set([...read(path).matchAll(pattern)].map(([, name = ""]) => name))].sort();
}

void t.test("the server's", (t) => {
  const known = used("server/src/config.ts", /^ {2}([A-Z][A-Z_]+): /gm);
  t.ok(known.includes("SERVER_PORT"));
  t.same(
    documented("server"),
    known.filter((name) => name !== "NODE_ENV"),
  );
  t.end();
});

void t.test("the edge's", (t) => {
  const known = used("edge/node/config.ts", /env, "([A-Z][A-Z_]+)"/g);
  t.ok(known.includes("EDGE_PORT"));
  t.same(documented("edge"), known);
  t.end();
});
