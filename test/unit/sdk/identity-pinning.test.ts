import { randomBytes } from "node:crypto";
import { formatBundle, parseBundle } from "@vaultproof/protocol/bundle";
import { VaultProof } from "@vaultproof/sdk";
import t from "tap";
import { createMemoryVault, temporaryFolder } from "../../helpers/memory-vault.js";

void t.test("a test key trusts the first server, says so, and remembers it", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  t.equal(vault.serverIdentity, memory.service.identity());
  t.equal(memory.warnings.length, 1);
  t.match(memory.warnings[0], memory.service.identity());
  await memory.openVault();
  t.equal(memory.warnings.length, 1, "no second warning: it is pinned");

  memory.service.state.identitySeed = randomBytes(32);
  await t.rejects(memory.openVault(), { code: "identity-changed", message: memory.service.identity() });
});

void t.test("without a listener the warning goes to the process", async (t) => {
  const memory = await createMemoryVault(t);
  const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
  await memory.openVault({ onWarning: undefined });
  t.match(await warned, { name: "VaultProofWarning" });
});

void t.test("a live key refuses a server that nothing is known of, before anything is sent", async (t) => {
  const memory = await createMemoryVault(t);
  const developerKey = VaultProof.generateDeveloperKey("live");
  await t.rejects(memory.openVault({ developerKey }), {
    code: "identity-unpinned",
    message: /serverIdentity/,
  });
  t.same(memory.service.requests, []);
});

void t.test("a live key with an identity opens, and later without it: it was remembered", async (t) => {
  const memory = await createMemoryVault(t);
  const developerKey = VaultProof.generateDeveloperKey("live");
  const serverIdentity = memory.service.identity();
  await memory.openVault({ developerKey, serverIdentity });
  await memory.openVault({ developerKey });
  t.same(memory.warnings, []);
  const elsewhere = await temporaryFolder(t);
  await t.rejects(memory.openVault({ developerKey, stateDir: elsewhere }), { code: "identity-unpinned" });
});

void t.test("either kind of key refuses a server other than the one given", async (t) => {
  for (const kind of ["live", "test"] as const) {
    const memory = await createMemoryVault(t);
    const developerKey = VaultProof.generateDeveloperKey(kind);
    const serverIdentity = randomBytes(32).toString("base64url");
    await t.rejects(memory.openVault({ developerKey, serverIdentity }), {
      code: "identity-changed",
      message: serverIdentity,
    });
    t.equal(memory.service.state.developers.size, 0, "not even registered there");
  }
});

void t.test("an identity given goes before the one remembered", async (t) => {
  const memory = await createMemoryVault(t);
  await memory.openVault();
  memory.service.state.identitySeed = randomBytes(32);
  await memory.openVault({ serverIdentity: memory.service.identity() });
  await memory.openVault();
  t.equal(memory.warnings.length, 1);
});

void t.test("what is no fingerprint is refused", async (t) => {
  const memory = await createMemoryVault(t);
  await t.rejects(memory.openVault({ serverIdentity: "abc" }), { code: "invalid-argument" });
});

void t.test("a bundle opens at its own server only", async (t) => {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const parsed = parseBundle(bundle);
  t.equal(parsed.serverIdentity, memory.service.identity());
  const foreign = formatBundle({ ...parsed, serverIdentity: randomBytes(32).toString("base64url") });
  await t.rejects(memory.openApp(foreign), { code: "identity-changed" });
  await t.rejects(memory.openApp("vpb_AAAA"), { code: "invalid-argument" });
  await t.rejects(memory.openApp(bundle.slice(0, -4)), { code: "invalid-argument" });
});

void t.test("plain http is for this machine", async (t) => {
  const memory = await createMemoryVault(t);
  for (const url of ["http://vault.example", "http://127.0.0.1.evil.example", "ftp://vault.example"]) {
    await t.rejects(memory.openVault({ url }), { code: "insecure-url" }, url);
  }
  for (const url of ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://a.localhost:1"]) {
    await t.rejects(memory.openVault({ url }), { code: "unreachable" }, url);
  }
  for (const url of ["", "vault.example", "https://vault.example/path", "https://u:p@vault.example"]) {
    await t.rejects(memory.openVault({ url }), { code: /invalid-argument|insecure-url/ }, url);
  }
});

void t.test("a developer key that was mistyped is not used", async (t) => {
  const memory = await createMemoryVault(t);
  const mistyped = memory.developerKey.slice(0, -1) + (memory.developerKey.endsWith("a") ? "b" : "a");
  await t.rejects(memory.openVault({ developerKey: mistyped }), { code: "invalid-argument" });
  t.notMatch(await memory.openVault({ developerKey: mistyped }).catch(String), mistyped);
});
