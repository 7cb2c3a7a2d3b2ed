import { once } from "node:events";
import { connect, createServer, Socket, type AddressInfo } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { createKeyPlacement, type PlacedKey } from "@vaultproof/server/upstream/key-placement";
import t, { type Test } from "tap";
import { makeCertificate, type TestCertificate } from "../../helpers/tls-certificate.js";

// Real sockets, because what they do with a head is what counts: join it with other writes, hold it back, break off.

const KEY = "sk-canary-0123456789";
/** More than the system buffers for a connection on the loopback. */
const TOO_MUCH = 24 << 20;
/** Where every socket has its way to write what has piled up in one go. */
const SOCKETS = Socket.prototype as unknown as { _writev: (...args: unknown[]) => void };

interface Pair {
  /** Guarded. */
  readonly client: Socket;
  /** Paused. */
  readonly peer: Socket;
  /** The very chunks that the guard handed to the socket. */
  readonly chunks: Uint8Array[];
  readonly placed: PlacedKey;
  /** A request head with the placeholder and as much padding as wanted. */
  readonly head: (padding?: number) => string;
}

async function openPair(t: Test, certificate: TestCertificate | undefined): Promise<Pair> {
  const server = certificate === undefined ? createServer() : createTlsServer(certificate);
  const connected = once(server, certificate === undefined ? "connection" : "secureConnection");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client =
    certificate === undefined
      ? connect(port, "127.0.0.1")
      : connectTls({ port, host: "127.0.0.1", ca: certificate.cert });
  const greeted = once(client, certificate === undefined ? "connect" : "secureConnect");
  const [[peer]] = (await Promise.all([connected, greeted])) as [[Socket], unknown];
  for (const socket of [client, peer.pause()]) socket.on("error", () => undefined);
  t.teardown(() => {
    client.destroy();
    peer.destroy();
    server.close();
  });
  const chunks: Uint8Array[] = [];
  const write = client.write.bind(client) as (chunk: Uint8Array, ...rest: unknown[]) => boolean;
  client.write = (chunk: Uint8Array, ...rest: unknown[]) => {
    chunks.push(chunk);
    return write(chunk, ...rest);
  };
  const placement = createKeyPlacement();
  placement.guard(client);
  const placed = placement.place(new Uint8Array(Buffer.from(KEY)));
  const head = (padding = 0): string =>
    `POST / HTTP/1.1\r\nx-padding: ${"x".repeat(padding)}\r\nauthorization: ${placed.placeholder}\r\n\r\n`;
  return { client, peer, chunks, placed, head };
}

/** Once it is gone, whatever was wrong with it. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once("close", () => resolve()));

const isWiped = (bytes: Uint8Array | undefined): boolean => bytes?.every((byte) => byte === 0) === true;

/** Everything that the peer is sent, up to `length` bytes. */
async function read(peer: Socket, length: number): Promise<string> {
  const chunks: Buffer[] = [];
  let arrived = 0;
  for await (const chunk of peer) {
    chunks.push(chunk as Buffer);
    arrived += (chunk as Buffer).length;
    if (arrived >= length) break;
  }
  return Buffer.concat(chunks).toString("latin1");
}

const certificate = await makeCertificate(t);
for (const [transport, tls] of [
  ["TCP", undefined],
  ["TLS", certificate],
] as const) {
  void t.test(
    `a head that is corked together with its body is written alone, over ${transport}`,
    async (t) => {
      const { client, peer, chunks, placed, head } = await openPair(t, tls);
      const joined = t.capture(SOCKETS, "_writev", SOCKETS._writev);
      client.cork();
      client.write(head(), "latin1");
      client.write(Buffer.from("body"));
      client.uncork();
      const expected = `${head().replace(placed.placeholder, KEY)}body`;
      t.equal(await read(peer, expected.length), expected);
      await placed.written;
      t.ok(isWiped(chunks[0]));
      t.equal(joined().length, 0, "joined writes are copied, and nobody overwrites the copies");
    },
  );

  void t.test(
    `a head that goes out in parts arrives whole and is wiped then, over ${transport}`,
    async (t) => {
      const { client, peer, chunks, placed, head } = await openPair(t, tls);
      let written = false;
      void placed.written.then(() => (written = true));
      client.write(head(TOO_MUCH), "latin1");
      await new Promise((resolve) => setImmediate(resolve));
      t.notOk(written, "the peer reads nothing yet");
      t.notOk(isWiped(chunks[0]), "and what is still to be sent is there");
      const expected = head(TOO_MUCH).replace(placed.placeholder, KEY);
      t.ok((await read(peer, expected.length)) === expected, "every byte of it");
      await placed.written;
      t.ok(isWiped(chunks[0]));
    },
  );

  void t.test(`a head whose socket dies in the middle of it is wiped, over ${transport}`, async (t) => {
    const { client, chunks, placed, head } = await openPair(t, tls);
    client.write(head(TOO_MUCH), "latin1");
    await new Promise((resolve) => setImmediate(resolve));
    t.notOk(isWiped(chunks[0]), "it is on its way");
    client.destroy();
    await closed(client);
    t.ok(isWiped(chunks[0]));
    await placed.written;
  });

  void t.test(
    `a head that waits for its turn when the socket dies is wiped, over ${transport}`,
    async (t) => {
      const { client, peer, chunks, placed, head } = await openPair(t, tls);
      client.write(Buffer.alloc(TOO_MUCH, "y"));
      client.write(head(), "latin1");
      client.write(Buffer.from("body"));
      t.notOk(isWiped(chunks[1]), "it waits");
      peer.destroy();
      await closed(client);
      t.ok(isWiped(chunks[1]));
      await placed.written;
    },
  );
}

void t.test("a socket that never ends a write has its head wiped when it closes", async (t) => {
  const { client, chunks, placed, head } = await openPair(t, undefined);
  client._write = () => undefined;
  client.write(head(), "latin1");
  t.notOk(isWiped(chunks[0]));
  client.destroy();
  await closed(client);
  t.ok(isWiped(chunks[0]));
  await placed.written;
});
