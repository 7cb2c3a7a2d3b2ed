import t from "tap";
import type { Page } from "playwright-core";
import { chromiumSkipReason, launchChromium, openPage } from "../helpers/chromium.js";
import { readGivenBuffers, watchGivenBuffers } from "../helpers/given-buffers.js";
import { openKeystorePage, type KeystorePageGlobals } from "../helpers/keystore-page.js";
import { startStaticHost } from "../helpers/static-host.js";

declare const keystore: KeystorePageGlobals["keystore"];
declare const said: KeystorePageGlobals["said"];
/** What the tests read and change of IndexedDB, by themselves. */
declare const indexedDB: {
  open(name: string): Request<{ transaction(store: string, mode: string): Transaction }>;
};
declare const IDBObjectStore: { prototype: Record<string, (...args: unknown[]) => unknown> };
interface Request<T> {
  result: T;
  onsuccess: () => void;
}
interface Transaction {
  objectStore(name: string): { get(key: string): Request<Header>; put(value: Header, key: string): unknown };
  oncomplete: () => void;
}
interface Header {
  format: number;
  protection: { type: string; iterations?: number; memory?: number; salt: Uint8Array };
  masterKey: { ciphertext: Uint8Array };
  developerKey: { ciphertext: Uint8Array };
}

const PASSPHRASE = "correct horse battery";
const OTHER = "another long passphrase";
const NO_WASM = "/no-wasm.html";

/** Changes the header by a path, and returns how it was. */
function editHeader(
  page: Page,
  edit?: string,
): Promise<{ type: string; iterations?: number; memory?: number }> {
  return page.evaluate(async (edit) => {
    const opening = indexedDB.open("vaultproof keystore vaultproof");
    await new Promise<void>((resolve) => (opening.onsuccess = resolve));
    const database = opening.result;
    const change = database.transaction("header", "readwrite");
    const reading = change.objectStore("header").get("header");
    await new Promise<void>((resolve) => (reading.onsuccess = resolve));
    const header = reading.result;
    const before = { ...header.protection, salt: undefined };
    const flip = (bytes: Uint8Array): void => void (bytes[3] = (bytes[3] ?? 0) ^ 1);
    if (edit === "masterKey" || edit === "developerKey") flip(header[edit].ciphertext);
    if (edit === "salt") flip(header.protection.salt);
    if (edit === "iterations") header.protection.iterations = 1;
    if (edit === "memory") header.protection.memory = 1 << 30;
    if (edit === "format") header.format = 2;
    if (edit !== undefined) change.objectStore("header").put(header, "header");
    await new Promise<void>((resolve) => (change.oncomplete = resolve));
    (database as unknown as { close(): void }).close();
    return before;
  }, edit);
}

const initialize = (page: Page): Promise<string> =>
  page.evaluate((passphrase) => said(keystore.initialize({ passphrase })), PASSPHRASE);
const unlock = (page: Page, passphrase = PASSPHRASE): Promise<string> =>
  page.evaluate((passphrase) => said(keystore.unlock({ passphrase })), passphrase);

