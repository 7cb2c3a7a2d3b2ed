import { VaultProofError, type NodeProver } from "@vaultproof/sdk";
import t from "tap";
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
  for (const found of [
    checkIdentity(one, other),
    checkIdentity(one, undefined),
    checkIdentity(undefined, one),
  ]) {
    t.match(found, { state: "broken", remedy: /./ });
  }
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
