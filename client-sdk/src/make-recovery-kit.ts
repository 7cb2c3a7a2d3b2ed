import { writeKitContent } from "./kit-content.js";
import { sealRecoveryKit } from "./recovery-kit.js";

/**
 * Encrypts all of a device's state under a passphrase.
 *
 * @throws VaultProofError `invalid-argument` for a passphrase that is too short.
 */
export async function makeRecoveryKit(
  about: Parameters<typeof writeKitContent>[0],
  passphrase: string,
): Promise<string> {
  const content = await writeKitContent(about);
  try {
    return await sealRecoveryKit(content, passphrase);
  } finally {
    content.fill(0);
  }
}