void t.test("what opens a keystore", { skip: chromiumSkipReason() }, async (t) => {
  const { origin } = await startStaticHost(t, {
    files: { [NO_WASM]: "<!doctype html><html lang='en'><title>strict</title></html>" },
    answer: (path, response) => {
      const policy = "default-src 'none'; script-src 'self'; connect-src 'self'";
      if (path === NO_WASM) response.setHeader("content-security-policy", policy);
      return false;
    },
  });
  const browser = await launchChromium(t);

  await t.test("a passphrase by Argon2id; what was changed opens nothing and says no more", async (t) => {
    const { page, context } = await openPage(browser);
    await openKeystorePage(page, origin);
    await initialize(page);
    t.match(await editHeader(page), { type: "argon2id", iterations: 3, memory: 65536, parallelism: 4 });
    for (const edit of ["masterKey", "developerKey", "salt", "iterations"]) {
      await editHeader(page, edit);
      await openKeystorePage(page, origin);
      const wrong = await page.evaluate(
        (passphrase) => keystore.unlock({ passphrase }).catch((error: unknown) => (error as Error).message),
        PASSPHRASE,
      );
      t.equal(wrong, "It does not open with this passphrase: nothing of the keystore was read", edit);
      await page.evaluate(() => keystore.delete());
      await initialize(page);
    }
    await openKeystorePage(context, `${origin}${NO_WASM}`).then(async (strict) => {
      t.equal(await unlock(strict), "keystore-unavailable", "where no WebAssembly runs");
      await strict.close();
    });
    for (const edit of ["memory", "format"]) {
      await editHeader(page, edit);
      await t.rejects(openKeystorePage(page, origin), /state on this device cannot be read/, edit);
      await page.evaluate(() => (globalThis as unknown as KeystorePageGlobals).sdk.deleteKeystore());
      await openKeystorePage(page, origin);
      await initialize(page);
    }
    await context.close();
  });

  await t.test("a passphrase by PBKDF2 where the page's policy refuses WebAssembly", async (t) => {
    const { page, context } = await openPage(browser);
    await openKeystorePage(page, `${origin}${NO_WASM}`);
    t.equal(await initialize(page), "done");
    t.match(await editHeader(page), { type: "pbkdf2-sha256", iterations: 1_000_000 });
    await openKeystorePage(page, origin);
    t.equal(await unlock(page, OTHER), "wrong-passphrase");
    t.equal(await unlock(page), "done", "the header says how, wherever it is opened");
    await page.evaluate(
      ([current = "", next = ""]) => keystore.changePassphrase({ passphrase: current }, { passphrase: next }),
      [PASSPHRASE, OTHER],
    );
    t.match(await editHeader(page), { type: "argon2id" }, "changed where there is better");
    await context.close();
  });

  await t.test("a passkey by its PRF", async (t) => {
    const { page, context } = await openPage(browser);
    const local = origin.replace("127.0.0.1", "localhost");
    await openKeystorePage(page, local);
    const devtools = await context.newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    const addAuthenticator = async (hasPrf: boolean): Promise<string> => {
      const made = await devtools.send("WebAuthn.addVirtualAuthenticator", {
        options: {
          ...{ protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasPrf },
          ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
          automaticPresenceSimulation: true,
        },
      });
      return made.authenticatorId;
    };
    const remove = (authenticatorId: string): Promise<unknown> =>
      devtools.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
    const without = await addAuthenticator(false);
    const initializeByPasskey = (): Promise<string> =>
      page.evaluate(() => said(keystore.initialize({ passkey: { userName: "a developer" } })));
    t.equal(await initializeByPasskey(), "keystore-unavailable");
    t.equal(await page.evaluate(() => keystore.state), "empty");
    await remove(without);
    const authenticator = await addAuthenticator(true);
    await watchGivenBuffers(page);
    t.equal(await initializeByPasskey(), "done");
    const given = await readGivenBuffers(page);
    t.ok(given.length > 1, "the output of the PRF and the developer key");
    t.ok(
      given.every((bytes) => bytes.every((byte) => byte === 0)),
      "are overwritten",
    );
    const developer = await page.evaluate(() => keystore.developerId);
    await openKeystorePage(page, local);
    t.equal(await page.evaluate(() => keystore.protection), "passkey");
    t.equal(await unlock(page), "invalid-argument", "it has no passphrase");
    t.equal(await page.evaluate(() => said(keystore.unlock({ passkey: true }))), "done");
    t.equal(await page.evaluate(() => keystore.developerId), developer);
    const changed = await page.evaluate(
      (passphrase) => said(keystore.changePassphrase({ passkey: true }, { passphrase })),
      OTHER,
    );
    t.equal(changed, "done");
    await devtools.send("WebAuthn.setUserVerified", {
      authenticatorId: authenticator,
      isUserVerified: false,
    });
    const backToPasskey = await page.evaluate(
      (passphrase) => said(keystore.changePassphrase({ passphrase }, { passkey: { userName: "nobody" } })),
      OTHER,
    );
    t.equal(backToPasskey, "passkey-unused", "by nobody");
    await remove(authenticator);
    await openKeystorePage(page, local);
    t.equal(await unlock(page, OTHER), "done", "from a passkey to a passphrase");
    t.equal(await page.evaluate(() => keystore.developerId), developer);
    await context.close();
  });

  await t.test(
    "a page that dies while it changes its passphrase: the old one or the new one opens",
    async (t) => {
      const { page, context } = await openPage(browser);
      await openKeystorePage(page, origin);
      await initialize(page);
      const change = `void keystore.changePassphrase({ passphrase: "${PASSPHRASE}" }, { passphrase: "${OTHER}" })`;
      const openedBy = async (): Promise<string[]> => {
        const survivor = await openKeystorePage(context, origin);
        const answers = [await unlock(survivor, PASSPHRASE), await unlock(survivor, OTHER)];
        await survivor.close();
        return answers;
      };
      const kill = async (page: Page): Promise<void> => {
        const crashed = page.waitForEvent("crash");
        const devtools = await browser.newBrowserCDPSession();
        const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
        for (const { type, id } of processInfo) if (type === "renderer") process.kill(id, "SIGKILL");
        await crashed;
        await page.close();
      };
      // The write is asked for, and the page never comes to let it be carried out.
      const reached = page.waitForEvent("console");
      await page.evaluate(() => {
        const stores = IDBObjectStore.prototype;
        const put = stores.put;
        stores.put = function (...args) {
          put?.apply(this, args);
          console.log("put");
          for (;;);
        };
      });
      await page.evaluate(change);
      await reached;
      await kill(page);
      t.same(await openedBy(), ["done", "wrong-passphrase"]);

      const second = await openKeystorePage(context, origin);
      const done = second.waitForEvent("console");
      await second.evaluate(
        change.replace("void ", "").concat(".then(() => { console.log('changed'); for (;;); }); 0"),
      );
      await done;
      await kill(second);
      t.same(await openedBy(), ["wrong-passphrase", "done"]);
      await context.close();
    },
  );
});
