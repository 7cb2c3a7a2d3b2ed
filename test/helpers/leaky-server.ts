/**
 * The server, run as a process of its own, with a leak: whatever it overwrites with zeros is copied before. What a
 * search of its memory must find then, it must not find in the server as it is.
 */
const kept: Uint8Array[] = [];
const MOST_BYTES = 1 << 14;

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
for (const prototype of [typedArray, Buffer.prototype as Uint8Array]) {
  const fill = Reflect.get(prototype, "fill") as (this: Uint8Array, ...args: unknown[]) => Uint8Array;
  Object.defineProperty(prototype, "fill", {
    value(this: Uint8Array, ...args: unknown[]) {
      if (args[0] === 0 && this.length <= MOST_BYTES && this.some((byte) => byte !== 0)) {
        const copy = new Uint8Array(new ArrayBuffer(this.byteLength));
        copy.set(new Uint8Array(this.buffer, this.byteOffset, this.byteLength));
        kept.push(copy);
      }
      return fill.apply(this, args);
    },
  });
}
await import("@vaultproof/server/main");
setInterval(() => kept.length, 60_000);
