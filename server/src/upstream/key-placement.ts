import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { secretBuffer, wipe } from "../secret-bytes.js";

/** A key on its way into one request head. */
export interface PlacedKey {
  /** Stands where the key belongs until the head is at the socket. */
  readonly placeholder: string;
  /** Resolves once the head that holds the key was handed to the system, or its socket died over it. */
  readonly written: Promise<void>;
  /** Takes back a key that was not written; without effect on one that was. */
  withdraw(): void;
}

/** Puts keys into request heads at the last moment, as bytes. */
export interface KeyPlacement {
  /** `key` stays the caller's; it must live until `written` or `withdraw`. */
  readonly place: (key: Uint8Array) => PlacedKey;
  /** To be called once on each new socket, before anything is written to it. */
  readonly guard: (socket: Socket) => void;
}

interface Waiting {
  readonly key: Uint8Array;
  readonly done: () => void;
}

/** A request head as bytes, the key among them. */
interface ComposedHead {
  readonly bytes: Buffer;
  readonly done: () => void;
}

type WriteCallback = (error?: Error | null) => void;

const SERIAL_DIGITS = 12;

/**
 * A key placement: HTTP libraries compose a head as a string, and a string cannot be overwritten. So the library is
 * given a placeholder, and `guard` replaces it in the one write that carries it: the head is composed with the key in
 * a buffer of its own, which is overwritten as soon as the write is done or the socket is closed.
 *
 * A placeholder is good once. If a library sent a request again by itself, its socket is destroyed instead: no key
 * and no call goes out twice.
 */
export function createKeyPlacement(): KeyPlacement {
  // Unguessable, so that no header of a caller's can be taken for a placeholder.
  const mark = `vaultproof-${randomBytes(16).toString("hex")}-`;
  const waiting = new Map<string, Waiting>();
  let serial = 0;

  const composeHead = (head: string, socket: Socket): ComposedHead | null => {
    const start = head.indexOf(mark);
    const end = start + mark.length + SERIAL_DIGITS;
    const placeholder = head.slice(start, end);
    const found = waiting.get(placeholder);
    if (found === undefined) {
      socket.destroy(new Error("a request head was written twice"));
      return null;
    }
    waiting.delete(placeholder);
    const bytes = Buffer.from(secretBuffer(head.length - placeholder.length + found.key.length).buffer);
    bytes.write(head.slice(0, start), 0, "latin1");
    bytes.set(found.key, start);
    bytes.write(head.slice(end), start + found.key.length, "latin1");
    return { bytes, done: found.done };
  };

  return {
    place(key) {
      const placeholder = mark + String(serial++ % 10 ** SERIAL_DIGITS).padStart(SERIAL_DIGITS, "0");
      const { promise, resolve } = withResolvers();
      waiting.set(placeholder, { key, done: resolve });
      return { placeholder, written: promise, withdraw: () => void waiting.delete(placeholder) };
    },
    guard(socket) {
      const unwritten = new Set<ComposedHead>();
      const settle = (composed: ComposedHead): void => {
        if (!unwritten.delete(composed)) return;
        wipe(composed.bytes);
        composed.done();
      };
      // Not every write of a socket that dies is ended.
      socket.once("close", () => unwritten.forEach(settle));
      // Each write by itself: those that pile up, corked or behind a slow one, would be joined, which over TLS copies them.
      Object.defineProperty(socket, "_writev", { value: null });
      const write = socket.write.bind(socket) as (
        chunk: string | Uint8Array,
        encoding?: BufferEncoding,
        callback?: WriteCallback,
      ) => boolean;
      const guarded = (
        chunk: string | Uint8Array,
        encoding?: BufferEncoding | WriteCallback,
        callback?: WriteCallback,
      ): boolean => {
        const then = typeof encoding === "function" ? encoding : callback;
        if (typeof chunk !== "string" || !chunk.includes(mark)) {
          return write(chunk, typeof encoding === "function" ? undefined : encoding, then);
        }
        const composed = composeHead(chunk, socket);
        if (composed === null) return false;
        unwritten.add(composed);
        return write(composed.bytes, undefined, (error) => {
          settle(composed);
          then?.(error);
        });
      };
      socket.write = guarded;
    },
  };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
