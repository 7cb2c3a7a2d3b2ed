/**
 * Run as a process of its own: rotates the slot `SLOT` and dies just before the change number `DIE_AT` of its state folder;
 * prints `rotated` and how many changes it made if it lives to the end.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const {
  DIE_AT,
  SERVICE_URL = "",
  STATE_DIR,
  DEVELOPER_KEY = "",
  SERVER_IDENTITY,
  SLOT = "",
  NEXT_KEY = "",
} = process.env;
let changes = 0;
const dieHere = (): void => {
  if (++changes === Number(DIE_AT)) process.kill(process.pid, "SIGKILL");
};
const { rename } = fs;
const { rm } = fs.promises;
Object.assign(fs, {
  rename: (...args: Parameters<typeof rename>) => {
    dieHere();
    rename(...args);
  },
});
Object.assign(fs.promises, {
  rm: (...args: Parameters<typeof rm>) => {
    dieHere();
    return rm(...args);
  },
});
syncBuiltinESMExports();

const { VaultProof } = await import("@vaultproof/sdk");
const vault = await VaultProof.open({
  ...{ url: SERVICE_URL, developerKey: DEVELOPER_KEY, serverIdentity: SERVER_IDENTITY, stateDir: STATE_DIR },
});
await vault.keys.rotate(SLOT, { apiKey: NEXT_KEY });
process.stdout.write(`rotated after ${changes} changes\n`);
