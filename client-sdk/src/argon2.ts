// A module of its own, loaded on demand: of the library's twenty algorithms a bundler keeps this one.
export { argon2id } from "hash-wasm";
