import { rm } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { formatBundle } from "@vaultproof/protocol/bundle";
import t, { type Test } from "tap";
import { createProgram } from "vaultproof/main";
import { openProjectStore } from "vaultproof/projects/open-project-store";
import { projectSlot } from "vaultproof/projects/project";
import { makeDevice } from "../../helpers/cli-device.js";

const SLOT = "3f1c9e77-ab4f-4c9e-b7ab-4f1c9e77ab00";
const bundle = formatBundle({
  ...{ serverIdentity: "A".repeat(43), slotId: SLOT, slotVersion: 1 },
  ...{ providerOrigin: "https://api.openai.com", appId: "mine" },
  ...{ slotSecret: 5n, appSecret: 6n, share2: new Uint8Array(96) },
});

async function deviceWithProject(t: Test) {
  const device = await makeDevice(t, "https://vault.example");
  const folder = await device.folder();
  const slots = [projectSlot({ bundle, url: "https://vault.example" })];
  await openProjectStore(device.context).put({ id: "p-1", folder, tokenDigest: "0".repeat(64), slots });
  const run = async (...args: string[]) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const program = await createProgram({ ...device.context, stdout, stderr }, ["projects"]);
    await program.parseAsync(["node", "vaultproof", "projects", ...args]);
    return { stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
  };
  return { run, folder };
}

void t.test("projects are listed without their bundles, and say whether their folder is gone", async (t) => {
  const { run, folder } = await deviceWithProject(t);
  const { stdout } = await run("list", "--json");
  t.notMatch(stdout, "vpb_");
  t.match(JSON.parse(stdout), {
    projects: [{ id: "p-1", folder, folderIsThere: true, slots: [{ keySlotId: SLOT, appId: "mine" }] }],
  });
  await rm(folder, { recursive: true });
  t.match((await run("list")).stdout, `${folder} (gone)`);
});

void t.test("a project is removed with a yes, and it says how to end its slots", async (t) => {
  const { run, folder } = await deviceWithProject(t);
  await t.rejects(run("remove", "p-1"), { code: "input-needed" });
  await t.rejects(run("remove", "p-2", "--yes"), { code: "not-found" });
  const removed = await run("remove", "p-1", "--yes");
  t.match(removed.stdout, `removed the project of ${folder}`);
  t.match(removed.stderr, `vaultproof keys revoke ${SLOT}`);
  t.same(JSON.parse((await run("list", "--json")).stdout), { projects: [] });
});
