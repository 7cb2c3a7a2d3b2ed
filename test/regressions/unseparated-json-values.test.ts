import { parseStrictJson } from "@vaultproof/protocol/canonical-json";
import { LIMITS } from "@vaultproof/protocol/limits";
import t from "tap";

/**
 * Only commas were counted, so that a body of the full size in which nothing separated the values (`1 1 1 …`), or which
 * nested small objects, was judged value by value: ten seconds in which the server answered nobody, for a request that
 * needs no proof. Each text here goes on with what the scan refuses in other words: it must not have come so far.
 */
void t.test("the scan of JSON ends at the first value that nothing separates from the one before", (t) => {
  const further = "[".repeat(LIMITS.jsonDepth + 1);
  const unseparated = [
    "1 1 ",
    "[1 1 ",
    '"a" "b" ',
    '{"a":1 "b":2 ',
    '{"a":"b":"c":',
    '{"a" "b":',
    "[1:1:",
    "[] [] ",
    "[1] 1 ",
    "{} {} ",
    '{"a":1} {"b":1} ',
  ];
  for (const text of unseparated) {
    t.throws(() => parseStrictJson(text + further), { message: "not JSON" }, text);
  }
  t.throws(
    () => parseStrictJson(`[1, ${further}`),
    { message: "nested too deeply" },
    "read on where it may be JSON",
  );
  t.end();
});

void t.test("values inside values count, whatever number of commas they take", (t) => {
  const nest = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  const many = (count: number): string => `[${`${nest(49)},`.repeat(count - 1)}${nest(49)}]`;
  const most = LIMITS.jsonValues / 50;
  t.equal((parseStrictJson(many(most)) as unknown[]).length, most);
  t.throws(() => parseStrictJson(many(most + 1)), { message: "too many values" });
  t.end();
});
