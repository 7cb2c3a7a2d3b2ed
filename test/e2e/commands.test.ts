import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { VaultProof } from "@vaultproof/sdk";
import t from "tap";
import { makeLoggedInDevice, type CliDevice } from "../helpers/cli-device.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { startStack, type Stack } from "../helpers/stack.js";

t.setTimeout(600_000);

let stack: Stack;
let device: CliDevice;
t.before(async () => {
  stack = await startStack();
  device = await makeLoggedInDevice(t, stack);
});
t.teardown(() => stack.close());

const toProvider = () => ["--provider", "custom", "--base-url", stack.provider.origin] as const;

async function store(...more: string[]): Promise<{ keySlotId: string; bundles: Record<string, string> }> {
  const args = ["keys", "store", "-", ...toProvider(), "--json", ...more];
  const { code, stdout, stderr } = await device.run(args, { input: `${stack.provider.key}\n` });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as { keySlotId: string; bundles: Record<string, string> };
}

void t.test(
  "a key goes in, is listed, tested, granted, revoked",
  { skip: findReferenceString() === undefined ? noReferenceString : false },
  async (t) => {
    const { keySlotId, bundles } = await store("--app", "one", "--label", "mine");
    t.match(bundles.one, /^vpb_/);
    const list = JSON.parse((await device.run(["keys", "list", "--json"])).stdout) as {
      keySlots: { id: string; label: string }[];
    };
    t.equal(list.keySlots.find(({ id }) => id === keySlotId)?.label, "mine");
    t.match(
      (await device.run(["keys", "list"])).stdout,
      new RegExp(`^${keySlotId} +custom +mine +active .* one$`, "m"),
    );

    const before = stack.provider.requests.length;
    const tested = await device.run(["keys", "test", keySlotId]);
    t.equal(tested.code, 0, tested.stderr);
    t.match(tested.stdout, /works: GET \/v1\/models was answered 200 by the provider/);
    t.equal(stack.provider.requests.length, before + 1);

    const out = join(await device.folder(), "bundle");
    const flags = ["--methods", "get", "--paths", "/v1/models,/v1/files/*", "--not-after", "30d"];
    t.equal((await device.run(["apps", "grant", keySlotId, "two", ...flags, "--out", out])).code, 0);
    t.match(await readFile(out, "utf8"), /^vpb_\S+\n$/);
    t.equal((await stat(out)).mode & 0o777, 0o600);
    t.equal(
      (await device.run(["apps", "grant", keySlotId, "two", "--out", out])).code,
      2,
      "never over a file",
    );
    t.equal((await device.run(["apps", "revoke", keySlotId, "two", "--yes"])).code, 0);
    const twice = await device.run(["apps", "revoke", keySlotId, "two", "--yes"]);
    t.equal(twice.code, 3, "the server refuses");
    t.equal((await device.run(["keys", "revoke", keySlotId])).code, 2, "nobody can be asked");
    t.equal((await device.run(["keys", "revoke", keySlotId, "--yes"])).code, 0);
    t.notMatch((await device.run(["keys", "list"])).stdout, keySlotId);
    t.match((await device.run(["keys", "list", "--all"])).stdout, keySlotId);
    t.equal((await device.run(["keys", "test", keySlotId])).code, 1);
  },
);

