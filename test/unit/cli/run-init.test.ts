import { execFileSync } from "node:child_process";
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { CommandContext } from "vaultproof/context";
import { createInitRecords, type InitRecord } from "vaultproof/init/record";
import { runInit, type InitOptions } from "vaultproof/init/run-init";
import { undoInit } from "vaultproof/init/undo";
import { gatewayTokenDigest, newGatewayToken } from "vaultproof/projects/gateway-token";
import { openProjectStore } from "vaultproof/projects/open-project-store";
import { createReport } from "vaultproof/report";
import { configFolder } from "vaultproof/state/config-folder";
import { saveProfile } from "vaultproof/state/profile";
import { makeDevice } from "../../helpers/cli-device.js";
import { madeUpKeys } from "../../helpers/env-shapes.js";
import { NOBODY, unprivileged } from "../../helpers/unprivileged.js";

const NO_SERVICE = "http://127.0.0.1:9";

/** A folder on a device that has no service: what is found out before one is asked. */
async function makeFolder(t: Test) {
  const device = await makeDevice(t, NO_SERVICE);
  const folder = await device.folder();
  const context: CommandContext = { ...device.context, cwd: folder };
  const report = createReport(context, {});
  return {
    root: device.context.cwd,
    folder,
    context,
    write: (text: string, name = ".env") => writeFile(join(folder, name), text),
    init: (options: InitOptions = {}) => runInit(context, { yes: true, ...options }, report),
    undo: () => undoInit(context, { yes: true }, report),
    saveRecord: (more: Partial<InitRecord> = {}) =>
      createInitRecords(configFolder(context.env), () => "").save({
        format: 1,
        id: "0123456789abcdef",
        folder,
        url: NO_SERVICE,
        developerId: "D",
        gateway: "http://127.0.0.1:8790",
        appId: "project-01234567",
        keys: [],
        rewrites: [],
        forgotten: false,
        ...more,
      }),
  };
}

void t.test("another port of the gateway is refused where the folder has one", async (t) => {
  const { init, saveRecord, write } = await makeFolder(t);
  await write("A=1\n");
  await saveRecord();
  const refused = { code: "input-invalid", message: /leads? to http:\/\/127\.0\.0\.1:8790/ };
  await t.rejects(init({ gateway: "http://127.0.0.1:9999" }), { ...refused, hint: /--undo/ });
  await t.resolves(init({ gateway: "http://127.0.0.1:8790" }), "the same one");
  await t.resolves(init(), "none given");
  await saveRecord({ gateway: "http://127.0.0.1:8800" });
  await t.resolves(init(), "none given, and what is recorded is not the usual one");
  await saveRecord({ forgotten: true });
  await t.rejects(init({ gateway: "http://127.0.0.1:9999" }), { ...refused, hint: /^leave the option out/ });
});

void t.test("a draft that was left goes although there is nothing to do, but not in a dry run", async (t) => {
  const { folder, init, write } = await makeFolder(t);
  await write("A=1\n");
  await write("KEY=1\n", ".env.vaultproof-0123456789abcdef.tmp");
  await init({ dryRun: true });
  t.equal((await readdir(folder)).length, 2);
  await init();
  t.same(await readdir(folder), [".env"]);
});

void t.test("a file that cannot be replaced is found before the service is asked", async (t) => {
  const { folder, root, context, init, write } = await makeFolder(t);
  const original = `OPENAI_API_KEY=${madeUpKeys().openai}\n`;
  await write(original);
  await saveProfile(configFolder(context.env), { format: 1, url: NO_SERVICE, developerId: "D".repeat(43) });
  if (process.geteuid?.() === 0) execFileSync("chown", ["-R", String(NOBODY), root]);
  await chmod(folder, 0o555);
  t.teardown(() => chmod(folder, 0o700));
  await unprivileged(async () => {
    await t.rejects(init(), { code: "file-unwritable" });
  });
  t.equal(await readFile(join(folder, ".env"), "utf8"), original);
});

void t.test("placeholders of a folder that was moved: it is named", async (t) => {
  const { folder, context, init, undo, write } = await makeFolder(t);
  const token = newGatewayToken();
  await write(`OPENAI_API_KEY=${token}\n`);
  await t.resolves(init(), "placeholders that nobody here knows");
  await t.rejects(undo(), { code: "not-a-project" });
  const projects = openProjectStore(context);
  const project = { id: "0123456789abcdef", tokenDigest: gatewayTokenDigest(token), slots: [] };
  await projects.put({ ...project, folder: "/nowhere/before" });
  const refused = {
    code: "project-elsewhere",
    message: /placeholders of the project in \/nowhere\/before/,
    hint: /move .* back to \/nowhere\/before/,
  };
  await t.rejects(init(), refused);
  await t.rejects(init({ dryRun: true }), refused);
  await t.rejects(undo(), refused);
  const elsewhere = t.testdir({});
  await projects.put({ ...project, folder: elsewhere });
  await t.rejects(init(), { code: "project-elsewhere", hint: /run it there/ }, "a copy of one that is there");
  await projects.put({ ...project, folder: join(folder, "..") });
  await t.resolves(init(), "a folder within the project's");
});
