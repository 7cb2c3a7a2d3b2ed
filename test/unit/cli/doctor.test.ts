import { VaultProofError, type NodeProver } from "@vaultproof/sdk";
import t from "tap";
import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import { formatBundle } from "@vaultproof/protocol/bundle";
import { checkProjects, type AroundProjects } from "vaultproof/doctor/check-projects";
import { projectSlot } from "vaultproof/projects/project";
import { checkNode } from "vaultproof/doctor/check-node";
import { checkProver } from "vaultproof/doctor/check-prover";
import { checkClock, checkIdentity } from "vaultproof/doctor/check-service";

const AT = Date.UTC(2026, 5, 1, 12);
const DATE = new Date(AT).toUTCString();

void t.test("Node", (t) => {
  for (const version of ["20.19.0", "20.20.2", "22.0.0", "100.0.0"])
    t.equal(checkNode(version).state, "ok", version);
  for (const version of ["20.18.3", "18.20.0", "8.0.0"]) {
    t.match(checkNode(version), { state: "broken", remedy: "install Node 20.19 or later" }, version);
  }
  t.end();
});

void t.test("the clock", (t) => {
  t.equal(checkClock(DATE, AT + 59_000).state, "ok");
  t.match(checkClock(DATE, AT + 90_000), { state: "broken", found: /90 s ahead of the server's/ });
  t.match(checkClock(DATE, AT - 3_600_000), { state: "broken", found: /3600 s behind the server's/ });
  t.equal(checkClock(null, AT).state, "skipped");
  t.equal(checkClock("yesterday", AT).state, "skipped");
  t.end();
});

void t.test("the identity", (t) => {
  const [one, other] = ["A".repeat(43), "B".repeat(43)];
  t.equal(checkIdentity(one, one).state, "ok");
  t.match(checkIdentity(one, other), { remedy: /up` may have been started in another folder.*DATA_DIR/ });
  for (const found of [
    checkIdentity(one, other),
    checkIdentity(one, undefined),
    checkIdentity(undefined, one),
  ]) {
    t.match(found, { state: "broken", remedy: /./ });
  }
  t.end();
});

void t.test("the apps of projects: each thing that ends them has a remedy that names it", (t) => {
  const slotId = "3f1c9e77-ab4f-4c9e-b7ab-4f1c9e77ab00";
  const slug = "openai";
  const url = "https://vault.example";
  const bundle = formatBundle({
    ...{ serverIdentity: "A".repeat(43), slotId, slotVersion: 2, providerOrigin: "https://api.openai.com" },
    ...{ appId: "mine", slotSecret: 5n, appSecret: 6n, share2: new Uint8Array(96) },
  });
  const slots = [projectSlot({ slug, url, bundle })];
  const project = { id: "p", folder: "/p", tokenDigest: "0".repeat(64), slots };
  const slot = {
    id: slotId,
    status: "active",
    version: 2,
    appGrants: [{ appId: "mine" }],
  } as unknown as KeySlot;
  const around = (slots: KeySlot[], more: Partial<AroundProjects> = {}) =>
    checkProjects([project], { slots, url, folderExists: () => true, ...more });
  const found = (changed: Partial<KeySlot>) => around([{ ...slot, ...changed }])[0];
  const grant = new RegExp(`vaultproof apps grant ${slotId} mine`);
  const newKey = /key of openai in the place of its placeholder in \/p, .*vaultproof init/;
  t.match(found({}), { state: "ok" });
  t.match(found({ appGrants: [] }), { state: "broken", found: /app was revoked/, remedy: grant });
  t.match(found({ version: 3 }), { state: "broken", found: /rotated/, remedy: grant });
  t.match(found({ status: "revoked" }), { state: "broken", found: /was revoked/, remedy: newKey });
  t.match(found({ id: "another" }), { state: "broken", found: /knows no key slot/, remedy: newKey });
  t.match(found({ status: "revoked" }), { remedy: /vaultproof projects remove p$/ });
  t.same(around([], { url: "https://another.example" }), [], "another service has other slots");

  const owners = [{ id: "p", developerId: "theirs", url }];
  t.match(
    around([], { owners, developerId: "mine" }),
    [{ state: "skipped", found: /belongs to the developer theirs: vaultproof login --developer theirs/ }],
    "another developer's",
  );
  t.match(around([], { owners, developerId: "theirs" }), [{ state: "broken", found: /knows no key slot/ }]);
  t.match(
    around([slot], { folderExists: () => false }),
    [{ check: "app mine", state: "broken", found: /folder is gone: \/p/, remedy: /projects remove p$/ }],
    "its folder is gone",
  );
  t.end();
});

void t.test("the reference string and the prover", async (t) => {
  const prover = {
    backend: "native",
    referenceString: "here",
    close: () => Promise.resolve(),
  } as unknown as NodeProver;
  t.same(
    (await checkProver("x", () => Promise.resolve(prover))).map(({ state }) => state),
    ["ok", "ok"],
  );
  const missing = new VaultProofError("reference-string-missing", "nowhere");
  t.match(await checkProver("x", () => Promise.reject(missing)), [
    { check: "reference string", state: "broken", remedy: /CRS_PATH/ },
  ]);
  t.match(await checkProver("x", () => Promise.reject(new Error("no bb"))), [
    { check: "prover", state: "broken" },
  ]);
});
