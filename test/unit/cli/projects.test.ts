import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { formatBundle } from "@vaultproof/protocol/bundle";
import t from "tap";
import { CliError } from "vaultproof/errors";
import { slotsOfRun } from "vaultproof/exec/slots-of-run";
import { gatewayTokenDigest, newGatewayToken } from "vaultproof/projects/gateway-token";
import { storedProjects } from "vaultproof/gateway/served-projects";
import { bundlesFromEnvironment } from "vaultproof/projects/bundles-from-environment";
import { chooseApps } from "vaultproof/projects/choose-apps";
import { createFileProjectStore } from "vaultproof/projects/file-project-store";
import { findProject } from "vaultproof/projects/find-project";
import { type Project, projectSlot } from "vaultproof/projects/project";
import { temporaryFolder } from "../../helpers/memory-vault.js";

const URL = "https://vault.example";

function bundleFor(providerOrigin: string, appId = "my-app"): string {
  return formatBundle({
    serverIdentity: "A".repeat(43),
    slotId: "3f1c9e77-ab4f-4c9e-b7ab-4f1c9e77ab00",
    slotVersion: 1,
    providerOrigin,
    appId,
    slotSecret: 5n,
    appSecret: 6n,
    share2: new Uint8Array(randomBytes(96)),
  });
}

const OPENAI = bundleFor("https://api.openai.com");

function project(id: string, folder: string, apps: readonly string[] = ["my-app"]): Project {
  const slots = apps.map((app) =>
    projectSlot({ bundle: bundleFor("https://api.openai.com", app), url: URL }),
  );
  return { id, folder, tokenDigest: gatewayTokenDigest(id), slots };
}

function memorySecrets() {
  const kept = new Map<string, string>();
  return {
    kept,
    get: (name: string) => Promise.resolve(kept.get(name) ?? null),
    setOnce: (name: string, value: string) => {
      if (!kept.has(name)) kept.set(name, value);
      return Promise.resolve(kept.get(name) ?? value);
    },
  };
}

async function errorCode(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  return error instanceof CliError ? error.code : String(error);
}

void t.test("projects come back as they were put, from files that show nothing", async (t) => {
  const folder = join(await temporaryFolder(t), "projects");
  const store = createFileProjectStore({ folder, secrets: memorySecrets() });
  t.strictSame(await store.list(), [], "none yet, not even a folder");
  const [one, two] = [project("one", "/one", ["a", "b"]), project("two", "/two")];
  await store.put(one);
  await store.put(two);
  const read = await store.list();
  t.strictSame(read, [one, two]);
  t.equal(read[0]?.slots[1]?.bundle, one.slots[1]?.bundle);
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    t.equal((await stat(file)).mode & 0o777, 0o600);
    const text = await readFile(file, "latin1");
    t.notMatch(text, /vpb_|openai|my-app|vault\.example|"\/one"/);
  }
  t.equal((await stat(folder)).mode & 0o777, 0o700);
  await store.delete("one");
  t.strictSame(await store.list(), [two]);
});

void t.test("two commands that make the first project at once write what both can read", async (t) => {
  const folder = join(await temporaryFolder(t), "projects");
  const secrets = memorySecrets();
  // Both look before either has written.
  let looked = 0;
  let bothLooked: () => void = () => undefined;
  const both = new Promise<void>((resolve) => (bothLooked = resolve));
  const slow = {
    ...secrets,
    get: async (name: string) => {
      const kept = await secrets.get(name);
      if (++looked === 2) bothLooked();
      await both;
      return kept;
    },
  };
  const store = createFileProjectStore({ folder, secrets: slow });
  await Promise.all([store.put(project("one", "/one")), store.put(project("two", "/two"))]);
  t.same(
    (await store.list()).map(({ id }) => id),
    ["one", "two"],
  );
});

void t.test("a file that was altered, moved or written under another key is not believed", async (t) => {
  const folder = join(await temporaryFolder(t), "projects");
  const secrets = memorySecrets();
  const store = createFileProjectStore({ folder, secrets });
  await store.put(project("one", "/one"));
  const file = join(folder, "one.vpp");
  const bytes = await readFile(file);
  const spoiled: Record<string, Buffer> = {
    cut: bytes.subarray(0, 20),
    empty: Buffer.alloc(0),
    altered: Buffer.from(bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte))),
  };
  for (const [name, content] of Object.entries(spoiled)) {
    await writeFile(file, content);
    t.equal(await errorCode(store.list()), "projects-unreadable", name);
  }
  await writeFile(file, bytes);
  await writeFile(join(folder, "two.vpp"), bytes);
  t.equal(await errorCode(store.list()), "projects-unreadable", "under another's name");
  const other = createFileProjectStore({ folder, secrets: memorySecrets() });
  t.equal(await errorCode(other.list()), "projects-unreadable", "no key");
  secrets.kept.set("projects-key", randomBytes(32).toString("base64"));
  t.equal(await errorCode(store.list()), "projects-unreadable", "another key");
});

void t.test("a slot never shows its bundle", (t) => {
  const slot = projectSlot({ bundle: ` ${OPENAI}\n`, url: URL });
  t.equal(slot.bundle, OPENAI);
  t.match(slot, { slug: "openai", appId: "my-app", providerOrigin: "https://api.openai.com" });
  for (const shown of [JSON.stringify(slot), inspect(slot), inspect([slot], { depth: 9 })])
    t.notMatch(shown, "vpb_");
  t.end();
});

