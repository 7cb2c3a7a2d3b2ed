import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { manifest } from "@vaultproof/circuits/manifest";
import { createNodeProver } from "@vaultproof/sdk";
import { keepReferenceString } from "@vaultproof/sdk/keep-reference-string";
import { findReferenceString, folderPlace, urlPlace } from "@vaultproof/sdk/reference-string";
import { referenceStringPlaces } from "@vaultproof/sdk/reference-string-places";
import t, { type Test } from "tap";
import { temporaryFolder } from "../../helpers/memory-vault.js";
import { findReferenceString as findHere, noReferenceString } from "../../helpers/reference-string.js";

const here = findHere();
const skip = here === undefined ? noReferenceString : false;
const G1_BYTES = manifest.referenceString.points * 64;

async function folderWith(t: Test, g1: Uint8Array, g2: Uint8Array): Promise<string> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "bn254_g1.dat"), g1);
  await writeFile(join(folder, "bn254_g2.dat"), g2);
  return folder;
}

/** A host that serves the files; `ranges` false sends all of it whatever was asked. */
async function host(
  t: Test,
  options: { g1: Uint8Array; g2: Uint8Array; ranges?: boolean },
): Promise<{ origin: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url ?? ""} ${request.headers.range ?? ""}`);
    const bytes = request.url?.includes("g2") === true ? options.g2 : options.g1;
    const end = /bytes=0-(\d+)/.exec(request.headers.range ?? "")?.[1];
    if (options.ranges === false || end === undefined) response.end(bytes);
    else response.writeHead(206).end(bytes.subarray(0, Number(end) + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

void t.test("the places come in the documented order", async (t) => {
  const checkout = await temporaryFolder(t);
  await mkdir(join(checkout, "circuits"));
  const names = (env: Record<string, string>, service?: string): string[] =>
    referenceStringPlaces({ env, service, home: "/home/me", checkout, cacheFolder: "/cache", fetch }).map(
      ({ name }) => name,
    );
  t.same(names({ CRS_PATH: "/given" }, "https://vault.example"), [
    "CRS_PATH (/given)",
    `beside the checkout (${join(checkout, "../shared/crs")})`,
    "bb's folder (/home/me/.bb-crs)",
    "what was fetched before (/cache)",
    "the VaultProof server (https://vault.example/.well-known/vaultproof/crs/g1)",
    "Aztec's CDN (https://crs.aztec-cdn.foundation/g1.dat)",
    "Aztec's CDN (https://crs.aztec-labs.com/g1.dat)",
  ]);
  t.same(names({ CRS_PATH: "" })[0], `beside the checkout (${join(checkout, "../shared/crs")})`);
  t.notOk(names({}).some((name) => name.includes("server")));
});

void t.test("outside a checkout there is no folder beside it", async (t) => {
  const checkout = await temporaryFolder(t);
  const [first] = referenceStringPlaces({
    env: {},
    service: undefined,
    home: "/home/me",
    checkout,
    cacheFolder: "/cache",
    fetch,
  });
  t.equal(first?.name, "bb's folder (/home/me/.bb-crs)");
});

void t.test("the first place whose bytes are right wins; wrong ones are refused", { skip }, async (t) => {
  if (here === undefined) return;
  const { g1, g2 } = here;
  const longer = Buffer.concat([g1, Buffer.alloc(6400, 7)]);
  const flipped = Buffer.from(g1);
  flipped[40_000] = (flipped[40_000] ?? 0) ^ 1;
  const places = {
    missing: folderPlace("missing", join(await temporaryFolder(t), "nowhere")),
    corrupted: folderPlace("corrupted", await folderWith(t, flipped, g2)),
    short: folderPlace("short", await folderWith(t, g1.subarray(0, G1_BYTES - 64), g2)),
    otherG2: folderPlace("other g2", await folderWith(t, g1, Buffer.alloc(128, 1))),
    longer: folderPlace("longer", await folderWith(t, longer, g2)),
  };
  const { missing, corrupted, short, otherG2, longer: good } = places;
  const found = await findReferenceString({ manifest, places: [missing, corrupted, short, otherG2, good] });
  t.match(found.source, /^longer/);
  t.equal(found.g1.length, G1_BYTES);
  t.same(Buffer.from(found.g1), Buffer.from(g1));
  await t.rejects(findReferenceString({ manifest, places: [missing, corrupted, short, otherG2] }), {
    code: "reference-string-missing",
    message:
      /missing .*no such files[^]*corrupted .*SHA-256[^]*short .*SHA-256[^]*other g2 .*SHA-256[^]*CRS_PATH/,
  });
});

void t.test("hosts are asked for the prefix only, and may ignore that", { skip }, async (t) => {
  if (here === undefined) return;
  const longer = Buffer.concat([here.g1, Buffer.alloc(200_000, 7)]);
  for (const ranges of [true, false]) {
    const { origin, asked } = await host(t, { g1: longer, g2: here.g2, ranges });
    const place = urlPlace({ name: "a host", g1: `${origin}/g1.dat`, g2: `${origin}/g2.dat`, fetch });
    const { g1 } = await findReferenceString({ manifest, places: [place] });
    t.equal(g1.length, G1_BYTES);
    t.ok(asked.includes(`/g1.dat bytes=0-${G1_BYTES - 1}`));
  }
});

void t.test("a host that is down, refuses, or lies is named with what it did", async (t) => {
  const { origin } = await host(t, { g1: Buffer.alloc(G1_BYTES), g2: Buffer.alloc(128) });
  const at = (name: string, base: string, get: typeof fetch = fetch): ReturnType<typeof urlPlace> =>
    urlPlace({ name, g1: `${base}/g1`, g2: `${base}/g2`, fetch: get });
  const places = [
    at("down", "http://127.0.0.1:1"),
    at("refusing", "https://x.example", () => Promise.resolve(new Response("", { status: 404 }))),
    at("lying", origin),
  ];
  await t.rejects(findReferenceString({ manifest, places }), {
    code: "reference-string-missing",
    message: /down .*(?:ECONNREFUSED|bad port|fetch failed)[^]*refusing .*HTTP 404[^]*lying .*SHA-256/,
  });
});

void t.test("what is found is kept, checked, and mended", { skip }, async (t) => {
  if (here === undefined) return;
  const cacheFolder = join(await temporaryFolder(t), "crs");
  const open = async (): Promise<void> => (await createNodeProver({ cacheFolder, lanes: 1 })).close();
  await open();
  t.same(await readFile(join(cacheFolder, "bn254_g1.dat")), Buffer.from(here.g1));
  await writeFile(join(cacheFolder, "bn254_g1.dat"), Buffer.alloc(G1_BYTES, 9));
  await open();
  t.same(await readFile(join(cacheFolder, "bn254_g1.dat")), Buffer.from(here.g1));
  t.ok((await readdir(cacheFolder)).includes("bn254_g2.dat"));
});

void t.test("a server's copy is fetched once from Aztec's addresses, then at hand", { skip }, async (t) => {
  if (here === undefined) return;
  const empty = await temporaryFolder(t);
  const folder = join(empty, "data", "crs");
  const nowhere = { env: {}, home: empty, checkout: empty, folder };
  const { origin, asked } = await host(t, here);
  const hosts: string[] = [];
  const elsewhere: typeof fetch = (url, init) => {
    const { host, pathname } = new URL(url instanceof Request ? url.url : url);
    hosts.push(host);
    return fetch(origin + pathname, init);
  };
  t.equal(await keepReferenceString({ ...nowhere, timeout: 5000, fetch: elsewhere }), folder);
  t.same(await readFile(join(folder, "bn254_g1.dat")), Buffer.from(here.g1));
  t.same([...new Set(hosts)], ["crs.aztec-cdn.foundation"]);
  const before = asked.length;
  t.equal(await keepReferenceString({ ...nowhere, timeout: 5000, fetch: elsewhere }), folder);
  t.equal(asked.length, before, "nobody is asked again");
});

void t.test("a network that swallows what is sent holds nobody up", async (t) => {
  const empty = await temporaryFolder(t);
  // As an open socket would keep the process.
  const socket = setInterval(() => undefined, 1000);
  t.teardown(() => clearInterval(socket));
  const silent: typeof fetch = (_url, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(new TypeError("swallowed")), { once: true });
    });
  await t.rejects(
    keepReferenceString({ folder: empty, env: {}, home: empty, checkout: empty, timeout: 20, fetch: silent }),
    { code: "reference-string-missing", message: /swallowed/ },
  );
});
