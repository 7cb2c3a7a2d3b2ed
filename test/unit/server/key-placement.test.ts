import { PassThrough } from "node:stream";
import type { Socket } from "node:net";
import { createKeyPlacement } from "@vaultproof/server/upstream/key-placement";
import t from "tap";

/** A socket that keeps the very chunks that it was given, and ends their writes when told. */
function slowSocket(): { socket: Socket; chunks: (string | Uint8Array)[]; finish: () => void } {
  const chunks: (string | Uint8Array)[] = [];
  const callbacks: (() => void)[] = [];
  const socket = new PassThrough() as unknown as Socket;
  socket.on("error", () => undefined);
  socket.write = (chunk: string | Uint8Array, _encoding?: unknown, callback?: () => void) => {
    chunks.push(chunk);
    if (callback !== undefined) callbacks.push(callback);
    return true;
  };
  return { socket, chunks, finish: () => callbacks.splice(0).forEach((callback) => callback()) };
}

const head = (value: string): string =>
  `GET / HTTP/1.1\r\nauthorization: Bearer ${value}\r\nx: \u00e9\r\n\r\n`;
const key = (): Uint8Array => new Uint8Array(Buffer.from("sk-canary"));

void t.test("the head goes out as bytes with the key, which are overwritten once written", async (t) => {
  const placement = createKeyPlacement();
  const { socket, chunks, finish } = slowSocket();
  placement.guard(socket);
  const placed = placement.place(key());
  socket.write(head(placed.placeholder), "latin1");
  socket.write(Buffer.from("body"));
  const [sent, body] = chunks;
  if (!(sent instanceof Uint8Array)) throw new Error("the head was written as a string");
  t.equal(Buffer.from(sent).toString("latin1"), head("sk-canary"));
  t.equal(sent.buffer.byteLength, sent.length, "a buffer of its own");
  t.equal(String(body), "body", "other writes pass");
  let written = false;
  const done = placed.written.then(() => (written = true));
  await new Promise((resolve) => setImmediate(resolve));
  t.notOk(written, "not before the system has it");
  finish();
  await done;
  t.ok(sent.every((byte) => byte === 0));
});

void t.test("a placeholder is good once, and not after it was withdrawn", (t) => {
  const placement = createKeyPlacement();
  for (const spend of ["write", "withdraw"] as const) {
    const first = slowSocket();
    placement.guard(first.socket);
    const placed = placement.place(key());
    if (spend === "write") first.socket.write(head(placed.placeholder), "latin1");
    else placed.withdraw();
    const second = slowSocket();
    placement.guard(second.socket);
    t.equal(second.socket.write(head(placed.placeholder), "latin1"), false, spend);
    t.equal(second.socket.destroyed, true, "the connection is given up");
    t.same(second.chunks, [], "nothing is sent");
  }
  t.end();
});

void t.test("a caller's text is never taken for a placeholder", (t) => {
  const placement = createKeyPlacement();
  const other = createKeyPlacement();
  const { socket, chunks } = slowSocket();
  placement.guard(socket);
  placement.place(key());
  const guess = head(other.place(key()).placeholder);
  socket.write(guess, "latin1");
  t.same(chunks, [guess]);
  t.equal(socket.destroyed, false);
  t.end();
});
