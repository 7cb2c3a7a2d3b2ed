import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { readRestrictions } from "vaultproof/restrict/restriction-options";

const now = () => Date.UTC(2026, 5, 1);
const seconds = now() / 1000;

void t.test("flags become restrictions", async (t) => {
  t.equal(await readRestrictions({}, now), undefined);
  const flags = {
    methods: "get, post",
    paths: "/v1/chat/*",
    models: "a,b",
    readOnly: true,
    perDay: "10",
    maxBody: "1000",
  };
  t.same(await readRestrictions(flags, now), {
    methods: ["GET", "POST"],
    paths: ["/v1/chat/*"],
    models: ["a", "b"],
    mode: "read-only",
    perDay: 10,
    maxBody: 1000,
  });
});

void t.test("a moment is a date, a time or a span", async (t) => {
  const moments = {
    "2027-01-31": Date.UTC(2027, 0, 31, 23, 59, 59) / 1000,
    "2027-01-31T12:00Z": Date.UTC(2027, 0, 31, 12) / 1000,
    "90m": seconds + 5400,
    "12h": seconds + 43_200,
    "30d": seconds + 30 * 86_400,
  };
  for (const [notAfter, expected] of Object.entries(moments)) {
    t.same(await readRestrictions({ notAfter }, now), { notAfter: expected }, notAfter);
  }
  for (const notAfter of ["soon", "2025-01-01", "2026-13-01", "5", "0m", "", "30 d", "31/01/2027"]) {
    await t.rejects(readRestrictions({ notAfter }, now), { code: "input-invalid" }, notAfter);
  }
});

void t.test("a file is read, flags go before it, and what cannot be is named", async (t) => {
  const restrict = join(t.testdir(), "r.json");
  writeFileSync(restrict, JSON.stringify({ methods: ["GET"], perDay: 5 }));
  t.same(await readRestrictions({ restrict, perDay: "7" }, now), { methods: ["GET"], perDay: 7 });
  for (const text of ["[]", "null", "{", '{"pathz":["/"]}', '{"methods":["BAKE"]}']) {
    writeFileSync(restrict, text);
    await t.rejects(readRestrictions({ restrict }, now), { code: "input-invalid" }, text);
  }
  await t.rejects(readRestrictions({ restrict: `${restrict}.none` }), { code: "input-invalid" });
  for (const flags of [
    { perDay: "-1" },
    { perDay: "1e3" },
    { methods: "bake" },
    { paths: "no-slash" },
    { paths: "," },
  ]) {
    await t.rejects(readRestrictions(flags, now), { code: "input-invalid" }, JSON.stringify(flags));
  }
});
