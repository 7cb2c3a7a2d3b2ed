import { readFileSync } from "node:fs";
import type { AllVectors } from "../vectors/independent/all-vectors.js";

/** The committed text of a file under test/vectors. */
export function readVectorText(name: string): string {
  return readFileSync(new URL(`../../vectors/${name}`, import.meta.url), "utf8");
}

/** A committed vector file, as the independent implementation wrote it. */
export function readVectors<Name extends keyof AllVectors>(name: Name): AllVectors[Name] {
  return JSON.parse(readVectorText(name)) as AllVectors[Name];
}

/** Bytes from hexadecimal, plain and in a buffer of their own. */
export function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

/** Hexadecimal of bytes. */
export function hex(data: Uint8Array): string {
  return Buffer.from(data).toString("hex");
}
