import { generatedVerificationKey } from "./generated/verification-key.js";

/** The verification key of `key_auth`: the bytes of `artifacts/vk.bin`, as bb.js takes them. */
export const verificationKey: Uint8Array = Uint8Array.from(atob(generatedVerificationKey), (character) =>
  character.charCodeAt(0),
);
