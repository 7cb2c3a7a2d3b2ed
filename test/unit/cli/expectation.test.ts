import t from "tap";
import { differences, readAnswer } from "vaultproof/demo/expectation";
import { createVerdict } from "vaultproof/demo/verdict";
import { createTerminal } from "vaultproof/terminal";

const expected = { status: 403, body: '{"error":"Forbidden"}', source: "vaultproof" };
const asExpected = { status: 403, body: '{"error":"Forbidden"}', source: "vaultproof" };

function recordedVerdict() {
  const written: string[] = [];
  const terminal = createTerminal({ output: { write: (text) => written.push(text) }, env: {} });
  return { verdict: createVerdict(terminal), written };
}

void t.test("an answer that is what it must be differs in nothing", (t) => {
  t.same(differences(expected, asExpected), []);
  t.same(differences({ status: 403, body: "" }, { status: 403, body: "", source: "anything" }), []);
  t.end();
});

void t.test("status, body and source are compared to the byte, each named", (t) => {
  t.match(differences(expected, { ...asExpected, status: 200 }), [
    { what: "status", expected: "403", actual: "200" },
  ]);
  t.match(differences(expected, { ...asExpected, body: '{"error": "Forbidden"}' }), [{ what: "body" }]);
  t.match(differences(expected, { ...asExpected, body: '{"error":"Forbidden","reason":"x"}' }), [
    { what: "body" },
  ]);
  t.match(differences(expected, { ...asExpected, source: "upstream" }), [{ what: "vp-source" }]);
  t.equal(differences(expected, { status: 200, body: "", source: "" }).length, 3);
  t.end();
});

void t.test("an answer is read whole, with who gave it", async (t) => {
  const response = new Response("body", { status: 418, headers: { "vp-source": "upstream" } });
  t.same(await readAnswer(response), { status: 418, body: "body", source: "upstream" });
  t.same(await readAnswer(new Response(null, { status: 204 })), { status: 204, body: "", source: "" });
});

void t.test("a verdict stays bad once a check failed, and shows what differs", (t) => {
  const { verdict, written } = recordedVerdict();
  verdict.matches(expected, asExpected);
  verdict.holds(true, "a true statement");
  t.ok(verdict.good);

  verdict.matches(expected, { ...asExpected, status: 200, body: '{"leaked":true}' });
  t.notOk(verdict.good);
  verdict.matches(expected, asExpected);
  t.notOk(verdict.good, "a later success does not make up for it");
  t.equal(verdict.checks, 4);
  const text = written.join("");
  t.match(text, /✗ status differs\n.*must be {2}403\n.*is {7}200/);
  t.match(text, /✗ body differs\n.*Forbidden.*\n.*\{"leaked":true\}/);
  t.end();
});

void t.test("a statement that does not hold makes the verdict bad", (t) => {
  const { verdict, written } = recordedVerdict();
  verdict.holds(false, "the key is not in it");
  t.notOk(verdict.good);
  t.match(written.join(""), "✗ not so: the key is not in it");
  t.end();
});
