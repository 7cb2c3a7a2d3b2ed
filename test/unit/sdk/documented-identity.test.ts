import { createPrivateKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { generateIdentityKey, type AccessToken } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { setIdentityStage } from "../../helpers/identity-stage.js";

// The manual's examples are run as they stand there.

const manual = readFileSync(new URL("../../../../docs/identity.md", import.meta.url), "utf8");

/** Loads the example that begins with its file's name. */
async function example<T>(t: Test, name: string): Promise<T> {
  const [, code = ""] = manual.split(`\`\`\`js\n// ${name}\n`);
  const text = (code.split("```")[0] ?? "").replace(
    '"@vaultproof/sdk"',
    JSON.stringify(import.meta.resolve("@vaultproof/sdk")),
  );
  t.ok(text.includes("export function"), name);
  const file = join(t.testdir(), name);
  writeFileSync(file, text);
  return (await import(pathToFileURL(file).href)) as T;
}

void t.test("an id signature with Node alone", async (t) => {
  const { idSignature } = await example<{ idSignature: (said: object) => string }>(t, "id-signature.mjs");
  const { stage, restrict, call, appId, now } = await setIdentityStage(t);
  for (const algorithm of ["RS256", "ES256", "EdDSA"] as const) {
    const { privateKey, publicKey } = await generateIdentityKey(algorithm);
    await restrict({
      grant: { identity: { accept: ["idSignature"], keys: [{ version: "1", jwk: publicKey }] } },
    });
    const text = idSignature({
      key: createPrivateKey({ format: "jwk", key: privateKey }),
      ...{ keyVersion: "1", keySlotId: stage.slotId, appId, subject: "user-42 ✓" },
      expiresAt: (await now()) + 600,
    });
    t.equal(await call({ idSignature: text }), null, algorithm);
  }
});

void t.test("an access token for a page", async (t) => {
  interface Backend {
    readonly tokenFor: (userId: string, key: object) => Promise<AccessToken>;
  }
  const { tokenFor } = await example<Backend>(t, "access-token.mjs");
  const { stage, restrict, call } = await setIdentityStage(t);
  const { privateKey, publicKey } = await generateIdentityKey();
  const keys = [{ version: "2026-11", jwk: publicKey }];
  await stage.db.query({ text: "UPDATE app_grants SET app_id = 'my-page'" });
  await restrict({ grant: { identity: { accept: ["accessToken"], keys } } });
  const { accessToken } = await tokenFor("user-42", { privateKey, keySlotId: stage.slotId });
  const about = { appId: "my-page", targetPath: "/v1/chat/completions" };
  t.equal(await call({ accessToken }, about, "https://app.example.com"), null);
  t.equal(await call({ accessToken }, about), "403 Access token not for this origin");
  const elsewhere = { ...about, targetPath: "/v1/files" };
  t.equal(
    await call({ accessToken }, elsewhere, "https://app.example.com"),
    "403 Access token not for this path",
  );
});
