import { VaultProof, VaultProofApp } from "@vaultproof/sdk";

/**
 * Run as a process of its own: a script as a newcomer writes one, which closes nothing. Stores the key `API_KEY`,
 * makes one call by the backend `BACKEND` and prints its status; it has to end by itself after that.
 */
const env = (name: string): string => process.env[name] ?? "";

const vault = await VaultProof.open({
  url: env("VAULTPROOF_URL"),
  developerKey: VaultProof.generateDeveloperKey("live"),
  serverIdentity: env("SERVER_IDENTITY"),
  stateDir: env("STATE_DIR"),
});
const { bundles } = await vault.keys.store({
  apiKey: env("API_KEY"),
  provider: "custom",
  baseUrl: env("PROVIDER_URL"),
  label: "a script",
  apps: ["script"],
});
const app = await VaultProofApp.open({
  url: env("VAULTPROOF_URL"),
  bundle: bundles.script ?? "",
  proving: { backend: env("BACKEND") === "wasm" ? "wasm" : "native", cacheFolder: env("CACHE_FOLDER") },
});
const response = await app.fetch("/v1/models");
await response.text();
process.stdout.write(`answered ${response.status}\n`);
