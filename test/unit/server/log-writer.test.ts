import type { Database } from "@vaultproof/db/database";
import type { CallLogEntry } from "@vaultproof/db/queries/append-call-log";
import { createLogWriter } from "@vaultproof/server/proxy/log-writer";
import t from "tap";

/** A database that takes what is appended, when it is let, and refuses what names `lost`. */
function recorder(): { db: Database; statements: string[][]; answer: () => void } {
  const statements: string[][] = [];
  let waiting: (() => void)[] = [];
  const db = {
    query: async ({ values }: { values: readonly [string] }) => {
      const apps = (JSON.parse(values[0]) as { app_id: string }[]).map(({ app_id: app }) => app);
      statements.push(apps);
      await new Promise<void>((resolve) => waiting.push(resolve));
      if (apps.includes("lost")) throw new Error("the database is away");
      return { rows: [], rowCount: apps.length };
    },
  } as unknown as Database;
  return {
    ...{ db, statements },
    answer: () => {
      for (const resolve of waiting) resolve();
      waiting = [];
    },
  };
}

function entry(appId: string): CallLogEntry {
  const call = {
    chain: "slot:slot",
    slotId: "slot",
    developerId: "developer",
    method: "GET",
    endpoint: "/",
    outcome: "answered",
  };
  return { ...call, appId, statusCode: 200, latencyMs: 1 };
}

/** Lets what is under way come to where it waits. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

void t.test("what ends while a statement is under way goes into the next one, in its order", async (t) => {
  const { db, statements, answer } = recorder();
  const errors: unknown[] = [];
  const writer = createLogWriter({ db, onError: (error) => errors.push(error) });
  writer.write(entry("a"));
  writer.write(entry("b"));
  const flushed = writer.flush();
  await settle();
  writer.write(entry("c"));
  writer.write(entry("d"));
  await settle();
  t.strictSame(statements, [["a", "b"]], "one statement at a time");
  answer();
  await settle();
  answer();
  await flushed;
  t.strictSame(statements, [
    ["a", "b"],
    ["c", "d"],
  ]);
  t.strictSame(errors, []);
});

void t.test("what cannot be written is reported, and what follows is written", async (t) => {
  const { db, statements, answer } = recorder();
  const errors: unknown[] = [];
  const writer = createLogWriter({ db, onError: (error) => errors.push(error) });
  writer.write(entry("lost"));
  const first = writer.flush();
  await settle();
  answer();
  await settle();
  answer(); // the same again
  await first;
  t.match(errors, [{ message: "the database is away" }]);
  writer.write(entry("a"));
  while (statements.length < 3) await settle(); // without being asked to
  answer();
  await writer.flush();
  t.strictSame(statements, [["lost"], ["lost"], ["a"]]);
  t.equal(errors.length, 1);
});

void t.test("a burst is cut into statements of a bounded size", async (t) => {
  const { db, statements, answer } = recorder();
  const writer = createLogWriter({ db, onError: (error) => t.fail(String(error)) });
  for (let i = 0; i < 600; i += 1) writer.write(entry(String(i)));
  const flushed = writer.flush();
  for (let i = 0; i < 3; i += 1) {
    await settle();
    answer();
  }
  await flushed;
  t.strictSame(
    statements.map(({ length }) => length),
    [256, 256, 88],
  );
  t.strictSame(
    statements.flat(),
    Array.from({ length: 600 }, (_, i) => String(i)),
  );
});

void t.test("an entry is written by itself whenever it comes", async (t) => {
  for (let hops = 0; hops < 12; hops += 1) {
    const { db, statements, answer } = recorder();
    const writer = createLogWriter({ db, onError: (error) => t.fail(String(error)) });
    writer.write(entry("a"));
    while (statements.length < 1) await settle();
    answer();
    // As many turns after the answer: between the last look at what is there and the end of the writing, too.
    for (let hop = 0; hop < hops; hop += 1) await Promise.resolve();
    writer.write(entry("b"));
    const deadline = Date.now() + 5_000;
    while (statements.length < 2 && Date.now() < deadline) await settle();
    t.strictSame(statements, [["a"], ["b"]], `${hops} turns after the first was written`);
    answer();
    await writer.flush();
  }
});