void t.test("a project is that of the folder, or of the nearest around it", (t) => {
  const projects = [project("a", "/home/me"), project("b", "/home/me/app"), project("c", "/home/me/app2")];
  t.equal(findProject(projects, "/home/me/app/src/deep")?.id, "b");
  t.equal(findProject(projects, "/home/me/app")?.id, "b");
  t.equal(findProject(projects, "/home/me/app22")?.id, "a");
  t.equal(findProject(projects, "/home"), undefined);
  t.end();
});

void t.test("which app calls is never guessed", async (t) => {
  const { slots } = project("a", "/a", ["web", "worker"]);
  t.equal(chooseApps(slots, ["worker"]).get("openai")?.appId, "worker");
  for (const names of [[], ["web", "worker"]]) {
    t.equal(await errorCode(Promise.resolve().then(() => chooseApps(slots, names))), "app-unclear");
  }
  t.equal(await errorCode(Promise.resolve().then(() => chooseApps(slots, ["other"]))), "app-unknown");
});

void t.test("bundles from the environment", async (t) => {
  const mine = bundleFor("https://llm.example");
  const read = (VAULTPROOF_BUNDLE: string, VAULTPROOF_URL = URL) =>
    bundlesFromEnvironment({ VAULTPROOF_BUNDLE, VAULTPROOF_URL });
  t.equal(bundlesFromEnvironment({}), undefined);
  t.equal(read(" , "), undefined);
  t.match(read(`${OPENAI}, mine=${mine},`), [
    { slug: "openai" },
    { slug: "mine", providerOrigin: "https://llm.example" },
  ]);
  t.match(read(mine), [{ slug: "custom" }]);
  const bad: Record<string, [string, string?]> = {
    "bundle-invalid": [OPENAI.slice(0, -3)],
    "bundle-invalid ": ["sk-real-key"],
    "bundle-invalid  ": [`Not A Slug=${mine}`],
    "bundle-invalid   ": [`../x=${mine}`],
    "configuration-invalid": [OPENAI, ""],
  };
  for (const [code, args] of Object.entries(bad)) {
    const work = Promise.resolve().then(() => read(...args));
    t.equal(await errorCode(work), code.trim());
    await work.catch((error: unknown) => t.notOk(String(error).includes(args[0].slice(-20))));
  }
});

void t.test("projects are read again while there are requests, and kept when they cannot be", async (t) => {
  let now = 0;
  let list: () => Promise<Project[]> = () => Promise.resolve([project("a", "/a")]);
  let changes = 0;
  const onChange = (): void => {
    changes++;
  };
  const source = await storedProjects({ store: { list: () => list() }, apps: [], now: () => now, onChange });
  const folders = async (): Promise<string[]> => (await source.current()).map(({ folder }) => folder);
  list = () => Promise.resolve([project("a", "/a"), project("b", "/b")]);
  t.strictSame(await folders(), ["/a"], "not for each request");
  now = 3_000;
  t.strictSame(await Promise.all([folders(), folders()]), [
    ["/a", "/b"],
    ["/a", "/b"],
  ]);
  t.equal(changes, 1);
  list = () => Promise.reject(new Error("the keyring is locked"));
  now = 6_000;
  t.strictSame(await folders(), ["/a", "/b"]);
  await t.rejects(storedProjects({ store: { list }, apps: [] }), { message: "the keyring is locked" });
});

void t.test("a file that is no project's is left alone", async (t) => {
  const folder = join(await temporaryFolder(t), "projects");
  await mkdir(folder);
  await writeFile(join(folder, "README.md"), "mine");
  const store = createFileProjectStore({ folder, secrets: memorySecrets() });
  t.strictSame(await store.list(), []);
  await t.rejects(store.put(project("../x", "/x")), RangeError);
});

void t.test("a run calls with the key whose placeholder is in .env", async (t) => {
  const folder = await temporaryFolder(t);
  const tokens = [newGatewayToken(), newGatewayToken()] as const;
  const of = (id: string, token: string, slugs: readonly string[]): Project => ({
    id,
    folder,
    tokenDigest: gatewayTokenDigest(token),
    slots: slugs.map((slug) =>
      projectSlot({ slug, bundle: bundleFor(`https://${slug}.example`, id), url: URL }),
    ),
  });
  const projects = [
    of("older", tokens[0], ["openai", "groq"]),
    of("newer", tokens[1], ["openai", "mistral"]),
  ];
  const chosen = async (env: string | undefined, apps: string[] = []) => {
    if (env !== undefined) await writeFile(join(folder, ".env"), env);
    const slots = [...(await slotsOfRun(projects, apps)).values()];
    return Object.fromEntries(slots.map(({ slug, appId }) => [slug, appId]));
  };
  const rest = { groq: "older", mistral: "newer" };
  t.same(await chosen(undefined), { openai: "older", ...rest }, "no .env: the first that has it");
  t.same(await chosen(`OPENAI_API_KEY="${tokens[1]}"\n`), { openai: "newer", ...rest });
  t.same(await chosen(`export OPENAI_API_KEY=${tokens[0]} # mine\n`), { openai: "older", ...rest });
  t.same(await chosen(`OTHER=${tokens[1]}\n`), { openai: "older", ...rest }, "another variable says nothing");
  t.same(await chosen(`OPENAI_API_KEY=${tokens[1]}\n`, ["older"]), { openai: "older", groq: "older" });
  t.equal(await errorCode(slotsOfRun(projects, ["nobody"])), "app-unknown");
});