void t.test("a new bundle keeps the app's restrictions unless told otherwise", async (t) => {
  const folder = await device.folder();
  const line = `OPENAI_API_KEY=sk-proj-${"St4Uv5Wx6".repeat(4)}\n`;
  await writeFile(join(folder, ".env"), line);
  t.equal((await device.run(["init", "--yes"], { cwd: folder })).code, 0);
  const grantOf = async () => {
    const { stdout } = await device.run(["keys", "list", "--json"]);
    const { keySlots } = JSON.parse(stdout) as {
      keySlots: { id: string; label: string; appGrants: { appId: string; restrictions: unknown }[] }[];
    };
    const slot = keySlots.find(({ label }) => label.startsWith(`${basename(folder)} `));
    return { slot: slot?.id ?? "", ...(slot?.appGrants[0] ?? { appId: "", restrictions: undefined }) };
  };
  const { slot, appId } = await grantOf();
  const grant = async (...flags: string[]) =>
    (await device.run(["apps", "grant", slot, appId, ...flags])).code;
  t.equal(await grant("--per-day", "5"), 0);
  t.equal(await grant(), 0);
  t.match((await grantOf()).restrictions, { perDay: 5 }, "granted again");
  await writeFile(join(folder, ".env.local"), line);
  t.equal((await device.run(["init", "--yes"], { cwd: folder })).code, 0);
  t.match((await grantOf()).restrictions, { perDay: 5 }, "found again by init");
  t.equal(await grant("--per-minute", "1"), 0);
  t.same((await grantOf()).restrictions, { perMinute: 1 }, "others take their place");
  t.equal(await grant("--unrestricted", "--per-day", "1"), 2);
  t.equal(await grant("--unrestricted"), 0);
  t.equal((await grantOf()).restrictions, null);
  t.equal((await device.run(["init", "--undo", "--yes"], { cwd: folder })).code, 0);
});

void t.test(
  "a wrong key is told as such by keys test",
  { skip: findReferenceString() === undefined ? noReferenceString : false },
  async (t) => {
    const stored = await device.run(["keys", "store", "-", ...toProvider(), "--json"], {
      input: "sk-quite-another-key",
    });
    const { keySlotId } = JSON.parse(stored.stdout) as { keySlotId: string };
    const tested = await device.run(["keys", "test", keySlotId, "--json"]);
    t.equal(tested.code, 1);
    t.match(JSON.parse(tested.stdout), { works: false, status: 401, source: "upstream" });
  },
);

void t.test("keys come from standard input or a descriptor, never from an argument", async (t) => {
  const file = join(await device.folder(), "key");
  await writeFile(file, `${stack.provider.key}\n`);
  const args = ["keys", "store", ...toProvider(), "--key-fd", "3"];
  t.equal((await device.run(args, { descriptor3: file })).code, 0);
  const developerKey = VaultProof.generateDeveloperKey("test");
  const openai = `sk-proj-${"Ab3".repeat(12)}`;
  const refused = [
    ["keys", "store", stack.provider.key, ...toProvider()],
    ["keys", "store", openai],
    ["keys", "store", "-", "--label", openai],
    ["login", developerKey],
    ["login", "--new", developerKey],
    ["login", `--key-fd=${developerKey}`],
    [openai],
  ];
  for (const args of refused) {
    const { code, stdout, stderr } = await device.run(args, { input: "" });
    t.equal(code, 2, args.slice(0, 1).join());
    t.match(stderr, /never taken from an? argument|history/, args.slice(0, 2).join(" ").slice(0, 10));
    for (const key of [stack.provider.key, developerKey, openai])
      t.notOk((stdout + stderr).includes(key), "not shown");
  }
  for (const input of ["", "two\nlines\n"]) {
    t.equal((await device.run(["keys", "store", "-", ...toProvider()], { input })).code, 2);
  }
  t.equal((await device.run(["keys", "store", "-", "--key-fd", "3"], { descriptor3: file })).code, 2);
  t.equal((await device.run(["keys", "store", "--key-fd", "99", ...toProvider()])).code, 2);
  const asked = await device.run(["keys", "store", ...toProvider()]);
  t.equal(asked.code, 2);
  t.match(asked.stderr, /no terminal to ask at\n +hint: give `-`.*--key-fd/);
});

const NO_SLOT = "4e306e54-9f70-4b16-af31-98fdda1165c5";

