import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import t from "tap";
import { readerOf } from "../helpers/answer-reader.js";
import { openCallPath } from "../helpers/call-path.js";
import {
  canReadMemoryUse,
  forgetPeak,
  kernelBufferBytes,
  peakResidentBytes,
  residentBytes,
} from "../helpers/process-size.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";

// A gigabyte through server and edge, watched from outside the two: it may be at the provider or at the reader, in
// between there is no room for it.

const skip =
  (findReferenceString() === undefined && noReferenceString) ||
  (!canReadMemoryUse && "reads the memory use of processes from /proc");
const MIB = 1024 * 1024;
const ANSWER_BYTES = 1024 * MIB;
/**
 * What a process may grow by. Chunks that have passed wait for the garbage collector, which begins to hurry at some
 * ten megabytes of them; an answer that piles up anywhere passes this before an eighth of it is through.
 */
const MAX_GROWTH_BYTES = 128 * MIB;
/** Connections from the provider to the reader. */
const HOPS = 3;
/** Chunks that wait in the two processes, in the provider and in the reader. */
const MAX_WAITING_BYTES = 16 * MIB;

await t.test("a gigabyte passes, and a reader that stands still stops it", { skip }, async (t) => {
  const { stack, app, server, edge } = await openCallPath(t, { serverEnv: { LOG_LEVEL: "info" } });
  const processes = { server, edge };

  for (const framing of ["content-length", "chunked"]) {
    await t.test(framing, async (t) => {
      let sent = 0;
      stack.provider.respond((_request, response) => {
        response.writeHead(200, framing === "chunked" ? {} : { "content-length": ANSWER_BYTES });
        pour(response, (bytes) => (sent += bytes));
      });
      const growth = startWatch(processes);
      const response = await app.fetch("/v1/files/1/content");
      const answer = readerOf(response);
      await answer.take(1);

      await standsStill(() => sent);
      const most = HOPS * kernelBufferBytes() + MAX_WAITING_BYTES;
      t.ok(
        sent < Math.min(most, ANSWER_BYTES / 2),
        `${sent / MIB} MiB were taken from the provider while nobody read`,
      );

      t.equal(1 + (await answer.skipRest()), ANSWER_BYTES, "nothing is lost");
      for (const [name, bytes] of Object.entries(growth())) {
        t.ok(bytes < MAX_GROWTH_BYTES, `the ${name} grew by ${Math.round(bytes / MIB)} MiB at most`);
      }
    });
  }
});

/** Sends the whole answer as fast as it is taken. */
function pour(response: ServerResponse, onSent: (bytes: number) => void): void {
  const chunk = Buffer.alloc(256 * 1024, "a gigabyte of this ");
  let left = ANSWER_BYTES;
  const fill = (): void => {
    while (left > 0) {
      left -= chunk.length;
      onSent(chunk.length);
      if (!response.write(chunk)) return;
    }
    response.end();
  };
  response.on("drain", fill);
  fill();
}

/** Gives by how many bytes each process has grown at its peak since now. */
function startWatch<Name extends string>(
  processes: Readonly<Record<Name, { readonly child: { readonly pid: number } }>>,
): () => Record<string, number> {
  const watched = Object.entries<{ readonly child: { readonly pid: number } }>(processes).map(
    ([name, { child }]) => {
      forgetPeak(child.pid);
      return { name, pid: child.pid, before: residentBytes(child.pid) };
    },
  );
  return () =>
    Object.fromEntries(watched.map(({ name, pid, before }) => [name, peakResidentBytes(pid) - before]));
}

/** Resolves when a count has stopped moving. */
async function standsStill(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count();
    await delay(500);
  }
}