void t.test("every failure has its exit code, and with --json its document", async (t) => {
  const developerKey = VaultProof.generateDeveloperKey("test");
  const away = ["--url", "http://127.0.0.1:9", "--json"];
  const cases = [
    { args: ["login", "-", "--yes", ...away], input: developerKey, exit: 4, error: "unreachable" },
    { args: ["keys", "list", ...away], exit: 6, error: "identity-unpinned" },
    { args: ["keys", "list", "--json", "--url", "ftp://x"], exit: 2, error: "input-invalid" },
    { args: ["keys", "test", NO_SLOT, "--json"], exit: 1, error: "not-found" },
    { args: ["keys", "revoke", "none", "--yes", "--json"], exit: 2, error: "input-invalid" },
    { args: ["apps", "grant", NO_SLOT, "x", "--per-day", "many", "--json"], exit: 2, error: "input-invalid" },
    { args: ["config", "set", "server-identity", "short", "--json"], exit: 2, error: "input-invalid" },
  ];
  for (const { args, input = "", exit, error } of cases) {
    const { code, stdout, stderr } = await device.run(args, { input });
    t.equal(code, exit, args.join(" "));
    t.match(JSON.parse(stdout), { error: { code: error } });
    t.match(stderr, /^vaultproof: error: /m);
    t.notMatch(stderr, /\n +at /, "no stack");
  }
  for (const args of [["keys"], ["keys", "bake"], ["keys", "list", "--what"], ["config", "set", "url"]]) {
    t.equal((await device.run(args)).code, 2, args.join(" "));
  }
});

void t.test("doctor names what is broken and what to do about it", async (t) => {
  const { keySlotId } = await store();
  const healthy = await device.run(["doctor"]);
  t.equal(healthy.code, 0, healthy.stdout);
  t.match(healthy.stdout, /nothing is broken\n$/);
  t.ok(keySlotId);
  const broken = async (env: Record<string, string>, args: string[] = []) => {
    const { code, stdout } = await device.run(["doctor", "--json", ...args], { env });
    t.equal(code, 1);
    const { findings } = JSON.parse(stdout) as {
      findings: { check: string; state: string; remedy?: string }[];
    };
    const found = findings.filter(({ state }) => state === "broken");
    for (const { check, remedy } of found) t.ok(remedy, `${check} has a remedy`);
    return found.map(({ check }) => check);
  };
  t.same(await broken({ VAULTPROOF_URL: "http://127.0.0.1:9" }), ["edge"], "the edge is down");
  const lonely = await stack.startEdge("http://127.0.0.1:9");
  t.same(await broken({ VAULTPROOF_URL: lonely.url }), ["edge"], "the server is down");
  const other = await startStack();
  t.teardown(() => other.close());
  t.same(await broken({ VAULTPROOF_URL: other.edgeUrl }), ["identity"], "an address that was never pinned");
  await device.run(["config", "set", "server-identity", other.identity]);
  t.same(await broken({}), ["identity", "developer"], "another identity");
  await device.run(["config", "set", "server-identity", stack.identity]);
  t.same(await broken({ VAULTPROOF_CONFIG_DIR: await device.folder() }), ["login"], "nobody is logged in");
  t.same(await broken({ VAULTPROOF_PASSPHRASE_FILE: "" }), ["developer key"], "locked");
  const profile = join(device.configDir, "profile.json");
  const text = await readFile(profile, "utf8");
  await writeFile(profile, text.slice(0, 20));
  t.match(await broken({}), ["state"], "a damaged file");
  await writeFile(profile, text);

  const folder = await device.folder();
  await writeFile(join(folder, ".env"), `OPENAI_API_KEY=sk-proj-${"Ab3Cd4Ef5".repeat(4)}\n`);
  await device.run(["init", "--yes"], { cwd: folder });
  const list = JSON.parse((await device.run(["keys", "list", "--json"])).stdout) as {
    keySlots: { id: string; label: string; appGrants: { appId: string }[] }[];
  };
  const slot = list.keySlots.find(({ label }) => label.includes("(init "));
  const appId = slot?.appGrants[0]?.appId ?? "";
  t.equal((await device.run(["apps", "revoke", slot?.id ?? "", appId, "--yes"])).code, 0);
  t.same(await broken({}), [`app ${appId}`], "a revoked app");
  await device.run(["apps", "grant", slot?.id ?? "", appId]);
  t.equal((await device.run(["doctor"])).code, 0, "the remedy for it helps");
  t.equal((await device.run(["keys", "revoke", slot?.id ?? "", "--yes"])).code, 0);
  t.same(await broken({}), [`app ${appId}`], "a revoked slot");
  await writeFile(join(folder, ".env"), `OPENAI_API_KEY=sk-proj-${"Mn1Op2Qr3".repeat(4)}\n`);
  t.equal((await device.run(["init", "--yes"], { cwd: folder })).code, 0);
  t.equal((await device.run(["doctor"])).code, 0, "and so does the one for that");

  const projects = join(device.configDir, "projects");
  const [name = ""] = await readdir(projects);
  const whole = await readFile(join(projects, name));
  await writeFile(join(projects, name), whole.subarray(0, 9));
  const { findings } = JSON.parse((await device.run(["doctor", "--json"])).stdout) as {
    findings: { check: string; found: string; remedy?: string }[];
  };
  const damaged = findings.find(({ check }) => check === "projects");
  t.match(damaged?.found, `${name} is cut`);
  t.match(damaged?.remedy, projects);
  await writeFile(join(projects, name), whole);
  const skewed = await broken({ NODE_OPTIONS: `--import ${hourAhead()}` });
  t.same(skewed, ["clock", "developer"], "the clock is wrong");
});

/** A module after which the clock is an hour ahead. */
function hourAhead(): string {
  const text =
    "const now = Date.now; Date.now = () => now() + 3600_000;" +
    "globalThis.Date = class extends Date { constructor(...a) { a.length ? super(...a) : super(now() + 3600_000); } };";
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

void t.test("rotate and refresh hand out new bundles, also to the projects here", async (t) => {
  const folder = await device.folder();
  await writeFile(join(folder, ".env"), `OPENAI_API_KEY=sk-proj-${"Gh7Ij8Kl9".repeat(4)}\n`);
  t.equal((await device.run(["init", "--yes"], { cwd: folder })).code, 0);
  const list = JSON.parse((await device.run(["keys", "list", "--json"])).stdout) as {
    keySlots: { id: string; label: string; appGrants: { appId: string }[] }[];
  };
  const slot = list.keySlots.find(({ label }) => label.startsWith(`${basename(folder)} `));
  const [id, appId] = [slot?.id ?? "", slot?.appGrants[0]?.appId ?? ""];
  t.equal((await device.run(["keys", "rotate", id, "-"], { input: "sk-new-key" })).code, 2, "needs a yes");
  const inArgument = await device.run(["keys", "rotate", id, "sk-new-key-of-mine", "--yes"]);
  t.equal(inArgument.code, 2);
  t.match(inArgument.stderr, /never taken from an argument/);
  const rotated = await device.run(["keys", "rotate", id, "-", "--yes", "--json"], {
    input: "sk-a-new-key\n",
  });
  t.equal(rotated.code, 0, rotated.stderr);
  const first = JSON.parse(rotated.stdout) as { bundles: Record<string, string>; projects: string[] };
  t.same(Object.keys(first.bundles), [appId]);
  t.same(first.projects, [folder]);
  const refreshed = await device.run(["keys", "refresh", id, "--yes", "--json"]);
  const second = JSON.parse(refreshed.stdout) as { bundles: Record<string, string> };
  t.not(second.bundles[appId], first.bundles[appId]);
  const { findings } = JSON.parse((await device.run(["doctor", "--json"])).stdout) as {
    findings: { check: string; state: string }[];
  };
  t.equal(
    findings.find(({ check }) => check === `app ${appId}`)?.state,
    "ok",
    "the project's bundle is the newest",
  );
  t.equal((await device.run(["keys", "revoke", id, "--yes"])).code, 0);
  t.equal((await device.run(["init", "--undo", "--yes"], { cwd: folder })).code, 0);
});
